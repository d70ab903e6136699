"""How git is started on a repository whose own configuration may be hostile.

Nothing of the caller's environment goes with it; replacements, lazy fetching and every protocol are off; its memory is
limited; and the repository has to be whole in its own folder.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from grader.intake.caps import MIB
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


class Git(NamedTuple):
    """How git is started for one repository: with nothing of the caller's environment, and with limits."""

    program: str
    folder: Path

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Start a command with pipes to write to and to read from. It is ended by `end`."""
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
    """Return git's memory in bytes: ours, or less where this process is itself limited, as on a cluster."""
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    return _MEMORY if hard == resource.RLIM_INFINITY else min(_MEMORY, hard)


def git_of(repository: Path) -> Git:
    """How git is started for `repository`, a folder that holds `.git` or is bare. Raises IntakeError."""
    program = shutil.which("git")
    if program is None:
        raise IntakeError(f"{repository}: git is not installed. Install it, or name a folder instead of a revision.")
    return Git(program, _own_folder(repository).resolve())


def _own_folder(repository: Path) -> Path:
    """The folder of git's own files. What points elsewhere is refused: we may read more than its author."""
    inside = repository / ".git"
    if inside.is_symlink() or inside.is_file():
        raise IntakeError(f"{inside}: it points to another folder. Name the repository that it belongs to.")
    folder = inside if inside.is_dir() else repository
    if not (folder / "objects").is_dir() or not (folder / "HEAD").is_file():
        raise IntakeError(
            f"{repository}: it is not a git repository. Name the folder that holds .git, or a bare repository."
        )
    for name in _BORROWED:
        if (folder / name).exists():
            raise IntakeError(f"{folder / name}: it borrows another repository's objects. Clone with --dissociate.")
    for name in ("objects", "objects/info", "objects/pack", "refs", "HEAD"):
        if (folder / name).is_symlink():
            raise IntakeError(f"{folder / name}: it is a link. Clone the repository and name the clone.")
    return folder


def status(process: subprocess.Popen[bytes]) -> int | None:
    """How a process ended; None while it runs. One that has just closed its end is given a moment."""
    try:
        return process.wait(0.5)
    except subprocess.TimeoutExpired:
        return None


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and let go of its pipes."""
    process.kill()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):  # what was still buffered for a process that is gone
                pipe.close()
    process.wait()
