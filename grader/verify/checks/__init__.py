"""The checks that a challenge has to pass, with one line each in `CHECKS`."""

from __future__ import annotations

from grader.verify.checks import (
    decoys,
    flaws,
    forgers,
    form,
    levels,
    mutants,
    reference,
    reviews,
    seeds,
    stability,
    variants,
)
from grader.verify.checks.finding import Checker, CheckResult, CheckSchedule

__all__ = ["CHECKS", "CheckResult", "CheckSchedule", "Checker"]

FORM = Checker("form", "complete and consistent", form.run)
"""Runs first, because the other checks cannot judge a challenge with missing parts."""

CHECKS = (
    FORM,
    Checker("solution", "the reference earns full marks", reference.run_solution),
    Checker("solution-alt", "an independent solution earns full marks", reference.run_alternative),
    Checker("starter", "the starter earns nothing for behaviour", reference.run_starter),
    Checker("empty", "an empty folder earns nothing", reference.run_empty),
    Checker("variants", "ten drawn variants grade rightly, and their workspaces tell nothing", variants.run),
    Checker("reviews", "a right review earns everything in any words, a blind one nothing", reviews.run),
    Checker("levels", "a submission without the skill is below Senior, and one with a slip is not", levels.run),
    Checker("flawed", "each flawed submission loses exactly the criteria that it claims to lose", flaws.run),
    Checker("seeds", "marks are the same under every seed", seeds.run),
    Checker("forgers", "answers without the skill earn nothing", forgers.run),
    Checker("decoys", "a construct that nothing uses earns nothing", decoys.run),
    Checker("mutants", "mistakes in the reference are noticed", mutants.run, runs=CheckSchedule.THOROUGH),
    Checker(
        "stability", "marks are the same whatever the machine is busy with", stability.run, runs=CheckSchedule.NAMED
    ),
)
