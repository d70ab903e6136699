"""Text that a candidate wrote forges nothing, whatever shows it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from xml.etree import ElementTree as ET

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.model import Finding, Report, Severity
from grader.report import FORMATS, Audience, View, render
from grader.report.visible import one_line, visible, without_commands
from tests.report.conftest import Stored

AUDIENCES = [View(audience=audience) for audience in Audience]


@pytest.mark.parametrize("view", AUDIENCES, ids=[view.audience.value for view in AUDIENCES])
@pytest.mark.parametrize("format_name", FORMATS)
def test_nothing_that_steers_a_display_gets_through(stored: Stored, format_name: str, view: View) -> None:
    """No output holds an escape, a control or a bidirectional or invisible character."""
    output = render(stored("hostile"), format_name, view)
    assert [c for c in output if c != "\n" and unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}] == []


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_no_line_in_a_terminal_report_is_a_command_to_a_ci_service(stored: Stored, width: int) -> None:
    """However lines are wrapped, none begins with `::` and none holds `##[`: a CI log would obey them."""
    output = render(stored("hostile"), "terminal", View(width=width, audience=Audience.REVIEWER))
    assert not re.search(r"^\s*::|##\w*\[", output, re.MULTILINE)


def test_console_markup_is_shown_and_not_obeyed(stored: Stored) -> None:
    """`[bold green]` in a message is text; colour comes from us alone."""
    output = render(stored("hostile"), "terminal", View(colour=True))
    assert "[bold green]100[/]" in output
    assert "[red]evil[/red]" in output


def test_colour_uses_no_escapes_but_colours(stored: Stored) -> None:
    """The only escapes in a coloured report set colours."""
    output = render(stored("hostile"), "terminal", View(colour=True))
    assert "\x1b[" in output
    assert "\x1b" not in re.sub(r"\x1b\[[0-9;]*m", "", output)


@pytest.mark.parametrize("hidden", ["\u034f", "\u2800", "\u3164", "\uffa0", "\ufe0f", "\U000e0101"])
def test_what_shows_nothing_is_shown(hidden: str) -> None:
    """Fillers and variation selectors, in which a text can hide from its reader, become escapes."""
    assert visible(f"a{hidden}b") == f"a{hidden.encode('unicode_escape').decode()}b"


@given(st.text())
def test_visible_text_is_stable_and_harmless(text: str) -> None:
    """Whatever it gets, it gives nothing that steers, and giving it again changes nothing."""
    shown = visible(text)
    assert all(c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cf", "Cn", "Cs", "Zl", "Zp"} for c in shown)
    assert visible(shown) == shown


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # it only loads a file
@given(st.text() | st.text(alphabet="\ufffe\uffff\ufdd0\U0001fffe\x00\x1b]]>&<"))
def test_a_junit_file_stays_well_formed(stored: Callable[[str], Report], text: str) -> None:
    """Whatever a candidate writes into a message, a CI service can read the report: XML has characters it forbids."""
    report = stored("partial")
    mark = msgspec.structs.replace(report.criteria[0], reason=text)
    finding = Finding(id="security.hardcoded", severity=Severity.ERROR, message=text, help=text, file="orm.py", line=1)
    marks = (mark, *(msgspec.structs.replace(criterion, findings=(finding,)) for criterion in report.criteria[1:]))
    ET.fromstring(render(msgspec.structs.replace(report, criteria=marks), "junit"))


@given(st.text(alphabet=" \n\t:#[]ab\x1b", max_size=40))
def test_no_command_survives(text: str) -> None:
    """Nothing that a CI service would obey is left, and doing it again changes nothing."""
    safe = without_commands(text)
    assert not re.search(r"^\s*::|##\w*\[", safe, re.MULTILINE)
    assert without_commands(safe) == safe


def test_a_line_is_one_line_and_says_what_is_missing() -> None:
    """A message cannot push the rest of a report away."""
    assert one_line("a\n\n  b") == "a b"
    assert one_line("x" * 30, longest=10) == "x" * 10 + "… (20 more characters)"
