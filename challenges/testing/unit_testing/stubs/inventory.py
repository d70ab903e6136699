"""The module under test as tests meet it: every call is answered from outside. README.md is its specification."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from suite_inside.remote import REMOTE, result


class OutOfStock(Exception):
    """There is not as much available as somebody wants."""

    def __init__(self, sku: str, *, wanted: int, available: int) -> None:
        super().__init__(f"{wanted} of {sku} wanted, {available} available")
        self.sku = sku
        self.wanted = wanted
        self.available = available


@dataclass(frozen=True)
class Reservation:
    """So many pieces of an article, held until a moment."""

    id: Hashable
    sku: str
    quantity: int
    expires_at: float


_CLASSES = {"OutOfStock": OutOfStock, "Reservation": Reservation}


class Inventory:
    """The stock of one warehouse."""

    def __init__(self, *, hold_seconds: float = 900.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._callbacks = {"clock": clock}
        self._number = result(REMOTE.new("Inventory", [hold_seconds], self._callbacks, eager="clock"), _CLASSES)

    def receive(self, sku: str, quantity: int) -> int:
        """Put pieces on the shelf. Returns how many lie there now."""
        return self._call("receive", sku, quantity)

    def on_hand(self, sku: str) -> int:
        """How many pieces lie on the shelf, held ones included."""
        return self._call("on_hand", sku)

    def available(self, sku: str) -> int:
        """How many pieces can be reserved now."""
        return self._call("available", sku)

    def reserve(self, sku: str, quantity: int) -> Reservation:
        """Hold pieces for `hold_seconds`. Raises OutOfStock."""
        return self._call("reserve", sku, quantity)

    def ship(self, reservation_id: Hashable) -> None:
        """Take the pieces of a reservation off the shelf. Raises LookupError."""
        self._call("ship", reservation_id)

    def cancel(self, reservation_id: Hashable) -> None:
        """Give the pieces of a reservation free. Raises LookupError."""
        self._call("cancel", reservation_id)

    def low_stock(self, threshold: int) -> list[str]:
        """The articles of which fewer than `threshold` are available, scarcest first."""
        return self._call("low_stock", threshold)

    def _call(self, name: str, *arguments: object) -> Any:
        answer = REMOTE.call(self._number, name, arguments, self._callbacks, eager="clock")
        return result(answer, _CLASSES)
