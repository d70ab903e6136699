"""Runs inside, beside the submission: declares drawn model classes, runs a drawn program over them, returns the trace.

    run(classes, steps) -> [outcome of each step]

A class is `{"name", "bases": [names], "body": [[attribute, spec], ...]}`; without bases it is a plain class. A spec is
`{"kind", "label", "options"}`; the label is an arbitrary number by which the trace names the field object. A step on an
instance that could not be made ends as `["skipped"]`.
"""

from itertools import count
from types import new_class

from probe_kit import plain
from probe_kit.nameless import drawn_name, nameless

import orm


def run(classes, steps):
    """Declare the classes, then run each step and tell how it ended: `["ok", value]` or the exception as data."""
    world = _World()
    for declared in classes:
        world.declare(**declared)
    return [_attempt(getattr(world, f"do_{step[0]}"), step[1:]) for step in steps]


def _attempt(action, arguments):
    try:
        return ["ok", plain(action(*arguments))]
    except _Skipped:
        return ["skipped"]
    except orm.ValidationError as error:
        field, message = (plain(getattr(error, name, None)) for name in ("field", "message"))
        before = str(error).removesuffix(message) if isinstance(message, str) else str(error)
        return ["invalid", field, before, isinstance(error, ValueError)]
    except AttributeError:
        return ["AttributeError"]
    except TypeError as error:
        return ["TypeError", str(error)]


class _Skipped(Exception):
    """The instance that a step is about could not be made."""


@nameless
class _Mirror:
    """Equal to nothing by itself: whoever steps aside gets the mark."""

    def __init__(self, mark):
        self.mark = mark

    def __eq__(self, other):
        return self.mark

    __hash__ = None


class _World:
    def __init__(self):
        self.classes = {"Model": orm.Model}
        self.objects = {}
        self.labels = {}

    def declare(self, name, bases, body):
        namespace = {attribute: self._member(**spec) for attribute, spec in body}
        parents = tuple(self.classes[base] for base in bases)
        self.classes[name] = new_class(name, parents, {}, lambda own: own.update(namespace))

    def _member(self, kind, label, options):
        if kind == "constant":
            return options["value"]
        if kind == "method":
            return lambda owner: label
        if kind == "property":
            return property(lambda owner: label)
        field = _field(kind, dict(options))
        self.labels[id(field)] = label
        return field

    def instance(self, variable):
        if variable not in self.objects:
            raise _Skipped
        return self.objects[variable]

    def label(self, field):
        return self.labels.get(id(field), "another object")

    def do_new(self, variable, cls, values):
        self.objects[variable] = self.classes[cls](**values)

    def do_new_positional(self, cls, values):
        self.classes[cls](*values)

    def do_set(self, variable, name, value):
        setattr(self.instance(variable), name, value)

    def do_get(self, variable, name):
        return getattr(self.instance(variable), name)

    def do_call(self, variable, name):
        return getattr(self.instance(variable), name)()

    def do_append(self, variable, name, value):
        getattr(self.instance(variable), name).append(value)

    def do_delete(self, variable, name):
        delattr(self.instance(variable), name)

    def do_repr(self, variable):
        return repr(self.instance(variable))

    def do_equal(self, left, right):
        return [self.objects[left] == self.instance(right), self.instance(left) != self.instance(right)]

    def do_equal_mirror(self, variable, mark):
        return self.objects[variable] == _Mirror(mark)

    def do_hash(self, variable):
        hash(self.instance(variable))

    def do_fields(self, cls):
        return [[name, self.label(field), field.name] for name, field in self.classes[cls].fields().items()]

    def do_fields_of(self, variable):
        return [[name, self.label(field), field.name] for name, field in self.instance(variable).fields().items()]

    def do_spoil_fields(self, cls, name):
        own = self.classes[cls].fields()
        own.clear()
        own[name] = 0
        return [isinstance(own, dict), list(own)]

    def do_class_get(self, cls, name):
        return self.label(getattr(self.classes[cls], name))

    def do_option(self, cls, name, option):
        return getattr(getattr(self.classes[cls], name), option)

    def do_validate(self, cls, name, value):
        return getattr(self.classes[cls], name).validate(value)


def _field(kind, options):
    if "counter" in options:
        options["default"] = count(options.pop("counter")).__next__
    if "fresh" in options:
        options["default"] = list(options.pop("fresh")).copy
    if kind == "multiple":
        return _multiple(options.pop("divisor"), options)
    return getattr(orm, {"any": "Field"}.get(kind, f"{kind.capitalize()}Field"))(**options)


def _multiple(divisor, options):
    class MultipleField(orm.IntegerField):
        def validate(self, value):
            super().validate(value)
            if value % divisor:
                raise orm.ValidationError(self.name, f"must be a multiple of {divisor}")

    return MultipleField(**options)


def facts():
    """Which fields a model has that is declared without `__init_subclass__`, and without the metaclass's own hooks."""
    return {"model-metaclass": _collected}


def _collected():
    for kind in orm.Model.__mro__:
        if kind is not object and "__init_subclass__" in vars(kind):
            type.__delattr__(kind, "__init_subclass__")

    words = {drawn_name(): word for word in ("first", "second")}
    body = dict(zip(words, (orm.StringField(), orm.IntegerField()), strict=True))
    made = new_class(drawn_name(), (orm.Model,), {}, lambda own: own.update(body))
    type.__setattr__(made, drawn_name(), orm.StringField())  # seen by whoever collects when asked, not by a metaclass
    return {"collected": [words.get(name, name) for name in made.fields()], "without_hooks": _fields_without_hooks()}


def _fields_without_hooks():
    """What is collected all the same where the metaclass does nothing when a class is made."""
    hooks = {
        "__new__": lambda kind, name, bases, body: type.__new__(kind, name, bases, body),
        "__init__": lambda cls, name, bases, body: None,
        "__prepare__": classmethod(lambda kind, name, bases: {}),
    }
    idle = type(drawn_name(), (type(orm.Model),), hooks)
    try:
        body = {"__module__": "__main__", drawn_name(): orm.StringField(), drawn_name(): orm.IntegerField()}
        return [*type.__call__(idle, drawn_name(), (orm.Model,), body).fields()]
    except Exception:
        return []
