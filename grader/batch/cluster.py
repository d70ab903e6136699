"""Grades assignments on a Dask cluster. Each worker has this product installed and keeps a warm Grader per backend.

Dask is an optional dependency (`pip install 'senior-python-grader[cluster]'`), imported here and nowhere else. Only
inert text and finished reports, as JSON, travel between scheduler and workers; no candidate's object is ever pickled.
"""

from __future__ import annotations

import atexit
import importlib
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import msgspec

from grader.assess.find import Assignment
from grader.assess.grader import Grader
from grader.challenges.catalogue import CatalogueError, Snapshot, catalogue, snapshot
from grader.challenges.challenge import Challenge
from grader.errors import CannotMeasure, UserError
from grader.harness import harness
from grader.intake import Rejected
from grader.model import Failure, Fault, Report, Struct, Submission

RETRIES = 3
"""How many times an order is passed to another worker after a worker has died."""


class WorkerOrder(Struct, frozen=True, kw_only=True):
    """An order for a worker: one submission to grade."""

    challenge: str
    challenge_digest: str
    harness_digest: str
    submission: Submission
    backend: str
    seed: int | None
    explain: bool


class WorkerAnswer(Struct, frozen=True, kw_only=True):
    """A worker's answer: either a report or a failure."""

    report: Report | None = None
    failure: Failure | None = None


class Cluster:
    """Grades assignments on a cluster. Safe to use from several threads."""

    def __init__(self, scheduler: str, *, backend: str) -> None:
        """Connect to the scheduler. Raises UserError if Dask is missing or no scheduler answers."""
        try:
            distributed: Any = importlib.import_module("distributed")
        except ImportError:
            raise UserError(
                "--scheduler", "Dask is not installed", "Install it with `pip install 'senior-python-grader[cluster]'`"
            ) from None
        try:
            self._client = distributed.Client(scheduler, set_as_default=False)
        except OSError as error:
            raise UserError(
                "--scheduler",
                f"no scheduler answers at {scheduler} ({error})",
                "Start one with `dask scheduler`, or check the address",
            ) from None
        self._backend = backend

    @property
    def slots(self) -> int:
        """The number of gradings that the cluster can currently run at once."""
        threads: Mapping[str, int] = self._client.nthreads()
        return sum(threads.values()) or 1

    def grade(self, assignment: Assignment, *, seed: int | None = None, explain: bool = True) -> Report:
        """Grade one assignment on any worker. Raises CannotMeasure if that worker cannot isolate submissions or has
        another version.
        """
        if isinstance(assignment.taken, Rejected):
            return Grader(self._backend).grade(assignment, seed=seed)
        order = WorkerOrder(
            challenge=assignment.challenge.name,
            challenge_digest=assignment.challenge.digest,
            harness_digest=harness().digest,
            submission=assignment.taken,
            backend=self._backend,
            seed=seed,
            explain=explain,
        )
        future = self._client.submit(work, msgspec.json.encode(order), retries=RETRIES, pure=False)
        answer = msgspec.json.decode(future.result(), type=WorkerAnswer)
        if answer.failure is not None:
            raise CannotMeasure(answer.failure.reason, remedy=answer.failure.remedy)
        assert answer.report is not None
        return answer.report

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()


def work(line: bytes) -> bytes:
    """Grade one submission on a worker, and return the report as JSON. Our own failures come back as values."""
    order = msgspec.json.decode(line, type=WorkerOrder)
    challenge = _WORKER.challenge(order.challenge, order.challenge_digest)
    if challenge is None or harness().digest != order.harness_digest:
        reason = f"a worker has a different version of the grader or of the challenge {order.challenge}"
        return _failed(reason, "Install the same versions on every worker.")
    try:
        assignment = Assignment(challenge=challenge, taken=order.submission)
        report = _WORKER.grader(order.backend).grade(assignment, seed=order.seed, explain=order.explain)
    except CannotMeasure as error:
        return _failed(error.why, error.remedy)
    return msgspec.json.encode(WorkerAnswer(report=report))


def _failed(reason: str, remedy: str) -> bytes:
    return msgspec.json.encode(WorkerAnswer(failure=Failure(fault=Fault.MACHINE, reason=reason, remedy=remedy)))


class _Worker:
    """The state that a worker's process keeps between orders: a warm Grader for each backend, and the challenges that
    it has read.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._graders: dict[str, Grader] = {}
        self._challenges: Snapshot | None = None

    def grader(self, backend: str) -> Grader:
        """Return the backend's Grader, created for the first order and kept warm."""
        with self._lock:
            if backend not in self._graders:
                grader = self._graders[backend] = Grader(backend).__enter__()
                atexit.register(grader.close)
            return self._graders[backend]

    def challenge(self, name: str, digest: str) -> Challenge | None:
        """Return the challenge with that name and digest, reading it again if it has changed; None if there is no such
        challenge.
        """
        with self._lock:
            for again in (False, True):
                if self._challenges is None or again:
                    self._challenges = snapshot(catalogue())
                try:
                    challenge = self._challenges.find(name)
                except (CatalogueError, CannotMeasure):
                    continue
                if challenge.digest == digest:
                    return challenge
            return None


_WORKER = _Worker()
