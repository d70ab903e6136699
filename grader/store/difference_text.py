"""Renders what changed between two reports as plain text, Markdown and JSON. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from grader.report.markdown import words
from grader.report.visible import visible, without_commands
from grader.store.compare import CriterionChange, Difference


def as_text(differences: Sequence[Difference]) -> str:
    """Write the differences for a terminal or a log."""
    return without_commands(visible("\n".join(line for difference in differences for line in _text(difference)) + "\n"))


def _text(difference: Difference) -> Iterator[str]:
    yield f"{difference.challenge}: {_standing(difference)}"
    yield from (f"  {note}" for note in difference.notes)
    if not difference.changed:
        yield "  no criterion changed"
    for change in difference.changed:
        yield f"  {_sign(change)} {change.title}: {_points(change)}"
        yield from (f"      kept now:   {text}" for text in change.newly_kept)
        yield from (f"      broken now: {text}" for text in change.newly_broken)


def as_markdown(differences: Sequence[Difference]) -> str:
    """Write the differences for a comment on a pull request."""
    lines = ["| Challenge | Before | After | Change |", "| --- | ---: | ---: | ---: |"]
    for difference in differences:
        before = f"{difference.before.percent:g} %" if difference.before else "none"
        after = f"{difference.after.percent:g} %" if difference.after else "none"
        lines.append(f"| {words(difference.challenge)} | {before} | {after} | {difference.gain:+g} |")
    for difference in differences:
        changed = [f"- {words(change.title)}: {_points(change)}" for change in difference.changed]
        if changed:
            summary = f"<details><summary>{words(difference.challenge)}: what changed</summary>"
            lines += ["", summary, "", *changed, "", "</details>"]
    return without_commands(visible("\n".join(lines) + "\n"))


def _standing(difference: Difference) -> str:
    if difference.before is None:
        return f"new, {difference.after.percent:g} %" if difference.after else "nothing"
    if difference.after is None:
        return f"gone, was {difference.before.percent:g} %"
    return f"{difference.before.percent:g} % -> {difference.after.percent:g} % ({difference.gain:+g})"


def _sign(change: CriterionChange) -> str:
    if change.open:
        return "?"
    return "+" if change.gain > 0 else "-" if change.gain < 0 else "~"


def _points(change: CriterionChange) -> str:
    before = "none" if change.before is None else f"{round(change.before, 2):g}"
    after = "none" if change.after is None else f"{round(change.after, 2):g}"
    return f"{before} -> {after} of {change.points:g}" + (" (not measured)" if change.open else "")


def as_json(differences: Sequence[Difference]) -> str:
    """Write the differences for programs: challenge, percent before and after, and every criterion that changed."""
    rows = [
        {
            "challenge": difference.challenge,
            "before": difference.before.percent if difference.before else None,
            "after": difference.after.percent if difference.after else None,
            "gain": difference.gain,
            "notes": difference.notes,
            "criteria": difference.changed,
        }
        for difference in differences
    ]
    return (
        msgspec.json.format(msgspec.json.encode({"format_version": 1, "differences": rows}), indent=2).decode() + "\n"
    )
