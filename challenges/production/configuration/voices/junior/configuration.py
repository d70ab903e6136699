"""Typed settings from arguments, environment, TOML files and defaults."""

from __future__ import annotations

import dataclasses
import difflib
import re
import tomllib
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Generic, Literal, TypeVar

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

    def __init__(self, problems):
        self.problems = problems
        super().__init__("\n".join(f"{p.kind}: {p.key} ({p.source}) {p.message}" for p in problems))


def strip_optional(tp):
    """int | None -> int"""
    if typing.get_origin(tp) in (typing.Union, types.UnionType):
        for arg in typing.get_args(tp):
            if arg is not type(None):
                return arg
    return tp


def is_optional(tp):
    return strip_optional(tp) is not tp


def convert(tp, value):
    """Convert a value from a source to the type of the field."""
    tp = strip_optional(tp)
    origin = typing.get_origin(tp)
    if origin is Secret:
        return Secret(convert(typing.get_args(tp)[0], value))
    if origin is list:
        inner = typing.get_args(tp)[0]
        if isinstance(value, str):
            if value == "":
                return []
            value = [item.strip() for item in value.split(",")]
        return [convert(inner, item) for item in value]
    if tp is bool:
        if isinstance(value, bool):
            return value
        if str(value).lower() == "true":
            return True
        if str(value).lower() == "false":
            return False
        raise ValueError(f"not a bool: {value}")
    if tp is int:
        return int(value)
    if tp is str:
        if not isinstance(value, str):
            raise ValueError(f"not a string: {value}")
        return value
    if tp is ByteSize or tp is Duration:
        return tp.parse(value)
    if isinstance(tp, type) and issubclass(tp, Enum):
        return tp(value)
    return tp(value)


def merge(base, other):
    """Merge two nested dicts, the second wins."""
    result = dict(base)
    for key, value in other.items():
        if isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = merge(result[key], value)
        else:
            result[key] = value
    return result


def flatten(table, before=""):
    result = {}
    for key, value in table.items():
        if isinstance(value, dict):
            result.update(flatten(value, before + key + "."))
        else:
            result[before + key] = value
    return result


def all_keys(schema, before=""):
    """All keys of a schema with their types."""
    result = {}
    for name, tp in typing.get_type_hints(schema).items():
        tp = strip_optional(tp)
        if dataclasses.is_dataclass(tp):
            result.update(all_keys(tp, before + name + "."))
        else:
            result[before + name] = tp
    return result


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
        self._arguments = arguments
        self._environment = environment
        self._files = files
        self._value = self._load()

    @property
    def value(self) -> T:
        """The settings as they were last loaded without a problem."""
        return self._value

    def reload(self) -> Sequence[Change]:
        """Load again, all or nothing, and return what differs."""
        old = self._value
        new = self._load()
        changes = self._compare("", old, new)
        self._value = new
        return changes

    def _compare(self, before, old, new):
        changes = []
        for field in dataclasses.fields(old):
            a = getattr(old, field.name)
            b = getattr(new, field.name)
            if dataclasses.is_dataclass(a) and dataclasses.is_dataclass(b):
                changes.extend(self._compare(before + field.name + ".", a, b))
            elif a != b:
                changes.append(Change(before + field.name, a, b))
        return changes

    def _load(self):
        problems = []
        keys = all_keys(self._schema)
        values = {}  # key -> (value, source)

        for path in self._files:
            try:
                with open(path, "rb") as file:
                    table = tomllib.load(file)
            except Exception as e:
                problems.append(Problem("unreadable", "", str(path), message=str(e)))
                continue
            for key, value in flatten(table).items():
                if key in keys:
                    values[key] = (value, str(path))
                else:
                    problems.append(self._unknown(key, str(path), keys))

        for key, tp in keys.items():
            name = self._prefix + key.upper().replace(".", "__")
            if name in self._environment:
                values[key] = (self._environment[name], name)
            elif typing.get_origin(tp) is Secret and name + "_FILE" in self._environment:
                try:
                    text = Path(self._environment[name + "_FILE"]).read_text(encoding="utf-8")
                    values[key] = (text.strip(), name + "_FILE")
                except OSError as e:
                    problems.append(Problem("unreadable", key, name + "_FILE", message=str(e)))

        known = [self._prefix + key.upper().replace(".", "__") for key in keys]
        for name in self._environment:
            if name.startswith(self._prefix) and name not in known and name.removesuffix("_FILE") not in known:
                key = name[len(self._prefix):].lower().replace("__", ".")
                problems.append(self._unknown(key, name, keys))

        for argument in self._arguments:
            name, _, value = argument.partition("=")
            key = name[2:]
            if key in keys:
                values[key] = (value, name)
            else:
                problems.append(self._unknown(key, name, keys))

        result = self._build(self._schema, "", values, problems)
        if problems:
            raise ConfigurationError(problems)
        return result

    def _unknown(self, key, source, keys):
        matches = difflib.get_close_matches(key, list(keys), n=1)
        return Problem("unknown", key, source, matches[0] if matches else None)

    def _build(self, schema, before, values, problems):
        hints = typing.get_type_hints(schema)
        arguments = {}
        for field in dataclasses.fields(schema):
            key = before + field.name
            tp = hints[field.name]
            inner = strip_optional(tp)
            has_default = (
                field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
            )
            if dataclasses.is_dataclass(inner):
                given = any(k.startswith(key + ".") for k in values)
                if not given and has_default:
                    continue
                arguments[field.name] = self._build(inner, key + ".", values, problems)
            elif key in values:
                value, source = values[key]
                try:
                    arguments[field.name] = convert(tp, value)
                except (ValueError, TypeError) as e:
                    problems.append(Problem("invalid", key, source, message=str(e)))
            elif not has_default and key not in [p.key for p in problems]:
                problems.append(Problem("missing", key, ""))
        if problems:
            return None
        return schema(**arguments)
