"""The same tasks on a Dask cluster. Each worker machine has this product installed and grades on its own warm engine.

Dask is an optional dependency (`pip install 'senior-python-grader[cluster]'`), imported here and nowhere else. Between
scheduler and workers travel inert text and finished reports as JSON; no candidate's object is ever pickled.
"""

from __future__ import annotations

import importlib
from types import TracebackType
from typing import Any, Self

import msgspec

from grader.batch.plan import Task
from grader.model import Failure, Fault, Report, Struct, Submission
from sandbox.outcome import SandboxUnusable

RETRIES = 3
"""How often a task is given to another worker when one dies under it."""


class Order(Struct, frozen=True, kw_only=True):
    """What a worker is told."""

    challenge: str
    challenge_digest: str
    harness_digest: str
    submission: Submission
    backend: str
    seed: int | None
    explain: bool


class Answer(Struct, frozen=True, kw_only=True):
    """What a worker answers: one of the two."""

    report: Report | None = None
    failure: Failure | None = None


class Cluster:
    """Grades task after task on a cluster. For several threads at a time."""

    def __init__(self, scheduler: str, *, backend: str, seed: int | None = None, explain: bool = False) -> None:
        distributed: Any = importlib.import_module("distributed")
        self._client = distributed.Client(scheduler, set_as_default=False)
        self._backend = backend
        self._seed = seed
        self._explain = explain

    @property
    def slots(self) -> int:
        """Gradings that the cluster can run at a time, as it stands now."""
        return sum(self._client.nthreads().values()) or 1

    def __call__(self, task: Task) -> Report:
        """Grade one submission somewhere. Raises SandboxUnusable when a worker cannot isolate or is another version."""
        from grader.harness import harness

        assert isinstance(task.taken, Submission)
        order = Order(
            challenge=task.challenge.name,
            challenge_digest=task.challenge.digest,
            harness_digest=harness().digest,
            submission=task.taken,
            backend=self._backend,
            seed=self._seed,
            explain=self._explain,
        )
        future = self._client.submit(work, msgspec.json.encode(order), retries=RETRIES, pure=False)
        answer = msgspec.json.decode(future.result(), type=Answer)
        if answer.failure is not None:
            raise SandboxUnusable(answer.failure.reason, remedy=answer.failure.remedy)
        assert answer.report is not None
        return answer.report

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()


def work(line: bytes) -> bytes:
    """On a worker: grade one submission and return the report as JSON. Our failures come back as values."""
    from grader.assess.pipeline import grade
    from grader.challenges.catalogue import catalogue
    from grader.evidence.analysers.pool import Boxes
    from grader.harness import harness
    from sandbox.backends import backend_named

    order = msgspec.json.decode(line, type=Order)
    challenge = catalogue().find(order.challenge)
    if (challenge.digest, harness().digest) != (order.challenge_digest, order.harness_digest):
        reason = f"a worker has another version of this product or of {order.challenge}"
        return _failed(reason, "Install the same version on every worker.")
    global _BOXES
    _BOXES = _BOXES or Boxes()
    try:
        report = grade(
            order.submission,
            challenge,
            backend=backend_named(order.backend),
            seed=order.seed,
            explain=order.explain,
            boxes=_BOXES,
        )
    except SandboxUnusable as error:
        return _failed(error.why, error.remedy)
    return msgspec.json.encode(Answer(report=report))


def _failed(reason: str, remedy: str) -> bytes:
    return msgspec.json.encode(Answer(failure=Failure(fault=Fault.MACHINE, reason=reason, remedy=remedy)))


_BOXES: Any = None
