"""A repository whose objects lie elsewhere is refused: the grader may read more than whoever made it."""

from __future__ import annotations

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
    with pytest.raises(IntakeError, match=r"Clone|Name the repository"):
        take_git(repository, revision)
