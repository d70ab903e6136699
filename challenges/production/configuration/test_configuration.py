"""Hidden suite of production/configuration: drawn schemas, sources and mistakes, compared with a model out here."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from grader.suite import SubmissionHandle, criterion

Path = tuple[str, ...]
Schema = list[Any]
"""As the probe takes it: `[class name, options, [[field, type, default], ...]]`."""
BAD = object()
"""What a value stands for that cannot be converted."""
Wrong = tuple["Case", list["Case"]]
Slips = tuple["Case", dict[tuple[str, str], str | None]]
Quiet = tuple["Case", list[str], "Case"]

# ---- the model --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Value:
    """How a source writes a value, and what it stands for."""

    raw: Any
    shown: Any


@dataclass(frozen=True)
class Entry:
    """A value that a source gives for a path. Ranks: files from 0, then secret files, variables, arguments."""

    rank: int
    path: Path
    value: Value
    file: str = ""


SECRET_FILE, VARIABLE, ARGUMENT = 10, 20, 30


@dataclass(frozen=True)
class Case:
    """All that one load reads."""

    schema: Schema
    prefix: str
    files: tuple[str, ...]
    entries: tuple[Entry, ...] = ()
    contents: Mapping[str, bytes | None] = field(default_factory=dict)
    """Files that are not made of entries, among them all that are unreadable; None: the file does not exist."""
    strangers: Mapping[str, str] = field(default_factory=dict)
    """Variables that concern nobody."""

    def source(self, entry: Entry) -> str:
        if entry.rank == ARGUMENT:
            return "--" + ".".join(entry.path)
        return self.variable(entry) if entry.rank >= SECRET_FILE else self.files[entry.rank]

    def variable(self, entry: Entry) -> str:
        return self.prefix + "__".join(entry.path).upper() + ("_FILE" if entry.rank == SECRET_FILE else "")

    def arguments(self) -> list[str]:
        return [f"--{'.'.join(entry.path)}={entry.value.raw}" for entry in self.entries if entry.rank == ARGUMENT]

    def variables(self) -> dict[str, str]:
        texts = {VARIABLE: lambda entry: entry.value.raw, SECRET_FILE: lambda entry: entry.file}
        named = {self.variable(entry): texts[entry.rank](entry) for entry in self.entries if entry.rank in texts}
        return {**named, **self.strangers}

    def steps(self) -> list[list[Any]]:
        """Return the steps that make files and variables as they are here."""
        made: dict[str, bytes | None] = {}
        for rank, name in enumerate(self.files):
            own = [entry for entry in self.entries if entry.rank == rank]
            made[name] = "".join(f"{'.'.join(entry.path)} = {toml(entry.value.raw)}\n" for entry in own).encode()
        made |= {entry.file: entry.value.raw.encode() for entry in self.entries if entry.rank == SECRET_FILE}
        made |= self.contents
        made = {f"{name}/x" if content == FOLDER else name: content for name, content in made.items()}
        return [
            *(["remove", name] if content is None else ["write", name, content] for name, content in made.items()),
            *(["set", name, text] for name, text in self.variables().items()),
        ]

    def ask(self, submission: SubmissionHandle, *script: str | Case, said: bool = False) -> list[Any]:
        """Return how each verb of a script ended; a case in it changes files and variables to its own."""
        steps, now = self.steps(), self
        for part in script:
            if isinstance(part, Case):
                steps += [*(["unset", name] for name in now.variables()), *part.steps()]
                now = part
            else:
                steps.append([part])
        words = self.schema, self.prefix, [*self.files], self.arguments(), steps
        trace = submission.call("talk" if said else "run", *words).value
        assert isinstance(trace, list)
        assert len(trace) == len(steps)
        outcomes = [outcome for step, outcome in zip(steps, trace, strict=True) if step[1:] == []]
        assert all(is_outcome(*outcome) if said else is_outcome(outcome) for outcome in outcomes)
        return outcomes

    def giving(self, *entries: Entry) -> Case:
        return replace(self, entries=entries)

    def load(self) -> Any:
        """Return what a load and a look end with, the problems in any order."""
        load = Load(self)
        value = load.build(self.schema, ())
        return settled(["raised", [*load.problems]], None) if load.problems else [["gave", None], looked(value)]


def is_outcome(outcome: Any, texts: Any = ()) -> bool:
    """Return whether the probe can have sent this."""
    match outcome:
        case ["raised", list() as problems, str()]:
            shaped = all(isinstance(problem, list) and len(problem) == 4 for problem in problems)
        case _:
            shaped = isinstance(outcome, list) and len(outcome) == 2 and outcome[0] in ("gave", "raised another")
    return shaped and all(isinstance(text, str) for text in texts)


def settled(loaded: Any, after: Any) -> Any:
    """Return what a load and a look ended with; of problems only kind, key and source, in order."""
    problems = sorted((tuple(problem[:3]) for problem in loaded[1]), key=repr) if loaded[0] == "raised" else None
    return [loaded, after] if problems is None else ["raised", problems]


def looked(value: Any, *earlier: tuple[bool, Any]) -> Any:
    """Return what a look ends with: the value, and whether each earlier one is the same, with what it holds now."""
    return ["gave", [value, [same for same, _ in earlier], [shown for _, shown in earlier]]]


def toml(value: Any) -> str:
    """Return a value as TOML writes it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {toml(inner)}" for name, inner in value.items()) + "}"
    return json.dumps(value)


class Load:
    """The brief, on entries whose meaning is known."""

    def __init__(self, case: Case) -> None:
        self.strangers = case.strangers
        self.winners: dict[Path, tuple[str, Entry]] = {}
        self.problems = {("unreadable", "", name) for name in case.contents if name in case.files}
        for entry in sorted(case.entries, key=lambda entry: entry.rank):
            self.place(entry, case.source(entry), case.schema)
        for path, (source, entry) in self.winners.items():
            if entry.file in case.contents:
                self.problems.add(("unreadable", ".".join(path), source))
            elif entry.value.shown is BAD:
                self.problems.add(("invalid", ".".join(path), source))

    def place(self, entry: Entry, source: str, schema: Schema | None) -> None:
        for depth, name in enumerate(entry.path, 1):
            kinds = {known: kind for known, kind, _ in schema[2]} if schema else {}
            if name not in kinds:
                self.problems.add(("unknown", ".".join(entry.path[:depth]), source))
                return
            schema = inner(kinds[name])
        if schema is None:
            self.winners[entry.path] = source, entry
        elif not isinstance(entry.value.raw, dict):
            self.problems.add(("invalid", ".".join(entry.path), source))

    def build(self, schema: Schema, above: Path, defaults: Mapping[str, Any] | None = None) -> Any:
        if defaults is None:
            given = {name: default for name, _, default in schema[2] if default}
            defaults = {name: self.strangers[of] if how == "variable" else of for name, (how, of) in given.items()}
        return ["schema", [[name, self.field(kind, (*above, name), defaults)] for name, kind, _ in schema[2]]]

    def field(self, kind: Any, path: Path, defaults: Mapping[str, Any]) -> Any:
        schema, default = inner(kind), defaults.get(path[-1])
        if schema is None:
            if path in self.winners:
                return self.winners[path][1].value.shown
            if path[-1] not in defaults:
                self.problems.add(("missing", ".".join(path), ""))
            return default
        is_given = any(winner[: len(path)] == path for winner in self.winners)
        if kind[0] != "schema" and default is None and not is_given:
            return None
        return self.build(schema, path, None if default is None else dict(default[1]))


def inner(kind: Any) -> Any:
    """Return the schema of a type that is a dataclass, or one or None."""
    return inner(kind[1]) if kind[0] in ("optional", "union") else kind[1] if kind[0] == "schema" else None


def differences(before: Any, after: Any, above: Path = ()) -> Iterator[list[Any]]:
    """Yield the changes between two shown values."""
    if all(isinstance(side, list) and side[0] == "schema" for side in (before, after)):
        for (name, old), (_, new) in zip(before[1], after[1], strict=True):
            yield from differences(old, new, (*above, name))
    elif before != after:
        yield [".".join(above), before, after]


# ---- what is drawn ----------------------------------------------------------------------------------------------

FIELDS, OTHERS = "abcdefghijkm", "nopqrstuvwxyz"
"""Letters of field names, and of names that share none with any field."""
RARE = "ДЖЛФЦЩЭЮЯ"
"""Letters that are in no text but passwords, so that a single one betrays them."""
UNITS, SECONDS = {"": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}, {"d": 86400, "h": 3600, "m": 60, "s": 1}
FOLDER = b"a folder"
PLAIN = ["str", "int", "bool", "path", "size", "duration"]
BAD_TEXTS: Mapping[str, Sequence[str]] = {
    "int": ["", "12x", "12.5", "twelve", "true", "12.0", "0x12"],
    "bool": ["", "yes", "1", " true"],
    "size": ["", "KiB", "12 KiB", "-12", "12.5MiB", "12kB"],
    "duration": ["", "90", "12 m", "12m90h", "-12s", "12h90"],
}
UNUSUAL: Mapping[str, Sequence[tuple[str, Any]]] = {
    "int": [(text, ["int", int(text)]) for text in ("+7", " 12 ", "1_000", "0")],
    "str": [(" a ", " a "), ("", "")],
    "path": [("~/a", ["path", "~/a"]), ("a/b", ["path", "a/b"])],
    "size": [("0", ["size", 0])],
    "duration": [("0s", ["duration", 0.0])],
    "['list', 'str']": [("a,,b,", ["list", ["a", "", "b", ""]]), ("", ["list", []])],
    "['list', 'int']": [("", ["list", []])],
}
NO_TOML: Mapping[str, Sequence[Any]] = {
    "int": ["12", True, 1.5, 3.0, [1], {"x": 1}],
    "bool": ["true", 1, 0, [True]],
    "str": [12, True, 1.5, ["a"], {"x": "a"}],
    "path": [12, True, ["a"]],
    "size": [12, True, "12 KiB", ["1KiB"]],
    "duration": [90, True, "90", ["1h"]],
}


class Author:
    """Draws structures; names and values are as random as can be, since nothing hangs on which they are."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.random = Random(draw(st.integers(0, 2**62)))
        self.taken: set[str] = set()
        self.known: list[str] = []
        self.prefix = self.word("ABCDEFGHIJKLM", 3, 6) + "_"

    def word(self, letters: str, least: int, most: int) -> str:
        """Return a word that was not drawn yet."""
        while (word := "".join(self.random.choices(letters, k=self.random.randint(least, most)))) in self.taken:
            continue
        self.taken.add(word)
        return word

    def name(self) -> str:
        """Return a field's name, so unlike all others that a slip in it is still most like itself."""
        while True:
            word = self.word(FIELDS, 6, 9)
            if all(SequenceMatcher(None, word, known).ratio() < 0.6 for known in self.known):
                self.known.append(word)
                return self.random.choice([word, f"{word[:3]}_{word[3:]}"])

    def names(self, count: int) -> list[str]:
        return [self.name() for _ in range(count)]

    def slip(self, name: str) -> str:
        """Return the name with one letter changed, missing or doubled."""
        at = self.random.choice([index for index, letter in enumerate(name) if letter != "_"][1:-1])
        letter = self.random.choice([other for other in FIELDS if other not in name])
        return name[:at] + self.random.choice([letter, "", name[at] * 2]) + name[at + 1 :]

    def stranger(self) -> str:
        return self.word(OTHERS, 6, 9)

    def file(self) -> str:
        return self.random.choice(["", "conf.d/", "run/secrets/"]) + self.stranger()

    def table(self, members: Mapping[str, Any], **options: bool) -> list[Any]:
        """Return a dataclass with a name of its own; a member is a type, or a type with a default."""
        cased = [[name, *(kind if isinstance(kind, tuple) else (kind, None))] for name, kind in members.items()]
        cased.sort(key=lambda member: member[2] is not None)
        return ["schema", [self.stranger().title(), options or {"frozen": self.draw(st.booleans())}, cased]]

    def some(self, kind: Any) -> tuple[Any, list[Any]]:
        """Return a type with a default."""
        how = "factory" if "list" in kind else self.draw(st.sampled_from(["value", "factory"]))
        return kind, [how, self.shown(kind)]

    def shown(self, kind: Any) -> Any:
        return self.at(VARIABLE, kind).shown

    def maybe(self, kind: Any) -> tuple[Any, list[Any]]:
        """Return the type or None, which is the default, in one of both spellings."""
        return [self.draw(st.sampled_from(["optional", "union"])), kind], ["value", None]

    def case(self, members: Mapping[str, Any], files: int = 2) -> Case:
        return Case(self.table(members)[1], self.prefix, tuple(self.file() for _ in range(files)))

    def shuffled(self, entries: Sequence[Entry]) -> list[Entry]:
        return self.draw(st.permutations(entries))

    def enum(self, *, is_text: bool | None = None) -> list[Any]:
        words = [self.word(FIELDS, 4, 7) for _ in range(3)]
        members = [[word[::-1].upper() + "X", word] for word in words]
        return ["enum", self.stranger().title(), members, self.random.random() < 0.5 if is_text is None else is_text]

    def kind(self) -> Any:
        return self.draw(st.sampled_from([*PLAIN, "enum"]).map(lambda kind: self.enum() if kind == "enum" else kind))

    def password(self) -> str:  # no part of it looks like a word, a number or an address
        inside = "".join(self.random.choice(OTHERS) + self.random.choice("0123456789") for _ in range(8))
        return self.random.choice(RARE) + inside + self.random.choice(RARE)

    def text(self, kind: Any) -> Value:
        """Return a text for a type that is one of PLAIN or an enum, and what it stands for."""
        draw = self.random
        match kind:
            case "str":
                text = self.word(FIELDS + OTHERS + ".-:/", 5, 12)
                return Value(text, text)
            case "int":
                number = draw.randint(-(10**7), 10**7)
                return Value(str(number), ["int", number])
            case "bool":
                word = draw.choice(["true", "false"])
                cased = "".join(map(draw.choice, zip(word, word.upper(), strict=True)))
                return Value(cased, ["bool", word == "true"])
            case "path":
                text = f"/{self.stranger()}/{self.stranger()}"
                return Value(text, ["path", text])
            case "size":
                number, unit = draw.randint(1, 5000), draw.choice([*UNITS])
                return Value(f"{number}{unit}", ["size", number * UNITS[unit]])
            case "duration":
                parts = {unit: draw.randint(1, 99) for unit in SECONDS if draw.random() < 0.5} or {"h": 7}
                text = "".join(f"{number}{unit}" for unit, number in parts.items())
                return Value(text, ["duration", float(sum(SECONDS[unit] * number for unit, number in parts.items()))])
            case _:
                value = draw.choice(kind[2])[1]
                return Value(value, ["enum", value])

    def at(self, rank: int, kind: Any) -> Value:
        """Return what a source of this rank gives for the type, and what it stands for."""
        match kind:
            case ["secret", part]:
                value = self.at(rank, part)
                return Value(value.raw, ["secret", value.shown])
            case ["optional" | "union", part]:
                return self.at(rank, part)
            case ["list", part]:
                values = [self.at(rank, part) for _ in range(self.random.randint(1, 3))]
                raws, shown = [value.raw for value in values], ["list", [value.shown for value in values]]
                spaced = (" " * self.random.randint(0, 1) + str(raw) + " " * self.random.randint(0, 1) for raw in raws)
                return Value(raws if rank < SECRET_FILE else ",".join(spaced), shown)
            case "int" | "bool" if rank < SECRET_FILE:
                value = self.text(kind)
                return Value(value.shown[1], value.shown)
            case _:
                return self.text(kind)

    def entry(self, rank: int, path: Path, kind: Any = "int", value: Value | None = None) -> Entry:
        """Return an entry with a value that is drawn, unless it is given."""
        return Entry(rank, path, value or self.at(rank, kind), self.file() if rank == SECRET_FILE else "")

    def varied(self, raw: Any) -> Any:
        """Return a wrong value with other numbers, so that nobody knows it by sight."""
        number = self.random.randint(3, 10**4)
        return re.sub("12|90", str(number), raw) if isinstance(raw, str) else number if raw in (12, 90) else raw

    def bad(self, rank: int, path: Path) -> Entry:
        """Return an entry that is no integer."""
        raws = BAD_TEXTS["int"][1:4] if rank >= SECRET_FILE else [[1], [2], "x"]
        return self.entry(rank, path, value=Value(self.varied(self.random.choice(raws)), BAD))


def written(make: Callable[[Author], Any]) -> st.SearchStrategy[Any]:
    """Return what this function writes."""
    return st.composite(lambda draw: make(Author(draw)))()


def agree(submission: SubmissionHandle, case: Case) -> None:
    """Compare what is loaded: the value, or the problems."""
    assert settled(*case.ask(submission, "load", "look")) == case.load()


# ---- sources ----------------------------------------------------------------------------------------------------


def ladder(author: Author, places: Mapping[Path, Any]) -> list[Entry]:
    """Return entries for each place: the first from arguments down, the next from variables down, and so on."""
    ranks = [ARGUMENT, VARIABLE, 1, 0]
    entries = []
    for index, (path, kind) in enumerate(places.items()):
        top = index % (len(ranks) + 1)
        lower = [rank for rank in ranks[top + 2 :] if author.draw(st.booleans())]
        entries += [author.entry(rank, path, kind) for rank in (*ranks[top : top + 2], *lower)]
    return author.shuffled(entries)


@written
def flat(author: Author) -> Case:
    kinds: dict[str, Any] = {name: author.draw(st.sampled_from(["str", "int"])) for name in author.names(5)}
    kinds[[*kinds][2]] = ["list", "int"]  # two files give it
    case = author.case({name: author.some(kind) for name, kind in kinds.items()})
    return case.giving(*ladder(author, {(name,): kind for name, kind in kinds.items()}))


@criterion("sources", weight=2, hint="Go through the sources, the weakest first, and let each replace what it names.")
@given(case=flat)
def test_the_strongest_source_wins(submission: SubmissionHandle, case: Case) -> None:
    """Arguments win over the environment, it wins over files, later files over earlier ones, files over defaults."""
    agree(submission, case)


@written
def nested(author: Author) -> Case:
    low, high, (middle, deep) = author.names(5), author.names(5), author.names(2)
    bottom = author.table({name: author.some("int") for name in low}, kw_only=True)
    case = author.case({middle: author.table({**{name: author.some("int") for name in high}, deep: bottom})})
    above: dict[Path, Any] = {(middle, name): "int" for name in author.draw(st.permutations(high))}
    return case.giving(*ladder(author, {(middle, deep, name): "int" for name in low}), *ladder(author, above))


@criterion("sources", weight=2, hint="A table in a stronger source replaces only the keys that it has itself.")
@given(case=nested)
def test_nested_keys_win_one_by_one(submission: SubmissionHandle, case: Case) -> None:
    """Below a dataclass field, too, the strongest source of each single key wins, to any depth."""
    agree(submission, case)


@written
def named(author: Author) -> Case:
    empty, twice, equals, absent, double = names = [*author.names(4), f"a{author.prefix.lower()}{author.name()}"]
    case = author.case({name: ("str", ["value", "unset"]) for name in names}, files=1)
    texts = {f"{author.password()}=--{author.password()}=": name for name in (twice, twice, equals)}
    entries = [Entry(ARGUMENT, (name,), Value(text, text)) for text, name in texts.items()]
    entries += [author.entry(rank, (name,), "str") for rank, name in ((0, empty), (VARIABLE, double))]
    entries.append(Entry(VARIABLE, (empty,), Value("", "")))
    prefix, name = case.prefix, absent.upper()
    strangers = {name: "a", f"X{prefix}{name}": "b", f"{prefix.lower()}{name}": "c", f"{prefix[:-1]}{name}": "d"}
    return replace(case, entries=tuple(entries), strangers=strangers)


@criterion("sources", hint="Split an argument at its first `=` only. A variable counts if it is there.")
@given(case=named)
def test_names_of_arguments_and_variables(submission: SubmissionHandle, case: Case) -> None:
    """The last argument wins, values may contain `=`, and empty variables count, but none without the prefix."""
    agree(submission, case)


@written
def defaulted(author: Author) -> Case:
    """Dataclasses with a default of their own and without; some keys of each are given, others are not."""
    kinds = dict(zip(author.names(4), [author.kind(), ["list", author.kind()], "int", "int"], strict=True))
    known = author.table({name: author.some(kind) for name, kind in kinds.items()})
    needed = author.table(kinds, frozen=True)
    (first, second, third, fourth, deep, more, none), (*_, one, two) = author.names(7), kinds
    own = [["schema", [[name, author.shown(kind)] for name, kind in kinds.items()]] for _ in range(3)]
    fields = {first: known, second: (known, ["factory", own[0]]), third: (needed, ["value", own[1]])}
    fields[fourth] = author.table({deep: needed}), ["factory", ["schema", [[deep, own[2]]]]]
    case = author.case({**fields, more: author.some(["list", "int"]), none: author.maybe("int")})
    places = [(0, (first, one)), (VARIABLE, (second, two)), (ARGUMENT, (third, one)), (1, (fourth, deep, one))]
    return case.giving(*(author.entry(rank, path) for rank, path in places))


@criterion("sources", weight=2, hint="The default of a dataclass field comes first, and then those of its class.")
@given(case=defaulted)
def test_defaults_fill_in_what_no_source_gives(submission: SubmissionHandle, case: Case) -> None:
    """What no source gives comes from the default of the dataclass field around it, and without one from the class."""
    agree(submission, case)


@written
def optional(author: Author) -> Case:
    """Optional dataclasses: nobody mentions one, one has an empty table, the others are given in one source each."""
    (name, deep, below, secret), fields = author.names(4), author.names(6)
    members = {name: author.some("int"), deep: author.table({below: author.some("int")})}
    inside = author.table({**members, secret: author.maybe(["secret", "str"])})
    case = author.case(dict.fromkeys(fields, author.maybe(inside)))
    places = [(0, (fields[0], name)), (VARIABLE, (fields[1], name)), (ARGUMENT, (fields[2], deep, below))]
    entries = [author.entry(rank, path) for rank, path in places]
    entries.append(author.entry(SECRET_FILE, (fields[4], secret), ["secret", "str"]))
    return case.giving(*entries, Entry(1, (fields[3],), Value({}, None)))


@criterion("sources", hint="Build an optional dataclass if a source gives any key below it.")
@given(case=optional)
def test_optional_dataclasses(submission: SubmissionHandle, case: Case) -> None:
    """An optional dataclass is built when a source gives a key below it, however deep, and is None otherwise."""
    agree(submission, case)


# ---- values -----------------------------------------------------------------------------------------------------


def variants(author: Author, *kinds: Any) -> list[Any]:
    """Return the types, plain, secret and optional."""
    plain = [*kinds, *(["secret", kind] for kind in kinds)]
    return [*plain, *(author.maybe(kind)[0] for kind in plain)]


def typed(kinds: Callable[[Author], list[Any]]) -> st.SearchStrategy[Case]:
    """Return cases with two fields of each of these types, one given as text and one in TOML."""

    def make(author: Author) -> Case:
        text = author.draw(st.sampled_from([VARIABLE, ARGUMENT]))
        places: list[Any] = [(rank, kind, None) for rank in (0, text) for kind in kinds(author)]
        places += [(text, kind, Value(*pair)) for kind in kinds(author) for pair in UNUSUAL.get(str(kind), ())]
        places += [(0, kind, Value([], ["list", []])) for kind in kinds(author) if kind[0] == "list"]
        fields = {author.word(FIELDS, 6, 9): place for place in places}
        case = author.case({name: kind for name, (_, kind, _) in fields.items()}, files=1)
        return case.giving(*(author.entry(rank, (name,), *place) for name, (rank, *place) in fields.items()))

    return written(make)


@criterion("values", weight=2, hint="`bool` of a text is true for nearly every text; TOML has integers and booleans.")
@given(case=typed(lambda author: variants(author, "str", "int", "bool")))
def test_texts_numbers_and_booleans(submission: SubmissionHandle, case: Case) -> None:
    """Texts, integers and booleans, secret and optional ones, too, are made from text and from TOML."""
    agree(submission, case)


@criterion("values", weight=2, hint="TOML has no type for these: they are strings there.")
@given(case=typed(lambda author: variants(author, "path", "size", "duration")))
def test_paths_sizes_and_durations(submission: SubmissionHandle, case: Case) -> None:
    """Paths, sizes and durations are made from text and from strings in TOML."""
    agree(submission, case)


@criterion("values", hint="`Color(text)` looks a member up by its value, `Color[text]` by its name.")
@given(case=typed(lambda author: [["list", author.enum()], *variants(author, author.enum())]))
def test_enums(submission: SubmissionHandle, case: Case) -> None:
    """A member of an enum is given by its value, in lists, secrets and optional fields, too."""
    agree(submission, case)


@criterion("values", hint="The empty text is the empty list; spaces around the commas do not count.")
@given(case=typed(lambda author: [author.maybe(["list", "int"])[0], *(["list", kind] for kind in PLAIN)]))
def test_lists(submission: SubmissionHandle, case: Case) -> None:
    """A list is made from a text with commas, or from an array, each element by its type."""
    agree(submission, case)


def wrong(author: Author, rank: int) -> Wrong:
    """Return a case in which all is right, and others with one wrong value each: all that there are."""
    textual = rank == VARIABLE
    bad: list[tuple[Any, Sequence[Any]]] = [*(BAD_TEXTS if textual else NO_TOML).items()]
    for enum in (author.enum(is_text=True), author.enum(is_text=False)):
        bad.append((enum, ["", "another", enum[2][0][1].upper()] if textual else [12, ["another"]]))
    lists = ["12x", "1,2.5", "true", "1;2", "[1, 2]"] if textual else ["1,2", 12, [1, "2"], [True], {"x": 1}]
    bad += [(["list", "int"], lists), (["union", "int"], ["None", "12x", ""] if textual else ["none", False])]
    fields, given = {author.name(): pair for pair in bad}, author.name()
    case = author.case({given: "str", **{name: author.some(kind) for name, (kind, _) in fields.items()}}, files=1)
    right = author.entry(ARGUMENT, (given,), "str")
    values = [(name, Value(author.varied(raw), BAD)) for name, (_, raws) in fields.items() for raw in raws]
    return case.giving(right), [case.giving(right, Entry(rank, (name,), value)) for name, value in values]


def check_wrong(submission: SubmissionHandle, wrong: Wrong) -> None:
    case, others = wrong
    script = [part for other in others for part in (other, "load")]
    first, look, *outcomes = case.ask(submission, "load", "look", *script)
    assert settled(first, look) == case.load()
    for other, outcome in zip(others, outcomes, strict=True):
        (name,), value = other.entries[1].path, other.entries[1].value
        kind = next(kind for known, kind, _ in case.schema[2] if known == name)
        assert outcome[0] == "raised", f"{value.raw!r} for {kind}"


@criterion("values", weight=2, hint="What does not fit the type is a problem, not something to guess from.")
@settings(max_examples=3)
@given(wrong=written(lambda author: wrong(author, VARIABLE)))
def test_texts_that_fit_no_type(submission: SubmissionHandle, wrong: Wrong) -> None:
    """A text that a type does not take is refused."""
    check_wrong(submission, wrong)


@criterion("values", weight=2, hint="In Python, `True` is an `int`, and `int(1.5)` is 1.")
@settings(max_examples=3)
@given(wrong=written(lambda author: wrong(author, 0)))
def test_toml_of_the_wrong_type(submission: SubmissionHandle, wrong: Wrong) -> None:
    """A TOML value of another type is refused: neither `true` nor `"1"` is an integer."""
    check_wrong(submission, wrong)


@criterion("values", hint="`Field.type` may be a string; `typing.get_type_hints` knows what it stands for.")
@settings(max_examples=4)
@given(author=written(lambda author: author))
def test_annotations_may_be_strings(submission: SubmissionHandle, author: Author) -> None:
    """A schema may be written below `from __future__ import annotations`, and inherit fields from another."""
    size, limit, timeout = map(author.text, ["int", "size", "duration"])
    secret, ports = author.password(), author.at(VARIABLE, ["list", "int"])
    limits = (["size", 7], limit.shown)
    pools = [["schema", [["size", size.shown], ["limit", of], ["color", ["enum", "blue"]]]] for of in limits]
    database = ["schema", [["password", ["secret", secret]], ["pool", pools[0]], ["spare", pools[1]]]]
    fields = [["database", database], ["ports", ports.shown], ["timeout", timeout.shown], ["home", ["path", "/srv"]]]
    texts = {"PASSWORD": secret, "POOL__SIZE": size.raw, "SPARE__SIZE": size.raw, "SPARE__LIMIT": limit.raw}
    environment = {f"APP_DATABASE__{name}": text for name, text in texts.items()}
    environment |= {"APP_PORTS": ports.raw, "APP_TIMEOUT": timeout.raw}
    assert submission.call("annotated", environment) == ["schema", fields]


# ---- problems ---------------------------------------------------------------------------------------------------


@written
def all_at_once(author: Author) -> Case:
    """Nested integers: two are missing, one is wrong in each source, the others are right."""
    inside, (table, _, late) = author.names(9), author.names(3)
    case = author.case({table: author.table(dict.fromkeys(inside, "int")), _: ["optional", "int"], late: "int"})
    paths: list[Path] = [*((table, name) for name in inside[1:]), (late,)]
    entries = [author.bad(rank, path) for rank, path in zip([ARGUMENT, VARIABLE, 1, 0, VARIABLE], paths, strict=False)]
    entries += [author.entry(author.draw(st.sampled_from([0, 1, VARIABLE, ARGUMENT])), path) for path in paths[5:]]
    return case.giving(*author.shuffled(entries))


@criterion("problems", weight=3, hint="Go on after the first problem: collect them all, and raise once at the end.")
@given(case=all_at_once)
def test_all_problems_at_once(submission: SubmissionHandle, case: Case) -> None:
    """One error holds every missing and every invalid field, with its whole key and the source of its value."""
    agree(submission, case)


@written
def strange(author: Author) -> Case:
    """Unknown names in each source, at the top and below, alone and with a whole table behind them."""
    table, deep, maybe = author.names(3)
    known = author.word(FIELDS, 6, 9) + "_a"
    members = {known: author.some("int"), table: author.table({deep: author.some("int")})}
    case = author.case({**members, maybe: author.maybe(author.table({deep: "int"}))})
    entries = [author.entry(ARGUMENT, (known,)), author.entry(0, (table, deep))]
    for rank in (ARGUMENT, VARIABLE, 0, 1):
        first, second, third, *more = (author.stranger() for _ in range(5))
        paths = [(first,), (table, second), (third, more[0]), (third, more[1], deep), (third, deep)]
        entries += [author.entry(rank, path) for path in author.draw(st.permutations(paths))[:4]]
        entries += [author.entry(rank, (known, author.stranger()))] if rank >= VARIABLE else []
        entries.append(author.entry(rank, (maybe, author.stranger())))
    alike = [known.upper(), known.replace("_", "-"), f"{table}__{deep}"]
    entries += [author.entry(rank, (name,)) for name in alike for rank in (ARGUMENT, 0)]
    entries += [author.entry(ARGUMENT, (alike[0],)), author.entry(ARGUMENT, (table,)), author.entry(ARGUMENT, (table,))]
    return case.giving(*author.shuffled(entries))


@criterion("problems", weight=2, hint="Walk each name along the schema, and stop where it leaves it.")
@given(case=strange)
def test_unknown_names_in_every_source(submission: SubmissionHandle, case: Case) -> None:
    """A name that no field has as it is written is a problem in every source, up to the first unknown part, once."""
    agree(submission, case)


@written
def slipped(author: Author) -> Slips:
    """Slips and strangers in each source, at the top and below."""
    (*top, table), low = author.names(4), author.names(4)
    inside = author.table({name: author.some("int") for name in low})
    case = author.case({**{name: author.some("int") for name in top}, table: inside}, files=1)
    nearest: dict[tuple[str, str], str | None] = {}
    entries = [author.entry(0, (author.slip(table), low[0]))]
    nearest[entries[0].path[0], case.files[0]] = table
    for rank, *names in zip((ARGUMENT, VARIABLE, 0), top, low, strict=False):
        for path in ((names[0],), (table, names[1])):
            for last, near in ((author.slip(path[-1]), ".".join(path)), (author.stranger(), None)):
                entries.append(author.entry(rank, (*path[:-1], last)))
                nearest[".".join(entries[-1].path), case.source(entries[-1])] = near
    return case.giving(*entries), nearest


@criterion("problems", weight=2, hint="Compare the name with its siblings: `difflib.get_close_matches` is good enough.")
@given(slips=slipped)
def test_the_nearest_name(submission: SubmissionHandle, slips: Slips) -> None:
    """An unknown key says the whole key of the field at its level that it is most similar to, or None."""
    case, nearest = slips
    (outcome,) = case.ask(submission, "load")
    assert outcome[0] == "raised"
    assert {(key, source): near for _, key, source, near in outcome[1]} == nearest


@written
def overridden(author: Author) -> Case:
    """Wrong values below right ones, and right ones below wrong ones."""
    names, entries = author.names(6), []
    for index, name in enumerate(names):
        low, high = sorted(author.draw(st.permutations([0, 1, VARIABLE, ARGUMENT]))[:2])
        right, bad = (high, low) if index < 4 else (low, high)
        entries += [author.entry(right, (name,)), author.bad(bad, (name,))]
    return author.case(dict.fromkeys(names, "int")).giving(*author.shuffled(entries))


@criterion("problems", hint="Find the winners first, and convert only these.")
@given(case=overridden)
def test_only_winners_are_converted(submission: SubmissionHandle, case: Case) -> None:
    """A wrong value is no problem if a stronger source gives a right one, and is one if only weaker ones do."""
    agree(submission, case)


@written
def unreadable(author: Author) -> Case:
    """Of five files one is not there, two are not TOML or not UTF-8, and two give wrong values."""
    names = author.names(4)
    case = author.case(dict.fromkeys(names, "int"), files=5)
    *bad, one, other = author.draw(st.permutations(range(5)))
    text = author.password().encode()
    contents = [author.random.choice([None, FOLDER]), b"key = [" + text, b'key = "' + text + b'\xff"']
    entries = [author.bad(one, (names[0],)), author.entry(one, (names[1],)), author.bad(other, (names[2],))]
    return replace(case, entries=tuple(entries), contents={case.files[at]: contents.pop() for at in bad})


@criterion("problems", hint="A file that cannot be read is one problem more, and no reason to stop.")
@given(case=unreadable)
def test_unreadable_files_are_problems(submission: SubmissionHandle, case: Case) -> None:
    """Files that do not exist, are not UTF-8 or not TOML are problems, beside all others; they give nothing."""
    agree(submission, case)


@written
def misshapen(author: Author) -> Case:
    """Something else than a table for dataclasses, and a table for what is none, all of them in a table."""
    first, second, third, maybe, needs, has, scalar, name, table = author.names(9)
    inside, needed = author.table({name: author.some("int")}), author.table({name: "int"})
    fields: dict[str, Any] = {first: inside, second: inside, third: inside, needs: needed, has: needed}
    fields |= {maybe: author.maybe(needed), scalar: author.some("int")}
    texts = [(ARGUMENT, first), (VARIABLE, second), (VARIABLE, maybe), (VARIABLE, has)]
    shapes = ["", "{}", f'{{"{name}": 1}}', author.stranger()]
    entries = [Entry(rank, (table, own), Value(author.random.choice(shapes), BAD)) for rank, own in texts]
    entries += [author.entry(1, (table, third, name)), author.entry(0, (table, has, name))]
    others = [(third, author.draw(st.sampled_from(["int", "str", ["list", "int"]]))), (needs, "bool")]
    entries += [author.entry(0, (table, own), kind) for own, kind in others]
    return author.case({table: author.table(fields)}).giving(*entries, Entry(1, (table, scalar), Value({name: 1}, BAD)))


@criterion("problems", hint="Know from the schema what is a table, not from the value.")
@given(case=misshapen)
def test_only_tables_are_dataclasses(submission: SubmissionHandle, case: Case) -> None:
    """Anything but a table is invalid for a dataclass in every source, and gives nothing; for others a table is."""
    agree(submission, case)


@criterion("problems", hint="Name the place in the error's text: that is what people will see.")
@settings(max_examples=4)
@given(cases=st.tuples(all_at_once, strange))
def test_the_text_names_keys_and_sources(submission: SubmissionHandle, cases: tuple[Case, Case]) -> None:
    """The text of the error contains the key and the source of each problem."""
    for case in cases:
        (outcome,) = case.ask(submission, "load")
        assert outcome[0] == "raised"
        assert [part for _, *parts in case.load()[1] for part in parts if part not in outcome[2]] == []


# ---- secrets ----------------------------------------------------------------------------------------------------


def hush(text: str, ends: str = "") -> Value:
    return Value(text + ends, ["secret", text])


@written
def filed(author: Author) -> Case:
    """Secrets from files; those that stronger sources give name no file that is there."""
    inside, (table, number, *direct) = author.names(5), author.names(5)
    kind = ["secret", "str"]
    fields = {table: author.table(dict.fromkeys(inside, kind)), number: author.maybe(["secret", "int"])}
    case = author.case({**fields, **dict.fromkeys(direct, kind)})
    drawn = author.text("int")
    entries = [author.entry(SECRET_FILE, (number,), value=Value(f"{drawn.raw}\n", ["secret", drawn.shown]))]
    words = ["", *(author.password() + more for more in ("", "\n", " \r\nx", "\r"))]
    for name, text, ends in zip(inside, words, ("\n", "", "\n", "", "\n"), strict=True):
        value = hush(text, ends)
        entries += [author.entry(SECRET_FILE, (table, name), value=value), author.entry(0, (table, name), kind)]
    absent = [author.entry(SECRET_FILE, (name,), kind) for name in direct]
    entries += [*absent, author.entry(VARIABLE, (direct[0],), kind), author.entry(ARGUMENT, (direct[1],), kind)]
    entries.append(Entry(VARIABLE, (direct[2],), hush("")))
    return replace(case, entries=tuple(author.shuffled(entries)), contents={entry.file: None for entry in absent})


@criterion("secrets", weight=2, hint="A secret's file is weaker than the variable itself, and is read only if it wins.")
@given(case=filed)
def test_secrets_come_from_files(submission: SubmissionHandle, case: Case) -> None:
    """`NAME_FILE` gives the file's text without one final newline; it is read only if nothing stronger has the key."""
    agree(submission, case)


@written
def lost(author: Author) -> list[Case]:
    """Files of secrets: one is not there, one not UTF-8, one holds a wrong value, and one is for what is no secret."""
    kinds = [["secret", "str"], author.maybe(["secret", "str"]), ["secret", "int"], author.some("str")]
    contents = [author.random.choice([None, FOLDER]), author.password().encode() + b"\xff"]
    cases = []
    for name, kind in zip(author.names(4), kinds, strict=True):
        entry = author.entry(SECRET_FILE, (name,), value=Value("x", BAD))
        broken = {entry.file: contents.pop()} if contents else {}
        cases.append(replace(author.case({name: kind}), entries=(entry,), contents=broken))
    return [*cases[:-1], cases[-1].giving(author.entry(VARIABLE, (f"{name}_file",)))]


@criterion("secrets", hint="The source of a value from a secret's file is the variable that names the file.")
@given(cases=lost)
def test_secret_files_with_problems(submission: SubmissionHandle, cases: list[Case]) -> None:
    """A secret's file is unreadable, or its text invalid, at the variable with `_FILE`, which only secrets have."""
    for case in cases:
        agree(submission, case)


def leaks(hidden: Sequence[str], outcomes: Sequence[Any]) -> list[str]:
    """Return the texts with four characters in a row of what is hidden, eight of a number, or with one rare letter."""
    sizes = {text: 8 if text.isdigit() else 4 for text in hidden}
    pieces = {text[at : at + size] for text, size in sizes.items() for at in range(len(text) - size + 1)}
    pieces |= {form for letter in RARE for form in (letter, ascii(letter)[1:-1], repr(letter.encode())[2:-1])}
    heard = "\n".join(text for _, texts in outcomes for text in texts)
    pieces = {piece for piece in pieces if piece in heard}
    return [text for _, texts in outcomes for text in texts if any(piece in text for piece in pieces)]


def check_silence(submission: SubmissionHandle, quiet: Quiet) -> None:
    """Load what is wrong, then what is right, then what is wrong again, but for arguments: nobody hears a secret."""
    case, hidden, right = quiet
    later = case.giving(*(entry for entry in case.entries if entry.rank < ARGUMENT))
    (first,) = case.ask(submission, "load", said=True)
    second, look, last = right.ask(submission, "load", "look", later, "reload", said=True)
    assert (first[0][0], last[0][0]) == ("raised", "raised")
    assert settled(second[0], look[0]) == right.load()
    assert leaks(hidden, [first, second, look, last]) == []


@written
def wrong_secrets(author: Author) -> Quiet:
    """Secrets that are no numbers, sizes or words of a list, or no texts; some are overridden by others as wrong."""
    plain = ("int", "str", "size", author.enum(), "bool", "int")
    kinds = {author.name(): author.some(["secret", kind]) for kind in plain}
    kinds[[*kinds][-1]] = author.maybe(["secret", author.draw(st.sampled_from(["int", "duration"]))])
    ranks = [author.draw(st.sampled_from([VARIABLE, SECRET_FILE])), 0, 1, VARIABLE, SECRET_FILE, ARGUMENT]
    hidden = [author.password() for _ in range(10)] + [str(author.random.randrange(10**15, 10**16))]
    values = [Value(raw, BAD) for raw in (hidden[0], int(hidden[-1]), {author.stranger(): hidden[2]}, *hidden[3:6])]
    entries = [author.entry(*given) for given in zip(ranks, zip(kinds), kinds, values, strict=True)]
    below = [Entry(0, path, Value(text, BAD)) for path, text in zip([*zip(kinds)][::2], hidden[6:], strict=False)]
    right = [replace(entry, value=author.at(entry.rank, kinds[entry.path[0]][0])) for entry in entries[:2]]
    case = author.case(kinds)
    return case.giving(*entries, *below), hidden, case.giving(*right)


@criterion("secrets", weight=2, hint="Say what is expected, not what came; raise when no exception is being handled.")
@given(quiet=wrong_secrets)
def test_wrong_secrets_stay_secret(submission: SubmissionHandle, quiet: Quiet) -> None:
    """A secret that cannot be converted is in no text of the error, its problems, its traceback, or any log or file."""
    check_silence(submission, quiet)


@written
def unknown_secrets(author: Author) -> Quiet:
    """Secrets under unknown names, in an unknown table, and in a file that is not TOML; a number is missing."""
    (name, number), hidden = author.names(2), [author.password() for _ in range(6)]
    case = author.case({name: ["secret", "str"], number: "int"}, files=3)
    right = Entry(VARIABLE, (name,), hush(hidden[0]))
    places = [(VARIABLE, hidden[1]), (0, hidden[2]), (ARGUMENT, hidden[5])]
    entries = [Entry(rank, (author.slip(name),), hush(text)) for rank, text in places]
    table = Entry(1, (author.stranger(),), Value({author.stranger(): hidden[3]}, BAD))
    content = author.draw(st.sampled_from(['key = "%s', "key = %s", '"%s" = ', "[%s"])) % hidden[4]
    broken = content.encode() + author.draw(st.sampled_from([b"", b"\xff"]))
    wrong = replace(case, entries=(right, *entries, table), contents={case.files[2]: broken})
    return wrong, hidden, case.giving(right, author.entry(VARIABLE, (number,)))


@criterion("secrets", hint="A mistyped name may belong to a password, and a broken file may be full of them.")
@given(quiet=unknown_secrets)
def test_unknown_values_stay_secret(submission: SubmissionHandle, quiet: Quiet) -> None:
    """Values of unknown keys and contents of unreadable files are in no text."""
    check_silence(submission, quiet)


@written
def rotated(author: Author) -> tuple[Case, Case, list[str]]:
    """Secrets from all sources, good ones, and others afterwards."""
    table, *names = author.names(4)
    secret = ["secret", "str"]
    fields = {name: author.draw(st.sampled_from([secret, author.maybe(secret)])) for name in names}
    case = author.case({table: author.table(fields)}, files=1)
    hidden = [author.password() for _ in range(6)]
    drawn = zip(names, author.draw(st.permutations([VARIABLE, SECRET_FILE, 0])), hidden, strict=False)
    entries = [author.entry(rank, (table, name), value=hush(text)) for name, rank, text in drawn]
    later = [replace(entry, value=hush(text)) for entry, text in zip(entries, hidden[3:], strict=True)]
    return case.giving(*entries), case.giving(*later), hidden


@criterion("secrets", hint="Keep raw texts out of everything that people print.")
@given(rotation=rotated)
def test_good_secrets_stay_secret(submission: SubmissionHandle, rotation: tuple[Case, Case, list[str]]) -> None:
    """Good secrets are in no text of values, configurations and changes either, nor printed, logged or written."""
    before, after, hidden = rotation
    outcomes = before.ask(submission, "load", "look", after, "reload", "look", said=True)
    old, new = before.load()[1][1][0], after.load()[1][1][0]
    assert outcomes[1][0] == looked(old)
    assert outcomes[3][0] == looked(new, (False, old))
    assert leaks(hidden, outcomes) == []


# ---- reload -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Turn:
    """A load, and another one after files and variables changed."""

    before: Case
    after: Case

    @property
    def values(self) -> tuple[Any, Any]:
        return self.before.load()[1][1][0], self.after.load()[1][1][0]

    @property
    def changes(self) -> Any:
        return ["gave", sorted(differences(*self.values), key=repr)]


@written
def turned(author: Author) -> Turn:
    """Settings from all sources but arguments, at three levels; up to three change, and what a factory makes."""
    (one, two, made, middle), (text, deep), (number, secret, *more) = author.names(4), author.names(2), author.names(4)
    bottom = {number: "int", secret: ["secret", "str"], **{name: author.some(["list", "int"]) for name in more}}
    inside = author.table({text: "str", deep: author.table(bottom, slots=True)})
    variable, *texts = (author.stranger() for _ in range(3))
    case = author.case({one: "int", two: author.some("str"), made: ("str", ["variable", variable]), middle: inside})
    kinds: dict[Path, Any] = {(one,): "int", (middle, text): "str", (middle, deep, number): "int"}
    kinds[middle, deep, secret] = ["secret", "str"]
    ranks = [*author.draw(st.permutations([0, 1, VARIABLE])), author.draw(st.sampled_from([0, VARIABLE, SECRET_FILE]))]
    entries = [author.entry(rank, path, kind) for rank, (path, kind) in zip(ranks, kinds.items(), strict=True)]
    stay = author.draw(st.permutations([*kinds]))[author.draw(st.integers(1, 3)) :]
    later = [
        entry if entry.path in stay else replace(entry, value=author.at(entry.rank, kinds[entry.path]))
        for entry in entries
    ]
    before, after = (replace(case, strangers={variable: text}) for text in texts)
    return Turn(before.giving(*entries), after.giving(*later))


@criterion("reload", weight=2, hint="Compare the old and the new value field by field, and below dataclasses likewise.")
@given(turn=turned)
def test_reload_says_what_changed(submission: SubmissionHandle, turn: Turn) -> None:
    """`reload()` reads variables and files and calls factories again, and returns what differs, with old and new."""
    *_, reloaded = turn.before.ask(submission, "load", turn.after, "reload")
    assert reloaded == turn.changes


@written
def appearing(author: Author) -> Turn:
    """An optional dataclass and an optional value, of which one appears and one disappears."""
    table, number, one, other = author.names(4)
    inside = author.table({one: "int", other: author.some("str")})
    case = author.case({table: author.maybe(inside), number: author.maybe("int")}, files=1)
    rank = author.draw(st.sampled_from([0, VARIABLE]))
    cases = [case.giving(author.entry(rank, path)) for path in ((table, one), (number,))]
    return Turn(*author.draw(st.permutations(cases)))


@criterion("reload", hint="Where only one side is a dataclass, the whole field has changed.")
@given(turn=appearing)
def test_what_appears_and_disappears(submission: SubmissionHandle, turn: Turn) -> None:
    """A dataclass that appears or disappears is one change, of the field that holds it."""
    *_, reloaded = turn.before.ask(submission, "load", turn.after, "reload")
    assert reloaded == turn.changes


@written
def failing(author: Author) -> tuple[Turn, Case]:
    """Settings, the same with a change, and with the change and a number that is none."""
    turn = author.draw(turned)
    return turn, turn.after.giving(*turn.after.entries, Entry(VARIABLE, turn.after.entries[0].path, Value("none", BAD)))


@criterion("reload", weight=2, hint="Load completely before you replace anything.")
@given(failing=failing)
def test_a_failed_reload_changes_nothing(submission: SubmissionHandle, failing: tuple[Turn, Case]) -> None:
    """With a problem, `reload()` raises and `value` stays the same object; the next one tells all changes since."""
    turn, wrong = failing
    script = ("load", "look", wrong, "reload", "look", turn.after, "reload")
    _, _, raised, look, last = turn.before.ask(submission, *script)
    old, _ = turn.values
    assert settled(raised, None) == wrong.load()
    assert look == looked(old, (True, old))
    assert last == turn.changes


@criterion("reload", hint="Make a new value, and only if something differs; never write into the one that others hold.")
@given(turn=turned)
def test_values_are_kept_or_replaced(submission: SubmissionHandle, turn: Turn) -> None:
    """Without a difference `value` is the same object, whatever others load; with one, the old one stays as it was."""
    verbs = ["load", "look", "another", "reload", "look"], ["reload", "look", "reload", "look"]
    outcomes = turn.before.ask(submission, *verbs[0], turn.after, *verbs[1])
    _, first, _, idle, second, _, third, idle_again, last = outcomes
    old, new = turn.values
    assert (idle, idle_again) == (["gave", []], ["gave", []])
    assert (first, second) == (looked(old), looked(old, (True, old)))
    assert third == looked(new, (False, old), (False, old))
    assert last == looked(new, (False, old), (False, old), (True, new))
