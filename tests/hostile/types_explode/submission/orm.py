from __future__ import annotations

a0 = (1, 'x')
a1 = (a0, a0)
a2 = (a1, a1)
a3 = (a2, a2)
a4 = (a3, a3)
a5 = (a4, a4)
a6 = (a5, a5)
a7 = (a6, a6)
a8 = (a7, a7)
a9 = (a8, a8)
a10 = (a9, a9)
a11 = (a10, a10)
a12 = (a11, a11)
a13 = (a12, a12)
a14 = (a13, a13)
a15 = (a14, a14)
a16 = (a15, a15)
a17 = (a16, a16)
a18 = (a17, a17)
a19 = (a18, a18)
a20 = (a19, a19)
a21 = (a20, a20)
a22 = (a21, a21)
a23 = (a22, a22)
a24 = (a23, a23)
a25 = (a24, a24)
a26 = (a25, a25)
a27 = (a26, a26)
"""A declarative model layer: fields are declared on a class and validated on its instances."""


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
    """An integer within bounds that are both included."""

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
    """Base of all models. A metaclass of yours collects the fields."""

    def __init__(self, **values: Any) -> None:
        raise NotImplementedError

    @classmethod
    def fields(cls) -> dict[str, Field]:
        """The fields of this class by name, in order."""
        raise NotImplementedError
