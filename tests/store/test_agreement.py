"""Krippendorff's alpha is the published one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.store.agreement import alpha_words, ordinal_alpha

OBSERVERS = (
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
)
"""Krippendorff 2011, section C: four observers, twelve units, missing values."""


def units(*observers: str) -> list[list[int]]:
    columns = zip(*(line.split() for line in observers), strict=True)
    return [[int(mark) for mark in column if mark != "."] for column in columns]


def test_alpha_is_the_published_figure() -> None:
    """The ordinal alpha of the data that Krippendorff published is 0.815."""
    assert ordinal_alpha(units(*OBSERVERS)) == pytest.approx(0.815, abs=0.0005)


def test_two_marks_that_occur_alike_agree_or_disagree_fully() -> None:
    """Full agreement is 1; the opposite of each other is below 0."""
    assert ordinal_alpha([[1, 1], [4, 4], [2, 2]]) == 1.0
    opposite = ordinal_alpha([[1, 4], [4, 1]])
    assert opposite is not None
    assert opposite < 0


@pytest.mark.parametrize("marks", [[], [[1], [2]], [[3, 3], [3, 3, 3]]])
def test_alpha_is_undefined_without_pairs_or_differences(marks: list[list[int]]) -> None:
    """One reviewer has nobody to agree with, and where all is the same nothing could differ."""
    assert ordinal_alpha(marks) is None
    assert "undefined" in alpha_words(None)


@settings(max_examples=30)
@given(st.lists(st.lists(st.integers(1, 4), max_size=4), max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_reviewers_and_criteria_does_not_matter(marks: list[list[int]], order: object) -> None:
    """Alpha is at most 1, and the same for every order."""
    import random

    assert isinstance(order, random.Random)
    alpha = ordinal_alpha(marks)
    again = [order.sample(unit, len(unit)) for unit in order.sample(marks, len(marks))]
    assert ordinal_alpha(again) == (None if alpha is None else pytest.approx(alpha))
    assert alpha is None or alpha <= 1.0


def test_the_words_say_what_an_alpha_is_good_for() -> None:
    """By Krippendorff's customary limits."""
    assert [alpha_words(alpha).split(", ")[1][:8] for alpha in (0.8, 0.79, 0.66)] == [
        "reliable",
        "for tent",
        "too low ",
    ]
