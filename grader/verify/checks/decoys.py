"""A required construct that is merely present, but not used where the challenge requires it, earns nothing.

The rules read the author's own text here, so no sandbox is needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from grader.challenges.challenge import Challenge
from grader.challenges.manifest import Requirement
from grader.inside.constructs import judge as constructs
from grader.inside.constructs.rules.rule import Status
from grader.inside.constructs.rules.table import RULES
from grader.model import Submission
from grader.verify.checks.finding import CheckResult
from grader.verify.examination import Examination
from grader.verify.forgery.decoy_submissions import decoys
from grader.verify.verdict import Problem

ABSENCE = ("forbidden", "import-direction")
"""Rules that require an absence, for which there can be no decoy."""


def run(exam: Examination) -> CheckResult:
    """Test every requirement against decoys made from its rule's own examples."""
    required = [requirement for criterion in exam.challenge.manifest.criteria for requirement in criterion.requires]
    if not required:
        return CheckResult("no constructs required")
    starter = exam.entrant("starter").submission
    problems: list[Problem] = []
    notes: list[str] = []
    tried = 0
    for requirement in required:
        if note := _untried(requirement, starter, exam.challenge):
            notes.append(note)
            continue
        tried += 1
        problems += _fooled(requirement, starter, exam.challenge)
    return CheckResult(f"{tried} of {len(required)} constructs tried", tuple(problems), tuple(notes))


def _untried(requirement: Requirement, starter: Submission, challenge: Challenge) -> str:
    """Return why a requirement has no decoys; an empty string if it has some."""
    rule = RULES[requirement.rule]
    if requirement.rule in ABSENCE:
        return f"{requirement.id}: {rule.name} requires an absence, so there is nothing to fake."
    if _status(requirement, {file.path: file.text for file in starter.files}, challenge) == Status.MET:
        return f"{requirement.id}: the starter already meets this requirement, so every candidate gets its points."
    if not any(True for _ in decoys(requirement, rule, starter)):
        return f"{requirement.id}: the rule {rule.name} has no example that could serve as a decoy."
    return ""


def _fooled(requirement: Requirement, starter: Submission, challenge: Challenge) -> Iterator[Problem]:
    for decoy in decoys(requirement, RULES[requirement.rule], starter):
        if _status(requirement, decoy.files, challenge) == Status.MET:
            yield Problem(
                id="decoys.met",
                where=f"challenge.toml: {requirement.id}",
                what=f"a decoy of {requirement.rule} {decoy.shape} meets the requirement",
                help=f'Require it of the exported name itself: use `of = "module.Name"` instead of {requirement.of!r}.',
            )
            return


def _status(requirement: Requirement, files: Mapping[str, str], challenge: Challenge) -> str:
    answer = constructs.judge(
        {path: text for path, text in files.items() if path.endswith(".py")},
        challenge.manifest.modules,
        [
            {
                "id": requirement.id,
                "rule": requirement.rule,
                "of": requirement.of,
                "options": dict(requirement.options),
                "message": requirement.message,
                "help": requirement.help,
            }
        ],
    )
    return next((fact["status"] for fact in answer["facts"]), "")
