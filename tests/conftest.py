"""Fixtures of the whole test suite: the smallest challenge, and gradings of it."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import coverage
import pytest
from hypothesis import HealthCheck, settings

from grader.assess.pipeline import grade
from grader.challenges import challenge as challenges
from grader.challenges.challenge import Challenge
from grader.evidence.analysers.pool import AnalyserPool
from grader.evidence.suite import starting
from grader.evidence.suite.client import SuiteHost
from grader.intake import take_folder
from grader.model import Report, Submission
from sandbox.backends import backend_named

FIXTURES = Path(__file__).parent / "fixtures"

# A busy machine draws slowly and runs slowly; neither is what these tests are about.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")

# Where somebody asks Python to keep no byte code, hundreds of processes of ours would compile it again at their start.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

MEASURING = {name for name in ("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG") if name in os.environ}
"""How `.ci/run` measures which lines of ours are run."""
if MEASURING:
    # The suite host starts with nothing of our environment but what it needs, so that no option gets into a grading.
    # These are none of its business, yet lines of ours run there.
    needed = starting.environment
    starting.environment = lambda: {**needed(), **{name: os.environ[name] for name in MEASURING}}


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Give each of pytest-xdist's workers temporary folders of its own: tests look for what gradings leave there."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = tempfile.mkdtemp(prefix=f"{os.environ['PYTEST_XDIST_WORKER']}-")
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
        os.environ["TMPDIR"] = tempfile.tempdir = folder


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """Write down which lines were run: pytest-xdist kills a worker that takes long to leave."""
    if MEASURING and (measuring := coverage.Coverage.current()) is not None:
        measuring.stop()
        measuring.save()


@pytest.fixture
def adder(tmp_path: Path) -> Path:
    """A copy of the smallest challenge that a test may break."""
    return Path(shutil.copytree(FIXTURES / "challenges/language/adder", tmp_path / "challenges/language/adder"))


Graded = Callable[..., Report]


@pytest.fixture(scope="session")
def warm() -> Iterator[SuiteHost]:
    """Processes for hidden suites that start quickly; each grading still has one of its own."""
    with SuiteHost() as host:
        yield host


@pytest.fixture(scope="session")
def lent() -> Iterator[AnalyserPool]:
    """Sandboxes of the analysers that stay open; each submission still has a child of its own."""
    with contextlib.closing(AnalyserPool()) as pool:
        yield pool


@pytest.fixture
def graded(adder: Path, tmp_path: Path, warm: SuiteHost, lent: AnalyserPool) -> Graded:
    """Grade `adder.py` of the given text, or the given files, against the smallest challenge.

    `explain=False` saves the search for a smallest example: half of a grading's time where promises are broken.
    """

    def grade_it(
        text: str | None = None, *, files: dict[str, str] | None = None, seed: int = 1, explain: bool = True
    ) -> Report:
        folder = tmp_path / "submitted"
        shutil.rmtree(folder, ignore_errors=True)
        for name, content in (files or {"adder.py": text or ""}).items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(content)
        submission = take_folder(folder)
        assert isinstance(submission, Submission)
        target: Challenge = challenges.load(adder)
        backend = backend_named("bubblewrap")
        return grade(submission, target, backend=backend, seed=seed, explain=explain, host=warm, lend=lent)

    return grade_it


@pytest.fixture(scope="session")
def over_ten(tmp_path_factory: pytest.TempPathFactory, warm: SuiteHost, lent: AnalyserPool) -> Report:
    """The report of an answer that is wrong where `a` is above 10, under seed 1: one grading for whoever reads it."""
    source = FIXTURES / "challenges/language/adder"
    folder = tmp_path_factory.mktemp("over-ten")
    text = (source / "solution/adder.py").read_text()
    (folder / "adder.py").write_text(text.replace("return a + b", "return a + b + (a > 10)"))
    submission = take_folder(folder)
    assert isinstance(submission, Submission)
    backend = backend_named("bubblewrap")
    return grade(submission, challenges.load(source), backend=backend, seed=1, host=warm, lend=lent)
