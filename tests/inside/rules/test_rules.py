"""Every rule against its own examples."""

import pytest

from grader.inside.constructs import judge as constructs
from grader.inside.constructs.rules.rule import Rule, RuleExample, Status
from grader.inside.constructs.rules.table import RULES
from grader.inside.gate import refusals

VALID = [(rule, example) for rule in RULES.values() for example in rule.VALID]
INVALID = [(rule, example) for rule in RULES.values() for example in rule.INVALID]


def named(value: object) -> str:
    return value.name if isinstance(value, Rule) else ""


def exported(example: RuleExample) -> list[str]:
    """The modules that the brief of the example would ask for."""
    top = example.of.partition(".")[0]
    return ["api.py"] if top == "*" else [f"{top}.py", f"{top}/__init__.py"]


def status(rule: Rule, example: RuleExample) -> Status:
    """What the rule says, asked the way that a grading asks."""
    for path, text in example.files.items():
        assert not refusals(path, text)
    requirement: constructs.RequirementDict = {
        "id": "it",
        "rule": rule.name,
        "of": example.of,
        "options": dict(example.options),
        "message": "",
        "help": "",
    }
    answer = constructs.judge(example.files, exported(example), [requirement])
    (fact,) = answer["facts"]
    assert bool(answer["findings"]) == (fact["status"] != "met")
    return Status(fact["status"])


@pytest.mark.parametrize(("rule", "example"), VALID, ids=named)
def test_a_valid_example_meets_its_rule(rule: Rule, example: RuleExample) -> None:
    """What a rule's author calls valid earns."""
    assert status(rule, example) is Status.MET


@pytest.mark.parametrize(("rule", "example"), INVALID, ids=named)
def test_an_invalid_example_does_not_meet_its_rule(rule: Rule, example: RuleExample) -> None:
    """What a rule's author calls invalid is called what the author says."""
    assert status(rule, example) is (example.status or Status.ABSENT)


@pytest.mark.parametrize("rule", RULES.values(), ids=named)
def test_a_rule_can_be_used_from_its_words_alone(rule: Rule) -> None:
    """Every rule explains itself, has examples of both kinds and names the subject in its message."""
    assert rule.__doc__
    assert len(rule.VALID) >= 3
    assert len(rule.INVALID) >= 3
    assert rule.help.endswith(".")
    assert all(option.means.endswith(".") for option in rule.options)
