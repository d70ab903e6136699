"""The resources that a child in a container has used, read outside the container.

On this machine, the child is a process like any other: its CPU clock and /proc show its usage. If the container's
processes are not the host's (gVisor), the container's control groups show the usage of the whole container. On another
machine, the engine's API shows that, and the worker, which the child cannot take over, reports the child's peak memory.
"""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from sandbox.child import Gone
from sandbox.machine.schedule import waited_seconds
from sandbox.session import Usage

_PROCESS_CLOCK = 2  # CPUCLOCK_SCHED: nanoseconds of the whole process, by clock_gettime(2)
_KIB = 1024


class Meter(Protocol):
    """Reads one child's resources."""

    def usage(self) -> Usage:
        """Read the child's resources. Raises Gone."""
        ...

    def waited(self) -> float:
        """Return the seconds for which the child was ready but got no processor, if known."""
        ...

    def close(self) -> None:
        """Release what the meter holds. Idempotent."""
        ...


class HostMeter:
    """Measures a child that is a process of this machine."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._pidfd = os.pidfd_open(pid)
        self._clock = (~pid << 3) | _PROCESS_CLOCK
        self._peak = 0

    def usage(self) -> Usage:
        """Return the whole process's CPU time by its clock, and its memory from /proc, both from the host's kernel."""
        try:
            cpu = time.clock_gettime(self._clock)
            sizes = _sizes(self._pid)
            peak, resident = sizes["VmHWM"], sizes["RssAnon"] + sizes["RssShmem"]
        except (OSError, KeyError):  # a process that is ending has no memory any more
            raise Gone(ended=True) from None
        if self._has_ended():  # else the number may belong to another process by now
            raise Gone(ended=True)
        self._peak = max(self._peak, peak)
        return Usage(cpu_seconds=cpu, resident=resident, peak=self._peak)  # a call waits for the relay, too

    def waited(self) -> float:
        """Read the waiting time from the scheduler's statistics."""
        return waited_seconds(self._pid)

    def close(self) -> None:
        pidfd, self._pidfd = self._pidfd, -1
        if pidfd >= 0:
            os.close(pidfd)

    def _has_ended(self) -> bool:
        if self._pidfd < 0:
            return True
        poll = select.poll()
        poll.register(self._pidfd, select.POLLIN)
        return bool(poll.poll(0))


class Reading(NamedTuple):
    """The usage of a whole container: seconds since its start, bytes now and at the peak, if known."""

    cpu_seconds: float
    memory: int
    peak: int = 0


class ContainerMeter:
    """Measures a child that cannot be singled out, by what its whole container has used since the fork."""

    def __init__(self, read: Callable[[], Reading], worker: Callable[[], int], *, start: Reading | None) -> None:
        """Take the child's peak from `worker`; without `start`, count CPU time from the first reading."""
        self._read = read
        self._worker = worker
        self._start = start
        self._peak = 0

    def usage(self) -> Usage:
        """Return the container's CPU time since the fork, and its memory."""
        now = self._read()
        start = self._start = self._start or now
        risen = now.peak if now.peak > start.peak else 0  # else the highest point was another child's
        self._peak = max(self._peak, now.memory, risen, self._worker())
        return Usage(cpu_seconds=now.cpu_seconds - start.cpu_seconds, resident=now.memory, peak=self._peak, own=False)

    def waited(self) -> float:
        return 0.0

    def close(self) -> None:
        """Do nothing, since nothing is held."""


def from_stats(stats: dict[str, Any]) -> Reading:
    """Return what the engine's API reports, which is sampled once a second."""
    memory = stats["memory_stats"]
    details = memory.get("stats", {})
    idle = int(details.get("total_inactive_file", details.get("inactive_file", 0)))
    cpu = float(stats["cpu_stats"]["cpu_usage"]["total_usage"]) / 1e9
    return Reading(cpu, int(memory.get("usage", 0)) - idle, int(memory.get("max_usage", 0)))


class GroupFiles:
    """The control groups of a container on this machine."""

    def __init__(self, cpu: Path, memory: Path) -> None:
        self._cpu = cpu
        self._memory = memory

    @classmethod
    def find(cls, worker: int, container: str) -> GroupFiles | None:
        """Return the groups of the engine's process `worker`, or None if they are elsewhere or cannot be read."""
        root = Path("/sys/fs/cgroup")
        with suppress(OSError, ValueError):
            lines = Path(f"/proc/{worker}/cgroup").read_text(encoding="ascii").splitlines()
            places = {
                name: path[1:] for _, names, path in (line.split(":", 2) for line in lines) for name in names.split(",")
            }
            if "memory" in places:
                groups = cls(root / "cpuacct" / places["cpuacct"], root / "memory" / places["memory"])
            else:
                groups = cls(root / places[""], root / places[""])
            if container in places.get("memory", places.get("", "")):
                groups.read()
                return groups
        return None

    def read(self) -> Reading:
        """Read the groups' files. Raises OSError once the container is gone."""
        details = _numbers_in(self._memory / "memory.stat")
        idle = details.get("total_inactive_file", details.get("inactive_file", 0))
        if (self._memory / "memory.current").exists():
            cpu = _numbers_in(self._cpu / "cpu.stat")["usage_usec"] / 1e6
            peak = self._memory / "memory.peak"
            return Reading(cpu, _number(self._memory / "memory.current") - idle, _number(peak) if peak.exists() else 0)
        cpu = _number(self._cpu / "cpuacct.usage") / 1e9
        used = _number(self._memory / "memory.usage_in_bytes")
        return Reading(cpu, used - idle, _number(self._memory / "memory.max_usage_in_bytes"))


def host_pid(worker: int, container: str, inside: int) -> int | None:
    """Return the number that a child of the worker has on this machine, or None if the child is not visible here.

    `worker` is the engine's number for the container's first process; the process may be on another machine or in
    another namespace.
    """
    try:
        if container not in Path(f"/proc/{worker}/cgroup").read_text(encoding="ascii"):
            return None
        children = Path(f"/proc/{worker}/task/{worker}/children").read_text(encoding="ascii").split()
        return next((pid for pid in map(int, children) if _numbers(pid)[-1] == inside), None)
    except (OSError, ValueError, IndexError):
        return None


def _numbers(pid: int) -> list[int]:
    """Return a process's number in each of its PID namespaces, this one's first."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace").splitlines()
    return next([int(word) for word in line.split()[1:]] for line in lines if line.startswith("NSpid:"))


def _sizes(pid: int) -> dict[str, int]:
    lines = Path(f"/proc/{pid}/status").read_bytes().splitlines()
    fields = (line.split() for line in lines if line.startswith((b"VmHWM", b"RssAnon", b"RssShmem")))
    return {words[0].decode().rstrip(":"): int(words[1]) * _KIB for words in fields}


def _number(path: Path) -> int:
    return int(path.read_bytes())


def _numbers_in(path: Path) -> dict[str, int]:
    pairs = (line.split() for line in path.read_text(encoding="ascii").splitlines())
    return {name: int(value) for name, value in pairs}
