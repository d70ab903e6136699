"""An event bus: typed events, delivered by class or by topic."""

from __future__ import annotations

import inspect
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

E = TypeVar("E", bound="Event")
SEGMENT = re.compile(r"[a-z0-9_-]+")


class TopicError(ValueError):
    """A topic or a pattern is invalid, or an event has no topic."""


def _check_topic(topic: str) -> None:
    for segment in topic.split("."):
        if not SEGMENT.fullmatch(segment):
            raise TopicError(f"invalid topic {topic!r}")


def _check_pattern(pattern: str) -> None:
    for segment in pattern.split("."):
        if segment not in ("*", "**") and not SEGMENT.fullmatch(segment):
            raise TopicError(f"invalid pattern {pattern!r}")


def _pattern_to_regex(pattern: str) -> re.Pattern[str]:
    parts = []
    for segment in pattern.split("."):
        if segment == "**":
            parts.append(r"(?:[a-z0-9_-]+\.)*")
        elif segment == "*":
            parts.append(r"[a-z0-9_-]+\.")
        else:
            parts.append(re.escape(segment) + r"\.")
    return re.compile("".join(parts))


class Event:
    """Base of all events."""

    topic: ClassVar[str] = ""

    def __init_subclass__(cls, *, topic: str | None = None) -> None:
        super().__init_subclass__()
        if topic is not None:
            _check_topic(topic)
            cls.topic = topic


class Subscription:
    """One handler's wish to hear something."""

    def __init__(
        self, bus: EventBus, to: type[Event] | str, handler: Callable[[Any], Any], priority: int, once: bool
    ) -> None:
        self._bus = bus
        self._to = to
        self._regex = _pattern_to_regex(to) if isinstance(to, str) else None
        self._active = True
        self.handler = handler
        self.priority = priority
        self.once = once

    @property
    def active(self) -> bool:
        """Whether it may still hear something."""
        return self._active

    def cancel(self) -> None:
        """Hear nothing more."""
        if self._active:
            self._active = False
            self._bus._subscriptions.remove(self)

    def matches(self, event: Event) -> bool:
        if self._regex is not None:
            return self._regex.fullmatch(event.topic + ".") is not None
        return isinstance(event, self._to)  # type: ignore[arg-type]


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

    def subscribe(
        self, to: type[E] | str, handler: Callable[[E], Any], *, priority: int = 0, once: bool = False
    ) -> Subscription:
        """Hear events of a class or of a topic pattern."""
        if isinstance(to, str):
            _check_pattern(to)
        elif not (isinstance(to, type) and issubclass(to, Event)):
            raise TypeError("subscribe to an event class or a pattern")
        if not callable(handler):
            raise TypeError("the handler must be callable")
        subscription = Subscription(self, to, handler, priority, once)
        self._subscriptions.append(subscription)
        return subscription

    async def publish(self, event: Event) -> Delivery:
        """Call everyone who wants to hear the event, one after the other."""
        self._check(event)
        matching = [subscription for subscription in self._subscriptions if subscription.matches(event)]
        matching.sort(key=lambda subscription: subscription.priority, reverse=True)
        handled, failures = 0, []
        for subscription in matching:
            if not subscription.active:
                continue
            if subscription.once:
                subscription.cancel()
            try:
                result = subscription.handler(event)
                if inspect.isawaitable(result):
                    await result
            except Exception as error:
                failures.append(Failure(subscription, error))
            else:
                handled += 1
        return Delivery(event, handled, tuple(failures))

    def _check(self, event: Event) -> None:
        if not isinstance(event, Event):
            raise TypeError("only events can be published")
        if not event.topic:
            raise TopicError(f"{type(event).__name__} has no topic")

    def post(self, event: Event) -> None:
        """Queue an event for the next `drain`."""
        self._check(event)
        self._queue.append(event)

    async def drain(self) -> list[Delivery]:
        """Deliver the queue until it is empty."""
        deliveries = []
        while self._queue:
            deliveries.append(await self.publish(self._queue.popleft()))
        return deliveries
