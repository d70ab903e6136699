"""Which results of interview parts count, and the best of each part. Pure.

A result counts as a report does for a certificate, and if it is that of a whole session that an issuer held: practice,
one stage of several, and a grading outside any session count for nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from grader.model import Area
from grader.portfolio.counting import Counting
from grader.portfolio.reports import KeptReport


class InterviewResults(NamedTuple):
    """The results of a person's interview parts."""

    best: Mapping[str, KeptReport]
    """The best result that counts for each skill, its name in lower case; the latest of equals."""
    uncounted: tuple[str, ...]
    """What does not count, each with the reason."""


NO_RESULTS = InterviewResults(MappingProxyType({}), ())


def interview_results(reports: Sequence[KeptReport], counting: Counting) -> InterviewResults:
    """Return the results of interview parts among a portfolio's reports."""
    best: dict[str, KeptReport] = {}
    uncounted: list[str] = []
    for attempt in reports:
        challenge = attempt.report.challenge
        if challenge.area is not Area.INTERVIEW:
            continue
        if why_not := counting.why_not_interview(attempt):
            uncounted.append(f"{attempt.file}: {why_not}")
            continue
        skill = challenge.skill.casefold()
        if skill not in best or _rank(attempt) >= _rank(best[skill]):
            best[skill] = attempt
    return InterviewResults(best, tuple(uncounted))


def _rank(attempt: KeptReport) -> tuple[int, float, str]:
    return attempt.report.level or 0, attempt.report.percent, attempt.moment
