"""The end of the terminal report: findings that belong to no criterion, and how to get the same report again."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from grader.model import MarkStatus, Report, ReportStatus
from grader.report import promises
from grader.report.figures import seconds
from grader.report.reviews import review_lines
from grader.report.terminal.finding import finding_lines
from grader.report.terminal.rubric import score
from grader.report.visible import one_line


def notices(report: Report) -> RenderableType:
    """Show intake's notices, the reasons for a rejection, and signs of tampering."""
    others = promises.notices(report)
    if not others:
        return Group()
    title = "Why" if report.status is ReportStatus.REJECTED else "Notices"
    lines = [part for finding in others for part in finding_lines(finding, report.sources)]
    return Padding(Group(Text(title, style="bold"), *lines), (1, 0, 0, 0))


def reviews(report: Report) -> RenderableType:
    """Return the reviewers' additions, with their names."""
    parts: list[RenderableType] = []
    for heading, lines in review_lines(report):
        parts += [
            Text(one_line(heading), style="bold"),
            *(Padding(Text(one_line(line)), (0, 0, 0, 2)) for line in lines),
        ]
    return Padding(Group(*parts), (1, 0, 0, 0)) if parts else Group()


def foot(report: Report, *, quiet: bool = False) -> RenderableType:
    """Return the score again, as the head may have scrolled away, and the facts needed to repeat the grading."""
    facts = [one_line(report.backend), f"grader {one_line(report.harness.version)}"]
    if report.status is not ReportStatus.REJECTED:  # nothing was drawn
        facts.insert(0, f"seed {report.seed}")
    if report.python:
        facts.append(f"Python {one_line(report.python)}")
    if report.durations_ms:
        total = report.durations_ms.get("total", sum(report.durations_ms.values()))
        facts.append(seconds(total))
    if report.person:
        facts.insert(0, f"for {one_line(report.person)}")
    if report.session:
        facts.insert(0, one_line(report.session.words))
    line = Text(" · ".join(fact for fact in facts if fact), style="dim")
    lost = report.status is not ReportStatus.REJECTED and any(
        mark.status is not MarkStatus.EARNED for mark in report.criteria
    )
    return Padding(Group(score(report), line) if lost and not quiet else line, (1, 0, 0, 0))
