"""`grader check`: is a signed report what was signed, and is another one the same?"""

from __future__ import annotations

import os
from pathlib import Path

import click

from grader.cli import stored
from grader.cli.output import Target, deliver
from grader.cli.screen import view
from grader.cli.status import Status, WrongCall

VARIABLE = "GRADER_PUBLIC_KEY"
SHOWN = 20


@click.command("check")
@click.argument("envelope", type=click.Path(path_type=Path))
@click.option("--key", type=click.Path(path_type=Path), help=f"The public key, PEM. Default: the text in {VARIABLE}.")
@click.option(
    "--report", "shown", type=click.Path(path_type=Path), help="A JSON report that claims to be the signed one."
)
def command(*, envelope: Path, key: Path | None, shown: Path | None) -> int:
    """Check ENVELOPE, which `grader sign` wrote, and print the report that was signed.

    Exit status 1 when it cannot be trusted, with what differs.
    """
    from grader.report import render
    from grader.store.sign import BadKey, SignatureError, check, differences

    try:
        data = envelope.read_bytes()
        report = check(data, _key(key))
    except OSError as error:
        raise WrongCall(f"{envelope}: {error.strerror}.") from None
    except BadKey as error:
        raise WrongCall(str(error)) from None
    except SignatureError as error:
        click.echo(f"{envelope}: do not trust it: {error}.", err=True)
        return Status.BELOW
    if shown is not None and (found := differences(report, stored.read(shown))):
        click.echo(f"{shown}: is not the signed report. It differs in: {', '.join(found[:SHOWN])}.", err=True)
        return Status.BELOW
    click.echo("the signature holds; this is the signed report:\n", err=True)
    deliver(render(report, "terminal", view()), Target("terminal", None))
    return Status.GRADED


def _key(path: Path | None) -> bytes:
    from grader.store.sign import read_key

    if path is not None:
        return read_key(path)
    if text := os.environ.get(VARIABLE):
        return text.encode()
    raise WrongCall(f"there is no key. Give --key FILE.pub or set {VARIABLE}.")
