"""The reviews of a portfolio: files in `reviews/`, and what reviewers added to its reports."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from grader.portfolio.folder import PortfolioFolder
from grader.portfolio.reports import KeptReport
from grader.portfolio.strict import FileProblem, PortfolioError, read_toml
from grader.store.review import ReviewFile

REMEDY = "See `grader review --help`, which shows what a review looks like"


class PeerEvent(NamedTuple):
    """A review that somebody gave."""

    reviewer: str
    date: dt.date


class KeptReviews(NamedTuple):
    """The reviews that could be read, oldest first, and what is wrong with the other files."""

    events: tuple[PeerEvent, ...]
    problems: tuple[FileProblem, ...]

    def given_by(self, person: str) -> dt.date | None:
        """Return the day on which a person last reviewed somebody; None if never."""
        return max((event.date for event in self.events if _same(event.reviewer, person)), default=None)

    def received_by(self, person: str) -> PeerEvent | None:
        """Return the last review by anybody else; None if there is none."""
        others = [event for event in self.events if not _same(event.reviewer, person)]
        return max(others, key=lambda event: event.date, default=None)


def read_reviews(folder: PortfolioFolder, reports: Iterable[KeptReport]) -> KeptReviews:
    """Read every review. Raises PortfolioError if the folder cannot be listed."""
    events = [*_in_reports(reports)]
    problems: list[FileProblem] = []
    for path in folder.listed(folder.reviews, ".toml"):
        try:
            review = read_toml(path, ReviewFile, remedy=REMEDY)
        except PortfolioError as error:
            problems.append(error.problem)
        else:
            events.append(PeerEvent(review.reviewer, review.date))
    return KeptReviews(tuple(sorted(events, key=lambda event: event.date)), tuple(problems))


def _in_reports(reports: Iterable[KeptReport]) -> Iterator[PeerEvent]:
    for attempt in reports:
        for review in attempt.report.reviews:
            try:
                yield PeerEvent(review.reviewer, dt.date.fromisoformat(review.date))
            except ValueError:  # a report is not ours to repair, and its review stays on its page
                continue


def _same(one: str, other: str) -> bool:
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()
