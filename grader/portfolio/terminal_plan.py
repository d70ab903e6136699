"""The plan for the terminal, at 80 columns: every step ends with the command that starts it."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from grader.portfolio.plan import Plan, PlanStep, in_time
from grader.portfolio.shown import plain
from grader.report.terminal.finding import hanging

LOSSES = 3
"""The maximum number of lost criteria that are shown for a step."""


def plan_text(plan: Plan) -> RenderableType:
    """Return the whole plan."""
    parts: list[RenderableType] = [_head(plan), *_targets(plan)]
    parts += [_step(number_, step) for number_, step in enumerate(plan.steps, 1)]
    return Group(*parts, *_done(plan), *_ungradable(plan))


def _head(plan: Plan) -> RenderableType:
    whose = f" for {plain(plan.person)}" if plan.person else ""
    title = Text.assemble((f"Plan{whose}", "bold"), f" · {plan.day.isoformat()} · goal: level {plan.goal.value}, ")
    title.append(plan.goal.title)
    count = len(plan.steps)
    many = f"{count} challenge{'s' if count != 1 else ''}, {in_time(plan.minutes)} for an experienced person."
    lines = [title, Text(many if count else "Nothing is left to be graded.")]
    if plan.unrated:
        lines.append(
            Text(f"Skills that you have not rated yet: {plan.unrated}. Rate them with `grader profile`.", style="dim")
        )
    return Group(*lines)


def _targets(plan: Plan) -> Iterator[RenderableType]:
    if not plan.targets:
        return
    yield Padding(Text("Targets", style="bold"), (1, 0, 0, 0))
    for target in plan.targets:
        by = f", by {target.by.isoformat()}" if target.by else ""
        now = f" (now: {plain(target.now)})" if target.now else ""
        yield _below(Text(f"{plain(target.says)}{by}{now}"))


def _step(number_: int, step: PlanStep) -> RenderableType:
    title = Text.assemble(f"{number_:>2} ", (plain(step.title), "bold"))
    minutes = f" · {step.minutes} minutes" if step.minutes else ""
    lines: list[RenderableType] = [_below(Text(f"{step.skill} · {step.area}{minutes}"))]
    lines += [_labelled("why", " ".join(step.why)), _labelled("aim", step.aim)]
    if step.last:
        trend = f", {step.trend}" if step.trend else ""
        lines.append(_labelled("last", f"{step.last}{trend}"))
    lines += [_labelled("lost" if not place else "", loss.brief) for place, loss in enumerate(step.lost[:LOSSES])]
    if step.read:
        lines.append(_labelled("read", ", ".join(step.read)))
    if step.note:
        lines.append(_labelled("note", f"{step.note.date.isoformat()} {step.note.words}"))
    return Padding(Group(title, *lines, _below(Text(step.command, style="bold cyan"))), (1, 0, 0, 0))


def _done(plan: Plan) -> Iterator[RenderableType]:
    if plan.done:
        yield Padding(Text(f"Reached: {plan.goal.title}", style="bold"), (1, 0, 0, 0))
        yield from (_below(Text(f"✓ {skill.skill} · {plain(skill.last)}")) for skill in plan.done)


def _ungradable(plan: Plan) -> Iterator[RenderableType]:
    if not plan.ungradable:
        return
    yield Padding(Text("No challenge yet: practise on your own code", style="bold"), (1, 0, 0, 0))
    for skill in plan.ungradable:
        rated = f" (rated {skill.rated.value})" if skill.rated else ""
        yield _below(Text.assemble((f"{skill.skill}{rated}: ", "bold"), skill.aim))
    yield _below(Text('grader plan note "SKILL"', style="bold cyan"))


def _labelled(label: str, text: str) -> RenderableType:
    return _below(hanging(Text(f"{label:<4}", style="dim"), Text(plain(text)), by=0))


def _below(text: RenderableType) -> RenderableType:
    return Padding(text, (0, 0, 0, 3))
