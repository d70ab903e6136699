"""No attack gains a point, hangs or crashes the grader, is blamed on anybody else, or leaves anything behind.

Every folder beside this file is one attack on `language/metaclass_orm`, named after what it tries. Its `attack.toml`
says what is promised, the status that the report must have, the behaviour points it may earn at most, and words that
the report must contain. Attacks that need a bound of their own around them are `heavy`.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

from grader import challenge as challenges
from grader.catalogue import catalogue
from grader.evidence.warm import WarmSuites
from grader.intake import Rejected, take_folder
from grader.model import Kind, MarkStatus, Report
from grader.pipeline import grade, reject
from grader.report import render
from sandbox.backends import backend_named

ATTACKS = Path(__file__).parent
BY_TESTS = {Kind.BEHAVIOUR, Kind.PERFORMANCE, Kind.TESTS}


@dataclass(frozen=True, kw_only=True)
class Attack:
    """One attack and its expected verdict."""

    folder: Path
    promise: str
    status: str
    at_most: float
    says: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    """Words that no finding may hold: the attack raises them when it succeeds."""
    heavy: bool = False


def attacks() -> list[object]:
    """Every attack as a pytest parameter."""
    found = []
    for path in sorted(ATTACKS.glob("*/attack.toml")):
        words = tomllib.loads(path.read_text(encoding="utf-8"))
        attack = Attack(folder=path.parent, **words)
        found.append(pytest.param(attack, id=path.parent.name, marks=[pytest.mark.heavy] if attack.heavy else []))
    return found


@pytest.fixture(scope="module")
def orm(tmp_path_factory: pytest.TempPathFactory) -> challenges.Challenge:
    """The ORM challenge with few examples: an attack needs no thorough grading to show."""
    source = catalogue().find("language/metaclass_orm").folder
    folder = tmp_path_factory.mktemp("challenges") / "language/metaclass_orm"
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("flawed", "__pycache__"))
    manifest = folder / "challenge.toml"
    text, _, _ = manifest.read_text(encoding="utf-8").partition("\n[budget]")
    manifest.write_text(f"{text}\n[budget]\nexamples = 3\nsuite_seconds = 30.0\n", encoding="utf-8")
    return challenges.load(folder)


def graded(folder: Path, challenge: challenges.Challenge, warm: WarmSuites) -> Report:
    taken = take_folder(folder)
    if isinstance(taken, Rejected):
        return reject(str(folder), challenge, (*taken.reasons, *taken.notices))
    return grade(taken, challenge, backend=backend_named("bubblewrap"), seed=1, explain=False, run=warm)


def descendants() -> set[int]:
    """Processes below this one, zombies included."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    family, size = {os.getpid()}, 0
    while len(family) > size:
        size = len(family)
        family |= {pid for pid, parent in parents.items() if parent in family}
    return family - {os.getpid()}


def leftovers() -> set[str]:
    """Temporary files of gradings."""
    return {path.name for path in Path(tempfile.gettempdir()).glob("grader-*")}


@pytest.mark.parametrize("attack", attacks())
def test_an_attack_gains_nothing(attack: Attack, orm: challenges.Challenge, warm: WarmSuites, tmp_path, monkeypatch):
    """The verdict is the one that the attack's folder states, and it is the submission's doing."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    warm.start()
    before = descendants()
    report = graded(attack.folder / "submission", orm, warm)
    by_tests = [mark for mark in report.criteria if mark.kind in BY_TESTS]
    assert report.status.value == attack.status
    assert sum(mark.earned for mark in by_tests) <= attack.at_most, attack.promise
    blamed_elsewhere = [mark.id for mark in report.criteria if mark.status is MarkStatus.NOT_MEASURED]
    assert not blamed_elsewhere
    assert descendants() <= before, "a process was left"
    assert not leftovers(), "a file was left"
    shown = "".join(render(report, name) for name in ("terminal", "json"))
    assert "\x1b]0;" not in shown
    messages = " ".join(finding.message for mark in report.criteria for finding in mark.findings)
    for words in attack.never:
        assert words not in messages, attack.promise
    for words in attack.says:
        assert words in render(report, "json"), attack.promise


def test_there_are_enough_attacks():
    """At least the attacks that this suite was begun with are still here."""
    assert len(attacks()) >= 50
