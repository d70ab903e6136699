"""Certificates: issued for what reports show, and checked offline."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re

import msgspec
import pytest

from grader.errors import UserError
from grader.model import Area, Level
from grader.portfolio.certificate_check import CertificateSources
from grader.portfolio.certificates import issue, read_certificates
from grader.portfolio.due import DueSources, due
from grader.portfolio.folder import PortfolioFolder
from grader.portfolio.markdown_dashboard import dashboard_markdown
from grader.portfolio.pages import certificate_page, dashboard_page
from grader.portfolio.reports import read_reports
from grader.portfolio.site import pages
from grader.portfolio.state import PortfolioState, read_state
from grader.portfolio.terminal_dashboard import dashboard_text
from grader.report import View
from grader.report.terminal import printed
from grader.store.sign import unsealed
from tests.portfolio.academy import (
    ACADEMY,
    ACADEMY_PUB,
    ADA,
    MALLORY,
    SCHOOL,
    TRUST,
    checked,
    content_of,
    counting,
    fill,
    issued,
    put,
    reached,
    resigned,
    shown,
)
from tests.portfolio.conftest import DAY

replace = msgspec.structs.replace


@pytest.mark.parametrize("area", [area for area in Area if area is not Area.INTERVIEW])
def test_a_certificate_holds_on_the_day_of_its_issue(folder: PortfolioFolder, area: Area) -> None:
    """For each of the five: what was issued for these reports is confirmed by them."""
    fill(folder, area)
    verdict = checked(issued(folder, area.value), folder)
    assert (verdict.problems, verdict.issuer and verdict.issuer.name) == ((), "Academy")


def test_a_certificate_names_the_digests_of_its_reports(folder: PortfolioFolder) -> None:
    """As `sha256sum` prints them, in the credential and in the signed statement."""
    fill(folder)
    path = issued(folder)
    content = content_of(path)
    digests = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.reports.iterdir())}
    assert {report.file: report.digest[7:] for report in content.credential_subject.reports} == digests
    statement = unsealed(path.read_bytes())
    assert {subject.name: subject.digest["sha256"] for subject in statement.subject} == digests


def test_a_certificate_is_a_verifiable_credential(folder: PortfolioFolder) -> None:
    """In the data model of the W3C, version 2.0: context, type, issuer as a URI, times with a zone, a subject."""
    fill(folder)
    content = json.loads(bytes(unsealed(issued(folder).read_bytes()).predicate))
    assert content["@context"][0] == "https://www.w3.org/ns/credentials/v2"
    assert content["type"] == ["VerifiableCredential"]
    assert re.fullmatch(r"urn:senior-python-grader:key:sha256:[0-9a-f]{64}", content["issuer"]["id"])
    assert (content["validFrom"], content["validUntil"]) == ("2026-11-30T00:00:00Z", "2027-11-30T00:00:00Z")
    assert content["credentialSubject"]["name"] == ADA


def test_a_performance_certificate_states_the_measured_ratios(folder: PortfolioFolder) -> None:
    """In the credential and on the page."""
    for skill, ratio in (("Optimization", 1.25), ("Memory Management", 0.8), ("Profiling", 1.0)):
        put(folder, shown(skill, ratio=ratio))
    content = content_of(issued(folder, "performance"))
    assert [report.ratios[0].value for report in content.credential_subject.reports] == [1.25, 0.8, 1.0]
    page = certificate_page(content, file="x.json")
    assert "It is fast: 1.25 \u00d7 the reference" in page


@pytest.mark.parametrize(
    ("day", "problem"),
    [
        (dt.date(2027, 11, 29), ""),
        (dt.date(2027, 11, 30), "expired on 2027-11-30"),
        (dt.date(2026, 11, 29), "valid only from 2026-11-30"),
    ],
)
def test_a_certificate_holds_for_a_year(folder: PortfolioFolder, day: dt.date, problem: str) -> None:
    """To the day before; its reports may have become too old meanwhile, and count as of the day of issue."""
    for skill in [shown(demand.skill, day="2024-12-01") for demand in reached(folder).rule.demands]:
        put(folder, skill)
    verdict = checked(issued(folder), folder, day=day)
    assert verdict.holds == (not problem)
    assert problem in "".join(verdict.problems)


def test_nothing_is_issued_while_something_is_missing(folder: PortfolioFolder) -> None:
    """6 of 7 is refused by the function that issues, not only by the command before it."""
    fill(folder)
    (folder.reports / "generators.signed.json").unlink()
    with pytest.raises(UserError, match="not all of the requirements"):
        issued(folder)
    assert [*folder.certificates.iterdir()] == []


def test_only_an_issuer_in_the_list_issues(folder: PortfolioFolder) -> None:
    """Not a stranger, and not the person."""
    fill(folder)
    with pytest.raises(UserError, match="has no name in your list"):
        issued(folder, key=MALLORY)
    whole = reached(folder)
    with pytest.raises(UserError, match="holds this key"):
        issue(folder, whole, counting("Alan Turing"), SCHOOL)


def test_certificates_are_never_overwritten(folder: PortfolioFolder) -> None:
    """Two on one day get two names."""
    fill(folder)
    assert [issued(folder).name for _ in range(2)] == ["language-2026-11-30.json", "language-2026-11-30-2.json"]


def test_a_shelf_tells_which_certificate_holds(folder: PortfolioFolder) -> None:
    """A file that is none is named and hides no other; the last one and the one that holds may differ."""
    fill(folder)
    issued(folder)
    (folder.certificates / "bad.json").write_text("{}")
    reports = read_reports(folder, [ACADEMY_PUB]).reports
    sources = CertificateSources(trust=TRUST, day=DAY, reports=reports, person=ADA)
    shelf = read_certificates(folder, sources)
    assert [problem.file[-8:] for problem in shelf.problems] == ["bad.json"]
    holding = shelf.holding("language")
    assert holding is not None
    assert holding.state == "holds until 2027-11-30"
    late = read_certificates(folder, replace(sources, day=dt.date(2028, 1, 1)))
    assert late.holding("language") is None
    last = late.last("language")
    assert last is not None
    assert "does not hold: it expired" in last.state


def test_a_page_is_self_contained_and_obeys_nothing_in_it(folder: PortfolioFolder) -> None:
    """No script, no network, print style; names are escaped, invisible characters shown."""
    fill(folder)
    content = content_of(issued(folder))
    hostile = replace(content, name="<script>alert(1)</script>\u202e", issuer=replace(content.issuer, name="<b>"))
    page = certificate_page(hostile, file="x.json", state="<i>", holds=False)
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "\u202e" not in page
    assert not re.search(r"(?:src|href)=\"(?!#)", page)
    assert "@media print" in page
    assert "default-src 'none'" in page
    assert ACADEMY not in page.encode()


@pytest.fixture
def state(folder: PortfolioFolder) -> PortfolioState:
    """A portfolio with a certificate that holds and one that no trusted issuer signed."""
    folder.profile.write_text(f'format_version = 1\nperson = "{ADA}"\n')
    fill(folder)
    path = issued(folder)
    (folder.certificates / "language-2026-12-01.json").write_bytes(resigned(content_of(path), MALLORY))
    return read_state(folder, TRUST, day=DAY)


def test_the_dashboard_shows_what_holds(state: PortfolioState) -> None:
    """In every format: how far the reports get, and the certificate that holds before one that does not."""
    board = state.dashboard((), DAY)
    text = printed(dashboard_text(board), View(width=80))
    assert "Language Mastery" in text
    assert "holds until 2027-11-30" in text
    assert max(map(len, text.splitlines())) <= 80
    assert "| holds until 2027-11-30 |" in dashboard_markdown(board).replace("\\", "")
    assert dashboard_page(board).count("holds until") == 1


def test_a_site_has_a_page_for_each_certificate(state: PortfolioState) -> None:
    """Linked from the dashboard, with whether it holds for whoever wrote the site."""
    site = pages(state.dashboard((), DAY), state.plan((), DAY, goal=Level.SENIOR))
    held, forged = "certificates/language-2026-11-30.html", "certificates/language-2026-12-01.html"
    assert f'href="{held}"' in site["index.html"]
    assert "this certificate holds until 2027-11-30." in site[held]
    assert "does not hold: no issuer that you trust" in site[forged]
    assert 'href="../index.html"' in site[held]


@pytest.mark.parametrize(("day", "is_due"), [(dt.date(2027, 10, 30), False), (dt.date(2027, 10, 31), True)])
def test_a_certificate_is_due_for_renewal_a_month_before_it_expires(
    state: PortfolioState, day: dt.date, is_due: bool
) -> None:
    """With its command, and how much of its rule is met today."""
    found = due(
        DueSources(
            person=ADA, day=day, reports=state.reports, journal=state.journal, reviews=state.reviews, versions={},
            root="portfolio", certificates=state.certificates, standings=(reached(state.folder),),
        )
    )  # fmt: skip
    (renewal,) = [item for item in found if item.occasion == "certificate"]
    assert (renewal.is_due, "7 of 7 requirements are met today" in renewal.what) == (is_due, True)
    (annual,) = [item for item in found if item.occasion == "annual"]
    assert annual.command.startswith("grader certify --issuer issuers.toml; ")
    assert renewal.command == "grader certify language --issuer issuers.toml --renew --key KEY"


def test_who_trusts_nobody_sees_certificates_that_do_not_hold(state: PortfolioState) -> None:
    """The dashboard of a reader without a list claims nothing."""
    board = read_state(state.folder, day=DAY).dashboard((), DAY)
    assert not any(entry.checked.holds for entry in board.certificates)
    assert board.standings[0].share == "0 of 7"
