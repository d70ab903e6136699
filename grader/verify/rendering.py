"""A verification rendered for people: a table for each challenge, then every problem with its meaning and remedy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from grader.report.terminal.style import TerminalSign
from grader.verify.verdict import Check, CheckStatus, Problem, Survivor, Verification, Verified

VERDICTS = {
    CheckStatus.HOLDS: TerminalSign("✓", "green"),
    CheckStatus.FAILS: TerminalSign("✗", "red"),
    CheckStatus.UNMEASURED: TerminalSign("?", "magenta"),
    CheckStatus.SKIPPED: TerminalSign("-", "dim"),
}
MOST = 12
"""The maximum number of problems of one check that are printed; the JSON has all of them."""
SECOND = 1000.0


def rendered(verification: Verification, *, survivors: bool = False) -> RenderableType:
    """Return the results of all checks. `survivors` adds each surviving mutant, with the hidden test that comes closest
    to noticing it.
    """
    return Group(
        *(part for challenge in verification.challenges for part in _challenge(challenge, survivors=survivors))
    )


def summary(verifications: Sequence[Verification], seeds: Sequence[int]) -> Text:
    """Return one line that says how many challenges proved their strength."""
    counts = Counter(challenge.verdict for verification in verifications for challenge in verification.challenges)
    counted = [f"{counts[verdict]} {words}" for verdict, words in SUMMARY.items() if counts[verdict]]
    challenges = "1 challenge" if counts.total() == 1 else f"{counts.total()} challenges"
    where = [f"Seeds {', '.join(map(str, seeds))}", *sorted({verification.backend for verification in verifications})]
    return Text(f"{challenges}: {', '.join(counted) or 'nothing to verify'}.  {'; '.join(where)}.")


def _challenge(verified: Verified, *, survivors: bool) -> Iterator[RenderableType]:
    yield Text(verified.challenge, style="bold")
    yield _table(verified.checks)
    for check in verified.checks:
        if check.problems or check.notes:
            yield _problems(check)
        if survivors:
            yield from map(_survivor, check.survivors)
    yield Text()


def _table(checks: Iterable[Check]) -> RenderableType:
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(width=1)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_column(overflow="fold", style="dim")
    table.add_column(justify="right", style="dim", no_wrap=True)
    for check in checks:
        look = VERDICTS[check.verdict]
        took = "cached" if check.cached else f"{check.milliseconds / SECOND:.1f} s"
        table.add_row(Text(look.sign, look.style), check.id, check.figure or check.verdict.value, check.title, took)
    return Padding(table, (0, 0, 0, 2))


def _problems(check: Check) -> RenderableType:
    look = VERDICTS[check.verdict]
    lines: list[RenderableType] = [Text.assemble("\n", (f"{look.sign} {check.id}", look.style), f": {check.title}")]
    lines += [Padding(Text(note, style="dim"), (0, 0, 0, 2)) for note in check.notes]
    lines += [_alike(list(alike)) for _, alike in groupby(check.problems[:MOST], key=lambda problem: problem.help)]
    if len(check.problems) > MOST:
        lines.append(
            Padding(
                Text(f"... and {len(check.problems) - MOST} more; use --format json to list all of them."), (0, 0, 0, 2)
            )
        )
    return Group(*lines)


def _alike(problems: Sequence[Problem]) -> RenderableType:
    """Render neighbouring problems with the same remedy, which is printed once."""
    lines = [Text.assemble((problem.where, "bold"), ": ", problem.what) for problem in problems]
    return Padding(Group(*lines, Padding(Text(problems[0].help, style="cyan"), (0, 0, 0, 2))), (0, 0, 0, 2))


def _survivor(survivor: Survivor) -> RenderableType:
    parts: list[RenderableType] = [Text.assemble("\n", (survivor.mutant, "bold"))]
    parts.append(Padding(Syntax(survivor.diff, "diff", theme="ansi_dark", background_color="default"), (0, 0, 0, 2)))
    if survivor.nearest:
        parts.append(Padding(Text(f"closest hidden test: {survivor.nearest}", style="cyan"), (0, 0, 0, 2)))
        source = Syntax(survivor.nearest_source, "python", theme="ansi_dark", background_color="default")
        parts.append(Padding(source, (0, 0, 0, 2)))
    return Group(*parts)


SUMMARY = {
    CheckStatus.HOLDS: "proved their strength",
    CheckStatus.FAILS: "did not",
    CheckStatus.UNMEASURED: "could not be measured",
}
