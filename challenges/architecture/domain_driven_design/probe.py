"""Runs beside the submission: calculates with money, compares values, and runs programs of clerks on a repository.

    calculate(cases)    each `[operation, left, right]`
    allocate(cases)     each `[amount, currency, weights]`
    compare(specs)      every value with every other, and with strangers: equal, the same hash; what their fields say
    assign(cases)       each `[spec, field, spec of another]`: assign the other's field, then look
    run(scripts, steps) -> [[how the step ended, what was delivered meanwhile], ...]

Steps name orders by what their holder calls them; a step on an order that nobody holds ends as `["skipped"]`. The n-th
delivery performs the n-th script; `["fail", text]` in a script raises out of `deliver`, `["fail", "", "Stale"]` does it
as a `save` would.
"""

from __future__ import annotations

import builtins
from collections.abc import Collection
from contextlib import suppress
from inspect import isroutine
from operator import add, ge, gt, le, lt, mul, ne, sub
from sys import stdlib_module_names
from types import SimpleNamespace
from typing import Any

from probe_kit import plain
from probe_kit.nameless import drawn_name, nameless

import orders

OPERATORS = {"+": add, "-": sub, "*": mul, "<": lt, "<=": le, ">": gt, ">=": ge}
DEPTH = 5
RAISED = {"get": "KeyError", "stored": "KeyError", "save": "Stale"}
"""What a step may raise, where it is not Refused: an exception may be of several promised classes."""


@nameless
class Scripted(Exception):
    """What `deliver` raises when it is told to."""


@nameless
class Skipped(Exception):
    """The order that a step is about is held by nobody."""


# ---- values -----------------------------------------------------------------------------------------------------


def _made(spec: Any) -> Any:
    """What a spec stands for: `["Money", 3, "EUR"]`, `["Line", "tea", 3, ["Money", 3, "EUR"]]`, a plain value."""
    if not isinstance(spec, list):
        return spec
    name, *fields = spec
    return getattr(orders, name)(*map(_made, fields))


def _keyworded(spec: list[Any]) -> Any:
    name, *fields = spec
    return getattr(orders, name)(**dict(zip(FIELDS[name], map(_made, fields), strict=True)))


FIELDS = {
    "Money": ["amount", "currency"],
    "Line": ["sku", "quantity", "price"],
    "LineChanged": ["order", "sku", "quantity"],
    "OrderPlaced": ["order", "total"],
    "OrderCancelled": ["order"],
}


def _shown(value: Any) -> Any:
    """A value as its spec, whatever subclass it is of."""
    for name, fields in FIELDS.items():
        if isinstance(value, getattr(orders, name)):
            return [name, *(_shown(getattr(value, field)) for field in fields)]
    return plain(value)


def _word(error: BaseException, promised: str) -> str:
    """The promised class, if the exception is of that; the name of its own, if not."""
    right = isinstance(error, getattr(builtins, promised, None) or getattr(orders, promised))
    return promised if right else f"another: {type(error).__name__}"


def calculate(cases: list[list[Any]]) -> list[Any]:
    """What each operation gave: a value, or what was raised."""
    return [_calculated(*case) for case in cases]


def _calculated(operation: str, left: Any, right: Any) -> Any:
    try:
        if operation == "new":
            return ["gave", _shown(orders.Money(left, right))]
        return ["gave", _shown(OPERATORS[operation](_made(left), _made(right)))]
    except Exception as error:
        between_money = operation != "*" and isinstance(right, list)
        promised = "ValueError" if operation == "new" else "CurrencyMismatch" if between_money else "TypeError"
        return ["raised", _word(error, promised)]


def allocate(cases: list[list[Any]]) -> list[Any]:
    """The parts of each amount, or what was raised."""
    return [_allocated(*case) for case in cases]


def _allocated(amount: int, currency: str, weights: list[int]) -> Any:
    try:
        return ["gave", [_shown(part) for part in orders.Money(amount, currency).allocate(weights)]]
    except Exception as error:
        return ["raised", _word(error, "ValueError")]


def compare(specs: list[list[Any]]) -> list[Any]:
    """For each value: its fields, which values are equal to it and have its hash, and whether strangers are equal."""
    left, right = [_made(spec) for spec in specs], [_keyworded(spec) for spec in specs]
    return [
        [
            _shown(value),
            [index for index, second in enumerate(right) if value == second],
            [index for index, second in enumerate(right) if not ne(value, second)],
            [index for index, second in enumerate(right) if len({value, second}) == 1],
            [value == stranger for stranger in _strangers(spec)],
        ]
        for spec, value in zip(specs, left, strict=True)
    ]


def _strangers(spec: list[Any]) -> list[Any]:
    """What has the same fields and is of another class."""
    name, *fields = spec
    values = [_made(field) for field in fields]
    return [tuple(values), SimpleNamespace(**dict(zip(FIELDS[name], values, strict=True)))]


def assign(cases: list[list[Any]]) -> list[Any]:
    """Try to give a value's field another value; how that ended, and what the value says afterwards."""
    return [_assigned(*case) for case in cases]


def _assigned(spec: list[Any], field: str, new: Any) -> Any:
    value, ending = _made(spec), "gave"
    try:
        setattr(value, field, _made(new))
    except Exception as error:
        ending = _word(error, "AttributeError")
    return [ending, _shown(value)]


# ---- orders -----------------------------------------------------------------------------------------------------


def run(scripts: list[list[Any]], steps: list[list[Any]]) -> list[Any]:
    """Run the steps on a new repository."""
    world = World(scripts)
    return [world.step(step) for step in steps]


@nameless
class World:
    """A repository, the orders that clerks hold, and what was delivered. Slots: nobody gives it another method."""

    __slots__ = ("_delivered", "_held", "_repositories", "_scripts")

    def __init__(self, scripts: list[list[Any]]) -> None:
        self._scripts = iter(scripts)
        self._held: dict[str, Any] = {}
        self._delivered: list[Any] = []
        deliver = nameless(lambda event: self._deliver(event))
        self._repositories = {name: orders.Repository(deliver) for name in ("", "other")}

    def step(self, step: list[Any]) -> list[Any]:
        """How the step ended, and what was delivered meanwhile."""
        above, self._delivered = self._delivered, []
        ending = self._ended(step)
        delivered, self._delivered = self._delivered, above
        return [ending, delivered]

    def _ended(self, step: list[Any]) -> list[Any]:
        try:
            return ["gave", self._perform(*step)]
        except Skipped:
            return ["skipped"]
        except Scripted as error:
            return ["raised", "Scripted", str(error)]
        except Exception as error:
            return ["raised", _word(error, RAISED.get(step[0], "Refused"))]

    def _perform(self, what: str, name: str, *arguments: Any) -> Any:
        match what:
            case "new":
                ident, limit = arguments
                self._held[name] = orders.Order(ident, _made(limit))
            case "get":
                self._held[name] = self._repositories[""].get(*arguments)
            case "stored":
                return _state(self._repositories[""].get(name))
            case "meddle with the repository":
                _meddle(self._repositories[""], known=self._others_than(None))
            case _:
                return self._perform_on(self._order(name), what, *arguments)
        return None

    def _perform_on(self, order: Any, what: str, *arguments: Any) -> Any:
        match what:
            case "add":
                sku, quantity, price = arguments
                order.add(sku, quantity, _made(price))
            case "change":
                _change(order, dict(arguments[0]))
            case "place":
                order.place()
            case "cancel":
                order.cancel()
            case "save":
                self._repositories["".join(arguments)].save(order)
            case "look":
                return _state(order)
            case "same":
                return [self._likeness(order, name) for name in arguments[0]]
            case "assign":
                _attempt(order, *arguments)
            case "meddle":
                _meddle(order, known=self._others_than(order))
            case _:
                raise ValueError(what)
        return None

    def _order(self, name: str) -> Any:
        if name not in self._held:
            raise Skipped
        return self._held[name]

    def _others_than(self, order: Any) -> dict[Any, Any]:
        return {id(kept): kept for kept in self._held.values() if kept is not order}

    def _likeness(self, order: Any, name: str) -> Any:
        other = self._held.get(name)
        return (
            None if other is None else [order == other, not ne(order, other), len({order, other}) == 1, order is other]
        )

    def _deliver(self, event: Any) -> None:
        entry = [_shown(event), []]
        self._delivered.append(entry)
        for step in next(self._scripts, ()):
            if step[0] == "fail":
                raise orders.Stale if step[2:] else Scripted(step[1])
            entry[1].append(self.step(step))


def _change(order: Any, quantities: dict[str, int]) -> None:
    """Ask for a change, with a mapping that is of no use to anybody afterwards."""
    try:
        order.change(quantities)
    finally:
        quantities.clear()


def _state(order: Any) -> list[Any]:
    lines = [[*_shown(line), _shown(line.total)] for line in order.lines]
    return [*map(_shown, (order.id, order.limit)), lines, *map(_shown, (order.total, order.status, order.version))]


# ---- the public way ---------------------------------------------------------------------------------------------


@nameless
def _attempt(order: Any, attribute: str, value: Any) -> None:
    """Assign an attribute, or delete it, if there is no value."""
    holds_lines = attribute == "lines" and value is not None
    value = [_made(spec) for spec in value] if holds_lines else _made(value)
    with suppress(Exception):
        if value is None:
            delattr(order, attribute)
        else:
            setattr(order, attribute, value)


PROMISED = {"id", "limit", "lines", "total", "status", "version", "amount", "currency", "sku", "quantity", "price"}
METHODS = {"add", "change", "place", "cancel", "get", "save", "allocate"}


@nameless
def _meddle(target: Any, known: dict[Any, Any], depth: int = 0) -> None:
    """Change whatever the public attributes give, and what that gives, as far as it lets itself be changed."""
    if depth > DEPTH or id(target) in known:
        return
    known[id(target)] = target
    for name in _names(target):
        with suppress(Exception):
            value = getattr(target, name)
            if not isroutine(value) and not isinstance(value, type):
                _meddle_with(value, known, depth)
                _replace(target, name, value)
            elif isroutine(value) and name not in METHODS and (type(target), name) not in known:
                known[type(target), name] = value
                _call(value, known, depth)


def _names(target: Any) -> list[str]:
    """The public names, whether listed or not: what is promised, and what the methods of its class speak of."""
    names = {*object.__dir__(target), *dir(target), *PROMISED}
    for member in [member for kind in type(target).__mro__ for member in vars(kind).values()]:
        code = getattr(getattr(member, "fget", member), "__code__", None)
        if code is not None:
            names.update(code.co_names, [word for word in code.co_consts if isinstance(word, str)])
    return sorted(name for name in names if not name.startswith("_"))


@nameless
def _call(method: Any, known: dict[Any, Any], depth: int) -> None:
    """Call a method that nobody promised, as far as it lets itself be called."""
    argument_lists: list[list[Any]] = [[], [1], [9], ["cancelled"], [[]], [{}], [None]]
    for arguments in argument_lists:
        with suppress(Exception):
            _meddle_with(method(*arguments), known, depth)


def _meddle_with(value: Any, known: dict[Any, Any], depth: int) -> None:
    if isinstance(value, str | bytes | int | float | None):
        return
    with suppress(Exception):
        for item in list(value.values() if hasattr(value, "values") else value):
            _meddle_with(item, known, depth + 1)
    if isinstance(value, orders.Order):
        if id(value) not in known:
            _meddle(value, known, depth + 1)
            with suppress(Exception):
                value.cancel()
        return
    _empty(value)
    ours = isinstance(value, orders.Line | orders.Money | orders.Event)
    if ours or type(value).__module__.partition(".")[0] not in stdlib_module_names:
        _meddle(value, known, depth + 1)


@nameless
def _replace(target: Any, name: str, value: Any) -> None:
    """Assign something else of the kind, then something of another kind, then delete."""
    for substitute in _others(value):
        with suppress(Exception):
            setattr(target, name, substitute)
    with suppress(Exception):
        delattr(target, name)


def _others(value: Any) -> list[Any]:
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 9]
    if isinstance(value, orders.Money):
        return [value + orders.Money(9, value.currency)]
    if isinstance(value, str):
        return [f"{value}x", "placed"]
    return [*([type(value)()] if isinstance(value, Collection) else []), [], None]


@nameless
def _empty(value: Any) -> None:
    """Change a container in place: reversed, one more, one less, none."""
    with suppress(Exception):
        value.reverse()
    with suppress(Exception):
        value += value
    with suppress(Exception):
        value.append(orders.Line(drawn_name(), 1, orders.Money(1, "EUR")))
    with suppress(Exception):
        value[drawn_name()] = orders.Line(drawn_name(), 1, orders.Money(1, "EUR"))
    with suppress(Exception):
        value.pop()
    with suppress(Exception):
        del value[0]
    with suppress(Exception):
        value.clear()
