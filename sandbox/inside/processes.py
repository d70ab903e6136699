"""The processes inside: all but the worker, each with its clock, its threads and whether all of them are waiting.

The worker, which no child can take over, reads this from a /proc that no child can change.
"""

from __future__ import annotations

import contextlib
import os
import time

ASLEEP = b"SZXIT"
"""States of a thread that does nothing until something happens: sleeping, ended, idle, stopped."""
STATE, THREADS, STARTED = 0, 17, 19
"""Fields of /proc/PID/stat, counted from the one after the name."""


def all_processes() -> list[list[int]]:
    """Return `[pid, started, nanoseconds of CPU or -1, threads, 1 if all of them are asleep]` for each process."""
    seen = []
    for name in os.listdir("/proc"):
        if name.isdigit() and name != "1":
            try:
                seen.append(_process(int(name)))
            except (OSError, ValueError, IndexError):
                continue  # it ended meanwhile
    return seen


def waited() -> int:
    """Return the nanoseconds that all threads now inside, but the worker's, have been ready and without a processor."""
    total = 0
    for name in os.listdir("/proc"):
        if name.isdigit() and name != "1":
            with contextlib.suppress(OSError):  # it ended meanwhile
                total += sum(_waited(f"/proc/{name}/task/{thread}") for thread in os.listdir(f"/proc/{name}/task"))
    return total


def _waited(folder: str) -> int:
    try:
        with open(f"{folder}/schedstat", "rb") as file:
            return int(file.read().split()[1])
    except (OSError, ValueError, IndexError):  # it ended meanwhile, or the kernel does not say
        return 0


def _process(pid: int) -> list[int]:
    fields = _fields(f"/proc/{pid}/stat")
    threads = int(fields[THREADS])
    asleep = fields[STATE] in ASLEEP and (threads <= 1 or _all_asleep(pid))
    return [pid, int(fields[STARTED]), _clock(pid), threads, int(asleep)]


def _all_asleep(pid: int) -> bool:
    folder = f"/proc/{pid}/task"
    return all(_fields(f"{folder}/{thread}/stat")[STATE] in ASLEEP for thread in os.listdir(folder))


def _fields(path: str) -> list[bytes]:
    with open(path, "rb") as file:
        return file.read().rpartition(b")")[2].split()


def _clock(pid: int) -> int:
    try:
        return time.clock_gettime_ns((~pid << 3) | 2)
    except OSError:  # it ended, or the kernel at hand has no clocks of other processes
        return -1
