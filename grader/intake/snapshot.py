"""Turns a tree into a Submission or a Rejected, by the rules of intake, which are the same for every source."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from grader.intake.caps import CAPS, Caps
from grader.intake.refusal import Refusal, Refused, Rejected, Remark
from grader.intake.survey import Survey, survey
from grader.intake.text import DecodedText, decoded
from grader.intake.tree import Tree
from grader.model import Finding, SourceFile, Struct, Submission


class _Reading(Struct, frozen=True, kw_only=True):
    """The files that could be read, and the reasons why others could not."""

    files: tuple[SourceFile, ...] = ()
    documents: tuple[SourceFile, ...] = ()
    reasons: tuple[Finding, ...] = ()
    notices: tuple[Finding, ...] = ()
    contents: dict[str, bytes] = {}
    """The unchanged content of each file that was read, whether or not it is text."""


def snapshot(tree: Tree, *, caps: Caps = CAPS) -> Submission | Rejected:
    """Return everything in the tree that is graded, as inert text, or every reason to reject it. Raises IntakeError."""
    seen = survey(tree, caps)
    reading = _read(tree, seen, caps)
    reasons = (*seen.reasons, *reading.reasons)
    notices = (*seen.notices, *reading.notices)
    if reasons:
        return rejected(tree, reasons, notices, contents=reading.contents, most=caps.reasons)
    if not reading.files:
        notices = (Remark.EMPTY.noted("The submission contains no Python files."), *notices)
    return Submission(
        origin=tree.origin,
        files=reading.files,
        documents=reading.documents,
        digest=digest((*reading.files, *reading.documents)),
        notices=notices,
    )


def rejected(
    tree: Tree,
    reasons: Sequence[Finding],
    notices: Iterable[Finding] = (),
    *,
    contents: Mapping[str, bytes] = MappingProxyType({}),
    most: int = CAPS.reasons,
) -> Rejected:
    """Reject a tree, with a digest of the reasons and of whatever identifies the submission."""
    state = hashlib.sha256(f"rejected\0{tree.fingerprint}\0{list(reasons)!r}\0".encode())
    for path, content in sorted(contents.items()):
        state.update(f"{path}\0{len(content)}\0".encode("utf-8", "surrogatepass"))
        state.update(content)
    return Rejected(
        origin=tree.origin,
        reasons=_capped(reasons, most),
        notices=tuple(notices),
        digest=f"sha256:{state.hexdigest()}",
    )


def digest(files: Iterable[SourceFile]) -> str:
    """Return `sha256:` and the hex digest of the paths, lengths and contents in path order."""
    state = hashlib.sha256()
    for file in sorted(files, key=lambda file: file.path):
        content = file.text.encode("utf-8")
        state.update(f"{file.path}\0{len(content)}\0".encode())
        state.update(content)
    return f"sha256:{state.hexdigest()}"


def _read(tree: Tree, seen: Survey, caps: Caps) -> _Reading:
    if len(seen.sources) > caps.files:
        return _Reading()
    texts: dict[str, DecodedText] = {}
    contents: dict[str, bytes] = {}
    reasons: list[Finding] = []
    total = 0
    for path in (*seen.sources, *seen.documents):
        try:
            content = tree.read(path, limit=caps.file_bytes)
        except Refused as refused:
            reasons.append(refused.found(path))
            continue
        contents[path] = content
        total += len(content)
        if total > caps.total_bytes:
            reasons.append(Refusal.TOTAL_SIZE.found(f"Together, the files have more than {caps.total_bytes} bytes."))
            break
        texts[path] = decoded(path, content, is_code=path in seen.sources)
    read = tuple(SourceFile(path=path, text=text.text) for path, text in texts.items())
    return _Reading(
        files=tuple(file for file in read if file.path in seen.sources),
        documents=tuple(file for file in read if file.path in seen.documents),
        reasons=(*reasons, *(reason for text in texts.values() for reason in text.reasons)),
        notices=tuple(notice for text in texts.values() for notice in text.notices),
        contents=contents,
    )


def _capped(reasons: Sequence[Finding], most: int) -> tuple[Finding, ...]:
    if len(reasons) <= most:
        return tuple(reasons)
    return (
        *reasons[: most - 1],
        Refusal.MORE.found(f"There are {len(reasons) - most + 1} more reasons for rejection."),
    )
