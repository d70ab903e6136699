"""Certificates: what one says, how it is issued, and how it is read.

certificates/NAME.json    an envelope as of `grader.store.sign`, signed by an issuer:
    statement   {"subject": [{"name": file of a report, "digest": {"sha256": of that file}}, ...],
                 "predicateType": CERTIFICATE, "predicate": the credential}
    credential  in the data model of W3C Verifiable Credentials 2.0

Pages are made from the credential, for people; nothing is ever read from a page.

Versions of the credential: 1, the first.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated

import msgspec

from grader.model import Struct
from grader.portfolio.counting import years_after
from grader.portfolio.pathway import VALID_YEARS, PathwayStanding, ratios
from grader.portfolio.reports import KeptReport
from grader.portfolio.trust import TrustedKey
from grader.store.sign import SignatureError, Statement, Subject, content_of, seal

CERTIFICATE = "urn:senior-python-grader:certificate:v1"
CONTEXT = ("https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/undefined-terms/v2")
TYPE = ("VerifiableCredential",)
KEY = "urn:senior-python-grader:key:sha256:"
Moment = Annotated[dt.datetime, msgspec.Meta(tz=True)]
FIRST_YEAR, LAST_YEAR = 2020, 3000
"""The years in which a certificate's dates must be, so that none can overflow."""
Version = Annotated[int, msgspec.Meta(ge=1, le=1)]


class CertifiedRatio(Struct, frozen=True, kw_only=True):
    """A measured ratio to the reference."""

    of: str
    """The title of the criterion."""
    value: float
    """The submission's figure divided by the reference's: below 1 is better than the reference."""


class CertifiedReport(Struct, frozen=True, kw_only=True, rename="camel"):
    """A report that a certificate rests on."""

    file: str
    """Its name in `reports/` at the time."""
    digest: Annotated[str, msgspec.Meta(pattern=r"^sha256:[0-9a-f]{64}$")]
    """The SHA-256 digest of that file."""
    submission: str
    """The digest of the submission."""
    challenge: str
    """`area/slug`."""
    version: str
    """The challenge's version."""
    skill: str
    """The skill that it shows."""
    level: int | None
    """The level that was demonstrated."""
    percent: float
    """The score."""
    graded_on: str
    """The day of the grading."""
    signer: str
    """The key that signed it."""
    ratios: tuple[CertifiedRatio, ...] = ()
    """The measured ratios that the report states."""


class CredentialIssuer(Struct, frozen=True, kw_only=True):
    """Who issued a certificate."""

    id: str
    """A URN made of the key's SHA-256 digest."""
    name: str
    """The name that the issuer's own list has for the key."""


class CredentialSubject(Struct, frozen=True, kw_only=True, rename="camel"):
    """The person whom a certificate is about, and what it certifies."""

    name: str
    """The person, as in every report that it rests on."""
    certificate: str
    """The certificate's id in the pathway."""
    rule: str
    """The rule in words."""
    rule_version: int
    """The rule's version."""
    reports: Annotated[tuple[CertifiedReport, ...], msgspec.Meta(min_length=1)]
    """The reports that show it."""


class Credential(Struct, frozen=True, kw_only=True, rename="camel"):
    """The content of a certificate."""

    context: tuple[str, ...] = msgspec.field(name="@context")
    """The vocabularies of the data model."""
    id: Annotated[str, msgspec.Meta(pattern=r"^urn:uuid:[0-9a-f-]{36}$")]
    """The credential's own URN."""
    type: tuple[str, ...]
    """`VerifiableCredential`."""
    format_version: Version
    """The version of this content: 1."""
    name: str
    """The certificate's title."""
    issuer: CredentialIssuer
    """Who issued it."""
    valid_from: Moment
    """The day of issue."""
    valid_until: Moment
    """The day from which it no longer holds."""
    credential_subject: CredentialSubject
    """The person whom it is about, and what it certifies."""

    @property
    def issued(self) -> dt.date:
        """The day of issue."""
        return self.valid_from.date()

    @property
    def expires(self) -> dt.date:
        """The day from which it no longer holds."""
        return self.valid_until.date()


def credential(standing: PathwayStanding, person: str, issuer: TrustedKey, day: dt.date) -> Credential:
    """Return the content of a new certificate, which is valid for a year."""
    return Credential(
        context=CONTEXT,
        id=f"urn:uuid:{uuid.uuid4()}",
        type=TYPE,
        format_version=1,
        name=standing.rule.title,
        issuer=CredentialIssuer(id=f"{KEY}{issuer.fingerprint}", name=issuer.name),
        valid_from=_midnight(day),
        valid_until=_midnight(years_after(day, VALID_YEARS)),
        credential_subject=CredentialSubject(
            name=person,
            certificate=standing.rule.id,
            rule=standing.rule.words,
            rule_version=standing.rule.version,
            reports=tuple(certified(attempt) for attempt in standing.reports),
        ),
    )


def certified(attempt: KeptReport) -> CertifiedReport:
    """Return what a certificate says about a report."""
    report = attempt.report
    return CertifiedReport(
        file=attempt.file,
        digest=attempt.digest,
        submission=report.submission.digest,
        challenge=report.challenge.name,
        version=report.challenge.version,
        skill=report.challenge.skill,
        level=report.level.value if report.level else None,
        percent=report.percent,
        graded_on=attempt.date,
        signer=attempt.signer,
        ratios=tuple(CertifiedRatio(of=title, value=figure.value) for title, figure in ratios(report)),
    )


def seal_certificate(content: Credential, private_pem: bytes) -> bytes:
    """Put a certificate into a signed envelope. Raises BadKey."""
    return seal(msgspec.json.encode(content), private_pem, kind=CERTIFICATE, subjects=_subjects(content))


def stated_certificate(statement: Statement) -> Credential:
    """Return the certificate in a statement, after checking that the statement is about its reports. Raises
    SignatureError.
    """
    content = content_of(statement, Credential, kind=CERTIFICATE, what="a certificate")
    if (content.context, content.type) != (CONTEXT, TYPE):
        raise SignatureError("the signed content is a credential of another kind")
    if not all(FIRST_YEAR <= day.year <= LAST_YEAR for day in (content.issued, content.expires)):
        raise SignatureError(f"its dates are not between {FIRST_YEAR} and {LAST_YEAR}")
    if statement.subject != _subjects(content):
        raise SignatureError("the statement and the certificate in it name different reports")
    return content


def _subjects(content: Credential) -> tuple[Subject, ...]:
    return tuple(
        Subject(name=report.file, digest={"sha256": report.digest.removeprefix("sha256:")})
        for report in content.credential_subject.reports
    )


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC)
