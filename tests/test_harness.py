"""The harness digest names the code that marks depend on, and no more."""

from __future__ import annotations

from pathlib import Path

from grader.harness import JUDGING_NOTHING, digest_of
from grader.harness import __file__ as here

GRADER = Path(here).parent


def test_what_judges_nothing_is_used_by_nothing_that_judges() -> None:
    """A mark depends on no module that the digest leaves out, unless the module is a warm engine's or the caller's."""
    left_out = tuple(f"grader.{name}" for name in JUDGING_NOTHING)
    users = {
        path.relative_to(GRADER).as_posix()
        for path in GRADER.rglob("*.py")
        if path.relative_to(GRADER).parts[0] not in JUDGING_NOTHING
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.split()[:1] in (["from"], ["import"]) and line.split()[1].startswith(left_out)
    }
    assert users <= {"__main__.py"}


def test_a_digest_changes_with_a_file_and_its_name(tmp_path: Path) -> None:
    """Any byte, and any name, is another harness."""
    one, other = tmp_path / "a.py", tmp_path / "b.py"
    one.write_text("x = 1\n", encoding="utf-8")
    before = digest_of([one])
    other.write_text("x = 1\n", encoding="utf-8")
    assert digest_of([other]) != before
    one.write_text("x = 2\n", encoding="utf-8")
    assert digest_of([one]) != before
