"""A declarative model layer: fields are descriptors, and a metaclass collects them."""

from __future__ import annotations

import re
from typing import Any

EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")


class ValidationError(ValueError):
    """A value that a field refuses."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


class Field:
    """A declared attribute of a model."""

    name: str

    def __init__(self, *, default: Any = None, required: bool = False) -> None:
        self.default = default
        self.required = required

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return self
        return instance.__dict__[self.name]

    def __set__(self, instance: Any, value: Any) -> None:
        if value is None:
            if self.required:
                raise ValidationError(self.name, "is required")
        else:
            self.validate(value)
        instance.__dict__[self.name] = value

    def validate(self, value: Any) -> None:
        """Raise ValidationError when the value is not acceptable."""

    def default_value(self) -> Any:
        return self.default() if callable(self.default) else self.default


class StringField(Field):
    """Text of at most `max_length` characters."""

    def __init__(self, max_length: int | None = None, *, default: Any = None, required: bool = False) -> None:
        super().__init__(default=default, required=required)
        self.max_length = max_length

    def validate(self, value: Any) -> None:
        if not isinstance(value, str):
            raise ValidationError(self.name, "must be a string")
        if self.max_length is not None and len(value) > self.max_length:
            raise ValidationError(self.name, f"must have at most {self.max_length} characters")


class EmailField(StringField):
    """An e-mail address."""

    def validate(self, value: Any) -> None:
        super().validate(value)
        if not EMAIL.fullmatch(value):
            raise ValidationError(self.name, "is not an e-mail address")


class IntegerField(Field):
    """An integer within bounds that are both included."""

    def __init__(
        self,
        min_value: int | None = None,
        max_value: int | None = None,
        *,
        default: Any = None,
        required: bool = False,
    ) -> None:
        super().__init__(default=default, required=required)
        self.min_value = min_value
        self.max_value = max_value

    def validate(self, value: Any) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            raise ValidationError(self.name, "must be an integer")
        if self.min_value is not None and value < self.min_value:
            raise ValidationError(self.name, f"must be at least {self.min_value}")
        if self.max_value is not None and value > self.max_value:
            raise ValidationError(self.name, f"must be at most {self.max_value}")


class ModelMeta(type):
    """Collects the fields of the bases, then those of the class itself."""

    _fields: dict[str, Field]

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> ModelMeta:
        cls = super().__new__(mcs, name, bases, namespace)
        fields: dict[str, Field] = {}
        for base in reversed(bases):
            fields.update(getattr(base, "_fields", {}))
        for key, value in namespace.items():
            if isinstance(value, Field):
                fields[key] = value
            else:
                fields.pop(key, None)
        cls._fields = fields
        return cls


class Model(metaclass=ModelMeta):
    """Base of all models."""

    def __init__(self, **values: Any) -> None:
        for key in values:
            if key not in self._fields:
                raise TypeError(f"{type(self).__name__} has no field {key!r}")
        for name, field in self._fields.items():
            setattr(self, name, values[name] if name in values else field.default_value())

    @classmethod
    def fields(cls) -> dict[str, Field]:
        """The fields of this class by name, in order."""
        return dict(cls._fields)

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._fields)
        return f"{type(self).__name__}({values})"

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self._fields)
