"""Run a design: `python -m simulator design.toml [--incidents FILE] [--window START END] [--seed TEXT] [--system FILE]`."""

from __future__ import annotations

import argparse
import math
import sys
import time
import tomllib
from pathlib import Path

from simulator.design import read_design
from simulator.figures import figures
from simulator.incidents import read_incidents
from simulator.run import Run, TooMuch
from simulator.system import read_system


def main() -> int:
    """Print what the design costs, and what clients see; or what is wrong with it."""
    parser = argparse.ArgumentParser(prog="python -m simulator", description=__doc__)
    parser.add_argument("design", type=Path)
    parser.add_argument("--system", type=Path, default=Path("system.toml"))
    parser.add_argument("--incidents", type=Path)
    parser.add_argument("--window", type=float, nargs=2, default=(0.0, math.inf), metavar=("START", "END"))
    parser.add_argument("--seed", default="1")
    given = parser.parse_args()
    system = read_system(tomllib.loads(given.system.read_text("utf-8")))
    text = given.design.read_text("utf-8")
    try:
        design = read_design(tomllib.loads(text), text, system)
        incidents = read_incidents(tomllib.loads(given.incidents.read_text("utf-8"))) if given.incidents else ()
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    if isinstance(design, list):
        print(*design, sep="\n", file=sys.stderr)
        return 2
    began = time.process_time()
    try:
        result = Run(system, design, incidents, given.seed).go()
    except TooMuch as error:
        print(f"stopped: {error}", file=sys.stderr)
        return 1
    print(f"cost {design.cost(system):.2f} of {system.budget:.2f} an hour")
    print(f"{'operation':<14}{'count':>7}{'served':>9}{'degraded':>10}{'stale':>8}{'p50':>9}{'p99':>9}{'late':>6}")
    for name, seen in figures(result, *given.window).items():
        print(
            f"{name:<14}{seen.count:>7}{seen.served:>9.2%}{seen.degraded:>10.2%}{seen.stale:>8.2%}"
            f"{seen.p50:>9.3f}{seen.p99:>9.3f}{seen.late:>6}"
        )
    print(f"{result.events} events, {time.process_time() - began:.2f} s of processor time")
    return 0


if __name__ == "__main__":
    sys.exit(main())
