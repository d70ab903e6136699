"""Renders what changed between two reports as plain text, Markdown and JSON. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

import msgspec

from grader.report.markdown import words
from grader.report.visible import visible, without_commands
from grader.store.compare import CriterionChange, Difference

NARROWEST = 20
"""Columns that a text gets in any case."""


def as_text(differences: Sequence[Difference], width: int = 80) -> str:
    """Write the differences for a terminal or a log, wrapped to `width` columns."""
    lines = [line for difference in differences for line in _text(difference, width)]
    return without_commands("\n".join(lines) + "\n")


def _text(difference: Difference, width: int) -> Iterator[str]:
    yield from _wrapped("", f"{difference.challenge}: {_standing(difference)}", width)
    for note in difference.notes:
        yield from _wrapped("  ", note, width)
    if not difference.changed:
        yield "  no criterion changed"
    for change in difference.changed:
        yield from _wrapped(f"  {_sign(change)} ", f"{change.title}: {_points(change)}", width)
        for lead, promises in (("kept now:  ", change.newly_kept), ("broken now:", change.newly_broken)):
            for promise in promises:
                yield from _wrapped(f"      {lead} ", promise, width)


def _wrapped(lead: str, text: str, width: int) -> list[str]:
    """Wrap a text behind its lead; further lines hang below its first word."""
    return textwrap.wrap(
        visible(text),
        max(width, len(lead) + NARROWEST),
        initial_indent=lead,
        subsequent_indent=" " * len(lead),
        break_long_words=False,
        break_on_hyphens=False,
    )


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
