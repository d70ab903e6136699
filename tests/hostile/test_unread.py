"""What runs is what is judged: code that no analyser reads earns no point, and no more than it earns when it is read.

Every folder below `unread` is one case: `case.toml` says what is promised, for which challenge it is handed in, between
which totals its mark lies, and words that its report must hold.
"""

from __future__ import annotations

import contextlib
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from grader.assess.pipeline import grade
from grader.challenges.catalogue import catalogue
from grader.evidence.analysers.pool import AnalyserPool
from grader.evidence.suite.client import SuiteHost
from grader.intake import take_folder
from grader.model import ReportStatus, SourceFile, Submission
from grader.report import Audience, View, render
from sandbox.backends import backend_named

CASES = Path(__file__).parent / "unread"


@dataclass(frozen=True, kw_only=True)
class Case:
    """One submission and its expected mark."""

    folder: Path
    promise: str
    challenge: str
    at_least: float
    at_most: float
    says: tuple[str, ...]
    heavy: bool = False


def cases() -> list[ParameterSet]:
    """Every case as a pytest parameter."""
    found = []
    for path in sorted(CASES.glob("*/case.toml")):
        case = Case(folder=path.parent, **tomllib.loads(path.read_text(encoding="utf-8")))
        found.append(pytest.param(case, id=path.parent.name, marks=[pytest.mark.heavy] if case.heavy else []))
    return found


@pytest.fixture(scope="module")
def pool() -> Iterator[AnalyserPool]:
    """Sandboxes of the analysers, open for all cases."""
    with contextlib.closing(AnalyserPool()) as lent:
        yield lent


@pytest.mark.parametrize("case", cases())
def test_what_is_not_read_earns_nothing(case: Case, warm: SuiteHost, pool: AnalyserPool) -> None:
    """The total lies where the case says: at most what the same code earns openly, and all of it is measured."""
    taken = take_folder(case.folder / "submission")
    assert isinstance(taken, Submission)
    challenge = catalogue().find(case.challenge)
    backend = backend_named("bubblewrap")
    report = grade(taken, challenge, backend=backend, seed=1, explain=False, host=warm, lend=pool)
    assert report.status is ReportStatus.GRADED
    assert case.at_least <= report.score <= case.at_most, case.promise
    text = render(report, "json", View(audience=Audience.REVIEWER))
    assert [words for words in case.says if words not in text] == []


def test_every_case_is_in_the_list() -> None:
    """The README names each case, and what it promises."""
    text = (CASES.parent / "README.md").read_text(encoding="utf-8")
    for path in CASES.glob("*/case.toml"):
        promise = tomllib.loads(path.read_text(encoding="utf-8"))["promise"]
        assert f"| `{path.parent.name}` | {promise} | " in text


ADDED = """

def thunk() -> object:
    return(lambda: 1)


def half() -> float:
    return.5


(LIMIT): int = 3
SMALLEST: float = 2 ** -(2 ** (11 - 1) - 2)
BIG: int = 2**2**10
\u00b5 = 1

import locale  # noqa: E402

locale.setlocale(locale.LC_ALL, "")
"""
BESIDE = {
    "__init__.py": "from .orm import Model\n\n__all__ = ['Model']\n",
    "__main__.py": "from orm import Model\n\nprint(Model)\n",
    "tests/data/bad_input.py": 'print "x"\n',
    "templates/module.py": "class {{ name }}:\n    pass\n",
    "noxfile.py": "import nox\n\n\n@nox.session\ndef tests(session):\n    session.run('pytest')\n",
    "setup.py": "from setuptools import setup\n\nsetup(name='x')\n",
    "build/lib/orm.py": "<<<<<<< HEAD\n",
    "conftest.py": "import pytest\n\n\n@pytest.fixture\ndef x(a): return eval(a)\n",
}


def handed_in(challenge: str, beside: dict[str, str], *, added: dict[str, str]) -> Submission:
    """The reference with something added to its files, and files beside them."""
    taken = take_folder(catalogue().find(challenge).folder / "solution")
    assert isinstance(taken, Submission)
    files = {file.path: file.text + added.get(file.path, "") for file in taken.files} | beside
    listed = tuple(SourceFile(path=path, text=text) for path, text in sorted(files.items()))
    return Submission(origin="here", files=listed, digest="sha256:0")


@pytest.mark.parametrize(
    ("challenge", "beside", "added"),
    [
        ("language/metaclass_orm", BESIDE, {"orm.py": ADDED}),
        pytest.param(
            "production/circuit_breaker",
            {"probe.py": '"""How a trial is told from others."""\n\nTRIAL: int = 1\n', "sandbox.py": "X: int = 1\n"},
            {"breaker.py": "\n\nfrom probe import TRIAL as TRIAL\nimport sandbox as sandbox\n"},
            marks=pytest.mark.heavy,
        ),
    ],
    ids=["ordinary code and files", "a helper called probe"],
)
def test_what_is_ordinary_costs_nothing(
    challenge: str, beside: dict[str, str], added: dict[str, str], warm: SuiteHost, pool: AnalyserPool
) -> None:
    """Code that only a tool of ours dislikes and files beside the answer cost nothing; nobody is accused."""
    report = grade(
        handed_in(challenge, beside, added=added),
        catalogue().find(challenge),
        backend=backend_named("bubblewrap"),
        seed=1,
        explain=False,
        host=warm,
        lend=pool,
    )
    lost = [(mark.id, mark.findings) for mark in report.criteria if mark.earned != mark.points]
    assert lost == []
    notes = [finding for finding in report.findings if finding.id == "answer.left-out"]
    assert len(notes) == (1 if "setup.py" in beside else 0)
    assert [finding.id for finding in report.findings if finding.id.startswith("integrity")] == []
