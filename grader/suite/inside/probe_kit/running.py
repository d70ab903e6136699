"""Coroutines on a loop of the kit's own: whatever policy or loop the submission sets, this one runs them.

result = run(main())
"""

from __future__ import annotations

from asyncio import Runner, SelectorEventLoop
from collections.abc import Coroutine
from selectors import SelectSelector
from typing import Any, TypeVar

Result = TypeVar("Result")


def run(main: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine to its end on a new loop, as `asyncio.run` would."""
    with Runner(loop_factory=lambda: SelectorEventLoop(SelectSelector())) as runner:
        return runner.run(main)
