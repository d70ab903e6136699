"""Tasks -> rows: what is known already is taken, the rest is graded, several at a time, on a warm engine.

The order of rows is the order in which they end. At most a few tasks per worker are planned ahead, so memory does not
grow with the cohort.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Protocol

from grader.assess.pipeline import reject
from grader.batch.plan import Task, Unreadable
from grader.batch.results import Results, was_measured
from grader.batch.row import Row, row_of, row_of_unreadable
from grader.intake import Rejected
from grader.model import Report

AHEAD = 2
"""Tasks per worker that are planned before they can run."""


class Engine(Protocol):
    """Grades one task. Called from several threads at a time."""

    def __call__(self, task: Task) -> Report:
        """The report of a task whose submission was not rejected."""
        ...


def run(
    tasks: Iterable[Task | Unreadable],
    results: Results,
    engine: Engine,
    *,
    jobs: int,
    again: Callable[[Report], bool] = lambda _: False,
) -> Iterator[Row]:
    """Yield a row for each task as it ends. `again` says which known reports are graded anew."""
    todo = iter(tasks)
    with ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="grading") as pool:
        running: set[Future[Row]] = set()
        try:
            while True:
                for task in itertools.islice(todo, AHEAD * jobs - len(running)):
                    if isinstance(task, Unreadable):
                        yield row_of_unreadable(task)
                    elif (report := results.known(task.key)) is not None and not again(report):
                        results.name(task.key, task.name)
                        yield row_of(task, report, known=True, page=results.show(task.name, report))
                    else:
                        running.add(pool.submit(_graded, task, results, engine))
                if not running:
                    upcoming = next(todo, None)
                    if upcoming is None:
                        return
                    todo = itertools.chain([upcoming], todo)
                    continue
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        finally:
            for future in running:
                future.cancel()


def _graded(task: Task, results: Results, engine: Engine) -> Row:
    if isinstance(task.taken, Rejected):
        report = reject(task.taken.origin, task.challenge, (*task.taken.reasons, *task.taken.notices))
    else:
        report = engine(task)
    results.keep(task.key, report)
    results.name(task.key, task.name)
    return row_of(task, report, known=False, page=results.show(task.name, report))


def not_measured(report: Report) -> bool:
    """For `again`: what could not be measured the last time."""
    return not was_measured(report)
