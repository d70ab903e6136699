"""Typed settings from arguments, environment, TOML files and defaults, on pydantic-settings.

Each source becomes a tree of raw values that know where they come from. pydantic-settings merges the trees, a model
made from the schema converts the leaves, and a validation error gives each bad leaf back with its place.
"""

from __future__ import annotations

import dataclasses
import functools
import re
import tomllib
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from enum import EnumType
from pathlib import Path
from typing import Annotated, Any, ClassVar, Generic, Literal, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, ValidationError, create_model
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

T = TypeVar("T")
Tree = dict[str, "Raw | Tree"]

# ---- given ------------------------------------------------------------------------------------------------------


class Secret(Generic[T]):
    """A value that no text shows."""

    def __init__(self, value: T) -> None:
        self._value = value

    def reveal(self) -> T:
        """Return the value."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(********)"

    def __str__(self) -> str:
        return "********"

    def __eq__(self, other: object) -> bool:
        return self._value == other._value if isinstance(other, Secret) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._value)


class ByteSize(int):
    """A number of bytes."""

    @classmethod
    def parse(cls, text: str) -> ByteSize:
        """Return the size that a text such as `512`, `64KiB`, `3MiB` or `1GiB` stands for."""
        found = re.fullmatch(r"([0-9]+)(KiB|MiB|GiB)?", text)
        if found is None:
            raise ValueError(f"not a size: {text!r}")
        return cls(int(found[1]) * {None: 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}[found[2]])


class Duration(timedelta):
    """A length of time."""

    @classmethod
    def parse(cls, text: str) -> Duration:
        """Return the duration that a text such as `45s`, `1h30m` or `2d` stands for."""
        found = re.fullmatch(r"(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?", text)
        if found is None or not text:
            raise ValueError(f"not a duration: {text!r}")
        days, hours, minutes, seconds = (int(number or 0) for number in found.groups())
        return cls(days=days, hours=hours, minutes=minutes, seconds=seconds)


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, and the place to fix it."""

    kind: Literal["missing", "invalid", "unknown", "unreadable"]
    key: str
    source: str
    nearest: str | None = None
    message: str = ""


@dataclass(frozen=True)
class Change:
    """A key whose value differs after a reload."""

    key: str
    old: object
    new: object


# ---- what sources say -------------------------------------------------------------------------------------------


class Dataclass(Protocol):
    """What all dataclasses have."""

    __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]


@dataclass(frozen=True)
class Raw:
    """A leaf of a tree: what a source says. `repr` shows where, never what."""

    source: str
    value: object = dataclasses.field(repr=False)
    form: Literal["text", "toml", "file", "ready"] = "text"


class Unreadable(ValueError):
    """The file of a secret cannot be read."""


def parts_of(annotation: object) -> tuple[object, ...]:
    return typing.get_args(annotation)


def undressed(annotation: object) -> tuple[object, bool]:
    """Return a type without None, and whether None was there."""
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return next(part for part in parts_of(annotation) if part is not types.NoneType), True
    return annotation, False


def schema_of(kind: object) -> type[Dataclass] | None:
    """Return a type that is a dataclass, or None."""
    return kind if isinstance(kind, type) and dataclasses.is_dataclass(kind) else None


@functools.cache
def hints_of(schema: type[object]) -> Mapping[str, object]:
    """Return the types of the fields of a dataclass."""
    return typing.get_type_hints(schema)


def names_in(kind: object) -> Mapping[str, object]:
    schema = schema_of(kind)
    return hints_of(schema) if schema else {}


def type_at(kind: object, path: Iterable[str]) -> object:
    """Return the type at the end of a path, or None."""
    for name in path:
        kind = undressed(names_in(kind).get(name))[0]
    return kind


class Reader:
    """Makes trees, and notes what belongs to none."""

    def __init__(self, schema: type[object]) -> None:
        self.schema = schema
        self.problems: list[Problem] = []

    def file(self, path: Path) -> Tree:
        try:
            content = tomllib.loads(path.read_bytes().decode("utf-8"))
        except (OSError, ValueError):
            self.problems.append(Problem("unreadable", "", str(path), message="cannot be read as TOML"))
            return {}
        tree: Tree = {}
        self.take(tree, (), Raw(str(path), content, "toml"))
        return tree

    def secret_files(self, prefix: str, environment: Mapping[str, str]) -> Tree:
        tree: Tree = {}
        for variable, text in environment.items():
            if self.is_secret_file(prefix, variable):
                self.take(tree, names(prefix, variable.removesuffix("_FILE")), Raw(variable, text, "file"))
        return tree

    def variables(self, prefix: str, environment: Mapping[str, str]) -> Tree:
        tree: Tree = {}
        for variable, text in environment.items():
            if variable.startswith(prefix) and not self.is_secret_file(prefix, variable):
                self.take(tree, names(prefix, variable), Raw(variable, text))
        return tree

    def arguments(self, arguments: Iterable[str]) -> Tree:
        tree: Tree = {}
        for argument in arguments:
            option, text = argument.split("=", 1)
            self.take(tree, tuple(option[2:].split(".")), Raw(option, text))
        return tree

    def is_secret_file(self, prefix: str, variable: str) -> bool:
        if not (variable.startswith(prefix) and variable.endswith("_FILE")):
            return False
        kind = type_at(self.schema, names(prefix, variable.removesuffix("_FILE")))
        return typing.get_origin(kind) is Secret

    def take(self, tree: Tree, path: tuple[str, ...], raw: Raw) -> None:
        """Hang a value into the tree, or note that there is no place for it."""
        for depth, name in enumerate(path):
            beside = names_in(type_at(self.schema, path[:depth]))
            if name not in beside:
                self.problems.append(unknown(path[:depth], name, beside, raw.source))
                return
        if schema_of(type_at(self.schema, path)) is None:
            hang(tree, path, raw)
        elif raw.form == "toml" and isinstance(raw.value, dict):
            for name, value in raw.value.items():
                self.take(tree, (*path, name), Raw(raw.source, value, "toml"))
        else:
            self.problems.append(Problem("invalid", ".".join(path), raw.source, message="expected a table"))


def hang(tree: Tree, path: Sequence[str], raw: Raw) -> None:
    for name in path[:-1]:
        branch = tree.setdefault(name, {})
        tree = branch if isinstance(branch, dict) else {}
    tree[path[-1]] = raw


def names(prefix: str, variable: str) -> tuple[str, ...]:
    return tuple(variable.removeprefix(prefix).lower().split("__"))


def unknown(above: Sequence[str], name: str, beside: Iterable[str], source: str) -> Problem:
    close = get_close_matches(name, list(beside), 1)
    nearest = ".".join([*above, *close]) if close else None
    return Problem(
        "unknown", ".".join([*above, name]), source, nearest, "unknown" if nearest is None else f"{nearest}?"
    )


# ---- what they mean ---------------------------------------------------------------------------------------------

WORDS = {"true": True, "false": False}


def boolean(text: str) -> bool:
    try:
        return WORDS[text.lower()]
    except KeyError:
        raise ValueError("neither true nor false") from None


READERS: dict[object, Callable[[str], object]] = {
    str: str,
    int: int,
    bool: boolean,
    Path: Path,
    ByteSize: ByteSize.parse,
    Duration: Duration.parse,
}


def scalar(kind: object, value: object, *, textual: bool) -> object:
    native = kind if kind in (int, bool) and not textual else str
    if type(value) is not native:
        raise ValueError("a value of another type is expected")
    if not isinstance(value, str):
        return value
    return kind(value) if isinstance(kind, EnumType) else READERS[kind](value)


def elements(value: object, *, textual: bool) -> list[object]:
    if isinstance(value, str) and textual:
        return [part.strip() for part in value.split(",")] if value else []
    if not isinstance(value, list):
        raise ValueError("expected an array")
    return value


def converted(kind: object, raw: Raw) -> object:
    """Return the value of a leaf. Raises ValueError; pydantic tells which leaf it was."""
    value, textual = raw.value, raw.form != "toml"
    if raw.form == "ready":
        return value
    if raw.form == "file":
        value = content_of(str(value))
    match typing.get_origin(kind):
        case None:
            return scalar(kind, value, textual=textual)
        case origin if origin is Secret:
            return Secret(scalar(parts_of(kind)[0], value, textual=textual))
        case _:
            (part,) = parts_of(kind)
            return [scalar(part, element, textual=textual) for element in elements(value, textual=textual)]


def content_of(path: str) -> str:
    try:
        return Path(path).read_bytes().decode("utf-8").removesuffix("\n")
    except (OSError, ValueError):
        raise Unreadable("cannot be read") from None


# ---- models -----------------------------------------------------------------------------------------------------


FIELD = "FIELD_"
"""Fields of models are numbered, because some names belong to pydantic; no schema has such a name."""


class TreeSource(PydanticBaseSettingsSource):
    """A source whose tree is known already."""

    def __init__(self, settings_cls: type[BaseSettings], tree: Tree) -> None:
        super().__init__(settings_cls)
        self.tree = tree

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        return self.tree.get(field.alias or field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        return dict(self.tree)


class Settings(BaseSettings):
    """The base of the outermost model: `Model(trees=[...])` merges the trees, the strongest first."""

    model_config = SettingsConfigDict(protected_namespaces=(), hide_input_in_errors=True, validate_default=False)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        trees: Iterable[Tree] = getattr(init_settings, "init_kwargs")["trees"]  # noqa: B009 - not in the base's type
        return tuple(TreeSource(settings_cls, tree) for tree in trees)


class Group(BaseModel):
    """The base of all models below it."""

    model_config = ConfigDict(protected_namespaces=(), hide_input_in_errors=True)


@functools.cache
def model_of(schema: type[Dataclass], base: type[BaseModel] = Group) -> type[BaseModel]:
    """Return the model of a dataclass."""
    made = {f"{FIELD}{number}": field_of(schema, field) for number, field in enumerate(dataclasses.fields(schema))}
    return create_model(schema.__name__, __base__=base, **made)


def field_of(schema: type[Dataclass], field: dataclasses.Field[object]) -> Any:
    kind, optional = undressed(hints_of(schema)[field.name])
    below = schema_of(kind)
    if below:
        empty: object = None if optional else {}
        return model_of(below) | None, Field(alias=field.name, default=empty, validate_default=True)
    annotation = Annotated[object, PlainValidator(functools.partial(converted, kind))]
    if field.default_factory is not dataclasses.MISSING:
        return annotation, Field(alias=field.name, default_factory=field.default_factory)
    if field.default is not dataclasses.MISSING:
        return annotation, Field(alias=field.name, default_factory=lambda: field.default)
    return annotation, Field(alias=field.name)


def defaults_of(schema: type[Dataclass]) -> Tree:
    """Return what the defaults of dataclass fields say about the keys below them."""
    tree: Tree = {}
    for field in dataclasses.fields(schema):
        below = schema_of(undressed(hints_of(schema)[field.name])[0])
        if below:
            default = default_of(field)
            tree[field.name] = leaves(default) if isinstance(default, below) else defaults_of(below)
    return {name: branch for name, branch in tree.items() if branch}


def default_of(field: dataclasses.Field[object]) -> object:
    return field.default if field.default_factory is dataclasses.MISSING else field.default_factory()


def leaves(instance: Dataclass) -> Tree:
    tree: Tree = {}
    for field in dataclasses.fields(instance):
        value: object = getattr(instance, field.name)
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            tree[field.name] = leaves(value)
        elif value is not None or schema_of(type_at(type(instance), [field.name])) is None:
            tree[field.name] = Raw("", value, "ready")
    return tree


def instance_of(schema: type[T], model: BaseModel) -> T:
    values: dict[str, object] = {}
    for number, (name, kind) in enumerate(names_in(schema).items()):
        value: object = getattr(model, f"{FIELD}{number}")
        below = schema_of(undressed(kind)[0])
        values[name] = instance_of(below, value) if below and isinstance(value, BaseModel) else value
    return schema(**values)


def names_at(kind: object, places: Iterable[int | str]) -> Iterable[str]:
    """Yield the names along pydantic's place of an error: in defaults it tells the field's own name, not its alias."""
    for place in places:
        name = str(place)
        if name.startswith(FIELD):
            name = [*names_in(kind)][int(name.removeprefix(FIELD))]
        yield name
        kind = type_at(kind, [name])


def problem_of(schema: object, error: ErrorDetails) -> Problem:
    """Return what pydantic says about a leaf. Its message may hold the value, its type does not."""
    key, raw = ".".join(names_at(schema, error["loc"])), error["input"]
    if error["type"] == "missing":
        return Problem("missing", key, "", message="nobody gives it")
    unreadable = isinstance(error.get("ctx", {}).get("error"), Unreadable)
    source = raw.source if isinstance(raw, Raw) else ""
    return Problem("unreadable" if unreadable else "invalid", key, source, message="has a wrong value")


# ---- the API ----------------------------------------------------------------------------------------------------


class ConfigurationError(Exception):
    """Everything that is wrong, as `problems`."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{one.kind} {one.key} {one.source} {one.message}" for one in problems))
        self.problems = problems


class Configuration(Generic[T]):
    """The settings that a schema describes."""

    def __init__(
        self,
        schema: type[T],
        *,
        prefix: str,
        arguments: Sequence[str] = (),
        environment: Mapping[str, str],
        files: Sequence[Path] = (),
    ) -> None:
        self._schema, self._prefix, self._environment = schema, prefix, environment
        self._arguments, self._files = list(arguments), list(files)
        self._value = self._load()

    @property
    def value(self) -> T:
        """The settings as they were last loaded without a problem."""
        return self._value

    def reload(self) -> Sequence[Change]:
        """Load again, all or nothing, and return what differs."""
        new = self._load()
        changes = differences((), self._value, new)
        if changes:
            self._value = new
        return changes

    def _load(self) -> T:
        reader = Reader(self._schema)
        trees = [
            reader.arguments(self._arguments),
            reader.variables(self._prefix, self._environment),
            reader.secret_files(self._prefix, self._environment),
            *map(reader.file, reversed(self._files)),
        ]
        loaded = self._validated(trees, reader.problems)
        if loaded is None or reader.problems:
            raise ConfigurationError(list(dict.fromkeys(reader.problems)))
        return instance_of(self._schema, loaded)

    def _validated(self, trees: Sequence[Tree], problems: list[Problem]) -> BaseModel | None:
        schema = schema_of(self._schema)
        if schema is None:
            raise TypeError(f"{self._schema!r} is not a dataclass")
        try:
            return model_of(schema, Settings)(trees=[*trees, defaults_of(schema)])
        except ValidationError as error:
            problems += (problem_of(schema, found) for found in error.errors(include_url=False))
            return None


def differences(path: tuple[str, ...], old: object, new: object) -> list[Change]:
    if not (dataclasses.is_dataclass(old) and dataclasses.is_dataclass(new)):
        return [] if old == new else [Change(".".join(path), old, new)]
    return [
        change
        for field in dataclasses.fields(old)
        for change in differences((*path, field.name), getattr(old, field.name), getattr(new, field.name))
    ]
