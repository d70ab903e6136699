"""Long work shows that it goes on, in a log as well as on a terminal."""

import errno
import io

import pytest

from grader.batch.row import CohortRow, RowStatus
from grader.cli import cohort_progress, progress


class Full(io.StringIO):
    def write(self, _text: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def _row(entry: str, verdict: RowStatus) -> CohortRow:
    return CohortRow(entry=entry, challenge="language/adder", verdict=verdict)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds of a day that a test turns."""
    now = [1000.0]
    monkeypatch.setattr("grader.cli.progress.time.monotonic", lambda: now[0])
    return now


def test_a_log_gets_a_line_a_minute(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    """Not every step, and none of work that is over within the first minute."""
    with progress.watched("starting") as tell:
        for step in range(300):
            tell(f"step {step}")
            clock[0] += 1
    assert capsys.readouterr().err == "step 60\nstep 120\nstep 180\nstep 240\n"


def test_a_log_that_is_full_ends_no_work(clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch of hours does not die of a line about itself."""
    monkeypatch.setattr("sys.stderr", Full())
    with progress.watched("starting") as tell:
        clock[0] += 61
        tell("step 61")


def test_a_cohorts_log_counts_entries_and_verdicts(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    """How far a batch is that runs for hours where nobody sees it."""
    with cohort_progress.watched(500) as tell:
        for row in (_row("anna", RowStatus.GRADED), _row("anna", RowStatus.REJECTED), _row("ben", RowStatus.GRADED)):
            clock[0] += 25
            tell(row)
    assert capsys.readouterr().err == "2 of 500: 2 graded, 1 rejected\n"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_cohorts_bar_shows_entries_and_verdicts(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal, how many of the entries are done, and how they ended, stand beside a bar."""
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with cohort_progress.watched(3) as tell:
        for row in (_row("anna", RowStatus.GRADED), _row("anna", RowStatus.REJECTED), _row("ben", RowStatus.GRADED)):
            tell(row)
    last = terminal.getvalue().rpartition("\r")[2]
    assert "2/3" in last
    assert "2 graded, 1 rejected" in last
