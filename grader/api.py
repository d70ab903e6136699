"""The functions that `import grader` offers: paths and names in, reports out.

>>> import grader
>>> report = grader.grade("tests/fixtures/challenges/language/adder/solution", "adder",
...                       challenges=["tests/fixtures/challenges"], seed=1)
>>> report.challenge.name, report.status.value, report.percent
('language/adder', 'graded', 100.0)
>>> try:
...     report = grader.grade("nowhere", "metaclass_orm")
... except grader.UserError as error:
...     print(error)
nowhere: there is no such file or folder. Check the path.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from grader.assess import find as finding
from grader.assess.find import Assignments
from grader.assess.grader import Grader
from grader.challenges.catalogue import Catalogue, catalogue
from grader.challenges.challenge import Challenge
from grader.errors import UserError
from grader.model import Report, RepositoryReport
from grader.model.progress import Progress, silent
from grader.store import codec
from sandbox.session import Backend

if TYPE_CHECKING:
    from grader.verify.verdict import Verified

StrPath = str | os.PathLike[str]


def grade(
    path: StrPath,
    challenge: str | None = None,
    *,
    seed: int | None = None,
    explain: bool = True,
    backend: Backend | str | None = None,
    challenges: Sequence[StrPath] = (),
    person: str = "",
    progress: Progress = silent,
) -> Report:
    """Grade the submission at `path`, a folder or an archive, in new processes.

    `challenge` names the challenge that it answers, as `slug` or `area/slug`; without it, the path must determine the
    challenge. `challenges` are folders of further challenges, besides the shipped ones. `person` names the candidate in
    the report. A fresh secret seed is drawn unless one is given. Raises UserError if the call has to change, and
    CannotMeasure if this machine cannot isolate submissions.
    """
    grader = Grader(backend)
    found = find(path, challenge, challenges=challenges)
    if len(found.each) != 1:
        names = ", ".join(assignment.challenge.name for assignment in found.each)
        raise UserError(
            os.fspath(path),
            f"the submission answers several challenges ({names})",
            "Pass one of them as `challenge`, or grade each assignment that `grader.find` returns",
        )
    return grader.grade(found.each[0], seed=seed, explain=explain, person=person, progress=progress)


def find(path: StrPath, challenge: str | None = None, *, challenges: Sequence[StrPath] = ()) -> Assignments:
    """Find and read the submissions at `path`, each with the challenge that it answers. Nothing is executed.

    Raises UserError if nothing is found, and CannotMeasure if a challenge is broken.
    """
    return finding.find(Path(path), _catalogue(challenges), only=challenge)


def load_challenge(name: str, *, challenges: Sequence[StrPath] = ()) -> Challenge:
    """Load the challenge called `slug` or `area/slug`. Raises UserError, or CannotMeasure if it is broken."""
    return _catalogue(challenges).find(name)


def read_report(path: StrPath) -> Report | RepositoryReport:
    """Read a record, or a report that `--format json` wrote. Raises UserError."""
    return codec.read(Path(path)).report


def verify_challenge(
    name: str,
    *,
    quick: bool = False,
    backend: Backend | str | None = None,
    challenges: Sequence[StrPath] = (),
) -> Verified:
    """Check the claims of a challenge, as `grader verify` does. Raises UserError, CannotMeasure."""
    from grader.verify.verification import VerifyOptions, verify

    seeds = (1, 2) if quick else (1, 2, 3, 4, 5)
    options = VerifyOptions(seeds=seeds, quick=quick, jobs=os.cpu_count() or 1)
    challenge = load_challenge(name, challenges=challenges)
    (verified,) = verify((challenge,), backend=Grader(backend).backend, options=options, cache=None).challenges
    return verified


def _catalogue(challenges: Sequence[StrPath]) -> Catalogue:
    return catalogue(tuple(Path(root) for root in challenges))
