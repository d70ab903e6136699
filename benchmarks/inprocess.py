"""A hidden suite without any wall, for comparison: the probe and the submission are imported by pytest's own process.

    python -m pytest -p benchmarks.inprocess --challenge FOLDER --candidate FOLDER FOLDER/test_slug.py

It is what a grader that trusts its candidates would do; its verdicts can be forged and are never used.
"""

from __future__ import annotations

import importlib
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from grader.challenges.challenge import load
from grader.suite.observation import Observation
from sandbox.outcome import Raised
from sandbox.session import Call


class InProcess:
    """The `submission` of a suite, answered by a direct call."""

    def __init__(self) -> None:
        self._probe = importlib.import_module("probe")
        self.last_wall = 0.0

    def call(self, name: str, /, *args: Any, timeout: float | None = None, **keywords: Any) -> Observation:
        """Call the probe in this process."""
        started = time.monotonic()
        try:
            return Observation(getattr(self._probe, name)(*args, **keywords))
        except Exception as error:
            raise Raised(type(error).__name__, bases=(), message=str(error), where=()) from error
        finally:
            self.last_wall = time.monotonic() - started

    def batch(self, calls: Sequence[Call], *, timeout: float | None = None) -> list[Observation | Raised]:
        """Call after call."""
        keywords: list[dict[str, Any]] = [dict(one.keywords) for one in calls]
        return [self.call(one.name, *one.args, **own) for one, own in zip(calls, keywords, strict=True)]

    def fresh(self) -> None:
        """Import everything anew, the nearest thing to a new process."""
        for name in [name for name, module in sys.modules.items() if _local(module)]:
            del sys.modules[name]
        self._probe = importlib.import_module("probe")


def _local(module: ModuleType) -> bool:
    return any(str(getattr(module, "__file__", "") or "").startswith(path) for path in sys.path[:2])


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where the challenge and the candidate's files are."""
    parser.addoption("--challenge", required=True)
    parser.addoption("--candidate", required=True)


def pytest_configure(config: pytest.Config) -> None:
    """The same number of examples as a grading."""
    challenge = load(Path(config.getoption("--challenge")).resolve())
    sys.path[:0] = [str(challenge.folder), str(Path(config.getoption("--candidate")).resolve())]
    config.addinivalue_line("markers", "criterion(name, weight, hint): which criterion a hidden test counts for")
    settings.register_profile(
        "same",
        database=None,
        deadline=None,
        max_examples=challenge.manifest.budget.examples,
        suppress_health_check=list(HealthCheck),
    )
    settings.load_profile("same")


@pytest.fixture
def submission() -> InProcess:
    """The submission, imported into this process."""
    return InProcess()


@pytest.fixture
def rng() -> random.Random:
    """A generator for suites that draw by themselves."""
    return random.Random(0)
