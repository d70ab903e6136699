"""The naive way to grade: five commands over one submission, without any wall; its verdicts can be forged."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.inprocess import can_run
from grader.challenges.challenge import Challenge

FLAGS = ("-q", "-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir", "/", "--import-mode=importlib", "--noconftest")
ENVIRONMENT = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
"""What else this environment has for pytest belongs to nobody's grading."""


def suite_in_process(challenge: Challenge, submission: Path) -> list[str]:
    """Return the words for pytest."""
    paths = ["--challenge", str(challenge.folder), "--candidate", str(submission), str(challenge.suite)]
    return [*FLAGS, "-p", "benchmarks.inprocess", *paths]


def commands(challenge: Challenge, submission: Path, cache: str) -> dict[str, list[str]]:
    """Return the modules to run and their words, mypy with a new cache; without pytest where it cannot run in
    process.
    """
    files = [str(path) for path in sorted(submission.glob("*.py"))]
    tested = {"pytest, in process": ["pytest", *suite_in_process(challenge, submission)]}
    return (tested if can_run(challenge) else {}) | {
        "mypy --strict": ["mypy", "--strict", "--config-file=", f"--cache-dir={cache}", *files],
        "radon cc": ["radon", "cc", "-j", *files],
        "radon mi": ["radon", "mi", "-j", *files],
        "bandit": ["bandit", "-q", "-f", "json", *files],
    }


def grade_naively(challenge: Challenge, submission: Path) -> Iterator[str]:
    """Run the commands as whole cold processes, one after the other; yield each one's name when it has ended."""
    with tempfile.TemporaryDirectory() as cache:
        for name, words in commands(challenge, submission, cache).items():
            done = subprocess.run(
                [sys.executable, "-m", *words], capture_output=True, env=os.environ | ENVIRONMENT, check=False
            )
            if done.returncode not in (0, 1):
                sys.exit(f"{' '.join(words)}: exit status {done.returncode}\n{done.stderr.decode(errors='replace')}")
            yield name
