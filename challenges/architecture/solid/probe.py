"""Runs drawn programs beside the submission and returns how each step ended, with the calls that parts got meanwhile.

Where `manager.py` does not exist, `sqlite3`, `email` and `html` cannot be imported either. Steps:

    ["issue", invoice]  ["show", number, format]  ["send", number, format, channel]  ["owed", customer]
    ["arrive", invoice]         in the reader, behind everybody's back
    ["save", invoice]  ["load", number]  ["numbers"]                          of stores

An invoice is `[number, customer, kind, lines]`. Every part says in the diary who it is, by a word or a number that is
drawn, and what it was given.
"""

from __future__ import annotations

import json
import sys
from ast import AST, Import, ImportFrom, parse, walk
from collections.abc import Callable, Iterable
from importlib.abc import MetaPathFinder
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

from probe_kit import plain
from probe_kit.nameless import nameless, nameless_kind

DETAILS = ("sqlite3", "_sqlite3", "email", "html")
IS_BARE = find_spec("manager") is None
TRIED: list[str] = []
"""What the rules tried to import that does not exist for them, in whatever way."""


class Missing(MetaPathFinder):
    """Finds none of the details, and notes that they were looked for."""

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        if fullname.partition(".")[0] in (*DETAILS, "manager"):
            TRIED.append(fullname)
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)


if IS_BARE:
    for name in list(sys.modules):
        if name.partition(".")[0] in DETAILS:
            del sys.modules[name]
    sys.meta_path.insert(0, Missing())
else:
    import sqlite3

import invoicing  # noqa: E402 - what cannot be imported is decided before

if not IS_BARE:
    import manager


@nameless
class Scripted(Exception):
    """What parts raise that are told to fail."""


@nameless
class Halt(BaseException):
    """No Exception."""


RAISED: dict[str, type[BaseException]] = {
    "Scripted": Scripted,
    "Halt": Halt,
    "ValueError": ValueError,
    "KeyError": KeyError,
    "OSError": OSError,
    "NotImplementedError": NotImplementedError,
}
PROMISED = (ValueError, KeyError, AttributeError)
"""A class of the submission's own below one of these is as good."""

_numbers = count()


class World:
    """The diary, the invoices behind the brought reader, and the failures that are planned."""

    def __init__(self, stock: list[Any], fails: list[Any]) -> None:
        self.diary: list[Any] = []
        self.stock = {invoice[0]: made(invoice) for invoice in stock}
        self.step = 0
        self._fails = {(number, role): RAISED[kind](number) for number, role, kind in fails}

    def note(self, role: str, *what: Any) -> None:
        """Write a call of a part down; fail if this one shall in this step."""
        self.diary.append([role, *(plain(item) for item in what)])
        if (error := self._fails.get((self.step, role))) is not None:
            raise error

    def ended(self, call: Callable[[], Any]) -> list[Any]:
        """How a step ended, and the calls meanwhile."""
        start = len(self.diary)
        ending = _ended(call, self._fails.values())
        return [ending, self.diary[start:]]


def made(invoice: list[Any]) -> Any:
    number, customer, kind, lines = invoice
    return invoicing.Invoice(number, customer, kind, tuple((title, many, cents) for title, many, cents in lines))


def told(invoice: Any) -> Any:
    """An invoice as it came, and anything else by its kind."""
    if not isinstance(invoice, invoicing.Invoice):
        return ["object", type(invoice).__name__]
    return plain([invoice.number, invoice.customer, invoice.kind, invoice.lines])


def _ended(call: Callable[[], Any], own: Iterable[BaseException] = ()) -> list[Any]:
    try:
        result = call()
    except BaseException as error:
        if any(error is planned for planned in own):
            return ["raised", "the part's own"]
        kind = next((kind for kind in PROMISED if isinstance(error, kind)), type(error))
        return ["raised", kind.__name__, plain(list(error.args)) if kind is not AttributeError else []]
    return ["gave", told(result) if isinstance(result, invoicing.Invoice) else plain(result)]


# ---- parts that the probe brings: nothing but the members of their Protocols ---------------------------------------


def _cents_off(state: tuple[World, int], invoice: Any) -> int:
    world, factor = state
    world.note("discount", factor, invoice.number)
    return int(invoice.subtotal) * factor // 1000


def _render(state: tuple[World, str], invoice: Any, total: Any) -> str:
    world, word = state
    world.note("render", word, invoice.number, total)
    return f"{word} {invoice.number} {invoice.customer} {len(invoice.lines)} {total}"


def _notify(state: tuple[World, str], invoice: Any, text: Any) -> None:
    world, word = state
    world.note("notify", word, invoice.number, text)


def _save(world: World, invoice: Any) -> None:
    world.note("save", told(invoice))


def _keep(world: World, invoice: Any) -> None:
    _save(world, invoice)
    world.stock[invoice.number] = invoice


def _load(world: World, number: Any) -> Any:
    world.note("load", number)
    return world.stock[number]


def _listed(world: World) -> list[int]:
    world.note("numbers")
    return sorted(world.stock)


DISCOUNT, RENDERER, NOTIFIER = (
    nameless_kind(cents_off=_cents_off),
    nameless_kind(render=_render),
    nameless_kind(notify=_notify),
)
READER, WRITER = nameless_kind(load=_load, numbers=_listed), nameless_kind(save=_save)
STORE = nameless_kind(load=_load, numbers=_listed, save=_keep)


def run(how: str, stores: str, brought: list[list[Any]], stock: list[Any], program: list[Any], fails: Any) -> list[Any]:
    """Run a program; `how` is "standard", or "alone" for nothing but what is brought.

    `stores` is "one" for an object that reads and writes, "two" for two that know nothing of each other, "archive" for
    an archive of the reader. `brought` holds `[key, factor]` of discounts, `[key, word]` of renderers and of notifiers.
    """
    world = World(stock, fails)
    reader, writer = (STORE(world),) * 2 if stores == "one" else (READER(world), WRITER(world))
    if stores == "archive":
        reader = manager.Archive(reader)
    parts = {
        name: {key: kind((world, value)) for key, value in pairs}
        for name, kind, pairs in zip(
            ("discounts", "renderers", "notifiers"), (DISCOUNT, RENDERER, NOTIFIER), brought, strict=True
        )
    }
    if how == "alone":
        target = invoicing.Invoicing(reader, writer, **parts)
    else:
        given = {name: own for name, own in parts.items() if own}
        target = manager.standard(reader, writer, lambda message: world.note("sent", message), **given)
    return _run(target, world, program)


def old(how: str, program: list[Any]) -> list[Any]:
    """Run a program on an `InvoiceManager` with a new file, or on the "standard" parts with a store of ours."""
    world = World([], [])

    def send(message: str) -> None:
        world.note("sent", message)

    if how == "manager":
        return _run(manager.InvoiceManager(f"old{next(_numbers)}.db", send), world, program)
    store = STORE(world)
    return _run(manager.standard(store, store, send), world, program)


def _handing_on(member: str) -> Callable[[Any], Any]:
    """What makes parts of ours with nothing but this member, which another part's does the work for."""
    return nameless_kind(**{member: lambda part, *arguments: getattr(part, member)(*arguments)})


METHODS = ("issue", "show", "send", "owed")
MEMBERS = {"discounts": "cents_off", "renderers": "render", "notifiers": "notify"}
HANDING_ON = {name: _handing_on(member) for name, member in MEMBERS.items()}


def taken_apart(how: str, program: list[Any], keys: dict[str, str], renamed: list[Any]) -> list[list[Any]]:
    """Run a program on what "standard" or "manager" gives; then, with other keys, on an `Invoicing` of its parts.

    There, each part stands behind one of ours, and the store is ours. First come the methods of `Invoicing` that the
    former overrides.
    """
    world = World([], [])
    given: dict[str, Any] = {}
    kind: Any = invoicing.Invoicing
    initialise = kind.__init__

    def noting(self: Any, reader: Any, writer: Any, **parts: Any) -> None:
        given.update(parts)
        initialise(self, reader, writer, **parts)

    def send(message: str) -> None:
        world.note("sent", message)

    store = STORE(world)
    kind.__init__ = noting
    try:
        if how == "manager":
            whole = manager.InvoiceManager(f"whole{next(_numbers)}.db", send)
        else:
            whole = manager.standard(store, store, send)
    finally:
        kind.__init__ = initialise
    parts = {
        name: {keys[key]: behind(given[name][key]) for key in given.get(name, ()) if key in keys}
        for name, behind in HANDING_ON.items()
    }
    apart = kind(store, store, **parts)
    overridden = [name for name in METHODS if getattr(type(whole), name) is not getattr(kind, name)]
    return [overridden, _run(whole, world, program), _run(apart, world, renamed)]


def _run(target: Any, world: World, program: list[Any]) -> list[Any]:
    outcomes = []
    for number, step in enumerate(program):
        world.step = number
        match step:
            case ["arrive", invoice]:
                world.stock[invoice[0]] = made(invoice)
                continue
            case ["issue", invoice]:
                arguments = [made(invoice)]
            case _:
                arguments = step[1:]
        outcomes.append(world.ended(lambda: getattr(target, step[0])(*arguments)))  # noqa: B023 - called at once
    return outcomes


def details_among_the_rules() -> list[list[str]]:
    """Imports of what details need: `[module, imported]` for those in imported files, `["", imported]` for attempts."""
    folder = Path(str(invoicing.__file__)).parent
    files = [str(getattr(module, "__file__", None)) for module in list(sys.modules.values())]
    ours = sorted({Path(file) for file in files if file.endswith(".py") and Path(file).is_relative_to(folder)})
    written = [
        [file.name, imported]
        for file in ours
        for node in walk(parse(file.read_text("utf-8")))
        for imported in _imported_by(node)
        if imported.partition(".")[0] in DETAILS
    ]
    return written + [["", imported] for imported in TRIED]


def _imported_by(node: AST) -> list[str]:
    if isinstance(node, Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ImportFrom) and not node.level else []


def keep(kind: str, program: list[Any]) -> list[Any]:
    """Run a program on a new store: "memory", "sqlite", or "again", which opens the file anew for each step."""
    path = f"store{next(_numbers)}.db"
    makers: dict[str, Callable[[], Any]] = {
        "memory": manager.MemoryStore,
        "sqlite": lambda: manager.SqliteStore(path),
    }
    store = makers.get(kind, makers["sqlite"])()
    outcomes = []
    for step in program:
        if kind == "again":
            store = makers["sqlite"]()
        outcomes.append(_stored(store, step))
    return outcomes


def archive(kind: str, depth: int, program: list[Any]) -> list[Any]:
    """Save to a store, and ask everything else of an archive of it, or of an archive of that: "brought" is ours.

    ["write", invoice] asks the archive itself to save.
    """
    world = World([], [])
    makers: dict[str, Callable[[], Any]] = {
        "memory": manager.MemoryStore,
        "sqlite": lambda: manager.SqliteStore(f"archive{next(_numbers)}.db"),
        "brought": lambda: STORE(world),
    }
    store = makers[kind]()
    reader = READER(world) if kind == "brought" else store
    for _ in range(depth):
        reader = manager.Archive(reader)
    outcomes = []
    for step in program:
        match step:
            case ["save", _]:
                outcomes.append(_stored(store, step))
            case ["write", invoice]:
                outcomes.append(["can save"] if "save" in dir(reader) else _stored(reader, ["save", invoice]))
            case _:
                outcomes.append(_stored(reader, step))
    return outcomes


def _stored(store: Any, step: list[Any]) -> list[Any]:
    arguments = [made(step[1])] if step[0] == "save" else step[1:]
    return _ended(lambda: getattr(store, step[0])(*arguments))


TABLE = "CREATE TABLE IF NOT EXISTS invoices (number INTEGER PRIMARY KEY, customer TEXT, kind TEXT, lines TEXT)"


def files(before: list[Any], after: list[Any], customer: str) -> list[Any]:
    """Let today's code write a file, the submission's read and go on, and today's read what is there then."""
    path = f"file{next(_numbers)}.db"
    with sqlite3.connect(path) as file:
        file.execute(TABLE)
        rows = [(number, customer, kind, json.dumps(lines)) for number, customer, kind, lines in before]
        file.executemany("INSERT OR REPLACE INTO invoices VALUES (?, ?, ?, ?)", rows)
    file.close()
    target = manager.InvoiceManager(path, print)
    shown = [_ended(lambda: target.show(invoice[0], "text")) for invoice in before]  # noqa: B023 - called at once
    issued = [_ended(lambda: target.issue(made(invoice))) for invoice in after]  # noqa: B023 - called at once
    owed = _ended(lambda: target.owed(customer))
    with sqlite3.connect(path) as file:
        there = [[*row[:3], json.loads(row[3])] for row in file.execute("SELECT * FROM invoices ORDER BY number")]
    file.close()
    return [shown, issued, owed, there]
