"""Folders of gradings go with their grading, and those of killed graders with the next."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from grader.workspace import workspace

HOLD = """
import time
from grader.workspace import workspace
with workspace() as folder:
    print(folder, flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_folder_goes_with_its_grading(temporary: Path) -> None:
    """Nothing is left, also after an exception."""

    def grade() -> None:
        with workspace() as folder:
            (folder / "file").write_text("x")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        grade()
    assert list(temporary.iterdir()) == []


def test_what_a_killed_grader_left_goes_with_the_next(temporary: Path) -> None:
    """As long as it lives, its folder is left alone; afterwards the next grading removes it."""
    environment = {**os.environ, "TMPDIR": str(temporary)}
    with subprocess.Popen([sys.executable, "-c", HOLD], stdout=subprocess.PIPE, text=True, env=environment) as other:
        assert other.stdout is not None
        folder = Path(other.stdout.readline().strip())
        with workspace():
            assert folder.is_dir()
        other.send_signal(signal.SIGKILL)
        other.wait()
    assert folder.is_dir()
    with workspace():
        assert not folder.parent.exists()


def test_a_folder_of_another_kind_is_left_alone(temporary: Path) -> None:
    """What has our prefix and no lock of ours, or a link for a lock, is somebody else's."""
    (temporary / "grader-mine").mkdir()
    (temporary / "grader-link").mkdir()
    (temporary / "grader-link/lock").symlink_to("/etc/hostname")
    with workspace():
        assert {"grader-mine", "grader-link"} <= {path.name for path in temporary.iterdir()}
