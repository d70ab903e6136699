"""`grader badge` as issuers, holders and readers run it."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from grader.challenges.catalogue import catalogue
from grader.framework import skills_of
from grader.model import Area, Level, PeerCriterion, PeerMark
from grader.portfolio.external import EvidenceFile, ExternalKind, seal_evidence
from grader.portfolio.folder import today
from grader.report import render
from grader.store.review import ReviewFile
from grader.store.sign import new_key, sign
from grader.store.signed_review import countersign_review, seal_review
from tests.badges.test_badge_files import without_the_library
from tests.cli.conftest import Run
from tests.portfolio.conftest import made

PRIVATE, PUBLIC = new_key()
OFFICE = ("badge", "issuer", "office", "--name", "Example", "--url", "https://example.org/badges", "--key", "org")
ISSUE = ("--to", "Ada Lovelace", "--recipient", "ada@example.org", "--key", "org", "--issuer", "org.pub")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an issuer's keys, and a portfolio with signed reports on all skills of language but one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "org").write_bytes(PRIVATE)
    (tmp_path / "org.pub").write_bytes(PUBLIC)
    (tmp_path / "portfolio/reports").mkdir(parents=True)
    (tmp_path / "portfolio/profile.toml").write_text('format_version = 1\nperson = "Ada Lovelace"\n')
    for challenge in catalogue().challenges():
        if challenge.area is Area.LANGUAGE and challenge.slug != "decorators":
            put(tmp_path, challenge.slug)
    return tmp_path


def put(here: Path, slug: str) -> None:
    """A signed report that names Ada and reaches Senior."""
    challenge = catalogue().find(slug)
    report = made(percent=91.0, level=3, day=today().isoformat())
    about = msgspec.structs.replace(
        report.challenge,
        slug=slug,
        area=challenge.area,
        skill=challenge.manifest.skill,
        version=challenge.manifest.version,
    )
    named = msgspec.structs.replace(report, person="Ada Lovelace", challenge=about)
    (here / f"portfolio/reports/{slug}.json").write_bytes(sign(render(named, "json").encode(), PRIVATE))


def test_a_badge_is_earned_issued_checked_and_revoked(grader: Run, here: Path) -> None:
    """From six of seven skills to a badge on the dashboard, and back; each step says what it did."""
    pytest.importorskip("openbadgeslib", reason="the extra `badges` is not installed")
    assert grader(*OFFICE).status == 0
    ended = grader("badge", "issue", "python-wizard", "office", *ISSUE)
    assert (ended.status, "6 of 7 skills" in ended.out, "Decorators" in ended.out) == (1, True, True)
    assert not (here / "office/issued").exists()
    put(here, "decorators")
    ended = grader("badge", "list", "--issuer", "org.pub")
    assert (ended.status, "✓ Python Wizard         earned" in ended.out) == (0, True)
    assert "Tech Leader           cannot be earned yet" in ended.out
    ended = grader("badge", "issue", "python-wizard", "office", *ISSUE)
    assert ended.status == 0
    (badge,) = here.glob("portfolio/badges/*.svg")
    (token,) = here.glob("portfolio/badges/*.jwt")
    credential = json.loads(next(here.glob("portfolio/badges/python*.json")).read_text())
    assert f"issued {credential['id']}" in ended.out
    checking = ("--issuer", "org.pub", "--offline", "--status", "office/public/status.json")
    ended = grader("badge", "check", badge, *checking, "--to", "Ada Lovelace", "--recipient", "ada@example.org")
    assert (ended.status, ended.err) == (0, "")
    assert "Python Wizard: Ada Lovelace" in ended.out
    assert max(map(len, ended.out.splitlines())) <= 80
    assert (
        "refused: it was issued to Ada Lovelace, not to Bob."
        in grader("badge", "check", token, *checking, "--to", "Bob").err
    )
    assert "refused: it is unknown whether it was revoked" in grader("badge", "check", token, *checking[:3]).err
    assert "Python Wizard, issued by Example" in grader("portfolio", "dashboard", "--issuer", "org.pub").out
    assert grader("badge", "revoke", "office", credential["id"], "--reason", "copied", "--key", "org").status == 0
    ended = grader("badge", "check", token, *checking)
    assert (ended.status, ended.err) == (1, f"{token}: refused: its issuer revoked it.\n")


def test_only_reports_that_name_the_person_and_are_signed_count(grader: Run, here: Path) -> None:
    """For somebody else, or for a reader who trusts nobody, nothing is earned, and the reason is said."""
    assert (
        "Does not count, because it is about Ada Lovelace"
        in grader("badge", "list", "--issuer", "org.pub", "--to", "Bob Bobson").out
    )
    ended = grader("badge", "list")
    assert (ended.status, "Python Wizard         0 of 7 skills" in ended.out) == (0, True)
    assert max(map(len, ended.out.splitlines())) <= 80
    (here / "portfolio/profile.toml").unlink()
    ended = grader("badge", "list")
    assert (ended.status, "Pass --to NAME" in ended.err) == (2, True)


def test_without_the_library_the_command_says_what_to_install(
    grader: Run, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All but the list needs it."""
    without_the_library(monkeypatch)
    assert grader("badge", "list").status == 0
    for call in (OFFICE, ("badge", "check", "x.svg", "--issuer", "org.pub")):
        ended = grader(*call)
        assert (ended.status, "pip install 'senior-python-grader[badges]'" in ended.err) == (2, True)


def test_mistakes_of_a_caller_are_named(grader: Run, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where, what, and what to do."""
    pytest.importorskip("openbadgeslib", reason="the extra `badges` is not installed")
    monkeypatch.delenv("GRADER_SIGNING_KEY", raising=False)
    grader(*OFFICE)
    (here / "x").write_text("x")
    for call, says in (
        (("badge", "revoke", "office", "urn:uuid:x", "--key", "org"), "--reason is missing"),
        (("badge", "revoke", "office"), "no key was given"),
        (("badge", "revoke", "elsewhere", "--key", "org"), "grader badge issuer DIR"),
        (("badge", "check", "gone.svg", "--issuer", "org.pub"), "gone.svg"),
        (("badge", "check", "x", "--issuer", "gone.pub"), "gone.pub"),
        (("badge", "check", "x", "--issuer", "org"), "the key"),
        (("badge", "check", "x", "--issuer", "org.pub", "--status", "x"), "neither a status list nor a DID document"),
        (("badge", "issue", "python-wizard", "office", *ISSUE[:2], "--recipient", "Ada", *ISSUE[4:]), "6 of 7"),
    ):
        ended = grader(*call)
        assert (ended.status in {1, 2}, says in ended.err + ended.out) == (True, True), ended
    assert "renewed: office/public/status.json" in grader("badge", "revoke", "office", "--key", "org").out


def test_the_first_badge_can_create_the_office(grader: Run, here: Path) -> None:
    """With name and address, once a badge was earned; an office that is there stays as it is."""
    pytest.importorskip("openbadgeslib", reason="the extra `badges` is not installed")
    words = ("badge", "issue", "python-wizard", "office", *ISSUE, "--name", "Example", "--url", "https://example.org")
    assert (grader(*words).status, (here / "office").exists()) == (1, False)
    put(here, "decorators")
    assert "Create it with `grader badge issuer" in grader(*words[:-4]).err
    assert grader(*words).status == 0
    config = (here / "office/office.toml").read_text()
    assert grader(*words[:-4], "--name", "Other", "--url", "https://other.example").status == 0
    assert (here / "office/office.toml").read_text() == config
    assert len([*here.glob("portfolio/badges/*.png")]) == 2


def test_skills_without_a_challenge_are_told_from_missing_ones(grader: Run, here: Path) -> None:
    """Whoever waits for a challenge knows it, and what is open is not said to be."""
    out = " ".join(grader("badge", "list", "--issuer", "org.pub").out.split())
    assert "Missing at level 3, Senior: Decorators" in out
    present = {challenge.manifest.skill for challenge in catalogue().challenges()}
    for area in (Area.TESTING, Area.PERFORMANCE):
        skills = [skill for skill in skills_of(area) if skill not in present]
        assert not skills or f"No challenge yet, so nobody can earn it: {', '.join(skills)}" in out


def test_a_badge_is_earned_by_what_others_signed(grader: Run, here: Path) -> None:
    """Three countersigned reviews of two persons and a checked talk; the badge names these files, and holds."""
    pytest.importorskip("openbadgeslib", reason="the extra `badges` is not installed")
    keys = {name: new_key() for name in ("Ada Lovelace", "Grace Hopper", "Alan Turing")}
    persons = "".join(
        f'[[person]]\nname = "{name}"\nkey = """{public.decode()}"""\n' for name, (_, public) in keys.items()
    )
    (here / "list.toml").write_text(f'format_version = 1\n[[issuer]]\nname = "Example"\nkey = "org.pub"\n{persons}')
    reviews = here / "portfolio/reviews"
    reviews.mkdir()
    marks = (PeerMark(criterion=PeerCriterion.TESTING, level=Level.SENIOR),)
    for number, name in enumerate(("Grace Hopper", "Grace Hopper", "Alan Turing")):
        review = ReviewFile(
            format_version=1, reviewer="Ada Lovelace", date=today(), submission=f"sha256:{number:064x}",
            challenge="architecture/solid", person=name, peer=marks,
        )  # fmt: skip
        signed = seal_review(review, keys["Ada Lovelace"][0])
        (reviews / f"{number}.json").write_bytes(countersign_review(signed, keys[name][0]))
    office = ("--name", "Example", "--url", "https://example.org")
    words = ("badge", "issue", "knowledge-sharer", "office", *ISSUE[:-1], "list.toml", *office)
    ended = grader(*words)
    assert (ended.status, "1 of 2 parts of Leadership" in ended.out) == (1, True)
    assert "Missing: 1 talk or article, checked by 1 person" in ended.out
    talk = EvidenceFile(
        format_version=1, kind=ExternalKind.PRESENTATION, person="Ada Lovelace", title="Caching",
        link="https://example.org/1", date=today(), checked_by="Grace Hopper", checked_on=today(),
    )  # fmt: skip
    (here / "portfolio/evidence").mkdir()
    (here / "portfolio/evidence/talk.json").write_bytes(seal_evidence(talk, keys["Grace Hopper"][0]))
    assert grader(*words).status == 0
    (badge,) = here.glob("portfolio/badges/knowledge-sharer-*.png")
    checking = ("--offline", "--status", "office/public/status.json", "--to", "Ada Lovelace")
    ended = grader("badge", "check", badge, "--issuer", "org.pub", *checking)
    assert ended.status == 0
    assert "countersigned by Alan Turing" in " ".join(ended.out.split())
    assert grader("badge", "issue", "knowledge-sharer", "office", *ISSUE).status == 1, "nobody is known to this reader"
