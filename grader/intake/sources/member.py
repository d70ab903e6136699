"""One member of an archive, before anybody knows whether its name is honest."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from grader.intake.tree import EntryKind


class Member(NamedTuple):
    """A member as the archive describes it; `read(limit)` returns its content, at most one byte more than `limit`."""

    name: str
    kind: EntryKind
    declared: int
    """The number of bytes that it claims to hold."""
    read: Callable[[int], bytes]
