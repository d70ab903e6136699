"""Stability: what the solutions earn idle, beside busy loops and on one processor, and what is left afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from grader.challenges.challenge import Challenge
from grader.evidence.suite.job import Ran
from grader.model import Failure, Fault, Promise, PromiseOutcome
from grader.verify.cache import Cache
from grader.verify.checks import stability
from grader.verify.checks.stability import busy_loops
from grader.verify.examination import Examination
from grader.verify.trial import Trial
from grader.verify.verdict import Unmeasured
from sandbox.backends import backend_named

Weakened = Callable[..., Challenge]
TESTS = {
    "test_values_are_kept_within_bounds": "bounds",
    "test_runs_are_packed": "packing",
    "test_packed_text_is_unpacked": "packing",
}
HERE = sorted(os.sched_getaffinity(0))


def trial(*broken: str) -> Trial:
    """A run in which these tests fail."""
    outcomes = {test: PromiseOutcome.BROKEN if test in broken else PromiseOutcome.KEPT for test in TESTS}
    promises = (Promise(id=test, text=test, outcome=outcomes[test], criterion=TESTS[test]) for test in TESTS)
    return Trial(tests=tuple(Ran(promise=promise) for promise in promises))


class Machine:
    """Stands in for the runs of suites: notes where each would run and beside how many loops, and answers as told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.runs: list[tuple[int, int, int]] = []
        self.answer: Callable[[int, int], Trial] = lambda _processors, _loops: trial()
        self._loops = 0
        self.idle = 1.0
        monkeypatch.setattr(Examination, "attempt", self._attempt)
        monkeypatch.setattr(stability, "busy_loops", self._busy_loops)
        monkeypatch.setattr(stability, "_idle_share", lambda: self.idle)

    @contextmanager
    def _busy_loops(self, count: int, *, seconds: float) -> Iterator[list[subprocess.Popen[bytes]]]:
        assert seconds > 0
        self._loops = count
        yield []
        self._loops = 0

    def _attempt(self, job: Any, **_: Any) -> Trial:
        processors = len(os.sched_getaffinity(0))
        self.runs.append((processors, self._loops, job.seed))
        return self.answer(processors, self._loops)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setattr(Examination, "analysed", lambda *_: ())
    return Machine(monkeypatch)


@pytest.fixture
def exam(challenge: Weakened, tmp_path: Path) -> Iterator[Examination]:
    backend = backend_named("bubblewrap")
    cache = Cache(tmp_path / "cache")
    with Examination(challenge(), backend=backend, seeds=(1, 2, 3, 4, 5), jobs=1, cache=cache) as made:
        yield made


def test_each_condition_has_its_processors_and_loops(machine: Machine, exam: Examination) -> None:
    """Ten gradings each, of both solutions under every seed; afterwards this thread may run anywhere again."""
    found = stability.run(exam)
    assert found.figure == "10 of 10 on an idle machine, 10 of 10 beside two busy loops, 10 of 10 on one processor"
    conditions = [(len(HERE), 0), (min(2, len(HERE)), 2), (1, 0)]
    turns = [seed for seed in exam.seeds for _solution in range(2)]
    assert machine.runs == [(*condition, seed) for condition in conditions for seed in turns]
    assert sorted(os.sched_getaffinity(0)) == HERE
    assert (found.problems, found.notes) == ((), ())


def test_a_loss_is_told_with_its_condition_and_its_counts(machine: Machine, exam: Examination) -> None:
    """Which solution lost what, how often and when, by which hidden tests."""
    machine.answer = lambda _processors, loops: trial(*(["test_runs_are_packed"] if loops else []))
    found = stability.run(exam)
    assert found.figure == "10 of 10 on an idle machine, 0 of 10 beside two busy loops, 10 of 10 on one processor"
    assert [(problem.id, problem.where) for problem in found.problems] == [
        ("stability.unstable", "solution: packing"),
        ("stability.unstable", "solution_alt: packing"),
    ]
    assert found.problems[0].what == (
        "the criterion loses points in 5 of 5 gradings beside two busy loops. Broken: test_runs_are_packed (5)."
    )


def test_gradings_are_kept_one_by_one(machine: Machine, exam: Examination) -> None:
    """A check that could not be finished goes on where it was; what was not measured is not kept."""
    broken = Trial(failure=Failure(fault=Fault.MACHINE, reason="no sandbox"))
    machine.answer = lambda processors, loops: broken if processors == 1 else trial()
    with pytest.raises(Unmeasured, match="no sandbox"):
        stability.run(exam)
    known = len(machine.runs)
    machine.answer = lambda _processors, _loops: trial()
    stability.run(exam)
    assert (known, len(machine.runs)) == (21, 31)


def test_a_machine_that_is_not_idle_is_told(machine: Machine, exam: Examination) -> None:
    """Whoever reads "on an idle machine" learns that it was not."""
    machine.idle = 0.4
    found = stability.run(exam)
    assert found.notes == ("Other work kept the machine busy before 10 of the 10 gradings that want it idle.",)


def test_sandboxes_that_cannot_be_kept_in_place_are_not_measured(
    exam: Examination, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An engine runs its containers where it likes."""
    monkeypatch.setattr(stability, "PINNABLE", ("other",))
    with pytest.raises(Unmeasured, match="cannot be kept on chosen processors"):
        stability.run(exam)


def test_loops_end_with_their_block_and_by_themselves() -> None:
    """They compute meanwhile; none is left, whatever happens."""
    with busy_loops(2, seconds=60) as loops:
        before = time.monotonic()
        while sum(map(_spent, loops)) < 0.05 and time.monotonic() < before + 30:
            time.sleep(0.01)
        assert [loop.poll() for loop in loops] == [None, None]
        assert sum(map(_spent, loops)) >= 0.05
    assert all(loop.returncode is not None for loop in loops)
    with busy_loops(1, seconds=0.1) as loops:
        assert loops[0].wait(30) == 0


def test_loops_end_soon_after_their_parent() -> None:
    """A verification that is killed leaves no busy processor behind."""
    loop = "[sys.executable, '-c', LOOP, str(os.getpid()), '60']"
    parent = (
        "import os, subprocess, sys; from grader.verify.checks.stability import LOOP; "
        f"print(subprocess.Popen({loop}).pid, flush=True); os.kill(os.getpid(), 9)"
    )
    told = subprocess.run([sys.executable, "-c", parent], stdout=subprocess.PIPE, check=False)
    end = time.monotonic() + 30
    while _is_alive(int(told.stdout)) and time.monotonic() < end:
        time.sleep(0.01)
    assert not _is_alive(int(told.stdout))


def _spent(loop: subprocess.Popen[bytes]) -> float:
    return time.clock_gettime((~loop.pid << 3) | 2)


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (OSError, IndexError):
        return False


@pytest.mark.heavy
def test_real_gradings_run_on_the_processors_of_their_condition(
    challenge: Weakened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One grading under each condition, in sandboxes, earns everything."""
    monkeypatch.setattr(stability, "GRADINGS", 1)
    with Examination(challenge(), backend=backend_named("bubblewrap"), seeds=(1,), jobs=1) as exam:
        found = stability.run(exam)
    assert found.figure == "1 of 1 on an idle machine, 1 of 1 beside two busy loops, 1 of 1 on one processor"
