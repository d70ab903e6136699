"""Accounts, notes and attachments, hardened."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import sqlite3
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jwt

log = logging.getLogger("accounts")

NAME = re.compile(r"^[a-z0-9]+([.-][a-z0-9]+)*$")
FILE_NAME = re.compile(r"^[A-Za-z0-9 ._-]+$")
ACCESS_SECONDS = 600
REFRESH_SECONDS = 7 * 24 * 3600
LEEWAY = 30

SCHEMA = """
CREATE TABLE IF NOT EXISTS users (name TEXT PRIMARY KEY, salt TEXT NOT NULL, password TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS notes (
    id INTEGER PRIMARY KEY,
    owner TEXT NOT NULL,
    title TEXT NOT NULL DEFAULT '',
    body TEXT NOT NULL DEFAULT ''
);
CREATE TABLE IF NOT EXISTS used_tokens (token TEXT PRIMARY KEY);
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
        if len(name) < 3 or len(name) > 32 or not NAME.match(name):
            raise ValueError(f"not a name: {name}")
        if len(password) < 8 or len(password) > 128:
            raise ValueError("password must have 8 to 128 characters")
        log.info("register %s", name)
        if self._rows("SELECT 1 FROM users WHERE name = ?", name):
            raise ValueError(f"name is taken: {name}")
        salt = os.urandom(16).hex()
        self._execute("INSERT INTO users VALUES (?, ?, ?)", name, salt, _hashed(password, salt))

    def login(self, name: str, password: str) -> tuple[str, str]:
        """Return an access token and a refresh token."""
        log.info("login %s", name)
        rows = self._rows("SELECT salt, password FROM users WHERE name = ?", name)
        if not rows:
            raise Denied("wrong name or password")
        salt, hashed = rows[0]
        if _hashed(password, salt) != hashed:
            raise Denied("wrong name or password")
        return self._tokens(name)

    def refresh(self, token: str) -> tuple[str, str]:
        """Return new tokens for a refresh token."""
        claims = self._claims(token)
        if claims.get("type") != "refresh":
            raise Denied("not a refresh token")
        if self._rows("SELECT 1 FROM used_tokens WHERE token = ?", token):
            raise Denied("token was used before")
        self._execute("INSERT INTO used_tokens VALUES (?)", token)
        return self._tokens(claims["sub"])

    def _tokens(self, name: str) -> tuple[str, str]:
        return self._token(name, ACCESS_SECONDS, "access"), self._token(name, REFRESH_SECONDS, "refresh")

    def _token(self, name: str, seconds: int, type: str) -> str:
        claims = {
            "sub": name,
            "aud": "notes",
            "exp": int(self.clock()) + seconds,
            "type": type,
            "jti": uuid.uuid4().hex,
        }
        return jwt.encode(claims, self.key, algorithm="HS256")

    def _claims(self, token: str) -> dict[str, Any]:
        try:
            options: Any = {"verify_exp": False}
            claims = jwt.decode(token, self.key, algorithms=["HS256"], audience="notes", options=options)
            if self.clock() > claims["exp"] + LEEWAY:
                raise Denied("token has expired")
            return claims
        except (jwt.InvalidTokenError, KeyError) as error:
            raise Denied(f"not a token: {token}") from error

    def _user(self, token: str) -> str:
        """Return who a token was issued to."""
        return str(self._claims(token)["sub"])

    # ---- notes

    def write(self, token: str, fields: Mapping[str, object], note: int | None = None) -> int:
        """Add a note with these fields, or change them in a note. Returns the note's id."""
        owner = self._user(token)
        for name in fields:
            if name not in ("title", "body"):
                raise ValueError(f"not a field: {name}")
        values = {name: str(value) for name, value in fields.items()}
        if len(values.get("title", "")) > 200:
            raise ValueError("title is too long")
        if len(values.get("body", "")) > 65536:
            raise ValueError("body is too long")
        values = {name: value.rstrip() for name, value in values.items()}
        if note is None:
            return self._execute(
                "INSERT INTO notes (owner, title, body) VALUES (?, ?, ?)",
                owner,
                values.get("title", ""),
                values.get("body", ""),
            )
        self.read(token, note)
        for name, value in values.items():
            self._execute(f"UPDATE notes SET {name} = ? WHERE id = ?", value, note)
        return note

    def read(self, token: str, note: int) -> Note:
        """Return a note. Raises KeyError where there is none."""
        user = self._user(token)
        rows = self._rows("SELECT id, owner, title, body FROM notes WHERE id = ?", note)
        if not rows:
            raise KeyError(note)
        found = Note(*rows[0])
        if found.owner != user:
            raise KeyError(f"not your note: {note}")
        return found

    def search(self, token: str, text: str, order: str = "id") -> list[Note]:
        """Return the user's notes whose titles contain this text."""
        owner = self._user(token)
        if order not in ("id", "id desc", "title", "title desc"):
            raise ValueError(f"not an order: {order}")
        if len(text) > 200:
            raise ValueError("text is too long")
        query = "SELECT id, owner, title, body FROM notes WHERE owner = ? AND title LIKE ?"
        rows = self._rows(f"{query} ORDER BY {order}, id", owner, f"%{text}%")
        return [Note(*row) for row in rows]

    # ---- attachments

    def attach(self, token: str, note: int, name: str, content: bytes) -> None:
        """Keep a file with a note, in place of the one of the same name."""
        self.read(token, note)
        place = self._place(note, name)
        if len(content) > 262144:
            raise ValueError("content is too long")
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
        if len(name) > 100 or not FILE_NAME.match(name) or ".." in name:
            raise ValueError(f"not a file name: {name}")
        return Path(self.folder) / str(note) / name

    # ---- the database

    def _rows(self, query: str, *values: Any) -> list[Any]:
        return self._database.execute(query, values).fetchall()

    def _execute(self, query: str, *values: Any) -> int:
        with self._database:
            return int(self._database.execute(query, values).lastrowid or 0)


def _hashed(password: str, salt: str) -> str:
    return hashlib.scrypt(password.encode(), salt=salt.encode(), n=2**12, r=8, p=1).hex()
