"""The cohort's page is led by people: one row a candidate, in two orders, without script and whole on paper."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from click.testing import Result
from msgspec.structs import replace

from grader.batch.page import as_html, broken
from grader.batch.row import CohortRow, RowStatus
from grader.batch.summary import as_markdown, summarise

Run = Callable[..., Result]
Hand = Callable[..., Path]


def row(entry: str, challenge: str, percent: float, level: str = "Senior", value: int = 3) -> CohortRow:
    return CohortRow(
        entry=entry,
        challenge=challenge,
        verdict=RowStatus.GRADED,
        percent=percent,
        level=level,
        level_value=value,
        page=f"pages/{entry}--x.html",
        graded_at="2026-11-29T12:00:00+00:00",
    )


ROWS = [
    row("ada", "language/orm", 60.0, "Mid-level", 2),
    row("ada", "testing/shop", 100.0, "Expert", 4),
    row("bob", "language/orm", 90.0),
    CohortRow(entry="bob", challenge="testing/shop", verdict=RowStatus.REJECTED, why="shop.py is missing"),
    CohortRow(entry="eve.rar", challenge="", verdict=RowStatus.UNREADABLE, why="no archive that is understood"),
]


def people(page: str, order: str) -> list[list[str]]:
    """The rows of one order, cell by cell, as words."""
    (body,) = re.findall(rf'<tbody class="{order}">(.*?)</tbody>', page, re.DOTALL)
    lines = re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
    return [
        [re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", line, re.DOTALL)]
        for line in lines
    ]


def test_a_candidate_is_a_row_with_every_challenge() -> None:
    """Marks, mean and lowest level; what was not graded says so, and is no zero in a mean."""
    page = as_html(summarise(ROWS))
    assert people(page, "by-name") == [
        ["ada", "60 %", "100 %", "80 %", "Mid-level"],
        ["bob", "90 %", "rejected", "90 %", "Senior"],
        ["eve.rar", "Unreadable no archive that is understood"],
    ]
    assert [cells[0] for cells in people(page, "by-mean")] == ["bob", "ada", "eve.rar"]
    assert page.index('id="people"') < page.index('id="distribution"') < page.index('id="reports"')
    assert "3 candidates" in page
    assert "2026-11-29 12:00 UTC" in page
    assert "<script" not in page


def test_names_go_on_in_another_line_after_separators_alone() -> None:
    """`language/metaclass_orm` is not cut in the middle of a word, and nothing in a name is markup."""
    assert broken("language/metaclass_orm") == "language/<wbr>metaclass_<wbr>orm"
    assert broken("<b>/x") == "&lt;b&gt;/<wbr>x"


def test_a_reviewers_page_says_whose_it_is_and_leads_back(quick: Path, run: Run, hand_in: Hand) -> None:
    """Title and heading name candidate and challenge; a candidate's own page leads nowhere."""
    hand_in("ada")
    run("batch", "cohort", "--pages", "reviewer")
    page = Path("cohort-results/pages/ada--adder.html").read_text()
    assert re.search(r"<title>ada: .+: report</title>", page)
    assert "<h1>ada: " in page
    assert '<a href="../summary.html">' in page
    run("batch", "cohort", "--pages", "candidate")
    assert "summary.html" not in Path("cohort-results/pages/ada--adder.html").read_text()


def test_a_reviewers_pages_lead_to_each_other(quick: Path, run: Run, hand_in: Hand) -> None:
    """In the order of the list, whoever was graded when; a review of one changes no way, and a late one is put in."""
    for name in ("eve", "ada", "cyd & co"):
        hand_in(name, note=name)
    run("batch", "cohort", "--pages", "reviewer")
    pages = Path("cohort-results/pages")

    def ways(name: str) -> list[str]:
        return re.findall(r'<a href="([^"]+)" rel="(?:prev|next)">', (pages / f"{name}--adder.html").read_text())

    assert ways("ada") == ["cyd%20%26%20co--adder.html"]
    assert ways("cyd & co") == ["ada--adder.html", "eve--adder.html"]
    assert "Next: cyd &amp; co: language/adder</a>" in (pages / "ada--adder.html").read_text()
    before = (pages / "cyd & co--adder.html").stat().st_mtime_ns
    hand_in("bob", note="bob")
    run("batch", "cohort", "--pages", "reviewer")
    assert ways("ada") == ["bob--adder.html"]
    assert ways("bob") == ["ada--adder.html", "cyd%20%26%20co--adder.html"]
    assert (pages / "cyd & co--adder.html").stat().st_mtime_ns > before
    run("batch", "cohort", "--pages", "candidate")
    assert ways("bob") == []


def test_skills_without_a_challenge_are_named_and_missed_by_nobody() -> None:
    """The page and the summary in Markdown say which; where all have one, neither says anything."""
    summary = summarise(ROWS)
    assert "no challenge" not in as_html(summary)
    partly = replace(summary, no_challenge={"Testing": ("Test Architecture",), "Production": ("Logging", "Security")})
    assert "3 skills have no challenge yet" in as_html(partly)
    assert "- Production: Logging, Security" in as_markdown(partly)
    assert people(as_html(partly), "by-name") == people(as_html(summary), "by-name")
