"""A declarative model layer. Fields are data descriptors; a metaclass works out which of them a class has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, overload


class ValidationError(ValueError):
    """A value that a field refuses. `field` is the field's name."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


class Field:
    """A declared attribute of a model. Accepts any value."""

    name: str

    def __init__(self, *, default: Any = None, required: bool = False) -> None:
        self.default = default
        self.required = required

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Field: ...
    @overload
    def __get__(self, instance: Model, owner: type) -> Any: ...
    def __get__(self, instance: Model | None, owner: type) -> Any:
        if instance is None:
            return self
        try:
            return instance.__dict__[self.name]
        except KeyError:
            raise AttributeError(f"{self.name} has no value yet") from None

    def __set__(self, instance: Model, value: Any) -> None:
        self.check(value)
        instance.__dict__[self.name] = value

    def __delete__(self, instance: Model) -> None:
        raise AttributeError(f"the field {self.name} cannot be deleted")

    def check(self, value: Any) -> None:
        """Raise ValidationError unless the field may take the value."""
        if value is not None:
            self.validate(value)
        elif self.required:
            raise ValidationError(self.name, "a value is required")

    def validate(self, value: Any) -> None:
        """Raise ValidationError when the value, which is never None, is not acceptable."""


class StringField(Field):
    """Text of at most `max_length` characters."""

    def __init__(
        self,
        max_length: int | None = None,
        *,
        default: str | Callable[[], str | None] | None = None,
        required: bool = False,
    ) -> None:
        super().__init__(default=default, required=required)
        self.max_length = max_length

    @overload
    def __get__(self, instance: None, owner: type) -> StringField: ...
    @overload
    def __get__(self, instance: Model, owner: type) -> str | None: ...
    def __get__(self, instance: Model | None, owner: type) -> StringField | str | None:
        return super().__get__(instance, owner)  # type: ignore[no-any-return, misc, call-overload]

    def __set__(self, instance: Model, value: str | None) -> None:
        super().__set__(instance, value)

    def validate(self, value: Any) -> None:
        if not isinstance(value, str):
            raise ValidationError(self.name, "must be text")
        if self.max_length is not None and len(value) > self.max_length:
            raise ValidationError(self.name, f"must have at most {self.max_length} characters")


class EmailField(StringField):
    """An e-mail address."""

    def __init__(self, *, default: str | Callable[[], str | None] | None = None, required: bool = False) -> None:
        super().__init__(default=default, required=required)

    def validate(self, value: Any) -> None:
        super().validate(value)
        local, at, domain = value.partition("@")
        labels = domain.split(".")
        good = local and at and "@" not in domain and len(labels) > 1 and all(labels)
        if not good or any(character.isspace() for character in value):
            raise ValidationError(self.name, "must be an e-mail address")


class IntegerField(Field):
    """An integer within bounds that are both included."""

    def __init__(
        self,
        min_value: int | None = None,
        max_value: int | None = None,
        *,
        default: int | Callable[[], int | None] | None = None,
        required: bool = False,
    ) -> None:
        super().__init__(default=default, required=required)
        self.min_value = min_value
        self.max_value = max_value

    @overload
    def __get__(self, instance: None, owner: type) -> IntegerField: ...
    @overload
    def __get__(self, instance: Model, owner: type) -> int | None: ...
    def __get__(self, instance: Model | None, owner: type) -> IntegerField | int | None:
        return super().__get__(instance, owner)  # type: ignore[no-any-return, misc, call-overload]

    def __set__(self, instance: Model, value: int | None) -> None:
        super().__set__(instance, value)

    def validate(self, value: Any) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            raise ValidationError(self.name, "must be an integer")
        if self.min_value is not None and value < self.min_value:
            raise ValidationError(self.name, f"must be at least {self.min_value}")
        if self.max_value is not None and value > self.max_value:
            raise ValidationError(self.name, f"must be at most {self.max_value}")


class ModelMeta(type):
    """Finds the fields of a class as attribute lookup would."""

    _fields: dict[str, Field]

    def __init__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> None:
        super().__init__(name, bases, namespace)
        found: dict[str, Field] = {}
        for base in reversed(cls.__mro__):
            for key, value in vars(base).items():
                if isinstance(value, Field):
                    found[key] = value
                else:
                    found.pop(key, None)
        cls._fields = found


class Model(metaclass=ModelMeta):
    """Base of all models."""

    def __init__(self, /, **values: Any) -> None:
        known = type(self)._fields
        for key in values:
            if key not in known:
                raise TypeError(f"{type(self).__name__}() got an unexpected keyword argument {key!r}")
        for key, field in known.items():
            if key in values:
                value = values[key]
            else:
                value = field.default() if callable(field.default) else field.default
            field.__set__(self, value)

    @classmethod
    def fields(cls) -> dict[str, Field]:
        """The fields of this class by name, in order."""
        return dict(cls._fields)

    def __repr__(self) -> str:
        values = ", ".join(f"{key}={self.__dict__[key]!r}" for key in type(self)._fields)
        return f"{type(self).__name__}({values})"

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return self.__dict__ == other.__dict__
