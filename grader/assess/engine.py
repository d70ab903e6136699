"""Where gradings happen: one by itself in new processes, several with what they share kept warm.

A submission's own code always gets a new sandbox: nothing of one candidate is ever near another's. The analysers' boxes
are shared, because no candidate's code runs in them and each question has a fresh child with private namespaces.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from grader.assess import pipeline
from grader.assess.pipeline import Progress, silent
from grader.challenges.challenge import Challenge
from grader.evidence.analysers.pool import Boxes, Lender, new_box
from grader.evidence.suite.client import SuiteHost
from grader.model import Report, Submission
from sandbox.session import Backend


class Engine(NamedTuple):
    """A backend, the host of hidden suites (None: one a grading), and who lends the analysers' sandboxes.

    For several threads at a time.
    """

    backend: Backend
    host: SuiteHost | None = None
    boxes: Lender = new_box

    def __call__(
        self,
        submission: Submission,
        challenge: Challenge,
        *,
        seed: int | None,
        progress: Progress = silent,
        explain: bool = True,
    ) -> Report:
        """See `grader.assess.pipeline.grade`."""
        return pipeline.grade(
            submission,
            challenge,
            backend=self.backend,
            seed=seed,
            progress=progress,
            explain=explain,
            host=self.host,
            boxes=self.boxes,
        )


@contextmanager
def warm(backend: Backend, *, at_once: bool = False) -> Iterator[Engine]:
    """An engine that starts with its first grading, so that one which grades nothing costs nothing; or at once."""
    with SuiteHost() as host, contextlib.closing(Boxes()) as boxes:
        if at_once:
            host.start()
        yield Engine(backend, host, boxes)


@contextmanager
def engine(backend: Backend, *, gradings: int) -> Iterator[Engine]:
    """An engine for so many gradings: what is warm takes a second to start, and pays from the second grading on."""
    if gradings < 2:
        yield Engine(backend)
        return
    # at once, before there are threads: what an interrupt would leave half done waits until it is done
    with warm(backend, at_once=True) as ready:
        yield ready
