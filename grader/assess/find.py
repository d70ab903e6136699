"""Finds the assignments in a path or a change: submissions, including rejected ones, each with its challenge."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from grader.challenges.catalogue import Catalogue
from grader.challenges.challenge import Challenge
from grader.intake import Rejected, open_tree, take_tree
from grader.intake.changes import changed
from grader.intake.discovery import discover, passed_over, remarks
from grader.intake.refusal import IntakeError
from grader.intake.tree import Tree
from grader.model import Finding, Report, Struct, Submission


class Assignment(Struct, frozen=True, kw_only=True):
    """One submission, read into memory, and the challenge that it answers."""

    challenge: Challenge
    taken: Submission | Rejected
    """The submission, or every reason why it was rejected."""


class Assignments(NamedTuple):
    """Everything found below a path. `several` is true for a repository, however many challenges it answers."""

    each: tuple[Assignment, ...]
    several: bool


class ChangedAssignment(NamedTuple):
    """One challenge's answer before and after a change; `before` is None if there was no answer yet."""

    before: Assignment | None
    after: Assignment


def find(path: Path, catalogue: Catalogue, *, only: str | None = None) -> Assignments:
    """Find and read the submissions below `path`; with `only`, just the answer to that challenge.

    Raises UserError if nothing is found, and CannotMeasure if a challenge is broken.
    """
    with open_tree(path) as tree:
        places = discover(tree, catalogue, only=only)
        if only is None:  # what has to be drawn is answered in a session, whatever its folder is called
            places = tuple(place for place in places if not catalogue.find(place.challenge_name).must_be_drawn)
        over = () if only is not None else tuple(passed_over(tree, catalogue, places))
        found = tuple(
            Assignment(
                challenge=catalogue.find(place.challenge_name),
                taken=_with_notices(take_tree(tree, place.path), (*remarks(tree, place, catalogue), *over)),
            )
            for place in places
        )
    single = only is not None or [place.path for place in places] == [""]
    return Assignments(found, several=not single)


def _with_notices(taken: Submission | Rejected, more: tuple[Finding, ...]) -> Submission | Rejected:
    return replace(taken, notices=(*more, *taken.notices)) if more else taken


def find_changed(
    repository: Path, since: str, revision: str, catalogue: Catalogue, *, only: str | None = None
) -> tuple[ChangedAssignment, ...]:
    """Find the answers that `revision` changed since it branched off `since`. Raises UserError, CannotMeasure."""
    pairs = []
    for pair in changed(repository, since, revision, catalogue, only=only):
        challenge = catalogue.find(pair.challenge_name)
        before = Assignment(challenge=challenge, taken=pair.before) if pair.before is not None else None
        pairs.append(ChangedAssignment(before, Assignment(challenge=challenge, taken=pair.after)))
    return tuple(pairs)


def find_again(report: Report, catalogue: Catalogue, places: Iterable[Path]) -> Assignment | None:
    """Return a report's submission, identified by its digest, from the first place that holds it; None if no place
    does.

    A place may be a folder or an archive, a path inside either, or a repository in which some folder answers the
    challenge. Raises IntakeError if none of the places can be read.
    """
    challenge = catalogue.find(report.challenge.name)
    refused: list[IntakeError] = []
    read = False
    for place in dict.fromkeys(places):
        try:
            with _reached(place) as (tree, inner):
                read = True
                for submission in _candidates(tree, inner, report, catalogue):
                    if submission.digest == report.submission.digest:
                        return Assignment(challenge=challenge, taken=submission)
        except IntakeError as error:
            refused.append(error)
    if refused and not read:
        raise refused[0]
    return None


@contextmanager
def _reached(path: Path) -> Iterator[tuple[Tree, str]]:
    """Open the folder or archive that a path names or leads into, and yield its tree and the rest of the path."""
    outer = path
    while not os.path.exists(outer) and outer != outer.parent:  # noqa: PTH110 - Path.exists raises on long names
        outer = outer.parent
    if not os.path.isfile(outer):  # noqa: PTH113 - as above
        outer = path
    with open_tree(outer) as tree:
        yield tree, "" if outer == path else path.relative_to(outer).as_posix()


def _candidates(tree: Tree, inner: str, report: Report, catalogue: Catalogue) -> Iterator[Submission | Rejected]:
    """Yield possible matches for a report's submission, likeliest first."""
    with suppress(IntakeError):
        yield take_tree(tree, inner)
    with suppress(IntakeError):
        for place in discover(tree, catalogue, only=report.challenge.name):
            yield take_tree(tree, place.path)
