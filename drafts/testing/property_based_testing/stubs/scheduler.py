"""A module under test as tests meet it: every call is answered from outside. README.md is its specification."""

from __future__ import annotations

from collections.abc import Sequence

from suite_inside.remote import REMOTE, result

Task = tuple[str, int, int, Sequence[str]]
Entry = tuple[str, int, int, int]


def plan(tasks: Sequence[Task], workers: int) -> Sequence[Entry]:
    """Return `(name, worker, start, end)` for each task. Raises ValueError."""
    return result(REMOTE.function("plan", tasks, workers), {})  # type: ignore[no-any-return]  # whatever it is
