"""Passwords as they are kept: `salt$hash`, both in hexadecimal digits."""

from __future__ import annotations

from hashlib import scrypt
from hmac import compare_digest
from os import urandom

STRANGER = "00$00"
"""What is compared for a name that nobody has: it costs the same, and matches nothing."""


def hashed(password: str) -> str:
    salt = urandom(16)
    return f"{salt.hex()}${_scrypt(password, salt).hex()}"


def matches(password: str, kept: str) -> bool:
    salt, digest = map(bytes.fromhex, kept.split("$"))
    return compare_digest(_scrypt(password, salt), digest)


def _scrypt(password: str, salt: bytes) -> bytes:
    return scrypt(password.encode(), salt=salt, n=4096, r=8, p=1, dklen=32)
