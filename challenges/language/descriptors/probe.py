"""Runs inside, beside the submission: declares drawn owner classes, runs a drawn program on them, returns the trace.

    run(classes, steps) -> [[how the step ended, what was called meanwhile], ...]
    churn(count, size, mark) -> a number computed from instances that are all dropped again

A class is `{"name", "bases", "kind", "body": [[attribute, spec], ...]}`. Kinds: `plain`; `equal`, whose instances are
all equal and not hashable; `hooked`, which notes every name that passes through its attribute hooks. The text "..."
as a value stands for the object `...`. A step on an instance that could not be made ends as `["skipped"]`; a lent one
is held on to by somebody whom no step names, so that only who looks at what is alive can tell.
"""

from gc import collect
from os import urandom
from weakref import ref

from probe_kit import plain
from probe_kit.nameless import drawn_name, nameless
from probe_kit.weighing import Forks

forks = Forks()

import attributes  # noqa: E402 - processes are noticed before anything of the submission runs


def run(classes, steps):
    """Declare the classes, then run each step."""
    world = _World()
    for declared in classes:
        world.declare(**declared)
    lent = []
    return [_lend(world, lent, *rest) if name == "lend" else world.step(name, *rest) for name, *rest in steps]


def _lend(world, lent, variable):
    lent.append(world.objects.pop(variable, None))
    return [["ok", None], []]


class _Skipped(Exception):
    """The instance that a step is about could not be made."""


def _plain(value):
    """As the kit's; the text "..." stands for the object `...`."""
    return "..." if value is ... else plain(value)


class _World:
    def __init__(self):
        self.classes = {}
        self.objects = {}
        self.seen_by = {}
        self.labels = {}
        self.events = []
        self.raised = []

    def declare(self, name, bases, kind, body):
        namespace = {attribute: getattr(self, f"_{spec['kind']}")(**spec) for attribute, spec in body}
        parents = tuple(self.classes[base] for base in bases) or (self._root(kind),)
        self.classes[name] = type(name, parents, namespace)

    def step(self, name, *arguments):
        try:
            ending = ["ok", _plain(getattr(self, f"do_{name}")(*arguments))]
        except _Skipped:
            ending = ["skipped"]
        except AttributeError as error:
            ending = ["AttributeError", _plain(str(error))]
        except ValueError as error:
            ending = ["ValueError", _plain(str(error))]
        except LookupError as error:
            unchanged = any(error is raised for raised in self.raised)
            ending = ["LookupError", *map(_plain, error.args)] if unchanged else ["a LookupError like it"]
        noted, self.events = self.events, []
        return [ending, noted]

    def instance(self, variable):
        if variable not in self.objects:
            raise _Skipped
        return self.objects[variable]

    def failure(self, *arguments):
        self.raised.append(LookupError(*arguments))
        return self.raised[-1]

    def _root(self, kind):
        world = self

        @nameless
        class Equal:
            def __eq__(self, other):
                return True

            __hash__ = None

        @nameless
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

    def _validated(self, label, low, high, bomb, options, truth, **_):
        options = {name: _value(value) for name, value in options.items()}

        def check(value):
            if isinstance(value, tuple(self.classes.values())):
                self.events.append(["check", label, None])
                return True
            self.events.append(["check", label, _plain(value)])
            if value == bomb:
                raise self.failure(label)
            accepted = isinstance(value, bool) or not isinstance(value, int | float) or low <= value <= high
            return truth[accepted]

        return self._labelled(label, attributes.Validated(check, **options))

    def _lazy(self, label, depends_on, terms, constant, limit, **_):
        def compute(instance):
            self.events.append(["compute", label])
            if not terms:
                return constant
            total = sum(getattr(instance, name) * factor for name, factor in terms) + constant
            if total > limit:
                raise self.failure(label, total)
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
        self.seen_by[variable] = ref(instance)

    def do_set(self, variable, name, value):
        setattr(self.instance(variable), name, _value(value))

    def do_set_self(self, variable, name):
        setattr(self.instance(variable), name, self.instance(variable))

    def do_get(self, variable, name):
        return getattr(self.instance(variable), name)

    def do_delete(self, variable, name):
        delattr(self.instance(variable), name)

    def do_drop(self, variable):
        self.instance(variable)
        del self.objects[variable]

    def do_alive(self):
        collect()
        return [variable for variable, reference in self.seen_by.items() if reference() is not None]

    def do_look_up(self, cls, name):
        descriptor = getattr(self.classes[cls], name)
        return [self.labels.get(id(descriptor), "another object"), descriptor.name]

    def do_document(self, cls, name):
        return getattr(self.classes[cls], name).__doc__


def _value(value):
    return ... if value == "..." else value


SHAPES = (bytes, lambda data: data.decode("latin-1"), lambda data: [data])
BYTES = (bytes, lambda text: text.encode("latin-1"), lambda items: items[0])
"""Values of several types, and the bytes that they hold. What is drawn takes its room however it is stored."""


def churn(count, size, mark):
    """Fill and drop `count` instances, each with `size` bytes."""

    content, itself, copy = drawn_name(), drawn_name(), drawn_name()
    turn = 0

    def doubled(page):
        return SHAPES[turn](BYTES[turn](getattr(page, content)) + b".")

    body = {
        content: attributes.Validated(lambda value: True),
        itself: attributes.Validated(lambda value: True),
        copy: attributes.lazy(content)(nameless(doubled)),
    }
    kind = type(drawn_name(), (), body)
    total = 0
    for index in range(count):
        page, turn = kind(), index % len(SHAPES)
        setattr(page, content, SHAPES[turn](bytes([(mark + index) % 256]) * count + urandom(size - count)))
        setattr(page, itself, page)
        total += BYTES[turn](getattr(page, copy))[index]
        setattr(page, content, getattr(page, content))
        getattr(page, copy)  # what was kept before is forgotten by now
        del page
        if index % 8 == 0:
            collect()
    collect()
    forks.require_none()
    return total
