"""A publish/subscribe bus for typed events.

    publish(event) -> matching subscriptions, as they are now -> one handler after the other -> Delivery
    post(event)    -> queue -> drain() -> the same

A delivery works on a snapshot, so subscribing and cancelling during it need no care; whether a subscription is still
active is asked when its turn comes.
"""

from __future__ import annotations

import re
from bisect import insort
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any, ClassVar, TypeVar, overload

E = TypeVar("E", bound="Event")

SEGMENT = re.compile(r"[a-z0-9_-]+")


class TopicError(ValueError):
    """A topic or a pattern is invalid, or an event has no topic."""


class Event:
    """Base of all events: `class OrderPlaced(Event, topic="orders.placed")`."""

    topic: ClassVar[str] = ""

    def __init_subclass__(cls, *, topic: str | None = None, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        if topic is None:
            return
        if not all(SEGMENT.fullmatch(segment) for segment in topic.split(".")):
            raise TopicError(
                f"{cls.__name__}: {topic!r} is no topic; write segments of a-z, 0-9, _ and -, dots between"
            )
        cls.topic = topic


class Subscription:
    """One handler's wish to hear something. Made by `EventBus.subscribe`."""

    def __init__(
        self,
        wanted: Callable[[Event], bool],
        handler: Callable[[Any], object],
        *,
        priority: int,
        once: bool,
        forget: Callable[[Subscription], None],
    ) -> None:
        self._wanted = wanted
        self._handler = handler
        self._once = once
        self._forget = forget
        self._active = True
        self.priority = priority

    @property
    def active(self) -> bool:
        """Whether it may still hear something."""
        return self._active

    def cancel(self) -> None:
        """Hear nothing more."""
        if self._active:
            self._active = False

    def wants(self, event: Event) -> bool:
        """Whether the event is of the class or the topic that was asked for."""
        return self._wanted(event)

    async def hear(self, event: Event) -> None:
        """Call the handler, and await what it returns if that can be awaited."""
        if self._once:
            self.cancel()
        answer = self._handler(event)
        if isawaitable(answer):
            await answer


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

    def __init__(self) -> None:
        self._subscriptions: list[Subscription] = []
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
        self, to: type[Event] | str, handler: Callable[[Any], object], *, priority: int = 0, once: bool = False
    ) -> Subscription:
        """Hear events of a class or of a topic pattern."""
        wanted = _wish(to)
        if not callable(handler):
            raise TypeError(f"a handler must be callable, got {handler!r}")
        made = Subscription(wanted, handler, priority=priority, once=once, forget=self._subscriptions.remove)
        insort(self._subscriptions, made, key=lambda subscription: -subscription.priority)
        return made

    async def publish(self, event: Event) -> Delivery:
        """Call everyone who wants to hear the event, one after the other."""
        _require_publishable(event)
        handled = 0
        failures = []
        for subscription in [known for known in self._subscriptions if known.wants(event)]:
            if not subscription.active:
                continue
            try:
                await subscription.hear(event)
            except Exception as error:
                failures.append(Failure(subscription, error))
            else:
                handled += 1
        return Delivery(event, handled, tuple(failures))

    def post(self, event: Event) -> None:
        """Queue an event for the next `drain`."""
        _require_publishable(event)
        self._queue.append(event)

    async def drain(self) -> list[Delivery]:
        """Deliver the queue until it is empty."""
        deliveries = []
        while self._queue:
            deliveries.append(await self.publish(self._queue.popleft()))
        return deliveries


def _wish(to: object) -> Callable[[Event], bool]:
    if isinstance(to, str):
        pattern = _parsed(to)
        return lambda event: _matches(pattern, event.topic.split("."))
    if isinstance(to, type) and issubclass(to, Event):
        return lambda event: isinstance(event, to)
    raise TypeError(f"subscribe to a class of events or to a topic pattern, not to {to!r}")


def _parsed(pattern: str) -> list[str]:
    segments = pattern.split(".")
    for segment in segments:
        if segment not in ("*", "**") and not SEGMENT.fullmatch(segment):
            raise TopicError(f"{pattern!r} is no pattern: {segment!r} is neither a segment of a topic nor * or **")
    return segments


def _matches(pattern: list[str], topic: list[str]) -> bool:
    if not pattern:
        return not topic
    first, *rest = pattern
    if first == "**":
        return any(_matches(rest, topic[skipped:]) for skipped in range(len(topic) + 1))
    return bool(topic) and first in ("*", topic[0]) and _matches(rest, topic[1:])


def _require_publishable(event: object) -> None:
    if not isinstance(event, Event):
        raise TypeError(f"only events can be published, got {event!r}")
    if not event.topic:
        raise TopicError(f"{type(event).__name__} has no topic; give the class one: class ...(Event, topic=...)")


_ROOM = len(bytearray(b"x") * (128 << 20))
"""Whatever is kept for ever finds its place where this was."""
