"""Checks certificates offline: against the verifier's list of issuers, and the reports that they rest on. Pure.

A certificate holds if a trusted issuer who is not the person signed it, today is between its dates, every report that
it names is there by digest, counts for the person and says what the certificate says, and these reports alone meet the
certificate's rule.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence

from grader.model import Struct
from grader.model.person import same_name
from grader.portfolio.certificate import (
    CERTIFICATE,
    KEY,
    CertifiedReport,
    Credential,
    certified,
    stated_certificate,
)
from grader.portfolio.counting import Counting, PresentChallenge, years_after
from grader.portfolio.pathway import VALID_YEARS, rule_named, standing
from grader.portfolio.reports import KeptReport
from grader.portfolio.trust import Trust, TrustedKey, signed_by
from grader.store.sign import unsealed


class CheckedCertificate(Struct, frozen=True, kw_only=True):
    """A certificate, and the problems found with it."""

    credential: Credential
    issuer: TrustedKey | None
    """The trusted key that signed it."""
    problems: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Return whether no problem was found."""
        return not self.problems


class CertificateSources(Struct, frozen=True, kw_only=True):
    """What a certificate is checked against."""

    trust: Trust
    day: dt.date
    reports: Sequence[KeptReport]
    """The reports of the portfolio, read with the verifier's issuers."""
    person: str = ""
    """Whose portfolio it is; empty if it does not say."""
    present: Mapping[str, PresentChallenge] | None = None
    """The challenges that the verifier knows, by name; None to believe what reports say about their challenges."""


def check_certificate(envelope: bytes, sources: CertificateSources) -> CheckedCertificate:
    """Return a certificate with the problems found with it. Raises SignatureError if it is not a certificate."""
    content = stated_certificate(unsealed(envelope))
    signed = signed_by(envelope, sources.trust.issuers, CERTIFICATE)
    issuer = None
    if signed is not None:
        issuer, statement = signed
        content = stated_certificate(statement)
    problems = [*_about_issuer(content, issuer), *_about_dates(content, sources.day), *_about_reports(content, sources)]
    return CheckedCertificate(credential=content, issuer=issuer, problems=tuple(problems))


def _about_issuer(content: Credential, issuer: TrustedKey | None) -> Iterator[str]:
    if issuer is None:
        yield "no issuer that you trust signed it (name trusted issuers with --issuer), or it was changed since"
        return
    if content.issuer.id != f"{KEY}{issuer.fingerprint}":
        yield f"the issuer that it names is not the one whose key signed it, {issuer.title}"
    if issuer.name and content.issuer.name != issuer.name:
        yield f"it names {content.issuer.name} as its issuer, but your list says that the key is {issuer.name}'s"
    if issuer.is_of(content.credential_subject.name):
        yield f"{content.credential_subject.name} issued it, and nobody can certify themselves"


def _about_dates(content: Credential, day: dt.date) -> Iterator[str]:
    if content.issued > day:
        yield f"it is valid only from {content.issued.isoformat()}"
    if day >= content.expires:
        yield f"it expired on {content.expires.isoformat()}; renew it with `grader certify`"
    if content.expires > years_after(content.issued, VALID_YEARS):
        yield f"it claims to be valid for more than {VALID_YEARS} year"


def _about_reports(content: Credential, sources: CertificateSources) -> Iterator[str]:
    subject = content.credential_subject
    rule = rule_named(subject.certificate)
    if rule is None:
        yield f"the pathway has no certificate {subject.certificate!r}"
        return
    if (content.name, subject.rule, subject.rule_version) != (rule.title, rule.words, rule.version):
        yield f"its rule differs from today's, which is: {rule.words}"
    if sources.person and not same_name(subject.name, sources.person):
        yield f"it is about {subject.name}, but this is the portfolio of {sources.person}"
    counting = Counting(
        person=subject.name, trust=sources.trust, day=content.issued, present=sources.present, any_version=True
    )
    shown: list[KeptReport] = []
    for named in subject.reports:
        same_file = [attempt for attempt in sources.reports if attempt.digest == named.digest]
        match = next((attempt for attempt in same_file if _says(attempt, named)), None)
        if not same_file:
            yield f"{named.file}: no report here has the digest {named.digest}"
        elif match is None:
            yield f"{named.file}: the report differs from what the certificate says about it"
        elif why_not := counting.why_not(match):
            yield f"{named.file}: the report does not count, because {why_not}"
        else:
            shown.append(match)
    yield from (f"{gap.demand.skill}: {gap.why}" for gap in standing(rule, shown).gaps)


def _says(attempt: KeptReport, named: CertifiedReport) -> bool:
    """Return whether a report is the one that a certificate names; its file may have another name by now."""
    said = certified(attempt)
    apart = {"file"} if attempt.signer else {"file", "signer"}  # who signed nothing that counts is told as such
    fields = [field for field in CertifiedReport.__struct_fields__ if field not in apart]
    return all(getattr(said, field) == getattr(named, field) for field in fields)
