"""`grader watch` as a process: refused calls, and what stays after Ctrl-C."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from grader.cli import main

GRADER = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in a shell's background is started with Ctrl-C ignored
from grader.cli import main
sys.exit(main())
"""


def test_ctrl_c_leaves_nothing(adder: Path, tmp_path: Path) -> None:
    """Ctrl-C is how a session ends: status 0, no traceback, no process, no file, nothing beside the submission."""
    folder = Path(shutil.copytree(adder / "solution", tmp_path / "mine"))
    names = sorted(path.name for path in folder.iterdir())
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    words = ["watch", str(folder), "--challenge", "adder", "--challenges", str(adder.parent.parent)]
    watching = subprocess.Popen(
        [sys.executable, "-c", GRADER, *words],
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert watching.stdout is not None
        first = watching.stdout.readline()
        os.killpg(watching.pid, signal.SIGINT)
        out, err = watching.communicate(timeout=30)
    finally:
        watching.kill()
        watching.wait()
    assert "language/adder  100 %" in first
    assert (watching.returncode, out, err) == (0, "", "")
    assert list(temporary.iterdir()) == []
    assert sorted(path.name for path in folder.iterdir()) == names
    left = [path for path in Path("/proc").glob("[0-9]*/environ") if _reads(path, str(temporary))]
    assert left == []


def _reads(path: Path, text: str) -> bool:
    try:
        return text.encode() in path.read_bytes()
    except OSError:
        return False


def test_an_unknown_criterion_is_refused(adder: Path, tmp_path: Path) -> None:
    """A criterion that the challenge does not have is a wrong call, not a silent screen."""
    folder = Path(shutil.copytree(adder / "solution", tmp_path / "mine"))
    words = [
        "watch",
        str(folder),
        "--challenge",
        "adder",
        "--challenges",
        str(adder.parent.parent),
        "--only",
        "nothing",
    ]
    assert main([*words, "--only", "nothing"]) == 2


def test_a_path_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """A mistyped path is said at once; it is not waited for."""
    assert main(["watch", str(tmp_path / "nowhere")]) == 2
