"""Runs beside the submission: interprets programs of subscriptions, publications and what handlers do meanwhile.

Operations, at the top of a program or in a handler's script:

    ["subscribe", name, to, priority, once, kind, scripts]      to: ["class", index] or ["pattern", text]
    ["cancel", name]  ["active", name]  ["post", class, payload]  ["raise", kind, text]
    ["publish", class, payload]  ["drain"]  ["pause"]           in coroutines only

A handler's n-th call performs its n-th script. Everything that happens goes into one log, in order.
"""

from __future__ import annotations

from asyncio import CancelledError, Event, ensure_future, gather, sleep, wait_for
from dataclasses import dataclass
from functools import partial
from typing import Any

from probe_kit.construct_facts import try_to_change
from probe_kit.nameless import nameless
from probe_kit.running import run as run_alone
from probe_kit.weighing import Files, Forks

forks, files = Forks(), Files()

import bus  # noqa: E402 - processes are noticed before anything of the submission runs


@nameless
class Scripted(Exception):
    """What handlers raise when they are told to fail."""


@nameless
class Halt(BaseException):
    """Raised to stop everything: no Exception."""


RAISED = {"Scripted": Scripted, "KeyError": KeyError, "Halt": Halt, "CancelledError": CancelledError}
WORDS = {kind: word for word, kind in RAISED.items()}

ALIKE = 8
"""Events that are equal, and exceptions."""

PROMISED = (bus.TopicError, TypeError, CancelledError)
"""What the brief says is raised; a class of its own below one of these is as good."""


def run(classes: list[list[Any]], operations: list[list[Any]]) -> list[Any]:
    """Create the event classes, run the program on a new bus, and return the log."""
    world = World(_classes(classes))
    run_alone(world.run(operations))
    return world.log


def _classes(specs: list[list[Any]]) -> list[Any]:
    made: list[Any] = []
    for number, (parent, topic) in enumerate(specs):
        base = bus.Event if parent is None else made[parent]
        keywords = {} if topic is None else {"topic": topic}
        body = {"__annotations__": {"payload": "object"}} if parent is None else {}
        made.append(dataclass(frozen=True)(type(base)(f"Event{number}", (base,), body, **keywords)))
    return made


class World:
    """A bus, its event classes, the subscriptions by name, and the log."""

    def __init__(self, classes: list[Any]) -> None:
        self.log: list[Any] = []
        self._bus = bus.EventBus()
        self._classes = classes
        self._subscriptions: dict[str, Any] = {}

    async def run(self, operations: list[list[Any]]) -> None:
        for operation in operations:
            try:
                await self._perform_async(operation)
            except BaseException as error:
                self.log.append(["raised", *_described(error)])

    async def _perform_async(self, operation: list[Any]) -> None:
        match operation:
            case ["publish", index, payload]:
                self._delivered(await self._bus.publish(self._event(index, payload)))
            case ["drain"]:
                deliveries = await self._bus.drain()
                self.log.append(["drained", len(deliveries)])
                for delivery in deliveries:
                    self._delivered(delivery)
            case ["pause"]:
                await sleep(0)
            case _:
                self._perform(operation)

    def _perform(self, operation: list[Any]) -> None:
        match operation:
            case ["subscribe", name, to, priority, once, kind, scripts]:
                target = self._classes[to[1]] if to[0] == "class" else bus.Event if to[0] == "all" else to[1]
                handler = self._handler(name, kind, iter(scripts))
                options = {option: value for option, value in {"priority": priority, "once": once}.items() if value}
                made = self._bus.subscribe(target, handler, **options)
                self._subscriptions[name] = made
            case ["cancel", name] if name in self._subscriptions:
                self.log.append(["cancel gave", self._subscriptions[name].cancel()])
            case ["active", name] if name in self._subscriptions:
                self.log.append(["active", name, self._subscriptions[name].active])
            case ["post", index, payload]:
                self.log.append(["post gave", self._bus.post(self._event(index, payload))])
            case ["raise", kind, text]:
                raise RAISED[kind](text)

    def _event(self, index: int, payload: Any) -> Any:
        return self._classes[index](payload)

    def _delivered(self, delivery: Any) -> None:
        if not isinstance(delivery, bus.Delivery):
            self.log.append(["delivered", type(delivery).__name__])
            return
        names = {id(subscription): name for name, subscription in self._subscriptions.items()}
        failures = [[names.get(id(failure.subscription)), *_described(failure.error)] for failure in delivery.failures]
        event, kind = delivery.event, _kind(delivery.failures, tuple)
        self.log.append(["delivered", type(event).__name__, event.payload, _handled(delivery), failures, kind])

    def _handler(self, name: str, kind: str, scripts: Any) -> Any:
        async def later(event: Any) -> None:
            self.log.append(["called", name, type(event).__name__, event.topic, event.payload])
            for operation in next(scripts, ()):
                await self._perform_async(operation)
            self.log.append(["finished", name])

        def now(event: Any) -> Any:
            self.log.append(["called", name, type(event).__name__, event.topic, event.payload])
            for operation in next(scripts, ()):
                self._perform(operation)
            self.log.append(["finished", name])
            return event.payload

        match kind:
            case "coroutine":
                return later
            case "lambda":
                return lambda event: later(event)
            case "partial":
                return partial(nameless(_apply), later)
            case "object":
                return _Callable(later)
            case "future":
                return lambda event: ensure_future(later(event))
        return now


def _kind(value: Any, promised: type) -> str:
    """The name of the promised type, also for a subclass; the name of any other type."""
    return promised.__name__ if isinstance(value, promised) else type(value).__name__


def _handled(delivery: Any) -> Any:
    """How many handlers a delivery counts; what was given instead of a delivery is named."""
    if not isinstance(delivery, bus.Delivery):
        return [type(delivery).__name__]
    handled = delivery.handled
    return int.__int__(handled) if isinstance(handled, int) and type(handled) is not bool else handled


async def _apply(function: Any, event: Any) -> None:
    await function(event)


@nameless
class _Callable:
    def __init__(self, function: Any) -> None:
        self._function = function

    async def __call__(self, event: Any) -> None:
        await self._function(event)


def _described(error: BaseException) -> list[Any]:
    """The kind of an exception; its text where the program chose it."""
    scripted = type(error) in (Scripted, KeyError, Halt)
    kind = next((kind for kind in PROMISED if isinstance(error, kind)), type(error))
    return [WORDS.get(kind, kind.__name__), str(error) if scripted else None, isinstance(error, ValueError)]


def topics_of(cases: list[tuple[Any, Any]], payload: Any) -> list[Any]:
    """Declare a class for each case of `(the topic of its parent or None, its own or None)`.

    Its topic, or what was raised; then what became of publishing and of posting an event of it.
    """
    return [_topic_of(parent, topic, payload) for parent, topic in cases]


def _topic_of(parent: Any, topic: Any, payload: Any) -> list[Any]:
    async def publish(made: Any) -> Any:
        return _handled(await bus.EventBus().publish(made(payload)))

    try:
        above = bus.Event if parent is None else type(bus.Event)("Above", (bus.Event,), {}, topic=parent)
        keywords = {} if topic is None else {"topic": topic}
        made = dataclass(type(bus.Event)("Made", (above,), {"__annotations__": {"payload": "object"}}, **keywords))
    except Exception as error:
        return ["raised", *_described(error)]
    outcomes = []
    for action in (lambda: run_alone(publish(made)), lambda: bus.EventBus().post(made(payload))):
        try:
            outcomes.append(action())
        except Exception as error:
            outcomes.append(_described(error))
    topics = [str.__str__(topic) if isinstance(topic, str) else topic for topic in (made.topic, bus.Event.topic)]
    return ["topic", *topics, *outcomes]


def refusals(cases: list[list[Any]]) -> list[Any]:
    """Give a bus things that it has to refuse, or not: what came of `(what is done with it, thing)`, case by case."""
    return [_refusal(use, thing) for use, thing in cases]


def _refusal(what: str, thing: Any) -> list[Any]:
    target = bus.EventBus()
    (kind,) = _classes([[None, "sensible"]])
    things = {"int class": int, "instance": object(), "none": None, "event class": kind, "event": kind(1)}
    thing = things.get(thing, thing) if isinstance(thing, str) and what != "pattern" else thing
    actions = {
        "pattern": lambda: target.subscribe(thing, print).active,
        "target": lambda: target.subscribe(thing, print).active,
        "handler": lambda: target.subscribe(bus.Event, thing).active,
        "publish": lambda: _handled(run_alone(target.publish(thing))),
        "post": lambda: target.post(thing),
    }
    try:
        return ["gave", actions[what]()]
    except Exception as error:
        return ["raised", *_described(error)]


def overlap(payloads: list[int]) -> list[Any]:
    """Publish several events at once; each one's handler waits until the event after it has been handled."""
    return run_alone(_overlap(payloads))


async def _overlap(payloads: list[int]) -> list[Any]:
    (kind,) = _classes([[None, "overlap"]])
    shared, called, finished = bus.EventBus(), [], []
    handled = [Event() for _ in range(len(payloads) + 1)]
    handled[-1].set()

    async def wait(event: Any) -> None:
        index, value = event.payload
        called.append(value)
        await handled[index + 1].wait()
        finished.append(value)
        handled[index].set()

    shared.subscribe("*", wait)
    publications = (shared.publish(kind((index, value))) for index, value in enumerate(payloads))
    deliveries = await wait_for(gather(*publications), 1.5)
    return [sorted(called), finished, [_numbered(delivery) for delivery in deliveries]]


def side_by_side(program: list[tuple[int, str, int]]) -> list[Any]:
    """What two buses hear, with one subscription each. Steps: (bus, "publish", "post" or "drain", payload)."""
    return run_alone(_side_by_side(program))


async def _side_by_side(program: list[tuple[int, str, int]]) -> list[Any]:
    (kind,) = _classes([[None, "side"]])
    buses, trace = [bus.EventBus(), bus.EventBus()], []
    for number, own in enumerate(buses):
        own.subscribe("**", lambda event, number=number: trace.append([number, event.payload]))
    for number, action, payload in program:
        if action == "publish":
            await buses[number].publish(kind(payload))
        elif action == "post":
            buses[number].post(kind(payload))
        else:
            trace.append(len(await buses[number].drain()))
    return trace


def handed_on(program: list[tuple[str, int, int]]) -> list[Any]:
    """Which of equal events was heard and delivered, and which of equal errors is in the failures; None: another one.

    Steps: ("publish" or "post", event, error).
    """
    return run_alone(_handed_on(program))


async def _handed_on(program: list[tuple[str, int, int]]) -> list[Any]:
    (kind,) = _classes([[None, "equal"]])
    events, errors = [kind(1) for _ in range(ALIKE)], [Scripted("equal") for _ in range(ALIKE)]
    shared, trace = bus.EventBus(), []

    def fail(event: Any) -> None:
        trace.append(_place(event, events))
        raise errors[error]

    shared.subscribe("equal", fail)
    for how, number, error in program:
        if how == "publish":
            delivery = await shared.publish(events[number])
        else:
            shared.post(events[number])
            (delivery,) = await shared.drain()
        trace += [_place(delivery.event, events), *(_place(failure.error, errors) for failure in delivery.failures)]
    return trace


def _place(thing: Any, known: list[Any]) -> int | None:
    """Which of these it is, not only equal to."""
    return next((index for index, event in enumerate(known) if event is thing), None)


def _numbered(delivery: Any) -> list[Any]:
    """The number that the delivered event carries, and how many handled it."""
    return [delivery.event.payload[1] if isinstance(delivery, bus.Delivery) else None, _handled(delivery)]


def stop(names: list[str], stopped: int) -> list[Any]:
    """Cancel a task while it publishes and the handler of that index waits; then publish again without waiting."""
    return run_alone(_stop(names, stopped))


async def _stop(names: list[str], stopped: int) -> list[Any]:
    (kind,) = _classes([[None, "stop"]])
    shared, log = bus.EventBus(), []
    reached = Event()

    def handler(name: str) -> Any:
        async def wait(event: Any) -> None:
            log.append(["called", name, event.payload])
            if name == names[stopped] and event.payload == "first":
                reached.set()
                await Event().wait()

        return wait

    for name in names:
        shared.subscribe(kind, handler(name))
    task = ensure_future(shared.publish(kind("first")))
    await wait_for(reached.wait(), 1.5)
    task.cancel()
    try:
        log.append(["delivered", _handled(await task)])
    except CancelledError:
        log.append(["cancelled"])
    log.append(["delivered", _handled(await shared.publish(kind("second")))])
    return log


def churn(first: int, batches: int, batch: int, size: int, how: str) -> int:
    """Subscribe in batches, publish once, and end the batch's subscriptions; each handler holds `size` bytes.

    Returns the sum of what all of them heard. `how` is "once" or "cancel".
    """
    heard = run_alone(_churn(first, batches, batch, size, how))
    forks.require_none()
    files.require_none()
    return heard


async def _churn(first: int, batches: int, batch: int, size: int, how: str) -> int:
    (kind,) = _classes([[None, "churn"]])
    shared, heard = bus.EventBus(), [0]

    def hear(held: bytes, event: Any) -> None:
        heard[0] += held[0] + event.payload

    for number in range(first, first + batches):
        made = []
        for place in range(batch):
            held = bytes([(number + place) % 255 + 1]) * size
            made.append(shared.subscribe(kind, partial(hear, held), once=how == "once"))
        await shared.publish(kind(number))
        if how == "cancel":
            for subscription in made:
                subscription.cancel()
    return heard[0]


def facts() -> dict[str, Any]:
    """Which attributes of what a publication gives can be changed, whatever the assignment says."""
    return {
        "delivery-frozen": lambda: try_to_change(_failed(), ["event", "handled", "failures"]),
        "failure-frozen": lambda: try_to_change(_failed().failures[0], ["subscription", "error"]),
    }


def _failed() -> Any:
    class Observed(bus.Event, topic="facts.observed"):
        pass

    def fail(_: Any) -> None:
        raise Scripted

    made = bus.EventBus()
    made.subscribe(Observed, fail)
    return run_alone(made.publish(Observed()))
