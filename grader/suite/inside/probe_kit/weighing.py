"""The things that a probe must control while it is being weighed: the garbage collector, other processes and files.

    collector, forks, files = Collector(), Forks(), Files()     # before the submission is imported: collects no more
    collector.require_untouched()               # raises CollectorTouched
    forks.require_none()                        # raises Forked
    files.require_none()                        # raises Written

A collection that the submission requests counts as such a use, since memory that only the collector frees counts as not
freed. Neither the memory and work of other processes nor the content of files is weighed; processes that are still
there are seen outside, and those that have ended are seen here.
"""

from __future__ import annotations

import sys
from gc import collect, disable, get_freeze_count, get_stats, get_threshold, isenabled
from os import O_RDWR, O_WRONLY
from typing import Any, NamedTuple

FORKING = frozenset({"os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system", "subprocess.Popen"})
"""Events of Python's audit hooks."""


WRITING = O_WRONLY | O_RDWR


class CollectorTouched(RuntimeError):
    """The submission used the garbage collector while the probe weighed."""


class Forked(RuntimeError):
    """The submission started a process while the probe weighed."""


class Written(RuntimeError):
    """The submission opened a file for writing while the probe weighed."""


class _State(NamedTuple):
    enabled: bool
    threshold: tuple[int, ...]
    frozen: int
    collections: tuple[int, ...]


def _state() -> _State:
    collections = tuple(generation["collections"] for generation in get_stats())
    return _State(isenabled(), get_threshold(), get_freeze_count(), collections)


class Collector:
    """Switches the garbage collector off and remembers the state it was left in."""

    def __init__(self) -> None:
        disable()
        self._was = _state()

    def require_untouched(self) -> None:
        """Raise CollectorTouched if any of the collector's state changed, or if it has collected."""
        now = _state()
        changed = [name for name, before, value in zip(now._fields, self._was, now, strict=True) if before != value]
        if changed:
            raise CollectorTouched(f"the garbage collector was used: {', '.join(changed)}")

    def collect(self) -> None:
        """Collect for the probe's own purposes."""
        collect()
        self._was = _state()


class Forks:
    """Notices every process started by Python's own means, even if it has ended in the meantime."""

    def __init__(self) -> None:
        started: list[str] = []
        sys.addaudithook(lambda event, _arguments: started.append(event) if event in FORKING else None)
        self._started = started

    def require_none(self) -> None:
        """Raise Forked if a process was started."""
        if self._started:
            raise Forked(f"a process was started ({self._started[0]}), whose memory could not be measured")


class Files:
    """Notices every file that Python opens for writing, including SQLite's."""

    def __init__(self) -> None:
        written: list[str] = []

        def notice(event: str, arguments: tuple[Any, ...]) -> None:
            if event == "open" and type(arguments[2]) is int and arguments[2] & WRITING:
                written.append(repr(arguments[0])[:100])
            elif event == "sqlite3.connect" and arguments[0] != ":memory:":
                written.append("a database")

        sys.addaudithook(notice)
        self._written = written

    def require_none(self) -> None:
        """Raise Written if a file was opened for writing."""
        if self._written:
            raise Written(f"a file was opened for writing ({self._written[0]}), whose content could not be measured")
