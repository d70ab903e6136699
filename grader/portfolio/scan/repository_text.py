"""The text of a repository: names first, then bytes, bounded in every way. No link is followed, and no code is run.

A file that cannot be read is returned as a value with the reason; only a root that cannot be read raises an error.
"""

from __future__ import annotations

import json
import posixpath
from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from grader.intake.caps import SKIPPED_FOLDERS
from grader.intake.refusal import IntakeError, Refused, shown
from grader.intake.tree import EntryKind, Tree, TreeEntry, joined

MIB = 1 << 20
FILE_BYTES = MIB
ALL_BYTES = 512 * MIB
WEIGHT = 3 * MIB
"""The maximum number of bytes of a text on its way into the sandbox, where a control character takes six."""
BATCH_WEIGHT = MIB
BATCH_FILES = 120
ENTRIES = 300_000
FILES = 30_000
DEPTH = 40
PATH_BYTES = 400
VENDORED = frozenset({"_vendor", "_vendored", "vendor", "vendored", "third_party", "thirdparty", "extern", "externals"})
BUILT = frozenset({"build", "dist", "_build"})
PROJECT_FILES = frozenset(
    {
        *("pyproject.toml", "setup.cfg", "tox.ini", "pytest.ini", "mypy.ini", ".coveragerc", ".pre-commit-config.yaml"),
        *(".gitlab-ci.yml", "azure-pipelines.yml", "noxfile.py", "codecov.yml", ".codecov.yml", "ruff.toml"),
    }
)
WORKFLOWS = ".github/workflows"
"""The only hidden folder that is searched."""
PROJECT_DEPTH = 2
PROJECT_MOST = 40
PROJECT_BYTES = 200_000


class Omission(NamedTuple):
    """Something that was not read, and why."""

    path: str
    why: str


class RepositoryNames(NamedTuple):
    """What the names in a repository show, before any file is read."""

    sources: tuple[str, ...]
    project: tuple[str, ...]
    """Files that configure the project."""
    unread: tuple[Omission, ...]
    left_out: tuple[Omission, ...]
    """Left out on purpose: vendored code, built files and virtual environments."""


class TextBatch(NamedTuple):
    """The texts of some files, small enough to be sent at once, and the files that could not be read in between."""

    texts: dict[str, str]
    unread: tuple[Omission, ...]


def names(tree: Tree) -> RepositoryNames:
    """Walk the tree by its names, shallow folders first. Raises IntakeError if the root cannot be read."""
    walk = _NameWalk(tree)
    walk.run()
    return RepositoryNames(
        tuple(sorted(walk.sources)), tuple(walk.project[:PROJECT_MOST]), tuple(walk.unread), tuple(walk.left_out)
    )


class _NameWalk:
    def __init__(self, tree: Tree) -> None:
        self.sources: list[str] = []
        self.project: list[str] = []
        self.unread: list[Omission] = []
        self.left_out: list[Omission] = []
        self._tree = tree
        self._entries = ENTRIES
        self._folders = deque(["", WORKFLOWS])

    def run(self) -> None:
        while self._folders:
            folder = self._folders.popleft()
            if self._entries <= 0 or len(self.sources) > FILES:
                self.unread.append(Omission(folder or ".", "there are too many files; scan the repository in parts"))
                return
            try:
                self._look_into(folder)
            except (Refused, IntakeError) as error:
                if not folder:
                    raise IntakeError(str(error)) from None
                if folder != WORKFLOWS:
                    self.unread.append(Omission(shown(folder), "the folder cannot be read"))

    def _look_into(self, folder: str) -> None:
        entries = self._tree.entries(folder, at_most=self._entries + 1)
        self._entries -= len(entries)
        if folder and any(entry.name == "pyvenv.cfg" for entry in entries):
            self.left_out.append(Omission(shown(folder), "a virtual environment"))
            return
        for entry in sorted(entries, key=lambda entry: entry.name):
            self._take(joined(folder, entry.name), entry)

    def _take(self, path: str, entry: TreeEntry) -> None:
        is_source = entry.name.endswith(".py")
        if not _is_usable(path, entry.name):
            self.unread.append(Omission(shown(path), "its name is not valid, or its path is too long"))
        elif entry.kind is EntryKind.FOLDER:
            self._take_folder(path, entry.name)
        elif entry.kind is EntryKind.LINK:
            if is_source or "." not in entry.name:
                self.unread.append(Omission(shown(path), "it is a link, and links are never followed"))
        elif is_source and entry.kind is not EntryKind.FILE:
            self.unread.append(Omission(shown(path), "it is not a regular file"))
        elif is_source:
            self.sources.append(path)
        if entry.kind is EntryKind.FILE and _is_project_file(path):
            self.project.append(path)

    def _take_folder(self, path: str, name: str) -> None:
        if name in VENDORED:
            self.left_out.append(Omission(shown(path), "third-party code"))
        elif name in BUILT and path.count("/") == 0:
            self.left_out.append(Omission(shown(path), "built files"))
        elif path.count("/") >= DEPTH:
            self.unread.append(Omission(shown(path), "its folders are nested too deeply"))
        elif name in SKIPPED_FOLDERS or name.startswith(".") or name.endswith(".egg-info"):
            return
        else:
            self._folders.append(path)


def _is_usable(path: str, name: str) -> bool:
    """Return whether a name is valid, and its path is text that is short enough to be sent."""
    try:
        return name not in {"", ".", ".."} and not {"/", "\\"} & {*name} and len(path.encode("utf-8")) <= PATH_BYTES
    except UnicodeEncodeError:
        return False


def _is_project_file(path: str) -> bool:
    if posixpath.dirname(path) == WORKFLOWS:
        return path.endswith((".yml", ".yaml"))
    return posixpath.basename(path) in PROJECT_FILES and path.count("/") <= PROJECT_DEPTH


def batches(tree: Tree, paths: Sequence[str]) -> Iterator[TextBatch]:
    """Yield the texts of the files, as many at once as can be sent."""
    texts: dict[str, str] = {}
    unread: list[Omission] = []
    weight, left = 0, ALL_BYTES
    for path in paths:
        text = (
            read_text(tree, path, limit=FILE_BYTES)
            if left > 0
            else Omission(shown(path), "the files before it contain too much text")
        )
        if isinstance(text, Omission):
            unread.append(text)
            continue
        own = len(json.dumps(text))
        left -= own
        if own > WEIGHT:
            unread.append(Omission(shown(path), "it has too many control characters"))
            continue
        if texts and (weight + own > BATCH_WEIGHT or len(texts) >= BATCH_FILES):
            yield TextBatch(texts, tuple(unread))
            texts, unread, weight = {}, [], 0
        texts[path] = text
        weight += own
    if texts or unread:
        yield TextBatch(texts, tuple(unread))


def read_text(tree: Tree, path: str, *, limit: int) -> str | Omission:
    """Return a file's text, or why it is not read."""
    try:
        content = tree.read(path, limit=limit)
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return Omission(shown(path), "it is not UTF-8")
    except Refused as refused:
        return Omission(shown(path), f"it {refused.what.rstrip('.')}")
    except IntakeError:
        return Omission(shown(path), "it cannot be read")


def project_texts(tree: Tree, paths: Sequence[str]) -> dict[str, str]:
    """Return the texts of the files that configure a project, as far as they can be read."""
    texts = ((path, read_text(tree, path, limit=PROJECT_BYTES)) for path in paths)
    return {path: text for path, text in texts if isinstance(text, str)}
