"""One cold grading beside what it replaces: a cold in-process pytest of the same suite, and one cold `mypy --strict`.

    python -m benchmarks.cold [--rounds 5] [SLUG]

Every round runs all three, one after the other, as whole processes; medians are compared, so that a noisy machine
disturbs all alike.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from grader.catalogue import catalogue

PYTEST_FLAGS = ("-q", "-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir", "/", "--import-mode=importlib")


def timed(command: list[str], **environment: str) -> tuple[float, str]:
    """Seconds of a whole process, and its stdout."""
    started = time.perf_counter()
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **environment}, cwd=Path.cwd()
    )
    seconds = time.perf_counter() - started
    if done.returncode not in (0, 1):
        sys.exit(f"{' '.join(command)}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
    return seconds, done.stdout


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cold", description=__doc__.split("\n")[0])
    parser.add_argument("slug", nargs="?", default="metaclass_orm")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    challenge = catalogue().find(options.slug)
    solution = challenge.folder / "solution"
    console = Console()
    seconds: dict[str, list[float]] = {"pytest, in process": [], "mypy --strict": [], "grader grade": []}
    durations: list[dict[str, float]] = []
    for round_ in range(options.rounds):
        console.print(f"round {round_ + 1} of {options.rounds}", style="dim")
        pytest_command = [sys.executable, "-m", "pytest", *PYTEST_FLAGS, "-p", "benchmarks.inprocess"]
        paths = ["--challenge", str(challenge.folder), "--candidate", str(solution), str(challenge.suite)]
        seconds["pytest, in process"].append(timed([*pytest_command, *paths], PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")[0])
        with tempfile.TemporaryDirectory() as cache:
            files = [str(path) for path in sorted(solution.glob("*.py"))]
            seconds["mypy --strict"].append(
                timed([sys.executable, "-m", "mypy", "--strict", "--config-file=", f"--cache-dir={cache}", *files])[0]
            )
        grade = [sys.executable, "-m", "grader", "grade", str(solution), "--challenge", challenge.name]
        took, output = timed([*grade, "--format", "json"])
        seconds["grader grade"].append(took)
        durations.append(json.loads(output)["durations_ms"])
    _print(console, challenge.name, seconds, durations)


def _print(console: Console, name: str, seconds: dict[str, list[float]], durations: list[dict[str, float]]) -> None:
    table = Table(title=f"{name}: seconds, whole cold processes, median of {len(durations)}")
    table.add_column("what")
    table.add_column("median", justify="right")
    table.add_column("lowest", justify="right")
    for what, values in seconds.items():
        table.add_row(what, f"{statistics.median(values):.2f}", f"{min(values):.2f}")
    console.print(table)
    medians = {what: statistics.median(values) for what, values in seconds.items()}
    naive = medians["pytest, in process"] + medians["mypy --strict"]
    console.print(f"ratio: {medians['grader grade'] / naive:.2f} x (pytest + mypy); the bar is 3 x")
    parts = ", ".join(
        f"{part} {statistics.median([one[part] for one in durations if part in one]):.0f} ms" for part in durations[0]
    )
    console.print(f"inside the grading (behaviour runs beside the analysers): {parts}")


if __name__ == "__main__":
    main()
