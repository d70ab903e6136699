"""No search on what candidates get reaches Senior, even if a person gives its document every point.

The challenge's `forger.py` prints designs that it finds with the public simulator and an ordinary day, which is all the
traffic that candidates get.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec

from grader import inputs, rubric
from grader.evidence.documents import design
from grader.model import Kind, Level
from grader.verify.checks.finding import CheckResult
from grader.verify.checks.levels import reviewed
from grader.verify.examination import Examination
from grader.verify.verdict import Problem, Unusable

FORGER = "forger.py"
SECONDS = 3600.0
HELP = "Let the hidden runs ask for decisions that an ordinary day does not show, or leave less room in the budget."


def applies(exam: Examination) -> bool:
    """Return whether the challenge judges designs."""
    return any(criterion.kind is Kind.DESIGN for criterion in exam.challenge.manifest.criteria)


def run(exam: Examination) -> CheckResult:
    """Let the forger search, and grade what it finds. Raises Unmeasured or Unusable."""
    found = _found(exam.challenge.folder)
    problems, figures = [], []
    for name, text in sorted(found.items()):
        entrant = exam.laid_out(
            f"forger {name}", dict.fromkeys(exam.challenge.manifest.modules, "") | {design.FILE: text}
        )
        marks = exam.marks(entrant, exam.seeds[0])
        standing = rubric.standing(exam.challenge, tuple(map(reviewed, marks)))
        measured = sum(mark.earned for mark in marks)
        figures.append(f"{name} {measured:g}")
        if standing.level is not None and standing.level >= Level.SENIOR:
            what = (
                f"a search earns {measured:g} measured points, and with every point of a person {standing.level.title}"
            )
            problems.append(Problem(id="forgers.search", where=f"{FORGER}: {name}", what=what, help=HELP))
    points = sum(criterion.points for criterion in exam.challenge.manifest.criteria if criterion.kind.by_promises)
    return CheckResult(f"{', '.join(figures)} of {points:g} measured points", tuple(problems))


def _found(folder: Path) -> dict[str, str]:
    """Return the designs that the search finds, each as the text of its file. Raises Unusable."""
    command = [sys.executable, "-P", "-B", str(folder / FORGER), str(folder / "starter")]
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=True)
        return inputs.json(done.stdout, dict[str, str])
    except subprocess.TimeoutExpired:
        why = f"it took more than {SECONDS:g} s"
    except subprocess.CalledProcessError as error:
        why = (error.stderr.decode("utf-8", "replace").strip().splitlines() or ["it ended without a word"])[-1]
    except msgspec.DecodeError as error:
        why = str(error)
    raise Unusable(Problem(id="forgers.search", where=FORGER, what=why, help="Fix the search."))
