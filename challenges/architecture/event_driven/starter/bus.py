"""A publish/subscribe bus for typed events."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ClassVar, TypeVar, overload

E = TypeVar("E", bound="Event")


class TopicError(ValueError):
    """A topic or a pattern is invalid, or an event has no topic."""


class Event:
    """Base of all events: `class OrderPlaced(Event, topic="orders.placed")`."""

    topic: ClassVar[str] = ""

    def __init_subclass__(cls, *, topic: str | None = None) -> None:
        raise NotImplementedError


class Subscription:
    """One handler's wish to hear something. Made by `EventBus.subscribe`."""

    @property
    def active(self) -> bool:
        """Whether it may still hear something."""
        raise NotImplementedError

    def cancel(self) -> None:
        """Hear nothing more."""
        raise NotImplementedError


class Failure:
    """A handler that raised. A frozen dataclass: `subscription`, `error`."""


class Delivery:
    """What became of one event. A frozen dataclass: `event`, `handled`, `failures`."""


class EventBus:
    """Brings events to those who want to hear them."""

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
        raise NotImplementedError

    async def publish(self, event: Event) -> Delivery:
        """Call everyone who wants to hear the event, one after the other."""
        raise NotImplementedError

    def post(self, event: Event) -> None:
        """Queue an event for the next `drain`."""
        raise NotImplementedError

    async def drain(self) -> list[Delivery]:
        """Deliver the queue until it is empty."""
        raise NotImplementedError
