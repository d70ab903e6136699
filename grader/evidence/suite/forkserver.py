"""What the forkserver imports before all else, and nobody besides it: see `grader.evidence.suite.warm.PRELOAD`.

A grader that is stopped between asking for a process and telling it what to do leaves one that has nothing to do. That
is the end of it, and no news for the terminal on which the grader has already said that it was stopped.
"""

from __future__ import annotations

import sys
from types import TracebackType


def _say(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if not issubclass(kind, EOFError):
        sys.__excepthook__(kind, error, trace)


sys.excepthook = _say
