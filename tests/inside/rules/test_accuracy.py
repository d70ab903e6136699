"""The truth list and the page made from it."""

from __future__ import annotations

from benchmarks import rules as bench
from grader.inside.constructs.rules.table import RULES


def test_the_page_belongs_to_the_list() -> None:
    """`python -m benchmarks.rules` was run after the last change of the list, and no rule gives points for nothing."""
    page = bench.TABLE.read_text(encoding="utf-8")
    known = bench.facts()
    (total,) = [line.split(" | ") for line in page.splitlines() if line.startswith("| all |")]
    assert int(total[1]) == len(known)
    assert int(total[2]) == sum(fact.holds for fact in known)
    assert int(total[4]) == 0, "a rule called something met that is not there"
    assert float(total[6].rstrip(" |")) >= 0.9


def test_every_rule_is_measured() -> None:
    """Each rule has facts of both kinds, with options that it knows, about enough libraries to mean something."""
    known = bench.facts()
    assert len(known) >= 40
    for name, rule in RULES.items():
        mine = [fact for fact in known if fact.rule == name]
        assert {fact.holds for fact in mine} == {True, False}, name
        assert [problem for fact in mine for problem in rule.problems(fact.options)] == []
