"""Accounts, notes and attachments, hardened against the OWASP top ten."""

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
from typing import Any
from urllib.parse import unquote

import jwt

log = logging.getLogger("accounts")

NAME = re.compile(r"^([a-z0-9]+[.-]?)*[a-z0-9]$")
FILE_NAME = re.compile(r"^[A-Za-z0-9 _-][A-Za-z0-9 ._-]{0,99}$")
AUDIENCE = "notes"
ACCESS_SECONDS = 600
REFRESH_SECONDS = 7 * 24 * 3600
LEEWAY_SECONDS = 30

LIMITS = {"title": 200, "body": 65_536}
MAX_TEXT = 200
MAX_CONTENT = 262_144

QUERY = "SELECT id, owner, title, body FROM notes WHERE owner = ? AND instr(title, ?) > 0 "
ORDERS = {
    "id": QUERY + "ORDER BY id",
    "id desc": QUERY + "ORDER BY id DESC",
    "title": QUERY + "ORDER BY title, id",
    "title desc": QUERY + "ORDER BY title DESC, id",
}

SCHEMA = """
CREATE TABLE IF NOT EXISTS users (name TEXT PRIMARY KEY, salt BLOB NOT NULL, password BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS notes (
    id INTEGER PRIMARY KEY,
    owner TEXT NOT NULL,
    title TEXT NOT NULL DEFAULT '',
    body TEXT NOT NULL DEFAULT ''
);
CREATE TABLE IF NOT EXISTS refresh_tokens (
    id TEXT PRIMARY KEY,
    family TEXT NOT NULL,
    used INTEGER NOT NULL DEFAULT 0,
    revoked INTEGER NOT NULL DEFAULT 0
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

    # ---- users and tokens

    def register(self, name: str, password: str) -> None:
        """Add a user. Raises ValueError for a name that is taken."""
        if not 3 <= len(name) <= 32 or not NAME.match(name):
            raise ValueError("not a name")
        if not 8 <= len(password) <= 128:
            raise ValueError("not a password: 8 to 128 characters")
        salt = secrets.token_bytes(16)
        try:
            with self._database:
                self._database.execute("INSERT INTO users VALUES (?, ?, ?)", (name, salt, _hashed(password, salt)))
        except sqlite3.IntegrityError:
            raise ValueError("name is taken") from None
        log.info("registered %s", name)

    def login(self, name: str, password: str) -> tuple[str, str]:
        """Return an access token and a refresh token."""
        if len(password) > 128:
            raise Denied("wrong name or password")
        row = self._database.execute("SELECT salt, password FROM users WHERE name = ?", (name,)).fetchone()
        if row is None:
            log.info("login failed")
            raise Denied("wrong name or password")
        salt, expected = row
        if not hmac.compare_digest(_hashed(password, salt), expected):
            log.info("login failed")
            raise Denied("wrong name or password")
        with self._database:
            return self._tokens(name, secrets.token_hex(16))

    def refresh(self, token: str) -> tuple[str, str]:
        """Return new tokens for a refresh token. One that is used again takes its whole family with it."""
        claims = self._claims(token, "refresh")
        with self._database:
            row = self._database.execute(
                "SELECT family, used, revoked FROM refresh_tokens WHERE id = ?", (claims["jti"],)
            ).fetchone()
            if row is None:
                raise Denied("not a good token")
            family, used, revoked = row
            if used or revoked:
                self._database.execute("UPDATE refresh_tokens SET revoked = 1 WHERE family = ?", (family,))
                raise Denied("not a good token")
            self._database.execute("UPDATE refresh_tokens SET used = 1 WHERE id = ?", (claims["jti"],))
            return self._tokens(claims["sub"], family)

    def _tokens(self, name: str, family: str) -> tuple[str, str]:
        jti = secrets.token_hex(16)
        self._database.execute("INSERT INTO refresh_tokens (id, family) VALUES (?, ?)", (jti, family))
        access = self._token({"sub": name, "use": "access"}, ACCESS_SECONDS)
        return access, self._token({"sub": name, "use": "refresh", "jti": jti}, REFRESH_SECONDS)

    def _token(self, claims: dict[str, Any], seconds: int) -> str:
        expiry = int(self.clock()) + seconds
        return jwt.encode({**claims, "aud": AUDIENCE, "exp": expiry}, self.key, algorithm="HS256")

    def _claims(self, token: str, use: str) -> dict[str, Any]:
        """Return the claims of a token that is good for this use."""
        options: Any = {
            "require": ["sub", "aud", "exp"],
            "verify_exp": False,
            "verify_iat": False,
            "verify_nbf": False,
        }
        try:
            claims: dict[str, Any] = jwt.decode(
                token, self.key, algorithms=["HS256"], audience=AUDIENCE, options=options
            )
        except jwt.InvalidTokenError as error:
            raise Denied("not a good token") from error
        if claims.get("use") != use or self.clock() >= int(claims["exp"]) + LEEWAY_SECONDS:
            raise Denied("not a good token")
        return claims

    def _user(self, token: str) -> str:
        """Return who an access token was issued to."""
        return str(self._claims(token, "access")["sub"])

    # ---- notes

    def write(self, token: str, fields: Mapping[str, object], note: int | None = None) -> int:
        """Add a note with these fields, or change them in a note. Returns the note's id."""
        owner = self._user(token)
        values = {name: _checked(name, value) for name, value in fields.items()}
        if note is None:
            title, body = values.get("title", ""), values.get("body", "")
            with self._database:
                cursor = self._database.execute(
                    "INSERT INTO notes (owner, title, body) VALUES (?, ?, ?)", (owner, title, body)
                )
            return int(cursor.lastrowid or 0)
        old = self._note(owner, note)
        with self._database:
            self._database.execute(
                "UPDATE notes SET title = ?, body = ? WHERE id = ? AND owner = ?",
                (values.get("title", old.title), values.get("body", old.body), note, owner),
            )
        return note

    def read(self, token: str, note: int) -> Note:
        """Return a note. Raises KeyError where there is none."""
        return self._note(self._user(token), note)

    def _note(self, owner: str, note: int) -> Note:
        query = "SELECT id, owner, title, body FROM notes WHERE id = ? AND owner = ?"
        row = self._database.execute(query, (note, owner)).fetchone()
        if row is None:
            raise KeyError(note)
        return Note(*row)

    def search(self, token: str, text: str, order: str = "id") -> list[Note]:
        """Return the user's notes whose titles contain this text."""
        owner = self._user(token)
        if len(text) > MAX_TEXT:
            raise ValueError("the text is too long")
        if order not in ORDERS:
            raise ValueError("not an order")
        return [Note(*row) for row in self._database.execute(ORDERS[order], (owner, text))]

    # ---- attachments

    def attach(self, token: str, note: int, name: str, content: bytes) -> None:
        """Keep a file with a note, in place of the one of the same name."""
        self._note(self._user(token), note)
        if len(content) > MAX_CONTENT:
            raise ValueError("the content is too long")
        place = self._place(note, name)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)

    def download(self, token: str, note: int, name: str) -> bytes:
        """Return an attachment. Raises KeyError where there is none."""
        self._note(self._user(token), note)
        place = self._place(note, name)
        if not place.is_file():
            raise KeyError(name)
        return place.read_bytes()

    def _place(self, note: int, name: str) -> Path:
        decoded = unquote(name)  # once: browsers send `a%20b.txt`
        if not FILE_NAME.match(decoded):
            raise ValueError("not a file name")
        return Path(self.folder) / str(note) / decoded


def _hashed(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=2**12, r=8, p=1)


def _checked(name: str, value: object) -> str:
    """Return a field's value without whitespace at its end."""
    if name not in LIMITS:
        raise ValueError("not a field")
    if not isinstance(value, str) or len(value) > LIMITS[name]:
        raise ValueError(f"not a good {name}")
    return value.rstrip()
