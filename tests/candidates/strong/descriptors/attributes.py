"""Descriptors of the units library.

State lives in `instance.__dict__`: stored values under the attribute's own name (a data descriptor wins the lookup), lazy
results in one table next to them, so that a change can throw out exactly those that depend on it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")

_UNSET: Any = object()
_RESULTS = "__lazy_results__"


class Named:
    """Remembers the name it was declared under."""

    name: str = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name


def _forget_dependants(instance: Any, name: str) -> None:
    results: dict[str, tuple[Any, frozenset[str]]] = instance.__dict__.get(_RESULTS, {})
    for key in [key for key, (_, sources) in results.items() if name in sources]:
        del results[key]


class Validated(Named, Generic[T]):
    """A stored value that has to pass a check."""

    def __init__(self, check: Callable[[T], bool], *, default: T = _UNSET) -> None:
        self._check = check
        self._default = default

    @overload
    def __get__(self, instance: None, owner: type) -> Validated[T]: ...

    @overload
    def __get__(self, instance: object, owner: type) -> T: ...

    def __get__(self, instance: object | None, owner: type) -> Validated[T] | T:
        if instance is None:
            return self
        value: T = instance.__dict__.get(self.name, self._default)
        if value is _UNSET:
            raise AttributeError(f"{owner.__name__}.{self.name} is not set")
        return value

    def __set__(self, instance: object, value: T) -> None:
        if not self._check(value):
            raise ValueError(f"invalid value for {self.name}: {value!r}")
        instance.__dict__[self.name] = value
        _forget_dependants(instance, self.name)

    def __delete__(self, instance: object) -> None:
        try:
            del instance.__dict__[self.name]
        except KeyError:
            raise AttributeError(f"{self.name} is not set") from None
        _forget_dependants(instance, self.name)


class Converted(Named):
    """A view of another attribute in another unit."""

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
        source: float = getattr(instance, self._source)
        return source * self._scale + self._offset

    def __set__(self, instance: object, value: float) -> None:
        setattr(instance, self._source, (value - self._offset) / self._scale)

    def __delete__(self, instance: object) -> None:
        delattr(instance, self._source)


class Lazy(Named, Generic[T]):
    """A result that is computed on demand and kept while it holds."""

    def __init__(self, function: Callable[[Any], T], sources: frozenset[str]) -> None:
        self._function = function
        self._sources = sources
        self.__doc__ = function.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> Lazy[T]: ...

    @overload
    def __get__(self, instance: object, owner: type) -> T: ...

    def __get__(self, instance: object | None, owner: type) -> Lazy[T] | T:
        if instance is None:
            return self
        results = instance.__dict__.setdefault(_RESULTS, {})
        if self.name not in results:
            results[self.name] = self._function(instance), self._sources
        value: T = results[self.name][0]
        return value

    def __set__(self, instance: object, value: object) -> None:
        raise AttributeError(f"{self.name} is computed and cannot be assigned")

    def __delete__(self, instance: object) -> None:
        # Deleting what was never computed is harmless: there is nothing left to forget.
        instance.__dict__.get(_RESULTS, {}).pop(self.name, None)


def lazy(*depends_on: str) -> Callable[[Callable[[Any], T]], Lazy[T]]:
    """Make a lazy attribute of a method; a change of an attribute in `depends_on` makes it stale."""

    def decorate(function: Callable[[Any], T]) -> Lazy[T]:
        return Lazy(function, frozenset(depends_on))

    return decorate
