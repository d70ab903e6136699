"""Attributes with behaviour: validated, lazily computed, unit-converting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")

_MISSING: Any = object()


class Validated(Generic[T]):
    """A value that is checked when it is assigned."""

    name: str

    def __init__(self, check: Callable[[T], bool], *, default: Any = _MISSING) -> None:
        self._check = check
        self._default = default

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name
        self._key = f"_validated_{name}"

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return self
        value = instance.__dict__.get(self._key, self._default)
        if value is _MISSING:
            raise AttributeError(f"{self.name} has no value")
        return value

    def __set__(self, instance: Any, value: T) -> None:
        if not self._check(value):
            raise ValueError(f"{self.name} does not accept {value!r}")
        instance.__dict__[self._key] = value
        self._changed(instance)

    def __delete__(self, instance: Any) -> None:
        if self._key not in instance.__dict__:
            raise AttributeError(f"{self.name} has no value")
        del instance.__dict__[self._key]
        self._changed(instance)

    def _changed(self, instance: Any) -> None:
        for cls in type(instance).__mro__:
            for attribute in vars(cls).values():
                if isinstance(attribute, _Lazy) and self.name in attribute.depends_on:
                    attribute.forget(instance)


class Converted:
    """Another attribute of the same instance, in another unit."""

    name: str

    def __init__(self, source: str, *, scale: float = 1.0, offset: float = 0.0) -> None:
        self._source = source
        self._scale = scale
        self._offset = offset

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return self
        return getattr(instance, self._source) * self._scale + self._offset

    def __set__(self, instance: Any, value: float) -> None:
        setattr(instance, self._source, (value - self._offset) / self._scale)

    def __delete__(self, instance: Any) -> None:
        delattr(instance, self._source)


class _Lazy:
    name: str

    def __init__(self, function: Callable[[Any], Any], depends_on: tuple[str, ...]) -> None:
        self._function = function
        self.depends_on = depends_on
        self.__doc__ = function.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name
        self._key = f"_lazy_{name}"

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return self
        if self._key not in instance.__dict__:
            instance.__dict__[self._key] = self._function(instance)
        return instance.__dict__[self._key]

    def __set__(self, instance: Any, value: Any) -> None:
        raise AttributeError(f"{self.name} is computed and cannot be assigned")

    def __delete__(self, instance: Any) -> None:
        if self._key not in instance.__dict__:
            raise AttributeError(f"{self.name} has no result")
        del instance.__dict__[self._key]

    def forget(self, instance: Any) -> None:
        instance.__dict__.pop(self._key, None)


def lazy(*depends_on: str) -> Callable[[Callable[[Any], Any]], Any]:
    """Compute the attribute when it is first read, and again after an attribute that it depends on has changed."""
    return lambda function: _Lazy(function, depends_on)
