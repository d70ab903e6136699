"""`grader`: runs a command and turns whatever ends it into an exit status and, at most, a few lines on stderr.

Everything heavy is imported inside commands, so that `grader --version` and `--help` answer at once.
"""

from __future__ import annotations

import io
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

import click

from grader.cli.status import CannotMeasure, Status, WrongCall

DEBUG = "GRADER_DEBUG"
"""Environment variable: show the traceback of a bug."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit status; never lets an exception out."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        return _run(arguments)
    finally:
        signal.signal(signal.SIGTERM, before)


def _run(arguments: Sequence[str] | None) -> int:
    try:
        from grader.cli.commands import grader

        return int(grader.main(arguments, prog_name="grader", standalone_mode=False) or Status.GRADED)
    except (click.exceptions.Abort, KeyboardInterrupt):
        return _say("interrupted; nothing was graded", Status.INTERRUPTED)
    except _Terminated:
        return _say("terminated; nothing was graded", Status.TERMINATED)
    except click.ClickException as error:
        error.show()
        return Status.WRONG
    except WrongCall as error:
        return _say(str(error), Status.WRONG)
    except CannotMeasure as error:
        return _say(_sentences(error.why, error.remedy), Status.UNMEASURED)
    except Exception as error:  # the last door: a bug of ours must not look like a verdict
        return _our_bug(error)


class _Terminated(BaseException):
    """SIGTERM: unwinds, so that every sandbox and temporary folder is cleaned up."""


def _terminate(_number: int, _frame: FrameType | None) -> NoReturn:
    raise _Terminated


def _say(message: str, status: Status) -> Status:
    from grader.report.visible import visible, without_commands

    print(without_commands(visible(f"grader: {message}")), file=sys.stderr)
    return status


def _our_bug(error: Exception) -> Status:
    if os.environ.get(DEBUG):
        traceback.print_exception(error)
    what = "".join(traceback.format_exception_only(error)).strip()
    return _say(
        f"this is a bug in the grader, not in the submission; nothing was graded. {what}. "
        f"Please report it with the traceback that {DEBUG}=1 shows.",
        Status.UNMEASURED,
    )


def _sentences(*parts: str) -> str:
    """Causes and remedies as sentences, whoever wrote them."""
    return " ".join(
        f"{part[:1].upper()}{part[1:].rstrip('.')}." if place else f"{part.rstrip('.')}."
        for place, part in enumerate(filter(None, parts))
    )
