"""A typed repository that tells listeners what changes.

The changes themselves are plain values; what they mean for the stored entities is in `_Entities`, which neither keeps
a history nor knows listeners. `Repository.apply` makes its changes on a copy of it first.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, Literal, Protocol, TypeAlias, TypeVar, overload

__all__ = [
    "Added",
    "Change",
    "Conflict",
    "Duplicate",
    "EventName",
    "NotFound",
    "Reader",
    "Removed",
    "Replaced",
    "Repository",
]

Key = TypeVar("Key", bound=Hashable)
Entity = TypeVar("Entity")
Default = TypeVar("Default")
Group = TypeVar("Group", bound=Hashable)
Kind = TypeVar("Kind")
Event = TypeVar("Event")
Key_contra = TypeVar("Key_contra", contravariant=True)
Entity_co = TypeVar("Entity_co", covariant=True)

EventName: TypeAlias = Literal["added", "replaced", "removed"]


class NotFound(LookupError):
    """There is no entity of that key."""


class Duplicate(ValueError):
    """There is an entity of that key already."""


class Conflict(ValueError):
    """A change does not fit what is there."""


@dataclass(frozen=True)
class Added(Generic[Entity_co]):
    """An entity is new."""

    entity: Entity_co


@dataclass(frozen=True)
class Replaced(Generic[Entity_co]):
    """An entity took the place of another."""

    old: Entity_co
    new: Entity_co


@dataclass(frozen=True)
class Removed(Generic[Entity_co]):
    """An entity is gone."""

    entity: Entity_co


Change: TypeAlias = Added[Entity] | Replaced[Entity] | Removed[Entity]


class Reader(Protocol[Key_contra, Entity_co]):
    """What those need who only read."""

    @overload
    def get(self, key: Key_contra) -> Entity_co: ...
    @overload
    def get(self, key: Key_contra, default: Default) -> Entity_co | Default: ...

    def __iter__(self) -> Iterator[Entity_co]: ...

    def __len__(self) -> int: ...


class _Missing(Enum):
    MISSING = "missing"


class _Entities(Generic[Key, Entity]):
    """Entities by key, and how changes change them."""

    def __init__(self, key_of: Callable[[Entity], Key], by_key: dict[Key, Entity]) -> None:
        self.by_key = by_key
        self._key_of = key_of

    def copy(self) -> _Entities[Key, Entity]:
        return _Entities(self._key_of, dict(self.by_key))

    def add(self, entity: Entity) -> None:
        key = self._key_of(entity)
        if key in self.by_key:
            raise Duplicate(f"there is an entity of key {key!r} already")
        self.by_key[key] = entity

    def put(self, entity: Entity) -> Added[Entity] | Replaced[Entity]:
        key = self._key_of(entity)
        change = Replaced(self.by_key[key], entity) if key in self.by_key else Added(entity)
        self.by_key[key] = entity
        return change

    def remove(self, key: Key) -> Entity:
        if key not in self.by_key:
            raise NotFound(f"there is no entity of key {key!r}")
        return self.by_key.pop(key)

    def apply(self, change: Change[Entity]) -> None:
        match change:
            case Added(entity):
                key = self._key_of(entity)
                if key in self.by_key:
                    raise Conflict(f"the key of {entity!r} is taken")
                self.by_key[key] = entity
            case Replaced(old, new):
                key = self._stored(old)
                if not self._key_of(new) == key:
                    raise Conflict(f"{old!r} and {new!r} have different keys")
                self.by_key[key] = new
            case Removed(entity):
                del self.by_key[self._stored(entity)]

    def _stored(self, entity: Entity) -> Key:
        """The key of an entity, to which the stored one must be equal."""
        key = self._key_of(entity)
        if key not in self.by_key or not self.by_key[key] == entity:
            raise Conflict(f"{entity!r} is not what is stored")
        return key


class _Listeners(Generic[Event]):
    """Those who listen to one kind of event, in the order in which they subscribed."""

    def __init__(self) -> None:
        self._by_subscription: dict[object, Callable[[Event], object]] = {}

    def subscribe(self, listener: Callable[[Event], object]) -> Callable[[], None]:
        subscription = object()
        self._by_subscription[subscription] = listener

        def end() -> None:
            self._by_subscription.pop(subscription, None)

        return end

    def notify(self, event: Event) -> None:
        for listener in list(self._by_subscription.values()):
            listener(event)


class Repository(Generic[Key, Entity]):
    """Entities by key."""

    def __init__(self, key: Callable[[Entity], Key], entities: Iterable[Entity] = ()) -> None:
        self._entities: _Entities[Key, Entity] = _Entities(key, {})
        self._history: list[Change[Entity]] = []
        self._on_added: _Listeners[Added[Entity]] = _Listeners()
        self._on_replaced: _Listeners[Replaced[Entity]] = _Listeners()
        self._on_removed: _Listeners[Removed[Entity]] = _Listeners()
        for entity in entities:
            self.add(entity)

    def add(self, entity: Entity) -> Added[Entity]:
        """Add an entity of a new key."""
        self._entities.add(entity)
        change = Added(entity)
        self._publish([change])
        return change

    def put(self, entity: Entity) -> Added[Entity] | Replaced[Entity]:
        """Add an entity, or replace the one of the same key."""
        change = self._entities.put(entity)
        self._publish([change])
        return change

    def remove(self, key: Key) -> Removed[Entity]:
        """Remove the entity of that key."""
        change = Removed(self._entities.remove(key))
        self._publish([change])
        return change

    @overload
    def get(self, key: Key) -> Entity: ...
    @overload
    def get(self, key: Key, default: Default) -> Entity | Default: ...
    def get(
        self, key: Key, default: Default | Literal[_Missing.MISSING] = _Missing.MISSING
    ) -> Entity | Default:
        """Give the entity of that key."""
        if key in self._entities.by_key:
            return self._entities.by_key[key]
        if default is _Missing.MISSING:
            raise NotFound(f"there is no entity of key {key!r}")
        return default

    def __contains__(self, key: object) -> bool:
        try:
            hash(key)
        except TypeError:
            return False
        return key in self._entities.by_key

    def __iter__(self) -> Iterator[Entity]:
        return iter(self.snapshot())

    def __len__(self) -> int:
        return len(self._entities.by_key)

    def select(
        self, where: Callable[[Entity], object], *, order: Literal["oldest", "newest"] = "oldest"
    ) -> list[Entity]:
        """Give the entities that satisfy a condition."""
        if order not in ("oldest", "newest"):
            raise ValueError(f'order is "oldest" or "newest", not {order!r}')
        found = [entity for entity in self if where(entity)]
        return found if order == "oldest" else found[::-1]

    def of_type(self, kind: type[Kind]) -> list[Kind]:
        """Give the instances of a class."""
        return [entity for entity in self if isinstance(entity, kind)]

    def group(self, by: Callable[[Entity], Group]) -> dict[Group, list[Entity]]:
        """Give the entities by what a function says of them."""
        groups: dict[Group, list[Entity]] = {}
        for entity in self:
            groups.setdefault(by(entity), []).append(entity)
        return groups

    @overload
    def snapshot(self, form: Literal["list"] = "list") -> list[Entity]: ...
    @overload
    def snapshot(self, form: Literal["dict"]) -> dict[Key, Entity]: ...
    def snapshot(self, form: Literal["list", "dict"] = "list") -> list[Entity] | dict[Key, Entity]:
        """Give all entities as a list or a dict."""
        match form:
            case "list":
                return list(self._entities.by_key.values())
            case "dict":
                return dict(self._entities.by_key)
            case _:
                raise ValueError(f'a snapshot is a "list" or a "dict", not {form!r}')

    @overload
    def on(self, event_name: Literal["added"], listener: Callable[[Added[Entity]], object]) -> Callable[[], None]: ...
    @overload
    def on(
        self, event_name: Literal["replaced"], listener: Callable[[Replaced[Entity]], object]
    ) -> Callable[[], None]: ...
    @overload
    def on(
        self, event_name: Literal["removed"], listener: Callable[[Removed[Entity]], object]
    ) -> Callable[[], None]: ...
    def on(self, event_name: EventName, listener: Callable[[Any], object]) -> Callable[[], None]:
        """Call the listener with future changes of one kind, until the function that is returned is called."""
        match event_name:
            case "added":
                return self._on_added.subscribe(listener)
            case "replaced":
                return self._on_replaced.subscribe(listener)
            case "removed":
                return self._on_removed.subscribe(listener)
            case _:
                raise ValueError(f"there is no event {event_name!r}")

    def history(self) -> list[Change[Entity]]:
        """Give all changes so far."""
        return list(self._history)

    def apply(self, changes: Iterable[Change[Entity]]) -> None:
        """Make all these changes or none."""
        given = list(changes)
        changed = self._entities.copy()
        for change in given:
            changed.apply(change)
        self._entities = changed
        self._publish(given)

    def _publish(self, changes: list[Change[Entity]]) -> None:
        """Put changes that have been made into the history and tell the listeners."""
        self._history += changes
        for change in changes:
            match change:
                case Added():
                    self._on_added.notify(change)
                case Replaced():
                    self._on_replaced.notify(change)
                case Removed():
                    self._on_removed.notify(change)
