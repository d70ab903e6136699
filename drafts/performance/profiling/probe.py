"""Runs beside the submission: builds drawn programs, has them measured, and returns what was told of them.

    timed(program) -> [seconds, hotspots]             or how it ended
    direct(program) -> hotspots                        the entry is the measured call itself
    wide(count) -> [seconds, those of the call, hotspots]
    traced(program) -> [hotspots, lines]               while a debugger traces
    compared(program, program) -> changes
    held(program) -> [peak, lines]
    served(places, slow, seed) -> hotspots             a real service, by the default clock
    after_errors, after_results, nested, beside_others  see there

A program is `[root, functions, entry, depth]`; a function `[file, line, name, kind, steps]`, called with a depth. Steps
are `[what, ticks or number of a function, times]`: see `_made` and `_holding`. Functions get their places by new code
objects. Nothing of the program is in the objects that the submission is given.
"""

from __future__ import annotations

import cProfile
import sqlite3
import sys
import tracemalloc
from collections import deque
from collections.abc import Callable
from copy import deepcopy
from functools import lru_cache, partial
from itertools import count, repeat
from json import dumps, loads
from random import Random
from re import compile as pattern
from statistics import pvariance
from sys import settrace
from time import process_time, sleep
from types import CodeType, FunctionType
from typing import Any

from probe_kit import plain
from probe_kit.nameless import nameless

import profiling

TICKS = 512
"""In a second. Multiples of this fraction are exact, and so are their nanoseconds, in which cProfile counts."""


@nameless
class Failure(Exception):
    """What programs raise."""


@nameless
class Halt(BaseException):
    """What programs raise that is no Exception."""


def placed(function: Any, file: str, line: int, name: str) -> Any:
    """Return the function as if it were defined there; its comprehensions, too. `Title` is the body of a class."""

    def moved(code: CodeType, name: str) -> CodeType:
        around = "" if name == "<module>" else f"{name}." if name.istitle() else f"{name}.<locals>."
        parts = (moved(p, f"{around}{p.co_name}") if isinstance(p, CodeType) else p for p in code.co_consts)
        first = line + code.co_firstlineno - function.__code__.co_firstlineno
        kept = code.co_name if code is not function.__code__ and code.co_name[0] == "<" else name.rpartition(".")[2]
        return code.replace(
            co_filename=file, co_firstlineno=first, co_name=kept, co_qualname=name, co_consts=tuple(parts)
        )

    return FunctionType(
        moved(function.__code__, name), function.__globals__, name, function.__defaults__, function.__closure__
    )


def sealed(function: Any) -> Any:
    """Return a callable that shows nothing of the function; it caches nothing."""
    made = lru_cache(maxsize=0)(function)
    vars(made).clear()
    return made


# ---- programs that take time ------------------------------------------------------------------------------------


def _made(steps: list[Any], now: dict[str, float], kind: str) -> Any:
    """A function that carries out the steps; no other Python code runs meanwhile."""

    def function(depth: int) -> None:
        for what, value, times in steps:
            if what == "work":
                now["t"] += value
            elif what == "built-in":
                now.update(t=now["t"] + value)
            elif what == "call":
                for _ in range(times):
                    value(depth)
            elif what == "deeper" and depth > 0:
                for _ in range(times):
                    value(depth - 1)
            elif what == "list":
                [value(depth) for _ in range(times)]
            elif what == "set":
                {value(depth) for _ in range(times)}
            elif what == "dict":
                {number: value(depth) for number in range(times)}
            elif what == "nest":
                [[value(depth) for _ in "a"] for _ in range(times)]
            elif what == "two":
                [now.update(t=now["t"] + 1) or value(depth) for _ in "ab"], [now.update(t=now["t"] + 2) for _ in "ab"]
            elif what == "map":
                deque(map(value, repeat(depth, times)), 0)
            elif what == "loop":
                for _ in value(depth):
                    now["t"] += times / TICKS
            elif what == "drain":
                deque(value(depth), 0)
            elif what == "act":
                value()

    def generator(depth: int) -> Any:
        for what, value, times in steps:
            if what == "work":
                now["t"] += value
            elif what == "call":
                for _ in range(times):
                    value(depth)
            elif what == "yield":
                yield
            elif what == "drain":
                deque(value(depth), 0)

    return generator if kind == "generator" else function


CALLS = frozenset({"call", "deeper", "list", "set", "dict", "nest", "two", "map", "loop", "drain"})


class World:
    """One program, built: the call to measure, and its clock."""

    def __init__(self, program: list[Any], acts: dict[str, Callable[[], Any]] | None = None) -> None:
        self.root, functions, entry, depth = program
        self.now = {"t": 1000.0}
        plans: list[list[Any]] = [[] for _ in functions]
        made = [
            placed(_made(plan, self.now, kind), file, line, name)
            for plan, (file, line, name, kind, _) in zip(plans, functions, strict=True)
        ]
        for plan, (*_, steps) in zip(plans, functions, strict=True):
            for what, value, times in steps:
                given = (acts or {})[value] if what == "act" else made[value] if what in CALLS else value / TICKS
                plan.append((what, given, times))
        self.token = object()
        self.runs: list[int] = []
        self.direct = sealed(partial(made[entry], depth))
        self.call = sealed(partial(_then, made[entry], depth, self.token, self.runs))
        self.clock = nameless(lambda now=self.now: now["t"])

    def profile(self) -> Any:
        return profiling.profile(self.call, root=self.root, clock=self.clock)


def _then(function: Any, depth: int, token: object, runs: list[int]) -> object:
    runs.append(1)
    function(depth)
    return token


def told(measured: Any) -> list[Any]:
    """What a profile says, as plain data."""
    return [
        [
            plain(spot.function),
            plain(spot.calls),
            plain(spot.own),
            plain(spot.cumulative),
            [[plain(caller), plain(calls)] for caller, calls in spot.callers.items()],
        ]
        for spot in measured.hotspots
    ]


def timed(program: list[Any]) -> list[Any]:
    """What a profile of the program says: seconds, hotspots; whether the result is the call's, and how often it ran."""
    world = World(program)
    measured = world.profile()
    return [plain(measured.seconds), told(measured), [measured.result is world.token, len(world.runs)]]


def direct(program: list[Any]) -> list[Any]:
    """Hotspots of a profile whose call is the program's entry, which nobody called."""
    world = World(program)
    return told(profiling.profile(world.direct, root=world.root, clock=world.clock))


def wide(count: int) -> list[Any]:
    """Seconds of a call of so many functions, by the default clock; what these take; and the number of hotspots."""
    functions = [placed(wait_for_nothing, "/srv/wide/a.py", 10 * number, f"f{number}") for number in range(1, count)]
    took: list[float] = []

    def call() -> None:
        start = process_time()
        for function in functions:
            function()
        took.append(process_time() - start)

    measured = profiling.profile(sealed(nameless(call)), root="/srv/wide")
    return [plain(measured.seconds), took[0], len(measured.hotspots)]


def wait_for_nothing() -> None: ...


def traced(program: list[Any], holder: list[Any]) -> list[Any]:
    """Hotspots and lines while a debugger traces, which is no profiler."""
    settrace(nameless(lambda *_: None))
    try:
        return [told(World(program).profile()), held(holder)[1]]
    finally:
        settrace(None)


def compared(before: list[Any], after: list[Any]) -> list[Any]:
    """The changes from one program's profile to the other's, when it is asked again."""
    first, last = World(before).profile(), World(after).profile()
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


def on_one_line(code: CodeType) -> CodeType:
    """Return the code with all of it in its first line, by the table of PEP 657."""
    whole, rest = divmod(len(code.co_code) // 2, 8)
    table = bytes([0xE8 + 7, 0]) * whole + (bytes([0xE8 + rest - 1, 0]) if rest else b"")
    parts = (
        on_one_line(p.replace(co_firstlineno=code.co_firstlineno)) if isinstance(p, CodeType) else p
        for p in code.co_consts
    )
    return code.replace(co_linetable=table, co_consts=tuple(parts))


def holding(program: list[Any], runs: list[int]) -> tuple[Any, str, object]:
    """The call of a program that holds memory, its root, and what the call returns."""
    root, functions, entry, depth = program
    held: deque[bytes] = deque()
    plans: list[list[Any]] = [[] for _ in functions]
    made: list[Any] = [
        placed(_holding(plan, held), file, line, name)
        for plan, (file, line, name, _, _) in zip(plans, functions, strict=True)
    ]
    for plan, (*_, steps) in zip(plans, functions, strict=True):
        plan += [(what, made[value] if what in ("call", "deeper") else value, times) for what, value, times in steps]
    for function in made:
        function.__code__ = on_one_line(function.__code__)
    return sealed(partial(_then, made[entry], depth, held, runs)), root, held


def held(program: list[Any]) -> list[Any]:
    """What a measurement of the program's memory says: peak, lines; as for `timed`, what became of the result."""
    runs: list[int] = []
    call, root, token = holding(program, runs)
    measured = profiling.memory(call, root=root)
    return [plain(measured.peak), lines_of(measured), [measured.result is token, len(runs)]]


def lines_of(measured: Any) -> list[Any]:
    """The lines of a measurement of memory, as plain data."""
    return [[plain(line.file), plain(line.line), plain(line.size), plain(line.blocks)] for line in measured.lines]


# ---- one at a time ----------------------------------------------------------------------------------------------

RAISED = {"failure": Failure, "halt": Halt, "interrupt": KeyboardInterrupt, "exit": SystemExit, "stop": StopIteration}
ACTIVE = (sys.getprofile, tracemalloc.is_tracing, sys.setprofile, tracemalloc.stop, tracemalloc.get_traceback_limit)
getprofile, is_tracing, setprofile, stop, limit = ACTIVE


def left() -> list[Any]:
    """What is still active; then nothing is."""
    found = [getprofile() is not None, is_tracing()]
    setprofile(None)
    stop()
    return found


def measure(how: str, call: Any, root: str) -> Any:
    return (profiling.profile if how == "profile" else profiling.memory)(call, root=root)


def outcome(how: str, call: Any, root: str) -> Any:
    """How a measurement ended: the error itself, or that there was none."""
    try:
        measure(how, call, root)
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


def after_errors(errors: list[list[str]], program: list[Any]) -> list[Any]:
    """For each `[how, error]`: whether it came out unchanged, and what was left active. Then a profile."""
    seen = []
    for how, name in errors:
        error, cause = RAISED[name](name), Failure("cause")
        error.__cause__ = error.__context__ = cause

        def fails(error: BaseException = error) -> None:
            raise error

        fails = nameless(fails)
        leads = nameless(lambda fails=fails: fails())
        ended = outcome(how, sealed(leads), "/srv")
        codes = [leads.__code__, fails.__code__]
        seen.append([same(ended, error, cause, codes) if isinstance(ended, BaseException) else ended, left()])
    return [seen, timed(program)]


def after_results(first: list[Any], second: list[Any]) -> list[Any]:
    """A profile of the first program, the memory of the second one, and what each has left active."""
    return [timed(first), left(), held(second), left()]


def nested(outer: str, inner: list[str], program: list[Any]) -> list[Any]:
    """Measurements in a measurement: whether each was refused, ran its call; and what the outer one says in the end.

    A profile is of the program, which has an act for each inner measurement; otherwise these come last.
    """
    seen: list[Any] = []

    def act(how: str) -> None:
        calls: list[int] = []
        ended = outcome(how, sealed(partial(calls.append, 1)), "/srv")
        active = getprofile() is not None if outer == "profile" else is_tracing()
        seen.append([isinstance(ended, profiling.Busy), len(calls), active])

    acts = {how: sealed(partial(act, how)) for how in inner}
    try:
        if outer == "profile":
            said: Any = told(World(program, acts).profile())
        else:
            call, root, _ = holding(program, [])
            measured = profiling.memory(sealed(partial(_all, [call, *acts.values()])), root=root)
            said = [plain(measured.peak), lines_of(measured)]
    finally:
        found = left()
    return [seen, said, found]


def _all(calls: list[Callable[[], object]]) -> list[object]:
    return [call() for call in calls]


def beside_others(others: str, hows: list[str], program: list[Any]) -> list[Any]:
    """Measurements while somebody else measures: whether each was refused, ran its call; whether the other goes on.

    Then a profile of the program.
    """
    seen: list[Any] = []
    profiler = cProfile.Profile()
    hook = nameless(lambda *_: None)
    for how in hows:
        calls: list[int] = []
        call = sealed(partial(calls.append, 1))
        if others == "cProfile":
            profiler.enable()
        elif others == "a function":
            setprofile(hook)
        else:
            tracemalloc.start(7)
        held = bytes(1000)
        ended = outcome(how, call, "/srv")
        goes_on = {
            "cProfile": getprofile() is profiler,
            "a function": getprofile() is hook,
            "tracemalloc": is_tracing() and limit() == 7 and tracemalloc.get_object_traceback(held) is not None,
        }[others]
        profiler.disable()
        left()
        seen.append([isinstance(ended, profiling.Busy), len(calls), goes_on])
    return [seen, timed(program)]


# ---- a service --------------------------------------------------------------------------------------------------
# Each part is given the shop and whether it is slow. What is slow takes some 20 ms, everything else below 1 ms; waiting
# takes no time of the process. What
# calls back, `sort` included, has one user: otherwise nobody who records built-ins could know whom it works for.


class Shop:
    """What the service works with."""

    def __init__(self, seed: int) -> None:
        draw = Random(seed)
        self.orders = [{"number": n, "name": f"n{draw.randrange(10**6)}", "total": draw.random()} for n in range(60)]
        self.names = [f"name {draw.randrange(10**9)}" for _ in range(1500)]
        self.base = sqlite3.connect(":memory:")
        self.base.execute("create table item (number integer, name text)")
        self.base.executemany("insert into item values (?, ?)", enumerate(self.names))


NUMBERS = count(1)


def distinct(shop: Any, slow: bool) -> int:
    seen: Any = [] if slow else set()
    for name in shop.names:
        if name not in seen:
            (seen.append if slow else seen.add)(name)
    return len(seen)


def catalogue(shop: Any, slow: bool) -> Any:
    return [deepcopy(shop.orders) for _ in range(20)] if slow else shop.orders


def search(shop: Any, slow: bool) -> int:
    found, matches = pattern("name [0-9]+"), 0
    for name in shop.names[:80]:
        if slow:
            found = pattern(f"name ([0-9]+|{next(NUMBERS)})")
        matches += found.match(name) is not None
    return matches


def find(shop: Any, number: int) -> Any:
    return shop.base.execute("select name from item where number = ?", [number]).fetchone()


def listing(shop: Any, slow: bool) -> Any:
    return [find(shop, number) for number in range(300 if slow else 3)]


def detail(shop: Any, slow: bool) -> Any:
    return find(shop, 1), slow


def export(shop: Any, slow: bool) -> Any:
    text = dumps(shop.orders[:3])
    return [loads(dumps(shop.orders)) for _ in range(100)] if slow else text


def rank(name: str) -> int:
    return sum(map(ord, name * 20))


def ranking(shop: Any, slow: bool) -> Any:
    ranked: list[str] = []
    for name in shop.names[: 60 if slow else 5]:
        ranked.append(name)
        ranked.sort(key=rank)
    return ranked


def wait() -> None:
    sleep(0.05)


def ways(number: int) -> int:
    return 1 if number < 2 else ways(number - 1) + ways(number - 2)


def bundles(shop: Any, slow: bool) -> int:
    return ways(20 if slow else 5)


def pages(names: list[str], slow: bool) -> Any:
    for start in range(0, len(names), 1 if slow else 300):
        yield [name for name in names[start : start + 150] if name]


def browse(shop: Any, slow: bool) -> int:
    shown = 0
    for page in pages(shop.names, slow):
        shown += len(page)
    return shown


def spread(shop: Any, slow: bool) -> Any:
    totals = [order["total"] for order in shop.orders]
    return [pvariance(totals) for _ in range(60)] if slow else pvariance(totals[:5])


def report(shop: Any, slow: bool) -> int:
    text = ""
    for name in shop.names * (8 if slow else 1):
        text = f"{name}{text[:40_000]}" if slow else name
    return len(text)


PARTS = (distinct, catalogue, search, listing, export, ranking, bundles, browse, spread, report)
SERVICE = (*PARTS, wait, detail, find, rank, ways, pages)


def serve(shop: Any, parts: Any, slow: Any) -> None:
    for number, part in enumerate(parts):
        part(shop, number in slow)
    wait()
    detail(shop, True)


def served(places: list[list[Any]], slow: list[int], seed: int) -> list[Any]:
    """Hotspots of the service whose parts of these numbers are slow; its functions are at these places."""
    root, *rest = places
    names = dict(globals())
    for function, (file, line, name) in zip((*SERVICE, serve), rest, strict=True):
        moved = placed(function, file, line, name)
        names[function.__name__] = FunctionType(moved.__code__, names, name)
    parts = [names[part.__name__] for part in PARTS]
    call = sealed(partial(names["serve"], Shop(seed), parts, frozenset(slow)))
    return told(profiling.profile(call, root=root[0]))
