"""The entry point of `grader`: runs a command, and turns whatever ends it into an exit status and at most a few lines
on stderr.

Everything heavy is imported inside commands, so that `grader --version` and `--help` answer at once.
"""

from __future__ import annotations

import contextlib
import gc
import io
import os
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from types import FrameType
from typing import NoReturn

from grader.cli.status import ExitStatus
from grader.cli.streams import open_closed, settle
from grader.errors import EXHAUSTED, CannotMeasure, UserError, sentences

DEBUG = "GRADER_DEBUG"
"""The environment variable that makes the grader show a bug's traceback."""
INTERRUPTED = "interrupted; nothing was graded"
GRADE = "grade"
"""The command that waits longest for its own processes to start."""
FEWEST = 100_000
"""Objects allocated before the garbage collector runs: imports create many, and none of them is garbage."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; no exception escapes."""
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
        with _started_ahead(sys.argv[1:] if arguments is None else arguments):
            return _command(arguments)
    except KeyboardInterrupt:
        return _say(INTERRUPTED, ExitStatus.INTERRUPTED)
    except _Terminated:
        return _say("terminated; nothing was graded", ExitStatus.TERMINATED)
    except UserError as error:
        return _say(str(error), ExitStatus.WRONG)
    except CannotMeasure as error:
        return _say(sentences(error.why, error.remedy), ExitStatus.UNMEASURED)
    except SystemExit:  # click's answer to a broken pipe; its status would mean "below the threshold"
        return _say("a pipe was closed before all output was written", ExitStatus.UNMEASURED)
    except OSError as error:
        return _machines_fault(error) if error.errno in EXHAUSTED else _our_bug(error)
    except Exception as error:  # the last resort: a bug of ours must not look like a verdict
        return _our_bug(error)


@contextlib.contextmanager
def _started_ahead(words: Sequence[str]) -> Iterator[None]:
    """Start the hidden suite's process before anything else is imported or read, if the command is `grade`."""
    if [*words[:1]] != [GRADE]:
        yield
        return
    gc.set_threshold(FEWEST)
    from grader.assess.ahead import end_untaken, start_ahead

    try:
        start_ahead()
        yield
    finally:
        end_untaken()


def _command(arguments: Sequence[str] | None) -> int:
    import click

    from grader.cli.commands import grader

    try:
        status = int(grader.main(arguments, prog_name="grader", standalone_mode=False) or ExitStatus.GRADED)
    except click.exceptions.Abort:
        return _say(INTERRUPTED, ExitStatus.INTERRUPTED)
    except click.ClickException as error:
        with contextlib.suppress(OSError):
            error.show()
        return ExitStatus.WRONG
    with contextlib.suppress(BrokenPipeError):  # a reader of stdout who has gone is not an error
        sys.stdout.flush()
    return status


class _Terminated(BaseException):
    """Raised on SIGTERM: unwinds the stack, so that every sandbox and temporary folder is cleaned up."""


def _terminate(_number: int, _frame: FrameType | None) -> NoReturn:
    raise _Terminated


def _say(message: str, status: ExitStatus) -> ExitStatus:
    from grader.report.visible import visible, without_commands

    with contextlib.suppress(OSError):  # whether or not a log can take the words, the status is what they say
        print(without_commands(visible(f"grader: {message}")), file=sys.stderr)
    return status


def _machines_fault(error: OSError) -> ExitStatus:
    where = f" ({error.filename})" if error.filename else ""
    return _say(
        f"the grader cannot continue on this machine: {error.strerror}{where}. No submission is at fault, and no marks "
        "change. Free up disk space or memory, or write the output elsewhere, then run the command again.",
        ExitStatus.UNMEASURED,
    )


def _our_bug(error: Exception) -> ExitStatus:
    if os.environ.get(DEBUG):
        with contextlib.suppress(OSError):
            traceback.print_exception(error)
    what = "".join(traceback.format_exception_only(error)).strip()
    return _say(
        f"this is a bug in the grader, not in the submission; nothing was graded. {what}. "
        f"Please report it with the traceback that {DEBUG}=1 shows.",
        ExitStatus.UNMEASURED,
    )
