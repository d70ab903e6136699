"""Text that a candidate wrote forges nothing, whatever shows it."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.report import FORMATS, Audience, View, render
from grader.report.visible import one_line, visible, without_commands

AUDIENCES = [View(audience=each) for each in Audience]


@pytest.mark.parametrize("view", AUDIENCES, ids=[view.audience.value for view in AUDIENCES])
@pytest.mark.parametrize("format_name", FORMATS)
def test_nothing_that_steers_a_display_gets_through(stored, format_name, view):
    """No output holds an escape, a control or a bidirectional or invisible character."""
    output = render(stored("hostile"), format_name, view)
    assert [c for c in output if c != "\n" and unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}] == []


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_no_line_in_a_terminal_report_is_a_command_to_a_ci_service(stored, width):
    """However lines are wrapped, none begins with `::` and none holds `##[`: a CI log would obey them."""
    output = render(stored("hostile"), "terminal", View(width=width, audience=Audience.REVIEWER))
    assert not re.search(r"^\s*::|##\w*\[", output, re.MULTILINE)


def test_console_markup_is_shown_and_not_obeyed(stored):
    """`[bold green]` in a message is text; colour comes from us alone."""
    output = render(stored("hostile"), "terminal", View(colour=True))
    assert "[bold green]100[/]" in output
    assert "[red]evil[/red]" in output


def test_colour_uses_no_escapes_but_colours(stored):
    """The only escapes in a coloured report set colours."""
    output = render(stored("hostile"), "terminal", View(colour=True))
    assert "\x1b[" in output
    assert "\x1b" not in re.sub(r"\x1b\[[0-9;]*m", "", output)


@given(st.text())
def test_visible_text_is_stable_and_harmless(text):
    """Whatever it gets, it gives nothing that steers, and giving it again changes nothing."""
    shown = visible(text)
    assert all(c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Zl", "Zp"} for c in shown)
    assert visible(shown) == shown


@given(st.text(alphabet=" \n\t:#[]ab\x1b", max_size=40))
def test_no_command_survives(text):
    """Nothing that a CI service would obey is left, and doing it again changes nothing."""
    safe = without_commands(text)
    assert not re.search(r"^\s*::|##\w*\[", safe, re.MULTILINE)
    assert without_commands(safe) == safe


def test_a_line_is_one_line_and_says_what_is_missing():
    """A message cannot push the rest of a report away."""
    assert one_line("a\n\n  b") == "a b"
    assert one_line("x" * 30, longest=10) == "x" * 10 + "… (20 more characters)"
