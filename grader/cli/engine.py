"""Where a command's gradings happen: one by itself in new processes, several with what they share kept warm."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from grader.challenge import Challenge
    from grader.evidence.analysers import Lender
    from grader.evidence.behaviour import SuiteRun
    from grader.model import Report, Submission
    from grader.pipeline import Progress
    from sandbox.session import Backend


class Engine(NamedTuple):
    """A backend, a way to run hidden suites, and who lends the analysers' sandboxes."""

    backend: Backend
    run: SuiteRun
    boxes: Lender

    def __call__(
        self,
        submission: Submission,
        challenge: Challenge,
        *,
        seed: int | None,
        progress: Progress,
        explain: bool = True,
    ) -> Report:
        """See `grader.pipeline.grade`."""
        from grader.pipeline import grade

        return grade(
            submission,
            challenge,
            backend=self.backend,
            seed=seed,
            progress=progress,
            explain=explain,
            run=self.run,
            boxes=self.boxes,
        )


@contextmanager
def engine(backend: Backend, *, gradings: int) -> Iterator[Engine]:
    """An engine for so many gradings: what is warm takes a second to start, and pays from the second grading on."""
    if gradings < 2:
        from grader.evidence.boxes import new_box
        from grader.evidence.cold import run_suite_cold

        yield Engine(backend, run_suite_cold, new_box)
        return
    from grader.evidence.boxes import Boxes
    from grader.evidence.warm import WarmSuites

    with WarmSuites() as suites, contextlib.closing(Boxes()) as boxes:
        suites.start()  # before there are threads: what an interrupt would leave half done waits until it is done
        yield Engine(backend, suites, boxes)
