"""What the tests of intake share: laying out folders, and asking what a refusal was about."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from grader.intake import Rejected
from grader.model import Submission

Files = Mapping[str, str | bytes]
Lay = Callable[[Files], Path]
Reasons = Callable[[Submission | Rejected], list[tuple[str, str | None]]]


@pytest.fixture
def lay(tmp_path: Path) -> Lay:
    """Write files below a new folder called `answer`, and give the folder."""

    def write(files: Files) -> Path:
        root = tmp_path / "answer"
        root.mkdir(exist_ok=True)
        for name, content in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return root

    return write


@pytest.fixture
def reasons() -> Reasons:
    """The (id, file) of every reason; it fails when there was none to refuse."""

    def ask(taken: Submission | Rejected) -> list[tuple[str, str | None]]:
        assert isinstance(taken, Rejected), f"taken: {taken}"
        assert all(reason.help for reason in taken.reasons)
        assert all(reason.file is None or reason.file in reason.message for reason in taken.reasons)
        return [(reason.id, reason.file) for reason in taken.reasons]

    return ask


ENVIRONMENT = {
    "PATH": os.environ.get("PATH", os.defpath),
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    **{f"GIT_{role}_{field}": "someone@example.org" for role in ("AUTHOR", "COMMITTER") for field in ("NAME", "EMAIL")},
}


def git(repository: Path, *words: str, stdin: bytes = b"", check: bool = True) -> str:
    ran = subprocess.run(
        ["git", *words], cwd=repository, env=ENVIRONMENT, input=stdin, capture_output=True, check=False
    )
    assert not check or ran.returncode == 0, ran.stderr
    return ran.stdout.decode().strip()


@pytest.fixture
def commit(lay: Lay) -> Callable[[dict[str, str | bytes]], Path]:
    """Commit files to the repository, and give its folder."""

    def write(files: dict[str, str | bytes]) -> Path:
        repository = lay(files)
        if not (repository / ".git").exists():
            git(repository, "init", "-q", "-b", "main")
        git(repository, "add", "-A")
        git(repository, "commit", "-q", "--allow-empty", "-m", "a change")
        return repository

    return write
