"""Renders a cohort's summary as one HTML file that needs neither scripts nor a network."""

from __future__ import annotations

import functools
import re
from pathlib import Path

import jinja2
from markupsafe import Markup, escape

from grader.batch.summary import Summary
from grader.report.figures import moment
from grader.report.page.templates import environment
from grader.report.visible import visible

SEPARATORS = ("/", "_", "-")
FOLDER = Path(__file__).parent
STYLE = FOLDER.parent / "report/page/style.css"


def as_html(summary: Summary) -> str:
    """Return the page with all text escaped, since candidates choose the names of their folders."""
    most = max(summary.distribution, default=0) or 1
    return _template().render(summary=summary, most=most, style=STYLE.read_text(encoding="utf-8"))


@functools.cache
def _template() -> jinja2.Template:
    templates = environment(FOLDER)
    templates.filters |= {"broken": broken, "moment": moment}
    return templates.get_template("cohort.html.j2")


def broken(name: str) -> Markup:
    """Escape a name, and let it wrap after its separators only."""
    return Markup("").join(
        Markup("{}<wbr>").format(part) if part in SEPARATORS else escape(part)
        for part in re.split(r"([/_-])", visible(name))
    )
