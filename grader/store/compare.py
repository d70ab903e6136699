"""Compares two reports on the same challenge: the points won and lost between them. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from grader.model import Mark, MarkStatus, PromiseOutcome, Report, Struct


class CriterionChange(Struct, frozen=True, kw_only=True):
    """One criterion's marks before and after; None if a report does not have the criterion."""

    id: str
    title: str
    before: float | None
    after: float | None
    points: float
    newly_kept: tuple[str, ...] = ()
    newly_broken: tuple[str, ...] = ()
    open: bool = False
    """Whether at least one of the two marks was not measured."""

    @property
    def gain(self) -> float:
        """Points won; negative if they were lost."""
        return round((self.after or 0.0) - (self.before or 0.0), 4)


class Difference(Struct, frozen=True, kw_only=True):
    """The changes between two reports on one challenge."""

    challenge: str
    before: Report | None
    after: Report | None
    changes: tuple[CriterionChange, ...]
    notes: tuple[str, ...] = ()
    """Other differences, which may change marks even if the submission is not the cause."""

    @property
    def gain(self) -> float:
        """Percentage points won; negative if they were lost."""
        return round((self.after.percent if self.after else 0.0) - (self.before.percent if self.before else 0.0), 2)

    @property
    def changed(self) -> tuple[CriterionChange, ...]:
        """The criteria whose marks or promises differ."""
        return tuple(
            change for change in self.changes if change.gain or change.newly_kept or change.newly_broken or change.open
        )


def compare(old: Sequence[Report], new: Sequence[Report]) -> tuple[Difference, ...]:
    """Pair reports by challenge, in the order of the new ones; a report that exists on one side only stays unpaired."""
    before = {report.challenge.name: report for report in old}
    after = {report.challenge.name: report for report in new}
    names = [*after, *(name for name in before if name not in after)]
    return tuple(_difference(name, before.get(name), after.get(name)) for name in names)


def _difference(name: str, before: Report | None, after: Report | None) -> Difference:
    old = {mark.id: mark for mark in before.criteria} if before else {}
    new = {mark.id: mark for mark in after.criteria} if after else {}
    ids = [*new, *(id_ for id_ in old if id_ not in new)]
    return Difference(
        challenge=name,
        before=before,
        after=after,
        changes=tuple(_change(old.get(id_), new.get(id_)) for id_ in ids),
        notes=_notes(before, after),
    )


def _change(before: Mark | None, after: Mark | None) -> CriterionChange:
    shown = after or before
    assert shown is not None
    outcomes = [{promise.id: promise for promise in mark.promises} if mark else {} for mark in (before, after)]
    kept, broken = [], []
    for id_, promise in outcomes[1].items():
        earlier = outcomes[0].get(id_)
        if earlier is not None and earlier.outcome is not promise.outcome:
            if promise.outcome is PromiseOutcome.KEPT:
                kept.append(promise.text)
            elif promise.outcome is PromiseOutcome.BROKEN:
                broken.append(promise.text)
    return CriterionChange(
        id=shown.id,
        title=shown.title,
        before=before.earned if before else None,
        after=after.earned if after else None,
        points=shown.points,
        newly_kept=tuple(kept),
        newly_broken=tuple(broken),
        open=any(mark is not None and mark.status is MarkStatus.NOT_MEASURED for mark in (before, after)),
    )


def _notes(before: Report | None, after: Report | None) -> tuple[str, ...]:
    if before is None or after is None:
        return ()
    notes = []
    if before.submission.digest == after.submission.digest:
        notes.append("The submission is the same.")
    if before.challenge.digest != after.challenge.digest:
        notes.append(f"The challenge changed (from version {before.challenge.version} to {after.challenge.version}).")
    if before.harness.digest != after.harness.digest:
        notes.append(f"The grader changed (from version {before.harness.version} to {after.harness.version}).")
    if before.seed != after.seed:
        notes.append("The inputs were drawn from a different seed.")
    return tuple(notes)
