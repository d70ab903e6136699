"""The warm engine: suites in forks of one preloaded process, analysers in boxes that stay open between submissions.

A submission's own code always gets a new sandbox: nothing of one candidate is ever near another's. The analysers' boxes
are shared, because no candidate's code runs in them and each question has a fresh child with private namespaces.
"""

from __future__ import annotations

from types import TracebackType
from typing import Self

from grader.batch.plan import Task
from grader.evidence.boxes import Boxes
from grader.evidence.warm import WarmSuites
from grader.model import Report, Submission
from grader.pipeline import grade
from sandbox.session import Backend


class WarmEngine:
    """Grades task after task on this machine. For several threads at a time."""

    def __init__(self, backend: Backend, *, seed: int | None = None, explain: bool = False) -> None:
        self._backend = backend
        self._seed = seed
        self._explain = explain
        self._suites = WarmSuites()
        self._boxes = Boxes()

    def __call__(self, task: Task) -> Report:
        """Grade one submission. Raises SandboxUnusable when the machine cannot isolate any more."""
        assert isinstance(task.taken, Submission)
        self._suites.start()
        return grade(
            task.taken,
            task.challenge,
            backend=self._backend,
            seed=self._seed,
            explain=self._explain,
            run=self._suites,
            boxes=self._boxes,
        )

    def __enter__(self) -> Self:
        return self  # what is warm starts with the first grading: a batch whose results are all known pays nothing

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._suites.close()
        self._boxes.close()
