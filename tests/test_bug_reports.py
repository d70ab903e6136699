"""Ordinary submissions of the kinds that public bug reports of other graders are about: right answers earn everything.

Each is a reference solution with the one thing that was at fault somewhere. What only changes the text of the module is
in tests/hostile/test_unread.py, and a cohort whose entries vanish in tests/batch/test_cohort.py.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from grader.assess.find import find
from grader.assess.grader import Grader
from grader.challenges.catalogue import catalogue
from grader.model import Report

pytestmark = pytest.mark.heavy

ORM, HINTS, TESTING = "language/metaclass_orm", "language/type_hints", "testing/unit_testing"
Grade = Callable[..., Report]


@pytest.fixture(scope="module")
def grader() -> Iterator[Grader]:
    """Warm for all cases."""
    with Grader("bubblewrap") as warm:
        yield warm


@pytest.fixture
def grade(grader: Grader) -> Grade:
    """Grade what lies at a path; without a challenge, its grader.toml names one."""

    def grade_it(path: Path, challenge: str | None = ORM) -> Report:
        (assignment,) = find(path, catalogue(), only=challenge).each
        return grader.grade(assignment, seed=1)

    return grade_it


def solution(challenge: str, module: str) -> str:
    return (catalogue().find(challenge).folder / "solution" / module).read_text(encoding="utf-8")


BASKET = '''

class Basket:
    """A basket."""

    def __init__(self) -> None:
        self.items: list[str] = []

    def deep(self) -> "Basket":
        """A deep copy."""
        import copy

        return copy.deepcopy(self)

    def shallow(self) -> "Basket":
        """A shallow copy."""
        copy = Basket()
        copy.items = list(self.items)
        return copy
'''


def test_what_lies_beside_an_answer_costs_nothing(grade: Grade, tmp_path: Path) -> None:
    """An environment by another name, links that are no Python, a byte-order mark in grader.toml, a local `copy`."""
    answer = tmp_path / "x"
    (answer / "env/bin").mkdir(parents=True)
    (answer / "env/pyvenv.cfg").write_text("home = /usr/bin\n")
    (answer / "env/bin/python3").symlink_to("/usr/bin/python3")
    (answer / "env/lib64").symlink_to("lib")
    (answer / "AGENTS.md").write_text("x\n")
    (answer / "CLAUDE.md").symlink_to("AGENTS.md")
    (answer / "orm.py").write_text(solution(ORM, "orm.py") + BASKET)
    claim = f'format_version = 1\n\n[[challenge]]\nslug = "{ORM}"\npath = "x"\n'
    (tmp_path / "grader.toml").write_bytes(b"\xef\xbb\xbf" + claim.encode())
    report = grade(tmp_path, None)
    assert report.score == 100
    assert [one.id for one in report.findings if one.id.startswith("integrity")] == []


@pytest.mark.parametrize("kind", ["backslashes", "a file of the system beside the folder"])
def test_archives_of_every_system_are_read(grade: Grade, tmp_path: Path, kind: str) -> None:
    """Backslashes are separators, and `.DS_Store` is no second thing at the top."""
    archive = tmp_path / "answer.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for name in ("answer\\orm.py",) if kind == "backslashes" else (".DS_Store", "answer/orm.py"):
            info = zipfile.ZipInfo("x")
            info.filename = info.orig_filename = name
            info.create_system = 0 if kind == "backslashes" else 3  # MS-DOS, Unix
            file.writestr(info, solution(ORM, "orm.py") if name.endswith(".py") else "x")
    assert grade(archive).score == 100


def test_a_subclass_of_the_promised_type_is_right(grade: Grade, tmp_path: Path) -> None:
    """A `defaultdict` is a dict."""
    text = solution(HINTS, "repository.py")
    for old, new in (
        ("groups: dict[G, list[E]] = {}", "groups: defaultdict[G, list[E]] = defaultdict(list)"),
        ("groups.setdefault(by(entity), []).append(entity)", "groups[by(entity)].append(entity)"),
        ("from collections.abc", "from collections import defaultdict\nfrom collections.abc"),
    ):
        assert old in text
        text = text.replace(old, new, 1)
    (tmp_path / "repository.py").write_text(text)
    assert grade(tmp_path, HINTS).score == 100


def test_a_place_is_the_candidates_own_line(grade: Grade, tmp_path: Path) -> None:
    """Also where the library raises in a file whose name the candidate uses, too."""
    text = solution(ORM, "orm.py") + "\n\nimport json\n\nSETTINGS = json.loads('')\n"
    (tmp_path / "orm.py").write_text(text)
    (tmp_path / "decoder.py").write_text("".join(f"VALUE_{n}: int = {n}\n" for n in range(400)))
    report = grade(tmp_path)
    first = report.findings[0]
    assert (first.id, first.file, first.line) == ("import.failed", "orm.py", text.count("\n"))
    assert report.score == 0


ONE_TEST = """
import unittest

import inventory


class StockTest(unittest.TestCase):
    def test_receive(self) -> None:
        stock = inventory.Inventory(clock=lambda: 0.0)
        self.assertEqual(stock.receive(" ab-1 ", 3), 3)
        self.assertEqual(stock.on_hand("AB-1"), 3)
"""


def test_one_sound_test_is_run_and_told_how_little_it_notices(grade: Grade, tmp_path: Path) -> None:
    """Cases of unittest count as plain functions do (tests/suites/accepted). Soundness alone earns nothing: a suite
    that asserts nothing is sound, isolated and quick as well, and the brief says how much a suite has to notice."""
    (tmp_path / "test_inventory.py").write_text(ONE_TEST)
    report = grade(tmp_path, TESTING)
    (sound,) = (mark for mark in report.criteria if mark.id == "sound")
    assert report.score == 0
    assert {promise.reason for promise in sound.promises} == {
        "Your tests notice 4 of 55 broken implementations: this takes a quarter of them."
    }
