"""A declarative model layer: fields are declared on a class and validated on its instances.

Fields are data descriptors. A field keeps an instance's value in the instance's `__dict__`, under the field's own
name: being a data descriptor, the field always wins over that entry, so nothing reads or writes it unchecked.
"""

from __future__ import annotations

from typing import Any, Generic, Self, TypeVar, overload

__all__ = ["EmailField", "Field", "IntegerField", "Model", "StringField", "ValidationError"]

T = TypeVar("T")


class ValidationError(ValueError):
    """A value that a field refuses. `field` is the field's name."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(field, message)
        self.field = field
        self.message = message

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


class Field:
    """A declared attribute of a model. Accepts any value."""

    name: str

    def __init__(self, *, default: Any = None, required: bool = False) -> None:
        self.default = default
        self.required = required

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type | None = None) -> Any: ...
    def __get__(self, instance: object | None, owner: type | None = None) -> Any:
        if instance is None:
            return self
        try:
            return instance.__dict__[self.name]
        except KeyError:
            raise AttributeError(f"{self.name!r} has no value yet", name=self.name, obj=instance) from None

    def __set__(self, instance: object, value: Any) -> None:
        self._accept(value)
        instance.__dict__[self.name] = value

    def __delete__(self, instance: object) -> None:
        raise AttributeError(f"field {self.name!r} cannot be deleted", name=self.name, obj=instance)

    def validate(self, value: Any) -> None:
        """Raise ValidationError when the value, which is never None, is not acceptable."""

    def _accept(self, value: Any) -> None:
        if value is not None:
            self.validate(value)
        elif self.required:
            raise ValidationError(self.name, "is required")

    def _initial(self) -> Any:
        return self.default() if callable(self.default) else self.default


class _TypedField(Field, Generic[T]):
    """A field whose values have a type that the type checker knows."""

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type | None = None) -> T | None: ...
    def __get__(self, instance: object | None, owner: type | None = None) -> Any:
        return super().__get__(instance, owner)

    def __set__(self, instance: object, value: T | None) -> None:
        super().__set__(instance, value)


class StringField(_TypedField[str]):
    """Text of at most `max_length` characters."""

    def __init__(self, *, max_length: int | None = None, default: Any = None, required: bool = False) -> None:
        super().__init__(default=default, required=required)
        self.max_length = max_length

    def validate(self, value: Any) -> None:
        super().validate(value)
        if not isinstance(value, str):
            raise ValidationError(self.name, f"must be text, not {type(value).__name__}")
        if self.max_length is not None and len(value) > self.max_length:
            raise ValidationError(self.name, f"must have at most {self.max_length} characters, not {len(value)}")


class EmailField(_TypedField[str]):
    """An e-mail address."""

    def validate(self, value: Any) -> None:
        super().validate(value)
        if not isinstance(value, str):
            raise ValidationError(self.name, f"must be text, not {type(value).__name__}")
        if any(character.isspace() for character in value):
            raise ValidationError(self.name, "must not contain whitespace")
        if value.count("@") != 1:
            raise ValidationError(self.name, "must have exactly one @")
        local, _, domain = value.partition("@")
        labels = domain.split(".")
        if not local or len(labels) < 2 or "" in labels:
            raise ValidationError(self.name, "is not an e-mail address")


class IntegerField(_TypedField[int]):
    """An integer within bounds that are both included."""

    def __init__(
        self,
        *,
        min_value: int | None = None,
        max_value: int | None = None,
        default: Any = None,
        required: bool = False,
    ) -> None:
        super().__init__(default=default, required=required)
        self.min_value = min_value
        self.max_value = max_value

    def validate(self, value: Any) -> None:
        super().validate(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise ValidationError(self.name, f"must be an integer, not {type(value).__name__}")
        if self.min_value is not None and value < self.min_value:
            raise ValidationError(self.name, f"must be at least {self.min_value}")
        if self.max_value is not None and value > self.max_value:
            raise ValidationError(self.name, f"must be at most {self.max_value}")


def _collect(cls: type) -> dict[str, Field]:
    """The fields of a class in order.

    A later class in the walk overrides an earlier one, as in attribute lookup; a name keeps the place where it was a
    field first, and it is a field only if what is found in the end is one.
    """
    found: dict[str, Any] = {}
    places: dict[str, None] = {}
    for base in reversed(cls.__mro__):
        for name, value in vars(base).items():
            found[name] = value
            if isinstance(value, Field):
                places.setdefault(name)
    return {name: found[name] for name in places if isinstance(found[name], Field)}


class ModelMeta(type):
    """Collects the fields of each model when the class is made."""

    __model_fields__: dict[str, Field]

    def __new__(
        mcls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], /, **options: Any
    ) -> ModelMeta:
        cls = super().__new__(mcls, name, bases, namespace, **options)
        cls.__model_fields__ = _collect(cls)
        return cls


class Model(metaclass=ModelMeta):
    """Base of all models."""

    def __init__(self, /, **values: Any) -> None:
        declared = type(self).__model_fields__
        unknown = [keyword for keyword in values if keyword not in declared]
        if unknown:
            names = ", ".join(map(repr, unknown))
            raise TypeError(f"{type(self).__name__}() has no field {names}")
        for name, field in declared.items():
            field.__set__(self, values[name] if name in values else field._initial())

    @classmethod
    def fields(cls) -> dict[str, Field]:
        """The fields of this class by name, in order."""
        return dict(cls.__model_fields__)

    def __repr__(self) -> str:
        cls = type(self)
        values = (f"{name}={field.__get__(self, cls)!r}" for name, field in cls.__model_fields__.items())
        return f"{cls.__name__}({', '.join(values)})"

    def __eq__(self, other: object) -> bool:
        cls = type(self)
        if type(other) is not cls:
            return NotImplemented
        fields = cls.__model_fields__.values()
        return all(bool(field.__get__(self, cls) == field.__get__(other, cls)) for field in fields)
