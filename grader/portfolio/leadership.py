"""Leadership: interview parts, reviews given, mentoring, talks and writing, as far as other persons confirmed it. Pure.

Every part goes from 0 to 100 % by one table of steps, and Leadership is the mean of the parts that something shows. A
part that nothing shows is *not yet shown*, which is not zero.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from grader.model import Struct
from grader.portfolio.counting import YEARS, out_of_date
from grader.portfolio.external import ExternalKind, KeptEvidence
from grader.portfolio.given import TWICE, GivenReview
from grader.portfolio.interview_results import NO_RESULTS, InterviewResults

NOT_SHOWN = "not yet shown"
COUNTS = (
    "Something counts if other persons, whose keys are in the reader's list, signed it, and if it happened within the "
    f"last {YEARS} years. A submission counts once, however often it is reviewed, and so does a talk or an article "
    "under one link, and one person's record of mentoring under one link."
)


class LeadershipStep(NamedTuple):
    """What a percentage requires."""

    percent: int
    pieces: int
    persons: int
    """The number of different persons who confirmed the pieces."""

    @property
    def words(self) -> str:
        """The requirement in words: `3, by 2 persons`."""
        return f"{self.pieces}, by {self.persons} person{'s' if self.persons != 1 else ''}"


STEPS = (
    LeadershipStep(25, 1, 1),
    LeadershipStep(50, 3, 2),
    LeadershipStep(75, 6, 3),
    LeadershipStep(100, 10, 4),
)
PER_LEVEL = 25
"""The percentage that each level of an interview part adds: 75 % at Senior, 100 % at Expert."""
IN_A_SESSION = "the level of the interview part, by the best result of a whole session that a trusted issuer held"
FEW = (
    LeadershipStep(25, 1, 1),
    LeadershipStep(50, 2, 1),
    LeadershipStep(75, 3, 2),
    LeadershipStep(100, 5, 2),
)


class LeadershipPart(NamedTuple):
    """One part of Leadership."""

    title: str
    counts: str
    """What counts for it."""
    steps: tuple[LeadershipStep, ...]
    """Empty if the level of an interview part counts."""
    noun: str = ""
    """What a piece is called."""
    unit: str = ""
    """What other persons did with the pieces."""
    skill: str = ""
    """The skill of the interview part whose best result counts, if one does."""

    def percent(self, pieces: int, persons: int) -> int:
        """Return the highest percentage whose requirement is met."""
        met = (step.percent for step in self.steps if pieces >= step.pieces and persons >= step.persons)
        return max(met, default=0)


CODE_REVIEW = LeadershipPart("Code review", IN_A_SESSION, (), skill="Code Review")
COMMUNICATION = LeadershipPart("Communication", IN_A_SESSION, (), skill="Communication")
REVIEWS = LeadershipPart(
    "Reviews given",
    "reviews of other people's submissions, signed by you as reviewer and countersigned by the person under review",
    STEPS,
    "review",
    "countersigned",
)
MENTORING = LeadershipPart(
    "Mentoring", "evidence of kind `mentoring`, signed by the other person", FEW, "record", "confirmed"
)
TALKS = LeadershipPart(
    "Talks and writing",
    "evidence of kind `presentation`, signed by whoever checked it",
    FEW,
    "talk or article",
    "checked",
)
PARTS = (CODE_REVIEW, COMMUNICATION, REVIEWS, MENTORING, TALKS)


class ShownPart(Struct, frozen=True, kw_only=True):
    """How far something shows one part."""

    title: str
    percent: int | None
    """None if nothing shows it."""
    words: str
    rests_on: tuple[str, ...] = ()
    """The signed files that show it, each with its digest, in words."""


class Leadership(Struct, frozen=True, kw_only=True):
    """How far a portfolio shows Leadership to a reader."""

    parts: tuple[ShownPart, ...]
    uncounted: tuple[str, ...]
    """What does not count, each with the reason."""

    @property
    def shown(self) -> int:
        """The number of parts that something shows."""
        return sum(part.percent is not None for part in self.parts)

    @property
    def percent(self) -> float | None:
        """The mean of the parts that something shows; None if nothing shows any."""
        given = [part.percent for part in self.parts if part.percent is not None]
        return sum(given) / len(given) if given else None

    @property
    def words(self) -> str:
        """The number of parts behind the figure, in words."""
        return f"{self.shown} of {len(self.parts)} parts shown" if self.shown else NOT_SHOWN

    def part(self, title: str) -> ShownPart:
        """Return the part of a title."""
        return next(part for part in self.parts if part.title == title)


class _Piece(NamedTuple):
    what: str
    by: str
    """Whoever confirmed it."""
    words: str


def leadership(
    given: Sequence[GivenReview],
    evidence: Sequence[KeptEvidence],
    day: dt.date,
    interviews: InterviewResults = NO_RESULTS,
) -> Leadership:
    """Return how far interview parts, reviews and evidence show each part on a day."""
    reviews = [
        _Piece(entry.review.submission, entry.by.name, f"{entry.words}; {entry.digest}")
        for entry in given
        if entry.by and not entry.why_not
    ]
    refused = [
        f"{entry.file}: {entry.why_not}" for entry in given if entry.why_not and entry.why_not != TWICE
    ]  # a copy is no news
    confirmed: dict[ExternalKind, list[_Piece]] = {ExternalKind.MENTORING: [], ExternalKind.PRESENTATION: []}
    for piece in evidence:
        kind, content = piece.evidence.kind, piece.evidence
        if kind not in confirmed:
            continue
        if why_not := piece.why_not or out_of_date(content.date, day, what="evidence of leadership"):
            refused.append(f"{piece.file}: {why_not}")
            continue
        what = content.link.casefold().rstrip("/")
        alone = kind is ExternalKind.MENTORING  # several persons may tell of one programme
        words = f"{content.title}, {content.date.isoformat()}, {piece.state}; {piece.digest}"
        confirmed[kind].append(_Piece(f"{what} {content.checked_by}" if alone else what, content.checked_by, words))
    parts = (
        _interview(CODE_REVIEW, interviews),
        _interview(COMMUNICATION, interviews),
        _part(REVIEWS, reviews),
        _part(MENTORING, confirmed[ExternalKind.MENTORING]),
        _part(TALKS, confirmed[ExternalKind.PRESENTATION]),
    )
    return Leadership(parts=parts, uncounted=(*refused, *interviews.uncounted))


def _interview(part: LeadershipPart, interviews: InterviewResults) -> ShownPart:
    attempt = interviews.best.get(part.skill.casefold())
    if attempt is None:
        return ShownPart(title=part.title, percent=None, words=NOT_SHOWN)
    challenge, level = attempt.report.challenge, attempt.report.level or 0
    words = f"{attempt.result}, {attempt.provenance}"
    rests_on = f"{challenge.name} {challenge.version}, graded {attempt.date}: {words}; {attempt.digest}"
    return ShownPart(title=part.title, percent=PER_LEVEL * level, words=words, rests_on=(rests_on,))


def _part(part: LeadershipPart, pieces: Sequence[_Piece]) -> ShownPart:
    if not pieces:
        return ShownPart(title=part.title, percent=None, words=NOT_SHOWN)
    count, persons = len({piece.what for piece in pieces}), len({piece.by.casefold() for piece in pieces})
    words = f"{count} {part.unit}, by {persons} person{'s' if persons != 1 else ''}"
    rests_on = tuple(piece.words for piece in pieces)
    return ShownPart(title=part.title, percent=part.percent(count, persons), words=words, rests_on=rests_on)


NO_LEADERSHIP = leadership((), (), dt.date.min)
"""What a portfolio shows that holds nothing of the kind."""
