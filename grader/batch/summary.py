"""Turns rows into a cohort's figures, and renders these as CSV and Markdown. Pure."""

from __future__ import annotations

import csv
import io
import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Sequence

from grader.batch.row import CohortRow, RowStatus
from grader.model import Struct
from grader.report.markdown import words
from grader.report.visible import visible

BINS = 10
SLOWEST = 10
_FORMULA = re.compile(r"(^|[;\t])(\s*[=+\-@＝＋－＠﹦﹢﹣﹫])")  # noqa: RUF001 - the wide ones are meant
"""Where a formula begins: at the start of a cell, or of what another separator would make a cell. Some programs accept
wide signs, too."""
COLUMNS = ("entry", "challenge", "verdict", "percent", "level", "seconds", "why", "notes")


class CriterionLoss(Struct, frozen=True, kw_only=True):
    """A cohort's losses on one criterion."""

    challenge: str
    title: str
    points: float
    mean_lost: float
    losers: int
    measured: int


class ChallengeFigures(Struct, frozen=True, kw_only=True):
    """A cohort's results on one challenge."""

    challenge: str
    graded: int
    mean: float
    median: float


class Candidate(Struct, frozen=True, kw_only=True):
    """One cohort entry's results across all challenges that it answers."""

    entry: str
    percent: float | None
    """The mean of the entry's graded reports; None if nothing was graded."""
    rows: tuple[CohortRow, ...]

    @property
    def level(self) -> str:
        """The lowest level reached; empty if nothing was graded."""
        graded = [row for row in self.rows if row.verdict is RowStatus.GRADED]
        lowest = min(graded, key=lambda row: row.level_value, default=None)
        return "" if lowest is None else lowest.level or "No level yet"

    def row(self, challenge: str) -> CohortRow | None:
        """Return the row for a challenge; None if it was not answered."""
        return next((row for row in self.rows if row.challenge == challenge), None)


class Similar(Struct, frozen=True, kw_only=True):
    """Two submissions that share much of their code: a pair for a person to review, never a verdict."""

    one: str
    other: str
    challenge: str
    percent: float


class Summary(Struct, frozen=True, kw_only=True):
    """A cohort at a glance."""

    rows: tuple[CohortRow, ...]
    verdicts: dict[str, int]
    distribution: tuple[int, ...]
    """Graded reports by tenths of the percentage; 100 % counts in the last tenth."""
    mean: float
    median: float
    losses: tuple[CriterionLoss, ...]
    slowest: tuple[CohortRow, ...]
    not_measured: tuple[CohortRow, ...]
    candidates: tuple[Candidate, ...] = ()
    """The candidates in name order."""
    challenges: tuple[ChallengeFigures, ...] = ()
    similar: tuple[Similar, ...] = ()
    comparison: str = ""
    """What to say in place of similar pairs: that there are none, or why nobody looked for them."""
    no_challenge: dict[str, tuple[str, ...]] = {}
    """The skills that nobody could be graded on, by area title."""

    @property
    def skills_without_challenge(self) -> int:
        """The number of skills that have no challenge."""
        return sum(map(len, self.no_challenge.values()))

    @property
    def by_mean(self) -> tuple[Candidate, ...]:
        """The candidates, best first; those without a graded report come last."""

        def rank(candidate: Candidate) -> float:
            return -1.0 if candidate.percent is None else candidate.percent

        return tuple(sorted(self.candidates, key=rank)[::-1])

    @property
    def answered(self) -> tuple[str, ...]:
        """The challenges that somebody answered, in name order."""
        return tuple(sorted({row.challenge for row in self.rows if row.challenge}))

    @property
    def graded_until(self) -> str:
        """The time of the latest report; empty if there is none."""
        return max((row.graded_at for row in self.rows), default="")


def summarise(rows: Sequence[CohortRow], similar: Sequence[Similar] = (), comparison: str = "") -> Summary:
    """Sort the rows and compute the cohort's figures."""
    ordered = tuple(sorted(rows, key=lambda row: (row.challenge, row.entry)))
    graded = _percents(ordered)
    bins = Counter(min(int(percent // (100 / BINS)), BINS - 1) for percent in graded)
    return Summary(
        rows=ordered,
        verdicts={verdict.value: sum(row.verdict is verdict for row in ordered) for verdict in RowStatus},
        distribution=tuple(bins[place] for place in range(BINS)),
        mean=_mean(graded) or 0.0,
        median=round(statistics.median(graded), 2) if graded else 0.0,
        losses=_losses(ordered),
        slowest=tuple(sorted((row for row in ordered if not row.known), key=lambda row: -row.seconds)[:SLOWEST]),
        not_measured=tuple(row for row in ordered if row.verdict in (RowStatus.NOT_MEASURED, RowStatus.UNREADABLE)),
        candidates=_candidates(ordered),
        challenges=_challenges(ordered),
        similar=tuple(similar),
        comparison=comparison,
    )


def _candidates(rows: Sequence[CohortRow]) -> tuple[Candidate, ...]:
    found: dict[str, list[CohortRow]] = defaultdict(list)
    for row in rows:
        found[row.entry].append(row)
    return tuple(
        Candidate(entry=entry, percent=_mean(_percents(found[entry])), rows=tuple(found[entry]))
        for entry in sorted(found)
    )


def _challenges(rows: Sequence[CohortRow]) -> tuple[ChallengeFigures, ...]:
    found: dict[str, list[CohortRow]] = defaultdict(list)
    for row in rows:
        if row.challenge:
            found[row.challenge].append(row)
    return tuple(
        ChallengeFigures(
            challenge=challenge,
            graded=len(percents),
            mean=_mean(percents) or 0.0,
            median=round(statistics.median(percents), 2) if percents else 0.0,
        )
        for challenge, percents in ((challenge, _percents(of)) for challenge, of in found.items())
    )


def _percents(rows: Sequence[CohortRow]) -> list[float]:
    return [row.percent for row in rows if row.verdict is RowStatus.GRADED]


def _mean(percents: Sequence[float]) -> float | None:
    return round(statistics.fmean(percents), 2) if percents else None


def _losses(rows: Sequence[CohortRow]) -> tuple[CriterionLoss, ...]:
    lost: dict[tuple[str, str, str, float], list[float]] = defaultdict(list)
    for row in rows:
        for loss in row.losses:
            if loss.measured and row.verdict is not RowStatus.REJECTED:
                lost[row.challenge, loss.id, loss.title, loss.points].append(loss.points - loss.earned)
    return tuple(
        CriterionLoss(
            challenge=challenge,
            title=title,
            points=points,
            mean_lost=round(statistics.fmean(values), 2),
            losers=sum(value > 0 for value in values),
            measured=len(values),
        )
        for (challenge, _, title, points), values in lost.items()
    )


def as_csv(summary: Summary) -> str:
    """Return the rows as CSV, one line each. An apostrophe precedes anything that a spreadsheet would take for a
    formula.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in summary.rows:
        writer.writerow([_cell(_value(row, column)) for column in COLUMNS])
    return out.getvalue()


def _value(row: CohortRow, column: str) -> object:
    """Return a cell's value. An ungraded report has no percentage: a spreadsheet would count a zero in the mean."""
    if column == "percent" and row.verdict is not RowStatus.GRADED:
        return ""
    return "; ".join(row.notes) if column == "notes" else getattr(row, column)


def _cell(value: object) -> object:
    if not isinstance(value, str):
        return value
    return _FORMULA.sub(r"\1'\2", " ".join(visible(value).split("\n")))


def as_markdown(summary: Summary) -> str:
    """Return the summary as Markdown: verdicts and distribution first, then the losses, then whatever needs a person's
    attention.
    """
    parts = ["# Cohort", headline(summary), _distribution(summary), _losses_table(summary)]
    if summary.not_measured:
        parts.append(_table("Not measured", ("entry", "challenge", "why"), summary.not_measured))
    if summary.similar:
        lines = [
            f"| {_md(pair.one)} | {_md(pair.other)} | {pair.challenge} | {pair.percent:.0f} % |"
            for pair in summary.similar
        ]
        parts.append(
            "\n".join(
                [
                    "## Similar submissions",
                    "",
                    "| submission | other submission | challenge | shared |",
                    "| --- | --- | --- | ---: |",
                    *lines,
                ]
            )
        )
    if summary.comparison:
        parts.append(f"## Similar submissions\n\n{_md(summary.comparison)}")
    if summary.no_challenge:
        lines = [f"- {title}: {', '.join(skills)}" for title, skills in summary.no_challenge.items()]
        parts.append("\n".join(["## Skills without a challenge", "", *lines]))
    if summary.slowest:
        parts.append(_table("Slowest", ("entry", "challenge", "seconds"), summary.slowest))
    parts.append(_table("All", ("entry", "challenge", "verdict", "percent", "level", "notes"), summary.rows))
    return "\n\n".join(parts) + "\n"


def headline(summary: Summary) -> str:
    """Summarise the cohort in one line."""
    counts = ", ".join(f"{count} {verdict}" for verdict, count in summary.verdicts.items() if count)
    people = f" of {len(summary.candidates)} candidates" if len(summary.candidates) != len(summary.rows) else ""
    figures = f"Mean {summary.mean:g} %, median {summary.median:g} %."
    return f"{len(summary.rows)} reports{people}: {counts or 'none'}. {figures}"


def _distribution(summary: Summary) -> str:
    most = max(summary.distribution, default=0) or 1
    lines = [
        f"{place * 10:3d}-{place * 10 + 10:3d} %  {'█' * round(30 * count / most):30s} {count}"
        for place, count in enumerate(summary.distribution)
    ]
    return "\n".join(["## Distribution", "", "```text", *lines, "```"])


def _losses_table(summary: Summary) -> str:
    lines = [
        f"| {loss.challenge} | {_md(loss.title)} | {loss.points:g} | {loss.mean_lost:g} "
        f"| {loss.losers} of {loss.measured} |"
        for loss in summary.losses
    ]
    columns = "| challenge | criterion | points | lost on average | lost by |\n| --- | --- | ---: | ---: | ---: |"
    return "\n".join(["## What was lost", "", columns, *lines])


def _table(title: str, columns: Sequence[str], rows: Sequence[CohortRow]) -> str:
    head = [f"## {title}", "", f"| {' | '.join(columns)} |", f"| {' | '.join('---' for _ in columns)} |"]
    return "\n".join([*head, *(f"| {' | '.join(_md(_value(row, column)) for column in columns)} |" for row in rows)])


def _md(value: object) -> str:
    return words(f"{value:g}" if isinstance(value, float) else visible(str(value)))
