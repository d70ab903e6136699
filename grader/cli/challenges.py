"""The challenges that a command may name, and the option that adds more."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.errors import UserError

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
    help="A folder of further challenges, laid out as <area>/<slug>/. May be repeated; GRADER_CHALLENGES lists more.",
)


HERE = Path("challenges")


def known(roots: Sequence[Path]) -> Catalogue:
    """Return the catalogue of all challenges, including those below `roots`. Raises UserError."""
    from grader.challenges.catalogue import catalogue

    return catalogue(tuple(roots))


def written(roots: Sequence[Path]) -> Catalogue:
    """Return the catalogue with the challenges below ./challenges added, for their author. Raises UserError.

    The added challenges are never used for grading: a candidate's repository may have such a folder, and a hidden suite
    is trusted code.
    """
    from grader.challenges.catalogue import catalogue

    if not any(HERE.glob("*/*/challenge.toml")):
        return known(roots)
    usual, here = known(roots), catalogue((*roots, HERE))
    names = [place.name for place in here.places]
    if len(set(names)) < len(names):
        click.echo(
            f"grader: {HERE}/ is ignored, because it repeats known challenges. Use --challenges {HERE} to add it.",
            err=True,
        )
        return usual
    return here


def find(all_: Catalogue, name: str) -> Challenge:
    """Return one challenge by slug or area/slug. Raises UserError if there is none, CannotMeasure if it is broken."""
    return all_.find(name)


def require_criteria(only: Sequence[str], known: Catalogue, answered: Sequence[str]) -> None:
    """Raise UserError for a criterion that none of the answered challenges has."""
    there = dict.fromkeys(criterion.id for name in answered for criterion in known.find(name).manifest.criteria)
    for criterion in only:
        if criterion not in there:
            close = difflib.get_close_matches(criterion, there, n=1) or [", ".join(there)]
            raise UserError("--only", f"there is no criterion {criterion!r}", f"Did you mean {close[0]}?")
