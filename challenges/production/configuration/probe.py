"""Runs beside the submission: builds schemas from data, and runs programs of files, variables and reloads on them.

    run(schema, prefix, files, arguments, steps) -> what each step ended with
    talk(...the same...)                         -> the same, each with all that was said meanwhile, in any text
    annotated(values)                            -> what a schema with annotations in strings was loaded with

A schema is `[class name, options, [[field, type, default], ...]]`. A type is `"str"` or another name of SCALARS,
`["enum", name, [[member, value], ...], of texts]`, `["secret", type]`, `["list", type]`, `["optional", type]` or
`["schema", schema]`. A default is None, `["value", value]`, `["factory", value]` or `["variable", name]`, whose factory
reads a variable. Values come and go in this form: texts and None as they are, `["int", number]`, `["bool", truth]`,
`["path", text]`, `["enum", value]`, `["size", bytes]`, `["duration", seconds]`, `["secret", value]`, `["list", [...]]`,
`["schema", [[field, value], ...]]`. Steps:

    ["load"]  ["reload"]  ["look"]  ["another"]  ["set", variable, text]  ["unset", variable]  ["write", file, bytes]
    ["remove", file]
"""

from __future__ import annotations

import logging
import sys
from contextlib import ExitStack, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field, fields, make_dataclass
from enum import Enum
from io import StringIO
from os import close, dup, dup2, removedirs
from pathlib import Path
from tempfile import TemporaryFile
from traceback import format_exception
from typing import Any, Optional

from probe_kit import plain
from probe_kit.nameless import nameless

from configuration import ByteSize, Configuration, ConfigurationError, Duration, Secret

SCALARS = {"str": str, "int": int, "bool": bool, "path": Path, "size": ByteSize, "duration": Duration}


# ---- schemas ----------------------------------------------------------------------------------------------------


class Schemas:
    """The classes of one program: each schema and each enum is made once, however often it is a field's type."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._made: dict[str, Any] = {}
        self._environment = environment

    def of(self, spec: list[Any]) -> Any:
        """Return the dataclass that a specification describes."""
        name, options, members = spec
        if name not in self._made:
            made = [(member, self._type(kind), self._default(kind, default)) for member, kind, default in members]
            self._keep(name, make_dataclass(name, made, **options))
        return self._made[name]

    def _keep(self, name: str, made: Any) -> Any:
        KNOWN.add(made)
        return self._made.setdefault(name, made)

    def _type(self, kind: Any) -> Any:
        match kind:
            case str():
                return SCALARS[kind]
            case ["enum", name, members, of_texts]:
                return self._made.get(name) or self._keep(name, Enum(name, members, type=str if of_texts else None))
            case ["secret", inner]:
                return Secret[self._type(inner)]
            case ["list", inner]:
                return list[self._type(inner)]
            case ["optional", inner]:
                return Optional[self._type(inner)]  # noqa: UP045 - the other spelling of `| None`
            case ["union", inner]:
                return self._type(inner) | None
            case _:
                return self.of(kind[1])

    def _default(self, kind: Any, default: Any) -> Any:
        match default:
            case ["value", value]:
                return field(default=self.made(kind, value))
            case ["factory", value]:
                return field(default_factory=nameless(lambda: self.made(kind, value)))
            case ["variable", name]:
                return field(default_factory=nameless(lambda: self._environment[name]))
            case _:
                return field()

    def made(self, kind: Any, value: Any) -> Any:
        """Return the value of a type that this data stands for."""
        if value is None or not isinstance(value, list):
            return value
        what, inner = value
        match kind:
            case ["optional" | "union", part]:
                return self.made(part, value)
            case ["secret", part]:
                return Secret(self.made(part, inner))
            case ["list", part]:
                return [self.made(part, item) for item in inner]
            case ["schema", spec]:
                parts = {name: kind for name, kind, _ in spec[2]}
                return self.of(spec)(**{name: self.made(parts[name], item) for name, item in inner})
            case ["enum", *_]:
                return self._type(kind)(inner)
        return Duration(seconds=inner) if what == "duration" else SCALARS[what](inner)


def _shown(value: Any) -> Any:
    """Return a value as data; a subclass of a promised type is shown as that type, another class as that."""
    match value:
        case Secret():
            return ["secret", _shown(value.reveal())]
        case Enum():
            return ["enum", plain(value.value)] if type(value) in KNOWN else "a member of another enum"
        case ByteSize():
            return ["size", int(value)]
        case Duration():
            return ["duration", value.total_seconds()]
        case Path():
            return ["path", str(value)]
        case bool() | int():
            return [type(value).__name__, value] if type(value) in (bool, int) else ["int", int(value)]
        case list():
            return ["list", [_shown(item) for item in value]]
    if KNOWN.intersection(type(value).__mro__):
        return ["schema", [[member.name, _shown(getattr(value, member.name))] for member in fields(value)]]
    return plain(value)


# ---- programs ---------------------------------------------------------------------------------------------------


def run(schema: Any, prefix: str, files: list[str], arguments: list[str], steps: list[Any]) -> list[Any]:
    """Run the steps, and return how each ended."""
    with ExitStack() as stack:
        world = World(stack, schema, prefix, files, arguments)
        return [world.step(*step) for step in steps]


def talk(schema: Any, prefix: str, files: list[str], arguments: list[str], steps: list[Any]) -> list[Any]:
    """Run the steps, and return how each ended, with all texts that came of it."""
    with ExitStack() as stack:
        world = World(stack, schema, prefix, files, arguments)
        return [[world.step(*step), world.texts()] for step in steps]


class Ears(logging.Handler):
    """Hears what is said: in Python, by the descriptors below, and to loggers, even those that pass nothing on."""

    def __init__(self) -> None:
        super().__init__(level=0)
        self.heard: list[str] = []

    def record(self, *args: Any, **keywords: Any) -> logging.LogRecord:
        """Make a record and keep it, too."""
        record = logging.LogRecord(*args, **keywords)
        self.heard.append(repr(vars(record)))
        return record

    def emit(self, record: logging.LogRecord) -> None:
        self.heard += [self.format(record), repr(vars(record))]

    def __enter__(self) -> None:
        self._stack = ExitStack()
        self._out, file = StringIO(), self._stack.enter_context(TemporaryFile())
        self._file, logger = file, logging.getLogger()
        self._stack.enter_context(redirect_stdout(self._out))
        self._stack.enter_context(redirect_stderr(self._out))
        for number in (1, 2):
            kept = dup(number)
            dup2(file.fileno(), number)
            self._stack.callback(close, kept)
            self._stack.callback(dup2, kept, number)
        logger.addHandler(self)
        self._stack.callback(logger.setLevel, logger.level)
        self._stack.callback(logger.removeHandler, self)
        self._stack.callback(logging.setLogRecordFactory, logging.getLogRecordFactory())
        logger.setLevel(1)
        logging.setLogRecordFactory(self.record)

    def __exit__(self, *_: object) -> None:
        for stream in (sys.__stdout__, sys.__stderr__):
            if stream is not None:
                stream.flush()
        self._file.seek(0)
        self.heard += [self._out.getvalue(), self._file.read().decode(errors="replace")]
        self._stack.close()


@nameless
class World:
    """Files and variables, and the configuration that is loaded from them. Slots: nobody gives it another method."""

    __slots__ = (
        "_arguments",
        "_changes",
        "_environment",
        "_error",
        "_files",
        "_given",
        "_own",
        "_schemas",
        "_seen",
        "_said",
        "_stack",
    )

    def __init__(self, stack: ExitStack, schema: Any, prefix: str, files: list[str], arguments: list[str]) -> None:
        self._stack = stack
        self._environment: dict[str, str] = {}
        self._schemas = Schemas(self._environment)
        self._given = {
            "schema": self._schemas.of(schema),
            "prefix": prefix,
            "arguments": arguments,
            "environment": self._environment,
            "files": [Path(name) for name in files],
        }
        self._seen: list[Any] = []
        self._error: BaseException | None = None
        self._said: list[str] = []
        self._changes: Any = ()
        self._own: set[Path] = set()

    def step(self, what: str, *details: Any) -> Any:
        """Carry out one step. A configuration that does not exist yet is neither looked at nor loaded again."""
        match what, details:
            case "set", [variable, text]:
                self._environment[variable] = text
            case "unset", [variable]:
                self._environment.pop(variable, None)
            case "write", [name, content]:
                self._own.add(Path(name))
                Path(name).parent.mkdir(parents=True, exist_ok=True)
                Path(name).write_bytes(content)
                self._stack.callback(_removed, name)
            case "remove", [name]:
                Path(name).unlink(missing_ok=True)
            case _:
                return self._ended(what)
        return None

    def _ended(self, what: str) -> Any:
        self._error, ears = None, Ears()
        self._said = ears.heard
        try:
            with ears:
                return ["gave", self._perform(what)]
        except ConfigurationError as error:
            self._error = error
            return ["raised", [_problem(problem) for problem in error.problems], plain(str(error))]
        except Exception as error:
            self._error = error
            return ["raised another", type(error).__name__]

    def _perform(self, what: str) -> Any:
        if what == "another":
            Configuration(Pool, prefix="", arguments=["--size=1"], environment={})
            return None
        if what == "load":
            self._seen = [Configuration(**self._given)]
        if what == "load" or not self._seen:
            return None
        configuration, *values = self._seen
        if what == "reload":
            changes = configuration.reload()
            self._changes = changes
            return sorted(([plain(change.key), _shown(change.old), _shown(change.new)] for change in changes), key=repr)
        value = configuration.value
        known = [earlier is value for earlier in values]
        self._seen.append(value)
        return [_shown(value), known, [_shown(earlier) for earlier in values]]

    def texts(self) -> list[str]:
        """Return all texts of what the last step left behind."""
        written = [path for path in Path().rglob("*") if path.is_file() and path not in self._own]
        objects = [*self._said, self._changes, *self._seen, *(path.read_bytes() for path in written)]
        if self._error is not None:
            objects += [self._error, self._error.args, getattr(self._error, "problems", ())]
            objects += format_exception(self._error)
        parts = [part for item in objects if isinstance(item, list | tuple) for part in item]
        return [*dict.fromkeys(text for item in [*objects, *parts] for text in (str(item), repr(item)))]


def _removed(name: str) -> None:
    """Remove a file, and the folders that are empty without it."""
    Path(name).unlink(missing_ok=True)
    with suppress(OSError):
        removedirs(Path(name).parent)


def _problem(problem: Any) -> list[Any]:
    parts = [plain(part) for part in (problem.kind, problem.key, problem.source, problem.nearest)]
    return [part if part is None or isinstance(part, str) else f"another: {part}" for part in parts]


# ---- annotations in strings -------------------------------------------------------------------------------------


class Color(Enum):
    """Of a pool."""

    BLUE = "blue"
    DEEP_RED = "deep-red"


@dataclass
class Limits:
    """What others inherit."""

    size: int
    limit: ByteSize = ByteSize(7)


@dataclass
class Pool(Limits):
    """Below the others."""

    color: Color = Color.BLUE


@dataclass(frozen=True)
class Database:
    """In the middle."""

    password: Secret[str]
    pool: Pool
    spare: Optional[Pool] = None  # noqa: UP045 - the older spelling


@dataclass(frozen=True)
class App:
    """Above them."""

    database: Database
    ports: list[int]
    timeout: Duration | None = None
    home: Path = Path("/srv")


KNOWN: set[type] = {Color, Pool, Database, App}
"""The classes that values may be of."""


def annotated(environment: dict[str, str]) -> Any:
    """Return what the schema with annotations in strings is loaded with."""
    with suppress(ConfigurationError):
        return _shown(Configuration(App, prefix="APP_", environment=environment).value)
    return None
