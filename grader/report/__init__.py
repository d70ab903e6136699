"""Renderers: for each format, a pure function from a report to text and one line in the table below.

A renderer is a module with `render(report, view) -> str`. It does no I/O, keeps no state, and gets a report that is
already safe to show: `render` below removes what the audience must not see and makes hostile text visible. Modules are
imported when their format is requested, so that one format does not pay for the others.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, NamedTuple, Protocol

from grader.report.view import Audience, View

if TYPE_CHECKING:
    from grader.model import Report, RepositoryReport

__all__ = ["FORMATS", "Audience", "Format", "View", "render"]


class Format(NamedTuple):
    """The location of a format's renderer, and what the format is for."""

    module: str
    purpose: str


FORMATS = {
    "terminal": Format("grader.report.terminal", "for people, in a shell"),
    "json": Format("grader.report.jsonreport", "for programs; report.schema.json describes it"),
    "html": Format("grader.report.page", "one file for a browser or a printer, without scripts or network access"),
    "markdown": Format("grader.report.markdown", "for a job summary or a comment on a pull request"),
    "junit": Format("grader.report.junit", "JUnit XML, for a CI service's test reports"),
    "sarif": Format("grader.report.sarif", "SARIF 2.1.0, for code scanning"),
    "github": Format("grader.report.github", "annotations for the log of GitHub Actions"),
    "gitlab": Format("grader.report.gitlab", "GitLab's code-quality report"),
    "gradescope": Format("grader.report.gradescope", "Gradescope's results.json"),
}


class _Renderer(Protocol):
    def __call__(self, report: Report | RepositoryReport, view: View) -> str: ...


def render(report: Report | RepositoryReport, format_name: str, view: View | None = None) -> str:
    """Return the report as text in one of FORMATS, ending in a newline."""
    from grader.report.audience import told
    from grader.report.visible import made_visible

    view = view or View()
    renderer: _Renderer = importlib.import_module(FORMATS[format_name].module).render
    return renderer(made_visible(told(report, view.audience)), view)
