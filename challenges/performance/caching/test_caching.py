"""Hidden suite of performance/caching: nodes load from a server out here and share a Redis out here; both count."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from itertools import cycle
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.suite import Command, Fate, Redis, Service, SubmissionHandle, Traffic, Treatment, criterion

Step = list[Any]
Outcome = list[Any]
Steps = Callable[..., list[Any]]
"""A node: it takes steps, and returns what came of each."""
Plan = Callable[[Command], Treatment | None]

TICK = 1 / 1024
"""Seconds that add and subtract exactly."""
PATIENT, HURRIED, IMPATIENT = 64.0, 1.0, 1 / 16
"""A patience in seconds that no busy machine runs into, one that it hardly does, and one that is over soon."""
LATE = 0.03
"""The seconds by which commands and messages are late: longer than a load or another command takes."""
NOON = 43_200.0
"""What the clock says at first, where nothing depends on it."""
TURNS = 200
"""How often a node's loop runs for a moment, at most, until what it should do by itself is seen."""
FULL = "OOM command not allowed when used memory > 'maxmemory'."
"""A refusal that is a RedisError and no ConnectionError."""
REFUSED = Treatment(Fate.REFUSED, error=FULL)
LOST = [Fate.REFUSED, Fate.DROPPED, Fate.LOST]

texts = st.text(st.characters(codec="utf-8"), max_size=6)
ttls = st.integers(1, 1 << 20).map(lambda ticks: ticks * TICK)
several = st.lists(st.text("bcdfghjklmnp", min_size=1, max_size=6), min_size=4, max_size=4, unique=True)
"""Keys that nothing is wrong with: awkward ones have tests of their own."""
seeds = st.integers(0, 1 << 30)
AWKWARD = ["null", "None", "-", "+", "0", "[null]", '""', "\0", " x ", "b'x'", "\N{PARTY POPPER}"]
"""Texts that other ways of writing values would take for something else."""


def alike(base: str) -> list[str]:
    """Keys that must not be taken for each other, nor fall apart on their way."""
    return [f"x{base}", f"X{base}", f" x{base}", f"x{base} ", f"x{base}\r\n", f"x:{base}", f"x {base} y", f"x,{base}|y"]


# ---- the loads --------------------------------------------------------------------------------------------------


class Source(Service):
    """Answers each load with a text that nobody can foresee, or as a script for its key says."""

    def __init__(self, *entrances: Any) -> None:
        super().__init__(*entrances)
        self.begin()

    def begin(
        self, scripts: dict[str, str] | None = None, seed: int = 0, fixed: dict[str, str] | None = None
    ) -> Source:
        """Begin anew. `scripts` gives the kinds of the first loads of a key, in order: "v" a text, "n" nothing, "0" an
        empty text, "e", "r", "o" and "k" errors. `fixed` gives the texts of some keys.
        """
        self.scripts, self.seed, self.fixed = scripts or {}, seed, fixed or {}
        self.loads: list[tuple[int, str]] = []
        return self

    def answer(self, key: str, number: int) -> Outcome:
        """Return what the load of that number, from 0, gives for the key."""
        text = blake2b(f"{self.seed} {number} {key}".encode(), digest_size=6).hexdigest()
        match self.scripts.get(key, "")[number : number + 1]:
            case "n":
                return ["gave", None]
            case "0":
                return ["gave", ""]
            case "e" | "r" | "o" | "k" as kind:
                return ["refused", f"{kind}{text}"]
            case _:
                return ["gave", self.fixed.get(key, f"{text}{key}")]

    def next(self, key: str) -> Outcome:
        """Return what the next load of the key will give."""
        return self.answer(key, self.count(key))

    def last(self, key: str) -> Outcome:
        """Return what the last load of the key gave."""
        return self.answer(key, self.count(key) - 1)

    def count(self, key: str | None = None) -> int:
        """Return the number of loads, of one key or all."""
        return sum(key in (None, loaded) for _, loaded in self.loads)

    async def connected(self, entrance: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                number, _, name = line.decode("ascii").strip().partition(" ")
                writer.write(f"{number[:16]} {self._replied(entrance, bytes.fromhex(name).decode())}\n".encode())
        except (ValueError, OSError):  # not from the probe
            return

    def _replied(self, entrance: int, key: str) -> str:
        ended, value = self.next(key)
        self.loads.append((entrance, key))
        if ended == "refused":
            return str(value)
        return "n" if value is None else f"v{value.encode().hex()}"


class Nodes:
    """One or two processes with a node each, their source and their Redis."""

    def __init__(self, handles: list[SubmissionHandle], source: Source, redis: Redis) -> None:
        self.handles, self.source, self.redis = handles, source, redis

    @contextmanager
    def opened(
        self,
        *,
        ttl: float = 100.0,
        size: int = 50,
        patience: Sequence[float] = (PATIENT, PATIENT),
        version: int = 3,
        is_alone: bool = False,
        is_coroutine: bool = True,
        now: float = NOON,
    ) -> Iterator[list[Steps]]:
        """Open the nodes for one case."""
        options = {"version": version, "is_coroutine": is_coroutine, "now": now}
        for number, handle in enumerate(self.handles):
            chosen = {"ttl": ttl, "size": size, "patience": patience[number]}
            port = None if is_alone else self.redis.port(number)
            assert handle.call("start", self.source.entrances[number][1], [port], options, chosen) == ["open"]
        yield [lambda *steps, handle=handle: handle.call("run", [list(steps)])[0] for handle in self.handles]
        for handle in self.handles:
            assert handle.call("stop") == ["closed"]


@pytest.fixture
def nodes(submission: SubmissionHandle) -> Iterator[Nodes]:
    """A single node."""
    with Source(submission.listen()) as source, Redis(submission.listen()) as redis:
        yield Nodes([submission], source, redis)


@pytest.fixture
def pair(submission: SubmissionHandle) -> Iterator[Nodes]:
    """Two nodes that share a Redis."""
    other = submission.beside()
    with (
        Source(submission.listen(), other.listen()) as source,
        Redis(submission.listen(), other.listen()) as redis,
    ):
        yield Nodes([submission, other], source, redis)


class Model:
    """One node, and whether it has a shared level."""

    def __init__(self, source: Source, ttl: float, size: int, *, is_alone: bool = True) -> None:
        self.source, self.ttl, self.size, self.is_alone = source, ttl, size, is_alone
        self.now = 0.0
        self.entries: OrderedDict[str, tuple[float, Outcome]] = OrderedDict()
        self.shared: dict[str, Outcome] = {}
        self.missed: list[str] = []
        self.loads: list[tuple[int, str]] = []

    def run(self, *steps: Step) -> list[Any]:
        return [getattr(self, name)(*arguments) for name, *arguments in steps]

    def get(self, *keys: str) -> list[Outcome]:
        known = {key: self._got(key) for key in dict.fromkeys(keys)}
        return [known[key] for key in keys]

    def wait(self, seconds: float) -> None:
        self.now += seconds

    def invalidate(self, key: str) -> Outcome:
        self.entries.pop(key, None)
        self.shared.pop(key, None)
        return ["gave", None]

    def _got(self, key: str) -> Outcome:
        since, outcome = self.entries.get(key, (0.0, []))
        if outcome and self.now - since < self.ttl:
            self.entries.move_to_end(key)
            return outcome
        self.missed.append(key)
        outcome = self.shared.get(key) or self._loaded(key)
        if outcome[0] == "gave":
            self.entries[key] = (self.now, outcome)
            self.entries.move_to_end(key)
            if not self.is_alone:
                self.shared[key] = outcome
            if len(self.entries) > self.size:
                self.entries.popitem(last=False)
        return outcome

    def _loaded(self, key: str) -> Outcome:
        outcome = self.source.answer(key, self.loads.count((0, key)))
        self.loads.append((0, key))
        return outcome


def compare(outcomes: list[Any], right: list[Any], steps: list[Step]) -> None:
    """Compare step by step."""
    assert len(outcomes) == len(steps)
    for step, outcome, wanted in zip(steps, outcomes, right, strict=True):
        assert outcome == wanted, step


def pattern(items: Sequence[Any]) -> list[int]:
    """Return the items as numbers, in the order in which each came first."""
    numbers: dict[Any, int] = {}
    return [numbers.setdefault(item, len(numbers)) for item in items]


def eventually(node: Steps, is_so: Callable[[], bool], otherwise: str) -> None:
    """Let the node's loop run until something is seen out here."""
    for _ in range(TURNS):
        if is_so():
            return
        node(["sleep", LATE / 4])
    pytest.fail(otherwise)


def until_sent(node: Steps, seen: Traffic, name: str, number: int = 1) -> None:
    """Let the node's loop run until so many commands of a name have come."""
    eventually(node, lambda: seen.count(name) == number, f"{number} {name} should have come")


def treating(**treatments: Treatment) -> Plan:
    """Return a plan that treats each command of a name alike."""
    return lambda command: treatments.get(command.name)


def first(name: str, *treatments: Treatment) -> Plan:
    """Return a plan for the first commands of a name."""
    left = iter(treatments)
    return lambda command: next(left, None) if command.name == name else None


# ---- values -----------------------------------------------------------------------------------------------------


@st.composite
def lives(draw: st.DrawFn) -> tuple[float, dict[str, str], list[Step]]:
    """A time to live, how loads end, and a program in which entries are asked for just before and when they end."""
    ttl, keys = 2 * draw(ttls), draw(several)
    scripts = {key: draw(st.text("vvn0", min_size=4, max_size=4)) for key in keys[2:]}
    scripts |= {keys[0]: "nnvv", keys[1]: "00nv"}
    waits = st.sampled_from([ttl - TICK, ttl, TICK, ttl / 2])
    begin: list[Step] = [["get", *keys], ["wait", ttl - TICK], ["get", *keys], ["wait", TICK], ["get", *keys]]
    steps = st.one_of(waits.map(lambda wait: ["wait", wait]), st.sampled_from(keys).map(lambda key: ["get", key]))
    return ttl, scripts, [*begin, *draw(st.lists(steps, max_size=10))]


@criterion("values", weight=2, hint="Keep None like any value, and let an entry end at `since + ttl`, not after it.")
@given(drawn=lives(), seed=seeds)
def test_a_value_lives_as_long_as_it_says(
    nodes: Nodes, drawn: tuple[float, dict[str, str], list[Step]], seed: int
) -> None:
    """A text, or that there is no such thing, is served while it is younger than `ttl`, then loaded again."""
    ttl, scripts, steps = drawn
    source = nodes.source.begin(scripts, seed)
    model = Model(source, ttl, size=50)
    with nodes.opened(ttl=ttl, is_alone=True, now=0.0) as (node,):
        compare(node(*steps), model.run(*steps), steps)
    assert sorted(source.loads) == sorted(model.loads)


@criterion("values", hint="Ask the clock when you put the entry in, not when the `get` begins.")
@settings(max_examples=3)
@given(keys=several, ttl=ttls.map(lambda ttl: 2 * ttl), late=st.integers(1, 4), seed=seeds)
def test_its_life_begins_when_it_is_put_in(nodes: Nodes, keys: list[str], ttl: float, late: int, seed: int) -> None:
    """What was long in coming lives for `ttl` from when it came; `load` may return any awaitable."""
    key = keys[0]
    source = nodes.source.begin({}, seed)
    with nodes.opened(ttl=ttl, is_alone=True, is_coroutine=False) as (node,):
        steps: list[Step] = [["hold", key], ["begin", key], ["wait", late * ttl / 2], ["end"], ["landed"]]
        old, new = source.answer(key, 0), source.answer(key, 1)
        assert node(*steps)[-1] == [old]
        assert node(["wait", ttl - TICK], ["get", key], ["wait", ttl], ["get", key]) == [None, [old], None, [new]]


@criterion("values", hint="Keep only what a load returned, and catch around the shared level alone.")
@settings(max_examples=3)
@given(keys=several, kinds=st.permutations("erok"), seed=seeds)
def test_a_failed_load_is_tried_again(nodes: Nodes, keys: list[str], kinds: list[str], seed: int) -> None:
    """An exception of `load`, of any kind, reaches the caller and is not kept: the next `get` loads again."""
    failing, kept, *_ = keys
    for is_alone in (True, False):
        source = nodes.source.begin({failing: "".join(kinds), kept: f"v{kinds[0]}"}, seed)
        nodes.redis.begin()
        with nodes.opened(ttl=1.0, is_alone=is_alone) as (node,):
            for number in range(len(kinds)):
                assert node(["get", failing, kept]) == [[source.answer(failing, number), source.answer(kept, 0)]]
            assert node(["get", failing], ["get", failing]) == [[source.answer(failing, len(kinds))]] * 2
            assert source.count() == len(kinds) + 2
            if is_alone:
                later = [source.answer(kept, 1), source.answer(kept, 2)]
                assert node(["wait", 2.0], ["get", kept], ["get", kept]) == [None, *([answer] for answer in later)]


@criterion("values", hint="Check in __init__.")
@settings(max_examples=2)
@given(
    ttl=st.sampled_from([0, -1, 0.0, -TICK]),
    good=st.fixed_dictionaries({"ttl": ttls, "size": st.integers(1, 9), "patience": ttls}),
)
def test_impossible_settings_are_refused(submission: SubmissionHandle, ttl: float, good: dict[str, Any]) -> None:
    """`ttl` or `patience` of 0 or less and `size` below 1 raise ValueError; the smallest possible ones do not."""
    wrong: list[dict[str, Any]] = [{name: low} for name in ("ttl", "patience") for low in (ttl, 0, -1)] + [
        {"size": 0},
        {"size": -1},
    ]
    right: list[dict[str, Any]] = [{}, {"size": 1}, {"ttl": TICK}, {"patience": TICK}]
    for chosen in wrong:
        assert submission.call("refuses", good | chosen) == ["ValueError"], chosen
    for chosen in right:
        assert submission.call("refuses", good | chosen) == ["made"], chosen


# ---- lru --------------------------------------------------------------------------------------------------------


@st.composite
def uses(draw: st.DrawFn) -> tuple[int, list[Step]]:
    """A size, and uses of a few keys more than there is room for, one at a time."""
    keys = draw(st.lists(texts, min_size=4, max_size=6, unique=True))
    size = draw(st.integers(2, len(keys) - 1))
    begin = [*keys[:size], keys[0], keys[size], keys[0], keys[1]]  # the first was used again, so the second goes
    more = draw(st.lists(st.sampled_from(keys), min_size=8, max_size=16))
    steps = [["invalidate", key] if number % 7 == 6 else ["get", key] for number, key in enumerate(more)]
    return size, [*(["get", key] for key in begin), *steps]


@criterion("lru", weight=2, hint="A `get` that the local level answers is a use: move the entry to the end.")
@given(drawn=uses(), seed=seeds)
def test_the_least_recently_used_goes(nodes: Nodes, drawn: tuple[int, list[Step]], seed: int) -> None:
    """The local level holds `size` entries, and the one whose last use lies furthest back goes."""
    size, steps = drawn
    nothing = {steps[number][1]: "n" * len(steps) for number in (0, 2)}  # which takes up room, too
    for chosen in (size, 1):
        source = nodes.source.begin(nothing, seed)
        model = Model(source, 100.0, chosen)
        with nodes.opened(size=chosen, is_alone=True) as (node,):
            compare(node(*steps), model.run(*steps), steps)
        assert source.loads == model.loads


@criterion("lru", hint="What comes from the shared level takes room, too.")
@settings(max_examples=3)
@given(drawn=uses(), seed=seeds)
def test_what_was_found_is_among_them(nodes: Nodes, drawn: tuple[int, list[Step]], seed: int) -> None:
    """So it is with entries that came from the shared level."""
    size, steps = drawn[0], [step for step in drawn[1] if step[0] == "get"]
    source = nodes.source.begin({}, seed)
    seen = nodes.redis.begin()
    model = Model(source, 100.0, size, is_alone=False)
    with nodes.opened(size=size) as (node,):
        compare(node(*steps), model.run(*steps), steps)
    gets = [command.arguments[0] for command in seen.commands if command.name == "GET"]
    assert pattern(gets) == pattern(model.missed)


@criterion("lru", hint="Put in at the end, too, what was there before and had ended.")
@settings(max_examples=3)
@given(keys=several, ttl=ttls.map(lambda ttl: 2 * ttl), seed=seeds)
def test_what_was_loaded_again_is_new(nodes: Nodes, keys: list[str], ttl: float, seed: int) -> None:
    """An entry that ended and was loaded again counts as used just then."""
    old, other, third, _ = keys
    steps: list[Step] = [
        ["get", old],
        ["wait", ttl / 2],
        ["get", other],
        ["wait", ttl],
        ["get", old],
        ["get", third],
        ["get", old],
    ]
    source = nodes.source.begin({}, seed)
    model = Model(source, ttl, size=2)
    with nodes.opened(ttl=ttl, size=2, is_alone=True) as (node,):
        compare(node(*steps), model.run(*steps), steps)
    assert source.loads == model.loads


# ---- flights ----------------------------------------------------------------------------------------------------


@criterion("flights", weight=3, hint="Keep the running load by key; whoever comes later waits for that one.")
@settings(max_examples=3)
@given(keys=several, data=st.data(), seed=seeds)
def test_those_who_ask_at_once_load_once(nodes: Nodes, keys: list[str], data: st.DataObject, seed: int) -> None:
    """All `get`s of one key that run at once share one load, its value or exception, and one question to Redis."""
    asked = data.draw(st.permutations([*keys * 2, *data.draw(st.lists(st.sampled_from(keys), max_size=6))]))
    for is_alone in (True, False):
        source = nodes.source.begin(dict(zip(keys, ("e", "n", "e"), strict=False)), seed)
        seen = nodes.redis.begin()
        with nodes.opened(is_alone=is_alone) as (node,):
            first, again = node(["get", *asked], ["get", *asked])
        assert first == [source.answer(key, 0) for key in asked]
        loads = {key: 1 if source.answer(key, 0)[0] == "gave" else 2 for key in keys}
        assert again == [source.answer(key, loads[key] - 1) for key in asked]
        assert {key: source.count(key) for key in keys} == loads
        assert seen.count("GET") == (0 if is_alone else len(source.loads))


@criterion("flights", weight=3, hint="asyncio.shield, or let somebody else await the load.")
@settings(max_examples=3)
@given(
    keys=several, waiting=st.integers(3, 5), more=st.sets(st.integers(1, 3)), kinds=st.permutations("vne"), seed=seeds
)
def test_who_is_cancelled_takes_nobody_along(
    nodes: Nodes, keys: list[str], waiting: int, more: set[int], kinds: list[str], seed: int
) -> None:
    """When one who waits for a load is cancelled, also the first, the others get its result without another load."""
    cases = [{0}, {1}, {0, *more} & set(range(waiting - 1))]
    for key, kind, cancelled, is_alone in zip(keys, kinds, cases, (True, False, seed % 2 == 0), strict=False):
        source = nodes.source.begin({key: kind}, seed)
        seen = nodes.redis.begin()
        steps: list[Step] = [["hold", key], ["begin", key], *[["join", key]] * (waiting - 1)]
        with nodes.opened(is_alone=is_alone) as (node,):
            *_, outcomes = node(*steps, ["cancel", *sorted(cancelled)], ["join", key], ["end"], ["landed"])
            right = source.answer(key, 0)
            assert outcomes == [["cancelled"] if number in cancelled else right for number in range(waiting + 1)]
            if kind != "e":
                assert node(["get", key]) == [[right]], "nobody kept what the others got"
        assert source.count(key) == 1
        assert seen.count("GET") == (0 if is_alone else 1)
    source = nodes.source.begin({}, seed)
    key, either = keys[3], [[source.answer(keys[3], number)] for number in (0, 1)]
    with nodes.opened(is_alone=True) as (node,):
        *_, outcomes = node(["hold", key], ["begin", key], ["cancel", 0], ["join", key], ["end"], ["landed", 1])
        assert outcomes in either, "nobody was left, and then somebody came"


@criterion("flights", weight=2, hint="One task for all that a `get` has to wait for.")
@settings(max_examples=2)
@given(keys=several, seed=seeds)
def test_waiting_for_redis_is_no_different(nodes: Nodes, keys: list[str], seed: int) -> None:
    """While Redis is asked for a key, others are answered, and who is cancelled takes nobody along either."""
    slow, known, other, _ = keys
    source = nodes.source.begin({}, seed)
    nodes.redis.begin()
    with nodes.opened() as (node,):
        node(["get", known])
        held = asyncio.Event()
        seen = nodes.redis.begin(first("GET", Treatment(reply_after=held)), keep=True)
        node(["join", slow])
        until_sent(node, seen, "GET")
        node(["join", slow], ["join", slow], ["cancel", 0])
        right = [source.answer(known, 0), source.answer(other, 0)]
        assert node(["begin", known], ["begin", other], ["landed", 3, 4])[-1] == right, "a key waited for another one"
        nodes.redis.soon(held)
        assert node(["landed"]) == [[["cancelled"], *[source.answer(slow, 0)] * 2, *right]]
    assert (seen.count("GET"), source.count(slow)) == (2, 1)


@criterion("flights", hint="No lock around all loads.")
@settings(max_examples=2)
@given(keys=several, seed=seeds)
def test_other_keys_do_not_wait(nodes: Nodes, keys: list[str], seed: int) -> None:
    """While one key is being loaded, others are answered and loaded."""
    slow, known, other, _ = keys
    for is_alone in (True, False):
        source = nodes.source.begin({}, seed)
        nodes.redis.begin()
        with nodes.opened(size=2, is_alone=is_alone) as (node,):
            crowd = [f"{number} {slow}" for number in range(40 if is_alone else 2)]  # many more than there is room for
            right = [source.answer(key, 0) for key in (slow, *crowd, slow, known, other)]
            assert node(["get", known], ["hold", slow, *crowd], ["begin", slow])[0] == [right[-2]]
            node(*(["begin", key] for key in crowd), ["join", slow])
            late = [len(right) - 2, len(right) - 1]
            steps: list[Step] = [["begin", known], ["begin", other], ["landed", *late]]
            assert node(*steps)[-1] == right[-2:], "a key waited for another one"
            assert node(["end"], ["landed"])[-1] == right
        assert source.count() == 3 + len(crowd)


# ---- shared -----------------------------------------------------------------------------------------------------


@criterion("shared", weight=2, hint="Write that there is no such thing in a way that no text can be.")
@settings(max_examples=2)
@given(base=texts, keys=several, odd=st.permutations(AWKWARD), seed=seeds)
def test_what_one_node_loaded_the_other_finds(
    pair: Nodes, base: str, keys: list[str], odd: list[str], seed: int
) -> None:
    """What one node has loaded, also that there is no such thing, the other takes from the shared level."""
    scripts = {f"{number}{base}": kind for number, kind in enumerate("n0v")}
    fixed = {f"{base}{number}": text for number, text in enumerate(odd)}
    same = [f"\N{LATIN SMALL LETTER E WITH ACUTE}{base}", f"e\N{COMBINING ACUTE ACCENT}{base}", "plumless", "buckeroo"]
    long = [f"{'x' * 300}{base}{end}" for end in "ab"]
    asked = list(dict.fromkeys([*scripts, *fixed, *alike(base), *long, *same, *keys, ""]))  # two have the same CRC-32
    source, redis = pair.source.begin(scripts, seed, fixed), pair.redis
    seen = redis.begin()
    with pair.opened(size=99, version=2 + seed % 2) as (one, other):
        one(["get", f"0{base}"])
        nothing = [command.arguments[1] for command in seen.commands if command.name == "SET"][:1]
        source.fixed[asked[-1]] = b"".join(nothing).decode(errors="replace")
        steps: list[Step] = [["get", key] for key in asked]  # one after the other, which takes a single connection
        right = [[source.answer(key, 0)] for key in asked]
        compare(one(*steps), right, steps)
        seen = redis.begin(keep=True)
        compare(other(*steps, *steps), right * 2, steps * 2)
        compare(one(*steps), right, steps)
    assert len(source.loads) == len(asked)
    assert seen.count("GET") == len(asked)
    assert not seen.count("SET"), "what was found in the shared level was written there again"


@criterion("shared", weight=2, hint="px=int(ttl * 1000), at least 1; ask the local level first.")
@settings(max_examples=3)
@given(keys=several, ttl=ttls, seed=seeds)
def test_shared_entries_expire(nodes: Nodes, keys: list[str], ttl: float, seed: int) -> None:
    """What is loaded is sent with `PX`; what was found lives for `ttl` from then, and is answered without Redis."""
    for life, script in ((ttl, "v"), (TICK, "n"), (1.5 + TICK * (seed % 1000), "0")):
        key = keys[0]
        source = nodes.source.begin({key: script * 2}, seed)
        seen = nodes.redis.begin()
        right = [source.answer(key, 0)]
        with nodes.opened(ttl=life) as (node,):
            assert node(["get", key], ["get", key], ["wait", 2 * life]) == [right, right, None]
            sent = [command.px for command in seen.commands if command.name == "SET"]
            assert sent == [max(1, int(life * 1000))]
            assert seen.count("GET") == 1
            found = node(["get", key], ["wait", life / 2], ["get", key], ["wait", 2 * life])
            assert found == [right, None, right, None]
            assert (seen.count("GET"), source.count(key)) == (2, 1), "what was found is not kept"
            nodes.redis.clock.advance(life + 1)
            held = asyncio.Event()
            seen = nodes.redis.begin(treating(SET=Treatment(reply_after=held)), keep=True)
            node(["join", key])
            until_sent(node, seen, "SET")
            assert node(["done"]) == [[False]], "`get` returns when both levels have it"
            nodes.redis.soon(held)
            assert node(["landed"]) == [[source.answer(key, 1)]]


# ---- invalidation -----------------------------------------------------------------------------------------------


class DeletedFirst:
    """A plan in which deletions may be late, and that notes at each message whether they had been carried out."""

    def __init__(self, redis: Redis, delay: float) -> None:
        self.redis, self.delay = redis, delay
        self.names: list[bytes] = []
        self.in_order: list[bool] = []

    def __call__(self, command: Command) -> Treatment | None:
        if command.name == "PUBLISH":
            self.in_order.append(bool(self.names) and not any(map(self.redis.store.get, self.names)))
        if command.name == "DEL":
            self.names.extend(command.arguments)
            return Treatment(delay=self.delay)
        return None


@criterion("invalidation", weight=3, hint="DEL first, then PUBLISH; a task listens and forgets.")
@settings(max_examples=2)
@given(base=texts, keys=several, seed=seeds)
def test_what_is_gone_is_gone_on_all_nodes(pair: Nodes, base: str, keys: list[str], seed: int) -> None:
    """After `invalidate`, no level has the key, nor has another node once it reads the message; other keys stay."""
    gone, rest = [*alike(base)[2:], ""], [*alike(base)[:2], *(f"y{base}{key}" for key in keys)]
    source, redis = pair.source.begin({gone[1]: "nn", gone[2]: "00"}, seed), pair.redis
    redis.begin()
    with pair.opened(version=2 + seed % 2) as both:
        one, other = both[:: 1 if seed % 4 < 2 else -1]
        asked = [*gone[1:], *rest]  # not the first of those that will be gone: others may have what one never had
        assert one(*(["get", key] for key in asked)) == [[source.answer(key, 0)] for key in asked]
        redis.begin()  # so that each has loaded for itself
        right = [source.next(key) for key in (*gone, *rest)]
        assert other(*(["get", key] for key in (*gone, *rest))) == [[answer] for answer in right]
        for key, (_, old) in zip(gone, right, strict=False):
            told = DeletedFirst(redis, delay=4 * LATE if key == gone[0] else 0)
            seen = redis.begin(told, keep=True)
            assert one(["invalidate", key]) == [["gave", None]]
            assert seen.count("PUBLISH") == 1, "the others are told by one PUBLISH a call"
            assert told.in_order == [True], "first deleted, then told"
            new, loads = [source.next(key)], source.count()
            assert other(["until", key, old]) == new, "a message was not heeded"
            assert (one(["get", key]), source.count()) == ([new], loads + 1)
        seen = redis.begin(keep=True)
        assert one(["get", *rest]) == [[source.answer(key, 0) for key in rest]]
        assert other(["get", *rest]) == [[source.answer(key, 1) for key in rest]]
        assert not seen.count("GET"), "more was forgotten than one key"
        key = gone[seed % len(gone)]
        old, new = source.last(key)[1], source.next(key)
        assert one(["invalidate", key], ["invalidate", key]) == [["gave", None]] * 2  # though there was nothing
        assert seen.count("PUBLISH") == 2, "each call tells the others"
        assert other(["until", key, old]) == [new]


@criterion("invalidation", hint="No lock around invalidations, and none of them counts for another.")
@settings(max_examples=2)
@given(keys=several, seed=seeds)
def test_nobody_waits_for_an_invalidation(nodes: Nodes, keys: list[str], seed: int) -> None:
    """While Redis is slow to delete, other keys are answered, and each call deletes and tells."""
    key, other, *_ = keys
    source, held = nodes.source.begin({}, seed), asyncio.Event()
    seen = nodes.redis.begin(treating(DEL=Treatment(reply_after=held)))
    with nodes.opened() as (node,):
        *_, outcome = node(["get", key], ["invalidating", key, key], ["begin", other], ["landed", 2])
        assert outcome == [source.answer(other, 0)], "a key waited for the invalidation of another one"
        nodes.redis.soon(held)
        assert node(["landed", 0, 1]) == [[["gave", None]] * 2]
        assert (seen.count("DEL"), seen.count("PUBLISH")) == (2, 2), "each call deletes and tells"


def overtake(
    node: Steps, source: Source, key: str, invalidate: Callable[[], None], *, is_old_first: bool, joins: list[str]
) -> None:
    """Overtake a load that runs, begin another, and let them end in either order."""
    kept = source.count(key)
    old, new = source.answer(key, kept), source.answer(key, kept + 1)
    node(["hold", key], ["begin", key], *(["join", key] for _ in joins))
    invalidate()
    node(["begin", key], ["join", key])
    begun = list(range(1 + len(joins)))
    begun_later = [len(begun), len(begun) + 1]
    if is_old_first:
        assert node(["end", 0], ["landed", *begun])[-1] == [old] * len(begun), "who waits gets the result"
        node(["join", key])
        assert node(["end"], ["landed", *begun_later])[-1] == [new] * 2, "a later `get` starts anew"
    else:
        assert node(["end", 1], ["landed", *begun_later])[-1] == [new] * 2, "a later `get` starts anew"
        assert node(["end"], ["landed", *begun])[-1] == [old] * len(begun), "who waits gets the result"
    assert node(["get", key]) == [[new]]
    assert source.count(key) == kept + 2


@criterion("invalidation", weight=2, hint="A load remembers whether its key was invalidated since it began.")
@settings(max_examples=2)
@given(keys=several, kinds=st.permutations("vn"), seed=seeds)
def test_a_load_that_is_overtaken_is_kept_nowhere(nodes: Nodes, keys: list[str], kinds: list[str], seed: int) -> None:
    """Who waits for a load gets its result, though `invalidate` comes; it is kept nowhere, and a later `get` loads."""
    for number, (is_alone, is_old_first) in enumerate([(True, True), (True, False), (False, True), (False, False)]):
        key = keys[number]
        source = nodes.source.begin({key: f"{kinds[number % 2] if number else 'e'}v"}, seed)
        seen = nodes.redis.begin()
        with nodes.opened(is_alone=is_alone) as (node,):

            def invalidate(node: Steps = node, key: str = key) -> None:
                assert node(["invalidate", key]) == [["gave", None]]

            overtake(node, source, key, invalidate, is_old_first=is_old_first, joins=["again"])
            assert seen.count("SET") == (0 if is_alone else 1), "what was overtaken was written"
            if not is_alone:
                assert node(["wait", 200.0], ["get", key])[1] == [source.answer(key, 1)], (
                    "the shared level has the old one"
                )


@criterion("invalidation", weight=2, hint="A message is an invalidation like any other, for running loads, too.")
@settings(max_examples=2)
@given(keys=several, seed=seeds)
def test_a_load_that_a_message_overtakes_is_kept_nowhere(pair: Nodes, keys: list[str], seed: int) -> None:
    """What is being loaded, or written, when its node reads of the invalidation is kept nowhere either."""
    slow, written, witness, _ = keys
    source = pair.source.begin({}, seed)
    pair.redis.begin()
    with pair.opened() as (one, other):
        other(["get", witness])

        def invalidate(key: str, number: int) -> None:
            assert one(["invalidate", key], ["invalidate", witness]) == [["gave", None]] * 2
            known = source.answer(witness, number)[1]
            assert other(["until", witness, known]) == [source.answer(witness, number + 1)]

        seen = pair.redis.begin(keep=True)
        overtake(other, source, slow, lambda: invalidate(slow, 0), is_old_first=True, joins=[])
        assert seen.count("SET") == 2, "what was overtaken was written"
        assert one(["get", slow]) == [[source.answer(slow, 1)]]
        held = asyncio.Event()
        seen = pair.redis.begin(first("SET", Treatment(reply_after=held)), keep=True)
        other(["join", written])
        until_sent(other, seen, "SET")
        invalidate(written, 1)
        pair.redis.soon(held)
        other(["landed"])
        assert other(["get", written]) == [[source.answer(written, 1)]], "what was being written is still served"


@criterion("invalidation", weight=2, hint="What was found in the shared level may be overtaken, too.")
@settings(max_examples=2)
@given(keys=several, seed=seeds)
def test_what_was_found_before_is_kept_nowhere(pair: Nodes, keys: list[str], seed: int) -> None:
    """What a `get` found in the shared level, before it was deleted there, is kept nowhere afterwards."""
    found, sent, meanwhile, witness = keys
    source, redis = pair.source.begin({}, seed), pair.redis
    redis.begin()
    with pair.opened() as (one, other):
        one(["get", found, sent, meanwhile])
        other(["get", witness])
        for number, (key, speaker) in enumerate([(found, other), (sent, one)]):
            held = asyncio.Event()
            seen = redis.begin(first("GET", Treatment(reply_after=held)), keep=True)
            other(["join", key])
            until_sent(other, seen, "GET")
            assert speaker(["invalidate", key]) == [["gave", None]]
            if speaker is one:
                one(["invalidate", witness])
                assert other(["until", witness, source.answer(witness, 0)[1]]) == [source.answer(witness, 1)]
            redis.soon(held)
            other(["landed", number])
            assert other(["get", key]) == [[source.answer(key, 1)]], "what was found before is still served"
        redis.begin(treating(DEL=Treatment(delay=6 * LATE)), keep=True)
        assert other(["invalidating", meanwhile], ["join", meanwhile], ["landed", 2])[-1] == [["gave", None]]
        old = [source.answer(meanwhile, 0)]
        assert other(["landed"], ["get", meanwhile])[-1] != old, "after `invalidate`, its node has what it found before"


@criterion("invalidation", hint="Send along who speaks, and do not listen to yourself.")
@settings(max_examples=2)
@given(keys=several, seed=seeds)
def test_a_node_does_not_heed_itself(pair: Nodes, keys: list[str], seed: int) -> None:
    """What a node has loaded since its own `invalidate` stays, although its message comes back to it."""
    key, witness, *_ = keys
    source = pair.source.begin({}, seed)
    reloaded = asyncio.Event()
    pair.redis.begin(first("PUBLISH", REFUSED, Treatment(push_after=reloaded)))
    with pair.opened(version=2 + seed % 2) as (one, other):
        one(["get", key, witness], ["invalidate", key])
        other(["get", witness])
        assert one(["invalidate", key], ["get", key])[1] == [source.answer(key, 1)]
        pair.redis.soon(reloaded)
        other(["invalidate", witness])
        assert one(["until", witness, source.answer(witness, 0)[1]]) == [source.answer(witness, 1)]
        seen = pair.redis.begin(keep=True)
        assert one(["get", key]) == [[source.answer(key, 1)]]
        assert not seen.commands, "it forgot what it had just loaded"
        other(["invalidate", key])
        assert one(["until", key, source.answer(key, 1)[1]]) == [source.answer(key, 2)], "another node's was skipped"


@criterion("invalidation", hint="Keep everything on the instance, and leave the client alone.")
@settings(max_examples=2)
@given(keys=several, seed=seeds)
def test_each_cache_is_a_node(nodes: Nodes, keys: list[str], seed: int) -> None:
    """Two caches in one process, on one client, are two nodes, and leaving one does nothing to the other."""
    key, gone, kept, _ = keys
    source, redis, (handle,) = nodes.source.begin({}, seed), nodes.redis, nodes.handles
    redis.begin()
    port, options = redis.port(), {"version": 2 + seed % 2, "is_coroutine": True, "now": NOON}
    chosen = {"ttl": 100.0, "size": 50, "patience": PATIENT}
    assert handle.call("start", source.entrances[0][1], [port, port], options, chosen) == ["open"]

    def other(*steps: Step) -> list[Any]:
        return list(handle.call("run", [[], list(steps)])[1])

    handle.call("run", [[["hold", key], ["begin", key]]] * 2)
    assert source.count(key) == 2, "one node joined the load of another one"
    known = [source.answer(name, 0) for name in (gone, kept)]
    handle.call("run", [[["end"], ["landed"], ["get", gone, kept]], [["end"], ["landed"]]])
    assert other(["get", gone]) == [known[:1]]
    assert handle.call("run", [[["invalidate", gone]], []])[0] == [["gave", None]]
    assert other(["until", gone, known[0][1]]) == [source.answer(gone, 1)], "a message was not heeded"
    held = asyncio.Event()
    seen = redis.begin(treating(GET=Treatment(reply_after=held)), keep=True)
    other(["join", kept])
    until_sent(other, seen, "GET")
    handle.call("leave", 0)
    redis.soon(held)
    assert other(["landed", 1]) == [known[1:]]
    assert source.count(kept) == 1, "the client was closed when another cache was left"
    assert handle.call("stop") == ["closed"]


@criterion("invalidation", hint="Cancel your tasks on the way out, and await them.")
@settings(max_examples=2)
@given(keys=several, seed=seeds)
def test_no_task_is_left(nodes: Nodes, keys: list[str], seed: int) -> None:
    """After `async with`, neither the one who listens is left nor a load for which nobody waits any more."""
    key, overtaken, *_ = keys
    source = nodes.source.begin({}, seed)
    for number, is_alone in enumerate((True, False), 1):
        nodes.redis.begin()
        with nodes.opened(is_alone=is_alone) as (node,):
            begun: list[Step] = [["hold", key, overtaken], ["begin", key], ["begin", overtaken]]
            left: list[Step] = [["invalidate", overtaken], ["cancel", 0, 1], ["landed"]]
            assert node(*begun, *left)[-1] == [["cancelled"]] * 2
            assert [source.count(name) for name in (key, overtaken)] == [number] * 2
            assert nodes.handles[0].call("leave", 0) == 0, "tasks were left after `async with`"


# ---- loss -------------------------------------------------------------------------------------------------------


def failing(fates: Sequence[Fate], names: set[str]) -> Plan:
    """A plan in which commands of these names fail, in turn in one of these ways."""
    turns = cycle(fates)
    return lambda command: Treatment(next(turns), error=FULL) if command.name in names else None


@criterion("loss", weight=3, hint="Catch RedisError and OSError around everything that the shared level does.")
@settings(max_examples=2)
@given(keys=several, fates=st.permutations(LOST), seed=seeds)
def test_it_answers_while_redis_fails(nodes: Nodes, keys: list[str], fates: list[Fate], seed: int) -> None:
    """While Redis refuses or is gone, `get` gives what it loads, once a key; afterwards Redis is used again."""
    asked, again = keys[:3], list[Outcome]()
    source = nodes.source.begin({}, seed)
    nodes.redis.begin()
    with nodes.opened(ttl=1.0) as (node,):
        for names in ({"GET"}, {"SET"}, {"GET", "SET"}, None):
            right, loads = [source.next(key) for key in asked], source.count()
            nodes.redis.begin(failing(fates, names or set()), gone=names is None)
            assert node(["wait", 2.0], ["get", *asked, *asked], ["get", *asked]) == [None, right * 2, right]
            assert source.count() == loads + len(asked)
            seen = nodes.redis.begin()
            if names is None:  # connections of its pool were cut while they were idle
                node(["wait", 2.0], ["get", *asked])
                seen = nodes.redis.begin()
            again = [source.next(key) for key in asked]
            assert node(["wait", 2.0], ["get", *asked]) == [None, again]
            assert (seen.count("GET"), seen.count("SET")) == (3, 3), "Redis is back and not used"
        loads = source.count()
        nodes.redis.begin(lambda _: Treatment(delay=LATE), keep=True)
        assert node(["wait", 2.0], ["get", *asked]) == [None, again]
        assert source.count() == loads, "a slow answer was not waited for"


@criterion(
    "loss", weight=3, hint="async with asyncio.timeout(patience), around connecting and answering, not around `load`."
)
@settings(max_examples=2)
@given(keys=several, seed=seeds)
def test_it_does_not_wait_for_a_redis_that_says_nothing(nodes: Nodes, keys: list[str], seed: int) -> None:
    """A Redis that does not answer is given up after `patience`, not before: `get` loads, `invalidate` says so."""
    key, slow, *_ = keys
    source = nodes.source.begin({}, seed)
    for number, name in enumerate(("GET", "SET", "DEL", "PUBLISH")):
        stalled = {name: Treatment(Fate.STALLED)}
        seen = nodes.redis.begin(treating(SUBSCRIBE=REFUSED, **stalled))  # a jump could end a subscription
        with nodes.opened(version=2 + (seed + number) % 2) as (node,):
            value = source.next(key)
            right: list[Outcome] = [value] if number < 2 else [["NotShared"]]
            node(["join" if number < 2 else "invalidating", key])
            until_sent(node, seen, name)
            assert node(["jump", PATIENT * 7 / 8], ["done"])[-1] == [False], "it did not wait for Redis"
            assert node(["jump", PATIENT / 4], ["landed"])[-1] == right
            if number >= 2:
                loads = source.count(key)
                assert node(["get", key]) == [[value]]
                assert source.count(key) == loads + 1
            if name == "GET":
                value = source.next(slow)
                node(["hold", slow], ["join", slow])
                until_sent(node, seen, "GET", 2)
                node(["jump", PATIENT * 2])
                eventually(node, lambda: source.count(slow) == 1, "nothing is loaded")
                node(["jump", PATIENT * 2])
                assert node(["end"], ["landed", 1])[-1] == [value], "loads may take as long as they like"
    nodes.redis.begin(silent=True)
    with nodes.opened(patience=[IMPATIENT]) as (node,):
        right = [source.next(key) for key in keys]
        assert node(["get", *keys], ["get", *keys]) == [right, right]


@criterion("loss", hint="A read that times out says nothing about the subscription: go on reading.")
@settings(max_examples=2)
@given(keys=several, seed=seeds)
def test_silence_on_the_channel_is_no_loss(nodes: Nodes, keys: list[str], seed: int) -> None:
    """While no messages come, the subscription holds, and nothing is forgotten."""
    source, seen = nodes.source.begin({}, seed), nodes.redis.begin()
    right = [source.answer(key, 0) for key in keys]
    with nodes.opened(version=2 + seed % 2) as (node,):
        node(["get", *keys], *([["jump", PATIENT * 3 / 4], ["sleep", LATE]] * 4))
        assert node(["get", *keys]) == [right]
    assert seen.count("GET") == len(keys), "something was forgotten"


@criterion("loss", weight=2, hint="Forget locally first; raise NotShared from the error.")
@settings(max_examples=2)
@given(keys=several, fates=st.permutations(LOST), seed=seeds)
def test_an_invalidation_that_is_not_taken_is_reported(
    nodes: Nodes, keys: list[str], fates: list[Fate], seed: int
) -> None:
    """If the shared level does not take an invalidation, NotShared is raised, and this node has forgotten the key."""
    key, slow, *_ = keys
    source = nodes.source.begin({}, seed)
    nodes.redis.begin()
    cases = [({"DEL"}, fate) for fate in fates[:2]] + [({"PUBLISH"}, fate) for fate in fates[1:]] + [(set(), fates[0])]
    with nodes.opened() as (node,):
        for names, fate in cases:
            node(["get", key])
            old = source.next(slow)
            node(["hold", slow], ["begin", slow])
            new, newer = source.next(key), source.next(slow)
            treatments = dict.fromkeys(names, Treatment(fate, error=FULL))
            nodes.redis.begin(treating(GET=REFUSED, SET=REFUSED, **treatments), gone=not names)
            assert node(["invalidate", key], ["invalidate", slow]) == [["NotShared"]] * 2
            assert node(["get", key]) == [[new]]
            assert node(["end"], ["landed"])[-1][-1] == old
            assert node(["get", slow]) == [[newer]], "what was overtaken was kept"
            nodes.redis.begin()
            assert node(["invalidate", key], ["invalidate", slow]) == [["gave", None]] * 2


def tries(node: Steps, seen: Traffic, number: int) -> None:
    """See a node try to subscribe that often, while its loop's clock moves on by `patience` at a time."""
    for _ in range(2 * number + 8):  # some wait from the end of one try to the next
        if max(seen.connections, seen.count("SUBSCRIBE")) > number:
            return
        node(["jump", HURRIED], ["sleep", LATE / 8])
    pytest.fail("it does not try again and again")


@criterion(
    "loss",
    weight=3,
    hint="On a lost subscription: subscribe again, and forget the local level when that has succeeded.",
)
@settings(max_examples=2)
@given(keys=several, fates=st.permutations([Fate.REFUSED, Fate.LOST, Fate.STALLED]), seed=seeds)
def test_what_was_missed_is_made_good(pair: Nodes, keys: list[str], fates: list[Fate], seed: int) -> None:
    """A node whose subscription was lost subscribes again, and then has nothing left that may be gone elsewhere."""
    key, other_key, slow, _ = keys
    source, redis = pair.source.begin({}, seed), pair.redis
    redis.begin(gone=True)
    with pair.opened(patience=(PATIENT, HURRIED), version=2 + seed % 2) as (one, other):
        for case in ("gone at first", "lost", "silent", "refused"):
            other(["get", key, other_key], ["hold", slow], ["begin", slow])
            seen = redis.traffic
            if case != "gone at first":
                seen = redis.begin(failing([Fate.DROPPED, *fates], {"SUBSCRIBE"}), silent=case == "silent")
                redis.cut()
            if case != "lost":  # from here on nobody can subscribe, so nothing may be forgotten
                other(["get", key, other_key])
                right, loads = [source.last(name) for name in (key, other_key)], source.count()
                tries(other, seen, 32 if case == "refused" else 8)
                assert other(["get", key, other_key]) == [right], "the local level goes on answering"
                assert source.count() == loads
            redis.begin(treating(SET=REFUSED))  # nothing gets into the store that a hurried node gave up
            redis.cut()
            told = [one(["invalidate", key])[0] for _ in range(3)]  # its connections were cut as well
            assert told[-1] == ["gave", None]
            old, new = source.last(key)[1], [source.next(name) for name in (key, slow, other_key)]
            slow_one = source.last(slow)
            other(["jump", HURRIED * 3 / 4], ["jump", HURRIED * 3 / 4])  # to the next try
            assert other(["until", key, old]) == [new[0]], "what was missed is still served"
            assert other(["end"], ["landed"])[-1][-1] == slow_one
            assert other(["get", slow]) == [[new[1]]], "a load was kept that may have been overtaken"
            assert other(["get", other_key]) == [[new[2]]], "not all was forgotten"
            assert one(["invalidate", other_key]) == [["gave", None]]
            newer = source.next(other_key)
            assert other(["until", other_key, new[2][1]]) == [newer], "it does not listen any more"
            other(["invalidate", slow])
