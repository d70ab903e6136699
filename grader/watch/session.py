"""One watch session: read what a save changed, end the grading that it outdates, grade, and report the difference."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import NamedTuple, NoReturn, Self

from grader.assess.find import Assignment, find
from grader.assess.grader import Grader
from grader.assess.pipeline import fresh_seed, unexplained
from grader.challenges.catalogue import Catalogue
from grader.errors import CannotMeasure, UserError, sentences
from grader.intake import Rejected
from grader.model import Report
from grader.watch import saves
from grader.watch.telling import unreadable

ENDING = 0.05
"""Seconds between two attempts to end a grading, which succeed only once it has reached its hidden suite."""


class WatchedReport(NamedTuple):
    """The result of a grading, and the report to compare it with."""

    before: Report | None
    report: Report


class ExplainedReport(NamedTuple):
    """The last report again, with examples of what broke: it follows the verdict, unless a save comes first."""

    report: Report


class Noted(NamedTuple):
    """One line about something other than a report."""

    text: str


class _Ended(NamedTuple):
    """A round of gradings is over; `error` is set if an exception ended it."""

    error: BaseException | None


Tell = Callable[[WatchedReport | ExplainedReport | Noted], None]
Key = tuple[str, str]
"""A challenge's name, and the origin of the submission."""


class WatchSession:
    """Grades the submissions at a path, and again at each save, until interrupted. Use it in a `with` block."""

    def __init__(self, path: Path, catalogue: Catalogue, grader: Grader, tell: Tell, *, only: str | None) -> None:
        self._path = path
        self._catalogue = catalogue
        self._grader = grader
        self._tell = tell
        self._only = only
        self._events: SimpleQueue[saves.Event | WatchedReport | ExplainedReport | Noted | _Ended] = SimpleQueue()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="grading")
        # a sandbox ends with the thread that started it: this one lives as long as the session
        self._round: Future[None] | None = None
        self._wanted = threading.Event()
        self._digests: dict[Key, str] = {}
        """Digests of what was graded last, or is being graded."""
        self._compared: dict[Key, Report] = {}
        """The last reports that say something about the code."""
        self._seeds: dict[str, int] = {}
        """Seeds of the next gradings, by challenge."""
        self._said = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end_round()
        self._thread.shutdown()

    def run(self, *, poll: bool) -> NoReturn:
        """Grade now, and again at each save. Ends only with an exception: an interrupt, or a bug in the grader."""
        self._consider(frozenset())
        with saves.Saves(self._path, self._events.put, poll=poll):
            while True:
                self._take(self._events.get())

    def _take(self, event: saves.Event | WatchedReport | ExplainedReport | Noted | _Ended) -> None:
        match event:
            case saves.Saved(paths=paths):
                self._consider(paths)
            case saves.PathGone():
                self._note(f"{self._path} is gone. Waiting for it to come back.")
            case saves.Polling(why=why):
                self._note(
                    f"{self._path}: the system cannot report changes here ({why}), so the files are polled instead."
                )
            case WatchedReport() | ExplainedReport() | Noted():
                self._say(event)
            case _Ended(error=error):
                self._round = None
                if error is not None:
                    raise error
                self._consider(frozenset())  # what was saved meanwhile, whether or not anything told of it

    def _consider(self, saved: Collection[str]) -> None:
        """Grade what a save has touched. A running grading continues if no file has changed since it started."""
        try:
            found = find(self._path, self._catalogue, only=self._only).each
        except (UserError, CannotMeasure) as error:
            if self._path.exists():  # else it is told of in a moment
                self._note(str(error) if isinstance(error, UserError) else sentences(error.why, error.remedy))
            return
        changed = [assignment for assignment in found if self._digests.get(_key(assignment)) != _digest(assignment)]
        if self._round is not None:
            if not changed:
                return
            self._end_round()
            changed = [assignment for assignment in found if self._digests.get(_key(assignment)) != _digest(assignment)]
        due = changed or [assignment for assignment in found if _touches(saved, self._path, assignment)]
        if due:
            self._digests |= {_key(assignment): _digest(assignment) for assignment in due}
            self._wanted.set()
            self._round = self._thread.submit(self._grade, due)

    def _end_round(self) -> None:
        """End the current gradings. They report nothing more, and whatever they did not get to is graded again."""
        running, self._round = self._round, None
        if running is None:
            return
        self._wanted.clear()
        while not running.done():
            self._grader.end_gradings()
            threading.Event().wait(ENDING)
        kept = []
        while not self._events.empty():
            event = self._events.get()
            if isinstance(event, WatchedReport):
                self._say(event)
            elif not isinstance(event, ExplainedReport | Noted | _Ended):
                kept.append(event)
        for event in kept:
            self._events.put(event)

    def _grade(self, due: Sequence[Assignment]) -> None:
        """Grade the assignments one after another, in a separate thread; once all verdicts are out, explain them."""
        graded: list[tuple[Assignment, Report]] = []
        try:
            for number, assignment in enumerate(due):
                report = self._grade_one(assignment)
                if report is not None:
                    graded.append((assignment, report))
                if not self._wanted.is_set():
                    for left in due[number:]:
                        self._digests.pop(_key(left), None)
                    return
            for assignment, report in graded:
                self._explain_one(assignment, report)
        except BaseException as error:  # the session's thread raises it
            self._events.put(_Ended(error))
        else:
            self._events.put(_Ended(None))

    def _explain_one(self, assignment: Assignment, report: Report) -> None:
        """Look for examples of a report's broken promises. The next save ends the search without a report."""
        if not self._wanted.is_set() or not any(map(unexplained, report.criteria)):
            return
        try:
            explained = self._grader.explain(assignment, report)
        except CannotMeasure:
            return  # the verdict stands
        if self._wanted.is_set():
            self._events.put(ExplainedReport(explained))

    def _grade_one(self, assignment: Assignment) -> Report | None:
        challenge = assignment.challenge
        seed = self._seeds.setdefault(challenge.name, fresh_seed())
        try:
            report = self._grader.grade(assignment, seed=seed, explain=False)
        except CannotMeasure as error:
            self._events.put(Noted(sentences(error.why, error.remedy)))
            return None
        if not self._wanted.is_set():
            return None
        key = _key(assignment)
        self._events.put(WatchedReport(self._compared.get(key), report))
        if unreadable(report) is None:
            self._compared[key] = report
        self._seeds[challenge.name] = fresh_seed()
        self._grader.draw(challenge, self._seeds[challenge.name])
        return report

    def _say(self, event: WatchedReport | ExplainedReport | Noted) -> None:
        self._said = event.text if isinstance(event, Noted) else ""
        self._tell(event)

    def _note(self, text: str) -> None:
        """Report a line, unless it repeats the last one."""
        if text != self._said:
            self._say(Noted(text))


def _key(assignment: Assignment) -> Key:
    return assignment.challenge.name, assignment.taken.origin


def _digest(assignment: Assignment) -> str:
    """Return a digest of the files that were read, or the reasons why the submission was rejected."""
    taken = assignment.taken
    return str(taken.reasons) if isinstance(taken, Rejected) else taken.digest


def _touches(saved: Collection[str], path: Path, assignment: Assignment) -> bool:
    """Return whether a graded file was written, even if its content is the same."""
    if not saved:
        return False
    root, taken = os.path.realpath(path), assignment.taken
    if root in saved or os.path.abspath(path) in saved:  # noqa: PTH100 - as it was named
        return True
    if isinstance(taken, Rejected):
        return False
    folder = os.path.realpath(taken.origin)
    return any(f"{folder}/{file.path}" in saved for file in taken.files)
