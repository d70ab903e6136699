"""An event bus that is one table of entries: delivering is sorting those that match and walking down the list."""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import Any, ClassVar, NamedTuple, TypeVar, overload

E = TypeVar("E", bound="Event")


class TopicError(ValueError):
    pass


class Event:
    topic: ClassVar[str] = ""

    def __init_subclass__(cls, topic: str | None = None, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if topic is not None:
            if re.fullmatch(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*", topic) is None:
                raise TopicError(f"bad topic {topic!r}")
            cls.topic = topic


class _Entry(NamedTuple):
    priority: int
    condition: type[Event] | re.Pattern[str]
    handler: Callable[[Any], object]
    once: bool

    def matches(self, event: Event) -> bool:
        if isinstance(self.condition, re.Pattern):
            return self.condition.fullmatch(event.topic + ".") is not None
        return isinstance(event, self.condition)


class Subscription:
    """A key of the bus's table: it is active as long as the table has an entry for it."""

    def __init__(self, table: dict[Subscription, _Entry]) -> None:
        self._table = table

    @property
    def active(self) -> bool:
        return self in self._table

    def cancel(self) -> None:
        self._table.pop(self, None)


@dataclass(frozen=True)
class Failure:
    subscription: Subscription
    error: Exception


@dataclass(frozen=True)
class Delivery:
    event: Event
    handled: int
    failures: tuple[Failure, ...]


class EventBus:
    def __init__(self) -> None:
        self._table: dict[Subscription, _Entry] = {}
        self._waiting: asyncio.Queue[Event] = asyncio.Queue()

    @overload
    def subscribe(
        self, to: type[E], handler: Callable[[E], Awaitable[None] | None], *, priority: int = 0, once: bool = False
    ) -> Subscription: ...

    @overload
    def subscribe(
        self, to: str, handler: Callable[[Event], Awaitable[None] | None], *, priority: int = 0, once: bool = False
    ) -> Subscription: ...

    def subscribe(
        self, to: Any, handler: Callable[[Any], object], *, priority: int = 0, once: bool = False
    ) -> Subscription:
        match to:
            case str():
                condition: type[Event] | re.Pattern[str] = _compiled(to)
            case type() if issubclass(to, Event):
                condition = to
            case _:
                raise TypeError(f"{to!r} is neither a pattern nor a class of events")
        if not callable(handler):
            raise TypeError(f"{handler!r} cannot be called")
        subscription = Subscription(self._table)
        self._table[subscription] = _Entry(priority, condition, handler, once)
        return subscription

    async def publish(self, event: Event) -> Delivery:
        return await self._deliver(_checked(event))

    def post(self, event: Event) -> None:
        self._waiting.put_nowait(_checked(event))

    async def drain(self) -> list[Delivery]:
        done: list[Delivery] = []
        while not self._waiting.empty():
            done.append(await self._deliver(self._waiting.get_nowait()))
        return done

    async def _deliver(self, event: Event) -> Delivery:
        outcomes = [await self._attempt(subscription, event) for subscription in self._matching(event)]
        failures = tuple(outcome for outcome in outcomes if isinstance(outcome, Failure))
        return Delivery(event, outcomes.count(True), failures)

    def _matching(self, event: Event) -> list[Subscription]:
        """The table is in the order of subscribing, and sorting keeps it among equals."""
        matching = [
            (entry.priority, subscription) for subscription, entry in self._table.items() if entry.matches(event)
        ]
        return [subscription for _, subscription in sorted(matching, key=itemgetter(0), reverse=True)]

    async def _attempt(self, subscription: Subscription, event: Event) -> Failure | bool:
        """True when it was handled, False when the subscription is over."""
        entry = self._table.get(subscription)
        if entry is None:
            return False
        if entry.once:
            subscription.cancel()
        try:
            result = entry.handler(event)
            if inspect.isawaitable(result):
                await result
        except Exception as error:
            return Failure(subscription, error)
        return True


def _checked(event: Any) -> Event:
    if not isinstance(event, Event):
        raise TypeError(f"{event!r} is no event")
    if event.topic == "":
        raise TopicError(f"{event!r} has no topic")
    return event


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Matches topics that have a dot after each segment, the last included."""
    segment = r"[a-z0-9_-]+"
    if re.fullmatch(rf"(?:{segment}|\*\*?)(?:\.(?:{segment}|\*\*?))*", pattern) is None:
        raise TopicError(f"bad pattern {pattern!r}")
    words = {"*": rf"{segment}\.", "**": rf"(?:{segment}\.)*"}
    return re.compile("".join(words.get(word, rf"{word}\.") for word in pattern.split(".")))
