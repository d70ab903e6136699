"""Keeps the standard streams usable if one is closed at start, its disk is full, or its reader has gone."""

from __future__ import annotations

import os
import sys
from typing import TextIO


def open_closed() -> None:
    """Replace each stream that was closed at start (`2>&-`) with a silent one; otherwise, the next file opened would
    take its place.
    """
    for name, mode in {"stdin": "r", "stdout": "w", "stderr": "w"}.items():
        if getattr(sys, name) is None:
            silent = os.open(os.devnull, os.O_RDWR)
            os.set_inheritable(silent, True)  # noqa: FBT003 # it has no keyword
            setattr(sys, name, os.fdopen(silent, mode))


def settle() -> None:
    """Drop output that a stream could not take; otherwise, the interpreter would try again and exit with a status of
    its own.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            silence(stream)


def silence(stream: TextIO) -> None:
    """Make the stream accept and discard everything from now on."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
