"""The command line in this process, with reports from tests/gold in the place of gradings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from grader.cli import main
from grader.model import Report
from grader.store import last

GOLD = Path(__file__).parent.parent / "gold"


class Ended(NamedTuple):
    """How a command ended."""

    status: int
    out: str
    err: str


Run = Callable[..., Ended]


@pytest.fixture
def grader(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Run:
    """Run the command line as a user without a terminal, who has graded nothing before."""
    cache = tmp_path_factory.mktemp("cache")
    monkeypatch.setattr(last, "cache_home", lambda: cache)
    for name in ("FORCE_COLOR", "NO_COLOR", "COLUMNS", "GRADER_CHALLENGES", "GRADER_DEBUG"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: object) -> Ended:
        capsys.readouterr()
        status = main([str(argument) for argument in arguments])
        return Ended(status, *capsys.readouterr())

    return run


class Gradings:
    """Stands in for the pipeline: gives the reports it was told to, or raises, and remembers what it was asked."""

    def __init__(self) -> None:
        self.reports: Iterator[Report] = iter(())
        self.raises: BaseException | None = None
        self.asked: list[dict[str, object]] = []

    def stored(self, case: str) -> Report:
        return msgspec.json.decode((GOLD / case / "report.json").read_bytes(), type=Report)

    def will_be(self, *reports: Report | str) -> None:
        self.reports = iter([self.stored(report) if isinstance(report, str) else report for report in reports])

    def grade(self, submission: object, challenge: object, **options: object) -> Report:
        self.asked.append({"submission": submission, "challenge": challenge, **options})
        if self.raises is not None:
            raise self.raises
        return next(self.reports)


@pytest.fixture
def gradings(monkeypatch: pytest.MonkeyPatch) -> Gradings:
    """What the next gradings give."""
    fake = Gradings()
    monkeypatch.setattr("grader.assess.pipeline.grade", fake.grade)
    return fake


@pytest.fixture
def submission(tmp_path: Path) -> Path:
    """A folder that answers a challenge, in the eyes of intake."""
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "orm.py").write_text("x = 1\n")
    return folder
