"""Functions that the commands for stored reports share: they read and write reports, and say what a view lacks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.errors import UserError

if TYPE_CHECKING:
    from grader.model import Report
    from grader.store.codec import Stored


def read(path: Path, *, whole: bool = False) -> Stored:
    """Read a record or a JSON report. With `whole`, say on stderr what a view lacks. Raises UserError."""
    from grader.store.codec import read

    stored = read(path)
    if whole and stored.missing:
        click.echo(f"grader: {path}: {stored.missing}.", err=True)
    return stored


def single(path: Path, *, what: str) -> Report:
    """Read the report of one submission; `what` is the verb for error messages, such as "Review". Raises UserError."""
    from grader.model import Report

    report = read(path, whole=True).report
    if not isinstance(report, Report):
        raise UserError(str(path), "this is the report of a repository", f"{what} the report of one submission")
    return report


def write(path: Path, content: str | bytes) -> None:
    """Write a file as a whole or not at all. Raises UserError."""
    from grader.store import files

    try:
        files.write(path, content)
    except OSError as error:
        raise UserError(str(path), str(error.strerror), "Choose a file that you can write to") from None


def again(report: Report, *, like: Stored) -> bytes:
    """Encode a report for storing in the form of `like`: as a record, or as a view for reviewers."""
    from grader.report import Audience, View, render
    from grader.store.codec import encode

    if like.is_record:
        return encode(report)
    return render(report, "json", View(audience=Audience.REVIEWER)).encode()
