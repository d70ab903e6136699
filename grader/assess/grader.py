"""`Grader` grades assignments: one in new processes, or several with their shared parts kept warm.

    Grader(backend).grade(assignment)          cold: new processes, nothing to close
    with Grader(backend) as grader:            warm: shared parts stay open until the block ends
        grader.grade(assignment)

Each submission's code gets a new sandbox, so the code of different candidates never meets. The analysers' sandboxes are
shared, because no candidate's code runs in them and each question gets a fresh child with private namespaces.
"""

from __future__ import annotations

from contextlib import ExitStack
from types import TracebackType
from typing import Self

import msgspec

from grader.assess import pipeline
from grader.assess.find import Assignment
from grader.challenges.challenge import Challenge
from grader.errors import CannotMeasure, UserError
from grader.evidence.analysers.pool import AnalyserPool, Lender, new_sandbox
from grader.evidence.suite.client import SuiteHost
from grader.evidence.suite.job import SuiteJob, behaviour_criteria
from grader.intake import Rejected
from grader.model import Feedback, Report
from grader.model.progress import Graded, Progress, Started, silent
from sandbox.backends import DEFAULT, backend_named
from sandbox.outcome import SandboxUnusable
from sandbox.session import Backend


class Grader:
    """Grades assignments with one backend. Safe to use from several threads."""

    def __init__(self, backend: Backend | str | None = None) -> None:
        """Use the given backend, or look up a name; None means the default. Raises UserError if no backend has that
        name.
        """
        self.backend = _named(backend) if backend is None or isinstance(backend, str) else backend
        self._gradings: int | None = None
        self._host: SuiteHost | None = None
        self._lend: Lender = new_sandbox
        self._open = ExitStack()

    def expecting(self, gradings: int) -> Self:
        """Announce how many gradings to expect, if known, before entering the `with` block.

        A single grading is cheaper cold: warming up costs about a second and pays off from the second grading on.
        """
        self._gradings = gradings
        return self

    def __enter__(self) -> Self:
        if self._gradings is None or self._gradings > 1:
            self._warm_up()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Shut down everything that is kept warm. Later gradings start cold."""
        self._host, self._lend = None, new_sandbox
        self._open.close()

    def _warm_up(self) -> None:
        pool = AnalyserPool()
        self._open.callback(pool.close)
        self._lend = pool
        self._host = self._open.enter_context(SuiteHost())
        if self._gradings is not None:  # else the host starts with its first job, if there ever is one
            self._host.start()

    def draw(self, challenge: Challenge, seed: int) -> None:
        """Start drawing a challenge's inputs for a seed ahead of the grading, without waiting. Do nothing when cold."""
        if self._host is not None and behaviour_criteria(challenge):
            nothing = SuiteJob(
                challenge=challenge.folder, submission=challenge.folder, digest="", seed=seed, backend=self.backend.name
            )
            self._host.draw(nothing)

    def end_gradings(self) -> None:
        """End the running hidden suites. Their gradings then return soon, with reports that must be discarded."""
        if self._host is not None:
            self._host.end_jobs()

    def grade(
        self,
        assignment: Assignment,
        *,
        seed: int | None = None,
        explain: bool = True,
        feedback: Feedback = Feedback.PRACTICE,
        person: str = "",
        progress: Progress = silent,
    ) -> Report:
        """Grade one assignment; a rejected one gets a report that gives the reasons.

        A fresh secret seed is drawn unless one is given. `explain` reruns broken promises to find the smallest failing
        example; `feedback` says whether a candidate may see the example; `person` names the candidate. Raises
        CannotMeasure, without scoring anything, if this machine cannot isolate submissions at all.
        """
        if isinstance(assignment.taken, Rejected):
            rejected = pipeline.reject(assignment.taken, assignment.challenge, assignment.taken.reasons, seed=seed)
            return msgspec.structs.replace(rejected, person=person)
        name = assignment.challenge.name
        if assignment.challenge.must_be_drawn:
            slug = assignment.challenge.slug
            remedy = f"Begin a session with `grader interview start {slug}`, and grade it there"
            raise UserError(assignment.taken.origin, f"{name} is drawn for each session", remedy)
        progress(Started(challenge=name))
        try:
            report = pipeline.grade(
                assignment.taken,
                assignment.challenge,
                backend=self.backend,
                seed=seed,
                progress=progress,
                explain=explain,
                feedback=feedback,
                host=self._host,
                lend=self._lend,
            )
        except SandboxUnusable as error:
            raise CannotMeasure(f"nothing was graded: {error.why}", remedy=error.remedy) from error
        report = msgspec.structs.replace(report, person=person)
        progress(Graded(challenge=name, report=report))
        return report

    def explain(self, assignment: Assignment, report: Report, *, progress: Progress = silent) -> Report:
        """Return `report`, which was graded without explanations, with explanations added. Raises CannotMeasure."""
        if isinstance(assignment.taken, Rejected):
            return report
        try:
            return pipeline.explain(
                report,
                assignment.taken,
                assignment.challenge,
                backend=self.backend,
                progress=progress,
                host=self._host,
                lend=self._lend,
            )
        except SandboxUnusable as error:
            raise CannotMeasure(f"nothing was explained: {error.why}", remedy=error.remedy) from error


def _named(name: str | None) -> Backend:
    try:
        return backend_named(name or DEFAULT)
    except ValueError as error:
        raise UserError("--backend", str(error), "Run `grader doctor` to see which backends work here") from None
