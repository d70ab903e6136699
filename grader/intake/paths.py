"""Rules for the path of a Python file, so that it means the same to every tool and every file system."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from grader.intake.caps import Caps
from grader.intake.refusal import Refusal, shown
from grader.model import Finding


def condemned(paths: Iterable[str], caps: Caps) -> Iterator[Finding]:
    """Yield findings for each path on its own."""
    for path in paths:
        if len(path.encode("utf-8", "surrogatepass")) > caps.path_bytes:
            yield Refusal.LONG_PATH.found(f"is a path of more than {caps.path_bytes} bytes.", file=path)
        for part in path.split("/"):
            if trouble := _trouble(part):
                yield Refusal.NAME.found(f"{trouble}.", file=path)
                break


def _trouble(name: str) -> str:
    if not name.isprintable():
        return "contains characters that cannot be displayed"
    if "\\" in name or ":" in name:
        return "contains a backslash or a colon, which are separators on other systems"
    if name.startswith("-"):
        return "begins with a dash, like a command-line option"
    if unicodedata.normalize("NFKC", name) != name:
        return "is not in the Unicode normal form NFKC, so an import would look for another name"
    return ""


def collisions(paths: Sequence[str]) -> Iterator[Finding]:
    """Yield the reasons why paths cannot coexist: a duplicate, a file that is also a folder, or a difference only in
    case.
    """
    for path, times in Counter(paths).items():
        if times > 1:
            yield Refusal.DUPLICATE.found(f"is listed {times} times.", file=path)
    folders = {prefix for path in paths for prefix in _folders(path)}
    for path in dict.fromkeys(paths):
        if path in folders:
            yield Refusal.DUPLICATE.found("is both a file and a folder.", file=path)
    spellings: dict[str, str] = {}
    for path in sorted(folders | set(paths)):
        first = spellings.setdefault(unicodedata.normalize("NFKC", path).casefold(), path)
        if first != path:
            yield Refusal.CASE_COLLISION.found(f"differs from {shown(first)} only in case.", file=path)


def _folders(path: str) -> Iterator[str]:
    while path := path.rpartition("/")[0]:
        yield path
