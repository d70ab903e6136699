"""Hidden suite of language/type_hints: drawn programs against a model out here. The types are judged by contract.py."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from grader.suite import SubmissionHandle, criterion

Entity = list[Any]
Program = list[list[Any]]

# ---- the model --------------------------------------------------------------------------------------------------

RAISED = {"NotFound": [True, False], "Duplicate": [False, True], "Conflict": [False, True], "ValueError": [False, True]}
VALUES = {
    "number": lambda entity: entity[1],
    "name": lambda entity: entity[2],
    "parity": lambda entity: entity[1] % 2,
    "initial": lambda entity: entity[2][:1],
}
EVENTS = {"added": "Added", "replaced": "Replaced", "removed": "Removed"}


class Refused(Exception):
    """What the model's repository raises; the name is the argument."""


@dataclass
class Model:
    """A repository as the brief describes it."""

    key: str
    pairs: dict[Any, Entity] = field(default_factory=dict)
    changes: list[Any] = field(default_factory=list)
    listeners: list[tuple[str, str]] = field(default_factory=list)
    known: set[str] = field(default_factory=set)
    log: list[Any] = field(default_factory=list)

    def run(self, initial: list[Entity], operations: Program) -> list[Any]:
        try:
            for entity in initial:
                self.perform("add", entity)
        except Refused as refused:
            return [raised(refused)]
        for name, *arguments in operations:
            try:
                result = self.perform(name, *arguments)
            except Refused as refused:
                result = raised(refused)
            self.log.append([name, result])
        return self.log

    def perform(self, name: str, *arguments: Any) -> Any:
        return getattr(self, f"do_{name}")(*arguments)

    def key_of(self, entity: Entity) -> Any:
        return VALUES[self.key](entity)

    def tell(self, changes: list[Any]) -> None:
        self.changes += changes
        for change in changes:
            for event, listener in self.listeners:
                if EVENTS[event] == change[0]:
                    self.log.append(["heard", listener[0], change, len(self.pairs), len(self.changes)])

    def make(self, change: list[Any]) -> list[Any]:
        self.apply_to(self.pairs, change)
        self.tell([change])
        return change

    def apply_to(self, pairs: dict[Any, Entity], change: list[Any]) -> None:
        kind, *entities = change
        keys = [self.key_of(entity) for entity in entities]
        present = pairs.get(keys[0])
        if present != (None if kind == "Added" else entities[0]) or keys[0] != keys[-1]:
            raise Refused("Conflict")
        if kind == "Removed":
            del pairs[keys[0]]
        else:
            pairs[keys[0]] = entities[-1]

    def do_add(self, entity: Entity) -> Any:
        if self.key_of(entity) in self.pairs:
            raise Refused("Duplicate")
        return self.make(["Added", entity])

    def do_put(self, entity: Entity) -> Any:
        present = self.pairs.get(self.key_of(entity))
        return self.make(["Replaced", present, entity] if present else ["Added", entity])

    def do_remove(self, key: Any) -> Any:
        return self.make(["Removed", self.do_get(key)])

    def do_get(self, key: Any, *default: Any) -> Any:
        if key in self.pairs:
            return self.pairs[key]
        if not default:
            raise Refused("NotFound")
        return default[0]

    do_get_default = do_get

    def do_contains(self, key: Any) -> Any:
        return not isinstance(key, list) and key in self.pairs

    def do_all(self) -> Any:
        return [len(self.pairs), list(self.pairs.values())]

    def do_select(self, above: int, order: str = "oldest") -> Any:
        if order not in ("oldest", "newest"):
            raise Refused("ValueError")
        found = [entity for entity in self.pairs.values() if entity[1] > above]
        return found if order == "oldest" else found[::-1]

    def do_of_type(self, kind: str) -> Any:
        return [entity for entity in self.pairs.values() if kind in ("Item", entity[0])]

    def do_group(self, by: str) -> Any:
        keys = list(dict.fromkeys(VALUES[by](entity) for entity in self.pairs.values()))
        return [
            "dict",
            [[key, [entity for entity in self.pairs.values() if VALUES[by](entity) == key]] for key in keys],
        ]

    def do_snapshot(self, form: str = "list") -> Any:
        match form:
            case "list":
                return ["list", list(self.pairs.values())]
            case "dict":
                return ["dict", [list(pair) for pair in self.pairs.items()]]
            case _:
                pass
        raise Refused("ValueError")

    def do_own(self, form: str) -> Any:
        return [len(self.pairs), self.changes[:]]

    def do_on(self, event: str, listener: str) -> Any:
        if event not in EVENTS:
            raise Refused("ValueError")
        self.listeners.append((event, listener))
        self.known.add(listener)

    def do_cancel(self, listener: str) -> Any:
        self.listeners = [pair for pair in self.listeners if pair[1] != listener]
        return None if listener in self.known else "unknown"

    def do_history(self) -> Any:
        return self.changes[:]

    def do_apply(self, changes: list[Any]) -> Any:
        pairs = dict(self.pairs)
        for change in changes:
            self.apply_to(pairs, change)
        self.pairs = pairs
        self.tell(changes)


def raised(refused: Refused) -> list[Any]:
    return ["raised", refused.args[0], *RAISED[refused.args[0]]]


# ---- drawn programs ---------------------------------------------------------------------------------------------

BASE = st.shared(st.integers(-(2**40), 2**40), key="base")
STEM = st.shared(st.text(max_size=3), key="stem")


def based(low: int, high: int) -> st.SearchStrategy[int]:
    """Numbers near one that is drawn anew for each example, so that they meet, and no table holds them."""
    return st.tuples(BASE, st.integers(low, high)).map(sum)


NUMBERS = based(0, 4)
NAMES = st.tuples(st.text("ab", max_size=2), STEM).map("".join)
ENTITIES = st.tuples(st.sampled_from(["Item", "Special"]), NUMBERS, NAMES).map(list)
KEYS = st.sampled_from(["number", "name"])
SUBSCRIPTIONS = st.sampled_from("uvwxy")


def keys(key: str) -> st.SearchStrategy[Any]:
    return NUMBERS if key == "number" else NAMES


def changing(key: str) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.tuples(st.sampled_from(["add", "put", "put"]), ENTITIES),
        st.tuples(st.just("remove"), keys(key)),
    )


def asking(key: str) -> st.SearchStrategy[Any]:
    defaults = st.integers() | NAMES
    return st.one_of(
        st.tuples(st.just("get"), keys(key)),
        st.tuples(st.sampled_from(["get", "get_default"]), keys(key), defaults),
        st.tuples(st.just("contains"), keys(key) | st.none() | NAMES),
        st.just(("all",)),
    )


def listening() -> st.SearchStrategy[Any]:
    return st.one_of(
        st.tuples(st.just("on"), st.sampled_from(sorted(EVENTS)), SUBSCRIPTIONS),
        st.tuples(st.just("cancel"), SUBSCRIPTIONS),
        st.just(("history",)),
    )


def listed(operations: list[Any]) -> Program:
    """Tuples as lists; of several subscriptions of one name only the first stays, so that names are unambiguous."""
    taken: set[str] = set()
    program = []
    for operation in operations:
        if operation[0] == "on":
            if operation[2] in taken:
                continue
            taken.add(operation[2])
        program.append(list(operation))
    return program


@st.composite
def stories(draw: st.DrawFn, *kinds: str, length: int = 20) -> tuple[str, list[Entity], Program]:
    """A key, entities to begin with, and operations of these kinds."""
    key = draw(KEYS)
    makers = {"changing": changing(key), "asking": asking(key), "listening": listening()}
    initial = draw(st.lists(ENTITIES, max_size=4, unique_by=VALUES[key]))
    operations = draw(st.lists(st.one_of([makers[kind] for kind in kinds]), min_size=length // 2, max_size=length))
    return key, initial, listed(operations)


def agree(submission: SubmissionHandle, story: tuple[str, list[Entity], Program]) -> None:
    key, initial, operations = story
    assert submission.call("run", key, initial, operations) == Model(key).run(initial, operations)


# ---- storage ----------------------------------------------------------------------------------------------------


@criterion(
    "storage", weight=3, hint="A dict keeps the order of insertion; assigning to an existing key keeps its place."
)
@given(story=stories("changing", "asking"))
def test_entities_are_kept_by_key(submission: SubmissionHandle, story: tuple[str, list[Entity], Program]) -> None:
    """add, put, remove, get, in, iter and len do what the brief says, and raise Duplicate and NotFound."""
    key, initial, operations = story
    again = [["put", entity] for entity in reversed(initial)]
    agree(submission, (key, initial, [*again, ["all"], *operations, ["all"], *again, ["all"]]))


@criterion("storage", hint="Let the constructor add them like anybody else.")
@given(key=KEYS, entities=st.lists(ENTITIES, max_size=5))
def test_the_constructor_adds(submission: SubmissionHandle, key: str, entities: list[Entity]) -> None:
    """The entities given to the constructor are added in order; a second one with the same key raises Duplicate."""
    for initial in (entities, list({VALUES[key](entity): entity for entity in entities}.values())):
        agree(submission, (key, initial, [["all"]]))


@criterion("storage", hint="What cannot be hashed is not the key of any entity: `in` is False.")
@given(
    key=KEYS,
    entities=st.lists(ENTITIES, max_size=4, unique_by=VALUES["name"]),
    others=st.lists(st.none() | NAMES | NUMBERS | st.lists(NUMBERS, max_size=1), max_size=3),
)
def test_any_object_may_be_asked_for(
    submission: SubmissionHandle, key: str, entities: list[Entity], others: list[Any]
) -> None:
    """`in` is true for an existing key and false for any other object, even an unhashable one."""
    initial = list({VALUES[key](entity): entity for entity in entities}.values())
    asked = [*(VALUES[key](entity) for entity in initial), *others, [], [1]]
    agree(submission, (key, initial, [["contains", item] for item in asked]))


@criterion("storage", hint="None is a default like any other: use a sentinel of your own for `not given`.")
@given(entities=st.lists(ENTITIES, min_size=1, max_size=5, unique_by=VALUES["number"]), key=based(0, 7))
def test_none_is_a_default_like_any_other(submission: SubmissionHandle, entities: list[Entity], key: int) -> None:
    """get(key, None) returns None for a missing key, get(key) raises NotFound."""
    agree(submission, ("number", entities, [["get", key, None], ["get_default", key, None], ["get", key], ["all"]]))


# ---- queries ----------------------------------------------------------------------------------------------------


QUERIES = [
    *(["group", by] for by in ("parity", "initial", "number")),
    *(["of_type", kind] for kind in ("Item", "Special")),
    *(["snapshot", *form] for form in ([], ["list"], ["dict"])),
]


@criterion("queries", weight=3, hint="Oldest first everywhere, except where `newest` is asked for.")
@given(
    key=KEYS,
    entities=st.lists(ENTITIES, min_size=5, max_size=16),
    gone=st.integers(0, 4),
    above=based(-1, 3),
    queries=st.permutations(QUERIES),
)
def test_queries_see_what_is_there_in_order(
    submission: SubmissionHandle, key: str, entities: list[Entity], gone: int, above: int, queries: Program
) -> None:
    """select, of_type, group and snapshot return what is there, oldest first or as requested."""
    initial = list({VALUES[key](entity): entity for entity in entities}.values())
    removed = [["remove", VALUES[key](initial[gone % len(initial)])]] * (gone > 0)
    selections = [["select", above], ["select", above, "oldest"], ["select", above, "newest"]]
    agree(submission, (key, initial, [*removed, *selections, *queries]))


@criterion("queries", hint="Literal types vanish at run time: check, and raise ValueError.")
@given(entities=st.lists(ENTITIES, max_size=4, unique_by=VALUES["number"]), word=st.text("abdelnostwi", max_size=6))
def test_other_words_are_refused(submission: SubmissionHandle, entities: list[Entity], word: str) -> None:
    """Any order except "oldest" and "newest", and any snapshot form except "list" and "dict", raises ValueError."""
    words = [word, "oldest", "newest", "list", "dict", "tuple", ""]
    program = [[name, *((-1,) if name == "select" else ()), own] for own in words for name in ("select", "snapshot")]
    agree(submission, ("number", entities, program))


@criterion("queries", hint="Return copies, not your own list or dict.")
@given(
    entities=st.lists(ENTITIES, min_size=1, max_size=5, unique_by=VALUES["name"]),
    form=st.sampled_from(["list", "dict"]),
)
def test_snapshots_are_new(submission: SubmissionHandle, entities: list[Entity], form: str) -> None:
    """Changing a snapshot does not change the repository."""
    agree(submission, ("name", entities, [["own", form], ["all"], ["snapshot", form]]))


# ---- events -----------------------------------------------------------------------------------------------------


@criterion("events", weight=3, hint="Change, then write the history, then call the listeners of that kind in order.")
@given(story=stories("listening", "changing", "changing", length=24))
def test_listeners_hear_changes_of_their_kind(
    submission: SubmissionHandle, story: tuple[str, list[Entity], Program]
) -> None:
    """Listeners receive each change of their kind in the order of subscribing, after it was made, until they cancel."""
    agree(submission, story)


@criterion("events", hint="Find the subscription by identity: the same listener may have subscribed twice.")
@given(
    event=st.sampled_from(["added", "removed"]),
    names=st.permutations(["u1", "u2", "v1"]),
    cancelled=st.lists(st.sampled_from(["u1", "u2", "v1"]), min_size=1, max_size=4),
    entities=st.lists(ENTITIES, min_size=5, max_size=5, unique_by=VALUES["number"]),
)
def test_cancelling_ends_one_subscription(
    submission: SubmissionHandle, event: str, names: list[str], cancelled: list[str], entities: list[Entity]
) -> None:
    """What `on` returns ends only its own subscription, even if called twice or if a listener subscribed twice."""
    program: Program = [["on", event, name] for name in names]
    for entity, name in zip(entities, cancelled, strict=False):
        program += [["add", entity], ["remove", entity[1]], ["cancel", name], ["cancel", name]]
    agree(submission, ("number", [], [*program, ["add", entities[-1]], ["remove", entities[-1][1]]]))


@criterion("events", hint="Return a copy of the history; refuse unknown event names.")
@given(
    story=stories("changing", length=5),
    name=st.sampled_from(["added", "replaced", "removed"]),
    extra=NAMES.filter(bool),
)
def test_history_is_a_copy_and_names_are_checked(
    submission: SubmissionHandle, story: tuple[str, list[Entity], Program], name: str, extra: str
) -> None:
    """history() returns a new list that begins with the constructor's entities; other event names raise ValueError."""
    key, initial, operations = story
    agree(submission, (key, initial, [["on", name + extra, "x"], *operations, ["own", "history"], ["history"]]))


def mistakes(key: str, present: Entity) -> list[list[Any]]:
    """Changes that do not fit where this entity is, and no other of number 9 or name `c`."""
    kind, number, name = present
    other = [kind, number, f"{name}c"] if key == "number" else [kind, number + 9, name]
    absent = [kind, number + 9, f"{name}c"]
    return [
        ["Added", other],
        ["Replaced", other, present],
        ["Removed", other],
        ["Replaced", absent, absent],
        ["Removed", absent],
        ["Replaced", present, absent],
    ]


@st.composite
def sets_of_changes(draw: st.DrawFn) -> tuple[str, list[Entity], Program]:
    """A repository with listeners, changes that fit, and the same once more with one at the end that does not."""
    key = draw(KEYS)
    initial = draw(st.lists(ENTITIES, min_size=1, max_size=5, unique_by=VALUES[key]))
    there = {VALUES[key](entity): entity for entity in initial}
    changes = []
    for entity in draw(st.lists(ENTITIES, max_size=5)):
        own = VALUES[key](entity)
        if own not in there:
            changes.append(["Added", entity])
        elif len(there) == 1 or draw(st.booleans()):
            changes.append(["Replaced", there[own], entity])
        else:
            changes.append(["Removed", there.pop(own)])
            continue
        there[own] = entity
    listeners = [["on", event, event[0:3:2]] for event in draw(st.permutations(sorted(EVENTS)))]
    unfit = draw(st.permutations(mistakes(key, draw(st.sampled_from(list(there.values()))))))
    refused = [["apply", [*changes, mistake]] for mistake in unfit]
    return key, initial, [*listeners, *refused, ["all"], ["history"], ["apply", changes], ["all"], ["history"]]


@criterion("events", weight=2, hint="Try the changes on a copy, and adopt it when all of them fit.")
@given(story=sets_of_changes())
def test_changes_are_applied_all_or_none(
    submission: SubmissionHandle, story: tuple[str, list[Entity], Program]
) -> None:
    """apply makes all changes and then notifies the listeners; if one does not fit, it raises Conflict and does
    nothing.
    """
    agree(submission, story)
