"""The dashboard and the site: everything with its date and trend, and whose word it is."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest

from grader.errors import UserError
from grader.framework import FRAMEWORK
from grader.model import Level
from grader.portfolio.markdown_dashboard import dashboard_markdown
from grader.portfolio.pages import dashboard_page
from grader.portfolio.plan import Plan
from grader.portfolio.site import MARKER, pages, write_site
from grader.portfolio.terminal_dashboard import dashboard_text, two_tone
from grader.report import View
from grader.report.terminal import printed
from tests.portfolio.conftest import DAY, kept, made
from tests.portfolio.samples import MIXED, board, everything

PLAN = Plan(person="Ada", day=DAY, goal=Level.SENIOR, steps=(), done=(), ungradable=(), targets=(), unrated=27)


def test_signed_and_self_graded_are_told_apart() -> None:
    """In bars, in the count of skills, and for each skill by its best result."""
    found = board(MIXED, issuers=True)
    language, architecture = found.areas[:2]
    assert (language.percent, language.signed) == (77.5, 40.0)
    assert (architecture.percent, architecture.signed) == (100.0, 100.0)
    assert (found.whole.demonstrated, found.signed.demonstrated) == (2, 1)
    metaclasses = language.skills[0]
    assert (metaclasses.date, metaclasses.trend_words, metaclasses.provenance) == ("2026-11-02", "up 15", "self-graded")
    assert metaclasses.note is not None
    assert found.unsigned == 2


def test_leadership_is_not_yet_shown() -> None:
    """Nothing that is kept shows it: that is not the same as zero."""
    found = board()
    assert found.leadership.percent is None
    for text in (printed(dashboard_text(found), View()), dashboard_markdown(found), dashboard_page(found)):
        assert re.search(r"Leadership.*not yet shown", text, re.DOTALL)


def test_the_overall_level_says_whose_word_it_is() -> None:
    """Without issuers it is the owner's; with them, signed reports give it, and the rest is a supposition."""
    (alone,) = board(everything(90, 3, "")).level_words
    assert alone.startswith("Overall, self-graded: level 3, Senior.")
    signed, supposed = board(everything(90, 3, ""), issuers=True).level_words
    assert signed.startswith("Overall, by signed reports: too little graded for a level.")
    assert "With self-graded reports, it would be: level 3, Senior." in supposed
    (only,) = board(everything(90, 3, "abc"), issuers=True).level_words
    assert only.startswith("Overall, by signed reports: level 3, Senior.")


@pytest.mark.parametrize(
    ("percent", "signed", "bar"),
    [(0, 0, "░░░░"), (1, 0, "▒░░░"), (50, 25, "█▒░░"), (99, 99, "███░"), (100, 100, "████"), (100, 50, "██▒▒")],
)
def test_a_bar_is_full_at_a_hundred_only(percent: float, signed: float, bar: str) -> None:
    """And empty only at nothing; what is signed is solid."""
    assert two_tone(percent, signed, width=4) == bar


def test_the_dashboard_fits_eighty_columns() -> None:
    """All 27 skills with date and trend, and nothing that a note could do to a terminal."""
    for reports in ((), MIXED, everything(33.33, 1, "")):
        text = printed(dashboard_text(board(reports, issuers=True)), View(width=80))
        assert max(map(len, text.splitlines())) <= 80
        assert [skill for competency in FRAMEWORK for skill in competency.skills if skill not in text] == []
        assert "\x1b" not in text
        assert "…" not in text, "nothing is cut"


def test_the_page_and_the_markdown_hold_the_same() -> None:
    """Dates, trends, whose word, notes; and no text that anybody wrote becomes markup."""
    for text in (dashboard_markdown(board(MIXED, issuers=True)), dashboard_page(board(MIXED, issuers=True))):
        for part in ("2026-11-02", "up 15", "signed by abc", "self-graded", "no challenge yet", "2026-11-30"):
            assert part in text
        assert "<script" not in text.replace("\\<", "")
        assert "\u202e" not in text
    assert "http" not in dashboard_page(board(MIXED)).replace('http-equiv="', "")


def test_a_site_holds_every_report(tmp_path: Path) -> None:
    """The dashboard links to the plan and to each report, and each of them back; all links lead somewhere."""
    site = tmp_path / "site"
    write_site(site, pages(board(MIXED), PLAN))
    written = sorted(path.relative_to(site).as_posix() for path in site.rglob("*.html"))
    assert written == [
        "index.html",
        "plan.html",
        "reports/x-2.html",
        "reports/x-3.html",
        "reports/x-4.html",
        "reports/x.html",
    ]
    for name in written:
        text = (site / name).read_text(encoding="utf-8")
        for address in re.findall(r'href="([^"#]+)', text):
            assert ((site / name).parent / address).resolve().is_file(), (name, address)
    assert 'href="../index.html">Dashboard' in (site / "reports/x.html").read_text()


def test_a_site_replaces_only_what_it_wrote(tmp_path: Path) -> None:
    """A report that is gone takes its page along; a file of anybody else stops the command."""
    site = tmp_path / "site"
    write_site(site, pages(board(MIXED), PLAN))
    (site / "mine.txt").write_text("mine")
    write_site(site, pages(board(MIXED[:1]), PLAN))
    assert sorted(path.name for path in (site / "reports").iterdir()) == ["x.html"]
    assert (site / "mine.txt").read_text() == "mine"
    (site / "reports/x-2.html").write_text("mine")
    with pytest.raises(UserError, match="it is not overwritten"):
        write_site(site, pages(board(MIXED), PLAN))
    (tmp_path / "other").mkdir()
    (tmp_path / "other/index.html").write_text("mine")
    with pytest.raises(UserError, match="nothing was overwritten"):
        write_site(tmp_path / "other", pages(board(), PLAN))


def test_a_marker_names_no_file_outside(tmp_path: Path) -> None:
    """A site from elsewhere cannot have files removed that are not its own."""
    site, outside = tmp_path / "site", tmp_path / "outside.html"
    outside.write_text("mine")
    site.mkdir()
    (site / MARKER).write_text(f"../outside.html\n{outside}\nreports/../../outside.html\n")
    write_site(site, pages(board(), PLAN))
    assert outside.read_text() == "mine"


def test_a_report_of_the_future_is_no_trouble() -> None:
    """Days are texts: nothing is computed from them here."""
    assert board([kept(made(day=dt.date.max.isoformat()))]).areas[0].skills[0].date == "9999-12-31"
