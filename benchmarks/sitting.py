"""What a sitting of each challenge's solution waits for: children's starts, their first calls, later calls.

    python -m benchmarks.sitting [--rounds 3] [SLUG ...]

The first start is that of the sandbox. A child's first call imports the probe and the answer. The suite's own CPU is
what the trusted process needs to ask, decode and compare; the inputs are drawn before the sitting. Milliseconds of the
clock, medians of the rounds.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from benchmarks.same import ROOT, run
from benchmarks.timed_host import TIMES
from grader.challenges.catalogue import catalogue
from grader.challenges.challenge import Challenge
from grader.evidence.suite.client import SuiteHost

COLUMNS = ("children", "starts", "first calls", "later calls", "suite's CPU", "the whole")


def sat(challenge: Challenge, rounds: int, times: Path) -> list[float]:
    """Return the figures of a sitting: a count, and milliseconds."""
    measured = []
    with SuiteHost("benchmarks.timed_host") as host:
        for _ in range(1 + rounds):
            failure = run(host, challenge, challenge.folder / "solution", 1).failure
            if failure is not None:
                sys.exit(f"{challenge.name}: {failure}")
            measured.append(_row(json.loads(times.read_text(encoding="utf-8"))))
    return [statistics.median(values) for values in zip(*measured[1:], strict=True)]  # the first one draws the exam


def _row(figures: Mapping[str, list[float]]) -> list[float]:
    spans = [figures["starts"], figures["first"], figures["later"]]
    seconds = [*map(sum, spans), figures["own"], figures["whole"]]
    return [float(len(figures["starts"])), *(1000 * float(second) for second in seconds)]  # type: ignore[arg-type]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sitting", description=__doc__.split("\n")[0])
    parser.add_argument("slugs", nargs="*", metavar="SLUG")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    known = catalogue()
    challenges = [known.find(slug) for slug in options.slugs] or known.challenges()
    os.environ["PYTHONPATH"] = str(ROOT)
    print(f"| challenge | {' | '.join(COLUMNS)} |\n| --- |{' ---: |' * len(COLUMNS)}")
    with tempfile.TemporaryDirectory() as home:
        Path(home).chmod(0o755)
        os.environ["TMPDIR"] = home
        for challenge in challenges:
            figures = sat(challenge, options.rounds, Path(home, TIMES))
            print(f"| `{challenge.slug}` | {' | '.join(f'{figure:.0f}' for figure in figures)} |", flush=True)


if __name__ == "__main__":
    main()
