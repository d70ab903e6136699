"""The solutions earn everything on an idle machine, on a busy one, and on one processor: marks do not depend on luck.

Under each condition, the solutions sit the exam ten times, one after the other, under the seeds in turn. The suite's
host is started on the processors of the condition, and everything that it forks stays there. Results are kept by
content and number, so that an interrupted check goes on where it was.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import chain, cycle, islice, product
from typing import NamedTuple

from grader.evidence.suite.client import SuiteHost
from grader.evidence.suite.job import behaviour_criteria
from grader.evidence.suite.stopwatch import LONGEST
from grader.model import Evidence, Kind, PromiseOutcome, Struct
from grader.verify.checks.finding import CheckResult
from grader.verify.checks.flaws import lost
from grader.verify.examination import BENCH, GRACE, Examination, OwnSubmission, usable
from grader.verify.slots import processor_clock
from grader.verify.trial import Trial
from grader.verify.verdict import Problem, Unmeasured

GRADINGS = 10
PINNABLE = ("bubblewrap",)
"""Backends whose sandboxes are descendants of the suite's host, and so run on its processors."""
GLANCE = 0.3
"""Seconds of watching the processors before a grading on an idle machine."""
IDLE = 0.8
"""The share of idle processor time from which a machine counts as idle."""

LOOP = """
import os, sys, time
parent, end = int(sys.argv[1]), time.monotonic() + float(sys.argv[2])
while os.getppid() == parent and time.monotonic() < end:
    for _ in range(100_000):
        pass
"""
"""Ends by itself, soon after its parent and in any case after a time."""


class Condition(NamedTuple):
    """The state of the machine in which the solutions are graded."""

    title: str
    processors: int | None
    """The number of processors for the gradings and the loops together; None for all."""
    loops: int

    @property
    def is_idle(self) -> bool:
        """Whether nothing else is to run."""
        return self.processors is None and not self.loops


CONDITIONS = (
    Condition("on an idle machine", processors=None, loops=0),
    Condition("beside two busy loops", processors=2, loops=2),
    Condition("on one processor", processors=1, loops=0),
)


class Grading(Struct, frozen=True, kw_only=True):
    """One run of the suite under a condition."""

    trial: Trial
    idle: float
    """The share of idle processor time just before."""


class _Entry(NamedTuple):
    entrant: OwnSubmission
    grading: Grading
    lost: frozenset[str]


def run(exam: Examination) -> CheckResult:
    """Grade the solutions under every condition."""
    if not behaviour_criteria(exam.challenge):
        return CheckResult("no hidden test runs")
    if exam.backend.name not in PINNABLE:
        raise Unmeasured(
            f"sandboxes of {exam.backend.name} cannot be kept on chosen processors",
            remedy=f"Verify with --backend {PINNABLE[0]}.",
        )
    entries = {condition: _entries(exam, condition) for condition in CONDITIONS}
    figures = [f"{_steady(found)} of {len(found)} {condition.title}" for condition, found in entries.items()]
    problems = tuple(problem for condition, found in entries.items() for problem in _problems(condition, found))
    return CheckResult(", ".join(figures), problems, _notes(entries[CONDITIONS[0]]))


def _entries(exam: Examination, condition: Condition) -> list[_Entry]:
    entrants = [exam.entrant(name) for name in ("solution", "solution_alt")]
    turns = list(islice(cycle(product(exam.seeds, entrants)), GRADINGS))
    entries = []
    with _only_on(_processors(condition)), SuiteHost(BENCH) as host:
        for number, (seed, entrant) in enumerate(turns):
            exam.progress(f"{exam.challenge.slug}: {condition.title}, grading {number + 1} of {len(turns)}")
            key = ("stability", *condition, number, seed, entrant.submission.digest)
            grading = exam.kept(key, Grading, partial(_graded, exam, condition, entrant, seed, host))
            found = Evidence(kind=Kind.BEHAVIOUR, promises=grading.trial.promises, facts=grading.trial.facts)
            marks = exam.marked(entrant, found, seed=seed)
            entries.append(_Entry(entrant, grading, lost([mark for mark in marks if mark.promises])))
    return entries


def _graded(exam: Examination, condition: Condition, entrant: OwnSubmission, seed: int, host: SuiteHost) -> Grading:
    idle = _idle_share() if condition.is_idle else 0.0
    job = exam.job(entrant.folder, digest=entrant.submission.digest, seed=seed, observe=True)
    with busy_loops(condition.loops, seconds=exam.challenge.manifest.budget.suite_seconds * LONGEST + GRACE) as loops:
        trial = usable(exam.attempt(job, host=host), exam.challenge)
        if any(loop.poll() is not None for loop in loops):
            raise Unmeasured("a busy loop ended before the grading beside it")
    return Grading(trial=trial, idle=idle)


@contextlib.contextmanager
def busy_loops(count: int, *, seconds: float) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Run processes that do nothing but compute, for at most that long, on the processors of this thread."""
    with contextlib.ExitStack() as stack:
        loops = []
        for _ in range(count):
            loop = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", LOOP, str(os.getpid()), str(seconds)], stdin=subprocess.DEVNULL
            )
            stack.callback(loop.wait)
            stack.callback(loop.kill)
            loops.append(loop)
        yield loops


def _processors(condition: Condition) -> set[int]:
    return set(sorted(os.sched_getaffinity(0))[: condition.processors])


@contextlib.contextmanager
def _only_on(processors: set[int]) -> Iterator[None]:
    """Keep this thread, and every process that it starts, on some processors."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, processors)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _idle_share() -> float:
    before = processor_clock()
    time.sleep(GLANCE)
    idle, whole = (new - old for new, old in zip(processor_clock(), before, strict=True))
    return idle / whole if whole else 1.0


def _steady(entries: Sequence[_Entry]) -> int:
    return sum(not entry.lost for entry in entries)


def _problems(condition: Condition, entries: Sequence[_Entry]) -> Iterator[Problem]:
    for name in dict.fromkeys(entry.entrant.name for entry in entries):
        own = [entry for entry in entries if entry.entrant.name == name]
        for criterion, times in sorted(Counter(chain.from_iterable(entry.lost for entry in own)).items()):
            yield Problem(
                id="stability.unstable",
                where=f"{name}: {criterion}",
                what=f"the criterion loses points in {times} of {len(own)} gradings {condition.title}."
                f"{_broken(own, criterion)}",
                help="Let nothing that the machine's speed decides break a promise: wait for events instead of times, "
                "compare processor time, or use virtual time.",
            )


def _broken(entries: Sequence[_Entry], criterion: str) -> str:
    promises = (promise for entry in entries for promise in entry.grading.trial.promises)
    times = Counter(
        promise.id
        for promise in promises
        if promise.criterion == criterion and promise.outcome is not PromiseOutcome.KEPT
    )
    return f" Broken: {', '.join(f'{test} ({count})' for test, count in sorted(times.items()))}." if times else ""


def _notes(entries: Sequence[_Entry]) -> tuple[str, ...]:
    busy = sum(entry.grading.idle < IDLE for entry in entries)
    if not busy:
        return ()
    return (f"Other work kept the machine busy before {busy} of the {len(entries)} gradings that want it idle.",)
