"""From signs to a strength.

    0  none         no sign
    1  touched      signs, but fewer strong places than the skill's rule calls enough
    2  used         enough strong places: the rule's number, from 1 to 10; for patterns, different ones
    3  throughout   used, with ten strong places or more (three times the rule's number, if that is more), in three
                    files or more (in all, if there are fewer) and in a tenth of those that the rule looks at; for
                    patterns, four different ones

A place is a line with a sign; a strong sign implements or works with the skill, a weak one touches it.
"""

from __future__ import annotations

import math
from collections.abc import Collection

from grader.inside.inventory.skill_rule import SkillRule

WORDS = ("none", "touched", "used", "throughout")
USED = 2
OFTEN = 10
SPREAD = 3
SHARE = 0.1
KINDS = 4


def strength(
    rule: SkillRule, *, strong: int, weak: int, kinds: Collection[str], strong_files: int, all_files: int
) -> int:
    """Return the strength of one skill; `kinds` are its different strong signs."""
    if strong + weak == 0:
        return 0
    if (len(kinds) if rule.distinct else strong) < rule.enough:
        return 1
    often = strong >= max(OFTEN, 3 * rule.enough) and (not rule.distinct or len(kinds) >= KINDS)
    spread = strong_files >= min(SPREAD, all_files) and strong_files >= math.ceil(SHARE * all_files)
    return 3 if often and spread else 2
