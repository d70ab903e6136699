"""Saves are noticed however an editor writes, once each, and wherever the folder goes meanwhile."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue

import pytest

from grader.watch.saves import Event, PathGone, Saved, Saves

PATIENCE = 30.0
"""Seconds until a test gives up; far more than anything takes."""


class Watched:
    """A folder, and what is told of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.events: SimpleQueue[Event] = SimpleQueue()

    def next(self) -> Event:
        return self.events.get(timeout=PATIENCE)

    def saved(self, path: Path) -> None:
        """Wait until a save of that path is told of."""
        while True:
            event = self.next()
            if isinstance(event, Saved) and str(path) in event.paths:
                return

    def until_watched(self) -> None:
        """Write until it is told of: from then on nothing is missed."""
        for number in range(1000):
            (self.folder / "ready").write_text(str(number))
            try:
                self.events.get(timeout=0.3)
            except Exception:
                continue
            return


@pytest.fixture(params=[False, True], ids=["told by the kernel", "polled"])
def watched(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Watched]:
    folder = tmp_path / "mine"
    folder.mkdir()
    subject = Watched(folder)
    with Saves(folder, subject.events.put, poll=request.param):
        subject.until_watched()
        yield subject


def test_a_write_and_an_atomic_rename_are_saves(watched: Watched) -> None:
    """Written in place, or beside and renamed over: both are told of under the file's name."""
    file = watched.folder / "orm.py"
    file.write_text("x = 1\n")
    watched.saved(file)
    beside = watched.folder / ".orm.py.tmp"
    beside.write_text("x = 22\n")
    beside.replace(file)
    watched.saved(file)


def test_what_no_grading_reads_is_no_save(watched: Watched) -> None:
    """A .venv, caches and git's own files below the folder are never told of."""
    for name in (".venv/lib", "__pycache__", ".git"):
        (watched.folder / name).mkdir(parents=True)
        for number in range(50):
            (watched.folder / name / f"{number}.py").write_text("x")
    last = watched.folder / "last.py"
    last.write_text("x")
    seen: set[str] = set()
    while str(last) not in seen:
        event = watched.next()
        if isinstance(event, Saved):
            seen |= event.paths
    assert not [path for path in seen if {".venv", "__pycache__", ".git"} & set(Path(path).parts)]


def test_a_folder_that_vanishes_is_followed_by_name(watched: Watched) -> None:
    """It is told of once when it is gone, told of when it is back, and watched again."""
    shutil.rmtree(watched.folder)
    while not isinstance(watched.next(), PathGone):
        pass
    shutil.copytree(Path(__file__).parent, watched.folder)
    watched.saved(watched.folder)
    watched.until_watched()
    (watched.folder / "again.py").write_text("x")
    watched.saved(watched.folder / "again.py")


def test_a_skipped_name_above_the_folder_hides_nothing(tmp_path: Path) -> None:
    """Only what lies below the folder counts: a project may itself lie in a .cache."""
    folder = tmp_path / ".cache/mine"
    folder.mkdir(parents=True)
    subject = Watched(folder)
    with Saves(folder, subject.events.put):
        subject.until_watched()
        (folder / "orm.py").write_text("x")
        subject.saved(folder / "orm.py")
