"""Attributes with behaviour: validated, lazily computed, unit-converting.

Values and kept results live in the instance's own `__dict__`, each under the name of its attribute. All attributes
here are data descriptors, which Python consults before that dictionary, so the entries are never read past them; and
as the dictionary is used directly, an owner's `__setattr__` and the like do not see it.

A change of a validated attribute drops the results that depend on it: those that the instance keeps at the time, as
the attributes that lookup on its class finds declare them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Generic, Self, TypeVar, overload

__all__ = ["Converted", "Lazy", "Validated", "lazy"]

T = TypeVar("T")

_NO_DEFAULT: Final = object()


class _Attribute:
    """What the attributes share: they know their name."""

    name: str = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def _missing(self, instance: object, why: str) -> AttributeError:
        return AttributeError(f"{type(instance).__name__}.{self.name} {why}", name=self.name, obj=instance)


class Validated(_Attribute, Generic[T]):
    """A value that is checked when it is assigned."""

    def __init__(self, check: Callable[[T], bool], *, default: object = _NO_DEFAULT) -> None:
        self._check = check
        self._default = default

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type | None = None) -> T: ...
    def __get__(self, instance: object | None, owner: type | None = None) -> Any:
        if instance is None:
            return self
        value = vars(instance).get(self.name, self._default)
        if value is _NO_DEFAULT:
            raise self._missing(instance, "has no value")
        return value

    def __set__(self, instance: object, value: T) -> None:
        if not self._check(value):
            raise ValueError(f"{self.name} does not accept {value!r}")
        vars(instance)[self.name] = value
        _forget_dependents(instance, self.name)

    def __delete__(self, instance: object) -> None:
        values = vars(instance)
        if self.name not in values:
            raise self._missing(instance, "has no value to delete")
        del values[self.name]
        _forget_dependents(instance, self.name)


class Lazy(_Attribute, Generic[T]):
    """A value that is computed when it is first read, and kept until something that it depends on changes."""

    def __init__(self, function: Callable[[Any], T], depends_on: frozenset[str]) -> None:
        self._function = function
        self.depends_on = depends_on
        self.__doc__ = function.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type | None = None) -> T: ...
    def __get__(self, instance: object | None, owner: type | None = None) -> Any:
        if instance is None:
            return self
        values = vars(instance)
        if self.name not in values:
            values[self.name] = self._function(instance)
        return values[self.name]

    def __set__(self, instance: object, value: object) -> None:
        raise self._missing(instance, "is computed and cannot be assigned")

    def __delete__(self, instance: object) -> None:
        values = vars(instance)
        if self.name not in values:
            raise self._missing(instance, "has no result to forget")
        del values[self.name]


class Converted(_Attribute):
    """Another attribute of the same instance, in another unit."""

    def __init__(self, source: str, *, scale: float = 1.0, offset: float = 0.0) -> None:
        self._source = source
        self._scale = scale
        self._offset = offset

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type | None = None) -> float: ...
    def __get__(self, instance: object | None, owner: type | None = None) -> Any:
        if instance is None:
            return self
        return getattr(instance, self._source) * self._scale + self._offset

    def __set__(self, instance: object, value: float) -> None:
        setattr(instance, self._source, (value - self._offset) / self._scale)

    def __delete__(self, instance: object) -> None:
        delattr(instance, self._source)


def lazy(*depends_on: str) -> Callable[[Callable[[Any], T]], Lazy[T]]:
    """Compute the attribute when it is first read, and again after an attribute that it depends on has changed."""

    def decorate(function: Callable[[Any], T]) -> Lazy[T]:
        return Lazy(function, frozenset(depends_on))

    return decorate


def _declared(owner: type, name: str) -> object:
    """What lookup on the class finds, without binding it."""
    for cls in owner.__mro__:
        if name in cls.__dict__:
            return cls.__dict__[name]
    return None


def _forget_dependents(instance: object, changed: str) -> None:
    values = vars(instance)
    for name in list(values):
        attribute = _declared(type(instance), name)
        if isinstance(attribute, Lazy) and changed in attribute.depends_on:
            del values[name]
