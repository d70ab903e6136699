"""A cohort's results: nothing graded twice or lost, whatever happens; summaries that add up and cannot be forged."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from grader.assess.find import Assignment
from grader.assess.pipeline import reject
from grader.batch.page import as_html
from grader.batch.plan import Task, UnreadableEntry, address, cohort, plan, tasks_of
from grader.batch.row import CohortRow, Loss, RowStatus
from grader.batch.run import not_measured, run
from grader.batch.summary import as_csv, as_markdown, headline, summarise
from grader.challenges.catalogue import Catalogue, catalogue
from grader.challenges.challenge import Challenge
from grader.model import Mark, MarkStatus, Report, Submission
from grader.report import Audience
from grader.store.results import Results

SOLUTION = (Path(__file__).parents[1] / "fixtures/challenges/language/adder/solution/adder.py").read_text()


@pytest.fixture
def known(adder: Path) -> Catalogue:
    """A catalogue that has the smallest challenge."""
    return catalogue((adder.parent.parent,))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A cohort of four: three folders with texts of their own, one of them broken, and an empty one."""
    for number, name in enumerate(("ada", "bob", "eve")):
        (tmp_path / "cohort" / name).mkdir(parents=True)
        (tmp_path / "cohort" / name / "adder.py").write_text(f"{SOLUTION}\n# {number}\n")
    (tmp_path / "cohort" / "nil").mkdir()
    return tmp_path / "cohort"


class Counting:
    """An engine that grades nothing: it counts, and says that every criterion is `status`."""

    def __init__(self, status: MarkStatus = MarkStatus.EARNED) -> None:
        self.graded: list[str] = []
        self.status = status
        self._lock = threading.Lock()

    def grade(self, assignment: Assignment, *, seed: int | None = None, explain: bool = True) -> Report:
        with self._lock:
            self.graded.append(Path(assignment.taken.origin).name)
        assert isinstance(assignment.taken, Submission)
        report = reject(assignment.taken, assignment.challenge, (), seed=seed)
        marks = tuple(
            Mark(
                id=criterion.id,
                kind=criterion.kind,
                title=criterion.title,
                points=criterion.points,
                earned=0,
                status=self.status,
            )
            for criterion in report.criteria
        )
        from msgspec.structs import replace

        from grader.model import ReportStatus

        return replace(report, criteria=marks, status=ReportStatus.GRADED)


def rows(folder: Path, known: Catalogue, results: Results, engine: Counting, **options: Any) -> list[CohortRow]:
    tasks = [
        task for entry in cohort(folder) for task in plan(entry, known, only="adder", backend="bubblewrap", seed=None)
    ]
    return list(run(tasks, results, engine, jobs=2, **options))


def test_every_entry_gets_a_row_and_a_report(folder: Path, known: Catalogue, tmp_path: Path) -> None:
    """Each folder of the cohort ends as one report under its candidate's name."""
    results = Results(tmp_path / "results")
    found = rows(folder, known, results, Counting())
    assert sorted(row.entry for row in found) == ["ada", "bob", "eve", "nil"]
    names = sorted(path.name for path in (tmp_path / "results/reports").iterdir())
    assert names == [f"{name}--adder.json" for name in ("ada", "bob", "eve", "nil")]


def test_what_is_known_is_not_graded_again(folder: Path, known: Catalogue, tmp_path: Path) -> None:
    """A second run over the same cohort grades nothing; a change of one submission grades that one."""
    results, first, second, third = Results(tmp_path / "results"), Counting(), Counting(), Counting()
    rows(folder, known, results, first)
    assert all(row.known for row in rows(folder, known, results, second) if row.verdict is not RowStatus.REJECTED)
    assert second.graded == []
    (folder / "bob/adder.py").write_text(f"{SOLUTION}\n# changed\n")
    rows(folder, known, results, third)
    assert third.graded == ["bob"]


@pytest.mark.parametrize("changed", ["submission", "challenge", "backend", "seed"])
def test_a_result_counts_for_what_it_was_made_from(folder: Path, known: Catalogue, adder: Path, changed: str) -> None:
    """The content address changes with the submission, the challenge, the backend and a given seed."""
    (task,) = plan(cohort(folder)[0], known, only="adder", backend="a", seed=None)
    assert isinstance(task, Task)
    taken, challenge, backend, seed = task.taken, task.challenge, "a", None
    if changed == "submission":
        taken = Submission(origin="", files=(), digest="sha256:other")
    elif changed == "challenge":
        (adder / "README.md").write_text("# Another brief\n")
        challenge = catalogue((adder.parent.parent,)).find("adder")
    elif changed == "backend":
        backend = "b"
    else:
        seed = 7
    assert isinstance(challenge, Challenge)
    assert address(taken, challenge, backend=backend, seed=seed) != task.key


def test_what_was_not_measured_is_graded_again_when_asked(folder: Path, known: Catalogue, tmp_path: Path) -> None:
    """`--retry-not-measured` grades what is open, and only that."""
    results, sick, well = Results(tmp_path / "results"), Counting(MarkStatus.NOT_MEASURED), Counting()
    rows(folder, known, results, sick)
    assert rows(folder, known, results, Counting())[0].verdict is RowStatus.NOT_MEASURED
    rows(folder, known, results, well, again=not_measured)
    assert sorted(well.graded) == sorted(sick.graded)
    again = Counting()
    rows(folder, known, results, again, again=not_measured)
    assert again.graded == []


def test_a_damaged_result_is_graded_again(folder: Path, known: Catalogue, tmp_path: Path) -> None:
    """A file that the disk or somebody damaged is no result."""
    results = Results(tmp_path / "results")
    rows(folder, known, results, Counting())
    for path in (tmp_path / "results/by-content").iterdir():
        path.write_text(path.read_text()[:100])
    engine = Counting()
    rows(folder, known, results, engine)
    assert sorted(set(engine.graded)) == ["ada", "bob", "eve"] or len(engine.graded) >= 3


def test_an_entry_that_answers_nothing_is_said_and_stops_nobody(folder: Path, known: Catalogue, tmp_path: Path) -> None:
    """One unreadable entry is a row with the reason; the others are graded."""
    shutil.rmtree(folder / "nil")
    (folder / "odd").mkdir()
    (folder / "odd" / "notes.txt").write_text("nothing here")
    entry = next(entry for entry in cohort(folder) if entry.name == "odd")
    (found,) = plan(entry, known, only=None, backend="bubblewrap", seed=None)
    assert isinstance(found, UnreadableEntry)
    (row,) = run([found], Results(tmp_path / "results"), Counting(), jobs=1)
    assert row.verdict is RowStatus.UNREADABLE
    assert row.why


def test_memory_does_not_grow_with_the_cohort(folder: Path, known: Catalogue, tmp_path: Path) -> None:
    """Tasks are planned as they are needed, never all at once."""
    (task,) = plan(cohort(folder)[0], known, only="adder", backend="bubblewrap", seed=None)
    assert isinstance(task, Task)
    planned = 0

    def many() -> Iterator[Task]:
        nonlocal planned
        for number in range(200):
            planned += 1
            yield task._replace(key=f"{number:064d}")

    ahead = [planned - done for done, _ in enumerate(run(many(), Results(tmp_path / "results"), Counting(), jobs=2))]
    assert len(ahead) == 200
    assert max(ahead) <= 8


def _row(**changes: Any) -> CohortRow:
    losses = (Loss(id="a", title="Title", points=10, earned=4, measured=True),)
    return CohortRow(
        **{"entry": "ada", "challenge": "language/adder", "verdict": RowStatus.GRADED, "losses": losses, **changes}
    )


def test_the_summary_adds_up() -> None:
    """Verdicts, distribution, mean and losses are those of the rows; what was not measured loses nothing."""
    open_ = (Loss(id="a", title="Title", points=10, earned=0, measured=False),)
    summary = summarise(
        [
            _row(percent=100.0),
            _row(entry="bob", percent=40.0),
            _row(entry="eve", verdict=RowStatus.NOT_MEASURED, losses=open_, why="no sandbox"),
            _row(entry="nil", verdict=RowStatus.REJECTED),
        ]
    )
    assert summary.verdicts["graded"] == 2
    assert (summary.mean, summary.distribution[9], summary.distribution[4]) == (70.0, 1, 1)
    assert [(loss.mean_lost, loss.losers, loss.measured) for loss in summary.losses] == [(6.0, 2, 2)]
    assert [row.entry for row in summary.not_measured] == ["eve"]


HOSTILE = "=cmd|'/c calc'!A1 <script>alert(1)</script> | [x](javascript:1) \x1b[2J ::error::x\n## forged"


def test_hostile_names_forge_nothing() -> None:
    """A candidate's folder name can be no formula, no script, no table cell, no escape sequence."""
    summary = summarise([_row(entry=HOSTILE, why=HOSTILE)])
    (_, line) = csv.reader(io.StringIO(as_csv(summary)))
    assert line[0].startswith("'=")
    page, table = as_html(summary), as_markdown(summary)
    assert "<script" not in page
    assert "\x1b" not in page + table + as_csv(summary)
    assert "\n## forged" not in table
    assert "](javascript" not in table


def test_pages_are_written_when_asked_for_and_linked(folder: Path, known: Catalogue, tmp_path: Path) -> None:
    """`--pages` gives each report a page for its audience; the cohort's page links to each, odd names too."""
    (folder / "ada").rename(folder / 'a&b "% c')
    results = Results(tmp_path / "results", pages=Audience.REVIEWER)
    tasks = tasks_of(cohort(folder), known, only="adder", backend="bubblewrap", seed=None)
    rows = [*run(tasks, results, Counting(), jobs=1)]
    links = re.findall(r'<a href="([^"]+)"', as_html(summarise(rows)))
    pages = {path.relative_to(results.folder).as_posix() for path in results.folder.glob("pages/*.html")}
    assert {unquote(link) for link in links} == pages
    assert len(pages) == len([row for row in rows if row.verdict is not RowStatus.UNREADABLE]) >= 3
    bare = [
        *run(
            tasks_of(cohort(folder), known, only="adder", backend="bubblewrap", seed=None),
            Results(tmp_path / "b"),
            Counting(),
            jobs=1,
        )
    ]
    assert "<a href" not in as_html(summarise(bare))


@pytest.mark.heavy
def test_a_batch_killed_at_any_point_goes_on_where_it_was(folder: Path, adder: Path, tmp_path: Path) -> None:
    """kill -9 in the middle: the next run takes what is there, grades the rest, and every report is whole."""
    for number in range(6):
        shutil.copytree(folder / "ada", folder / f"more{number}")
        (folder / f"more{number}/adder.py").write_text(f"{SOLUTION}\n# more {number}\n")
    command = [sys.executable, "-m", "grader", "batch", str(folder), "--challenge", "adder"]
    command += ["--challenges", str(adder.parent.parent), "--results", str(tmp_path / "results")]
    store = tmp_path / "results/by-content"
    before: dict[str, int] = {}
    for count in (1, 4):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 120
        while process.poll() is None and time.monotonic() < end:
            if store.is_dir() and len(list(store.glob("*.json"))) >= count:
                os.kill(process.pid, signal.SIGKILL)
                break
            time.sleep(0.02)
        process.wait()
        before = {path.name: path.stat().st_mtime_ns for path in store.glob("*.json")}
        for path in store.glob("*.json"):
            json.loads(path.read_text())
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "10 reports: 9 graded, 1 rejected" in done.stdout, done.stdout + done.stderr
    after = {path.name: path.stat().st_mtime_ns for path in store.glob("*.json")}
    assert before.items() <= after.items(), "something was graded twice"
    assert len(list((tmp_path / "results/reports").glob("*.json"))) == 10


def test_people_and_challenges_have_figures_of_their_own() -> None:
    """A candidate's percent is the mean over what was graded; each challenge has its own mean and median."""
    summary = summarise(
        [
            _row(percent=100.0),
            _row(percent=50.0, challenge="language/other"),
            _row(entry="bob", percent=20.0),
            _row(entry="bob", challenge="language/other", verdict=RowStatus.REJECTED),
            _row(entry="eve", challenge="", verdict=RowStatus.UNREADABLE),
        ]
    )
    assert [(candidate.entry, candidate.percent, len(candidate.rows)) for candidate in summary.candidates] == [
        ("ada", 75.0, 2),
        ("bob", 20.0, 2),
        ("eve", None, 1),
    ]
    assert [
        (challenge.challenge, challenge.graded, challenge.mean, challenge.median) for challenge in summary.challenges
    ] == [
        ("language/adder", 2, 60.0, 60.0),
        ("language/other", 1, 50.0, 50.0),
    ]
    assert headline(summary).startswith("5 reports of 3 candidates: 3 graded, 1 rejected, 1 unreadable.")


def test_long_cohorts_of_known_and_equal_reports_need_no_depth(folder: Path, known: Catalogue, tmp_path: Path) -> None:
    """Thousands of tasks of which most are known or copies take one grading each for what differs, and no recursion."""
    (task,) = plan(cohort(folder)[0], known, only="adder", backend="bubblewrap", seed=None)
    assert isinstance(task, Task)
    counting = Counting()
    many = (task._replace(name=f"n{number % 7}", key=f"{number % 3:064d}") for number in range(3000))
    rows = list(run(many, Results(tmp_path / "results"), counting, jobs=2))
    assert (len(rows), len(counting.graded)) == (3000, 3)
