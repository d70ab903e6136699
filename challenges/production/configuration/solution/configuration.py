"""Typed settings from arguments, environment, TOML files and defaults.

    sources, the weakest first -> put: each value under its key -> build: the winners converted, the rest by default

Nothing is raised on the way: a load collects its problems, and no problem carries a value.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from datetime import timedelta
from difflib import get_close_matches
from enum import EnumType
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any, Generic, Literal, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")

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


# ---- the loader -------------------------------------------------------------------------------------------------


class ConfigurationError(Exception):
    """Everything that is wrong, as `problems`."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(["the configuration has problems:", *map(_line, problems)]))
        self.problems = tuple(problems)


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
        self._schema = schema
        self._prefix = prefix
        self._arguments = tuple(arguments)
        self._environment = environment
        self._files = tuple(files)
        self._value = self._load()

    @property
    def value(self) -> T:
        """The settings as they were last loaded without a problem."""
        return self._value

    def reload(self) -> Sequence[Change]:
        """Load again, all or nothing, and return what differs."""
        new = self._load()
        changes = list(_changes("", self._value, new))
        if changes:
            self._value = new
        return changes

    def _load(self) -> T:
        load = _Load(self._schema)
        for file in self._files:
            load.put_file(file)
        load.put_environment(self._prefix, self._environment)
        load.put_arguments(self._arguments)
        value: T = load.build(self._schema, "", None)
        if load.problems:
            raise ConfigurationError([*dict.fromkeys(load.problems)])
        return value


class _Raw(NamedTuple):
    """What a source says about a key: a text, the path of a file with the text, or what TOML makes of it."""

    source: str
    value: object
    form: Literal["text", "path", "toml"] = "text"


class _Field(NamedTuple):
    """A field of a schema; its type without None."""

    name: str
    type: Any
    is_optional: bool
    default: Callable[[], object] | None


class _Load:
    """One pass over all sources. Later values replace earlier ones with the same key."""

    def __init__(self, schema: Any) -> None:
        self._schema = schema
        self._raw: dict[str, _Raw] = {}
        self.problems: list[Problem] = []

    def put_file(self, path: Path) -> None:
        """Take all values of a TOML file."""
        try:
            table = tomllib.loads(path.read_bytes().decode())
        except (OSError, ValueError):
            self._note("unreadable", "", str(path))
        else:
            self.put((), _Raw(str(path), table, "toml"))

    def put_environment(self, prefix: str, environment: Mapping[str, str]) -> None:
        """Take all variables with the prefix, those that name the files of secrets first."""
        variables = [name for name in environment if name.startswith(prefix)]
        for variable in sorted(variables, key=lambda name: not name.endswith("_FILE")):
            path = tuple(variable.removeprefix(prefix).lower().split("__"))
            secret = (*path[:-1], path[-1].removesuffix("_file"))
            if path != secret and self._is_secret(secret):
                self.put(secret, _Raw(variable, environment[variable], "path"))
            else:
                self.put(path, _Raw(variable, environment[variable]))

    def put_arguments(self, arguments: Sequence[str]) -> None:
        """Take all arguments of the form `--key=value`."""
        for argument in arguments:
            option, _, text = argument.partition("=")
            self.put(tuple(option.removeprefix("--").split(".")), _Raw(option, text))

    def put(self, path: tuple[str, ...], raw: _Raw) -> None:
        """Take one value, or a table of values."""
        schema = self._schema
        for depth, name in enumerate(path):
            known = _fields(schema)
            if name not in known:
                self._note_unknown(path[:depth], name, known, raw.source)
                return
            schema = known[name].type
        if not is_dataclass(schema):
            self._raw[".".join(path)] = raw
        elif isinstance(raw.value, dict):
            for name, value in raw.value.items():
                self.put((*path, name), _Raw(raw.source, value, "toml"))
        else:
            self._note("invalid", ".".join(path), raw.source)

    def build(self, schema: Any, key: str, default: object) -> Any:
        """Return an instance of the schema, or None if there are problems."""
        known = _fields(schema).values()
        values = {field.name: self._value(field, _below(key, field.name), default) for field in known}
        return None if self.problems else schema(**values)

    def _value(self, field: _Field, key: str, holder: object) -> object:
        default = field.default if holder is None else lambda: getattr(holder, field.name)
        if is_dataclass(field.type):
            return self._nested(field, key, default() if default else None)
        if key in self._raw:
            return self._converted(field, key, self._raw[key])
        return default() if default else self._note("missing", key, "")

    def _nested(self, field: _Field, key: str, default: object) -> object:
        if default is None and field.is_optional and not any(given.startswith(f"{key}.") for given in self._raw):
            return None
        return self.build(field.type, key, default)

    def _converted(self, field: _Field, key: str, raw: _Raw) -> object:
        value, form = raw.value, raw.form
        if form == "path":
            try:
                value, form = Path(str(value)).read_bytes().decode().removesuffix("\n"), "text"
            except (OSError, ValueError):
                return self._note("unreadable", key, raw.source)
        try:
            return _convert(field.type, value, is_text=form == "text")
        except ValueError:
            return self._note("invalid", key, raw.source)

    def _is_secret(self, path: tuple[str, ...]) -> bool:
        kind = self._schema
        for name in path:
            kind = _fields(kind)[name].type if name in _fields(kind) else None
        return get_origin(kind) is Secret

    def _note_unknown(self, above: tuple[str, ...], name: str, known: Mapping[str, _Field], source: str) -> None:
        nearest = next((".".join((*above, match)) for match in get_close_matches(name, known)), None)
        self.problems.append(Problem("unknown", ".".join((*above, name)), source, nearest))

    def _note(self, kind: Literal["missing", "invalid", "unreadable"], key: str, source: str) -> object:
        self.problems.append(Problem(kind, key, source))
        return None


@cache
def _fields(schema: Any) -> Mapping[str, _Field]:
    """Return the fields of a schema by name; anything but a dataclass has none."""
    if not is_dataclass(schema):
        return {}
    hints = get_type_hints(schema)
    return {field.name: _Field(field.name, *_unwrapped(hints[field.name]), _factory(field)) for field in fields(schema)}


def _unwrapped(hint: Any) -> tuple[Any, bool]:
    """Return a type without None, and whether there was None."""
    if get_origin(hint) not in (Union, UnionType):
        return hint, False
    return next(part for part in get_args(hint) if part is not type(None)), True


def _factory(field: Field[Any]) -> Callable[[], object] | None:
    if field.default_factory is not MISSING:
        return field.default_factory
    return None if field.default is MISSING else lambda: field.default


def _convert(kind: Any, value: object, *, is_text: bool) -> object:
    """Return the value as one of the given type. Raises ValueError."""
    if get_origin(kind) is Secret:
        return Secret(_convert(_part(kind), value, is_text=is_text))
    if get_origin(kind) is list:
        return [_convert(_part(kind), part, is_text=is_text) for part in _elements(value, is_text=is_text)]
    return _scalar(kind, value, is_text=is_text)


def _part(kind: object) -> object:
    (part,) = get_args(kind)
    return part


def _scalar(kind: Any, value: object, *, is_text: bool) -> object:
    if kind in (int, bool) and not is_text:
        return _exactly(kind, value)
    text = _exactly(str, value)
    return kind(text) if isinstance(kind, EnumType) else _PARSERS[kind](text)


def _exactly(kind: type[T], value: object) -> T:
    if type(value) is not kind:  # a bool is no int
        raise ValueError(f"{kind.__name__} is expected")
    return value


def _elements(value: object, *, is_text: bool) -> list[Any]:
    if not is_text:
        return _exactly(list, value)
    return [part.strip() for part in str(value).split(",")] if value else []


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError("true or false is expected")
    return text.lower() == "true"


_PARSERS: Mapping[Any, Callable[[str], object]] = {
    str: str,
    int: int,
    bool: _boolean,
    Path: Path,
    ByteSize: ByteSize.parse,
    Duration: Duration.parse,
}


def _changes(key: str, old: object, new: object) -> Iterator[Change]:
    if is_dataclass(old) and is_dataclass(new):
        for field in fields(old):
            yield from _changes(_below(key, field.name), getattr(old, field.name), getattr(new, field.name))
    elif old != new:
        yield Change(key, old, new)


def _below(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name


def _line(problem: Problem) -> str:
    hint = f", did you mean {problem.nearest}?" if problem.nearest else ""
    return f"{problem.kind}: {problem.key} ({problem.source}){hint} {problem.message}"
