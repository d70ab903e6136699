"""All construct rules, by name. A new rule needs its own file and a line here."""

from __future__ import annotations

from collections.abc import Mapping

from grader.inside.constructs.rules.asynchronous import AsyncFunction
from grader.inside.constructs.rules.context_manager import ContextManager
from grader.inside.constructs.rules.decorator import ParameterisedDecorator
from grader.inside.constructs.rules.descriptor import Descriptor
from grader.inside.constructs.rules.fan_out import BoundedFanOut
from grader.inside.constructs.rules.forbidden import Forbidden
from grader.inside.constructs.rules.frozen_value import FrozenValue
from grader.inside.constructs.rules.generator import Generator
from grader.inside.constructs.rules.generic import Generic
from grader.inside.constructs.rules.import_direction import ImportDirection
from grader.inside.constructs.rules.literal import Literal
from grader.inside.constructs.rules.metaclass import Metaclass
from grader.inside.constructs.rules.overload import Overload
from grader.inside.constructs.rules.protocol import IsProtocol
from grader.inside.constructs.rules.rule import Rule
from grader.inside.constructs.rules.slots import Slots
from grader.inside.constructs.rules.uses import Uses

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
    """Return the problems with a challenge's requirement: an unknown rule, or options that are unknown or ill-typed."""
    if rule not in RULES:
        return [f"rule: there is no rule {rule!r}. The rules are: {', '.join(sorted(RULES))}."]
    return RULES[rule].problems(options)
