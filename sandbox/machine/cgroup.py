"""The control group around one sandbox, which limits the memory and the number of all processes inside.

No per-process limit bounds the memory of many processes, of files in /tmp, or of inodes, but a group does. Making one
takes root with version 1, and root or a delegated group with version 2. Where none can be made, the worker watches its
processes' memory itself, which notices less, and later.

A group is named after the process that made it, so that what a killed grader left is found and removed by the next.
"""

from __future__ import annotations

import errno
import functools
import os
import secrets
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sandbox.policy import Limits

PREFIX = "senior-python-grader"
_PATIENCE = 2.0
_EXTRA_PROCESSES = 4
"""Room for bwrap, the worker, and a moment's overlap."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place where groups can be made: one folder for each hierarchy, and the version."""

    folders: tuple[Path, ...]
    version: int


@dataclass(frozen=True, slots=True)
class Unavailable:
    """No groups can be made here; the message says why."""

    why: str


class Group:
    """The control group of one sandbox."""

    def __init__(self, folders: Sequence[Path], version: int) -> None:
        self._folders = tuple(folders)
        self._version = version

    def add(self, pid: int) -> None:
        """Put a process, and everything that it will start, into the group. Raises OSError."""
        for folder in self._folders:
            _write(folder / "cgroup.procs", pid)

    def limit(self, limits: Limits) -> None:
        """Set the limits. Raises OSError."""
        processes = limits.processes + _EXTRA_PROCESSES
        for folder in self._folders:
            if self._version == 2:
                _write(folder / "memory.max", limits.total_memory)
                _write(folder / "pids.max", processes)
                with suppress(OSError):  # there is no such file without swap accounting
                    _write(folder / "memory.swap.max", 0)
            elif (folder / "pids.max").exists():
                _write(folder / "pids.max", processes)
            else:
                _write(folder / "memory.limit_in_bytes", limits.total_memory)
                with suppress(OSError):
                    _write(folder / "memory.memsw.limit_in_bytes", limits.total_memory)

    def memory_kills(self) -> int:
        """Return how often the kernel has killed a process in this group because its memory was used up."""
        for folder in self._folders:
            for name in ("memory.events", "memory.oom_control"):
                with suppress(OSError):
                    words = (folder / name).read_text(encoding="ascii").split()
                    return int(words[words.index("oom_kill") + 1]) if "oom_kill" in words else 0
        return 0

    def remove(self) -> None:
        """Remove the group, after killing what is still in it. Idempotent."""
        end = time.monotonic() + _PATIENCE
        for folder in self._folders:
            while folder.exists() and time.monotonic() < end:
                try:
                    folder.rmdir()
                except OSError:
                    _kill_all(folder)
                    time.sleep(0.002)


def make(limits: Limits) -> Group | None:
    """Make a group with these limits, or return None if that is impossible."""
    place = find_place()
    if isinstance(place, Unavailable):
        return None
    remove_stale(place)
    name = f"{PREFIX}.{_namespace()}.{os.getpid()}.{_start_of(os.getpid())}.{secrets.token_hex(4)}"
    group = Group([folder / name for folder in place.folders], place.version)
    try:
        for folder in place.folders:
            (folder / name).mkdir()
        group.limit(limits)
    except OSError:
        group.remove()
        return None
    return group


@functools.cache
def find_place() -> Place | Unavailable:
    """Find a place where this process may make groups with a memory and a process controller."""
    mounts = _cgroup_mounts()
    memory, pids = mounts.get("memory"), mounts.get("pids")
    if memory is not None and pids is not None:
        writable = all(os.access(folder, os.W_OK) for folder in (memory, pids))
        return Place((memory, pids), 1) if writable else Unavailable("only root may create control groups here")
    unified = mounts.get("")
    if unified is None:
        return Unavailable("no control group hierarchy is mounted")
    return _unified_place(unified if os.geteuid() == 0 else unified / _own_group().lstrip("/"))


def _unified_place(folder: Path) -> Place | Unavailable:
    """Return a group of cgroup version 2 in which subgroups can have limits."""
    try:
        offered = (folder / "cgroup.controllers").read_text(encoding="ascii").split()
        if not {"memory", "pids"} <= set(offered):
            return Unavailable(f"the memory and pids controllers are not both available in {folder}")
        if not os.access(folder / "cgroup.subtree_control", os.W_OK) or not os.access(folder, os.W_OK):
            return Unavailable(f"{folder} is not delegated to this user")
        _enable(folder)
    except OSError as error:
        return Unavailable(f"{folder} cannot be used: {error.strerror or error}")
    return Place((folder,), 2)


def _enable(folder: Path) -> None:
    """Let subgroups have limits, which requires that the group itself contains no process."""
    control = folder / "cgroup.subtree_control"
    if {"memory", "pids"} <= set(control.read_text(encoding="ascii").split()):
        return
    try:
        _write(control, "+memory +pids")
    except OSError as error:
        if error.errno != errno.EBUSY:
            raise
        own = folder / f"{PREFIX}.itself"
        own.mkdir(exist_ok=True)
        _write(own / "cgroup.procs", os.getpid())
        _write(control, "+memory +pids")


def remove_stale(place: Place) -> None:
    """Remove groups whose maker is gone."""
    for folder in place.folders:
        for group in folder.glob(f"{PREFIX}.{_namespace()}.*.*.*"):
            pid, start = group.name.split(".")[2:4]
            if pid.isdigit() and _start_of(int(pid)) != start:
                Group([group], place.version).remove()


def _kill_all(folder: Path) -> None:
    with suppress(OSError):
        for pid in map(int, (folder / "cgroup.procs").read_text(encoding="ascii").split()):
            os.kill(pid, signal.SIGKILL)


def _cgroup_mounts() -> dict[str, Path]:
    """Return mount points by controller; the unified hierarchy has the empty name."""
    found: dict[str, Path] = {}
    with suppress(OSError):
        for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines():
            _device, where, kind, options, *_rest = line.split()
            if kind == "cgroup2":
                found.setdefault("", Path(where))
            elif kind == "cgroup":
                found.update({option: Path(where) for option in options.split(",") if option in ("memory", "pids")})
    return found


def _own_group() -> str:
    lines = Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    return next((line.removeprefix("0::") for line in lines if line.startswith("0::")), "/")


@functools.cache
def _namespace() -> str:
    """Return the PID namespace in which the process numbers in the names are valid."""
    return "".join(char for char in str(Path("/proc/self/ns/pid").readlink()) if char.isdigit())


def _start_of(pid: int) -> str:
    """Return when a process was started, in the kernel's ticks, or an empty string if no process has that number."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def _write(file: Path, value: int | str) -> None:
    file.write_text(str(value), encoding="ascii")
