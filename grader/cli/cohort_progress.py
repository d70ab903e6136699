"""A cohort's progress on a terminal: entries done, rate, time left, verdicts so far. Silence anywhere else."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grader.batch.row import Row


@contextmanager
def watched(entries: int) -> Iterator[Callable[[Row], None]]:
    """A function to be told of every row, until the block ends."""
    if not sys.stderr.isatty():
        yield lambda _row: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    verdicts: Counter[str] = Counter()
    seen: set[str] = set()
    columns = (
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}", markup=False),
        TimeRemainingColumn(),
        TextColumn("{task.fields[verdicts]}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        bar = progress.add_task("grading", total=entries, rate="", verdicts="")

        def tell(row: Row) -> None:
            verdicts[row.verdict.value] += 1
            seen.add(row.entry)
            speed = progress.tasks[0].speed
            progress.update(
                bar,
                completed=len(seen),
                rate=f"{speed:.1f}/s" if speed else "",
                verdicts=", ".join(f"{count} {verdict}" for verdict, count in verdicts.items()),
            )

        yield tell
