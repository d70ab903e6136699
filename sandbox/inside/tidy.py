"""What a worker does between two children, in a container above all, so that the second finds nothing of the first."""

from __future__ import annotations

import contextlib
import os
import stat

MYPY = False
if MYPY:  # importing typing would make every sandbox start later
    from typing import Any

KIB = 1024
IPC = ("shm", "sem", "msg")
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")


def wipe(folder: str) -> bool:
    """Empty a folder; return False if something remains.

    Folders are moved up before they are removed: nested deeply enough, their paths would be too long for the kernel.
    """
    try:
        while _step(folder):
            pass
    except OSError:
        return False
    return True


def _step(folder: str) -> bool:
    """Remove one entry, and move its content up; return False if there was none."""
    with os.scandir(folder) as entries:
        entry = next(entries, None)
    if entry is None:
        return False
    if not stat.S_ISDIR(os.lstat(entry.path).st_mode):
        os.unlink(entry.path)
        return True
    os.chmod(entry.path, 0o700)
    unused = os.urandom(8).hex()
    for place, inner in enumerate(os.listdir(entry.path)):
        path = f"{entry.path}/{inner}"
        if stat.S_ISDIR(os.lstat(path).st_mode):
            os.chmod(path, 0o700)  # its own entry for the folder above is rewritten
            os.rename(path, f"{folder}/{unused}.{place}")
        else:
            os.unlink(path)
    os.rmdir(entry.path)
    return True


def is_alone() -> bool:
    """Return whether no process but the worker is left, nor any System V object, which outlives processes."""
    if [name for name in os.listdir("/proc") if name.isdigit() and name != "1"]:
        return False
    return all(_lines(f"/proc/sysvipc/{kind}") <= 1 for kind in IPC)


def peak(pid: int) -> int:
    """Return the bytes that a process had resident at its peak, if the kernel says."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/status", "rb") as file:
        for line in file.read().splitlines():
            if line.startswith(b"VmHWM:"):
                return int(line.split()[1]) * KIB
    return 0


def _lines(path: str) -> int:
    with contextlib.suppress(OSError), open(path, "rb") as file:
        return len(file.read().splitlines())
    return 0


class Traces:
    """Knows whether later children could find traces that no child can be kept from leaving.

    Connections leave them if nothing is served: a port that is taken for a minute, what is known about an address. So
    do the times of a device that cannot be mounted read-only.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        self._is_served = settings["served"]
        self._untouched = self._state()

    def are_left(self) -> bool:
        """Return whether anything has changed since the start; opening a new sandbox helps."""
        return self._state() != self._untouched

    def _state(self) -> tuple[int, list[int]]:
        times = [os.lstat(f"/dev/{name}").st_mtime_ns for name in DEVICES if os.path.exists(f"/dev/{name}")]
        return 0 if self._is_served else _connections_opened(), times


def _connections_opened() -> int:
    """Count the TCP connections ever started in this network, if the kernel says."""
    with contextlib.suppress(OSError, ValueError, IndexError), open("/proc/net/snmp", "rb") as file:
        names, values = [line.split() for line in file if line.startswith(b"Tcp:")]
        return int(values[names.index(b"ActiveOpens")])
    return 0
