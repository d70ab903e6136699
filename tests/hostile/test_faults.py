"""Processes of the harness are killed in the middle of gradings, a few times: `benchmarks/faults.py` does it often."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.heavy
def test_no_fault_gives_a_wrong_mark_or_leaves_anything():
    """Whichever process is killed, a right answer loses nothing, nothing remains, and the next grading is right."""
    command = [sys.executable, "-m", "benchmarks.faults", "--gradings", "4", "--seed", "3"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
