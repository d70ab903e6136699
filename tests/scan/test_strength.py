"""Strength at its edges, and how places add up."""

from __future__ import annotations

import msgspec

from grader.inside.inventory.listing import listed
from grader.inside.inventory.skills import SKILLS
from grader.portfolio.scan.inventory import SkillEvidence
from grader.portfolio.scan.scan_sandbox import FoundFiles
from grader.portfolio.scan.strength import strength
from grader.portfolio.scan.tally import LISTED, SkillTally

LOCK = "import threading\nx = threading.Lock()\n"


def level(skill: str, strong: int, *, weak: int = 0, kinds: int = 9, files: int = 3, of: int = 3) -> int:
    names = [str(kind) for kind in range(min(kinds, strong))]
    return strength(SKILLS[skill], strong=strong, weak=weak, kinds=names, strong_files=files, all_files=of)


def skills(files: dict[str, str]) -> dict[str, SkillEvidence]:
    tally = SkillTally()
    tally.add(msgspec.convert({"files": listed(files)}, type=FoundFiles).files)
    return tally.skills()


def test_none_touched_used_throughout() -> None:
    """The definition in docs/reference/scan.md, at each edge."""
    assert level("Concurrency", 0) == 0
    assert level("Concurrency", 0, weak=9) == 1
    assert level("Concurrency", 1) == 1
    assert level("Concurrency", 2) == 2
    assert level("Concurrency", 9) == 2
    assert level("Concurrency", 10) == 3
    assert level("Concurrency", 10, files=2, of=30) == 2
    assert level("Concurrency", 10, files=3, of=30) == 3
    assert level("Concurrency", 10, files=3, of=31) == 2
    assert level("Concurrency", 10, files=1, of=1) == 3
    assert level("Unit Testing", 29) == 2
    assert level("Unit Testing", 30) == 3


def test_patterns_are_counted_by_kind() -> None:
    """Ten factories are one pattern."""
    assert level("Design Patterns", 10, kinds=1) == 1
    assert level("Design Patterns", 10, kinds=2) == 2
    assert level("Design Patterns", 10, kinds=3) == 2
    assert level("Design Patterns", 10, kinds=4) == 3


def test_counts_are_whole_and_places_a_selection() -> None:
    """However many places there are, a result lists some of each file."""
    found = skills({f"shop/m{number}.py": LOCK * 40 for number in range(30)})["Concurrency"]
    assert (found.strong, found.files, found.strength) == (1200, 30, 3)
    assert len(found.places) == LISTED
    assert len({place.file for place in found.places}) > 5


def test_a_skill_of_tests_is_measured_against_tests() -> None:
    """Code files do not thin out what tests show."""
    tests = {f"tests/test_{number}.py": "def test_a(): assert 1\n" * 30 for number in range(3)}
    code = {f"shop/m{number}.py": "x = 1" for number in range(90)}
    assert skills({**tests, **code})["Unit Testing"].strength == 3


def test_an_unread_file_is_counted_and_shows_nothing() -> None:
    """With its reason."""
    tally = SkillTally()
    tally.add(msgspec.convert({"files": listed({"a.py": "((("})}, type=FoundFiles).files)
    assert [file.file for file in tally.unread] == ["a.py"]
    assert tally.files == {}
