"""Accounts, notes and attachments in one SQLite file; every text goes through `checks` on its way in."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import checks
from passwords import STRANGER, hashed, matches
from tokens import InvalidToken, Tokens

SCHEMA = """
CREATE TABLE IF NOT EXISTS users (name TEXT PRIMARY KEY, password TEXT);
CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY AUTOINCREMENT, owner TEXT, title TEXT, body TEXT);
CREATE TABLE IF NOT EXISTS files (note INTEGER, name TEXT, content BLOB, PRIMARY KEY (note, name));
"""
SEARCHES = {
    "id": "SELECT * FROM notes WHERE owner = :owner AND instr(title, :text) > 0 ORDER BY id",
    "id desc": "SELECT * FROM notes WHERE owner = :owner AND instr(title, :text) > 0 ORDER BY id DESC",
    "title": "SELECT * FROM notes WHERE owner = :owner AND instr(title, :text) > 0 ORDER BY title, id",
    "title desc": "SELECT * FROM notes WHERE owner = :owner AND instr(title, :text) > 0 ORDER BY title DESC, id",
}


class Denied(Exception):
    """Given. Name, password or token are not good."""


@dataclass(frozen=True)
class Note:
    """Given. A note as its owner sees it."""

    id: int
    owner: str
    title: str
    body: str


@contextmanager
def denied(what: str) -> Iterator[None]:
    """Turn what is wrong within into `Denied`, which says nothing else."""
    try:
        yield
    except (InvalidToken, checks.Unsound):
        raise Denied(what) from None


class Accounts:
    """Users, their notes, and the attachments of these. `folder` is no longer needed."""

    def __init__(self, path: str, folder: str, key: str, *, clock: Callable[[], float] = time.time) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)  # every statement is whole by itself
        self._db.executescript(SCHEMA)
        self._tokens = Tokens(self._db, key, clock)

    def register(self, name: str, password: str) -> None:
        row = (checks.user_name(name), hashed(checks.password(password)))
        if self._db.execute("INSERT OR IGNORE INTO users VALUES (?, ?)", row).rowcount == 0:
            raise ValueError("taken")

    @denied("login failed")
    def login(self, name: str, password: str) -> tuple[str, str]:
        checks.password(password)
        row = self._db.execute("SELECT password FROM users WHERE name = ?", [name]).fetchone()
        if not matches(password, row[0] if row else STRANGER):
            raise InvalidToken
        return self._tokens.issue(name)

    @denied("no valid refresh token")
    def refresh(self, token: str) -> tuple[str, str]:
        return self._tokens.exchange(token)

    def write(self, token: str, fields: Mapping[str, object], note: int | None = None) -> int:
        user = self._user(token)
        given = checks.fields(fields)
        if note is None:
            new = {"title": "", "body": "", **given, "owner": user}
            query = "INSERT INTO notes (owner, title, body) VALUES (:owner, :title, :body)"
            return int(self._db.execute(query, new).lastrowid or 0)
        old = self._own(user, note)
        row: dict[str, str | int] = {"title": old.title, "body": old.body, **given, "id": old.id}
        self._db.execute("UPDATE notes SET title = :title, body = :body WHERE id = :id", row)
        return old.id

    def read(self, token: str, note: int) -> Note:
        return self._own(self._user(token), note)

    def search(self, token: str, text: str, order: str = "id") -> list[Note]:
        values = {"owner": self._user(token), "text": checks.searched(text)}
        if order not in SEARCHES:
            raise ValueError("unknown order")
        return [Note(*row) for row in self._db.execute(SEARCHES[order], values)]

    def attach(self, token: str, note: int, name: str, content: bytes) -> None:
        kept = self._own(self._user(token), note)
        row = (kept.id, checks.file_name(name), checks.content(content))
        self._db.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?)", row)

    def download(self, token: str, note: int, name: str) -> bytes:
        kept = self._own(self._user(token), note)
        which = (kept.id, checks.file_name(name))
        row = self._db.execute("SELECT content FROM files WHERE note = ? AND name = ?", which).fetchone()
        if row is None:
            raise KeyError("no such attachment")
        return bytes(row[0])

    @denied("no valid access token")
    def _user(self, token: str) -> str:
        return self._tokens.user(token)

    def _own(self, user: str, note: int) -> Note:
        which = (note if 0 < note < 1 << 63 else 0, user)
        row = self._db.execute("SELECT * FROM notes WHERE id = ? AND owner = ?", which).fetchone()
        if row is None:
            raise KeyError("no such note")
        return Note(*row)
