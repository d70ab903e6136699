"""Senior Python Grader as a library: the same use case as on the command line.

    import grader

    report = grader.grade("mine", "metaclass_orm")          one submission, in new processes
    print(report.percent, report.level_title)
    print(grader.render(report, "terminal"))

    with grader.Grader() as warm:                            several: shared parts stay open
        for assignment in grader.find("cohort/ada").each:
            report = warm.grade(assignment, seed=7)

A rejected submission gets a report with the status `rejected`; if something could not be measured, the status is
`incomplete`. The product has two exceptions of its own: `UserError` (the call has to change) and `CannotMeasure` (no
marks are affected).

Importing this package imports nothing else: each name is loaded when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grader.api import find, grade, load_challenge, read_report, verify_challenge
    from grader.assess.find import Assignment
    from grader.assess.grader import Grader
    from grader.errors import CannotMeasure, UserError
    from grader.model import Report, RepositoryReport, Submission
    from grader.report import render

__all__ = [
    "Assignment",
    "CannotMeasure",
    "Grader",
    "Report",
    "RepositoryReport",
    "Submission",
    "UserError",
    "find",
    "grade",
    "load_challenge",
    "read_report",
    "render",
    "verify_challenge",
]

_HOMES = {
    "Assignment": "grader.assess.find",
    "CannotMeasure": "grader.errors",
    "Grader": "grader.assess.grader",
    "Report": "grader.model",
    "RepositoryReport": "grader.model",
    "Submission": "grader.model",
    "UserError": "grader.errors",
    "find": "grader.api",
    "grade": "grader.api",
    "load_challenge": "grader.api",
    "read_report": "grader.api",
    "render": "grader.report",
    "verify_challenge": "grader.api",
}


if not TYPE_CHECKING:  # a type checker that saw this would take any name for one of ours

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module 'grader' has no attribute {name!r}")
        value = getattr(importlib.import_module(_HOMES[name]), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
