"""Finds secrets in what was handed over, however they are written there. Pure.

A secret is looked for as text, in any case, in hexadecimal, and in whatever a run of letters holds that may be base64,
such as the payload of a ticket. That is no proof; `grader verify` also shows that no byte depends on a later stage.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping

_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{16,}={0,2}")
_DEPTH = 3
"""Layers of base64: a ticket in a sealed answer in an envelope."""


def leaks(files: Mapping[str, bytes], secrets: Mapping[str, str]) -> list[str]:
    """Return where a secret stands in the files: `README.md tells the seed`. `secrets` has a text for each name."""
    return [
        f"{path} tells {name}"
        for path, content in files.items()
        for name, secret in secrets.items()
        if secret and any(_holds(layer, secret) for layer in _layers(path.encode() + b"\n" + content))
    ]


def _holds(content: bytes, secret: str) -> bool:
    lower, plain = content.lower(), secret.lower().encode()
    return any(form in lower for form in (plain, plain.hex().encode(), *_numbers(secret)))


def _numbers(secret: str) -> Iterator[bytes]:
    """Yield a number's other forms: a hexadecimal secret may be written in decimal, or as bytes."""
    if re.fullmatch(r"[0-9a-f]{16,}", secret):
        yield str(int(secret, 16)).encode()
        yield bytes.fromhex(secret.rjust(len(secret) + len(secret) % 2, "0")).lower()


def _layers(content: bytes, depth: int = _DEPTH) -> Iterator[bytes]:
    """Yield the content, and what is inside of its runs of base64."""
    yield content
    if not depth:
        return
    for run in _BASE64.findall(content):
        plain = run.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
        try:
            inner = base64.b64decode(plain + b"=" * (-len(plain) % 4), validate=True)
        except (binascii.Error, ValueError):
            continue
        yield from _layers(inner, depth - 1)
