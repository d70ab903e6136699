"""Typed usage of the API. Type-checked beside the submission, never run. Lines with an ignore must be errors."""

from collections.abc import Mapping, Sequence
from typing import assert_type

from orders import (
    CurrencyMismatch,
    Event,
    Line,
    LineChanged,
    Money,
    Order,
    OrderCancelled,
    OrderPlaced,
    Refused,
    Repository,
    Stale,
)


def calculating(price: Money, other: Money, weights: Sequence[int]) -> Sequence[Money]:
    assert_type(price + other, Money)
    assert_type(price - other, Money)
    assert_type(price * 3, Money)
    assert_type(price < other, bool)
    assert_type(price >= other, bool)
    assert_type(price.amount, int)
    assert_type(price.currency, str)
    price + 3  # type: ignore[operator]
    price * 0.5  # type: ignore[operator]
    price < 3  # type: ignore[operator]
    price.allocate("1:2")  # type: ignore[arg-type]
    Money("12.50", "EUR")  # type: ignore[arg-type]
    price.amount = 3  # type: ignore[misc]
    price.currency = "USD"  # type: ignore[misc]
    assert_type(price.allocate([1, 2, 3])[0], Money)
    return price.allocate(weights)


def values(price: Money) -> list[Event]:
    line = Line("tea", quantity=3, price=price)
    assert_type(line.sku, str)
    assert_type(line.quantity, int)
    assert_type(line.price, Money)
    assert_type(line.total, Money)
    line.quantity = 4  # type: ignore[misc]
    line.total = price  # type: ignore[misc]
    changed, placed, cancelled = LineChanged("A-1", "tea", 3), OrderPlaced("A-1", total=price), OrderCancelled("A-1")
    assert_type(changed.order, str)
    assert_type(changed.sku, str)
    assert_type(changed.quantity, int)
    assert_type(placed.total, Money)
    assert_type(cancelled.order, str)
    changed.quantity = 4  # type: ignore[misc]
    placed.total = price  # type: ignore[misc]
    cancelled.order = "A-2"  # type: ignore[misc]
    LineChanged("A-1", 3, "tea")  # type: ignore[arg-type]
    OrderPlaced("A-1", 3)  # type: ignore[arg-type]
    return [changed, placed, cancelled]


def ordering(price: Money, quantities: Mapping[str, int]) -> tuple[str, Sequence[Line]]:
    order = Order("A-1", limit=price * 100)
    order.add("tea", 3, price)
    order.add("tea", quantity=2, price=price)
    order.change(quantities)
    order.place()
    order.cancel()
    assert_type(order.id, str)
    assert_type(order.limit, Money)
    assert_type(order.total, Money)
    assert_type(order.version, int)
    assert_type(order.lines[0], Line)
    status: str = order.status
    order.status + 1  # type: ignore[operator]
    order.status = order.status  # type: ignore[misc]
    order.id = "A-2"  # type: ignore[misc]
    order.limit = price  # type: ignore[misc]
    order.total = price  # type: ignore[misc]
    order.version = 3  # type: ignore[misc]
    order.lines = order.lines  # type: ignore[misc]
    order.add("tea", 3, 100)  # type: ignore[arg-type]
    order.add("tea", "3", price)  # type: ignore[arg-type]
    order.add(3, 3, price)  # type: ignore[arg-type]
    order.change(["tea"])  # type: ignore[arg-type]
    Order("A-1", 100)  # type: ignore[arg-type]
    Order(3, price)  # type: ignore[arg-type]
    return status, order.lines


def hear(event: Event) -> None: ...


def hear_placed(event: OrderPlaced) -> None: ...


def saving(heard: list[Event]) -> Order:
    repository = Repository(heard.append)
    Repository(deliver=hear)
    Repository(hear_placed)  # type: ignore[arg-type]
    order = repository.get("A-1")
    assert_type(order, Order)
    repository.save(order)
    repository.save("A-1")  # type: ignore[arg-type]
    repository.get(3)  # type: ignore[arg-type]
    return order


def kinds_of_trouble(refused: Refused, stale: Stale) -> tuple[CurrencyMismatch, Refused]:
    mismatch: CurrencyMismatch = refused  # type: ignore[assignment]
    other: Refused = stale  # type: ignore[assignment]
    return mismatch, other


def refused(mismatch: CurrencyMismatch, stale: Stale) -> tuple[Refused, ValueError, Exception]:
    return mismatch, mismatch, stale
