"""The errors that this product raises on purpose: those that the user can fix, and those that are the machine's fault
or ours.

    UserError       the call or its input has to change: where, what we got, what to do        exit status 2
    CannotMeasure   this machine, this product or a challenge failed: nobody's marks change    exit status 3

Packages derive their own errors from these two, so that callers handle only two classes.
"""

from __future__ import annotations

import errno

EXHAUSTED = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.ENOMEM, errno.ENFILE, errno.EROFS}
"""What an operating system reports when a disk is full or broken, or memory or open files are exhausted."""


class GraderError(Exception):
    """The base class of both kinds."""


class UserError(GraderError):
    """The user has to change the call or the input."""

    def __init__(self, where: str, got: str = "", remedy: str = "") -> None:
        """State where, what we got and what to do; a message that already says all three is passed alone."""
        super().__init__(f"{where}: {sentences(got, remedy)}" if got else where)
        self.where = where
        self.got = got
        self.remedy = remedy


class CannotMeasure(GraderError):
    """This machine or this product could not measure. No marks are affected."""

    def __init__(self, why: str, *, remedy: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.remedy = remedy


def sentences(*parts: str) -> str:
    """Join causes and remedies, whoever wrote them, into sentences; the first part keeps its case."""
    return " ".join(
        f"{part[:1].upper()}{part[1:].rstrip('.')}." if place else f"{part.rstrip('.')}."
        for place, part in enumerate(filter(None, parts))
    )
