"""Hidden suite of performance/profiling: drawn programs on a clock of their own against a model; and a real service.

A program is `[root, functions, entry, depth]`, a function `[file, line, name, kind, steps]`, a step `[what, ticks or
number of a function, times]`. The model has the stack that cProfile does not record.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from grader.suite import SubmissionHandle, Unkept, criterion

TICKS = 512
Program = list[Any]
Place = tuple[str, int, str]

# ---- the model --------------------------------------------------------------------------------------------------


@dataclass
class Cost:
    """What a function costs, in ticks."""

    calls: int = 0
    own: float = 0
    cumulative: float = 0
    callers: Counter[Place | None] = field(default_factory=Counter)
    open_calls: int = 0
    begun: float = 0


class Model:
    """Carries out a program, with a stack."""

    def __init__(self, program: Program) -> None:
        self.root, self.functions, entry, depth = program
        self.costs: defaultdict[Place, Cost] = defaultdict(Cost)
        self.now: float = 0
        self.stack: list[Place] = []
        self._call(entry, depth)

    def _is_yours(self, place: Place) -> bool:
        return place[0].startswith(self.root + "/")

    def _principal(self) -> Place | None:
        return next((place for place in reversed(self.stack) if self._is_yours(place)), None)

    def _enter(self, number: int) -> None:
        file, line, name, _, _ = self.functions[number]
        place = file, line, name
        if self._is_yours(place):
            cost = self.costs[place]
            cost.calls += 1
            cost.callers[self._principal()] += 1
            cost.open_calls += 1
            if cost.open_calls == 1:
                cost.begun = self.now
        self.stack.append(place)

    def _leave(self) -> None:
        place = self.stack.pop()
        if self._is_yours(place):
            cost = self.costs[place]
            cost.open_calls -= 1
            if cost.open_calls == 0:
                cost.cumulative += self.now - cost.begun

    def _spend(self, ticks: float) -> None:
        self.now += ticks
        if (principal := self._principal()) is not None:
            self.costs[principal].own += ticks

    def _call(self, number: int, depth: int) -> None:
        self._enter(number)
        for step in self.functions[number][4]:
            self._step(step, depth)
        self._leave()

    def _resumed(self, number: int, depth: int) -> Iterator[None]:
        self._enter(number)
        for step in self.functions[number][4]:
            if step[0] == "yield":
                self._leave()
                yield
                self._enter(number)
            else:
                self._step(step, depth)
        self._leave()

    def _step(self, step: list[Any], depth: int) -> None:
        what, value, times = step
        match what:
            case "work" | "built-in":
                self._spend(value)
            case "two":
                for _ in "ab":
                    self._spend(3 * TICKS)
                    self._call(value, depth)
            case "loop" | "drain":
                for _ in self._resumed(value, depth):
                    self._spend(times if what == "loop" else 0)
            case "deeper" if depth > 0:
                for _ in range(times):
                    self._call(value, depth - 1)
            case "call" | "list" | "set" | "dict" | "nest" | "map":
                for _ in range(times):
                    self._call(value, depth)


# ---- what the submission says -----------------------------------------------------------------------------------

EVERYTHING = ("calls", "own", "cumulative", "callers")


def in_ticks(seconds: Any) -> Any:
    value = seconds.value
    return round(value * TICKS, 3) if type(value) in (int, float) else value


def key_of(function: Any) -> Any:
    """A function, or None, as it can be looked up."""
    value = function.value
    is_key = type(value) is tuple and all(type(part) in (str, int) for part in value)
    return value if value is None or is_key else repr(value)


def by_place(hotspots: Any) -> dict[Any, dict[str, Any]]:
    """The costs of the functions that a profile names."""
    found: dict[Any, dict[str, Any]] = {}
    for row in hotspots:
        place = key_of(row[0])
        if place in found:
            raise Unkept(f"{place} has two hotspots")
        callers = {key_of(caller[0]): caller[1].value for caller in row[4]}
        own, cumulative = in_ticks(row[2]), in_ticks(row[3])
        found[place] = {"calls": row[1].value, "own": own, "cumulative": cumulative, "callers": callers}
    return found


def agree(hotspots: Any, program: Program, *fields: str, alone: bool = False) -> None:
    """The hotspots of your functions are the model's, as far as these fields go; if alone, there are no others."""
    found, model = by_place(hotspots), Model(program)
    told = [place for place in found if alone or place in model.costs]
    assert sorted(told, key=str) == sorted(model.costs, key=str), "the functions that have a hotspot"
    for place, cost in model.costs.items():
        right = {"calls": cost.calls, "own": cost.own, "cumulative": cost.cumulative, "callers": dict(cost.callers)}
        for name in fields:
            assert found[place][name] == right[name], f"`{name}` of {place[2]}"


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
        return ["work", self.number(1, 4000), 1]

    def call(self, number: int, *kinds: str) -> list[Any]:
        return [self.one_of(*kinds) if kinds else "call", number, self.number(1, 3)]

    def yours(self, *steps: list[Any], name: str = "", file: str = "", kind: str = "function") -> int:
        """Write a function below the root."""
        return self.function(
            [*steps], name=name, kind=kind, file=file or self.root + self.one_of("/a.py", "/deep/b.py")
        )

    def foreign(self, *steps: list[Any]) -> int:
        """Write a function of a library."""
        return self.function([*steps], file=LIBRARY + self.one_of("json.py", "re.py", "copy.py"))

    def function(self, steps: list[Any], *, file: str, name: str = "", kind: str = "function") -> int:
        self.line += self.number(50, 90)  # no two comprehensions share a line
        name = name or f"{self.word()}_{len(self.functions)}"
        self.functions.append([file, self.line, name, kind, steps])
        return len(self.functions) - 1

    def add(self, number: int, *steps: list[Any]) -> None:
        self.functions[number][4] += steps

    def program(self, entry: int, depth: int = 0) -> Program:
        return [self.root, self.functions, entry, depth]


def lookalikes(root: str) -> list[str]:
    """Files that are not below a folder, though their paths look like it."""
    others = f"{root}ping/c.py", f"{root}.py", f"/venv{root}/d.py", f"{root.upper()}/e.py"
    return [*others, f"{root.replace('.', '_')}/f.py"]


def drawn(write: Callable[[Draft], Program]) -> st.SearchStrategy[Program]:
    """Programs that this function writes."""

    @st.composite
    def written(draw: st.DrawFn) -> Program:
        return write(Draft(draw))

    return written()


def layers(draft: Draft, *kinds: str, name: Callable[[], str] = str, file: Callable[[], str] = str) -> Program:
    """Leaves, functions that call two of them, and one that calls all of these; by such steps."""

    def yours(*steps: list[Any]) -> int:
        return draft.yours(*steps, name=name(), file=file())

    def both(first: int, second: int) -> list[list[Any]]:
        return [draft.call(first, *kinds), draft.work(), draft.call(second, *kinds)]

    leaves = [yours(draft.work()) for _ in range(3)]
    middle = [yours(draft.work(), *both(leaves[n], leaves[n + 1])) for n in range(2)]
    return draft.program(yours(draft.work(), *both(*middle), draft.call(leaves[0], *kinds), draft.work()))


# ---- times ------------------------------------------------------------------------------------------------------


@criterion("times", hint="`inlinetime` and `totaltime` of an entry.")
@given(program=drawn(layers))
def test_times_are_right(submission: SubmissionHandle, program: Program) -> None:
    """Calls, own and cumulative time of each function are right."""
    hotspots = submission.call("timed", program)[1]
    agree(hotspots, program, "calls", "own", "cumulative")
    counts = [count.value for row in hotspots for count in (row[1], *[caller[1] for caller in row[4]])]
    assert {type(count) for count in counts} == {int}, "the types of all numbers of calls"


def recursion(draft: Draft) -> Program:
    """A function that calls itself, and two that call each other; all from one function."""
    alone = draft.yours(draft.work())
    draft.add(alone, ["deeper", alone, draft.number(1, 2)], draft.work())
    first, second = draft.yours(draft.work()), draft.yours(draft.work())
    draft.add(first, ["deeper", second, draft.number(1, 2)], draft.work())
    draft.add(second, ["deeper", first, 1], ["deeper", alone, 1])
    entry = draft.yours(draft.work(), draft.call(alone), draft.call(first), draft.call(second))
    return draft.program(entry, draft.number(2, 4))


@criterion(
    "times", weight=2, hint="What a call costs that is inside another one of the same function is in there already."
)
@given(program=drawn(recursion))
def test_recursion_counts_once(submission: SubmissionHandle, program: Program) -> None:
    """Recursive calls are counted, and add nothing to `cumulative`."""
    agree(submission.call("timed", program)[1], program, "calls", "own", "cumulative")


def generators(draft: Draft) -> Program:
    """Generators that work, call functions and exhaust other generators, in loops and in built-ins."""

    def generator(*steps: list[Any]) -> int:
        return draft.yours(*steps, kind="generator")

    stop = ["yield", 0, 0]
    leaf = draft.yours(draft.work())
    inner = generator(draft.work(), stop, draft.work(), stop, draft.call(leaf))
    outer = generator(draft.work(), stop, ["drain", inner, 1], stop, stop, draft.work())
    steps = [["loop", inner, draft.number(1, 99)], ["loop", outer, draft.number(1, 99)], ["drain", outer, 1]]
    user = draft.yours(draft.work(), ["drain", inner, 1])
    return draft.program(draft.yours(draft.work(), *draft.draw(st.permutations(steps)), draft.call(user)))


@criterion("times", hint="A generator works when it is resumed, and only then.")
@given(program=drawn(generators))
def test_generators_work_when_resumed(submission: SubmissionHandle, program: Program) -> None:
    """Each resumption is a call of the generator; what happens in between is no work of it."""
    agree(submission.call("timed", program)[1], program, "calls", "own", "cumulative")


def built_ins(draft: Draft) -> Program:
    """Functions that let built-ins work, and call back."""
    program = layers(draft, "map", "call")
    for function in program[1]:
        for _ in range(draft.number(1, 2)):
            function[4].insert(draft.number(0, 1), ["built-in", draft.number(1, 4000), 1])
    return program


@criterion("times", weight=2, hint="`Profile(builtins=False)` leaves the time of built-ins where it belongs.")
@given(program=drawn(built_ins))
def test_built_ins_are_their_callers(submission: SubmissionHandle, program: Program) -> None:
    """A built-in's time is its caller's; what it calls back works for itself."""
    agree(submission.call("timed", program)[1], program, "calls", "own", "cumulative")


def methods(draft: Draft) -> Program:
    """Methods, lambdas, generator expressions and the body of a module, all of them on one line."""
    inner = ["{}.{}", "{}.<locals>.{}", "{}.<locals>.<lambda>", "{}.<locals>.<genexpr>"]
    kinds = [*inner, "{}.<locals>.<listcomp>.<lambda>", "<module>"]
    names = iter(draft.draw(st.permutations(kinds)))
    file = draft.root + "/a.py"
    program = layers(draft, name=lambda: next(names).format(draft.word().title(), draft.word()), file=lambda: file)
    for function in program[1]:
        function[1] = draft.line
    return program


@criterion("times", hint="`co_name` is the same for the methods of two classes.")
@given(program=drawn(methods))
def test_functions_have_their_names(submission: SubmissionHandle, program: Program) -> None:
    """A function is told with its file, its first line and its qualified name."""
    agree(submission.call("timed", program)[1], program, "calls")


# ---- places -----------------------------------------------------------------------------------------------------


def pure(draft: Draft) -> list[int]:
    """Functions of libraries that call each other, recursively, too, and nothing of yours."""
    low = draft.foreign(draft.work())
    high = draft.foreign(draft.work(), draft.call(low), draft.work())
    loop, back = draft.foreign(draft.work()), draft.foreign(draft.work())
    draft.add(loop, ["deeper", back, draft.number(1, 2)], draft.call(low))
    draft.add(back, ["deeper", loop, 1], draft.call(low))
    return [low, high, loop, back]


def shared(draft: Draft) -> Program:
    """Three functions of yours that use the same libraries, more and less."""
    library = pure(draft)

    def some() -> list[list[Any]]:
        return [draft.call(number, "call", "map") for number in draft.draw(st.permutations(library))[:3]]

    users = [draft.yours(*some(), draft.work()) for _ in range(3)]
    entry = draft.yours(draft.work(), *[draft.call(user) for user in users], *some())
    return draft.program(entry, draft.number(1, 3))


@criterion("places", weight=3, hint="The time of the edge from your function to a library's is yours.")
@given(program=drawn(shared))
def test_libraries_work_for_their_callers(submission: SubmissionHandle, program: Program) -> None:
    """The time of foreign functions belongs to those of yours that called for them, each its part."""
    agree(submission.call("timed", program)[1], program, "own", alone=True)


def callbacks(draft: Draft, owners: int = 2, depth: int = 0) -> list[int]:
    """Functions of yours that call each a chain of foreign ones, which call back what others call, too."""
    library, leaf = pure(draft), draft.yours(draft.work())
    found = []
    for _ in range(owners):
        low = draft.foreign(
            draft.work(), draft.call(leaf, "call", "map"), draft.call(draft.draw(st.sampled_from(library)))
        )
        high = draft.foreign(draft.work(), draft.call(low), draft.work())
        for _ in range(5):
            high = draft.foreign(draft.work(), ["call", high, 1])
        start = draft.call(high, "call", "map", "list")
        user = draft.yours(draft.work(), start, draft.call(library[0]), draft.call(leaf))
        if draft.draw(st.booleans()):
            draft.add(low, ["deeper", high, 1])
        elif depth:
            draft.add(low, ["deeper", user, 1])
        found.append(user)
    return found


def calling_back(draft: Draft) -> Program:
    """Foreign functions that call back, each working for one of yours; recursively, too."""
    users = callbacks(draft, depth=1)
    return draft.program(draft.yours(draft.work(), *[draft.call(user) for user in users]), draft.number(1, 2))


@criterion("places", hint="What costs most is read first.")
@given(program=drawn(shared))
def test_the_most_expensive_is_first(submission: SubmissionHandle, program: Program) -> None:
    """Hotspots are in the order of their own time, the highest first."""
    times = [in_ticks(row[2]) for row in submission.call("timed", program)[1]]
    assert times == sorted(times, reverse=True), "`own`, in order"


@criterion("places", weight=2, hint="What a library does is its caller's; what it calls back is not: take it off.")
@given(program=drawn(calling_back))
def test_called_back_functions_work_for_themselves(submission: SubmissionHandle, program: Program) -> None:
    """What foreign functions do besides calling back is the work of the one of yours that called them."""
    agree(submission.call("timed", program)[1], program, "own")


@criterion("places", weight=2, hint="Go up from a foreign caller until you meet a function of yours.")
@given(program=drawn(calling_back))
def test_callers_are_found_behind_libraries(submission: SubmissionHandle, program: Program) -> None:
    """A call through foreign functions came from the function of yours behind them."""
    agree(submission.call("timed", program)[1], program, "callers")


@criterion("times", hint="What calls back is between the call and the return as well.")
@given(program=drawn(calling_back))
def test_times_are_right_behind_libraries(submission: SubmissionHandle, program: Program) -> None:
    """`calls` and `cumulative` are right, whoever called, and whoever worked."""
    agree(submission.call("timed", program)[1], program, "calls", "cumulative")


@criterion("places", hint="What no edge accounts for came from outside: None.")
@given(programs=st.tuples(drawn(layers), drawn(recursion), drawn(generators)))
def test_callers_are_counted(submission: SubmissionHandle, programs: tuple[Program, ...]) -> None:
    """The callers of a function, itself included, have each their number of calls; None has the rest."""
    for program in programs:
        agree(submission.call("timed", program)[1], program, "callers")
    agree(submission.call("direct", programs[0]), programs[0], "callers")


def driven(draft: Draft) -> Program:
    """The measured call is foreign: it works, uses libraries and calls yours, directly and through others."""
    users, library = callbacks(draft), pure(draft)
    draft.add(users[0], draft.call(library[0]), draft.call(library[1]))
    helper = draft.foreign(draft.work(), draft.call(users[0]))
    steps = [
        draft.call(users[0]),
        draft.call(users[1]),
        draft.call(helper),
        draft.call(library[0]),
        draft.call(library[1]),
    ]
    entry = draft.foreign(draft.work(), *draft.draw(st.permutations(steps)))
    return draft.program(entry, 1)


@criterion("places", hint="Work that none of yours called for must not end up with whoever uses the same library.")
@given(program=drawn(driven))
def test_work_for_nobody_is_left_out(submission: SubmissionHandle, program: Program) -> None:
    """Foreign work that nothing of yours called for is nobody's, and calls from there are None's."""
    agree(submission.call("timed", program)[1], program, "own", "callers")


@criterion("times", hint="Read the clock before and after the call.")
@given(program=drawn(driven))
def test_seconds_are_the_whole(submission: SubmissionHandle, program: Program) -> None:
    """`seconds` is the time of the whole call, whoever worked in it."""
    assert in_ticks(submission.call("timed", program)[0]) == Model(program).now, "`seconds`"


@criterion("times", hint="Read the clock before anything is evaluated; and tell everything.")
def test_many_functions_are_told(submission: SubmissionHandle) -> None:
    """`seconds` ends with the call, and a profile has as many hotspots as functions ran."""
    seconds, took, hotspots = (answer.value for answer in submission.call("wide", 2001))
    assert hotspots == 2000, "the number of hotspots"
    assert took / 2 <= seconds <= 2 * took + 0.005, f"`seconds` of a call that took {took} s"


def comprehending(draft: Draft) -> Program:
    """Functions that call from comprehensions, and have two of these on one line; several have one name."""
    names = iter(draft.draw(st.permutations(["<module>", "Shop", "load", "load", "total", "total"])))
    file = draft.root + "/a.py"
    program = layers(draft, "list", "set", "dict", "nest", name=lambda: next(names), file=lambda: file)
    for function in program[1]:
        if len(function[4]) > 1:
            function[4].append(["two", 0, 1])
    return program


@criterion("places", weight=2, hint="In Python 3.11, a comprehension is a function of its own: who calls it?")
@given(program=drawn(comprehending))
def test_comprehensions_are_part_of_their_functions(submission: SubmissionHandle, program: Program) -> None:
    """No comprehension has a hotspot or is a caller: the function that contains it is."""
    agree(submission.call("timed", program)[1], program, "calls", "own", "callers", alone=True)


def neighbours(draft: Draft) -> Program:
    """Six functions, all with one line and name, in files below the folder and in places whose names look alike."""
    draft.root = root = draft.root + "?"
    inside = ["a.py", "deep/er/b.py", "script", "env/lib/python3.11/site-packages/c.py", "../d.py"]
    outside = [*lookalikes(root), f"{root[:-1]}x/g.py", "<string>"]
    files = draft.draw(st.permutations([f"{root}/{file}" for file in inside]))[:3]
    files += draft.draw(st.permutations(outside))[:3]
    places = iter(draft.draw(st.permutations(files)))
    program = layers(draft, name=lambda: "total", file=lambda: next(places))
    for function in program[1]:
        function[1] = draft.line
    return program


@criterion("places", hint="A folder's name ends where the next `/` is.")
@given(program=drawn(neighbours))
def test_the_root_is_a_folder(submission: SubmissionHandle, program: Program) -> None:
    """Yours is what is below the root, and nothing whose path only looks like it."""
    agree(submission.call("timed", program)[1], program, alone=True)


PARTS = ("distinct", "catalogue", "search", "listing", "export", "ranking", "bundles", "browse", "spread", "report")
OTHERS = ("wait", "detail", "find", "rank", "ways", "pages", "serve")
HOT = {"listing": "find", "ranking": "rank", "bundles": "ways", "browse": "pages"}
"""The function that is slow, where it is not the part itself."""


@dataclass
class Service:
    """A service whose functions have drawn places."""

    rng: Random

    def __post_init__(self) -> None:
        self.root = f"/srv/{self.rng.choice(WORDS)}{self.rng.randrange(10**6)}"
        lines = iter(sorted(self.rng.sample(range(1, 3000), len(PARTS + OTHERS))))
        self.places = {
            part: (f"{self.root}/{self.rng.choice(WORDS)}.py", next(lines), f"f{self.rng.randrange(10**9)}")
            for part in PARTS + OTHERS
        }

    def ask(self, submission: SubmissionHandle, slow: list[str]) -> Any:
        """The hotspots, by name of the part, if these parts are slow."""
        numbers = [PARTS.index(part) for part in slow]
        found = submission.call("served", [[self.root], *self.places.values()], numbers, self.rng.getrandbits(40))
        parts = {place: part for part, place in self.places.items()}

        def part(function: Any) -> str:
            return parts.get(key_of(function), str(function))

        return [(part(row[0]), [(part(caller[0]), caller[1]) for caller in row[4]]) for row in found]


@criterion(
    "places", weight=6, hint="Look at the first three hotspots of a service of your own: could you change these?"
)
def test_the_slow_places_are_named(submission: SubmissionHandle, rng: Random) -> None:
    """Whichever three parts of the service are slow: they are the first three hotspots."""
    parts = rng.sample(PARTS, len(PARTS))
    for start in (0, 3, 6, 7):
        slow = parts[start : start + 3]
        found = [part for part, _ in Service(rng).ask(submission, slow)[:3]]
        assert sorted(found) == sorted(HOT.get(part, part) for part in slow), f"slow are {', '.join(slow)}"


@criterion("places", weight=2, hint="A query in a loop is slow because of who calls it.")
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


@dataclass
class Memory:
    """What a program holds, by line; and the most that it had at one time."""

    program: Program
    sizes: Counter[tuple[str, int]] = field(default_factory=Counter)
    blocks: Counter[tuple[str, int]] = field(default_factory=Counter)
    now: int = 0
    peak: int = 0

    def __post_init__(self) -> None:
        _, _, entry, depth = self.program
        self._call(entry, depth, None)

    def _call(self, number: int, depth: int, line: tuple[str, int] | None) -> None:
        root, functions, _, _ = self.program
        file, own, _, _, steps = functions[number]
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


def agree_on_lines(lines: Any, program: Program) -> None:
    """The lines of at least 10,000 bytes are the model's."""
    model = Memory(program)
    found = {(row[0].value, row[1].value): (row[2].value, row[3].value) for row in lines if row[2] >= 10_000}
    assert sorted(found, key=str) == sorted(model.sizes, key=str), "the lines that hold 10,000 bytes or more"
    for line, (size, blocks) in found.items():
        assert near(size, model.sizes[line]), f"{line} has {size} bytes, right are {model.sizes[line]}"
        assert near(blocks, model.blocks[line], 3), f"{line} has {blocks} blocks, right are {model.blocks[line]}"


def hold(draft: Draft, *kinds: str) -> list[Any]:
    return [draft.one_of("hold", *kinds), draft.number(1000, 5000), draft.number(20, 60)]


def holders(draft: Draft) -> Program:
    """Twelve functions of yours that hold memory, and call each other."""
    leaves = [draft.yours(hold(draft, "list")) for _ in range(9)]
    middle = [draft.yours(draft.call(leaf), hold(draft, "list")) for leaf in leaves[:2]]
    return draft.program(draft.yours(*[draft.call(number) for number in (*middle, *leaves[2:])], hold(draft)))


@criterion("memory", weight=2, hint="Take the snapshot while the result is still there.")
@given(program=drawn(holders))
def test_held_memory_is_told_by_line(submission: SubmissionHandle, program: Program) -> None:
    """Each line of yours has the bytes and blocks that it allocated and that are still held; the largest is first."""
    lines = submission.call("held", program)[1]
    agree_on_lines(lines, program)
    sizes = [line[2] for line in lines]
    assert sizes == sorted(sizes, reverse=True), "sizes, in order"


def borrowers(draft: Draft) -> Program:
    """Foreign functions, up to 40 deep, that allocate for yours; and for nobody; some look as if they were yours."""
    flat = draft.foreign(hold(draft))
    deep = draft.foreign()
    draft.add(deep, ["deeper", deep, 1], ["bottom", *hold(draft)[1:]])
    users = [draft.yours(draft.call(flat)), draft.yours(draft.call(flat)), draft.yours(["call", deep, 1])]
    above = draft.yours(*[draft.call(user) for user in users])
    others = [draft.function([hold(draft)], file=file) for file in lookalikes(draft.root)]
    entry = draft.foreign(["call", above, 1], draft.call(flat), *[["call", other, 1] for other in others])
    return draft.program(entry, 39)


@criterion("memory", weight=2, hint="How many frames does `tracemalloc` keep, and at which end is the innermost one?")
@given(program=drawn(borrowers))
def test_foreign_allocations_have_your_lines(submission: SubmissionHandle, program: Program) -> None:
    """What foreign code allocates belongs to the innermost line of yours; what has none is left out."""
    agree_on_lines(submission.call("held", program)[1], program)


def passers(draft: Draft) -> Program:
    """Functions that hold little, and allocate much for a moment; the most at any moment, not only at the end."""
    large = [["pass", draft.number(10**5, 10**6), 1] for _ in range(4)]
    copier = draft.foreign(large[0], hold(draft))
    users = [draft.yours(hold(draft), large[1], draft.call(copier)), draft.yours(large[2], hold(draft))]
    return draft.program(draft.yours(*[draft.call(user) for user in draft.draw(st.permutations(users))], large[3]))


@criterion("memory", weight=2, hint="`get_traced_memory` knows the peak; ask before anything else allocates.")
@given(program=drawn(passers))
def test_the_peak_shows_what_is_gone(submission: SubmissionHandle, program: Program) -> None:
    """`peak` is the most that was allocated at one time, within 10 %, whoever did so."""
    peak = submission.call("held", program)[0].value
    right = Memory(program).peak
    assert near(peak, right), f"`peak` is {peak}, right are {right} bytes"


# ---- alone ------------------------------------------------------------------------------------------------------

OFF = [False, False]
HOWS = ["profile", "memory"]


@st.composite
def failures(draw: st.DrawFn) -> list[tuple[str, str]]:
    errors = [(how, error) for how in HOWS for error in ("failure", "halt", "interrupt", "exit", "stop")]
    return draw(st.permutations(errors))[:6] + [("profile", "failure"), ("memory", "failure")]


@criterion("alone", weight=2, hint="`try: ... finally:`, or `runcall`; and nothing else catches.")
@given(errors=failures(), program=drawn(layers))
def test_errors_come_out(submission: SubmissionHandle, errors: list[tuple[str, str]], program: Program) -> None:
    """What the call raises comes out as it is, and afterwards nothing measures any more."""
    answer = submission.call("after_errors", errors, program)
    assert answer[0] == [[True, OFF]] * len(errors), "whether the error came out unchanged, and what was left on"
    agree(answer[1][1], program, "calls")


@criterion("alone", hint="Return the object that came, and switch off what you switched on.")
@given(first=drawn(layers), second=drawn(holders))
def test_results_come_out(submission: SubmissionHandle, first: Program, second: Program) -> None:
    """The call runs once, `result` is what it returned, and afterwards nothing measures any more."""
    answer = submission.call("after_results", first, second)
    found = [answer[0][2].value, answer[2][2].value]
    assert found == [[True, 1]] * 2, "whether `result` is the call's, and how often it ran"
    assert [answer[1].value, answer[3].value] == [OFF, OFF], "what was left on"
    agree(answer[0][1], first, "calls")


def acting(draft: Draft) -> Program:
    """A program with other measurements in its course."""
    program = layers(draft)
    entry = program[1][program[2]][4]
    for how in HOWS:
        entry.insert(draft.number(0, len(entry)), ["act", how, 1])
    return program


@criterion("alone", weight=2, hint="Ask `sys.getprofile()` and `tracemalloc.is_tracing()` first.")
@given(timed=drawn(acting), held=drawn(passers), inner=st.permutations(HOWS))
def test_nested_measurements_are_refused(
    submission: SubmissionHandle, timed: Program, held: Program, inner: list[str]
) -> None:
    """A measurement inside another one raises Busy and calls nothing; the outer one goes on and is right."""
    refused = [[True, 0, True]] * 2
    answer = submission.call("nested", "profile", inner, timed)
    assert answer[0] == refused, "in a profile: whether it was Busy, how often it called, whether the outer one was on"
    agree(answer[1], timed, "calls")
    answer = submission.call("nested", "memory", inner, held)
    assert answer[0] == refused, (
        "in a measurement of memory: whether it was Busy, how often it called, whether it was on"
    )
    files = [str(row[0].value) for row in answer[1][1]]
    assert any(file.startswith(held[0]) for file in files), "the files that hold memory, below the root"
    peak, right = answer[1][0].value, Memory(held).peak
    assert near(peak, right), f"`peak` of the outer one is {peak}, right are {right} bytes"


@criterion("alone", hint="`sys.gettrace` is a debugger's or coverage's.")
@given(program=drawn(layers), holder=drawn(holders))
def test_debuggers_do_not_matter(submission: SubmissionHandle, program: Program, holder: Program) -> None:
    """A trace is no profiler: measurements work while a debugger traces."""
    hotspots, lines = submission.call("traced", program, holder)
    agree(hotspots, program, "calls")
    agree_on_lines(lines, holder)


@criterion("alone", weight=2, hint="Others profile, too: what is active says `sys.getprofile()`, no variable of yours.")
@given(
    others=st.permutations(["cProfile", "a function", "tracemalloc"]), hows=st.permutations(HOWS), program=drawn(layers)
)
def test_others_are_not_disturbed(
    submission: SubmissionHandle, others: list[str], hows: list[str], program: Program
) -> None:
    """While somebody else profiles or traces, a measurement raises Busy and calls nothing; the other goes on."""
    for other in others:
        answer = submission.call("beside_others", other, hows, program)
        meaning = f"beside {other}: whether it was Busy, how often it called, whether the other goes on"
        assert answer[0] == [[True, 0, True]] * 2, meaning
        agree(answer[1][1], program, "calls")


# ---- proof ------------------------------------------------------------------------------------------------------


@st.composite
def edits(draw: st.DrawFn) -> tuple[Program, Program]:
    """A program, and what an edit has made of it: other lines, other costs, functions gone, new, split and the same."""
    draft = Draft(draw)
    ticks, times = draft.number(1, 4000), [draft.number(1, 4) for _ in range(4)]
    twin, tiny_ticks = f"{draft.word()}_twin", draft.number(1, 4) / 1000
    file = draft.root + "/a.py"
    same, idle, gone = draft.yours(draft.work()), draft.yours(), draft.yours(draft.work())
    slow, fast = draft.yours(draft.work()), draft.yours(draft.work())
    twins = [draft.yours(["work", ticks, 1], name=f"One.{twin}", file=file) for _ in range(2)]
    others = [draft.yours(draft.work(), name=f"Other.{twin}", file=file) for _ in range(2)]
    tiny = draft.yours(["work", tiny_ticks, 1])
    callees = [same, idle, gone, slow, fast, *twins, *others, tiny]
    before = [2, times[0], 1, times[1] + 4, 1, times[2], times[3] + 1, 1, 2, 1]
    after = [2, times[0] + 1, 0, times[1], 3, times[2] + 2, times[3], 2, 2, 1]
    start = draft.yours(draft.work(), *[["call", *pair] for pair in zip(callees, before, strict=True)])
    shift = draft.number(1, 500)
    edited = [[file, line + shift, name, kind, steps] for file, line, name, kind, steps in draft.functions]
    added = [draft.root + "/new.py", shift, "added", "function", [draft.work()]]
    edited[tiny] = [*edited[tiny][:4], [["work", 2 * tiny_ticks, 1]]]
    calls = [["call", *pair] for pair in zip(callees, after, strict=True)]
    edited[start] = [*edited[start][:4], [draft.work(), *calls, ["call", len(edited), draft.number(1, 3)]]]
    return draft.program(start), [draft.root, [*edited, added], start, 0]


def costs_by_name(program: Program) -> dict[tuple[str, str], tuple[int, float]]:
    """Calls and ticks of the functions of each name."""
    found: dict[tuple[str, str], tuple[int, float]] = {}
    for (file, _, name), cost in Model(program).costs.items():
        calls, own = found.get((file, name), (0, 0))
        found[file, name] = calls + cost.calls, own + cost.own
    return found


@criterion("proof", hint="Lines move when code is edited; file and name stay.")
@given(edit=edits())
def test_changes_are_told(submission: SubmissionHandle, edit: tuple[Program, Program]) -> None:
    """Each function that costs more or less than before has its change, in the order of what was saved."""
    before, after = (costs_by_name(program) for program in edit)
    changes = submission.call("compared", *edit)
    rows = [(row[0].value, row[1].value, row[2].value, row[3]) for row in changes]
    found = {
        (file, name): (calls, in_ticks(own))
        for file, name, calls, own in rows
        if calls or own.value == 0 or in_ticks(own)
    }
    assert len({row[:2] for row in rows}) == len(rows), "the functions of all changes, which are different"
    right = {}
    for key in before.keys() | after.keys():
        (calls, own), (now_calls, now_own) = before.get(key, (0, 0)), after.get(key, (0, 0))
        if (now_calls, now_own) != (calls, own):
            right[key] = now_calls - calls, round(now_own - own, 3)
    assert sorted(found, key=str) == sorted(right, key=str), "the functions that have a change"
    for key, change in right.items():
        assert found[key] == change, f"calls and ticks of {key[1]}"
    saved = [in_ticks(row[3]) for row in changes]
    assert saved == sorted(saved), "the changes of `own`, in order"
