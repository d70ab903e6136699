"""Entities by key, with events. Changes are made one at a time and undone when a later one does not fit."""

from __future__ import annotations

import enum
import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, Literal, Protocol, TypeVar, Union, overload

Key = TypeVar("Key")
KeyIn = TypeVar("KeyIn", contravariant=True)
Entity = TypeVar("Entity")
EntityOut = TypeVar("EntityOut", covariant=True)
Other = TypeVar("Other")

EventName = Literal["added", "replaced", "removed"]


class NotFound(LookupError):
    pass


class Duplicate(ValueError):
    pass


class Conflict(ValueError):
    pass


@dataclass(frozen=True)
class Added(Generic[EntityOut]):
    entity: EntityOut


@dataclass(frozen=True)
class Replaced(Generic[EntityOut]):
    old: EntityOut
    new: EntityOut


@dataclass(frozen=True)
class Removed(Generic[EntityOut]):
    entity: EntityOut


Change = Union[Added[Entity], Replaced[Entity], Removed[Entity]]  # noqa: UP007
Cancel = Callable[[], None]


class Reader(Protocol[KeyIn, EntityOut]):
    @overload
    def get(self, key: KeyIn) -> EntityOut: ...
    @overload
    def get(self, key: KeyIn, default: Other) -> EntityOut | Other: ...
    def __iter__(self) -> Iterator[EntityOut]: ...
    def __len__(self) -> int: ...


class _Nothing(enum.Enum):
    GIVEN = enum.auto()


class Repository(Generic[Key, Entity]):
    def __init__(self, key: Callable[[Entity], Key], entities: Iterable[Entity] = ()) -> None:
        self.__key_of = key
        self.__by_key: dict[Key, Entity] = {}
        self.__changes: list[Change[Entity]] = []
        self.__listeners: dict[str, dict[int, Callable[[Any], object]]] = {name: {} for name in _NAMES.values()}
        self.__numbers = itertools.count()
        for entity in entities:
            self.add(entity)

    def add(self, entity: Entity) -> Added[Entity]:
        if self.__key_of(entity) in self.__by_key:
            raise Duplicate(self.__key_of(entity))
        change = Added(entity)
        self.__do(change)
        self.__publish([change])
        return change

    def put(self, entity: Entity) -> Added[Entity] | Replaced[Entity]:
        key = self.__key_of(entity)
        change = Replaced(self.__by_key[key], entity) if key in self else Added(entity)
        self.__do(change)
        self.__publish([change])
        return change

    def remove(self, key: Key) -> Removed[Entity]:
        change = Removed(self.get(key))
        self.__do(change)
        self.__publish([change])
        return change

    @overload
    def get(self, key: Key) -> Entity: ...
    @overload
    def get(self, key: Key, default: Other) -> Entity | Other: ...
    def get(self, key: Key, default: Other | Literal[_Nothing.GIVEN] = _Nothing.GIVEN) -> Entity | Other:
        try:
            return self.__by_key[key]
        except KeyError:
            if default is _Nothing.GIVEN:
                raise NotFound(key) from None
            return default

    def __contains__(self, key: object) -> bool:
        try:
            return key in self.__by_key
        except TypeError:
            return False

    def __iter__(self) -> Iterator[Entity]:
        yield from self.__by_key.values()

    def __len__(self) -> int:
        return len(self.__by_key)

    def select(self, where: Callable[[Entity], bool], *, order: Literal["oldest", "newest"] = "oldest") -> list[Entity]:
        if order == "oldest":
            return list(filter(where, self))
        if order == "newest":
            return list(filter(where, self))[::-1]
        raise ValueError(order)

    def of_type(self, kind: type[Other]) -> list[Other]:
        return [entity for entity in self if isinstance(entity, kind)]

    def group(self, by: Callable[[Entity], Other]) -> dict[Other, list[Entity]]:
        groups: defaultdict[Other, list[Entity]] = defaultdict(list)
        for entity in self:
            groups[by(entity)].append(entity)
        return groups

    @overload
    def snapshot(self, form: Literal["list"] = ...) -> list[Entity]: ...
    @overload
    def snapshot(self, form: Literal["dict"]) -> dict[Key, Entity]: ...
    def snapshot(self, form: str = "list") -> list[Entity] | dict[Key, Entity]:
        if form == "list":
            return [*self]
        if form == "dict":
            return self.__by_key.copy()
        raise ValueError(form)

    @overload
    def on(self, event_name: Literal["added"], listener: Callable[[Added[Entity]], object]) -> Cancel: ...
    @overload
    def on(self, event_name: Literal["replaced"], listener: Callable[[Replaced[Entity]], object]) -> Cancel: ...
    @overload
    def on(self, event_name: Literal["removed"], listener: Callable[[Removed[Entity]], object]) -> Cancel: ...
    def on(self, event_name: str, listener: Callable[[Any], object]) -> Cancel:
        if event_name not in self.__listeners:
            raise ValueError(event_name)
        listeners, number = self.__listeners[event_name], next(self.__numbers)
        listeners[number] = listener

        def cancel() -> None:
            listeners.pop(number, None)

        return cancel

    def history(self) -> list[Change[Entity]]:
        return self.__changes[:]

    def apply(self, changes: Iterable[Change[Entity]]) -> None:
        before = self.__by_key.copy()
        done: list[Change[Entity]] = []
        try:
            for change in changes:
                self.__do(change)
                done.append(change)
        except Conflict:
            self.__by_key = before
            raise
        self.__publish(done)

    def __do(self, change: Change[Entity]) -> None:
        before, after = _ends(change)
        keys = {self.__key_of(entity) for entity in (*before, *after)}
        key = keys.pop()
        present = [self.__by_key[key]] if key in self.__by_key else []
        if keys or present != before:
            raise Conflict(change)
        if after:
            self.__by_key[key] = after[0]
        else:
            del self.__by_key[key]

    def __publish(self, changes: list[Change[Entity]]) -> None:
        self.__changes.extend(changes)
        for change in changes:
            for listener in [*self.__listeners[_NAMES[type(change)]].values()]:
                listener(change)


_NAMES: dict[type[Any], EventName] = {Added: "added", Replaced: "replaced", Removed: "removed"}


def _ends(change: Change[Entity]) -> tuple[list[Entity], list[Entity]]:
    """What has to be there before a change, and what is there after it."""
    if isinstance(change, Added):
        return [], [change.entity]
    if isinstance(change, Removed):
        return [change.entity], []
    return [change.old], [change.new]
