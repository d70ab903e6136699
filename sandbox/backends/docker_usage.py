"""What a child in a container has used, read outside.

On this machine the child is a process like any other: its CPU clock and /proc tell. Elsewhere, or where the container's
processes are not the host's (gVisor), the engine tells what the whole container has used, and the worker, which the
child cannot take over, how much memory the child had at its highest point.
"""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from sandbox.child import Gone
from sandbox.session import Usage

_PROCESS_CLOCK = 2
_KIB = 1024


class Meter(Protocol):
    """Reads one child's resources."""

    def usage(self) -> Usage:
        """Read them. Raises Gone."""
        ...

    def waited(self) -> float:
        """Seconds that the child was ready and got no processor, as far as that is known."""
        ...

    def close(self) -> None:
        """Give up what the meter holds. Idempotent."""
        ...


class HostMeter:
    """A child that is a process of this machine."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._pidfd = os.pidfd_open(pid)
        self._clock = (~pid << 3) | _PROCESS_CLOCK
        self._peak = 0

    def usage(self) -> Usage:
        """CPU time of the whole process by its clock, memory from /proc: both of this machine's kernel."""
        try:
            cpu = time.clock_gettime(self._clock)
            sizes = _sizes(self._pid)
        except (OSError, KeyError):
            raise Gone(ended=True) from None
        if self._has_ended():  # else the number may belong to another process by now
            raise Gone(ended=True)
        self._peak = max(self._peak, sizes["VmHWM"])
        return Usage(cpu_seconds=cpu, resident=sizes["RssAnon"] + sizes["RssShmem"], peak=self._peak)

    def waited(self) -> float:
        """From the scheduler's statistics."""
        with suppress(OSError, IndexError, ValueError):
            return int(Path(f"/proc/{self._pid}/schedstat").read_bytes().split()[1]) / 1e9
        return 0.0

    def close(self) -> None:
        """Close the descriptor."""
        pidfd, self._pidfd = self._pidfd, -1
        if pidfd >= 0:
            os.close(pidfd)

    def _has_ended(self) -> bool:
        if self._pidfd < 0:
            return True
        poll = select.poll()
        poll.register(self._pidfd, select.POLLIN)
        return bool(poll.poll(0))


class EngineMeter:
    """A child of which only the engine knows something: the whole container's use since the child was forked."""

    def __init__(self, stats: Callable[[], dict[str, Any]], peak: Callable[[], int]) -> None:
        self._stats = stats
        self._worker_peak = peak
        self._peak = 0
        self._start = _cpu(stats())

    def usage(self) -> Usage:
        """The container's CPU time since the fork, and its memory now."""
        stats = self._stats()
        resident = _resident(stats)
        self._peak = max(self._peak, resident, self._worker_peak())
        return Usage(cpu_seconds=_cpu(stats) - self._start, resident=resident, peak=self._peak)

    def waited(self) -> float:
        """Not known."""
        return 0.0

    def close(self) -> None:
        """Nothing is held."""


def host_pid(worker: int, container: str, inside: int) -> int | None:
    """The number that a child of the worker has on this machine, or None when it is not to be seen here.

    `worker` is what the engine calls the container's first process; it may mean another machine's, or a namespace's.
    """
    try:
        if container not in Path(f"/proc/{worker}/cgroup").read_text(encoding="ascii"):
            return None
        children = Path(f"/proc/{worker}/task/{worker}/children").read_text(encoding="ascii").split()
        return next((pid for pid in map(int, children) if _numbers(pid)[-1] == inside), None)
    except (OSError, ValueError, IndexError):
        return None


def _numbers(pid: int) -> list[int]:
    """A process's number in each of its PID namespaces, this one's first."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace").splitlines()
    return next([int(word) for word in line.split()[1:]] for line in lines if line.startswith("NSpid:"))


def _sizes(pid: int) -> dict[str, int]:
    lines = Path(f"/proc/{pid}/status").read_bytes().splitlines()
    fields = (line.split() for line in lines if line.startswith((b"VmHWM", b"RssAnon", b"RssShmem")))
    return {words[0].decode().rstrip(":"): int(words[1]) * _KIB for words in fields}


def _cpu(stats: dict[str, Any]) -> float:
    return float(stats["cpu_stats"]["cpu_usage"]["total_usage"]) / 1e9


def _resident(stats: dict[str, Any]) -> int:
    """Anonymous memory: "anon" in the second version of control groups, "total_rss" in the first."""
    memory = stats["memory_stats"]
    details = memory.get("stats", {})
    return int(details.get("anon", details.get("total_rss", memory.get("usage", 0))))
