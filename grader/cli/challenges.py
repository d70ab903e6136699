"""The challenges a command may name, and the option that adds more."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.status import CannotMeasure, WrongCall

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.challenges.catalogue import Catalogue
    from grader.challenges.challenge import Challenge

option = click.option(
    "--challenges",
    "roots",
    multiple=True,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="A folder with more challenges, as <area>/<slug>/. May be repeated; GRADER_CHALLENGES adds too.",
)


def known(roots: Sequence[Path]) -> Catalogue:
    """Every challenge there is. Raises WrongCall."""
    from grader.challenges.catalogue import CatalogueError, catalogue

    try:
        return catalogue(tuple(roots))
    except CatalogueError as error:
        raise WrongCall(str(error)) from None


def find(all_: Catalogue, name: str) -> Challenge:
    """One challenge by slug or area/slug. Raises WrongCall when there is none, CannotMeasure when it is broken."""
    from grader.challenges.catalogue import CatalogueError
    from grader.challenges.challenge import ChallengeError

    try:
        return all_.find(name)
    except CatalogueError as error:
        raise WrongCall(str(error)) from None
    except ChallengeError as error:
        raise CannotMeasure(str(error)) from None
