"""The suite host of `grader verify`, in which forgers can answer in place of a submission.

python -P -m grader.verify.bench      otherwise works like `grader.evidence.suite.host`
"""

from __future__ import annotations

from collections.abc import Callable

from grader.evidence.suite.host import main
from grader.evidence.suite.job import SuiteJob
from grader.evidence.suite.sitting import Answerer
from grader.verify.forgery import FORGERS, RECORD
from grader.verify.forgery.session import ForgedSession, Forger
from grader.verify.forgery.tape import RecordingSession, Tape
from sandbox.session import Session


def recorded(job: SuiteJob, submission: Callable[[], Session]) -> Session:
    """Return the submission's own session, recording its answers."""
    assert job.tape is not None
    return RecordingSession(submission(), job.tape)


def forged(forger: Callable[[Tape], Forger]) -> Answerer:
    """Return an answerer that knows what the tape holds and never asks the submission."""

    def answer(job: SuiteJob, _: Callable[[], Session]) -> Session:
        assert job.tape is not None
        tape = Tape.read(job.tape)
        return ForgedSession(lambda: forger(tape))

    return answer


ANSWERERS: dict[str, Answerer] = {RECORD: recorded} | {name: forged(forger) for name, forger in FORGERS.items()}

if __name__ == "__main__":
    main(ANSWERERS)
