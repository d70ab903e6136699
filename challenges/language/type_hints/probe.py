"""Runs beside the submission: interprets a program of calls on one repository and logs what each gave or raised.

Entities are `[class, number, name]`, changes `["Added", entity]`, `["Replaced", old, new]` and `["Removed", entity]`.
What listeners hear goes into the log where it happens.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import repository


@dataclass(frozen=True)
class Item:
    number: int
    name: str


@dataclass(frozen=True)
class Special(Item):
    pass


KINDS = {"Item": Item, "Special": Special}
FUNCTIONS = {
    "number": lambda item: item.number,
    "name": lambda item: item.name,
    "parity": lambda item: item.number % 2,
    "initial": lambda item: item.name[:1],
}


def run(key: str, initial: list[Any], operations: list[list[Any]]) -> list[Any]:
    """Make a repository, perform the operations and return the log."""
    session = Session()
    try:
        session.open(key, initial)
        for operation in operations:
            session.perform(operation)
    except Exception as error:
        session.log.append(_described(error))
    return session.log


class Session:
    """One repository, its subscriptions' cancel functions by name, and the log.

    Subscriptions whose names have the same first letter share one listener.
    """

    def __init__(self) -> None:
        self.log: list[Any] = []
        self._cancels: dict[str, Any] = {}
        self._listeners: dict[str, Any] = {}

    def open(self, key: str, initial: list[Any]) -> None:
        self._repository = repository.Repository(FUNCTIONS[key], iter([_entity(entity) for entity in initial]))

    def perform(self, operation: list[Any]) -> None:
        name, *arguments = operation
        try:
            result = getattr(self, f"_{name}")(*arguments)
        except Exception as error:
            result = _described(error)
        self.log.append([name, _plain(result)])

    def _add(self, entity: list[Any]) -> Any:
        return self._repository.add(_entity(entity))

    def _put(self, entity: list[Any]) -> Any:
        return self._repository.put(_entity(entity))

    def _remove(self, key: Any) -> Any:
        return self._repository.remove(key)

    def _get(self, key: Any, *default: Any) -> Any:
        return self._repository.get(key, *default)

    def _get_default(self, key: Any, default: Any) -> Any:
        return self._repository.get(key, default=default)

    def _contains(self, key: Any) -> Any:
        return key in self._repository

    def _all(self) -> Any:
        return [len(self._repository), list(self._repository)]

    def _select(self, above: int, *order: str) -> Any:
        keywords = {"order": order[0]} if order else {}
        return self._repository.select(lambda item: item.number > above, **keywords)

    def _of_type(self, kind: str) -> Any:
        return self._repository.of_type(KINDS[kind])

    def _group(self, by: str) -> Any:
        return self._items(self._repository.group(FUNCTIONS[by]))

    def _snapshot(self, *form: str) -> Any:
        taken = self._repository.snapshot(*form)
        return self._items(taken)

    def _own(self, form: str) -> Any:
        """Empty a snapshot, or the history, and see whether the repository minds."""
        taken = self._repository.history() if form == "history" else self._repository.snapshot(form)
        taken.clear()
        return [len(self._repository), self._repository.history()]

    def _on(self, event_name: str, name: str) -> Any:
        def hear(change: Any) -> int:
            seen = [len(self._repository), len(self._repository.history())]
            self.log.append(["heard", name[0], _plain(change), *seen])
            return 1

        listener = self._listeners.setdefault(name[0], hear)
        self._cancels[name] = self._repository.on(event_name, listener)
        return None

    def _cancel(self, name: str) -> Any:
        return self._cancels[name]() if name in self._cancels else "unknown"

    def _history(self) -> Any:
        return self._repository.history()

    def _apply(self, changes: list[Any]) -> Any:
        return self._repository.apply(iter([_change(change) for change in changes]))

    @staticmethod
    def _items(taken: Any) -> Any:
        if isinstance(taken, dict):
            return ["dict", [list(pair) for pair in taken.items()]]
        return ["list" if isinstance(taken, list) else type(taken).__name__, taken]


def _entity(plain: list[Any]) -> Any:
    kind, number, name = plain
    return KINDS[kind](number, name)


def _change(plain: list[Any]) -> Any:
    kind, *entities = plain
    return getattr(repository, kind)(*map(_entity, entities))


def _plain(value: Any) -> Any:
    """Data that may cross the wall: a subclass of a promised type counts as that type, anything else stays visible."""
    match value:
        case Item():
            return [type(value).__name__, value.number, value.name]
        case repository.Added(entity):
            return ["Added", _plain(entity)]
        case repository.Removed(entity):
            return ["Removed", _plain(entity)]
        case repository.Replaced(old, new):
            return ["Replaced", _plain(old), _plain(new)]
        case list():
            return [_plain(item) for item in value]
        case tuple():
            return tuple([_plain(item) for item in value])
    return value if value is None or type(value) in (bool, int, float, str) else ["a", type(value).__name__]


def _described(error: Exception) -> list[Any]:
    """The promised class of an exception, also for a class below it, or its own."""
    promised = (repository.NotFound, repository.Duplicate, repository.Conflict, ValueError)
    kind = next((kind for kind in promised if isinstance(error, kind)), type(error))
    return ["raised", kind.__name__, isinstance(error, LookupError), isinstance(error, ValueError)]
