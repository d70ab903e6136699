"""`python quick_grader.py ARGUMENTS`: the command line with gradings that take no time, for tests of what is around.

A submission keeps both promises when it adds, and none otherwise. Each grading is a line in the file of QUICK_LOG.
With `--serve`, each line of standard input is a command line with its folder and environment; its status is written.
"""

from __future__ import annotations

import json
import os
import signal
import sys

from msgspec.structs import replace

from grader import rubric
from grader.assess import pipeline
from grader.challenges.challenge import Challenge
from grader.model import (
    Detail,
    Finding,
    Mark,
    MarkStatus,
    Promise,
    PromiseOutcome,
    Report,
    ReportStatus,
    Severity,
    Submission,
)

FLAG = Finding(id="integrity.frames", severity=Severity.WARNING, message="It looks at its callers' frames.")


def grade(submission: Submission, challenge: Challenge, *, seed: int | None, **_: object) -> Report:
    """Stand in for `grader.assess.pipeline.grade`."""
    text = "".join(file.text for file in submission.files)
    if "raise MemoryError" in text:
        raise MemoryError
    if "fault" in text:
        raise LookupError("a defect of ours \udcff")
    seed = pipeline.fresh_seed() if seed is None else seed
    if path := os.environ.get("QUICK_LOG"):
        descriptor = os.open(path, os.O_APPEND | os.O_CREAT | os.O_WRONLY)
        os.write(descriptor, f"{submission.digest} {seed}\n".encode())
        os.close(descriptor)
    blank = replace(pipeline.reject(submission, challenge, (), seed=seed), status=ReportStatus.GRADED, backend="quick")
    marks = [_mark(mark, kept="return a + b" in text, measured="unmeasured" not in text) for mark in blank.criteria]
    flagged = replace(blank, findings=(*submission.notices, FLAG), durations_ms={"total": 1.0})
    return rubric.with_marks(flagged, marks, challenge)


def _mark(mark: Mark, *, kept: bool, measured: bool) -> Mark:
    promise = Promise(
        id=f"test_{mark.id}",
        text="It adds.",
        outcome=PromiseOutcome.KEPT if kept else PromiseOutcome.BROKEN,
        criterion=mark.id,
        detail=Detail(source="def test_hidden(): ...", counterexample="a=0, b=1", trace="E assert"),
    )
    if not measured:
        return replace(mark, status=MarkStatus.NOT_MEASURED, reason="the machine slept")
    status = MarkStatus.EARNED if kept else MarkStatus.LOST
    return replace(mark, earned=mark.points if kept else 0.0, status=status, promises=(promise,))


class Killer:
    """Kills this process with SIGKILL when it touches its results folder for so many times; counts in QUICK_EVENTS."""

    EVENTS = {"open", "os.rename", "os.link", "os.remove", "os.mkdir", "os.chmod", "os.truncate"}

    def __init__(self, at: int, log: str) -> None:
        self._at = at
        self._log = os.open(log, os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
        self._seen = 0

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        if event in self.EVENTS and "cohort-results" in str(arguments[0]):
            self._seen += 1
            os.pwrite(self._log, f"{self._seen:6}".encode(), 0)
            if self._seen == self._at:
                os.kill(os.getpid(), signal.SIGKILL)


def run() -> int:
    """Run the command line; what is killed is this process."""
    if "QUICK_EVENTS" in os.environ:
        sys.addaudithook(Killer(int(os.environ.get("QUICK_KILL", "0")), os.environ["QUICK_EVENTS"]))
    from grader.cli import main

    return main()


def serve() -> None:
    """Run each command line that comes on standard input in a fork, which has imported all that it needs."""
    import grader.batch.run
    import grader.cli.batch
    import grader.cli.commands
    import grader.cli.regrade
    import grader.cli.review  # noqa: F401

    for line in sys.stdin:
        order = json.loads(line)
        if (child := os.fork()) == 0:
            os.chdir(order["cwd"])
            os.environ.update(order["environment"])
            sys.argv[1:] = order["words"]
            with open(os.devnull, "w+") as nothing:  # noqa: PTH123 # a device
                for stream in range(3):
                    os.dup2(nothing.fileno(), stream)
            os._exit(run())
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    pipeline.grade = grade  # type: ignore[assignment] # a stand-in with the options that it needs
    if sys.argv[1:] == ["--serve"]:
        serve()
    else:
        sys.exit(run())
