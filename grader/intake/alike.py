"""Names that a person may confuse with the required one: `Metaclass-ORM/` for a folder, `src/ORM.py` for a file."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator

from grader.intake.caps import CAPS
from grader.intake.refusal import Refused
from grader.intake.tree import EntryKind, Tree, is_skipped, joined

MOST = 3
"""The maximum number of files listed for one module."""
_DEPTH = 4
_WORD = re.compile(r"[^\W_]+")
_COPIED = re.compile(r"(\s*\(\d+\)|[\s_-]*(copy|final|new|v?\d+))*")


def is_name_of(name: str, slug: str) -> bool:
    """Return whether a folder is named after a challenge, ignoring case, separators, and singular or plural."""
    return name == slug or (bool(name) and _key(name) == _key(slug))


def elsewhere(tree: Tree, module: str) -> list[str]:
    """Return the first few files that may be a module under another name or in another folder."""
    found: list[str] = []
    for path in _files(tree):
        if path != module and _may_be(f"{tree.name}/{path}", module):
            found.append(path)
            if len(found) == MOST:
                break
    return found


def _key(name: str) -> str:
    return "".join(_WORD.findall(name.casefold())).rstrip("s")


def _may_be(path: str, module: str) -> bool:
    """Return whether a file may be the module: `src/orm.py`, `ORM.py`, `orm (1).py`, `orm.py.txt`, `orm.ipynb`, a
    package `orm`.
    """
    stem = module.rpartition("/")[2].removesuffix(".py").casefold()
    folder, _, name = path.casefold().rpartition("/")
    if name == "__init__.py":
        return folder.rpartition("/")[2] == stem
    rest = name.removeprefix(stem)
    for suffix in (".py.txt", ".py", ".ipynb", ".pyw"):
        if name.startswith(stem) and rest.endswith(suffix):
            return _COPIED.fullmatch(rest.removesuffix(suffix)) is not None
    return False


def _files(tree: Tree) -> Iterator[str]:
    """Yield a tree's files, shallow ones first, within the usual caps."""
    folders, seen = deque([""]), 0
    while folders and seen < CAPS.entries:
        folder = folders.popleft()
        try:
            entries = sorted(tree.entries(folder, at_most=CAPS.entries - seen))
        except Refused:
            continue
        seen += len(entries)
        for entry in entries:
            path = joined(folder, entry.name)
            if is_skipped(entry) or entry.name.startswith(".") or "/" in entry.name:
                continue
            if entry.kind is EntryKind.FILE:
                yield path
            elif entry.kind is EntryKind.FOLDER and path.count("/") < _DEPTH:
                folders.append(path)
