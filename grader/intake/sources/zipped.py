"""The members of a zip archive, read in memory one by one, and only as far as requested."""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from functools import partial
from io import BytesIO

from grader.intake.caps import Caps
from grader.intake.refusal import Refusal, Refused, shown
from grader.intake.sources.member import Member
from grader.intake.tree import EntryKind

_DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, ValueError, OverflowError, EOFError, NotImplementedError)
"""The exceptions that zipfile raises for bytes that are not a zip archive, or for features that it does not know."""
_PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 1  # bit 0 of the general purpose flags
_CENTRAL_ENTRY = b"PK\x01\x02"
_MADE_ON_UNIX = 3  # APPNOTE.TXT 4.4.2, as are the next ones
_MADE_ON_WINDOWS = (0, 10, 11)
_LENGTHS = struct.Struct("<HHH")
_LENGTHS_AT = 28  # in a central directory's entry: lengths of name, extra field and comment
_ENTRY_BYTES = 46
"""The size of a directory entry without its three texts, whose lengths begin at byte 28 (APPNOTE.TXT 4.3.12)."""


def zip_members(content: bytes, caps: Caps) -> Iterator[Member]:
    """Yield the members in the archive's own order. Raises Refused."""
    # Each entry of the directory begins with this mark; counted before zipfile makes an object of each.
    if content.count(_CENTRAL_ENTRY) > caps.members:
        raise Refused(Refusal.BOMB, f"has more than {caps.members} members.")
    if _directory_bytes(content) > caps.names_bytes:
        raise Refused(Refusal.BOMB, f"has a directory of more than {caps.names_bytes} bytes.")
    try:
        archive = zipfile.ZipFile(BytesIO(content))
    except _DAMAGE as error:
        raise _damaged(error) from None
    for info in archive.infolist():
        if info.flag_bits & _ENCRYPTED:
            raise Refused(Refusal.ENCRYPTED, f"is encrypted: {shown(info.orig_filename)}.")
        yield Member(_name(info), _kind(info), info.file_size, partial(_read, archive, info))


def _directory_bytes(content: bytes) -> int:
    """Return the bytes that the directory's entries claim for names, extra fields and comments, before decoding any."""
    total, at = 0, content.find(_CENTRAL_ENTRY)
    while at >= 0:
        total += sum(_LENGTHS.unpack_from(content, at + _LENGTHS_AT)) if at + _ENTRY_BYTES <= len(content) else 0
        at = content.find(_CENTRAL_ENTRY, at + 1)
    return total


def _name(info: zipfile.ZipInfo) -> str:
    """Return the member's path. PowerShell 5 and other Windows tools write backslashes, and their unpackers expect
    them.
    """
    name = info.orig_filename
    return name.replace("\\", "/") if info.create_system in _MADE_ON_WINDOWS else name


def _kind(info: zipfile.ZipInfo) -> EntryKind:
    mode = info.external_attr >> 16 if info.create_system == _MADE_ON_UNIX else 0
    if stat.S_ISLNK(mode):
        return EntryKind.LINK
    if _name(info).endswith("/"):
        return EntryKind.FOLDER
    return EntryKind.FILE if stat.S_IFMT(mode) in {0, stat.S_IFREG} else EntryKind.SPECIAL


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int) -> bytes:
    if info.compress_type not in _PLAIN:
        raise Refused(Refusal.ARCHIVE, "is compressed with a method other than deflate.")
    try:
        with archive.open(info) as file:
            return file.read(limit + 1)
    except _DAMAGE as error:
        raise _damaged(error) from None


def _damaged(error: Exception) -> Refused:
    return Refused(Refusal.ARCHIVE, f"cannot be unpacked as a zip archive ({shown(str(error)[:100])}).")
