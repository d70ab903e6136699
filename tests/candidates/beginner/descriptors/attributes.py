class Validated:
    def __init__(self, check, default=None):
        self.check = check
        self.value = default

    def __get__(self, instance, owner):
        return self.value

    def __set__(self, instance, value):
        if self.check(value) == False:
            raise ValueError("wrong value")
        self.value = value


class Converted:
    def __init__(self, source, scale=1.0, offset=0.0):
        self.source = source
        self.scale = scale
        self.offset = offset

    def __get__(self, instance, owner):
        return getattr(instance, self.source) * self.scale + self.offset


def lazy(*depends_on):
    def decorator(function):
        return property(function)

    return decorator
