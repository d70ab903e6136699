"""Determines which files of a tree form the submission, in a walk over names only, bounded in every direction.

Nothing is read here. Names that are already unacceptable are reasons for rejection; each file that is left out is
recorded for a note.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from typing import assert_never

from grader.intake.caps import Caps
from grader.intake.paths import collisions, condemned
from grader.intake.refusal import Refusal, Refused, Remark, shown
from grader.intake.tree import EntryKind, Tree, TreeEntry, is_skipped, joined
from grader.model import Finding, Struct

_COMPILED = (".pyc", ".pyo", ".pyd", ".so")
_PROSE = (".md", ".rst")  # nobody expects them to be graded, so nobody has to be told: `grader start` adds one itself
DOCUMENTS = {"design.toml": ("design.md",), "review.toml": ()}
"""Answers that are data, at the top of a submission, each with the prose that belongs to it."""
_SITE_HOOKS = frozenset({"sitecustomize", "usercustomize"})


class Survey(Struct, frozen=True, kw_only=True):
    """The result of a walk over the names in a tree."""

    sources: tuple[str, ...]
    """Paths of the Python files, in order."""
    documents: tuple[str, ...]
    """Paths of answers that are data, and of their prose, in order."""
    reasons: tuple[Finding, ...]
    notices: tuple[Finding, ...]


class _Sort(Enum):
    """The kinds of file that intake distinguishes."""

    SOURCE = "source"
    DOCUMENT = "document"
    IGNORED = "ignored"
    PROSE = "prose"
    HIDDEN = "hidden"
    COMPILED = "compiled"
    STUB = "stub"
    LINK = "link"
    ENVIRONMENT = "environment"
    SITE_HOOK = "site-hook"


def survey(tree: Tree, caps: Caps) -> Survey:
    """Walk the tree, shallow folders first, and return the result."""
    walk = _Walk(tree, caps)
    walk.run()
    sources = tuple(sorted(walk.found[_Sort.SOURCE]))
    reasons = [*walk.reasons, *condemned(sources, caps), *collisions(sources)]
    if len(sources) > caps.files:
        reasons.append(Refusal.TOO_MANY_FILES.found(f"There are at least {len(sources)} Python files."))
    return Survey(
        sources=sources,
        documents=tuple(sorted(_documents(walk.found))),
        reasons=tuple(reasons),
        notices=tuple(_notices(walk.found)),
    )


class _Walk:
    """The walk's state: what was found so far, and how many more entries may be examined."""

    def __init__(self, tree: Tree, caps: Caps) -> None:
        self.reasons: list[Finding] = []
        self.found: dict[_Sort, list[str]] = {sort: [] for sort in _Sort}
        self._tree = tree
        self._caps = caps
        self._seen = 0
        self._folders = deque([""])

    def run(self) -> None:
        """Walk until everything is seen or a cap is reached."""
        while self._folders and self._seen <= self._caps.entries:
            folder = self._folders.popleft()
            try:
                self._look_into(folder)
            except Refused as refused:
                self.reasons.append(refused.found(folder or None))
        if self._seen > self._caps.entries:
            self.reasons.append(
                Refusal.TOO_MANY_ENTRIES.found(f"There are more than {self._caps.entries} files and folders.")
            )

    def _look_into(self, folder: str) -> None:
        room = self._caps.entries - self._seen + 1
        entries = self._tree.entries(folder, at_most=room)
        if folder and any(entry.name == "pyvenv.cfg" for entry in entries):
            self.found[_Sort.ENVIRONMENT].append(f"{folder}/")
            return
        for entry in sorted(entries, key=lambda entry: entry.name):
            path = joined(folder, entry.name) or "/"
            self._seen += 1
            if _leads_out(entry.name):
                self.reasons.append(Refusal.UNSAFE_PATH.found("is a path that leads out of its folder.", file=path))
            elif not is_skipped(entry):
                self._take(path, entry)

    def _take(self, path: str, entry: TreeEntry) -> None:
        match entry.kind:
            case EntryKind.FILE:
                self.found[_Sort.DOCUMENT if path in DOCUMENTS else _sort(entry.name)].append(path)
            case EntryKind.FOLDER:
                self._take_folder(path, entry.name)
            case EntryKind.LINK if _may_be_imported(entry.name):
                self.reasons.append(Refusal.SYMLINK.found("is a link.", file=path))
            case EntryKind.LINK:
                self.found[_Sort.LINK].append(path)
            case EntryKind.SUBMODULE:
                self.reasons.append(Refusal.SUBMODULE.found("is a submodule.", file=path))
            case EntryKind.SPECIAL:
                self.reasons.append(Refusal.SPECIAL_FILE.found("is not a regular file.", file=path))
            case _:
                assert_never(entry.kind)

    def _take_folder(self, path: str, name: str) -> None:
        if name in _SITE_HOOKS:
            self.found[_Sort.SITE_HOOK].append(f"{path}/")
        elif name.startswith("."):
            self.found[_Sort.HIDDEN].append(f"{path}/")
        elif path.count("/") + 1 >= self._caps.depth:
            message = f"contains files whose paths would have more than {self._caps.depth} parts."
            self.reasons.append(Refusal.TOO_DEEP.found(message, file=path))
        else:
            self._folders.append(path)


def _documents(found: Mapping[_Sort, Sequence[str]]) -> Iterator[str]:
    """Yield the answers that are data, and the prose that belongs to them."""
    for path in found[_Sort.DOCUMENT]:
        yield path
        yield from (prose for prose in DOCUMENTS[path] if prose in found[_Sort.PROSE])


def _may_be_imported(name: str) -> bool:
    """Return whether a link may stand for a module or a package: `LICENSE` and `CLAUDE.md` do not, wherever they
    lead.
    """
    return name.endswith(".py") or name in DOCUMENTS or ("." not in name and not name.isupper())


def _leads_out(name: str) -> bool:
    """Return whether a name is actually a path, on this or any other system."""
    return "/" in name or "\0" in name or not {"", ".", ".."}.isdisjoint(name.split("\\"))


def _sort(name: str) -> _Sort:
    stem, dot, suffix = name.rpartition(".")
    suffix = (dot + suffix).lower()
    if suffix in _COMPILED:
        return _Sort.COMPILED
    if suffix == ".pth" or (suffix == ".py" and stem in _SITE_HOOKS):
        return _Sort.SITE_HOOK
    if suffix in _PROSE:
        return _Sort.PROSE
    if suffix not in {".py", ".pyi"}:
        return _Sort.IGNORED
    if name.startswith("."):
        return _Sort.HIDDEN
    if suffix == ".pyi":
        return _Sort.STUB
    return _Sort.SOURCE if name.endswith(".py") else _Sort.IGNORED


def _notices(found: dict[_Sort, list[str]]) -> Iterable[Finding]:
    notes = (
        (_Sort.COMPILED, Remark.COMPILED, "Left out (compiled)"),
        (_Sort.SITE_HOOK, Remark.SITE_HOOK, "Left out (hooks into Python's start-up)"),
        (_Sort.LINK, Remark.LINK, "Left out (links)"),
        (_Sort.ENVIRONMENT, Remark.ENVIRONMENT, "Left out (virtual environments)"),
        (_Sort.STUB, Remark.STUB, "Left out (stubs)"),
        (_Sort.HIDDEN, Remark.HIDDEN, "Left out (names that begin with a dot)"),
        (_Sort.IGNORED, Remark.IGNORED, "Left out (not Python)"),
    )
    for sort, remark, why in notes:
        if paths := sorted(found[sort]):
            yield remark.noted(f"{why}: {_listed(paths)}.", file=paths[0] if len(paths) == 1 else None)


def _listed(paths: list[str]) -> str:
    names = ", ".join(shown(path) for path in paths[:5])
    return names if len(paths) <= 5 else f"{names} and {len(paths) - 5} more"
