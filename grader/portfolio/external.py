"""External validations: what happened elsewhere, with a link, a day, and who checked it, as files in `evidence/`.

    format_version = 1
    kind = "presentation"
    person = "Ada Lovelace"
    title = "Caching without tears, PyCon Example"
    link = "https://example.org/talks/17"
    date = 2026-10-01
    checked_by = "Grace Hopper"
    checked_on = 2026-11-02

In TOML it is *stated*: its owner could have written it. It is *confirmed* if whoever checked it signed it (`grader sign
FILE.toml --key KEY`) with the key that a verifier's list has for the name, and is somebody else. An endorsement and
mentoring are nothing but another person's word, so these two count only then.

Versions of the format: 1, the first.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec

from grader import inputs
from grader.errors import UserError
from grader.model import Struct
from grader.model.person import alike, as_name, same_name
from grader.portfolio.folder import PortfolioFolder
from grader.portfolio.strict import FileProblem, PortfolioError, read_toml
from grader.portfolio.trust import Trust, TrustedKey, signed_by
from grader.store.sign import SignatureError, Statement, Subject, content_of, seal, unsealed

EVIDENCE = "urn:senior-python-grader:evidence:v1"
REMEDY = "See docs/reference/portfolio.md, which describes evidence"
Line = Annotated[str, msgspec.Meta(min_length=2, max_length=500)]


class ExternalKind(StrEnum):
    """The framework's external validations."""

    PCPP = "pcpp"
    OPEN_SOURCE = "open-source"
    PRESENTATION = "presentation"
    ENDORSEMENT = "endorsement"
    MENTORING = "mentoring"

    @property
    def words(self) -> str:
        """The framework's name."""
        return _MEANINGS[self][0]

    @property
    def means(self) -> str:
        """What the evidence must show."""
        return _MEANINGS[self][1]

    @property
    def needs_signature(self) -> bool:
        """Return whether it is nothing but another person's word."""
        return self in (ExternalKind.ENDORSEMENT, ExternalKind.MENTORING)


_MEANINGS = {
    ExternalKind.PCPP: (
        "Python Institute PCPP",
        "a certificate from the Python Institute, shown by its verification page",
    ),
    ExternalKind.OPEN_SOURCE: ("Open source contributions", "a merged change to somebody else's Python project"),
    ExternalKind.PRESENTATION: ("Technical presentations", "a talk that was given, or an article that was published"),
    ExternalKind.ENDORSEMENT: ("Peer recognition", "a colleague's endorsement of code reviews"),
    ExternalKind.MENTORING: ("Mentoring", "a record of guidance, by the person who was guided or who led it"),
}


class EvidenceFile(Struct, frozen=True, kw_only=True):
    """One piece of evidence, as written by hand and as signed."""

    format_version: Annotated[int, msgspec.Meta(ge=1, le=1)]
    """The version of this file's format: 1."""
    kind: ExternalKind
    """What it shows."""
    person: Line
    """The person whom it is about, as `profile.toml` gives the name."""
    title: Line
    """What happened."""
    link: Annotated[str, msgspec.Meta(pattern=r"^https?://[^\s<>'\x22]+$", max_length=500)]
    """Where anybody can see it."""
    date: dt.date
    """The day on which it happened."""
    checked_by: Line
    """The person who checked it, or whose word it is; never its owner."""
    checked_on: dt.date
    """The day of the check."""
    comment: str = ""
    """What was checked, or what the other person says."""


class KeptEvidence(Struct, frozen=True, kw_only=True):
    """A piece of evidence in a portfolio."""

    file: str
    evidence: EvidenceFile
    digest: str = ""
    """The digest of the file, if it is signed."""
    signer: TrustedKey | None = None
    """The key of whoever checked it, if the verifier's list has it and it signed."""
    why_not: str = ""
    """Why it is not confirmed; empty if it is."""

    @property
    def counts(self) -> bool:
        """Return whether another person confirmed it."""
        return not self.why_not

    @property
    def state(self) -> str:
        """Its state in words: confirmed, stated, or not counting."""
        if self.counts:
            return f"confirmed by {self.evidence.checked_by}"
        return f"{'does not count' if self.evidence.kind.needs_signature else 'stated, not confirmed'}: {self.why_not}"


class EvidenceSources(NamedTuple):
    """What evidence is checked against."""

    person: str
    trust: Trust
    day: dt.date


class EvidenceShelf(NamedTuple):
    """What could be read, in the order of the files' names, and what is wrong with the rest."""

    pieces: tuple[KeptEvidence, ...]
    problems: tuple[FileProblem, ...]

    def of(self, kind: ExternalKind) -> tuple[KeptEvidence, ...]:
        """Return the pieces of a kind."""
        return tuple(piece for piece in self.pieces if piece.evidence.kind is kind)


def read_evidence(folder: PortfolioFolder, sources: EvidenceSources) -> EvidenceShelf:
    """Read every piece of evidence, stated or signed. Raises PortfolioError if the folder cannot be listed."""
    pieces: list[KeptEvidence] = []
    problems: list[FileProblem] = []
    for path in folder.listed(folder.evidence, ".toml", ".json"):
        try:
            pieces.append(_kept(path, sources))
        except PortfolioError as error:
            problems.append(error.problem)
    seen: set[EvidenceFile] = set()
    once = []
    for piece in pieces:
        if piece.counts and piece.evidence in seen:
            piece = msgspec.structs.replace(piece, why_not="another file in evidence/ says the same")
        seen.add(piece.evidence)
        once.append(piece)
    return EvidenceShelf(tuple(once), tuple(problems))


def read_stated(path: Path) -> EvidenceFile:
    """Read a piece of evidence that was written by hand. Raises PortfolioError."""
    return read_toml(path, EvidenceFile, remedy=REMEDY)


def seal_evidence(evidence: EvidenceFile, private_pem: bytes) -> bytes:
    """Put evidence into an envelope that whoever checked it signs. Raises UserError, BadKey."""
    as_name(evidence.person, "person")
    as_name(evidence.checked_by, "checked_by")
    if alike(evidence.person, evidence.checked_by):
        raise UserError(
            "checked_by", f"{evidence.checked_by} owns the evidence", "Have it checked and signed by somebody else"
        )
    content = msgspec.json.encode(evidence)
    return seal(content, private_pem, kind=EVIDENCE, subjects=_subjects(content, evidence))


def stated_evidence(statement: Statement) -> EvidenceFile:
    """Return the evidence in a statement. Raises SignatureError."""
    evidence = content_of(statement, EvidenceFile, kind=EVIDENCE, what="evidence")
    if statement.subject != _subjects(bytes(statement.predicate), evidence):
        raise SignatureError("the statement is not about the evidence in it")
    return evidence


def _kept(path: Path, sources: EvidenceSources) -> KeptEvidence:
    if path.suffix == ".toml":
        return KeptEvidence(file=path.name, evidence=read_stated(path), why_not="nobody signed it; look at the link")
    try:
        content = inputs.read(path)
        evidence = stated_evidence(unsealed(content))
    except (OSError, SignatureError) as error:
        got = str(getattr(error, "strerror", "") or error)
        remedy = "Replace it with evidence that `grader sign` signed, or remove it"
        raise PortfolioError(FileProblem(file=str(path), got=got, remedy=remedy)) from None
    signed = signed_by(content, sources.trust.persons, EVIDENCE)
    if signed is None:
        return KeptEvidence(file=path.name, evidence=evidence, why_not="nobody whom you trust signed it")
    return KeptEvidence(
        file=path.name,
        evidence=evidence,
        digest=f"sha256:{hashlib.sha256(content).hexdigest()}",
        signer=signed[0],
        why_not=_why_not(evidence, signed[0], sources),
    )


def _why_not(evidence: EvidenceFile, signer: TrustedKey, sources: EvidenceSources) -> str:
    if not same_name(signer.name, evidence.checked_by):
        return f"{signer.name} signed it, not {evidence.checked_by}"
    if alike(evidence.checked_by, sources.person):
        return "its owner signed it"
    if not same_name(evidence.person, sources.person):
        return f"it is about {evidence.person}"
    if max(evidence.date, evidence.checked_on) > sources.day:
        return "it is dated in the future"
    return ""


def _subjects(content: bytes, evidence: EvidenceFile) -> tuple[Subject, ...]:
    return (Subject(name=evidence.link, digest={"sha256": hashlib.sha256(content).hexdigest()}),)
