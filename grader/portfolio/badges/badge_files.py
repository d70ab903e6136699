"""The badges in a portfolio, for its owner's dashboard: each with what it says, or the reason why it is not believed.

Nothing is downloaded: a badge's status list has to lie beside it, as `grader badge issue` puts it there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from grader import inputs
from grader.model import Struct
from grader.portfolio.badges import MissingBadges
from grader.portfolio.folder import PortfolioFolder
from grader.portfolio.trust import TrustedKey

STATUS = "status-"
"""The beginning of the names of status lists."""
KINDS = (".svg", ".png", ".json", ".jwt")
"""The forms in which a badge comes; the first that exists is read."""
PICTURES = (".svg", ".png")


class KeptBadge(Struct, frozen=True, kw_only=True):
    """One badge of a portfolio."""

    file: str
    """Its name in `badges/`."""
    title: str = ""
    """The badge's name, if it is believed."""
    person: str = ""
    issuer: str = ""
    """The issuer's name."""
    did: str = ""
    """The issuer's DID."""
    issued: dt.date | None = None
    expires: dt.date | None = None
    picture: bytes = b""
    """The picture that carries it, if it came as one and is believed."""
    drawn: str = ""
    """The same picture drawn anew, without a credential, if it is believed."""
    note: str = ""
    """Why it is not believed; empty if it is."""

    @property
    def words(self) -> str:
        """What it says, or why it says nothing."""
        if self.note:
            return f"{self.file}: {self.note}"
        return f"{self.title}, issued by {self.issuer} on {self.issued}, valid until {self.expires}"


def read_badges(folder: PortfolioFolder, issuers: Sequence[TrustedKey], person: str) -> tuple[KeptBadge, ...]:
    """Read every badge; `issuers` are those whom the reader trusts. Raises PortfolioError if the folder
    cannot be listed. Nothing is imported for a portfolio without badges.
    """
    listed = [path for path in folder.listed(folder.badges, *KINDS) if not path.name.startswith(STATUS)]
    stems = {path.stem: path for path in sorted(listed, key=lambda path: KINDS.index(path.suffix), reverse=True)}
    return tuple(_badge(path, folder, issuers, person) for _, path in sorted(stems.items()))


def _badge(path: Path, folder: PortfolioFolder, issuers: Sequence[TrustedKey], person: str) -> KeptBadge:
    try:
        from grader.portfolio.badges import badge_check, open_badges
    except MissingBadges as error:
        return KeptBadge(file=path.name, note=str(error))
    if not issuers:
        return KeptBadge(file=path.name, note="no issuer was named; pass the issuer's public key with --issuer")
    if not person:
        return KeptBadge(file=path.name, note="profile.toml does not say whose portfolio this is")
    try:
        content = inputs.read(path)
        lists = [inputs.read(file) for file in folder.listed(folder.badges, ".json") if file.name.startswith(STATUS)]
    except OSError as error:
        return KeptBadge(file=path.name, note=str(error.strerror))
    download = badge_check.sources(filter(badge_check.is_public_file, lists), online=False)
    anchors = [open_badges.IssuerAnchor(issuer=key) for key in issuers]
    try:
        facts = badge_check.checked(content, anchors, download, person=person, recipient="")
    except open_badges.BadgeRefused as error:
        return KeptBadge(file=path.name, note=str(error))
    return KeptBadge(
        file=path.name,
        title=facts.badge.title,
        person=facts.person,
        issuer=facts.issuer_name,
        did=facts.issuer,
        issued=facts.issued.date(),
        expires=facts.expires.date(),
        picture=content if path.suffix in PICTURES else b"",
        drawn=open_badges.picture_of(facts),
    )
