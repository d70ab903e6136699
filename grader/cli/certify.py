"""`grader certify`: shows what each certificate still lacks, and issues certificates."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli import challenges, kept, stored
from grader.cli.keys import VARIABLE
from grader.cli.output import Target, deliver
from grader.cli.status import ExitStatus
from grader.cli.terminal_view import view
from grader.errors import UserError

if TYPE_CHECKING:
    from grader.portfolio.counting import Counting
    from grader.portfolio.pathway import PathwayStanding
    from grader.portfolio.state import PortfolioState


@click.command("certify")
@click.argument("name", metavar="[NAME]", required=False)
@click.option(
    "--key",
    type=click.Path(path_type=Path),
    help=f"The private key to issue NAME with. Default: the value of {VARIABLE}.",
)
@click.option("--renew", is_flag=True, help="Issue the certificate even if an earlier one still holds.")
@kept.issuer_option
@kept.option
@challenges.option
def command(
    *, name: str | None, key: Path | None, renew: bool, issuers: tuple[Path, ...], root: Path, roots: tuple[Path, ...]
) -> int:
    """Show what each certificate, or NAME alone, still lacks.

    NAME is one of: language, architecture, performance, testing, production.

    A report counts if an issuer given with --issuer signed it and it names the portfolio's owner. If nothing is
    missing, an issuer in the list can issue the certificate with --key: a signed file and a page in certificates/,
    valid for a year. If something is missing, the exit status is 1.
    """
    from grader.portfolio.terminal_pathway import pathway_text, standing_text
    from grader.report.terminal import printed

    found = kept.state(root, issuers, roots=roots)
    known = challenges.known(roots).challenges()
    standings = found.standings(known)
    if not found.person:
        click.echo(f"grader: the portfolio does not name its owner, so no report counts. {_profile(root)}", err=True)
    if not found.trust.issuers:
        click.echo("grader: no issuer is trusted, so every report is self-graded. Pass a list with --issuer.", err=True)
    if name is None:
        if key is not None:
            raise UserError("--key: no certificate is named. Name the certificate to issue.")
        board = pathway_text(standings, found.certificates, found.evidence, found.peers, person=found.person)
        deliver(printed(board, view()), Target("terminal", None))
        return kept.status(found)
    standing = next((entry for entry in standings if entry.rule.id == name), None)
    if standing is None:
        raise UserError(
            f"there is no certificate {name!r}. Choose one of: {', '.join(entry.rule.id for entry in standings)}."
        )
    deliver(printed(standing_text(standing, found.certificates), view()), Target("terminal", None))
    kept.status(found)
    if not standing.is_complete or not found.person:
        return ExitStatus.BELOW
    private = _private(key)
    if private is None:
        click.echo("Nothing is missing: an issuer in the list can issue the certificate with --key KEY.")
        return ExitStatus.GRADED
    return _issue(found, standing, found.counting(known), private, renew=renew)


def _issue(
    found: PortfolioState, standing: PathwayStanding, counting: Counting, private: bytes, *, renew: bool
) -> ExitStatus:
    """Issue a certificate, and make its page beside it."""
    from grader import inputs
    from grader.portfolio.certificate import stated_certificate
    from grader.portfolio.certificates import LARGEST, issue
    from grader.portfolio.pages import certificate_page
    from grader.store.sign import unsealed

    before = found.certificates.holding(standing.rule.id)
    if before is not None and not renew:
        click.echo(f"{before.file} {before.state}; use --renew to issue another one.")
        return ExitStatus.GRADED
    path = issue(found.folder, standing, counting, private)
    content = stated_certificate(unsealed(inputs.read(path, most=LARGEST)))
    page = path.with_suffix(".html")
    if page.exists():
        raise UserError(
            str(page), "this page already exists and was not overwritten", "Move the page, and issue again with --renew"
        )
    stored.write(page, certificate_page(content, file=path.name))
    click.echo(f"issued: {path}\nits page: {page}")
    return ExitStatus.GRADED


def _private(path: Path | None) -> bytes | None:
    from grader.store.sign import read_key

    if path is not None:
        return read_key(path)
    text = os.environ.get(VARIABLE)
    return text.encode() if text else None


def _profile(root: Path) -> str:
    options = f" --portfolio {root}" if root != kept.DEFAULT else ""
    return f'Name the owner with `grader profile --person "NAME"{options}`.'
