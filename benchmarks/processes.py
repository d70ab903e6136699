"""The processes of this machine as /proc tells them, and the wait for those below this one to end."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

SETTLING = 10.0
"""Return the seconds until what was killed is gone."""


class Process(NamedTuple):
    """One process."""

    pid: int
    parent: int
    name: str


def processes() -> dict[int, Process]:
    """Return every process of this machine."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            head, _, tail = path.read_text(errors="replace").rpartition(")")
        except OSError:
            continue
        found[int(path.parent.name)] = Process(int(path.parent.name), int(tail.split()[1]), head.partition("(")[2])
    return found


def family(root: int) -> dict[int, Process]:
    """Return a process and all below it."""
    known, members = processes(), {root}
    size = 0
    while len(members) > size:
        size = len(members)
        members |= {process.pid for process in known.values() if process.parent in members}
    return {pid: known[pid] for pid in members if pid in known}


def command_of(pid: int) -> bytes:
    """Return a process's command line; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def left_alive(spared: Callable[[], set[int]]) -> list[str]:
    """Kill and return processes below this one that had time to die and did not.

    This process has to be the one that orphans are given to. `spared` are those that are to live.
    """
    end = time.monotonic() + SETTLING
    while True:
        _collect()
        living = family(os.getpid())
        left = [process for process in living.values() if process.pid not in {os.getpid(), *spared()}]
        if not left or time.monotonic() > end:
            for process in left:
                os.kill(process.pid, signal.SIGKILL)
            return [f"process {process.name}" for process in left]
        time.sleep(0.02)


def _collect() -> None:
    """Let zombies go."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return
