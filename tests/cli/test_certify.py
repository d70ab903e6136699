"""`grader certify`, `check` and `sign` as candidates, issuers and verifiers run them."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from grader.challenges.catalogue import catalogue
from grader.framework import no_challenge
from grader.model import Area
from grader.report import render
from grader.store.sign import sign
from tests.cli.conftest import Run
from tests.portfolio.academy import shown

replace = msgspec.structs.replace
LANGUAGE = [challenge for challenge in catalogue().challenges() if challenge.area is Area.LANGUAGE]
LIST = """format_version = 1
[[issuer]]
name = "Academy"
key = "academy.pub"
[[person]]
name = "Grace Hopper"
key = "grace.pub"
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, grader: Run) -> Path:
    """A folder with Ada's portfolio, and an academy's key and list."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GRADER_SIGNING_KEY", raising=False)
    (tmp_path / "portfolio").mkdir()
    (tmp_path / "portfolio/profile.toml").write_text('format_version = 1\nperson = "Ada Lovelace"\n')
    for name in ("academy", "grace"):
        grader("sign", "--new-key", name)
    (tmp_path / "issuers.toml").write_text(LIST)
    return tmp_path


def graded(here: Path, *, but: str = "") -> None:
    """Reports at Senior on every shipped language challenge, under its present version."""
    folder = here / "portfolio/reports"
    folder.mkdir(exist_ok=True)
    for challenge in LANGUAGE:
        skill = challenge.manifest.skill
        if skill != but:
            report = replace(shown(skill), challenge=challenge.ref)
            content = sign(render(report, "json").encode(), (here / "academy").read_bytes())
            (folder / f"{challenge.slug}.signed.json").write_bytes(content)


def test_what_is_missing_is_said(grader: Run, here: Path) -> None:
    """Every certificate with every gap; what has no challenge yet is told from what was not graded."""
    ended = grader("certify", "--issuer", "issuers.toml")
    assert ended.status == 0
    assert "language     Language Mastery  0 of 7" in ended.out
    assert "Profiling: no challenge yet, so nobody can demonstrate it" in ended.out
    assert "Metaclasses: not graded yet" in ended.out
    assert "Mentoring: nothing in evidence/" in ended.out
    assert "nothing in reviews/" in ended.out
    assert max(map(len, ended.out.splitlines())) <= 80
    missing = no_challenge(catalogue().skills())
    ended = grader("certify", "testing", "--issuer", "issuers.toml", "--key", "academy")
    assert (ended.status, ended.out.count("no challenge yet")) == (1, len(missing["Testing"]))
    assert not (here / "portfolio/certificates").exists()


def test_a_certificate_is_issued_checked_and_kept(grader: Run, here: Path) -> None:
    """6 of 7 is not enough; with the seventh an issuer issues it, once, and whoever trusts the issuer confirms it."""
    trusting = ("--issuer", "issuers.toml")
    graded(here, but="Generators")
    ended = grader("certify", "language", *trusting, "--key", "academy")
    assert (ended.status, "Generators: not graded yet" in ended.out) == (1, True)
    graded(here)
    ended = grader("certify", "language", *trusting)
    assert (ended.status, "Nothing is missing" in ended.out) == (0, True)
    ended = grader("certify", "language", *trusting, "--key", "academy")
    assert (ended.status, "issued: portfolio/certificates/language-" in ended.out) == (0, True)
    (certificate,) = (here / "portfolio/certificates").glob("*.json")
    assert certificate.with_suffix(".html").read_text().count("Ada Lovelace") == 2
    ended = grader("check", certificate, *trusting)
    assert (ended.status, "The certificate holds: 7 reports show it." in ended.out) == (0, True)
    again = grader("certify", "language", *trusting, "--key", "academy")
    assert (again.status, "use --renew to issue another one" in again.out) == (0, True)
    assert grader("certify", "language", *trusting, "--key", "academy", "--renew").status == 0
    assert len([*(here / "portfolio/certificates").glob("*.json")]) == 2


def test_a_certificate_does_not_hold_for_whoever_trusts_others(grader: Run, here: Path) -> None:
    """Without a list, without its reports, or in another person's portfolio: status 1, and why."""
    graded(here)
    grader("certify", "language", "--issuer", "issuers.toml", "--key", "academy")
    (certificate,) = (here / "portfolio/certificates").glob("*.json")
    ended = grader("check", certificate)
    assert (ended.status, "no issuer that you trust" in " ".join(ended.out.split())) == (1, True)
    ended = grader("check", certificate, "--issuer", "grace.pub")
    assert ended.status == 1
    (here / "alone/certificates").mkdir(parents=True)
    copy = here / "alone/certificates/language.json"
    copy.write_bytes(certificate.read_bytes())
    ended = grader("check", copy, "--issuer", "issuers.toml")
    assert (ended.status, "no report here has the digest" in " ".join(ended.out.split())) == (1, True)
    assert grader("check", copy, "--issuer", "issuers.toml", "--portfolio", "portfolio").status == 0
    (here / "portfolio/profile.toml").write_text('format_version = 1\nperson = "Mallory"\n')
    ended = grader("check", certificate, "--issuer", "issuers.toml")
    assert (ended.status, "this is the portfolio of Mallory" in " ".join(ended.out.split())) == (1, True)


def test_a_list_in_the_portfolio_is_never_read(grader: Run, here: Path) -> None:
    """A candidate who ships a list of trust with the portfolio is trusted by nobody for it."""
    graded(here)
    for place in ("portfolio", "portfolio/certificates", "portfolio/reports"):
        (here / place).mkdir(exist_ok=True)
        (here / place / "issuers.toml").write_text(LIST.replace("academy.pub", "../academy.pub"))
    ended = grader("certify", "language")
    assert (ended.status, "no issuer is trusted" in ended.err) == (1, True)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (("certify", "wizard"), "there is no certificate 'wizard'. Choose one of: language, architecture"),
        (("certify", "--key", "academy"), "Name the certificate to issue"),
        (("certify", "language", "--issuer", "issuers.toml", "--key", "grace"), "has no name in your list of issuers"),
        (("certify", "--issuer", "nowhere.toml"), "nowhere.toml: No such file"),
    ],
)
def test_wrong_calls_say_what_to_do(grader: Run, here: Path, call: tuple[str, ...], says: str) -> None:
    """Where, what, remedy; nothing is written."""
    graded(here)
    ended = grader(*call)
    assert (ended.status, says in ended.err) == (2, True)
    assert not [*here.glob("portfolio/certificates/*")]


def test_a_portfolio_without_a_name_earns_nothing(grader: Run, here: Path) -> None:
    """Reports name a person, and a portfolio that names nobody is nobody's."""
    graded(here)
    (here / "portfolio/profile.toml").write_text("format_version = 1\n")
    ended = grader("certify", "language", "--issuer", "issuers.toml", "--key", "academy")
    assert (ended.status, "does not name its owner" in ended.err, "0 of 7" in ended.out) == (1, True, True)


def test_a_report_is_checked_against_a_list_too(grader: Run, here: Path) -> None:
    """`grader check REPORT --issuer LIST` finds the key."""
    graded(here)
    report = here / "portfolio/reports/generators.signed.json"
    assert grader("check", report, "--issuer", "grace.pub", "--issuer", "issuers.toml").status == 2, "grace is a person"
    assert grader("check", report, "--issuer", "issuers.toml").status == 0
    assert grader("check", report, "--issuer", "grace.pub").status == 1


def test_evidence_is_confirmed_by_whoever_signs_it(grader: Run, here: Path) -> None:
    """Stated in TOML, confirmed once the person who checked it signed it; its owner cannot."""
    folder = here / "portfolio/evidence"
    folder.mkdir()
    text = (
        'format_version = 1\nkind = "mentoring"\nperson = "Ada Lovelace"\ntitle = "Guided a junior for a year"\n'
        'link = "https://example.org/m"\ndate = 2026-10-01\nchecked_by = "Grace Hopper"\nchecked_on = 2026-10-02\n'
    )
    (folder / "mentoring.toml").write_text(text)
    seen = " ".join(grader("certify", "--issuer", "issuers.toml").out.split())
    assert "does not count: nobody signed it" in seen
    assert grader("sign", folder / "mentoring.toml", "--key", "grace").status == 0
    (folder / "mentoring.toml").unlink()
    assert "confirmed by Grace Hopper" in " ".join(grader("certify", "--issuer", "issuers.toml").out.split())
    signed = folder / "mentoring.signed.json"
    ended = grader("check", signed, "--issuer", "issuers.toml")
    assert (ended.status, "says about Ada Lovelace: Guided a junior" in ended.out) == (0, True)
    assert grader("check", signed, "--issuer", "academy.pub").status == 1
    (here / "own.toml").write_text(text.replace("Grace Hopper", "ada lovelace"))
    ended = grader("sign", "own.toml", "--key", "grace")
    assert (ended.status, "owns the evidence" in ended.err) == (2, True)
