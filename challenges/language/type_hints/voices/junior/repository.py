"""A repository with events."""

from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Protocol, Union

EventName = str


class NotFound(LookupError):
    pass


class Duplicate(ValueError):
    pass


class Conflict(ValueError):
    pass


@dataclass(frozen=True)
class Added:
    entity: Any


@dataclass(frozen=True)
class Replaced:
    old: Any
    new: Any


@dataclass(frozen=True)
class Removed:
    entity: Any


Change = Union[Added, Replaced, Removed]


class Reader(Protocol):
    def get(self, key: Any, default: Any = None) -> Any: ...

    def __iter__(self) -> Any: ...

    def __len__(self) -> int: ...


class Repository:
    def __init__(self, key: Callable, entities: List[Any] = ()):
        self.key = key
        self.entities: Dict[Any, Any] = {}
        self.changes: List[Change] = []
        self.listeners: Dict[str, List[Callable]] = {"added": [], "replaced": [], "removed": []}
        for entity in entities:
            self.add(entity)

    def _notify(self, event_name: str, event: Change) -> None:
        self.changes.append(event)
        for listener in self.listeners[event_name]:
            listener(event)

    def add(self, entity: Any) -> Added:
        key = self.key(entity)
        if key in self.entities:
            raise Duplicate(f"{key} already exists")
        self.entities[key] = entity
        event = Added(entity)
        self._notify("added", event)
        return event

    def put(self, entity: Any) -> Union[Added, Replaced]:
        key = self.key(entity)
        if key not in self.entities:
            return self.add(entity)
        old = self.entities[key]
        self.entities[key] = entity
        event = Replaced(old, entity)
        self._notify("replaced", event)
        return event

    def remove(self, key: Any) -> Removed:
        if key not in self.entities:
            raise NotFound(key)
        entity = self.entities.pop(key)
        event = Removed(entity)
        self._notify("removed", event)
        return event

    def get(self, key: Any, default: Any = None) -> Any:
        if key in self.entities:
            return self.entities[key]
        if default is None:
            raise NotFound(key)
        return default

    def __contains__(self, key: Any) -> bool:
        return key in self.entities

    def __iter__(self):
        return iter(self.entities.values())

    def __len__(self) -> int:
        return len(self.entities)

    def select(self, where: Callable, *, order: str = "oldest") -> List[Any]:
        result = [entity for entity in self if where(entity)]
        if order == "newest":
            result.reverse()
        return result

    def of_type(self, kind: type) -> List[Any]:
        return [entity for entity in self if type(entity) == kind]

    def group(self, by: Callable) -> Dict[Any, List[Any]]:
        groups: Dict[Any, List[Any]] = {}
        for entity in self:
            groups.setdefault(by(entity), []).append(entity)
        return groups

    def snapshot(self, form: str = "list") -> Union[List[Any], Dict[Any, Any]]:
        if form == "dict":
            return self.entities.copy()
        return list(self.entities.values())

    def on(self, event_name: str, listener: Callable) -> Callable:
        if event_name not in self.listeners:
            raise ValueError(f"unknown event {event_name}")
        self.listeners[event_name].append(listener)

        def unsubscribe():
            self.listeners[event_name].remove(listener)

        return unsubscribe

    def history(self) -> List[Change]:
        return self.changes

    def apply(self, changes: List[Change]) -> None:
        backup = self.entities.copy()
        try:
            for change in changes:
                if isinstance(change, Added):
                    self.add(change.entity)
                elif isinstance(change, Replaced):
                    if self.get(self.key(change.old)) != change.old:
                        raise Conflict("the entity has changed")
                    self.put(change.new)
                else:
                    self.remove(self.key(change.entity))
        except (Duplicate, NotFound) as e:
            self.entities = backup
            raise Conflict(str(e))
