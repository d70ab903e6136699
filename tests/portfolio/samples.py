"""A dashboard and a plan with everything in them: hostile notes, signed and self-graded reports, targets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import msgspec

from grader.challenges.catalogue import catalogue
from grader.challenges.challenge import Challenge
from grader.framework import FRAMEWORK
from grader.model import Level, PeerCriterion, PeerMark
from grader.portfolio.badges.badge_files import KeptBadge
from grader.portfolio.badges.badge_rules import BADGES
from grader.portfolio.badges.drawing import drawing
from grader.portfolio.certificate import Credential, credential
from grader.portfolio.certificate_check import CheckedCertificate
from grader.portfolio.certificates import KeptCertificate
from grader.portfolio.comparison import compared
from grader.portfolio.dashboard import Dashboard, dashboard
from grader.portfolio.history import histories
from grader.portfolio.journal import JournalEntry
from grader.portfolio.leadership import NO_LEADERSHIP, Leadership, ShownPart
from grader.portfolio.pathway import PATHWAY, rule_named, standing
from grader.portfolio.peers import PeerReview
from grader.portfolio.plan import Plan, PlanSources, plan
from grader.portfolio.profile import ChosenTarget, Profile, Rating
from grader.portfolio.reports import KeptReport
from grader.portfolio.scanned import SkillTrace
from grader.store.review import ReviewFile
from tests.portfolio.academy import TRUST, shown
from tests.portfolio.conftest import DAY, kept, made

CHALLENGES = catalogue().challenges()
CHALLENGED = ("Metaclasses", "Descriptors", "SOLID Principles", "Optimization")
HOSTILE = "<script>alert(1)</script> <img src=x onerror=alert(1)> \u202e`x` \x1b[31m"

HELD = KeptBadge(
    file="a.svg",
    title=BADGES["python-wizard"].title,
    person="Ada",
    issuer=f"Example {HOSTILE}",
    did="did:key:z6Mk",
    issued=DAY,
    expires=dt.date(2027, 11, 30),
    picture=b"<svg>with a credential</svg>",
    drawn=drawing(BADGES["python-wizard"], person="Ada", issuer=HOSTILE, issued=DAY, expires=dt.date(2027, 11, 30)),
)
REFUSED = KeptBadge(file="b.svg", note=HOSTILE)


LED = Leadership(
    parts=(
        *NO_LEADERSHIP.parts[:2],
        ShownPart(title="Reviews given", percent=50, words="3 countersigned, by 2 persons"),
        *NO_LEADERSHIP.parts[3:],
    ),
    uncounted=(f"{HOSTILE}.json: it is not signed",),
)
PEERS = tuple(
    PeerReview(
        file="a.json",
        review=ReviewFile(
            format_version=1,
            reviewer=f"Grace {HOSTILE}",
            date=DAY,
            peer=tuple(PeerMark(criterion=criterion, level=Level.SENIOR) for criterion in PeerCriterion),
        ),
        why_not=why_not,
    )
    for why_not in ("", "nobody whom you trust signed it")
)


def board(
    reports: Sequence[KeptReport] = (), *, issuers: bool = False, person: str = "Ada", badges: Sequence[KeptBadge] = ()
) -> Dashboard:
    note = JournalEntry(format_version=1, date=DAY, skill="Metaclasses", learned=HOSTILE, to_try="x")
    profile = Profile(format_version=1, ratings={"Caching": Rating(level=Level.MID, date=DAY)})
    return dashboard(
        person=person,
        day=DAY,
        skills=compared(profile, histories(reports), {}),
        reports=reports,
        notes=(note,),
        targets=(ChosenTarget(id="uptime", by=DAY, now=HOSTILE),),
        challenged=CHALLENGED,
        has_issuers=issuers,
        standings=[standing(rule, [], challenged=CHALLENGED) for rule in PATHWAY],
        certificates=shelf() if issuers else (),
        badges=badges,
        shown=LED if issuers else NO_LEADERSHIP,
        peers=PEERS if issuers else (),
    )


MIXED = (
    kept(made("metaclass_orm", 80, 2, "2026-10-01"), signer="abc"),
    kept(made("metaclass_orm", 95, 3, "2026-11-02")),
    kept(made("descriptors", 60, 2)),
    kept(made("solid", 100, 4), signer="abc"),
)


def everything(percent: float, level: int, signer: str) -> list[KeptReport]:
    reports = []
    for competency in FRAMEWORK:
        for skill in competency.skills:
            challenge = msgspec.structs.replace(made().challenge, area=competency.area, skill=skill, slug="any")
            reports.append(
                kept(msgspec.structs.replace(made(percent=percent, level=level), challenge=challenge), signer)
            )
    return reports


def planned(
    ratings: Mapping[str, int] | None = None,
    reports: Sequence[KeptReport] = (),
    targets: Sequence[ChosenTarget] = (),
    notes: Mapping[str, Sequence[JournalEntry]] | None = None,
    traces: Mapping[str, SkillTrace] | None = None,
    goal: Level = Level.SENIOR,
    challenges: Sequence[Challenge] = CHALLENGES,
) -> Plan:
    rated = {skill: Rating(level=Level(level), date=DAY) for skill, level in (ratings or {}).items()}
    profile = Profile(format_version=1, ratings=rated)
    return plan(
        PlanSources(
            person="Ada",
            day=DAY,
            skills=compared(profile, histories(reports), traces or {}),
            reports=reports,
            challenges=challenges,
            notes=notes or {},
            targets=targets,
            goal=goal,
        )
    )


def full() -> Plan:
    note = JournalEntry(format_version=1, date=DAY, skill="Metaclasses", learned=HOSTILE)
    targets = [ChosenTarget(id="x", words=HOSTILE, now=HOSTILE), ChosenTarget(id="uptime", by=DAY)]
    reports = [kept(made(percent=72)), kept(made("descriptors", 99, 4))]
    return planned({"Caching": 2}, reports, targets, notes={"Metaclasses": [note]})


def certificate(person: str = "Ada Lovelace") -> Credential:
    """A certificate for performance, which has ratios on it."""
    rule = rule_named("performance")
    assert rule is not None
    reports = [
        msgspec.structs.replace(kept(shown(demand.skill, ratio=1.3), "abc"), digest=f"sha256:{'d' * 64}")
        for demand in rule.demands
    ]
    return credential(standing(rule, reports), person, TRUST.issuers[0], DAY)


def shelf() -> tuple[KeptCertificate, ...]:
    """A certificate that holds, after one that does not."""
    content = certificate()
    old = CheckedCertificate(credential=content, issuer=None, problems=("it expired on 2025-11-30",))
    new = CheckedCertificate(credential=content, issuer=TRUST.issuers[0], problems=())
    return (
        KeptCertificate(file="performance-2024-11-30.json", checked=old),
        KeptCertificate(file="performance-2026-11-30.json", checked=new),
    )
