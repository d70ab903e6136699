"""A repository that keeps entities by key and tells typed listeners what changes.

Repository[K, E]   invariant: it takes entities and gives them
Reader[K, E]       its read side; contravariant in the key, covariant in the entity
Change[E]          Added[E] | Replaced[E] | Removed[E], all covariant
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Generic, Literal, Protocol, TypeAlias, TypeVar, overload

K = TypeVar("K", bound=Hashable)
K_contra = TypeVar("K_contra", contravariant=True)
E = TypeVar("E")
E_co = TypeVar("E_co", covariant=True)
D = TypeVar("D")
G = TypeVar("G", bound=Hashable)
S = TypeVar("S")

EventName: TypeAlias = Literal["added", "replaced", "removed"]
Order: TypeAlias = Literal["oldest", "newest"]


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


Change: TypeAlias = Added[E] | Replaced[E] | Removed[E]

KINDS: Final[dict[EventName, type[Added[Any] | Replaced[Any] | Removed[Any]]]] = {
    "added": Added,
    "replaced": Replaced,
    "removed": Removed,
}


class Reader(Protocol[K_contra, E_co]):
    """What those need who only read."""

    @overload
    def get(self, key: K_contra) -> E_co: ...

    @overload
    def get(self, key: K_contra, default: D) -> E_co | D: ...

    def __iter__(self) -> Iterator[E_co]: ...

    def __len__(self) -> int: ...


class _Missing:
    """The type of a default that was not given."""


MISSING: Final = _Missing()


class Repository(Generic[K, E]):
    """Entities by key, oldest first."""

    def __init__(self, key: Callable[[E], K], entities: Iterable[E] = ()) -> None:
        self._key = key
        self._entities: dict[K, E] = {}
        self._history: list[Change[E]] = []
        self._listeners: list[_Subscription[E]] = []
        for entity in entities:
            self.add(entity)

    def add(self, entity: E) -> Added[E]:
        """Add an entity of a new key."""
        key = self._key(entity)
        if key in self._entities:
            raise Duplicate(f"there is an entity of key {key!r} already")
        self._entities[key] = entity
        change = Added(entity)
        self._tell([change])
        return change

    def put(self, entity: E) -> Added[E] | Replaced[E]:
        """Add an entity, or replace the one of the same key."""
        key = self._key(entity)
        if key not in self._entities:
            return self.add(entity)
        change = Replaced(self._entities[key], entity)
        self._entities[key] = entity
        self._tell([change])
        return change

    def remove(self, key: K) -> Removed[E]:
        """Remove the entity of that key."""
        change = Removed(self.get(key))
        del self._entities[key]
        self._tell([change])
        return change

    @overload
    def get(self, key: K) -> E: ...

    @overload
    def get(self, key: K, default: D) -> E | D: ...

    def get(self, key: K, default: D | _Missing = MISSING) -> E | D:
        """Give the entity of that key, or the default if there is one."""
        if key in self._entities:
            return self._entities[key]
        if isinstance(default, _Missing):
            raise NotFound(f"there is no entity of key {key!r}")
        return default

    def __contains__(self, key: object) -> bool:
        return isinstance(key, Hashable) and key in self._entities

    def __iter__(self) -> Iterator[E]:
        return iter(self.snapshot())

    def __len__(self) -> int:
        return len(self._entities)

    def select(self, where: Callable[[E], bool], *, order: Order = "oldest") -> tuple[E, ...]:
        """Give the entities that satisfy a condition."""
        if order not in ("oldest", "newest"):
            raise ValueError(f"order must be 'oldest' or 'newest', got {order!r}")
        found = [entity for entity in self if where(entity)]
        return tuple(found if order == "oldest" else found[::-1])

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
        match form:
            case "list":
                return list(self._entities.values())
            case "dict":
                return dict(self._entities)
        raise ValueError(f"a snapshot is a 'list' or a 'dict', not {form!r}")

    @overload
    def on(self, event_name: Literal["added"], listener: Callable[[Added[E]], object]) -> Callable[[], None]: ...

    @overload
    def on(self, event_name: Literal["replaced"], listener: Callable[[Replaced[E]], object]) -> Callable[[], None]: ...

    @overload
    def on(self, event_name: Literal["removed"], listener: Callable[[Removed[E]], object]) -> Callable[[], None]: ...

    def on(self, event_name: EventName, listener: Callable[[Any], object]) -> Callable[[], None]:
        """Call the listener with future changes of one kind."""
        if event_name not in KINDS:
            raise ValueError(f"an event is one of {', '.join(KINDS)}; got {event_name!r}")
        subscription = _Subscription(KINDS[event_name], listener)
        self._listeners.append(subscription)
        return lambda: self._forget(subscription)

    def history(self) -> list[Change[E]]:
        """Give all changes so far."""
        return list(self._history)

    def apply(self, changes: Iterable[Change[E]]) -> None:
        """Make all these changes or none."""
        made = list(changes)
        entities = dict(self._entities)
        for change in made:
            self._make(change, entities)
        self._entities = entities
        self._tell(made)

    def _make(self, change: Change[E], entities: dict[K, E]) -> None:
        """Make one change to a dict of entities. Raises Conflict."""
        match change:
            case Added(entity):
                key = self._key(entity)
                _require(key not in entities, change)
                entities[key] = entity
            case Replaced(old, new):
                key = self._key(new)
                _require(self._key(old) == key and key in entities and entities[key] == old, change)
                entities[key] = new
            case Removed(entity):
                key = self._key(entity)
                _require(key in entities and entities[key] == entity, change)
                del entities[key]

    def _tell(self, changes: list[Change[E]]) -> None:
        self._history += changes
        for change in changes:
            for subscription in list(self._listeners):
                if isinstance(change, subscription.kind):
                    subscription.listener(change)

    def _forget(self, subscription: _Subscription[E]) -> None:
        if subscription in self._listeners:
            self._listeners.remove(subscription)


@dataclass(frozen=True, eq=False)
class _Subscription(Generic[E]):
    """A listener and the class of changes that it hears. `Repository.on` has checked that they go together."""

    kind: type[Change[E]]
    listener: Callable[[Any], object]


def _require(fits: bool, change: object) -> None:
    if not fits:
        raise Conflict(f"does not fit what is there: {change!r}")
