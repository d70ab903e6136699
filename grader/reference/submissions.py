"""Findings about a submission as a whole: reasons to reject it, notices, signs of tampering."""

from __future__ import annotations

from grader.inside.tampering import signs
from grader.intake.refusal import Refusal, Remark
from grader.reference.layout import prose, table


def rejections() -> str:
    """List every reason to reject a submission."""
    return table(("finding", "what to do"), ((f"`{reason.id}`", prose(reason.remedy)) for reason in Refusal))


def notices() -> str:
    """List everything that intake leaves out or changes without rejecting the submission."""
    rows = ((f"`{notice.id}`", notice.severity.value, prose(notice.advice)) for notice in Remark)
    return table(("finding", "severity", "what to do"), rows)


def integrity() -> str:
    """List every sign of tampering that reviewers are shown."""
    known = (sign for sign in vars(signs).values() if isinstance(sign, signs.TamperingSign))
    rows = ((f"`{sign.id}`", sign.severity, f"{prose(sign.what)}.", prose(sign.look)) for sign in known)
    return table(("finding", "severity", "what was found", "what to look for"), rows)
