"""One challenge under examination: its submissions taken in, one host for its suite, marks under any seed.

Everything that several checks need is made once, and results known from an earlier verification are reused. Work is
spread across threads: one per core, and more while cores are idle because submissions wait.
"""

from __future__ import annotations

import contextlib
import tempfile
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self, TypeVar

import msgspec

from grader import rubric
from grader.assess.pipeline import grade
from grader.challenges.challenge import Challenge
from grader.challenges.flaws import files_of, flaws
from grader.challenges.samples import laid_out, samples
from grader.evidence import documents
from grader.evidence.analysers.pool import AnalyserPool
from grader.evidence.analysers.reading import analyse
from grader.evidence.suite.client import SuiteHost
from grader.evidence.suite.job import SuiteJob, behaviour_criteria
from grader.evidence.suite.stopwatch import LONGEST
from grader.harness import digest_of
from grader.inside import gate, imports
from grader.intake import Rejected, take_folder
from grader.model import Evidence, Failure, Fault, Kind, Mark, Report, Submission
from grader.verify.cache import Cache, Stored
from grader.verify.slots import JobSlots
from grader.verify.trial import Trial, followed
from grader.verify.verdict import Problem, Unmeasured, Unusable
from sandbox.machine.packages import runtime_mounts
from sandbox.session import Backend

BENCH = "grader.verify.bench"
"""The program of the suite hosts of verifications."""
GRACE = 60.0
"""Seconds beyond the suite's own budget after which its process is given up, which counts as the harness's failure."""
COUNTED = 4
"""The number of failing examples that end a test: enough to tell how often it fails."""

APART = {"README.md", "contract.py", "flawed", "slips", "solution_alt", "starter", "voices", "without_skill"}
"""Parts of a challenge that no run of its suite reads; the submissions among them have digests of their own."""

Item = TypeVar("Item")
Result = TypeVar("Result")
Tell = Callable[[str], None]
"""A function that is told what a verification is doing."""


def unwatched(_: str) -> None:
    """Ignore the progress."""


class GivenUp(Unmeasured):
    """Another part of the same check has failed."""


class OwnSubmission(NamedTuple):
    """One of the challenge's own submissions, taken in and laid out for the sandbox."""

    name: str
    submission: Submission
    folder: Path


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    """Write texts to files below a folder, leaving newlines as they are."""
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="")


class Examination:
    """The work that all checks of one challenge share. Close it, or use it as a context manager."""

    def __init__(
        self,
        challenge: Challenge,
        *,
        backend: Backend,
        seeds: tuple[int, ...],
        jobs: int,
        cache: Cache | None = None,
        progress: Tell = unwatched,
        drawn_from: Challenge | None = None,
    ) -> None:
        """Examine a challenge; `drawn_from` is what it is a variant of, if it is one."""
        self.challenge = challenge
        self.drawn_from = drawn_from
        self.backend = backend
        self.seeds = seeds
        self.jobs = jobs
        self.progress = progress
        self._stage = tempfile.TemporaryDirectory(prefix="grader-verify-")
        self.host = SuiteHost(BENCH)
        self._slots = JobSlots(jobs)
        self._pool = ThreadPoolExecutor(max_workers=self._slots.most)
        self._cache = cache
        self._suite = suite_digest(challenge)
        self._sandboxes = AnalyserPool()
        self._stopped = threading.Event()
        self._once: dict[object, Future[object]] = {}
        self._lock = threading.Lock()

    def each(self, work: Callable[[Item], Result], items: Iterable[Item], *, saying: str) -> list[Result]:
        """Process every item, on all cores, and report progress. The first failure ends the work on all items."""
        todo = list(items)
        done = 0
        self._stopped.clear()

        def counted(item: Item) -> Result:
            nonlocal done
            try:
                with self._slots.taken():
                    self.go_on()
                    result = work(item)
            except BaseException:
                self._stopped.set()
                raise
            with self._lock:
                done += 1
            self.progress(f"{self.challenge.slug}: {saying} {done} of {len(todo)}")
            return result

        self.progress(f"{self.challenge.slug}: {saying}")
        made = [self._pool.submit(counted, item) for item in todo]
        wait(made)
        errors = [error for future in made if (error := future.exception()) is not None]
        for error in sorted(errors, key=lambda error: isinstance(error, GivenUp))[:1]:
            raise error
        return [future.result() for future in made]

    def go_on(self) -> None:
        """Raise GivenUp if another part of the work has failed, so that no work is wasted."""
        if self._stopped.is_set():
            raise GivenUp("the check was abandoned because another part failed", remedy="Verify again.")

    @property
    def workers(self) -> int:
        """The number of items that may currently be processed at once."""
        return self._slots.limit

    def job(self, folder: Path, *, digest: str, seed: int, observe: bool = False) -> SuiteJob:
        """Return a job that runs the whole suite against the submission in a folder."""
        return SuiteJob(
            challenge=self.challenge.folder.resolve(),
            submission=folder,
            digest=digest,
            seed=seed,
            backend=self.backend.name,
            explain=False,
            observe=observe,
            details=False,
        )

    def attempt(self, job: SuiteJob, *, host: SuiteHost | None = None) -> Trial:
        """Run the suite, on another host than the common one if one is given. If anything goes wrong, the result has a
        `failure`.
        """
        seconds = self.challenge.manifest.budget.suite_seconds * LONGEST + GRACE
        with contextlib.closing((host or self.host).run(job, seconds=seconds)) as messages:
            return followed(messages)

    def kept(self, key: tuple[object, ...], kind: type[Stored], make: Callable[[], Stored]) -> Stored:
        """Return the result that an earlier verification kept for this suite and key, or else make and keep it."""
        key = (*key, self._suite, self.backend.name)
        known = self._cache.get(key, kind) if self._cache is not None else None
        if known is not None:
            return known
        result = make()
        if self._cache is not None:
            self._cache.put(key, result)
        return result

    def tried(self, entrant: OwnSubmission, seed: int, *, tests: tuple[str, ...] = ()) -> Trial:
        """Return the result of the hidden tests, or of some of them, for an entrant under a seed. Raises Unmeasured or
        Unusable.
        """
        return self._made_once(("tried", entrant.name, seed, tests), lambda: self._tried(entrant, seed, tests))

    def _tried(self, entrant: OwnSubmission, seed: int, tests: tuple[str, ...]) -> Trial:
        job = self.job(entrant.folder, digest=entrant.submission.digest, seed=seed, observe=not tests)
        job = msgspec.structs.replace(job, tests=tests, failing_examples=COUNTED)
        key = ("tried", entrant.submission.digest, seed, tests, COUNTED)
        return self.kept(key, Trial, lambda: usable(self.attempt(job), self.challenge))

    def entrant(self, name: str) -> OwnSubmission:
        """Return the submission in that folder of the challenge. Raises Unusable if it is rejected."""
        return self._made_once(("entrant", name), lambda: self._taken(name, self._source(name)))

    def laid_out(self, name: str, files: Mapping[str, str]) -> OwnSubmission:
        """Return a submission that a check made itself. Raises Unusable if it is rejected."""

        def made() -> OwnSubmission:
            laid = self.folder(name.replace("/", "_"))
            write_files(laid, files)
            return self._taken(name, laid)

        return self._made_once(("entrant", name), made)

    def marks(self, entrant: OwnSubmission, seed: int) -> tuple[Mark, ...]:
        """Return an entrant's marks under a seed. Raises Unmeasured or Unusable."""
        return self._made_once(("marks", entrant.name, seed), lambda: self._marks(entrant, seed))

    def analysed(self, submission: Submission) -> tuple[Evidence, ...]:
        """Return the analysers' evidence, which does not depend on a seed."""
        return self._made_once(("analysed", submission.digest), lambda: self._analysed(submission))

    def _analysed(self, submission: Submission) -> tuple[Evidence, ...]:
        found = analyse(submission, self.challenge, backend=self.backend, lend=self._sandboxes)
        for evidence in found:
            if evidence.failure is not None:
                raise blamed(evidence.failure, self.challenge)
        return tuple(found)

    def _taken(self, name: str, source: Path) -> OwnSubmission:
        taken = take_folder(source)
        if isinstance(taken, Rejected):
            reasons = " ".join(reason.message for reason in taken.reasons)
            raise Unusable(
                Problem(id="intake", where=name, what=f"the submission is refused: {reasons}", help="Fix the folder.")
            )
        folder = Path(self._stage.name) / "taken" / name
        folder.mkdir(parents=True)
        self._answer(taken).write(folder)
        return OwnSubmission(name, taken, folder)

    def graded(self, submission: Submission, challenge: Challenge) -> Report:
        """Return the report of a submission to any challenge, under the first seed. Raises SandboxUnusable."""
        return grade(
            submission,
            challenge,
            backend=self.backend,
            seed=self.seeds[0],
            explain=False,
            host=self.host,
            lend=self._sandboxes,
        )

    def _answer(self, taken: Submission) -> Submission:
        """Return the files that run. This process can determine them, since a challenge's own text comes from its
        author and is not hostile.
        """
        manifest = self.challenge.manifest
        mounted = (
            mount.target.relative_to("/packages").parts[0] for mount in runtime_mounts(manifest.runtime.packages)
        )
        answer = imports.answer(
            {file.path: gate.normalised(file.text) for file in taken.files},
            self.challenge.python_modules,
            tests=any(criterion.kind is Kind.TESTS for criterion in manifest.criteria),
            provided={name.partition(".")[0] for name in mounted},
            parse=lambda path, text: gate.examined(path, text).tree,
        )
        files = tuple(file for file in taken.files if file.path in answer.paths)
        return msgspec.structs.replace(taken, files=files)

    def _source(self, name: str) -> Path:
        """Return the submission's folder; a known mistake or a sample is laid out first, because it may be a patch."""
        files = self._laid_out(name)
        if files is None:
            return self.challenge.folder / name
        laid = Path(self._stage.name) / "laid" / name
        write_files(laid, files)
        return laid

    def _laid_out(self, name: str) -> dict[str, str] | None:
        for flaw in flaws(self.challenge):
            if flaw.name == name:
                return files_of(flaw, self.challenge)
        for sample in samples(self.challenge):
            if sample.name == name:
                return laid_out(sample, self.challenge)
        return None

    def _marks(self, entrant: OwnSubmission, seed: int) -> tuple[Mark, ...]:
        self._read(entrant)  # before anything runs: it notices a machine that cannot isolate
        if not behaviour_criteria(self.challenge):
            return self.marked(entrant, None, seed=seed)
        trial = self.tried(entrant, seed)
        return self.marked(
            entrant, Evidence(kind=Kind.BEHAVIOUR, promises=trial.promises, facts=trial.facts), seed=seed
        )

    def marked(self, entrant: OwnSubmission, behaved: Evidence | None, *, seed: int) -> tuple[Mark, ...]:
        """Return an entrant's marks, given what the hidden tests found, if there are any. Raises Unmeasured or
        Unusable.
        """
        documented = documents.collect(entrant.submission, self.challenge, seed)
        for evidence in documented:
            if evidence.failure is not None:
                raise blamed(evidence.failure, self.challenge)
        return rubric.mark(self.challenge, (*([behaved] if behaved else []), *documented, *self._read(entrant)))

    def _read(self, entrant: OwnSubmission) -> tuple[Evidence, ...]:
        """Return what analysers find in the text, if there is code."""
        return self.analysed(entrant.submission) if self.challenge.python_modules else ()

    def folder(self, name: str) -> Path:
        """Return a new empty folder for a check's own use."""
        folder = Path(self._stage.name) / "own" / name
        folder.mkdir(parents=True)
        return folder

    def _made_once(self, key: object, make: Callable[[], Result]) -> Result:
        """Return a value that only the first caller computes; the others wait for it."""
        with self._lock:
            known = self._once.get(key)
            future = known or Future[object]()
            self._once[key] = future
        if known is None:
            try:
                future.set_result(make())
            except BaseException as error:
                future.set_exception(error)
        return future.result()  # type: ignore[return-value]  # what this key's `make` returned

    def close(self) -> None:
        """End the host and every sandbox, whatever they are doing, and remove the files that were laid out."""
        self._stopped.set()
        self.host.close()
        self._pool.shutdown(cancel_futures=True)
        self._sandboxes.close()
        self._stage.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def usable(trial: Trial, challenge: Challenge) -> Trial:
    """Return the trial if its result is usable. Raises Unmeasured or Unusable."""
    if trial.failure is not None:
        raise blamed(trial.failure, challenge)
    return trial


def suite_digest(challenge: Challenge) -> str:
    """Digest what a run of the hidden suite depends on besides the submission: all files outside the parts in APART."""
    files = (path for path in challenge.folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return digest_of(path for path in files if path.relative_to(challenge.folder).parts[0] not in APART)


def blamed(failure: Failure, challenge: Challenge) -> Unmeasured | Unusable:
    """Turn a failure into an exception: Unusable if the challenge is at fault, else Unmeasured."""
    if failure.fault is Fault.CHALLENGE:
        return Unusable(
            Problem(
                id="suite",
                where=challenge.suite.name,
                what=f"{failure.reason}: {failure.detail}" if failure.detail else failure.reason,
                help=failure.remedy or "Fix the suite.",
            )
        )
    return Unmeasured(failure.reason, remedy=failure.remedy)
