"""All construct rules by name. A new rule is its file and its line here."""

from __future__ import annotations

from collections.abc import Mapping

from grader.rules.asynchronous import AsyncFunction
from grader.rules.context_manager import ContextManager
from grader.rules.decorator import ParameterisedDecorator
from grader.rules.descriptor import Descriptor
from grader.rules.fan_out import BoundedFanOut
from grader.rules.forbidden import Forbidden
from grader.rules.frozen_value import FrozenValue
from grader.rules.generator import Generator
from grader.rules.generic import Generic
from grader.rules.import_direction import ImportDirection
from grader.rules.literal import Literal
from grader.rules.metaclass import Metaclass
from grader.rules.overload import Overload
from grader.rules.protocol import IsProtocol
from grader.rules.rule import Rule
from grader.rules.slots import Slots
from grader.rules.uses import Uses

RULES: Mapping[str, Rule] = {
    rule.name: rule
    for rule in (
        Metaclass(),
        Descriptor(),
        Generator(),
        IsProtocol(),
        ContextManager(),
        AsyncFunction(),
        Generic(),
        Literal(),
        Overload(),
        FrozenValue(),
        Slots(),
        ParameterisedDecorator(),
        Forbidden(),
        Uses(),
        BoundedFanOut(),
        ImportDirection(),
    )
}


def problems(rule: str, options: Mapping[str, str | int | bool | list[str]]) -> list[str]:
    """What is wrong with a requirement of a challenge: an unknown rule or option. Empty when nothing is."""
    if rule not in RULES:
        return [f"rule: there is no rule {rule!r}. Rules are: {', '.join(sorted(RULES))}."]
    return RULES[rule].problems(options)
