"""What a path holds: the submissions to grade, each with its challenge."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from grader.challenges.catalogue import Catalogue, CatalogueError
from grader.challenges.challenge import Challenge, ChallengeError
from grader.cli import challenges
from grader.cli.status import CannotMeasure, WrongCall
from grader.intake import IntakeError, Rejected, open_tree, take_tree
from grader.intake.discovery import discover
from grader.model import Report, Submission

if TYPE_CHECKING:
    from grader.assess.engine import Engine


class Task(NamedTuple):
    """One submission, read into memory, and the challenge that it answers."""

    challenge: Challenge
    taken: Submission | Rejected

    def grade(self, engine: Engine, seed: int | None, progress: Callable[[str], None], *, explain: bool) -> Report:
        """The report. A rejected submission gets one too."""
        from grader.assess.pipeline import reject

        if isinstance(self.taken, Rejected):
            return reject(self.taken.origin, self.challenge, (*self.taken.reasons, *self.taken.notices), seed=seed)
        progress(f"grading {self.challenge.name}")
        return engine(
            self.taken,
            self.challenge,
            seed=seed,
            progress=lambda what: progress(f"{self.challenge.name}: {what}"),
            explain=explain,
        )


class Tasks(NamedTuple):
    """Everything found below a path. `several`: it is a repository, however many challenges it answers."""

    each: tuple[Task, ...]
    several: bool


def found(path: Path, name: str | None, catalogue: Catalogue) -> Tasks:
    """Find the submissions below `path` and read them. Raises WrongCall or CannotMeasure."""
    try:
        with open_tree(path) as tree:
            places = discover(tree, catalogue, only=name)
            tasks = tuple(
                Task(challenges.find(catalogue, place.challenge_name), take_tree(tree, place.path)) for place in places
            )
    except (IntakeError, CatalogueError) as error:
        raise WrongCall(str(error)) from None
    except ChallengeError as error:
        raise CannotMeasure(str(error)) from None
    single = name is not None or [place.path for place in places] == [""]
    return Tasks(tasks, several=not single)
