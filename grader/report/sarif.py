"""SARIF 2.1.0, for code scanning: one run per report, whose findings are results with stable rules and fingerprints."""

from __future__ import annotations

from urllib.parse import quote

import msgspec

from grader.model import Report, ReportStatus, RepositoryReport, Severity
from grader.report.findings_view import Said, findings, name, place, reports, sentence
from grader.report.view import View
from grader.report.visible import one_line

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}


class _Object(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """An object whose fields are omitted when they have their default values."""


class _Message(_Object, frozen=True):
    text: str


class _Rule(_Object, frozen=True):
    id: str
    short_description: _Message
    help: _Message


class _Driver(_Object, frozen=True):
    name: str
    semantic_version: str
    rules: list[_Rule]


class _Tool(_Object, frozen=True):
    driver: _Driver


class _Artifact(_Object, frozen=True):
    uri: str


class _Region(_Object, frozen=True):
    start_line: int
    start_column: int | None = None


class _Physical(_Object, frozen=True):
    artifact_location: _Artifact
    region: _Region | None = None


class _Location(_Object, frozen=True):
    physical_location: _Physical


class _Result(_Object, frozen=True):
    rule_id: str
    rule_index: int
    level: str
    message: _Message
    partial_fingerprints: dict[str, str]
    locations: list[_Location] = []


class _Details(_Object, frozen=True):
    id: str


class _Invocation(_Object, frozen=True):
    execution_successful: bool


class _Run(_Object, frozen=True):
    tool: _Tool
    automation_details: _Details
    invocations: list[_Invocation]
    column_kind: str
    results: list[_Result]
    properties: dict[str, float | int | str]


class _Log(_Object, frozen=True):
    schema: str = msgspec.field(name="$schema")
    version: str
    runs: list[_Run]


def render(report: Report | RepositoryReport, view: View) -> str:
    """Return the report as an indented log."""
    log = _Log(schema=SCHEMA, version="2.1.0", runs=[_run(single, view) for single in reports(report)])
    return msgspec.json.format(msgspec.json.encode(log), indent=2).decode() + "\n"


def _run(report: Report, view: View) -> _Run:
    said = list(findings(report))
    ids = list(dict.fromkeys(entry.finding.id for entry in said))
    rules = [_rule(id_, next(entry for entry in said if entry.finding.id == id_)) for id_ in ids]
    driver = _Driver(name="grader", semantic_version=report.harness.version, rules=rules)
    return _Run(
        tool=_Tool(driver=driver),
        automation_details=_Details(id=f"grader/{name(report)}/"),
        invocations=[_Invocation(execution_successful=report.status is not ReportStatus.INCOMPLETE)],
        column_kind="unicodeCodePoints",
        results=[_result(entry, ids.index(entry.finding.id), view) for entry in said],
        properties={
            "status": report.status.value,
            "score": round(report.score, 4),
            "maxScore": round(report.max_score, 4),
            "seed": report.seed,
            **({"python": report.python} if report.python else {}),
        },
    )


def _rule(id_: str, said: Said) -> _Rule:
    title = said.mark.title if said.mark else id_
    return _Rule(id=id_, short_description=_message(title), help=_message(said.finding.help or title))


def _result(said: Said, index: int, view: View) -> _Result:
    finding = said.finding
    return _Result(
        rule_id=finding.id,
        rule_index=index,
        level=LEVELS[finding.severity],
        message=_message(sentence(finding)),
        partial_fingerprints={"graderFinding/v1": said.fingerprint},
        locations=[_location(said, view)],
    )


def _location(said: Said, view: View) -> _Location:
    region = _Region(start_line=said.line, start_column=said.finding.column) if said.line else None
    uri = quote(place(said.report, said.file or ".", view))
    return _Location(physical_location=_Physical(artifact_location=_Artifact(uri=uri), region=region))


def _message(text: str) -> _Message:
    """Return a one-line message. `[text](target)` would be a link in SARIF; the space makes it plain text."""
    return _Message(text=one_line(text).replace("](", "] ("))
