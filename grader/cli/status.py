"""Exit statuses."""

from __future__ import annotations

from enum import IntEnum


class Status(IntEnum):
    """What the shell and CI are told. Part of the product's contract: add, never change."""

    GRADED = 0
    BELOW = 1
    """Graded, below --fail-under."""
    WRONG = 2
    """The input or the call is wrong."""
    UNMEASURED = 3
    """The harness could not measure: nothing was graded as zero."""
    INTERRUPTED = 130
    TERMINATED = 143
