"""Processes of the harness are killed in the middle of gradings, a few times: `benchmarks/faults.py` does it often."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


def inject(*options: str) -> subprocess.CompletedProcess[str]:
    """Run the script."""
    command = [sys.executable, "-m", "benchmarks.faults", "--gradings", "4", "--seed", "3", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)


@pytest.mark.heavy
def test_no_fault_gives_a_wrong_mark_or_leaves_anything() -> None:
    """Whichever process is killed, a right answer loses nothing, nothing remains, and the next grading is right."""
    done = inject()
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.heavy
@pytest.mark.alone  # beside no other engine
def test_no_fault_of_containers_or_the_engine_does() -> None:
    """The same with Docker, also when the engine itself crashes and is started again."""
    done = inject("--backend", "docker")
    if "no Docker engine" in done.stderr and not os.environ.get("GRADER_ENGINE"):
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stdout + done.stderr
