"""Exit statuses."""

from __future__ import annotations

from enum import IntEnum


class ExitStatus(IntEnum):
    """The statuses that the shell and CI see. Part of the product's contract: add statuses, never change any."""

    GRADED = 0
    """Graded, and every report reaches `--fail-under`. For other commands: done, and everything holds."""
    BELOW = 1
    """Graded, and a report is below `--fail-under`. For other commands: done, and something does not hold."""
    WRONG = 2
    """The input or the call is wrong: the message says where, what, and what to do."""
    UNMEASURED = 3
    """The harness could not measure: nothing was graded as zero."""
    INTERRUPTED = 130
    """Ctrl-C: nothing was graded, and every sandbox is gone."""
    TERMINATED = 143
    """SIGTERM: nothing was graded, and every sandbox is gone."""
