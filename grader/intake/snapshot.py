"""A tree becomes a Submission or a Rejected: the rules of intake, the same for every source."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from grader.intake.caps import CAPS, Caps
from grader.intake.refusal import Flaw, Refused, Rejected, Remark
from grader.intake.survey import Survey, survey
from grader.intake.text import Text, decoded
from grader.intake.tree import Tree
from grader.model import Finding, SourceFile, Struct, Submission


class _Reading(Struct, frozen=True, kw_only=True):
    """The files that could be read, and the reasons why others could not."""

    files: tuple[SourceFile, ...] = ()
    reasons: tuple[Finding, ...] = ()
    notices: tuple[Finding, ...] = ()


def snapshot(tree: Tree, *, caps: Caps = CAPS) -> Submission | Rejected:
    """Everything of the tree that is graded, as inert text; or every reason against it. Raises IntakeError."""
    seen = survey(tree, caps)
    reading = _read(tree, seen, caps)
    reasons = (*seen.reasons, *reading.reasons)
    notices = (*seen.notices, *reading.notices)
    if reasons:
        return Rejected(origin=tree.origin, reasons=_capped(reasons, caps.reasons), notices=notices)
    if not reading.files:
        notices = (Remark.EMPTY.noted("There is no Python file in it."), *notices)
    return Submission(origin=tree.origin, files=reading.files, digest=digest(reading.files), notices=notices)


def digest(files: Iterable[SourceFile]) -> str:
    """`sha256:` over the paths, lengths and contents in path order."""
    state = hashlib.sha256()
    for file in sorted(files, key=lambda file: file.path):
        content = file.text.encode("utf-8")
        state.update(f"{file.path}\0{len(content)}\0".encode())
        state.update(content)
    return f"sha256:{state.hexdigest()}"


def _read(tree: Tree, seen: Survey, caps: Caps) -> _Reading:
    if len(seen.sources) > caps.files:
        return _Reading()
    texts: dict[str, Text] = {}
    reasons: list[Finding] = []
    total = 0
    for path in seen.sources:
        try:
            content = tree.read(path, limit=caps.file_bytes)
        except Refused as refused:
            reasons.append(refused.found(path))
            continue
        total += len(content)
        if total > caps.total_bytes:
            reasons.append(Flaw.TOTAL_SIZE.found(f"The Python files have more than {caps.total_bytes} bytes together."))
            break
        texts[path] = decoded(path, content)
    return _Reading(
        files=tuple(SourceFile(path=path, text=text.text) for path, text in texts.items()),
        reasons=(*reasons, *(reason for text in texts.values() for reason in text.reasons)),
        notices=tuple(notice for text in texts.values() for notice in text.notices),
    )


def _capped(reasons: Sequence[Finding], most: int) -> tuple[Finding, ...]:
    if len(reasons) <= most:
        return tuple(reasons)
    return (*reasons[: most - 1], Flaw.MORE.found(f"There are {len(reasons) - most + 1} more reasons."))
