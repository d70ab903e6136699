"""The portfolio that a command works on: its options, and what is wrong with its files."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.output import Target, targets
from grader.cli.status import ExitStatus
from grader.errors import UserError

if TYPE_CHECKING:
    from grader.model import Report, RepositoryReport
    from grader.portfolio.folder import PortfolioFolder
    from grader.portfolio.state import PortfolioState

DEFAULT = Path("portfolio")

option = click.option(
    "--portfolio",
    "root",
    type=click.Path(path_type=Path),
    metavar="DIR",
    default=DEFAULT,
    show_default=True,
    help="The portfolio's folder.",
)
FORMATS = ("terminal", "markdown", "html")
format_option = click.option(
    "--format",
    "format_",
    type=click.Choice(FORMATS),
    help="Default: inferred from the extension of --output, otherwise terminal.",
)
output_option = click.option("--output", metavar="FILE", help="The file to write. Default: stdout.")
issuer_option = click.option(
    "--issuer",
    "issuers",
    type=click.Path(path_type=Path),
    metavar="KEY|LIST",
    multiple=True,
    help="A public key that you trust, or a list of keys such as issuers.toml. Reports signed with these keys are "
    "shown as signed. May be repeated.",
)
scan_option = click.option(
    "--scan",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The scan to include. Default: scan.json in the portfolio, if it exists.",
)


def folder(root: Path) -> PortfolioFolder:
    """Return the portfolio's paths."""
    from grader.portfolio.folder import PortfolioFolder

    return PortfolioFolder(root)


def state(
    root: Path, issuers: Sequence[Path] = (), scan: Path | None = None, roots: Sequence[Path] = ()
) -> PortfolioState:
    """Read the portfolio; its certificates, if any, are checked against the challenges in `roots`. Raises UserError."""
    from grader.cli import challenges
    from grader.portfolio.counting import present_challenges
    from grader.portfolio.state import read_state
    from grader.portfolio.trust import read_trust

    if root != DEFAULT and not root.is_dir():
        raise UserError(
            f"--portfolio: there is no folder {root}. Run `grader profile --portfolio {root}` to create it."
        )
    place, trust = folder(root), read_trust(issuers)
    has_certificates = bool(place.listed(place.certificates, ".json"))
    present = present_challenges(challenges.known(tuple(roots)).challenges()) if has_certificates else None
    return read_state(place, trust, scan, present=present)


def status(found: PortfolioState) -> ExitStatus:
    """Say on stderr which files could not be used; the status is 1 if there are any."""
    from grader.report.visible import visible

    for problem in found.problems:
        click.echo(f"grader: {visible(str(problem))}", err=True)
    return ExitStatus.BELOW if found.problems else ExitStatus.GRADED


def keep(root: Path, report: Report | RepositoryReport, private_pem: bytes | None = None) -> None:
    """Add a report to the portfolio, signed if there is a key, and say where. Raises UserError."""
    from grader.portfolio.reports import keep

    place = folder(root)
    place.create()
    for path, is_new in keep(place, report, private_pem):
        click.echo(f"grader: {'kept' if is_new else 'already kept'}: {path}", err=True)


def target(format_: str | None, output: str | None, formats: Sequence[str] = FORMATS) -> Target:
    """Return where to write, and in which of the formats. Raises UserError."""
    (found,) = targets((format_,) if format_ else (), (output,) if output else ())
    if found.format not in formats:
        raise UserError(f"--output: {output} would contain {found.format}. Use --format {' or '.join(formats)}.")
    return found


def options(root: Path, roots: Sequence[Path]) -> str:
    """Return the options that commands of a plan need to find the same portfolio and the same challenges."""
    parts = ["--portfolio", str(root)] if root != DEFAULT else []
    parts += [word for path in roots for word in ("--challenges", str(path))]
    return shlex.join(parts)
