"""Typed settings from arguments, environment, TOML files and defaults."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Generic, Literal, TypeAlias, TypeVar, Union, cast, get_args, get_origin, get_type_hints

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



Names: TypeAlias = tuple[str, ...]


class ConfigurationError(Exception):
    """Everything that is wrong, as `problems`."""

    problems: Sequence[Problem]

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(_line(problem) for problem in self.problems))


def _line(problem: Problem) -> str:
    hint = f" (did you mean {problem.nearest}?)" if problem.nearest else ""
    return f"{problem.kind}: {problem.key} [{problem.source}] {problem.message}{hint}"


# ---- schemas


def _bare(hint: object) -> object:
    """Return X for X | None, and anything else as it is."""
    if get_origin(hint) not in (Union, UnionType):
        return hint
    return next(argument for argument in get_args(hint) if argument is not NoneType)


def _table_type(hint: object) -> type[Any] | None:
    """Return the dataclass that a hint stands for, if it does."""
    bare = _bare(hint)
    return bare if isinstance(bare, type) and dataclasses.is_dataclass(bare) else None


def _is_secret(hint: object) -> bool:
    return get_origin(_bare(hint)) is Secret


def _hints(schema: type[Any]) -> dict[str, object]:
    """Return the types of a dataclass's fields, by name."""
    hints = get_type_hints(schema)
    return {field.name: hints[field.name] for field in dataclasses.fields(schema)}


# ---- conversion; no error leaves these functions with a text that anybody sees


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError
    return text.lower() == "true"


_PARSERS: Mapping[object, Callable[[str], object]] = {bool: _boolean, ByteSize: ByteSize.parse, Duration: Duration.parse}


def _scalar(hint: object, value: object, *, is_text: bool) -> object:
    if not is_text and hint in (int, bool):
        if type(value) is not hint:  # True is no integer here
            raise ValueError
        return value
    if not isinstance(value, str):
        raise ValueError  # noqa: TRY004
    return _PARSERS.get(hint, cast(Callable[[str], object], hint))(value)


def _items(value: object, *, is_text: bool) -> list[object]:
    if is_text:
        text = str(value)
        return [item.strip(" ") for item in text.split(",")] if text else []
    if not isinstance(value, list):
        raise ValueError  # noqa: TRY004
    return value


def _converted(hint: object, value: object, *, is_text: bool) -> object:
    bare = _bare(hint)
    if get_origin(bare) is Secret:
        return Secret(_converted(get_args(bare)[0], value, is_text=is_text))
    if get_origin(bare) is list:
        item_hint = get_args(bare)[0]
        return [_scalar(item_hint, item, is_text=is_text) for item in _items(value, is_text=is_text)]
    return _scalar(bare, value, is_text=is_text)


# ---- loading


@dataclass(frozen=True)
class _Given:
    """What a source gives for a key."""

    value: object = dataclasses.field(repr=False)
    source: str
    is_text: bool = True
    is_secret_file: bool = False


class _Load:
    """One pass over all sources. Sources are added in the order of their precedence, the lowest first."""

    def __init__(self, schema: type[Any]) -> None:
        self._schema = schema
        self._given: dict[Names, _Given] = {}
        self._problems: dict[tuple[str, str], Problem] = {}

    @property
    def problems(self) -> list[Problem]:
        """All problems so far."""
        return list(self._problems.values())

    def add_file(self, path: Path) -> None:
        """Add a TOML file."""
        try:
            with path.open("rb") as file:
                table = tomllib.load(file)
        except (OSError, ValueError, RecursionError):
            self._report("unreadable", (), str(path), "not a readable TOML file")
        else:
            self._add_table(self._schema, (), table, str(path))

    def _add_table(self, schema: type[Any], names: Names, table: Mapping[str, object], source: str) -> None:
        hints = _hints(schema)
        for name, value in table.items():
            below = _table_type(hints.get(name))
            if below is not None and isinstance(value, dict):
                self._add_table(below, (*names, name), value, source)
            else:
                self._add((*names, name), _Given(value, source, is_text=False))

    def add_environment(self, prefix: str, environment: Mapping[str, str]) -> None:
        """Add the variables that have the prefix; those that name secret files come first, since all others win."""
        variables = {name: text for name, text in environment.items() if name.startswith(prefix)}
        paths = {name: text for name, text in variables.items() if self._names_secret(prefix, name)}
        for name, text in paths.items():
            names = _variable_names(prefix, name.removesuffix("_FILE"))
            self._add(names, _Given(text, name, is_secret_file=True))
        for name, text in variables.items():
            if name not in paths:
                self._add(_variable_names(prefix, name), _Given(text, name))

    def _names_secret(self, prefix: str, variable: str) -> bool:
        if not variable.endswith("_FILE"):
            return False
        schema: type[Any] | None = self._schema
        hint: object = None
        for name in _variable_names(prefix, variable.removesuffix("_FILE")):
            hint = _hints(schema).get(name) if schema is not None else None
            schema = _table_type(hint)
        return _is_secret(hint)

    def add_arguments(self, arguments: Sequence[str]) -> None:
        """Add arguments such as `--database.port=6432`."""
        for argument in arguments:
            option, _, text = argument.partition("=")
            self._add(tuple(option.removeprefix("--").split(".")), _Given(text, option))

    def _add(self, names: Names, given: _Given) -> None:
        schema: type[Any] | None = self._schema
        for depth, name in enumerate(names):
            hints = _hints(schema) if schema is not None else {}
            if name not in hints:
                self._report_unknown(names[: depth + 1], given.source, list(hints))
                return
            schema = _table_type(hints[name])
        if schema is not None:
            self._report("invalid", names, given.source, "only a table can stand here")
        else:
            self._given[names] = given

    def build(self) -> object:
        """Return the value; it is good if there are no problems."""
        return self._built(self._schema, (), MISSING)

    def _built(self, schema: type[Any], names: Names, outer: object) -> object:
        hints = _hints(schema)
        values = {}
        for field in dataclasses.fields(schema):
            below = _table_type(hints[field.name])
            path = (*names, field.name)
            if below is None:
                values[field.name] = self._leaf(field, path, hints[field.name], outer)
            else:
                is_optional = below is not hints[field.name]
                default = _default(field, outer)
                values[field.name] = self._table(below, path, None if is_optional and default is MISSING else default)
        return schema(**values)

    def _table(self, schema: type[Any], names: Names, default: object) -> object:
        is_given = any(path[: len(names)] == names for path in self._given)
        if not is_given and default is not MISSING:
            return default
        return self._built(schema, names, MISSING if default is None else default)

    def _leaf(self, field: dataclasses.Field[Any], names: Names, hint: object, outer: object) -> object:
        given = self._given.get(names)
        if given is not None:
            return self._value(names, hint, given)
        default = _default(field, outer)
        if default is MISSING:
            self._report("missing", names, "", "neither a source nor a default gives it")
        return default

    def _value(self, names: Names, hint: object, given: _Given) -> object:
        value = given.value
        if given.is_secret_file:
            try:
                value = Path(str(value)).read_text(encoding="utf-8").removesuffix("\n")
            except (OSError, ValueError):
                self._report("unreadable", names, given.source, "not a readable file")
                return MISSING
        try:
            return _converted(hint, value, is_text=given.is_text)
        except ValueError:
            self._report("invalid", names, given.source, "the value has the wrong form")
            return MISSING

    def _report_unknown(self, names: Names, source: str, siblings: Sequence[str]) -> None:
        close = get_close_matches(names[-1], siblings, n=1)
        nearest = ".".join((*names[:-1], close[0])) if close else None
        self._report("unknown", names, source, "there is no such key", nearest)

    def _report(
        self,
        kind: Literal["missing", "invalid", "unknown", "unreadable"],
        names: Names,
        source: str,
        message: str,
        nearest: str | None = None,
    ) -> None:
        key = ".".join(names)
        self._problems.setdefault((key, source), Problem(kind, key, source, nearest, message))


def _variable_names(prefix: str, variable: str) -> Names:
    """Return the names that a variable stands for. Only upper case stands for a field."""
    names = variable.removeprefix(prefix).split("__")
    return tuple(name.lower() if name == name.upper() else name for name in names)


def _default(field: dataclasses.Field[Any], outer: object) -> object:
    """Return a field's default: that of the dataclass around it, if this has one, or its own."""
    if outer is not MISSING:
        return getattr(outer, field.name)
    if field.default_factory is not MISSING:
        return field.default_factory()
    return field.default


def _changes(old: object, new: object, names: Names = ()) -> Iterator[Change]:
    """Yield what differs, dataclasses field by field."""
    if dataclasses.is_dataclass(old) and dataclasses.is_dataclass(new):
        for field in dataclasses.fields(old):
            yield from _changes(getattr(old, field.name), getattr(new, field.name), (*names, field.name))
    elif not old == new:  # noqa: SIM201
        yield Change(".".join(names), old, new)


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
        self._value = self._loaded()

    @property
    def value(self) -> T:
        """The settings as they were last loaded without a problem."""
        return self._value

    def reload(self) -> Sequence[Change]:
        """Load again, all or nothing, and return what differs."""
        value = self._loaded()
        changes = tuple(_changes(self._value, value))
        if changes:
            self._value = value
        return changes

    def _loaded(self) -> T:
        load = _Load(self._schema)
        for path in self._files:
            load.add_file(path)
        load.add_environment(self._prefix, self._environment)
        load.add_arguments(self._arguments)
        value = load.build()
        if load.problems:
            raise ConfigurationError(load.problems)
        return cast(T, value)
