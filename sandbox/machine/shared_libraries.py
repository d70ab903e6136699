"""The shared libraries that a program or an extension module needs, found the way the dynamic loader finds them.

Only what is needed is mounted into a sandbox, so the answer has to be exact; asking `ldd` for eighty files would take
longer than the sandbox takes to start.
"""

from __future__ import annotations

import functools
import mmap
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_PT_LOAD, _PT_DYNAMIC, _PT_INTERP = 1, 2, 3
_DT_NEEDED, _DT_STRTAB, _DT_RPATH, _DT_RUNPATH = 1, 5, 15, 29
_CACHE = Path("/etc/ld.so.cache")
_CACHE_MAGIC = b"glibc-ld.so.cache1.1"
_USUAL = ("/lib64", "/usr/lib64", "/lib", "/usr/lib")


@dataclass(frozen=True, slots=True)
class Elf:
    """The parts of a file's dynamic section that the loader reads."""

    machine: int
    interpreter: str | None
    needed: tuple[str, ...]
    search: tuple[str, ...]
    """The folders of RPATH or RUNPATH, with `$ORIGIN` replaced."""


class NotElf(ValueError):
    """The file is not a 64-bit little-endian ELF file."""


def read_elf(path: Path) -> Elf:
    """Read the dynamic section of one file. Raises NotElf and OSError."""
    with path.open("rb", buffering=0) as file:
        if file.read(6) != b"\x7fELF\x02\x01":
            raise NotElf(f"{path} is not a 64-bit little-endian ELF file")
        try:
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                return _parsed(data, path)
        except (struct.error, ValueError, OverflowError) as error:
            raise NotElf(f"{path} is not a readable ELF file: {error}") from error


def _parsed(data: mmap.mmap, path: Path) -> Elf:
    (machine,) = struct.unpack_from("<H", data, 18)
    (table,) = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    segments = [struct.unpack_from("<II6Q", data, table + size * number) for number in range(count)]
    loads = [(vaddr, offset, filesz) for kind, _f, offset, vaddr, _p, filesz, *_rest in segments if kind == _PT_LOAD]
    interpreter, entries = None, []
    for kind, _flags, offset, _vaddr, _paddr, length, *_rest in segments:
        if kind == _PT_INTERP:
            interpreter = data[offset : offset + length].rstrip(b"\0").decode()
        elif kind == _PT_DYNAMIC:
            entries = list(struct.iter_unpack("<QQ", data[offset : offset + length // 16 * 16]))
    strings = next((_offset_of(value, loads) for tag, value in entries if tag == _DT_STRTAB), 0)

    def text(at: int) -> str:
        return data[strings + at : data.find(b"\0", strings + at)].decode()

    runpaths = [text(value) for tag, value in entries if tag in (_DT_RPATH, _DT_RUNPATH)]
    search = [folder for path in runpaths for folder in path.split(":") if folder]
    return Elf(
        machine=machine,
        interpreter=interpreter,
        needed=tuple(text(value) for tag, value in entries if tag == _DT_NEEDED),
        search=tuple(_expanded(folder, path) for folder in search),
    )


def _expanded(folder: str, path: Path) -> str:
    if "$" not in folder:
        return folder
    origin = str(path.resolve().parent)
    return folder.replace("${ORIGIN}", origin).replace("$ORIGIN", origin)


def _offset_of(address: int, loads: list[tuple[int, int, int]]) -> int:
    for vaddr, offset, length in loads:
        if vaddr <= address < vaddr + length:
            return int(address - vaddr + offset)
    raise ValueError("an address lies in no segment")


def closure(files: Iterable[Path], *, search: tuple[str, ...] = ()) -> dict[str, Path]:
    """Return every library that the files need, directly or indirectly, by the name that the loader asks for.

    Libraries that cannot be found are left out, since importing what needs them fails on this machine as well.
    """
    found: dict[str, Path] = {}
    todo = list(files)
    while todo:
        file = todo.pop()
        try:
            elf = read_elf(file)
        except (NotElf, OSError):
            continue
        for name in elf.needed:
            if name not in found and (library := _find(name, (*elf.search, *search), elf.machine)) is not None:
                found[name] = library
                todo.append(library)
    return found


def _find(name: str, search: tuple[str, ...], machine: int) -> Path | None:
    known = _loader_cache().get(name, ())
    places = [*(f"{folder}/{name}" for folder in search), *known, *(f"{folder}/{name}" for folder in _USUAL)]
    return next((path for place in places if _fits(path := Path(place), machine)), None)


def _fits(path: Path, machine: int) -> bool:
    try:
        with path.open("rb", buffering=0) as file:
            head = file.read(20)
    except OSError:
        return False
    return head[:5] == b"\x7fELF\x02" and int.from_bytes(head[18:20], "little") == machine


@functools.cache
def _loader_cache() -> dict[str, tuple[str, ...]]:
    """Return the libraries in the loader's configured folders, by name, as `/etc/ld.so.cache` lists them."""
    try:
        data = _CACHE.read_bytes()
        start = data.index(_CACHE_MAGIC)
        count, _length = struct.unpack_from("<II", data, start + len(_CACHE_MAGIC))
        entries = struct.Struct("<iII12x")
        table = memoryview(data)[start + 48 : start + 48 + entries.size * count]
        places: dict[str, tuple[str, ...]] = {}
        for _flags, key, value in entries.iter_unpack(table):
            name, place = (data[start + at : data.index(b"\0", start + at)].decode() for at in (key, value))
            places[name] = (*places.get(name, ()), place)
    except (OSError, ValueError, struct.error):
        return {}
    return places
