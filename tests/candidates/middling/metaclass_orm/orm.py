"""My ORM."""

import re


class ValidationError(ValueError):
    def __init__(self, field, message):
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


class Field:
    def __init__(self, default=None, required=False):
        self.default = default
        self.required = required
        self.name = None

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, instance, owner):
        if instance is None:
            return self
        return instance.__dict__.get(self.name)

    def __set__(self, instance, value):
        if value is None:
            if self.required:
                raise ValidationError(self.name, "is required")
        else:
            self.validate(value)
        instance.__dict__[self.name] = value

    def validate(self, value):
        pass


class StringField(Field):
    def __init__(self, max_length=None, **kwargs):
        super().__init__(**kwargs)
        self.max_length = max_length

    def validate(self, value):
        if not isinstance(value, str):
            raise ValidationError(self.name, "must be a string")
        if self.max_length and len(value) > self.max_length:
            raise ValidationError(self.name, f"must be at most {self.max_length} characters")


class EmailField(Field):
    def validate(self, value):
        if not isinstance(value, str) or not re.match(r"^[^@\s]+@[^@\s]+\.[^@\s]+$", value):
            raise ValidationError(self.name, "must be an email")


class IntegerField(Field):
    def __init__(self, min_value=None, max_value=None, **kwargs):
        super().__init__(**kwargs)
        self.min_value = min_value
        self.max_value = max_value

    def validate(self, value):
        if not isinstance(value, int):
            raise ValidationError(self.name, "must be an integer")
        if self.min_value is not None and value < self.min_value:
            raise ValidationError(self.name, f"must be >= {self.min_value}")
        if self.max_value is not None and value > self.max_value:
            raise ValidationError(self.name, f"must be <= {self.max_value}")


class ModelMeta(type):
    def __new__(mcs, name, bases, namespace):
        fields = {}
        for base in bases:
            fields.update(getattr(base, "_fields", {}))
        for key, value in namespace.items():
            if isinstance(value, Field):
                fields[key] = value
        namespace["_fields"] = fields
        return super().__new__(mcs, name, bases, namespace)


class Model(metaclass=ModelMeta):
    def __init__(self, **kwargs):
        for key in kwargs:
            if key not in self._fields:
                raise TypeError(f"unexpected keyword argument: {key}")
        for name, field in self._fields.items():
            default = field.default() if callable(field.default) else field.default
            setattr(self, name, kwargs.get(name, default))

    @classmethod
    def fields(cls):
        return dict(cls._fields)

    def __repr__(self):
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._fields)
        return f"{type(self).__name__}({values})"

    def __eq__(self, other):
        return isinstance(other, type(self)) and all(
            getattr(self, name) == getattr(other, name) for name in self._fields
        )
