"""Event bus with typed events and topic patterns."""

from __future__ import annotations

import bisect
import inspect
import itertools
import re
from dataclasses import dataclass
from typing import Any, Awaitable, Callable, ClassVar, TypeVar, overload

E = TypeVar("E", bound="Event")

TOPIC = re.compile(r"^[a-z0-9_-]+(\.[a-z0-9_-]+)*$")
PATTERN_SEGMENT = re.compile(r"^([a-z0-9_-]+|\*|\*\*)$")


class TopicError(ValueError):
    """Invalid topic or pattern, or an event without a topic."""


class Event:
    topic: ClassVar[str] = ""

    def __init_subclass__(cls, *, topic: str | None = None, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if topic:
            if not TOPIC.match(topic):
                raise TopicError(f"invalid topic {topic!r}")
            cls.topic = topic


class Subscription:
    def __init__(
        self,
        bus: EventBus,
        number: int,
        matches: Callable[[Event], bool],
        handler: Callable[[Any], Any],
        priority: int,
        once: bool,
    ) -> None:
        self._bus = bus
        self._number = number
        self._matches = matches
        self._handler = handler
        self._priority = priority
        self._once = once
        self._active = True

    @property
    def active(self) -> bool:
        return self._active

    def cancel(self) -> None:
        if self._active:
            self._active = False
            self._bus._subscriptions.remove(self)

    def __lt__(self, other: Subscription) -> bool:
        return (-self._priority, self._number) < (-other._priority, other._number)


@dataclass(frozen=True)
class Failure:
    subscription: Subscription
    error: Exception


@dataclass(frozen=True)
class Delivery:
    event: Event
    handled: int
    failures: tuple[Failure, ...]


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Translate a topic pattern to a regular expression.

    The expression is matched against the topic with a dot appended, so that each segment ends with one.
    """
    parts = []
    for segment in pattern.split("."):
        if not PATTERN_SEGMENT.match(segment):
            raise TopicError(f"invalid pattern {pattern!r}")
        if segment == "**":
            parts.append(r"([^.]+\.)*")
        elif segment == "*":
            parts.append(r"[^.]+\.")
        else:
            parts.append(re.escape(segment) + r"\.")
    return re.compile("^" + "".join(parts) + "$")


class EventBus:
    def __init__(self) -> None:
        self._subscriptions: list[Subscription] = []  # sorted by priority and age
        self._numbers = itertools.count()
        self._queue: list[Event] = []

    @overload
    def subscribe(
        self, to: type[E], handler: Callable[[E], Awaitable[None] | None], *, priority: int = 0, once: bool = False
    ) -> Subscription: ...

    @overload
    def subscribe(
        self, to: str, handler: Callable[[Event], Awaitable[None] | None], *, priority: int = 0, once: bool = False
    ) -> Subscription: ...

    def subscribe(
        self, to: Any, handler: Callable[[Any], Awaitable[None] | None], *, priority: int = 0, once: bool = False
    ) -> Subscription:
        if not callable(handler):
            raise TypeError("handler must be callable")
        matches: Callable[[Event], bool]
        if isinstance(to, str):
            regex = compile_pattern(to)
            matches = lambda event: regex.match(event.topic + ".") is not None
        elif isinstance(to, type) and issubclass(to, Event):
            matches = lambda event: isinstance(event, to)
        else:
            raise TypeError("expected an event class or a pattern")
        subscription = Subscription(self, next(self._numbers), matches, handler, priority, once)
        bisect.insort(self._subscriptions, subscription)
        return subscription

    async def publish(self, event: Event) -> Delivery:
        self._check(event)
        return await self._deliver(event)

    def post(self, event: Event) -> None:
        self._check(event)
        self._queue.append(event)

    async def drain(self) -> list[Delivery]:
        deliveries = []
        while self._queue:
            event = self._queue[0]
            deliveries.append(await self._deliver(event))
            self._queue.pop(0)
        return deliveries

    def _check(self, event: Any) -> None:
        if not isinstance(event, Event):
            raise TypeError("expected an event")
        if not event.topic:
            raise TopicError(f"{type(event).__name__} has no topic")

    async def _deliver(self, event: Event) -> Delivery:
        handled = 0
        failures = []
        receivers = [subscription for subscription in self._subscriptions if subscription._matches(event)]
        for subscription in receivers:
            if subscription._once:
                subscription.cancel()
            elif not subscription.active:
                continue
            try:
                result = subscription._handler(event)
                if inspect.isawaitable(result):
                    await result
                handled += 1
            except Exception as error:
                failures.append(Failure(subscription, error))
        return Delivery(event, handled, tuple(failures))
