"""An academy that grades and certifies, its verifier, and portfolios with everything that a certificate needs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

import msgspec

from grader.framework import FRAMEWORK, skills_of
from grader.model import RATIO, Area, ChallengeRef, Kind, Mark, MarkStatus, Measurement, Report
from grader.portfolio.certificate import Credential, seal_certificate, stated_certificate
from grader.portfolio.certificate_check import CertificateSources, CheckedCertificate, check_certificate
from grader.portfolio.certificates import issue
from grader.portfolio.counting import Counting, PresentChallenge
from grader.portfolio.folder import PortfolioFolder, file_word
from grader.portfolio.pathway import PathwayStanding, rule_named, standing
from grader.portfolio.reports import read_reports
from grader.portfolio.trust import Trust, TrustedKey
from grader.report import render
from grader.store.sign import fingerprint, key_id, new_key, sign, unsealed
from tests.portfolio.conftest import DAY, made

replace = msgspec.structs.replace
ADA = "Ada Lovelace"
ACADEMY, ACADEMY_PUB = new_key()
SCHOOL, SCHOOL_PUB = new_key()
MALLORY, MALLORY_PUB = new_key()
GRACE, GRACE_PUB = new_key()
AREAS = {skill: competency.area for competency in FRAMEWORK for skill in competency.skills}
PRESENT = {f"{area.value}/{file_word(skill)}": PresentChallenge(skill, "1.3") for skill, area in AREAS.items()}


def known(name: str, pem: bytes, *holders: str) -> TrustedKey:
    """An entry of a list of trust."""
    return TrustedKey(name=name, pem=pem, id=key_id(pem), fingerprint=fingerprint(pem), holders=holders)


TRUST = Trust(
    issuers=(known("Academy", ACADEMY_PUB), known("School", SCHOOL_PUB, "Alan Turing")),
    persons=(known("Grace Hopper", GRACE_PUB),),
)


def shown(skill: str, level: int | None = 3, *, ratio: float | None = 2.0, clean: bool = True, day: str = "") -> Report:
    """A graded report on a skill for Ada."""
    marks = [
        Mark(id="works", kind=Kind.BEHAVIOUR, title="It works", points=80.0, earned=80.0, status=MarkStatus.EARNED),
        Mark(
            id="speed", kind=Kind.PERFORMANCE, title="It is fast", points=10.0, earned=10.0, status=MarkStatus.EARNED,
            measurements=(Measurement(name=RATIO, value=ratio),) if ratio is not None else (),
        ),
        Mark(
            id="simple", kind=Kind.COMPLEXITY, title="It is simple", points=10.0, earned=10.0 if clean else 9.0,
            status=MarkStatus.EARNED if clean else MarkStatus.PARTIAL,
        ),
    ]  # fmt: skip
    about = ChallengeRef(slug=file_word(skill), area=AREAS[skill], skill=skill, version="1.3", title=skill)
    graded = made(percent=90.0 if level == 3 else 50.0 + (level or 0), level=level, day=day or "2026-11-01")
    return replace(graded, person=ADA, challenge=about, criteria=tuple(marks))


def put(folder: PortfolioFolder, report: Report, key: bytes = ACADEMY, name: str = "") -> Path:
    """Sign a report into a portfolio."""
    path = folder.reports / f"{name or report.challenge.slug}.signed.json"
    path.write_bytes(sign(render(report, "json").encode(), key))
    return path


def fill(folder: PortfolioFolder, area: Area = Area.LANGUAGE) -> None:
    """Put a report at Senior on every skill of an area into a portfolio."""
    for skill in skills_of(area):
        put(folder, shown(skill))


def counting(person: str = ADA, trust: Trust = TRUST, day: dt.date = DAY) -> Counting:
    return Counting(person=person, trust=trust, day=day, present=PRESENT)


def reached(folder: PortfolioFolder, id_: str = "language", held: Counting | None = None) -> PathwayStanding:
    """How far a portfolio's reports get."""
    held = held or counting()
    rule = rule_named(id_)
    assert rule is not None
    return standing(rule, held.counted(read_reports(folder, [key.pem for key in held.trust.issuers]).reports))


def issued(folder: PortfolioFolder, id_: str = "language", key: bytes = ACADEMY) -> Path:
    """Issue a certificate."""
    return issue(folder, reached(folder, id_), counting(), key)


def checked(
    path: Path | bytes,
    folder: PortfolioFolder,
    *,
    person: str = ADA,
    trust: Trust = TRUST,
    day: dt.date = DAY,
    present: Mapping[str, PresentChallenge] = PRESENT,
) -> CheckedCertificate:
    """What a verifier says."""
    reports = read_reports(folder, [key.pem for key in trust.issuers]).reports
    content = path if isinstance(path, bytes) else path.read_bytes()
    return check_certificate(
        content, CertificateSources(trust=trust, day=day, reports=reports, person=person, present=present)
    )


def content_of(path: Path) -> Credential:
    """What a certificate says, whoever signed it."""
    return stated_certificate(unsealed(path.read_bytes()))


def resigned(content: Credential, key: bytes) -> bytes:
    """A certificate of any content, signed by anybody."""
    return seal_certificate(content, key)
