"""Simple model classes with fields."""

import re


class ValidationError(ValueError):
    def __init__(self, field, message):
        self.field = field
        self.message = message
        super().__init__(f"{field}: {message}")


class Field:
    def __init__(self, default=None, required=False):
        self.name = None
        self.default = default
        self.required = required

    def validate(self, value):
        pass

    def check(self, value):
        if value is None:
            if self.required:
                raise ValidationError(self.name, "is required")
        else:
            self.validate(value)


class StringField(Field):
    def __init__(self, max_length=None, default=None, required=False):
        super().__init__(default, required)
        self.max_length = max_length

    def validate(self, value):
        if not isinstance(value, str):
            raise ValidationError(self.name, "must be a string")
        if self.max_length and len(value) > self.max_length:
            raise ValidationError(self.name, f"is longer than {self.max_length} characters")


class EmailField(Field):
    def validate(self, value):
        if not isinstance(value, str):
            raise ValidationError(self.name, "must be a string")
        if not re.match(r"^[\w.+-]+@[\w-]+\.[\w.-]+$", value):
            raise ValidationError(self.name, "is not a valid email address")


class IntegerField(Field):
    def __init__(self, min_value=None, max_value=None, default=None, required=False):
        super().__init__(default, required)
        self.min_value = min_value
        self.max_value = max_value

    def validate(self, value):
        if not isinstance(value, int):
            raise ValidationError(self.name, "must be an integer")
        if self.min_value is not None and value < self.min_value:
            raise ValidationError(self.name, f"must be at least {self.min_value}")
        if self.max_value is not None and value > self.max_value:
            raise ValidationError(self.name, f"must be at most {self.max_value}")


class ModelMeta(type):
    def __new__(mcs, name, bases, attrs):
        fields = {}
        # take the fields of the parents first
        for base in bases:
            if hasattr(base, "_fields"):
                fields.update(base._fields)
        for key, value in attrs.items():
            if isinstance(value, Field):
                value.name = key
                fields[key] = value
        attrs["_fields"] = fields
        return super().__new__(mcs, name, bases, attrs)


class Model(metaclass=ModelMeta):
    def __init__(self, **kwargs):
        for key in kwargs:
            if key not in self._fields:
                raise TypeError(f"{type(self).__name__} got an unexpected argument '{key}'")
        for name, field in self._fields.items():
            value = kwargs.get(name)
            if value is None:
                value = field.default
            setattr(self, name, value)

    def __setattr__(self, name, value):
        if name in self._fields:
            self._fields[name].check(value)
        self.__dict__[name] = value

    @classmethod
    def fields(cls):
        return cls._fields

    def __repr__(self):
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._fields)
        return f"{self.__class__.__name__}({values})"

    def __eq__(self, other):
        if not isinstance(other, self.__class__):
            return False
        return self.__dict__ == other.__dict__
