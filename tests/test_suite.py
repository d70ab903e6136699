"""What hidden suites may use besides the fixtures: measurements that settle near their bound."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from grader.suite import settled


def measurements(*pairs: tuple[float, float]) -> Iterator[tuple[float, float]]:
    """Figures of a submission and of the reference, one measurement after the other."""
    return iter(pairs)


@pytest.mark.parametrize("own", [0.0, 8.4, 11.6, 500.0])
def test_one_measurement_decides_far_from_the_bound(own: float) -> None:
    """More than 15 % away from its bound, above or below, a measurement is not repeated."""
    assert settled(measurements((own, 5.0)).__next__, 2.0) == (own, 5.0)


@pytest.mark.parametrize("first", [8.6, 10.0, 11.4])
def test_medians_of_five_decide_near_the_bound(first: float) -> None:
    """Within 15 % of the bound, above or below, the median of five decides for each side by itself."""
    pairs = measurements((first, 5.0), (1.0, 7.0), (2.0, 6.0), (90.0, 4.0), (80.0, 3.0), (0.0, 0.0))
    assert settled(pairs.__next__, 2.0) == (first, 5.0)
    assert next(pairs) == (0.0, 0.0)


def test_the_bound_of_a_ratio_of_one_is_the_reference_itself() -> None:
    """Without a ratio the second figure is the bound."""
    assert settled(measurements((3.0, 2.0)).__next__) == (3.0, 2.0)
