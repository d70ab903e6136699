"""Descriptors for a units library."""

MISSING = object()


class Validated:
    def __init__(self, check, default=MISSING):
        self.check = check
        self.default = default

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, instance, owner):
        if instance is None:
            return self
        if self.name in instance.__dict__:
            return instance.__dict__[self.name]
        if self.default is not MISSING:
            return self.default
        raise AttributeError(f"{self.name} has not been set")

    def __set__(self, instance, value):
        if not self.check(value):
            raise ValueError(f"invalid value for {self.name}: {value!r}")
        instance.__dict__[self.name] = value
        # everything lazy has to be computed again
        for key in list(instance.__dict__):
            if key.startswith("_lazy_"):
                del instance.__dict__[key]

    def __delete__(self, instance):
        if self.name not in instance.__dict__:
            raise AttributeError(self.name)
        del instance.__dict__[self.name]


class Converted:
    def __init__(self, source, scale=1.0, offset=0.0):
        self.source = source
        self.scale = scale
        self.offset = offset

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, instance, owner):
        if instance is None:
            return self
        return getattr(instance, self.source) * self.scale + self.offset

    def __set__(self, instance, value):
        setattr(instance, self.source, (value - self.offset) / self.scale)

    def __delete__(self, instance):
        delattr(instance, self.source)


class Lazy:
    def __init__(self, function, depends_on):
        self.function = function
        self.depends_on = depends_on
        self.name = function.__name__

    def __get__(self, instance, owner):
        if instance is None:
            return self
        key = "_lazy_" + self.name
        if key not in instance.__dict__:
            instance.__dict__[key] = self.function(instance)
        return instance.__dict__[key]

    def __set__(self, instance, value):
        raise AttributeError(f"{self.name} cannot be set")


def lazy(*depends_on):
    def decorator(function):
        return Lazy(function, depends_on)

    return decorator
