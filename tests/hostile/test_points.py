"""Points that were once earned without the work, or kept with hidden faults, are not any more.

Every folder below `points` is one case: `attack.patch` makes it of the challenge's solution; `case.toml` says what is
promised, of which criterion it earns how much at most, and by which hidden tests. Nothing else of a challenge is asked.
"""

from __future__ import annotations

import ast
import contextlib
import re
import shutil
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from grader.assess.pipeline import grade
from grader.challenges import challenge as challenges
from grader.challenges.catalogue import catalogue
from grader.challenges.flaws import texts
from grader.challenges.patches import apply, split
from grader.evidence.analysers.pool import AnalyserPool
from grader.evidence.suite.client import SuiteHost
from grader.intake.snapshot import digest
from grader.model import MarkStatus, SourceFile, Submission
from grader.report import Audience, View, render
from sandbox.backends import backend_named

CASES = Path(__file__).parent / "points"
FOLLOWING = re.compile(r"(?m)^(earned|shares|skill_criteria|proved_by) = .*$")
"""Lines of a manifest that may name what is left out."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One submission and what it earns of one criterion."""

    folder: Path
    promise: str
    challenge: str
    criterion: str
    at_most: float
    at_least: float = 0.0
    tests: tuple[str, ...] = ()
    """Hidden tests of the criterion, or of the one beside it."""
    beside: str = ""
    """A criterion that is judged by hidden tests: constructs are seen at work where these run."""
    says: tuple[str, ...] = ()
    heavy: bool = False


def cases() -> list[ParameterSet]:
    """Every case as a pytest parameter."""
    found = []
    for path in sorted(CASES.glob("*/case.toml")):
        case = Case(folder=path.parent, **tomllib.loads(path.read_text(encoding="utf-8")))
        found.append(pytest.param(case, id=path.parent.name, marks=[pytest.mark.heavy] if case.heavy else []))
    return found


def only_criteria(text: str, *names: str) -> str:
    """Return a manifest's text with these criteria alone."""
    parts = re.split(r"(?m)^(?=\[\[(?:criteria|levels|equivalent)\]\]$|\[(?:runtime|budget)\]$)", text)
    kept = [
        part
        for part in parts
        if not part.startswith(("[[levels", "[[equivalent"))
        and (not part.startswith("[[criteria]]") or tomllib.loads(part)["criteria"][0]["id"] in names)
    ]
    return FOLLOWING.sub("", "".join(kept))


def only_tests(text: str, names: tuple[str, ...]) -> str:
    """Return a suite's text with these tests alone, on their lines."""
    lines = text.splitlines(keepends=True)
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and node.name not in names:
            start, end = min(node.lineno, *(one.lineno for one in node.decorator_list)) - 1, node.end_lineno or 0
            lines[start:end] = ["\n"] * (end - start)
    return "".join(lines)


@pytest.fixture(scope="module")
def narrowed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Case], challenges.Challenge]:
    """Copies of challenges that ask for one criterion by few tests; equal ones are one."""
    made: dict[tuple[str, tuple[str, str], tuple[str, ...]], challenges.Challenge] = {}

    def copy(case: Case) -> challenges.Challenge:
        key = case.challenge, (case.criterion, case.beside), tuple(case.tests)
        if key not in made:
            source = catalogue().find(case.challenge).folder
            folder = tmp_path_factory.mktemp("narrowed") / case.challenge
            shutil.copytree(source, folder, ignore=shutil.ignore_patterns("flawed", "slips", "*.patch", "__pycache__"))
            manifest, suite = folder / "challenge.toml", folder / f"test_{folder.name}.py"
            text = only_criteria(manifest.read_text(encoding="utf-8"), case.criterion, case.beside)
            manifest.write_text(text, encoding="utf-8")
            suite.write_text(only_tests(suite.read_text(encoding="utf-8"), case.tests), encoding="utf-8")
            made[key] = challenges.load(folder)
        return made[key]

    return copy


@pytest.fixture(scope="module")
def lent() -> Iterator[AnalyserPool]:
    """Sandboxes of the analysers, open for all cases."""
    with contextlib.closing(AnalyserPool()) as lent:
        yield lent


@pytest.mark.parametrize("case", cases())
def test_hidden_faults_earn_nothing(
    case: Case, narrowed: Callable[[Case], challenges.Challenge], warm: SuiteHost, lent: AnalyserPool
) -> None:
    """The criterion earns what the case says, and the submission, not the machine, is the reason."""
    patch = (case.folder / "attack.patch").read_text(encoding="utf-8")
    submitted = apply(split(patch).body, texts(catalogue().find(case.challenge).folder / "solution"))
    files = tuple(SourceFile(path=path, text=text) for path, text in sorted(submitted.items()))
    taken = Submission(origin="here", files=files, digest=digest(files))
    report = grade(
        taken, narrowed(case), backend=backend_named("bubblewrap"), seed=1, explain=False, host=warm, lend=lent
    )
    mark = next(mark for mark in report.criteria if mark.id == case.criterion)
    assert mark.status is not MarkStatus.NOT_MEASURED
    assert case.at_least <= mark.earned <= case.at_most, case.promise
    text = render(report, "json", View(audience=Audience.REVIEWER))
    assert [words for words in case.says if words not in text] == []


def test_every_case_is_in_the_list() -> None:
    """The README names each case, and what it promises."""
    text = (CASES.parent / "README.md").read_text(encoding="utf-8")
    for path in CASES.glob("*/case.toml"):
        promise = tomllib.loads(path.read_text(encoding="utf-8"))["promise"]
        assert f"| `{path.parent.name}` | {promise} | " in text


def test_there_are_enough_cases() -> None:
    """No case gets lost."""
    assert len(cases()) >= 69
