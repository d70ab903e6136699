"""A declarative model layer: fields are declared on a class and validated on its instances.

A field is a data descriptor that keeps its value in the instance's `__dict__` under its own name. The metaclass decides
once, when a class is made, which fields the class has; everything else reads that table.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Generic, Self, TypeAlias, TypeVar, overload

T = TypeVar("T")
Default: TypeAlias = T | Callable[[], T | None] | None


class ValidationError(ValueError):
    """A value that a field refuses. `field` is the field's name."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


class Field(Generic[T]):
    """A declared attribute of a model. Accepts any value; subclasses narrow that in `validate`."""

    name: str

    def __init__(self, *, default: Default[T] = None, required: bool = False) -> None:
        self.default = default
        self.required = required

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type) -> T | None: ...
    def __get__(self, instance: object, owner: type) -> Self | T | None:
        if instance is None:
            return self
        value: T | None = vars(instance)[self.name]
        return value

    def __set__(self, instance: object, value: T | None) -> None:
        if value is not None:
            self.validate(value)
        elif self.required:
            raise ValidationError(self.name, "is required")
        vars(instance)[self.name] = value

    def __delete__(self, instance: object) -> None:
        raise AttributeError(f"{self.name}: a field cannot be deleted")

    def validate(self, value: Any) -> None:
        """Raise ValidationError when the value, which is never None, is not acceptable."""

    def initial(self) -> T | None:
        """The value of a new instance that is given none."""
        return self.default() if callable(self.default) else self.default


class StringField(Field[str]):
    """Text of at most `max_length` characters."""

    def __init__(self, max_length: int | None = None, *, default: Default[str] = None, required: bool = False) -> None:
        super().__init__(default=default, required=required)
        self.max_length = max_length

    def validate(self, value: Any) -> None:
        if not isinstance(value, str):
            raise ValidationError(self.name, f"must be text, got {type(value).__name__}")
        if self.max_length is not None and len(value) > self.max_length:
            raise ValidationError(self.name, f"must have at most {self.max_length} characters, got {len(value)}")


class EmailField(Field[str]):
    """An e-mail address: something, an `@`, and a domain of two or more labels."""

    def validate(self, value: Any) -> None:
        if not isinstance(value, str):
            raise ValidationError(self.name, f"must be text, got {type(value).__name__}")
        local, _, domain = value.partition("@")
        labels = domain.split(".")
        well_formed = local and all(labels) and len(labels) > 1 and "@" not in domain
        if not well_formed or any(map(str.isspace, value)):
            raise ValidationError(self.name, "must be an e-mail address such as ada@example.org")


class IntegerField(Field[int]):
    """An integer within bounds that are both included."""

    def __init__(
        self,
        min_value: int | None = None,
        max_value: int | None = None,
        *,
        default: Default[int] = None,
        required: bool = False,
    ) -> None:
        super().__init__(default=default, required=required)
        self.min_value = min_value
        self.max_value = max_value

    def validate(self, value: Any) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            raise ValidationError(self.name, f"must be an integer, got {type(value).__name__}")
        if self.min_value is not None and value < self.min_value:
            raise ValidationError(self.name, f"must be at least {self.min_value}")
        if self.max_value is not None and value > self.max_value:
            raise ValidationError(self.name, f"must be at most {self.max_value}")


class ModelMeta(type):
    """Gives every model class the table of its fields."""

    _fields: dict[str, Field[Any]]

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> ModelMeta:
        cls = super().__new__(mcs, name, bases, namespace)
        cls._fields = _collect(cls)
        return cls


def _collect(cls: type) -> dict[str, Field[Any]]:
    """The fields that attribute lookup finds on `cls`, base classes first. Overriding keeps a dict key's place."""
    fields: dict[str, Field[Any]] = {}
    for base in reversed(cls.__mro__):
        for name, value in vars(base).items():
            if isinstance(value, Field):
                fields[name] = value
    return fields


class Model(metaclass=ModelMeta):
    """Base of all models."""

    _fields: ClassVar[dict[str, Field[Any]]]

    def __init__(self, /, **values: Any) -> None:
        unknown = values.keys() - self._fields.keys()
        if unknown:
            raise TypeError(f"{type(self).__name__} has no field {', '.join(sorted(unknown))}")
        for name, field in self._fields.items():
            setattr(self, name, values[name] if name in values else field.initial())

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._fields)
        return f"{type(self).__name__}({values})"

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self._fields)

    @classmethod
    def fields(cls) -> dict[str, Field[Any]]:
        """The fields of this class by name, in order. The dict is the caller's own."""
        return dict(cls._fields)
