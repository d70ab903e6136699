"""What can be said of every shipped challenge without running anything."""

from __future__ import annotations

import pytest

from grader.challenges.catalogue import catalogue
from grader.challenges.challenge import Challenge
from grader.challenges.drawn import stage_of
from grader.verify.checks.form import CHECKS


@pytest.mark.parametrize("challenge", catalogue().challenges(), ids=lambda challenge: challenge.slug)
def test_every_challenge_is_complete_and_consistent(challenge: Challenge) -> None:
    """The check `form` of `grader verify` finds nothing; what must be drawn is drawn for it."""
    with stage_of(challenge, "sample", len(challenge.manifest.stages) or 1) as subject:
        assert [problem for check in CHECKS for problem in check(subject)] == []
