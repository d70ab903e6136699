"""Which mutants are noticed, and by what: the hidden suite first, then the analysers (types, constructs).

Each worker lays out the reference in a folder that a sandbox shows live, and exchanges one file between children: the
reference's author is trusted, so one sandbox serves hundreds of mutants. The hidden tests that have killed the most
mutants so far run first, and a mutant's run ends at the first broken promise.
"""

from __future__ import annotations

import hashlib
import queue
import threading
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from grader import rubric
from grader.evidence.suite.job import Ran, behaviour_criteria
from grader.intake import digest
from grader.model import Kind, MarkStatus, SourceFile, Submission
from grader.verify.examination import Examination, OwnSubmission, usable
from grader.verify.mutation.generation import Mutant
from grader.verify.trial import Trial, chance_to_pass

LEAST_PATIENCE = 0.5
"""The shortest time limit for a call of a mutant, in seconds: long compared with any call of a reference, short
compared with an endless loop."""
PATIENCE = 3.0
"""The time limit for a call of a mutant, as a multiple of the reference's slowest test."""

CONFIRMED = 4.0
"""The factor by which that time limit grows when a mutant that seemed to hang is tested again."""
GLANCE = 5
"""The number of examples per test at first, spread across the exam: most mutants break on any input. Survivors get all
of them."""

ROTATING = 3
"""The number of exams that mutants sit in rotation."""
COUNTED = 3
"""The number of failing examples that end a test of a mutant: enough to tell whether it was noticed by luck."""
LUCK = 0.02
"""A mutant counts as dead under every seed if its killer misses it with at most this probability."""
MOST = 0.8
"""The share of all seeds under which a mutant has to die."""

BROKEN = 'raise RuntimeError("this module cannot be imported")\n'

READERS = (Kind.TYPES, Kind.CONSTRUCTS)
"""Kinds of criteria that notice a mutant by its text."""


class MutantFate(NamedTuple):
    """The fate of one mutant. `killer` is a hidden test's name, `types` or `constructs`; it is empty for a survivor."""

    mutant: Mutant
    killer: str
    at_a_glance: bool = False
    """Whether GLANCE examples per test were enough."""
    lucky: str = ""
    """How many of the seeds kill it, such as `2 of 5`, if they are too few."""


class Killers:
    """The number of mutants that each hidden test has killed; shared by all workers."""

    def __init__(self) -> None:
        self._kills: Counter[str] = Counter()
        self._here: dict[str, Counter[str]] = defaultdict(Counter)
        self._lock = threading.Lock()

    def credit(self, test: str, mutant: Mutant) -> None:
        """Record that a test has killed a mutant."""
        with self._lock:
            self._kills[test] += 1
            self._here[mutant.place][test] += 1

    def order(self, mutant: Mutant) -> tuple[str, ...]:
        """Return the tests by number of kills, starting with those that killed mutants in the same place."""
        with self._lock:
            near = [test for test, _ in self._here[mutant.place].most_common()]
            return tuple(dict.fromkeys([*near, *(test for test, _ in self._kills.most_common())]))


def kill(exam: Examination, mutants: Sequence[Mutant], killers: Killers) -> list[MutantFate]:
    """Find out what kills each mutant."""
    deaths = (
        _by_suite(exam, mutants, killers)
        if behaviour_criteria(exam.challenge)
        else [MutantFate(m, "") for m in mutants]
    )
    alive = [death.mutant for death in deaths if not death.killer]
    read = exam.each(lambda mutant: MutantFate(mutant, _reader(exam, mutant)), alive, saying="surviving mutant")
    noticed = {death.mutant.id: death for death in read}
    return [noticed.get(death.mutant.id, death) for death in deaths]


def _by_suite(exam: Examination, mutants: Sequence[Mutant], killers: Killers) -> list[MutantFate]:
    todo: queue.SimpleQueue[tuple[int, Mutant]] = queue.SimpleQueue()
    for numbered in enumerate(mutants):
        todo.put(numbered)
    found: dict[str, MutantFate] = {}

    def work(worker: int) -> None:
        with Stall(exam, worker) as stall:
            while not todo.empty():
                exam.go_on()
                try:
                    number, mutant = todo.get_nowait()
                except queue.Empty:
                    return
                found[mutant.id] = stall.death(mutant, killers, number)
                exam.progress(f"{exam.challenge.slug}: mutant {len(found)} of {len(mutants)}")

    exam.each(work, range(exam.workers), saying="warming up for mutants")
    return [found[mutant.id] for mutant in mutants]


class Stall:
    """A worker's folder, which holds the reference with one file exchanged at a time."""

    def __init__(self, exam: Examination, worker: int) -> None:
        self._exam = exam
        self._reference: OwnSubmission = exam.entrant("solution")
        self._folder = exam.folder(f"mutants-{worker}")
        self._call_seconds = exam.challenge.manifest.budget.call_seconds
        self._shared = True
        self._reference.submission.write(self._folder)

    def __enter__(self) -> Stall:
        """Run the reference itself, to find out how long a call may take and whether an open sandbox shows changes."""
        seed = self._exam.seeds[0]
        trial = usable(self._attempt("reference", (), None, seed), self._exam.challenge)
        slowest = max((promise.seconds for promise in trial.promises), default=0.0)
        self._call_seconds = min(self._call_seconds, max(LEAST_PATIENCE, PATIENCE * slowest))
        self._shared = self._shows_changes(seed)
        return self

    def _shows_changes(self, seed: int) -> bool:
        """Return whether an open sandbox shows changes to the folder. A sandbox with a copy is reopened each time."""
        path = self._exam.challenge.manifest.modules[0]
        broken = Mutant(id="broken", path=path, line=1, text=BROKEN, diff="")
        return self._with(broken, Killers(), GLANCE, seed) is not None

    def __exit__(self, *_: object) -> None:
        """Leave the folder in place: it is removed with the examination."""

    def death(self, mutant: Mutant, killers: Killers, number: int) -> MutantFate:
        """Return the mutant's fate under the hidden tests; `number` selects the exam."""
        seeds = self._exam.seeds
        at = number % min(ROTATING, len(seeds))
        seed, other = seeds[at], seeds[(at + 1) % len(seeds)]
        glanced = self._with(mutant, killers, GLANCE, seed)
        found = glanced or self._with(mutant, killers, None, seed)
        missed = found is None and other != seed
        if found is None and missed:
            found = self._with(mutant, killers, None, other)
        if found is not None and found.promise.seconds >= self._call_seconds:
            found = self._confirmed(mutant, killers, other if missed else seed)
        if found is None:
            return MutantFate(mutant, "")
        killers.credit(found.promise.id, mutant)
        lucky = ""
        if missed or chance_to_pass(found) > LUCK:
            known = {seed: not missed} | ({other: True} if missed else {})
            lucky = self._luck(mutant, killers, known)
        return MutantFate(mutant, found.promise.id, at_a_glance=glanced is not None, lucky=lucky)

    def _luck(self, mutant: Mutant, killers: Killers, known: dict[int, bool]) -> str:
        """Return how many of the seeds kill the mutant if they are too few, else an empty string."""
        seeds = self._exam.seeds
        died = sum(
            known[seed] if seed in known else self._with(mutant, killers, None, seed) is not None for seed in seeds
        )
        return f"{died} of {len(seeds)}" if died < MOST * len(seeds) else ""

    def _confirmed(self, mutant: Mutant, killers: Killers, seed: int) -> Ran | None:
        """Give a mutant that was merely slow a second test with more time: the machine may have been slow."""
        usual = self._call_seconds
        self._call_seconds = min(self._exam.challenge.manifest.budget.call_seconds, CONFIRMED * usual)
        try:
            return self._with(mutant, killers, None, seed)
        finally:
            self._call_seconds = usual

    def _with(self, mutant: Mutant, killers: Killers, examples: int | None, seed: int) -> Ran | None:
        """Return the first test whose promise breaks with the mutant's file in place of the reference's."""
        path = self._folder / mutant.path
        try:
            _exchange(path, mutant.text)
            return usable(self._attempt(mutant.id, killers.order(mutant), examples, seed), self._exam.challenge).broken
        finally:
            _exchange(path, self._reference.submission.text(mutant.path) or "")

    def _attempt(self, name: str, first: tuple[str, ...], examples: int | None, seed: int) -> Trial:
        job = self._exam.job(self._folder, digest=hashlib.sha256(name.encode()).hexdigest(), seed=seed)
        return self._exam.attempt(
            msgspec.structs.replace(
                job,
                first=first,
                stop_at_first=True,
                failing_examples=COUNTED,
                shared=self._shared,
                call_seconds=self._call_seconds,
                examples=examples,
            )
        )


def _exchange(path: Path, text: str) -> None:
    """Replace a file by renaming, so that a child reads either the whole old file or the whole new one."""
    neighbour = path.with_name(f".{path.name}.new")
    neighbour.write_text(text, encoding="utf-8", newline="")
    neighbour.chmod(0o644)
    neighbour.replace(path)


def _reader(exam: Examination, mutant: Mutant) -> str:
    """Return the first kind of analysed criterion that the mutant loses, or an empty string if it loses none."""
    challenge = exam.challenge
    if not any(criterion.kind in READERS for criterion in challenge.manifest.criteria):
        return ""
    evidence = exam.analysed(_mutated(exam.entrant("solution").submission, mutant))
    marks = rubric.mark(challenge, evidence)
    lost = (mark.kind for mark in marks if mark.kind in READERS and mark.status is not MarkStatus.EARNED)
    return next((kind.value for kind in lost), "")


def _mutated(reference: Submission, mutant: Mutant) -> Submission:
    files = tuple(
        SourceFile(path=file.path, text=mutant.text) if file.path == mutant.path else file for file in reference.files
    )
    return msgspec.structs.replace(reference, files=files, digest=digest(files), origin=mutant.id)
