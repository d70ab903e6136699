"""The author's guide says what is true today."""

from __future__ import annotations

import pytest

from grader.authoring.guide import TABLES, refreshed, words
from grader.challenges.catalogue import shipped_root
from grader.inside.constructs.rules.table import RULES
from grader.verify.checks import CHECKS

GUIDE = shipped_root() / "README.md"


def test_the_tables_are_fresh() -> None:
    """`python -m grader.authoring.guide challenges/README.md` would change nothing."""
    text = GUIDE.read_text("utf-8")
    assert refreshed(text) == text
    assert all(f"<!-- table: {name} -->" in text for name in TABLES)


def test_every_word_has_a_meaning() -> None:
    """No key of the manifest is left for the author to guess."""
    rows = [line.strip("| ").split(" | ") for line in words().splitlines()[2:]]
    assert len(rows) > 30
    assert all(len(row) == 4 and row[3].endswith(".") for row in rows)


@pytest.mark.parametrize("name", [*RULES, *(check.id for check in CHECKS)])
def test_every_rule_and_check_is_in_the_guide(name: str) -> None:
    """What a manifest may require, and what it is held to, is written down."""
    assert f"| `{name}` |" in GUIDE.read_text("utf-8")


def test_a_stale_table_is_noticed() -> None:
    """A table that somebody edited by hand is written anew."""
    text = GUIDE.read_text("utf-8")
    assert refreshed(text.replace("The rubric.", "A rubric.")) == text
