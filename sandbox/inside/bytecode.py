"""The byte code of what every child imports, compiled once and inherited by fork.

The compiler reads hostile text, so it runs neither on the trusted side nor in the worker, but in a process confined
like a child, which imports nothing. The worker keeps the bytes that this process wrote and never interprets them. A
child imports them in place of the source; whatever it does to them is lost when it ends. A file that has changed since
is compiled as usual.
"""

from __future__ import annotations

import _frozen_importlib_external as external
import marshal
import os
import select
import signal
import time

from . import confine

MYPY = False
if MYPY:  # importing typing would make every sandbox start later
    from collections.abc import Iterator
    from typing import Any

SECONDS = 2.0
"""Seconds that compiling may take; each child compiles what is not ready by then."""
ROOM = 8 << 20
"""The most bytes of byte code, across all files."""
MOST_FILES = 500
KEPT = 200
"""A descriptor number that none of a child's descriptors has."""
UNCHECKED = external.MAGIC_NUMBER + (1).to_bytes(4, "little") + bytes(8)
"""The head of byte code that Python does not compare with its source."""

Stamp = tuple[int, int, int]


def compiled(settings: dict[str, Any]) -> dict[str, tuple[str, Stamp, bytes]]:
    """Return source, stamp and byte code of the modules below the folders in `compile`, by the byte code's path."""
    folders = [folder.rstrip("/") + "/" for folder in settings.get("compile", ())]
    try:
        return parsed(written(settings, folders), folders) if folders else {}
    except OSError:  # no pipe or no process could be had: every child compiles for itself
        return {}


def written(settings: dict[str, Any], folders: list[str]) -> bytes:
    """Return what a separate process has sent before it ended or the time was up."""
    read, write = os.pipe()
    nothing = os.open(os.devnull, os.O_RDWR)
    try:
        pid = os.fork()
        if pid == 0:
            try:
                confine.confine(settings, [nothing, write, nothing, nothing], keep=[os.dup2(nothing, KEPT)])
                send(confine.ANSWERS, folders)
            finally:
                os._exit(0)
        os.close(write)
        write = -1
        try:
            return received(read)
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
    finally:
        for descriptor in (read, nothing, write):
            if descriptor >= 0:
                os.close(descriptor)


def send(descriptor: int, folders: list[str]) -> None:
    """Write each file's byte code, preceded by a line with its path, source and stamp."""
    with open(descriptor, "wb", closefd=False) as stream:
        for path in sources(folders):
            try:
                found = os.stat(path)
                with open(path, "rb") as file:
                    code = compile(file.read(), path, "exec", dont_inherit=True)
                data = UNCHECKED + marshal.dumps(code)
                names = (external.cache_from_source(path), path)
                numbers = (found.st_ino, found.st_size, found.st_mtime_ns, len(data))
                stream.write("\0".join((*names, *map(str, numbers))).encode() + b"\n" + data)
                stream.flush()
            except Exception:  # noqa: S112 # the child that imports it says what is wrong with it
                continue


def sources(folders: list[str]) -> Iterator[str]:
    """Yield the modules below the folders, up to a maximum number."""
    left = MOST_FILES
    for folder in folders:
        for place, _folders, names in os.walk(folder):
            for name in names:
                if name.endswith(".py") and left > 0:
                    left -= 1
                    yield os.path.join(place, name)


def received(descriptor: int) -> bytes:
    """Read until the stream ends, or until the time or the room is used up."""
    data, end = bytearray(), time.monotonic() + SECONDS
    while len(data) < ROOM and select.select([descriptor], [], [], max(0.0, end - time.monotonic()))[0]:
        part = os.read(descriptor, 1 << 16)
        if not part:
            break
        data += part
    return bytes(data)


def parsed(data: bytes, folders: list[str]) -> dict[str, tuple[str, Stamp, bytes]]:
    """Parse what `send` wrote, leaving out an incomplete end."""
    found: dict[str, tuple[str, Stamp, bytes]] = {}
    at = 0
    while (end := data.find(b"\n", at)) >= 0:
        fields = data[at:end].decode("utf-8", "replace").split("\0")
        if len(fields) != 6 or not all(field.isdecimal() and len(field) < 20 for field in fields[2:]):
            break
        inode, size, time_ns, length = map(int, fields[2:])
        at = end + 1 + length
        if at > len(data) or not fields[0].startswith(tuple(folders)):
            break
        found[fields[0]] = (fields[1], (inode, size, time_ns), data[end + 1 : at])
    return found


def use(codes: dict[str, tuple[str, Stamp, bytes]]) -> None:
    """Let this process import the byte code."""
    if not codes:
        return
    get_data = external.FileLoader.get_data

    def get_known_data(self: Any, path: str) -> bytes:
        known = codes.get(path)
        if known is not None:
            source, stamp, data = known
            found = os.stat(source)
            if (found.st_ino, found.st_size, found.st_mtime_ns) == stamp:
                return data
        return get_data(self, path)

    external.FileLoader.get_data = get_known_data  # type: ignore[method-assign]  # for this process and its forks
