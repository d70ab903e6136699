"""A declarative model layer.

Values live in one private dict per instance; rules are plain functions that fields compose.
"""

from collections.abc import Callable, Iterator
from typing import Any, NoReturn, overload

__all__ = ["EmailField", "Field", "IntegerField", "Model", "StringField", "ValidationError"]

Rule = Callable[[Any], "str | None"]
"""Says what is wrong with a value, or None."""


class ValidationError(ValueError):
    """A value that a field refuses."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        self.message = message
        ValueError.__init__(self, field, message)

    def __str__(self) -> str:
        return self.field + ": " + self.message


class Field:
    """A declared attribute."""

    name = ""

    def __init__(self, *, default: object = None, required: bool = False) -> None:
        self.default: Any = default
        self.required = required

    def rules(self) -> Iterator[Rule]:
        yield from ()

    def validate(self, value: Any) -> None:
        for rule in self.rules():
            complaint = rule(value)
            if complaint is not None:
                raise ValidationError(self.name, complaint)

    def accept(self, value: Any) -> Any:
        """The value, if it may be stored."""
        if value is not None:
            self.validate(value)
            return value
        if self.required:
            raise ValidationError(self.name, "a value is required")
        return None

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: "Model | None", owner: Any) -> Any:
        return self if instance is None else instance._values[self.name]

    def __set__(self, instance: "Model", value: Any) -> None:
        instance._values[self.name] = self.accept(value)

    def __delete__(self, instance: "Model") -> NoReturn:
        raise AttributeError(f"cannot delete field {self.name!r}")


class StringField(Field):
    """A text."""

    def __init__(self, max_length: "int | None" = None, *, default: object = None, required: bool = False) -> None:
        super().__init__(default=default, required=required)
        self.max_length = max_length

    def rules(self) -> Iterator[Rule]:
        yield from super().rules()
        yield is_text
        if (limit := self.max_length) is not None:
            yield lambda value: f"longer than {limit}" if len(value) > limit else None

    @overload
    def __get__(self, instance: None, owner: Any) -> "StringField": ...
    @overload
    def __get__(self, instance: "Model", owner: Any) -> "str | None": ...
    def __get__(self, instance: "Model | None", owner: Any) -> "StringField | str | None":
        return self if instance is None else instance._values[self.name]

    def __set__(self, instance: "Model", value: "str | None") -> None:
        super().__set__(instance, value)


class EmailField(Field):
    """An e-mail address."""

    def rules(self) -> Iterator[Rule]:
        yield from super().rules()
        yield is_text
        yield is_address

    @overload
    def __get__(self, instance: None, owner: Any) -> "EmailField": ...
    @overload
    def __get__(self, instance: "Model", owner: Any) -> "str | None": ...
    def __get__(self, instance: "Model | None", owner: Any) -> "EmailField | str | None":
        return self if instance is None else instance._values[self.name]

    def __set__(self, instance: "Model", value: "str | None") -> None:
        super().__set__(instance, value)


class IntegerField(Field):
    """A whole number."""

    def __init__(
        self,
        min_value: "int | None" = None,
        max_value: "int | None" = None,
        *,
        default: object = None,
        required: bool = False,
    ) -> None:
        super().__init__(default=default, required=required)
        self.min_value, self.max_value = min_value, max_value

    def rules(self) -> Iterator[Rule]:
        yield from super().rules()
        yield is_whole
        if (low := self.min_value) is not None:
            yield lambda value: f"below {low}" if value < low else None
        if (high := self.max_value) is not None:
            yield lambda value: f"above {high}" if value > high else None

    @overload
    def __get__(self, instance: None, owner: Any) -> "IntegerField": ...
    @overload
    def __get__(self, instance: "Model", owner: Any) -> "int | None": ...
    def __get__(self, instance: "Model | None", owner: Any) -> "IntegerField | int | None":
        return self if instance is None else instance._values[self.name]

    def __set__(self, instance: "Model", value: "int | None") -> None:
        super().__set__(instance, value)


def is_text(value: Any) -> "str | None":
    return None if isinstance(value, str) else "not a text"


def is_whole(value: Any) -> "str | None":
    return None if isinstance(value, int) and value is not True and value is not False else "not a whole number"


def is_address(value: str) -> "str | None":
    if value.count("@") != 1 or any(character.isspace() for character in value):
        return "needs exactly one @ and no whitespace"
    user, domain = value.split("@")
    if user == "" or "." not in domain or "" in domain.split("."):
        return "needs a user and a domain with a dot"
    return None


class Registry(type):
    """Collects the fields when a model class is made."""

    def __init__(cls, name: str, bases: "tuple[type, ...]", namespace: "dict[str, Any]") -> None:
        super().__init__(name, bases, namespace)
        seen = [attribute for base in cls.__mro__[::-1] for attribute in base.__dict__]
        found = {attribute: lookup(cls, attribute) for attribute in seen}
        cls._declared = {attribute: value for attribute, value in found.items() if isinstance(value, Field)}

    _declared: "dict[str, Field]"


def lookup(cls: type, name: str) -> object:
    """What the classes hold under the name, without asking descriptors."""
    return next(base.__dict__[name] for base in cls.__mro__ if name in base.__dict__)


class Model(metaclass=Registry):
    """Base class."""

    _values: "dict[str, Any]"

    def __init__(self, /, **given: Any) -> None:
        declared = type(self)._declared
        for keyword in given:
            if keyword not in declared:
                raise TypeError(f"unexpected keyword argument {keyword!r}")
        self._values = {}
        for name, field in declared.items():
            if name in given:
                value = given[name]
            elif callable(field.default):
                value = field.default()
            else:
                value = field.default
            self._values[name] = field.accept(value)

    def __repr__(self) -> str:
        inner = [f"{name}={value!r}" for name, value in self._values.items()]
        return "{}({})".format(type(self).__name__, ", ".join(inner))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Model) and type(self) is type(other):
            return self._values == other._values
        return NotImplemented

    @classmethod
    def fields(cls) -> "dict[str, Field]":
        """A fresh dict of the fields."""
        return {**cls._declared}
