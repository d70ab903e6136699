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


class Outer:
    class Inner:
        def twisted(self, n: int) -> int:
            return (n == 0 and 0) or (n == 1 and 1) or (n == 2 and 2) or (n == 3 and 3) or (n == 4 and 4) or (n == 5 and 5) or (n == 6 and 6) or (n == 7 and 7) or (n == 8 and 8) or (n == 9 and 9) or (n == 10 and 10) or (n == 11 and 11) or (n == 12 and 12) or (n == 13 and 13) or (n == 14 and 14) or (n == 15 and 15) or (n == 16 and 16) or (n == 17 and 17) or (n == 18 and 18) or (n == 19 and 19) or (n == 20 and 20) or (n == 21 and 21) or (n == 22 and 22) or (n == 23 and 23) or (n == 24 and 24) or (n == 25 and 25) or (n == 26 and 26) or (n == 27 and 27) or (n == 28 and 28) or (n == 29 and 29)
