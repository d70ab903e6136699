"""The order in which unit_testing asks a suite: it tells nothing, and chance does not pass."""

from __future__ import annotations

import importlib.util
import random
import sys
from collections import Counter
from types import ModuleType
from typing import Any

import pytest

import grader.suite
from grader.challenges.catalogue import catalogue
from grader.suite import Run, Soundness, Unkept
from grader.suite.implementations import FailedTest


@pytest.fixture
def suite(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The hidden suite of unit_testing."""
    path = catalogue().find("testing/unit_testing").suite
    spec = importlib.util.spec_from_file_location("hidden_suite_of_unit_testing", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)  # where its dataclasses look for it
    monkeypatch.setattr(grader.suite, "criterion", lambda *_arguments, **_options: lambda test: test)
    spec.loader.exec_module(module)
    return module


def test_correct_and_broken_ones_come_in_one_order(suite: ModuleType) -> None:
    """Every correct implementation comes equally often; whatever comes second or last may be correct or broken."""
    plans = [suite.plan(random.Random(seed)) for seed in range(60)]
    for plan in plans:
        counts = Counter(entry for entry in plan if isinstance(entry, str))
        assert counts == dict.fromkeys(suite.CORRECT, suite.TIMES)
        assert (
            len(plan)
            == 3 * suite.TIMES + len([mutant for mutant in suite.mutants() if mutant.group != suite.GROSS]) + 1
        )
    for place in (1, 20, -1):
        assert {isinstance(plan[place], str) for plan in plans} == {True, False}
    assert {plan[0] for plan in plans} == set(suite.CORRECT)


@pytest.mark.parametrize(("chance", "tests"), [(0.3, 60), (0.5, 60), (0.3, 1), (0.9, 60)])
def test_failing_by_chance_notices_nothing(suite: ModuleType, chance: float, tests: int) -> None:
    """A suite that fails in some of its runs, whatever it is asked, earns no point in forty gradings."""
    names = [f"test_x.py::test_{number}" for number in range(tests)]
    for seed in range(40):
        rng = random.Random(seed)

        def run(rng: random.Random = rng) -> Run:
            failing = {rng.choice(names)} if rng.random() < chance else set()
            return Run(
                failures=tuple(FailedTest(name, "E") for name in failing), passed=frozenset(names).difference(failing)
            )

        plan = suite.plan(rng)
        correct: dict[str, list[Run]] = {name: [] for name in suite.CORRECT}
        broken: list[Any] = []
        for entry in plan:
            if isinstance(entry, str):
                correct[entry].append(run())
            else:
                broken.append((entry, run()))
        judge = suite.Judge(None)
        judge._evidence = suite.Evidence(Soundness(correct), broken)
        with pytest.raises(Unkept):
            judge.noticing(None, rng)
