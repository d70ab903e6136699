"""Hidden suite: drawn model classes and drawn programs go in, the whole trace comes out, `Predicted` says what it
must be.
"""

from __future__ import annotations

import itertools
import keyword
import string
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from grader.suite import SubmissionHandle, criterion

Spec = dict[str, Any]
Step = list[Any]


ABOUT_INSTANCES = {"set", "get", "call", "append", "delete", "repr", "equal", "equal_mirror", "hash", "fields_of"}
"""Steps whose first argument is an instance; `equal` has two."""


class Invalid(Exception):
    """A refused value; the argument is the field's name."""


def is_field(spec: Spec) -> bool:
    return spec["kind"] not in ("constant", "method", "property")


def is_email(value: str) -> bool:
    local, _, domain = value.partition("@")
    labels = domain.split(".")
    plain = not any(letter == "@" or letter.isspace() for letter in local + domain)
    return plain and local != "" and len(labels) >= 2 and all(labels)


def accepts(spec: Spec, value: Any) -> bool:
    option = spec["options"].get
    if value is None:
        return not option("required", False)
    match spec["kind"]:
        case "string":
            return type(value) is str and (option("max_length") is None or len(value) <= option("max_length"))
        case "email":
            return type(value) is str and is_email(value)
        case "integer" | "multiple":
            return (
                type(value) is int
                and (option("min_value") is None or option("min_value") <= value)
                and (option("max_value") is None or value <= option("max_value"))
                and value % option("divisor", 1) == 0
            )
        case _:
            return True


class Predicted:
    """What a right submission answers to a program: one method per step, and classes as lists of bodies."""

    def __init__(self, classes: list[dict[str, Any]]) -> None:
        self.classes: dict[str, type] = {"Model": type("Model", (), {"body": []})}
        self.objects: dict[str, tuple[str, dict[str, Any]]] = {}
        self.counted: dict[int, int] = {}
        for class_ in classes:
            bases = tuple(self.classes[base] for base in class_["bases"])
            self.classes[class_["name"]] = type(class_["name"], bases, {"body": class_["body"]})

    def fields(self, cls: str) -> dict[str, Spec]:
        found: dict[str, Spec] = {}
        for base in reversed(self.classes[cls].__mro__[:-1]):
            for name, spec in vars(base)["body"]:
                if is_field(spec):
                    found[name] = spec
                else:
                    found.pop(name, None)
        return found

    def plain(self, cls: str, name: str) -> Spec:
        bodies = (dict(vars(base)["body"]) for base in self.classes[cls].__mro__[:-1])
        found: Spec = next(body[name] for body in bodies if name in body)
        return found

    def outcome(self, step: str, *arguments: Any) -> list[Any]:
        variables = arguments[: {"equal": 2}.get(step, 1)]
        if step in ABOUT_INSTANCES and not all(variable in self.objects for variable in variables):
            return ["skipped"]
        try:
            return ["ok", getattr(self, f"do_{step}")(*arguments)]
        except Invalid as error:
            return ["invalid", str(error), f"{error}: ", True]
        except AttributeError:
            return ["AttributeError"]
        except TypeError as error:
            return ["TypeError", str(error)]

    def initial(self, spec: Spec) -> Any:
        options, label = spec["options"], spec["label"]
        if "counter" in options:
            self.counted[label] = self.counted.get(label, options["counter"] - 1) + 1
            return self.counted[label]
        return list(options["fresh"]) if "fresh" in options else options.get("default")

    def do_new(self, variable: str, cls: str, values: dict[str, Any]) -> None:
        for unknown in values.keys() - self.fields(cls).keys():
            raise TypeError(unknown)
        taken: dict[str, Any] = {}
        for name, spec in self.fields(cls).items():
            taken[name] = values[name] if name in values else self.initial(spec)
            if not accepts(spec, taken[name]):
                raise Invalid(name)
        self.objects[variable] = cls, taken

    def do_new_positional(self, cls: str, values: list[Any]) -> None:
        raise TypeError

    def do_set(self, variable: str, name: str, value: Any) -> None:
        cls, values = self.objects[variable]
        self.do_validate(cls, name, value)
        values[name] = value

    def do_get(self, variable: str, name: str) -> Any:
        cls, values = self.objects[variable]
        if name in values:
            return values[name]
        spec = self.plain(cls, name)
        return spec["options"]["value"] if spec["kind"] == "constant" else spec["label"]

    do_call = do_get

    def do_append(self, variable: str, name: str, value: Any) -> None:
        self.objects[variable][1][name].append(value)

    def do_delete(self, variable: str, name: str) -> None:
        raise AttributeError

    def do_repr(self, variable: str) -> str:
        cls, values = self.objects[variable]
        return f"{cls}({', '.join(f'{name}={value!r}' for name, value in values.items())})"

    def do_equal(self, left: str, right: str) -> list[bool]:
        equal = self.objects[left] == self.objects[right]
        return [equal, not equal]

    def do_equal_mirror(self, variable: str, mark: int) -> int:
        return mark

    def do_hash(self, variable: str) -> None:
        raise TypeError

    def do_fields(self, cls: str) -> list[list[Any]]:
        return [[name, spec["label"], name] for name, spec in self.fields(cls).items()]

    def do_fields_of(self, variable: str) -> list[list[Any]]:
        return self.do_fields(self.objects[variable][0])

    def do_spoil_fields(self, cls: str, name: str) -> list[Any]:
        return [True, [name]]

    def do_class_get(self, cls: str, name: str) -> Any:
        return self.fields(cls)[name]["label"]

    def do_option(self, cls: str, name: str, option: str) -> Any:
        return self.fields(cls)[name]["options"].get(option, False if option == "required" else None)

    def do_validate(self, cls: str, name: str, value: Any) -> None:
        if not accepts(self.fields(cls)[name], value):
            raise Invalid(name)


def hold(submission: SubmissionHandle, classes: list[dict[str, Any]], steps: list[Step]) -> None:
    """Run the program inside and compare the whole trace. A TypeError's words are free but name what ours names."""
    seen, predicted = submission.call("run", classes, steps), Predicted(classes)
    assert len(seen) == len(steps)
    for step, outcome in zip(steps, seen, strict=True):
        right = predicted.outcome(*step)
        if right[0] == "TypeError":
            assert outcome[0] == "TypeError", step
            assert right[1] in outcome[1], step
        else:
            assert outcome == right, step


def spec(kind: str, label: int = 0, **options: Any) -> Spec:
    return {"kind": kind, "label": label, "options": options}


def declared(name: str, body: dict[str, Spec], *bases: str) -> dict[str, Any]:
    return {"name": name, "bases": list(bases), "body": [list(member) for member in body.items()]}


def thing(**body: Spec) -> list[dict[str, Any]]:
    """One model named Thing."""
    return [declared("Thing", body, "Model")]


def tries(name: str, value: Any, good: Any) -> list[Step]:
    """One value by every way into a Thing, and what is left of the good one that was there before.

    False values are assigned only: that constructing does not take them for missing is a promise of its own.
    """
    made = [["new", "y", "Thing", {name: value}]] if value or value is None else []
    asked = [] if value is None else [["validate", "Thing", name, value]]
    return [
        ["new", "x", "Thing", {}],
        ["set", "x", name, good],
        *made,
        ["set", "x", name, value],
        ["get", "x", name],
        *asked,
    ]


TRICKY = ["self", "cls", "name", "values", "items", "default", "required", "validate", "instance", "owner", "kwargs"]
letters = st.text(string.ascii_lowercase, min_size=1, max_size=6)
names = letters.filter(lambda word: word != "fields" and not keyword.iskeyword(word))
titles = st.text(string.ascii_letters, min_size=1, max_size=5).map(lambda word: f"M{word}")
labels = st.integers(0, 10**9)
words = st.text(string.ascii_letters + "é'\"\\ ", max_size=6)
numbers = st.integers(-50, 50)
bounds = st.none() | numbers
nonzero = st.integers(1, 50) | st.integers(-50, -1)
trio = st.tuples(nonzero, nonzero, nonzero)
anything = st.one_of(
    st.none(), st.booleans(), numbers, st.floats(-9, 9), words, st.binary(max_size=3), st.lists(numbers, max_size=2)
)
fields = st.builds(spec, st.sampled_from(["any", "string", "email", "integer"]), labels)
members = fields | st.builds(
    lambda kind, label: spec(kind, label, value=label), st.sampled_from(["constant", "method", "property"]), labels
)


def distinct(count: int) -> st.SearchStrategy[list[str]]:
    return st.lists(names, min_size=count, max_size=count, unique=True)


@st.composite
def emails(draw: st.DrawFn) -> list[str]:
    """A well-formed address, and that address spoiled in each place: a part left out, or something put in."""
    piece = st.text("abcé1-_+", min_size=1, max_size=4)
    parts = [draw(piece), "@", draw(piece), ".", draw(piece), *draw(st.sampled_from([[], [".", "io"]]))]
    extra = draw(st.sampled_from(["@", ".", " ", "\n", "\u2003", "x"]))
    without = ["".join(parts[:at] + parts[at + 1 :]) for at in range(len(parts))]
    spoiled = ["".join([*parts[:at], extra, *parts[at:]]) for at in range(len(parts) + 1)]
    return ["".join(parts), "".join(parts) + "\n", *without, *spoiled]


@st.composite
def chains(draw: st.DrawFn, overriding: st.SearchStrategy[Spec]) -> list[dict[str, Any]]:
    """A base with two to four fields, and one or two classes below that override some of them and add others."""
    pool = draw(distinct(6))
    classes = [declared("Base", {name: draw(fields) for name in pool[: draw(st.integers(2, 4))]}, "Model")]
    for title, above in [("Below", "Base"), ("Lowest", "Below")][: draw(st.integers(1, 2))]:
        body = draw(st.dictionaries(st.sampled_from(pool), overriding, min_size=1, max_size=3))
        classes.append(declared(title, body, above))
        pool = [name for name in pool if name not in body or is_field(body[name])]
    return classes


@criterion("declaration", weight=2, hint="The namespace that the metaclass receives is in definition order.")
@given(title=titles, body=st.dictionaries(names, members, min_size=1, max_size=6))
def test_fields_are_collected_in_definition_order(
    submission: SubmissionHandle,
    title: str,
    body: Any,
) -> None:
    """`fields()` lists exactly the declared fields in the order of the class body, and each knows its name; methods,
    properties and constants beside them work.
    """
    reads = [["call" if own["kind"] == "method" else "get", "x", name] for name, own in body.items()]
    steps: list[Step] = [["fields", title], ["fields", "Model"], ["new", "x", title, {}], ["fields_of", "x"], *reads]
    hold(submission, [declared(title, body, "Model")], steps)


@criterion("declaration", hint="When a field is looked up on the class, its `__get__` receives None as the instance.")
@given(title=titles, pair=distinct(2), first=fields, second=fields)
def test_the_class_gives_the_field_itself(
    submission: SubmissionHandle,
    title: str,
    pair: list[str],
    first: Any,
    second: Any,
) -> None:
    """Looking up a field on the class returns the very object that was declared, even through a subclass."""
    classes = [declared("Base", {pair[0]: first}, "Model"), declared(title, {pair[1]: second}, "Base")]
    hold(submission, classes, [["class_get", title, name] for name in pair] + [["class_get", "Base", pair[0]]])


@criterion("declaration", hint="Hand out a copy.")
@given(title=titles, body=st.dictionaries(names, fields, min_size=1, max_size=3), spoil=names)
def test_fields_returns_a_dict_of_its_own(submission: SubmissionHandle, title: str, body: Any, spoil: str) -> None:
    """Changing the dict that `fields()` returned changes nothing about the model."""
    steps: list[Step] = [
        ["spoil_fields", title, spoil],
        ["fields", title],
        ["new", "x", title, dict.fromkeys(body)],
        ["repr", "x"],
    ]
    hold(submission, [declared(title, body, "Model")], steps)


@criterion("declaration")
@given(pool=distinct(3), low=bounds, high=bounds, longest=bounds, required=st.booleans(), start=st.none() | words)
def test_options_can_be_read_back(
    submission: SubmissionHandle,
    pool: list[str],
    low: int | None,
    high: int | None,
    longest: int | None,
    required: bool,
    start: str | None,
) -> None:
    """A field's options are its attributes: `default`, `required`, `max_length`, `min_value`, `max_value`. An option
    that is not given is None; `required` is False.
    """
    text = spec("string", max_length=longest, required=required, default=start)
    classes = thing(
        **dict(zip(pool, [text, spec("integer", min_value=low, max_value=high), spec("string")], strict=True))
    )
    asked = [["max_length", "required", "default"], ["min_value", "max_value", "required", "default"], ["max_length"]]
    steps = [["option", "Thing", name, option] for name, own in zip(pool, asked, strict=True) for option in own]
    hold(submission, classes, steps)


@criterion(
    "declaration",
    weight=2,
    hint="Start from the inherited fields; assigning to an existing key of a dict keeps its place.",
)
@given(classes=chains(fields))
def test_subclasses_inherit_and_override_fields(
    submission: SubmissionHandle,
    classes: list[Any],
) -> None:
    """A subclass has the inherited fields first, and an overriding field in the inherited one's place; the classes
    above stay as they were.
    """
    steps = [["fields", class_["name"]] for class_ in [*classes, classes[0]]]
    hold(submission, classes, [*steps, ["new", "x", classes[-1]["name"], {}], ["repr", "x"]])


@criterion("declaration", weight=2, hint="Whatever is not a Field, under an inherited field's name, removes it.")
@given(classes=chains(members))
def test_a_non_field_drops_an_inherited_field(
    submission: SubmissionHandle,
    classes: list[Any],
) -> None:
    """Declaring anything but a field under a field's name drops the field from this class, not from those above;
    instances show what was declared.
    """
    model, lowest = Predicted(classes), classes[-1]["name"]
    steps = [["fields", class_["name"]] for class_ in classes]
    steps += [["new", "x", lowest, {}], ["repr", "x"], ["new", "base", "Base", {}], ["repr", "base"]]
    for name in model.fields("Base").keys() - model.fields(lowest).keys():
        steps.append(["call" if model.plain(lowest, name)["kind"] == "method" else "get", "x", name])
    hold(submission, classes, steps)


@criterion("declaration", weight=2, hint="Walk `reversed(cls.__mro__)`, not only the direct bases.")
@given(data=st.data(), pool=distinct(5), bases=st.permutations(["Left", "Right", "Mixin"]))
def test_several_bases_and_mixins_follow_the_resolution_order(
    submission: SubmissionHandle, data: st.DataObject, pool: list[str], bases: list[str]
) -> None:
    """With several bases, diamonds and plain mixins, a class has the fields that attribute lookup finds, in reversed
    resolution order.
    """
    body = st.dictionaries(st.sampled_from(pool), fields, max_size=3)
    above = {"Base": ["Model"], "Mixin": [], "Left": ["Base"], "Right": ["Base"], "Join": bases}
    classes = [declared(name, data.draw(body), *parents) for name, parents in above.items()]
    values = dict.fromkeys(Predicted(classes).fields("Join"))
    hold(submission, classes, [["fields", "Join"], ["new", "x", "Join", values], ["repr", "x"], ["fields", "Left"]])


@criterion("declaration", hint="A mixin's plain attribute that wins the lookup hides a field as well.")
@given(pair=distinct(2), first=fields, second=fields, value=labels, front=st.booleans())
def test_a_mixins_constant_may_hide_a_field(
    submission: SubmissionHandle,
    pair: list[str],
    first: Any,
    second: Any,
    value: int,
    front: bool,
) -> None:
    """A plain mixin's constant drops a model's field of that name exactly if the mixin comes first in the lookup."""
    classes = [
        declared("Base", {pair[0]: first, pair[1]: second}, "Model"),
        declared("Mixin", {pair[0]: spec("constant", value=value)}),
        declared("Join", {}, *(["Mixin", "Base"] if front else ["Base", "Mixin"])),
    ]
    hold(submission, classes, [["fields", "Join"], ["new", "x", "Join", {}], ["repr", "x"], ["get", "x", pair[0]]])


@criterion("validation", weight=3, hint="Validate in __set__, which construction and assignment both go through.")
@given(name=names, low=bounds, width=st.none() | st.integers(0, 9), offset=st.integers(-2, 11))
def test_integers_stay_within_their_bounds(
    submission: SubmissionHandle, name: str, low: int | None, width: int | None, offset: int
) -> None:
    """An integer is accepted exactly within min_value..max_value, both included, on construction and on assignment; a
    refused one changes nothing.
    """
    start = 0 if low is None else low
    high = None if width is None else start + width
    end = start if high is None else high
    values = (start + offset, start - 1, start, end + 1, end)
    steps = [step for value in values for step in tries(name, value, start)]
    hold(submission, thing(**{name: spec("integer", min_value=low, max_value=high)}), steps)
    for option in ("min_value", "max_value"):
        steps = [step for value in (-1 - (width or 0) % 3, -1, 0, 1) for step in tries(name, value, 0)]
        hold(submission, thing(**{name: spec("integer", **{option: 0})}), steps)


@criterion(
    "validation",
    weight=2,
    hint="Check the type of what was given, before anything converts it; `isinstance(True, int)` is true.",
)
@given(pool=distinct(4), flag=st.booleans(), number=numbers, word=words, more=anything, required=st.booleans())
def test_each_field_refuses_foreign_types(
    submission: SubmissionHandle, pool: list[str], flag: bool, number: int, word: str, more: Any, required: bool
) -> None:
    """A value of another type is refused and nothing is converted: text, floats and booleans are not integers, bytes
    are not text; `Field` takes anything; None is accepted unless the field is required.
    """
    kinds = dict(zip(pool, ["integer", "string", "email", "any"], strict=True))
    values = [None, flag, number, float(number), str(number), word.encode(), [word], more]
    good = dict(zip(pool, [number or 1, word or "a", "a@b.c", True], strict=True))
    steps: list[Step] = [["new", "x", "Thing", good]]
    for name, value in itertools.product(pool, values):
        steps += [["set", "x", name, value], ["get", "x", name]]
        steps += [["new", "y", "Thing", {**good, name: value}]] if value or value is None else []
    hold(submission, thing(**{name: spec(kind, required=required) for name, kind in kinds.items()}), steps)


@criterion("validation", hint="The longest allowed text is allowed.")
@given(name=names, longest=st.sampled_from([None, 0, 0, 1, 2, 5]), value=st.text("aé \n", min_size=1, max_size=7))
def test_strings_keep_their_length(submission: SubmissionHandle, name: str, longest: int | None, value: str) -> None:
    """Text of at most max_length characters is accepted as it is, longer text is refused."""
    hold(submission, thing(**{name: spec("string", max_length=longest)}), tries(name, value, ""))


@criterion(
    "validation", weight=2, hint="No whitespace means no newline at the end either: a pattern's `$` lets one in."
)
@given(name=names, values=emails())
def test_email_addresses_follow_the_rule(submission: SubmissionHandle, name: str, values: list[str]) -> None:
    """An e-mail field accepts exactly the addresses that the brief describes."""
    steps = [step for value in values for step in tries(name, value, "a@b.c")]
    hold(submission, thing(**{name: spec("email")}), steps)


@criterion("validation", weight=2, hint="Call self.validate(value), so that a subclass can refine it.")
@given(
    name=names,
    divisor=st.integers(2, 5),
    low=st.integers(-9, 0),
    offsets=st.lists(st.integers(-3, 12), min_size=2, max_size=4),
)
def test_own_fields_refine_validation(
    submission: SubmissionHandle, name: str, divisor: int, low: int, offsets: list[int]
) -> None:
    """A field class that overrides `validate` is called on construction and on assignment, is not called for None, and
    reaches your rules through super().
    """
    own = spec("multiple", divisor=divisor, min_value=low)
    values = [None, *(low + offset for offset in offsets)]
    hold(submission, thing(**{name: own}), [step for value in values for step in tries(name, value, 0)])


@criterion("validation", hint="Go through the fields in their order and let the first error through.")
@given(
    pool=distinct(3),
    values=trio,
    limits=trio,
    order=st.permutations(range(3)),
)
def test_the_first_bad_field_is_reported(
    submission: SubmissionHandle,
    pool: list[str],
    values: tuple[int, int, int],
    limits: tuple[int, int, int],
    order: list[int],
) -> None:
    """With several bad values, the error carries the name of the first bad field in definition order, in whatever order
    the keywords come.
    """
    body = {name: spec("integer", max_value=limit) for name, limit in zip(pool, limits, strict=True)}
    hold(submission, thing(**body), [["new", "x", "Thing", {pool[index]: values[index] for index in order}]])


@criterion("validation")
@given(name=names, low=numbers, own=numbers, value=numbers)
def test_an_overriding_field_brings_its_own_rules(
    submission: SubmissionHandle, name: str, low: int, own: int, value: int
) -> None:
    """Instances of a subclass obey the overriding field, instances of the base the original one."""
    below = declared("Below", {name: spec("integer", min_value=own, default=own)}, "Thing")
    steps: list[list[Step]] = [
        [["new", "x", title, {}], ["set", "x", name, value], ["get", "x", name]] for title in ("Thing", "Below")
    ]
    hold(submission, [*thing(**{name: spec("integer", min_value=low, default=low)}), below], sum(steps, []))


@criterion(
    "construction", weight=2, hint="A default is a value like any other; None passed explicitly is not a default."
)
@given(name=names, default=bounds, high=nonzero, passed=st.none() | nonzero)
def test_defaults_and_required_fields(
    submission: SubmissionHandle, name: str, default: int | None, high: int, passed: int | None
) -> None:
    """A missing keyword takes the default, which is then validated; a required field gets a value or raises; None that
    is passed stays None.
    """
    titles = {"Free": False, "Bound": True}
    for own in (default, None, high):
        classes = [
            declared(title, {name: spec("integer", default=own, required=required, max_value=high)}, "Model")
            for title, required in titles.items()
        ]
        steps: list[Step] = []
        for title, values in itertools.product(titles, [{}, {name: passed}, {name: None}]):
            steps += [["new", "x", title, {name: high}], ["new", "x", title, values], ["get", "x", name]]
        hold(submission, classes, steps)


@criterion(
    "construction", hint="`values.get(name) or default` takes a false value for a missing one: check `name in values`."
)
@given(pool=distinct(3), default=nonzero, word=titles)
def test_false_values_are_values(submission: SubmissionHandle, pool: list[str], default: int, word: str) -> None:
    """A false value that is passed, for example 0 or an empty text, is taken like any other and not replaced."""
    kinds = [spec("integer", default=default), spec("string", default=word), spec("any", default=default)]
    body = dict(zip(pool, kinds, strict=True))
    steps: list[Step] = [["new", "x", "Thing", {}], *[["get", "x", name] for name in pool]]
    falsy: tuple[Any, ...] = (False, 0.0, [], "")
    for value in falsy:
        steps.append(["new", "x", "Thing", dict(zip(pool, (0, "", value), strict=True))])
        steps += [["get", "x", name] for name in pool]
    hold(submission, thing(**body), steps)


@criterion("construction", weight=2, hint="Call a callable default while constructing, only if the keyword is missing.")
@given(
    name=names,
    start=numbers,
    order=st.lists(st.none() | nonzero, min_size=3, max_size=5),
    first=st.lists(numbers, max_size=2),
    extra=numbers,
)
def test_callable_defaults_are_called_when_needed(
    submission: SubmissionHandle,
    name: str,
    start: int,
    order: list[Any],
    first: list[Any],
    extra: int,
) -> None:
    """A callable default is called once for each instance that needs it and never otherwise; instances do not share
    what it returned.
    """
    counted = declared("Counted", {name: spec("any", 1, counter=start)}, "Model")
    listed = declared("Listed", {name: spec("any", 2, fresh=first)}, "Model")
    steps: list[Step] = []
    for value in (*order, 1):
        steps += [["new", "x", "Counted", {} if value is None else {name: value}], ["get", "x", name]]
    steps += [["new", "a", "Listed", {}], ["append", "a", name, extra], ["repr", "a"]]
    hold(submission, [counted, listed], [*steps, ["new", "b", "Listed", {}], ["repr", "b"]])


@criterion("construction", weight=2, hint="Compare the keywords with the fields before validating anything.")
@given(pool=distinct(4), good=nonzero, bad=words)
def test_unknown_keywords_are_refused(submission: SubmissionHandle, pool: list[str], good: int, bad: str) -> None:
    """A keyword that is not a field of the class, for example a dropped one, raises TypeError with the keyword in its
    message, even if another value is bad or a required one is missing.
    """
    first, second, dropped, foreign = pool
    body = {first: spec("integer"), second: spec("integer", required=True), dropped: spec("any")}
    classes = [*thing(**body), declared("Below", {dropped: spec("constant", value=good)}, "Thing")]
    keywords = [
        {second: good, foreign: good},
        {foreign: good},
        {first: bad, foreign: bad},
        {first: good, dropped: good},
    ]
    refused = [["new", "x", "Below", values] for values in keywords]
    hold(
        submission,
        classes,
        [["new", "x", "Below", {second: good}], *refused, ["new", "x", "Model", {first: good}], ["repr", "x"]],
    )


@criterion("construction")
@given(name=names, value=nonzero, more=numbers)
def test_positional_arguments_are_refused(submission: SubmissionHandle, name: str, value: int, more: int) -> None:
    """A model takes keywords only: positional arguments raise TypeError."""
    made: list[Step] = [["new", "x", "Thing", {name: value}], ["repr", "x"]]
    hold(submission, thing(**{name: spec("any")}), [*made, ["new_positional", "Thing", [more]], ["get", "x", name]])


@criterion("construction", hint="A keyword may be called `self`: make `self` positional-only.")
@given(body=st.dictionaries(st.sampled_from(TRICKY), nonzero, min_size=1, max_size=5))
def test_any_public_name_may_be_a_field(submission: SubmissionHandle, body: dict[str, int]) -> None:
    """Fields may be called `self`, `name`, `items` or anything else that is public, except for `fields`."""
    steps: list[Step] = [
        ["new", "x", "Thing", body],
        ["repr", "x"],
        *[["get", "x", name] for name in body],
        ["fields", "Thing"],
    ]
    hold(submission, thing(**dict.fromkeys(body, spec("integer"))), steps)


@criterion("instances", weight=3, hint="Values belong to the instance; the field object is shared by all instances.")
@given(
    pair=distinct(2),
    starts=st.lists(st.tuples(nonzero, titles), min_size=2, max_size=3),
    changes=st.lists(st.tuples(st.integers(0, 2), st.booleans(), numbers), min_size=1, max_size=6),
)
def test_instances_do_not_share_values(
    submission: SubmissionHandle, pair: list[str], starts: list[tuple[int, str]], changes: list[tuple[int, bool, int]]
) -> None:
    """Whatever is assigned to one instance, the others keep their values."""
    classes = [*thing(**{pair[0]: spec("integer"), pair[1]: spec("any")}), declared("Twin", {}, "Thing")]
    steps: list[Step] = [
        ["new", str(at), ("Thing", "Twin")[at % 2], dict(zip(pair, own, strict=True))] for at, own in enumerate(starts)
    ]
    for index, place, value in changes:
        steps.append(["set", str(index % len(starts)), pair[place], value])
        steps += [["get", str(at), name] for at in range(len(starts)) for name in pair]
    hold(submission, classes, steps)


@criterion("instances", hint="Use the class's __name__ and each value's repr.")
@given(title=titles, body=st.dictionaries(names, anything, max_size=4))
def test_repr_shows_every_field(submission: SubmissionHandle, title: str, body: Any) -> None:
    """`repr` is the class's name and every field with its value's repr, in order: `User(name='Ada', email=None)`."""
    classes = [declared(title, dict.fromkeys(body, spec("any")), "Model"), declared("Below", {}, title)]
    steps: list[Step] = []
    for variable, own in (("x", title), ("y", "Below")):
        steps.append(["new", variable, own, {}])
        steps += [["set", variable, name, value] for name, value in body.items()]
        steps.append(["repr", variable])
    hold(submission, classes, steps)


@criterion("instances", weight=2, hint="Return NotImplemented unless type(other) is type(self).")
@given(pair=distinct(2), values=st.lists(st.tuples(*[st.integers(1, 2)] * 2), min_size=2, max_size=3), mark=labels)
def test_equality_needs_the_same_class_and_values(
    submission: SubmissionHandle, pair: list[str], values: list[tuple[int, int]], mark: int
) -> None:
    """Instances are equal exactly if their class is the same and all their values are equal; for anything else,
    `__eq__` returns NotImplemented.
    """
    classes = [*thing(**dict.fromkeys(pair, spec("integer"))), declared("Below", {}, "Thing")]
    made = {f"{title}{index}": value for index, value in enumerate(values) for title in ("Thing", "Below")}
    steps = [["new", name, name[:-1], dict(zip(pair, value, strict=True))] for name, value in made.items()]
    steps += [["equal", left, right] for left in made for right in made]
    hold(submission, classes, [*steps, ["equal_mirror", "Thing0", mark], ["repr", "Below1"]])


@criterion("instances", hint="`__delete__` refuses; a class with __eq__ and no __hash__ is not hashable.")
@given(name=names, value=titles, more=numbers)
def test_fields_cannot_be_deleted_nor_models_hashed(
    submission: SubmissionHandle, name: str, value: str, more: int
) -> None:
    """Deleting a field raises AttributeError and keeps the value; hashing an instance raises TypeError."""
    steps: list[Step] = [["new", "x", "Thing", {name: value}], ["delete", "x", name], ["get", "x", name], ["hash", "x"]]
    hold(
        submission,
        thing(**{name: spec("any")}),
        [*steps, ["set", "x", name, more], ["delete", "x", name], ["get", "x", name]],
    )
