"""A session grades at each save, ends what a save outdates, and leaves nothing behind."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue

import pytest

from grader.assess.grader import Grader
from grader.challenges.catalogue import catalogue
from grader.watch.session import ExplainedReport, Noted, WatchedReport, WatchSession

PATIENCE = 30.0
"""Seconds until a test gives up; far more than anything takes."""
HANGS = "def add(a, b):\n    while True:\n        pass\n\n\ndef history():\n    return []\n"


class Stop(Exception):
    """Ends a session as an interrupt does."""


class Running:
    """A session in a thread, and what it says."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "adder.py"
        self.said: SimpleQueue[WatchedReport | Noted] = SimpleQueue()
        self.explained: SimpleQueue[ExplainedReport] = SimpleQueue()
        self.stop = False

    def tell(self, event: WatchedReport | ExplainedReport | Noted) -> None:
        if self.stop:
            raise Stop
        if isinstance(event, ExplainedReport):
            self.explained.put(event)
        else:
            self.said.put(event)

    def report(self) -> WatchedReport:
        event = self.said.get(timeout=PATIENCE)
        assert isinstance(event, WatchedReport), event
        return event

    def note(self) -> str:
        event = self.said.get(timeout=PATIENCE)
        assert isinstance(event, Noted), event
        return event.text


@contextmanager
def session(running: Running, challenges: Path) -> Iterator[Grader]:
    known = catalogue((challenges,))
    with Grader() as grader:

        def watch() -> None:
            try:
                with WatchSession(running.folder, known, grader, running.tell, only="adder") as watching:
                    watching.run(poll=False)
            except Stop:
                pass

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield grader
        finally:
            running.stop = True
            end = time.monotonic() + PATIENCE
            while thread.is_alive() and time.monotonic() < end:  # gone and back are told of, and telling ends it
                if running.folder.exists():
                    shutil.rmtree(running.folder)
                else:
                    running.folder.mkdir()
                thread.join(2.0)
            assert not thread.is_alive()


@pytest.fixture
def running(adder: Path, tmp_path: Path) -> Iterator[Running]:
    subject = Running(Path(shutil.copytree(adder / "solution", tmp_path / "mine")))
    with session(subject, adder.parent.parent):
        yield subject


def test_each_save_is_graded_and_compared(running: Running) -> None:
    """The first grading has nothing before it; each save is compared with the grading before, under another seed."""
    right = running.file.read_text()
    first = running.report()
    assert (first.before, first.report.percent) == (None, 100.0)
    running.file.write_text(right.replace("+", "-"))
    second = running.report()
    assert second.before == first.report
    assert second.report.percent < 100.0
    running.file.write_text(right)
    third = running.report()
    assert third.before == second.report
    assert third.report.percent == 100.0
    assert len({first.report.seed, second.report.seed, third.report.seed}) == 3


def test_examples_follow_the_verdict(running: Running) -> None:
    """The verdict comes first and says nothing of inputs; then the same report comes with the smallest examples."""
    running.report()
    running.file.write_text(running.file.read_text().replace("return a + b", "return a + b + (a > 10)"))
    verdict = running.report().report
    assert not any(promise.example or promise.reason for mark in verdict.criteria for promise in mark.promises)
    told = running.explained.get(timeout=PATIENCE).report
    examples = [promise.example for mark in told.criteria for promise in mark.promises if promise.example]
    assert ("12", "11") in [(example.received, example.promised) for example in examples]
    assert [(mark.id, mark.earned) for mark in told.criteria] == [(mark.id, mark.earned) for mark in verdict.criteria]
    assert (told.seed, told.percent) == (verdict.seed, verdict.percent)


def test_a_half_written_file_is_not_compared_with(running: Running) -> None:
    """What no Python can read has a report, and the next is compared with the one before it."""
    right = running.file.read_text()
    first = running.report()
    running.file.write_text(right + "\ndef (")
    assert running.report().report.percent == 0.0
    running.file.write_text(right)
    assert running.report().before == first.report


def test_noise_beside_the_submission_grades_nothing(running: Running) -> None:
    """An editor's temporary files, a .venv and a readme that changes leave the last grading as it is."""
    running.report()
    (running.folder / "adder.py~").write_text("x")
    (running.folder / ".adder.py.swp").write_text("x")
    (running.folder / "notes.txt").write_text("x")
    (running.folder / ".venv").mkdir()
    (running.folder / ".venv/adder.py").write_text("x")
    running.file.write_text(running.file.read_text() + "# the only change\n")
    report = running.report().report
    assert report.percent == 100.0
    assert running.said.empty()


def test_a_save_ends_the_grading_that_it_outdates(running: Running) -> None:
    """A grading that hangs is ended by the next save: nothing is said of it, and its process is gone."""
    right = running.file.read_text()
    running.report()
    running.file.write_text(HANGS)
    threading.Event().wait(1.0)  # it has begun, or begins when the next save is there already: both have to be right
    running.file.write_text(right)
    after = running.report()
    assert after.report.percent == 100.0
    assert running.said.empty()


def test_a_folder_that_comes_back_is_graded_again(running: Running, tmp_path: Path) -> None:
    """Gone is one line; back is a grading."""
    first = running.report()
    away = running.folder.rename(tmp_path / "away")  # at once: of a folder emptied file by file, the rest is graded
    assert "is gone" in running.note()
    (away / "adder.py").write_text((away / "adder.py").read_text() + "# back\n")
    away.rename(running.folder)
    assert running.report().report.percent == first.report.percent


def test_a_file_that_may_not_be_read_is_one_line(running: Running) -> None:
    """What intake refuses is said, and the session goes on."""
    right = running.file.read_text()
    running.report()
    running.file.unlink()
    running.file.symlink_to("/etc/passwd")
    refused = running.report().report
    assert refused.status.value == "rejected"
    running.file.unlink()
    running.file.write_text(right)
    while (report := running.report().report).status.value == "rejected":  # between the two calls it was missing
        pass
    assert report.percent == 100.0
