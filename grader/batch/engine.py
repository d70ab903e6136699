"""A batch's gradings on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from grader.assess.engine import warm
from grader.batch.plan import Task
from grader.batch.run import Engine
from grader.model import Report, Submission
from sandbox.session import Backend


@contextmanager
def warm_engine(backend: Backend, *, seed: int | None = None, explain: bool = False) -> Iterator[Engine]:
    """What grades a batch's tasks here. A call raises SandboxUnusable when the machine cannot isolate any more."""
    with warm(backend) as grade:

        def one(task: Task) -> Report:
            assert isinstance(task.taken, Submission)
            return grade(task.taken, task.challenge, seed=seed, explain=explain)

        yield one
