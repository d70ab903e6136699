"""Reads TOML strictly: every problem names its line, the key, what was found, and what to do."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NamedTuple

MOST_PROBLEMS = 20
TABLE = re.compile(r"\s*\[\[?\s*(?P<name>[^\]]+?)\s*\]\]?\s*(#.*)?$")
KEY = re.compile(r"\s*(?P<key>[\w.\"'-]+)\s*=")


class Problem(NamedTuple):
    """Something wrong in a file. `line` begins at 1; 0 if no line is to blame."""

    line: int
    key: str
    message: str
    remedy: str

    def __str__(self) -> str:
        place = f"line {self.line}: " if self.line else ""
        return f"{place}{self.key}: {self.message}. {self.remedy}"


@dataclass(frozen=True)
class Number:
    """A number within bounds; `whole` for integers."""

    least: float
    most: float
    whole: bool = False

    def problem(self, value: Any) -> str:
        kind = "a whole number" if self.whole else "a number"
        fits = isinstance(value, int if self.whole else (int, float)) and not isinstance(value, bool)
        if fits and self.least <= value <= self.most:
            return ""
        return f"got {shown(value)}, but it is {kind} from {self.least:g} to {self.most:g}"


@dataclass(frozen=True)
class Choice:
    """One of some texts."""

    among: tuple[str, ...]

    def problem(self, value: Any) -> str:
        return "" if isinstance(value, str) and value in self.among else f"got {shown(value)}"


@dataclass(frozen=True)
class Names:
    """A list of texts, each at most once."""

    among: tuple[str, ...]

    def problem(self, value: Any) -> str:
        if not isinstance(value, list):
            return f"got {shown(value)}, but it is a list of texts"
        for place, name in enumerate(value):
            if not isinstance(name, str) or name not in self.among:
                return f"got {shown(name)}"
            if name in value[:place]:
                return f"{name!r} is listed twice"
        return ""


@dataclass(frozen=True)
class Seconds:
    """A table of seconds by name."""

    among: tuple[str, ...]
    number: Number

    def problem(self, value: Any) -> str:
        if not isinstance(value, dict):
            return f"got {shown(value)}, but it is a table such as {{ {(*self.among, 'name')[0]} = 5 }}"
        for name, seconds in value.items():
            if name not in self.among:
                return f"got the name {shown(name)}"
            if wrong := self.number.problem(seconds):
                return f"{name}: {wrong}"
        return ""


Rule = Number | Choice | Names | Seconds


def problems(data: Any, rules: dict[str, dict[str, Rule]], text: str) -> list[Problem]:
    """Return what is wrong with decoded TOML; `rules` holds a rule for each key of each table, "" for the top."""
    found = []
    for table, keys in rules.items():
        values = data if not table else data.get(table)
        if values is None:
            found.append(Problem(0, table, "the table is missing", f"Add [{table}] with {', '.join(keys)}."))
            continue
        if not isinstance(values, dict):
            found.append(_problem(text, table, f"got {shown(values)}, but it is a table", f"Write [{table}]."))
            continue
        found += _about_keys(values, table, keys, set() if table else rules.keys(), text)
    return found[:MOST_PROBLEMS]


def _about_keys(values: dict[str, Any], table: str, keys: dict[str, Rule], tables: Any, text: str) -> list[Problem]:
    found = []
    for key, value in values.items():
        path = f"{table}.{key}" if table else key
        if key in tables and not table:
            continue
        if key not in keys:
            known = ", ".join([*keys, *(f"[{name}]" for name in tables if name)])
            found.append(_problem(text, path, "there is no such key", f"Use one of: {known}."))
        elif wrong := keys[key].problem(value):
            found.append(_problem(text, path, wrong, _remedy(keys[key])))
    for key in keys:
        if key not in values:
            path = f"{table}.{key}" if table else key
            found.append(Problem(line_of(text, table), path, "the key is missing", f"Add it: {_remedy(keys[key])}"))
    return found


def _problem(text: str, path: str, message: str, remedy: str) -> Problem:
    return Problem(line_of(text, path), path, message, remedy)


def _remedy(rule: Rule) -> str:
    match rule:
        case Number(least, most):
            return f"Write a number from {least:g} to {most:g}."
        case Choice(among):
            return f"Write {' or '.join(repr(name) for name in among)}."
        case Names(among):
            return f"List any of: {', '.join(among) or '(nothing can be listed here)'}."
        case Seconds(among, number):
            return f"Give seconds from {number.least:g} to {number.most:g} for any of: {', '.join(among)}."


def line_of(text: str, path: str) -> int:
    """Return the line on which a dotted key or a table is written; 0 if it is not found."""
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := TABLE.match(line):
            table = header["name"].replace(" ", "").replace('"', "")
            if table == path:
                return number
        elif key := KEY.match(line):
            name = key["key"].replace('"', "").replace("'", "")
            if (f"{table}.{name}" if table else name) == path:
                return number
    return 0


def shown(value: Any) -> str:
    """Return a value as a short text."""
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
