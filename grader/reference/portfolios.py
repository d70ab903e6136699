"""What a portfolio is measured by: the anchors of the self-rating, the persona's targets, what is due again."""

from __future__ import annotations

from grader.model import Level, PeerCriterion
from grader.portfolio.anchors import anchors
from grader.portfolio.badges.badge_rules import BADGES, COUNTS
from grader.portfolio.due import OCCASIONS
from grader.portfolio.external import ExternalKind
from grader.portfolio.leadership import COUNTS as LEADERSHIP_COUNTS
from grader.portfolio.leadership import PARTS, STEPS
from grader.portfolio.pathway import PATHWAY
from grader.portfolio.peer_anchors import peer_anchors
from grader.portfolio.targets import GOALS
from grader.reference.layout import table


def anchor_table() -> str:
    """List the anchors of every level of every skill."""
    heads = ("skill", *(f"{level.value} {level.title}" for level in Level))
    return table(heads, ((skill, *(levels[level] for level in Level)) for skill, levels in anchors().items()))


def peer_anchor_table() -> str:
    """List the anchors of every mark of the five criteria of a peer assessment."""
    heads = ("criterion", *(str(level.value) for level in Level))
    rows = ((criterion.words, *peer_anchors(criterion).values()) for criterion in PeerCriterion)
    return table(heads, rows)


def pathway() -> str:
    """List the certificates with their rules."""
    rows = (
        (f"`{rule.id}`", rule.title, rule.words, "; ".join(demand.words for demand in rule.demands)) for rule in PATHWAY
    )
    return table(("certificate", "title", "rule", "one report each that shows"), rows)


def external() -> str:
    """List the external validations, and when each counts."""
    rows = (
        (
            f"`{kind.value}`",
            kind.words,
            kind.means,
            "only signed by the other person" if kind.needs_signature else "confirmed if signed by whoever checked it",
        )
        for kind in ExternalKind
    )
    return table(("kind", "validation", "shows", "counts"), rows)


def leadership_table() -> str:
    """List the parts of Leadership with what each percentage requires, and say what counts."""
    heads = ("part", "counts", *(f"{step.percent} %" for step in STEPS))
    rows = (
        (part.title, part.counts, *([step.words for step in part.steps] or [level.title for level in Level]))
        for part in PARTS
    )
    return f"{table(heads, rows)}\n\n{LEADERSHIP_COUNTS}"


def badge_table() -> str:
    """List the eight badges with their rules, and say which reports count."""
    rows = ((badge.title, f"`{badge.id}`", badge.about, badge.rule) for badge in BADGES.values())
    return f"{table(('badge', 'id', 'stands for', 'is earned by'), rows)}\n\n{COUNTS}"


def targets() -> str:
    """List the persona's goals and indicators."""
    rows = ((f"`{name}`", goal.term, goal.words, ", ".join(goal.skills)) for name, goal in GOALS.items())
    return table(("target", "term", "is reached when", "rests on"), rows)


def occasions() -> str:
    """List what is due again, and what counts as done."""
    rows = ((f"`{rule.id}`", f"every {rule.every}", rule.what, rule.record) for rule in OCCASIONS)
    return table(("what", "when", "to do", "done by"), rows)
