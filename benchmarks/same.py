"""Does an exam change a verdict? Every solution, starter and known mistake, with and without one, promise by promise.

    python -m benchmarks.same SLUG... [--seeds 1,2] [--only NAME]

With an exam the examples are drawn beforehand; without, by Hypothesis during each sitting. Both under one seed, so
the same promises must break, for the same reasons.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from grader.challenges.catalogue import catalogue
from grader.challenges.challenge import Challenge
from grader.challenges.flaws import files_of, flaws
from grader.evidence.suite.client import SuiteHost
from grader.evidence.suite.job import SuiteJob
from grader.verify.trial import Trial, followed

ROOT = Path(__file__).resolve().parent.parent
OWN = ("solution", "solution_alt", "starter")


class Compared(NamedTuple):
    """One submission under one seed."""

    name: str
    seed: int
    broken: int
    differences: list[str]


def submissions(challenge: Challenge, folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield what the challenge ships; a patch is laid out in the folder."""
    for name in OWN:
        if (challenge.folder / name).is_dir():
            yield name, challenge.folder / name
    for flaw in flaws(challenge):
        for path, text in files_of(flaw, challenge).items():
            target = folder / flaw.name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        yield flaw.name, folder / flaw.name


def run(host: SuiteHost, challenge: Challenge, folder: Path, seed: int) -> Trial:
    """Run one sitting."""
    job = SuiteJob(
        challenge=challenge.folder.resolve(),
        submission=folder.resolve(),
        digest="same",
        seed=seed,
        backend="bubblewrap",
        explain=False,
        details=False,
    )
    return followed(host.run(job, seconds=300))


def compared(name: str, seed: int, drawn: Trial, driven: Trial) -> Compared:
    """Hold two trials against each other."""
    differences = [] if drawn.failure == driven.failure else [f"{drawn.failure} / {driven.failure}"]
    others = {promise.id: promise for promise in driven.promises}
    for promise in drawn.promises:
        other = others.pop(promise.id, None)
        if other is None or (promise.outcome, promise.reason) != (other.outcome, other.reason):
            one = f"{promise.outcome}: {promise.reason}"
            differences.append(f"{promise.id}: {one} / {other and f'{other.outcome}: {other.reason}'}")
    broken = sum(promise.outcome == "broken" for promise in drawn.promises)
    return Compared(name, seed, broken, [*differences, *others])


def main() -> None:
    """Compare and print. Exit status 1 when anything differs."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.same", description=__doc__.split("\n")[0])
    parser.add_argument("slugs", nargs="+", metavar="SLUG")
    parser.add_argument("--seeds", default="1,2")
    parser.add_argument("--only", default="", help="Submissions whose name holds this.")
    options = parser.parse_args()
    os.environ["PYTHONPATH"] = str(ROOT)
    seeds = [int(seed) for seed in options.seeds.split(",")]
    different = 0
    for slug in options.slugs:
        challenge = catalogue().find(slug)
        with (
            tempfile.TemporaryDirectory() as home,
            SuiteHost() as host,
            SuiteHost("benchmarks.without_exam") as bare,
            ThreadPoolExecutor(1) as pool,
        ):
            Path(home).chmod(0o755)
            found: list[Compared] = []
            for name, folder in submissions(challenge, Path(home)):
                for seed in seeds:
                    if options.only in name:
                        driven = pool.submit(run, bare, challenge, folder, seed)
                        found.append(compared(name, seed, run(host, challenge, folder, seed), driven.result()))
                        for line in found[-1].differences:
                            print(f"{slug}: {name}, seed {seed}: {line}", flush=True)
        differing = sum(bool(grading.differences) for grading in found)
        different += differing
        broken = sum(grading.broken for grading in found)
        print(f"{slug}: {len(found)} gradings, {broken} broken promises, {differing} differ")
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
