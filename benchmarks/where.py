"""Where a warm grading's time goes, for a correct, a flawed and a hanging submission.

    python -m benchmarks.where [--gradings 5] [--only correct] [SLUG ...]

Each part is graded alone, by a copy of the challenge that has the criteria of that kind and no other, on one warm
engine and under one seed, as a batch is; what starting the engine and drawing the exam cost is taken off. CPU is that
of all processes, wall is one grading at a time.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
import tomllib
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.processor_time import spend
from benchmarks.throughput import floor, hanging, mistakes
from grader.assess.find import Assignment
from grader.assess.grader import Grader
from grader.challenges.catalogue import catalogue
from grader.challenges.challenge import Challenge, load
from grader.intake import take_folder
from grader.model import Kind, Submission

SEED = 1
TESTED = (Kind.BEHAVIOUR, Kind.PERFORMANCE, Kind.TESTS)


def with_kinds(challenge: Challenge, kinds: set[Kind], folder: Path) -> Path:
    """Return a copy of the challenge with the criteria of these kinds alone."""
    target = folder / "-".join(sorted(kind.value for kind in kinds)) / challenge.area.value / challenge.slug
    shutil.copytree(challenge.folder, target, ignore=shutil.ignore_patterns("flawed", "__pycache__"))
    manifest = target / "challenge.toml"
    parts = re.split(r"(?m)^(?=\[\[?[a-z]+\]\]?$)", manifest.read_text(encoding="utf-8"))
    kept = [part for part in parts if not part.startswith("[[criteria]]") or _kind(part) in kinds]
    manifest.write_text(re.sub(r"(?m)^(earned|shares|skill_criteria) = .*$", "", "".join(kept)), encoding="utf-8")
    return target


def _kind(part: str) -> Kind:
    (criterion,) = tomllib.loads(part)["criteria"]
    return Kind(criterion["kind"])


def work(challenge: Path, submission: Path, gradings: int) -> None:
    """Grade the same submission several times, one after the other."""
    subject, taken = load(challenge), take_folder(submission)
    assert isinstance(taken, Submission)
    with Grader() as grader:
        for _ in range(gradings):
            grader.grade(Assignment(challenge=subject, taken=taken), seed=SEED, explain=False)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.where", description=__doc__.split("\n")[0])
    parser.add_argument("slugs", nargs="*", metavar="SLUG", default=["metaclass_orm"])
    parser.add_argument("--only", choices=("correct", "flawed", "hanging"), help="Leave out the other submissions.")
    parser.add_argument("--gradings", type=int, default=5)
    parser.add_argument("--work", nargs=3, metavar=("CHALLENGE", "SUBMISSION", "GRADINGS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(Path(options.work[0]), Path(options.work[1]), int(options.work[2]))
        return
    for slug in options.slugs:
        with tempfile.TemporaryDirectory() as home:
            Console().print(table(catalogue().find(slug), Path(home), options.gradings, options.only or ""))


def submissions(challenge: Challenge, folder: Path) -> dict[str, Path]:
    """Return one that is right, one with a mistake, one whose first module never ends."""
    flawed = mistakes(challenge, folder)[0]
    return {
        "correct": challenge.folder / "solution",
        f"flawed ({flawed.name})": flawed,
        "hanging": hanging(challenge, folder / "hanging"),
    }


def table(challenge: Challenge, folder: Path, gradings: int, only: str) -> Table:
    """Return the CPU and wall seconds of each part for each submission whose name begins with `only`."""
    subjects = {name: path for name, path in submissions(challenge, folder).items() if name.startswith(only)}
    kinds = list(dict.fromkeys(c.kind for c in challenge.manifest.criteria if c.kind is not Kind.REVIEW))
    parts: dict[str, set[Kind]] = {"the whole": set(kinds), "hidden tests": {kind for kind in kinds if kind in TESTED}}
    parts |= {kind.value: {kind} for kind in kinds if kind not in TESTED}
    shown = Table(title=f"{challenge.name}: seconds of CPU (and of the clock) of one warm grading")
    for column in ("part", *subjects):
        shown.add_column(column, justify="left" if column == "part" else "right")
    for part, measured in parts.items():
        copy = with_kinds(challenge, measured, folder)
        cells = [
            _cost(copy, subject, 1 if name == "hanging" else gradings)
            for name, subject in subjects.items()
            if name != "hanging" or measured & set(TESTED)
        ]
        shown.add_row(part, *(f"{cpu:.2f} ({wall:.2f})" for cpu, wall in cells))
    least = floor(challenge, challenge.folder / "solution", rounds=3)
    shown.add_row("floor: hidden tests in process, warm", f"{least:.2f}")
    shown.caption = "each part holds what every grading has: intake, gate, integrity, rubric"
    return shown


def _cost(challenge: Path, submission: Path, gradings: int) -> tuple[float, float]:
    """Return the CPU and wall seconds of one grading, the first one and the engine's start taken off."""
    words = [sys.executable, "-m", "benchmarks.where", "--work", str(challenge), str(submission)]
    first, all_ = spend([*words, "1"]), spend([*words, str(1 + gradings)])
    if first.status or all_.status:
        sys.exit(f"{challenge}: {all_.output}")
    cpu = (all_.cpu or 0.0) - (first.cpu or 0.0)
    return cpu / gradings, (all_.wall - first.wall) / gradings


if __name__ == "__main__":
    main()
