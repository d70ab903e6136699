"""A badge's picture as PNG: one drawing for each badge, with the credential in it as Open Badges 3.0 describes.

    signature, IHDR, IDAT...                             the drawing in `pictures/`, the same for every holder
    iTXt "openbadgecredential" 0 0 0 "" "" credential    uncompressed, right before IEND
    IEND

The picture says which badge it is and nothing else; holder, issuer and dates are in the credential alone. So a check
writes the file again from badge and credential, and refuses one that differs in any byte.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from grader.portfolio.badges.badge_rules import Badge

PICTURES = Path(__file__).with_name("pictures")
SIGNATURE = b"\x89PNG\r\n\x1a\n"
KEYWORD = b"openbadgecredential"
CREDENTIALS = (KEYWORD, b"openbadges")
"""The keywords under which a picture can carry a credential, of this and of earlier versions of Open Badges."""
TEXTS = (b"iTXt", b"tEXt", b"zTXt")


class PngChunk(NamedTuple):
    """A part of a PNG."""

    kind: bytes
    content: bytes


def png_picture(badge: Badge) -> bytes:
    """Return a badge's drawing, without a credential."""
    return (PICTURES / f"{badge.id}.png").read_bytes()


def baked_png(picture: bytes, document: str) -> bytes:
    """Put a credential into a picture. Raises ValueError if one is there already, or it is not a PNG."""
    if png_credentials(picture):
        raise ValueError("the picture already contains a credential, which a second one would hide")
    *parts, end = png_chunks(picture)
    text = PngChunk(b"iTXt", KEYWORD + b"\0\0\0\0\0" + document.encode())
    return SIGNATURE + b"".join(map(_written, (*parts, text, end)))


def png_credentials(picture: bytes) -> list[str]:
    """Return the credentials in a picture, under whichever keyword. Raises ValueError if it is not a whole PNG."""
    found = [content for kind, content in png_chunks(picture) if kind in TEXTS and _keyword(content) in CREDENTIALS]
    return [content.rpartition(b"\0")[2].decode() for content in found]


def png_chunks(picture: bytes) -> Iterator[PngChunk]:
    """Yield the parts of a PNG, of which the last one ends it. Raises ValueError if it is damaged."""
    if not picture.startswith(SIGNATURE):
        raise ValueError("it is not a PNG image")
    place, kind = len(SIGNATURE), b""
    while kind != b"IEND":
        length, kind = struct.unpack(">I4s", picture[place : place + 8].ljust(8, b"\xff"))
        content, check = picture[place + 8 : place + 8 + length], picture[place + 8 + length : place + 12 + length]
        if len(content) != length or check != zlib.crc32(kind + content).to_bytes(4):
            raise ValueError("the PNG image is damaged")
        yield PngChunk(kind, content)
        place += 12 + length
    if place != len(picture):
        raise ValueError("something follows the end of the PNG image")


def _keyword(content: bytes) -> bytes:
    return content.partition(b"\0")[0].lower()


def _written(part: PngChunk) -> bytes:
    kind, content = part
    return len(content).to_bytes(4) + kind + content + zlib.crc32(kind + content).to_bytes(4)
