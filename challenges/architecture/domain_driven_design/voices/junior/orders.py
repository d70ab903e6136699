import copy
from dataclasses import dataclass


class Refused(ValueError):
    pass


class CurrencyMismatch(Refused):
    pass


class Stale(Exception):
    pass


@dataclass(frozen=True)
class Money:
    amount: int
    currency: str

    def __post_init__(self):
        if len(self.currency) != 3 or self.currency != self.currency.upper():
            raise ValueError("currency must be three letters")

    def check_currency(self, other):
        if self.currency != other.currency:
            raise CurrencyMismatch("different currencies")

    def __add__(self, other: "Money") -> "Money":
        self.check_currency(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self.check_currency(other)
        return Money(self.amount - other.amount, self.currency)

    def __mul__(self, n: int) -> "Money":
        return Money(self.amount * n, self.currency)

    def __lt__(self, other: "Money") -> bool:
        self.check_currency(other)
        return self.amount < other.amount

    def __le__(self, other: "Money") -> bool:
        self.check_currency(other)
        return self.amount <= other.amount

    def __gt__(self, other: "Money") -> bool:
        self.check_currency(other)
        return self.amount > other.amount

    def __ge__(self, other: "Money") -> bool:
        self.check_currency(other)
        return self.amount >= other.amount

    def allocate(self, weights):
        total = sum(weights)
        if total == 0:
            raise ValueError("no weights")
        for weight in weights:
            if weight < 0:
                raise ValueError("negative weight")
        parts = []
        for weight in weights:
            parts.append(int(self.amount * weight / total))
        rest = self.amount - sum(parts)
        i = 0
        while rest > 0:
            parts[i] += 1
            rest -= 1
            i += 1
        return [Money(part, self.currency) for part in parts]


@dataclass
class Line:
    sku: str
    quantity: int
    price: Money

    @property
    def total(self) -> Money:
        return self.price * self.quantity


class Event:
    pass


@dataclass(frozen=True)
class LineChanged(Event):
    order: str
    sku: str
    quantity: int


@dataclass(frozen=True)
class OrderPlaced(Event):
    order: str
    total: Money


@dataclass(frozen=True)
class OrderCancelled(Event):
    order: str


class Order:
    def __init__(self, id: str, limit: Money):
        self.id = id
        self.limit = limit
        self.lines = []
        self.status = "draft"
        self.version = 0
        self.events = []

    def __eq__(self, other):
        return self.id == other.id

    def __hash__(self):
        return hash(self.id)

    @property
    def total(self) -> Money:
        result = Money(0, self.limit.currency)
        for line in self.lines:
            result = result + line.total
        return result

    def find(self, sku):
        for line in self.lines:
            if line.sku == sku:
                return line
        return None

    def add(self, sku: str, quantity: int, price: Money) -> None:
        if self.status != "draft":
            raise Refused("order is not a draft")
        if quantity < 1:
            raise Refused("quantity must be at least 1")
        if price.amount < 0:
            raise Refused("price must not be negative")
        if self.total + price * quantity > self.limit:
            raise Refused("total is above the limit")
        line = self.find(sku)
        if line:
            if line.price != price:
                raise Refused("price is different")
            line.quantity += quantity
        else:
            line = Line(sku, quantity, price)
            self.lines.append(line)
        self.events.append(LineChanged(self.id, sku, line.quantity))

    def change(self, quantities) -> None:
        if self.status != "draft":
            raise Refused("order is not a draft")
        for sku in quantities:
            if self.find(sku) is None:
                raise Refused("unknown sku")
            if quantities[sku] < 0:
                raise Refused("quantity must not be negative")
        for sku, quantity in quantities.items():
            line = self.find(sku)
            line.quantity = quantity
            if self.total > self.limit:
                raise Refused("total is above the limit")
            if quantity == 0:
                self.lines.remove(line)
            self.events.append(LineChanged(self.id, sku, quantity))

    def place(self) -> None:
        if self.status != "draft":
            raise Refused("order is not a draft")
        if len(self.lines) == 0:
            raise Refused("order has no lines")
        self.status = "placed"
        self.events.append(OrderPlaced(self.id, self.total))

    def cancel(self) -> None:
        if self.status == "cancelled":
            raise Refused("order is already cancelled")
        self.status = "cancelled"
        self.events.append(OrderCancelled(self.id))


class Repository:
    def __init__(self, deliver):
        self.deliver = deliver
        self.orders = {}

    def get(self, id: str) -> Order:
        return copy.deepcopy(self.orders[id])

    def save(self, order: Order) -> None:
        if order.id in self.orders and self.orders[order.id].version != order.version:
            raise Stale("order was changed by somebody else")
        order.version += 1
        for event in order.events:
            self.deliver(event)
        order.events = []
        self.orders[order.id] = copy.deepcopy(order)
