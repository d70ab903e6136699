"""A declarative model layer: fields are declared on a class and validated on its instances."""

from __future__ import annotations

from typing import Any


class ValidationError(ValueError):
    """A value that a field refuses. `field` is the field's name."""

    def __init__(self, field: str, message: str) -> None:
        raise NotImplementedError


class Field:
    """A declared attribute of a model. Accepts any value."""

    def __init__(self, *, default: Any = None, required: bool = False) -> None:
        raise NotImplementedError

    def validate(self, value: Any) -> None:
        """Raise ValidationError when the value, which is never None, is not acceptable."""
        raise NotImplementedError


class StringField(Field):
    """Text of at most `max_length` characters."""

    def __init__(self, max_length: int | None = None, *, default: Any = None, required: bool = False) -> None:
        raise NotImplementedError


class EmailField(Field):
    """An e-mail address."""


class IntegerField(Field):
    """An integer within bounds, both included."""

    def __init__(
        self,
        min_value: int | None = None,
        max_value: int | None = None,
        *,
        default: Any = None,
        required: bool = False,
    ) -> None:
        raise NotImplementedError


class Model:
    """Base of all models. Your metaclass collects the fields."""

    def __init__(self, **values: Any) -> None:
        raise NotImplementedError

    @classmethod
    def fields(cls) -> dict[str, Field]:
        """The fields of this class by name, in order."""
        raise NotImplementedError
