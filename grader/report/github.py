"""GitHub Actions workflow commands: an annotation for each finding, and a notice with the score.

GitHub shows ten errors, ten warnings and ten notices per step, so the worst come first and, among equally bad ones,
broken promises. Identical messages about several lines of a file are shown only once.
"""

from __future__ import annotations

from collections.abc import Iterator

from grader.model import Report, ReportStatus, RepositoryReport, Severity
from grader.report.figures import level, number
from grader.report.findings_view import Said, findings, name, place, reports, sentence
from grader.report.view import View

COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
ORDER = list(COMMANDS)


def render(report: Report | RepositoryReport, view: View) -> str:
    """Return one command per line."""
    return "".join(f"{line}\n" for single in reports(report) for line in _lines(single, view))


def _lines(report: Report, view: View) -> Iterator[str]:
    yield _command("notice", _summary(report), title=name(report))
    alike: dict[tuple[str, str | None, str], list[Said]] = {}
    for entry in sorted(findings(report), key=_rank):
        alike.setdefault((entry.finding.id, entry.file, entry.finding.message), []).append(entry)
    for first, *rest in alike.values():
        yield _annotation(first, view, others=len(rest))


def _rank(said: Said) -> tuple[int, bool, bool]:
    return ORDER.index(said.finding.severity), not said.is_promise, said.file is None


def _summary(report: Report) -> str:
    match report.status:
        case ReportStatus.REJECTED:
            return "Rejected: nothing was graded."
        case ReportStatus.INCOMPLETE:
            score, best = number(report.score), number(report.best_possible)
            return f"Incomplete: {score} to {best} of {number(report.max_score)} points."
        case ReportStatus.GRADED:
            score = f"{number(report.score)} of {number(report.max_score)} points"
            return f"{score} ({number(report.percent)} %), {level(report)}."


def _annotation(said: Said, view: View, *, others: int) -> str:
    finding = said.finding
    title = said.mark.title if said.mark else name(said.report)
    where: dict[str, str] = {}
    if said.file:
        where = {"file": place(said.report, said.file, view), "line": str(said.line or 1)}
        if finding.column:
            where["col"] = str(finding.column)
    also = f" (The same applies to {others} more line{'s' if others > 1 else ''}.)" if others else ""
    return _command(COMMANDS[finding.severity], f"{sentence(finding)}{also}", **where, title=title)


def _command(command: str, message: str, **properties: str) -> str:
    told = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{command} {told}::{_data(message)}"


def _data(text: str) -> str:
    """Escape a message as GitHub's toolkit does."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """Escape a property as GitHub's toolkit does."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
