"""Exit statuses, and the two ways in which a command ends without a result."""

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


class WrongCall(Exception):
    """The user has to change the call or the input. The message says where, what we got, what to do."""


class CannotMeasure(Exception):
    """This machine or this product could not measure. Nobody's marks change."""

    def __init__(self, why: str, *, remedy: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.remedy = remedy
