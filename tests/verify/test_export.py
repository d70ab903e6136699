"""What candidates get of a challenge, and what must never be among it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from grader.authoring.export import CannotExport, export
from grader.challenges.catalogue import shipped_root
from grader.challenges.challenge import Challenge, load

Weakened = Callable[..., Challenge]
SECRET = ("solution", "solution_alt", "flawed", "slips", "voices", "without_skill", "probe.py", "challenge.toml")


def exported(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_candidates_get_brief_starter_contract_and_rubric(challenge: Weakened, tmp_path: Path) -> None:
    """Everything needed to work on it, and an index over all challenges."""
    export([challenge()], tmp_path / "public")
    assert sorted(exported(tmp_path / "public")) == [
        "README.md",
        "language/runs/README.md",
        "language/runs/RUBRIC.md",
        "language/runs/contract.py",
        "language/runs/starter/runs.py",
    ]
    assert (
        "| Values are kept within bounds | hidden tests | 40 |"
        in exported(tmp_path / "public")["language/runs/RUBRIC.md"]
    )


@pytest.mark.parametrize(
    "folder", sorted(path.parent for path in shipped_root().glob("*/*/challenge.toml")), ids=lambda path: path.name
)
def test_nothing_secret_is_exported(folder: Path, tmp_path: Path) -> None:
    """No file of solution, flaws, probe or suite, and none of their longer lines that brief and starter do not have."""
    challenge = load(folder)
    export([challenge], tmp_path / "public")
    public = exported(tmp_path / "public" / challenge.name)
    assert not [name for name in public if name.startswith(SECRET) or name.startswith("test_")]
    given = {line.strip() for path in (folder / "starter").rglob("*.py") for line in path.read_text().splitlines()}
    given |= {
        line.strip()
        for name in ("README.md", "contract.py")
        if (folder / name).is_file()
        for line in (folder / name).read_text().splitlines()
    }
    secret = {line.strip() for line in _secret_lines(challenge) if len(line.strip()) > 25} - given
    shown = {line.strip() for text in public.values() for line in text.splitlines()}
    assert secret
    assert not secret & shown


def _secret_lines(challenge: Challenge) -> list[str]:
    folders = [
        path for name in ("solution", "solution_alt", "flawed") for path in (challenge.folder / name).rglob("*.py")
    ]
    return [line for path in (*folders, challenge.probe, challenge.suite) for line in path.read_text().splitlines()]


def test_a_new_file_of_a_challenge_is_secret(challenge: Weakened, tmp_path: Path) -> None:
    """What is not on the list does not go out."""
    subject = challenge()
    (subject.folder / "notes.md").write_text("the trick is")
    (subject.folder / "starter/answer.py").symlink_to(subject.folder / "solution/runs.py")
    export([subject], tmp_path / "public")
    names = {Path(name).name for name in exported(tmp_path / "public")}
    assert not names & {"notes.md", "answer.py"}


def test_an_export_overwrites_nothing(challenge: Weakened, tmp_path: Path) -> None:
    """Whoever names a folder that is in use keeps it."""
    (tmp_path / "public").mkdir()
    (tmp_path / "public/mine").write_text("mine")
    with pytest.raises(CannotExport, match="nothing was overwritten"):
        export([challenge()], tmp_path / "public")
