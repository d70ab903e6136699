"""The line on which a child reports code that runs in it and is in no file (`unread.py`): one socket per child.

A report cannot be taken back. It has the form `path NUL line NUL words`; to the outside, it is hostile text.
"""

from __future__ import annotations

import _socket
import contextlib
import os
import resource

REACH = "reaches for "
"""The first words of a report on what a submission reaches for, which ends the process (`reach.py`)."""
MOST = 600
"""The most bytes of a report."""
MOST_REPORTS = 20
LOWEST = 256
"""A descriptor number above all those that a child starts with."""


def line() -> tuple[_socket.socket, _socket.socket]:
    """Return the two ends of a new line for reports: the child's, and the worker's."""
    there, here = _socket.socketpair(_socket.AF_UNIX, _socket.SOCK_SEQPACKET)
    there.setblocking(False)  # noqa: FBT003 - it has no keyword
    here.setblocking(False)  # noqa: FBT003
    return there, here


def out_of_reach(end: _socket.socket, limit: int) -> int:
    """Move the child's end to a number that no later descriptor can get, and return that number."""
    number = max(limit, LOWEST)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft <= number:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(2 * number, hard), hard))
    return os.dup2(end.fileno(), number, inheritable=False)


def reported(line: _socket.socket | None) -> list[str]:
    """Return what has been reported, and close the line."""
    if line is None:
        return []
    lines: dict[str, None] = {}
    with contextlib.suppress(OSError):
        while len(lines) < MOST_REPORTS and (report := line.recv(MOST)):
            lines[report.decode("utf-8", "replace")] = None
    line.close()
    return list(lines)
