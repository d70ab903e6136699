"""On a machine that cannot isolate, nothing is graded: status 3 and a remedy, never a zero and never a pass."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ADDER = Path(__file__).parents[1] / "fixtures/challenges"


@pytest.mark.skipif(shutil.which("unshare") is None, reason="unshare (util-linux) is not installed")
def test_without_user_namespaces_nothing_is_graded(tmp_path: Path) -> None:
    """With user namespaces switched off, `grader grade` exits 3 with the remedy and prints no score."""
    probe = subprocess.run(["unshare", "-U", "-r", "true"], capture_output=True, check=False)
    if probe.returncode:
        pytest.skip("this machine has no user namespaces to switch off")
    grade = f"{sys.executable} -m grader grade {ADDER}/language/adder/solution --challenge adder --challenges {ADDER}"
    script = f"echo 0 > /proc/sys/user/max_user_namespaces && exec {grade} --format json --output {tmp_path}/out.json"
    done = subprocess.run(["unshare", "-U", "-r", "sh", "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "grader doctor" in done.stderr
    written = (tmp_path / "out.json").read_text() if (tmp_path / "out.json").exists() else ""
    assert '"earned"' not in written or '"not measured"' in written
    assert '"lost"' not in written
