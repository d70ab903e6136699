"""Runs the service in a world of its own: a folder with a database, attachments, and a secret beside them.

    begin(key, now)      a new world; returns its folder
    pack()               end the service, and pack its files into one, of which the name is returned
    unpack(name, ...)    begin again with these files, in another process
    run(steps)           -> [["gave", value], ["raised", kind, text], ...]
    claims(token)        -> [header, claims], or None if it is no JWT
    heard()              what errors, logs, output and `repr` told since the world began
    bend(place, mask)    from now on, `hashlib.scrypt` gives one other byte; with a mask of 0 what it should
    hashed()             n, r, p, salt and size of each hash that `hashlib.scrypt` gave since it was asked last
    stored()             every value in the database, and every file
    outside()            every file beside the database and the attachments

Steps are `[method, *arguments]` and `["sleep", seconds]`. An argument `{"repeat": [text, times, text]}`
stands for a long one.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import sys
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from hashlib import sha256
from io import StringIO
from itertools import count
from os import close, dup, dup2
from pathlib import Path
from shutil import copy, rmtree
from sqlite3 import connect
from tarfile import TarFile
from tempfile import TemporaryFile
from typing import Any

from probe_kit import plain

_scrypt = hashlib.scrypt
_hashed: list[list[Any]] = []
_bent = [0, 0]


def _noted_scrypt(password: Any, **options: Any) -> bytes:
    derived, (place, mask) = bytearray(_scrypt(password, **options)), _bent
    _hashed.append([*(options[name] for name in ("n", "r", "p")), bytes(options["salt"]), len(derived)])
    derived[place % len(derived)] ^= mask
    return bytes(derived)


hashlib.scrypt = _noted_scrypt  # before the submission can import it

import accounts  # noqa: E402

LONG = 100_000
"""Content of more bytes is told by its length and digest: answers have a limit."""
SECRET = "secret.txt"
OURS = re.compile(r"world\d+(\.tar)?|copies")


class Ear(logging.Handler):
    """Keeps all that a record says: its message, its arguments, its traceback, and what was added to it."""

    def __init__(self) -> None:
        super().__init__(level=0)
        self.heard: list[str] = []
        self.setFormatter(logging.Formatter())

    def record(self, *args: Any, **keywords: Any) -> logging.LogRecord:
        """Make a record, and keep it, too, if its logger does not pass it on."""
        record = logging.LogRecord(*args, **keywords)
        self.heard.append(repr(vars(record)))
        return record

    def emit(self, record: logging.LogRecord) -> None:
        self.heard += [self.format(record), repr(vars(record))]


class World:
    """A service with its files, its clock, and everything that it told."""

    def __init__(self, home: Path, key: str, now: int) -> None:
        self.home = home
        self.database, self.folder = self.home / "data" / "accounts.db", self.home / "files"
        for folder in (self.database.parent, self.folder):
            folder.mkdir(parents=True, exist_ok=True)
        (self.home / SECRET).write_text(sha256(key.encode()).hexdigest())
        self.now = now
        self.ear = Ear()
        self.output, self.written = StringIO(), TemporaryFile()  # noqa: SIM115 - closed with its world
        self.service: Any = accounts.Accounts(str(self.database), str(self.folder), key, clock=lambda: self.now)

    def step(self, name: str, *arguments: Any) -> list[Any]:
        try:
            match name:
                case "sleep":
                    self.now += arguments[0]
                    return ["gave", None]
                case _:
                    return ["gave", _shown(getattr(self.service, name)(*map(_made, arguments)))]
        except BaseException as error:
            self.ear.heard += _told(error)
            kinds = (accounts.Denied, KeyError, ValueError)
            kind = next((kind for kind in kinds if isinstance(error, kind)), type(error))
            return ["raised", kind.__name__, plain(str(error))]


_world: World


def begin(key: str, now: int) -> str:
    """Leave the old world, and begin another."""
    homes = (Path(f"world{number}").absolute() for number in count())
    return _begin(next(home for home in homes if not home.exists()), key, now)


def _begin(home: Path, key: str, now: int) -> str:
    global _world  # noqa: PLW0603 - a probe's calls share it
    _world = World(home, key, now)
    root = logging.getLogger()
    root.handlers[:] = [_world.ear]
    root.setLevel(1)
    logging.setLogRecordFactory(_world.ear.record)
    return str(home)


def pack() -> str:
    """End the service, and return the name of an archive of its files."""
    _world.service = None  # which closes the database
    with TarFile(f"{_world.home.name}.tar", "w") as archive:
        archive.add(_world.home.name)
    return f"{_world.home.name}.tar"


def unpack(name: str, key: str, now: int) -> str:
    """Begin again with the files of this archive."""
    with TarFile(name) as archive:
        archive.extractall(filter="data")
    return _begin(Path(name).with_suffix("").absolute(), key, now)


def run(steps: list[list[Any]]) -> list[Any]:
    """Return how each step ended."""
    with _overheard():
        return [_world.step(*step) for step in steps]


@contextmanager
def _overheard() -> Iterator[None]:
    """Keep what is written meanwhile to output or error output, by Python or below it."""
    kept = [dup(1), dup(2)]
    try:
        for number in (1, 2):
            dup2(_world.written.fileno(), number)
        with redirect_stdout(_world.output), redirect_stderr(_world.output):
            yield
    finally:
        for stream in (sys.__stdout__, sys.__stderr__):
            if stream is not None:
                stream.flush()
        for number, own in zip((1, 2), kept, strict=True):
            dup2(own, number)
            close(own)


def claims(token: str) -> Any:
    """Return the header and the claims of a JWT, whoever signed it."""
    try:
        header, payload = (json.loads(urlsafe_b64decode(part + "==")) for part in token.split(".")[:2])
        return plain([header, payload])
    except (ValueError, TypeError):
        return None


def heard() -> str:
    """Return everything that was told."""
    with redirect_stdout(_world.output), redirect_stderr(_world.output):
        shown = [repr(_world.service), str(_world.service)]
    _world.written.seek(0)
    written = _world.written.read().decode(errors="replace")
    return "\n".join([*_world.ear.heard, _world.output.getvalue(), written, *shown])


def bend(place: int, mask: int) -> None:
    """Change a byte of all that scrypt gives, by a mask from 1 to 255; with 0 it is as it should be."""
    _bent[:] = place, mask


def hashed() -> list[Any]:
    """Return and forget the cost, the salt and the size of each hash that scrypt gave."""
    calls = plain(_hashed)
    _hashed.clear()
    return list(calls)


def stored() -> list[Any]:
    """Return every value in the database, then the content of every file, with what the database deleted."""
    database = connect(_copied_database())
    tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    rows = [row for table in tables for row in database.execute(f'SELECT * FROM "{table}"')]  # noqa: S608 - its own
    database.close()
    files = [*_files(), *_files_of_the_database()]
    return [value for row in rows for value in row] + [_content(path) for path in files]


def _copied_database() -> Path:
    """Return a copy of the database, for the service may have locked its own."""
    copies = Path("copies")
    rmtree(copies, ignore_errors=True)
    copies.mkdir()
    for path in _files_of_the_database():
        if not path.name.endswith("-shm"):
            copy(path, copies)
    return copies / _world.database.name


def outside() -> dict[str, Any]:
    """Return the content of every file that is neither an attachment nor of the database."""
    return {str(path): _content(path) for path in _files() if not path.is_relative_to(_world.folder)}


def _content(path: Path) -> bytes:
    return path.read_bytes().replace(bytes(64), b"")[:LONG]


def _files() -> list[Path]:
    """Return all files but those of the database, of other worlds, and ours."""
    own = _files_of_the_database()
    others = [path for path in _world.home.parent.iterdir() if not OURS.fullmatch(path.name)]
    paths = [path for root in (_world.home, *others) for path in (root, *root.rglob("*"))]
    return [path for path in paths if path.is_file() and path not in own]


def _files_of_the_database() -> list[Path]:
    paths = [_world.database, *(Path(f"{_world.database}-{end}") for end in ("journal", "wal", "shm"))]
    return [path for path in paths if path.exists()]


def _made(argument: Any) -> Any:
    if isinstance(argument, dict) and "repeat" in argument:
        start, times, end = argument["repeat"]
        return start * times + end
    if isinstance(argument, dict):
        return {name: _made(value) if isinstance(value, dict) else value for name, value in argument.items()}
    return argument


def _shown(value: Any) -> Any:
    if isinstance(value, accounts.Note):
        return ["Note", *(plain(getattr(value, name)) for name in ("id", "owner", "title", "body"))]
    if isinstance(value, list):
        return [_shown(item) for item in value]
    if isinstance(value, bytes) and len(value) > LONG:
        return [len(value), sha256(value).hexdigest()]
    return plain(value)


def _told(error: BaseException | None) -> list[str]:
    """Everything that an exception says, and those that it came from."""
    told: list[str] = []
    todo, seen = [error], set[int]()
    while todo:
        if (error := todo.pop()) is not None and id(error) not in seen:
            seen.add(id(error))
            told += [str(error), repr(error), repr(error.args), repr(vars(error))]
            todo += [error.__cause__, error.__context__]
    return told
