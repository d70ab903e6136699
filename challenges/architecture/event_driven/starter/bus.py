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
    """One handler's subscription. Made by `EventBus.subscribe`."""

    @property
    def active(self) -> bool:
        """Whether it may still receive events."""
        raise NotImplementedError

    def cancel(self) -> None:
        """Receive nothing more."""
        raise NotImplementedError


class Failure:
    """A handler that raised. A frozen dataclass: `subscription`, `error`."""


class Delivery:
    """The outcome of one event. A frozen dataclass: `event`, `handled`, `failures`."""


class EventBus:
    """Delivers events to their subscribers."""

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
        """Subscribe a handler to a class or to a topic pattern."""
        raise NotImplementedError

    async def publish(self, event: Event) -> Delivery:
        """Call all matching handlers, one after another."""
        raise NotImplementedError

    def post(self, event: Event) -> None:
        """Queue an event for the next `drain`."""
        raise NotImplementedError

    async def drain(self) -> list[Delivery]:
        """Deliver the queue until it is empty."""
        raise NotImplementedError
