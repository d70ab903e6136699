"""What each renderer makes of the stored reports is what tests/gold says, to the letter."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from grader.report import FORMATS, render
from tests.report.conftest import Stored

GOLD = Path(__file__).parent.parent / "gold"
CASES = sorted(path.parent.name for path in GOLD.glob("*/report.json"))
FILES = {
    "terminal": "terminal.txt",
    "html": "report.html",
    "markdown": "report.md",
    "junit": "junit.xml",
    "sarif": "report.sarif",
    "github": "github.txt",
    "gitlab": "gitlab.json",
    "gradescope": "results.json",
}


@pytest.mark.parametrize("format_name", FILES)
@pytest.mark.parametrize("case", CASES)
def test_a_stored_report_renders_as_expected(stored: Stored, case: str, format_name: str) -> None:
    """A report renders the same today as when its gold file was last read by a person."""
    path = GOLD / case / FILES[format_name]
    output = render(stored(case), format_name)
    if os.environ.get("GRADER_REFRESH_GOLD"):
        path.write_text(output, encoding="utf-8")
    assert output == path.read_text(encoding="utf-8")


def test_every_format_but_json_has_gold_files() -> None:
    """No renderer goes unread. (JSON is held to its schema and to its own round trip.)"""
    assert set(FILES) == set(FORMATS) - {"json"}
