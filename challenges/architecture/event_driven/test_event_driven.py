"""Hidden suite of architecture/event_driven: random programs, run on the submission's bus and on a model out here."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.suite import SubmissionHandle, criterion

MIB = 1 << 20
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

    def publish(self, index: int, payload: Any) -> list[Any]:
        if not self.topic(index):
            raise Raise("TopicError")
        handled, failures = 0, []
        hearers = [listener for listener in self.listeners if listener.active and self.wants(listener.to, index)]
        for listener in sorted(hearers, key=lambda one: -one.priority):
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
        return ["delivered", f"Event{index}", payload, handled, failures, ["tuple", "Delivery"]]

    def call(self, listener: Listener, index: int, payload: Any) -> None:
        self.log.append(["called", listener.name, f"Event{index}", self.topic(index), payload])
        for operation in next(listener.scripts, ()):
            self.perform(operation)
        self.log.append(["finished", listener.name])


# ---- drawn programs ---------------------------------------------------------------------------------------------

SEGMENTS = st.sampled_from(["orders", "placed", "eu", "x-1"])
TOPICS = st.lists(SEGMENTS, min_size=1, max_size=3).map(".".join)
PATTERNS = st.lists(SEGMENTS | st.sampled_from(["*", "**", "**"]), min_size=1, max_size=3).map(".".join)
PAYLOADS = st.integers(0, 9999)


@dataclass(frozen=True)
class Features:
    """What the programs of a test are made of besides subscribing and publishing."""

    hierarchy: bool = False
    priority: bool = False
    kinds: bool = False
    nested: bool = False
    queue: bool = False
    fails: tuple[str, ...] = ()
    ends: bool = False


@dataclass(frozen=True)
class Author:
    """Draws one program."""

    draw: st.DrawFn
    features: Features

    def program(self) -> tuple[list[Any], list[Any]]:
        classes: list[list[Any]] = [[None, self.draw(TOPICS)]]
        for _ in range(self.draw(st.integers(0, 3))):
            parent = self.draw(st.none() | st.integers(0, len(classes) - 1)) if self.features.hierarchy else None
            topics = TOPICS | st.none() if self.features.hierarchy else TOPICS
            classes.append([parent, self.draw(topics)])
        operations = [self.subscription(classes, name) for name in "abcdef"[: self.draw(st.integers(1, 5))]]
        for _ in range(self.draw(st.integers(1, 4))):
            operations.append(self.action(classes, self.top(), "top"))
        if self.features.queue:
            operations.append(["drain"])
        return classes, operations

    def top(self) -> list[str]:
        also = ["post", "drain"] if self.features.queue else []
        return ["publish", "publish", *also, *(["cancel", "active", "subscribe"] if self.features.ends else [])]

    def subscription(self, classes: list[Any], name: str, *, scripted: bool = True) -> list[Any]:
        patterns = PATTERNS if self.features.hierarchy else st.just("**")
        target = self.draw(st.sampled_from(["class", "pattern", "pattern", "all"]))
        own = {"class": st.integers(0, len(classes) - 1), "pattern": patterns, "all": st.nothing()}[target]
        to = [target] if target == "all" else [target, self.draw(own)]
        priority = self.draw(st.integers(-2, 2)) if self.features.priority else 0
        once = self.draw(st.booleans()) if self.features.ends else False
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
                return [kind, self.draw(st.sampled_from("abcde"))]
            case "raise":
                return [kind, self.draw(st.sampled_from(self.features.fails)), self.draw(st.text("xyz", max_size=4))]
            case "subscribe":
                return self.subscription(classes, f"{place}-{self.draw(PAYLOADS)}", scripted=False)
        return [kind]


@st.composite
def programs(draw: st.DrawFn, features: Features) -> tuple[list[Any], list[Any]]:
    """Event classes as `[parent, topic]`, and operations: see the probe."""
    return Author(draw, features).program()


def agree(submission: SubmissionHandle, program: tuple[list[Any], list[Any]]) -> None:
    classes, operations = program
    assert submission.call("run", classes, operations) == Model(classes).run(operations)


# ---- routing ----------------------------------------------------------------------------------------------------


@criterion("routing", weight=3, hint="isinstance for classes; compare patterns with topics segment by segment.")
@given(program=programs(Features(hierarchy=True)))
def test_handlers_hear_what_they_asked_for(submission: SubmissionHandle, program: tuple[list[Any], list[Any]]) -> None:
    """A handler hears the classes below its own, or the topics that match its pattern, and nothing else."""
    agree(submission, program)


@criterion("routing", weight=2, hint="`*` stands for one segment, `**` for any number, none included.")
@given(topic=st.lists(SEGMENTS, min_size=1, max_size=4), data=st.data())
def test_wildcards_stand_for_segments(submission: SubmissionHandle, topic: list[str], data: st.DataObject) -> None:
    """In a pattern, * matches exactly one segment and ** any number of segments; everything else matches itself."""
    swaps = [[segment, segment, "*", "**", f"**.{segment}", f"{segment}.**", "eu", ""] for segment in topic]
    drawn = [[data.draw(st.sampled_from(own)) for own in swaps] for _ in range(6)]
    patterns = [".".join(filter(None, segments)) or "*" for segments in drawn]
    operations = [
        ["subscribe", f"s{number}", ["pattern", text], 0, False, "function", []] for number, text in enumerate(patterns)
    ]
    agree(submission, ([[None, ".".join(topic)]], [*operations, ["publish", 0, data.draw(PAYLOADS)]]))


NAMES = st.one_of(
    st.text("az09_-AZ.* \n$é", max_size=5),
    TOPICS,
    PATTERNS,
    st.builds("{}{}".format, TOPICS, st.sampled_from(["\n", ".", " ", "*", ".A", "é", ".a\n"])),
)


@criterion("routing", hint="Check the whole text: `re.fullmatch`, and mind what `$` does before a line end.")
@given(topic=NAMES | st.none(), parent=TOPICS | st.none(), payload=PAYLOADS)
def test_a_class_has_its_own_topic_or_its_parents(
    submission: SubmissionHandle, topic: str | None, parent: str | None, payload: int
) -> None:
    """A class has its own topic or that of its parent; an invalid one raises TopicError, publishing without too."""
    final = topic if topic is not None else parent or ""
    if topic is not None and not re.fullmatch(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*", topic):
        expected: list[Any] = ["raised", "TopicError", None, True]
    elif final:
        expected = ["topic", final, "", 0, None]
    else:
        expected = ["topic", "", "", ["TopicError", None, True], ["TopicError", None, True]]
    assert submission.call("topic_of", parent, topic, payload) == expected


@criterion("routing", hint="A pattern's segments are those of a topic, or * or **.")
@given(pattern=NAMES)
def test_an_invalid_pattern_is_refused(submission: SubmissionHandle, pattern: str) -> None:
    """A pattern whose segments are not those of a topic, * or ** raises TopicError; any other is accepted."""
    valid = all(re.fullmatch(r"[a-z0-9_-]+|\*\*?", segment) for segment in pattern.split("."))
    expected = ["gave", True] if valid else ["raised", "TopicError", None, True]
    assert submission.call("refuse", "pattern", pattern) == expected


@criterion("routing", hint="Check before anything is stored: isinstance, issubclass, callable.")
@given(
    case=st.sampled_from(["target", "handler", "publish", "post"]),
    thing=st.integers() | st.sampled_from(["int class", "instance", "none"]),
)
def test_what_makes_no_sense_is_refused(submission: SubmissionHandle, case: str, thing: Any) -> None:
    """Subscribing to what is no event, with what cannot be called, or publishing no event raises TypeError."""
    callable_ = case == "handler" and thing == "int class"
    expected = ["gave", True] if callable_ else ["raised", "TypeError", None, False]
    assert submission.call("refuse", case, thing) == expected


# ---- ordering ---------------------------------------------------------------------------------------------------


@criterion("ordering", weight=2, hint="Sort by priority, highest first; Python's sort keeps the order of equals.")
@given(program=programs(Features(priority=True)))
def test_handlers_are_called_by_priority(submission: SubmissionHandle, program: tuple[list[Any], list[Any]]) -> None:
    """Handlers are called by priority, highest first, and among equals in the order in which they subscribed."""
    agree(submission, program)


@criterion(
    "ordering", weight=2, hint="Call the handler, then `inspect.isawaitable(result)`: many callables return awaitables."
)
@given(program=programs(Features(priority=True, kinds=True)))
def test_a_handler_finishes_before_the_next_is_called(
    submission: SubmissionHandle, program: tuple[list[Any], list[Any]]
) -> None:
    """Whatever awaitable a handler returns is awaited before the next handler is called."""
    agree(submission, program)


@criterion("ordering", hint="deque.append and popleft; take an event from the queue only when its delivery begins.")
@given(program=programs(Features(queue=True)))
def test_posted_events_are_drained_in_order(submission: SubmissionHandle, program: tuple[list[Any], list[Any]]) -> None:
    """drain delivers what was posted, first in, first out, and what handlers post meanwhile; publish does not."""
    agree(submission, program)


@criterion("ordering", hint="publish needs no queue and no lock: it can be called while it is running.")
@given(program=programs(Features(priority=True, queue=True, nested=True)))
def test_handlers_may_publish_and_drain(submission: SubmissionHandle, program: tuple[list[Any], list[Any]]) -> None:
    """An event that a handler publishes is delivered there and then; a handler may drain the queue, too."""
    agree(submission, program)


@criterion("ordering", hint="Hold no lock while you await a handler.")
@given(payloads=st.lists(PAYLOADS, min_size=2, max_size=5))
def test_publications_do_not_wait_for_each_other(submission: SubmissionHandle, payloads: list[int]) -> None:
    """While one publish awaits a handler, other tasks can publish on the same bus."""
    expected = [sorted(payloads), payloads[::-1], [[payload, 1] for payload in payloads]]
    assert submission.call("overlap", payloads) == expected


# ---- lifecycle --------------------------------------------------------------------------------------------------


@criterion(
    "lifecycle",
    weight=3,
    hint="Walk through a copy, and ask each subscription whether it is active when its turn comes.",
)
@given(program=programs(Features(ends=True)))
def test_subscriptions_come_and_go_during_a_delivery(
    submission: SubmissionHandle, program: tuple[list[Any], list[Any]]
) -> None:
    """A cancelled handler hears nothing more, a new one nothing of the event that is being delivered."""
    agree(submission, program)


@criterion("lifecycle", weight=2, hint="End a `once` subscription before you call its handler.")
@given(program=programs(Features(ends=True, nested=True)))
def test_once_means_once(submission: SubmissionHandle, program: tuple[list[Any], list[Any]]) -> None:
    """A `once` subscription hears one event, even when its handler publishes more of them."""
    agree(submission, program)


@criterion("lifecycle", hint="Used up is used up: do not subscribe again when the handler raises.")
@given(kind=st.sampled_from(COROUTINES), topic=TOPICS, payloads=st.tuples(PAYLOADS, PAYLOADS))
def test_a_failure_does_not_bring_it_back(
    submission: SubmissionHandle, kind: str, topic: str, payloads: tuple[int, int]
) -> None:
    """A `once` subscription whose handler raises is over all the same."""
    listener = ["subscribe", "a", ["pattern", "**"], 0, True, kind, [[["active", "a"], ["raise", "Scripted", "x"]]]]
    program = [listener, ["publish", 0, payloads[0]], ["active", "a"], ["publish", 0, payloads[1]]]
    seen = submission.call("run", [[None, topic]], program)
    assert [seen[0], seen[1], seen[3], len(seen)] == [
        ["called", "a", "Event0", topic, payloads[0]],
        ["active", "a", False],
        ["active", "a", False],
        5,
    ]


@pytest.mark.parametrize("how", ["cancel", "once"])
@criterion("lifecycle", hint="Remove what is over from the bus's own list, instead of marking it only.")
def test_what_is_over_is_forgotten(submission: SubmissionHandle, rng: random.Random, how: str) -> None:
    """A bus with thousands of short-lived subscribers does not grow: what is over is released."""
    size = rng.randrange(20_000, 24_000)
    assert submission.call("churn", 60, size, how) == churned(60)
    before = submission.usage().peak
    assert submission.call("churn", 2000, size, how) == churned(2000)
    assert submission.usage().peak - before < 12 * MIB


def churned(rounds: int) -> int:
    return sum(number % 255 + 1 + number for number in range(rounds))


# ---- isolation --------------------------------------------------------------------------------------------------


@criterion("isolation", weight=3, hint="`except Exception` around each single call and its await.")
@given(program=programs(Features(fails=("Scripted", "KeyError"), kinds=True)))
def test_a_failure_stays_with_its_handler(submission: SubmissionHandle, program: tuple[list[Any], list[Any]]) -> None:
    """A handler that raises is a Failure in the Delivery; the others are called all the same, and it stays."""
    agree(submission, program)


@criterion("isolation", hint="`except Exception`, not `except BaseException` and not a bare `except`.")
@given(program=programs(Features(fails=("Scripted", "Halt", "CancelledError"))))
def test_what_is_no_exception_passes_through(
    submission: SubmissionHandle, program: tuple[list[Any], list[Any]]
) -> None:
    """What is no Exception ends the delivery and passes through publish; the subscriptions stay."""
    agree(submission, program)


@criterion("isolation", hint="Take an event from the queue when its delivery begins, not before.")
@given(payloads=st.lists(PAYLOADS, min_size=1, max_size=5), data=st.data())
def test_the_rest_of_the_queue_stays(submission: SubmissionHandle, payloads: list[int], data: st.DataObject) -> None:
    """What is no Exception passes through drain, too; a later drain goes on with the next event."""
    stop, kind = data.draw(st.integers(0, len(payloads) - 1)), data.draw(st.sampled_from(["Halt", "CancelledError"]))
    scripts: list[Any] = [[] for _ in range(stop)]
    listener = ["subscribe", "a", ["all"], 0, False, "coroutine", [*scripts, [["raise", kind, "stop"]]]]
    posts = [["post", 0, payload] for payload in payloads]
    agree(submission, ([[None, "queue"]], [listener, *posts, ["drain"], ["drain"]]))


@criterion("isolation", hint="CancelledError is no Exception: let it pass.")
@given(names=st.lists(st.text("abc", min_size=1, max_size=4), min_size=1, max_size=4, unique=True), data=st.data())
def test_a_publication_can_be_cancelled(submission: SubmissionHandle, names: list[str], data: st.DataObject) -> None:
    """Cancelling a task that publishes ends that delivery, and only that one."""
    stopped = data.draw(st.integers(0, len(names) - 1))
    first = [["called", name, "first"] for name in names[: stopped + 1]]
    second = [["called", name, "second"] for name in names]
    expected = [*first, ["cancelled"], *second, ["delivered", len(names)]]
    assert submission.call("stop", names, stopped) == expected
