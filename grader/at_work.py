"""Judges required constructs by what the text says and by what is true at run time: each has to be there and at work.

| the text says | what runs | the requirement |
| --- | --- | --- |
| met | at work, or nobody can tell | earned |
| met | idle | lost: it is there but not at work |
| absent or dynamic | at work | earned if every promise in `proved_by` is kept, otherwise lost |
| absent or dynamic | idle, or nobody can tell | lost |
| decoy | either | lost |
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from grader.challenges.manifest import Requirement
from grader.model import AT_WORK, IDLE, UNASKED, Evidence, Finding, Promise, PromiseOutcome, Severity

PROVABLE = ("absent", "dynamic")


class Outcome(NamedTuple):
    """The outcome of one requirement, and what a candidate is told about it."""

    earned: bool
    findings: tuple[Finding, ...] = ()


def outcomes(
    requirements: Sequence[Requirement], constructs: Evidence, behaviour: Evidence | None
) -> Iterator[Outcome]:
    """Yield the outcome of each requirement, based on what was read and what was seen at run time."""
    status = {fact.requirement: fact.status for fact in constructs.facts}
    running = {fact.requirement: fact.status for fact in behaviour.facts} if behaviour is not None else {}
    messages = _said(constructs)
    promises = behaviour.promises if behaviour is not None else ()
    for requirement in requirements:
        fact = running.get(requirement.id, UNASKED)
        match status.get(requirement.id, "absent"):
            case "met" if fact == IDLE:
                yield Outcome(earned=False, findings=(_idle(requirement),))
            case "met":
                yield Outcome(earned=True)
            case text if text in PROVABLE and fact == AT_WORK and _proved(requirement, promises):
                yield Outcome(earned=True, findings=(_proof(requirement),))
            case _:
                yield Outcome(earned=False, findings=messages.get(requirement.id, ()))


def _said(constructs: Evidence) -> Mapping[str, tuple[Finding, ...]]:
    """Return the rules' own finding for each requirement that the text does not meet; the evidence lists findings and
    unmet requirements in the same order.
    """
    unmet = [fact.requirement for fact in constructs.facts if fact.status != "met"]
    own = [finding for finding in constructs.findings if finding.id.startswith("constructs.")]
    if len(own) != len(unmet):  # one finding for all: nothing could be read
        return dict.fromkeys(unmet[:1], tuple(own))
    return {requirement: (finding,) for requirement, finding in zip(unmet, own, strict=True)}


def _proved(requirement: Requirement, promises: Sequence[Promise]) -> bool:
    """Return whether every promise that needs the construct was made and kept."""
    for name in requirement.proved_by:
        outcomes_ = {promise.outcome for promise in promises if promise.id.partition("[")[0] == name}
        if outcomes_ != {PromiseOutcome.KEPT}:
            return False
    return bool(requirement.proved_by)


def _idle(requirement: Requirement) -> Finding:
    return Finding(
        id=f"constructs.{requirement.rule}.idle",
        severity=Severity.ERROR,
        message=f"{requirement.of}: the construct that the brief asks for ({requirement.id}) is present, but does not "
        "do its part when the module runs.",
        help=requirement.help
        or "Let the construct itself do the work, instead of placing it beside the code that does the work.",
    )


def _proof(requirement: Requirement) -> Finding:
    return Finding(
        id=f"constructs.{requirement.rule}.proved",
        severity=Severity.NOTE,
        message=f"{requirement.of}: the text does not show how {requirement.id} is implemented, but the construct does "
        "its part when the module runs, and the promises that need it are kept.",
    )
