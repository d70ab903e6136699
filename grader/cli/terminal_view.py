"""Finds out what the user's terminal can show, and prints to it."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from grader.cli.output import Target, deliver
from grader.report import Audience, View, render

if TYPE_CHECKING:
    from rich.console import RenderableType

    from grader.model import Report, RepositoryReport

RECORD = "record"
"""The format that keeps everything, for storing; those of `grader.report` are views."""


def view(audience: Audience = Audience.CANDIDATE, *, quiet: bool = False, only: tuple[str, ...] = ()) -> View:
    """Return a view as wide as the terminal (80 columns if there is none), in colour if the terminal shows it."""
    width = shutil.get_terminal_size((80, 24)).columns
    return View(audience=audience, width=width, colour=_colour(), quiet=quiet, only=only, base=str(Path.cwd()))


def shown(report: Report | RepositoryReport, format_name: str, look: View) -> str:
    """Render the report in a format of `grader.report`, or as a record."""
    from grader.store.codec import encode

    return encode(report).decode("utf-8") if format_name == RECORD else render(report, format_name, look)


def _colour() -> bool:
    """Return whether to use colour, following https://no-color.org and https://force-color.org."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def show(content: RenderableType) -> None:
    """Print a rich renderable to stdout."""
    from grader.report.terminal import printed

    deliver(printed(content, view()), Target("terminal", None))
