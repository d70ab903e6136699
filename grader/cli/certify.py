"""`grader certify`: what the certificates of a portfolio miss, and issuing one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli import challenges, kept, stored
from grader.cli.output import Target, deliver
from grader.cli.sign import VARIABLE
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
    "--key", type=click.Path(path_type=Path), help=f"Issue it with this private key. {VARIABLE} holds one, too."
)
@click.option("--renew", is_flag=True, help="Issue it although an earlier one still holds.")
@kept.issuer_option
@kept.option
@challenges.option
def command(
    *, name: str | None, key: Path | None, renew: bool, issuers: tuple[Path, ...], root: Path, roots: tuple[Path, ...]
) -> int:
    """Show what each certificate misses, or what NAME misses: language, architecture, performance, testing, production.

    A report counts if an issuer of --issuer signed it and it names the person of the portfolio. If nothing is missing,
    whoever has the key of an issuer in the list issues the certificate with --key: a signed file and a page in
    certificates/, valid for a year. If something is missing, the exit status is 1.
    """
    from grader.portfolio.terminal_pathway import pathway_text, standing_text
    from grader.report.terminal import printed

    found = kept.state(root, issuers, roots=roots)
    known = challenges.known(roots).challenges()
    standings = found.standings(known)
    if not found.person:
        click.echo(f"grader: the portfolio names nobody, so no report counts. {_profile(root)}", err=True)
    if not found.trust.issuers:
        click.echo("grader: you trust no issuer, so every report is self-graded. Name a list with --issuer.", err=True)
    if name is None:
        if key is not None:
            raise UserError("--key: name the certificate to issue.")
        board = pathway_text(standings, found.certificates, found.evidence, found.peers, person=found.person)
        deliver(printed(board, view()), Target("terminal", None))
        return kept.status(found)
    standing = next((entry for entry in standings if entry.rule.id == name), None)
    if standing is None:
        raise UserError(
            f"there is no certificate {name!r}. There are: {', '.join(entry.rule.id for entry in standings)}."
        )
    deliver(printed(standing_text(standing, found.certificates), view()), Target("terminal", None))
    kept.status(found)
    if not standing.is_complete or not found.person:
        return ExitStatus.BELOW
    private = _private(key)
    if private is None:
        click.echo("Nothing is missing: an issuer in the list issues it with --key KEY.")
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
        click.echo(f"{before.file} {before.state}; --renew issues another one.")
        return ExitStatus.GRADED
    path = issue(found.folder, standing, counting, private)
    content = stated_certificate(unsealed(inputs.read(path, most=LARGEST)))
    page = path.with_suffix(".html")
    if page.exists():
        raise UserError(str(page), "another page is there, and nothing is overwritten", "Move it, and issue again")
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
    return f'`grader profile --person "NAME"{f" --portfolio {root}" if root != kept.DEFAULT else ""}` does.'
