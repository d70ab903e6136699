"""Hidden suite: trees, textures and signals against models; sizes and leaks as resident bytes that are read outside."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from grader.suite import SubmissionHandle, alone, criterion, settled

MIB = 1 << 20
FEW, LEAVES, FAMILIES = 11_000, 300_000, 220_000
LEAF_RATIO, FAMILY_RATIO = 1.3, 1.5
ROUNDS = 7
SAMPLES = 20
"""Objects that are looked at once more when they have been weighed."""
SLACK = 1.5
"""MiB by which two designs may differ that both let go of everything."""


# --- models ------------------------------------------------------------------------------------------------------


@dataclass
class Node:
    """A sprite of the model."""

    name: str
    x: float
    y: float
    parent: int | None = None
    children: list[int] = field(default_factory=list)


class World:
    """The sprites of a program, and which of them somebody holds."""

    def __init__(self) -> None:
        self.nodes: dict[int, Node] = {}
        self.held: set[int] = set()

    def run(self, program: list[tuple[Any, ...]]) -> list[Any]:
        """What the probe's `tree` must return."""
        return [self.step(*step) for step in program]

    def step(self, name: str, *arguments: Any) -> Any:
        """What one step must return."""
        sprites = arguments[: 2 if name in ("add", "remove") else 1]
        if name not in ("new", "alive") and not self.held.issuperset(sprites):
            return "gone"
        return getattr(self, f"_{name}")(*arguments)

    def _new(self, number: int, name: str, x: float, y: float) -> str:
        self.nodes[number] = Node(name, x, y)
        self.held.add(number)
        return name

    def _add(self, parent: int, child: int) -> str | None:
        if child in self._upwards(parent):
            return "ValueError"
        former = self.nodes[child].parent
        if former is not None:
            self.nodes[former].children.remove(child)
        self.nodes[parent].children.append(child)
        self.nodes[child].parent = parent
        return None

    def _remove(self, parent: int, child: int) -> str | None:
        if self.nodes[child].parent != parent:
            return "ValueError"
        self.nodes[parent].children.remove(child)
        self.nodes[child].parent = None
        return None

    def _move(self, number: int, x: float, y: float) -> list[float]:
        self.nodes[number].x, self.nodes[number].y = x, y
        return [x, y]

    def _assign(self, number: int, attribute: str, value: object) -> str:
        return "AttributeError"

    def _position(self, number: int) -> list[float]:
        return list(self._point(number))

    def _point(self, number: int) -> tuple[float, float]:
        line = [self.nodes[above] for above in self._upwards(number)]
        return float(sum(node.x for node in line)), float(sum(node.y for node in line))

    def _parent(self, number: int) -> int | None:
        return self.nodes[number].parent

    def _children(self, number: int) -> list[Any]:
        return ["tuple", *self.nodes[number].children]

    def _grab(self, number: int, child: int) -> Any:
        children = self.nodes[number].children
        if child >= len(children):
            return "IndexError"
        self.held.add(children[child])
        return children[child]

    def _drop(self, number: int) -> None:
        self.held.remove(number)
        alive = set(self.alive())
        self.nodes = {number: node for number, node in self.nodes.items() if number in alive}
        for node in self.nodes.values():
            if node.parent not in alive:
                node.parent = None

    def _alive(self) -> list[int]:
        return self.alive()

    def alive(self) -> list[int]:
        """All that can be reached from what is held, in the order of making."""
        found: set[int] = set()
        waiting = list(self.held)
        while waiting:
            number = waiting.pop()
            found.add(number)
            waiting += self.nodes[number].children
        return [number for number in self.nodes if number in found]

    def _upwards(self, number: int | None) -> list[int]:
        line = []
        while number is not None:
            line.append(number)
            number = self.nodes[number].parent
        return line


def textures_of(program: list[tuple[Any, ...]]) -> list[Any]:
    """What the probe's `textures` must return."""
    users: dict[Any, tuple[str, Any, int]] = {}
    loads = 0
    trace: list[Any] = []
    for name, *arguments in program:
        if name == "get":
            user, path, token = arguments
            known = next((entry for entry in users.values() if entry[0] == path), None)
            loads += known is None
            if known is None and token is None:
                trace.append(["refused", path])
            else:
                users[user] = known or (path, token, loads)
                trace.append([*users[user][:2], loads])
        elif name == "drop":
            users.pop(arguments[0], None)
        trace.append(len({path for path, _, _ in users.values()}))
    return trace


class Wires:
    """Receivers, other handlers and the one signal of a program."""

    def __init__(self) -> None:
        self.connected: list[tuple[str, str, int]] = []
        self.made: dict[str, int] = {}
        self.lives: dict[str, bool] = {}
        self.others: dict[tuple[str, str], int] = {}
        self.count = 0

    def run(self, program: list[tuple[Any, ...]]) -> list[Any]:
        """What the probe's `signals` must return."""
        return [getattr(self, name)(*arguments) for name, *arguments in program]

    def _handler(self, kind: str, name: str) -> tuple[str, str, int]:
        self.count += 1
        if kind.startswith("on_"):
            self.lives[name] = True
            return kind, name, self.made.setdefault(name, self.count)
        return kind, name, self.others.setdefault((kind, name), self.count)

    def connect(self, kind: str, name: str) -> int:
        handler = self._handler(kind, name)
        if handler not in self.connected:
            self.connected.append(handler)
        return len(self.connected)

    def disconnect(self, kind: str, name: str) -> Any:
        handler = self._handler(kind, name)
        if handler not in self.connected:
            return "ValueError"
        self.connected.remove(handler)
        return len(self.connected)

    def emit(self, *args: Any) -> list[Any]:
        return [len(self.connected), *([name, kind, *args] for kind, name, _ in self.connected)]

    def drop(self, name: str) -> list[Any]:
        gone = self.made.pop(name, None)
        self.connected = [
            connection
            for connection in self.connected
            if not (connection[0].startswith("on_") and connection[2] == gone)
        ]
        self.others = {key: number for key, number in self.others.items() if key[1] != name}
        if name in self.lives:
            self.lives[name] = False
        return [len(self.connected), [known for known, alive in self.lives.items() if alive]]


# --- draws -------------------------------------------------------------------------------------------------------

SPRITES = 7
numbers = st.integers(0, SPRITES - 1)
quarters = st.integers(-4_000, 4_000).map(lambda count: count / 4)
words = st.text(max_size=6)
values = st.integers(-(10**6), 10**6) | st.integers(-(2**70), 2**70)
kinds = st.sampled_from(["on_change", "on_close", "function", "other"])
people = st.sampled_from("abcd")


def steps(name: str, *arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    """Steps of a program."""
    return st.tuples(st.just(name), *arguments)


@st.composite
def making(draw: st.DrawFn) -> list[tuple[Any, ...]]:
    """The beginning of every program: some sprites."""
    return [("new", number, draw(words), draw(quarters), draw(quarters)) for number in range(SPRITES)]


adds = steps("add", numbers, numbers)
questions = steps("children", numbers) | steps("parent", numbers) | steps("position", numbers)
changes = adds | adds | steps("remove", numbers, numbers) | steps("move", numbers, quarters, quarters)
everything = [(question, number) for number in range(SPRITES) for question in ("children", "parent", "position")]


@st.composite
def lives(draw: st.DrawFn) -> list[tuple[Any, ...]]:
    """Sprites are put into a tree, then let go and taken hold of again, until few are left."""
    program = draw(making())
    world = World()
    world.run(program)

    def do(*step: Any) -> None:
        for step_ in (step, ("alive",)):
            program.append(step_)
            world.step(*step_)

    for number in range(1, SPRITES):
        do("add", draw(st.integers(0, number - 1)), number)
    for _ in range(draw(st.integers(6, 14))):
        one, other = draw(st.sampled_from(sorted(world.held))), draw(st.sampled_from(sorted(world.held)))
        what = draw(st.sampled_from(["drop", "drop", "grab", "remove", "parent"]))
        if what == "drop" and len(world.held) > 1:
            do("drop", one)
        elif what == "remove":
            do("remove", one, other)
        elif what == "grab":
            do("grab", one, draw(st.integers(0, 2)))
        else:
            do("parent", one)
    return program


@st.composite
def used_textures(draw: st.DrawFn) -> list[tuple[Any, ...]]:
    """Textures are got by several users and let go again; the first one is needed twice."""
    first = draw(words)
    paths = st.sampled_from([first, "a", "b"])
    program = [("get", 1, first, draw(values)), ("drop", 1), ("get", 2, first, draw(values))]
    users = st.integers(0, 3)
    return program + draw(st.lists(steps("get", users, paths, values) | steps("drop", users), min_size=5, max_size=25))


@st.composite
def received(draw: st.DrawFn) -> list[tuple[Any, ...]]:
    """Everybody is connected once; then some go, and some come again as others."""
    every = [(kind, name) for kind in ("on_change", "on_close", "function") for name in "abcd"]
    chosen = draw(st.permutations(every))[: draw(st.integers(4, 12))]
    program: list[tuple[Any, ...]] = [("connect", kind, name) for kind, name in chosen]
    program += [("connect", kind, "z") for kind in ("function", "on_close")]
    for name in ["z", *draw(st.lists(people, min_size=1, max_size=4, unique=True))]:
        program += [("emit", draw(values)), ("drop", name), ("emit", draw(values))]
        if draw(st.booleans()):
            program += [("connect", "on_change", name), ("emit", draw(values), draw(values))]
    return program


# --- the scene ---------------------------------------------------------------------------------------------------


def nowhere_added_again(program: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The program, asking where it would add a child to the parent that it has: that is a promise of its own."""
    world, steps = World(), list[tuple[Any, ...]]()
    for step in program:
        added_again = step[0] == "add" and world.nodes[step[2]].parent == step[1]
        steps.append(("children", step[1]) if added_again else step)
        world.step(*steps[-1])
    return steps


@criterion("scene", weight=3, hint="Keep both directions in step: the parent's children and the child's parent.")
@given(
    made=making(), line=st.permutations(range(SPRITES)), program=st.lists(changes | questions, min_size=10, max_size=40)
)
def test_trees(
    submission: SubmissionHandle, made: list[tuple[Any, ...]], line: list[int], program: list[tuple[Any, ...]]
) -> None:
    """Adding, moving and removing sprites leave parents, children and positions as the brief says."""
    top, middle, bottom, other, *_ = line
    opening = [("add", top, middle), ("add", middle, bottom), ("add", bottom, middle), ("add", other, bottom)]
    program = nowhere_added_again([*made, *opening, *everything, *program, *everything])
    assert submission.call("tree", program) == World().run(program)


@criterion("scene", hint="Walk upwards from the new parent: no sprite on the way may become its child.")
@given(made=making(), line=st.permutations(range(SPRITES)), refused=st.tuples(numbers, numbers))
def test_no_circles(
    submission: SubmissionHandle, made: list[tuple[Any, ...]], line: list[int], refused: tuple[int, int]
) -> None:
    """Adding a sprite to itself or to one of its descendants raises ValueError and changes nothing."""
    above, below = sorted(refused)
    program = [*made, *(("add", upper, lower) for upper, lower in zip(line, line[1:], strict=False))]
    program += [("add", line[below], line[above]), *everything, ("add", line[-1], line[1]), *everything]
    assert submission.call("tree", program) == World().run(program)


@criterion("scene", hint="Leave the former parent first, even if it is the new one.")
@given(made=making(), order=st.permutations(range(1, SPRITES)), again=st.integers(1, SPRITES - 1), other=values)
def test_families(
    submission: SubmissionHandle, made: list[tuple[Any, ...]], order: list[int], again: int, other: int
) -> None:
    """Children are in the order of adding; one that is added again, here or elsewhere, leaves its old place."""
    elsewhere = 1 + other % (SPRITES - 1)
    program = [*made, *(("add", 0, child) for child in order), ("add", 0, again), *everything]
    program += [("add", again, elsewhere), *everything, ("remove", 0, again), ("remove", 0, again), *everything]
    assert submission.call("tree", program) == World().run(program)


@criterion("scene", hint="Far down, every ancestor counts.")
@given(made=making(), line=st.permutations(range(SPRITES)), moves=st.lists(st.tuples(numbers, quarters, quarters)))
def test_positions(
    submission: SubmissionHandle, made: list[tuple[Any, ...]], line: list[int], moves: list[tuple[int, float, float]]
) -> None:
    """A position is the tuple of the sums over a sprite and all its ancestors, even after they have moved."""
    program = [*made, *(("add", upper, lower) for upper, lower in zip(line, line[1:], strict=False)), *everything]
    program += [*(("move", *move) for move in moves), *(("point", number) for number in range(SPRITES))]
    assert submission.call("tree", program) == World().run(program)


@criterion("scene", hint="Slots leave no place for other attributes; a property without a setter cannot be assigned.")
@given(
    made=making(),
    number=numbers,
    attributes=st.permutations(["name", "parent", "children", "colour", "z", "visible"]),
    value=values,
)
def test_attributes(
    submission: SubmissionHandle, made: list[tuple[Any, ...]], number: int, attributes: list[str], value: int
) -> None:
    """Only `x` and `y` can be assigned; everything else raises AttributeError."""
    program = [*made, *(("assign", number, attribute, value) for attribute in attributes), ("move", number, 1.5, 2.0)]
    program += [("position", number), ("assign", number, "tags", value)]
    assert submission.call("tree", program) == World().run(program)


# --- textures and signals ----------------------------------------------------------------------------------------


@criterion("services", weight=2, hint="Look first, then load; keep nothing from a load that fails.")
@given(
    first=st.tuples(words, values),
    asked=st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), st.none() | values), max_size=20),
)
def test_textures(submission: SubmissionHandle, first: tuple[str, int], asked: list[tuple[str, int | None]]) -> None:
    """A living texture is shared, not loaded again; what a load raises comes out, and the load may be tried again."""
    path, token = first
    gets = [(path, None), (path, token), (path, None), *asked]
    program = [("get", user, name, value) for user, (name, value) in enumerate(gets)]
    assert submission.call("textures", program) == textures_of(program)


@criterion("services", weight=2, hint="Two bound methods of the same object and function are equal.")
@given(
    first=st.tuples(kinds, people),
    program=st.lists(
        steps("connect", kinds, people)
        | steps("connect", kinds, people)
        | steps("disconnect", kinds, people)
        | steps("emit", values, values),
        min_size=5,
        max_size=30,
    ),
    argument=values,
)
def test_signals(
    submission: SubmissionHandle, first: tuple[str, str], program: list[tuple[Any, ...]], argument: int
) -> None:
    """`emit` calls each connected handler once, in order, and counts them; unknown handlers cannot be disconnected."""
    twice: list[tuple[Any, ...]] = [("connect", *first), ("connect", *first), ("emit",), ("disconnect", "other", "e")]
    program = [*twice, *program, ("emit", argument)]
    assert submission.call("signals", program) == Wires().run(program)


# --- lifetimes ---------------------------------------------------------------------------------------------------


@criterion("lifetimes", weight=3, hint="References that point up are weak; then no collector is needed.")
@given(program=lives())
def test_sprites_that_nobody_holds(submission: SubmissionHandle, program: list[tuple[Any, ...]]) -> None:
    """A sprite lives as long as somebody holds it or one of its ancestors, and is gone at once after that."""
    assert submission.call("tree", program) == World().run(program)


@criterion("lifetimes", hint="Ask the weak reference each time: the parent may have gone.")
@given(made=making(), line=st.permutations(range(SPRITES)), depth=st.integers(1, SPRITES - 1))
def test_a_parent_that_is_gone(
    submission: SubmissionHandle, made: list[tuple[Any, ...]], line: list[int], depth: int
) -> None:
    """A child does not keep its parent alive: when that is freed, `parent` is None, and everything below lives on."""
    program = [*made, *(("add", upper, lower) for upper, lower in zip(line, line[1:], strict=False))]
    program += [("drop", number) for number in line[1:depth]]
    program += [("alive",), ("parent", line[depth]), ("drop", line[0]), ("alive",), ("parent", line[depth])]
    assert submission.call("tree", program) == World().run(program)


@criterion("lifetimes", weight=2, hint="A WeakValueDictionary forgets by itself.")
@given(program=used_textures())
def test_textures_that_nobody_uses(submission: SubmissionHandle, program: list[tuple[Any, ...]]) -> None:
    """A texture is freed when its last user releases it, and whoever asks next gets a new one."""
    assert submission.call("textures", program) == textures_of(program)


@criterion("lifetimes", weight=2, hint="`weakref.ref(obj.method)` is dead at once; `weakref.WeakMethod` is not.")
@given(program=received())
def test_receivers_that_are_gone(submission: SubmissionHandle, program: list[tuple[Any, ...]]) -> None:
    """A signal does not keep the objects of bound methods alive and forgets them; other handlers stay."""
    assert submission.call("signals", program) == Wires().run(program)


# --- what the probe's workloads answer ---------------------------------------------------------------------------


class Sprites:
    """The names, xs and ys of the sprites that the probe makes from a seed."""

    def __init__(self, seed: int) -> None:
        draw = random.Random(seed)
        self.names = [f"sprite {draw.randrange(10**9)}" for _ in range(20)]
        self.pace = draw.choice((3, 7, 9, 11))
        self.places = [draw.uniform(-(10**6), 10**6) for _ in range(8)]

    def made(self, number: int) -> list[Any]:
        """The number-th one."""
        step = number * self.pace
        return [self.names[step % 20], self.places[step % 8], self.places[step % 7]]


def leaves_of(count: int, seed: int) -> list[Any]:
    """What `hold_leaves` must return."""
    sprites = Sprites(seed)
    return [sprites.made(number) for number in range(count)[:: count // 20]]


def families_of(count: int, seed: int) -> list[Any]:
    """What `hold_families` must return."""
    sprites = Sprites(seed)
    families = range(count // 11)
    seen = []
    for number in families[:: len(families) // 20]:
        (name, x, y), (_, last_x, last_y) = sprites.made(number), sprites.made(number + 9)
        seen.append([x + last_x, y + last_y, name])
    return seen


def trees_of(count: int, seed: int) -> list[Any]:
    """What `pass_trees` must return."""
    sprites = Sprites(seed)
    roots = range(count // 10)
    return [sprites.made(number + 9)[:2] for number in roots[:: len(roots) // 10]]


def passed_textures_of(count: int, seed: int) -> list[Any]:
    """What `pass_textures` must return: nothing is left."""
    draw = random.Random(seed)
    return [*[f"{draw.randrange(10**12)}.png" for _ in range(count)][:: count // 10], 0]


def passed_receivers_of(count: int, seed: int) -> list[Any]:
    """What `pass_receivers` must return: of every hundred, the last one is called, and nobody is left."""
    draw = random.Random(seed)
    seen = []
    for _ in range(count // 100):
        last = [f"receiver {draw.randrange(10**9)}" for _ in range(100)][-1]
        seen.append([1, [last, "on_change", draw.randrange(1000)]])
    return [*seen[:: max(1, len(seen) // 5)], 0]


def passed_services_of(count: int, seed: int) -> list[Any]:
    """What `pass_services` must return: each cache and each signal works."""
    draw = random.Random(seed)
    pairs = [(f"{draw.randrange(10**12)}.png", draw.randrange(1000)) for _ in range(count)]
    return [[path, True, 1, 1, ["living", "on_change", value]] for path, value in pairs[:: count // 10]]


# --- size --------------------------------------------------------------------------------------------------------

Answers = Callable[[int, int], list[Any]]


def resident_after(
    handle: SubmissionHandle, work: str, counts: Iterable[int], answers: Answers, rng: Random
) -> tuple[int, int]:
    """Resident bytes of a new child after `work` was asked for each of the counts, read outside; and the last seed."""
    handle.fresh()
    seed = 0
    for count in counts:
        seed = rng.getrandbits(62)
        assert handle.call(work, count, seed) == answers(count, seed)
    return alone(handle).resident, seed


@dataclass(frozen=True)
class Weighing:
    """Bytes for each object that a workload holds, in the submission and in the reference.

    Both are what is resident in the end, less what is resident in the *reference* before the objects are made: what a
    submission allocates beforehand, and may have let go again, is no baseline. What was weighed is looked at once more.
    """

    submission: SubmissionHandle
    reference: SubmissionHandle
    rng: Random
    work: str
    answers: Answers
    children: int = 0
    """Of each parent: the objects are families; or 0."""

    def bytes_each(self, count: int) -> tuple[float, float]:
        """The submission's and the reference's."""
        empty = self._resident(self.reference, FEW)
        own, ours = (self._resident(handle, FEW, count) for handle in (self.submission, self.reference))
        return (own - empty) / count, (ours - empty) / count

    def _resident(self, handle: SubmissionHandle, *counts: int) -> int:
        resident, seed = resident_after(handle, self.work, counts, self.answers, self.rng)
        roots, children = counts[-1] // (1 + self.children), max(1, self.children)
        places = [(self.rng.randrange(roots), self.rng.randrange(children)) for _ in range(SAMPLES)]
        sprites = Sprites(seed)
        assert handle.call("look_again", places) == [sprites.made(number + child) for number, child in places]
        return resident


@criterion(
    "size",
    weight=2,
    hint="Slots, and few: even an empty one takes 8 bytes. One object for equal names. No list without children.",
)
def test_leaves(submission: SubmissionHandle, reference: SubmissionHandle, rng: Random) -> None:
    """A sprite without children takes at most 1.3 times the memory of ours."""
    weighing = Weighing(submission, reference, rng, "hold_leaves", leaves_of)
    own, ours = settled(lambda: weighing.bytes_each(LEAVES), LEAF_RATIO)
    told = f"a leaf takes {own:.0f} bytes, at most {LEAF_RATIO * ours:.0f} ({LEAF_RATIO} x {ours:.0f})"
    assert own <= LEAF_RATIO * ours, told


@criterion("size", hint="A list for ten children is small; a WeakSet for each sprite is not.")
def test_families_in_memory(submission: SubmissionHandle, reference: SubmissionHandle, rng: Random) -> None:
    """Parents with ten children each take at most 1.5 times the memory of ours, per sprite."""
    weighing = Weighing(submission, reference, rng, "hold_families", families_of, children=10)
    own, ours = settled(lambda: weighing.bytes_each(FAMILIES), FAMILY_RATIO)
    bound = FAMILY_RATIO * ours
    told = f"a sprite in a family takes {own:.0f} bytes, at most {bound:.0f} ({FAMILY_RATIO} x {ours:.0f})"
    assert own <= bound, told


# --- leaks -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Passage:
    """Objects that come and go in rounds, in the submission and in the reference."""

    submission: SubmissionHandle
    reference: SubmissionHandle
    rng: Random

    def assert_flat(self, work: str, count: int, answers: Answers, what: str) -> None:
        """After several rounds of `count` objects hardly more is resident than in the reference after the same."""

        def measure() -> tuple[float, float]:
            own, ours = (
                resident_after(handle, work, [count] * ROUNDS, answers, self.rng)[0] / MIB
                for handle in (self.submission, self.reference)
            )
            return own - ours, SLACK

        more, bound = settled(measure)
        assert more <= bound, (
            f"when {ROUNDS * count} {what} have come and gone, {more:.1f} MiB more are resident "
            f"than with ours, at most {bound}"
        )


@criterion("leaks", hint="A reference cycle waits for a garbage collector that never comes.")
def test_trees_come_and_go(submission: SubmissionHandle, reference: SubmissionHandle, rng: Random) -> None:
    """Tens of thousands of sprites in trees that are released again leave nothing behind."""
    Passage(submission, reference, rng).assert_flat("pass_trees", 10_000, trees_of, "sprites")


@criterion("leaks", hint="The path of a texture that is gone has to go as well.")
def test_textures_come_and_go(submission: SubmissionHandle, reference: SubmissionHandle, rng: Random) -> None:
    """Tens of thousands of textures that were used once leave nothing in the cache."""
    Passage(submission, reference, rng).assert_flat("pass_textures", 10_000, passed_textures_of, "textures")


@criterion("leaks", hint="A dead WeakMethod is small, but it is not nothing.")
def test_receivers_come_and_go(submission: SubmissionHandle, reference: SubmissionHandle, rng: Random) -> None:
    """Thousands of receivers that were connected once leave nothing in the signal."""
    Passage(submission, reference, rng).assert_flat("pass_receivers", 1_000, passed_receivers_of, "receivers")


@criterion("leaks", hint="A weak reference's callback that refers strongly to its cache or signal makes a cycle.")
def test_caches_and_signals_come_and_go(submission: SubmissionHandle, reference: SubmissionHandle, rng: Random) -> None:
    """Thousands of caches and signals leave nothing behind if they are freed before a texture or receiver they know."""
    Passage(submission, reference, rng).assert_flat("pass_services", 2_000, passed_services_of, "caches and signals")
