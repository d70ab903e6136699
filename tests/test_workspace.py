"""Folders of gradings go with their grading, and those of killed graders with the next."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from grader.workspace import LOCK, PREFIX, SUFFIX, workspace

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


def test_a_grader_that_is_stopped_while_it_begins_leaves_nothing(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even when the interrupt comes with the making of its folder, before anything knows the folder's name."""
    real = os.mkdir

    def interrupted(*arguments: Any, **options: Any) -> None:
        real(*arguments, **options)
        assert list(temporary.iterdir())
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "mkdir", interrupted)
    with pytest.raises(KeyboardInterrupt), workspace():
        pass
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("got_as_far_as", ["its folder", "its lock"])
def test_a_grader_that_was_killed_while_it_began_leaves_nothing(temporary: Path, got_as_far_as: str) -> None:
    """Also what has no lock yet, or one that was never held, goes with the next."""
    begun = temporary / f"{PREFIX}begun{SUFFIX}"
    begun.mkdir()
    if got_as_far_as == "its lock":
        (begun / LOCK).touch()
    with workspace():
        assert not begun.exists()


@pytest.mark.parametrize("taken_at", ["its folder", "its lock"])
def test_a_folder_that_was_taken_for_a_dead_graders_is_made_anew(
    temporary: Path, monkeypatch: pytest.MonkeyPatch, taken_at: str
) -> None:
    """Of two graders that begin together neither fails."""
    taken: list[Path] = []
    function = "open" if taken_at == "its folder" else "flock"
    module = os if taken_at == "its folder" else fcntl
    real = getattr(module, function)

    def late(*arguments: object, **options: object) -> object:
        for folder in [] if taken else temporary.glob(f"{PREFIX}*"):
            taken.append(folder)
            shutil.rmtree(folder)
        return real(*arguments, **options)

    monkeypatch.setattr(module, function, late)
    with workspace() as folder:
        assert taken not in ([], [folder.parent])
        assert folder.is_dir()
    assert list(temporary.iterdir()) == []


def test_a_folder_of_another_kind_is_left_alone(temporary: Path) -> None:
    """What is not named as ours are, has anything in it but no lock, or a link for a lock, is somebody else's."""
    others = {"grader-mine", f"grader-full{SUFFIX}", f"grader-link{SUFFIX}"}
    for name in others:
        (temporary / name).mkdir()
    (temporary / f"grader-full{SUFFIX}/file").touch()
    (temporary / f"grader-link{SUFFIX}/lock").symlink_to("/etc/hostname")
    with workspace():
        assert others <= {path.name for path in temporary.iterdir()}


def test_nobody_else_passes_through() -> None:
    """A submission in work is its grader's alone; what is shown to a sandbox is mounted, not walked to."""
    with workspace() as folder:
        assert folder.parent.stat().st_mode & 0o777 == 0o700
