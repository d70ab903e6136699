"""Plan, dashboard, certificates and sessions as HTML pages, in the style of the reports: no script, no network, dark
and print.

Every text is escaped by Jinja's autoescape and made visible, since reports and notes may come from anybody; a content
security policy in each page forbids everything but its own style sheet.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import jinja2
from markupsafe import Markup

from grader.framework import Standing
from grader.interview.story import Story, clock
from grader.model import Level
from grader.portfolio.certificate import Credential
from grader.portfolio.dashboard import Dashboard
from grader.portfolio.plan import Plan, in_time
from grader.report.figures import moment, number
from grader.report.page.prose import prose
from grader.report.page.templates import environment
from grader.report.page.words import STANDINGS
from grader.report.visible import one_line, visible

FOLDER = Path(__file__).parent
TIMELINE = (64, 624, 16, 208)
"""The edges of the plot in a session's picture: left, right, top, bottom."""
STYLE = FOLDER.parents[1] / "report/page/style.css"


def plan_page(plan: Plan, *, up: str = "") -> str:
    """Return the plan as a page; `up` is the address of the page that links to it."""
    return rendered("plan", plan=plan, up=up)


def dashboard_page(
    board: Dashboard,
    *,
    plan_at: str = "",
    addresses: Sequence[str] = (),
    certificates_at: Mapping[str, str] | None = None,
) -> str:
    """Return the dashboard as a page; in a site with the addresses of the plan, of each report and, by their files, of
    certificates.
    """
    return rendered(
        "dashboard",
        board=board,
        up="",
        plan_at=plan_at,
        addresses=addresses,
        certificates_at=certificates_at or {},
    )


def certificate_page(content: Credential, *, file: str, state: str = "", holds: bool = True, up: str = "") -> str:
    """Return a certificate as a page; `state` says whether it holds, and is empty if that is not known."""
    return rendered("certificate", content=content, file=file, state=state, holds=holds, up=up)


def session_page(story: Story) -> str:
    """Return the story of a session as a page, with its timeline as a picture."""
    left, right, top, bottom = TIMELINE

    def x(minutes: float) -> float:
        return round(left + (right - left) * min(max(minutes / story.length, 0.0), 1.0), 1)

    def y(percent: float) -> float:
        return round(bottom - (bottom - top) * min(max(percent, 0.0), 100.0) / 100, 1)

    return rendered("session", story=story, up="", x=x, y=y, clock=clock)


def rendered(name: str, **values: object) -> str:
    """Render one of the templates beside this file."""
    page = _environment().get_template(f"{name}.html.j2").render(style=_style(), **values)
    return "\n".join(line.rstrip() for line in page.splitlines()) + "\n"


def foldable(name: str) -> Markup:
    """Return a name that a narrow column may break after `/` and `_`, and nowhere else if it can."""
    return Markup("<wbr>").join(re.split("(?<=[/_])", visible(one_line(name))))


@cache
def _style() -> str:
    return STYLE.read_text(encoding="utf-8") + (FOLDER / "portfolio.css").read_text(encoding="utf-8")


@cache
def _environment() -> jinja2.Environment:
    templates = environment(FOLDER)
    templates.filters |= {"number": number, "moment": moment, "line": one_line, "in_time": in_time}
    templates.filters["foldable"] = foldable
    templates.filters["prose"] = lambda text: prose(visible(text))
    templates.globals |= {"Level": Level, "STANDINGS": STANDINGS, "Standing": Standing}
    return templates
