"""The reviews of a portfolio: files in `reviews/`, and what reviewers added to its reports."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from grader import inputs
from grader.model.person import alike
from grader.portfolio.folder import PortfolioFolder
from grader.portfolio.reports import KeptReport
from grader.portfolio.strict import FileProblem, PortfolioError, read_toml
from grader.store.review import ReviewFile
from grader.store.sign import SignatureError, unsealed
from grader.store.signed_review import CollectedReview, stated_review

LAST_YEAR = 3000
"""The last year in which a review can be dated: after a later one, nothing could become due."""
REMEDY = "See `grader review --help`, which shows what a review looks like"


class PeerEvent(NamedTuple):
    """A review that somebody gave."""

    reviewer: str
    date: dt.date


class KeptReviews(NamedTuple):
    """The reviews that could be read, oldest first, and what is wrong with the other files."""

    events: tuple[PeerEvent, ...]
    problems: tuple[FileProblem, ...]
    collected: tuple[CollectedReview, ...] = ()
    """The files in `reviews/`; `grader.portfolio.peers` says which of them count."""

    def given_by(self, person: str) -> dt.date | None:
        """Return the day on which a person last reviewed somebody; None if never."""
        return max((event.date for event in self.events if alike(event.reviewer, person)), default=None)

    def received_by(self, person: str) -> PeerEvent | None:
        """Return the last review by anybody else; None if there is none."""
        others = [event for event in self.events if not alike(event.reviewer, person)]
        return max(others, key=lambda event: event.date, default=None)


def read_reviews(folder: PortfolioFolder, reports: Iterable[KeptReport]) -> KeptReviews:
    """Read every review. Raises PortfolioError if the folder cannot be listed."""
    events = [*_in_reports(reports)]
    problems: list[FileProblem] = []
    collected: list[CollectedReview] = []
    for path in folder.listed(folder.reviews, ".toml", ".json"):
        try:
            review = _read(path)
        except PortfolioError as error:
            problems.append(error.problem)
        else:
            collected.append(review)
            events.append(PeerEvent(review.review.reviewer, review.review.date))
    events = [event for event in events if event.date.year <= LAST_YEAR]
    return KeptReviews(tuple(sorted(events, key=lambda event: event.date)), tuple(problems), tuple(collected))


def _read(path: Path) -> CollectedReview:
    if path.suffix == ".toml":
        return CollectedReview(path, read_toml(path, ReviewFile, remedy=REMEDY), None)
    try:
        content = inputs.read(path)
        return CollectedReview(path, stated_review(unsealed(content)), content)
    except (OSError, SignatureError) as error:
        got = str(getattr(error, "strerror", "") or error)
        remedy = "Replace it with a review that `grader sign` signed, or remove it"
        raise PortfolioError(FileProblem(file=str(path), got=got, remedy=remedy)) from None


def _in_reports(reports: Iterable[KeptReport]) -> Iterator[PeerEvent]:
    for attempt in reports:
        for review in attempt.report.reviews:
            try:
                yield PeerEvent(review.reviewer, dt.date.fromisoformat(review.date))
            except ValueError:  # a report is not ours to repair, and its review stays on its page
                continue
