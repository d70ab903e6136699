"""An event bus: publishers publish typed events, subscribers hear them by class or by topic."""

from __future__ import annotations

import inspect
import itertools
import re
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, TypeVar, overload

E = TypeVar("E", bound="Event")

SEGMENT = re.compile(r"[a-z0-9_-]+")
ANY, ANY_NUMBER = "*", "**"


class TopicError(ValueError):
    """A topic or a pattern is invalid, or an event has no topic."""


def _segments(text: str, *, wild: tuple[str, ...] = ()) -> tuple[str, ...]:
    segments = tuple(text.split("."))
    for segment in segments:
        if segment not in wild and not SEGMENT.fullmatch(segment):
            raise TopicError(f"{text!r} is not made of segments of a-z, 0-9, _ and -, joined by dots")
    return segments


@lru_cache(maxsize=1024)
def _matches(pattern: tuple[str, ...], topic: tuple[str, ...]) -> bool:
    """Whether a pattern covers a topic: row by row, so that many `**` cost no more than few."""
    reachable = {0}
    for segment in pattern:
        if segment == ANY_NUMBER:
            reachable = set(range(min(reachable), len(topic) + 1)) if reachable else set()
        else:
            reachable = {place + 1 for place in reachable if place < len(topic) and segment in (ANY, topic[place])}
    return len(topic) in reachable


class Event:
    """Base of all events: `class OrderPlaced(Event, topic="orders.placed")`."""

    topic: ClassVar[str] = ""

    def __init_subclass__(cls, *, topic: str | None = None, **others: Any) -> None:
        super().__init_subclass__(**others)
        if topic is not None:
            _segments(topic)
            cls.topic = topic


class Subscription:
    """One handler's wish to hear something. Made by `EventBus.subscribe`."""

    def __init__(
        self,
        to: type[Event] | tuple[str, ...],
        handler: Callable[[Any], object],
        *,
        priority: int,
        number: int,
        once: bool,
        forget: Callable[[int], object],
    ) -> None:
        self._to = to
        self._handler = handler
        self._order = (-priority, number)
        self._number = number
        self._once = once
        self._forget = forget
        self._active = True

    @property
    def active(self) -> bool:
        """Whether it may still hear something."""
        return self._active

    def cancel(self) -> None:
        """Hear nothing more."""
        if self._active:
            self._active = False
            self._forget(self._number)

    def _wants(self, event: Event) -> bool:
        if isinstance(self._to, tuple):
            return _matches(self._to, tuple(event.topic.split(".")))
        return isinstance(event, self._to)

    async def _hear(self, event: Event) -> None:
        if self._once:
            self.cancel()
        result = self._handler(event)
        if inspect.isawaitable(result):
            await result


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


def _require_event(event: object) -> None:
    if not isinstance(event, Event):
        raise TypeError(f"only events can be published, not {event!r}")
    if not event.topic:
        raise TopicError(f"{type(event).__name__} has no topic")


class EventBus:
    """Brings events to those who want to hear them."""

    def __init__(self) -> None:
        self._subscriptions: dict[int, Subscription] = {}
        self._numbers = itertools.count()
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
        handler: Callable[[E], Awaitable[None] | None] | Callable[[Event], Awaitable[None] | None],
        *,
        priority: int = 0,
        once: bool = False,
    ) -> Subscription:
        """Hear events of a class or of a topic pattern."""
        if not callable(handler):
            raise TypeError(f"{handler!r} cannot be called")
        target: type[Event] | tuple[str, ...]
        if isinstance(to, str):
            target = _segments(to, wild=(ANY, ANY_NUMBER))
        elif isinstance(to, type) and issubclass(to, Event):
            target = to
        else:
            raise TypeError(f"{to!r} is neither a class of events nor a pattern")
        subscription = Subscription(
            target,
            handler,
            priority=priority,
            number=next(self._numbers),
            once=once,
            forget=lambda number: self._subscriptions.pop(number, None),
        )
        self._subscriptions[subscription._number] = subscription
        return subscription

    async def publish(self, event: Event) -> Delivery:
        """Call everyone who wants to hear the event, one after the other."""
        _require_event(event)
        wanting = [each for each in self._subscriptions.values() if each._wants(event)]
        handled = 0
        failures: list[Failure] = []
        for subscription in sorted(wanting, key=lambda each: each._order):
            if not subscription.active:
                continue
            try:
                await subscription._hear(event)
            except Exception as error:
                failures.append(Failure(subscription, error))
            else:
                handled += 1
        return Delivery(event, handled, tuple(failures))

    def post(self, event: Event) -> None:
        """Queue an event for the next `drain`."""
        _require_event(event)
        self._queue.append(event)

    async def drain(self) -> list[Delivery]:
        """Deliver the queue until it is empty."""
        deliveries: list[Delivery] = []
        while self._queue:
            deliveries.append(await self.publish(self._queue.popleft()))
        return deliveries
