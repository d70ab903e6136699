"""Whatever a caller gives as standard streams: the status is the result's, and what failed has its right name."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
CHALLENGES = "tests/fixtures/challenges"
ANSWER = f"{CHALLENGES}/language/adder/starter"


WITHOUT = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
"""Buffered as usual: what a stream did not take is tried once more when the interpreter ends."""


def run(redirection: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """The grader as a shell starts it."""
    command = ["sh", "-c", f'exec "$0" -m grader "$@" {redirection}', sys.executable, *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120, env=WITHOUT)


@pytest.mark.parametrize(
    "redirection",
    [*(pytest.param(redirection, marks=pytest.mark.heavy) for redirection in ("<&-", ">&-", "2>&-")), "<&- >&- 2>&-"],
)
def test_closed_streams_end_no_grading(tmp_path: Path, redirection: str) -> None:
    """A job that is started without a stream is graded as any other, and its report is whole."""
    report = tmp_path / "report.json"
    options = ("--challenge", "adder", "--challenges", CHALLENGES, "--format", "json", "--output", report)
    ended = run(redirection, "grade", ANSWER, *options)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert json.loads(report.read_text())["score"] == 0


@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full"])
@pytest.mark.parametrize("call", [["nonsense"], ["grade", "/there/is/nothing"]], ids=["a command", "a path"])
def test_an_error_that_nobody_can_be_told_keeps_its_status(redirection: str, call: list[str]) -> None:
    """A full log does not turn a wrong call into 1, which says "graded, and below the threshold"."""
    assert run(redirection, *call).returncode == 2


@pytest.mark.parametrize("call", [["list"], ["--help"]], ids=["a page", "help"])
def test_a_full_disk_is_the_machines_fault(call: list[str]) -> None:
    """Status 3 and what the system says; no word of a bug."""
    ended = run(">/dev/full", *call)
    assert ended.returncode == 3
    assert "No space left on device" in ended.stderr
    assert "bug" not in ended.stderr


def test_help_that_nobody_reads_is_not_below_a_threshold() -> None:
    """A pipe that broke is told as such, never by the status of a low score."""
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as gone:
        command = [sys.executable, "-m", "grader", "--help"]
        ended = subprocess.run(
            command, cwd=ROOT, stdout=gone, stderr=subprocess.PIPE, text=True, check=False, env=WITHOUT
        )
    assert ended.returncode == 3
    assert "a pipe was closed" in ended.stderr


AHEAD = """
import sys
from grader.cli import entry_point
from grader.evidence.suite import starting
starting.start_ahead = lambda: print("click" in sys.modules, flush=True)
sys.exit(entry_point.main(["grade", "nothing/here"]))
"""


def test_the_first_thing_that_a_grading_does_is_to_start_its_longest_process() -> None:
    """The hidden suite's process starts before the command line is so much as imported."""
    ended = subprocess.run([sys.executable, "-c", AHEAD], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (2, "False\n")
