"""What a scan looks for: the rule of each skill, and what a strength means."""

from __future__ import annotations

import inspect

from grader.inside.inventory.skill_rule import SkillRule
from grader.inside.inventory.skills import SKILLS
from grader.portfolio.scan import strength as strengths
from grader.reference.layout import first_paragraph, prose, table

WHERE = {"code": "code", "tests": "tests", "anywhere": "code and tests"}


def scan_rules() -> str:
    """List the rule of each skill."""
    heads = ("skill", "what counts", "used from", "looks at", "why, and what does not count")
    return table(heads, (_row(rule) for rule in SKILLS.values()))


def _row(rule: SkillRule) -> tuple[str, ...]:
    kind = "different ones" if rule.distinct else "place" if rule.enough == 1 else "places"
    return rule.skill, prose(first_paragraph(rule)), f"{rule.enough} {kind}", WHERE[rule.where], prose(rule.why)


def scan_strengths() -> str:
    """Show what each strength means, in the words of the module that decides it."""
    lines = inspect.cleandoc(strengths.__doc__ or "").splitlines()
    return "\n".join(["```text", *(line.removeprefix("    ") for line in lines[2:]), "```"])
