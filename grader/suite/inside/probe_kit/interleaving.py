"""Runs threads that start together and lose their turn, at random, between any two instructions of the submission's
files.

    outcomes = interleaved([work, work, work], below="/submission/", seed=7, left=lambda: 2.5)

A race then shows without luck. This relies on a trace, which the submission could switch off or evade. If it did so, or
if the trace saw a call begin but not end, nothing was shown, and all outcomes are UNTRACED. Threads that the submission
starts meanwhile lose their turns as well; if it may start some earlier, let it do so within `with
tracing_threads("/submission/", 7)`. A thread that does not finish in time has the outcome None.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from sys import gettrace, settrace
from threading import Barrier, Thread, get_native_id
from time import sleep
from types import FrameType
from typing import Any, TypeVar

Outcome = TypeVar("Outcome")
UNTRACED = ["the trace was switched off"]
SHARE = 0.2
"""The share of instructions after which a thread waits."""
LONGEST = 1 / 10_000
"""The longest wait, in seconds."""
MOMENTS = 1_000
"""The number of times to check whether a thread has ended."""
_traced: set[int] = set()
"""The kernel's ids of the threads that were ever traced, and of our own. Ids increase, and are not soon reused."""


class _Jitter:
    """Traces one thread, or those that the submission starts."""

    def __init__(self, below: str, seed: float) -> None:
        self._below = below
        self._random = Random(seed).random  # noqa: S311 - turns to lose
        self._open: set[int] = set()
        self._is_silenced = False

    @property
    def is_whole(self) -> bool:
        """True if every call that the trace saw begin was also seen to end, and no event in between was missed."""
        return not self._open and not self._is_silenced

    def __call__(self, frame: FrameType, event: str, _argument: object) -> Any:
        if event == "call":
            _traced.add(get_native_id())
            if not frame.f_code.co_filename.startswith(self._below):
                return None
            frame.f_trace_opcodes = True
            self._open.add(id(frame))
        elif not (frame.f_trace_opcodes and frame.f_trace_lines):
            self._is_silenced = True
        if event == "return":
            self._open.discard(id(frame))
        if self._random() < SHARE:
            sleep(self._random() * LONGEST)
        return self


@contextmanager
def tracing_threads(below: str, seed: float) -> Iterator[None]:
    """Make threads started during the block lose their turns for as long as they live."""
    threading.settrace(_Jitter(below, seed))
    try:
        yield
    finally:
        threading.settrace(None)


def interleaved(
    works: list[Callable[[], Outcome]], *, below: str, seed: int, left: Callable[[], float]
) -> list[Outcome | list[str] | None]:
    """Run each piece of work in its own thread, and return the results within `left()` seconds: outcomes, UNTRACED or
    None.
    """
    seeds = Random(seed)  # noqa: S311 - turns to lose
    start = Barrier(len(works))
    outcomes: list[Outcome | list[str] | None] = [None] * len(works)
    jitters = [_Jitter(below, seeds.random()) for _ in works]

    def one(index: int, work: Callable[[], Outcome]) -> None:
        _traced.add(get_native_id())
        start.wait(left())
        settrace(jitters[index])
        try:
            outcome = work()
        finally:
            kept = gettrace() is jitters[index]
            settrace(None)
        outcomes[index] = outcome if kept else UNTRACED

    threads = [Thread(target=one, args=(index, work), daemon=True) for index, work in enumerate(works)]
    first, strangers = _new_number(), _others()
    with tracing_threads(below, seeds.random()):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(left())
    unseen = set(range(first, _new_number())) - _traced
    shown = all(jitter.is_whole for jitter, outcome in zip(jitters, outcomes, strict=True) if outcome is not None)
    if shown and not strangers and not unseen:
        return outcomes
    return [None if outcome is None else UNTRACED for outcome in outcomes]


def _new_number() -> int:
    """Start a thread only to return its id; threads that are started later have higher ids."""
    numbers: list[int] = []
    thread = Thread(target=lambda: numbers.append(get_native_id()))
    thread.start()
    thread.join()
    _traced.add(numbers[0])
    return numbers[0]


def _others() -> set[int]:
    """Return the ids of other threads that have no trace and do not end within a moment."""
    others: set[int] = set()
    for _ in range(MOMENTS):
        others = {int(task.name) for task in Path("/proc/self/task").iterdir()} - _traced - {get_native_id()}
        if not others:
            break
        sleep(LONGEST)
    return others
