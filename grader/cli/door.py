"""`grader`: runs a command and turns whatever ends it into an exit status and, at most, a few lines on stderr.

Everything heavy is imported inside commands, so that `grader --version` and `--help` answer at once.
"""

from __future__ import annotations

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
    from grader.cli.commands import grader

    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # a text stream, unless someone replaced it
    signal.signal(signal.SIGTERM, _terminate)
    try:
        return int(grader.main(arguments, prog_name="grader", standalone_mode=False) or Status.GRADED)
    except click.exceptions.Abort:
        return _say("interrupted; nothing was graded", Status.INTERRUPTED)
    except click.ClickException as error:
        error.show()
        return Status.WRONG
    except WrongCall as error:
        return _say(str(error), Status.WRONG)
    except CannotMeasure as error:
        return _say(" ".join(filter(None, [error.why, error.remedy])), Status.UNMEASURED)
    except _Terminated:
        return _say("terminated; nothing was graded", Status.TERMINATED)
    except BrokenPipeError:
        _silence_stdout()
        return Status.GRADED
    except Exception as error:  # the last door: a bug of ours must not look like a verdict
        return _our_bug(error)


class _Terminated(BaseException):
    """SIGTERM: unwinds, so that every sandbox and temporary folder is cleaned up."""


def _terminate(_number: int, _frame: FrameType | None) -> NoReturn:
    raise _Terminated


def _say(message: str, status: Status) -> Status:
    from grader.report.visible import visible

    print(f"grader: {visible(message)}", file=sys.stderr)
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


def _silence_stdout() -> None:
    """Whoever read our output has gone; what is still buffered must not raise while the interpreter exits."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
