"""The README is true: its commands work, and the report that it shows is a real one."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from grader.report import FORMATS

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
PROMISE, FINDING = 12, 5
"""Lines of a broken promise and of a finding in the picture of a report, with the criterion's own."""


def section(title: str) -> str:
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def test_quick_start_is_two_commands() -> None:
    """Exactly two shell blocks, each one line: programs read them."""
    commands = blocks(section("Quick start"), "sh")
    assert len(commands) == 2
    assert [command.count("\n") for command in commands] == [1, 1]
    assert section("Quick start").count("```") == 4


def test_quick_start_needs_nothing_but_python_and_pip() -> None:
    """Both set up their own environment, so that neither needs the other nor touches the machine's Python."""
    first, second = blocks(section("Quick start"), "sh")
    for command in (first, second):
        assert command.startswith("python3 -m venv --without-pip .venv && python3 -m pip --python .venv install ")
        assert "sudo" not in command
    assert first.rstrip().endswith("&& .venv/bin/grader grade tests/candidates/middling")
    assert second.rstrip().endswith("&& .venv/bin/python -m pytest")


def test_the_check_runs_the_second_command_as_it_stands() -> None:
    """`.ci/run` takes its command from the README: the two cannot drift apart."""
    script = (ROOT / ".ci/run").read_text(encoding="utf-8")
    reader = re.search(r"^command=\$\((awk .*?README\.md)\)$", script, re.MULTILINE | re.DOTALL)
    assert reader is not None
    done = subprocess.run(["bash", "-c", reader[1]], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == blocks(section("Quick start"), "sh")[1]


def test_every_format_is_named() -> None:
    """The formats in the README are those that there are."""
    assert {name for name in FORMATS if f"`{name}`" not in section("For CI")} == set()


def test_links_lead_somewhere() -> None:
    """Every relative link is a file."""
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", README.read_text(encoding="utf-8"))
    assert [target for target in targets if not (ROOT / target).exists()] == []


@pytest.fixture(scope="module")
def report() -> str:
    """What the first command prints, with a fixed seed and a wide page."""
    command = [sys.executable, "-c", "import sys; from grader.cli import main; sys.exit(main())"]
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    done = subprocess.run(
        [*command, "grade", "tests/candidates/middling", "--seed", "1"],
        cwd=ROOT,
        env={**kept, "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr  # a slow machine's says how far it is
    return done.stdout


def picture(output: str) -> str:
    """The head, the rubric, the beginnings of a broken promise and of a finding, the foot."""
    title, score, rubric, *losses, foot = output.strip("\n").split("\n\n")
    promise = next(block for block in losses if "promises kept" in block)
    finding = next(block for block in losses if "│" in block)
    parts = [title, score, rubric, beginning(promise, PROMISE), beginning(finding, FINDING), foot]
    return "\n\n".join(parts) + "\n"


def beginning(block: str, lines: int) -> str:
    return "\n".join([*block.split("\n")[:lines], "  …"])


def without_time(text: str) -> str:
    """Leave out what differs from run to run and from machine to machine: the time, and Python's version."""
    return re.sub(r"( · Python [\d.]+)?( · [\d.]+ m?s)$", "", text, flags=re.MULTILINE)


@pytest.mark.heavy
def test_the_report_shown_is_a_real_one(report: str) -> None:
    """The picture is what the sample gets today. GRADER_REFRESH_GOLD=1 takes a new one."""
    (shown,) = blocks(section("A report"), "text")
    real = picture(report)
    if os.environ.get("GRADER_REFRESH_GOLD") and without_time(shown) != without_time(real):
        README.write_text(README.read_text(encoding="utf-8").replace(shown, real), encoding="utf-8")
        shown = real
    assert without_time(shown) == without_time(real)
