"""Threads that start together and lose their turn, at random, between any two instructions of the submission's files.

    outcomes = interleaved([work, work, work], below="/submission/", seed=7, left=lambda: 2.5)

A race needs no luck then. It rests on a trace, which the submission could switch off: a thread in which that happened,
or whose calls began and never ended in the trace, has shown nothing, and its outcome is UNTRACED. A thread that is not
out in time has the outcome None.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from sys import gettrace, settrace
from threading import Barrier, Thread
from time import sleep
from types import FrameType
from typing import Any, TypeVar

Outcome = TypeVar("Outcome")
UNTRACED = ["the trace was switched off"]
SHARE = 0.2
"""Of instructions after which a thread waits."""
LONGEST = 1 / 10_000
"""Seconds."""


class _Jitter:
    """The trace of one thread."""

    def __init__(self, below: str, seed: float) -> None:
        self._below = below
        self._random = Random(seed).random  # noqa: S311 - turns to lose
        self._open: set[int] = set()

    @property
    def is_whole(self) -> bool:
        """Whether every call that it saw begin has ended before its eyes."""
        return not self._open

    def __call__(self, frame: FrameType, event: str, _argument: object) -> Any:
        if event == "call":
            if not frame.f_code.co_filename.startswith(self._below):
                return None
            frame.f_trace_opcodes = True
            self._open.add(id(frame))
        elif event == "return":
            self._open.discard(id(frame))
        if self._random() < SHARE:
            sleep(self._random() * LONGEST)
        return self


def interleaved(
    works: list[Callable[[], Outcome]], *, below: str, seed: int, left: Callable[[], float]
) -> list[Outcome | list[str] | None]:
    """Run each in a thread of its own, and return what came out in `left()` seconds: an outcome, UNTRACED or None."""
    seeds = Random(seed)  # noqa: S311 - turns to lose
    start = Barrier(len(works))
    outcomes: list[Outcome | list[str] | None] = [None] * len(works)

    def one(index: int, work: Callable[[], Outcome], jitter: _Jitter) -> None:
        start.wait(left())
        settrace(jitter)
        try:
            outcome = work()
        finally:
            kept = gettrace() is jitter
            settrace(None)
        outcomes[index] = outcome if kept and jitter.is_whole else UNTRACED

    threads = [
        Thread(target=one, args=(index, work, _Jitter(below, seeds.random())), daemon=True)
        for index, work in enumerate(works)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(left())
    return outcomes
