"""Declarative models: declare fields on a class, get construction, validation, repr and equality.

`Field` is a data descriptor; `ModelType` finds out which fields a class has; `Model` does the rest generically.
"""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, Generic, Iterable, Optional, Tuple, Type, TypeVar, Union, overload

V = TypeVar("V")
F = TypeVar("F", bound="Field[Any]")

_ADDRESS = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")


class ValidationError(ValueError):
    """Raised when a field does not accept a value."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        self.message = message
        super().__init__(f"{field}: {message}")


class Field(Generic[V]):
    """Base field: accepts every value."""

    def __init__(
        self, *, default: Union[V, Callable[[], Optional[V]], None] = None, required: bool = False
    ) -> None:
        self.name = ""
        self.default = default
        self.required = required

    def validate(self, value: Any) -> None:
        """Override to refuse values by raising ValidationError; None never gets here."""

    def get_default(self) -> Optional[V]:
        """The default, or what a callable default returns."""
        if callable(self.default):
            return self.default()
        return self.default

    def __set_name__(self, owner: Type[Any], name: str) -> None:
        self.name = name

    @overload
    def __get__(self: F, instance: None, owner: Type[Any]) -> F: ...

    @overload
    def __get__(self, instance: object, owner: Type[Any]) -> Optional[V]: ...

    def __get__(self, instance: Optional[object], owner: Type[Any]) -> Any:
        if instance is None:
            return self
        return instance.__dict__[self.name]

    def __set__(self, instance: object, value: Optional[V]) -> None:
        if value is None and self.required:
            raise ValidationError(self.name, "this field is required")
        if value is not None:
            self.validate(value)
        instance.__dict__[self.name] = value

    def __delete__(self, instance: object) -> None:
        raise AttributeError(f"can't delete field {self.name!r}")


class StringField(Field[str]):
    """Text, optionally limited in length."""

    def __init__(
        self,
        max_length: Optional[int] = None,
        *,
        default: Union[str, Callable[[], Optional[str]], None] = None,
        required: bool = False,
    ) -> None:
        super().__init__(default=default, required=required)
        self.max_length = max_length

    def validate(self, value: Any) -> None:
        super().validate(value)
        if not isinstance(value, str):
            raise ValidationError(self.name, f"expected str, got {type(value).__name__}")
        if self.max_length is not None and len(value) > self.max_length:
            raise ValidationError(self.name, f"longer than {self.max_length} characters")


class EmailField(Field[str]):
    """An e-mail address."""

    def validate(self, value: Any) -> None:
        super().validate(value)
        if not isinstance(value, str):
            raise ValidationError(self.name, f"expected str, got {type(value).__name__}")
        if _ADDRESS.fullmatch(value) is None:
            raise ValidationError(self.name, "not a valid e-mail address")


class IntegerField(Field[int]):
    """A whole number, optionally bounded."""

    def __init__(
        self,
        min_value: Optional[int] = None,
        max_value: Optional[int] = None,
        *,
        default: Union[int, Callable[[], Optional[int]], None] = None,
        required: bool = False,
    ) -> None:
        super().__init__(default=default, required=required)
        self.min_value = min_value
        self.max_value = max_value

    def validate(self, value: Any) -> None:
        super().validate(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValidationError(self.name, f"expected int, got {type(value).__name__}")
        if self.min_value is not None and value < self.min_value:
            raise ValidationError(self.name, f"less than {self.min_value}")
        if self.max_value is not None and value > self.max_value:
            raise ValidationError(self.name, f"greater than {self.max_value}")


class ModelType(type):
    """Collects fields over the whole MRO, so that mixins and diamonds come out right."""

    def __init__(cls, name: str, bases: Tuple[type, ...], namespace: Dict[str, Any]) -> None:
        super().__init__(name, bases, namespace)
        found: Dict[str, Field[Any]] = {}
        for attribute, value in cls._attributes():
            if isinstance(value, Field):
                found[attribute] = value
            elif attribute in found:
                del found[attribute]
        cls._model_fields = found

    def _attributes(cls) -> Iterable[Tuple[str, object]]:
        for klass in reversed(cls.__mro__):
            yield from klass.__dict__.items()

    _model_fields: Dict[str, Field[Any]]


class Model(metaclass=ModelType):
    """Inherit from this and declare fields."""

    def __init__(self, /, **values: Any) -> None:
        fields = self.fields()
        for name in values:
            if name not in fields:
                raise TypeError(f"{type(self).__name__}() got an unexpected keyword argument {name!r}")
        for name, field in fields.items():
            setattr(self, name, values[name] if name in values else field.get_default())

    @classmethod
    def fields(cls) -> Dict[str, Field[Any]]:
        """Name to field, in order; a copy."""
        return cls._model_fields.copy()

    def _values(self) -> Dict[str, Any]:
        return {name: getattr(self, name) for name in self.fields()}

    def __repr__(self) -> str:
        arguments = ", ".join(f"{name}={value!r}" for name, value in self._values().items())
        return f"{self.__class__.__name__}({arguments})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Model) or type(self) is not type(other):
            return NotImplemented
        return self._values() == other._values()
