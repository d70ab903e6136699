"""Badges as PNG: the credential travels in a chunk of text, and any other picture around it is refused."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.portfolio.badges.badge_files import read_badges
from grader.portfolio.badges.badge_rules import BADGES, Badge
from grader.portfolio.badges.png_carrier import (
    KEYWORD,
    SIGNATURE,
    PngChunk,
    baked_png,
    png_chunks,
    png_credentials,
    png_picture,
)
from grader.portfolio.folder import PortfolioFolder
from tests.badges.conftest import PLACE, PRIVATE, PUBLIC, STRANGER, STRANGERS, Workshop, trusted

WIDTH = 540


def file_of(*chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG of any parts, with their checksums."""
    parts = (
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )
    return SIGNATURE + b"".join(parts)


def with_chunk(picture: bytes, kind: bytes, content: bytes, *, place: int = -1) -> bytes:
    """A picture with one more part."""
    chunks: list[tuple[bytes, bytes]] = [*png_chunks(picture)]
    chunks.insert(len(chunks) + place if place < 0 else place, (kind, content))
    return file_of(*chunks)


@pytest.mark.parametrize("badge", BADGES.values(), ids=BADGES)
def test_every_badge_has_a_picture(badge: Badge) -> None:
    """A square in colour, small enough to send, with no credential in it."""
    picture = png_picture(badge)
    head = next(png_chunks(picture))
    assert head.kind == b"IHDR"
    assert struct.unpack(">IIBB", head.content[:10])[:2] == (WIDTH, WIDTH)
    assert png_credentials(picture) == []
    assert len(picture) < 60_000
    assert [part.kind for part in png_chunks(picture) if part.kind not in (b"IHDR", b"IDAT", b"IEND", b"sRGB")] == []


def test_a_badge_comes_out_of_its_png(workshop: Workshop) -> None:
    """The document, whole; another reader of the format finds the same."""
    image = workshop.badge.image
    assert workshop.verify(image) == workshop.facts
    assert png_credentials(image) == [workshop.badge.document]
    assert workshop.ob.OB3Verifier.extract_token_from_png(image).strip() == workshop.badge.document.strip()
    (text,) = [part.content for part in png_chunks(image) if part.kind == b"iTXt"]
    assert text.startswith(KEYWORD + b"\0\0\0\0\0{"), "uncompressed, without language and translated keyword"
    assert [part.kind for part in png_chunks(image)][-2:] == [b"iTXt", b"IEND"]


def test_nothing_is_baked_into_a_png_twice(workshop: Workshop) -> None:
    """Under any keyword or kind of text, by us or by anybody."""
    with pytest.raises(ValueError, match="already contains a credential"):
        baked_png(workshop.badge.image, "{}")
    for keyword in (KEYWORD, KEYWORD.upper(), b"openbadges"):
        for kind, rest in ((b"iTXt", b"\0\0\0\0\0{}"), (b"tEXt", b"\0{}"), (b"zTXt", b"\0\0" + zlib.compress(b"{}"))):
            twice = with_chunk(workshop.badge.image, kind, keyword + rest)
            with pytest.raises(workshop.ob.BadgeRefused, match=r"contains 2 credentials|is not valid"):
                workshop.verify(twice)
            first = with_chunk(workshop.badge.image, kind, keyword + rest, place=1)
            with pytest.raises(workshop.ob.BadgeRefused, match=r"contains 2 credentials|is not valid"):
                workshop.verify(first)


def _other_pixels(image: bytes) -> bytes:
    chunks = [*png_chunks(image)]
    place = next(number for number, part in enumerate(chunks) if part.kind == b"IDAT")
    chunks[place] = PngChunk(b"IDAT", zlib.compress(b"\0" * 100))
    return file_of(*chunks)


TAMPERED: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "other pixels": (_other_pixels, "the picture does not match"),
    "a comment": (lambda image: with_chunk(image, b"tEXt", b"Comment\0Bob"), "the picture does not match"),
    "a link": (lambda image: with_chunk(image, b"iTXt", b"URL\0\0\0\0\0https://evil.example"), "does not match"),
    "another order": (lambda image: with_chunk(image, b"tIME", b"\0" * 7, place=1), "the picture does not match"),
    "something behind": (lambda image: image + b"<script>", "follows the end"),
    "a wrong checksum": (lambda image: image[:-1] + b"\0", "is damaged"),
    "no end": (lambda image: image[:-12], "is damaged"),
    "half of it": (lambda image: image[: len(image) // 2], "is damaged"),
    "a huge part": (lambda image: SIGNATURE + b"\xff\xff\xff\xffIHDR" + image[16:], "is damaged"),
    "no credential": (lambda _: png_picture(BADGES["python-wizard"]), "contains 0 credentials"),
    "only its signature": (lambda _: SIGNATURE, "is damaged"),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_a_tampered_png_is_refused(workshop: Workshop, name: str) -> None:
    """Pixels, texts, order, checksums: it is the file that was issued, or none."""
    change, why = TAMPERED[name]
    with pytest.raises(workshop.ob.BadgeRefused, match=why):
        workshop.verify(change(workshop.badge.image))


def test_a_credential_in_another_badges_picture_is_refused(workshop: Workshop) -> None:
    """A genuine one below the sign of a badge that nobody issued."""
    forged = baked_png(png_picture(BADGES["tech-leader"]), workshop.badge.document)
    with pytest.raises(workshop.ob.BadgeRefused, match="the picture does not match"):
        workshop.verify(forged)


def test_an_edited_forged_or_revoked_png_is_refused(workshop: Workshop) -> None:
    """The picture vouches for nothing: the credential in it does."""
    document = json.loads(workshop.badge.document)
    document["credentialSubject"]["identifier"][0]["identityHash"] = "Bob"
    edited = baked_png(png_picture(BADGES["python-wizard"]), json.dumps(document))
    own = workshop.ob.secured(workshop.but(issuer=workshop.ob.key_did(STRANGERS)), STRANGER)
    for image in (edited, own.image):
        with pytest.raises(workshop.ob.BadgeRefused):
            workshop.verify(image)
    with pytest.raises(workshop.ob.BadgeRefused, match="its issuer revoked it"):
        workshop.verify(workshop.badge.image, listed=workshop.status(PLACE))
    assert workshop.ob.secured(workshop.facts, PRIVATE).image == workshop.badge.image, "the same facts, the same file"


def test_a_portfolio_reads_a_png_alone(tmp_path: Path, workshop: Workshop) -> None:
    """The same badge in several forms is one badge."""
    folder = PortfolioFolder(tmp_path)
    folder.create()
    (folder.badges / "a.png").write_bytes(workshop.badge.image)
    (folder.badges / "status-a.json").write_text(workshop.listed)
    (found,) = read_badges(folder, [trusted(PUBLIC)], "Ada Lovelace")
    assert (found.file, found.note, found.picture) == ("a.png", "", workshop.badge.image)
    (folder.badges / "a.svg").write_text(workshop.badge.picture)
    (found,) = read_badges(folder, [trusted(PUBLIC)], "Ada Lovelace")
    assert found.file == "a.svg"
