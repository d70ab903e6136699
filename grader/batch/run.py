"""Turns tasks into rows: known results are reused, and the other tasks are graded, several at a time.

Rows come in the order in which the tasks end. At most a few tasks per worker are planned ahead, so memory does not grow
with the cohort. Nothing that goes wrong with one entry ends the run, unless it means that no further entry can be
graded.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from typing import Protocol

from msgspec.structs import replace

from grader.assess.find import Assignment
from grader.batch.plan import CohortEntry, Task, UnreadableEntry, fault, file_name
from grader.batch.row import CohortRow, row_of, row_of_unreadable
from grader.challenges.challenge import ChallengeError
from grader.errors import EXHAUSTED, CannotMeasure
from grader.harness import harness
from grader.intake import Rejected
from grader.model import Feedback, Report, ReportStatus, Submission
from grader.store.results import Results

AHEAD = 2
"""Tasks planned ahead per worker, so that no worker waits for a disk."""


class Grades(Protocol):
    """Anything that grades assignments: a Grader or a Cluster. Several threads call `grade` at once."""

    def grade(self, assignment: Assignment, *, seed: int | None = None, explain: bool = True) -> Report:
        """Return an assignment's report, even if the assignment was rejected. Raises CannotMeasure if no further
        assignment can be graded.
        """
        ...


def run(
    tasks: Iterable[Task | UnreadableEntry],
    results: Results,
    grader: Grades,
    *,
    jobs: int,
    seed_for: Callable[[Task], int | None] = lambda _: None,
    explain: bool = False,
    feedback: Feedback = Feedback.EXAM,
    again: Callable[[Report], bool] = lambda _: False,
) -> Iterator[CohortRow]:
    """Yield a row for each task as it ends. `again` selects the known reports to grade again.

    Reports are presented with `feedback`, regardless of the mode in which they were measured: the mode changes no mark.
    """
    todo = iter(tasks)
    copies: deque[Task] = deque()
    """Tasks whose submission has meanwhile been graded under another name."""
    with ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="grading") as pool:
        running: dict[Future[CohortRow], str] = {}
        waiting: dict[str, list[Task]] = {}
        """Further tasks with a submission that is being graded, by content address: each submission is graded only
        once."""
        try:
            while True:
                while len(running) + sum(map(len, waiting.values())) < AHEAD * jobs:
                    task = copies.popleft() if copies else next(todo, None)
                    if task is None:
                        break
                    if isinstance(task, UnreadableEntry):
                        yield _unreadable(task, results)
                    elif task.key in waiting:
                        waiting[task.key].append(task)
                    elif (row := _known(task, results, again, feedback)) is not None:
                        yield row
                    else:
                        seed = seed_for(task) if isinstance(task.taken, Submission) else None
                        running[pool.submit(_graded, task, results, grader, seed, explain, feedback)] = task.key
                        waiting[task.key] = []
                if not running:
                    return
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    copies.extend(waiting.pop(running.pop(future)))
                    yield future.result()
        finally:
            for future in running:
                future.cancel()


def _known(task: Task, results: Results, again: Callable[[Report], bool], feedback: Feedback) -> CohortRow | None:
    """Return the row of a result that already exists; None if the task has to be graded."""
    try:
        measured = results.known(task.key)
        if measured is None or not _is_about(measured, task) or again(measured):
            return None
        return _row(task, measured, results, feedback, known=True)
    except Exception as error:
        return _fault(task.entry, error, results, task.challenge.name)


def _is_about(measured: Report, task: Task) -> bool:
    """Return whether a stored result's content matches the task; its file name alone proves nothing."""
    return (
        measured.submission.digest == task.taken.digest
        and measured.challenge.digest == task.challenge.digest
        and measured.harness == harness()
        and (task.seed is None or isinstance(task.taken, Rejected) or measured.seed == task.seed)
    )


def _graded(
    task: Task,
    results: Results,
    grader: Grades,
    seed: int | None,
    explain: bool,  # noqa: FBT001 - a pool's call
    feedback: Feedback,
) -> CohortRow:
    try:
        report = grader.grade(task.assignment, seed=seed, explain=explain)
        results.keep(task.key, report)
        return _row(task, report, results, feedback, known=False)
    except CannotMeasure as error:
        if not isinstance(error, ChallengeError):
            raise
        return _unreadable(UnreadableEntry(task.entry, str(error), is_unmeasured=True), results, task.challenge.name)
    except Exception as error:
        return _fault(task.entry, error, results, task.challenge.name)


def _row(task: Task, measured: Report, results: Results, feedback: Feedback, *, known: bool) -> CohortRow:
    """Present a measured report under its candidate's name, even if somebody else submitted the same files first."""
    presented = results.present(task.name, replace(under(task, measured), feedback=feedback), task.challenge)
    return row_of(task, presented.report, known=known, page=presented.page, notes=presented.notes)


def under(task: Task, measured: Report) -> Report:
    """Return a measured report as the task's own, with the task's path and intake's notices about it."""
    notices = task.taken.notices
    is_rejected = measured.status is ReportStatus.REJECTED
    findings = (*measured.findings, *notices) if is_rejected else (*notices, *measured.findings)
    return replace(measured, submission=replace(measured.submission, path=task.taken.origin), findings=findings)


def _fault(entry: CohortEntry, error: Exception, results: Results, challenge: str) -> CohortRow:
    """Return the row for an entry that met a fault of ours. Re-raise a full disk, which would affect every entry."""
    if isinstance(error, OSError) and error.errno in EXHAUSTED:
        raise error
    return _unreadable(fault(entry, error), results, challenge)


def _unreadable(found: UnreadableEntry, results: Results, challenge: str = "") -> CohortRow:
    row = row_of_unreadable(found, challenge)
    if found.trace:
        with suppress(OSError):
            kept = results.fault(
                file_name(found.entry.name, *filter(None, [challenge.rpartition("/")[2]])), found.trace
            )
            return row_of_unreadable(found._replace(why=f"{found.why} (trace: {kept})"), challenge)
    return row


def not_measured(report: Report) -> bool:
    """Return whether anything in the report could not be measured."""
    return not report.was_measured
