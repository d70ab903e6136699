"""The host of hidden suites without exams: Hypothesis draws during each sitting, as before there were any.

python -P -m benchmarks.without_exam      for `benchmarks.same`
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from grader.evidence.suite import host
from grader.evidence.suite.exam import Exam


def draw_nothing(items: Iterable[pytest.Item], seed_for: Callable[[str], int]) -> Exam:
    """Leave every test to Hypothesis."""
    del items, seed_for
    return {}


if __name__ == "__main__":
    host.draw = draw_nothing  # type: ignore[attr-defined]  # what the host imports, for this process alone
    host.main()
