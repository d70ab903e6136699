"""Reads files that users give besides a submission: up to a bound, and decoded so that no content can trigger a bug of
ours.

read(path)                 bytes, or OSError, also for a file that is too large: /dev/zero never ends
toml(content, type)        a value of that type, or DecodeError
json(content, type)        the same
"""

from __future__ import annotations

import errno
from pathlib import Path
from typing import TypeVar

import msgspec

MIB = 1 << 20
T = TypeVar("T")


def read(path: Path, *, most: int = MIB) -> bytes:
    """Return the file's content. Raises OSError, with EFBIG if the file has more than `most` bytes."""
    with path.open("rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise OSError(errno.EFBIG, f"the file has more than {most} bytes", str(path))
    return content


def toml(content: bytes, kind: type[T]) -> T:
    """Decode TOML. Raises msgspec.DecodeError, whatever the parser raises."""
    try:
        return msgspec.toml.decode(content, type=kind)
    except msgspec.DecodeError:
        raise
    except (ValueError, RecursionError, OverflowError) as error:  # no UTF-8, an integer of 5000 digits, deep nesting
        raise msgspec.DecodeError(str(error)) from None


def json(content: bytes, kind: type[T]) -> T:
    """Decode JSON. Raises msgspec.DecodeError."""
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.DecodeError:
        raise
    except (ValueError, RecursionError) as error:
        raise msgspec.DecodeError(str(error)) from None
