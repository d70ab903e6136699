"""An exam is sat once: what anybody can have seen of it helps nobody who sits it."""

from __future__ import annotations

import hashlib
import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from msgspec.structs import replace

from grader.assess.find import Assignment
from grader.assess.grader import Grader
from grader.assess.pipeline import reject
from grader.batch.cohort import BatchOptions, grade_cohort
from grader.batch.plan import cohort
from grader.challenges.catalogue import catalogue
from grader.model import Feedback, MarkStatus, Promise, PromiseOutcome, Report, ReportStatus, Submission
from grader.report import Audience
from grader.store.codec import read

Run = Callable[..., Result]
Hand = Callable[..., Path]
BITS = 53


def seeds(log: Path) -> list[int]:
    return [int(line.split()[1]) for line in log.read_text().splitlines()]


def test_a_cohort_sits_one_exam(quick: Path, run: Run, hand_in: Hand) -> None:
    """Everybody who was there when it was drawn gets the same secret seed, and everybody's report says it."""
    for name in ("ada", "bob", "eve"):
        hand_in(name, note=name)
    run("batch", "cohort")
    assert len(set(seeds(quick))) == 1
    reports = [read(path).report for path in Path("cohort-results/reports").iterdir()]
    assert {report.seed for report in reports if isinstance(report, Report)} == set(seeds(quick))
    (exam,) = Path("cohort-results/exams").iterdir()
    assert stat.S_IMODE(exam.stat().st_mode) == 0o600
    assert len(json.loads(exam.read_text())["submissions"]) == 3


def test_who_comes_later_draws_anew(quick: Path, run: Run, hand_in: Hand) -> None:
    """Late hand-ins, changed ones and further attempts each have a seed of their own; nobody is graded twice."""
    hand_in("ada", note="ada")
    hand_in("bob", note="bob")
    run("batch", "cohort")
    hand_in("late", note="late")
    hand_in("later", note="later")
    hand_in("bob", note="bob, improved")
    run("batch", "cohort")
    hand_in("ada", note="ada, second attempt")
    run("batch", "cohort")
    drawn = seeds(quick)
    assert len(drawn) == 6
    assert drawn[0] == drawn[1]
    assert len(set(drawn)) == 5
    run("batch", "cohort")
    assert len(seeds(quick)) == 6


def test_an_interrupted_exam_goes_on(quick: Path, run: Run, hand_in: Hand) -> None:
    """Those who were there sit the shared exam also when the batch is resumed, and when their result was damaged."""
    for name in ("ada", "bob"):
        hand_in(name, note=name)
    run("batch", "cohort")
    for path in Path("cohort-results/by-content").iterdir():
        path.write_bytes(path.read_bytes()[:50])
    hand_in("late", note="late")
    run("batch", "cohort")
    drawn = seeds(quick)
    assert len(drawn) == 5
    assert len(set(drawn)) == 2


def test_a_given_seed_is_no_exam(quick: Path, run: Run, hand_in: Hand) -> None:
    """`--seed` is one for all, now and later, and nothing is drawn."""
    hand_in("ada", note="ada")
    run("batch", "cohort", "--seed", 7)
    hand_in("late", note="late")
    run("batch", "cohort", "--seed", 7)
    assert seeds(quick) == [7, 7]
    assert not Path("cohort-results/exams").exists()


def test_a_changed_challenge_is_another_exam(quick: Path, run: Run, hand_in: Hand, adder: Path) -> None:
    """An author's correction draws a new one for who is there then, and forgets nothing of the old."""
    hand_in("ada", note="ada")
    run("batch", "cohort")
    (adder / "README.md").write_text("# Another brief\n")
    hand_in("late", note="late")
    run("batch", "cohort")
    first, second, third = seeds(quick)
    assert first != second == third
    assert len(list(Path("cohort-results/exams").iterdir())) == 2


@pytest.mark.parametrize("damage", [b"", b"{}", b'{"format_version": 1, "seed": 4}'])
def test_a_damaged_exam_is_drawn_anew(quick: Path, run: Run, hand_in: Hand, damage: bytes) -> None:
    """A seed that cannot be read is not guessed at."""
    hand_in("ada", note="ada")
    run("batch", "cohort")
    (exam,) = Path("cohort-results/exams").iterdir()
    exam.write_bytes(damage)
    hand_in("bob", note="bob")
    run("batch", "cohort")
    first, second = seeds(quick)
    assert first != second
    assert stat.S_IMODE(exam.stat().st_mode) == 0o600


def test_single_gradings_always_draw_anew(quick: Path, run: Run, hand_in: Hand) -> None:
    """`grader grade` beside a batch's results knows nothing of its exam."""
    hand_in("ada", note="ada")
    run("batch", "cohort")
    for _ in range(2):
        run("grade", "cohort/ada", "--challenge", "adder")
    assert len(set(seeds(quick))) == 3


class Asks:
    """Grades by what the seed asks: promise i is kept by whoever says what it was asked, as its file tells.

    `leaks` hands in what breaks promise i exactly when bit i of what it was asked is set. Every other submission names
    one answer for all promises.
    """

    def grade(self, assignment: Assignment, *, seed: int | None = None, explain: bool = True) -> Report:
        assert isinstance(assignment.taken, Submission)
        assert seed is not None
        asked = int.from_bytes(hashlib.sha256(str(seed).encode()).digest()[:8]) >> (64 - BITS)
        text = assignment.taken.text("adder.py") or ""
        kept = [not asked >> bit & 1 if text == "leaks" else text == str(asked) for bit in range(BITS)]
        report = reject(assignment.taken, assignment.challenge, (), seed=seed)
        first, *_ = report.criteria
        promises = tuple(
            Promise(
                id=f"test_{bit}",
                text=f"Promise {bit}.",
                outcome=PromiseOutcome.KEPT if is_kept else PromiseOutcome.BROKEN,
                criterion=first.id,
            )
            for bit, is_kept in enumerate(kept)
        )
        status = MarkStatus.EARNED if all(kept) else MarkStatus.LOST
        mark = replace(first, promises=promises, status=status, earned=first.points * sum(kept) / BITS)
        return replace(report, criteria=(mark,), status=ReportStatus.GRADED, score=mark.earned)


@pytest.mark.parametrize("again", ["a second attempt", "a friend's late hand-in"])
def test_what_a_report_tells_of_an_exam_earns_nothing(adder: Path, tmp_path: Path, again: str) -> None:
    """The first hand-in breaks promise i where bit i of what it was asked is set; the second answers from that."""
    folder = tmp_path / "cohort"
    first = folder / "mallory"
    first.mkdir(parents=True)
    (first / "adder.py").write_text("leaks")

    def graded(name: str, seed: int | None = None) -> Report:
        options = BatchOptions(only="adder", pages=Audience.CANDIDATE, seed=seed)
        known = catalogue((adder.parent.parent,))
        grade_cohort(folder, cohort(folder), known, tmp_path / "results", Asks(), options=options)
        report = read(tmp_path / f"results/reports/{name}--adder.json").report
        assert isinstance(report, Report)
        return report

    def learnt(report: Report) -> str:
        promises = report.criteria[0].promises
        return str(sum(1 << bit for bit in range(BITS) if promises[bit].outcome is PromiseOutcome.BROKEN))

    def answers(told: str) -> str:
        second = first if again == "a second attempt" else folder / "friend"
        second.mkdir(exist_ok=True)
        (second / "adder.py").write_text(told)
        return second.name

    name = answers(learnt(graded("mallory")))
    assert graded(name).score == 0.0

    (first / "adder.py").write_text("leaks")
    name = answers(learnt(graded("mallory", seed=5)))
    assert graded(name, seed=5).score == 6.0, "under one seed for all the attack works: the test would notice"


def test_feedback_decides_what_candidates_read_and_no_mark(adder: Path, hand_in: Hand, tmp_path: Path) -> None:
    """An exam shows promises; practice explains what was graded without examples, under the same seed."""
    hand_in("ada", adds=False)
    known = catalogue((adder.parents[1],))

    def graded(feedback: Feedback) -> tuple[Report, str]:
        options = BatchOptions(only="adder", pages=Audience.CANDIDATE, feedback=feedback, jobs=1)
        folder, results = tmp_path / "cohort", tmp_path / "results"
        grade_cohort(folder, cohort(folder), known, results, Grader(), options=options)
        report = read(results / "reports/ada--adder.json").report
        assert isinstance(report, Report)
        return report, (results / "pages/ada--adder.html").read_text()

    first, plain = graded(Feedback.EXAM)
    second, telling = graded(Feedback.PRACTICE)
    third, again = graded(Feedback.EXAM)
    assert [report.feedback for report in (first, second, third)] == [Feedback.EXAM, Feedback.PRACTICE, Feedback.EXAM]
    assert len({(report.seed, report.score) for report in (first, second, third)}) == 1
    assert ['class="example"' in page for page in (plain, telling, again)] == [False, True, False]
