"""The standard streams, however we were started: without one, on a full disk, or with a reader that has gone."""

from __future__ import annotations

import os
import sys
from typing import TextIO


def open_closed() -> None:
    """Silence a stream that was closed at start (`2>&-`); otherwise, the next file opened would be taken for it."""
    for name, mode in {"stdin": "r", "stdout": "w", "stderr": "w"}.items():
        if getattr(sys, name) is None:
            silent = os.open(os.devnull, os.O_RDWR)
            os.set_inheritable(silent, True)  # noqa: FBT003 # it has no keyword
            setattr(sys, name, os.fdopen(silent, mode))


def settle() -> None:
    """Drop what a stream could not take: the interpreter would try again, and exit with a status of its own."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            silence(stream)


def silence(stream: TextIO) -> None:
    """Make the stream accept everything from here on, and show nothing."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
