"""The clean-up between two children, above all in a container, so that the second finds no trace of the first."""

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

    Folders are moved up before they are removed, because the paths of deeply nested ones would be too long for the
    kernel.
    """
    try:
        while _step(folder):
            pass
    except OSError:
        return False
    return True


def _step(folder: str) -> bool:
    """Remove one entry, and move the folders in it up; return False if there was none."""
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
    """Return whether no process but the worker is left, and no System V object, which would outlive processes."""
    if [name for name in os.listdir("/proc") if name.isdigit() and name != "1"]:
        return False
    return all(_lines(f"/proc/sysvipc/{kind}") <= 1 for kind in IPC)


def peak(pid: int) -> int:
    """Return the bytes that a process had resident at its peak, or 0 if the kernel does not say."""
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
    """Knows whether later children could find traces that no child can be prevented from leaving.

    Connections leave traces (a port that stays taken for a minute, what the kernel knows about an address), which count
    if nothing is served. So do the times of a device that cannot be mounted read-only.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        self._is_served = settings["served"]
        self._untouched = self._state()

    def are_left(self) -> bool:
        """Return whether anything has changed since the start; if so, only a new sandbox helps."""
        return self._state() != self._untouched

    def _state(self) -> tuple[int, list[int]]:
        times = [os.lstat(f"/dev/{name}").st_mtime_ns for name in DEVICES if os.path.exists(f"/dev/{name}")]
        return 0 if self._is_served else _connections_opened(), times


def _connections_opened() -> int:
    """Return the number of TCP connections ever started in this network, or 0 if the kernel does not say."""
    with contextlib.suppress(OSError, ValueError, IndexError), open("/proc/net/snmp", "rb") as file:
        names, values = [line.split() for line in file if line.startswith(b"Tcp:")]
        return int(values[names.index(b"ActiveOpens")])
    return 0
