"""One use case for every front end: find what is answered, grade it, tell how far it is."""

from __future__ import annotations

import ast
import threading
from pathlib import Path

import pytest

from grader.assess.find import Assignment, find, find_again
from grader.assess.grader import Grader
from grader.challenges.catalogue import Catalogue, catalogue
from grader.errors import CannotMeasure, UserError
from grader.intake import IntakeError, Rejected
from grader.model import Kind, Report, ReportStatus, Submission
from grader.model.progress import Analysing, Event, Explaining, Graded, Started, TestRan, in_words
from sandbox.outcome import SandboxUnusable

ROOT = Path(__file__).parents[2]


@pytest.fixture
def known(adder: Path) -> Catalogue:
    return catalogue((adder.parent.parent,))


@pytest.fixture
def answer(adder: Path, known: Catalogue) -> Assignment:
    (assignment,) = find(adder / "solution", known, only="adder").each
    return assignment


def test_cold_and_warm_gradings_agree(answer: Assignment) -> None:
    """One grading in new processes, and two on what a Grader keeps warm, give the same marks under one seed."""
    cold = Grader().grade(answer, seed=3)
    with Grader() as grader:
        warm = [grader.grade(answer, seed=3) for _ in range(2)]
    assert [report.percent for report in (cold, *warm)] == [100.0] * 3
    assert {report.seed for report in (cold, *warm)} == {3}
    assert grader.grade(answer, seed=3).percent == 100.0, "closed, it grades on, cold"


def test_each_grading_draws_its_own_seed(answer: Assignment) -> None:
    """Without a seed every grading has another one, and says which, when and under which Python."""
    with Grader() as grader:
        first, second = grader.grade(answer), grader.grade(answer)
    assert first.seed != second.seed
    assert isinstance(first.graded_at, str)
    assert first.graded_at.endswith("+00:00")
    assert isinstance(first.python, str)


def test_events_tell_how_far_a_grading_is(answer: Assignment) -> None:
    """A grading starts, runs each hidden test, and ends with its report; each event is a line of words."""
    events: list[Event] = []
    report = Grader().grade(answer, progress=events.append)
    assert events[0] == Started(challenge="language/adder")
    assert events[-1] == Graded(challenge="language/adder", report=report)
    ran = [(event.n, event.of) for event in events if isinstance(event, TestRan)]
    assert ran == [(n + 1, len(ran)) for n in range(len(ran))]
    assert len(ran) == sum(len(mark.promises) for mark in report.criteria)


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (Started(challenge="a/b"), "grading a/b"),
        (TestRan(challenge="a/b", n=2, of=3), "a/b: hidden test 2 of 3"),
        (Analysing(challenge="a/b"), "a/b: reading the source"),
        (Analysing(challenge="a/b", kinds=(Kind.TYPES, Kind.SECURITY)), "a/b: checking types, security"),
        (Explaining(challenge="a/b"), "a/b: finding the smallest counterexample"),
    ],
)
def test_events_in_words(event: Event, words: str) -> None:
    """What a person reads beside a spinner."""
    assert in_words(event) == words


def test_a_rejected_assignment_is_a_report(tmp_path: Path, known: Catalogue) -> None:
    """Every reason, every point lost, nothing executed; the seed that was given stays."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/adder.py").symlink_to("/etc/passwd")
    (assignment,) = find(tmp_path / "mine", known, only="adder").each
    assert isinstance(assignment.taken, Rejected)
    report = Grader().grade(assignment, seed=9)
    assert (report.status, report.score, report.seed) == (ReportStatus.REJECTED, 0.0, 9)
    assert report.findings[0].id == "intake.symlink"


def test_a_machine_that_cannot_isolate_is_nobodys_fault(answer: Assignment, monkeypatch: pytest.MonkeyPatch) -> None:
    """CannotMeasure, with the remedy, and no report."""

    def grade(*_: object, **__: object) -> Report:
        raise SandboxUnusable("no namespaces", remedy="Allow them.")

    monkeypatch.setattr("grader.assess.pipeline.grade", grade)
    with pytest.raises(CannotMeasure, match="no namespaces") as caught:
        Grader().grade(answer)
    assert caught.value.remedy == "Allow them."


def test_an_unknown_backend_is_the_callers() -> None:
    """The name and those that there are."""
    with pytest.raises(UserError, match=r"--backend.*hope.*bubblewrap"):
        Grader("hope")


def test_threads_share_a_grader(answer: Assignment) -> None:
    """A notebook's or a service's threads use one warm Grader at the same time."""
    reports: list[Report] = []
    with Grader() as grader:
        threads = [
            threading.Thread(target=lambda: reports.append(grader.grade(answer, explain=False))) for _ in range(3)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [report.percent for report in reports] == [100.0] * 3


def test_a_submission_is_found_again_by_its_digest(adder: Path, known: Catalogue, tmp_path: Path) -> None:
    """The first place that holds the same files counts; other files never do."""
    report = Grader().grade(find(adder / "solution", known, only="adder").each[0], explain=False)
    (tmp_path / "changed").mkdir()
    (tmp_path / "changed/adder.py").write_text("x = 1\n")
    again = find_again(report, known, (tmp_path / "gone", tmp_path / "changed", adder / "solution"))
    assert again is not None
    assert isinstance(again.taken, Submission)
    assert again.taken.digest == report.submission.digest
    assert find_again(report, known, (tmp_path / "changed",)) is None
    with pytest.raises(IntakeError, match="gone"):
        find_again(report, known, (tmp_path / "gone", tmp_path / ("n" * 300)))


def test_the_use_case_knows_no_front_end() -> None:
    """No module of `grader/assess` imports the command line, a batch or the store."""
    wrong = [
        f"{path.name}:{node.lineno}"
        for path in (ROOT / "grader/assess").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith(("grader.cli", "grader.batch", "grader.store"))
    ]
    assert wrong == []


def test_front_ends_go_through_the_use_case() -> None:
    """Neither the command line nor a batch imports the pipeline's evidence, or grades by itself."""
    allowed = {"grader/batch/plan.py": "grader.evidence.sandboxes"}
    wrong = [
        f"{path.relative_to(ROOT)}: {node.module}"
        for folder in ("cli", "batch", "store")
        for path in (ROOT / "grader" / folder).glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith("grader.evidence")
        and allowed.get(path.relative_to(ROOT).as_posix()) != node.module
    ]
    assert wrong == []
