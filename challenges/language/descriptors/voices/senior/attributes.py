"""Attributes with behaviour: validated, lazily computed, unit-converting.

Values are in the instance's own `__dict__`, under one key for all of them, so that they live and die with it. A lazy
result remembers the versions of what it depends on: whoever assigns does not need to know who listens.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Generic, NamedTuple, TypeVar, overload

T = TypeVar("T")
R = TypeVar("R")


class _Missing:
    """No default was given."""


MISSING: Final = _Missing()
KEY = " attributes "
"""No name that code can spell, so no owner has an attribute of it."""


class _State:
    """What one instance holds: values, versions and results, by the descriptor that they belong to."""

    __slots__ = ("results", "values", "versions")

    def __init__(self) -> None:
        self.values: dict[Any, Any] = {}
        self.versions: dict[str, int] = {}
        self.results: dict[Any, _Result] = {}


class _Result(NamedTuple):
    value: Any
    versions: tuple[int, ...]


def _state(instance: object) -> _State:
    values = object.__getattribute__(instance, "__dict__")
    state: _State = values.setdefault(KEY, None) or _State()
    values[KEY] = state
    return state


class _Named:
    """A descriptor that knows its name."""

    name: str

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name


class Validated(_Named, Generic[T]):
    """A value that is checked when it is assigned."""

    def __init__(self, check: Callable[[T], bool], *, default: T | _Missing = MISSING) -> None:
        self._check = check
        self._default = default

    @overload
    def __get__(self, instance: None, owner: type) -> Validated[T]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: object | None, owner: type) -> Validated[T] | T:
        if instance is None:
            return self
        value: T | _Missing = _state(instance).values.get(self, self._default)
        if isinstance(value, _Missing):
            raise AttributeError(f"{self.name} has no value")
        return value

    def __set__(self, instance: object, value: T) -> None:
        if not self._check(value):
            raise ValueError(f"{self.name} does not take {value!r}")
        state = _state(instance)
        state.values[self] = value
        self._change(state)

    def __delete__(self, instance: object) -> None:
        state = _state(instance)
        if self not in state.values:
            raise AttributeError(f"{self.name} has no value to forget")
        del state.values[self]
        self._change(state)

    def _change(self, state: _State) -> None:
        state.versions[self.name] = state.versions.get(self.name, 0) + 1


class Converted(_Named):
    """Another attribute of the same instance, in another unit."""

    def __init__(self, source: str, *, scale: float = 1.0, offset: float = 0.0) -> None:
        self._source = source
        self._scale = scale
        self._offset = offset

    @overload
    def __get__(self, instance: None, owner: type) -> Converted: ...
    @overload
    def __get__(self, instance: object, owner: type) -> float: ...
    def __get__(self, instance: object | None, owner: type) -> Converted | float:
        if instance is None:
            return self
        value: float = getattr(instance, self._source)
        return value * self._scale + self._offset

    def __set__(self, instance: object, value: float) -> None:
        setattr(instance, self._source, (value - self._offset) / self._scale)

    def __delete__(self, instance: object) -> None:
        delattr(instance, self._source)


class Lazy(_Named, Generic[R]):
    """A result that is kept until what it depends on changes."""

    def __init__(self, function: Callable[[Any], R], depends_on: tuple[str, ...]) -> None:
        self._function = function
        self._depends_on = depends_on
        self.__doc__ = function.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> Lazy[R]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> R: ...
    def __get__(self, instance: object | None, owner: type) -> Lazy[R] | R:
        if instance is None:
            return self
        state = _state(instance)
        if not self._is_kept(state):
            state.results[self] = _Result(self._function(instance), self._versions(state))
        value: R = state.results[self].value
        return value

    def __set__(self, instance: object, value: R) -> None:
        raise AttributeError(f"{self.name} is computed")

    def __delete__(self, instance: object) -> None:
        state = _state(instance)
        if not self._is_kept(state):
            raise AttributeError(f"{self.name} has no result to forget")
        del state.results[self]

    def _versions(self, state: _State) -> tuple[int, ...]:
        return tuple(state.versions.get(name, 0) for name in self._depends_on)

    def _is_kept(self, state: _State) -> bool:
        return self in state.results and state.results[self].versions == self._versions(state)


def lazy(*depends_on: str) -> Callable[[Callable[[Any], R]], Lazy[R]]:
    """Compute the attribute when it is first read, and again after an attribute that it depends on has changed."""

    def made(function: Callable[[Any], R]) -> Lazy[R]:
        return Lazy(function, depends_on)

    return made
