"""What a reviewer should look at: means of tampering in a submission. No mark rests on it.

It has a sandbox of its own, so that whatever a text does to it cannot be taken for an analyser that gave up.
"""

from __future__ import annotations

from typing import assert_never

from grader.evidence.analysers.collectors import Lender
from grader.evidence.analysers.pool import new_box
from grader.evidence.analysers.sandbox import Answer, Boxed, GateAnswer, GaveUp
from grader.model import Failure, Finding, Severity, Submission
from sandbox.outcome import SandboxUnusable
from sandbox.session import Backend, Plain


def inspect(submission: Submission, *, backend: Backend, boxes: Lender = new_box) -> tuple[Finding, ...]:
    """Findings with ids `integrity.<means>`; where nothing could be read, the one that says so. Never raises."""
    files: dict[Plain, Plain] = {file.path: file.text for file in submission.files if file.path.endswith(".py")}
    try:
        with boxes(backend, (), (), ()) as boxed:
            return _inspected(boxed, files)
    except SandboxUnusable as error:
        return (_unchecked(error.why),)


def _inspected(boxed: Boxed, files: dict[Plain, Plain]) -> tuple[Finding, ...]:
    gate, _ = boxed.ask("gate", files, {"provided": []}, GateAnswer)
    if isinstance(gate, GateAnswer):
        refused: set[Plain] = {one.file for one in gate.source.findings}
        answer, _ = boxed.ask("integrity", {path: files[path] for path in files if path not in refused}, {}, Answer)
        unread = tuple(_unchecked(f"{path} cannot be read as Python source") for path in sorted(map(str, refused)))
        return (*unread, *_told(answer))
    return _told(gate)


def _told(answer: Answer | GaveUp | Failure) -> tuple[Finding, ...]:
    match answer:
        case Answer(findings=findings):
            return findings
        case GaveUp(why=why):
            return (_unchecked(why, severity=Severity.WARNING),)
        case Failure(reason=reason):
            return (_unchecked(reason),)
        case _:
            assert_never(answer)


def _unchecked(why: str, *, severity: Severity = Severity.NOTE) -> Finding:
    return Finding(
        id="integrity.unchecked",
        severity=severity,
        message=f"{why}: nobody looked for means of tampering there.",
        help="Read the submission, or grade it again. No points hang on it.",
    )
