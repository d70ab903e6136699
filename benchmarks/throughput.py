"""Batch throughput beside the naive pipeline and beside the floor, all in one run.

python -m benchmarks.throughput [--cohort 24] [--naive 4] [SLUG]

batch     `grader batch --jobs 2` over copies of the reference with distinct digests, and over a mixed cohort
naive     five commands a submission, two submissions at a time: pytest in process, mypy --strict, radon cc,
          radon mi, bandit (what a course would put into a shell script; no wall, forgeable)
floor     the CPU time of the hidden tests alone, in process, in one warm Python
known     the same batch again: every result is there already
"""

from __future__ import annotations

import argparse
import csv
import itertools
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.naive import ENVIRONMENT, grade_naively, suite_in_process
from benchmarks.processor_time import Spent, spend
from grader.challenges.catalogue import catalogue
from grader.challenges.challenge import Challenge
from grader.challenges.flaws import files_of, flaws

JOBS = 2
WARM = """
import os, sys, time
sys.argv = ["x"]
import pytest, hypothesis.stateful, benchmarks.inprocess
words, rounds = {words!r}, {rounds}
for _ in range(rounds + 1):  # the first one warms Hypothesis's tables
    pid = os.fork()
    if not pid:
        sys.stdout = open(os.devnull, "w"); os.dup2(sys.stdout.fileno(), 1)
        started = time.process_time()
        pytest.main(words)
        os.write(2, b"cpu %f\\n" % (time.process_time() - started))
        os._exit(0)
    os.waitpid(pid, 0)
"""


def copies(sources: list[Path], count: int, folder: Path) -> None:
    """Make `count` submissions, each with a digest of its own."""
    for number, source in zip(range(count), itertools.cycle(sources), strict=False):
        target = folder / f"c{number:04d}"
        shutil.copytree(source, target)
        for file in target.glob("*.py"):
            file.write_text(f"{file.read_text()}\n# copy {number}\n")


def mistakes(challenge: Challenge, folder: Path) -> list[Path]:
    """Return the first known mistakes, laid out."""
    some = flaws(challenge)[:6]
    for flaw in some:
        for path, text in files_of(flaw, challenge).items():
            target = folder / flaw.name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
    return [folder / flaw.name for flaw in some]


def hanging(challenge: Challenge, folder: Path) -> Path:
    """Return the reference, but its first module never ends when it is imported."""
    shutil.copytree(challenge.folder / "solution", folder)
    module = folder / challenge.manifest.modules[0]
    module.write_text(f"{module.read_text()}\n\nwhile True:\n    pass\n")
    return folder


def durations(results: Path) -> list[float]:
    """Return the seconds of each grading, the shortest first."""
    with (results / "summary.csv").open(newline="") as file:
        return sorted(float(row["seconds"]) for row in csv.DictReader(file))


def batch(challenge: Challenge, cohort: Path, results: Path) -> Spent:
    """Grade one cohort as a batch."""
    command = [sys.executable, "-m", "grader", "batch", str(cohort), "--challenge", challenge.name]
    return spend([*command, "--jobs", str(JOBS), "--results", str(results)])


def floor(challenge: Challenge, submission: Path, rounds: int) -> float:
    """Return the CPU seconds of the hidden tests alone, in a fork of a process that has everything imported."""
    code = WARM.format(words=suite_in_process(challenge, submission), rounds=rounds)
    environment = os.environ | ENVIRONMENT
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    seconds = [float(line.split()[1]) for line in done.stderr.splitlines() if line.startswith("cpu ")]
    return sum(seconds[1:]) / max(1, len(seconds) - 1)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.throughput", description=__doc__.split("\n")[0])
    parser.add_argument("slug", nargs="?", default="metaclass_orm")
    parser.add_argument("--cohort", type=int, default=24)
    parser.add_argument("--naive", type=int, default=4)
    options = parser.parse_args()
    challenge = catalogue().find(options.slug)
    solution = challenge.folder / "solution"
    console = Console()
    table = Table(title=f"{challenge.name}: submissions a second, {JOBS} at a time")
    for column in ("what", "submissions", "seconds", "a second", "CPU s each"):
        table.add_column(column, justify="left" if column == "what" else "right")

    def row(what: str, count: int, wall: float, cpu: float | None) -> None:
        seconds = "" if cpu is None else f"{cpu / count:.2f}"
        table.add_row(what, str(count), f"{wall:.1f}", f"{count / wall:.2f}", seconds)

    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        copies([solution], options.cohort, folder / "correct")
        stuck = hanging(challenge, folder / "hanging")
        copies(
            [solution, *mistakes(challenge, folder), challenge.folder / "starter", stuck],
            options.cohort,
            folder / "mixed",
        )
        console.print("batch: correct", style="dim")
        correct = batch(challenge, folder / "correct", folder / "r1")
        console.print("batch: mixed", style="dim")
        mixed = batch(challenge, folder / "mixed", folder / "r2")
        console.print("batch: known", style="dim")
        known = batch(challenge, folder / "correct", folder / "r1")
        took = durations(folder / "r2")
        console.print("naive", style="dim")
        started = time.monotonic()
        with ThreadPoolExecutor(JOBS) as pool:
            list(pool.map(lambda n: list(grade_naively(challenge, folder / f"correct/c{n:04d}")), range(options.naive)))
        slow = time.monotonic() - started
        console.print("floor", style="dim")
        least = floor(challenge, solution, rounds=3)
    row("batch, correct cohort", options.cohort, correct.wall, correct.cpu)
    row("batch, mixed cohort", options.cohort, mixed.wall, mixed.cpu)
    row("batch, all known", options.cohort, known.wall, known.cpu)
    row("naive, five commands", options.naive, slow, None)
    table.add_row("floor, tests alone", "", "", f"{JOBS / least:.2f}", f"{least:.2f}")
    console.print(table)
    slowest = took[max(0, math.ceil(len(took) * 0.99) - 1)]
    limit = challenge.manifest.budget.suite_seconds
    console.print(
        f"one grading of the mixed cohort, of which every ninth hangs: median {statistics.median(took):.1f} s, "
        f"99 of 100 within {slowest:.1f} s (the suite's own limit is {limit:g} s)"
    )
    ratio = (options.cohort / correct.wall) / (options.naive / slow)
    console.print(f"batch against naive: {ratio:.1f} x the throughput (aim: 8 x)")
    if correct.cpu is not None:
        console.print(f"batch against the floor: {correct.cpu / options.cohort / least:.2f} x the CPU (aim: 1.5 x)")


if __name__ == "__main__":
    main()
