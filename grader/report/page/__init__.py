"""The report as one HTML file without scripts or network access, for light and dark screens, paper and phones.

Text from the submission is escaped by Jinja's autoescape, and a content security policy in the page forbids everything
but its own style sheet, so nothing could run even if something were not escaped.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from grader.framework import Standing, progress
from grader.model import Level, Report, ReportStatus, RepositoryReport
from grader.report import figures
from grader.report.abridged import abridged
from grader.report.findings_view import name, reports, skills_with_challenge
from grader.report.page.among import BEGIN, END
from grader.report.page.excerpt import excerpt
from grader.report.page.prose import prose
from grader.report.page.words import FINDINGS, MARKS, PROMISES, STANDINGS, kept, loses, lost, open_reviews
from grader.report.promises import beside_promises, causes, example_lines, notices, to_explain
from grader.report.reviews import review_lines
from grader.report.view import Audience, View
from grader.report.visible import one_line

if TYPE_CHECKING:
    from jinja2 import Template


def render(report: Report | RepositoryReport, view: View) -> str:
    """Return a complete HTML document."""
    every = reports(report)
    page = _template().render(
        reports=every,
        several=isinstance(report, RepositoryReport) and len(every) != 1,
        progress=progress(every, skills_with_challenge(report)),
        reviewer=view.audience is Audience.REVIEWER,
        candidate=view.candidate,
        up=view.up,
        up_title=view.up_title,
    )
    return "\n".join(line.rstrip() for line in page.splitlines()) + "\n"


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("grader.report.page", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": figures.number,
        "moment": figures.moment,
        "marked": figures.marked,
        "level": figures.level,
        "open_part": figures.open_part,
        "seconds": figures.seconds,
        "line": one_line,
        "prose": prose,
        "name": name,
        "causes": causes,
        "example_lines": example_lines,
        "notices": notices,
        "to_explain": to_explain,
        "kept": kept,
        "lost": lost,
        "loses": loses,
        "findings": beside_promises,
        "abridged": abridged,
        "excerpt": excerpt,
        "open_reviews": open_reviews,
        "review_lines": review_lines,
    }
    environment.globals |= {
        "MARKS": MARKS,
        "PROMISES": PROMISES,
        "FINDINGS": FINDINGS,
        "STANDINGS": STANDINGS,
        "BEGIN": BEGIN,
        "END": END,
        "Level": Level,
        "Standing": Standing,
        "ReportStatus": ReportStatus,
        "share": figures.share,
    }
    return environment.get_template("report.html.j2")
