"""A generic repository with change events."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, Literal, Optional, Protocol, TypeVar, Union, overload

K = TypeVar("K", bound=Hashable)
E = TypeVar("E")
D = TypeVar("D")
G = TypeVar("G")
K_contra = TypeVar("K_contra", contravariant=True)
E_co = TypeVar("E_co", covariant=True)

EventName = Literal["added", "replaced", "removed"]


class NotFound(LookupError):
    pass


class Duplicate(ValueError):
    pass


class Conflict(ValueError):
    pass


@dataclass(frozen=True)
class Added(Generic[E]):
    entity: E


@dataclass(frozen=True)
class Replaced(Generic[E]):
    old: E
    new: E


@dataclass(frozen=True)
class Removed(Generic[E]):
    entity: E


Change = Union[Added[E], Replaced[E], Removed[E]]


class Reader(Protocol[K_contra, E_co]):
    @overload
    def get(self, key: K_contra) -> E_co: ...

    @overload
    def get(self, key: K_contra, default: D) -> Union[E_co, D]: ...

    def __iter__(self) -> Iterator[E_co]: ...

    def __len__(self) -> int: ...


_REQUIRED: Any = object()


class Repository(Generic[K, E]):
    def __init__(self, key: Callable[[E], K], entities: Iterable[E] = ()) -> None:
        self._key = key
        self._by_key: dict[K, E] = {}
        self._history: list[Change[E]] = []
        self._listeners: dict[EventName, list[Callable[[Any], Any]]] = {"added": [], "replaced": [], "removed": []}
        for entity in entities:
            self.add(entity)

    def add(self, entity: E) -> Added[E]:
        key = self._key(entity)
        if key in self._by_key:
            raise Duplicate(f"there is an entity with the key {key!r}")
        self._by_key[key] = entity
        event = Added(entity)
        self._publish("added", event)
        return event

    def put(self, entity: E) -> Union[Added[E], Replaced[E]]:
        key = self._key(entity)
        if key not in self._by_key:
            return self.add(entity)
        event = Replaced(self._by_key[key], entity)
        self._by_key[key] = entity
        self._publish("replaced", event)
        return event

    def remove(self, key: K) -> Removed[E]:
        try:
            entity = self._by_key.pop(key)
        except KeyError:
            raise NotFound(f"no entity with the key {key!r}") from None
        event = Removed(entity)
        self._publish("removed", event)
        return event

    @overload
    def get(self, key: K) -> E: ...

    @overload
    def get(self, key: K, default: D) -> Union[E, D]: ...

    def get(self, key: K, default: Any = _REQUIRED) -> Any:
        try:
            return self._by_key[key]
        except KeyError:
            if default is _REQUIRED:
                raise NotFound(f"no entity with the key {key!r}") from None
            return default

    def __contains__(self, key: object) -> bool:
        return key in self._by_key

    def __iter__(self) -> Iterator[E]:
        return iter(self._by_key.values())

    def __len__(self) -> int:
        return len(self._by_key)

    def select(self, where: Callable[[E], bool], *, order: Literal["oldest", "newest"] = "oldest") -> list[E]:
        found = [entity for entity in self._by_key.values() if where(entity)]
        if order == "newest":
            found.reverse()
        elif order != "oldest":
            raise ValueError(f"unknown order: {order!r}")
        return found

    def of_type(self, kind: type[D]) -> list[D]:
        return [entity for entity in self._by_key.values() if isinstance(entity, kind)]

    def group(self, by: Callable[[E], G]) -> dict[G, list[E]]:
        groups: dict[G, list[E]] = {}
        for entity in self._by_key.values():
            groups.setdefault(by(entity), []).append(entity)
        return groups

    def snapshot(self, form: Literal["list", "dict"] = "list") -> Union[list[E], dict[K, E]]:
        if form == "list":
            return list(self._by_key.values())
        if form == "dict":
            return dict(self._by_key)
        raise ValueError(f"unknown form: {form!r}")

    def on(self, event_name: EventName, listener: Callable[[Any], Any]) -> Callable[[], None]:
        if event_name not in self._listeners:
            raise ValueError(f"unknown event: {event_name!r}")
        listeners = self._listeners[event_name]
        listeners.append(listener)

        def cancel() -> None:
            if listener in listeners:
                listeners.remove(listener)

        return cancel

    def history(self) -> list[Change[E]]:
        return list(self._history)

    def apply(self, changes: Iterable[Change[E]]) -> None:
        """Try the changes on a copy first, then make them."""
        changes = list(changes)
        trial = dict(self._by_key)
        for change in changes:
            problem = self._try(trial, change)
            if problem is not None:
                raise Conflict(problem)
        for change in changes:
            if isinstance(change, Added):
                self.add(change.entity)
            elif isinstance(change, Replaced):
                self.put(change.new)
            else:
                self.remove(self._key(change.entity))

    def _try(self, trial: dict[K, E], change: Change[E]) -> Optional[str]:
        if isinstance(change, Added):
            key = self._key(change.entity)
            if key in trial:
                return f"{key!r} is taken"
            trial[key] = change.entity
        elif isinstance(change, Replaced):
            key = self._key(change.old)
            if trial.get(key) != change.old:
                return f"{key!r} has changed"
            if self._key(change.new) != key:
                return "the keys differ"
            trial[key] = change.new
        else:
            key = self._key(change.entity)
            if trial.get(key) != change.entity:
                return f"{key!r} has changed"
            del trial[key]
        return None

    def _publish(self, event_name: EventName, event: Change[E]) -> None:
        self._history.append(event)
        for listener in self._listeners[event_name]:
            listener(event)
