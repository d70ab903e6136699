"""Stock of a warehouse as a journal: nothing is ever changed or forgotten, and every question reads it again."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field


class OutOfStock(RuntimeError):
    def __init__(self, message: str, sku: str, wanted: int, available: int) -> None:
        self.sku = sku
        self.wanted = wanted
        self.available = available
        super().__init__(message)


class Reservation:
    def __init__(self, number: int, sku: str, quantity: int, expires_at: float) -> None:
        self.id = ("reservation", number)
        self.sku = sku
        self.quantity = quantity
        self.expires_at = expires_at


@dataclass
class _Entry:
    kind: str
    sku: str
    change: int
    hold: Reservation | None = None


@dataclass
class _Journal:
    entries: list[_Entry] = field(default_factory=list)

    def add(self, kind: str, sku: str, change: int, hold: Reservation | None = None) -> None:
        self.entries.append(_Entry(kind, sku, change, hold))

    def total(self, sku: str) -> int:
        return sum(entry.change for entry in self.entries if entry.sku == sku)

    def ended(self) -> set[tuple[str, int]]:
        return {entry.hold.id for entry in self.entries if entry.kind in ("ship", "cancel") and entry.hold}

    def live(self, now: float) -> dict[tuple[str, int], Reservation]:
        ended = self.ended()
        live = {}
        for entry in self.entries:
            hold = entry.hold if entry.kind == "reserve" else None
            if hold and hold.id not in ended and now < hold.expires_at:
                live[hold.id] = hold
        return live


class Inventory:
    def __init__(self, *, hold_seconds: float = 900.0, clock: Callable[[], float] = time.monotonic) -> None:
        self.__journal = _Journal()
        self.__clock = clock
        self.__hold_seconds = hold_seconds
        self.__last_seen = clock()

    def receive(self, sku: str, quantity: int) -> int:
        _check(sku, quantity)
        name = _clean(sku)
        self.__journal.add("receive", name, quantity)
        return self.__journal.total(name)

    def on_hand(self, sku: str) -> int:
        _check(sku, 1)
        return self.__journal.total(_clean(sku))

    def available(self, sku: str) -> int:
        _check(sku, 1)
        name = _clean(sku)
        promised = [hold.quantity for hold in self.__journal.live(self.__tick()).values() if hold.sku == name]
        return self.__journal.total(name) - sum(promised)

    def reserve(self, sku: str, quantity: int) -> Reservation:
        _check(sku, quantity)
        name = _clean(sku)
        rest = self.available(name)
        if rest < quantity:
            raise OutOfStock("not so many", name, quantity, rest)
        hold = Reservation(len(self.__journal.entries), name, quantity, self.__tick() + self.__hold_seconds)
        self.__journal.add("reserve", name, 0, hold)
        return hold

    def ship(self, reservation_id: tuple[str, int]) -> None:
        hold = self.__journal.live(self.__tick())[reservation_id]
        self.__journal.add("ship", hold.sku, -hold.quantity, hold)

    def cancel(self, reservation_id: tuple[str, int]) -> None:
        hold = self.__journal.live(self.__tick())[reservation_id]
        self.__journal.add("cancel", hold.sku, 0, hold)

    def low_stock(self, threshold: int) -> list[str]:
        received = {entry.sku for entry in self.__journal.entries if entry.kind == "receive"}
        by_name = sorted(received)
        by_rest = sorted(by_name, key=self.available)
        return [name for name in by_rest if self.available(name) < threshold]

    def __tick(self) -> float:
        self.__last_seen = max(self.__last_seen, self.__clock())
        return self.__last_seen


def _clean(sku: str) -> str:
    return sku.upper().strip()


def _check(sku: str, quantity: int) -> None:
    if quantity < 1 or not sku.strip():
        raise ValueError((sku, quantity))
