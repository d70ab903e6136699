"""Unified diffs of a folder of text files: made here, read by unidiff, applied exactly or not at all.

    a description in words, and whatever else a person wants to say
    --- a/orm.py
    +++ b/orm.py
    @@ -12,7 +12,7 @@
     context
    -as it was
    +as it is

Every context line has to match exactly at the place that the hunk states: no fuzz, no offset. `/dev/null` on one side
marks a file that is new or gone. Texts are UTF-8 with LF; a file without a final newline stays so. Neither `git` nor
`patch` is run, since a container may lack them.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from unidiff.errors import UnidiffParseError
from unidiff.patch import Hunk, PatchedFile, PatchSet

NOTHING = "/dev/null"
NO_NEWLINE = "\\ No newline at end of file\n"
CONTEXT = 3
"""Unchanged lines around a change."""


class PatchError(Exception):
    """The patch cannot be read or does not apply. The message names the file, the hunk and the line."""


class Patch(NamedTuple):
    """A patch taken apart: words before the first file, and the diff itself."""

    head: str
    body: str


def split(text: str) -> Patch:
    """Separate the words before the first `--- ` line from the diff."""
    if text.startswith("--- "):
        return Patch("", text)
    head, mark, body = text.partition("\n--- ")
    return Patch(head.strip(), f"--- {body}" if mark else "")


def diff(old: Mapping[str, str], new: Mapping[str, str]) -> str:
    """Return the unified diff that turns `old` into `new`, both of which map paths to texts; empty if they are
    equal.
    """
    changed = [path for path in sorted(old.keys() | new.keys()) if old.get(path) != new.get(path)]
    return "".join(line for path in changed for line in _diff_of(path, old.get(path), new.get(path)))


def apply(body: str, files: Mapping[str, str]) -> dict[str, str]:
    """Return the files with the diff applied. Raises PatchError."""
    try:
        patched = PatchSet(body)
    except (UnidiffParseError, ValueError) as error:
        raise PatchError(f"the patch is not a unified diff ({error})") from None
    _refuse_ignored_lines(body, patched)
    result = dict(files)
    for file in patched:
        path = _path_of(file)
        if file.source_file == NOTHING and path in files:
            raise PatchError(f"the patch creates {path}, which already exists")
        if file.source_file != NOTHING and path not in result:
            raise PatchError(f"the patch changes {path}, which does not exist")
        text = "".join(_applied(path, file, _lines(result.pop(path, ""))))
        if file.target_file != NOTHING:
            result[path] = text
        elif text:
            raise PatchError(f"the patch removes {path}, but not all of its lines")
    return result


def _diff_of(path: str, old: str | None, new: str | None) -> Iterator[str]:
    yield f"--- a/{path}\n" if old is not None else f"--- {NOTHING}\n"
    yield f"+++ b/{path}\n" if new is not None else f"+++ {NOTHING}\n"
    hunks = difflib.unified_diff(_lines(old or ""), _lines(new or ""), n=CONTEXT)
    for line in list(hunks)[2:]:  # after difflib's own two lines of names
        yield line if line.endswith("\n") else f"{line}\n{NO_NEWLINE}"


def _lines(text: str) -> list[str]:
    """Split at LF only, unlike `str.splitlines`."""
    parts = text.split("\n")
    return [*(f"{part}\n" for part in parts[:-1]), *([parts[-1]] if parts[-1] else [])]


def _path_of(file: PatchedFile) -> str:
    """Return the file's path, after checking that it stays within the folder."""
    path = PurePosixPath(file.path)
    if path.is_absolute() or not path.parts or ".." in path.parts:
        raise PatchError(f"the path {file.path!r} leads out of the solution")
    return path.as_posix()


def _applied(path: str, file: PatchedFile, lines: Sequence[str]) -> Iterator[str]:
    """Yield the lines of the patched file."""
    at = 0
    for number, hunk in enumerate(file, 1):
        start = hunk.source_start - 1 if hunk.source_length else hunk.source_start  # "-0,0" stands before line 1
        where = f"{path}: hunk {number} (line {hunk.source_start})"
        if start < at or start > len(lines):
            raise PatchError(f"{where} is out of place: the file has {len(lines)} lines")
        yield from lines[at:start]
        at = start
        for kind, text in _whole_lines(hunk):
            if kind != "+":
                found = lines[at] if at < len(lines) else ""
                if found != text:
                    raise PatchError(
                        f"{where} does not apply: line {at + 1} is {found!r}, but the patch expects {text!r}"
                    )
                at += 1
            if kind != "-":
                yield text
    yield from lines[at:]


def _whole_lines(hunk: Hunk) -> Iterator[tuple[str, str]]:
    """Yield a hunk's lines with their kind; a line followed by the "no newline" remark ends without one."""
    lines = list(hunk)
    for line, following in zip(lines, [*lines[1:], None], strict=True):
        if line.line_type == "\\":
            continue
        ends = following is not None and following.line_type == "\\"
        yield line.line_type or " ", line.value.removesuffix("\n") if ends else line.value


def _refuse_ignored_lines(body: str, patched: PatchSet) -> None:
    """Raise PatchError for what unidiff overlooks: text between files, and lines after the end of a hunk."""
    read = sum(2 + sum(1 + len(hunk) for hunk in file) for file in patched)
    there = len(_lines(body))
    if read != there:
        raise PatchError(
            f"{there - read} of the patch's {there} lines belong to no hunk; the line counts after @@ may be wrong"
        )
