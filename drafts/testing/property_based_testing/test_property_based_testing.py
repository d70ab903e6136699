"""Hidden suite: the candidate's properties meet correct and broken implementations, which stay out here.

Each kind of mistake has several broken implementations, with a number that is drawn anew: no list of examples covers
them, and a strategy that reaches such places finds each of them with a probability of at least 0.999.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from grader.suite import (
    Api,
    ChildLost,
    FailedProperty,
    Implementations,
    PropertySuite,
    Raised,
    SubmissionHandle,
    Unkept,
    bearable,
    criterion,
    enumerated,
)

FOLDER = Path(__file__).resolve().parent
CORRECT: Mapping[str, tuple[str, ...]] = {
    "intervals": ("pieces", "boundaries", "journal"),
    "codec": ("pattern", "scanner", "runs"),
    "scheduler": ("ordered", "events", "workers"),
}
NAMES = {"intervals": {"IntervalMap"}, "codec": {"encode", "decode"}, "scheduler": {"plan"}}
"""What each module has to call."""
SIZE = "size"
TWICE = 2
SEEDS, ROUNDS = 3, 2
"""Correct implementations come under each seed; broken ones under the first, and, if they are not found, the next."""
A_QUARTER = 0.25
MORE_THAN_LUCK = 2
"""Whoever guesses finds one mistake in one grading of forty, and two in one of thousands."""
TRIED = 3
"""Properties of which the reported example is looked at; the smallest counts."""
API = Api(
    module="tested",
    classes={"IntervalMap": ("assign", "erase", "get", "items")},
    functions=("encode", "decode", "plan"),
    calls=60_000,
    lines=False,
)


# --- implementations ---------------------------------------------------------------------------------------------


class Mutant(NamedTuple):
    """A broken implementation of a module, its kind, and the number from which it goes wrong."""

    kind: str
    module: str
    n: int
    source: str
    right: str
    """Its twin: the same implementation, which never goes wrong. Nothing else tells the two apart."""


@cache
def correct(module: str, name: str) -> str:
    """Return the source of a correct implementation."""
    return (FOLDER / "variants" / module / f"{name}.py").read_text(encoding="utf-8")


@cache
def entries() -> tuple[dict[str, Any], ...]:
    """Return what mutants.toml says."""
    return tuple(tomllib.loads((FOLDER / "mutants.toml").read_text(encoding="utf-8"))["mutant"])


def mutant(entry: Mapping[str, Any], n: int) -> Mutant:
    """Return the broken implementation that goes wrong from `n` on."""
    module, name = entry["variant"].split("/")
    right = _changed(entry, entry["right"]) if "right" in entry else correct(module, name)
    return Mutant(entry["kind"], module, n, _changed(entry, n), right)


def _changed(entry: Mapping[str, Any], n: int) -> str:
    source = correct(*entry["variant"].split("/"))
    for old, new in [(entry["old"], entry["new"]), *entry.get("also", [])]:
        if source.count(old) != 1:
            raise ValueError(f"mutants.toml: {old!r} must occur in variants/{entry['variant']}.py exactly once")
        source = source.replace(old, new.lstrip("\n").replace("@", str(n)))
    return source


def drawn_mutants(rng: random.Random) -> list[Mutant]:
    """Draw a broken implementation of each kind in each module."""
    kinds: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for entry in entries():
        kinds.setdefault((entry["variant"].split("/")[0], entry["kind"]), []).append(entry)
    chosen = [rng.choice(several) for several in kinds.values()]
    return [mutant(entry, rng.randint(*entry["n"])) for entry in chosen]


class Pair(NamedTuple):
    """A broken implementation and its twin, each with the same correct implementations of the other modules."""

    wrong: str
    right: str


def pair(one: Mutant, rng: random.Random) -> Pair:
    """Draw implementations of the other modules."""
    others = [correct(module, rng.choice(names)) for module, names in CORRECT.items() if module != one.module]
    return Pair("\n\n".join([*others, one.source]), "\n\n".join([*others, one.right]))


# --- judging -----------------------------------------------------------------------------------------------------


@dataclass
class Evidence:
    """What the properties did, on everything."""

    names: tuple[str, ...] = ()
    problem: str = ""
    """Why nothing can be judged."""
    unsound: dict[int, FailedProperty] = field(default_factory=dict)
    found: dict[str, bool] = field(default_factory=dict)
    large: dict[str, str] = field(default_factory=dict)
    """What is wrong with the counterexamples of a module, if anything is."""

    def in_words(self) -> str:
        """Describe the unsound properties for the candidate."""
        failing = [f"{self.names[number]} ({failure.error})" for number, failure in self.unsound.items()]
        fail = "fails" if len(failing) == 1 else "fail"
        count, of = len(failing), len(self.names)
        return f"{count} of your {of} properties {fail} on a correct implementation: {enumerated(failing)}"


class Judge:
    """What all promises rest on, found out once."""

    def __init__(self, implementations: Implementations) -> None:
        self._implementations = implementations
        self._evidence: Evidence | None = None

    def evidence(self, submission: SubmissionHandle, rng: random.Random) -> Evidence:
        """Return what the properties do on everything; what is seen ends early where nothing can be judged."""
        if self._evidence is None:
            self._evidence = evidence = Evidence()
            try:
                Trial(PropertySuite(submission, self._implementations), rng, evidence).hold()
            except (ChildLost, Raised) as lost:
                evidence.problem = f"Your suite ended early: {lost}"
        if self._evidence.problem:
            raise Unkept(f"{self._evidence.problem}. Nothing can be judged before that is settled")
        return self._evidence

    def finding(self, submission: SubmissionHandle, rng: random.Random) -> Evidence:
        """Return the same, of a suite that finds something: one that does not is no suite, however sound it is."""
        evidence = self.evidence(submission, rng)
        count, of = sum(evidence.found.values()), len(evidence.found)
        if count < of * A_QUARTER:
            raise Unkept(f"Your properties find {count} of {of} mistakes: this takes a quarter of them")
        return evidence


class Trial:
    """One grading: correct implementations, then broken ones in an order drawn anew."""

    def __init__(self, suite: PropertySuite, rng: random.Random, evidence: Evidence) -> None:
        self._suite = suite
        self._rng = rng
        self._evidence = evidence
        self._seeds = [rng.getrandbits(32) for _ in range(SEEDS)]
        self._called: dict[int, frozenset[str]] = {}

    def hold(self) -> None:
        """Run everything, and write the evidence."""
        evidence = self._evidence
        self._suite.collect()
        evidence.names = self._suite.names
        if self._suite.problems:
            evidence.problem = f"Your tests cannot be collected: {enumerated(self._suite.problems)}"
        elif not evidence.names:
            evidence.problem = "You have no test that Hypothesis drives"
        else:
            self._correct_ones()
        if evidence.problem:
            return
        mutants = drawn_mutants(self._rng)
        self._rng.shuffle(mutants)
        for one in mutants:
            if one.kind == SIZE:
                evidence.large[one.module] = self._too_large(one)
            else:
                evidence.found[one.kind] = any(self._found(one, seed) is not None for seed in self._seeds[:ROUNDS])

    def _correct_ones(self) -> None:
        evidence = self._evidence
        orders = {module: self._rng.sample(names, len(names)) for module, names in CORRECT.items()}
        for number in range(len(evidence.names)):
            for index, seed in enumerate(self._seeds):
                source = "\n\n".join(correct(module, names[index]) for module, names in orders.items())
                self._suite.draw(number, seed=seed)
                run = self._suite.run(source, seed=seed, number=number)
                self._called[number] = self._called.get(number, frozenset()) | run.called
                if run.failure is not None:
                    evidence.unsound[number] = run.failure
                    break
        if not bearable(len(evidence.unsound), len(evidence.names)):
            evidence.problem = evidence.in_words()

    def _found(self, one: Mutant, seed: int) -> FailedProperty | None:
        """Return a failure that distinguishes a broken implementation from a correct one, if there is any.

        Only the first failure is looked at: whoever guesses guesses once.
        """
        sources = pair(one, self._rng)
        for number in self._concerned(one.module):
            if failure := self._suite.run(sources.wrong, seed=seed, number=number).failure:
                return failure if self._distinguishes(failure, sources) else None
        return None

    def _distinguishes(self, failure: FailedProperty, sources: Pair) -> bool:
        return self._suite.distinguishes(failure, right=sources.right, wrong=sources.wrong, rng=self._rng)

    def _concerned(self, module: str) -> list[int]:
        """Return the sound properties that called the module when it was right."""
        sound = [number for number in range(len(self._evidence.names)) if number not in self._evidence.unsound]
        return [number for number in sound if self._called.get(number, frozenset()) & NAMES[module]]

    def _too_large(self, one: Mutant) -> str:
        """Return what is wrong with the example that Hypothesis reports of this implementation."""
        sources = pair(one, self._rng)
        sizes: list[int] = []
        seed = self._seeds[0]
        runs = [self._suite.run(sources.wrong, seed=seed, number=number) for number in self._concerned(one.module)]
        failing = [run.failure.number for run in runs if run.failure is not None]
        for number in failing[:TRIED]:
            shrunk = self._suite.shrunk(sources.wrong, seed=seed, number=number)
            if shrunk and self._distinguishes(shrunk, sources):
                sizes.append(self._size(one.module, sources.wrong, shrunk))
                if sizes[-1] <= TWICE * one.n:
                    return ""
        what = {"intervals": "changes", "codec": "characters", "scheduler": "tasks"}[one.module]
        if not sizes:
            return f"None of your properties finds an implementation that goes wrong from {one.n} {what} on"
        return (
            f"The smallest example reported has {min(sizes)} {what}, where {one.n} are enough: at most {TWICE * one.n}"
        )

    def _size(self, module: str, source: str, failure: FailedProperty) -> int:
        calls = self._suite.sizes(source, failure)
        if module == "intervals":
            return sum(calls[name].count for name in ("assign", "erase") if name in calls)
        name = {"codec": "encode", "scheduler": "plan"}[module]
        return calls[name].longest if name in calls else 0


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    """One for all promises of a grading."""
    with Implementations(API) as implementations:
        yield Judge(implementations)


def found(judge: Judge, submission: SubmissionHandle, rng: random.Random, kind: str) -> None:
    """Hold the promise that the broken implementation of this kind is found."""
    evidence = judge.evidence(submission, rng)
    if not evidence.found[kind]:
        raise Unkept("None of your sound properties finds a counterexample that repeats, under either seed")
    if sum(evidence.found.values()) < MORE_THAN_LUCK:
        raise Unkept("It is found, and nothing else: one find may be luck, so it counts together with another")


# --- intervals ---------------------------------------------------------------------------------------------------


@criterion("intervals", hint="Draw ends from few positions, values from two or three, and more changes than that.")
def test_merging(submission: SubmissionHandle, rng: random.Random, judge: Judge) -> None:
    """Your properties find that ranges which touch and have the same value are not joined."""
    found(judge, submission, rng, "merging")


@criterion("intervals", hint="Change the middle of a range so that one position is left on a side.")
def test_splitting(submission: SubmissionHandle, rng: random.Random, judge: Judge) -> None:
    """Your properties find that what is left of a range beside a change is lost."""
    found(judge, submission, rng, "splitting")


@criterion("intervals", hint="Look up every position near an end, also of ranges with one position.")
def test_lookup(submission: SubmissionHandle, rng: random.Random, judge: Judge) -> None:
    """Your properties find that `get` is wrong at the ends of ranges."""
    found(judge, submission, rng, "lookup")


@criterion("intervals", hint="Replace and erase several ranges at once, from end to end.")
def test_swallowing(submission: SubmissionHandle, rng: random.Random, judge: Judge) -> None:
    """Your properties find that a change which covers several ranges leaves one of them."""
    found(judge, submission, rng, "swallowing")


# --- codec -------------------------------------------------------------------------------------------------------


@criterion("codec", hint="Draw runs, a character and how often, and join them.")
def test_long_runs(submission: SubmissionHandle, rng: random.Random, judge: Judge) -> None:
    """Your properties find that long runs are written or read wrongly."""
    found(judge, submission, rng, "long")


@criterion("codec", hint="Draw from one-, two-, three- and four-byte characters alike, and repeat them.")
def test_alphabet(submission: SubmissionHandle, rng: random.Random, judge: Judge) -> None:
    """Your properties find that runs of some characters outside ASCII are counted wrongly."""
    found(judge, submission, rng, "alphabet")


@criterion("codec", hint="Put codes together from parts that are nearly right.")
def test_strictness(submission: SubmissionHandle, rng: random.Random, judge: Judge) -> None:
    """Your properties find that `decode` accepts what is the code of no text."""
    found(judge, submission, rng, "strict")


@criterion("codec", hint="Draw `~` and digits often, beside each other and beside long runs.")
def test_marks(submission: SubmissionHandle, rng: random.Random, judge: Judge) -> None:
    """Your properties find that `~` is not always written as a run."""
    found(judge, submission, rng, "escape")


# --- scheduler ---------------------------------------------------------------------------------------------------


@criterion("scheduler", hint="Draw priorities from two or three, and tasks that wait for each other.")
def test_ties(submission: SubmissionHandle, rng: random.Random, judge: Judge) -> None:
    """Your properties find that the wrong one of several tasks with one priority starts."""
    found(judge, submission, rng, "ties")


@criterion("scheduler", hint="Draw what a task waits for from the names of the others, several at once.")
def test_waiting(submission: SubmissionHandle, rng: random.Random, judge: Judge) -> None:
    """Your properties find that a task starts before everything that it waits for has ended."""
    found(judge, submission, rng, "waiting")


@criterion("scheduler", hint="Draw plans with loops, short and long, beside other tasks.")
def test_loops(submission: SubmissionHandle, rng: random.Random, judge: Judge) -> None:
    """Your properties find that some tasks which wait for each other are not refused."""
    found(judge, submission, rng, "loops")


@criterion("scheduler", hint="Draw few durations, so that tasks end at one time, and three or four workers.")
def test_workers(submission: SubmissionHandle, rng: random.Random, judge: Judge) -> None:
    """Your properties find that a task is not given to the free worker with the lowest number."""
    found(judge, submission, rng, "crowd")


# --- sound -------------------------------------------------------------------------------------------------------


@criterion("sound", hint="Test what the specification says, and nothing that it leaves open.")
def test_every_property_is_sound(submission: SubmissionHandle, rng: random.Random, judge: Judge) -> None:
    """Every one of your properties passes on every correct implementation."""
    evidence = judge.finding(submission, rng)
    if evidence.unsound:
        raise Unkept(f"{evidence.in_words()}. The others are judged without")


@criterion("sound", hint="Test what the specification says, and nothing that it leaves open.")
def test_nearly_every_property_is_sound(submission: SubmissionHandle, rng: random.Random, judge: Judge) -> None:
    """At most one in ten of your properties, or one, fails on a correct implementation."""
    judge.finding(submission, rng)


# --- small -------------------------------------------------------------------------------------------------------


def small(judge: Judge, submission: SubmissionHandle, rng: random.Random, module: str) -> None:
    """Hold the promise that the counterexamples of a module are small."""
    if problem := judge.finding(submission, rng).large[module]:
        raise Unkept(problem)


SHRINKING = "Draw inputs piece by piece, from lists that may be short; do not compute them from a drawn seed."


@criterion("small", hint=SHRINKING)
def test_small_changes(submission: SubmissionHandle, rng: random.Random, judge: Judge) -> None:
    """The reported counterexample for `intervals` makes at most twice as many changes as it takes."""
    small(judge, submission, rng, "intervals")


@criterion("small", hint=SHRINKING)
def test_small_texts(submission: SubmissionHandle, rng: random.Random, judge: Judge) -> None:
    """The reported counterexample for `codec` is at most twice as long as it takes."""
    small(judge, submission, rng, "codec")


@criterion("small", hint=SHRINKING)
def test_small_plans(submission: SubmissionHandle, rng: random.Random, judge: Judge) -> None:
    """The reported counterexample for `scheduler` has at most twice as many tasks as it takes."""
    small(judge, submission, rng, "scheduler")
