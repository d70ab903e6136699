"""kill -9 at any point of a results folder's life: nothing half written, nothing lost, nothing wrong afterwards."""

from __future__ import annotations

import csv
import json
import random
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from grader.model import Report
from grader.store.codec import read

QUICK = Path(__file__).with_name("quick_grader.py")
KILLS = 50
REVIEW = """format_version = 1
reviewer = "Grace Hopper"
date = 2026-11-22
[[mark]]
criterion = "sums"
points = 1
override = true
comment = "It is a copy."
"""
BATCH = ("batch", "cohort", "--challenge", "adder", "--pages", "reviewer", "--jobs", "2")
STEPS: tuple[tuple[str, ...], ...] = (
    BATCH,
    BATCH,
    ("review", "cohort-results/reports/ada--adder.json", "--from", "review.toml"),
    BATCH,
    ("regrade", "cohort-results/reports/bob--adder.json", "--replace", "--seed", "77"),
    ("late",),
    BATCH,
)
"""`late` hands one more submission in."""

Hand = Callable[..., Path]


class Life(NamedTuple):
    """One results folder below `home`, and how to run the commands of its life."""

    home: Path
    challenges: Path
    grader: subprocess.Popen[str]
    """Runs each command in a process of its own."""

    def run(self, step: tuple[str, ...], *, kill: int = 0) -> int:
        """Run one step, killed when it touches the folder the kill-th time; return the exit status."""
        if step == ("late",):
            shutil.copytree(self.home / "late", self.home / "cohort/late", dirs_exist_ok=True)
            return 0
        environment = {
            "QUICK_LOG": str(self.home / "graded.log"),
            "QUICK_EVENTS": str(self.home / "events"),
            "QUICK_KILL": str(kill),
        }
        words = [*step, "--challenges", str(self.challenges)]
        assert self.grader.stdin is not None
        assert self.grader.stdout is not None
        order = {"words": words, "cwd": str(self.home), "environment": environment}
        self.grader.stdin.write(json.dumps(order) + "\n")
        self.grader.stdin.flush()
        return int(self.grader.stdout.readline())

    def events(self) -> int:
        """How often the last step touched the folder."""
        return int((self.home / "events").read_text())

    def revisions(self, name: str) -> int:
        return len(list((self.home / "cohort-results/revisions" / f"{name}--adder").glob("*.json")))

    def shown(self, name: str) -> Report:
        report = read(self.home / f"cohort-results/reports/{name}--adder.json").report
        assert isinstance(report, Report)
        return report

    def check_that_all_is_whole(self) -> None:
        """Whatever was killed: each file that has a name is complete."""
        for path in (self.home / "cohort-results").rglob("*.json"):
            json.loads(path.read_text())
        for path in (self.home / "cohort-results").rglob("*.html"):
            assert path.read_text().rstrip().endswith(("-->", "</html>"))

    def check_that_all_is_right(self) -> None:
        """At the end: every mark, name, review, regrade, page and exam is what it would be without the kill."""
        ada, bob, copy, late = (self.shown(name) for name in ("ada", "bob", "copy", "late"))
        assert (ada.percent, ada.criteria[0].reviewer, len(ada.reviews)) == (50.0, "Grace Hopper", 1)
        assert (bob.percent, bob.seed, copy.percent, late.percent) == (0.0, 77, 100.0, 100.0)
        assert [report.submission.path for report in (ada, bob, copy, late)] == [
            f"cohort/{name}" for name in ("ada", "bob", "copy", "late")
        ]
        (exam,) = (self.home / "cohort-results/exams").glob("*.json")
        shared = json.loads(exam.read_text())
        assert (ada.seed, copy.seed) == (shared["seed"], shared["seed"])
        assert late.seed != shared["seed"]
        with (self.home / "cohort-results/summary.csv").open(newline="") as file:
            assert {row["entry"]: row["percent"] for row in csv.DictReader(file)} == {
                "ada": "50.0",
                "bob": "0.0",
                "copy": "100.0",
                "late": "100.0",
            }
        for name in ("ada", "bob", "copy", "late"):
            assert f"cohort/{name}" in (self.home / f"cohort-results/pages/{name}--adder.html").read_text()
        left = [path.name for path in (self.home / "cohort-results").rglob("*.part")]
        assert left == []


@pytest.fixture
def quick_grader() -> Iterator[subprocess.Popen[str]]:
    """The command line, imported once."""
    command = [sys.executable, str(QUICK), "--serve"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process


@pytest.fixture
def life(hand_in: Hand, adder: Path, tmp_path: Path, quick_grader: subprocess.Popen[str]) -> Life:
    hand_in("ada")
    hand_in("copy")
    hand_in("bob", adds=False)
    late = hand_in("late", note="late")
    shutil.move(late, tmp_path / "late")
    (tmp_path / "review.toml").write_text(REVIEW)
    return Life(tmp_path, adder.parent.parent, quick_grader)


@pytest.mark.heavy
def test_a_kill_at_any_point_loses_nothing(life: Life, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Batch twice, review, batch, regrade, hand in late, batch; killed at 50 random points: nothing lost or wrong."""
    kept = tmp_path_factory.mktemp("states")
    touched = []
    for number, step in enumerate(STEPS):
        shutil.copytree(life.home, kept / str(number))
        (life.home / "events").write_text("0")
        assert life.run(step) == 0, step
        touched.append(life.events())
    life.check_that_all_is_right()
    points = [(number, kill) for number, events in enumerate(touched) for kill in range(1, events + 1)]
    chosen = random.Random(20261129).sample(points, KILLS)
    for number, kill in chosen:
        place = f"killed in step {number} ({STEPS[number][0]}) at touch {kill} of {touched[number]}"
        again = life._replace(home=tmp_path_factory.mktemp("life") / "home")
        shutil.copytree(kept / str(number), again.home)
        before = (again.revisions("ada"), again.revisions("bob"))
        assert again.run(STEPS[number], kill=kill) == -signal.SIGKILL, place
        again.check_that_all_is_whole()
        done = (again.revisions("ada"), again.revisions("bob")) != before
        for step in STEPS[number + 1 if done else number :]:
            assert again.run(step) == 0, place
        again.check_that_all_is_right()
        gradings = Counter(line.split()[0] for line in (again.home / "graded.log").read_text().splitlines())
        assert sum(gradings.values()) <= 4 + 2, f"{place}: graded again: {gradings}"
        shutil.rmtree(again.home)
    assert {STEPS[number][0] for number, _ in chosen} == {"batch", "review", "regrade"}
