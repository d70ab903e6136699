"""All construct rules by name. A new rule is its file and its line here."""

from __future__ import annotations

from collections.abc import Mapping

from grader.rules.descriptor import Descriptor
from grader.rules.generator import Generator
from grader.rules.metaclass import Metaclass
from grader.rules.protocol import IsProtocol
from grader.rules.rule import Rule

RULES: Mapping[str, Rule] = {
    rule.name: rule
    for rule in (
        Metaclass(),
        Descriptor(),
        Generator(),
        IsProtocol(),
    )
}


def problems(rule: str, options: Mapping[str, str | int | bool | list[str]]) -> list[str]:
    """What is wrong with a requirement of a challenge: an unknown rule or option. Empty when nothing is."""
    if rule not in RULES:
        return [f"rule: there is no rule {rule!r}. Rules are: {', '.join(sorted(RULES))}."]
    return RULES[rule].problems(options)
