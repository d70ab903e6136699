"""The submissions that must earn everything, and those that must earn nothing for behaviour."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

from grader.assess.pipeline import grade
from grader.evidence.suite.job import behaviour_criteria
from grader.intake import Rejected, take_folder
from grader.model import Kind, Mark, MarkStatus, PromiseOutcome, Submission
from grader.verify.checks.finding import CheckResult
from grader.verify.examination import Examination
from grader.verify.verdict import Problem

UNDRAWN = (
    "Tests that draw after the first call or use `assume` are left out of the exam that all candidates of a batch sit: "
    "{tests}. "
    "Draw everything before the first call, and do not use `assume`."
)


def run_solution(exam: Examination) -> CheckResult:
    """Grade `solution/`, the reference, which must earn every point."""
    found = _everything(exam, "solution")
    if not behaviour_criteria(exam.challenge):
        return found
    undrawn = exam.tried(exam.entrant("solution"), exam.seeds[0]).undrawn
    return found._replace(notes=(UNDRAWN.format(tests=", ".join(undrawn)),) if undrawn else ())


def run_alternative(exam: Examination) -> CheckResult:
    """Grade `solution_alt/`, which guards against a suite that accepts only one design."""
    return _everything(exam, "solution_alt")


def run_starter(exam: Examination) -> CheckResult:
    """Grade `starter/`, which must keep no promise, even if any of its files is handed in as a module of the answer."""
    starter = exam.entrant("starter")
    found = _nothing("starter", exam.marks(starter, exam.seeds[0]))

    def problems(case: tuple[str, dict[str, str]]) -> tuple[Problem, ...]:
        name, files = case
        return _nothing(name, exam.marks(exam.laid_out(name, files), exam.seeds[0])).problems

    cases = handed_in(starter.submission, exam.challenge.python_modules)
    more = exam.each(problems, cases, saying="file of the starter as a module")
    return found._replace(problems=(*found.problems, *chain.from_iterable(more)))


def handed_in(starter: Submission, modules: Sequence[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield a name and the files of each case: the starter with one of its files in place of a module of the brief."""
    texts = {file.path: file.text for file in starter.files}
    for module in modules:
        for path, text in texts.items():
            if path != module and path.endswith(".py"):
                yield f"starter, {path} as {module}", {**texts, module: text}


def run_empty(exam: Examination) -> CheckResult:
    """Grade a folder without files."""
    with tempfile.TemporaryDirectory() as folder:
        taken = take_folder(Path(folder))
    if isinstance(taken, Rejected):
        return CheckResult("refused")
    report = grade(taken, exam.challenge, backend=exam.backend, seed=exam.seeds[0], host=exam.host)
    return _nothing("an empty folder", report.criteria)


def _everything(exam: Examination, name: str) -> CheckResult:
    marks = [mark for mark in exam.marks(exam.entrant(name), exam.seeds[0]) if mark.kind is not Kind.REVIEW]
    problems = tuple(problem for mark in marks for problem in _lost(name, mark))
    return CheckResult(f"{sum(mark.earned for mark in marks):g} of {sum(mark.points for mark in marks):g}", problems)


def _lost(name: str, mark: Mark) -> Iterator[Problem]:
    if mark.status is MarkStatus.EARNED:
        return
    found = [_told(mark, finding.id, finding.message) for finding in mark.findings]
    for message in found or [mark.reason or f"{mark.earned:g} of {mark.points:g} points"]:
        yield Problem(
            id="reference.loses",
            where=f"{name}: {mark.id}",
            what=message,
            help="Fix the solution, or the test, requirement or contract line that asks for more than the brief.",
        )


def _told(mark: Mark, finding: str, message: str) -> str:
    """Return the finding's message, preceded by the hidden test's name if it comes from a test."""
    tests = [promise.id for promise in mark.promises if finding.endswith(f".{promise.id.removeprefix('test_')}")]
    return f"{tests[0]}: {message}" if tests else message


def _nothing(name: str, marks: Sequence[Mark]) -> CheckResult:
    earning = [mark for mark in marks if mark.kind.by_promises and mark.earned]
    problems = tuple(
        Problem(
            id="starter.earns",
            where=f"{name}: {mark.id}",
            what=f"the criterion earns {mark.earned:g} points; these promises are kept: {', '.join(_kept(mark))}",
            help="Make each of these tests ask for something that only working code can answer.",
        )
        for mark in earning
    )
    return CheckResult(f"{sum(mark.earned for mark in earning):g} points", problems)


def _kept(mark: Mark) -> list[str]:
    return [promise.id for promise in mark.promises if promise.outcome is PromiseOutcome.KEPT]
