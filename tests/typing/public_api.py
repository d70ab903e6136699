"""Typed usage of the public API: read by mypy, never run."""

from __future__ import annotations

from pathlib import Path
from typing import assert_type

import grader

report = grader.grade("mine", "metaclass_orm", seed=7)
assert_type(report, grader.Report)
assert_type(report.percent, float)
assert_type(grader.grade(Path("mine")).was_measured, bool)
assert_type(grader.read_report("report.json"), grader.Report | grader.RepositoryReport)
assert_type(grader.render(report, "json"), str)

with grader.Grader("docker:runsc") as warm:
    assert_type(warm, grader.Grader)
    for assignment in grader.find("repository", challenges=["ours"]).each:
        assert_type(assignment, grader.Assignment)
        assert_type(warm.grade(assignment, explain=False, progress=lambda event: print(event)), grader.Report)

try:
    grader.verify_challenge("adder", quick=True)
except grader.UserError as error:
    print(error)
except grader.CannotMeasure as failure:
    assert_type(failure.remedy, str)

grader.grade("mine", 7)  # type: ignore[arg-type] # a challenge is named, not numbered
grader.grade("mine", "adder", 7)  # type: ignore[call-arg] # a seed is given by name
grader.Grader().grade("mine")  # type: ignore[arg-type] # find makes the assignment
report.percent = 100.0  # type: ignore[misc] # a report is frozen
grader.grad("mine")  # type: ignore[attr-defined] # no such name
