"""What the kernel's scheduler says of a process: how long it ran, and how long it was ready and got no processor."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class Scheduled(NamedTuple):
    """Seconds of a process's first thread, by its schedstat file in proc(5)."""

    ran: float
    waited: float
    """Ready to run, without a processor."""


def scheduled(pid: int) -> Scheduled | None:
    """Return what a process got so far; None if it has ended, or the kernel does not say."""
    try:
        ran, waited, _slices = Path(f"/proc/{pid}/schedstat").read_bytes().split()
        return Scheduled(int(ran) / 1e9, int(waited) / 1e9)
    except (OSError, ValueError):
        return None


def active_seconds(pid: int) -> float | None:
    """Return how long a process has run or been ready to run; None if it has ended, or the kernel does not say."""
    known = scheduled(pid)
    return known.ran + known.waited if known is not None else None


def waited_seconds(pid: int) -> float:
    """Return how long a process was ready and got no processor, as far as that is known."""
    known = scheduled(pid)
    return known.waited if known is not None else 0.0
