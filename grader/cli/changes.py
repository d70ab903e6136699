"""`grader grade --changed-since`: the challenges that a change touches, graded before and after under one seed."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from grader.challenges.catalogue import Catalogue, CatalogueError
from grader.challenges.challenge import ChallengeError
from grader.cli import challenges
from grader.cli.status import CannotMeasure, WrongCall
from grader.cli.submissions import Task
from grader.intake import IntakeError
from grader.intake.changes import Changed, changed
from grader.model import Report

if TYPE_CHECKING:
    from grader.assess.engine import Engine


class Graded(NamedTuple):
    """The reports after the change, and those before it, where there was an answer."""

    after: tuple[Report, ...]
    before: tuple[Report, ...]


def touched(path: Path, since: str, revision: str, name: str | None, catalogue: Catalogue) -> tuple[Changed, ...]:
    """What the change touches. Raises WrongCall or CannotMeasure."""
    try:
        return changed(path, since, revision, catalogue, only=name)
    except (IntakeError, CatalogueError) as error:
        raise WrongCall(str(error)) from None
    except ChallengeError as error:
        raise CannotMeasure(str(error)) from None


def graded(
    pairs: tuple[Changed, ...],
    catalogue: Catalogue,
    engine: Engine,
    seed: int | None,
    progress: Callable[[str], None],
    *,
    explain: bool,
) -> Graded:
    """Grade each pair under one seed, so that a difference is the change's and not the draw's."""
    seed = secrets.randbits(53) if seed is None else seed
    after, before = [], []
    for pair in pairs:
        challenge = challenges.find(catalogue, pair.challenge_name)
        after.append(Task(challenge, pair.after).grade(engine, seed, progress, explain=explain))
        if pair.before is not None:
            before.append(Task(challenge, pair.before).grade(engine, seed, progress, explain=False))
    return Graded(tuple(after), tuple(before))
