"""Accounts, notes and attachments behind tokens. Whatever comes in is checked first, and is data ever after."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import sqlite3
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jwt

ACCESS, REFRESH = "notes", "notes/refresh"
"""Audiences: neither token is good where the other is due."""
SECONDS = {ACCESS: 600, REFRESH: 604_800}
TOLERANCE = 30

USER_NAME = re.compile(r"(?=.{3,32}\Z)[a-z0-9]+(?:[.-][a-z0-9]+)*")
FILE_NAME = re.compile(r"(?!\.)[A-Za-z0-9 ._-]{1,100}")
LONGEST_ENCODED = 300
PASSWORD = range(8, 129)
TITLE = TEXT = 200
BODY = 65_536
CONTENT = 262_144
FIELDS = {"title": TITLE, "body": BODY}
IDS = range(1, 1 << 63)
"""What SQLite has room for."""
ORDERS = {"id": ("id", False), "id desc": ("id", True), "title": ("title", False), "title desc": ("title", True)}

SCHEMA = """
CREATE TABLE IF NOT EXISTS users (name TEXT PRIMARY KEY, salt BLOB NOT NULL, hash BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS families (id TEXT PRIMARY KEY, latest TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS notes (
    id INTEGER PRIMARY KEY, owner TEXT NOT NULL, title TEXT NOT NULL, body TEXT NOT NULL
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


class Accounts:
    """Users with their notes, in an SQLite file, and the attachments of these notes, in a folder."""

    def __init__(self, path: str, folder: str, key: str, *, clock: Callable[[], float] = time.time) -> None:
        self._database = sqlite3.connect(path)
        self._database.executescript(SCHEMA)
        self._folder = Path(folder)
        self._key = key
        self._clock = clock

    # ---- users and tokens

    def register(self, name: str, password: str) -> None:
        """Add a user. Raises ValueError for a name that is taken."""
        if not USER_NAME.fullmatch(name):
            raise ValueError("not a user name")
        if len(password) not in PASSWORD:
            raise ValueError("a password has 8 to 128 characters")
        if self._row("SELECT 1 FROM users WHERE name = ?", name):
            raise ValueError("this name is taken")
        salt = secrets.token_bytes()
        self._execute("INSERT INTO users VALUES (?, ?, ?)", name, salt, _hashed(password, salt))

    def login(self, name: str, password: str) -> tuple[str, str]:
        """Return an access token and a refresh token."""
        row = self._row("SELECT salt, hash FROM users WHERE name = ?", name)
        salt, kept = row or (b"", b"")  # for strangers, something is hashed, too
        if not hmac.compare_digest(_hashed(password, salt), kept):
            raise Denied("wrong name or password")
        family = secrets.token_hex()
        self._execute("INSERT INTO families VALUES (?, '')", family)
        return self._tokens(name, family)

    def refresh(self, token: str) -> tuple[str, str]:
        """Return new tokens for a refresh token that was not used before. Its family dies if it was."""
        claims = self._claims(token, REFRESH)
        family = claims["family"]
        if self._row("SELECT latest FROM families WHERE id = ?", family) != (claims["jti"],):
            self._execute("DELETE FROM families WHERE id = ?", family)
            raise Denied("this token was used before")
        return self._tokens(claims["sub"], family)

    def _tokens(self, name: str, family: str) -> tuple[str, str]:
        latest = secrets.token_hex()
        self._execute("UPDATE families SET latest = ? WHERE id = ?", latest, family)
        return self._token(ACCESS, sub=name), self._token(REFRESH, sub=name, family=family, jti=latest)

    def _token(self, audience: str, **claims: str) -> str:
        expires = int(self._clock()) + SECONDS[audience]
        return jwt.encode({**claims, "aud": audience, "exp": expires}, self._key, algorithm="HS256")

    def _claims(self, token: str, audience: str) -> dict[str, Any]:
        """Return what a token claims, if this service issued it for this use, and it is still good."""
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._key,
                algorithms=["HS256"],
                audience=audience,
                options={"require": ["exp", "sub"], "verify_exp": False},
            )
        except jwt.InvalidTokenError:
            raise Denied("not a good token") from None
        if self._clock() >= int(claims["exp"]) + TOLERANCE:
            raise Denied("this token has expired")
        return claims

    def _user(self, token: str) -> str:
        return str(self._claims(token, ACCESS)["sub"])

    # ---- notes

    def write(self, token: str, fields: Mapping[str, object], note: int | None = None) -> int:
        """Add a note with these fields, or change them in a note. Returns the note's id."""
        user = self._user(token)
        values = {name: _field(name, value) for name, value in fields.items()}
        if note is None:
            created = [user, values.get("title", ""), values.get("body", "")]
            return self._execute("INSERT INTO notes (owner, title, body) VALUES (?, ?, ?)", *created)
        before = self._note(user, note)
        after = [values.get("title", before.title), values.get("body", before.body), note]
        self._execute("UPDATE notes SET title = ?, body = ? WHERE id = ?", *after)
        return note

    def read(self, token: str, note: int) -> Note:
        """Return a note. Raises KeyError where the user has none."""
        return self._note(self._user(token), note)

    def search(self, token: str, text: str, order: str = "id") -> list[Note]:
        """Return the user's notes whose titles contain this text."""
        user = self._user(token)
        if len(text) > TEXT or order not in ORDERS:
            raise ValueError("not an order, or too long to be searched for")
        column, descending = ORDERS[order]
        rows = self._database.execute("SELECT * FROM notes WHERE owner = ? ORDER BY id", (user,))
        notes = [Note(*row) for row in rows if text in row[2]]
        return sorted(notes, key=attrgetter(column), reverse=descending)

    def _note(self, user: str, note: int) -> Note:
        row = note in IDS and self._row("SELECT * FROM notes WHERE id = ? AND owner = ?", note, user)
        if not row:
            raise KeyError(note)
        return Note(*row)

    # ---- attachments

    def attach(self, token: str, note: int, name: str, content: bytes) -> None:
        """Keep a file with a note, in place of the one of the same name."""
        place = self._place(token, note, name)
        if len(content) > CONTENT:
            raise ValueError("too long to be attached")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)

    def download(self, token: str, note: int, name: str) -> bytes:
        """Return an attachment. Raises KeyError where there is none."""
        place = self._place(token, note, name)
        if not place.exists():
            raise KeyError(name)
        return place.read_bytes()

    def _place(self, token: str, note: int, name: str) -> Path:
        self.read(token, note)
        if len(name) > LONGEST_ENCODED:
            raise ValueError("too long for a file name")
        decoded = unquote(name)
        if not FILE_NAME.fullmatch(decoded):
            raise ValueError("not a file name")
        return self._folder / str(note) / decoded

    # ---- the database

    def _row(self, query: str, *values: object) -> Any:
        return self._database.execute(query, values).fetchone()

    def _execute(self, query: str, *values: object) -> int:
        with self._database:
            return int(self._database.execute(query, values).lastrowid or 0)


def _field(name: str, value: object) -> str:
    if name not in FIELDS:
        raise ValueError("only title and body can be set")
    if not isinstance(value, str):
        raise ValueError("a field is text")
    if len(value) > FIELDS[name]:
        raise ValueError("too long for this field")
    return value.rstrip()


def _hashed(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=2**12, r=8, p=1)
