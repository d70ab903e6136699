"""The certificates of a portfolio: read and checked one by one, and issued as new files."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from grader import inputs
from grader.errors import UserError
from grader.model import Struct
from grader.portfolio.certificate import credential, seal_certificate
from grader.portfolio.certificate_check import CertificateSources, CheckedCertificate, check_certificate
from grader.portfolio.counting import Counting
from grader.portfolio.folder import PortfolioFolder, add_numbered
from grader.portfolio.pathway import PathwayStanding
from grader.portfolio.strict import FileProblem
from grader.portfolio.trust import TrustedKey
from grader.store.sign import SignatureError, fingerprint, public_half

LARGEST = 1 << 20
REMEDY = "Replace it with a certificate that `grader certify` issued, or remove it"


class KeptCertificate(Struct, frozen=True, kw_only=True):
    """A certificate of a portfolio."""

    file: str
    """Its name in `certificates/`."""
    checked: CheckedCertificate

    @property
    def id(self) -> str:
        """Which one of the pathway it is."""
        return self.checked.credential.credential_subject.certificate

    @property
    def title(self) -> str:
        """What it is called."""
        return self.checked.credential.name

    @property
    def state(self) -> str:
        """Whether it holds, in words."""
        if not self.checked.holds:
            return f"does not hold: {self.checked.problems[0]}"
        return f"holds until {self.checked.credential.expires.isoformat()}"


class CertificateShelf(NamedTuple):
    """What could be read, in the order of the days of issue, and what is wrong with the rest."""

    kept: tuple[KeptCertificate, ...] = ()
    problems: tuple[FileProblem, ...] = ()

    def holding(self, id_: str) -> KeptCertificate | None:
        """Return the certificate of an id that holds the longest; None if none does."""
        about = [entry for entry in self.kept if entry.id == id_ and entry.checked.holds]
        return max(about, key=lambda entry: entry.checked.credential.expires, default=None)

    def last(self, id_: str) -> KeptCertificate | None:
        """Return the certificate of an id that was issued last, whether or not it holds."""
        return next((entry for entry in reversed(self.kept) if entry.id == id_), None)


def read_certificates(folder: PortfolioFolder, sources: CertificateSources) -> CertificateShelf:
    """Read and check every certificate. Raises PortfolioError if the folder cannot be listed."""
    kept: list[KeptCertificate] = []
    problems: list[FileProblem] = []
    for path in folder.listed(folder.certificates, ".json"):
        try:
            checked = check_certificate(inputs.read(path, most=LARGEST), sources)
        except (OSError, SignatureError) as error:
            got = str(getattr(error, "strerror", "") or error)
            problems.append(FileProblem(file=str(path), got=got, remedy=REMEDY))
        else:
            kept.append(KeptCertificate(file=path.name, checked=checked))
    kept.sort(key=lambda entry: (entry.checked.credential.issued, entry.file))
    return CertificateShelf(tuple(kept), tuple(problems))


def issue(folder: PortfolioFolder, standing: PathwayStanding, counting: Counting, private_pem: bytes) -> Path:
    """Issue a certificate into the portfolio, and return its file. Raises UserError, BadKey.

    The issuer must be in the list of trust by which the reports were counted, and must not be the person.
    """
    issuer = issuing_key(counting, private_pem)
    if not standing.is_complete:
        raise UserError(
            standing.rule.id, "not all of the requirements are met", "Run `grader certify` to list those that are not"
        )
    content = credential(standing, counting.person, issuer, counting.day)
    envelope = seal_certificate(content, private_pem)
    stem = f"{standing.rule.id}-{counting.day.isoformat()}"
    return add_numbered(folder.certificates, stem, ".json", envelope.decode())


def issuing_key(counting: Counting, private_pem: bytes) -> TrustedKey:
    """Return the entry of a private key in the list of trust. Raises UserError, BadKey."""
    whole = fingerprint(public_half(private_pem))
    issuer = next((key for key in counting.trust.issuers if key.fingerprint == whole), None)
    if issuer is None or not issuer.name:
        got = f"the key {whole[:16]} has no name in your list of issuers"
        raise UserError("--key", got, "Add it to issuers.toml, and name the list with --issuer")
    if issuer.is_of(counting.person):
        raise UserError("--key", f"{counting.person} holds this key", "Have the certificate issued by somebody else")
    return issuer
