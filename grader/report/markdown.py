"""Markdown for a job summary or a comment on a pull request, with a short version first and the details folded.

Text from the submission is escaped character by character and cannot become a link, a mention, a heading or HTML.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from grader.framework import Standing, progress
from grader.model import MEASURED_PART, Finding, Mark, MarkStatus, Promise, Report, ReportStatus, RepositoryReport
from grader.report.abridged import abridged, first
from grader.report.figures import level, marked, number, seconds
from grader.report.findings_view import name, reports, skills_with_challenge
from grader.report.promises import beside_promises, causes, example_lines, lines_of, notices, to_explain
from grader.report.reviews import review_lines
from grader.report.view import View
from grader.report.visible import one_line, without_commands

SIGNS = {
    MarkStatus.EARNED: "✅",
    MarkStatus.PARTIAL: "🟡",
    MarkStatus.LOST: "❌",
    MarkStatus.NOT_MEASURED: "❔",
}
STANDINGS = {
    Standing.DEMONSTRATED: "✅",
    Standing.PARTIAL: "🟡",
    Standing.MISSING: "⬜",
    Standing.NO_CHALLENGE: "➖",  # noqa: RUF001 - an emoji like the others
}
MARKS = re.compile(r"([\\`*_{}\[\]<>()#|~&$!])")
LINE_START = re.compile(r"^(\d{0,9})([-+=.)>])")
LINK = re.compile(r"(?::(?=//)|(?<=www)\.)", re.IGNORECASE)
MENTION = re.compile(r"@(?=\w)")
REFERENCE = re.compile(r"#(?=\d)")


def render(report: Report | RepositoryReport, view: View) -> str:  # noqa: ARG001 - every renderer takes a view
    """Return a section for each report, below an overview if there are several."""
    every = reports(report)
    blocks = ["\n".join(_overview(every, skills_with_challenge(report)))] if len(every) > 1 else []
    blocks += [block for single in every for block in _one(single)]
    return without_commands("\n\n".join(blocks) + "\n")


def words(text: str) -> str:
    """Escape untrusted text so that Markdown renders it literally. `@name` and `#1` become look-alikes, since the
    originals would notify people.
    """
    quiet = REFERENCE.sub("\N{FULLWIDTH NUMBER SIGN}", MENTION.sub("\N{FULLWIDTH COMMERCIAL AT}", one_line(text)))
    return LINE_START.sub(r"\1\\\2", LINK.sub(r"\\\g<0>", MARKS.sub(r"\\\1", quiet)))


def _overview(every: tuple[Report, ...], challenged: tuple[str, ...] | None) -> Iterator[str]:
    so_far = progress(every, challenged)
    share = f"{number(so_far.percent)} % of {so_far.whole}"
    yield f"**{so_far.demonstrated} of {so_far.gradable} skills demonstrated**, {share}, {so_far.level_words}"
    if so_far.without_challenge:
        yield ""
        yield f"{STANDINGS[Standing.NO_CHALLENGE]} {so_far.no_challenge_words}"
    if so_far.next_level:
        yield ""
        yield so_far.next_level
    yield ""
    yield "| Area | | Skills |"
    yield "| --- | ---: | --- |"
    for area in so_far.areas:
        badge = f" {area.competency.badge}" if area.badge_earned else ""
        skills = ", ".join(f"{STANDINGS[skill.standing]} {words(skill.skill)}" for skill in area.skills)
        share = f"{area.percent:.0f} %" if area.has_challenges else "-"
        yield f"| {words(area.competency.title)}{badge} | {share} | {skills} |"
    yield ""
    yield "| Challenge | Score | Level |"
    yield "| --- | ---: | --- |"
    for report in every:
        score = f"{number(report.percent)} %" if report.status is ReportStatus.GRADED else report.status.value
        yield f"| {words(name(report))} | {score} | {words(level(report)) if report.level else ''} |"


def _one(report: Report) -> Iterator[str]:
    yield f"## {words(report.challenge.title or name(report))}: {_headline(report)}"
    for cause in causes(report):
        yield "\n".join([*_finding(cause.finding, report), *_below(cause.words)])
    if report.status is not ReportStatus.REJECTED:
        yield "\n".join(_rubric(report))
        if report.next_level:
            yield words(report.next_level)
        yield from (_folded(mark, report) for mark in report.criteria if _has_news(mark))
    for heading, review in review_lines(report):
        yield "\n".join([f"**{words(heading)}**", "", *(f"- {words(line)}" for line in review)])
    if others := notices(report):
        lines = [line for finding in others for line in _finding(finding, report)]
        yield "\n".join(["**Why**" if report.status is ReportStatus.REJECTED else "**Notices**", "", *lines])
    yield f"<sub>{' · '.join(_foot(report))}</sub>"


def _headline(report: Report) -> str:
    match report.status:
        case ReportStatus.REJECTED:
            return "rejected; nothing was graded"
        case ReportStatus.INCOMPLETE:
            best = number(report.best_possible)
            what = MEASURED_PART if report.level_title == MEASURED_PART else "incomplete"
            return f"{what}, {number(report.score)} to {best} of {number(report.max_score)} points"
        case ReportStatus.GRADED:
            return f"{number(report.score)} of {number(report.max_score)} points, {words(level(report))}"


def _rubric(report: Report) -> Iterator[str]:
    yield "| | Criterion | Points |"
    yield "| --- | --- | ---: |"
    for mark in report.criteria:
        yield f"| {SIGNS[mark.status]} | {words(mark.title)} | {marked(mark)} |"


def _has_news(mark: Mark) -> bool:
    return mark.status is not MarkStatus.EARNED or bool(beside_promises(mark))


def _folded(mark: Mark, report: Report) -> str:
    summary = f"<summary>{SIGNS[mark.status]} {html.escape(one_line(mark.title))}: {marked(mark)}</summary>"
    unkept = to_explain(mark)
    found, missing = abridged(beside_promises(mark))
    lines = [words(mark.reason)] if mark.reason else []
    lines += [line for promise in first(unkept) for line in _promise(promise, report)]
    lines += [line for finding in found for line in _finding(finding, report)]
    more = missing + len(unkept) - len(first(unkept))
    lines += [f"- … and {more} more"] if more else []
    return "\n".join(["<details>", summary, "", *lines, "", "</details>"])


def _promise(promise: Promise, report: Report) -> Iterator[str]:
    yield f"- {words(promise.text or promise.id)}"
    yield from _below(promise.reason)
    yield from _code(report, promise.file, promise.line)
    if promise.example:
        yield from _fenced(
            [
                f"{label if number == 0 else '':9} {one_line(line)}"
                for label, text in example_lines(promise.example)
                for number, line in enumerate(lines_of(label, text))
            ]
        )
    yield from _below(promise.hint, arrow=True)
    if promise.detail:
        for text in (promise.detail.counterexample, promise.detail.trace):
            yield from _fenced(text.strip("\n").split("\n")) if text.strip() else ()


def _finding(finding: Finding, report: Report) -> Iterator[str]:
    message = words(finding.message.removeprefix(f"{finding.file}: "))
    where = f" {words(finding.file)}{f':{finding.line}' if finding.line else ''}:" if finding.file else ""
    yield f"- **{finding.severity.value}**{where} {message}"
    yield from _code(report, finding.file, finding.line)
    yield from _below(finding.help, arrow=True)


def _below(text: str, *, arrow: bool = False) -> Iterator[str]:
    if text.strip():
        yield ""
        yield f"  {'→ ' if arrow else ''}{words(text)}"


def _code(report: Report, file: str | None, line: int | None) -> Iterator[str]:
    lines = report.sources.get(file or "", "").split("\n")
    if line and line <= len(lines) and lines[line - 1].strip():
        yield from _fenced([lines[line - 1].strip()], language="python")


def _fenced(lines: list[str], *, language: str = "") -> Iterator[str]:
    """Yield the lines in a fence that none of them can close, below a list entry."""
    longest = max((len(run) for line in lines for run in re.findall(r"[`~]+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    yield ""
    yield f"  {fence}{language}"
    yield from (f"  {line}" for line in lines)
    yield f"  {fence}"


def _foot(report: Report) -> Iterator[str]:
    if report.session:
        yield words(report.session.words)
    if report.person:
        yield f"for {words(report.person)}"
    if report.status is not ReportStatus.REJECTED:
        yield f"seed {report.seed}"
    if report.backend:
        yield words(report.backend)
    yield f"grader {words(report.harness.version)}"
    if report.python:
        yield f"Python {words(report.python)}"
    if report.graded_at:
        yield words(report.graded_at)
    if "total" in report.durations_ms:
        yield seconds(report.durations_ms["total"])
