"""A typed repository that tells listeners what changes."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, Literal, Protocol, TypeVar, Union, overload

K = TypeVar("K", bound=Hashable)
E = TypeVar("E")
D = TypeVar("D")
G = TypeVar("G")
S = TypeVar("S")
E_co = TypeVar("E_co", covariant=True)
K_contra = TypeVar("K_contra", contravariant=True)

EventName = Literal["added", "replaced", "removed"]


class _Missing:
    """No default was given."""


MISSING = _Missing()


class NotFound(LookupError):
    """There is no entity of that key."""


class Duplicate(ValueError):
    """There is an entity of that key already."""


class Conflict(ValueError):
    """A change does not fit what is there."""


@dataclass(frozen=True)
class Added(Generic[E_co]):
    """An entity is new."""

    entity: E_co


@dataclass(frozen=True)
class Replaced(Generic[E_co]):
    """An entity took the place of another."""

    old: E_co
    new: E_co


@dataclass(frozen=True)
class Removed(Generic[E_co]):
    """An entity is gone."""

    entity: E_co


Change = Union[Added[E_co], Replaced[E_co], Removed[E_co]]


class Reader(Protocol[K_contra, E_co]):
    """What those need who only read."""

    def get(self, key: K_contra) -> E_co: ...
    def __iter__(self) -> Iterator[E_co]: ...
    def __len__(self) -> int: ...


class Repository(Generic[K, E]):
    """Entities by key."""

    def __init__(self, key: Callable[[E], K], entities: Iterable[E] = ()) -> None:
        self._key = key
        self._entities: dict[K, E] = {}
        self._listeners: dict[str, dict[int, Callable[[Any], object]]] = {"added": {}, "replaced": {}, "removed": {}}
        self._tickets = 0
        self._history: list[Change[E]] = []
        for entity in entities:
            self.add(entity)

    def _tell(self, name: EventName, change: Change[E]) -> None:
        for listener in list(self._listeners[name].values()):
            listener(change)

    def _made(self, name: EventName, change: Change[E]) -> None:
        self._history.append(change)
        self._tell(name, change)

    def add(self, entity: E) -> Added[E]:
        """Add an entity of a new key."""
        key = self._key(entity)
        if key in self._entities:
            raise Duplicate(f"{key!r} is taken")
        self._entities[key] = entity
        change = Added(entity)
        self._made("added", change)
        return change

    def put(self, entity: E) -> Added[E] | Replaced[E]:
        """Add an entity, or replace the one of the same key."""
        key = self._key(entity)
        if key not in self._entities:
            return self.add(entity)
        change = Replaced(self._entities[key], entity)
        self._entities[key] = entity
        self._made("replaced", change)
        return change

    def remove(self, key: K) -> Removed[E]:
        """Remove the entity of that key."""
        if key not in self._entities:
            raise NotFound(f"there is no {key!r}")
        change = Removed(self._entities.pop(key))
        self._made("removed", change)
        return change

    @overload
    def get(self, key: K) -> E: ...
    @overload
    def get(self, key: K, default: D) -> E | D: ...
    def get(self, key: K, default: D | _Missing = MISSING) -> E | D:
        """Give the entity of that key."""
        if key in self._entities:
            return self._entities[key]
        if isinstance(default, _Missing):
            raise NotFound(f"there is no {key!r}")
        return default

    def __contains__(self, key: object) -> bool:
        try:
            return key in self._entities
        except TypeError:
            return False

    def __iter__(self) -> Iterator[E]:
        return iter(list(self._entities.values()))

    def __len__(self) -> int:
        return len(self._entities)

    def select(self, where: Callable[[E], bool], *, order: Literal["oldest", "newest"] = "oldest") -> list[E]:
        """Give the entities that satisfy a condition."""
        if order not in ("oldest", "newest"):
            raise ValueError(f"no such order: {order!r}")
        found = [entity for entity in self if where(entity)]
        return found if order == "oldest" else found[::-1]

    def of_type(self, kind: type[S]) -> list[S]:
        """Give the instances of a class."""
        return [entity for entity in self if isinstance(entity, kind)]

    def group(self, by: Callable[[E], G]) -> dict[G, list[E]]:
        """Give the entities by what a function says of them."""
        groups: dict[G, list[E]] = {}
        for entity in self:
            groups.setdefault(by(entity), []).append(entity)
        return groups

    @overload
    def snapshot(self, form: Literal["list"] = "list") -> list[E]: ...
    @overload
    def snapshot(self, form: Literal["dict"]) -> dict[K, E]: ...
    def snapshot(self, form: Literal["list", "dict"] = "list") -> list[E] | dict[K, E]:
        """Give all entities as a list or a dict."""
        if form == "list":
            return list(self._entities.values())
        if form == "dict":
            return dict(self._entities)
        raise ValueError(f"no such form: {form!r}")

    @overload
    def on(self, event_name: Literal["added"], listener: Callable[[Added[E]], object]) -> Callable[[], None]: ...
    @overload
    def on(self, event_name: Literal["replaced"], listener: Callable[[Replaced[E]], object]) -> Callable[[], None]: ...
    @overload
    def on(self, event_name: Literal["removed"], listener: Callable[[Removed[E]], object]) -> Callable[[], None]: ...
    def on(
        self,
        event_name: EventName,
        listener: Callable[[Added[E]], object] | Callable[[Replaced[E]], object] | Callable[[Removed[E]], object],
    ) -> Callable[[], None]:
        """Call the listener with future changes of one kind."""
        if event_name not in self._listeners:
            raise ValueError(f"no such event: {event_name!r}")
        self._tickets += 1
        ticket = self._tickets
        self._listeners[event_name][ticket] = listener

        def stop() -> None:
            self._listeners[event_name].pop(ticket, None)

        return stop

    def history(self) -> list[Change[E]]:
        """Give all changes so far."""
        return list(self._history)

    def apply(self, changes: Iterable[Change[E]]) -> None:
        """Make all these changes or none."""
        changes = list(changes)
        state = dict(self._entities)
        for change in changes:
            self._try(state, change)
        self._entities = state
        self._history += changes
        for change in changes:
            self._tell(_name(change), change)

    def _try(self, state: dict[K, E], change: Change[E]) -> None:
        if isinstance(change, Added):
            key = self._key(change.entity)
            if key in state:
                raise Conflict(f"{key!r} is taken")
            state[key] = change.entity
        elif isinstance(change, Replaced):
            key = self._key(change.old)
            if key not in state or state[key] != change.old or self._key(change.new) != key:
                raise Conflict(f"{change} does not fit")
            state[key] = change.new
        else:
            key = self._key(change.entity)
            if key not in state or state[key] != change.entity:
                raise Conflict(f"{change} does not fit")
            del state[key]


def _name(change: Change[Any]) -> EventName:
    if isinstance(change, Added):
        return "added"
    return "replaced" if isinstance(change, Replaced) else "removed"
