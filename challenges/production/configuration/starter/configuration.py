"""Typed settings from arguments, environment, TOML files and defaults."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
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


# ---- to write ---------------------------------------------------------------------------------------------------


class ConfigurationError(Exception):
    """Everything that is wrong, as `problems`."""

    problems: Sequence[Problem]


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
        raise NotImplementedError

    @property
    def value(self) -> T:
        """The settings as they were last loaded without a problem."""
        raise NotImplementedError

    def reload(self) -> Sequence[Change]:
        """Load again, all or nothing, and return what differs."""
        raise NotImplementedError
