"""Time that the machine took is not held against a submission."""

from __future__ import annotations

import pytest

from grader.evidence.suite import stopwatch
from grader.evidence.suite.stopwatch import Stopwatch


class Machine:
    """What the clock and the kernel say."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.own = 100.0, 7.0
        monkeypatch.setattr("grader.evidence.suite.stopwatch.time.monotonic", lambda: self.now)
        monkeypatch.setattr(stopwatch, "own_starvation", lambda: self.own)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch)


def test_time_that_was_used_counts(machine: Machine) -> None:
    """Sleeping or computing, a suite has its time and no more; what was before it does not count."""
    watch = Stopwatch(60.0)
    machine.now += 60
    assert not watch.is_over
    machine.now += 0.1
    assert watch.is_over


def test_time_without_a_processor_does_not_count(machine: Machine) -> None:
    """Neither that of children nor our own."""
    watch = Stopwatch(60.0)
    machine.now += 100
    watch.excuse(15)
    watch.excuse(15)
    assert watch.is_over
    machine.own += 10
    assert not watch.is_over


def test_what_does_not_count_is_bounded(machine: Machine) -> None:
    """A submission that starves itself with threads ends, too."""
    watch = Stopwatch(60.0)
    watch.excuse(1e9)
    machine.now += 60 * stopwatch.LONGEST
    assert not watch.is_over
    machine.now += 0.1
    assert watch.is_over


def test_the_kernel_says_how_long_this_process_waited() -> None:
    """It never goes back."""
    before = stopwatch.own_starvation()
    assert 0 <= before <= stopwatch.own_starvation()
