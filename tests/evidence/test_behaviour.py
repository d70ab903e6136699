"""The hidden suite's run: who keeps a promise, who breaks one, and whose fault everything else is."""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from grader.evidence.suite import starting
from grader.evidence.suite.client import SuiteHost
from grader.evidence.suite.job import SuiteJob
from grader.model import MarkStatus, PromiseOutcome, Report, ReportStatus
from sandbox import backends
from tests.conftest import Graded

SOLUTION = (Path(__file__).parents[1] / "fixtures/challenges/language/adder/solution/adder.py").read_text()


def outcomes(report: Report) -> dict[str, PromiseOutcome]:
    return {promise.id: promise.outcome for mark in report.criteria for promise in mark.promises}


def test_the_reference_earns_every_point(graded: Graded) -> None:
    """A right submission keeps every promise."""
    report = graded(SOLUTION)
    assert (report.status, report.score, report.percent) == (ReportStatus.GRADED, 10.0, 100.0)
    assert report.level == 3


def test_a_mistake_loses_its_criterion_and_no_other(over_ten: Report) -> None:
    """A wrong sum breaks the promises about sums; the reviewer gets the smallest counterexample."""
    sums, memory = over_ten.criteria
    assert (sums.status, sums.earned) == (MarkStatus.LOST, 0.0)
    (promise,) = sums.promises
    assert promise.detail is not None
    assert "a=11" in promise.detail.counterexample.replace(" ", "")
    assert "def test_a_sum_is_the_sum" in promise.detail.source
    assert memory.status is MarkStatus.LOST


def test_what_the_verdict_asked_is_in_the_trace_alone(graded: Graded, over_ten: Report) -> None:
    """A candidate may be shown the counterexample of the run that explains, and nothing of the verdict's exam."""
    promise = over_ten.criteria[0].promises[0]
    assert promise.detail is not None
    _, asked = promise.detail.trace.split("In the verdict's exam:\nFalsifying example: test_a_sum_is_the_sum(")
    assert "a=11," in promise.detail.counterexample
    assert "a=11," not in asked
    rarely = SOLUTION.replace("return a + b", "return a + b + (a == " + re.findall(r"a=(-?\d+)", asked)[0] + ")")
    promise = graded(rarely).criteria[0].promises[0]
    assert promise.outcome is PromiseOutcome.BROKEN
    assert promise.detail is not None
    assert promise.detail.counterexample == ""


def test_an_exception_breaks_the_promise_where_it_was_raised(graded: Graded) -> None:
    """The candidate learns the exception's class and the line that raised it."""
    report = graded("def add(a, b):\n    return {}['x']\n\ndef history():\n    return []\n")
    finding = report.criteria[0].findings[0]
    assert (finding.file, finding.line) == ("adder.py", 2)
    assert "KeyError" in finding.message
    assert report.sources["adder.py"].startswith("def add")


def test_the_starter_earns_nothing(graded: Graded, adder: Path) -> None:
    """What raises NotImplementedError keeps no promise."""
    assert graded((adder / "starter/adder.py").read_text(), explain=False).score == 0


def test_the_same_seed_gives_the_same_draws(graded: Graded) -> None:
    """A grading with the same seed is the same grading, down to the counterexample; another seed draws others."""
    wrong = SOLUTION.replace("return a + b", "return a + b + (a % 1000 == 0)")

    def seen(seed: int) -> list[Any]:
        return [(p.outcome, p.detail and p.detail.trace) for m in graded(wrong, seed=seed).criteria for p in m.promises]

    def stable(runs: list[Any]) -> str:
        return re.sub(r"0x[0-9a-f]+|/tmp/\S+", "", repr(runs))

    assert stable(seen(7)) == stable(seen(7))
    sometimes = SOLUTION.replace("return a + b", "return a + b + ((31 * a + b) % 97 == 50)")
    reports = {seed: graded(sometimes, seed=seed, explain=False) for seed in range(5)}
    outcomes_by_seed = {seed: outcomes(report)["test_a_sum_is_the_sum"] for seed, report in reports.items()}
    assert set(outcomes_by_seed.values()) == {PromiseOutcome.KEPT, PromiseOutcome.BROKEN}


@pytest.mark.parametrize(
    ("flaw", "words"),
    [
        ("import nothing_of_that_name\n", "could not be run"),
        ("def test_no_docstring(submission):\n    pass\n", "docstring"),
        ("1 / 0\n", "could not be run"),
    ],
)
def test_a_broken_suite_is_the_authors_fault(graded: Graded, adder: Path, flaw: str, words: str) -> None:
    """A suite that cannot be collected, or names no promise, costs the candidate nothing."""
    suite = adder / "test_adder.py"
    suite.write_text(suite.read_text() + "\n\n" + flaw)
    report = graded(SOLUTION)
    assert report.status is ReportStatus.INCOMPLETE
    assert all(mark.status is MarkStatus.NOT_MEASURED for mark in report.criteria)
    assert words in report.criteria[0].reason
    assert report.best_possible == 10.0


def test_a_suite_that_fails_by_itself_is_the_authors_fault(graded: Graded, adder: Path) -> None:
    """An error in a hidden test that no answer caused is not measured; its text is the reviewer's."""
    suite = adder / "test_adder.py"
    suite.write_text(suite.read_text().replace("    submission.fresh()\n", "    submission.fresh()\n    {}['x']\n"))
    report = graded(SOLUTION)
    assert outcomes(report)["test_history_holds_every_sum"] is PromiseOutcome.NOT_MEASURED
    assert "the hidden suite itself failed (KeyError)" in [mark.reason for mark in report.criteria]


@pytest.mark.parametrize(
    "taken_apart",
    [
        "for _, total in zip(pairs, submission.call('add_all', list(pairs))[1], strict=True): assert total == 1",
        "first, *others = submission.call('add_all', list(pairs))[1]",
        "(first,) = submission.call('add_all', list(pairs))[1]",
        "first, second, third = submission.call('add_all', list(pairs))",
        "(first,) = submission.call('add_all', list(pairs))",
    ],
)
def test_an_answer_of_another_length_breaks_the_promise(graded: Graded, adder: Path, taken_apart: str) -> None:
    """A submission cannot void its own grading by answering with fewer or more parts than the suite takes apart."""
    suite = adder / "test_adder.py"
    tail = '    assert submission.call("add_all", list(pairs)) == (sums, sums)\n'
    assert tail in suite.read_text()
    suite.write_text(suite.read_text().replace(tail, f"    {taken_apart}\n"))
    report = graded(SOLUTION.replace("return list(", "return [] and list("), explain=False)
    assert outcomes(report)["test_history_holds_every_sum"] is PromiseOutcome.BROKEN


def test_a_suite_may_break_a_promise_in_words_of_its_own(graded: Graded, adder: Path) -> None:
    """What the suite says of a broken promise is what the candidate reads."""
    suite = adder / "test_adder.py"
    suite.write_text(
        "from grader.suite import Unkept\n"
        + suite.read_text().replace("assert ", "raise Unkept('two of three'); assert ")
    )
    report = graded((adder / "solution/adder.py").read_text())
    assert {promise.reason for mark in report.criteria for promise in mark.promises} == {"Two of three."}


def test_an_assertion_in_a_fixture_is_the_authors_fault(graded: Graded, adder: Path) -> None:
    """Where no promise is stated yet, a failed assertion costs the candidate nothing."""
    suite = adder / "test_adder.py"
    fixture = "import pytest\n\n@pytest.fixture(autouse=True)\ndef prepared():\n    assert not 'prepared'\n\n"
    suite.write_text(suite.read_text().replace("numbers = ", fixture + "numbers = "))
    report = graded(SOLUTION)
    assert report.status is ReportStatus.INCOMPLETE
    assert set(outcomes(report).values()) <= {PromiseOutcome.NOT_MEASURED}


def test_state_never_crosses_from_one_test_to_another(graded: Graded) -> None:
    """Each hidden test starts with a submission that nobody has imported yet."""
    mark = "import pathlib\nmark = pathlib.Path('/tmp/was-here')\n"
    spoiled = f"{SOLUTION}\n\n{mark}if mark.exists():\n    add = None\nmark.write_text('x')\n"
    assert graded(spoiled, explain=False).score >= 6.0


def test_a_module_that_is_missing_is_a_rejection(graded: Graded) -> None:
    """A submission without the brief's module gets a report that says which file is missing."""
    report = graded(files={"other.py": "x = 1\n"})
    assert report.status is ReportStatus.REJECTED
    assert report.score == 0
    assert report.findings[0].id == "intake.module-missing"
    assert "adder.py" in report.findings[0].message


BREAKDOWN = """
import os, signal
from pathlib import Path
from hypothesis import given, strategies as st
from grader.suite import Call, criterion

killed = []
calls = [Call("add", (1, 1))] * 10_000


@criterion("sums")
@given(a=st.integers())
def test_sums(submission, a):
    \"\"\"A sum is a sum.\"\"\"
    submission.fresh()
    assert submission.call("add", a, 1) == a + 1
    if not killed:
        inside = submission._child._channel._pid
        worker = int(Path(f"/proc/{inside}/stat").read_text().rpartition(")")[2].split()[1])
        os.kill(worker, signal.SIGKILL)
        killed.append(worker)
        HANDLED


@criterion("memory")
def test_memory(submission):
    \"\"\"It remembers.\"\"\"
    assert submission.call("add_all", [(1, 2)]) == ([3], [3])
"""


@pytest.mark.parametrize(
    "then",
    ["submission.batch(calls)", "try: submission.batch(calls)\n        except Exception: assert False"],
)
def test_a_sandbox_that_breaks_down_costs_nothing_though_the_second_try_works(
    graded: Graded, adder: Path, then: str
) -> None:
    """Hypothesis tries a failed example again, in a sandbox that works: the difference is not the submission's."""
    (adder / "test_adder.py").write_text(BREAKDOWN.replace("HANDLED", then))
    report = graded(SOLUTION)
    assert report.status is ReportStatus.INCOMPLETE
    assert not {MarkStatus.LOST, MarkStatus.PARTIAL} & {mark.status for mark in report.criteria}


def test_a_suite_that_is_killed_before_it_has_read_its_job_has_said_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Whenever its process is lost, that is an evidence that is missing, not an error of the grader's."""
    job = SuiteJob(challenge=tmp_path, submission=tmp_path, digest="", seed=1, backend="bubblewrap", explain=False)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    (tmp_path / "challenge.toml").touch()
    with SuiteHost() as host:
        host.start()
        time.sleep(0.5)
        assert list(host.run(job, seconds=5)) == []


def test_the_suites_process_finds_the_same_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Docker is, how it is spoken to and what containers are made of is passed on; pytest's options are not."""
    for name in (*backends.environment(), "PYTEST_ADDOPTS"):
        monkeypatch.setenv(name, "somewhere")
    passed = starting.environment()
    assert {name: passed.get(name) for name in backends.environment()} == dict.fromkeys(
        backends.environment(), "somewhere"
    )
    assert "PYTEST_ADDOPTS" not in passed
