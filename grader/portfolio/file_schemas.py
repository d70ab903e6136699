"""`python -m grader.portfolio.file_schemas` writes `schemas/`: a JSON Schema of each file of a portfolio, of an
issuer and of a session.

    profile, journal, review, evidence, issuers, office, issued, revoked    TOML: the schema of the parsed file
    scan                                                                    what `grader scan --format json` writes
    envelope, statement                                                     what every signature is around
    certificate                                                             the predicate of a certificate's statement
    session, issued-session, sealed-answer                                  the files of a timed session
    ticket, receipt                                                         the predicates of their statements

A key that a hand-written file may leave out is optional; an unknown one is refused, as by the commands. Programs write
every field of a scan, to which a later version may add some.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from grader.interview.issued import IssuedSession
from grader.interview.receipt import Receipt
from grader.interview.sealed_answer import SealedAnswer
from grader.interview.session import Session
from grader.interview.ticket import Ticket
from grader.portfolio.badges.badge_office import BadgeIssuer, IssuedBadge, RevokedBadge
from grader.portfolio.certificate import Credential
from grader.portfolio.external import EvidenceFile
from grader.portfolio.journal import JournalEntry
from grader.portfolio.profile import Profile
from grader.portfolio.scan.inventory import Scan
from grader.portfolio.trust import TrustFile
from grader.store.review import ReviewFile
from grader.store.sign import Envelope, Statement

FOLDER = Path(__file__).with_name("schemas")
KINDS: Mapping[str, type[msgspec.Struct]] = {
    "certificate": Credential,
    "envelope": Envelope,
    "evidence": EvidenceFile,
    "issued": IssuedBadge,
    "issued-session": IssuedSession,
    "issuers": TrustFile,
    "journal": JournalEntry,
    "office": BadgeIssuer,
    "profile": Profile,
    "receipt": Receipt,
    "review": ReviewFile,
    "revoked": RevokedBadge,
    "scan": Scan,
    "sealed-answer": SealedAnswer,
    "session": Session,
    "statement": Statement,
    "ticket": Ticket,
}
"""The type that reads each kind of file."""
GROWING = ("scan",)
"""Files whose every field is always there, and which may get more."""


def path_of(name: str) -> Path:
    """Return where the schema of a kind of file is stored."""
    return FOLDER / f"{name}.schema.json"


def file_schema(name: str) -> str:
    """Return the schema of a kind of file as text, as stored."""
    (kind,), definitions = msgspec.json.schema_components([KINDS[name]], ref_template="#/$defs/{name}")
    for definition in definitions.values() if name in GROWING else ():
        _opened(definition)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"{name} of a portfolio"}
    return json.dumps({**head, **kind, "$defs": definitions}, indent=2) + "\n"


def _opened(definition: dict[str, Any]) -> None:
    """Require every field of an object, and allow others."""
    if definition.get("type") == "object":
        definition["required"] = [*definition["properties"]]
        definition.pop("additionalProperties", None)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for kind_of_file in KINDS:
        path_of(kind_of_file).write_text(file_schema(kind_of_file), encoding="utf-8")
