"""The rules of the skill inventory: each holds to its own examples, and together they cover the framework."""

from __future__ import annotations

import pytest

from grader.framework import FRAMEWORK
from grader.inside.inventory.listing import listed
from grader.inside.inventory.skill_rule import TESTS, SkillRule
from grader.inside.inventory.skills import SKILLS

JOINT = {"SOLID Principles", "Clean Architecture"}
"""Skills of which only several files show anything strong: `test_across.py` has their examples."""


def strong(rule: SkillRule, text: str, path: str | None = None) -> int:
    """How many strong places a rule sees in a text."""
    path = path or ("tests/test_x.py" if rule.where == TESTS else "shop/x.py")
    file = listed({path: text})[path]
    assert file["by"], file["why"]
    return file["counts"].get(rule.skill, (0, 0))[0]


EXAMPLES = [
    (rule, example, kind)
    for rule in SKILLS.values()
    for kind in ("VALID", "INVALID")
    for example in getattr(rule, kind)
]


@pytest.mark.parametrize(("rule", "example", "kind"), EXAMPLES, ids=lambda value: getattr(value, "skill", None))
def test_a_rule_holds_to_its_examples(rule: SkillRule, example: str, kind: str) -> None:
    """What a rule's author calls a sign is one, and what is called none is none."""
    assert bool(strong(rule, example)) == (kind == "VALID"), example


def test_there_is_a_rule_for_each_skill_of_the_framework() -> None:
    """In its order, with its names."""
    assert [*SKILLS] == [skill for area in FRAMEWORK for skill in area.skills]


@pytest.mark.parametrize("rule", SKILLS.values(), ids=lambda rule: rule.skill)
def test_a_rule_explains_itself(rule: SkillRule) -> None:
    """Every rule says what counts and why, and has examples of both kinds."""
    assert (rule.__doc__ or "").strip().endswith(".")
    assert rule.why.endswith(".")
    assert len(rule.INVALID) >= 2
    assert len(rule.VALID) >= 2 or rule.skill in JOINT


def test_tests_show_no_skill_of_code_and_code_none_of_tests() -> None:
    """A decorator in a test file is not the code's, and a function called test_x in the code is no test."""
    text = "def test_x():\n    assert 1\ndef d(f):\n    def g(*a): return f(*a)\n    return g"
    assert [*listed({"tests/test_a.py": text})["tests/test_a.py"]["counts"]] == ["Unit Testing"]
    assert "Unit Testing" not in listed({"shop/a.py": text})["shop/a.py"]["counts"]


def test_a_name_means_what_was_imported() -> None:
    """Aliases are followed, and a name of the code's own is not a library's."""
    rule = SKILLS["Concurrency"]
    assert strong(rule, "import threading as t\nx = t.Lock()") == 1
    assert strong(rule, "from threading import Lock as L\nx = L()") == 1
    assert strong(rule, "class Lock: ...\nx = Lock()") == 0
    assert strong(rule, "threading = object()\nx = threading.Lock()") == 0


def test_frozen_data_is_a_value_object_in_a_domain_package() -> None:
    """And nothing of the kind elsewhere."""
    text = "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass Money:\n    amount: int"
    rule = SKILLS["Domain-Driven Design"]
    assert strong(rule, text, "shop/domain/money.py") == 1
    assert strong(rule, text, "shop/money.py") == 0


def test_a_line_counts_once_for_a_skill() -> None:
    """However many signs are on it."""
    text = "import threading\nlocks = [threading.Lock(), threading.RLock(), threading.Lock()]"
    assert strong(SKILLS["Concurrency"], text) == 1


def test_a_comment_that_gives_speed_as_the_reason_counts() -> None:
    """Comments are not in the tree, and seen nevertheless."""
    assert strong(SKILLS["Optimization"], "x = 1  # fast path: nothing to do\ny = 2  # avoid a copy\n") == 2
