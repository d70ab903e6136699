"""Typed settings from arguments, environment, TOML files and defaults."""

from __future__ import annotations

import dataclasses
import difflib
import re
import tomllib
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

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




class ConfigurationError(Exception):
    """Everything that is wrong, as `problems`."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems: Sequence[Problem] = problems
        lines = [f"- {p.kind} {p.key!r} from {p.source!r}: {p.message}" for p in problems]
        super().__init__("the configuration has problems\n" + "\n".join(lines))


@dataclass
class _Raw:
    """A value as a source gives it."""

    value: Any
    source: str
    is_text: bool


def _unwrap(hint: Any) -> Any:
    """Return X for X | None."""
    if get_origin(hint) in (Union, types.UnionType):
        return next(argument for argument in get_args(hint) if argument is not type(None))
    return hint


def _is_secret(hint: Any) -> bool:
    return get_origin(hint) is Secret


def _parse_bool(text: str) -> bool:
    lowered = text.lower()
    if lowered not in ("true", "false"):
        raise ValueError("neither true nor false")
    return lowered == "true"


def _from_text(hint: Any, text: str) -> Any:
    if hint is bool:
        return _parse_bool(text)
    if hint in (ByteSize, Duration):
        return hint.parse(text)
    return hint(text)  # str, int, Path and enums


def _from_toml(hint: Any, value: Any) -> Any:
    if hint in (int, bool):
        if type(value) is not hint:
            raise ValueError(f"expected {hint.__name__}, got {value!r}")
        return value
    if not isinstance(value, str):
        raise ValueError(f"expected a string, got {value!r}")
    return _from_text(hint, value)


def _convert(hint: Any, raw: _Raw) -> Any:
    hint = _unwrap(hint)
    if _is_secret(hint):
        return Secret(_convert(get_args(hint)[0], raw))
    if get_origin(hint) is list:
        return _convert_list(get_args(hint)[0], raw)
    return _from_text(hint, raw.value) if raw.is_text else _from_toml(hint, raw.value)


def _convert_list(hint: Any, raw: _Raw) -> list[Any]:
    if raw.is_text:
        if not raw.value.strip():
            return []
        return [_from_text(hint, item.strip()) for item in raw.value.split(",")]
    if not isinstance(raw.value, list):
        raise ValueError(f"expected an array, got {raw.value!r}")
    return [_from_toml(hint, item) for item in raw.value]


class _Schema:
    """All the keys of a schema: leaves with their types, and the dataclasses between them."""

    def __init__(self, schema: type) -> None:
        self.leaves: dict[str, Any] = {}
        self.tables: dict[str, Any] = {"": schema}
        self._collect(schema, "")

    def _collect(self, schema: Any, before: str) -> None:
        hints = get_type_hints(schema)
        for field in dataclasses.fields(schema):
            key = before + field.name
            hint = _unwrap(hints[field.name])
            if dataclasses.is_dataclass(hint):
                self.tables[key] = hint
                self._collect(hint, key + ".")
            else:
                self.leaves[key] = hints[field.name]

    def unknown(self, key: str, source: str) -> Problem:
        """Return the problem for a key that is neither leaf nor table."""
        names = key.split(".")
        for end in range(1, len(names) + 1):
            start = ".".join(names[:end])
            if start not in self.tables and (start not in self.leaves or end < len(names)):
                if start in self.leaves:
                    continue
                return Problem("unknown", start, source, self._nearest(names[:end]), "no such setting")
        return Problem("unknown", key, source, None, "no such setting")

    def _nearest(self, names: list[str]) -> str | None:
        before = ".".join(names[:-1])
        if before not in self.tables:
            return None
        siblings = [field.name for field in dataclasses.fields(self.tables[before])]
        found = difflib.get_close_matches(names[-1], siblings, n=1)
        return ".".join([*names[:-1], found[0]]) if found else None


class _Loader:
    """One loading of a configuration."""

    def __init__(self, schema: type, prefix: str) -> None:
        self.schema = schema
        self.keys = _Schema(schema)
        self.prefix = prefix
        self.problems: list[Problem] = []
        self.values: dict[str, _Raw] = {}
        self.failed: set[str] = set()

    def add(self, key: str, raw: _Raw) -> None:
        if key in self.keys.leaves:
            self.values[key] = raw
        else:
            self.problems.append(self.keys.unknown(key, raw.source))

    # ---- sources

    def read_file(self, path: Path) -> None:
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            self.problems.append(Problem("unreadable", "", str(path), message=str(error)))
            return
        self._read_table(table, "", str(path))

    def _read_table(self, table: dict[str, Any], before: str, source: str) -> None:
        for name, value in table.items():
            key = before + name
            if key not in self.keys.tables:
                self.add(key, _Raw(value, source, False))
            elif isinstance(value, dict):
                self._read_table(value, key + ".", source)
            else:
                self.problems.append(Problem("invalid", key, source, message="expected a table"))

    def read_environment(self, environment: Mapping[str, str], overridden: set[str]) -> None:
        secret_files: list[tuple[str, str]] = []
        for variable in environment:
            if not variable.startswith(self.prefix):
                continue
            key = variable.removeprefix(self.prefix).lower().replace("__", ".")
            secret = key.removesuffix("_file")
            if key != secret and _is_secret(_unwrap(self.keys.leaves.get(secret))):
                secret_files.append((secret, variable))
            else:
                self.add(key, _Raw(environment[variable], variable, True))
        for secret, variable in secret_files:
            name = variable.removesuffix("_FILE")
            if name not in environment and secret not in overridden:
                self._read_secret(secret, variable, environment[variable])

    def _read_secret(self, key: str, variable: str, path: str) -> None:
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            self.failed.add(key)
            self.problems.append(Problem("unreadable", key, variable, message="cannot read the secret"))
            return
        self.values[key] = _Raw(text.rstrip("\n"), variable, True)

    def read_arguments(self, arguments: Sequence[str]) -> None:
        for argument in arguments:
            name, _, text = argument.partition("=")
            self.add(name.removeprefix("--"), _Raw(text, name, True))

    # ---- values

    def build(self, schema: Any, before: str) -> Any:
        hints = get_type_hints(schema)
        values: dict[str, Any] = {}
        for field in dataclasses.fields(schema):
            key = before + field.name
            if key in self.keys.tables:
                if self._is_wanted(field, key):
                    values[field.name] = self.build(self.keys.tables[key], key + ".")
            elif key in self.values:
                values[field.name] = self._convert(key, hints[field.name])
            elif self._is_required(field) and key not in self.failed:
                self.problems.append(Problem("missing", key, "", message="nothing gives it"))
        return None if self.problems else schema(**values)

    def _is_wanted(self, field: dataclasses.Field[Any], key: str) -> bool:
        return self._is_required(field) or any(known.startswith(key + ".") for known in self.values)

    def _is_required(self, field: dataclasses.Field[Any]) -> bool:
        return field.default is MISSING and field.default_factory is MISSING

    def _convert(self, key: str, hint: Any) -> Any:
        raw = self.values[key]
        try:
            return _convert(hint, raw)
        except ValueError as error:
            message = "wrong value for a secret" if _is_secret(hint) else str(error)
            self.problems.append(Problem("invalid", key, raw.source, message=message))
            return None


def _changes(old: Any, new: Any, before: str = "") -> Iterator[Change]:
    for field in dataclasses.fields(old):
        key = before + field.name
        left, right = getattr(old, field.name), getattr(new, field.name)
        if dataclasses.is_dataclass(left) and dataclasses.is_dataclass(right):
            yield from _changes(left, right, key + ".")
        elif left != right:
            yield Change(key, left, right)


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
        self._arguments = list(arguments)
        self._environment = environment
        self._files = list(files)
        self._value: T = self._load()

    @property
    def value(self) -> T:
        """The settings as they were last loaded without a problem."""
        return self._value

    def reload(self) -> Sequence[Change]:
        """Load again, all or nothing, and return what differs."""
        value = self._load()
        changes = list(_changes(self._value, value))
        if changes:
            self._value = value
        return changes

    def _load(self) -> T:
        loader = _Loader(self._schema, self._prefix)
        for path in self._files:
            loader.read_file(path)
        overridden = {argument.partition("=")[0].removeprefix("--") for argument in self._arguments}
        loader.read_environment(self._environment, overridden)
        loader.read_arguments(self._arguments)
        value: T = loader.build(self._schema, "")
        if loader.problems:
            raise ConfigurationError(loader.problems)
        return value
