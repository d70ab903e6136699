"""How signs become a strength.

    0  none         no sign
    1  touched      signs, but fewer strong places than the skill's rule requires
    2  used         as many strong places (for some rules, different strong signs) as the rule requires, from 1 to 10
    3  throughout   used, with at least ten strong places (or three times the required number, if that is more), in
                    at least three files (or in all, if there are fewer) and in at least a tenth of the files that
                    the rule looks at; if the rule requires different signs, with at least four of them

A place is a line with a sign. At a strong one, the code implements or works with the skill; at a weak one, it only
touches the skill.
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
