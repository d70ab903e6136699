"""Hidden suite of performance/caching: nodes load from a server out here and share a Redis out here; both count."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.suite import Command, Fate, Redis, SubmissionHandle, Treatment, criterion
from grader.suite.resp.store import SetOptions
from grader.suite.serving import Service

Step = list[Any]
Outcome = list[Any]

TICK = 1 / 1024
"""Seconds that add and subtract exactly."""
PATIENT = 60.0
"""A patience that no busy machine runs into."""
ECHO = 0.05
"""The seconds by which a node's own message is late: longer than a load takes."""
LOST = [Fate.REFUSED, Fate.DROPPED, Fate.LOST]
WRITES = {"SET", "DEL", "PUBLISH"}

texts = st.text(st.characters(codec="utf-8"), max_size=6)
ttls = st.integers(1, 1 << 20).map(lambda ticks: ticks * TICK)
several = st.lists(texts, min_size=3, max_size=3, unique=True)

# ---- the loads --------------------------------------------------------------------------------------------------


class Source(Service):
    """Answers each load with a text that nobody can foresee, or as a script for its key says: "n" nothing, "e" error."""

    def __init__(self, *entrances: Any) -> None:
        super().__init__(*entrances)
        self.begin()

    def begin(self, scripts: dict[str, str] | None = None, seed: int = 0) -> Source:
        """Begin anew: `scripts` gives the kinds of the first loads of a key, in order; "v" is a text."""
        self.scripts, self.seed = scripts or {}, seed
        self.loads: list[tuple[int, str]] = []
        return self

    def answer(self, key: str, number: int) -> Outcome:
        """Return what the load of that number, from 0, gives for the key."""
        text = blake2b(f"{self.seed} {number} {key}".encode(), digest_size=6).hexdigest()
        match self.scripts.get(key, "")[number : number + 1]:
            case "n":
                return ["gave", None]
            case "e":
                return ["refused", f"e{text}"]
            case _:
                return ["gave", f"{text}{key}"]

    def count(self, key: str | None = None, *, node: int | None = None) -> int:
        """Return the number of loads, of one key or all, by one node or all."""
        return sum(key in (None, loaded) and node in (None, by) for by, loaded in self.loads)

    async def connected(self, entrance: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                number, _, name = line.decode("ascii").strip().partition(" ")
                writer.write(f"{number[:16]} {self._replied(entrance, bytes.fromhex(name).decode())}\n".encode())
        except (ValueError, OSError):  # not from the probe
            return

    def _replied(self, entrance: int, key: str) -> str:
        ended, value = self.answer(key, self.count(key))
        self.loads.append((entrance, key))
        if ended == "refused":
            return str(value)
        return "n" if value is None else f"v{value.encode().hex()}"


class Nodes:
    """One or two nodes, their source and their Redis."""

    def __init__(self, handles: list[SubmissionHandle], source: Source, redis: Redis) -> None:
        self.handles, self.source, self.redis = handles, source, redis

    @contextmanager
    def opened(
        self,
        count: int,
        *,
        ttl: float = 100.0,
        size: int = 50,
        patience: float = PATIENT,
        version: int = 3,
        alone: bool = False,
    ) -> Iterator[list[Callable[..., list[Any]]]]:
        """Open nodes for one example; each is a function that takes steps and returns their outcomes."""
        settings = {"ttl": ttl, "size": size, "patience": patience}
        for number, handle in enumerate(self.handles[:count]):
            port = None if alone else self.redis.port(number)
            assert handle.call("start", self.source.entrances[number][1], port, settings, version) == ["open"]
        yield [lambda *steps, handle=handle: handle.call("run", list(steps)) for handle in self.handles[:count]]
        for handle in self.handles[:count]:
            assert handle.call("stop") == 0, "tasks were left after `async with`"


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
    """One node without a shared level."""

    def __init__(self, source: Source, ttl: float, size: int) -> None:
        self.source, self.ttl, self.size = source, ttl, size
        self.now = 0.0
        self.entries: OrderedDict[str, tuple[float, Outcome]] = OrderedDict()
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
        return ["gave", None]

    def _got(self, key: str) -> Outcome:
        since, outcome = self.entries.get(key, (0.0, []))
        if outcome and self.now - since < self.ttl:
            self.entries.move_to_end(key)
            return outcome
        outcome = self.source.answer(key, self.loads.count((0, key)))
        self.loads.append((0, key))
        if outcome[0] == "gave":
            self.entries[key] = (self.now, outcome)
            self.entries.move_to_end(key)
            if len(self.entries) > self.size:
                self.entries.popitem(last=False)
        return outcome


def compare(outcomes: list[Any], right: list[Any], steps: list[Step]) -> None:
    """Compare step by step."""
    assert len(outcomes) == len(steps)
    for step, outcome, wanted in zip(steps, outcomes, right, strict=True):
        assert outcome == wanted, step


# ---- values -----------------------------------------------------------------------------------------------------


@st.composite
def lives(draw: st.DrawFn) -> tuple[float, dict[str, str], list[Step]]:
    """A time to live, how loads end, and a program in which entries are asked for just before and when they end."""
    ttl, keys = 2 * draw(ttls), draw(several)
    scripts = {key: draw(st.text("vvn", min_size=4, max_size=4)) for key in keys[1:]} | {keys[0]: "nnvv"}
    waits = st.sampled_from([ttl - TICK, ttl, TICK, ttl / 2])
    begin: list[Step] = [["get", *keys], ["wait", ttl - TICK], ["get", *keys], ["wait", TICK], ["get", *keys]]
    steps = st.one_of(waits.map(lambda wait: ["wait", wait]), st.sampled_from(keys).map(lambda key: ["get", key]))
    return ttl, scripts, [*begin, *draw(st.lists(steps, max_size=10))]


@criterion("values", weight=2, hint="Keep None like any value, and let an entry end at `since + ttl`, not after it.")
@given(drawn=lives(), seed=st.integers(0, 1 << 30))
def test_a_value_lives_as_long_as_it_says(
    nodes: Nodes, drawn: tuple[float, dict[str, str], list[Step]], seed: int
) -> None:
    """A text, or that there is no such thing, is loaded once and served while it is younger than `ttl`, then loaded again."""
    ttl, scripts, steps = drawn
    source = nodes.source.begin(scripts, seed)
    model = Model(source, ttl, size=50)
    with nodes.opened(1, ttl=ttl, alone=True) as (node,):
        compare(node(*steps), model.run(*steps), steps)
    assert sorted(source.loads) == sorted(model.loads)


@criterion("values", hint="Keep only what a load returned.")
@given(keys=several, script=st.text("ev", min_size=2, max_size=4), seed=st.integers(0, 1 << 30))
def test_a_failed_load_is_tried_again(nodes: Nodes, keys: list[str], script: str, seed: int) -> None:
    """An exception of `load` reaches the caller and is not kept: the next `get` loads again."""
    scripts = {keys[0]: f"e{script}", keys[1]: f"ve{script}"}
    source = nodes.source.begin(scripts, seed)
    model = Model(source, 1.0, size=50)
    steps: list[Step] = [step for _ in range(4) for step in (["get", keys[0]], ["get", *keys[:2]], ["wait", 0.75])]
    with nodes.opened(1, ttl=1.0, alone=True) as (node,):
        compare(node(*steps), model.run(*steps), steps)
    assert sorted(source.loads) == sorted(model.loads)


@criterion("values", hint="Check in __init__.")
@given(
    ttl=st.sampled_from([0, -1, 0.0, -TICK]),
    good=st.fixed_dictionaries({"ttl": ttls, "size": st.integers(1, 9), "patience": ttls}),
)
def test_impossible_settings_are_refused(submission: SubmissionHandle, ttl: float, good: dict[str, Any]) -> None:
    """`ttl` or `patience` of 0 or less and `size` below 1 raise ValueError; the smallest possible ones do not."""
    wrong = [{"ttl": ttl}, {"patience": ttl}, {"size": 0}, {"size": -1}]
    right = [{}, {"size": 1}, {"ttl": TICK}, {"patience": TICK}]
    for settings in wrong:
        assert submission.call("refuses", good | settings) == ["ValueError"], settings
    for settings in right:
        assert submission.call("refuses", good | settings) == ["made"], settings


# ---- lru --------------------------------------------------------------------------------------------------------


@st.composite
def uses(draw: st.DrawFn) -> tuple[int, list[Step]]:
    """A size, and uses of a few keys more than there is room for, one at a time."""
    keys = draw(st.lists(texts, min_size=3, max_size=6, unique=True))
    size = draw(st.integers(1, len(keys) - 1))
    begin = [*keys[:size], keys[0], keys[size], keys[0]]  # the first was used again, so the second goes
    more = draw(st.lists(st.sampled_from(keys), min_size=6, max_size=16))
    steps = [["invalidate", key] if number % 7 == 6 else ["get", key] for number, key in enumerate(more)]
    return size, [*(["get", key] for key in begin), *steps]


@criterion("lru", weight=2, hint="A `get` that the local level answers is a use: move the entry to the end.")
@given(drawn=uses(), seed=st.integers(0, 1 << 30))
def test_the_least_recently_used_goes(nodes: Nodes, drawn: tuple[int, list[Step]], seed: int) -> None:
    """The local level holds `size` entries, and the one whose last use lies furthest back goes."""
    size, steps = drawn
    source = nodes.source.begin({}, seed)
    model = Model(source, 100.0, size)
    with nodes.opened(1, size=size, alone=True) as (node,):
        compare(node(*steps), model.run(*steps), steps)
    assert source.loads == model.loads


@criterion("lru", hint="Put in at the end, too, what was there before and had ended.")
@given(keys=several, ttl=ttls.map(lambda ttl: 2 * ttl), seed=st.integers(0, 1 << 30))
def test_what_was_loaded_again_is_new(nodes: Nodes, keys: list[str], ttl: float, seed: int) -> None:
    """An entry that ended and was loaded again counts as used just then."""
    old, other, third = keys
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
    with nodes.opened(1, ttl=ttl, size=2, alone=True) as (node,):
        compare(node(*steps), model.run(*steps), steps)
    assert source.loads == model.loads


# ---- flights ----------------------------------------------------------------------------------------------------


class Crowd(NamedTuple):
    """Keys, how often each is asked for at once, and how its first load ends."""

    asked: list[str]
    scripts: dict[str, str]
    is_alone: bool


@st.composite
def crowds(draw: st.DrawFn) -> Crowd:
    keys = draw(several)
    asked = [*keys, keys[0], keys[0], *draw(st.lists(st.sampled_from(keys), max_size=12))]
    scripts = {keys[0]: draw(st.sampled_from(["v", "ev"])), keys[1]: draw(st.sampled_from(["n", "ev"]))}
    return Crowd(draw(st.permutations(asked)), scripts, draw(st.booleans()))


@criterion("flights", weight=3, hint="Keep the running load by key; whoever comes later waits for that one.")
@given(crowd=crowds(), seed=st.integers(0, 1 << 30))
def test_those_who_ask_at_once_load_once(nodes: Nodes, crowd: Crowd, seed: int) -> None:
    """All `get`s of one key that run at once share one load, its value or its exception, and one question to the shared level."""
    source = nodes.source.begin(crowd.scripts, seed)
    seen = nodes.redis.begin()
    keys = list(dict.fromkeys(crowd.asked))
    with nodes.opened(1, alone=crowd.is_alone) as (node,):
        first, again = node(["get", *crowd.asked], ["get", *crowd.asked])
    assert first == [source.answer(key, 0) for key in crowd.asked]
    kept = {key: source.answer(key, 0)[0] == "gave" for key in keys}
    assert again == [source.answer(key, 0 if kept[key] else 1) for key in crowd.asked]
    assert {key: source.count(key) for key in keys} == {key: 1 if kept[key] else 2 for key in keys}
    assert seen.count("GET") <= (0 if crowd.is_alone else len(source.loads))


@criterion("flights", weight=2, hint="asyncio.shield, or let somebody else await the load.")
@given(
    keys=several,
    waiting=st.integers(2, 5),
    data=st.data(),
    ends=st.sampled_from("vne"),
    seed=st.integers(0, 1 << 30),
    is_alone=st.booleans(),
)
def test_who_is_cancelled_takes_nobody_along(
    nodes: Nodes, keys: list[str], waiting: int, data: st.DataObject, ends: str, seed: int, is_alone: bool
) -> None:
    """When one of those who wait for a load is cancelled, also the first, the others get its result, without another load."""
    key = keys[0]
    cancelled = {0, *data.draw(st.sets(st.integers(0, waiting - 2), max_size=2))}
    source = nodes.source.begin({key: ends}, seed)
    begun = [["begin", key]] * waiting
    nodes.redis.begin()
    with nodes.opened(1, alone=is_alone) as (node,):
        *_, outcomes = node(["hold", key], *begun, *(["cancel", number] for number in sorted(cancelled)), ["release"])
    right = source.answer(key, 0)
    assert outcomes == [["cancelled"] if number in cancelled else right for number in range(waiting)]
    assert source.count(key) == 1


@criterion("flights", hint="No lock around all loads.")
@given(keys=several, seed=st.integers(0, 1 << 30), is_alone=st.booleans())
def test_other_keys_do_not_wait(nodes: Nodes, keys: list[str], seed: int, is_alone: bool) -> None:
    """While one key is being loaded, others are answered and loaded."""
    slow, known, other = keys
    source = nodes.source.begin({}, seed)
    nodes.redis.begin()
    with nodes.opened(1, alone=is_alone) as (node,):
        assert node(["get", known], ["hold", slow], ["begin", slow])[0] == [source.answer(known, 0)]
        assert node(["begin", known], ["begin", other], ["get", known, other])[2] == [
            source.answer(known, 0),
            source.answer(other, 0),
        ], "a key waited for another one"
        assert node(["release"])[0] == [source.answer(key, 0) for key in (slow, known, other)]
    assert len(source.loads) == 3


# ---- shared -----------------------------------------------------------------------------------------------------


@criterion("shared", weight=2, hint="Write that there is no such thing in a way that no text can be.")
@given(
    keys=st.lists(texts, min_size=3, max_size=5, unique=True),
    scripts=st.text("vvn", min_size=5, max_size=5),
    version=st.sampled_from([2, 3]),
    seed=st.integers(0, 1 << 30),
)
def test_what_one_node_loaded_the_other_finds(
    pair: Nodes, keys: list[str], scripts: str, version: int, seed: int
) -> None:
    """What one node has loaded, also that there is no such thing, the other takes from the shared level and keeps locally."""
    source = pair.source.begin(dict(zip(keys, f"n{scripts}", strict=False)), seed)
    pair.redis.begin()
    right = [[source.answer(key, 0) for key in keys]]
    with pair.opened(2, version=version) as (one, other):
        assert one(["get", *keys]) == right
        seen = pair.redis.begin(keep=True)
        assert other(["get", *keys], ["get", *keys]) == right * 2
        assert one(["get", *keys]) == right
    assert len(source.loads) == len(keys)
    assert [command.name for command in seen.commands].count("GET") == len(keys)
    assert not seen.count("SET"), "what was found in the shared level was written there again"


@criterion("shared", weight=2, hint="px=int(ttl * 1000), at least 1; ask the local level first.")
@given(keys=several, ttl=ttls, script=st.sampled_from(["v", "n"]), seed=st.integers(0, 1 << 30))
def test_shared_entries_expire(nodes: Nodes, keys: list[str], ttl: float, script: str, seed: int) -> None:
    """What is loaded is sent with `PX`, `ttl` in whole milliseconds; the local level answers without Redis, for `ttl` from when it found something."""
    key = keys[0]
    source = nodes.source.begin({key: script * 2}, seed)
    seen = nodes.redis.begin()
    right = [source.answer(key, 0)]
    with nodes.opened(1, ttl=ttl) as (node,):
        assert node(["get", key], ["get", key], ["wait", 2 * ttl]) == [right, right, None]
        sent = [command.px for command in seen.commands if command.name == "SET"]
        assert sent == [max(1, int(ttl * 1000))]
        assert seen.count("GET") == 1
        assert node(["get", key], ["get", key], ["wait", 2 * ttl]) == [right, right, None], "found in the shared level"
        assert (seen.count("GET"), source.count(key)) == (2, 1)
        nodes.redis.clock.advance(ttl + 1)
        assert node(["get", key]) == [[source.answer(key, 1)]]


@criterion("shared", hint="Do not trust what you read: check its form, and load if it is not yours.")
@given(keys=several, junk=st.binary(max_size=6).map(lambda end: b"\xff\xfe" + end), seed=st.integers(0, 1 << 30))
def test_what_nobody_can_have_written_is_nothing(nodes: Nodes, keys: list[str], junk: bytes, seed: int) -> None:
    """Something under a key's name that is not an entry counts as nothing there: the key is loaded, and written anew."""
    key = keys[0]
    source = nodes.source.begin({}, seed)
    seen = nodes.redis.begin()
    with nodes.opened(1, ttl=1.0) as (node,):
        node(["get", key], ["wait", 2.0])
        (name,) = [command.arguments[0] for command in seen.commands if command.name == "SET"] or [b""]
        nodes.redis.store.set(name, junk, SetOptions())
        assert node(["get", key], ["wait", 2.0], ["get", key]) == [
            [source.answer(key, 1)],
            None,
            [source.answer(key, 1)],
        ]
    assert seen.count("SET") == 2


# ---- invalidation -----------------------------------------------------------------------------------------------


@criterion("invalidation", weight=3, hint="DEL first, then PUBLISH; a task listens and forgets.")
@given(keys=several, version=st.sampled_from([2, 3]), by_other=st.booleans(), seed=st.integers(0, 1 << 30))
def test_what_is_gone_is_gone_on_all_nodes(
    pair: Nodes, keys: list[str], version: int, by_other: bool, seed: int
) -> None:
    """After `invalidate`, neither this node nor the shared level nor, once it reads the message, another node has the key; all others stay."""
    gone, *rest = keys
    source = pair.source.begin({}, seed)
    pair.redis.begin()
    with pair.opened(2, version=version) as both:
        one, other = both[::-1] if by_other else both
        one(["get", *keys])
        other(["get", *keys])
        seen = pair.redis.begin(keep=True)
        assert one(["invalidate", gone]) == [["gave", None]]
        told = [command.name for command in seen.commands if command.name in WRITES]
        assert told == ["DEL", "PUBLISH"], "first deleted, then told"
        assert other(["until", gone, source.answer(gone, 0)[1]]) == [source.answer(gone, 1)], "a message was not heeded"
        assert one(["get", gone]) == [[source.answer(gone, 1)]]
        asked = seen.count("GET")
        right = [source.answer(key, 0) for key in rest]
        assert (one(["get", *rest]), other(["get", *rest])) == ([right], [right])
        assert seen.count("GET") == asked, "more was forgotten than one key"
    assert len(source.loads) == len(keys) + 1


@criterion("invalidation", weight=2, hint="A load remembers whether its key was invalidated since it began.")
@given(keys=several, ends=st.sampled_from("vn"), seed=st.integers(0, 1 << 30), is_alone=st.booleans())
def test_a_load_that_is_overtaken_is_kept_nowhere(
    nodes: Nodes, keys: list[str], ends: str, seed: int, is_alone: bool
) -> None:
    """Who waits for a load during `invalidate` gets its result, which is kept nowhere; a later `get` starts anew, and its result is kept."""
    key = keys[0]
    source = nodes.source.begin({key: f"{ends}v"}, seed)
    seen = nodes.redis.begin()
    with nodes.opened(1, alone=is_alone) as (node,):
        steps = [
            ["hold", key],
            ["begin", key],
            ["begin", key],
            ["invalidate", key],
            ["begin", key],
            ["begin", key],
            ["release"],
        ]
        old, new = source.answer(key, 0), source.answer(key, 1)
        assert node(*steps) == [None, None, None, ["gave", None], None, None, [old, old, new, new]]
        assert node(["get", key]) == [[new]]
    assert source.count(key) == 2
    assert seen.count("SET") == (0 if is_alone else 1), "what was overtaken was written"


@criterion("invalidation", weight=2, hint="A message is an invalidation like any other, for running loads, too.")
@given(keys=several, seed=st.integers(0, 1 << 30))
def test_a_load_that_a_message_overtakes_is_kept_nowhere(pair: Nodes, keys: list[str], seed: int) -> None:
    """A load that runs when its node reads of the invalidation is kept nowhere either."""
    slow, witness, _ = keys
    source = pair.source.begin({}, seed)
    pair.redis.begin()
    with pair.opened(2) as (one, other):
        other(["get", witness], ["hold", slow], ["begin", slow])
        one(["invalidate", slow], ["invalidate", witness])
        seen = pair.redis.begin(keep=True)
        assert other(["until", witness, source.answer(witness, 0)[1]]) == [source.answer(witness, 1)]
        old, new = source.answer(slow, 0), source.answer(slow, 1)
        assert other(["begin", slow], ["release"]) == [None, [old, new]]
        assert (other(["get", slow]), one(["get", slow])) == ([[new]], [[new]])
    assert source.count(slow) == 2
    assert seen.count("SET") == 2, "what was overtaken was written"


@criterion("invalidation", hint="Send along who speaks, and do not listen to yourself.")
@given(keys=several, version=st.sampled_from([2, 3]), seed=st.integers(0, 1 << 30))
def test_a_node_does_not_heed_itself(pair: Nodes, keys: list[str], version: int, seed: int) -> None:
    """What a node has loaded since its own `invalidate` stays, although its message comes back to it."""
    key, witness, _ = keys
    source = pair.source.begin({}, seed)
    pair.redis.begin(lambda command: Treatment(push_delay=ECHO) if command.name == "PUBLISH" else None)
    with pair.opened(2, version=version) as (one, other):
        one(["get", key, witness])
        other(["get", witness])
        assert one(["invalidate", key], ["get", key])[1] == [source.answer(key, 1)]
        other(["invalidate", witness])
        assert one(["until", witness, source.answer(witness, 0)[1]]) == [source.answer(witness, 1)]
        seen = pair.redis.begin(keep=True)
        assert one(["get", key]) == [[source.answer(key, 1)]]
        assert not seen.commands, "it forgot what it had just loaded"


# ---- loss -------------------------------------------------------------------------------------------------------


def failing(fates: list[Fate], names: set[str]) -> Callable[[Command], Treatment | None]:
    """A plan in which commands of these names fail, in turn in one of these ways."""
    seen = iter(range(1 << 20))
    return lambda command: Treatment(fates[next(seen) % len(fates)]) if command.name in names else None


@criterion("loss", weight=3, hint="Catch RedisError and OSError around everything that the shared level does.")
@given(
    keys=several,
    fates=st.permutations(LOST),
    names=st.sampled_from([{"GET"}, {"SET"}, {"GET", "SET"}]),
    gone=st.booleans(),
    seed=st.integers(0, 1 << 30),
)
def test_it_answers_while_redis_fails(
    nodes: Nodes, keys: list[str], fates: list[Fate], names: set[str], gone: bool, seed: int
) -> None:
    """While Redis refuses, drops connections or is gone, `get` gives what it loads, once a key; afterwards Redis is used again."""
    source = nodes.source.begin({keys[0]: "n"}, seed)
    nodes.redis.begin()
    right = [source.answer(key, 0) for key in keys]
    with nodes.opened(1, ttl=1.0) as (node,):
        nodes.redis.begin(failing(fates, names), gone=gone)
        assert node(["get", *keys, *keys], ["get", *keys]) == [right * 2, right]
        assert len(source.loads) == len(keys)
        seen = nodes.redis.begin()
        again = [source.answer(key, 1) for key in keys]
        assert node(["wait", 2.0], ["get", *keys]) == [None, again]
        assert (seen.count("GET"), seen.count("SET")) == (3, 3), "Redis is back and not used"


@criterion("loss", hint="async with asyncio.timeout(patience), around connecting and answering.")
@given(
    keys=several, names=st.sampled_from([{"GET", "SUBSCRIBE"}, {"SET"}, {"GET", "SET"}]), seed=st.integers(0, 1 << 30)
)
def test_it_does_not_wait_for_a_redis_that_says_nothing(
    nodes: Nodes, keys: list[str], names: set[str], seed: int
) -> None:
    """A Redis that does not answer is given up after `patience` seconds: `get` gives what it loads, once a key."""
    source = nodes.source.begin({}, seed)
    nodes.redis.begin(failing([Fate.STALLED], names))
    right = [source.answer(key, 0) for key in keys]
    with nodes.opened(1, patience=0.125) as (node,):
        assert node(["get", *keys, *keys], ["get", *keys]) == [right * 2, right]
    assert len(source.loads) == len(keys)


@criterion("loss", weight=2, hint="Forget locally first; raise NotShared from the error.")
@given(
    keys=several,
    fate=st.sampled_from(LOST),
    name=st.sampled_from(["DEL", "PUBLISH"]),
    gone=st.booleans(),
    seed=st.integers(0, 1 << 30),
)
def test_an_invalidation_that_is_not_taken_is_reported(
    nodes: Nodes, keys: list[str], fate: Fate, name: str, gone: bool, seed: int
) -> None:
    """If the shared level does not take an invalidation, NotShared is raised, and this node has forgotten the key all the same."""
    key = keys[0]
    source = nodes.source.begin({}, seed)
    nodes.redis.begin()
    with nodes.opened(1) as (node,):
        node(["get", key])
        nodes.redis.begin(failing([fate], {name}), gone=gone)  # and an empty store
        assert node(["invalidate", key]) == [["NotShared"]]
        assert node(["get", key]) == [[source.answer(key, 1)]]
        nodes.redis.begin()
        assert node(["invalidate", key]) == [["gave", None]]


@criterion(
    "loss",
    weight=2,
    hint="On a lost subscription: subscribe again, and forget the local level when that has succeeded.",
)
@given(keys=several, version=st.sampled_from([2, 3]), with_gap=st.booleans(), seed=st.integers(0, 1 << 30))
def test_what_was_missed_is_made_good(pair: Nodes, keys: list[str], version: int, with_gap: bool, seed: int) -> None:
    """A node whose subscription was lost subscribes again, and then has nothing left that it may have missed the end of."""
    key, other_key, _ = keys
    source = pair.source.begin({}, seed)
    pair.redis.begin()
    with pair.opened(2, patience=0.25, version=version) as (one, other):
        other(["get", key, other_key])
        pair.redis.begin(gone=True)
        if with_gap:
            right = [source.answer(name, 0) for name in (key, other_key)]
            assert other(["get", key, other_key]) == [right], "the local level goes on answering"
        pair.redis.begin()
        pair.redis.cut()
        while one(["invalidate", key]) != [["gave", None]]:
            pass
        assert other(["until", key, source.answer(key, 0)[1]]) == [source.answer(key, 1)], (
            "what was missed is still served"
        )
        assert one(["invalidate", other_key]) == [["gave", None]]
        assert other(["until", other_key, source.answer(other_key, 0)[1]]) == [source.answer(other_key, 1)]
