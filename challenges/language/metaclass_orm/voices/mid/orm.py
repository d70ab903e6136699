from __future__ import annotations

from typing import Any, Generic, Optional, TypeVar, Union, overload

T = TypeVar("T")
F = TypeVar("F", bound="Field[Any]")


class ValidationError(ValueError):
    """Raised when a value does not satisfy its field."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(field, message)
        self.field = field
        self.message = message

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


class Field(Generic[T]):
    """Base field, it works as a descriptor on the model class."""

    name: str

    def __init__(self, *, default: Any = None, required: bool = False) -> None:
        self.default = default
        self.required = required

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self: F, instance: None, owner: type) -> F: ...

    @overload
    def __get__(self, instance: Model, owner: type) -> Optional[T]: ...

    def __get__(self, instance: Optional[Model], owner: type) -> Any:
        if instance is None:
            return self
        return instance._values.get(self.name)

    def __set__(self, instance: Model, value: Optional[T]) -> None:
        self.clean(value)
        instance._values[self.name] = value

    def clean(self, value: Any) -> None:
        if value is None:
            if self.required:
                raise ValidationError(self.name, "this field is required")
            return
        self.validate(value)

    def get_default(self) -> Any:
        if callable(self.default):
            return self.default()
        return self.default

    def validate(self, value: Any) -> None:
        """Override this in subclasses."""


class StringField(Field[str]):
    def __init__(self, *, max_length: Optional[int] = None, default: Any = None, required: bool = False) -> None:
        super().__init__(default=default, required=required)
        self.max_length = max_length

    def validate(self, value: Any) -> None:
        super().validate(value)
        if not isinstance(value, str):
            raise ValidationError(self.name, f"expected a string, got {type(value).__name__}")
        if self.max_length is not None and len(value) > self.max_length:
            raise ValidationError(self.name, f"at most {self.max_length} characters allowed")


class EmailField(Field[str]):
    def validate(self, value: Any) -> None:
        super().validate(value)
        if not isinstance(value, str):
            raise ValidationError(self.name, f"expected a string, got {type(value).__name__}")
        local, at, domain = value.partition("@")
        labels = domain.split(".")
        if not at or not local or "@" in domain or len(labels) < 2 or not all(labels):
            raise ValidationError(self.name, "not a valid e-mail address")
        if " " in value or "\t" in value or "\n" in value:
            raise ValidationError(self.name, "an e-mail address has no whitespace")


class IntegerField(Field[int]):
    def __init__(
        self,
        *,
        min_value: Optional[int] = None,
        max_value: Optional[int] = None,
        default: Any = None,
        required: bool = False,
    ) -> None:
        super().__init__(default=default, required=required)
        self.min_value = min_value
        self.max_value = max_value

    def validate(self, value: Any) -> None:
        super().validate(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValidationError(self.name, f"expected an integer, got {type(value).__name__}")
        if self.min_value is not None and value < self.min_value:
            raise ValidationError(self.name, f"must be >= {self.min_value}")
        if self.max_value is not None and value > self.max_value:
            raise ValidationError(self.name, f"must be <= {self.max_value}")


class ModelBase(type):
    _fields: dict[str, Field[Any]]

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> ModelBase:
        cls = super().__new__(mcs, name, bases, namespace)
        fields: dict[str, Field[Any]] = {}
        for base in reversed(bases):
            if isinstance(base, ModelBase):
                fields.update(base._fields)
        for key, value in namespace.items():
            if isinstance(value, Field):
                fields[key] = value
            elif key in fields:
                del fields[key]
        cls._fields = fields
        return cls


class Model(metaclass=ModelBase):
    def __init__(self, **kwargs: Any) -> None:
        self._values: dict[str, Any] = {}
        cls = type(self)
        unknown = [key for key in kwargs if key not in cls._fields]
        if unknown:
            raise TypeError(f"{cls.__name__}() got unexpected keyword arguments: {unknown}")
        for name, field in cls._fields.items():
            value = kwargs[name] if name in kwargs else field.get_default()
            setattr(self, name, value)

    @classmethod
    def fields(cls) -> dict[str, Field[Any]]:
        return dict(cls._fields)

    def __repr__(self) -> str:
        parts = [f"{name}={value!r}" for name, value in self._values.items()]
        return f"{type(self).__name__}({', '.join(parts)})"

    def __eq__(self, other: object) -> Union[bool, Any]:
        if type(other) is not type(self):
            return NotImplemented
        assert isinstance(other, Model)
        return self._values == other._values
