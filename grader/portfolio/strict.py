"""Strict reading of a portfolio's TOML files: every error names the file, the line, what was found and what to do.

A TOML parser reports lines only for broken syntax. For a wrong value, the line is found by the path of its key.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from grader import inputs
from grader.errors import UserError, sentences
from grader.framework import FRAMEWORK
from grader.model import Struct

REFERENCE = "See docs/reference/portfolio.md, which describes the file"
T = TypeVar("T")
Key = str | int
ESCAPES = {'"': '\\"', "\\": "\\\\", "\t": "\\t"}
_HEADER = re.compile(r"^\s*(\[{1,2})\s*([^\[\]]+?)\s*\]{1,2}\s*(?:#.*)?$")
_AT_LINE = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)")
_PART = re.compile(r"\.(\w+)|\[(\d+|\.\.\.)\]")


class FileProblem(Struct, frozen=True, kw_only=True):
    """A problem with one file of a portfolio; the other files are read all the same."""

    file: str
    line: int | None = None
    """Counted from 1; None if the problem has no line."""
    got: str
    remedy: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {sentences(self.got, self.remedy)}"


class PortfolioError(UserError):
    """A file of the portfolio cannot be used."""

    def __init__(self, problem: FileProblem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def problem_at(path: Path, text: str, keys: Sequence[Key], got: str, remedy: str) -> PortfolioError:
    """Return an error about the value at a path of keys."""
    return PortfolioError(FileProblem(file=str(path), line=line_of(text, keys), got=got, remedy=remedy))


def read_text(path: Path, *, remedy: str = REFERENCE) -> str:
    """Return a file's text. Raises PortfolioError."""
    try:
        return inputs.read(path).decode("utf-8")
    except OSError as error:
        raise PortfolioError(FileProblem(file=str(path), got=str(error.strerror), remedy=remedy)) from None
    except UnicodeDecodeError as error:
        got = f"it is not UTF-8: {error}"
        line = error.object.count(b"\n", 0, error.start) + 1
        raise PortfolioError(FileProblem(file=str(path), line=line, got=got, remedy="Save it as UTF-8")) from None


def parsed_toml(text: str, path: Path, kind: type[T], *, remedy: str = REFERENCE) -> T:
    """Return a TOML text as a value of type `kind`; `path` names the file in errors. Raises PortfolioError."""
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        at = _AT_LINE.search(str(error))
        got = f"it is not valid TOML: {_AT_LINE.sub('', str(error))}"
        line = int(at[1] or text.count("\n") + 1) if at else None
        raise PortfolioError(FileProblem(file=str(path), line=line, got=got, remedy=remedy)) from None
    try:
        return msgspec.convert(table, kind)
    except msgspec.ValidationError as error:
        what, keys = _taken_apart(str(error))
        if "..." in keys:
            keys = _with_name(keys, table, kind)
        raise problem_at(path, text, keys, f"{_dotted(keys)}{what}", remedy) from None


def read_toml(path: Path, kind: type[T], *, remedy: str = REFERENCE) -> T:
    """Return a TOML file as a value of type `kind`. Raises PortfolioError."""
    return parsed_toml(read_text(path, remedy=remedy), path, kind, remedy=remedy)


def line_of(text: str, keys: Sequence[Key]) -> int | None:
    """Return the line of the value at a path of keys, or of the table around it; None if there is neither."""
    tables = [key for key in keys[:1] if isinstance(key, str)]
    nth = next((key for key in keys if isinstance(key, int)), 0)
    names = [str(key) for key in keys if isinstance(key, str)]
    here, seen, nearest = "", -1, None
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            here = _bare(header[2])
            if here in tables:
                seen += 1
                nearest = number if seen == nth else nearest
            continue
        name = _bare(line.partition("=")[0]) if "=" in line else ""
        inside = here in tables and seen == nth
        if (inside and name in names[1:]) or (not here and name in names):
            return number
    return nearest


def framework_skill(name: str) -> str | None:
    """Return the framework's spelling of a skill's name in any case; None if there is no such skill."""
    known = {skill.casefold(): skill for competency in FRAMEWORK for skill in competency.skills}
    return known.get(" ".join(name.split()).casefold())


def meant_skill(name: str) -> str:
    """Return the remedy for a skill that the framework does not have: what to write instead."""
    skills = [skill for competency in FRAMEWORK for skill in competency.skills]
    by_word = {skill.casefold(): skill for skill in skills}
    close = [by_word[word] for word in difflib.get_close_matches(name.casefold(), by_word, n=2, cutoff=0.5)]
    return f"Write {' or '.join(close)}" if close else f"Choose one of: {', '.join(skills)}"


def quoted(text: str) -> str:
    """Return a text as a TOML string: on one line, or on several if the text has several."""
    escaped = "".join(map(_escaped, text.encode("utf-8", "replace").decode("utf-8").strip()))
    return f'"""\n{escaped}"""' if "\n" in escaped else f'"{escaped}"'


def _escaped(letter: str) -> str:
    if letter in ESCAPES:
        return ESCAPES[letter]
    return f"\\u{ord(letter):04x}" if (ord(letter) < 32 and letter != "\n") or ord(letter) == 127 else letter


def _bare(name: str) -> str:
    return name.strip().strip("\"'")


def _taken_apart(message: str) -> tuple[str, tuple[Key, ...]]:
    """Split msgspec's "... - at `$.targets[1].by`" into what is wrong and the path of keys."""
    what, _, path = message.rpartition(" - at `$")
    keys: list[Key] = []
    for name, index in _PART.findall(path.rstrip("`")):
        keys.append(int(index) if index.isdigit() else name or index)
    what = what or message
    if unknown := re.match(r"Object contains unknown field `(.+)`", what):
        keys.append(unknown[1])
        what = "there is no such key"
    if wrong := re.match(r"Invalid enum value (.+)", what):
        what = f"{wrong[1]} is not one of the permitted values"
    return what, tuple(keys)


def _with_name(keys: Sequence[Key], table: dict[str, object], kind: type[T]) -> tuple[Key, ...]:
    """Replace the "..." that msgspec reports with the key of the dictionary."""
    entries = table.get(str(keys[0]))
    for name, value in entries.items() if isinstance(entries, dict) else ():
        try:
            msgspec.convert(table | {str(keys[0]): {name: value}}, kind)
        except msgspec.ValidationError:
            return tuple(str(name) if key == "..." else key for key in keys)
    return tuple(keys)


def _dotted(keys: Iterable[Key]) -> str:
    path = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys).lstrip(".")
    return f"{path}: " if path else ""
