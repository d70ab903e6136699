"""A git revision as a tree. Objects are read as they are stored: nothing is checked out, fetched, filtered or hooked.

Only `rev-parse` and `cat-file` run, which consult nothing in the repository's configuration that could be executed.
"""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from grader.intake.caps import CAPS, MIB, Caps
from grader.intake.refusal import IntakeError, Refusal, Refused, shown
from grader.intake.sources.git_command import Git, end, git_of, status
from grader.intake.tree import EntryKind, OpenTree, TreeEntry, joined

_TREE_BYTES = 4 * MIB
_LINE_BYTES = 200
_OBJECT_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_NODE = re.compile(rb"([0-7]{5,6}) ([^\0]+)\0")
_KINDS = {
    0o040000: EntryKind.FOLDER,
    0o100000: EntryKind.FILE,
    0o120000: EntryKind.LINK,
    0o160000: EntryKind.SUBMODULE,
}


class _Node(NamedTuple):
    entry: TreeEntry
    object_id: str


class GitTree(OpenTree):
    """The files of a revision. Only the repository's own objects are read, never those of another repository."""

    def __init__(self, repository: Path, revision: str, *, caps: Caps = CAPS) -> None:
        self.origin = shown(f"{repository}@{revision}", most=4096)
        self.name = repository.resolve().name.removesuffix(".git")
        git = git_of(repository)
        end_at = time.monotonic() + caps.git_seconds
        root = _resolved(git, self.origin, revision, caps.git_seconds)
        self.fingerprint = root
        self._id_bytes = len(root) // 2
        self._objects = _Objects(git, self.origin, end_at)
        self._folders = {"": root}
        self._files: dict[str, str] = {}

    def close(self) -> None:
        """End the git processes."""
        self._objects.close()

    def entries(self, folder: str, *, at_most: int) -> list[TreeEntry]:
        """Return the names in a folder. Only the returned entries are remembered."""
        nodes = list(islice(self._listed(folder), at_most))
        for node in nodes:
            self._remember(folder, node)
        return [node.entry for node in nodes]

    def read(self, path: str, *, limit: int) -> bytes:
        """Return a file's content as it was committed."""
        return self._objects.read(self._object(path, self._files), kind="blob", limit=limit)

    def _object(self, path: str, known: dict[str, str]) -> str:
        """Return the id of the object at `path`, after reading the folder above it if necessary."""
        if path not in known and path:
            above, _, name = path.rpartition("/")
            for node in self._listed(above):
                if node.entry.name == name:
                    self._remember(above, node)
                    break
        if path not in known:
            raise Refused(Refusal.CHANGED, "is not in the revision.")
        return known[path]

    def _listed(self, folder: str) -> Iterator[_Node]:
        tree = self._objects.read(self._object(folder, self._folders), kind="tree", limit=_TREE_BYTES)
        return _nodes(tree, self._id_bytes)

    def _remember(self, folder: str, node: _Node) -> None:
        known = self._folders if node.entry.kind is EntryKind.FOLDER else self._files
        known.setdefault(joined(folder, node.entry.name), node.object_id)


class _Objects:
    """Reads objects through two long-lived git processes: one returns kind and size, the other also returns the
    content.
    """

    def __init__(self, git: Git, origin: str, end_at: float) -> None:
        self._origin = origin
        self._end_at = end_at
        self._check = _Conversation(git.start("cat-file", "--batch-check"))
        self._contents = _Conversation(git.start("cat-file", "--batch"))

    def close(self) -> None:
        for conversation in (self._check, self._contents):
            end(conversation.process)

    def read(self, object_id: str, *, kind: str, limit: int) -> bytes:
        try:
            self._size(self._check, object_id, kind, limit)
            size = self._size(self._contents, object_id, kind, limit)
            content = self._contents.exactly(size + 1, self._end_at)
        except TimeoutError:
            raise IntakeError(_too_long(self._origin)) from None
        if len(content) != size + 1:
            raise self._gave_up()
        return content[:-1]

    def _size(self, conversation: _Conversation, object_id: str, kind: str, limit: int) -> int:
        try:
            answer = conversation.ask(f"{object_id}\n".encode(), self._end_at)
        except OSError as error:
            if isinstance(error, TimeoutError):
                raise
            raise self._gave_up() from None
        match answer.split():
            case [_, b"missing"]:
                raise Refused(Refusal.GIT_OBJECTS, "is not stored in the repository.")
            case [_, found, size] if found == kind.encode():
                if int(size) > limit:
                    raise Refused(Refusal.TOO_LARGE, f"has more than {limit} bytes.")
                return int(size)
            case [_, _, _]:
                raise Refused(Refusal.GIT_OBJECTS, f"is stored as something other than a {kind}.")
            case _:
                raise self._gave_up()

    def _gave_up(self) -> Exception:
        # A kill is the machine's doing, as when it runs out of memory; whatever else ends git, the repository caused.
        if -signal.SIGKILL in (status(self._check.process), status(self._contents.process)):
            return IntakeError(f"{self._origin}: git was killed while reading the revision. Grade the revision again.")
        return Refused(Refusal.GIT_OBJECTS, "cannot be read by git.")


class _Conversation:
    """A git process that takes requests as lines, and whose answers are awaited only until a given time."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self._rest = b""

    def ask(self, line: bytes, end_at: float) -> bytes:
        """Send a request and return the first line of the answer, or as much of it as arrived. Raises OSError."""
        assert self.process.stdin is not None
        self.process.stdin.write(line)
        self.process.stdin.flush()
        while b"\n" not in self._rest and len(self._rest) < _LINE_BYTES:
            chunk = self._chunk(_LINE_BYTES, end_at)
            if not chunk:
                break
            self._rest += chunk
        answer, _, self._rest = self._rest.partition(b"\n")
        return answer

    def exactly(self, size: int, end_at: float) -> bytes:
        """Return exactly that many bytes, or fewer if the process ends. Raises TimeoutError."""
        content = bytearray(self._rest[:size])
        self._rest = self._rest[size:]
        while len(content) < size and (chunk := self._chunk(size - len(content), end_at)):
            content += chunk
        return bytes(content)

    def _chunk(self, most: int, end_at: float) -> bytes:
        assert self.process.stdout is not None
        descriptor = self.process.stdout.fileno()
        if not select.select([descriptor], [], [], max(0.0, end_at - time.monotonic()))[0]:
            raise TimeoutError
        return os.read(descriptor, most)


def _resolved(git: Git, origin: str, revision: str, seconds: float) -> str:
    if revision.startswith("-") or ":" in revision or not revision.isprintable():
        raise IntakeError(f"{origin}: this is not the name of a revision. Use a branch, a tag or a commit.")
    process = git.start("rev-parse", "--verify", "--quiet", f"{revision}^{{tree}}")
    try:
        answer, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        raise IntakeError(_too_long(origin)) from None
    finally:
        end(process)
    object_id = answer.decode("ascii", "replace").strip()
    if process.returncode or not _OBJECT_ID.fullmatch(object_id):
        raise IntakeError(
            f"{origin}: there is no such revision. Use a branch, a tag or a commit that has been fetched."
        )
    return object_id


def _nodes(tree: bytes, id_bytes: int) -> Iterator[_Node]:
    """Yield a tree object's entries, each of the form `mode SP name NUL id`."""
    at = 0
    while at < len(tree):
        head = _NODE.match(tree, at)
        at = head.end() + id_bytes if head else 0
        if head is None or at > len(tree):
            raise Refused(Refusal.GIT_OBJECTS, "is a damaged folder.")
        kind = _KINDS.get(int(head[1], 8) & 0o170000, EntryKind.SPECIAL)
        name = head[2].decode("utf-8", "surrogateescape")
        yield _Node(TreeEntry(name, kind), tree[head.end() : at].hex())


def _too_long(origin: str) -> str:
    return f"{origin}: git took too long. Use a new, full clone of the repository, or a folder instead of a revision."
