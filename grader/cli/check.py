"""`grader check`: check a report's signature, and compare another report with the signed one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader import inputs
from grader.cli import stored
from grader.cli.output import Target, deliver
from grader.cli.status import ExitStatus
from grader.cli.terminal_view import view
from grader.errors import UserError

if TYPE_CHECKING:
    from grader.model import Report, RepositoryReport

VARIABLE = "GRADER_PUBLIC_KEY"
SHOWN = 20
ENVELOPE = 128 << 20
"""The maximum number of bytes in an envelope: a report as base64, with room to spare."""


@click.command("check")
@click.argument("envelope", type=click.Path(path_type=Path))
@click.option(
    "--key", type=click.Path(path_type=Path), help=f"The public key in PEM format. Default: the value of {VARIABLE}."
)
@click.option(
    "--report", "shown", type=click.Path(path_type=Path), help="A JSON report to compare with the signed one."
)
def command(*, envelope: Path, key: Path | None, shown: Path | None) -> int:
    """Check ENVELOPE, which `grader sign` wrote, and print the report that was signed.

    If the envelope cannot be trusted, or --report differs from what was signed, the exit status is 1, with the reason
    on stderr.
    """
    from grader.report import render
    from grader.store.sign import SignatureError, check, differences

    try:
        data = inputs.read(envelope, most=ENVELOPE)
    except OSError as error:
        raise UserError(str(envelope), str(error.strerror), "Pass an envelope that `grader sign` wrote") from None
    try:
        report = check(data, _key(key))
    except SignatureError as error:
        click.echo(f"{envelope} cannot be trusted: {error}.", err=True)
        return ExitStatus.BELOW
    if shown is not None and (found := differences(report, _comparable(shown, report))):
        click.echo(f"{shown} is not the signed report. The two differ in: {', '.join(found[:SHOWN])}.", err=True)
        return ExitStatus.BELOW
    click.echo("The signature is valid. This is the signed report:\n", err=True)
    deliver(render(report, "terminal", view()), Target("terminal", None))
    return ExitStatus.GRADED


def _comparable(path: Path, signed: Report | RepositoryReport) -> Report | RepositoryReport:
    """Return the report in a file; for a record, its view for whichever audience matches the signed report."""
    from grader.report import Audience, View, render
    from grader.store.codec import decode
    from grader.store.sign import differences

    found = stored.read(path)
    if not found.is_record:
        return found.report
    views = [
        decode(render(found.report, "json", View(audience=audience)).encode(), str(path)).report
        for audience in Audience
    ]
    return next((view for view in views if not differences(signed, view)), views[0])


def _key(path: Path | None) -> bytes:
    from grader.store.sign import read_key

    if path is not None:
        return read_key(path)
    if text := os.environ.get(VARIABLE):
        return text.encode()
    raise UserError(f"there is no key. Pass --key FILE.pub or set {VARIABLE}.")
