"""However a grading is stopped, nothing of it stays."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from signal import Signals

import pytest

ROOT = Path(__file__).parent.parent.parent
SAMPLE = ROOT / "tests/candidates/middling"
PR_SET_CHILD_SUBREAPER = 36
PATIENCE = 30.0
"""Seconds until a test gives up; far more than anything takes."""


@pytest.fixture(autouse=True)
def adopted() -> Iterator[None]:
    """Orphans below this process become its children, so that none is overlooked."""
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    yield
    libc.prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def parents() -> dict[int, int]:
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            with contextlib.suppress(OSError):
                state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
                if state != "Z":
                    found[int(folder.name)] = int(parent)
    return found


def below_us() -> list[int]:
    """Every living process that descends from this one."""
    above = parents()

    def descends(pid: int) -> bool:
        while pid in above and pid != os.getpid():
            pid = above[pid]
        return pid == os.getpid()

    return [pid for pid in above if pid != os.getpid() and descends(pid)]


def command(pid: int) -> str:
    with contextlib.suppress(OSError):
        return f"{pid}: " + (Path("/proc") / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    return f"{pid}: gone"


def wait_for(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


GROUP = "the whole group, as a terminal does"
ALONE = "the grader alone"
GRADER = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in a shell's background is started with Ctrl-C ignored
from grader.cli import main
sys.exit(main())
"""
START, AMID = 2, 5
"""Processes that run at the start of a grading, and amid its tests."""


@pytest.mark.parametrize(
    ("number", "status", "aim", "processes"),
    [
        pytest.param(signal.SIGINT, 130, GROUP, AMID, id="Ctrl-C amid tests"),
        pytest.param(signal.SIGTERM, 143, ALONE, START, id="terminated at the start"),
        pytest.param(signal.SIGINT, 130, ALONE, START, id="interrupted at the start", marks=pytest.mark.heavy),
        pytest.param(signal.SIGINT, 130, ALONE, AMID, id="interrupted amid tests", marks=pytest.mark.heavy),
        pytest.param(signal.SIGTERM, 143, GROUP, AMID, id="all terminated amid tests", marks=pytest.mark.heavy),
        pytest.param(signal.SIGINT, 130, GROUP, START, id="Ctrl-C at the start", marks=pytest.mark.heavy),
    ],
)
def test_stopping_leaves_no_process_and_no_file(
    tmp_path: Path, number: Signals, status: int, aim: str, processes: int
) -> None:
    """Ctrl-C and SIGTERM end with one line, and leave neither a process nor a file."""
    before = set(below_us())
    grading = subprocess.Popen(
        [sys.executable, "-c", GRADER, "grade", str(SAMPLE)],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        started = wait_for(lambda: len(set(below_us()) - before) >= processes or grading.poll() is not None)
        assert started
        if aim == GROUP:
            os.killpg(grading.pid, number)
        else:
            grading.send_signal(number)
        out, err = grading.communicate(timeout=PATIENCE)
    finally:
        grading.kill()
        grading.wait()
    assert (grading.returncode, out) == (status, "")
    assert len(err.strip().splitlines()) == 1
    assert "nothing was graded" in err
    assert wait_for(lambda: not set(below_us()) - before), [command(pid) for pid in set(below_us()) - before]
    assert list(tmp_path.iterdir()) == []
