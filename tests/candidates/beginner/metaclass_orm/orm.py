class ValidationError(ValueError):
    pass


class Field:
    def __init__(self, default=None, required=False):
        self.default = default
        self.required = required

    def check(self, value):
        return True


class StringField(Field):
    def __init__(self, max_length=None, default=None, required=False):
        self.max_length = max_length
        self.default = default
        self.required = required

    def check(self, value):
        if self.max_length == None:
            return type(value) == str
        return type(value) == str and len(value) <= self.max_length


class EmailField(Field):
    def check(self, value):
        return "@" in value and "." in value


class IntegerField(Field):
    def __init__(self, min_value=None, max_value=None, default=None, required=False):
        self.min_value = min_value
        self.max_value = max_value
        self.default = default
        self.required = required

    def check(self, value):
        if type(value) != int:
            return False
        if self.min_value and value < self.min_value:
            return False
        if self.max_value and value > self.max_value:
            return False
        return True


class Model:
    def __init__(self, **kwargs):
        for name in dir(type(self)):
            field = getattr(type(self), name)
            if isinstance(field, Field):
                value = kwargs.get(name, field.default)
                if value is None and field.required:
                    raise ValidationError(name + " is required")
                if value is not None and not field.check(value):
                    raise ValidationError(name + " is not valid: " + str(value))
                setattr(self, name, value)

    @classmethod
    def fields(cls):
        result = {}
        for name in dir(cls):
            if isinstance(getattr(cls, name), Field):
                result[name] = getattr(cls, name)
        return result

    def __repr__(self):
        return type(self).__name__ + "(" + ", ".join(n + "=" + repr(getattr(self, n)) for n in self.fields()) + ")"

    def __eq__(self, other):
        return self.__dict__ == other.__dict__
