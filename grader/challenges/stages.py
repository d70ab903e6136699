"""The rubric of one stage: the criteria that count from there on, and what follows from that. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import msgspec

from grader.challenges.manifest import Criterion, LevelRule, Manifest


def at_stage(manifest: Manifest, number: int) -> Manifest:
    """Return the manifest with the criteria of a stage and of those before it."""
    criteria = [criterion for criterion in manifest.criteria if criterion.stage <= number]
    ids = {criterion.id for criterion in criteria}
    return msgspec.structs.replace(
        manifest,
        criteria=tuple(_following(criterion, ids) for criterion in criteria),
        skill_criteria=tuple(name for name in manifest.skill_criteria if name in ids),
        levels=tuple(_asking(rule, ids) for rule in manifest.levels),
    )


def stage_problems(manifest: Manifest, *, is_drawn: bool) -> Iterator[str]:
    """Yield what is wrong with a manifest's stages, each with its remedy."""
    count = len(manifest.stages)
    if count and not is_drawn:
        yield "stages: there is no draw.py beside it to draw them. Add one, or remove the stages."
    for place, criterion in enumerate(manifest.criteria):
        if criterion.stage > max(1, count):
            yield f"criteria[{place}].stage: got {criterion.stage}, but there are {max(1, count)} stages. Lower it."
    counted = {criterion.stage for criterion in manifest.criteria}
    for number in range(1, count + 1):
        if number not in counted:
            yield f"stages[{number - 1}]: no criterion counts from stage {number} on. Add one with `stage = {number}`."


def _following(criterion: Criterion, ids: Collection[str]) -> Criterion:
    return msgspec.structs.replace(criterion, follows=tuple(name for name in criterion.follows if name in ids))


def _asking(rule: LevelRule, ids: Collection[str]) -> LevelRule:
    return msgspec.structs.replace(
        rule,
        earned=tuple(name for name in rule.earned if name in ids),
        shares={name: share for name, share in rule.shares.items() if name in ids},
    )
