"""A git revision as a tree. Objects are read as they are stored: nothing is checked out, fetched, filtered or hooked.

Only `rev-parse` and `cat-file` run, which consult nothing in the repository's configuration that could be executed.
"""

from __future__ import annotations

import re
import signal
import subprocess
import threading
from pathlib import Path
from typing import IO, NamedTuple

from grader.intake.caps import CAPS, MIB, Caps
from grader.intake.refusal import Flaw, IntakeError, Refused, shown
from grader.intake.sources.git_command import Git, end, git_of, status
from grader.intake.tree import Entry, EntryKind, Source, joined

_TREE_BYTES = 4 * MIB
_OBJECT_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_NODE = re.compile(rb"([0-7]{5,6}) ([^\0]+)\0")
_KINDS = {
    0o040000: EntryKind.FOLDER,
    0o100000: EntryKind.FILE,
    0o120000: EntryKind.LINK,
    0o160000: EntryKind.SUBMODULE,
}


class _Node(NamedTuple):
    entry: Entry
    object_id: str


class GitTree(Source):
    """The files of a revision. Only the repository's own objects are read, never those of another one."""

    def __init__(self, repository: Path, revision: str, *, caps: Caps = CAPS) -> None:
        self.origin = shown(f"{repository}@{revision}", most=4096)
        self.name = repository.resolve().name.removesuffix(".git")
        git = git_of(repository)
        root = _resolved(git, self.origin, revision, caps.git_seconds)
        self._id_bytes = len(root) // 2
        self._objects = _Objects(git, self.origin, caps.git_seconds)
        self._folders = {"": root}
        self._files: dict[str, str] = {}

    def close(self) -> None:
        """End the git processes."""
        self._objects.close()

    def entries(self, folder: str, *, at_most: int) -> list[Entry]:
        """The names in a folder."""
        tree = self._objects.read(self._object(folder, self._folders), kind="tree", limit=_TREE_BYTES)
        nodes = _nodes(tree, self._id_bytes)
        for entry, object_id in nodes:
            known = self._folders if entry.kind is EntryKind.FOLDER else self._files
            known.setdefault(joined(folder, entry.name), object_id)
        return [entry for entry, _ in nodes[:at_most]]

    def read(self, path: str, *, limit: int) -> bytes:
        """A file's content as it was committed."""
        return self._objects.read(self._object(path, self._files), kind="blob", limit=limit)

    def _object(self, path: str, known: dict[str, str]) -> str:
        """The object at `path`; the folders above are looked into when nobody has done so yet."""
        if path not in known and path:
            above = path.rpartition("/")[0]
            self.entries(above, at_most=0)
        if path not in known:
            raise Refused(Flaw.CHANGED, "is not in the revision.")
        return known[path]


class _Objects:
    """Reads objects through two long-lived git processes: one tells kind and size, the other gives contents."""

    def __init__(self, git: Git, origin: str, seconds: float) -> None:
        self._origin = origin
        self._seconds = seconds
        self._late = False
        self._check = git.start("cat-file", "--batch-check")
        self._contents = git.start("cat-file", "--batch")

    def close(self) -> None:
        for process in (self._check, self._contents):
            end(process)

    def read(self, object_id: str, *, kind: str, limit: int) -> bytes:
        timer = threading.Timer(self._seconds, self._expire)
        timer.daemon = True
        timer.start()
        try:
            self._size(self._check, object_id, kind, limit)
            size = self._size(self._contents, object_id, kind, limit)
            content = _pipe(self._contents.stdout).read(size + 1)
        finally:
            timer.cancel()
        if len(content) != size + 1:
            raise self._gave_up()
        return content[:-1]

    def _size(self, process: subprocess.Popen[bytes], object_id: str, kind: str, limit: int) -> int:
        try:
            _pipe(process.stdin).write(f"{object_id}\n".encode())
            _pipe(process.stdin).flush()
        except OSError:
            raise self._gave_up() from None
        match _pipe(process.stdout).readline(200).split():
            case [_, b"missing"]:
                raise Refused(Flaw.GIT_OBJECTS, "is not stored in the repository.")
            case [_, found, size] if found == kind.encode():
                if int(size) > limit:
                    raise Refused(Flaw.TOO_LARGE, f"has more than {limit} bytes.")
                return int(size)
            case [_, _, _]:
                raise Refused(Flaw.GIT_OBJECTS, f"is stored as something else than a {kind}.")
            case _:
                raise self._gave_up()

    def _gave_up(self) -> Exception:
        if self._late:
            return IntakeError(_too_long(self._origin))
        # A kill is the machine's doing, as when it runs out of memory; whatever else ends git, the repository caused.
        if -signal.SIGKILL in (status(self._check), status(self._contents)):
            return IntakeError(f"{self._origin}: git was killed while it read the revision. Grade it again.")
        return Refused(Flaw.GIT_OBJECTS, "cannot be read by git.")

    def _expire(self) -> None:
        self._late = True
        self._check.kill()
        self._contents.kill()


def _resolved(git: Git, origin: str, revision: str, seconds: float) -> str:
    if revision.startswith("-") or ":" in revision or not revision.isprintable():
        raise IntakeError(f"{origin}: that is not the name of a revision. Name a branch, a tag or a commit.")
    process = git.start("rev-parse", "--verify", "--quiet", f"{revision}^{{tree}}")
    try:
        answer, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        raise IntakeError(_too_long(origin)) from None
    finally:
        end(process)
    object_id = answer.decode("ascii", "replace").strip()
    if process.returncode or not _OBJECT_ID.fullmatch(object_id):
        raise IntakeError(f"{origin}: there is no such revision. Name a branch, a tag or a commit that was fetched.")
    return object_id


def _nodes(tree: bytes, id_bytes: int) -> list[_Node]:
    """A tree object's entries: `mode SP name NUL id`, over and over."""
    nodes = []
    at = 0
    while at < len(tree):
        head = _NODE.match(tree, at)
        at = head.end() + id_bytes if head else 0
        if head is None or at > len(tree):
            raise Refused(Flaw.GIT_OBJECTS, "is a damaged folder.")
        kind = _KINDS.get(int(head[1], 8) & 0o170000, EntryKind.SPECIAL)
        name = head[2].decode("utf-8", "surrogateescape")
        nodes.append(_Node(Entry(name, kind), tree[head.end() : at].hex()))
    return nodes


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None
    return pipe


def _too_long(origin: str) -> str:
    return f"{origin}: git took too long. Clone the repository afresh and in full, or name a folder instead."
