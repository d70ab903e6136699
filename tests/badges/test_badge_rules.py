"""Who earns a badge: the edges of each rule, and reports that count for nobody."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from pathlib import Path

import msgspec
import pytest

from grader.challenges.catalogue import catalogue
from grader.framework import FRAMEWORK
from grader.model import Area, Level, Report, ReportStatus, Review, ReviewMark
from grader.portfolio.badges.badge_rules import BADGES, BadgeProgress, UncountedReport, badge_progress
from grader.portfolio.counting import Counting, PresentChallenge, present_challenges
from grader.portfolio.external import EvidenceFile, ExternalKind, KeptEvidence
from grader.portfolio.folder import PortfolioFolder
from grader.portfolio.given import GivenReview
from grader.portfolio.leadership import Leadership, leadership
from grader.portfolio.reports import KeptReport, read_reports
from grader.portfolio.trust import Trust, TrustedKey
from grader.report import render
from grader.store.review import ReviewFile
from grader.store.sign import new_key, sign
from tests.badges.conftest import trusted
from tests.portfolio.conftest import DAY, kept, made

ADA = "Ada Lovelace"
PRESENT = {
    f"{section.area.value}/{skill.lower()}": PresentChallenge(skill, "1.3")
    for section in FRAMEWORK
    for skill in section.skills
}
EARNABLE = [badge for badge in BADGES.values() if badge.area]
PRIVATE, PUBLIC = new_key()
ISSUER = trusted(PUBLIC)


def counting(person: str = ADA, issuer: TrustedKey = ISSUER) -> Counting:
    """What reports are held against."""
    return Counting(person=person, trust=Trust(issuers=(issuer,)), day=DAY, present=PRESENT)


def report(skill: str, area: Area = Area.LANGUAGE, level: int = 3, **changes: object) -> Report:
    """A report that counts, with some changes."""
    plain = made(percent=90.0, level=level)
    challenge = msgspec.structs.replace(plain.challenge, area=area, skill=skill, slug=skill.lower())
    return msgspec.structs.replace(plain, challenge=challenge, person=ADA, **changes)


def area_of(area: Area, *, level: int = 3) -> list[KeptReport]:
    """Reports on every skill of an area."""
    (skills,) = [section.skills for section in FRAMEWORK if section.area is area]
    return [kept(report(skill, area, level), signer=ISSUER.id) for skill in skills]


def progress(reports: list[KeptReport], badge: str = "python-wizard") -> BadgeProgress:
    return badge_progress(BADGES[badge], reports, counting())


def test_the_eight_badges_are_those_of_the_framework() -> None:
    """By name and sign; five rest on an area each."""
    assert len(BADGES) == 8
    titles = {badge.area: badge.title for badge in EARNABLE}
    assert titles == {section.area: section.badge for section in FRAMEWORK}


def test_a_badge_means_the_same_until_its_revision_changes() -> None:
    """Badges are out in the world: whoever changes a name or a rule raises REVISION, and then this digest."""
    words = "\n".join(f"{badge.iri} {badge.name}: {badge.about}. {badge.criteria}" for badge in BADGES.values())
    assert hashlib.sha256(words.encode()).hexdigest()[:16] == "124625a94dc9d62c"


@pytest.mark.parametrize("badge", EARNABLE, ids=lambda badge: badge.id)
def test_every_skill_of_an_area_earns_its_badge(badge: object) -> None:
    """At Senior or above, by one report each; one skill less is not enough, and neither is one at Mid-level."""
    assert isinstance(badge, type(EARNABLE[0]))
    assert badge.area is not None
    everything = area_of(badge.area)
    assert progress(everything, badge.id).is_earned
    assert progress(everything, badge.id).words == "earned"
    but_one = progress(everything[1:], badge.id)
    count = len(badge.skills)
    assert (but_one.is_earned, but_one.words) == (False, f"{count - 1} of {count} skills")
    assert but_one.missing == badge.skills[:1]
    assert not progress(area_of(badge.area, level=2)[:1] + everything[1:], badge.id).is_earned
    assert progress(area_of(badge.area, level=4), badge.id).is_earned


@pytest.mark.parametrize("badge", [badge for badge in BADGES.values() if badge.waits_for], ids=lambda badge: badge.id)
def test_what_nothing_records_cannot_be_earned(badge: object) -> None:
    """By no report at all, and the badge says what is missing."""
    assert isinstance(badge, type(EARNABLE[0]))
    everything = [attempt for section in FRAMEWORK for attempt in area_of(section.area, level=4)]
    assert (progress(everything, badge.id).is_earned, progress(everything, badge.id).words) == (
        False,
        "cannot be earned yet",
    )
    assert badge.rule.startswith("Cannot be earned yet: nothing records ")


def replaced(attempt: KeptReport, **changes: object) -> KeptReport:
    return msgspec.structs.replace(attempt, report=msgspec.structs.replace(attempt.report, **changes))


def challenged(attempt: KeptReport, **changes: object) -> KeptReport:
    return replaced(attempt, challenge=msgspec.structs.replace(attempt.report.challenge, **changes))


def on(day: dt.date) -> str:
    return f"{day.isoformat()}T12:00:00+00:00"


GOOD = kept(report("Metaclasses"), signer=ISSUER.id)
REVIEW = Review(reviewer="ada lovelace", date="2026-11-02", marks=(ReviewMark(criterion="x", points=9.0),))
UNCOUNTED = {
    "made alone": (kept(report("Metaclasses")), "self-graded"),
    "of another key": (msgspec.structs.replace(GOOD, signer="0" * 16), "self-graded"),
    "for nobody": (replaced(GOOD, person=""), "it names nobody"),
    "of another person": (replaced(GOOD, person="Bob"), "it is about Bob"),
    "of a similar name": (replaced(GOOD, person="\u0410da Lovelace"), "it is about"),
    "marked by oneself": (replaced(GOOD, reviews=(REVIEW,)), "gave some of its marks"),
    "incomplete": (replaced(GOOD, status=ReportStatus.INCOMPLETE), "it is incomplete"),
    "rejected": (replaced(GOOD, status=ReportStatus.REJECTED), "it is rejected"),
    "of an older version": (challenged(GOOD, version="1.2"), "it was graded under version 1.2"),
    "of no challenge": (challenged(GOOD, slug="mine"), "there is no challenge language/mine"),
    "of another skill's challenge": (challenged(GOOD, slug="decorators"), "is about Decorators"),
    "of a renamed skill": (challenged(GOOD, skill="Metaclass"), "Metaclass is not a skill"),
    "of another area": (challenged(GOOD, area=Area.TESTING), "not a skill of the framework in testing"),
    "of an interview": (challenged(GOOD, area=Area.INTERVIEW), "not a skill of the framework in interview"),
    "without a date": (replaced(GOOD, graded_at=msgspec.UNSET), "does not say when"),
    "of no date": (replaced(GOOD, graded_at="yesterday"), "does not say when"),
    "of tomorrow": (replaced(GOOD, graded_at=on(DAY + dt.timedelta(days=1))), "in the future"),
    "of long ago": (replaced(GOOD, graded_at=on(DAY.replace(year=DAY.year - 2))), "reports count for only 2 years"),
}


@pytest.mark.parametrize("name", UNCOUNTED)
def test_a_report_that_proves_nothing_does_not_count(name: str) -> None:
    """With the reason; the badge is not earned by it."""
    attempt, why = UNCOUNTED[name]
    assert why in counting().why_not(attempt)
    assert not progress([attempt, *area_of(Area.LANGUAGE)[1:]]).is_earned


def test_a_report_counts_for_two_years() -> None:
    """To the day, and whatever spaces its name has."""
    day = DAY.replace(year=DAY.year - 2) + dt.timedelta(days=1)
    oldest = replaced(GOOD, graded_at=on(day), person="Ada  Lovelace")
    assert progress([oldest, *area_of(Area.LANGUAGE)[1:]]).is_earned


def test_what_does_not_count_is_listed_with_its_reason() -> None:
    """On the badge whose skill it is about, and on no other."""
    attempt = replaced(GOOD, person="Bob")
    assert progress([attempt]).uncounted == (UncountedReport(attempt, "it is about Bob"),)
    assert progress([attempt], "testing-champion").uncounted == ()


def test_the_best_report_is_named() -> None:
    """Of several that reach the level; a later failure takes nothing away."""
    better, worse = replaced(GOOD, percent=99.0), replaced(GOOD, level=Level.MID, percent=40.0)
    assert progress([GOOD, better, worse]).reached["Metaclasses"] == better


def test_an_edited_envelope_counts_for_nobody(tmp_path: Path) -> None:
    """A report with another name put into a signed envelope is not signed."""
    folder = PortfolioFolder(tmp_path)
    folder.reports.mkdir()
    envelope = sign(render(report("Metaclasses"), "json").encode(), PRIVATE)
    (folder.reports / "a.signed.json").write_bytes(envelope)
    assert counting().counted(read_reports(folder, [PUBLIC]).reports)
    outer = msgspec.json.decode(envelope)
    payload = base64.b64decode(outer["payload"]).replace(b"Ada Lovelace", b"Bob Lovelace")
    outer["payload"] = base64.b64encode(payload).decode()
    (folder.reports / "a.signed.json").write_bytes(msgspec.json.encode(outer))
    assert counting("Bob Lovelace").counted(read_reports(folder, [PUBLIC]).reports) == ()


def test_an_issuer_earns_nothing_by_its_own_reports() -> None:
    """Whoever holds the key that signed them."""
    own = counting(issuer=trusted(PUBLIC, "Academy", ADA))
    assert badge_progress(BADGES["python-wizard"], area_of(Area.LANGUAGE), own).reached == {}


def test_every_skill_of_a_badge_can_be_named_by_a_challenge() -> None:
    """The framework's names and those of the challenges that are there agree."""
    present = present_challenges(catalogue().challenges())
    skills = {skill for badge in EARNABLE for skill in badge.skills}
    assert {challenge.skill for challenge in present.values()} <= skills


def led(reviews: int, persons: int, talks: int) -> Leadership:
    """Leadership by some reviews of some persons, and some talks."""
    content = ReviewFile(format_version=1, reviewer=ADA, date=DAY, challenge="language/decorators")
    given = [
        GivenReview(
            file=f"{number}.json",
            review=msgspec.structs.replace(content, submission=f"sha256:{number:064x}"),
            by=trusted(PUBLIC, f"Friend {number % persons}"),
            digest=f"sha256:{number}",
        )
        for number in range(reviews)
    ]
    talk = EvidenceFile(
        format_version=1, kind=ExternalKind.PRESENTATION, person=ADA, title="Caching", link="https://example.org",
        date=DAY, checked_by="Grace", checked_on=DAY,
    )  # fmt: skip
    evidence = [KeptEvidence(file="a.json", evidence=talk, digest="sha256:t")] * talks
    return leadership(given, evidence, DAY)


@pytest.mark.parametrize(
    ("reviews", "persons", "talks", "missing"),
    [
        (3, 2, 1, 0),
        (10, 4, 3, 0),
        (2, 2, 1, 1),
        (3, 1, 1, 1),
        (3, 2, 0, 1),
        (0, 1, 0, 2),
    ],
)
def test_reviews_and_a_talk_earn_a_badge(reviews: int, persons: int, talks: int, missing: int) -> None:
    """One review, one person or the talk less is not enough; the badge names the files that it rests on."""
    found = badge_progress(BADGES["knowledge-sharer"], (), counting(), led(reviews, persons, talks))
    assert (found.is_earned, len(found.missing)) == (not missing, missing)
    assert found.words == ("earned" if not missing else f"{2 - missing} of 2 parts of Leadership")
    assert len(found.rests_on) == reviews + talks
    assert all("sha256:" in words for words in found.rests_on)


def test_no_report_earns_what_others_have_to_confirm() -> None:
    """And no leadership earns what reports have to show."""
    everything = [attempt for section in FRAMEWORK for attempt in area_of(section.area, level=4)]
    assert not badge_progress(BADGES["knowledge-sharer"], everything, counting()).is_earned
    assert not badge_progress(BADGES["python-wizard"], (), counting(), led(10, 4, 5)).is_earned
