"""Typed usage of the API. Type-checked beside the submission, never run. Lines with an ignore must be errors."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import assert_type

from bus import Delivery, Event, EventBus, Failure, Subscription, TopicError


@dataclass(frozen=True)
class OrderPlaced(Event, topic="orders.placed"):
    number: int


@dataclass(frozen=True)
class OrderShipped(Event, topic="orders.shipped"):
    parcel: str


@dataclass(frozen=True)
class RushOrderPlaced(OrderPlaced):
    courier: str


def placed(event: OrderPlaced) -> None: ...


async def placed_later(event: OrderPlaced) -> None: ...


async def shipped_later(event: OrderShipped) -> None: ...


def anything(event: Event) -> None: ...


async def anything_later(event: Event) -> None: ...


class Projection:
    async def __call__(self, event: OrderPlaced) -> None: ...


def by_class(bus: EventBus) -> None:
    assert_type(bus.subscribe(OrderPlaced, placed), Subscription)
    assert_type(bus.subscribe(OrderPlaced, placed_later, priority=3, once=True), Subscription)
    bus.subscribe(RushOrderPlaced, placed)
    bus.subscribe(OrderPlaced, anything)
    bus.subscribe(OrderPlaced, Projection())
    bus.subscribe(Event, anything_later)
    bus.subscribe(OrderPlaced, lambda event: print(event.number))
    bus.subscribe(OrderShipped, placed)  # type: ignore[arg-type]
    bus.subscribe(OrderPlaced, shipped_later)  # type: ignore[arg-type]
    bus.subscribe(OrderPlaced, Projection)  # type: ignore[arg-type]
    bus.subscribe(Event, placed)  # type: ignore[arg-type]
    bus.subscribe(int, anything)  # type: ignore[arg-type, type-var]
    bus.subscribe(OrderPlaced, placed, 3)  # type: ignore[call-overload]
    bus.subscribe(OrderPlaced, placed, priority="high")  # type: ignore[call-overload]


def by_topic(bus: EventBus) -> None:
    assert_type(bus.subscribe("orders.*", anything), Subscription)
    bus.subscribe("**", anything_later, once=True)
    bus.subscribe("orders.placed", placed)  # type: ignore[arg-type]
    bus.subscribe(b"orders", anything)  # type: ignore[call-overload]


def by_variable(bus: EventBus, handler: Callable[[OrderPlaced], Awaitable[None] | None]) -> None:
    subscription = bus.subscribe(OrderPlaced, handler)
    assert_type(subscription.active, bool)
    subscription.cancel()
    subscription.active = False  # type: ignore[misc]


async def publishing(bus: EventBus, event: OrderPlaced) -> tuple[Failure, ...]:
    delivery = await bus.publish(event)
    assert_type(delivery, Delivery)
    assert_type(delivery.event, Event)
    assert_type(delivery.handled, int)
    assert_type(await bus.drain(), list[Delivery])
    assert_type(event.topic, str)
    assert_type([failure.subscription for failure in delivery.failures], list[Subscription])
    assert_type([failure.error for failure in delivery.failures], list[Exception])
    bus.post(event)
    bus.post(OrderPlaced)  # type: ignore[arg-type]
    await bus.publish("orders.placed")  # type: ignore[arg-type]
    delivery.handled = 3  # type: ignore[misc]
    return delivery.failures


def refused(error: TopicError) -> ValueError:
    return error
