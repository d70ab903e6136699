"""The host of hidden suites: collected once, forked for each job, with nothing left between jobs or after them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from benchmarks.processes import command_of, family
from grader.evidence.suite import starting
from grader.evidence.suite.client import SuiteHost
from grader.evidence.suite.job import Collected, Done, Message, Ran, SuiteJob
from grader.model import PromiseOutcome

HOST = "grader.evidence.suite.host"
"""What is in the command of the host, and of everything that it forks."""

COUNTED = """

import pathlib
SEEN = []
with open({log!r}, "a") as log:
    log.write("collected\\n")


@criterion("sums")
def test_nothing_is_left_of_earlier_gradings(submission: SubmissionHandle) -> None:
    \"\"\"State of the suite's module is not shared.\"\"\"
    SEEN.append(1)
    assert submission.call("add", 1, 1) == 2 * len(SEEN)
"""


@pytest.fixture
def suites() -> Iterator[SuiteHost]:
    """Nothing but the host itself is there before, and again afterwards: every test shows that all has ended."""
    with SuiteHost() as suites:
        suites.start()
        before = below_this_process(HOST)
        yield suites
    assert soon(lambda: below_this_process(HOST) <= before)


def job_for(adder: Path, **options: Any) -> SuiteJob:
    fields: dict[str, Any] = {
        "submission": adder / "solution",
        "digest": "d",
        "seed": 1,
        "backend": "bubblewrap",
        "explain": False,
    }
    return SuiteJob(challenge=adder, **(fields | options))


def outcomes(messages: Iterable[Message]) -> dict[str, PromiseOutcome]:
    return {message.promise.id: message.promise.outcome for message in messages if isinstance(message, Ran)}


def below_this_process(name: str) -> set[int]:
    return {pid for pid in family(os.getpid()) if name.encode() in command_of(pid)}


def soon(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + 10
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


def test_a_suite_is_collected_once_and_every_job_finds_it_as_it_was_then(
    adder: Path, suites: SuiteHost, tmp_path: Path
) -> None:
    """Three jobs, two of them at once: one import of the suite, and no job sees what another did to its module."""
    log = tmp_path / "log"
    suite = adder / "test_adder.py"
    suite.write_text(suite.read_text() + COUNTED.format(log=str(log)))

    def run(seed: int) -> list[Message]:
        return list(suites.run(job_for(adder, seed=seed), seconds=60))

    with ThreadPoolExecutor(2) as threads:
        runs = [run(0), *threads.map(run, (1, 2))]
    for messages in runs:
        assert set(outcomes(messages).values()) == {PromiseOutcome.KEPT}
        assert isinstance(messages[0], Collected)
        assert isinstance(messages[-1], Done)
    assert log.read_text() == "collected\n"


def test_an_edited_suite_is_collected_anew(adder: Path, suites: SuiteHost) -> None:
    """An author who fixes a suite in the same place is never judged by the old one."""
    assert set(outcomes(suites.run(job_for(adder), seconds=60)).values()) == {PromiseOutcome.KEPT}
    suite = adder / "test_adder.py"
    suite.write_text(suite.read_text().replace("== a + b", "== a - b"))
    assert outcomes(suites.run(job_for(adder), seconds=60))["test_a_sum_is_the_sum"] is PromiseOutcome.BROKEN


def test_a_warm_host_and_a_new_one_say_the_same(adder: Path, suites: SuiteHost, tmp_path: Path) -> None:
    """The same job is judged alike by a host that has graded before and by a new one, down to the counterexample."""
    wrong = tmp_path / "wrong"
    wrong.mkdir()
    text = (adder / "solution/adder.py").read_text()
    (wrong / "adder.py").write_text(text.replace("return a + b", "return a + b + (a > 10)"))
    job = job_for(adder, submission=wrong, explain=True)

    def said(messages: Iterable[Message]) -> list[Any]:
        return [
            (
                type(message),
                message.promise.id,
                message.promise.outcome,
                re.sub("0x[0-9a-f]+", "", message.promise.detail.counterexample),
            )
            for message in messages
            if hasattr(message, "promise") and message.promise.detail
        ]

    with SuiteHost() as new:
        warm, cold = said(suites.run(job, seconds=60)), said(new.run(job, seconds=60))
    assert warm == cold
    assert any("a=11," in counterexample for *_, counterexample in warm), "shrunk"


@pytest.mark.parametrize("line", ["while True: pass", "import os; os._exit(0)"], ids=["hangs", "exits"])
def test_a_suite_that_cannot_be_collected_leaves_no_process(adder: Path, suites: SuiteHost, line: str) -> None:
    """A suite that hangs or ends its interpreter while it is imported says nothing, and nothing of it stays."""
    (adder / "test_adder.py").write_text(line + "\n")
    before = below_this_process(HOST)
    assert list(suites.run(job_for(adder), seconds=2)) == []
    assert soon(lambda: below_this_process(HOST) <= before)


@pytest.mark.heavy
def test_a_suite_that_never_lets_go_of_the_interpreter_is_ended(adder: Path, suites: SuiteHost) -> None:
    """Not even a regular expression that backtracks for ever, which no thread of its process could stop."""
    suite = adder / "test_adder.py"
    endless = "import re\n\ndef stuck():\n    re.match('(a+)+$', 'a' * 64 + 'b')\n"
    suite.write_text(suite.read_text().replace("    submission.fresh()\n", "    stuck()\n") + endless)
    before = below_this_process(HOST)
    messages = list(suites.run(job_for(adder), seconds=8))
    assert outcomes(messages) == {"test_a_sum_is_the_sum": PromiseOutcome.KEPT}
    assert not any(isinstance(message, Done) for message in messages)
    assert soon(lambda: len(below_this_process(HOST) - before) == 2), "the collector and the exam, without the sitting"


def test_a_closed_host_starts_nothing(adder: Path, suites: SuiteHost) -> None:
    """A job that comes after the end is not begun."""
    suites.close()
    before = below_this_process(HOST)
    assert list(suites.run(job_for(adder), seconds=60)) == []
    assert below_this_process(HOST) <= before


def test_a_job_that_is_given_up_ends_with_its_sandbox(adder: Path, suites: SuiteHost, tmp_path: Path) -> None:
    """Whoever stops listening early leaves neither the fork nor the sandbox below it."""
    slow = tmp_path / "slow"
    slow.mkdir()
    (slow / "adder.py").write_text("import time\n\ndef add(a, b):\n    time.sleep(600)\n")
    before = below_this_process("bwrap")
    messages = suites.run(job_for(adder, submission=slow), seconds=60)
    assert isinstance(next(messages), Collected)
    assert soon(lambda: not below_this_process("bwrap") <= before)
    messages.close()
    assert soon(lambda: below_this_process("bwrap") <= before)


def test_a_lost_zygote_is_replaced(adder: Path, suites: SuiteHost) -> None:
    """When the machine has killed it between two jobs, the next job gets a new one."""
    known = below_this_process(HOST)
    assert outcomes(suites.run(job_for(adder), seconds=60))
    kill(below_this_process(HOST) - known)
    assert soon(lambda: below_this_process(HOST) <= known)
    assert set(outcomes(suites.run(job_for(adder), seconds=60)).values()) == {PromiseOutcome.KEPT}


def test_a_job_that_a_dying_zygote_was_sent_is_not_lost(adder: Path, suites: SuiteHost) -> None:
    """It can be sent a job that it never reads: the job gets a new one, too."""
    known = below_this_process(HOST)
    assert outcomes(suites.run(job_for(adder), seconds=60))
    zygotes = below_this_process(HOST) - known
    for process in zygotes:
        os.kill(process, signal.SIGSTOP)
    with ThreadPoolExecutor(1) as threads:
        messages = threads.submit(lambda: list(suites.run(job_for(adder), seconds=60)))
        with pytest.raises(TimeoutError):
            messages.result(timeout=0.5)
        kill(zygotes)
        assert set(outcomes(messages.result()).values()) == {PromiseOutcome.KEPT}


STOPPED = """
from grader.evidence.suite.client import SuiteHost

host = SuiteHost()
host.start()
host._host.orders.close()
print("ended with", host._host.process.wait(60))
host.close()
"""


def test_a_grader_stopped_amid_starting_a_process_gets_no_traceback_from_it() -> None:
    """A process that is asked for, and then never told what to do, ends without a word on the terminal."""
    debugging = {**os.environ, "GRADER_DEBUG": "1"}
    stopped = subprocess.run(
        [sys.executable, "-c", STOPPED], capture_output=True, text=True, timeout=60, check=False, env=debugging
    )
    assert (stopped.stdout, stopped.stderr) == ("ended with 0\n", "")


def test_what_was_started_ahead_is_taken_once_and_else_ended(adder: Path) -> None:
    """A host that a command started before it knew its job serves the first that asks; one that nobody took ends."""
    starting.start_ahead()
    starting.start_ahead()
    (ahead,) = starting._ahead
    with SuiteHost() as suites:
        suites.start(adder)
        assert suites._host is ahead
        assert starting._ahead == []
    starting.start_ahead()
    (ahead,) = starting._ahead
    starting.end_untaken()
    assert not ahead.is_alive


def test_nothing_is_left_beside_a_suite(adder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Byte code of a hidden suite is kept nowhere, also where Python is not told to keep none."""
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    before = {path for path in adder.rglob("*") if path.suffix == ".pyc"}
    with SuiteHost() as suites:
        assert outcomes(suites.run(job_for(adder), seconds=60))
    assert {path for path in adder.rglob("*") if path.suffix == ".pyc"} == before


def test_a_host_that_died_ahead_is_replaced() -> None:
    """Whoever takes it gets one that lives."""
    starting.start_ahead()
    (ahead,) = starting._ahead
    ahead.process.kill()
    ahead.process.wait()
    taken = starting.take()
    assert taken.is_alive
    taken.process.kill()
    taken.end()


LIBRARY = """
from pathlib import Path
from grader.evidence.suite.client import SuiteHost
from grader.evidence.suite.job import SuiteJob

print("once")
challenge = Path({challenge!r})
job = SuiteJob(
    challenge=challenge, submission=challenge / "solution", digest="", seed=1, backend="bubblewrap", explain=False
)
with SuiteHost() as host:
    for message in host.run(job, seconds=60):
        print(type(message).__name__, flush=True)
"""
WHOLE = "once\nCollected\nRan\nRan\nDone\n"


@pytest.mark.parametrize("by", ["file", "stdin", "thread"])
def test_a_caller_needs_no_guard(adder: Path, tmp_path: Path, by: str) -> None:
    """A script without `if __name__`, a program on stdin and a thread grade as the command line does."""
    text = LIBRARY.format(challenge=str(adder))
    if by == "thread":
        body = text.replace("\n", "\n    ")
        text = f"def work():\n    {body}\nimport threading\nthread = threading.Thread(target=work)\nthread.start()\n"
    script = tmp_path / "script.py"
    script.write_text(text)
    command = [sys.executable, "-" if by == "stdin" else str(script)]
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=120, check=False)
    assert (done.stdout, done.stderr) == (WHOLE, "")


DEAF = "    __import__('re').match('(a+)+$', 'a' * 64 + 'b')\n"


@pytest.mark.parametrize(
    ("killed", "line"), [("grader", ""), ("grader", "    while True: pass\n"), ("grader", DEAF), ("host", DEAF)]
)
def test_a_killed_grader_or_host_leaves_no_process_and_no_file(
    adder: Path, tmp_path: Path, killed: str, line: str
) -> None:
    """Not even where the suite's own process is deaf to everything but its end."""
    suite = adder / "test_adder.py"
    suite.write_text(suite.read_text().replace("    submission.fresh()\n", line or "    submission.fresh()\n"))
    slow = (adder / "solution/adder.py").read_text().replace("    return a + b", "    time.sleep(600)")
    (adder / "solution/adder.py").write_text(f"import time\n{slow if not line else slow.replace('600', '0')}")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    grader = subprocess.Popen(
        [sys.executable, "-c", LIBRARY.format(challenge=str(adder))],
        stdout=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(temporary)},
        text=True,
    )
    with grader:
        assert grader.stdout is not None
        assert grader.stdout.readline() == "once\n"
        assert grader.stdout.readline() == "Collected\n"
        time.sleep(0.5)
        below = {pid for pid in family(grader.pid) if pid != grader.pid}
        assert len(below) >= 4
        if killed == "grader":
            grader.kill()
        else:
            os.kill(min(below), signal.SIGKILL)
            assert grader.wait(30) == 0
    assert soon(lambda: not any(command_of(pid) for pid in below))
    assert list(temporary.iterdir()) == []


def kill(processes: set[int]) -> None:
    assert processes
    for process in processes:
        os.kill(process, signal.SIGKILL)
