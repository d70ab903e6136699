"""What a portfolio is measured by: the anchors of the self-rating, the persona's targets, what is due again."""

from __future__ import annotations

from grader.model import Level
from grader.portfolio.anchors import anchors
from grader.portfolio.due import OCCASIONS
from grader.portfolio.targets import GOALS
from grader.reference.layout import table


def anchor_table() -> str:
    """List the anchors of every level of every skill."""
    heads = ("skill", *(f"{level.value} {level.title}" for level in Level))
    return table(heads, ((skill, *(levels[level] for level in Level)) for skill, levels in anchors().items()))


def targets() -> str:
    """List the persona's goals and indicators."""
    rows = ((f"`{name}`", goal.term, goal.words, ", ".join(goal.skills)) for name, goal in GOALS.items())
    return table(("target", "term", "is reached when", "rests on"), rows)


def occasions() -> str:
    """List what is due again, and what counts as done."""
    rows = ((f"`{rule.id}`", f"every {rule.every}", rule.what, rule.record) for rule in OCCASIONS)
    return table(("what", "when", "to do", "done by"), rows)
