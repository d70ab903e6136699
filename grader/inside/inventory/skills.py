"""The table of all rules: one for each of the 27 skills, in the framework's order."""

from __future__ import annotations

from grader.inside.inventory import architecture, language, performance, production, testing
from grader.inside.inventory.skill_rule import SkillRule

SKILLS: dict[str, SkillRule] = {
    rule.skill: rule() for area in (language, architecture, performance, testing, production) for rule in area.RULES
}
