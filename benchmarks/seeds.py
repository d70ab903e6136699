"""Is the check `seeds` of `grader verify` as sharp as whole gradings under every seed?

    python -m benchmarks.seeds SLUG... [--part 2/3]

For each known mistake: what the check finds, which runs the whole suite once and then only what may swing, and what
five whole gradings find. Only the hidden tests are run.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from unittest import mock

from grader.challenges.catalogue import catalogue
from grader.challenges.challenge import Challenge
from grader.challenges.flaws import flaws
from grader.verify.checks import seeds
from grader.verify.examination import Examination, OwnSubmission
from sandbox.backends import DEFAULT, backend_named

SEEDS = (1, 2, 3, 4, 5)


class HiddenTestsAlone(Examination):
    """An examination without analysers: no seed matters to them."""

    def analysed(self, _: object) -> tuple[()]:
        """Nothing."""
        return ()


def swings(exam: Examination, entrants: list[OwnSubmission]) -> Iterator[str]:
    """Return the promises that whole gradings keep under some seeds and break under others."""
    pairs = [(entrant, seed) for entrant in entrants for seed in SEEDS]
    trials = exam.each(lambda pair: exam.tried(*pair), pairs, saying="whole grading")
    outcomes: dict[tuple[str, str], set[str]] = {}
    for (entrant, _), trial in zip(pairs, trials, strict=True):
        for promise in trial.promises:
            outcomes.setdefault((entrant.name, promise.id), set()).add(promise.outcome)
    return (f"{name}: {test}" for (name, test), endings in outcomes.items() if len(endings) > 1)


def compare(challenge: Challenge, offset: int, step: int) -> None:
    """Print what each way finds of every `step`-th known mistake."""
    some = flaws(challenge)[offset::step]
    with (
        mock.patch.object(seeds, "flaws", return_value=some),
        HiddenTestsAlone(challenge, backend=backend_named(DEFAULT), seeds=SEEDS, jobs=1) as exam,
    ):
        found = seeds.run(exam)
        print(f"{challenge.slug}: the check: {found.figure}")
        for problem in found.problems:
            print(f"  {problem.where}: {problem.what}", flush=True)
        entrants = [exam.entrant(flaw.name) for flaw in some]
        print(f"{challenge.slug}: {len(SEEDS)} whole gradings of each:")
        for line in swings(exam, entrants):
            print(f"  {line}", flush=True)


def main() -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.seeds", description=__doc__.split("\n")[0])
    parser.add_argument("slugs", nargs="+", metavar="SLUG")
    parser.add_argument("--part", default="0/1", metavar="OFFSET/STEP", help="Only every STEP-th known mistake.")
    options = parser.parse_args()
    offset, _, step = options.part.partition("/")
    for slug in options.slugs:
        compare(catalogue().find(slug), int(offset), int(step))


if __name__ == "__main__":
    main()
