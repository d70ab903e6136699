"""Hidden suite of architecture/event_driven: random programs, run on the submission's bus and on a model out here."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from grader.suite import SubmissionHandle, alone, criterion, settled

MIB = 1 << 20
BATCHES, BATCH = 400, 100
"""Subscriptions that come and go together, and how often."""
SLACK = 2.0
"""MiB by which two buses may differ that both forget."""
ALIKE = 8
"""Events that are equal, and exceptions: what was given comes back, no copy."""
COROUTINES = ["coroutine", "lambda", "partial", "object", "future"]

# ---- the model --------------------------------------------------------------------------------------------------


class Raise(Exception):
    """Something raised inside the model's program."""

    def __init__(self, kind: str, text: str | None = None) -> None:
        shown = {"KeyError": repr(text), "CancelledError": None}.get(kind, text)
        self.entry = [kind, shown, kind == "TopicError"]
        self.fatal = kind in ("Halt", "CancelledError")


@dataclass
class Listener:
    """A subscription of the model."""

    name: str
    to: list[Any]
    priority: int
    once: bool
    scripts: Iterator[list[Any]]
    active: bool = True


def matches(pattern: list[str], topic: list[str]) -> bool:
    """By all the ways to cut the topic in two."""
    if not pattern or not topic:
        return all(segment == "**" for segment in pattern) and not topic
    if pattern[0] == "**":
        return matches(pattern[1:], topic) or matches(pattern, topic[1:])
    return pattern[0] in ("*", topic[0]) and matches(pattern[1:], topic[1:])


@dataclass
class Model:
    """A bus as the brief describes it, with the interpreter for programs."""

    classes: list[list[Any]]
    listeners: list[Listener] = field(default_factory=list)
    queue: list[tuple[int, Any]] = field(default_factory=list)
    log: list[Any] = field(default_factory=list)

    def topic(self, index: int) -> str:
        parent, topic = self.classes[index]
        return topic if topic is not None else "" if parent is None else self.topic(parent)

    def wants(self, to: list[Any], index: int | None) -> bool:
        match to:
            case ["all"]:
                return True
            case ["pattern", pattern]:
                assert index is not None
                return matches(pattern.split("."), self.topic(index).split("."))
            case _:
                pass
        while index is not None and index != to[1]:
            index = self.classes[index][0]
        return index is not None

    def run(self, operations: list[list[Any]]) -> list[Any]:
        for operation in operations:
            try:
                self.perform(operation)
            except Raise as error:
                self.log.append(["raised", *error.entry])
        return self.log

    def perform(self, operation: list[Any]) -> None:
        known = {listener.name: listener for listener in self.listeners}
        match operation:
            case ["publish", index, payload]:
                self.log.append(self.publish(index, payload))
            case ["drain"]:
                delivered = []
                while self.queue:
                    delivered.append(self.publish(*self.queue.pop(0)))
                self.log += [["drained", len(delivered)], *delivered]
            case ["post", index, payload]:
                if not self.topic(index):
                    raise Raise("TopicError")
                self.queue.append((index, payload))
                self.log.append(["post gave", None])
            case ["subscribe", name, to, priority, once, _, scripts]:
                self.listeners.append(Listener(name, to, priority, once, iter(scripts)))
            case ["cancel", name] if name in known:
                known[name].active = False
                self.log.append(["cancel gave", None])
            case ["active", name] if name in known:
                self.log.append(["active", name, known[name].active])
            case ["raise", kind, text]:
                raise Raise(kind, text)
            case _:
                pass

    def publish(self, index: int, payload: Any) -> list[Any]:
        if not self.topic(index):
            raise Raise("TopicError")
        handled, failures = 0, []
        hearers = [listener for listener in self.listeners if listener.active and self.wants(listener.to, index)]
        for listener in sorted(hearers, key=lambda listener_: -listener_.priority):
            if not listener.active:
                continue
            listener.active = not listener.once
            try:
                self.call(listener, index, payload)
            except Raise as error:
                if error.fatal:
                    raise
                failures.append([listener.name, *error.entry])
            else:
                handled += 1
        return ["delivered", f"Event{index}", payload, handled, failures, "tuple"]

    def call(self, listener: Listener, index: int, payload: Any) -> None:
        self.log.append(["called", listener.name, f"Event{index}", self.topic(index), payload])
        for operation in next(listener.scripts, ()):
            self.perform(operation)
        self.log.append(["finished", listener.name])


# ---- drawn programs ---------------------------------------------------------------------------------------------
#
# A program has an opening, where what its test is about happens for sure, and then goes where it likes. Programs keep
# away from what other criteria are about, so that one mistake costs points once.

SEGMENT = st.from_regex(r"[a-z0-9_-]{1,6}", fullmatch=True)
FOUR = st.shared(st.lists(SEGMENT, min_size=4, max_size=4, unique=True), key="segments")
SEGMENTS = FOUR.flatmap(st.sampled_from)
"""Of four that are drawn anew for each program: topics and patterns have to meet."""
TOPICS = st.lists(SEGMENTS, min_size=1, max_size=3).map(".".join)
PAYLOADS = st.integers(0, 9999) | st.integers(-(2**70), 2**70)
WORDS = st.text("xyz", max_size=4)


@st.composite
def near(draw: st.DrawFn, topic: str) -> list[str]:
    """Patterns that match the topic or miss it narrowly, in any order."""
    segments = topic.split(".")
    start = draw(st.integers(0, len(segments) - 1))
    end = draw(st.integers(start + 1, len(segments)))
    other = draw(SEGMENTS)

    def cut(first: int, last: int, *put: str) -> list[str]:
        return [*segments[:first], *put, *segments[last:]]

    patterns = [
        segments,
        cut(start, start + 1, other),
        cut(start, start + 1, "*"),
        cut(start, end, "**"),
        cut(start, start, "**"),
        cut(start, start, "**", "*"),
        cut(start, end, "**", segments[start], "**"),
        [*segments, "**"],
        [*segments, "*"],
        ["**", *segments],
        ["*"],
        [segments[0], "*"],
        ["*"] * len(segments),
        cut(0, 1) or ["*", "*"],
    ]
    return draw(st.permutations([".".join(pattern) for pattern in patterns]))


@dataclass(frozen=True)
class Features:
    """What the programs of a test are made of besides subscribing and publishing."""

    hierarchy: bool = False
    priority: bool = False
    kinds: bool = False
    nested: bool = False
    queue: bool = False
    fails: tuple[str, ...] = ()
    once: bool = False
    ends: bool = False


@dataclass(frozen=True)
class Author:
    """Draws one program."""

    draw: st.DrawFn
    features: Features

    def program(self, opening: list[list[Any]]) -> tuple[list[Any], list[Any]]:
        classes = self.classes()
        operations = [*opening, *(self.subscription(classes, name) for name in "abcd"[: self.draw(st.integers(1, 4))])]
        for _ in range(self.draw(st.integers(0, 3))):
            operations.append(self.action(classes, self.top(), "top"))
        operations += [["publish", index, self.draw(PAYLOADS)] for index in range(len(classes))]
        if self.features.queue:
            operations.append(["drain"])
        return classes, operations

    def classes(self) -> list[list[Any]]:
        if not self.features.hierarchy:
            return [[None, topic] for topic in self.draw(st.lists(TOPICS, min_size=1, max_size=3))]
        classes: list[list[Any]] = [
            [None, f"{self.draw(SEGMENTS)}.{self.draw(TOPICS)}"],
            [0, None],
            [0, self.draw(TOPICS)],
        ]
        for _ in range(self.draw(st.integers(0, 2))):
            parent = self.draw(st.none() | st.integers(0, len(classes) - 1))
            classes.append([parent, self.draw(TOPICS | st.none())])
        return classes

    def top(self) -> list[str]:
        also = ["post", "drain"] if self.features.queue else []
        return ["publish", "publish", *also, *(["cancel", "active", "subscribe"] if self.features.ends else [])]

    def subscription(self, classes: list[Any], name: str, *, scripted: bool = True) -> list[Any]:
        to: list[Any] = ["all"]
        match self.draw(st.sampled_from(["class", "pattern", "pattern", "all"])):
            case "class":
                to = ["class", self.draw(st.integers(0, len(classes) - 1))]
            case "pattern":
                topic = self.draw(st.sampled_from([topic for _, topic in classes if topic]))
                to = ["pattern", self.draw(near(topic))[0] if self.features.hierarchy else "**"]
            case _:
                pass
        priority = self.draw(st.integers(-2, 2)) if self.features.priority else 0
        once = self.draw(st.booleans()) if self.features.ends or self.features.once else False
        kind = self.draw(
            st.sampled_from(["function", *COROUTINES] if self.features.kinds else ["function", "coroutine"])
        )
        scripts = self.scripts(classes, name, kind) if scripted else []
        return ["subscribe", name, to, priority, once, kind, scripts]

    def scripts(self, classes: list[Any], name: str, kind: str) -> list[Any]:
        actions = ["pause"] * (kind != "function") * self.features.kinds
        actions += ["post"] * self.features.queue
        actions += ["publish", *["drain"] * self.features.queue] * (self.features.nested and kind != "function")
        actions += ["raise"] * bool(self.features.fails)
        actions += ["active"] * self.features.once
        actions += ["cancel", "cancel", "active", "subscribe"] * self.features.ends
        if not actions:
            return []
        lengths = self.draw(st.lists(st.integers(0, 2), max_size=2))
        return [
            [self.action(classes, actions, f"{name}{row}{at}") for at in range(length)]
            for row, length in enumerate(lengths)
        ]

    def action(self, classes: list[Any], kinds: list[str], place: str) -> list[Any]:
        kind = self.draw(st.sampled_from(kinds))
        match kind:
            case "publish" | "post":
                return [kind, self.draw(st.integers(0, len(classes) - 1)), self.draw(PAYLOADS)]
            case "cancel" | "active":
                return [kind, self.draw(st.sampled_from("abcdpqr"))]
            case "raise":
                return [kind, self.draw(st.sampled_from(self.features.fails)), self.draw(WORDS)]
            case "subscribe":
                return self.subscription(classes, f"{place}-{self.draw(PAYLOADS)}", scripted=False)
            case _:
                pass
        return [kind]


Opening = Callable[[st.DrawFn], list[list[Any]]]


@st.composite
def programs(draw: st.DrawFn, features: Features, opening: Opening) -> tuple[list[Any], list[Any]]:
    """Event classes as `[parent, topic]`, and operations: see the probe."""
    return Author(draw, features).program(opening(draw))


def hears(
    name: str, *scripts: list[list[Any]], priority: int = 0, once: bool = False, kind: str = "function"
) -> list[Any]:
    """The operation that subscribes to everything; each script is what one call does."""
    return ["subscribe", name, ["all"], priority, once, kind, list(scripts)]


def publish(draw: st.DrawFn, what: str = "publish") -> list[Any]:
    """The operation that publishes, or posts, an event of the first class."""
    return [what, 0, draw(PAYLOADS)]


def agree(submission: SubmissionHandle, program: tuple[list[Any], list[Any]]) -> None:
    classes, operations = program
    assert submission.call("run", classes, operations) == Model(classes).run(operations)


# ---- routing ----------------------------------------------------------------------------------------------------


def of_classes(draw: st.DrawFn) -> list[list[Any]]:
    """Two hear a class and the one below it, one a pattern for any topic, one that for short topics only."""
    listeners = [["subscribe", name, ["class", number], 0, False, "function", []] for number, name in enumerate("pq")]
    pattern = ".".join(draw(st.permutations(["*", "**", "**", "**", "**"])))
    for name, text in (("r", pattern), ("s", "*")):
        listeners.append(["subscribe", name, ["pattern", text], 0, False, "function", []])
    return [*listeners, ["publish", 1, draw(PAYLOADS)], publish(draw)]


@criterion("routing", weight=3, hint="isinstance for classes; compare patterns with topics segment by segment.")
@given(program=programs(Features(hierarchy=True), of_classes))
def test_handlers_hear_what_they_asked_for(submission: SubmissionHandle, program: tuple[list[Any], list[Any]]) -> None:
    """A handler receives events of its class and the classes below it, or with topics that match its pattern; nothing
    else.
    """
    agree(submission, program)


@st.composite
def matchings(draw: st.DrawFn) -> tuple[list[Any], list[Any]]:
    """Many patterns and one topic."""
    topic = draw(st.lists(SEGMENTS, min_size=2, max_size=4).map(".".join))
    listeners = [
        ["subscribe", f"s{number}", ["pattern", pattern], 0, False, "function", []]
        for number, pattern in enumerate(draw(near(topic)))
    ]
    return [[None, topic]], [*listeners, publish(draw)]


@criterion("routing", weight=2, hint="`*` stands for one segment, `**` for any number, including none.")
@given(program=matchings())
def test_wildcards_stand_for_segments(submission: SubmissionHandle, program: tuple[list[Any], list[Any]]) -> None:
    """In a pattern, * matches exactly one segment and ** any number of segments; everything else matches itself."""
    agree(submission, program)


@st.composite
def names(draw: st.DrawFn) -> list[str]:
    """Texts that are topics or patterns, and texts that are nearly so."""
    good = draw(TOPICS)
    wrong = ["\n", ".", " ", "*", ".A", "é", ".a\n", "..b", "$"]
    patterns = [f"{good}.*", f"**.{good}", f"{good}.**.{good}", "*", "**"]
    free = draw(st.lists(st.text("az09_-AZ.* \n$é", max_size=5), max_size=4))
    return draw(st.permutations([good, "", f".{good}", *(good + end for end in wrong), *patterns, *free]))


@criterion("routing", hint="Check the whole text with `re.fullmatch`, and mind what `$` does before a line end.")
@given(topics=names(), parents=st.lists(TOPICS | st.none(), min_size=2, max_size=4), payload=PAYLOADS)
def test_a_class_has_its_own_topic_or_its_parents(
    submission: SubmissionHandle, topics: list[str], parents: list[Any], payload: int
) -> None:
    """A class has its own topic or its parent's; an invalid one raises TopicError, and so does publishing without
    one.
    """
    cases: list[tuple[str | None, str | None]] = [(parents[0], topic) for topic in topics]
    cases += [(parent, None) for parent in [*parents, None]]
    assert submission.call("topics_of", cases, payload) == [topic_of(*case) for case in cases]


def topic_of(parent: str | None, topic: str | None) -> list[Any]:
    """What the probe says of one class."""
    if topic is not None and not re.fullmatch(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*", topic):
        return ["raised", "TopicError", None, True]
    if final := topic if topic is not None else parent:
        return ["topic", final, "", 0, None]
    return ["topic", "", "", ["TopicError", None, True], ["TopicError", None, True]]


@criterion("routing", hint="A pattern's segments are valid in a topic, or are * or **.")
@given(patterns=names())
def test_an_invalid_pattern_is_refused(submission: SubmissionHandle, patterns: list[str]) -> None:
    """A pattern with a segment that is neither valid in a topic nor * or ** raises TopicError; any other is
    accepted.
    """
    expected = [
        ["gave", True]
        if all(re.fullmatch(r"[a-z0-9_-]+|\*\*?", segment) for segment in pattern.split("."))
        else ["raised", "TopicError", None, True]
        for pattern in patterns
    ]
    assert submission.call("refusals", [["pattern", pattern] for pattern in patterns]) == expected


ACCEPTED = {
    "target": ("event class", True),
    "handler": ("int class", True),
    "publish": ("event", 0),
    "post": ("event", None),
}
THINGS = st.integers() | st.sampled_from(["int class", "instance", "none", "event class", "event"])


@criterion("routing", hint="Check before anything is stored: isinstance, issubclass, callable.")
@given(
    cases=st.lists(st.tuples(st.sampled_from(list(ACCEPTED)), THINGS), min_size=10, max_size=16),
    good=st.permutations(list(ACCEPTED)),
)
def test_what_makes_no_sense_is_refused(
    submission: SubmissionHandle, cases: list[tuple[str, Any]], good: list[str]
) -> None:
    """Subscribing to a non-event or with a non-callable, or publishing a non-event, raises TypeError."""
    asked = [*cases, *((use, ACCEPTED[use][0]) for use in good)]
    assert submission.call("refusals", [list(case) for case in asked]) == [refusal_of(*case) for case in asked]


def refusal_of(what: str, thing: Any) -> list[Any]:
    """What the probe says of one case."""
    accepted, gives = ACCEPTED[what]
    if thing == accepted or (what, thing) == ("handler", "event class"):
        return ["gave", gives]
    return ["raised", "TypeError", None, False]


# ---- ordering ---------------------------------------------------------------------------------------------------


def by_priority(draw: st.DrawFn) -> list[list[Any]]:
    """Three of two priorities."""
    low = draw(st.integers(-2, 1))
    high = draw(st.integers(low + 1, 2))
    chosen = draw(st.permutations([low, low, high]))
    return [*(hears(name, priority=own) for name, own in zip("pqr", chosen, strict=True)), publish(draw)]


@criterion("ordering", weight=2, hint="Sort by priority, highest first; Python's sort keeps the order of equals.")
@given(program=programs(Features(priority=True), by_priority))
def test_handlers_are_called_by_priority(submission: SubmissionHandle, program: tuple[list[Any], list[Any]]) -> None:
    """Handlers are called by priority, highest first, and among equals in the order in which they subscribed."""
    agree(submission, program)


def of_all_kinds(draw: st.DrawFn) -> list[list[Any]]:
    """Handlers that return every kind of awaitable, and pause, and one that returns something else."""
    kinds = draw(st.permutations(COROUTINES))
    waiting = [hears(f"p{number}", [["pause"]], kind=kind) for number, kind in enumerate(kinds)]
    return [*waiting, hears("p"), publish(draw)]


@criterion(
    "ordering", weight=2, hint="Call the handler, then `inspect.isawaitable(result)`: many callables return awaitables."
)
@given(program=programs(Features(kinds=True), of_all_kinds))
def test_a_handler_finishes_before_the_next_is_called(
    submission: SubmissionHandle, program: tuple[list[Any], list[Any]]
) -> None:
    """Whatever awaitable a handler returns is awaited before the next handler is called."""
    agree(submission, program)


def posting(draw: st.DrawFn) -> list[list[Any]]:
    """A handler posts before a drain and in the middle of it."""
    handler = hears("p", *([publish(draw, "post")] for _ in range(3)))
    return [handler, publish(draw), publish(draw, "post"), publish(draw), ["drain"]]


@criterion("ordering", hint="deque.append and popleft; take an event from the queue only when its delivery begins.")
@given(program=programs(Features(queue=True), posting))
def test_posted_events_are_drained_in_order(submission: SubmissionHandle, program: tuple[list[Any], list[Any]]) -> None:
    """drain delivers what was posted, first in, first out, including what handlers post meanwhile; publish does not."""
    agree(submission, program)


def publishing_inside(draw: st.DrawFn) -> list[list[Any]]:
    """A handler publishes, then posts, then drains; another one listens."""
    posts = [publish(draw, "post"), publish(draw, "post")]
    handler = hears("p", [publish(draw)], posts, [["drain"]], kind="coroutine")
    return [handler, hears("q"), publish(draw), publish(draw, "post"), ["drain"]]


@criterion("ordering", hint="Keep subscriptions and queue on the instance.")
@given(
    program=st.lists(
        st.tuples(st.integers(0, 1), st.sampled_from(["publish", "post", "post", "drain"]), PAYLOADS),
        min_size=4,
        max_size=16,
    )
)
def test_buses_are_independent(submission: SubmissionHandle, program: list[tuple[int, str, int]]) -> None:
    """What is subscribed, published, posted and drained on one bus does not affect another."""
    program = [(0, "post", 1), (1, "drain", 0), *program, (0, "drain", 0), (1, "drain", 0)]
    expected: list[Any] = []
    queues: tuple[list[int], list[int]] = ([], [])
    for number, what, payload in program:
        if what == "publish":
            expected.append([number, payload])
        elif what == "post":
            queues[number].append(payload)
        else:
            expected += [*([number, waiting] for waiting in queues[number]), len(queues[number])]
            queues[number].clear()
    assert submission.call("side_by_side", program) == expected


@criterion("ordering", hint="publish needs no queue and no lock: it can be called while it is running.")
@given(program=programs(Features(queue=True, nested=True), publishing_inside))
def test_handlers_may_publish_and_drain(submission: SubmissionHandle, program: tuple[list[Any], list[Any]]) -> None:
    """An event that a handler publishes is delivered immediately; a handler may drain the queue, too."""
    agree(submission, program)


@criterion("ordering", hint="Do not hold a lock while you await a handler.")
@given(payloads=st.lists(PAYLOADS, min_size=2, max_size=5))
def test_publications_do_not_wait_for_each_other(submission: SubmissionHandle, payloads: list[int]) -> None:
    """While one publish awaits a handler, other tasks can publish on the same bus."""
    expected = [sorted(payloads), payloads[::-1], [[payload, 1] for payload in payloads]]
    assert submission.call("overlap", payloads) == expected


# ---- lifecycle --------------------------------------------------------------------------------------------------


def coming_and_going(draw: st.DrawFn) -> list[list[Any]]:
    """The first handler ends the last one and subscribes another; the one in between is over when it is called."""
    changes = draw(st.permutations([["cancel", "r"], hears(f"p-{draw(PAYLOADS)}")]))
    return [hears("p", changes), hears("q", [["active", "q"]], once=True), hears("r"), publish(draw), publish(draw)]


@criterion(
    "lifecycle",
    weight=3,
    hint="Iterate over a copy, and ask each subscription whether it is active when its turn comes.",
)
@given(program=programs(Features(ends=True), coming_and_going))
def test_subscriptions_come_and_go_during_a_delivery(
    submission: SubmissionHandle, program: tuple[list[Any], list[Any]]
) -> None:
    """A cancelled handler receives nothing more; a new one does not receive the event being delivered."""
    agree(submission, program)


def publishing_once(draw: st.DrawFn) -> list[list[Any]]:
    """A `once` handler publishes; another `once` handler hears that, and so not what was published before."""
    first = hears("p", [publish(draw)], once=True, kind="coroutine")
    return [first, hears("q", once=True), hears("r"), publish(draw), ["active", "p"], ["active", "q"], publish(draw)]


@criterion("lifecycle", weight=2, hint="End a `once` subscription before you call its handler.")
@given(program=programs(Features(once=True, nested=True), publishing_once))
def test_once_means_once(submission: SubmissionHandle, program: tuple[list[Any], list[Any]]) -> None:
    """A `once` subscription receives one event, even if its handler publishes more of them."""
    agree(submission, program)


@criterion("lifecycle", hint="A used-up subscription stays used up: do not subscribe again if the handler raises.")
@given(kind=st.sampled_from(["function", "coroutine"]), topic=TOPICS, payloads=st.tuples(PAYLOADS, PAYLOADS))
def test_a_failure_does_not_bring_it_back(
    submission: SubmissionHandle, kind: str, topic: str, payloads: tuple[int, int]
) -> None:
    """A `once` subscription whose handler raises is over nevertheless."""
    listener = ["subscribe", "a", ["pattern", "**"], 0, True, kind, [[["active", "a"], ["raise", "Scripted", "x"]]]]
    program: list[list[Any]] = [listener, ["publish", 0, payloads[0]], ["active", "a"], ["publish", 0, payloads[1]]]
    seen = submission.call("run", [[None, topic]], program)
    assert len(seen) == 5
    assert seen[0] == ["called", "a", "Event0", topic, payloads[0]]
    assert seen[1] == ["active", "a", False]
    assert seen[3] == ["active", "a", False]
    assert seen[4] == ["delivered", "Event0", payloads[1], 0, [], "tuple"]


@criterion(
    "lifecycle", weight=2, hint="Remove ended subscriptions from the bus's own list, instead of only marking it."
)
def test_what_is_over_is_forgotten(
    submission: SubmissionHandle, reference: SubmissionHandle, rng: random.Random
) -> None:
    """A bus with thousands of short-lived subscribers does not grow: ended subscriptions are released."""

    def measure() -> tuple[float, float]:
        own, ours = (peak_after_churn(handle, rng) / MIB for handle in (submission, reference))
        return own - ours, SLACK

    more, bound = settled(measure)
    assert more <= bound, (
        f"when {2 * BATCHES * BATCH} subscriptions have ended, the process holds {more:.1f} MiB more than with ours, "
        f"at most {bound}"
    )


def peak_after_churn(handle: SubmissionHandle, rng: random.Random) -> int:
    """Bytes of a new child at its highest point, read outside."""
    handle.fresh()
    for how in ("cancel", "once"):
        first, size = rng.randrange(10**9), rng.randrange(900, 1100)
        assert handle.call("churn", first, BATCHES, BATCH, size, how) == churned(first)
    return alone(handle).peak


def churned(first: int) -> int:
    """What the handlers of all batches heard."""
    numbers = range(first, first + BATCHES)
    return sum((number + place) % 255 + 1 + number for number in numbers for place in range(BATCH))


# ---- isolation --------------------------------------------------------------------------------------------------


def failing(draw: st.DrawFn) -> list[list[Any]]:
    """One handler fails at once, one when it is awaited; both hear the next event as well."""
    kinds = draw(st.permutations(["function", "coroutine"]))
    errors = draw(st.permutations(["Scripted", "KeyError"]))
    listeners = [
        hears(name, [["raise", error, draw(WORDS)]], kind=kind)
        for name, error, kind in zip("pq", errors, kinds, strict=True)
    ]
    return [*listeners, hears("r"), publish(draw), publish(draw)]


@criterion("isolation", weight=3, hint="`except Exception` around each single call and its await.")
@given(program=programs(Features(fails=("Scripted", "KeyError")), failing))
def test_a_failure_stays_with_its_handler(submission: SubmissionHandle, program: tuple[list[Any], list[Any]]) -> None:
    """A handler that raises becomes a Failure in the Delivery; the others are still called, and it stays subscribed."""
    agree(submission, program)


@criterion("isolation", hint="Pass on what you were given, and what was raised, instead of copies.")
@given(
    program=st.lists(
        st.tuples(st.sampled_from(["publish", "post"]), st.integers(0, ALIKE - 1), st.integers(0, ALIKE - 1)),
        min_size=4,
        max_size=12,
    )
)
def test_events_and_exceptions_are_passed_on(submission: SubmissionHandle, program: list[tuple[str, int, int]]) -> None:
    """Handlers and the Delivery get the very event that was published; a Failure holds the very exception."""
    expected = [number for _, event, error in program for number in (event, event, error)]
    assert submission.call("handed_on", program) == expected


def stopping(draw: st.DrawFn) -> list[list[Any]]:
    """The handler in the middle stops the delivery; all hear the next event."""
    raises = ["raise", draw(st.sampled_from(["Halt", "CancelledError"])), draw(WORDS)]
    kind = draw(st.sampled_from(["function", "coroutine"]))
    return [hears("p"), hears("q", [raises], kind=kind), hears("r"), publish(draw), publish(draw)]


@criterion("isolation", hint="`except Exception`, not `except BaseException` and not a bare `except`.")
@given(program=programs(Features(fails=("Halt", "CancelledError")), stopping))
def test_what_is_no_exception_passes_through(
    submission: SubmissionHandle, program: tuple[list[Any], list[Any]]
) -> None:
    """Anything that is not an Exception ends the delivery and passes through publish; the subscriptions stay."""
    agree(submission, program)


@criterion("isolation", hint="Take an event from the queue when its delivery begins, not before.")
@given(payloads=st.lists(PAYLOADS, min_size=2, max_size=5), data=st.data())
def test_the_rest_of_the_queue_stays(submission: SubmissionHandle, payloads: list[int], data: st.DataObject) -> None:
    """Anything that is not an Exception passes through drain, too; a later drain goes on with the next event."""
    stop, kind = data.draw(st.integers(0, len(payloads) - 2)), data.draw(st.sampled_from(["Halt", "CancelledError"]))
    scripts: list[Any] = [[] for _ in range(stop)]
    listener = ["subscribe", "a", ["all"], 0, False, "coroutine", [*scripts, [["raise", kind, "stop"]]]]
    posts = [["post", 0, payload] for payload in payloads]
    agree(submission, ([[None, "queue"]], [listener, *posts, ["drain"], ["drain"]]))


@criterion("isolation", hint="CancelledError is not an Exception: let it pass.")
@given(named=st.lists(st.text("abcdefgh", min_size=1, max_size=6), min_size=2, max_size=4, unique=True), data=st.data())
def test_a_publication_can_be_cancelled(submission: SubmissionHandle, named: list[str], data: st.DataObject) -> None:
    """Cancelling a task that publishes ends that delivery, and only that one."""
    stopped = data.draw(st.integers(0, len(named) - 1))
    first = [["called", name, "first"] for name in named[: stopped + 1]]
    second = [["called", name, "second"] for name in named]
    expected = [*first, ["cancelled"], *second, ["delivered", len(named)]]
    assert submission.call("stop", named, stopped) == expected
