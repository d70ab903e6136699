"""The members of a tar archive, unpacked in memory up to a cap."""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
import tarfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from io import BytesIO

from grader.intake.caps import KIB, MIB, Caps
from grader.intake.refusal import Refusal, Refused, shown
from grader.intake.sources.member import Member
from grader.intake.tree import EntryKind

_DAMAGE = (tarfile.TarError, zlib.error, lzma.LZMAError, ValueError, OverflowError, EOFError, OSError, RecursionError)
"""The exceptions that tarfile and the decompressors raise for bytes that are not what they claim to be."""
_CHUNK = MIB
_XZ_MEMORY = 128 * MIB
_BLOCK = 512  # tar's unit
_HEADER_BYTES = 64 * KIB
_MEMBER_BYTES = 4 * _HEADER_BYTES
"""The limit for everything that describes one member, as the map of a sparse file is read in blocks of a header's
size."""
_DIGITS = re.compile(rb"[0-9]{40}")


def plain(content: bytes) -> Iterator[bytes]:
    """Yield the chunks of an uncompressed archive."""
    yield content


def gunzipped(content: bytes) -> Iterator[bytes]:
    """Yield the chunks of a gzip archive."""
    with gzip.GzipFile(fileobj=BytesIO(content)) as file:
        yield from iter(lambda: file.read(_CHUNK), b"")


def bunzipped(content: bytes) -> Iterator[bytes]:
    """Yield the chunks of a bzip2 archive."""
    with bz2.BZ2File(BytesIO(content)) as file:
        yield from iter(lambda: file.read(_CHUNK), b"")


def unxzed(content: bytes) -> Iterator[bytes]:
    """Yield the chunks of an xz archive. Its header states how much memory to use, so memory is limited, too."""
    while content:
        engine = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)
        while not engine.eof:
            if not content and engine.needs_input:
                raise EOFError("it ends too early")
            yield engine.decompress(content, _CHUNK)
            content = b""
        content = engine.unused_data.lstrip(b"\0")


def tar_members(content: bytes, unpack: Callable[[bytes], Iterator[bytes]], caps: Caps) -> Iterator[Member]:
    """Yield the members in the archive's own order. Raises Refused."""
    try:
        yield from _members(_unpacked(unpack(content), caps), caps)
    except _DAMAGE as error:
        raise _damaged(error) from None


def _unpacked(chunks: Iterator[bytes], caps: Caps) -> _Guarded:
    """Unpack into the file that tarfile reads, so that there is only one copy at any time."""
    file = _Guarded(headers=caps.names_bytes)
    for chunk in chunks:
        file.write(chunk)
        if file.tell() > caps.unpacked_bytes:
            raise Refused(Refusal.BOMB, f"unpacks to more than {caps.unpacked_bytes} bytes.")
    file.seek(0)
    return file


def _members(file: _Guarded, caps: Caps) -> Iterator[Member]:
    archive = tarfile.TarFile(fileobj=file, mode="r", encoding="utf-8", errors="surrogateescape")
    count = 0
    while info := archive.next():
        file.begin_member()
        count += 1
        if count > caps.members:
            raise Refused(Refusal.BOMB, f"has more than {caps.members} members.")
        kind = _kind(info)
        info.pax_headers, info.sparse = {}, None  # each may have kept much more than its name
        yield Member(info.name, kind, info.size, partial(_read, archive, info))
    file.parsing = False
    # tarfile takes a damaged header for the end; the real end is a block of zeros.
    with file.getbuffer() as content:
        rest = bytes(content[archive.offset : archive.offset + _BLOCK])
    if rest.strip(b"\0"):
        raise Refused(Refusal.ARCHIVE, "is a damaged tar archive.")


class _Guarded(BytesIO):
    """The file that tarfile reads. Extended headers are bounded, because tarfile searches them with patterns that
    backtrack.

    Some releases of Python take hours for a long run of digits (CVE-2024-6232), or read to the end for a negative size.
    """

    parsing = True

    def __init__(self, *, headers: int) -> None:
        super().__init__()
        self._headers = headers
        """The number of bytes of extended headers that may still be read."""
        self._member = 0
        """The number of bytes read since the last member."""

    def begin_member(self) -> None:
        """Restart the count of bytes read for a new member."""
        self._member = 0

    def read(self, size: int | None = -1, /) -> bytes:
        """Read as requested, but refuse a header that no tool would write."""
        chunk = super().read(size)
        self._member += len(chunk) * self.parsing
        if self._member > _MEMBER_BYTES:
            raise Refused(Refusal.BOMB, "uses more bytes to describe a member than any tool would.")
        if self.parsing and len(chunk) > _BLOCK:
            self._headers -= len(chunk)
            if len(chunk) > _HEADER_BYTES or _DIGITS.search(chunk):
                raise Refused(Refusal.ARCHIVE, "has a header that no tool would write.")
            if self._headers < 0:
                raise Refused(Refusal.BOMB, "has too many bytes of headers.")
        return chunk


def _kind(info: tarfile.TarInfo) -> EntryKind:
    if info.issym() or info.islnk():
        return EntryKind.LINK
    if info.isdir():
        return EntryKind.FOLDER
    return EntryKind.FILE if info.isreg() and not info.issparse() else EntryKind.SPECIAL


def _read(archive: tarfile.TarFile, info: tarfile.TarInfo, limit: int) -> bytes:
    try:
        file = archive.extractfile(info)
        if file is None:
            raise Refused(Refusal.SPECIAL_FILE, "is not a regular file.")
        with file:
            return file.read(limit + 1)
    except _DAMAGE as error:
        raise _damaged(error) from None


def _damaged(error: Exception) -> Refused:
    return Refused(Refusal.ARCHIVE, f"cannot be unpacked as a tar archive ({shown(str(error)[:100])}).")
