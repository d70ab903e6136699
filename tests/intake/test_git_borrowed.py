"""A repository whose objects lie elsewhere is refused: the grader may read more than whoever made it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.intake import IntakeError, take_git
from tests.intake.conftest import Lay, git

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def alternates(folder: Path, other: Path) -> None:
    (folder / "objects/info").mkdir(exist_ok=True)
    (folder / "objects/info/alternates").write_text(f"{other}/objects\n")


def common(folder: Path, other: Path) -> None:
    (folder / "commondir").write_text(str(other))


def linked(folder: Path, other: Path) -> None:
    shutil.rmtree(folder / "objects")
    (folder / "objects").symlink_to(other / "objects")


def linked_packs(folder: Path, other: Path) -> None:
    git(other.parent, "gc", "-q")
    (folder / "objects/pack").mkdir(exist_ok=True)
    for pack in (other / "objects/pack").iterdir():
        (folder / "objects/pack" / pack.name).symlink_to(pack)


def linked_objects(folder: Path, other: Path) -> None:
    for part in (other / "objects").iterdir():
        target = folder / "objects" / part.name
        if not target.exists():
            target.symlink_to(part)
        elif part.name not in {"info", "pack"}:
            for loose in part.iterdir():
                (target / loose.name).symlink_to(loose)


def worktree(folder: Path, other: Path) -> None:
    git(other.parent, "worktree", "add", "-q", str(folder.with_name("tree")), "HEAD")
    shutil.rmtree(folder)
    shutil.copy(folder.with_name("tree") / ".git", folder)


def elsewhere(folder: Path, other: Path) -> None:
    shutil.rmtree(folder)
    folder.write_text(f"gitdir: {other}\n")


def piped(folder: Path) -> None:
    (folder / "config").unlink()
    os.mkfifo(folder / "config")


def piped_pack(folder: Path) -> None:
    git(folder.parent, "gc", "-q")
    index = next((folder / "objects/pack").glob("*.idx"))
    index.unlink()
    os.mkfifo(index)


def piped_worktree(folder: Path) -> None:
    own = folder.with_name("own")
    folder.rename(own)
    (own / "worktrees/tree").mkdir(parents=True)
    os.mkfifo(own / "worktrees/tree/gitdir")
    folder.write_text(f"gitdir: {own}/worktrees/tree\n")


def talkative(folder: Path) -> None:
    with (folder / "config").open("a") as config:
        config.write("[many]\n" + "setting = 1\n" * 100_000)


@pytest.mark.parametrize("spoil", [piped, piped_pack, piped_worktree, talkative])
def test_nobody_waits_for_what_git_would_read(commit: Lay, spoil: Callable[[Path], None]) -> None:
    """Pipes in place of git's files are refused, and so is a configuration that takes git seconds each time."""
    repository = commit({"orm.py": ""})
    spoil(repository / ".git")
    with pytest.raises(IntakeError, match=r"neither a file nor a folder|more than|points to another folder"):
        take_git(repository, "HEAD")


@pytest.mark.parametrize("borrow", [alternates, common, linked, linked_packs, linked_objects, worktree, elsewhere])
def test_another_repositorys_objects_are_never_read(
    commit: Lay, tmp_path: Path, borrow: Callable[[Path, Path], None]
) -> None:
    """The grader may read repositories that the candidate may not, such as that of the hidden suites."""
    private = tmp_path / "private"
    private.mkdir()
    git(private, "init", "-q")
    (private / "secret.py").write_text("hidden")
    git(private, "add", "-A")
    git(private, "commit", "-q", "-m", "a change")
    revision = git(private, "rev-parse", "HEAD")
    repository = commit({"orm.py": ""})
    borrow(repository / ".git", private / ".git")
    assert git(repository, "show", f"{revision}:secret.py") == "hidden"
    with pytest.raises(IntakeError, match=r"Clone|Use the repository"):
        take_git(repository, revision)
