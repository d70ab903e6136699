"""Runs inside, beside the submission: declares drawn owner classes, runs a drawn program on them, returns the trace.

    run(classes, steps) -> [[how the step ended, what was called meanwhile], ...]
    churn(count, size, mark) -> a number computed from instances that are all dropped again

A class is `{"name", "bases", "kind", "body": [[attribute, spec], ...]}`. Kinds: `plain`; `equal`, whose instances are
all equal and not hashable; `hooked`, which notes every name that passes through its attribute hooks.
"""

import gc
import weakref

import attributes


def run(classes, steps):
    """Declare the classes, then run each step."""
    world = _World()
    for declared in classes:
        world.declare(**declared)
    return [world.step(*step) for step in steps]


class _World:
    def __init__(self):
        self.classes = {}
        self.objects = {}
        self.seen_by = {}
        self.labels = {}
        self.events = []

    def declare(self, name, bases, kind, body):
        namespace = {attribute: getattr(self, f"_{spec['kind']}")(**spec) for attribute, spec in body}
        parents = tuple(self.classes[base] for base in bases) or (self._root(kind),)
        self.classes[name] = type(name, parents, namespace)

    def step(self, name, *arguments):
        try:
            ending = ["ok", getattr(self, f"do_{name}")(*arguments)]
        except (AttributeError, ValueError) as error:
            ending = [type(error).__name__, str(error)]
        except LookupError as error:
            ending = ["LookupError", *error.args]
        noted, self.events = self.events, []
        return [ending, noted]

    def _root(self, kind):
        world = self

        class Equal:
            def __eq__(self, other):
                return True

            __hash__ = None

        class Hooked:
            def __setattr__(self, name, value):
                world.events.append(["setattr", name])
                super().__setattr__(name, value)

            def __delattr__(self, name):
                world.events.append(["delattr", name])
                super().__delattr__(name)

            def __getattr__(self, name):
                world.events.append(["getattr", name])
                raise AttributeError(name)

        return {"plain": object, "equal": Equal, "hooked": Hooked}[kind]

    def _validated(self, label, low, high, bomb, options, **_):
        def check(value):
            if isinstance(value, tuple(self.classes.values())):
                self.events.append(["check", label, None])
                return True
            self.events.append(["check", label, value])
            if value == bomb:
                raise LookupError(label)
            return type(value) not in (int, float) or low <= value <= high

        return self._labelled(label, attributes.Validated(check, **options))

    def _lazy(self, label, depends_on, terms, constant, limit, **_):
        def compute(instance):
            self.events.append(["compute", label])
            if not terms:
                return constant
            total = sum(getattr(instance, name) * factor for name, factor in terms) + constant
            if total > limit:
                raise LookupError(label, total)
            return total

        compute.__doc__ = f"Documented as {label}."
        return self._labelled(label, attributes.lazy(*depends_on)(compute))

    def _converted(self, label, source, options, **_):
        return self._labelled(label, attributes.Converted(source, **options))

    def _labelled(self, label, descriptor):
        self.labels[id(descriptor)] = label
        return descriptor

    def do_new(self, variable, cls):
        self.objects[variable] = instance = self.classes[cls]()
        self.seen_by[variable] = weakref.ref(instance)

    def do_set(self, variable, name, value):
        setattr(self.objects[variable], name, value)

    def do_set_self(self, variable, name):
        setattr(self.objects[variable], name, self.objects[variable])

    def do_get(self, variable, name):
        return getattr(self.objects[variable], name)

    def do_delete(self, variable, name):
        delattr(self.objects[variable], name)

    def do_drop(self, variable):
        del self.objects[variable]

    def do_alive(self):
        gc.collect()
        return [variable for variable, reference in self.seen_by.items() if reference() is not None]

    def do_look_up(self, cls, name):
        descriptor = getattr(self.classes[cls], name)
        return [self.labels[id(descriptor)], descriptor.name]

    def do_document(self, cls, name):
        return getattr(self.classes[cls], name).__doc__


def churn(count, size, mark):
    """Fill and drop `count` instances, each with `size` bytes."""

    class Page:
        content = attributes.Validated(lambda value: True)
        itself = attributes.Validated(lambda value: True)
        copy = attributes.lazy("content")(lambda page: page.content + b".")

    total = 0
    for index in range(count):
        page = Page()
        page.content = bytes([(mark + index) % 256]) * size
        page.itself = page
        total += page.copy[index]
        del page
        if index % 8 == 0:
            gc.collect()
    gc.collect()
    return total
