"""Cost against size: longer submissions, larger cohorts.

    python -m benchmarks.size [--cohorts 10,100] [SLUG]

Submissions grow by modules of typed functions that nothing calls; cohorts are copies with distinct digests of the
smallest challenge's reference, so that the cost of the batch itself shows.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.processor_time import spend
from benchmarks.throughput import JOBS, copies
from grader.challenges.catalogue import catalogue

ADDER = Path(__file__).parent.parent / "tests/fixtures/challenges"
FILLER = '''

def unused_{n}(first: int, second: int = {n}) -> list[int]:
    """Something that a longer module might have."""
    found = []
    for number in range(first):
        if number % second == 0:
            found.append(number * {n})
    return found
'''
GROWTH = (1, 10, 100)
A_FILE = 200
"""Functions in one file: a file may have 256 KiB."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.size", description=__doc__.split("\n")[0])
    parser.add_argument("slug", nargs="?", default="metaclass_orm")
    parser.add_argument("--cohorts", default="10,100")
    options = parser.parse_args()
    console = Console()
    with tempfile.TemporaryDirectory() as home:
        console.print(_submissions(options.slug, Path(home)))
        console.print(_cohorts([int(size) for size in options.cohorts.split(",")], Path(home)))


def _submissions(slug: str, home: Path) -> Table:
    challenge = catalogue().find(slug)
    table = Table(title=f"{challenge.name}: one grading against the submission's length")
    for column in ("lines", "seconds", "CPU s", "behaviour ms", "types ms", "constructs ms"):
        table.add_column(column, justify="right")
    source = challenge.folder / "solution" / challenge.manifest.modules[0]
    lines = len(source.read_text().splitlines())
    for times in GROWTH:
        folder = home / f"x{times}"
        shutil.copytree(challenge.folder / "solution", folder)
        more = (lines * (times - 1)) // len(FILLER.splitlines())
        for start in range(0, more, A_FILE):
            functions = "".join(FILLER.format(n=n + 1) for n in range(start, min(start + A_FILE, more)))
            (folder / f"more_{start}.py").write_text(f'"""More of it."""\n{functions}')
        words = ["grade", str(folder), "--challenge", challenge.name, "--format", "json"]
        spent = spend([sys.executable, "-m", "grader", *words, "--output", str(home / "out.json")])
        durations = json.loads((home / "out.json").read_text())["durations_ms"]
        figures = [f"{durations.get(kind, 0):.0f}" for kind in ("behaviour", "types", "constructs")]
        cpu = "" if spent.cpu is None else f"{spent.cpu:.1f}"
        table.add_row(
            str(sum(len(file.read_text().splitlines()) for file in folder.glob("*.py"))),
            f"{spent.wall:.1f}",
            cpu,
            *figures,
        )
    return table


def _cohorts(sizes: list[int], home: Path) -> Table:
    table = Table(title=f"adder: a batch against the cohort's size, {JOBS} at a time")
    for column in ("submissions", "seconds", "a second", "CPU s each", "known again, seconds", "peak MiB"):
        table.add_column(column, justify="right")
    solution = ADDER / "language/adder/solution"
    for size in sizes:
        copies([solution], size, home / f"cohort{size}")
        code = (
            "import resource, sys; from grader.cli import main\n"
            "try: main()\n"
            "finally: print('peak-bytes', resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, flush=True)"
        )
        words = ["batch", str(home / f"cohort{size}"), "--challenge", "adder", "--challenges", str(ADDER)]
        words += ["--jobs", str(JOBS), "--results", str(home / f"results{size}")]
        first = spend([sys.executable, "-c", code, *words])
        again = spend([sys.executable, "-c", code, *words])
        cpu = "" if first.cpu is None else f"{first.cpu / size:.2f}"
        row = (f"{first.wall:.1f}", f"{size / first.wall:.2f}", cpu, f"{again.wall:.2f}", f"{first.peak / 2**20:.0f}")
        table.add_row(str(size), *row)
    return table


if __name__ == "__main__":
    main()
