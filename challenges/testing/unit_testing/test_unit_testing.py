"""Hidden suite: the candidate's tests meet correct and broken implementations, blind, in an order drawn anew.

All implementations stay out here: inside, `inventory` is the same stub for each of them, and ids are drawn anew. So
neither a text nor a size, a time or a run's place among the others says whether one is correct; only testing does.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from grader.suite import (
    MOST_UNSOUND,
    RUN_SECONDS,
    Api,
    CandidateSuite,
    Implementations,
    Run,
    Soundness,
    SubmissionHandle,
    Unkept,
    cost,
    criterion,
    enumerated,
)

FOLDER = Path(__file__).resolve().parent
CORRECT = ("ledger", "shelves", "journal")
UNSEEN = ("shelves", "journal")
"""Those that no candidate has."""
GROSS = "gross"
DEARER = 20
LEAST_SECONDS, LONGER = 5.0, 5
BACKWARDS = -1
COVERED = 0.9
A_QUARTER, A_HALF = 0.25, 0.5
TIMES = 8
"""Runs on each correct implementation. A suite that fails in a quarter of its runs by chance passes all of these in
one grading of a thousand."""
FEWER = 2
"""Alone or in another order, a broken implementation still fails at least one in so many of the tests."""
API = Api(
    module="inventory",
    classes={"Inventory": ("receive", "on_hand", "available", "reserve", "ship", "cancel", "low_stock")},
    parameters={"Inventory": ("hold_seconds",)},
    callbacks={"Inventory": ("clock",)},
    values={"Reservation": ("id", "sku", "quantity", "expires_at")},
    tokens={"Reservation": ("id",)},
    errors={"OutOfStock": ("sku", "wanted", "available")},
)


# --- implementations ---------------------------------------------------------------------------------------------


class Mutant(NamedTuple):
    """A broken implementation, and the promise that it belongs to."""

    group: str
    source: str


@cache
def correct(name: str) -> str:
    """The source of a correct implementation."""
    return (FOLDER / "variants" / f"{name}.py").read_text(encoding="utf-8")


@cache
def mutants() -> tuple[Mutant, ...]:
    """Every broken implementation of mutants.toml."""
    entries = tomllib.loads((FOLDER / "mutants.toml").read_text(encoding="utf-8"))["mutant"]
    return tuple(Mutant(entry["group"], _changed(entry)) for entry in entries)


def _changed(entry: dict[str, Any]) -> str:
    source = correct(entry["variant"])
    for old, new in [(entry["old"], entry["new"]), *entry.get("also", [])]:
        if source.count(old) != 1:
            raise ValueError(f"mutants.toml: {old!r} must occur in variants/{entry['variant']}.py exactly once")
        source = source.replace(old, new)
    return source


# --- judging -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Evidence:
    """What the tests did on every implementation, in their own order."""

    soundness: Soundness
    broken: list[tuple[Mutant, Run]]

    def noticed(self, group: str) -> list[bool]:
        """For each broken implementation of a group, whether a test failed that passes on all correct ones."""
        return [bool(self.soundness.counted(run)) for mutant, run in self.broken if mutant.group == group]


class Judge:
    """What all promises rest on, found out once.

    Correct and broken implementations come in one order drawn anew: which is which shows neither in the number of a
    process nor in the time, and each correct one comes often enough that whoever fails by chance fails on one of them.
    """

    def __init__(self, implementations: Implementations) -> None:
        self._implementations = implementations
        self._longest: float | None = None
        self._evidence: Evidence | None = None

    def run(self, submission: SubmissionHandle, rng: random.Random, source: str, **options: Any) -> Run:
        """Run the candidate's tests on an implementation, for not much longer than they take on a correct one."""
        if self._longest is not None:
            options["seconds"] = min(RUN_SECONDS, LEAST_SECONDS + LONGER * self._longest)
        return CandidateSuite(submission, self._implementations).run(source, seed=rng.getrandbits(32), **options)

    def evidence(self, submission: SubmissionHandle, rng: random.Random) -> Evidence:
        """Run the tests on everything. What is seen ends early where nothing can be judged."""
        if self._evidence is None:
            correct_ones: dict[str, list[Run]] = {name: [] for name in CORRECT}
            broken_ones: list[tuple[Mutant, Run]] = []
            for entry in plan(rng):
                if isinstance(entry, Mutant):
                    broken_ones.append((entry, self.run(submission, rng, entry.source)))
                    continue
                run = self.run(submission, rng, correct(entry))
                self._longest = max(self._longest or 0.0, run.seconds)
                correct_ones[entry].append(run)
                if run.fails_as_a_whole() or len(Soundness(correct_ones).failures) > MOST_UNSOUND:
                    break
            soundness = Soundness({name: runs for name, runs in correct_ones.items() if runs})
            self._evidence = Evidence(soundness, broken_ones)
        return self._evidence

    def sound(self, submission: SubmissionHandle, rng: random.Random) -> Evidence:
        """The same; what follows from it is not judged where too many tests fail."""
        evidence = self.evidence(submission, rng)
        if not evidence.soundness.is_bearable:
            raise Unkept(f"{evidence.soundness.in_words()}. Nothing else can be judged before that is settled")
        return evidence

    def noticing(self, submission: SubmissionHandle, rng: random.Random) -> Evidence:
        """The same, of a suite that notices something: one that does not is no suite, however sound and quick it is."""
        evidence = self.sound(submission, rng)
        noticed = [bool(evidence.soundness.counted(run)) for mutant, run in evidence.broken if mutant.group != GROSS]
        count, of, erratic = sum(noticed), len(noticed), evidence.soundness.erratic
        if count < of * (A_HALF if erratic else A_QUARTER):
            words = "half of them, since some tests fail only now and then" if erratic else "a quarter of them"
            raise Unkept(f"Your tests notice {count} of {of} broken implementations: this takes {words}")
        return evidence


def plan(rng: random.Random) -> list[str | Mutant]:
    """Names of correct implementations and broken ones, in the order of their runs.

    The first is correct: how long tests take on it bounds the others, and tells nothing of them.
    """
    gross = rng.choice([mutant for mutant in mutants() if mutant.group == GROSS])
    first, *rest = rng.sample(CORRECT * TIMES, len(CORRECT) * TIMES)
    blind: list[str | Mutant] = [*rest, gross, *(mutant for mutant in mutants() if mutant.group != GROSS)]
    rng.shuffle(blind)
    return [first, *blind]


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    """One for all promises of a grading."""
    with Implementations(API) as implementations:
        yield Judge(implementations)


def all_noticed(judge: Judge, submission: SubmissionHandle, rng: random.Random, group: str) -> None:
    """Every broken implementation of the group fails a test that passes on every correct one."""
    noticed = judge.sound(submission, rng).noticed(group)
    if not all(noticed):
        raise Unkept(
            f"All of your sound tests pass on {noticed.count(False)} of {len(noticed)} implementations that are "
            f"broken in such a way"
        )


# --- what goes wrong with stock ----------------------------------------------------------------------------------


@criterion("stock", hint="Receive an article twice; check the result, and articles that were never received.")
def test_receiving(submission: SubmissionHandle, rng: random.Random, judge: Judge) -> None:
    """Your tests notice when received pieces are not added up, or are reported wrongly."""
    all_noticed(judge, submission, rng, "receiving")


@criterion("stock", hint="Use a different spelling in each call, and SKUs of which nothing is left.")
def test_names(submission: SubmissionHandle, rng: random.Random, judge: Judge) -> None:
    """Your tests notice when some method does not convert a SKU to its normal form, or accepts a blank one."""
    all_noticed(judge, submission, rng, "names")


@criterion("stock", hint="Try 1, 0 and -1, with receive and with reserve.")
def test_quantities(submission: SubmissionHandle, rng: random.Random, judge: Judge) -> None:
    """Your tests notice when a quantity below 1 is accepted, or a quantity of 1 is refused."""
    all_noticed(judge, submission, rng, "quantities")


@criterion("stock", hint="Several articles: at the threshold, below it, equally scarce, held, never received.")
def test_scarce_articles(submission: SubmissionHandle, rng: random.Random, judge: Judge) -> None:
    """Your tests notice when `low_stock` lists the wrong articles, or lists them in the wrong order."""
    all_noticed(judge, submission, rng, "scarce")


@criterion("stock", hint="Two inventories, two articles, two reservations of one article; ids after a cancellation.")
def test_mixed_up(submission: SubmissionHandle, rng: random.Random, judge: Judge) -> None:
    """Your tests notice when inventories, articles or reservations affect one another."""
    all_noticed(judge, submission, rng, "apart")


# --- what goes wrong with reservations ---------------------------------------------------------------------------


@criterion("reservations", hint="Reserve everything that is available, one more than that, and several times.")
def test_reserving(submission: SubmissionHandle, rng: random.Random, judge: Judge) -> None:
    """Your tests notice when too much or too little can be reserved, or the counts are wrong afterwards."""
    all_noticed(judge, submission, rng, "reserving")


@criterion("reservations", hint="Check everything that OutOfStock states, and the stock afterwards.")
def test_refusals(submission: SubmissionHandle, rng: random.Random, judge: Judge) -> None:
    """Your tests notice when a refusal says something wrong, or changes the stock."""
    all_noticed(judge, submission, rng, "refusals")


@criterion("reservations", hint="Check both counts before and after; ship twice.")
def test_shipping(submission: SubmissionHandle, rng: random.Random, judge: Judge) -> None:
    """Your tests notice when shipping does not take the pieces away, or does not end the reservation."""
    all_noticed(judge, submission, rng, "shipping")


@criterion("reservations", hint="Check both counts before and after; cancel one of two; cancel twice.")
def test_cancelling(submission: SubmissionHandle, rng: random.Random, judge: Judge) -> None:
    """Your tests notice when cancelling does not release the pieces, or does more than that."""
    all_noticed(judge, submission, rng, "cancelling")


# --- time --------------------------------------------------------------------------------------------------------


@criterion(
    "expiry", hint="Check just before the moment, at it, and after it, with a clock that does not start at zero."
)
def test_expiry(submission: SubmissionHandle, rng: random.Random, judge: Judge) -> None:
    """Your tests notice when a reservation expires too early, too late or never, or can still be used afterwards."""
    all_noticed(judge, submission, rng, "expiry")


# --- sound -------------------------------------------------------------------------------------------------------


@criterion("sound", hint="Test what the specification says, and nothing that it leaves open.")
def test_every_test_is_sound(submission: SubmissionHandle, rng: random.Random, judge: Judge) -> None:
    """Every one of your tests passes on every correct implementation."""
    soundness = judge.sound(submission, rng).soundness
    if soundness.failures:
        raise Unkept(f"{soundness.in_words()}. The others are judged without")
    judge.noticing(submission, rng)


@criterion("sound", hint="Test what the specification says, and nothing that it leaves open.")
def test_nearly_every_test_is_sound(submission: SubmissionHandle, rng: random.Random, judge: Judge) -> None:
    """At most one in ten of your tests, and never more than five, fail on a correct implementation."""
    judge.noticing(submission, rng)


# --- isolation, speed, coverage ----------------------------------------------------------------------------------


def the_same_tests(
    judge: Judge, submission: SubmissionHandle, rng: random.Random, correct_runs: list[tuple[str, dict[str, Any]]]
) -> None:
    """Run in these manners, each test still passes on correct implementations and still notices a broken one."""
    evidence = judge.noticing(submission, rng)
    soundness = evidence.soundness
    gross, usual = next((mutant, run) for mutant, run in evidence.broken if mutant.group == GROSS)
    runs: list[tuple[str | Mutant, dict[str, Any]]] = [*correct_runs, (gross, correct_runs[-1][1])]
    rng.shuffle(runs)
    for entry, options in runs:
        if isinstance(entry, Mutant):
            failed = soundness.counted(judge.run(submission, rng, entry.source, **options))
            if not failed or len(soundness.counted(usual)) > FEWER * len(failed):
                raise Unkept("Your tests pass on an obviously broken implementation")
            continue
        run = judge.run(submission, rng, correct(entry), **options)
        if failures := [failure for failure in run.failures if failure.test not in soundness.failures]:
            raise Unkept(f"These fail on a correct implementation: {enumerated(failures)}")
        if missing := sorted(soundness.trusted - run.passed):
            raise Unkept(f"These are skipped on a correct implementation, or are not there: {enumerated(missing)}")


@criterion("isolation", hint="Build everything that a test needs in the test, or in a fixture.")
def test_any_order(submission: SubmissionHandle, rng: random.Random, judge: Judge) -> None:
    """In any order, your tests pass on a correct implementation and fail on a broken one."""
    backwards, drawn = rng.sample(UNSEEN, 2)
    runs = [(backwards, {"order": BACKWARDS}), (drawn, {"order": rng.getrandbits(32)})]
    the_same_tests(judge, submission, rng, runs)


@criterion("isolation", hint="Run one test with `pytest test_inventory.py::its_name`.")
def test_one_by_one(submission: SubmissionHandle, rng: random.Random, judge: Judge) -> None:
    """Each of your tests passes by itself, in a process of its own; on a broken implementation they fail."""
    the_same_tests(judge, submission, rng, [(rng.choice(UNSEEN), {"alone": True})])


@criterion("speed", hint="Advance a clock of your own instead of sleeping.")
def test_speed(submission: SubmissionHandle, reference: SubmissionHandle, rng: random.Random, judge: Judge) -> None:
    """All of your tests together cost at most 20 times as much as ours; a second of waiting costs as much as five."""
    soundness = judge.noticing(submission, rng).soundness
    ours = cost(judge.run(reference, rng, correct(name)) for name in UNSEEN)
    theirs = cost(soundness.all_runs)
    if theirs > DEARER * ours:
        raise Unkept(f"Your tests cost {theirs / ours:.0f} times as much as ours")


@criterion("coverage", hint="`coverage run -m pytest` and `coverage report -m` show the lines that no test runs.")
def test_coverage(submission: SubmissionHandle, rng: random.Random, judge: Judge) -> None:
    """Your tests run at least 90 % of the lines of each correct implementation."""
    for name, runs in judge.noticing(submission, rng).soundness.runs.items():
        lines = executable(correct(name))
        share = len(lines & runs[0].lines) / len(lines)
        if share < COVERED:
            raise Unkept(f"Your tests run {share:.0%} of the lines of a correct implementation")


def executable(source: str) -> set[int]:
    """The lines that can be run: those of every code object, besides the one where it begins."""
    found: set[int] = set()
    waiting = [compile(source, "inventory.py", "exec")]
    while waiting:
        code = waiting.pop()
        found |= {line for _, _, line in code.co_lines() if line and line != code.co_firstlineno}
        waiting += [constant for constant in code.co_consts if hasattr(constant, "co_lines")]
    return found
