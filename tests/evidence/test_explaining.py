"""The run that explains: what a candidate is told of a broken promise comes from it, and nothing from the verdict's."""

from __future__ import annotations

import ast
import re
import sys
import time
from pathlib import Path

import pytest

from grader.challenges.catalogue import catalogue
from grader.challenges.challenge import Challenge
from grader.evidence.suite import importing
from grader.evidence.suite.example import Compared, example_of
from grader.evidence.suite.handle import Exchange
from grader.model import Promise, PromiseOutcome, Report, ReportStatus
from grader.suite.observation import Observation
from sandbox.outcome import Raised, TimedOut
from sandbox.session import Call, Plain
from tests.conftest import Graded

SOLUTION = (Path(__file__).parents[1] / "fixtures/challenges/language/adder/solution/adder.py").read_text()
SUM = "test_a_sum_is_the_sum"


def broken(report: Report) -> dict[str, Promise]:
    promises = [promise for mark in report.criteria for promise in mark.promises]
    return {promise.id: promise for promise in promises if promise.outcome is PromiseOutcome.BROKEN}


def test_a_broken_promise_says_what_was_asked_what_came_back_and_what_is_promised(over_ten: Report) -> None:
    """The smallest example that fails is told in calls and values."""
    promise = broken(over_ten)[SUM]
    assert promise.reason == ""
    assert promise.example is not None
    assert promise.example.asked.splitlines()[-1].replace(" ", "") in ("add(11,0)", "add(a=11,b=0)")
    assert (promise.example.received, promise.example.promised) == ("12", "11")


def test_nothing_that_a_candidate_reads_is_of_the_verdicts_run(graded: Graded) -> None:
    """A submission can tell its inputs by what it raises and prints: those of the run that explains are passed on."""
    loud = SOLUTION.replace(
        "    _history",
        "    print('printed', a, b)\n    if a > 10:\n        raise ValueError(f'inputs {a} {b}')\n    _history",
    )
    promise = broken(graded(loud))[SUM]
    assert promise.detail is not None
    assert "/_pytest/" not in promise.detail.trace
    assert "test_adder.py" in promise.detail.trace
    asked = promise.detail.trace.split("In the verdict's exam:\n")[1]
    secret = [number for number in re.findall(r"\d+", asked) if len(number) > 2]
    assert secret
    assert promise.example is not None
    told = " ".join([promise.reason, promise.hint, *(getattr(promise.example, name) for name in ("asked", "printed"))])
    assert "inputs 11 0" in promise.reason
    assert "printed 11 0" in promise.example.printed
    assert not [number for number in secret if number in told]
    assert (promise.file, promise.line) == ("adder.py", 9)


def test_a_promise_that_fails_rarely_says_so(graded: Graded, over_ten: Report) -> None:
    """Where no example fails under another seed, nothing of the one that failed is told."""
    detail = broken(over_ten)[SUM].detail
    assert detail is not None
    value = re.findall(r"a=(-?\d+)", detail.trace.split("In the verdict's exam:")[1])[0]
    promise = broken(graded(SOLUTION.replace("return a + b", f"return a + b + (a == {value})")))[SUM]
    assert re.fullmatch(
        r"The promise is rarely broken: none of \d+ examples failed under another seed\.", promise.reason
    )
    assert promise.example is None
    assert promise.hint or promise.text


@pytest.mark.parametrize(
    ("text", "told", "line"),
    [
        ("def add(a, b):\n    return (\n", "SyntaxError: '(' was never closed", 2),
        ("import nothing_such\n", "ModuleNotFoundError: No module named 'nothing_such'", 1),
        ("x = 1\nraise RuntimeError('in my own words')\n", "RuntimeError: in my own words", 2),
        ("import sys\nsys.exit('bye')\n", "SystemExit: bye", 2),
        ("import os\nos._exit(3)\n", "exit status 3", None),
        pytest.param(
            "x = 1\ntype X[T] = list[T]\n",
            "SyntaxError: invalid syntax",
            2,
            marks=pytest.mark.skipif(sys.version_info >= (3, 12), reason="reads this syntax"),
        ),
    ],
)
def test_what_cannot_be_imported_is_said_once(graded: Graded, text: str, told: str, line: int | None) -> None:
    """The report begins with the exception, its text and its line; every promise waits for it."""
    report = graded(text)
    first = report.findings[0]
    assert (first.id, first.line) == ("import.failed", line)
    assert told in first.message
    assert {promise.waits_for for promise in broken(report).values()} == {"import.failed"}
    assert ("this syntax needs a later version" in first.help) == ("type X" in text)
    assert not line or report.sources["adder.py"] == text


def test_a_missing_public_name_is_named(graded: Graded) -> None:
    """The candidate learns which name the brief asks for, once, and what waits for it."""
    report = graded("def history():\n    return []\n")
    (cause, *_) = report.findings
    assert (cause.id, cause.message) == ("import.name-missing", "`adder` has no `add`.")
    assert broken(report)[SUM].waits_for == "import.name-missing"


def test_what_is_not_written_yet_is_said_once(graded: Graded, adder: Path) -> None:
    """Promises that meet NotImplementedError wait for the code."""
    report = graded((adder / "starter/adder.py").read_text())
    assert "NotImplementedError" in report.findings[0].message
    assert {promise.waits_for for promise in broken(report).values()} == {"answer.not-written"}


@pytest.mark.heavy
def test_what_does_not_come_back_is_said_with_what_was_asked(graded: Graded, adder: Path) -> None:
    """Hanging is a broken promise, never a grading that does not end.

    An endless loop in a function is told by the call that it swallowed, and once for all that hangs.
    """
    manifest = adder / "challenge.toml"
    text = manifest.read_text().replace("call_seconds = 1.0", "call_seconds = 0.2")
    manifest.write_text(text.replace("test_seconds = 4.0", "test_seconds = 1.0"))
    report = graded("def add(a, b):\n    while True:\n        pass\n\ndef history():\n    return []\n")
    assert (report.status, report.score) == (ReportStatus.GRADED, 0)
    assert "used up the 1 s" in report.criteria[0].findings[0].message
    assert report.findings[0].id == "answer.hangs"
    promise = broken(report)[SUM]
    assert promise.example is not None
    assert promise.example.asked == "add(0, 0)"
    assert re.search(r"(did not answer within|used up the) [\d.]+ s", promise.reason)


@pytest.mark.heavy
def test_an_import_that_does_not_end_is_found_once(graded: Graded) -> None:
    """One test hangs, an import that is asked nothing hangs as well, and everything else waits for it, unasked."""
    started = time.monotonic()
    report = graded("import time\ntime.sleep(1000)\n")
    assert time.monotonic() - started < 20
    assert report.findings[0].id == "import.failed"
    assert "adder cannot be imported" in report.findings[0].message
    assert "top level" in report.findings[0].help
    unkept = broken(report).values()
    assert {promise.waits_for for promise in unkept} == {"import.failed"}
    reasons = [promise.detail.reason for promise in unkept if promise.detail]
    assert sum("importing the answer never ends" in reason for reason in reasons) == len(unkept) - 1


def test_what_the_probe_raised_by_itself_is_not_the_candidates(graded: Graded, adder: Path) -> None:
    """A look-up that fails without a line of the answer is told as what it is."""
    (adder / "probe.py").write_text((adder / "probe.py").read_text() + "\n\ndef add(a, b):\n    return {}['x']\n")
    promise = broken(graded(SOLUTION))[SUM]
    assert promise.reason == "An earlier step did not leave what this step needs."
    assert promise.file is None


ASKED = [Exchange(Call("run", ("x", [["new"], ["set", 1], ["get"], ["end"]])), Observation([1, 2, 3, 4]))]


def test_only_the_first_difference_is_told_with_its_step() -> None:
    """Of a trace of many steps the reader sees the step that went wrong, and the steps up to it."""
    answer = ASKED[0].answer
    assert isinstance(answer, Observation)
    told = example_of(ASKED, AssertionError(), Compared("==", answer, [1, 2, 7, 4]))
    assert told.asked == "run('x', [['new'], ['set', 1], ['get'], ...])"
    assert told.step.splitlines() == ["1: ['new'] gave 1", "2: ['set', 1] gave 2", "3 of 4: ['get']"]
    long = Observation([["some", "long", "texts"] * 10, ["and", "others"] * 20])
    other = [["some", "long", "texts"] * 10, ["and", "others"] * 19 + ["and", "more"]]
    told = example_of([Exchange(Call("run"), long)], AssertionError(), Compared("==", other, long))
    assert (told.received, told.promised) == ("at [1][39] after 'and': 'others'", "at [1][39] after 'and': 'more'")


def test_how_a_step_ended_is_told_with_its_error() -> None:
    """An answer whose first word differs is shown whole: "raised" alone would not say what was raised."""
    raised: list[Plain] = ["raised", "TypeError", "x" * 90]
    gave = ["gave", list(range(30))]
    told = example_of(ASKED, AssertionError(), Compared("==", Observation([1, raised]), [1, gave]))
    assert told.received == f"at [1] after 1: ['raised', 'TypeError', '{'x' * 90}']"
    assert told.promised.startswith("at [1] after 1: ['gave', [0, 1, ")


def test_the_suites_own_message_names_the_step() -> None:
    """A suite that compares step by step says which one: `assert outcome == right, step`."""
    error = AssertionError("['set', 1]\nassert 2 == 5")
    told = example_of(ASKED, error, Compared("==", Observation(2), 5))
    assert told.step == "1: ['new'] gave 1\n2 of 4: ['set', 1]"
    assert (told.note, told.received, told.promised) == ("", "2", "5")
    assert told.asked == "run('x', [['new'], ['set', 1], ...])"


def test_of_equal_steps_the_one_that_failed_is_named() -> None:
    """The step is the one whose answer was compared; if nobody can tell, it has no number."""
    steps: list[Plain] = [["get"], ["set", 1], ["get"], ["get"]]
    answers: list[Plain] = [["gave", 0], ["gave", None], ["gave", 0], ["gave", 0]]
    exchanges = [Exchange(Call("run", (steps,)), Observation(answers))]
    error = AssertionError("['get']\nassert ['gave', 0] == ['gave', 1]")
    told = example_of(exchanges, error, Compared("==", answers[2], ["gave", 1]))
    assert told.step.splitlines()[-1] == "3 of 4: ['get']"
    assert told.asked == "run([['get'], ['set', 1], ['get'], ...])"
    unknown = example_of(exchanges, error, Compared("==", ["gave", 0], ["gave", 1]))
    assert (unknown.step, unknown.asked) == ("['get']", f"run({steps})")


def test_a_long_step_is_named_as_well() -> None:
    """pytest shortens the value that an assertion has for its message; the step is recognised all the same."""
    steps: list[Plain] = [["draw", 1], ["draw", *range(9), "x" * 300], ["draw", 2]]
    with pytest.raises(AssertionError, match=r"\.\.\.") as raised:
        assert not steps, steps[1]
    told = example_of([Exchange(Call("run", (steps,)), Observation(7))], raised.value, None)
    assert told.step.startswith("1: ['draw', 1]\n2 of 3: ['draw', 0, 1, 2, 3, 4, 5, 6, 7, 8, ")
    assert told.note == ""


def test_figure_bound_and_reference_are_told_as_the_suite_says_them() -> None:
    """A measured promise fails with words of the suite's: they are the reason."""
    words = "ranks, size 16000: 0.9000 s of CPU, at most 0.0800 (8 x 0.0100 of ours)"
    told = example_of(ASKED, AssertionError(f"{words}\nassert 0.9 <= 0.08"), Compared("<=", 0.9, 0.08))
    assert (told.note, told.received, told.promised) == (words, "0.9", "<= 0.08")


def test_how_a_call_ended_is_what_came_back() -> None:
    """An exception and a call without an end are told in their own words."""
    raised = Raised("TypeError", bases=("TypeError",), message="f() takes no argument", where=())
    assert example_of(ASKED, raised, None).received == "TypeError: f() takes no argument"
    assert example_of(ASKED, TimedOut("no answer within 5 s"), None).received == "no answer within 5 s"


def test_long_texts_are_cut_within_values() -> None:
    """An answer of a megabyte is told in a line."""
    told = example_of([Exchange(Call("read", (b"\0" * 70_000,)), Observation("x" * 2_000))], AssertionError(), None)
    assert "(70000 long)" in told.asked
    assert "(2000 long)" in told.received
    assert len(told.asked) + len(told.received) < 700


@pytest.mark.parametrize("challenge", catalogue().challenges(), ids=lambda challenge: challenge.name)
def test_the_names_that_are_asked_for_are_in_briefs_and_solutions(challenge: Challenge) -> None:
    """No report says that a name is missing which the brief does not ask for."""
    asked = importing.public_names(challenge)
    brief = (challenge.folder / "README.md").read_text()
    assert [name for names in asked.values() for name in names if name not in brief] == []
    for path in challenge.manifest.modules:
        module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        body = ast.parse((challenge.folder / "solution" / path).read_text()).body
        there = {name for node in body for name in names_bound(node)}
        assert set(asked[module]) <= there


def names_bound(node: ast.stmt) -> set[str]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return {node.name}
        case ast.Import() | ast.ImportFrom():
            return {alias.asname or alias.name for alias in node.names}
        case ast.Assign() | ast.AnnAssign():
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            return {part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)}
        case _:
            return set()
