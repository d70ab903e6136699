"""A challenge that keeps every claim, and what is left of it with one weakness laid over it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.challenges.challenge import Challenge, load
from grader.verify.checks import CHECKS, CheckResult
from grader.verify.examination import Examination
from sandbox.backends import backend_named

FIXTURES = Path(__file__).parent / "fixtures"
SOUND = FIXTURES / "sound/language/runs"

Weakened = Callable[..., Challenge]
Checked = Callable[[str, Challenge], CheckResult]


@pytest.fixture
def challenge(tmp_path: Path) -> Weakened:
    """The sound challenge, or the same with the files of `fixtures/weak/<name>` laid over it."""

    def weakened(name: str | None = None) -> Challenge:
        folder = tmp_path / "language/runs"
        shutil.copytree(SOUND, folder)
        if name is not None:
            shutil.copytree(FIXTURES / "weak" / name, folder, dirs_exist_ok=True)
        return load(folder)

    return weakened


@pytest.fixture
def checked() -> Checked:
    """Run one check of a challenge."""
    run = {checker.id: checker.run for checker in CHECKS}

    def check(name: str, subject: Challenge) -> CheckResult:
        with Examination(subject, backend=backend_named("bubblewrap"), seeds=(1, 2, 3), jobs=2) as exam:
            return run[name](exam)

    return check
