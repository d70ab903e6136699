"""Soundness of a suite under test: which of its tests are believed, and what its runs cost."""

from __future__ import annotations

import pytest

from grader.suite.implementations import THE_RUN, FailedTest, Run, Soundness, cost, run_of
from sandbox.session import Plain


def sound(*failing: str, tests: int) -> Soundness:
    """Soundness of a suite with so many tests, of which these fail."""
    passed = frozenset(f"test_x.py::test_{number}" for number in range(tests - len(failing)))
    return Soundness({"one": [Run(failures=tuple(FailedTest(name, "E") for name in failing), passed=passed)]})


def test_few_unsound_tests_are_bearable() -> None:
    """One always is, one in ten is, more than five are not; nor is a run or a module that fails as a whole."""
    unsound = [f"test_x.py::test_bad_{number}" for number in range(6)]
    assert sound(tests=1).is_bearable
    assert not sound(tests=0).is_bearable
    assert not sound(unsound[0], tests=1).is_bearable
    assert sound(unsound[0], tests=2).is_bearable
    assert not sound(*unsound[:2], tests=19).is_bearable
    assert sound(*unsound[:2], tests=20).is_bearable
    assert sound(*unsound[:5], tests=1000).is_bearable
    assert not sound(*unsound[:6], tests=1000).is_bearable
    assert not sound(THE_RUN, tests=100).is_bearable
    assert not sound("collecting test_x.py", tests=100).is_bearable


def run_with(passed: str, failed: str = "") -> Run:
    """A run in which the tests with these letters passed and failed."""
    named = [f"test_x.py::test_{letter}" for letter in passed]
    return Run(
        failures=tuple(FailedTest(f"test_x.py::test_{number}", "E") for number in failed), passed=frozenset(named)
    )


def test_only_what_passes_every_time_can_notice_anything() -> None:
    """A test that was skipped on a correct implementation, or failed on one, says nothing of a broken one."""
    soundness = Soundness(
        {"one": [run_with("abc"), run_with("abc")], "two": [run_with("ac", "b"), run_with("ad", "b")]}
    )
    assert soundness.trusted == {"test_x.py::test_a"}
    assert soundness.counted(run_with("", "bcde")) == ()
    assert [failure.test for failure in soundness.counted(run_with("", "abc"))] == ["test_x.py::test_a"]
    crash = Run(failures=(FailedTest(THE_RUN, "E"), FailedTest("collecting test_x.py", "E")), passed=frozenset())
    assert soundness.counted(crash) == crash.failures


def test_a_test_that_fails_now_and_then_is_erratic() -> None:
    """Runs on one implementation are compared with each other; failing on one implementation alone is not erratic."""
    assert not Soundness({"one": [run_with("a", "b")] * 2, "two": [run_with("ab")]}).erratic
    assert Soundness({"one": [run_with("ab"), run_with("a", "b")]}).erratic == {"test_x.py::test_b"}
    assert Soundness({"one": [run_with("a"), run_with("a", "b")]}).erratic == {"test_x.py::test_b"}


def test_unsound_tests_are_named() -> None:
    """A candidate reads which tests fail, of how many; not more names than fit."""
    assert sound("test_x.py::test_a", tests=121).in_words() == (
        "1 of your 121 tests fails on a correct implementation: test_x.py::test_a (E)"
    )
    many = sound(*(f"test_x.py::test_{letter}" for letter in "abcdefg"), tests=121).in_words()
    assert many.startswith("7 of your 121 tests fail on")
    assert many.endswith("test_x.py::test_e (E) and 2 more")


def test_a_second_of_waiting_costs_as_much_as_five_of_work() -> None:
    """Of several runs the least work counts, and what they usually waited."""
    seen = ((2, 0), (0.5, 0.2), (1, 9))
    runs = [Run(failures=(), passed=frozenset(), cpu_seconds=cpu, waited=waited) for cpu, waited in seen]
    assert cost(runs) == 1.5
    assert cost(runs[:1]) == 2


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        {"status": 0},
        {"status": "0", "passed": [], "failed": []},
        {"status": 0, "passed": "all", "failed": []},
        {"status": 0, "passed": ["a"], "failed": ["b"]},
        {"status": 0, "passed": ["a"], "failed": [[1, 2]]},
        {"status": 1, "passed": ["a"], "failed": []},
    ],
)
def test_an_odd_answer_is_a_failure_of_the_run(answer: Plain) -> None:
    """What the inside says has to have the shape of a result, and a status that fits."""
    run = run_of(answer)
    assert [failure.test for failure in run.failures] == [THE_RUN]
    assert not run.is_clean()
