"""Accounts, notes and attachments. What callers send is data, and is checked before it is used."""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import secrets
import sqlite3
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import jwt

log = logging.getLogger("accounts")

NAME: Final = re.compile(r"[a-z0-9]+(?:[.-][a-z0-9]+)*")
FILE_NAME: Final = re.compile(r"[A-Za-z0-9 _-][A-Za-z0-9 ._-]{0,99}")

AUDIENCE: Final = "notes"
ALGORITHM: Final = "HS256"
ACCESS_SECONDS: Final = 600
REFRESH_SECONDS: Final = 7 * 24 * 3600
LEEWAY_SECONDS: Final = 30

FIELD_LIMITS: Final = {"title": 200, "body": 65_536}
TEXT_LIMIT: Final = 200
CONTENT_LIMIT: Final = 262_144
TOKEN_LIMIT: Final = 2_048
ENCODED_NAME_LIMIT: Final = 300  # 100 characters, each as %xx

SEARCH: Final = "SELECT id, owner, title, body FROM notes WHERE owner = ? AND instr(title, ?) > 0"
SEARCHES: Final = {
    "id": f"{SEARCH} ORDER BY id",
    "id desc": f"{SEARCH} ORDER BY id DESC",
    "title": f"{SEARCH} ORDER BY title, id",
    "title desc": f"{SEARCH} ORDER BY title DESC, id",
}

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS users (name TEXT PRIMARY KEY, salt BLOB NOT NULL, hash BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS notes (
    id INTEGER PRIMARY KEY,
    owner TEXT NOT NULL REFERENCES users,
    title TEXT NOT NULL DEFAULT '',
    body TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS notes_of_owner ON notes (owner);
CREATE TABLE IF NOT EXISTS logins (id INTEGER PRIMARY KEY, name TEXT NOT NULL REFERENCES users, is_revoked INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS refreshes (
    digest BLOB PRIMARY KEY,
    login INTEGER NOT NULL REFERENCES logins,
    exp INTEGER NOT NULL,
    is_used INTEGER NOT NULL
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
    key: str = field(repr=False)
    clock: Callable[[], float] = field(default=time.time, kw_only=True)

    def __post_init__(self) -> None:
        self._database = sqlite3.connect(self.path)
        self._database.executescript(SCHEMA)

    # ---- users

    def register(self, name: str, password: str) -> None:
        """Add a user. Raises ValueError for a name that is taken."""
        if not _is_name(name):
            raise ValueError("not a good name")
        if not _is_password(password):
            raise ValueError("not a good password")
        if self._row("SELECT 1 FROM users WHERE name = ?", name) is not None:
            raise ValueError("the name is taken")
        salt = secrets.token_bytes(16)
        with self._database:
            self._database.execute("INSERT INTO users VALUES (?, ?, ?)", (name, salt, _hashed(password, salt)))
        log.info("registered a user")

    def login(self, name: str, password: str) -> tuple[str, str]:
        """Return an access token and a refresh token. Takes as long for a name that does not exist."""
        row = self._row("SELECT salt, hash FROM users WHERE name = ?", name) if _is_name(name) else None
        salt, expected = row or (bytes(16), b"")
        is_password = _is_password(password)
        found = _hashed(password if is_password else "", salt)
        if not hmac.compare_digest(found, expected) or not is_password:
            raise Denied("the name or the password is wrong")
        with self._database:
            login = self._database.execute("INSERT INTO logins (name, is_revoked) VALUES (?, 0)", (name,)).lastrowid
            return self._tokens(name, login or 0)

    # ---- tokens: access tokens are JWTs, refresh tokens are random, and only their digests are kept

    def refresh(self, token: str) -> tuple[str, str]:
        """Return new tokens for a refresh token. If it was used before, all that descend from its login end."""
        digest = _digest(token)
        row = self._row(
            "SELECT login, name, exp, is_used, is_revoked FROM refreshes JOIN logins ON login = id WHERE digest = ?", digest
        )
        if row is None:
            raise _bad_token()
        login, name, exp, is_used, is_revoked = row
        if is_used:
            with self._database:  # committed before the exception
                self._database.execute("UPDATE logins SET is_revoked = 1 WHERE id = ?", (login,))
            log.warning("a refresh token was used twice")
        if is_used or is_revoked or self._is_over(exp):
            raise _bad_token()
        with self._database:
            self._database.execute("UPDATE refreshes SET is_used = 1 WHERE digest = ?", (digest,))
            return self._tokens(name, login)

    def _tokens(self, name: str, login: int) -> tuple[str, str]:
        now = int(self.clock())
        refresh = secrets.token_urlsafe(32)
        self._database.execute(
            "INSERT INTO refreshes VALUES (?, ?, ?, 0)", (_digest(refresh), login, now + REFRESH_SECONDS)
        )
        return self._signed({"sub": name, "aud": AUDIENCE, "exp": now + ACCESS_SECONDS}), refresh

    def _signed(self, claims: dict[str, Any]) -> str:
        return jwt.encode(claims, self.key, algorithm=ALGORITHM)

    def _is_over(self, exp: int) -> bool:
        return int(self.clock()) >= exp + LEEWAY_SECONDS

    def _user(self, token: str) -> str:
        """Return who an access token was issued to."""
        claims = self._claims(token) if len(token) <= TOKEN_LIMIT else None
        if claims is None or not self._is_good(claims):
            raise _bad_token()
        # base64 has several spellings of the same bytes: only the one that was issued is good
        if not hmac.compare_digest(self._signed(claims).encode(), token.encode()):
            raise _bad_token()
        return str(claims["sub"])

    def _claims(self, token: str) -> dict[str, Any] | None:
        options: Any = {"require": ["sub", "aud", "exp"], "verify_exp": False, "verify_nbf": False, "verify_iat": False}
        try:
            return dict(jwt.decode(token, self.key, algorithms=[ALGORITHM], audience=AUDIENCE, options=options))
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
            return None

    def _is_good(self, claims: Mapping[str, object]) -> bool:
        exp = claims["exp"]
        return claims["aud"] == AUDIENCE and type(exp) is int and not self._is_over(exp)

    # ---- notes

    def write(self, token: str, fields: Mapping[str, object], note: int | None = None) -> int:
        """Add a note with these fields, or change them in a note. Returns the note's id."""
        owner = self._user(token)
        values = _checked(fields)
        old = Note(0, owner, "", "") if note is None else self._note(owner, note)
        title, body = values.get("title", old.title), values.get("body", old.body)
        with self._database:
            if note is None:
                query = "INSERT INTO notes (owner, title, body) VALUES (?, ?, ?)"
                return int(self._database.execute(query, (owner, title, body)).lastrowid or 0)
            self._database.execute("UPDATE notes SET title = ?, body = ? WHERE id = ?", (title, body, old.id))
        return old.id

    def read(self, token: str, note: int) -> Note:
        """Return a note. Raises KeyError where there is none."""
        return self._note(self._user(token), note)

    def search(self, token: str, text: str, order: str = "id") -> list[Note]:
        """Return the user's notes whose titles contain this text."""
        owner = self._user(token)
        query = SEARCHES.get(order)
        if query is None:
            raise ValueError("not a good order")
        if len(text) > TEXT_LIMIT:
            raise ValueError("the text is too long")
        return [Note(*row) for row in self._database.execute(query, (owner, text))]

    def _note(self, owner: str, note: int) -> Note:
        """Return a user's own note: all others do not exist."""
        row = self._row("SELECT id, owner, title, body FROM notes WHERE id = ? AND owner = ?", note, owner)
        if row is None:
            raise KeyError(note)
        return Note(*row)

    # ---- attachments

    def attach(self, token: str, note: int, name: str, content: bytes) -> None:
        """Keep a file with a note, in place of the one of the same name."""
        place = self._place(token, note, name)
        if len(content) > CONTENT_LIMIT:
            raise ValueError("the content is too long")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)

    def download(self, token: str, note: int, name: str) -> bytes:
        """Return an attachment. Raises KeyError where there is none."""
        place = self._place(token, note, name)
        if not place.is_file():
            raise KeyError(place.name)
        return place.read_bytes()

    def _place(self, token: str, note: int, name: str) -> Path:
        own = self._note(self._user(token), note)
        decoded = unquote(name) if len(name) <= ENCODED_NAME_LIMIT else ""
        if FILE_NAME.fullmatch(decoded) is None:
            raise ValueError("not a good file name")
        return Path(self.folder) / str(own.id) / decoded

    # ---- the database

    def _row(self, query: str, *values: object) -> Any:
        return self._database.execute(query, values).fetchone()


def _is_name(name: str) -> bool:
    return 3 <= len(name) <= 32 and NAME.fullmatch(name) is not None


def _is_password(password: str) -> bool:
    return 8 <= len(password) <= 128


def _hashed(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=2**12, r=8, p=1)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token[:TOKEN_LIMIT].encode()).digest()


def _bad_token() -> Denied:
    return Denied("the token is not good")


def _checked(fields: Mapping[str, object]) -> dict[str, str]:
    """Return the fields without whitespace at their ends, if all of them are good."""
    values: dict[str, str] = {}
    for name, value in fields.items():
        limit = FIELD_LIMITS.get(name)
        if limit is None:
            raise ValueError("not a field")
        if not isinstance(value, str) or len(value) > limit:
            raise ValueError(f"not a good {name}")
        values[name] = value.rstrip()
    return values
