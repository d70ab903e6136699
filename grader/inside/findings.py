"""Findings as plain data, as they leave the sandbox: the fields of `grader.model.Finding`."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

Severity = Literal["error", "warning", "note"]
GRAVITY: dict[Severity, int] = {"error": 0, "warning": 1, "note": 2}
SHOWN = 40
"""The maximum number of findings per analyser: more would help nobody, and an answer has to fit through the wall."""


class FindingDict(TypedDict):
    """One thing to tell the candidate."""

    id: str
    severity: Severity
    message: str
    help: str
    file: str | None
    line: int | None
    column: int | None


class MeasurementDict(TypedDict):
    """A named figure, such as `complexity.worst`: 7."""

    name: str
    value: float
    unit: str
    subject: str


class FactDict(TypedDict):
    """A rule's conclusion about one requirement."""

    requirement: str
    status: str


class AnswerDict(TypedDict):
    """The answer that every analyser returns."""

    findings: list[FindingDict]
    measurements: NotRequired[list[MeasurementDict]]
    facts: NotRequired[list[FactDict]]
    tools: dict[str, str]


def finding(
    id_: str,
    message: str,
    *,
    help: str = "",  # noqa: A002 (the field's name)
    severity: Severity = "error",
    file: str | None = None,
    line: int | None = None,
    column: int | None = None,
) -> FindingDict:
    """Make a finding. Text is cut so that a hostile name cannot fill a report; `column` is 1-based."""
    return {
        "id": id_,
        "severity": severity,
        "message": shortened(message, 500),
        "help": shortened(help, 1000),
        "file": file,
        "line": line,
        "column": column,
    }


def unanalysable(analyser: str, why: str, *, file: str | None = None) -> FindingDict:
    """Return the finding of an analyser that gave up on the submission's text."""
    return finding(
        f"{analyser}.unanalysable",
        f"{why}, so nothing in it could be judged.",
        help="Simplify the code: use fewer levels of nesting and shorter literals, and leave out generated code.",
        file=file,
    )


def capped(found: list[FindingDict], analyser: str) -> list[FindingDict]:
    """Return the findings or, if there are too many, the gravest of them and a note on the number left out."""
    if len(found) <= SHOWN:
        return found
    gravest = sorted(found, key=lambda item: GRAVITY[item["severity"]])
    rest = finding(
        f"{analyser}.more",
        f"{len(found) - SHOWN} more findings are not listed.",
        help="Fix these first.",
        severity="note",  # so many cost everything, or by a measurement that counts all
    )
    return [*gravest[:SHOWN], rest]


def measurement(name: str, value: float, *, unit: str = "", subject: str = "") -> MeasurementDict:
    """Make a measurement, as plain data."""
    return {"name": name, "value": float(value), "unit": unit, "subject": shortened(subject, 200)}


def shortened(text: str, limit: int) -> str:
    """Return `text`, cut in the middle if it is longer than `limit`."""
    if len(text) <= limit:
        return text
    return f"{text[: limit // 2]} [...] {text[-(limit // 2 - 7) :]}"
