"""Badges in a portfolio: the dashboard and the site show those that hold, and say why others do not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from grader.portfolio.badges import MissingBadges
from grader.portfolio.badges.badge_files import read_badges
from grader.portfolio.folder import PortfolioFolder
from grader.portfolio.markdown_dashboard import dashboard_markdown
from grader.portfolio.pages import dashboard_page
from grader.portfolio.site import pages, write_site
from grader.portfolio.terminal_dashboard import dashboard_text
from grader.report import View
from grader.report.terminal import printed
from tests.badges.conftest import PLACE, PUBLIC, STRANGERS, Workshop, trusted
from tests.portfolio.samples import HELD, REFUSED, board
from tests.portfolio.test_dashboard import PLAN

ADA = "Ada Lovelace"


@pytest.fixture
def folder(workshop: Workshop, tmp_path: Path) -> PortfolioFolder:
    """A portfolio with one badge in three forms, and its status list."""
    place = PortfolioFolder(tmp_path)
    place.create()
    put(place, "a.svg", workshop.badge.picture)
    put(place, "a.json", workshop.badge.document)
    put(place, "a.jwt", workshop.badge.token)
    put(place, "status-a.json", workshop.listed)
    return place


def put(folder: PortfolioFolder, name: str, content: str) -> None:
    (folder.badges / name).write_text(content, encoding="utf-8")


def notes(folder: PortfolioFolder, *issuers: bytes, person: str = ADA) -> list[str]:
    return [badge.note for badge in read_badges(folder, [trusted(key) for key in issuers], person)]


def test_a_badge_that_holds_is_shown_once(folder: PortfolioFolder, workshop: Workshop) -> None:
    """In whichever forms it comes, for a reader who trusts its issuer."""
    (badge,) = read_badges(folder, [trusted(STRANGERS), trusted(PUBLIC)], ADA)
    assert (badge.file, badge.title, badge.note) == ("a.svg", "🐍 Python Wizard", "")
    assert badge.picture == workshop.badge.picture.encode()
    assert "urn:uuid" not in badge.drawn


def test_a_badge_that_proves_nothing_to_the_reader_is_not(folder: PortfolioFolder) -> None:
    """No issuer, another one, another person, nobody, no list: each is said."""
    assert notes(folder) == ["no issuer was named; pass the issuer's public key with --issuer"]
    assert "its issuer is did:key:" in notes(folder, STRANGERS)[0]
    assert notes(folder, PUBLIC, person="Bob") == ["it was issued to Ada Lovelace, not to Bob"]
    assert notes(folder, PUBLIC, person="") == ["profile.toml does not say whose portfolio this is"]
    put(folder, "status-a.json", "{")
    assert "it is unknown" in notes(folder, PUBLIC)[0]


def test_the_latest_list_decides(folder: PortfolioFolder, workshop: Workshop) -> None:
    """Whatever the files are called; a broken one beside it hides nothing."""
    put(folder, "status-0.json", workshop.status(PLACE, days=3))
    put(folder, "status-b.json", "[]")
    put(folder, "status-c.json", '{"id": "x", "deep": ' + "[" * 100_000 + "]" * 100_000 + "}")
    assert notes(folder, PUBLIC) == [""]
    put(folder, "status-a.json", workshop.status(days=5))
    assert notes(folder, PUBLIC) == ["its issuer revoked it"]


def test_the_dashboard_shows_badges() -> None:
    """In every form, with the reason why one is not believed; hostile text is text."""
    found = board(badges=(HELD, REFUSED))
    assert [badge.file for badge in found.earned] == ["a.svg"]
    for text in (printed(dashboard_text(found), View()), dashboard_markdown(found), dashboard_page(found)):
        assert "Badges" in text
        assert "\x1b[31m" not in text
        assert "\u202e" not in text
    assert "Python Wizard" in printed(dashboard_text(found), View())
    page = dashboard_page(found)
    assert HELD.drawn in page
    assert "<script>alert" not in page
    assert "badges/a.svg" not in page
    assert "Badges" not in printed(dashboard_text(board()), View())


def test_the_site_holds_the_badges_that_are_believed(tmp_path: Path) -> None:
    """Linked from the dashboard; a badge that no longer holds is gone from the next site."""
    found = board(badges=(HELD, REFUSED))
    site = pages(found, PLAN)
    assert 'href="badges/a.svg"' in site["index.html"]
    assert [name for name in site if name.startswith("badges/")] == ["badges/a.svg"]
    write_site(tmp_path / "site", site)
    assert (tmp_path / "site/badges/a.svg").read_bytes() == HELD.picture
    write_site(tmp_path / "site", pages(board(), PLAN))
    assert not (tmp_path / "site/badges/a.svg").exists()


def test_without_the_library_a_badge_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And a portfolio without badges needs nothing."""
    place = PortfolioFolder(tmp_path)
    place.create()
    without_the_library(monkeypatch)
    assert read_badges(place, [trusted(PUBLIC)], ADA) == ()
    put(place, "a.jwt", "a.b.c")
    assert "pip install 'senior-python-grader[badges]'" in notes(place, PUBLIC)[0]
    with pytest.raises(MissingBadges):
        import grader.portfolio.badges.open_badges  # noqa: F401 - it cannot be imported


def without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make it look as if the extra were not installed."""
    import grader.portfolio.badges

    for name in ("open_badges", "badge_check"):
        monkeypatch.delitem(sys.modules, f"grader.portfolio.badges.{name}", raising=False)
        monkeypatch.delattr(grader.portfolio.badges, name, raising=False)
    monkeypatch.setitem(sys.modules, "openbadgeslib", None)
