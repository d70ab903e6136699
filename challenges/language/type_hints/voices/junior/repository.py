"""A repository with listeners."""

from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Optional


class NotFound(LookupError):
    pass


class Duplicate(ValueError):
    pass


class Conflict(ValueError):
    pass


EventName = str


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


Change = Any


class Reader:
    def get(self, key: Any) -> Any: ...

    def __iter__(self) -> Any: ...

    def __len__(self) -> int: ...


class Repository:
    def __init__(self, key: Callable[[Any], Any], entities: Any = ()) -> None:
        self._key = key
        self._entities: Dict[Any, Any] = {}
        self._listeners: Dict[str, List[Callable[[Any], None]]] = {"added": [], "replaced": [], "removed": []}
        self._history: List[Any] = []
        for entity in entities:
            self.add(entity)

    def _notify(self, name: str, event: Any) -> None:
        self._history.append(event)
        for listener in self._listeners[name]:
            listener(event)

    def add(self, entity: Any) -> Added:
        key = self._key(entity)
        if key in self._entities:
            raise Duplicate(f"{key} is taken")
        self._entities[key] = entity
        event = Added(entity)
        self._notify("added", event)
        return event

    def put(self, entity: Any) -> Any:
        key = self._key(entity)
        if key not in self._entities:
            return self.add(entity)
        event = Replaced(self._entities[key], entity)
        self._entities[key] = entity
        self._notify("replaced", event)
        return event

    def remove(self, key: Any) -> Removed:
        if key not in self._entities:
            raise NotFound(f"{key} not found")
        event = Removed(self._entities.pop(key))
        self._notify("removed", event)
        return event

    def get(self, key: Any, default: Any = None) -> Any:
        if key in self._entities:
            return self._entities[key]
        if default is None:
            raise NotFound(f"{key} not found")
        return default

    def __contains__(self, key: Any) -> bool:
        return key in self._entities

    def __iter__(self) -> Any:
        return iter(self._entities.values())

    def __len__(self) -> int:
        return len(self._entities)

    def select(self, where: Callable[[Any], bool], *, order: str = "oldest") -> List[Any]:
        found = [entity for entity in self._entities.values() if where(entity)]
        if order == "newest":
            found.reverse()
        return found

    def of_type(self, kind: type) -> List[Any]:
        return [entity for entity in self._entities.values() if isinstance(entity, kind)]

    def group(self, by: Callable[[Any], Any]) -> Dict[Any, List[Any]]:
        groups: Dict[Any, List[Any]] = {}
        for entity in self._entities.values():
            groups.setdefault(by(entity), []).append(entity)
        return groups

    def snapshot(self, form: str = "list") -> Any:
        if form == "dict":
            return dict(self._entities)
        return list(self._entities.values())

    def on(self, event_name: str, listener: Callable[[Any], None]) -> Callable[[], None]:
        self._listeners[event_name].append(listener)

        def off() -> None:
            if listener in self._listeners[event_name]:
                self._listeners[event_name].remove(listener)

        return off

    def history(self) -> List[Any]:
        return self._history

    def apply(self, changes: Any) -> None:
        for change in changes:
            if isinstance(change, Added):
                self.add(change.entity)
            elif isinstance(change, Replaced):
                self.put(change.new)
            else:
                self.remove(self._key(change.entity))
