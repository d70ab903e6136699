"""Krippendorff's alpha for ordinal marks: the agreement of several reviewers beyond chance. Pure.

    alpha = 1 - observed disagreement / disagreement expected by chance

1 is full agreement, 0 is what chance would give, below 0 they disagree systematically. Reviewers may be two or many,
and may leave out marks. Two marks disagree by the square of the number of marks ranked between them, so that a step
between common marks counts for more. Source: K. Krippendorff, Computing Krippendorff's Alpha-Reliability, 2011.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import permutations

RELIABLE = 0.8
TENTATIVE = 2 / 3
"""Krippendorff's customary limits: below the second, draw no conclusions from the marks."""


def ordinal_alpha(units: Sequence[Sequence[int]]) -> float | None:
    """Return alpha over units, each with the marks that it was given; None if it is undefined.

    It is undefined where no unit has two marks, and where all marks are the same, so that nothing could differ.
    """
    shares: dict[tuple[int, int], float] = {}
    for marks in units:
        if len(marks) < 2:
            continue
        for pair, count in Counter(permutations(marks, 2)).items():
            shares[pair] = shares.get(pair, 0.0) + count / (len(marks) - 1)
    totals: dict[int, float] = {}
    for (mark, _), share in shares.items():
        totals[mark] = totals.get(mark, 0.0) + share
    expected = sum(
        totals[low] * totals[high] * _distance(low, high, totals) for low in totals for high in totals if low < high
    )
    if not expected:
        return None
    observed = sum(share * _distance(*pair, totals) for pair, share in shares.items() if pair[0] < pair[1])
    return 1 - (sum(totals.values()) - 1) * observed / expected


def alpha_words(alpha: float | None) -> str:
    """Return alpha with what it is good for."""
    if alpha is None:
        return "undefined: at least one criterion needs two marks, and the marks must differ somewhere"
    if alpha >= RELIABLE:
        return f"{alpha:.2f}, reliable"
    if alpha >= TENTATIVE:
        return f"{alpha:.2f}, for tentative conclusions only"
    return f"{alpha:.2f}, too low for conclusions: talk about what each of you meant"


def _distance(low: int, high: int, totals: dict[int, float]) -> float:
    between = sum(count for mark, count in totals.items() if low <= mark <= high)
    return (between - (totals[low] + totals[high]) / 2) ** 2
