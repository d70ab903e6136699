"""Which reports count for a certificate, and why the others do not. Pure.

A report counts if a trusted issuer signed it who is not the person, it names the person, it was measured to the end
within the last two years, and it is about a challenge of the framework in its present version. Self-graded
reports do not count.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from grader.challenges.challenge import Challenge
from grader.framework import is_assessed
from grader.model import Report, ReportStatus, SessionRef, Struct
from grader.model.person import alike, same_name
from grader.portfolio.reports import KeptReport
from grader.portfolio.trust import Trust

YEARS = 2
"""Years for which a report counts."""


class PresentChallenge(Struct, frozen=True):
    """The skill and version that a challenge has today."""

    skill: str
    version: str


class Counting(Struct, frozen=True, kw_only=True):
    """What reports are checked against."""

    person: str
    """Whose portfolio it is."""
    trust: Trust
    day: dt.date
    present: Mapping[str, PresentChallenge] | None = None
    """The challenges of today by name; None if nobody knows them."""
    any_version: bool = False
    """True if a report may be about another version of its challenge, as those of a certificate may be."""

    def counted(self, reports: Sequence[KeptReport]) -> tuple[KeptReport, ...]:
        """Return the reports that count."""
        return tuple(attempt for attempt in reports if not self.why_not(attempt))

    def why_not(self, attempt: KeptReport) -> str:
        """Return why a report does not count; empty if it does."""
        challenge = attempt.report.challenge
        return self._about_report(attempt) or (
            f"{challenge.skill} is not a skill of the framework in {challenge.area.value}"
            if not is_assessed(challenge.area, challenge.skill)
            else self._about_challenge(attempt.report)
        )

    def why_not_interview(self, attempt: KeptReport) -> str:
        """Return why the result of an interview part does not count; empty if it does."""
        return self._about_report(attempt) or (
            self._about_challenge(attempt.report)
            if attempt.is_issued
            else "it was not made in a session that an issuer held"
        )

    def _about_report(self, attempt: KeptReport) -> str:
        """Return why a report counts for nothing, whatever it is about."""
        issuer = self.trust.issuer(attempt.signer)
        if issuer is None:
            return attempt.note or "it is self-graded (no issuer signed it)"
        if issuer.is_of(self.person):
            return f"it is self-graded ({self.person} holds the key {issuer.id})"
        return self._about_stage(attempt.report) or self._about_person(attempt.report) or self._about_time(attempt)

    def _about_stage(self, report: Report) -> str:
        session = report.session
        if isinstance(session, SessionRef) and session.stage < session.stages:
            return f"it is about stage {session.stage} of {session.stages} of a session; only the whole session counts"
        return ""

    def _about_person(self, report: Report) -> str:
        if not report.person:
            return "it names nobody; use `grader grade --to NAME` to name its person"
        if not same_name(report.person, self.person):
            return f"it is about {report.person}"
        if any(alike(review.reviewer, self.person) and review.marks for review in report.reviews):
            return "the person whom it is about gave some of its marks"
        return ""

    def _about_time(self, attempt: KeptReport) -> str:
        if attempt.report.status is not ReportStatus.GRADED:
            return f"it is {attempt.report.status.value}"
        if not attempt.date:
            return "it does not say when it was graded"
        return out_of_date(dt.date.fromisoformat(attempt.date), self.day, what="reports")

    def _about_challenge(self, report: Report) -> str:
        challenge = report.challenge
        if self.present is None:
            return ""
        present = self.present.get(challenge.name)
        if present is None:
            return f"there is no challenge {challenge.name} here; use `--challenges DIR` to add an organisation's own"
        if present.skill != challenge.skill:
            return f"{challenge.name} is about {present.skill}, not about {challenge.skill}"
        if present.version != challenge.version and not self.any_version:
            return f"it was graded under version {challenge.version}; {challenge.name} is now at {present.version}"
        return ""


def present_challenges(challenges: Sequence[Challenge]) -> dict[str, PresentChallenge]:
    """Return what each challenge is about today."""
    return {entry.name: PresentChallenge(entry.manifest.skill, entry.manifest.version) for entry in challenges}


def out_of_date(date: dt.date, day: dt.date, *, what: str = "reviews") -> str:
    """Return why something of a date does not count on a day; empty if it does."""
    if date > day:
        return f"it is dated {date.isoformat()}, which is in the future"
    if day >= years_after(date, YEARS):
        return f"it is dated {date.isoformat()}, and {what} count for only {YEARS} years"
    return ""


def years_after(day: dt.date, years: int) -> dt.date:
    """Return the same day some years later; 28 February for the 29th."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
