"""Runs beside the submission: hands recorded profiles over, has drawn programs' memory measured, returns what was told.

    read(recorded, root) -> hotspots
    compared(recorded, recorded, root) -> changes
    held(program) -> [peak, lines, what became of the result]
    after_errors, after_results, nested, beside_others  see there

A recorded profile is `[label, numbers, [[caller, pair], ...]]` for each function. A program is `[root, functions,
entry, depth]`; a function `[file, line, steps]`, called with a depth; steps are `[what, bytes or number of a function,
times]`: see `_holding`. Functions get their places by new code objects. Nothing of the program is in the objects that
the submission is given.
"""

from __future__ import annotations

import tracemalloc
from collections import deque
from collections.abc import Callable
from functools import lru_cache, partial
from itertools import repeat
from types import CodeType, FunctionType
from typing import Any

from probe_kit import plain
from probe_kit.nameless import nameless

import profiling

is_tracing, start, stop, limit = (
    tracemalloc.is_tracing,
    tracemalloc.start,
    tracemalloc.stop,
    tracemalloc.get_traceback_limit,
)

# ---- recorded profiles ------------------------------------------------------------------------------------------


def stats_of(recorded: list[Any]) -> dict[Any, Any]:
    """The profile as `pstats` holds it."""
    return {
        tuple(label): (*numbers, {tuple(caller): tuple(pair) for caller, pair in callers})
        for label, numbers, callers in recorded
    }


def read(recorded: list[Any], root: str) -> list[Any]:
    """The hotspots of a profile, as plain data."""
    return [
        [
            plain(spot.function),
            plain(spot.calls),
            plain(spot.own),
            plain(spot.cumulative),
            [[plain(caller), plain(calls)] for caller, calls in spot.callers.items()],
        ]
        for spot in profiling.hotspots(stats_of(recorded), root=root)
    ]


def compared(before: list[Any], after: list[Any], root: str) -> list[Any]:
    """The changes from one profile to the other, when they are asked for again."""
    first, last = (profiling.hotspots(stats_of(recorded), root=root) for recorded in (before, after))
    profiling.compare(first, last)
    return [
        [plain(change.file), plain(change.name), plain(change.calls), plain(change.own)]
        for change in profiling.compare(first, last)
    ]


# ---- programs that hold memory ----------------------------------------------------------------------------------


def _holding(steps: list[Any], held: deque[bytes]) -> Any:
    """A function that carries out the steps."""

    def function(depth: int) -> None:
        for what, value, times in steps:
            if what == "hold" or (what == "bottom" and depth == 0):
                held.extend(map(bytes, repeat(value, times)))
            elif what == "list":
                [held.append(bytes(value)) for _ in range(times)]
            elif what == "pass":
                bytes(value)
            elif what == "call":
                deque(map(value, repeat(depth, times)), 0)
            elif what == "deeper" and depth > 0:
                value(depth - 1)

    return function


def placed(code: CodeType, file: str, line: int) -> CodeType:
    """Return the code as if all of it stood in that line, by the table of PEP 657."""
    whole, rest = divmod(len(code.co_code) // 2, 8)
    table = bytes([0xE8 + 7, 0]) * whole + (bytes([0xE8 + rest - 1, 0]) if rest else b"")
    parts = tuple(placed(part, file, line) if isinstance(part, CodeType) else part for part in code.co_consts)
    return code.replace(co_filename=file, co_firstlineno=line, co_linetable=table, co_consts=parts)


def sealed(function: Any) -> Any:
    """Return a callable that shows nothing of the function; it caches nothing."""
    made = lru_cache(maxsize=0)(function)
    vars(made).clear()
    return made


def holding(program: list[Any], runs: list[int]) -> tuple[Any, str, object]:
    """The call of a program that holds memory, its root, and what the call returns."""
    root, functions, entry, depth = program
    held: deque[bytes] = deque()
    plans: list[list[Any]] = [[] for _ in functions]
    made: list[FunctionType] = []
    for plan, (file, line, _) in zip(plans, functions, strict=True):
        function = _holding(plan, held)
        code = placed(function.__code__, file, line)
        made.append(FunctionType(code, {"deque": deque, "repeat": repeat}, "", None, function.__closure__))
    for plan, (_, _, steps) in zip(plans, functions, strict=True):
        plan += [(what, made[value] if what in ("call", "deeper") else value, times) for what, value, times in steps]
    return sealed(partial(_then, made[entry], depth, held, runs)), root, held


def _then(function: Any, depth: int, token: object, runs: list[int]) -> object:
    runs.append(1)
    function(depth)
    return token


def held(program: list[Any]) -> list[Any]:
    """What a measurement says: peak, lines; whether the result is the call's, and how often it ran."""
    runs: list[int] = []
    call, root, token = holding(program, runs)
    measured = profiling.memory(call, root=root)
    return [*figures_of(measured), [measured.result is token, len(runs)]]


def figures_of(measured: Any) -> list[Any]:
    """The peak and the lines of a measurement, as plain data."""
    lines = [[plain(line.file), plain(line.line), plain(line.size), plain(line.blocks)] for line in measured.lines]
    return [plain(measured.peak), lines]


# ---- one at a time ----------------------------------------------------------------------------------------------


@nameless
class Failure(Exception):
    """What programs raise."""


@nameless
class Halt(BaseException):
    """What programs raise that is no Exception."""


RAISED = {"failure": Failure, "halt": Halt, "interrupt": KeyboardInterrupt, "exit": SystemExit, "stop": StopIteration}


def left() -> bool:
    """Whether memory is still traced; then it is not."""
    found = is_tracing()
    stop()
    return found


def outcome(call: Any) -> Any:
    """How a measurement ended: the error itself, or that there was none."""
    try:
        profiling.memory(call, root="/srv")
    except BaseException as error:  # noqa: BLE001 - whatever comes out
        return error
    return "a result"


def same(ended: BaseException, error: BaseException, cause: BaseException, codes: list[CodeType]) -> bool:
    """Whether it is that error, with this cause, as it came through these functions."""
    kept = [ended.__cause__ is cause, ended.__context__ is cause, ended.__suppress_context__, not vars(ended)]
    traceback, came = ended.__traceback__, []
    while traceback is not None:
        came.append(traceback.tb_frame.f_code)
        traceback = traceback.tb_next
    return ended is error and all(kept) and all(a is b for a, b in zip(came[-2:], codes, strict=True))


def after_errors(names: list[str], program: list[Any]) -> list[Any]:
    """For each error: whether it came out unchanged, and whether tracing was left on. Then a measurement."""
    seen = []
    for name in names:
        error, cause = RAISED[name](name), Failure("cause")
        error.__cause__ = error.__context__ = cause

        def fails(error: BaseException = error) -> None:
            raise error

        fails = nameless(fails)
        leads = nameless(lambda fails=fails: fails())
        ended = outcome(sealed(leads))
        codes = [leads.__code__, fails.__code__]
        seen.append([same(ended, error, cause, codes) if isinstance(ended, BaseException) else ended, left()])
    return [seen, held(program)]


def after_results(program: list[Any]) -> list[Any]:
    """A measurement of the program twice; and after each, whether tracing was left on."""
    return [held(program), left(), held(program), left()]


def refused(goes_on: Callable[[], bool]) -> list[Any]:
    """Whether a measurement was refused, how often it ran its call, and whether what was measured before goes on."""
    calls: list[int] = []
    ended = outcome(sealed(partial(calls.append, 1)))
    return [isinstance(ended, profiling.Busy), len(calls), goes_on()]


def nested(program: list[Any]) -> list[Any]:
    """Two measurements in one of the program: how each was refused; and what the outer one says in the end."""
    seen: list[Any] = []
    call, root, _ = holding(program, [])
    act = sealed(lambda: seen.append(refused(is_tracing)))
    measured = profiling.memory(sealed(partial(_all, [act, call, act])), root=root)
    return [seen, *figures_of(measured), left()]


def _all(calls: list[Callable[[], object]]) -> list[object]:
    return [call() for call in calls]


def beside_others(frames: int, program: list[Any]) -> list[Any]:
    """How a measurement was refused while somebody else traces, with so many frames. Then one of the program."""
    start(frames)
    kept = bytes(1000)
    seen = refused(lambda: is_tracing() and limit() == frames and tracemalloc.get_object_traceback(kept) is not None)
    left()
    return [seen, held(program)]
