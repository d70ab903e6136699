"""What the user's terminal can show, and printing to it."""

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
"""Besides the formats of `grader.report`, which are views: everything, for storing."""


def view(audience: Audience = Audience.CANDIDATE, *, quiet: bool = False, only: tuple[str, ...] = ()) -> View:
    """Return the terminal's width (80 if there is none), and colour if someone would see it."""
    width = shutil.get_terminal_size((80, 24)).columns
    return View(audience=audience, width=width, colour=_colour(), quiet=quiet, only=only, base=str(Path.cwd()))


def shown(report: Report | RepositoryReport, format_name: str, look: View) -> str:
    """Render the report in a format, or as a record."""
    from grader.store.codec import encode

    return encode(report).decode("utf-8") if format_name == RECORD else render(report, format_name, look)


def _colour() -> bool:
    """Decide as https://no-color.org and https://force-color.org ask."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def show(content: RenderableType) -> None:
    """Print a rich renderable to stdout."""
    from grader.report.terminal import printed

    deliver(printed(content, view()), Target("terminal", None))
