"""Shows a cohort's progress: on a terminal, entries done, rate, time left and verdicts so far; in a log, one line a
minute.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from grader.cli.progress import in_a_log

if TYPE_CHECKING:
    from grader.batch.row import CohortRow


@contextmanager
def watched(entries: int) -> Iterator[Callable[[CohortRow], None]]:
    """Yield a function to call with every row; progress is shown until the block ends."""
    if not sys.stderr.isatty():
        yield _logged(entries)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    tally = _Tally()
    columns = (
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}", markup=False),
        TimeRemainingColumn(),
        TextColumn("{task.fields[verdicts]}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        bar = progress.add_task("grading", total=entries, rate="", verdicts="")

        def tell(row: CohortRow) -> None:
            tally.add(row)
            speed = progress.tasks[0].speed
            rate = f"{speed:.1f}/s" if speed else ""
            progress.update(bar, completed=tally.entries, rate=rate, verdicts=tally.verdicts)

        yield tell


def _logged(entries: int) -> Callable[[CohortRow], None]:
    tally, say = _Tally(), in_a_log()

    def tell(row: CohortRow) -> None:
        tally.add(row)
        say(f"{tally.entries} of {entries}: {tally.verdicts}")

    return tell


class _Tally:
    """Counts the rows so far. An entry can have several rows, one per challenge."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._verdicts: Counter[str] = Counter()

    def add(self, row: CohortRow) -> None:
        self._seen.add(row.entry)
        self._verdicts[row.verdict.value] += 1

    @property
    def entries(self) -> int:
        return len(self._seen)

    @property
    def verdicts(self) -> str:
        return ", ".join(f"{count} {verdict}" for verdict, count in self._verdicts.items())
