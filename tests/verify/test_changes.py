"""Only what a change touches is verified when that is asked for."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from grader.challenges.catalogue import catalogue
from grader.challenges.challenge import Challenge
from grader.cli import main
from grader.verify.changes import ChangesError, touched

SOUND = Path(__file__).parent / "fixtures/sound"


def git(folder: Path, *words: str) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    subprocess.run(["git", "-C", str(folder), *identity, *words], check=True, capture_output=True)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A repository with two challenges."""
    root = Path(shutil.copytree(SOUND, tmp_path / "own"))
    shutil.copytree(root / "language/runs", root / "language/walks")
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "two challenges")
    return root


def challenges(root: Path) -> tuple[Challenge, ...]:
    return catalogue((root,)).challenges()


def slugs(root: Path, since: str) -> list[str]:
    mine = tuple(challenge for challenge in challenges(root) if challenge.folder.is_relative_to(root))
    return [challenge.slug for challenge in touched(mine, since)]


def test_what_is_committed_changed_or_new_counts(own: Path) -> None:
    """Against the point where this work left the branch; what the branch did since does not count."""
    git(own, "checkout", "-qb", "work")
    assert slugs(own, "main") == []
    (own / "language/walks/new.txt").write_text("new")
    assert slugs(own, "main") == ["walks"]
    (own / "language/walks/new.txt").unlink()
    (own / "language/runs/probe.py").write_text("import runs\n")
    assert slugs(own, "main") == ["runs"]
    git(own, "commit", "-qam", "another probe")
    assert slugs(own, "main") == ["runs"]
    git(own, "checkout", "-q", "main")
    (own / "language/walks/probe.py").write_text("import runs\n")
    git(own, "commit", "-qam", "the branch goes on")
    git(own, "checkout", "-q", "work")
    assert slugs(own, "main") == ["runs"]


def test_what_cannot_be_told_is_an_error(own: Path, tmp_path: Path) -> None:
    """No revision of that name, an option in its place, no repository: each is said."""
    for revision in ("nowhere", "--all"):
        with pytest.raises(ChangesError, match="git cannot tell"):
            touched(challenges(own), revision)
    shutil.rmtree(own / ".git")
    with pytest.raises(ChangesError, match="Use a branch"):
        touched(challenges(own), "main")


def test_the_shell_verifies_what_changed(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And is told what is wrong with the call."""
    (own / "language/walks/new.txt").write_text("new")
    words = ["verify", "runs", "walks", "--challenges", str(own), "--only", "form", "--no-cache"]
    main([*words, "--changed-since", "main"])
    shown = capsys.readouterr().out
    assert "walks" in shown
    assert "language/runs" not in shown
    assert main([*words, "--changed-since", "nowhere"]) == 2
    assert "--changed-since" in capsys.readouterr().err
