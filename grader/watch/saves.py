"""Notices writes below a path, in groups: an editor's several writes are reported once.

A path that is removed, renamed over or replaced is followed by name: its absence is noticed, and it is watched again
once it is back.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import watchfiles
from watchfiles._rust_notify import WatchfilesRustInternalError

from grader.intake.caps import SKIPPED_FOLDERS

QUIET, LONGEST = 80, 800
"""Milliseconds: writes are reported once there have been none for QUIET, or once the oldest of them is LONGEST old."""
LOOK = 500
"""Milliseconds between two checks of whether the path still leads to what is being watched."""
POLL = 0.3
"""Seconds between two readings of the folder if the kernel does not report changes."""
AWAY = 0.2
"""Seconds between two checks for a path that is gone."""


class Saved(NamedTuple):
    """Something was written. Paths are absolute; the folder's own path stands for everything in it."""

    paths: frozenset[str]


class PathGone(NamedTuple):
    """The path no longer exists."""


class Polling(NamedTuple):
    """The kernel cannot watch the path, so its files are read periodically instead."""

    why: str


Event = Saved | PathGone | Polling
Tell = Callable[[Event], None]


class Saves:
    """Reports saves from its own thread, as long as the `with` block lasts."""

    def __init__(self, path: Path, tell: Tell, *, poll: bool = False) -> None:
        self._path = os.path.abspath(path)  # noqa: PTH100 - what a link leads to may be exchanged while it is watched
        self._tell = tell
        self._poll = poll
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="saves", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _follow(self) -> None:
        """Watch, wait while the path is gone, and watch again."""
        known = identity(self._path)
        while not self._stop.is_set():
            try:
                self._watch(known)
            except FileNotFoundError:
                pass  # gone between two looks
            except (OSError, WatchfilesRustInternalError) as error:
                if self._poll:
                    raise
                self._poll = True
                self._tell(Polling(str(error)))
                continue
            known = self._return()

    def _watch(self, known: tuple[int, int] | None) -> None:
        """Report writes until the path leads to a file or folder other than `known`."""
        if known is None:
            return
        root = os.path.realpath(self._path)
        for paths in self._polled() if self._poll else self._told():
            if paths:
                self._tell(Saved(paths))
            if identity(self._path) != known or (root in paths and os.path.isdir(root)):  # noqa: PTH112
                # a new folder may have the number of the one that was removed
                return

    def _told(self) -> Iterator[frozenset[str]]:
        """Yield the changes that the kernel reports, and an empty set whenever there have been none for a while."""
        for changes in watchfiles.watch(
            os.path.realpath(self._path),
            watch_filter=self._matters,
            debounce=LONGEST,
            step=QUIET,
            stop_event=self._stop,
            rust_timeout=LOOK,
            yield_on_timeout=True,
            raise_interrupt=False,
            ignore_permission_denied=True,
        ):
            yield frozenset(path for _, path in changes)

    def _polled(self) -> Iterator[frozenset[str]]:
        """Yield what differs between two readings; watchfiles' own polling takes two writes within a second for one."""
        root = os.path.realpath(self._path)
        before = states(root)
        while not self._stop.wait(POLL):
            now = states(root)
            yield frozenset(path for path, _ in before.items() ^ now.items())
            before = now

    def _return(self) -> tuple[int, int] | None:
        """Wait until the path exists again, report that it is back, and return its new identity."""
        now = identity(self._path)
        if now is None and not self._stop.is_set():
            self._tell(PathGone())
        while now is None and not self._stop.wait(AWAY):
            now = identity(self._path)
        if now is not None and not self._stop.is_set():
            self._tell(Saved(frozenset({self._path})))
        return now

    def _matters(self, _change: watchfiles.Change, path: str) -> bool:
        """Return whether a path lies outside the folders that no grading reads."""
        return SKIPPED_FOLDERS.isdisjoint(Path(os.path.relpath(path, os.path.realpath(self._path))).parts)


def identity(path: str) -> tuple[int, int] | None:
    """Return what distinguishes a file or folder from another of the same name, or None if there is none."""
    try:
        status = os.stat(path)  # noqa: PTH116 - as often as this is called
    except OSError:
        return None
    return status.st_dev, status.st_ino


def states(root: str) -> dict[str, tuple[int, int, int]]:
    """Return, by path, what changes with every write, for `root` itself or for the files below it that may matter."""
    found: dict[str, tuple[int, int, int]] = {}
    paths = [] if os.path.isdir(root) else [root]  # noqa: PTH112 - an empty folder is no file that goes with the first
    for folder, below, names in os.walk(root):
        below[:] = [name for name in below if name not in SKIPPED_FOLDERS]
        paths += [f"{folder}/{name}" for name in names]
    for path in paths:
        with contextlib.suppress(OSError):
            status = os.lstat(path)
            found[path] = (status.st_ino, status.st_mtime_ns, status.st_size)
    return found
