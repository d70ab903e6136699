"""`grader`: runs a command and turns whatever ends it into an exit status and, at most, a few lines on stderr.

Everything heavy is imported inside commands, so that `grader --version` and `--help` answer at once.
"""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

import click

from grader.cli.status import Status
from grader.cli.streams import open_closed, settle
from grader.errors import EXHAUSTED, CannotMeasure, UserError, sentences

DEBUG = "GRADER_DEBUG"
"""Environment variable: show the traceback of a bug."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit status; never lets an exception out."""
    open_closed()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        return _run(arguments)
    finally:
        signal.signal(signal.SIGTERM, before)
        settle()


def _run(arguments: Sequence[str] | None) -> int:
    try:
        return _command(arguments)
    except (click.exceptions.Abort, KeyboardInterrupt):
        return _say("interrupted; nothing was graded", Status.INTERRUPTED)
    except _Terminated:
        return _say("terminated; nothing was graded", Status.TERMINATED)
    except click.ClickException as error:
        with contextlib.suppress(OSError):
            error.show()
        return Status.WRONG
    except UserError as error:
        return _say(str(error), Status.WRONG)
    except CannotMeasure as error:
        return _say(sentences(error.why, error.remedy), Status.UNMEASURED)
    except SystemExit:  # click's answer to a broken pipe; its status would mean "below the threshold"
        return _say("a pipe was closed before everything was written to it", Status.UNMEASURED)
    except OSError as error:
        return _machines_fault(error) if error.errno in EXHAUSTED else _our_bug(error)
    except Exception as error:  # the last door: a bug of ours must not look like a verdict
        return _our_bug(error)


def _command(arguments: Sequence[str] | None) -> int:
    from grader.cli.commands import grader

    status = int(grader.main(arguments, prog_name="grader", standalone_mode=False) or Status.GRADED)
    with contextlib.suppress(BrokenPipeError):  # a reader of stdout who has gone is not an error
        sys.stdout.flush()
    return status


class _Terminated(BaseException):
    """SIGTERM: unwinds, so that every sandbox and temporary folder is cleaned up."""


def _terminate(_number: int, _frame: FrameType | None) -> NoReturn:
    raise _Terminated


def _say(message: str, status: Status) -> Status:
    from grader.report.visible import visible, without_commands

    with contextlib.suppress(OSError):  # whether or not a log can take the words, the status is what they say
        print(without_commands(visible(f"grader: {message}")), file=sys.stderr)
    return status


def _machines_fault(error: OSError) -> Status:
    where = f" ({error.filename})" if error.filename else ""
    return _say(
        f"this machine cannot go on: {error.strerror}{where}. That is no fault of any submission, and no marks "
        "change. Make room for what is written, output included, and run it again.",
        Status.UNMEASURED,
    )


def _our_bug(error: Exception) -> Status:
    if os.environ.get(DEBUG):
        with contextlib.suppress(OSError):
            traceback.print_exception(error)
    what = "".join(traceback.format_exception_only(error)).strip()
    return _say(
        f"this is a bug in the grader, not in the submission; nothing was graded. {what}. "
        f"Please report it with the traceback that {DEBUG}=1 shows.",
        Status.UNMEASURED,
    )
