"""A git revision as a tree. Objects are read as they are stored: nothing is checked out, fetched, filtered or hooked.

The repository's own configuration may be hostile. So git runs only `rev-parse` and `cat-file`, which consult nothing
that could be executed, without replacements, lazy fetching or protocols, in a clean environment and with limits.
"""

from __future__ import annotations

import os
import re
import resource
import shutil
import subprocess
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO, NamedTuple

from grader.intake.caps import CAPS, MIB, Caps
from grader.intake.refusal import Flaw, IntakeError, Refused, shown
from grader.intake.tree import Entry, EntryKind, Source, joined

_ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "HOME": "/nonexistent",
    "LC_ALL": "C",
    "PATH": "/usr/bin:/bin",
}
_OPTIONS = ("--no-pager", "--no-replace-objects", "--no-optional-locks")
_CONFIGURATION = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.packedGitLimit=256m",
    "core.packedGitWindowSize=32m",
    "protocol.allow=never",
)
_MEMORY = 2048 * MIB
_TREE_BYTES = 4 * MIB
_OBJECT_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_NODE = re.compile(rb"([0-7]{5,6}) ([^\0]+)\0")
_BORROWED = ("commondir", "objects/info/alternates")
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
        git = _git(repository)
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

    def __init__(self, git: _Git, origin: str, seconds: float) -> None:
        self._origin = origin
        self._seconds = seconds
        self._late = False
        self._check = git.start("cat-file", "--batch-check")
        self._contents = git.start("cat-file", "--batch")

    def close(self) -> None:
        for process in (self._check, self._contents):
            _end(process)

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
        return Refused(Flaw.GIT_OBJECTS, "cannot be read by git.")

    def _expire(self) -> None:
        self._late = True
        self._check.kill()
        self._contents.kill()


class _Git(NamedTuple):
    """How git is started for one repository: with nothing of the caller's environment, and with limits."""

    program: str
    folder: Path

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        settings = [word for setting in _CONFIGURATION for word in ("-c", setting)]
        process = subprocess.Popen(
            [self.program, *_OPTIONS, *settings, *command],
            env={**_ENVIRONMENT, "GIT_DIR": str(self.folder)},
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        resource.prlimit(process.pid, resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        return process


def _git(repository: Path) -> _Git:
    program = shutil.which("git")
    if program is None:
        raise IntakeError(f"{repository}: git is not installed. Install it, or name a folder instead of a revision.")
    return _Git(program, _own_folder(repository).resolve())


def _own_folder(repository: Path) -> Path:
    """The folder of git's own files. What points elsewhere is refused: we may read more than its author."""
    inside = repository / ".git"
    if inside.is_symlink() or inside.is_file():
        raise IntakeError(f"{inside}: it points to another folder. Name the repository that it belongs to.")
    folder = inside if inside.is_dir() else repository
    if not (folder / "objects").is_dir() or not (folder / "HEAD").is_file():
        raise IntakeError(
            f"{repository}: it is no git repository. Name the folder that holds .git, or a bare repository."
        )
    for name in _BORROWED:
        if (folder / name).exists():
            raise IntakeError(f"{folder / name}: it borrows another repository's objects. Clone with --dissociate.")
    for name in ("objects", "objects/info", "objects/pack", "refs", "HEAD"):
        if (folder / name).is_symlink():
            raise IntakeError(f"{folder / name}: it is a link. Clone the repository and name the clone.")
    return folder


def _resolved(git: _Git, origin: str, revision: str, seconds: float) -> str:
    if revision.startswith("-") or ":" in revision or not revision.isprintable():
        raise IntakeError(f"{origin}: that is not the name of a revision. Name a branch, a tag or a commit.")
    process = git.start("rev-parse", "--verify", "--quiet", f"{revision}^{{tree}}")
    try:
        answer, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        raise IntakeError(_too_long(origin)) from None
    finally:
        _end(process)
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


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):  # what was still buffered for a process that is gone
                pipe.close()
    process.wait()


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None
    return pipe


def _too_long(origin: str) -> str:
    return f"{origin}: git took too long. Clone the repository afresh and in full, or name a folder instead."
