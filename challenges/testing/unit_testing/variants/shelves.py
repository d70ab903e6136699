"""Stock of a warehouse, one shelf an article; holds hang on their shelf and are looked at only when it matters."""

import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import NamedTuple


class OutOfStock(Exception):
    def __init__(self, sku: str, wanted: int, available: int) -> None:
        super().__init__(sku, wanted, available)
        self.sku, self.wanted, self.available = sku, wanted, available


class BadSku(ValueError):
    pass


class BadQuantity(ValueError):
    pass


class NoSuchReservation(LookupError):
    pass


class Reservation(NamedTuple):
    sku: str
    quantity: int
    expires_at: float
    id: str


class _Shelf:
    def __init__(self) -> None:
        self._pieces = 0
        self._known = False
        self._holds: list[Reservation] = []

    def _live(self, moment: float) -> Iterator[Reservation]:
        for hold in self._holds:
            if moment < hold.expires_at:
                yield hold

    def _free(self, moment: float) -> int:
        free = self._pieces
        for hold in self._live(moment):
            free -= hold.quantity
        return free

    def _find(self, reservation_id: str, moment: float) -> Reservation | None:
        for hold in self._live(moment):
            if hold.id == reservation_id:
                return hold
        return None


class Inventory:
    def __init__(self, *, hold_seconds: float = 900.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._shelves: defaultdict[str, _Shelf] = defaultdict(_Shelf)
        self._patience = hold_seconds
        self._now = clock

    def receive(self, sku: str, quantity: int) -> int:
        if quantity <= 0:
            raise BadQuantity(quantity)
        shelf = self._shelves[self._key(sku)]
        shelf._known = True
        shelf._pieces += quantity
        return shelf._pieces

    def on_hand(self, sku: str) -> int:
        return self._shelves[self._key(sku)]._pieces

    def available(self, sku: str) -> int:
        return self._shelves[self._key(sku)]._free(self._now())

    def reserve(self, sku: str, quantity: int) -> Reservation:
        key = self._key(sku)
        if quantity <= 0:
            raise BadQuantity(quantity)
        shelf = self._shelves[key]
        moment = self._now()
        left = shelf._free(moment) - quantity
        if left < 0:
            raise OutOfStock(key, quantity, left + quantity)
        hold = Reservation(key, quantity, moment + self._patience, uuid.uuid4().hex)
        shelf._holds.append(hold)
        return hold

    def ship(self, reservation_id: str) -> None:
        shelf, hold = self._locate(reservation_id)
        shelf._holds.remove(hold)
        shelf._pieces -= hold.quantity

    def cancel(self, reservation_id: str) -> None:
        shelf, hold = self._locate(reservation_id)
        shelf._holds.remove(hold)

    def low_stock(self, threshold: int) -> list[str]:
        moment = self._now()
        short: list[str] = []
        for key, shelf in self._shelves.items():
            if shelf._known and shelf._free(moment) < threshold:
                short.append(key)
        short.sort(key=lambda key: (self._shelves[key]._free(moment), key))
        return short

    def _locate(self, reservation_id: str) -> tuple[_Shelf, Reservation]:
        moment = self._now()
        for shelf in self._shelves.values():
            hold = shelf._find(reservation_id, moment)
            if hold is not None:
                return shelf, hold
        raise NoSuchReservation(reservation_id)

    @staticmethod
    def _key(sku: str) -> str:
        key = "".join(letter.upper() for letter in sku).strip()
        if key == "":
            raise BadSku(sku)
        return key
