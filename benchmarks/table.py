"""All challenges in one table: the naive five commands, the floor, a batch and a cold grading, in turns.

    python -m benchmarks.table [--rounds 3] [--batch 8] [SLUG ...]

CPU seconds of the whole process tree, medians of the rounds; in each round every column is measured once, one after
the other, so that a noisy machine disturbs all alike. A column of wall seconds stands beside the cold ones: it means
something on an idle machine alone.

naive     pytest in process, mypy --strict, radon cc, radon mi, bandit: five cold processes; four without pytest, marked
          with a star, where the answer is a test suite, which no process of pytest's can judge on its own
floor     the hidden tests alone, in process, in a warm Python, drawing their examples
batch     one grading of `grader batch --jobs 1`, its start shared by the cohort
cold      one `grader grade`
"""

from __future__ import annotations

import argparse
import math
import os
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from benchmarks.inprocess import can_run
from benchmarks.naive import ENVIRONMENT, commands
from benchmarks.processor_time import Spent, spend
from benchmarks.throughput import copies, floor
from grader.challenges.catalogue import catalogue
from grader.challenges.challenge import Challenge


def naive(challenge: Challenge, solution: Path, home: Path) -> tuple[float, float]:
    """Return the CPU and wall seconds of the five commands."""
    with tempfile.TemporaryDirectory(dir=home) as cache:
        words = commands(challenge, solution, cache).values()
        spent = [_run([sys.executable, "-m", *word], statuses=(0, 1)) for word in words]
    return sum(run.cpu or 0.0 for run in spent), sum(run.wall for run in spent)


def batch(challenge: Challenge, solution: Path, home: Path, size: int) -> float:
    """Return the CPU seconds of a grading in a batch of so many."""
    with tempfile.TemporaryDirectory(dir=home) as name:
        copies([solution], size, Path(name) / "cohort")
        words = ["batch", f"{name}/cohort", "--challenge", challenge.name, "--jobs", "1", "--results", f"{name}/r"]
        return (_run([sys.executable, "-m", "grader", *words]).cpu or 0.0) / size


def cold(challenge: Challenge, solution: Path) -> tuple[float, float]:
    """Return the CPU and wall seconds of one grading."""
    spent = _run([sys.executable, "-m", "grader", "grade", str(solution), "--challenge", challenge.name])
    return spent.cpu or 0.0, spent.wall


def _run(words: Sequence[str], statuses: Sequence[int] = (0,)) -> Spent:
    spent = spend(words, env={**os.environ, **ENVIRONMENT})
    if spent.status not in statuses:
        sys.exit(f"{' '.join(words)}: exit status {spent.status}\n{spent.output}")
    if spent.cpu is None:
        sys.exit("CPU seconds of a process tree need root and a control group; see benchmarks/processor_time.py")
    return spent


def main() -> None:
    """Measure and print a Markdown table, a line a challenge as soon as it is known."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.table", description=__doc__.split("\n")[0])
    parser.add_argument("slugs", nargs="*")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batch", type=int, default=8)
    options = parser.parse_args()
    every = catalogue().challenges()
    chosen = [catalogue().find(slug) for slug in options.slugs] or [
        challenge for challenge in every if challenge.suite.exists()
    ]
    print("| challenge | naive | floor | batch | naive / batch | batch / floor | cold | naive, wall | cold, wall |")
    print(f"| --- |{' ---: |' * 8}")
    with tempfile.TemporaryDirectory() as home:
        for challenge in chosen:
            rounds = [_round(challenge, Path(home), options.batch) for _ in range(options.rounds)]
            name = challenge.name if can_run(challenge) else f"{challenge.name} *"
            print(_row(name, {key: statistics.median(round_[key] for round_ in rounds) for key in rounds[0]}))
            sys.stdout.flush()
    load = f"load {os.getloadavg()[2]:.1f} in the last quarter of an hour"
    print(f"\n{date.today():%d %B %Y}, {os.cpu_count()} processors, {load}.")


def _round(challenge: Challenge, home: Path, size: int) -> dict[str, float]:
    solution = challenge.folder / "solution"
    five, five_wall = naive(challenge, solution, home)
    batched = batch(challenge, solution, home, size)
    least = floor(challenge, solution, rounds=1) if can_run(challenge) else math.nan
    single, one_wall = cold(challenge, solution)
    return {
        "naive": five,
        "floor": least,
        "batch": batched,
        "cold": single,
        "naive wall": five_wall,
        "cold wall": one_wall,
    }


def _row(name: str, figures: Mapping[str, float]) -> str:
    five, least, batched = figures["naive"], figures["floor"], figures["batch"]
    cells = [f"{five:.2f}", f"{least:.2f}", f"{batched:.2f}", f"{five / batched:.1f} x", f"{batched / least:.2f} x"]
    cells = ["-" if "nan" in cell else cell for cell in cells]
    cells += [f"{figures[key]:.2f}" for key in ("cold", "naive wall", "cold wall")]
    return f"| {name} | {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
