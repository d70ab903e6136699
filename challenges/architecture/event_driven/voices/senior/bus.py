"""A publish/subscribe bus for typed events."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from inspect import isawaitable
from itertools import accumulate
from operator import attrgetter, or_
from typing import Any, ClassVar, Final, TypeVar, overload

E = TypeVar("E", bound="Event")

_SEGMENT: Final = re.compile(r"[a-z0-9_-]+")
_ONE: Final = "*"
_MANY: Final = "**"


class TopicError(ValueError):
    """A topic or a pattern is invalid, or an event has no topic."""


class Event:
    """Base of all events: `class OrderPlaced(Event, topic="orders.placed")`."""

    topic: ClassVar[str] = ""

    def __init_subclass__(cls, *, topic: str | None = None) -> None:
        super().__init_subclass__()
        if topic is not None:
            cls.topic = _checked_topic(topic)


class Subscription:
    """One handler's wish to hear something. Made by `EventBus.subscribe`."""

    __slots__ = ("_wanted", "_handler", "_priority", "_once", "__weakref__")

    def __init__(
        self, wanted: type[Event] | tuple[str, ...], handler: Callable[[Any], object], priority: int, once: bool
    ) -> None:
        self._wanted = wanted
        self._handler: Callable[[Any], object] | None = handler
        self._priority = priority
        self._once = once

    @property
    def active(self) -> bool:
        """Whether it may still hear something."""
        return self._handler is not None

    def cancel(self) -> None:
        """Hear nothing more."""
        self._handler = None

    def _wants(self, event: Event) -> bool:
        if isinstance(self._wanted, tuple):
            return _matches(self._wanted, type(event).topic.split("."))
        return isinstance(event, self._wanted)

    def _take_turn(self) -> Callable[[Any], object] | None:
        """The handler to call now, if any. Ends the subscription if it was for one event."""
        handler = self._handler
        if self._once:
            self.cancel()
        return handler


@dataclass(frozen=True)
class Failure:
    """A handler that raised."""

    subscription: Subscription
    error: Exception


@dataclass(frozen=True)
class Delivery:
    """What became of one event."""

    event: Event
    handled: int
    failures: tuple[Failure, ...]


class EventBus:
    """Brings events to those who want to hear them."""

    _CROWD: Final = 64

    def __init__(self) -> None:
        self._subscriptions: list[Subscription] = []  # in the order of subscribing; ended ones until `_forget_ended`
        self._crowd = self._CROWD  # that many are looked through for ended ones
        self._queue: deque[Event] = deque()

    @overload
    def subscribe(
        self, to: type[E], handler: Callable[[E], Awaitable[None] | None], *, priority: int = 0, once: bool = False
    ) -> Subscription: ...

    @overload
    def subscribe(
        self, to: str, handler: Callable[[Event], Awaitable[None] | None], *, priority: int = 0, once: bool = False
    ) -> Subscription: ...

    def subscribe(
        self,
        to: type[E] | str,
        handler: Callable[[E], Awaitable[None] | None],
        *,
        priority: int = 0,
        once: bool = False,
    ) -> Subscription:
        """Hear events of a class or of a topic pattern."""
        subscription = Subscription(_checked_target(to), _checked_handler(handler), priority, once)
        if len(self._subscriptions) >= self._crowd:
            self._forget_ended()
        self._subscriptions.append(subscription)
        return subscription

    async def publish(self, event: Event) -> Delivery:
        """Call everyone who wants to hear the event, one after the other."""
        return await self._deliver(_checked_event(event))

    def post(self, event: Event) -> None:
        """Queue an event for the next `drain`."""
        self._queue.append(_checked_event(event))

    async def drain(self) -> list[Delivery]:
        """Deliver the queue until it is empty."""
        deliveries = []
        while self._queue:
            deliveries.append(await self._deliver(self._queue.popleft()))
        return deliveries

    async def _deliver(self, event: Event) -> Delivery:
        self._forget_ended()
        wanting = [subscription for subscription in self._subscriptions if subscription._wants(event)]
        turns = deque(sorted(wanting, key=attrgetter("_priority"), reverse=True))  # stable, also in reverse
        del wanting
        handled = 0
        failures: list[Failure] = []
        while turns:
            subscription = turns.popleft()
            handler = subscription._take_turn()
            if handler is None:
                continue
            error = await _outcome(handler, event)
            if error is None:
                handled += 1
            else:
                failures.append(Failure(subscription, error))
        return Delivery(event, handled, tuple(failures))

    def _forget_ended(self) -> None:
        self._subscriptions = [subscription for subscription in self._subscriptions if subscription.active]
        self._crowd = max(self._CROWD, 2 * len(self._subscriptions))


async def _outcome(handler: Callable[[Any], object], event: Event) -> Exception | None:
    try:
        result = handler(event)
        if isawaitable(result):
            await result
    except Exception as error:
        return error
    return None


def _matches(pattern: tuple[str, ...], topic: list[str]) -> bool:
    # row[n] says whether the pattern so far matches the first n segments of the topic.
    row = [True] + [False] * len(topic)
    for wanted in pattern:
        if wanted == _MANY:
            row = list(accumulate(row, or_))
        else:
            row = [False] + [before and wanted in (_ONE, segment) for before, segment in zip(row, topic)]
    return row[-1]


def _checked_topic(topic: object) -> str:
    if not isinstance(topic, str) or not all(map(_SEGMENT.fullmatch, topic.split("."))):
        raise TopicError(f"invalid topic: {topic!r}")
    return topic


def _checked_target(to: object) -> type[Event] | tuple[str, ...]:
    if isinstance(to, type) and issubclass(to, Event):
        return to
    if not isinstance(to, str):
        raise TypeError(f"expected a class of events or a pattern, got {to!r}")
    segments = tuple(to.split("."))
    for segment in segments:
        if segment not in (_ONE, _MANY) and not _SEGMENT.fullmatch(segment):
            raise TopicError(f"invalid pattern: {to!r}")
    return segments


def _checked_handler(handler: object) -> Callable[[Any], object]:
    if not callable(handler):
        raise TypeError(f"cannot be called: {handler!r}")
    return handler


def _checked_event(event: object) -> Event:
    if not isinstance(event, Event):
        raise TypeError(f"expected an event, got {event!r}")
    if not type(event).topic:
        raise TopicError(f"{type(event).__name__} has no topic")
    return event
