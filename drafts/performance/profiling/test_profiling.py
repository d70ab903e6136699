"""Hidden suite of performance/profiling: recorded profiles of drawn programs and of a real service; drawn allocations.

Programs are carried out here, by a simulation that records what `cProfile` would, and has the stack, which it has not.
The service is profiled here, too, by `cProfile` itself. Nothing goes inside but the records.
"""

from __future__ import annotations

import cProfile
import gc
import pstats
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import count
from random import Random
from re import compile as pattern
from time import thread_time
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from grader.suite import SubmissionHandle, Unkept, criterion

MICROSECONDS = 1_000_000
COMPREHENSIONS = ("<listcomp>", "<setcomp>", "<dictcomp>")
Label = tuple[str, int, str]
Recorded = list[Any]

# ---- the simulation ---------------------------------------------------------------------------------------------


@dataclass
class Program:
    """Functions `[file, line, name, steps]`; steps are `[what, microseconds or number of a function, times]`."""

    root: str
    functions: list[list[Any]]
    entry: int
    depth: int
    seed: int


@dataclass
class Figures:
    """What `cProfile` counts of a function, or of a pair; times in microseconds."""

    calls: int = 0
    primitive: int = 0
    inline: int = 0
    total: int = 0
    level: int = 0
    begun: int = 0

    def enter(self, now: int) -> None:
        self.calls += 1
        self.level += 1
        if self.level == 1:
            self.primitive += 1
            self.begun = now

    def leave(self, now: int) -> None:
        self.level -= 1
        if self.level == 0:
            self.total += now - self.begun


class Run:
    """Carries out a program: what is recorded, and what is right, by the stack."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.figures: defaultdict[Label, Figures] = defaultdict(Figures)
        self.pairs: defaultdict[Label, defaultdict[Label, Figures]] = defaultdict(lambda: defaultdict(Figures))
        self.own: Counter[Label] = Counter()
        self.callers: defaultdict[Label, Counter[Label | None]] = defaultdict(Counter)
        self.now = 0
        self.stack: list[Label] = []
        self._call(program.entry, program.depth)

    def is_yours(self, label: Label) -> bool:
        return label[0].startswith(self.program.root + "/") and label[2] not in COMPREHENSIONS

    def _principal(self) -> Label | None:
        return next((label for label in reversed(self.stack) if self.is_yours(label)), None)

    def _call(self, number: int, depth: int) -> None:
        file, line, name, steps = self.program.functions[number]
        label = file, line, name
        figures = [self.figures[label], *[self.pairs[label][caller] for caller in self.stack[-1:]]]
        if self.is_yours(label):
            self.callers[label][self._principal()] += 1
            self.own[label] += 0
        for counted in figures:
            counted.enter(self.now)
        self.stack.append(label)
        for what, value, times in steps:
            if what == "work":
                self._work(value, figures)
            elif what == "call" or depth > 0:
                for _ in range(times):
                    self._call(value, depth - (what == "deeper"))
        self.stack.pop()
        for counted in figures:
            counted.leave(self.now)

    def _work(self, microseconds: int, figures: list[Figures]) -> None:
        self.now += microseconds
        for counted in figures:
            counted.inline += microseconds
        if (principal := self._principal()) is not None:
            self.own[principal] += microseconds

    def recorded(self) -> Recorded:
        """What `pstats` has of it, in any order."""
        rows = []
        for label, figures in self.figures.items():
            times = [figures.inline / MICROSECONDS, figures.total / MICROSECONDS]
            pairs = [
                [caller, [pair.calls, pair.primitive, pair.inline / MICROSECONDS, pair.total / MICROSECONDS]]
                for caller, pair in self.pairs[label].items()
            ]
            rows.append([label, [figures.primitive, figures.calls, *times], pairs])
        Random(self.program.seed).shuffle(rows)
        return rows


# ---- what the submission says -----------------------------------------------------------------------------------


def in_microseconds(seconds: Any) -> Any:
    value = seconds.value
    return round(value * MICROSECONDS) if type(value) in (int, float) else value


def integer(number: Any) -> Any:
    """An integer, or what is said in its place."""
    return number.value if type(number.value) is int else repr(number.value)


def key_of(function: Any) -> Any:
    """A function, or None, as it can be looked up."""
    value = function.value
    is_key = type(value) is tuple and all(type(part) in (str, int) for part in value)
    return value if value is None or is_key else repr(value)


def by_label(hotspots: Any) -> dict[Any, dict[str, Any]]:
    """The costs of the functions that have a hotspot."""
    found: dict[Any, dict[str, Any]] = {}
    for row in hotspots:
        label = key_of(row[0])
        if label in found:
            raise Unkept(f"{label} has two hotspots")
        callers = {key_of(caller[0]): integer(caller[1]) for caller in row[4]}
        own, cumulative = in_microseconds(row[2]), in_microseconds(row[3])
        found[label] = {"calls": integer(row[1]), "own": own, "cumulative": cumulative, "callers": callers}
    return found


def agree(submission: SubmissionHandle, program: Program, *fields: str, alone: bool = False) -> None:
    """The hotspots of your functions are right, as far as these fields go; if alone, there are no others."""
    run = Run(program)
    found = by_label(submission.call("read", run.recorded(), program.root))
    told = [label for label in found if alone or label in run.own]
    assert sorted(told, key=str) == sorted(run.own, key=str), "the functions that have a hotspot"
    for label, own in run.own.items():
        calls, cumulative = run.figures[label].calls, run.figures[label].total
        right = {"calls": calls, "own": own, "cumulative": cumulative, "callers": dict(run.callers[label])}
        for name in fields:
            assert found[label][name] == right[name], f"`{name}` of {label[2]}"


# ---- what programs are drawn from -------------------------------------------------------------------------------

WORDS = ["total", "load", "parse", "check", "price", "render", "merge", "find"]
LIBRARY = "/usr/lib/python3.11/"


@dataclass
class Draft:
    """A program that is being written: functions before those that call them."""

    draw: st.DrawFn
    functions: list[list[Any]] = field(default_factory=list)
    root: str = ""
    line: int = 0

    def __post_init__(self) -> None:
        self.root = f"/srv/{self.word()}.{self.number(100, 999)}"
        self.line = self.number(1, 90)

    def number(self, low: int, high: int) -> int:
        return self.draw(st.integers(low, high))

    def word(self) -> str:
        return self.draw(st.sampled_from(WORDS))

    def one_of(self, *kinds: str) -> str:
        return self.draw(st.sampled_from(kinds))

    def work(self) -> list[Any]:
        return ["work", self.number(1, 4_000_000), 1]

    def call(self, number: int) -> list[Any]:
        return ["call", number, self.number(1, 3)]

    def yours(self, *steps: list[Any], name: str = "", file: str = "") -> int:
        """Write a function below the root."""
        return self.function(*steps, name=name, file=file or self.root + self.one_of("/a.py", "/deep/b.py"))

    def foreign(self, *steps: list[Any]) -> int:
        """Write a function of a library."""
        return self.function(*steps, file=LIBRARY + self.one_of("json.py", "re.py", "copy.py"))

    def built_in(self, *steps: list[Any]) -> int:
        """Write a function in C."""
        name = f"<built-in method builtins.{self.word()}_{len(self.functions)}>"
        return self.function(*steps, file="~", name=name, line=0)

    def comprehension(self, *steps: list[Any], file: str = "", kind: str = "") -> int:
        """Write a comprehension, of yours if nothing else is said."""
        return self.function(*steps, file=file or self.root + "/a.py", name=kind or self.one_of(*COMPREHENSIONS))

    def function(self, *steps: list[Any], file: str, name: str = "", line: int | None = None) -> int:
        self.line += self.number(1, 90)
        name = name or f"{self.word()}_{len(self.functions)}"
        self.functions.append([file, self.line if line is None else line, name, [*steps]])
        return len(self.functions) - 1

    def add(self, number: int, *steps: list[Any]) -> None:
        self.functions[number][3] += steps

    def program(self, entry: int, depth: int = 0) -> Program:
        return Program(self.root, self.functions, entry, depth, self.number(0, 2**40))


def lookalikes(root: str) -> list[str]:
    """Files that are not below a folder, though their paths look like it."""
    others = f"{root}ping/c.py", f"{root}.py", f"/venv{root}/d.py", f"{root.upper()}/e.py"
    return [*others, f"{root.replace('.', '_')}/f.py"]


def drawn(write: Callable[[Draft], Any]) -> st.SearchStrategy[Any]:
    """What this function writes."""

    @st.composite
    def written(draw: st.DrawFn) -> Any:
        return write(Draft(draw))

    return written()


def layers(draft: Draft) -> Program:
    """Leaves, functions that call two of them, and one that calls all of these."""

    def both(first: int, second: int) -> list[list[Any]]:
        return [draft.call(first), draft.work(), draft.call(second)]

    leaves = [draft.yours(draft.work()) for _ in range(3)]
    middle = [draft.yours(draft.work(), *both(leaves[n], leaves[n + 1])) for n in range(2)]
    return draft.program(draft.yours(draft.work(), *both(*middle), draft.call(leaves[0]), draft.work()))


def recursion(draft: Draft) -> Program:
    """A function that calls itself, and two that call each other; all from one function, which does so, too."""
    alone = draft.yours(draft.work())
    draft.add(alone, ["deeper", alone, draft.number(1, 2)], draft.work())
    first, second = draft.yours(draft.work()), draft.yours(draft.work())
    draft.add(first, ["deeper", second, draft.number(1, 2)], draft.work())
    draft.add(second, ["deeper", first, 1], ["deeper", alone, 1])
    entry = draft.yours(draft.work(), draft.call(alone), draft.call(first), draft.call(second))
    draft.add(entry, ["deeper", entry, 1])
    return draft.program(entry, draft.number(2, 4))


def pure(draft: Draft) -> list[int]:
    """Foreign functions that call each other, recursively, too, and nothing of yours."""
    inner = draft.built_in(draft.work())
    low = draft.foreign(draft.work(), draft.call(inner))
    inline = draft.comprehension(draft.call(low), file=LIBRARY + "re.py")
    high = draft.foreign(draft.work(), draft.call(low), ["call", inline, 1])
    loop, back = draft.foreign(draft.work()), draft.foreign(draft.work())
    draft.add(loop, ["deeper", back, draft.number(1, 2)], draft.call(low))
    draft.add(back, ["deeper", loop, 1], draft.call(inner))
    return [inner, low, high, loop, back]


def shared(draft: Draft) -> Program:
    """Three functions of yours that use the same libraries, more and less."""
    library = pure(draft)

    def some() -> list[list[Any]]:
        return [draft.call(number) for number in draft.draw(st.permutations(library))[:4]]

    users = [draft.yours(*some(), draft.work()) for _ in range(3)]
    calls = [["deeper", user, 1] for user in users] + [draft.call(user) for user in users]
    return draft.program(draft.yours(draft.work(), *calls, *some()), draft.number(2, 3))


def callbacks(draft: Draft, depth: int) -> list[int]:
    """Two functions of yours that call each a chain of foreign ones, which call back what others call, too."""
    library, leaf = pure(draft), draft.yours(draft.work())
    users = []
    for number in range(2):
        back = draft.comprehension(draft.work(), draft.call(leaf), file=LIBRARY + "copy.py")
        low = draft.foreign(draft.work(), ["call", back, 1], draft.call(leaf), ["call", library[number], 1])
        high = draft.built_in(draft.work(), ["call", low, 1], ["call", library[draft.number(2, 4)], 1])
        for _ in range(12):
            high = draft.foreign(draft.work(), ["call", high, 1])
        user = draft.yours(draft.work(), draft.call(high), draft.call(library[0]), draft.call(leaf))
        if number == 0:
            draft.add(low, ["deeper", high, 1])
        elif depth:
            draft.add(low, ["deeper", user, 1])
        users.append(user)
    return users


def calling_back(draft: Draft) -> Program:
    """Foreign functions that call back, each working for one of yours; recursively, too."""
    users = callbacks(draft, depth=1)
    return draft.program(draft.yours(draft.work(), *[draft.call(user) for user in users]), draft.number(1, 2))


def driven(draft: Draft) -> Program:
    """What ran is foreign: it works, uses libraries and calls yours, directly and through others."""
    users, library = callbacks(draft, depth=0), pure(draft)
    known = draft.yours(draft.work())
    draft.add(users[0], draft.call(library[0]), draft.call(library[1]), draft.call(known))
    helper = draft.foreign(draft.work(), draft.call(users[0]), draft.call(library[2]))
    steps = [draft.call(number) for number in (*users, known, helper, library[0], library[1])]
    entry = draft.foreign(draft.work(), *draft.draw(st.permutations(steps)))
    return draft.program(entry, 1)


def comprehending(draft: Draft) -> Program:
    """Functions with comprehensions: that call yours, libraries, both, or other comprehensions."""
    library = pure(draft)
    leaf = draft.yours(draft.work(), draft.call(library[0]))
    users = []
    for kind in draft.draw(st.permutations(COMPREHENSIONS)):
        mixed = draft.comprehension(draft.work(), draft.call(leaf), draft.call(library[1]), kind=kind)
        working = draft.comprehension(draft.work(), draft.call(library[0]), kind=kind)
        outer = draft.comprehension(draft.work(), draft.call(draft.comprehension(draft.call(leaf), kind=kind)))
        steps = [draft.call(number) for number in (mixed, working, outer, leaf)]
        users.append(draft.yours(draft.work(), *draft.draw(st.permutations(steps))))
    return draft.program(draft.yours(draft.work(), *[draft.call(user) for user in users]), 1)


def neighbours(draft: Draft) -> Program:
    """Functions of all kinds, below the folder and in places whose names look alike, one of which drives the others."""
    draft.root = root = draft.root + "?"
    inside = ["a.py", "deep/er/b.py", "script", "env/lib/python3.11/site-packages/c.py", "../d.py"]
    outside = [*lookalikes(root), f"{root[:-1]}x/g.py", "<string>"]
    names = draft.draw(st.permutations(["<genexpr>", "<lambda>", "<module>", "Shop", "load", "total", "listcomp"]))
    files = [f"{root}/{file}" for file in inside] + outside
    functions = [draft.function(draft.work(), file=file, name=names[n % 7]) for n, file in enumerate(files)]
    order = draft.draw(st.permutations(functions))
    return draft.program(draft.yours(draft.work(), *[draft.call(number) for number in order]))


def coincidences(draft: Draft) -> Program:
    """Eight functions, two of which have in common their file, their line or their name, or two of these."""
    files, lines, names = ["/a.py", "/b.py"], [draft.line, draft.line + 1], [draft.word(), "<lambda>"]
    labels = [(draft.root + file, line, name) for file in files for line in lines for name in names]
    functions = [
        draft.function(draft.work(), file=file, line=line, name=name)
        for file, line, name in draft.draw(st.permutations(labels))
    ]
    for caller, callee in zip(functions[1:], functions, strict=False):
        draft.add(caller, draft.call(callee))
    return draft.program(functions[-1])


def wide(draft: Draft) -> Program:
    """A function that calls 300 others."""
    functions = [draft.yours(["work", n, 1], name="f", file=f"{draft.root}/f{n}.py") for n in range(300)]
    return draft.program(draft.yours(*[["call", number, 1] for number in functions]))


# ---- places -----------------------------------------------------------------------------------------------------


@criterion("places", weight=2, hint="Inline and total seconds, at the function itself.")
@given(programs=st.tuples(drawn(layers), drawn(recursion)))
def test_times_are_right(submission: SubmissionHandle, programs: tuple[Program, ...]) -> None:
    """The own and the cumulative time of functions that need no libraries are right, recursive ones included."""
    for program in programs:
        agree(submission, program, "own", "cumulative")


@criterion("places", weight=3, hint="The total of the pair of your function and a library's is yours.")
@given(program=drawn(shared))
def test_libraries_work_for_their_callers(submission: SubmissionHandle, program: Program) -> None:
    """The time of foreign functions belongs to those of yours that called for them, each its part."""
    agree(submission, program, "own", "cumulative", alone=True)


@criterion("places", weight=4, hint="What a library does is its caller's; what it calls back is not: take it off.")
@given(program=drawn(calling_back))
def test_called_back_functions_work_for_themselves(submission: SubmissionHandle, program: Program) -> None:
    """What foreign functions do besides calling back is the work of the one of yours that called them."""
    agree(submission, program, "own")


@criterion("places", weight=2, hint="Work that none of yours called for must not end up with whoever uses the library.")
@given(program=drawn(driven))
def test_work_for_nobody_is_left_out(submission: SubmissionHandle, program: Program) -> None:
    """Foreign work that nothing of yours called for is nobody's."""
    agree(submission, program, "own")


@criterion("places", weight=2, hint="In Python 3.11, a comprehension is a function of its own: whom does it work for?")
@given(program=drawn(comprehending))
def test_comprehensions_work_for_their_functions(submission: SubmissionHandle, program: Program) -> None:
    """No comprehension has a hotspot: its time is that of the function that contains it."""
    agree(submission, program, "own", alone=True)


@criterion("places", hint="A folder's name ends where the next `/` is; a function's name does not matter.")
@given(program=drawn(neighbours))
def test_the_root_is_a_folder(submission: SubmissionHandle, program: Program) -> None:
    """Yours is what is below the root, and nothing whose path only looks like it."""
    agree(submission, program, alone=True)


@criterion("places", hint="Only file, line and name together tell which function it is.")
@given(program=drawn(coincidences))
def test_functions_are_told_apart(submission: SubmissionHandle, program: Program) -> None:
    """Functions that have two of file, line and name in common are different ones."""
    agree(submission, program, "own", alone=True)


@criterion("places", hint="What costs most is read first; and all is told.")
@given(program=drawn(wide))
def test_the_most_expensive_is_first(submission: SubmissionHandle, program: Program) -> None:
    """Hotspots are in the order of their own time, the highest first, however many there are."""
    run = Run(program)
    times = [in_microseconds(row[2]) for row in submission.call("read", run.recorded(), program.root)]
    assert times == sorted(run.own.values(), reverse=True), "`own` of all functions, in order"


# ---- callers ----------------------------------------------------------------------------------------------------


@criterion("callers", weight=2, hint="A function counts its primitive calls first, a pair counts them second.")
@given(programs=st.tuples(drawn(layers), drawn(recursion)))
def test_callers_are_counted(submission: SubmissionHandle, programs: tuple[Program, ...]) -> None:
    """The callers of a function, itself included, have each their number of calls; None has the rest."""
    for program in programs:
        agree(submission, program, "calls", "callers")


@criterion("callers", weight=3, hint="Go up from a foreign caller until you meet a function of yours, or nobody.")
@given(programs=st.tuples(drawn(calling_back), drawn(driven)))
def test_callers_are_found_behind_libraries(submission: SubmissionHandle, programs: tuple[Program, ...]) -> None:
    """A call through foreign functions came from the function of yours behind them, or from None."""
    for program in programs:
        agree(submission, program, "calls", "callers")


@criterion("callers", weight=2, hint="Who calls from a comprehension?")
@given(program=drawn(comprehending))
def test_comprehensions_are_no_callers(submission: SubmissionHandle, program: Program) -> None:
    """A call from a comprehension came from the function that contains it."""
    agree(submission, program, "calls", "callers")


# ---- the service ------------------------------------------------------------------------------------------------
# Each part is given the shop and whether it is slow. What is slow takes some 20 ms, everything else at most 2 ms. What
# calls back, `sort` included, has one user: otherwise nobody could know whom it works for.


class Shop:
    """What the service works with."""

    def __init__(self, rng: Random) -> None:
        self.orders = [{"number": n, "total": rng.random()} for n in range(80)]
        self.names = [f"name {rng.randrange(10**9)}" for _ in range(2000)]
        self.base = sqlite3.connect(":memory:")
        self.base.execute("create table item (number integer, name text)")
        self.base.executemany("insert into item values (?, ?)", enumerate(self.names))


NUMBERS = count(1)


def distinct(shop: Shop, slow: bool) -> int:
    seen: Any = [] if slow else set()
    for name in shop.names:
        if name not in seen:
            (seen.append if slow else seen.add)(name)
    return len(seen)


def catalogue(shop: Shop, slow: bool) -> Any:
    return [deepcopy(shop.orders) for _ in range(20)] if slow else shop.orders


def search(shop: Shop, slow: bool) -> int:
    found, matches = pattern("name [0-9]+"), 0
    for name in shop.names[:80]:
        if slow:
            found = pattern(f"name ([0-9]+|{next(NUMBERS)})")
        matches += found.match(name) is not None
    return matches


def find(shop: Shop, number: int) -> Any:
    return shop.base.execute("select name from item where number = ?", [number]).fetchone()


def listing(shop: Shop, slow: bool) -> Any:
    return [find(shop, number) for number in range(300 if slow else 3)]


def rank(name: str) -> int:
    return sum(map(ord, name * 20))


def ranking(shop: Shop, slow: bool) -> Any:
    ranked: list[str] = []
    for name in shop.names[: 80 if slow else 5]:
        ranked.append(name)
        ranked.sort(key=rank)
    return ranked


def ways(number: int) -> int:
    return 1 if number < 2 else ways(number - 1) + ways(number - 2)


def bundles(_shop: Shop, slow: bool) -> int:
    return ways(20 if slow else 5)


def pages(names: list[str], slow: bool) -> Any:
    for start in range(0, len(names), 2 if slow else 400):
        yield [name for name in names[start : start + 400] if name]


def browse(shop: Shop, slow: bool) -> int:
    shown = 0
    for page in pages(shop.names, slow):
        shown += len(page)
    return shown


def serve(shop: Shop, slow: list[str]) -> None:
    for part in PARTS:
        part(shop, part.__name__ in slow)
    find(shop, 1)


PARTS = (distinct, catalogue, search, listing, ranking, bundles, browse)
SERVICE = (*PARTS, find, rank, ways, pages, serve)
HOT = {"listing": "find", "ranking": "rank", "bundles": "ways", "browse": "pages"}
"""The function that is slow, where it is not the part itself."""


@dataclass
class Service:
    """A service whose functions have drawn places."""

    rng: Random

    def __post_init__(self) -> None:
        self.root = f"/srv/{self.rng.choice(WORDS)}{self.rng.randrange(10**6)}"
        lines = sorted(self.rng.sample(range(1, 3000), len(SERVICE)))
        self.labels: dict[Label, Label] = {}
        self.names: dict[Label, str] = {}
        for function, line in zip(SERVICE, lines, strict=True):
            label = f"{self.root}/{self.rng.choice(WORDS)}.py", line, f"f{self.rng.randrange(10**9)}"
            self.names[label] = function.__name__
            self.labels[label_of(function)] = label

    def recorded(self, slow: list[str]) -> Recorded:
        """A profile of the service, by the time of this thread, if these parts are slow."""
        profiler = cProfile.Profile(thread_time)
        shop = Shop(self.rng)
        gc.disable()  # a collection would be charged to whatever part it comes in
        try:
            profiler.runcall(serve, shop, slow)
        finally:
            gc.enable()
            shop.base.close()
        stats: Any = pstats.Stats(profiler)
        return [
            [self._moved(label), numbers, [[self._moved(caller), pair] for caller, pair in callers.items()]]
            for label, (*numbers, callers) in stats.stats.items()
        ]

    def _moved(self, label: Label) -> Label:
        """The place of a function, or of a comprehension of one, in the service; that of a library's is as it is."""
        file, line, name = label
        elsewhere = (f"{self.root}/shop.py", line, name) if file == label_of(serve)[0] else label
        return self.labels.get(label, elsewhere)

    def ask(self, submission: SubmissionHandle, slow: list[str]) -> list[tuple[str, list[tuple[str, Any]]]]:
        """The hotspots and their callers, by name, if these parts are slow."""

        def name(function: Any) -> str:
            return self.names.get(key_of(function), str(function))

        hotspots = submission.call("read", self.recorded(slow), self.root)
        return [(name(row[0]), [(name(caller[0]), caller[1]) for caller in row[4]]) for row in hotspots]


def label_of(function: Any) -> Label:
    code = function.__code__
    return code.co_filename, code.co_firstlineno, code.co_name


@criterion(
    "places", weight=6, hint="Look at the first three hotspots of a service of your own: could you change these?"
)
def test_the_slow_places_are_named(submission: SubmissionHandle, rng: Random) -> None:
    """Whichever three parts of the service are slow: they are the first three hotspots."""
    parts = rng.sample([part.__name__ for part in PARTS], len(PARTS))
    for start in (0, 3, 4):
        slow = parts[start : start + 3]
        found = [part for part, _ in Service(rng).ask(submission, slow)[:3]]
        assert sorted(found) == sorted(HOT.get(part, part) for part in slow), f"slow are {', '.join(slow)}"


@criterion("callers", weight=2, hint="A query in a loop is slow because of who calls it.")
def test_who_makes_them_slow_is_named(submission: SubmissionHandle, rng: Random) -> None:
    """Of a slow place that several call, the one that calls it most often is told."""
    slow = ["listing", "ranking", "browse"]
    callers = dict(Service(rng).ask(submission, slow))
    for part in slow:
        most = sorted(callers.get(HOT[part], []), key=lambda caller: caller[1])[-1:]
        assert [caller for caller, _ in most] == [part], f"who calls {HOT[part]} most often"


# ---- memory -----------------------------------------------------------------------------------------------------

OBJECT = 33
"""Bytes of a bytes object beside its contents."""
Holding = list[Any]
"""A program that holds memory: `[root, functions, entry, depth]`, a function `[file, line, steps]`."""


@dataclass
class Held:
    """What a program holds, by line; and the most that it had at one time."""

    program: Holding
    sizes: Counter[tuple[str, int]] = field(default_factory=Counter)
    blocks: Counter[tuple[str, int]] = field(default_factory=Counter)
    now: int = 0
    peak: int = 0

    def __post_init__(self) -> None:
        _, _, entry, depth = self.program
        self._call(entry, depth, None)

    def _call(self, number: int, depth: int, line: tuple[str, int] | None) -> None:
        root, functions, _, _ = self.program
        file, own, steps = functions[number]
        line = (file, own) if file.startswith(root + "/") else line
        for what, value, times in steps:
            if what == "pass":
                self.peak = max(self.peak, self.now + value + OBJECT)
            elif what in ("hold", "list") or (what == "bottom" and depth == 0):
                self.now += times * (value + OBJECT)
                self.peak = max(self.peak, self.now)
                if line is not None:
                    self.sizes[line] += times * (value + OBJECT)
                    self.blocks[line] += times
            elif what == "call" or (what == "deeper" and depth > 0):
                for _ in range(times):
                    self._call(value, depth - (what == "deeper"), line)


def near(found: Any, right: int, slack: int = 0) -> bool:
    return type(found) is int and abs(found - right) <= right / 10 + slack


def agree_on_lines(lines: Any, program: Holding) -> None:
    """The lines of at least 10,000 bytes are right."""
    right = Held(program)
    found = {(row[0].value, row[1].value): (row[2].value, row[3].value) for row in lines if row[2] >= 10_000}
    assert sorted(found, key=str) == sorted(right.sizes, key=str), "the lines that hold 10,000 bytes or more"
    for line, (size, blocks) in found.items():
        assert near(size, right.sizes[line]), f"{line} has {size} bytes, right are {right.sizes[line]}"
        assert near(blocks, right.blocks[line], 3), f"{line} has {blocks} blocks, right are {right.blocks[line]}"


def agree_on_peak(peak: Any, program: Holding) -> None:
    right = Held(program).peak
    assert near(peak.value, right), f"`peak` is {peak.value}, right are {right} bytes"


def holding(draft: Draft, entry: int, depth: int = 0) -> Holding:
    return [draft.root, [[file, line, steps] for file, line, _, steps in draft.functions], entry, depth]


def hold(draft: Draft, *kinds: str) -> list[Any]:
    return [draft.one_of("hold", *kinds), draft.number(1000, 5000), draft.number(20, 60)]


def holders(draft: Draft) -> Holding:
    """Twelve functions of yours that hold memory, and call each other."""
    leaves = [draft.yours(hold(draft, "list")) for _ in range(9)]
    middle = [draft.yours(draft.call(leaf), hold(draft, "list")) for leaf in leaves[:2]]
    entry = draft.yours(*[draft.call(number) for number in (*middle, *leaves[2:])], hold(draft))
    return holding(draft, entry)


def borrowers(draft: Draft) -> Holding:
    """Foreign functions, up to 40 deep, that allocate for yours; and for nobody; some look as if they were yours."""
    flat = draft.foreign(hold(draft))
    deep = draft.foreign()
    draft.add(deep, ["deeper", deep, 1], ["bottom", *hold(draft)[1:]])
    users = [draft.yours(draft.call(flat)), draft.yours(draft.call(flat)), draft.yours(["call", deep, 1])]
    above = draft.yours(*[draft.call(user) for user in users])
    others = [draft.function(hold(draft), file=file) for file in lookalikes(draft.root)]
    entry = draft.foreign(["call", above, 1], draft.call(flat), *[["call", other, 1] for other in others])
    return holding(draft, entry, 39)


def passers(draft: Draft) -> Holding:
    """Functions that hold little, and allocate much for a moment; the most at any moment, not only at the end."""
    large = [["pass", draft.number(10**5, 10**6), 1] for _ in range(4)]
    copier = draft.foreign(large[0], hold(draft))
    users = [draft.yours(hold(draft), large[1], draft.call(copier)), draft.yours(large[2], hold(draft))]
    return holding(draft, draft.yours(*[draft.call(user) for user in draft.draw(st.permutations(users))], large[3]))


@criterion("memory", weight=2, hint="Take the snapshot while the result is still there.")
@given(program=drawn(holders))
def test_held_memory_is_told_by_line(submission: SubmissionHandle, program: Holding) -> None:
    """Each line of yours has the bytes and blocks that it allocated and that are still held; the largest is first."""
    lines = submission.call("held", program)[1]
    agree_on_lines(lines, program)
    sizes = [line[2] for line in lines]
    assert sizes == sorted(sizes, reverse=True), "sizes, in order"


@criterion("memory", weight=2, hint="How many frames does `tracemalloc` keep, and at which end is the innermost one?")
@given(program=drawn(borrowers))
def test_foreign_allocations_have_your_lines(submission: SubmissionHandle, program: Holding) -> None:
    """What foreign code allocates belongs to the innermost line of yours; what has none is left out."""
    agree_on_lines(submission.call("held", program)[1], program)


@criterion("memory", weight=2, hint="`tracemalloc.get_traced_memory` knows the peak.")
@given(program=drawn(passers))
def test_the_peak_shows_what_is_gone(submission: SubmissionHandle, program: Holding) -> None:
    """`peak` is the most that was allocated at one time, within 10 %, whoever did so."""
    agree_on_peak(submission.call("held", program)[0], program)


# ---- alone ------------------------------------------------------------------------------------------------------

ERRORS = ["failure", "halt", "interrupt", "exit", "stop"]


def agree_with_itself(figures: Any, submission: SubmissionHandle, program: Holding) -> None:
    """A measurement says what one says that nothing came before: whether that is right is asked elsewhere."""
    (peak, lines), (alone, plain_lines, _) = figures, submission.call("held", program)
    found, plain = ([(row[0].value, row[1].value) for row in rows if row[2] >= 10_000] for rows in (lines, plain_lines))
    assert found, "the lines that hold 10,000 bytes or more"
    assert sorted(found, key=str) == sorted(plain, key=str), "these lines, without what came before"
    is_same = type(alone.value) is int and near(peak.value, alone.value, 20_000)
    assert is_same, f"`peak` is {peak.value}, and {alone.value} without what came before"


@criterion("alone", weight=2, hint="`try: ... finally:`; and nothing catches.")
@given(errors=st.permutations(ERRORS), program=drawn(holders))
def test_errors_come_out(submission: SubmissionHandle, errors: list[str], program: Holding) -> None:
    """What the call raises comes out as it is, and afterwards nothing is traced any more."""
    answer = submission.call("after_errors", errors, program)
    assert answer[0] == [[True, False]] * len(errors), (
        "whether the error came out unchanged, and whether tracing was on"
    )
    agree_with_itself((answer[1][0], answer[1][1]), submission, program)


@criterion("alone", hint="Return the object that came, and switch off what you switched on.")
@given(program=drawn(holders))
def test_results_come_out(submission: SubmissionHandle, program: Holding) -> None:
    """The call runs once, `result` is what it returned, and afterwards nothing is traced any more."""
    answer = submission.call("after_results", program)
    found = [answer[0][2].value, answer[2][2].value]
    assert found == [[True, 1]] * 2, "whether `result` is the call's, and how often it ran"
    assert [answer[1].value, answer[3].value] == [False, False], "whether tracing was left on"


@criterion("alone", weight=2, hint="Ask `tracemalloc.is_tracing()` first.")
@given(program=drawn(passers))
def test_nested_measurements_are_refused(submission: SubmissionHandle, program: Holding) -> None:
    """A measurement inside another one raises Busy and calls nothing; the outer one goes on and is right."""
    seen, peak, lines, tracing = submission.call("nested", program)
    assert seen == [[True, 0, True]] * 2, "whether it was Busy, how often it called, whether the outer one went on"
    assert not tracing.value, "whether tracing was left on"
    agree_with_itself((peak, lines), submission, program)


@criterion("alone", weight=2, hint="Others trace, too: `tracemalloc.is_tracing()` knows, no variable of yours does.")
@given(frames=st.integers(2, 9), program=drawn(holders))
def test_others_are_not_disturbed(submission: SubmissionHandle, frames: int, program: Holding) -> None:
    """While somebody else traces, a measurement raises Busy and calls nothing; the other one goes on."""
    answer = submission.call("beside_others", frames, program)
    assert answer[0] == [True, 0, True], "whether it was Busy, how often it called, whether the other one goes on"
    agree_with_itself((answer[1][0], answer[1][1]), submission, program)


# ---- proof ------------------------------------------------------------------------------------------------------


def edits(draft: Draft) -> tuple[Program, Program]:
    """A program, and what an edit has made of it: other lines, other costs, functions gone, new, split and the same."""
    library = [draft.foreign(draft.work()) for _ in range(6)]
    times = [draft.number(1, 4) for _ in range(4)]
    file, twin, microseconds = draft.root + "/a.py", f"{draft.word()}_twin", draft.number(1, 4)
    same = draft.yours(draft.work(), *[draft.call(number) for number in library])
    idle, gone = draft.yours(), draft.yours(draft.work())
    slow, fast = draft.yours(draft.work()), draft.yours(draft.work())
    twins = [draft.yours(draft.work(), name=twin, file=file) for _ in range(2)]
    others = [draft.yours(draft.work(), name=twin, file=draft.root + "/other.py") for _ in range(2)]
    tiny = draft.yours(["work", microseconds, 1])
    callees = [same, idle, gone, slow, fast, *twins, *others, tiny]
    before = [1, times[0], 1, times[1] + 4, 1, times[2], times[3] + 1, 1, 2, 1]
    after = [1, times[0] + 1, 0, times[1], 3, times[2] + 2, times[3], 2, 2, 1]
    start = draft.yours(draft.work(), *[["call", *pair] for pair in zip(callees, before, strict=True)])
    shift = draft.number(1, 500)
    edited = [[file, line + shift, name, steps] for file, line, name, steps in draft.functions]
    edited[tiny][3] = [["work", 2 * microseconds, 1]]
    calls = [["call", *pair] for pair in zip(callees, after, strict=True)]
    edited[start][3] = [draft.work(), *calls, ["call", len(edited), draft.number(1, 3)]]
    edited.append([draft.root + "/new.py", shift, "added", [draft.work()]])
    return draft.program(start), Program(draft.root, edited, start, 0, draft.number(0, 2**40))


def costs_by_name(program: Program) -> dict[tuple[str, str], tuple[int, int]]:
    """Calls and microseconds of your functions of each name."""
    run = Run(program)
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for label, own in run.own.items():
        file, _, name = label
        before = found.get((file, name), (0, 0))
        found[file, name] = before[0] + run.figures[label].calls, before[1] + own
    return found


@criterion("proof", hint="Lines move when code is edited; file and name stay. Sums of floats are rounded.")
@given(edit=drawn(edits))
def test_changes_are_told(submission: SubmissionHandle, edit: tuple[Program, Program]) -> None:
    """Each function that costs more or less than before has its change, in the order of what was saved."""
    before, after = (costs_by_name(program) for program in edit)
    changes = submission.call("compared", *[Run(program).recorded() for program in edit], edit[0].root)
    found = [(row[0].value, row[1].value, row[2].value, in_microseconds(row[3])) for row in changes]
    right = []
    for key in before.keys() | after.keys():
        (calls, own), (now_calls, now_own) = before.get(key, (0, 0)), after.get(key, (0, 0))
        if (now_calls, now_own) != (calls, own):
            right.append((*key, now_calls - calls, now_own - own))
    assert sorted(row[:2] for row in found) == sorted(row[:2] for row in right), "the functions that have a change"
    assert sorted(found) == sorted(right), "file, name, calls and microseconds of the changes"
    assert [row[3] for row in found] == sorted(row[3] for row in right), "the changes of `own`, in order"
