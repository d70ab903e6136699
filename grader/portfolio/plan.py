"""Gap analysis and learning plan: which challenges come next, in which order, why, and for how long. Pure.

A skill is *done* when a report has reached the goal. Of the others, those that were begun come first, the best result
at the top; then those that targets rest on; then those with the largest gap between goal and self-rating; then those
with the shortest challenge. The challenges that a challenge builds on come right before it, except those that were
graded at Mid-level or rated Senior, and unless the challenge itself was begun.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence

from grader.challenges.challenge import Challenge
from grader.challenges.gates import gates, takes
from grader.challenges.prerequisites import in_order
from grader.framework import FRAMEWORK, is_assessed
from grader.model import Level, Struct
from grader.portfolio.anchors import anchors
from grader.portfolio.comparison import ComparedSkill
from grader.portfolio.history import last_report
from grader.portfolio.journal import JournalEntry
from grader.portfolio.losses import CriterionLost, criteria_lost
from grader.portfolio.profile import ChosenTarget
from grader.portfolio.reports import KeptReport
from grader.portfolio.sections import to_read
from grader.report.figures import number


class PlanStep(Struct, frozen=True, kw_only=True):
    """One challenge of the plan."""

    challenge: str
    """`area/slug`."""
    title: str
    skill: str
    area: str
    """The title of the skill's area."""
    level: Level | None
    """The best level that was graded for the skill."""
    rated: Level | None
    why: tuple[str, ...]
    """The reasons for this step, in sentences."""
    aim: str
    """What the goal looks like at work: the anchor of that level."""
    minutes: int
    """The minutes that an experienced person takes; 0 if the challenge does not say."""
    read: tuple[str, ...]
    """The sections of the brief to read."""
    last: str
    """The last result, with its date and who vouches for it; empty if there is none."""
    lost: tuple[CriterionLost, ...]
    """What the last report lost, the largest loss first."""
    note: JournalEntry | None
    """The latest note on the skill."""
    trend: str
    command: str
    """The command that starts the challenge."""


class DoneSkill(Struct, frozen=True, kw_only=True):
    """A skill for which the goal was reached."""

    skill: str
    last: str
    """The best result, with its date and who vouches for it."""


class UngradableSkill(Struct, frozen=True, kw_only=True):
    """A skill that no challenge covers yet: it can be practised and noted, but not graded."""

    skill: str
    rated: Level | None
    aim: str


class Plan(Struct, frozen=True, kw_only=True):
    """What lies between a person and the goal."""

    person: str
    day: dt.date
    goal: Level
    steps: tuple[PlanStep, ...]
    done: tuple[DoneSkill, ...]
    ungradable: tuple[UngradableSkill, ...]
    targets: tuple[ChosenTarget, ...]
    unrated: int
    """The number of skills that the owner has not rated."""

    @property
    def minutes(self) -> int:
        """The time that all steps take an experienced person."""
        return sum(step.minutes for step in self.steps)


class PlanSources(Struct, frozen=True, kw_only=True):
    """What a plan is made from."""

    person: str
    day: dt.date
    skills: Mapping[str, ComparedSkill]
    reports: Sequence[KeptReport]
    challenges: Sequence[Challenge]
    notes: Mapping[str, Sequence[JournalEntry]]
    targets: Sequence[ChosenTarget]
    goal: Level = Level.SENIOR
    options: str = ""
    """The options that every command of the plan ends with, such as `--portfolio DIR`."""


def plan(sources: PlanSources) -> Plan:
    """Return the plan."""
    chosen = _chosen(sources)
    open_ = {skill: challenge for skill, challenge in chosen.items() if not _is_done(skill, sources)}
    steps = [_step(skill, open_, sources) for skill in _ordered(open_, sources)]
    done = [
        DoneSkill(skill=skill, last=_said(compared.history.best))
        for skill, compared in sources.skills.items()
        if _is_done(skill, sources) and compared.history.best is not None
    ]
    without = [
        UngradableSkill(skill=skill, rated=compared.rated, aim=_aim(compared, sources.goal))
        for skill, compared in sources.skills.items()
        if skill not in chosen and not _is_done(skill, sources)
    ]
    return Plan(
        person=sources.person,
        day=sources.day,
        goal=sources.goal,
        steps=tuple(steps),
        done=tuple(done),
        ungradable=tuple(without),
        targets=tuple(sources.targets),
        unrated=sum(compared.rating is None for compared in sources.skills.values()),
    )


def _chosen(sources: PlanSources) -> dict[str, Challenge]:
    """Return a challenge for each skill that has any: the one attempted last, or else the first."""
    found: dict[str, Challenge] = {}
    for skill, compared in sources.skills.items():
        about = [
            challenge
            for challenge in sources.challenges
            if challenge.manifest.skill.casefold() == skill.casefold() and is_assessed(challenge.area, skill)
        ]
        last = compared.history.last
        begun = [challenge for challenge in about if last and challenge.name == last.report.challenge.name]
        if about:
            found[skill] = (begun or about)[0]
    return found


def _is_done(skill: str, sources: PlanSources) -> bool:
    level = sources.skills[skill].history.level
    return level is not None and level >= sources.goal


def _ordered(open_: Mapping[str, Challenge], sources: PlanSources) -> Iterator[str]:
    by_name = {challenge.name: skill for skill, challenge in open_.items()}
    before = {
        name: [
            step for step in open_[skill].manifest.prerequisites if step in by_name and _holds(by_name[step], sources)
        ]
        for name, skill in by_name.items()
        if not sources.skills[skill].history.attempts
    }
    wanted = {skill for target in sources.targets for skill in target.rests_on}
    ranked = sorted(by_name, key=lambda name: _rank(by_name[name], open_, sources, is_wanted=by_name[name] in wanted))
    return (by_name[name] for name in in_order(ranked, before))


def _holds(skill: str, sources: PlanSources) -> bool:
    """Return whether a skill has to come before the challenges that build on it."""
    compared = sources.skills[skill]
    is_graded = compared.history.level is not None and compared.history.level >= Level.MID
    return not is_graded and not (compared.rated is not None and compared.rated >= Level.SENIOR)


def _rank(
    skill: str, open_: Mapping[str, Challenge], sources: PlanSources, *, is_wanted: bool
) -> tuple[bool, float, bool, int, int, int]:
    compared, manifest = sources.skills[skill], open_[skill].manifest
    best = compared.history.best
    gap = sources.goal - (compared.rated or Level.JUNIOR)
    place = list(sources.skills).index(skill)
    return best is None, -best.report.percent if best else 0.0, not is_wanted, -gap, manifest.minutes, place


def _step(skill: str, open_: Mapping[str, Challenge], sources: PlanSources) -> PlanStep:
    compared, challenge = sources.skills[skill], open_[skill]
    attempt = last_report(sources.reports, challenge.name)
    lost = criteria_lost(attempt.report) if attempt else ()
    about = [" ".join([loss.title, *(what for what, _ in loss.reasons)]) for loss in lost]
    notes = sources.notes.get(skill, ())
    return PlanStep(
        challenge=challenge.name,
        title=challenge.manifest.title,
        skill=skill,
        area=next(competency.title for competency in FRAMEWORK if skill in competency.skills),
        level=compared.history.level,
        rated=compared.rated,
        why=tuple(_why(skill, open_, sources, attempt)),
        aim=_aim(compared, sources.goal),
        minutes=challenge.manifest.minutes,
        read=to_read(_brief(challenge), about),
        last=_said(attempt) if attempt else "",
        lost=lost,
        note=notes[-1] if notes else None,
        trend=compared.history.trend_words,
        command=_command(challenge, sources),
    )


def _why(skill: str, open_: Mapping[str, Challenge], sources: PlanSources, attempt: KeptReport | None) -> Iterator[str]:
    compared, challenge, goal = sources.skills[skill], open_[skill], sources.goal
    if attempt is not None:
        gate = next((gate for gate in gates(challenge.manifest) if gate.level is goal), None)
        required = takes(gate, challenge.manifest.criteria) if gate else "more"
        yield f"You have begun, but are not there yet: {goal.title} requires {required}."
        if attempt.report.challenge.version != challenge.manifest.version:
            before, now = attempt.report.challenge.version, challenge.manifest.version
            yield f"The last attempt was graded under version {before}; the current version is {now}."
    yield _of_rating(compared, goal)
    yield from (f"Your target: {target.says}." for target in sources.targets if skill in target.rests_on)
    built = [f"`{other.slug}`" for other in open_.values() if challenge.name in other.manifest.prerequisites]
    if built:
        yield f"{' and '.join(built)} build{'s' if len(built) == 1 else ''} on this challenge."
    if compared.trace is not None:
        yield f"In the scanned code: {compared.trace.words}."


def _of_rating(compared: ComparedSkill, goal: Level) -> str:
    graded = compared.history.level
    match compared.rated:
        case None:
            return (
                "You have not rated this skill."
                if compared.history.attempts
                else "You have not rated this skill, and no report shows it."
            )
        case rated if rated >= goal and not compared.history.attempts:
            return f"You rate yourself {rated.value}, {rated.title}, but no report shows it yet."
        case rated if rated > (graded or 0) and compared.history.attempts:
            best = f"level {graded.value}" if graded else "no level"
            return f"You rate yourself {rated.value}, {rated.title}; the best report reached {best}."
        case rated:
            return f"You rate yourself {rated.value}, {rated.title}."


def _brief(challenge: Challenge) -> str:
    """Return the brief; empty if it cannot be read, which `grader verify` reports."""
    try:
        return challenge.brief
    except (OSError, UnicodeDecodeError):
        return ""


def _aim(compared: ComparedSkill, goal: Level) -> str:
    return anchors()[compared.skill][goal]


def _said(attempt: KeptReport | None) -> str:
    return f"{attempt.date or 'undated'}: {attempt.result}, {attempt.provenance}" if attempt else ""


def _command(challenge: Challenge, sources: PlanSources) -> str:
    """Return the command that starts the challenge; each further attempt goes into a folder of its own."""
    shared = [other for other in sources.challenges if other.slug == challenge.slug]
    name = challenge.slug if len(shared) == 1 else challenge.name
    times = sum(attempt.report.challenge.name == challenge.name for attempt in sources.reports)
    folder = f" {challenge.slug}_{times + 1}" if times else ""
    return f"grader start {name}{folder}{f' {sources.options}' if sources.options else ''}"


def in_time(minutes: int) -> str:
    """Put an estimate into words: `90 minutes`, `12 hours`."""
    if minutes < 180:
        return f"{minutes} minutes"
    return f"{number(round(minutes / 30) / 2)} hours"
