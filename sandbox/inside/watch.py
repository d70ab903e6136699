"""The worker's watch over the sandbox's memory, for machines where no control group bounds it.

When the processes hold too much, the worker kills them, some milliseconds late; a group would count every page and
refuse the first one too many.
"""

from __future__ import annotations

import os
import select
import signal

MYPY = False
if MYPY:  # importing typing would make every sandbox start later
    from typing import Any, Protocol

    class HasFileno(Protocol):
        """An object that select can wait for."""

        def fileno(self) -> int:
            """Return the descriptor."""


INTERVAL = 0.05  # seconds between two looks at the memory of all other processes
KIB = 1024


class Watch:
    """Kills everything but the worker when all processes together hold more than `settings["watch"]` bytes."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self._most = settings["watch"]
        self._own = held_by("self") if self._most else 0
        self.has_killed = False

    def until_readable(self, descriptor: HasFileno) -> None:
        """Wait for the next order, watching the memory meanwhile if necessary."""
        while self._most and not select.select([descriptor], [], [], INTERVAL)[0]:
            if self.total() > self._most:
                self.has_killed = True
                kill_others()

    def total(self) -> int:
        """Return the bytes that all other processes hold, except those shared with the worker that forked them."""
        pids = [name for name in os.listdir("/proc") if name.isdigit() and name != "1"]
        return sum(max(0, held_by(name) - self._own) for name in pids)


def kill_others() -> None:
    """End every process of the sandbox but this one, which must be process 1."""
    try:
        os.kill(-1, signal.SIGKILL)
    except ProcessLookupError:
        return


def held_by(process: str) -> int:
    """Return the bytes of one process's memory that no file backs."""
    try:
        with open(f"/proc/{process}/status", "rb") as file:
            lines = file.read().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * KIB for line in lines if line.startswith((b"RssAnon:", b"RssShmem:")))
