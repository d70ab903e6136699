"""The self-rating beside what was graded and scanned, for the terminal, at 80 columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from grader.framework import FRAMEWORK
from grader.portfolio.comparison import Agreement, ComparedSkill
from grader.portfolio.leadership import Leadership
from grader.portfolio.shown import plain
from grader.portfolio.terminal_dashboard import leadership_text
from grader.report.figures import number
from grader.report.terminal.style import TerminalSign

AGREEMENTS = {
    Agreement.UNRATED: TerminalSign("not rated", "dim"),
    Agreement.UNGRADED: TerminalSign("not graded", "dim"),
    Agreement.AGREES: TerminalSign("= agrees", "green"),
    Agreement.ABOVE: TerminalSign("▲ rated above", "yellow"),
    Agreement.BELOW: TerminalSign("▼ rated below", "cyan"),
}


def profile_text(skills: Mapping[str, ComparedSkill], person: str, shown: Leadership) -> RenderableType:
    """Return a table of all skills, the parts of Leadership, and a summary."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for head in ("Skill", "You", "Graded", "Code", "Compared"):
        table.add_column(head, no_wrap=True)
    for competency in FRAMEWORK:
        table.add_row(Text(competency.title, style="bold"))
        for skill in competency.skills:
            table.add_row(*_row(skills[skill]))
    title = f"How {plain(person)} rates the skills" if person else "How you rate your skills"
    below = Padding(Group(leadership_text(shown), Text(), *_summary(skills)), (1, 0, 0, 0))
    return Group(Text(title, style="bold"), Text(), table, below)


def graded_words(compared: ComparedSkill) -> str:
    """Put the best graded result into words: `3, 91 %`."""
    best = compared.history.best
    if best is None:
        return "-"
    return f"{best.report.level.value if best.report.level else 0}, {number(best.report.percent)} %"


def summary(skills: Mapping[str, ComparedSkill]) -> Iterator[str]:
    """Yield sentences about all ratings, and about each skill that deserves a closer look."""
    counts = Counter(compared.agreement for compared in skills.values())
    rated = len(skills) - counts[Agreement.UNRATED]
    yield f"{rated} of {len(skills)} skills are rated; {rated - counts[Agreement.UNGRADED]} of them were graded."
    for compared in skills.values():
        if compared.agreement in (Agreement.ABOVE, Agreement.BELOW) or ";" in compared.words:
            yield f"{compared.skill}: {compared.words}."
    yield "A rating is your own word: it shapes your plan, but proves nothing."


def _row(compared: ComparedSkill) -> tuple[Text, ...]:
    sign, style = AGREEMENTS[compared.agreement]
    code = "-" if compared.trace is None else compared.trace.words.partition(",")[0]
    return (
        Text(f"  {compared.skill}"),
        Text(str(compared.rated.value) if compared.rated else "-"),
        Text(graded_words(compared)),
        Text(code),
        Text(sign, style=style),
    )


def _summary(skills: Mapping[str, ComparedSkill]) -> Iterator[Text]:
    return (Text(sentence) for sentence in summary(skills))
