"""The progress dashboard: areas, Leadership, overall level, and each skill with its date and trend. Pure.

Every figure exists twice: for all reports, and for signed reports alone, which are those that a trusted key signed.
Reports that only their owner vouches for are called self-graded wherever they are shown.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from grader.framework import Progress, SkillProgress, Standing, progress
from grader.model import Level, Struct
from grader.portfolio.badges.badge_files import KeptBadge
from grader.portfolio.certificates import KeptCertificate
from grader.portfolio.comparison import ComparedSkill
from grader.portfolio.history import Trend
from grader.portfolio.journal import JournalEntry
from grader.portfolio.leadership import NO_LEADERSHIP, Leadership
from grader.portfolio.pathway import PathwayStanding
from grader.portfolio.peers import PeerReview
from grader.portfolio.profile import ChosenTarget
from grader.portfolio.reports import KeptReport


class SkillCell(Struct, frozen=True, kw_only=True):
    """One skill on the dashboard."""

    skill: str
    standing: Standing
    level: Level | None
    percent: float
    date: str
    """The date of the best result; empty if nothing was graded, or the report does not say."""
    trend: Trend
    trend_words: str
    provenance: str
    """Who vouches for the best result; empty if nothing was graded."""
    is_signed: bool
    rated: Level | None
    note: JournalEntry | None
    """The latest note."""
    attempts: int


class AreaBar(Struct, frozen=True, kw_only=True):
    """One area on the dashboard."""

    id: str
    title: str
    percent: float
    """The progress in its skills that have a challenge, by all reports."""
    signed: float
    """The same progress, by signed reports alone."""
    has_challenges: bool
    skills: tuple[SkillCell, ...]


class Dashboard(Struct, frozen=True, kw_only=True):
    """A person's progress, as the dashboard shows it."""

    person: str
    day: dt.date
    areas: tuple[AreaBar, ...]
    leadership: Leadership
    peers: tuple[PeerReview, ...] = ()
    """Reviews of the owner's submissions, whether or not they count."""
    whole: Progress
    """The progress by all reports."""
    signed: Progress
    """The progress by signed reports alone."""
    has_issuers: bool
    """True if the reader trusts any key."""
    reports: tuple[KeptReport, ...]
    """Newest first."""
    notes: tuple[JournalEntry, ...]
    """Newest first."""
    targets: tuple[ChosenTarget, ...]
    standings: tuple[PathwayStanding, ...] = ()
    """How far the reports that count get towards each certificate."""
    certificates: tuple[KeptCertificate, ...] = ()
    """Newest first."""

    def issued(self, id_: str) -> KeptCertificate | None:
        """Return the newest certificate of an id, one that holds if there is one; None if there is none."""
        about = sorted(
            (entry for entry in self.certificates if entry.id == id_), key=lambda entry: not entry.checked.holds
        )
        return about[0] if about else None

    badges: tuple[KeptBadge, ...] = ()
    """The badges in `badges/`, whether or not they are believed."""

    @property
    def earned(self) -> tuple[KeptBadge, ...]:
        """The badges that are believed."""
        return tuple(badge for badge in self.badges if not badge.note)

    @property
    def level_words(self) -> tuple[str, ...]:
        """The overall level in sentences, with who vouches for it."""
        whole, signed = self.whole, self.signed
        if not self.has_issuers:
            return (f"Overall, self-graded: {whole.level_words}. {whole.next_level}".strip(),)
        lines = [f"Overall, by signed reports: {signed.level_words}. {signed.next_level}".strip()]
        if whole.level_words != signed.level_words:
            lines.append(
                f"With self-graded reports, it would be: {whole.level_words}. Such reports count for nothing else."
            )
        return tuple(lines)

    @property
    def unsigned(self) -> int:
        """The number of self-graded reports."""
        return sum(not attempt.signer and not attempt.is_practice for attempt in self.reports)

    @property
    def counts(self) -> str:
        """The number of reports of each kind, in words."""
        practice = sum(attempt.is_practice for attempt in self.reports)
        signed = f"{len(self.reports) - self.unsigned - practice} signed, {self.unsigned} self-graded"
        return f"{signed}, {practice} from practice, which no bar counts" if practice else signed


def dashboard(
    *,
    person: str,
    day: dt.date,
    skills: Mapping[str, ComparedSkill],
    reports: Sequence[KeptReport],
    notes: Sequence[JournalEntry],
    targets: Sequence[ChosenTarget],
    challenged: Sequence[str],
    has_issuers: bool,
    standings: Sequence[PathwayStanding] = (),
    certificates: Sequence[KeptCertificate] = (),
    badges: Sequence[KeptBadge] = (),
    shown: Leadership = NO_LEADERSHIP,
    peers: Sequence[PeerReview] = (),
) -> Dashboard:
    """Return the dashboard; `challenged` are the skills that have a challenge, `shown` is what shows Leadership."""
    counted = [attempt for compared in skills.values() for attempt in compared.history.attempts]
    whole = progress([attempt.report for attempt in counted], challenged)
    signed = progress([attempt.report for attempt in counted if attempt.signer], challenged)
    latest = {entry.skill: entry for entry in notes}
    areas = tuple(
        AreaBar(
            id=area.competency.area.value,
            title=area.competency.title,
            percent=area.percent,
            signed=min(by_signed.percent, area.percent),
            has_challenges=area.has_challenges,
            skills=tuple(_cell(skill, skills[skill.skill], latest.get(skill.skill)) for skill in area.skills),
        )
        for area, by_signed in zip(whole.areas, signed.areas, strict=True)
    )
    return Dashboard(
        person=person,
        day=day,
        areas=areas,
        leadership=shown,
        peers=tuple(peers),
        whole=whole,
        signed=signed,
        has_issuers=has_issuers,
        reports=tuple(reversed(reports)),
        notes=tuple(reversed(notes)),
        targets=tuple(targets),
        standings=tuple(standings),
        certificates=tuple(reversed(certificates)),
        badges=tuple(badges),
    )


def _cell(skill: SkillProgress, compared: ComparedSkill, note: JournalEntry | None) -> SkillCell:
    history = compared.history
    best = history.best
    return SkillCell(
        skill=skill.skill,
        standing=skill.standing,
        level=skill.level,
        percent=skill.percent,
        date=best.date if best else "",
        trend=history.trend,
        trend_words=history.trend_words,
        provenance=best.provenance if best else "",
        is_signed=bool(best and best.signer),
        rated=compared.rated,
        note=note,
        attempts=len(history.attempts),
    )
