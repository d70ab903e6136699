"""`list`, `show` and `start` tell what there is and put it where a candidate works."""

from __future__ import annotations

import platform
import re
from importlib.metadata import version
from pathlib import Path

import pytest

from grader.challenges.catalogue import catalogue
from grader.challenges.challenge import Challenge
from grader.challenges.gates import gates, takes
from grader.cli import challenges
from grader.inside.types import typecheck
from grader.model import Kind
from tests.cli.conftest import Run


def test_list_names_every_challenge_by_area(grader: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Area, skill, levels, points, time to grade where there is room; the slug in one piece, since people type it."""
    monkeypatch.setenv("COLUMNS", "120")
    ended = grader("list")
    assert (ended.status, ended.err) == (0, "")
    assert "Language" in ended.out
    for challenge in catalogue().challenges():
        line = rf"(?m)^  {challenge.slug} .* level 1-4 +100 points +about \d+ s *$"
        assert re.search(line, ended.out), challenge.slug


def test_list_shows_a_broken_challenge_with_its_error(grader: Run, tmp_path: Path) -> None:
    """A broken challenge neither hides itself nor the others."""
    folder = tmp_path / "language/broken"
    folder.mkdir(parents=True)
    (folder / "challenge.toml").write_text("format_version = 1\n")
    ended = grader("list", "--challenges", tmp_path)
    assert ended.status == 0
    assert "language/broken cannot be used" in ended.out
    assert "metaclass_orm" in ended.out


def test_show_gives_brief_rubric_and_levels(grader: Run) -> None:
    """All that is asked, and what it is worth."""
    ended = grader("show", "metaclass_orm")
    assert ended.status == 0
    parts = ("ValidationError", "Rubric", "follow working code", "Levels", "3 Senior", "85 %")
    for part in (*parts, "grader start metaclass_orm"):
        assert part in " ".join(ended.out.split())
    assert "grader show metaclass_orm --contract" in ended.out
    without = " ".join(grader("show", "unit_testing").out.split())
    assert "--contract" not in without, "it has none"
    assert "follow working code" not in without, "it judges none of these"


def test_show_says_what_any_costs(grader: Run) -> None:
    """The shares that the terms name in words are those that the type checker's points are computed with."""
    assert "up to a fifth of all expressions costs nothing, three fifths cost all" in " ".join(
        grader("show", "metaclass_orm").out.split()
    )
    assert (typecheck.ANY_FREE, typecheck.ANY_ALL) == (1 / 5, 3 / 5)


@pytest.mark.parametrize("challenge", catalogue().challenges(), ids=lambda challenge: challenge.slug)
def test_the_brief_that_start_writes_is_enough(grader: Run, tmp_path: Path, challenge: Challenge) -> None:
    """Levels, gates, time, Python, the complexity bound, mypy and every use that has to type-check stand in it."""
    assert grader("start", challenge.slug, tmp_path / "mine").status == 0
    brief = (tmp_path / "mine/README.md").read_text(encoding="utf-8")
    assert brief.startswith(challenge.brief.rstrip())
    for gate in gates(challenge.manifest):
        assert f"| {gate.level.value} {gate.level.title} | {takes(gate, challenge.manifest.criteria)} |" in brief
    assert f"up to {challenge.manifest.minutes} minutes" in brief
    assert f"Python {platform.python_version()} with" in brief
    kinds = {criterion.kind: criterion for criterion in challenge.manifest.criteria}
    if Kind.COMPLEXITY in kinds:
        assert f"cyclomatic complexity above {kinds[Kind.COMPLEXITY].worst}." in brief
    if Kind.TYPES in kinds:
        assert f"mypy {version('mypy')}, `--strict --warn-unreachable`" in brief
    if challenge.contract is not None:
        assert challenge.contract.read_text(encoding="utf-8").rstrip() in brief


@pytest.mark.parametrize("challenge", catalogue().challenges(), ids=lambda challenge: challenge.slug)
def test_no_brief_says_levels_and_time_by_itself(challenge: Challenge) -> None:
    """They come from the manifest: what is written twice differs sooner or later."""
    assert not re.search(r"(?i)\| *level *\||\bexperienced (person|developer)\b|\bMid-level\b", challenge.brief)


def test_start_copies_starter_and_brief_and_nothing_secret(grader: Run, tmp_path: Path) -> None:
    """A candidate gets what they start from, and the next command."""
    target = tmp_path / "a b/mine"
    ended = grader("start", "metaclass_orm", target)
    assert ended.status == 0
    assert sorted(path.name for path in target.iterdir()) == ["README.md", "orm.py"]
    assert f"grader grade '{target}' --challenge metaclass_orm" in ended.out
    assert [path.name for path in target.parent.iterdir()] == ["mine"]


def test_start_uses_the_challenges_name_by_default(
    grader: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`grader start SLUG` makes ./SLUG."""
    monkeypatch.chdir(tmp_path)
    assert grader("start", "language/metaclass_orm").status == 0
    assert (tmp_path / "metaclass_orm/orm.py").is_file()


def test_start_fills_an_empty_folder(grader: Run, tmp_path: Path) -> None:
    """An empty folder is as good as none."""
    assert grader("start", "metaclass_orm", tmp_path).status == 0
    assert (tmp_path / "orm.py").is_file()


@pytest.mark.parametrize("obstacle", ["file", "folder", "link"])
def test_start_never_overwrites(grader: Run, tmp_path: Path, obstacle: str) -> None:
    """Whatever is there stays as it is."""
    target = tmp_path / "mine"
    match obstacle:
        case "file":
            target.write_text("precious")
        case "folder":
            target.mkdir()
            (target / "orm.py").write_text("precious")
        case "link":
            target.symlink_to(tmp_path / "elsewhere")
        case _:
            pass
    ended = grader("start", "metaclass_orm", target)
    assert (ended.status, ended.out) == (2, "")
    assert "Choose another folder." in ended.err
    assert obstacle != "folder" or (target / "orm.py").read_text() == "precious"


def test_show_prints_the_contract_that_has_to_type_check(grader: Run) -> None:
    """Findings about types point here: a candidate can read every use that is checked."""
    ended = grader("show", "metaclass_orm", "--contract")
    assert ended.status == 0
    compile(ended.out, "contract.py", "exec")
    assert "from orm import" in ended.out


def test_an_authors_commands_know_the_challenges_of_the_folder(adder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`grader new` writes below ./challenges; nothing is graded by what lies there, for it may be a candidate's."""
    monkeypatch.chdir(adder.parents[2])
    names = [[place.name for place in known(()).places] for known in (challenges.written, challenges.known)]
    assert "language/adder" in names[0]
    assert "language/adder" not in names[1]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_list_reads_well_at_any_width(grader: Run, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    """Names are whole, nothing is cut, and hardly a row takes two lines."""
    monkeypatch.setenv("COLUMNS", str(width))
    lines = grader("list").out.splitlines()
    assert not any("…" in line for line in lines)
    assert max(map(len, lines)) <= width
    lines = lines[: lines.index("No challenge yet")]
    assert sum(not line.startswith("    ") for line in lines if line.startswith("  ")) == len(catalogue().challenges())
    assert sum(line.startswith("    ") for line in lines) <= 3


def test_the_list_names_the_skills_that_have_no_challenge(grader: Run) -> None:
    """By area, so that nobody looks for what is not there; those that have one are not among them."""
    _, _, left = grader("list").out.partition("No challenge yet\n")
    words = " ".join(left.split())
    assert "Testing: Integration Testing, Property-Based Testing" in words
    assert "Unit Testing" not in words
    assert "Language Mastery" not in words
