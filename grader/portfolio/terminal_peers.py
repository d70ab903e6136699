"""Several reviewers' marks side by side, with their agreement, for people in a shell."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from grader.model import Report
from grader.portfolio.peers import PeerReview, PeerTable
from grader.portfolio.shown import plain
from grader.report.figures import number
from grader.report.terminal.finding import hanging
from grader.store.agreement import alpha_words

CRITERION = 16


def peers_text(table: PeerTable, report: Report) -> RenderableType:
    """Return who reviewed, what they gave, and how far they agree."""
    whose = f" by {plain(report.person)}" if report.person else ""
    head = Text.assemble((f"Peer assessment of {plain(report.challenge.name)}{whose}", "bold"))
    letters = [_letter(place) for place in range(len(table.reviews))]
    who = [
        hanging(Text(f"{letter} ", style="bold"), _who(review))
        for letter, review in zip(letters, table.reviews, strict=True)
    ]
    lines = [Text(f"{'':<{CRITERION}}  {'  '.join(letters)}   median", style="dim")]
    for row in table.rows:
        marks = "  ".join("-" if mark is None else str(mark) for mark in row.marks)
        median = "-" if row.median is None else number(row.median)
        lines.append(Text(f"{row.criterion.words:<{CRITERION}}  {marks}   {median:>6}"))
    return Group(
        head,
        Padding(Group(*who), (1, 0, 1, 0)),
        *lines,
        Text(),
        Text(f"Agreement (Krippendorff's alpha, ordinal): {alpha_words(table.alpha)}."),
        Text("These are personal opinions. They earn no points and change nothing that was measured.", style="dim"),
    )


def _who(review: PeerReview) -> Text:
    words = f"{plain(review.review.reviewer)}, {review.review.date.isoformat()}"
    if review.why_not:
        return Text.assemble(words, (f" · does not count: {plain(review.why_not)}", "yellow"))
    assert review.signer is not None
    return Text.assemble(words, (f" · signed by {review.signer.id}", "green"))


def _letter(place: int) -> str:
    return chr(ord("A") + place % 26)
