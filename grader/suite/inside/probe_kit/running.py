"""Runs coroutines on the kit's own loop, whatever policy or loop the submission sets.

result = run(main())
left = unfinished_tasks()               # within a task: the others that are not done, wherever they are registered
"""

from __future__ import annotations

from asyncio import Runner, SelectorEventLoop, Task, tasks
from collections.abc import Coroutine
from gc import get_objects, unfreeze
from selectors import SelectSelector
from typing import Any, TypeVar

Result = TypeVar("Result")
KINDS: tuple[Any, ...] = (Task, vars(tasks)["_PyTask"])


def run(main: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine to completion on a new loop, as `asyncio.run` would."""
    with Runner(loop_factory=lambda: SelectorEventLoop(SelectSelector())) as runner:
        return runner.run(main)


def unfinished_tasks() -> int:
    """Count the unfinished tasks except the current one, including those that `all_tasks` no longer lists."""
    unfreeze()
    return sum(issubclass(type(found), kind) and not kind.done(found) for found in get_objects() for kind in KINDS) - 1
