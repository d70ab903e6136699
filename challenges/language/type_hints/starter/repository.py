"""A typed repository that tells listeners what changes. The annotations are yours to make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class NotFound(LookupError):
    """There is no entity of that key."""


class Duplicate(ValueError):
    """There is an entity of that key already."""


class Conflict(ValueError):
    """A change does not fit what is there."""


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
    """What those need who only read."""


class Repository:
    """Entities by key."""

    def __init__(self, key: Any, entities: Any = ()) -> None:
        raise NotImplementedError

    def add(self, entity: Any) -> Any:
        """Add an entity of a new key."""
        raise NotImplementedError

    def put(self, entity: Any) -> Any:
        """Add an entity, or replace the one of the same key."""
        raise NotImplementedError

    def remove(self, key: Any) -> Any:
        """Remove the entity of that key."""
        raise NotImplementedError

    def get(self, key: Any, default: Any = None) -> Any:
        """Give the entity of that key."""
        raise NotImplementedError

    def __contains__(self, key: object) -> bool:
        raise NotImplementedError

    def __iter__(self) -> Any:
        raise NotImplementedError

    def __len__(self) -> int:
        raise NotImplementedError

    def select(self, where: Any, *, order: str = "oldest") -> Any:
        """Give the entities that satisfy a condition."""
        raise NotImplementedError

    def of_type(self, kind: Any) -> Any:
        """Give the instances of a class."""
        raise NotImplementedError

    def group(self, by: Any) -> Any:
        """Give the entities by what a function says of them."""
        raise NotImplementedError

    def snapshot(self, form: str = "list") -> Any:
        """Give all entities as a list or a dict."""
        raise NotImplementedError

    def on(self, event_name: str, listener: Any) -> Any:
        """Call the listener with future changes of one kind."""
        raise NotImplementedError

    def history(self) -> Any:
        """Give all changes so far."""
        raise NotImplementedError

    def apply(self, changes: Any) -> None:
        """Make all these changes or none."""
        raise NotImplementedError
