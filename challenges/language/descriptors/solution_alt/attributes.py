"""Attributes with behaviour.

Values lie in the instance's `__dict__` under their own names, counters of changes beside them.
A lazy result is kept together with the counters of its sources as they were; it is stale when one of them has moved on.
"""

from collections.abc import Callable
from typing import Any, Generic, TypeVar, cast, overload

V = TypeVar("V")
_NOTHING: Any = object()
_COUNTS = " changes"


def _counts(instance: object) -> dict[str, int]:
    return cast("dict[str, int]", instance.__dict__.setdefault(_COUNTS, {}))


def _store(instance: object, name: str, value: object) -> None:
    counts = _counts(instance)
    counts[name] = counts.get(name, 0) + 1
    if value is _NOTHING:
        del instance.__dict__[name]
    else:
        instance.__dict__[name] = value


class _Named:
    name: str = "?"

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def _error(self, what: str) -> AttributeError:
        return AttributeError(f"attribute {self.name!r} {what}")


class Validated(_Named, Generic[V]):
    def __init__(self, check: Callable[[V], bool], *, default: V = _NOTHING) -> None:
        self.check = check
        self.default = default

    @overload
    def __get__(self, instance: None, owner: Any) -> "Validated[V]": ...
    @overload
    def __get__(self, instance: object, owner: Any) -> V: ...
    def __get__(self, instance: Any, owner: Any) -> "Validated[V] | V":
        if instance is None:
            return self
        try:
            return cast(V, instance.__dict__[self.name])
        except KeyError:
            if self.default is _NOTHING:
                raise self._error("is not set") from None
            return self.default

    def __set__(self, instance: object, value: V) -> None:
        if not self.check(value):
            raise ValueError(f"{self.name} does not accept {value!r}")
        _store(instance, self.name, value)

    def __delete__(self, instance: object) -> None:
        if self.name not in instance.__dict__:
            raise self._error("is not set")
        _store(instance, self.name, _NOTHING)


class Converted(_Named):
    def __init__(self, source: str, *, scale: float = 1.0, offset: float = 0.0) -> None:
        self.source, self.scale, self.offset = source, scale, offset

    @overload
    def __get__(self, instance: None, owner: Any) -> "Converted": ...
    @overload
    def __get__(self, instance: object, owner: Any) -> float: ...
    def __get__(self, instance: Any, owner: Any) -> "Converted | float":
        if instance is None:
            return self
        return self.offset + self.scale * cast(float, getattr(instance, self.source))

    def __set__(self, instance: object, value: float) -> None:
        setattr(instance, self.source, (value - self.offset) / self.scale)

    def __delete__(self, instance: object) -> None:
        delattr(instance, self.source)


class lazy:
    def __init__(self, *depends_on: str) -> None:
        self.depends_on = depends_on

    def __call__(self, function: Callable[[Any], V]) -> "_Computed[V]":
        return _Computed(function, self.depends_on)


class _Computed(_Named, Generic[V]):
    def __init__(self, function: Callable[[Any], V], depends_on: tuple[str, ...]) -> None:
        self.function, self.depends_on, self.__doc__ = function, depends_on, function.__doc__

    def _now(self, instance: object) -> list[int]:
        counts = _counts(instance)
        return [counts.get(name, 0) for name in self.depends_on]

    def _is_kept(self, instance: object) -> bool:
        return self.name in instance.__dict__ and instance.__dict__[self.name][0] == self._now(instance)

    @overload
    def __get__(self, instance: None, owner: Any) -> "_Computed[V]": ...
    @overload
    def __get__(self, instance: object, owner: Any) -> V: ...
    def __get__(self, instance: Any, owner: Any) -> "_Computed[V] | V":
        if instance is None:
            return self
        if not self._is_kept(instance):
            result = self.function(instance)
            instance.__dict__[self.name] = self._now(instance), result
        return cast(V, instance.__dict__[self.name][1])

    def __set__(self, instance: object, value: object) -> None:
        raise self._error("is computed")

    def __delete__(self, instance: object) -> None:
        if not self._is_kept(instance):
            raise self._error("has not been computed")
        del instance.__dict__[self.name]
