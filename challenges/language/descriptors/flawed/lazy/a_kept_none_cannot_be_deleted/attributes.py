"""Attributes with behaviour: validated, lazily computed, unit-converting.

All that is known about an instance lies in its own `__dict__`, in one `_State` under one key. So it dies with the
instance, needs no hash of it, and never passes through the owner's attribute hooks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Generic, NamedTuple, NoReturn, Self, TypeVar, overload

T = TypeVar("T")


class _Missing(Enum):
    MISSING = "no value"


class _Kept(NamedTuple):
    """A lazy result, and the names whose change makes it stale."""

    result: Any
    depends_on: tuple[str, ...]


@dataclass(slots=True)
class _State:
    values: dict[str, Any] = field(default_factory=dict)
    kept: dict[str, _Kept] = field(default_factory=dict)

    def changed(self, name: str) -> None:
        """Forget the results that depend on `name`."""
        self.kept = {own: kept for own, kept in self.kept.items() if name not in kept.depends_on}


def _state(instance: object) -> _State:
    state: _State = vars(instance).setdefault("_attributes", _State())
    return state


class Validated(Generic[T]):
    """A value that is checked when it is assigned."""

    name: str

    def __init__(self, check: Callable[[T], bool], *, default: T | _Missing = _Missing.MISSING) -> None:
        self._check = check
        self._default = default

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: object, owner: type) -> Self | T:
        if instance is None:
            return self
        value: T | _Missing = _state(instance).values.get(self.name, self._default)
        if isinstance(value, _Missing):
            raise AttributeError(f"{self.name} has not been assigned")
        return value

    def __set__(self, instance: object, value: T) -> None:
        if not self._check(value):
            raise ValueError(f"{self.name} cannot be {value!r}")
        state = _state(instance)
        state.values[self.name] = value
        state.changed(self.name)

    def __delete__(self, instance: object) -> None:
        state = _state(instance)
        if self.name not in state.values:
            raise AttributeError(f"{self.name} has no value to delete")
        del state.values[self.name]
        state.changed(self.name)


class Lazy(Generic[T]):
    """A result that is computed when it is first read."""

    name: str

    def __init__(self, function: Callable[[Any], T], depends_on: tuple[str, ...]) -> None:
        self.__doc__ = function.__doc__
        self._function = function
        self._depends_on = depends_on

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: object, owner: type) -> Self | T:
        if instance is None:
            return self
        kept = _state(instance).kept
        if self.name not in kept:
            kept[self.name] = _Kept(self._function(instance), self._depends_on)
        result: T = kept[self.name].result
        return result

    def __set__(self, instance: object, value: object) -> NoReturn:
        raise AttributeError(f"{self.name} is computed; it cannot be assigned")

    def __delete__(self, instance: object) -> None:
        kept = _state(instance).kept.pop(self.name, None)
        if kept is None or kept.result is None:
            raise AttributeError(f"{self.name} has no result to forget")


def lazy(*depends_on: str) -> Callable[[Callable[[Any], T]], Lazy[T]]:
    """Compute the attribute when it is first read, and again after an attribute that it depends on has changed."""
    return lambda function: Lazy(function, depends_on)


class Converted:
    """Another attribute of the same instance, in another unit. Stores nothing."""

    name: str

    def __init__(self, source: str, *, scale: float = 1.0, offset: float = 0.0) -> None:
        self._source = source
        self._scale = scale
        self._offset = offset

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type) -> float: ...
    def __get__(self, instance: object, owner: type) -> Self | float:
        if instance is None:
            return self
        value: float = getattr(instance, self._source)
        return value * self._scale + self._offset

    def __set__(self, instance: object, value: float) -> None:
        setattr(instance, self._source, (value - self._offset) / self._scale)

    def __delete__(self, instance: object) -> None:
        delattr(instance, self._source)
