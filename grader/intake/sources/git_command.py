"""Starts git on a repository whose own configuration may be hostile.

Git gets nothing from the caller's environment; replacements, lazy fetching and every protocol are off; its memory is
limited; and the repository has to be complete in its own folder.
"""

from __future__ import annotations

import os
import resource
import shutil
import stat
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from grader.intake.caps import CAPS, MIB
from grader.intake.refusal import IntakeError

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
_BORROWED = ("commondir", "objects/info/alternates")
_FIRM = ("objects", "objects/info", "objects/pack", "refs", "HEAD", "config", "packed-refs", "shallow")
"""Entries that git reads in its own folder, and that must not be links to another repository's."""
_MOST_SETTINGS = 1 * MIB
"""The maximum size in bytes of a repository's configuration, which every git process reads again."""
_MOST_OBJECTS = 1_000_000
"""The maximum number of files examined in an object store; a larger store is refused."""


class Git(NamedTuple):
    """Starts git for one repository, without the caller's environment and with limits."""

    program: str
    folder: Path

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Start a command with pipes for its input and output. `end` ends it."""
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
        most = _memory_limit()
        resource.prlimit(process.pid, resource.RLIMIT_AS, (most, most))
        return process


def _memory_limit() -> int:
    """Return git's memory limit in bytes: ours, or less if this process is limited itself, as on a cluster."""
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    return _MEMORY if hard == resource.RLIM_INFINITY else min(_MEMORY, hard)


def git_of(repository: Path) -> Git:
    """Return the `Git` for `repository`, a folder that holds `.git` or is bare. Raises IntakeError."""
    program = shutil.which("git")
    if program is None:
        raise IntakeError(f"{repository}: git is not installed. Install git, or use a folder instead of a revision.")
    return Git(program, _own_folder(repository).resolve())


def enclosing(path: Path) -> tuple[Path, str]:
    """Return the repository that a folder belongs to, and the folder's path in it, which is empty for the repository
    itself.
    """
    whole = path.resolve()
    if os.path.lexists(path / ".git") or _is_store(path):
        return path, ""
    for above in whole.parents if whole.is_dir() else ():
        if os.path.lexists(above / ".git"):
            return Path(os.path.relpath(above)), whole.relative_to(above).as_posix()
    return path, ""


def _own_folder(repository: Path) -> Path:
    """Return the folder of git's own files. One that points elsewhere is refused, since we may read more than its
    author may.
    """
    inside = repository / ".git"
    if inside.is_symlink() or inside.is_file():
        return _worktree(inside)
    folder = inside if inside.is_dir() else repository
    if not _is_store(folder):
        raise IntakeError(
            f"{repository}: it is not a git repository. Use the folder that contains .git, or a bare repository."
        )
    _refuse_borrowed(folder)
    return folder


def _is_store(folder: Path) -> bool:
    return (folder / "objects").is_dir() and (folder / "HEAD").is_file()


def _worktree(inside: Path) -> Path:
    """Return the folder of a worktree's own files in the repository that it was made from, which must also name the
    worktree.

    Whoever hands in a folder can point to any repository, but cannot make that repository point back.
    """
    refused = IntakeError(f"{inside}: it points to another folder. Use the repository that it belongs to.")
    try:
        if inside.is_symlink():
            raise refused
        folder = (inside.parent / _line(inside).removeprefix("gitdir: ")).resolve()
        common = folder.parent.parent
        if (
            folder.parent.name != "worktrees"
            or (folder / _line(folder / "gitdir")).resolve() != inside.resolve()
            or (folder / _line(folder / "commondir")).resolve() != common
        ):
            raise refused
    except (OSError, ValueError):
        raise refused from None
    if not _is_store(common):
        raise refused
    _refuse_borrowed(common)
    return folder


def _line(file: Path) -> str:
    """Return the first line of one of git's small files, without waiting for a pipe."""
    with os.fdopen(os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as stream:
        return os.fsdecode(stream.read(CAPS.member_bytes * 4).split(b"\n", 1)[0])


def _refuse_borrowed(folder: Path) -> None:
    """Refuse a store that is not completely in its own folder, to the last pack and object."""
    for name in _BORROWED:
        if os.path.lexists(folder / name):
            raise IntakeError(
                f"{folder / name}: the repository borrows another one's objects. "
                "Clone the repository with --dissociate and use the clone."
            )
    for name in _FIRM:
        _refuse_odd(folder / name)
    folders, seen = [folder / "objects"], 0
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                seen += 1
                if not entry.is_file(follow_symlinks=False):
                    _refuse_odd(Path(entry.path))
                if seen > _MOST_OBJECTS:
                    raise IntakeError(f"{folder}: it has too many loose objects. Run `git gc` in the repository.")
                if entry.is_dir(follow_symlinks=False):
                    folders.append(Path(entry.path))


def _refuse_odd(path: Path) -> None:
    """Refuse a link, and anything that git would read endlessly or wait for."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return
    if stat.S_ISLNK(found.st_mode):
        problem = "it is a link"
    elif not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
        problem = "it is neither a file nor a folder"
    elif path.name == "config" and found.st_size > _MOST_SETTINGS:
        problem = f"it has more than {_MOST_SETTINGS} bytes"
    else:
        return
    raise IntakeError(f"{path}: {problem}. Clone the repository and use the clone.")


def status(process: subprocess.Popen[bytes]) -> int | None:
    """Return a process's exit status; None while it runs. A process that has just closed its pipe is given a moment to
    end.
    """
    try:
        return process.wait(0.5)
    except subprocess.TimeoutExpired:
        return None


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and close its pipes."""
    process.kill()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):  # what was still buffered for a process that is gone
                pipe.close()
    process.wait()
