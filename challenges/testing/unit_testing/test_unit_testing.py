"""Hidden suite: the candidate's tests meet correct and broken implementations, blind, in an order drawn anew.

All implementations stay out here: inside, `inventory` is the same stub for each of them. So neither a text nor a size
nor a time says whether one is correct; only testing does.
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
    RUN_SECONDS,
    THE_RUN,
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
A_QUARTER = 4
API = Api(
    module="inventory",
    classes={"Inventory": ("receive", "on_hand", "available", "reserve", "ship", "cancel", "low_stock")},
    parameters={"Inventory": ("hold_seconds",)},
    callbacks={"Inventory": ("clock",)},
    values={"Reservation": ("id", "sku", "quantity", "expires_at")},
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
            raise ValueError(f"mutants.toml: {old!r} must stand in variants/{entry['variant']}.py exactly once")
        source = source.replace(old, new)
    return source


def broken(group: str) -> list[str]:
    """The broken implementations of a group."""
    return [mutant.source for mutant in mutants() if mutant.group == group]


# --- judging -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Noticed:
    """What the tests noticed of one group."""

    count: int
    of: int
    erratic: str = ""
    """Tests that passed on a correct implementation before and failed on one in between."""


class Judge:
    """What several promises rest on, found out once."""

    def __init__(self, implementations: Implementations) -> None:
        self._implementations = implementations
        self._soundness: Soundness | None = None
        self._noticed: dict[str, Noticed] = {}

    def run(self, submission: SubmissionHandle, rng: random.Random, source: str, **options: Any) -> Run:
        """Run the candidate's tests on an implementation, for not much longer than they take on correct ones."""
        if self._soundness is not None:
            longest = max(run.seconds for run in self._soundness.runs.values())
            options["seconds"] = min(RUN_SECONDS, LEAST_SECONDS + LONGER * longest)
        return CandidateSuite(submission, self._implementations).run(source, seed=rng.getrandbits(32), **options)

    def soundness(self, submission: SubmissionHandle, rng: random.Random) -> Soundness:
        """Which tests fail on a correct implementation."""
        if self._soundness is None:
            runs: dict[str, Run] = {}
            for name in rng.sample(CORRECT, len(CORRECT)):
                runs[name] = self.run(submission, rng, correct(name))
                if THE_RUN in Soundness(runs).failures:  # nothing can be judged, and it may have taken long
                    break
            self._soundness = Soundness(runs)
        return self._soundness

    def sound(self, submission: SubmissionHandle, rng: random.Random) -> Soundness:
        """The same; what follows from it is not judged where too many tests fail."""
        soundness = self.soundness(submission, rng)
        if not soundness.is_bearable:
            raise Unkept(f"{soundness.in_words()}. Nothing else can be judged before that is settled")
        return soundness

    def noticed(self, submission: SubmissionHandle, rng: random.Random, group: str) -> Noticed:
        """How many of a group's broken implementations fail a sound test, with a correct one somewhere in between."""
        unsound = self.sound(submission, rng).failures
        if group in self._noticed:
            return self._noticed[group]
        order = [(source, False) for source in broken(group)] + [(correct(rng.choice(UNSEEN)), True)]
        rng.shuffle(order)
        count, erratic = 0, ""
        for source, is_correct in order:
            failed = self.run(submission, rng, source, unsound=unsound, stop=True).failed(unsound=unsound)
            if is_correct:
                erratic = enumerated(failed)
            else:
                count += bool(failed)
        self._noticed[group] = Noticed(count, len(order) - 1, erratic)
        return self._noticed[group]

    def require_noticing(self, submission: SubmissionHandle, rng: random.Random) -> None:
        """A suite that notices next to nothing is no suite, however sound and quick it is."""
        groups = dict.fromkeys(mutant.group for mutant in mutants() if mutant.group != GROSS)
        noticed = [self.noticed(submission, rng, group) for group in groups]
        count, of = sum(one.count for one in noticed if not one.erratic), sum(one.of for one in noticed)
        if A_QUARTER * count < of:
            raise Unkept(f"Your tests notice {count} of {of} broken implementations: this takes a quarter of them")


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    """One for all promises of a grading."""
    with Implementations(API) as implementations:
        yield Judge(implementations)


def all_noticed(judge: Judge, submission: SubmissionHandle, rng: random.Random, group: str) -> None:
    """Every broken implementation of the group fails, and the correct one in between passes."""
    noticed = judge.noticed(submission, rng, group)
    if noticed.erratic:
        raise Unkept(f"On a correct implementation that passed before, these fail: {noticed.erratic}")
    if noticed.count < noticed.of:
        passed = noticed.of - noticed.count
        raise Unkept(
            f"All of your tests pass on {passed} of {noticed.of} implementations that are broken in such a way"
        )


# --- what goes wrong with stock ----------------------------------------------------------------------------------


@criterion("stock", hint="Receive an article twice; look at the answer, and at articles nobody has received.")
def test_receiving(submission: SubmissionHandle, rng: random.Random, judge: Judge) -> None:
    """Your tests notice when received pieces are not added up, or are reported wrongly."""
    all_noticed(judge, submission, rng, "receiving")


@criterion("stock", hint="Use another spelling in each call, and SKUs of which nothing is left.")
def test_names(submission: SubmissionHandle, rng: random.Random, judge: Judge) -> None:
    """Your tests notice when some method does not bring a SKU into its normal form, or accepts a blank one."""
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


@criterion("reservations", hint="Reserve all that there is, one more than that, and several times.")
def test_reserving(submission: SubmissionHandle, rng: random.Random, judge: Judge) -> None:
    """Your tests notice when too much or too little can be reserved, or the counts are wrong afterwards."""
    all_noticed(judge, submission, rng, "reserving")


@criterion("reservations", hint="Look at all that OutOfStock says, and at the stock after it.")
def test_refusals(submission: SubmissionHandle, rng: random.Random, judge: Judge) -> None:
    """Your tests notice when a refusal says something wrong, or changes the stock."""
    all_noticed(judge, submission, rng, "refusals")


@criterion("reservations", hint="Look at both counts before and after; ship twice.")
def test_shipping(submission: SubmissionHandle, rng: random.Random, judge: Judge) -> None:
    """Your tests notice when shipping does not take the pieces away, or does not end the reservation."""
    all_noticed(judge, submission, rng, "shipping")


@criterion("reservations", hint="Look at both counts before and after; cancel one of two; cancel twice.")
def test_cancelling(submission: SubmissionHandle, rng: random.Random, judge: Judge) -> None:
    """Your tests notice when cancelling does not give the pieces free, or does more than that."""
    all_noticed(judge, submission, rng, "cancelling")


# --- time --------------------------------------------------------------------------------------------------------


@criterion("expiry", hint="Look just before the moment, at it, and after it, with a clock that does not start at zero.")
def test_expiry(submission: SubmissionHandle, rng: random.Random, judge: Judge) -> None:
    """Your tests notice when a reservation expires too early, too late or never, or can still be used afterwards."""
    all_noticed(judge, submission, rng, "expiry")


# --- sound -------------------------------------------------------------------------------------------------------


@criterion("sound", hint="Test what the specification says, and nothing that it leaves open.")
def test_every_test_is_sound(submission: SubmissionHandle, rng: random.Random, judge: Judge) -> None:
    """Every one of your tests passes on every correct implementation."""
    soundness = judge.sound(submission, rng)
    if soundness.failures:
        raise Unkept(f"{soundness.in_words()}. The others are judged without")
    judge.require_noticing(submission, rng)


@criterion("sound", hint="Test what the specification says, and nothing that it leaves open.")
def test_nearly_every_test_is_sound(submission: SubmissionHandle, rng: random.Random, judge: Judge) -> None:
    """At most one in ten of your tests, and never more than five, fail on a correct implementation."""
    judge.require_noticing(submission, rng)


# --- isolation, speed, coverage ----------------------------------------------------------------------------------


def told_apart(
    judge: Judge, submission: SubmissionHandle, rng: random.Random, runs: list[tuple[str, bool, dict[str, Any]]]
) -> None:
    """Run in these manners, the sound tests pass on correct implementations, and not all of them on broken ones."""
    unsound = judge.sound(submission, rng).failures
    rng.shuffle(runs)
    for source, is_correct, options in runs:
        failed = judge.run(submission, rng, source, unsound=unsound, stop=not is_correct, **options).failed(
            unsound=unsound
        )
        if failed and is_correct:
            raise Unkept(f"These fail on a correct implementation: {enumerated(failed)}")
        if not failed and not is_correct:
            raise Unkept("All of your tests pass on an obviously broken implementation")


@criterion("isolation", hint="Build everything that a test needs in the test, or in a fixture.")
def test_any_order(submission: SubmissionHandle, rng: random.Random, judge: Judge) -> None:
    """Your tests pass in any order on a correct implementation, and not all of them do on a broken one."""
    judge.require_noticing(submission, rng)
    backwards, drawn = rng.sample(UNSEEN, 2)
    runs = [
        (correct(backwards), True, {"order": BACKWARDS}),
        (correct(drawn), True, {"order": rng.getrandbits(32)}),
        (rng.choice(broken(GROSS)), False, {"order": rng.getrandbits(32)}),
    ]
    told_apart(judge, submission, rng, runs)


@criterion("isolation", hint="Run one test with `pytest test_inventory.py::its_name`.")
def test_one_by_one(submission: SubmissionHandle, rng: random.Random, judge: Judge) -> None:
    """Each of your tests passes by itself, in a process of its own; not all of them do on a broken implementation."""
    judge.require_noticing(submission, rng)
    alone = {"alone": True}
    runs = [(correct(rng.choice(UNSEEN)), True, alone), (rng.choice(broken(GROSS)), False, alone)]
    told_apart(judge, submission, rng, runs)


@criterion("speed", hint="Advance a clock of your own instead of sleeping.")
def test_speed(submission: SubmissionHandle, reference: SubmissionHandle, rng: random.Random, judge: Judge) -> None:
    """All of your tests together cost at most 20 times as much as ours; a second of waiting costs as much as five."""
    judge.require_noticing(submission, rng)
    ours = cost(judge.run(reference, rng, correct(name)) for name in UNSEEN)
    theirs = cost(judge.soundness(submission, rng).runs.values())
    if theirs > DEARER * ours:
        raise Unkept(f"Your tests cost {theirs / ours:.0f} times as much as ours")


@criterion("coverage", hint="`coverage run -m pytest` and `coverage report -m` show the lines that no test runs.")
def test_coverage(submission: SubmissionHandle, rng: random.Random, judge: Judge) -> None:
    """Your tests run at least 90 % of the lines of each correct implementation."""
    judge.require_noticing(submission, rng)
    for name, run in judge.soundness(submission, rng).runs.items():
        lines = executable(correct(name))
        share = len(lines & run.lines) / len(lines)
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
