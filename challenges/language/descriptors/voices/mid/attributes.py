"""Descriptors for the units library.

The values live in weak dictionaries, so that they go away together with the instances.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Optional, TypeVar, overload
from weakref import WeakKeyDictionary

V = TypeVar("V")
R = TypeVar("R")

_NOT_GIVEN: Any = object()


class Validated(Generic[V]):
    def __init__(self, check: Callable[[V], bool], *, default: Any = _NOT_GIVEN) -> None:
        self.name = ""
        self._check = check
        self._default = default
        self._data: WeakKeyDictionary[Any, V] = WeakKeyDictionary()

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Validated[V]: ...

    @overload
    def __get__(self, instance: object, owner: type) -> V: ...

    def __get__(self, instance: Optional[object], owner: type) -> Any:
        if instance is None:
            return self
        if instance in self._data:
            return self._data[instance]
        if self._default is _NOT_GIVEN:
            raise AttributeError(f"{self.name} has not been set")
        return self._default

    def __set__(self, instance: object, value: V) -> None:
        if not self._check(value):
            raise ValueError(f"invalid value for {self.name}: {value!r}")
        self._data[instance] = value
        _invalidate(instance, self.name)

    def __delete__(self, instance: object) -> None:
        if instance not in self._data:
            raise AttributeError(f"{self.name} has not been set")
        del self._data[instance]
        _invalidate(instance, self.name)


class Lazy(Generic[R]):
    def __init__(self, function: Callable[[Any], R], depends_on: tuple[str, ...]) -> None:
        self.name = function.__name__
        self.depends_on = depends_on
        self._function = function
        self._results: WeakKeyDictionary[Any, R] = WeakKeyDictionary()
        self.__doc__ = function.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Lazy[R]: ...

    @overload
    def __get__(self, instance: object, owner: type) -> R: ...

    def __get__(self, instance: Optional[object], owner: type) -> Any:
        if instance is None:
            return self
        if instance not in self._results:
            self._results[instance] = self._function(instance)
        return self._results[instance]

    def __set__(self, instance: object, value: Any) -> None:
        raise AttributeError(f"{self.name} is computed and cannot be assigned")

    def __delete__(self, instance: object) -> None:
        try:
            del self._results[instance]
        except KeyError:
            raise AttributeError(f"{self.name} has not been computed") from None

    def forget(self, instance: object) -> None:
        self._results.pop(instance, None)


def _invalidate(instance: object, changed: str) -> None:
    """Forget the results of all the lazy attributes that depend on the changed one."""
    for cls in type(instance).__mro__:
        for attribute in vars(cls).values():
            if isinstance(attribute, Lazy) and changed in attribute.depends_on:
                attribute.forget(instance)


def lazy(*depends_on: str) -> Callable[[Callable[[Any], R]], Lazy[R]]:
    def decorate(function: Callable[[Any], R]) -> Lazy[R]:
        return Lazy(function, depends_on)

    return decorate


class Converted:
    def __init__(self, source: str, *, scale: float = 1.0, offset: float = 0.0) -> None:
        self.name = ""
        self.source = source
        self.scale = scale
        self.offset = offset

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Converted: ...

    @overload
    def __get__(self, instance: object, owner: type) -> float: ...

    def __get__(self, instance: Optional[object], owner: type) -> Any:
        if instance is None:
            return self
        return getattr(instance, self.source) * self.scale + self.offset

    def __set__(self, instance: object, value: float) -> None:
        setattr(instance, self.source, (value - self.offset) / self.scale)

    def __delete__(self, instance: object) -> None:
        delattr(instance, self.source)
