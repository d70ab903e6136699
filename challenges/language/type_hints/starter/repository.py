"""A typed repository that tells listeners what changes. The annotations are yours to make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class NotFound(LookupError):
    """There is no entity with that key."""


class Duplicate(ValueError):
    """There is already an entity with that key."""


class Conflict(ValueError):
    """A change does not fit the stored entities."""


EventName = str


@dataclass(frozen=True)
class Added:
    """An entity is new."""

    entity: Any


@dataclass(frozen=True)
class Replaced:
    """An entity took the place of another."""

    old: Any
    new: Any


@dataclass(frozen=True)
class Removed:
    """An entity is gone."""

    entity: Any


Change = Any


class Reader:
    """The methods that readers need."""


class Repository:
    """Entities by key."""

    def __init__(self, key: Any, entities: Any = ()) -> None:
        raise NotImplementedError

    def add(self, entity: Any) -> Any:
        """Add an entity with a new key."""
        raise NotImplementedError

    def put(self, entity: Any) -> Any:
        """Add an entity, or replace the one with the same key."""
        raise NotImplementedError

    def remove(self, key: Any) -> Any:
        """Remove the entity with that key."""
        raise NotImplementedError

    def get(self, key: Any, default: Any = None) -> Any:
        """Return the entity with that key."""
        raise NotImplementedError

    def __contains__(self, key: object) -> bool:
        raise NotImplementedError

    def __iter__(self) -> Any:
        raise NotImplementedError

    def __len__(self) -> int:
        raise NotImplementedError

    def select(self, where: Any, *, order: str = "oldest") -> Any:
        """Return the entities that satisfy a condition."""
        raise NotImplementedError

    def of_type(self, kind: Any) -> Any:
        """Return the instances of a class."""
        raise NotImplementedError

    def group(self, by: Any) -> Any:
        """Return the entities, grouped by the result of a function."""
        raise NotImplementedError

    def snapshot(self, form: str = "list") -> Any:
        """Return all entities as a list or a dict."""
        raise NotImplementedError

    def on(self, event_name: str, listener: Any) -> Any:
        """Call the listener with future changes of one kind."""
        raise NotImplementedError

    def history(self) -> Any:
        """Return all changes so far."""
        raise NotImplementedError

    def apply(self, changes: Any) -> None:
        """Make all of these changes or none."""
        raise NotImplementedError
