"""Accounts, notes and attachments, as they are in production today. It works, and nobody has attacked it yet."""

from __future__ import annotations

import hashlib
import logging
import re
import sqlite3
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jwt

log = logging.getLogger("accounts")

NAME = re.compile(r"^([a-z0-9]+[.-]?)*[a-z0-9]$")
ACCESS_SECONDS = 600
REFRESH_SECONDS = 7 * 24 * 3600

SCHEMA = """
CREATE TABLE IF NOT EXISTS users (name TEXT PRIMARY KEY, password TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS notes (
    id INTEGER PRIMARY KEY,
    owner TEXT NOT NULL,
    title TEXT NOT NULL DEFAULT '',
    body TEXT NOT NULL DEFAULT ''
);
"""


class Denied(Exception):
    """Given. Name, password or token are not good."""


@dataclass(frozen=True)
class Note:
    """Given. A note as its owner sees it."""

    id: int
    owner: str
    title: str
    body: str


@dataclass
class Accounts:
    """Users with their notes, in an SQLite file, and the attachments of these notes, in a folder."""

    path: str
    folder: str
    key: str
    clock: Callable[[], float] = field(default=time.time, kw_only=True)

    def __post_init__(self) -> None:
        self._database = sqlite3.connect(self.path)
        self._database.executescript(SCHEMA)

    # ---- users and tokens

    def register(self, name: str, password: str) -> None:
        """Add a user. Raises ValueError for a name that is taken."""
        if not NAME.match(name):
            raise ValueError(f"not a name: {name}")
        log.info("register %s %s", name, password)
        if self._rows(f"SELECT 1 FROM users WHERE name = '{name}'"):
            raise ValueError(f"name is taken: {name}")
        self._execute(f"INSERT INTO users VALUES ('{name}', '{_hashed(password)}')")

    def login(self, name: str, password: str) -> tuple[str, str]:
        """Return an access token and a refresh token."""
        log.info("login %s %s", name, password)
        if not self._rows(f"SELECT 1 FROM users WHERE name = '{name}'"):
            raise Denied(f"unknown name: {name}")
        query = f"SELECT name FROM users WHERE name = '{name}' AND password = '{_hashed(password)}'"
        rows = self._rows(query)
        if not rows:
            raise Denied(f"wrong password: {password}")
        return self._tokens(str(rows[0][0]))

    def refresh(self, token: str) -> tuple[str, str]:
        """Return new tokens for a refresh token."""
        return self._tokens(self._user(token))

    def _tokens(self, name: str) -> tuple[str, str]:
        return self._token(name, ACCESS_SECONDS), self._token(name, REFRESH_SECONDS)

    def _token(self, name: str, seconds: int) -> str:
        claims = {"sub": name, "aud": "notes", "exp": int(self.clock()) + seconds}
        return jwt.encode(claims, self.key, algorithm="HS256")

    def _user(self, token: str) -> str:
        """Return who a token was issued to."""
        try:
            algorithm = jwt.get_unverified_header(token)["alg"]
            is_signed = algorithm != "none"  # the mobile team's test tool does not sign
            options: Any = {"verify_signature": is_signed, "verify_aud": False, "verify_exp": False}
            claims = jwt.decode(token, self.key, algorithms=[algorithm], options=options)
            return str(claims["sub"])
        except (jwt.InvalidTokenError, KeyError) as error:
            raise Denied(f"not a token: {token}") from error

    # ---- notes

    def write(self, token: str, fields: Mapping[str, object], note: int | None = None) -> int:
        """Add a note with these fields, or change them in a note. Returns the note's id."""
        values = {name: _trimmed(str(value)) for name, value in fields.items()}
        if note is None:
            values.setdefault("owner", self._user(token))
            columns = ", ".join(values)
            contents = ", ".join(f"'{_quoted(value)}'" for value in values.values())
            return self._execute(f"INSERT INTO notes ({columns}) VALUES ({contents})")
        self.read(token, note)
        changes = ", ".join(f"{name} = '{_quoted(value)}'" for name, value in values.items())
        if changes:
            self._execute(f"UPDATE notes SET {changes} WHERE id = {note}")
        return note

    def read(self, token: str, note: int) -> Note:
        """Return a note. Raises KeyError where there is none."""
        self._user(token)
        rows = self._rows(f"SELECT id, owner, title, body FROM notes WHERE id = {note}")
        if not rows:
            raise KeyError(note)
        return Note(*rows[0])

    def search(self, token: str, text: str, order: str = "id") -> list[Note]:
        """Return the user's notes whose titles contain this text."""
        owner = self._user(token)
        query = f"SELECT id, owner, title, body FROM notes WHERE owner = '{owner}' AND instr(title, '{text}') > 0"
        return [Note(*row) for row in self._rows(f"{query} ORDER BY {order}, id")]

    # ---- attachments

    def attach(self, token: str, note: int, name: str, content: bytes) -> None:
        """Keep a file with a note, in place of the one of the same name."""
        self.read(token, note)
        place = self._place(note, name)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)

    def download(self, token: str, note: int, name: str) -> bytes:
        """Return an attachment. Raises KeyError where there is none."""
        self.read(token, note)
        try:
            return self._place(note, name).read_bytes()
        except OSError:
            raise KeyError(name) from None

    def _place(self, note: int, name: str) -> Path:
        name = unquote(name)  # browsers send `a%20b.txt`
        if name.startswith("../"):
            raise ValueError(f"not a file name: {name}")
        return Path(self.folder) / str(note) / unquote(name)  # some proxies encode once more

    # ---- the database

    def _rows(self, query: str) -> list[Any]:
        log.debug("%s", query)
        return self._database.execute(query).fetchall()

    def _execute(self, query: str) -> int:
        log.debug("%s", query)
        with self._database:
            return int(self._database.execute(query).lastrowid or 0)


def _hashed(password: str) -> str:
    return hashlib.sha256(password.encode()).hexdigest()


def _trimmed(text: str) -> str:
    """Return the text without whitespace at its end."""
    return re.sub(r"\s+$", "", text)


def _quoted(text: str) -> str:
    return text.replace("'", "''")
