"""Hidden suite: drawn model classes and drawn programs go in, the whole trace comes out, `Model` below predicts it."""

from __future__ import annotations

import keyword
import string
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from grader.suite import SubmissionHandle, criterion

Spec = dict[str, Any]
Declared = dict[str, Any]
Step = list[Any]

TRICKY = [
    "self",
    "cls",
    "name",
    "values",
    "items",
    "keys",
    "default",
    "required",
    "validate",
    "field",
    "model",
    "instance",
    "owner",
    "value",
    "kwargs",
    "args",
    "data",
    "get",
    "update",
]

# --- the model ------------------------------------------------------------------------------------------------------


def is_field(spec: Spec) -> bool:
    return spec["kind"] not in ("constant", "method", "property")


def is_email(value: str) -> bool:
    local, at, domain = value.partition("@")
    labels = domain.split(".")
    return bool(local and at and len(labels) >= 2 and all(labels)) and not any(
        c == "@" or c.isspace() for c in local + domain
    )


def accepts(spec: Spec, value: Any) -> bool:
    options = spec["options"]
    if value is None:
        return not options.get("required", False)
    match spec["kind"]:
        case "string":
            longest = options.get("max_length")
            return type(value) is str and (longest is None or len(value) <= longest)
        case "email":
            return type(value) is str and is_email(value)
        case "integer" | "multiple":
            low, high = options.get("min_value"), options.get("max_value")
            within = type(value) is int and (low is None or low <= value) and (high is None or value <= high)
            return within and (spec["kind"] == "integer" or value % options["divisor"] == 0)
        case _:
            return True


class Invalid(Exception):
    pass


class Predicted:
    """What a right submission answers to a program."""

    def __init__(self, classes: list[Declared]) -> None:
        self.classes: dict[str, type] = {"Model": type("Model", (), {"body": []})}
        self.objects: dict[str, tuple[str, dict[str, Any]]] = {}
        self.counters: dict[int, int] = {}
        for declared in classes:
            bases = tuple(self.classes[base] for base in declared["bases"])
            self.classes[declared["name"]] = type(declared["name"], bases, {"body": declared["body"]})

    def fields(self, cls: str) -> dict[str, Spec]:
        found: dict[str, Spec] = {}
        for base in reversed(self.classes[cls].__mro__[:-1]):
            for name, spec in vars(base)["body"]:
                if is_field(spec):
                    found[name] = spec
                else:
                    found.pop(name, None)
        return found

    def trace(self, steps: list[Step]) -> list[Any]:
        return [self.outcome(getattr(self, f"do_{step[0]}"), step[1:]) for step in steps]

    def outcome(self, action: Callable[..., Any], arguments: list[Any]) -> list[Any]:
        try:
            return ["ok", action(*arguments)]
        except Invalid as error:
            return ["invalid", str(error), f"{error}: ", True]
        except AttributeError:
            return ["AttributeError"]
        except TypeError as error:
            return ["TypeError", str(error)]

    def initial(self, spec: Spec) -> Any:
        options = spec["options"]
        if "fresh" in options:
            return list(options["fresh"])
        if "counter" in options:
            self.counters[spec["label"]] = self.counters.get(spec["label"], options["counter"] - 1) + 1
            return self.counters[spec["label"]]
        return options.get("default")

    def do_new(self, variable: str, cls: str, values: dict[str, Any]) -> None:
        fields = self.fields(cls)
        for unknown in values.keys() - fields.keys():
            raise TypeError(unknown)
        taken = {}
        for name, spec in fields.items():
            taken[name] = values[name] if name in values else self.initial(spec)
            if not accepts(spec, taken[name]):
                raise Invalid(name)
        self.objects[variable] = cls, taken

    def do_set(self, variable: str, name: str, value: Any) -> None:
        cls, values = self.objects[variable]
        if not accepts(self.fields(cls)[name], value):
            raise Invalid(name)
        values[name] = value

    def do_get(self, variable: str, name: str) -> Any:
        cls, values = self.objects[variable]
        if name in values:
            return list(values[name]) if type(values[name]) is list else values[name]
        spec = self.plain(cls, name)
        return spec["options"]["value"] if spec["kind"] == "constant" else spec["label"]

    def plain(self, cls: str, name: str) -> Spec:
        bodies = (dict(vars(base)["body"]) for base in self.classes[cls].__mro__[:-1])
        found: Spec = next(body[name] for body in bodies if name in body)
        return found

    def do_call(self, variable: str, name: str) -> Any:
        return self.plain(self.objects[variable][0], name)["label"]

    def do_append(self, variable: str, name: str, value: Any) -> None:
        self.objects[variable][1][name].append(value)

    def do_delete(self, variable: str, name: str) -> None:
        raise AttributeError(name)

    def do_repr(self, variable: str) -> str:
        cls, values = self.objects[variable]
        return f"{cls}({', '.join(f'{name}={value!r}' for name, value in values.items())})"

    def do_equal(self, left: str, right: str) -> list[bool]:
        equal = self.objects[left] == self.objects[right]
        return [equal, not equal]

    def do_equal_mirror(self, variable: str, mark: int) -> int:
        return mark

    def do_equal_plain(self, variable: str, value: Any) -> bool:
        return False

    def do_hash(self, variable: str) -> None:
        raise TypeError

    def do_fields(self, cls: str) -> list[list[Any]]:
        return [[name, spec["label"], name] for name, spec in self.fields(cls).items()]

    def do_fields_of(self, variable: str) -> list[list[Any]]:
        return self.do_fields(self.objects[variable][0])

    def do_spoil_fields(self, cls: str, name: str) -> bool:
        return True

    def do_class_get(self, cls: str, name: str) -> Any:
        return self.fields(cls)[name]["label"]

    def do_class_constant(self, cls: str, name: str) -> Any:
        return self.plain(cls, name)["options"]["value"]

    def do_option(self, cls: str, name: str, option: str) -> Any:
        return self.fields(cls)[name]["options"].get(option, False if option == "required" else None)

    def do_validate(self, cls: str, name: str, value: Any) -> None:
        if not accepts(self.fields(cls)[name], value):
            raise Invalid(name)


def hold(submission: SubmissionHandle, classes: list[Declared], steps: list[Step]) -> None:
    """Run the program inside and compare the whole trace. A TypeError's words are free, but name what we name."""
    seen = submission.call("run", classes, steps)
    expected = Predicted(classes).trace(steps)
    assert len(seen) == len(expected)
    for step, outcome, right in zip(steps, seen, expected, strict=True):
        if right[0] == "TypeError":
            assert outcome[0] == "TypeError", step
            assert right[1] in outcome[1], step
        else:
            assert outcome == right, step


# --- draws ----------------------------------------------------------------------------------------------------------

names = st.text(string.ascii_lowercase, min_size=1, max_size=6).filter(
    lambda word: word != "fields" and not keyword.iskeyword(word)
)
titles = st.text(string.ascii_letters, min_size=1, max_size=5).map(lambda word: f"M{word}")
labels = st.integers(0, 10**9)
words = st.text(string.ascii_letters + "é'\"\\ ", max_size=6)
numbers = st.integers(-50, 50)
bounds = st.none() | numbers


def spec(kind: str, label: int = 0, **options: Any) -> Spec:
    return {"kind": kind, "label": label, "options": options}


def declared(name: str, body: list[tuple[str, Spec]], *bases: str) -> Declared:
    return {"name": name, "bases": list(bases), "body": [list(member) for member in body]}


def distinct(count: int) -> st.SearchStrategy[list[str]]:
    return st.lists(names, min_size=count, max_size=count, unique=True)


@st.composite
def emails(draw: st.DrawFn) -> str:
    """Well-formed addresses, about half of them spoiled in one place."""
    piece = st.text("abcé1-_+", min_size=1, max_size=4)
    parts = [draw(piece), "@", draw(piece), ".", draw(piece)]
    if draw(st.booleans()):
        parts += [".", draw(piece)]
    match draw(st.sampled_from(["keep", "keep", "insert", "insert", "drop", "end"])):
        case "insert":
            parts.insert(draw(st.integers(0, len(parts))), draw(st.sampled_from(["@", ".", " ", "\t", "\u2003", "x"])))
        case "drop":
            del parts[draw(st.integers(0, len(parts) - 1))]
        case "end":
            parts.append(draw(st.sampled_from(["\n", ".", "@", " ", "z"])))
        case _:
            pass
    return "".join(parts)


FIELD_KINDS = ["any", "string", "email", "integer"]
members = st.builds(
    lambda kind, label: spec(kind, label, **({"value": label} if kind == "constant" else {})),
    st.sampled_from([*FIELD_KINDS, *FIELD_KINDS, "constant", "method", "property"]),
    labels,
)
field_members = st.builds(spec, st.sampled_from(FIELD_KINDS), labels)
anything = st.one_of(
    st.none(), st.booleans(), numbers, st.floats(-9, 9), words, st.binary(max_size=3), st.lists(numbers, max_size=2)
)

# --- declaration ----------------------------------------------------------------------------------------------------


@criterion(
    "declaration", weight=2, hint="Look at the namespace that the metaclass receives: it is in definition order."
)
@given(title=titles, body=st.dictionaries(names, members, min_size=1, max_size=6), value=labels)
def test_fields_are_collected_in_definition_order(submission, title, body, value):
    """`fields()` lists exactly the declared fields, in the order of the class body, each knowing its name; methods,
    properties and constants work beside them.
    """
    untouched = [[{"method": "call"}.get(own["kind"], "get"), "x", name] for name, own in body.items()]
    steps = [["fields", title], ["fields", "Model"], ["new", "x", title, {}], ["fields_of", "x"], *untouched]
    hold(submission, [declared(title, list(body.items()), "Model")], steps)


@criterion(
    "declaration", hint="The field's `__get__` receives `None` as the instance when it is looked up on the class."
)
@given(title=titles, pair=distinct(2), kinds=st.tuples(field_members, field_members))
def test_the_class_gives_the_field_itself(submission, title, pair, kinds):
    """Looking a field up on the class gives the very object that was declared, also through a subclass."""
    classes = [declared("Base", [(pair[0], kinds[0])], "Model"), declared(title, [(pair[1], kinds[1])], "Base")]
    hold(
        submission,
        classes,
        [["class_get", title, pair[0]], ["class_get", title, pair[1]], ["class_get", "Base", pair[0]]],
    )


@criterion("declaration", hint="Hand out a copy.")
@given(title=titles, body=st.dictionaries(names, field_members, min_size=1, max_size=3), spoil=names)
def test_fields_returns_a_dict_of_its_own(submission, title, body, spoil):
    """Changing the dict that `fields()` returned changes nothing about the model."""
    steps = [["spoil_fields", title, spoil], ["fields", title], ["new", "x", title, dict.fromkeys(body)], ["repr", "x"]]
    hold(submission, [declared(title, list(body.items()), "Model")], steps)


@criterion("declaration")
@given(
    title=titles,
    name=names,
    low=bounds,
    high=bounds,
    longest=st.none() | st.integers(0, 90),
    required=st.booleans(),
    start=st.none() | words,
)
def test_options_can_be_read_back(submission, title, name, low, high, longest, required, start):
    """A field's options are its attributes: `default`, `required`, `max_length`, `min_value`, `max_value`; without
    an option they have the documented defaults.
    """
    classes = [
        declared(title, [(name, spec("string", max_length=longest, required=required, default=start))], "Model"),
        declared("Number", [(name, spec("integer", min_value=low, max_value=high))], "Model"),
        declared("Loose", [(name, spec("string"))], "Model"),
    ]
    asked = {
        title: ["max_length", "required", "default"],
        "Number": ["min_value", "max_value", "required", "default"],
        "Loose": ["max_length"],
    }
    hold(submission, classes, [["option", cls, name, option] for cls, options in asked.items() for option in options])


@st.composite
def chains(draw: st.DrawFn, steps: st.SearchStrategy[Spec], first: st.SearchStrategy[Spec]) -> list[Declared]:
    """A base with two to four fields, and one or two classes below it that override some and add some."""
    pool = draw(distinct(6))
    classes = [declared("Base", [(name, draw(first)) for name in pool[: draw(st.integers(2, 4))]], "Model")]
    dropped: set[str] = set()
    for title, above in [("Below", "Base"), ("Lowest", "Below")][: draw(st.integers(1, 2))]:
        own = draw(
            st.lists(
                st.sampled_from([name for name in pool if name not in dropped]), min_size=1, max_size=3, unique=True
            )
        )
        body = [(name, draw(steps)) for name in own]
        dropped |= {name for name, member in body if not is_field(member)}
        classes.append(declared(title, body, above))
    return classes


@criterion(
    "declaration",
    weight=2,
    hint="Start from the base classes' fields; assigning to a key that a dict has keeps its place.",
)
@given(classes=chains(field_members, field_members))
def test_subclasses_inherit_and_override_fields(submission, classes):
    """A subclass has the inherited fields first; an overriding field keeps the inherited place; the classes above
    stay as they were.
    """
    steps: list[Step] = [["fields", each["name"]] for each in [*classes, classes[0]]]
    hold(submission, classes, [*steps, ["new", "x", classes[-1]["name"], {}], ["repr", "x"]])


@criterion(
    "declaration",
    weight=2,
    hint="Something that is no Field under an inherited field's name removes it from the subclass.",
)
@given(classes=chains(members, field_members))
def test_a_non_field_drops_an_inherited_field(submission, classes):
    """Declaring anything but a field under a field's name drops the field: it is not listed, refused as a keyword,
    and reads as what was declared.
    """
    model = Predicted(classes)
    lowest = classes[-1]["name"]
    steps: list[Step] = [["fields", each["name"]] for each in classes]
    steps += [["new", "x", lowest, {}], ["repr", "x"], ["new", "base", "Base", {}], ["repr", "base"]]
    for name in model.fields("Base").keys() - model.fields(lowest).keys():
        call = model.plain(lowest, name)["kind"] == "method"
        steps += [["call" if call else "get", "x", name], ["new", "y", lowest, {name: None}]]
    hold(submission, classes, steps)


@criterion("declaration", weight=2, hint="Walk `reversed(cls.__mro__)`, not only the direct bases.")
@given(data=st.data(), pool=distinct(5))
def test_several_bases_and_mixins_follow_the_resolution_order(submission, data, pool):
    """With several bases, diamonds and plain mixins, a class has the fields that attribute lookup finds, in
    reversed resolution order.
    """
    some = st.lists(st.sampled_from(pool), max_size=3, unique=True)
    body = some.flatmap(lambda own: st.tuples(*[st.tuples(st.just(name), field_members) for name in own]))
    left, right, mixin = data.draw(st.permutations(["Left", "Right", "Mixin"]))
    classes = [
        declared("Base", data.draw(body), "Model"),
        declared("Mixin", data.draw(body)),
        declared("Left", data.draw(body), "Base"),
        declared("Right", data.draw(body), "Base"),
        declared("Join", data.draw(body), left, right, mixin),
    ]
    given_values = dict.fromkeys(Predicted(classes).fields("Join"))
    hold(
        submission, classes, [["fields", "Join"], ["new", "x", "Join", given_values], ["repr", "x"], ["fields", "Left"]]
    )


@criterion("declaration", hint="A mixin's plain attribute that wins the lookup hides a field as well.")
@given(pair=distinct(2), first=field_members, second=field_members, value=labels, front=st.booleans())
def test_a_mixins_constant_may_hide_a_field(submission, pair, first, second, value, front):
    """A plain mixin's constant drops a model's field of that name if, and only if, the mixin comes first in the
    lookup.
    """
    bases = ["Mixin", "Base"] if front else ["Base", "Mixin"]
    classes = [
        declared("Base", [(pair[0], first), (pair[1], second)], "Model"),
        declared("Mixin", [(pair[0], spec("constant", value=value))]),
        declared("Join", [], *bases),
    ]
    hold(submission, classes, [["fields", "Join"], ["new", "x", "Join", {}], ["repr", "x"], ["get", "x", pair[0]]])


# --- validation -----------------------------------------------------------------------------------------------------


def tries(title: str, name: str, value: Any, good: Any) -> list[Step]:
    """One value by every way in: construction, assignment, `validate`; and what is left of the good one before."""
    steps: list[Step] = [
        ["new", "x", title, {name: good}],
        ["new", "y", title, {name: value}],
        ["set", "x", name, value],
        ["get", "x", name],
    ]
    return steps if value is None else [*steps, ["validate", title, name, value]]


@criterion("validation", weight=3, hint="Validate in __set__: construction and assignment both go through it.")
@given(name=names, low=bounds, width=st.none() | st.integers(0, 9), offset=st.integers(-2, 11))
def test_integers_stay_within_their_bounds(submission, name, low, width, offset):
    """An integer is accepted exactly when it lies within min_value..max_value, both included, on construction and
    on assignment; a refused one changes nothing.
    """
    start = 0 if low is None else low
    high = None if width is None else start + width
    own = spec("integer", min_value=low, max_value=high)
    hold(submission, [declared("Thing", [(name, own)], "Model")], tries("Thing", name, start + offset, start))


@criterion("validation", weight=2, hint="`isinstance(True, int)` is true.")
@given(name=names, value=anything, kind=st.sampled_from(["integer", "string", "email", "any"]), required=st.booleans())
def test_each_field_refuses_foreign_types(submission, name, value, kind, required):
    """A value of another type is refused and nothing is converted: `"1"`, `1.0` and `True` are no integers, bytes
    are no text; `Field` takes anything; None is welcome unless required.
    """
    good = {"integer": 1, "string": "a", "email": "a@b.c", "any": 0}[kind]
    hold(
        submission,
        [declared("Thing", [(name, spec(kind, required=required))], "Model")],
        tries("Thing", name, value, good),
    )


@criterion("validation", hint="The longest allowed text is allowed.")
@given(name=names, longest=st.none() | st.integers(0, 6), value=st.text("aé \n", max_size=8))
def test_strings_keep_their_length(submission, name, longest, value):
    """Text of at most max_length characters is accepted as it is, longer text is refused."""
    hold(
        submission,
        [declared("Thing", [(name, spec("string", max_length=longest))], "Model")],
        tries("Thing", name, value, ""),
    )


@criterion(
    "validation",
    weight=2,
    hint="No whitespace means no newline at the end either: a pattern's `$` lets one through.",
)
@given(name=names, value=emails())
def test_email_addresses_follow_the_rule(submission, name, value):
    """An e-mail field accepts exactly the addresses that the brief describes."""
    hold(submission, [declared("Thing", [(name, spec("email"))], "Model")], tries("Thing", name, value, "a@b.c"))


@criterion("validation", weight=2, hint="Call self.validate(value), so that a subclass can refine it.")
@given(
    name=names,
    divisor=st.integers(2, 5),
    low=numbers,
    offset=st.integers(-3, 12),
    nothing=st.booleans(),
    required=st.booleans(),
)
def test_own_fields_refine_validation(submission, name, divisor, low, offset, nothing, required):
    """A field class that overrides `validate` is asked on construction and on assignment, is not asked about None,
    and reaches your rules through super().
    """
    own = spec("multiple", divisor=divisor, min_value=low, required=required)
    good = low + -low % divisor
    value = None if nothing else low + offset
    hold(submission, [declared("Thing", [(name, own)], "Model")], tries("Thing", name, value, good))


@criterion("validation", hint="Go through the fields in their order and let the first error out.")
@given(
    pool=distinct(3),
    values=st.tuples(numbers, numbers, numbers),
    limits=st.tuples(numbers, numbers, numbers),
    shuffle=st.randoms(),
)
def test_the_first_bad_field_is_reported(submission, pool, values, limits, shuffle):
    """With several bad values the error carries the name of the first bad field in definition order, whatever the
    order of the keywords.
    """
    body = [(name, spec("integer", max_value=limit)) for name, limit in zip(pool, limits, strict=True)]
    keywords = list(zip(pool, values, strict=True))
    shuffle.shuffle(keywords)
    hold(submission, [declared("Thing", body, "Model")], [["new", "x", "Thing", dict(keywords)]])


@criterion("validation")
@given(name=names, low=numbers, own=numbers, value=numbers)
def test_an_overriding_field_brings_its_own_rules(submission, name, low, own, value):
    """Instances of a subclass obey the overriding field, instances of the base the original one."""
    classes = [
        declared("Base", [(name, spec("integer", min_value=low, default=low))], "Model"),
        declared("Below", [(name, spec("integer", min_value=own, default=own))], "Base"),
    ]
    steps: list[Step] = []
    for title in ("Base", "Below"):
        steps += [["new", title, title, {}], ["set", title, name, value], ["repr", title]]
    hold(submission, classes, steps)


# --- construction ---------------------------------------------------------------------------------------------------


@criterion(
    "construction", weight=2, hint="A default is a value like any other; None passed explicitly does not stand for it."
)
@given(
    name=names,
    default=st.none() | numbers,
    required=st.booleans(),
    high=numbers,
    passed=st.sampled_from([[], [], [None]]) | st.lists(numbers, min_size=1, max_size=1),
)
def test_defaults_and_required_fields(submission, name, default, required, high, passed):
    """A missing keyword takes the default, which is validated then; a required field ends up with a value or
    raises; None passed explicitly is not replaced.
    """
    own = spec("integer", default=default, required=required, max_value=high)
    values = dict.fromkeys([name], passed[0]) if passed else {}
    made: list[Step] = [["new", "x", "Thing", {name: high}], ["new", "x", "Thing", values], ["get", "x", name]]
    hold(submission, [declared("Thing", [(name, own)], "Model")], [*made, ["set", "x", name, None], ["get", "x", name]])


@criterion(
    "construction", weight=2, hint="Call a callable default while constructing, and only if the keyword is missing."
)
@given(
    name=names,
    start=numbers,
    first=st.lists(numbers, max_size=2),
    order=st.lists(st.none() | numbers, min_size=3, max_size=5),
    extra=numbers,
)
def test_callable_defaults_are_called_when_needed(submission, name, start, first, order, extra):
    """A callable default is called once for each instance that needs it, and never otherwise; instances do not
    share what it returned.
    """
    classes = [
        declared("Counted", [(name, spec("any", 1, counter=start))], "Model"),
        declared("Listed", [(name, spec("any", 2, fresh=first))], "Model"),
    ]
    steps: list[Step] = []
    for value in order:
        steps += [
            ["new", "x", "Counted", {} if value is None else {name: value}],
            ["get", "x", name],
            ["set", "x", name, start],
        ]
    steps += [
        ["new", "a", "Listed", {}],
        ["new", "b", "Listed", {}],
        ["append", "a", name, extra],
        ["repr", "a"],
        ["repr", "b"],
    ]
    hold(submission, classes, steps)


@criterion("construction", weight=2, hint="Compare the keywords with the fields before validating anything.")
@given(pool=distinct(3), good=numbers, bad=words)
def test_unknown_keywords_are_refused(submission, pool, good, bad):
    """A keyword that is no field raises TypeError with the keyword in its message, even when another value is bad
    or a required one is missing.
    """
    body = [(pool[0], spec("integer")), (pool[1], spec("integer", required=True))]
    classes = [declared("Thing", body, "Model"), declared("Other", [(pool[2], spec("any"))], "Model")]
    made: list[Step] = [["new", "x", "Thing", {pool[1]: good}]]
    refused: list[Step] = [
        ["new", "x", "Thing", {**values, pool[2]: good}] for values in ({pool[1]: good}, {}, {pool[0]: bad})
    ]
    hold(submission, classes, [*made, *refused, ["new", "y", "Model", {pool[0]: good}], ["repr", "x"]])


@criterion("construction")
@given(name=names, value=numbers, label=labels)
def test_positional_arguments_are_refused(submission, name, value, label):
    """A model takes keywords only: positional arguments raise TypeError."""
    classes = [declared("Thing", [(name, spec("any", label))], "Model")]
    steps = [
        ["new", "x", "Thing", {name: value}],
        ["repr", "x"],
        ["new_positional", "Thing", [value]],
        ["fields", "Thing"],
    ]
    seen = submission.call("run", classes, steps)
    kept = Predicted(classes).trace([steps[0], steps[1], steps[3]])
    assert [seen[0], seen[1], seen[3]] == kept
    assert seen[2][0] == "TypeError"


@criterion("construction", hint="A keyword may be called `self`: make `self` positional-only.")
@given(
    chosen=st.lists(st.sampled_from(TRICKY), min_size=1, max_size=4, unique=True),
    values=st.tuples(words, words, words, words),
)
def test_any_public_name_may_be_a_field(submission, chosen, values):
    """Fields may be called `self`, `name`, `items` or anything else that is public, except for `fields`."""
    body = [(name, spec("string")) for name in chosen]
    keywords = dict(zip(chosen, values, strict=False))
    reads = [["get", "x", name] for name in chosen]
    hold(
        submission,
        [declared("Thing", body, "Model")],
        [["new", "x", "Thing", keywords], ["repr", "x"], *reads, ["fields", "Thing"]],
    )


# --- instances ------------------------------------------------------------------------------------------------------


@criterion("instances", weight=3, hint="Values belong to the instance; the field object is shared by all instances.")
@given(
    pair=distinct(2),
    starts=st.lists(st.tuples(numbers, words), min_size=2, max_size=3),
    changes=st.lists(st.tuples(st.integers(0, 2), st.booleans(), anything), min_size=1, max_size=6),
)
def test_instances_do_not_share_values(submission, pair, starts, changes):
    """Whatever is assigned to one instance, the others keep their values."""
    classes = [
        declared("Thing", [(pair[0], spec("integer", max_value=40)), (pair[1], spec("any"))], "Model"),
        declared("Twin", [], "Thing"),
    ]
    steps: list[Step] = [
        ["new", str(index), ("Thing", "Twin")[index % 2], {pair[0]: min(number, 40), pair[1]: word}]
        for index, (number, word) in enumerate(starts)
    ]
    for index, which, value in changes:
        steps.append(["set", str(index % len(starts)), pair[which], value])
        steps += [["get", str(other), pair[which]] for other in range(len(starts))]
    hold(submission, classes, steps)


@criterion("instances", hint="Use the class's __name__ and each value's repr.")
@given(title=titles, body=st.dictionaries(names, anything, max_size=4))
def test_repr_shows_every_field(submission, title, body):
    """`repr` is the class's name and every field with its value's repr, in order: `User(name='Ada', email=None)`."""
    classes = [declared(title, [(name, spec("any")) for name in body], "Model"), declared("Below", [], title)]
    hold(submission, classes, [["new", "x", title, body], ["repr", "x"], ["new", "y", "Below", body], ["repr", "y"]])


@criterion("instances", weight=2, hint="Return NotImplemented unless type(other) is type(self).")
@given(
    pair=distinct(2),
    values=st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=2, max_size=3),
    mark=labels,
)
def test_equality_needs_the_same_class_and_values(submission, pair, values, mark):
    """Instances are equal exactly when their class is the same and all their values are; a model steps aside for
    anything else.
    """
    classes = [declared("Thing", [(name, spec("integer")) for name in pair], "Model"), declared("Below", [], "Thing")]
    steps: list[Step] = []
    made: list[str] = []
    for index, value in enumerate(values):
        for title in ("Thing", "Below"):
            made.append(f"{title}{index}")
            steps.append(["new", made[-1], title, dict(zip(pair, value, strict=True))])
    steps += [["equal", left, right] for left in made for right in made]
    hold(
        submission,
        classes,
        [*steps, ["equal_mirror", made[0], mark], ["equal_plain", made[0], mark], ["repr", made[0]]],
    )


@criterion("instances", hint="A class that defines __eq__ and no __hash__ is not hashable.")
@given(title=titles, name=names, value=anything, more=numbers)
def test_fields_cannot_be_deleted_nor_models_hashed(submission, title, name, value, more):
    """Deleting a field raises AttributeError and keeps the value; hashing an instance raises TypeError."""
    classes = [declared(title, [(name, spec("any"))], "Model")]
    steps: list[Step] = [["new", "x", title, {name: value}], ["delete", "x", name], ["get", "x", name], ["hash", "x"]]
    hold(submission, classes, [*steps, ["set", "x", name, more], ["delete", "x", name], ["get", "x", name]])
