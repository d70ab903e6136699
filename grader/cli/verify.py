"""`grader verify`: check the claims of challenges before anybody is graded by them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli import challenges
from grader.cli.status import ExitStatus
from grader.cli.terminal_view import show
from grader.errors import UserError

if TYPE_CHECKING:
    from grader.challenges.challenge import Challenge
    from grader.verify.verdict import Verification
    from grader.verify.verification import VerifyOptions

SEEDS, QUICK_SEEDS = 5, 2


@click.command("verify")
@click.argument("slugs", nargs=-1, metavar="[SLUG]...")
@click.option("--quick", is_flag=True, help="Check quickly while writing: run no mutants, and use only two seeds.")
@click.option(
    "--only",
    multiple=True,
    metavar="CHECK",
    help="Run only this check, after the form check. May be repeated. `stability` runs only if it is named.",
)
@click.option(
    "--changed-since",
    "since",
    metavar="REF",
    help="Check only challenges whose files have changed since REF.",
)
@click.option("--survivors", is_flag=True, help="Show each surviving mutant beside the hidden test closest to it.")
@click.option("--format", "format_", type=click.Choice(["terminal", "json"]), default="terminal", show_default=True)
@click.option("--jobs", type=click.IntRange(1, 64), help="How many processes to run at a time. Default: one per core.")
@click.option(
    "--seed",
    type=click.IntRange(0, 2**52),
    default=1,
    show_default=True,
    help="The first seed; the others are the numbers that follow.",
)
@click.option(
    "--no-cache", is_flag=True, help="Run every check, even if its result is cached, and cache the new results."
)
@click.option("--backend", metavar="NAME", help="The sandbox backend to use. `grader doctor` lists the backends.")
@challenges.option
def command(
    *,
    slugs: tuple[str, ...],
    quick: bool,
    only: tuple[str, ...],
    since: str | None,
    survivors: bool,
    format_: str,
    jobs: int | None,
    seed: int,
    no_cache: bool,
    backend: str | None,
    roots: tuple[Path, ...],
) -> int:
    """Check the claims of every challenge, or of the named ones.

    Exit status: 0 all checks hold; 1 some do not; 2 the call is wrong; 3 something could not be measured.
    """
    from grader.verify.verification import VerifyOptions

    _known_checks(only)
    options = VerifyOptions(
        seeds=tuple(range(seed, seed + (QUICK_SEEDS if quick else SEEDS))),
        only=only,
        quick=quick,
        jobs=jobs or os.cpu_count() or 1,
    )
    found = _found(slugs, roots)
    if since is not None:
        found = _touched(found, since)
    if format_ == "json":
        import msgspec

        (result,) = _verified([found], options, backend, refresh=no_cache)
        click.echo(msgspec.json.format(msgspec.json.encode(result), indent=2))
        return _status([result])

    from grader.verify.rendering import rendered, summary

    results = []
    for result in _verified([(challenge,) for challenge in found], options, backend, refresh=no_cache):
        show(rendered(result, survivors=survivors))
        results.append(result)
    show(summary(results, options.seeds))
    return _status(results)


def _known_checks(only: Sequence[str]) -> None:
    from grader.verify.checks import CHECKS

    known = [checker.id for checker in CHECKS]
    for name in only:
        if name not in known:
            raise UserError(f"--only: there is no check {name!r}. The checks are: {', '.join(known)}.")


def _found(slugs: Sequence[str], roots: Sequence[Path]) -> tuple[Challenge, ...]:
    """Return the named challenges, or all. A broken challenge ends the command: its author has to fix it first."""
    from grader.challenges.challenge import Challenge

    catalogue = challenges.written(roots)
    if slugs:
        return tuple(challenges.find(catalogue, slug) for slug in slugs)
    found = catalogue.load_all()
    for entry in found:
        if not isinstance(entry, Challenge):
            raise UserError(entry.error)
    return catalogue.challenges()


def _touched(found: tuple[Challenge, ...], since: str) -> tuple[Challenge, ...]:
    from grader.verify.changes import ChangesError, touched

    try:
        return touched(found, since)
    except ChangesError as error:
        raise UserError(f"--changed-since: {error}") from None


def _verified(
    groups: Iterable[tuple[Challenge, ...]], options: VerifyOptions, backend: str | None, *, refresh: bool
) -> Iterator[Verification]:
    """Yield each group's result as soon as it is known, since checking all challenges takes long."""
    from grader.assess.grader import Grader
    from grader.cli.progress import watched
    from grader.verify.cache import Cache, default_folder
    from grader.verify.verification import verify

    sandbox = Grader(backend).backend
    cache = Cache(default_folder(), refresh=refresh)
    for group in groups:
        with watched("starting") as progress:
            result = verify(group, backend=sandbox, options=options, cache=cache, progress=progress)
        yield result


def _status(results: Sequence[Verification]) -> ExitStatus:
    from grader.verify.verdict import CheckStatus, worst

    verdict = worst(result.verdict for result in results)
    if verdict is CheckStatus.FAILS:
        return ExitStatus.BELOW
    return ExitStatus.UNMEASURED if verdict is CheckStatus.UNMEASURED else ExitStatus.GRADED
