"""One cold grading beside what it replaces: the five commands of the naive way.

    python -m benchmarks.cold [--rounds 5] [SLUG]

Every round runs all, one after the other, as whole processes; medians are compared, so that a noisy machine
disturbs all alike.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.naive import grade_naively
from grader.challenges.catalogue import catalogue


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cold", description=__doc__.split("\n")[0])
    parser.add_argument("slug", nargs="?", default="metaclass_orm")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    challenge = catalogue().find(options.slug)
    solution = challenge.folder / "solution"
    console = Console()
    seconds: dict[str, list[float]] = {}
    durations: list[dict[str, float]] = []
    for round_ in range(options.rounds):
        console.print(f"round {round_ + 1} of {options.rounds}", style="dim")
        started = time.perf_counter()
        for name in grade_naively(challenge, solution):
            ended = time.perf_counter()
            seconds.setdefault(name, []).append(ended - started)
            started = ended
        durations.append(_grade(challenge.name, solution))
        seconds.setdefault("grader grade", []).append(time.perf_counter() - started)
    _print(console, challenge.name, seconds, durations)


def _grade(name: str, solution: Path) -> dict[str, float]:
    """Grade, and give the milliseconds of each part."""
    words = [sys.executable, "-m", "grader", "grade", str(solution), "--challenge", name, "--format", "json"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    durations: dict[str, float] = json.loads(done.stdout)["durations_ms"]
    return durations


def _print(console: Console, name: str, seconds: dict[str, list[float]], durations: list[dict[str, float]]) -> None:
    table = Table(title=f"{name}: seconds, whole cold processes, median of {len(durations)}")
    table.add_column("what")
    table.add_column("median", justify="right")
    table.add_column("lowest", justify="right")
    for part, values in seconds.items():
        table.add_row(part, f"{statistics.median(values):.2f}", f"{min(values):.2f}")
    console.print(table)
    medians = {part: statistics.median(values) for part, values in seconds.items()}
    ours = medians.pop("grader grade")
    tested = medians["pytest, in process"] + medians["mypy --strict"]
    console.print(f"ratio: {ours / tested:.2f} x (pytest + mypy); the bar is 3 x")
    console.print(f"ratio: {ours / sum(medians.values()):.2f} x (all five commands)")
    parts = ", ".join(
        f"{part} {statistics.median([grading[part] for grading in durations if part in grading]):.0f} ms"
        for part in durations[0]
    )
    console.print(f"inside the grading (behaviour runs beside the analysers): {parts}")


if __name__ == "__main__":
    main()
