"""A report says which Python judged, wherever a person or a program would look for it."""

from __future__ import annotations

import msgspec
import pytest

from grader.report import render
from tests.report.conftest import Stored


@pytest.mark.parametrize("format_name", ["terminal", "json", "html", "markdown", "junit", "sarif", "gradescope"])
def test_a_report_says_which_python_judged(stored: Stored, format_name: str) -> None:
    """A mark may depend on it: syntax, the standard library, what mypy takes."""
    report = msgspec.structs.replace(stored("full"), python="3.99.5")
    assert "3.99.5" in render(report, format_name).replace("\\", "")  # Markdown escapes the first dot


@pytest.mark.parametrize("format_name", ["terminal", "html", "markdown", "junit", "sarif", "gradescope"])
def test_an_old_report_says_nothing_of_it(stored: Stored, format_name: str) -> None:
    """A report of a version that did not record it renders without the word."""
    report = msgspec.structs.replace(stored("full"), python=msgspec.UNSET)
    text = render(report, format_name).lower()
    assert "unset" not in text
    assert "python <" not in text
