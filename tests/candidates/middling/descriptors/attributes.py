"""Descriptors for the units library."""


class Validated:
    def __init__(self, check, default=None):
        self.check = check
        self.default = default

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, instance, owner):
        if instance is None:
            return self
        value = instance.__dict__.get(self.name, self.default)
        if value is None:
            raise AttributeError(f"{self.name} is not set")
        return value

    def __set__(self, instance, value):
        if not self.check(value):
            raise ValueError(f"bad value for {self.name}: {value!r}")
        instance.__dict__[self.name] = value
        for name, attribute in vars(type(instance)).items():
            if isinstance(attribute, Lazy) and self.name in attribute.depends_on:
                instance.__dict__.pop("_lazy_" + name, None)

    def __delete__(self, instance):
        if self.name not in instance.__dict__:
            raise AttributeError(f"{self.name} is not set")
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
        self.__doc__ = function.__doc__

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, instance, owner):
        if instance is None:
            return self
        key = "_lazy_" + self.name
        if instance.__dict__.get(key) is None:
            instance.__dict__[key] = self.function(instance)
        return instance.__dict__[key]

    def __set__(self, instance, value):
        raise AttributeError(f"can't set {self.name}")

    def __delete__(self, instance):
        if "_lazy_" + self.name not in instance.__dict__:
            raise AttributeError(f"{self.name} has not been computed")
        del instance.__dict__["_lazy_" + self.name]


def lazy(*depends_on):
    def decorator(function):
        return Lazy(function, depends_on)

    return decorator
