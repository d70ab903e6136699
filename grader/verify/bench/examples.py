"""How many examples Hypothesis draws in a trial: as the challenge says, or fewer, where a first glance is enough."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from hypothesis import settings

from grader.challenges.challenge import Challenge
from grader.evidence.suite.plugin import scoring_settings

CHOSEN = "_hypothesis_internal_use_settings"
"""Where `@given` keeps the settings it was decorated under. There is no public way to change them afterwards."""


@contextmanager
def at_most(examples: int | None, items: Sequence[pytest.Item], challenge: Challenge) -> Iterator[None]:
    """Draw at most so many examples a test within the block; None is as many as the suite says."""
    if examples is None:
        yield
        return
    full = settings.default
    tests = [function for item in items if hasattr(function := getattr(item, "function", None), CHOSEN)]
    chosen = [getattr(test, CHOSEN) for test in tests]
    for test, own in zip(tests, chosen, strict=True):
        setattr(test, CHOSEN, settings(own, max_examples=min(own.max_examples, examples)))
    few = settings(scoring_settings(challenge), max_examples=min(challenge.manifest.budget.examples, examples))
    settings.register_profile("few", few)
    settings.load_profile("few")
    try:
        yield
    finally:
        settings.register_profile("scoring", full)
        settings.load_profile("scoring")
        for test, own in zip(tests, chosen, strict=True):
            setattr(test, CHOSEN, own)
