"""Access tokens are JWTs, which others can read, too; refresh tokens are random words, kept as hashes."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from secrets import token_urlsafe
from sqlite3 import Connection
from typing import Any
from uuid import uuid4

import jwt

SCHEMA = """
CREATE TABLE IF NOT EXISTS refresh (
    digest TEXT PRIMARY KEY, family TEXT NOT NULL, user TEXT NOT NULL, expires INTEGER NOT NULL, used INTEGER DEFAULT 0
)
"""
MINUTE, DAY = 60, 24 * 3600
SKEW = 30
OPTIONS: Any = {"require": ["sub", "aud", "exp"], "verify_exp": False, "verify_iat": False, "verify_nbf": False}


class InvalidToken(Exception):
    """Whatever is wrong with a token."""


class Tokens:
    """Issues tokens, and knows them again."""

    def __init__(self, db: Connection, key: str, clock: Callable[[], float]) -> None:
        self._db, self._key, self._clock = db, key, clock
        db.execute(SCHEMA)

    def issue(self, user: str, family: str | None = None) -> tuple[str, str]:
        now = int(self._clock())
        claims = {"sub": user, "aud": "notes", "iat": now, "exp": now + 10 * MINUTE}
        word = token_urlsafe(32)
        row = (_digest(word), family or uuid4().hex, user, now + 7 * DAY)
        self._db.execute("INSERT INTO refresh (digest, family, user, expires) VALUES (?, ?, ?, ?)", row)
        return jwt.encode(claims, self._key), word

    def user(self, token: str) -> str:
        try:
            claims = jwt.decode(token, self._key, algorithms=["HS256"], audience="notes", options=OPTIONS)
        except jwt.PyJWTError:
            raise InvalidToken from None
        self._look_at(claims["exp"])
        return str(claims["sub"])

    def exchange(self, token: str) -> tuple[str, str]:
        query = "SELECT family, user, expires, used FROM refresh WHERE digest = ?"
        row = self._db.execute(query, [_digest(token)]).fetchone()
        if row is None:
            raise InvalidToken
        family, user, expires, used = row
        self._look_at(expires)
        if used:
            self._db.execute("DELETE FROM refresh WHERE family = ?", [family])
            raise InvalidToken
        self._db.execute("UPDATE refresh SET used = 1 WHERE digest = ?", [_digest(token)])
        return self.issue(user, family)

    def _look_at(self, expires: int) -> None:
        if self._clock() >= expires + SKEW:
            raise InvalidToken


def _digest(word: str) -> str:
    return sha256(word.encode()).hexdigest()
