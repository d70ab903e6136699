"""Attributes with behaviour."""


class Validated:
    def __init__(self, check, *, default=None):
        self.check = check
        self.default = default

    def __set_name__(self, owner, name):
        self.name = name
        self.private_name = "_" + name

    def __get__(self, obj, objtype=None):
        if obj is None:
            return self
        value = getattr(obj, self.private_name, self.default)
        if value is None:
            raise AttributeError(f"{self.name} is not set")
        return value

    def __set__(self, obj, value):
        if not self.check(value):
            raise ValueError(f"{self.name}: {value!r} is not valid")
        setattr(obj, self.private_name, value)

    def __delete__(self, obj):
        delattr(obj, self.private_name)


class Converted:
    def __init__(self, source, *, scale=1.0, offset=0.0):
        self.source = source
        self.scale = scale
        self.offset = offset

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, obj, objtype=None):
        if obj is None:
            return self
        return getattr(obj, self.source) * self.scale + self.offset

    def __set__(self, obj, value):
        setattr(obj, self.source, (value - self.offset) / self.scale)


class LazyAttribute:
    def __init__(self, func, depends_on):
        self.func = func
        self.depends_on = depends_on
        self.name = func.__name__
        self.__doc__ = func.__doc__

    def __get__(self, obj, objtype=None):
        if obj is None:
            return self
        # remember the result together with the values that it was computed from
        current = [getattr(obj, name) for name in self.depends_on]
        cached = getattr(obj, "_lazy_" + self.name, None)
        if cached is not None and cached[0] == current:
            return cached[1]
        result = self.func(obj)
        setattr(obj, "_lazy_" + self.name, (current, result))
        return result

    def __set__(self, obj, value):
        raise AttributeError(f"can't set {self.name}")

    def __delete__(self, obj):
        delattr(obj, "_lazy_" + self.name)


def lazy(*depends_on):
    def decorator(func):
        return LazyAttribute(func, depends_on)

    return decorator
