"""An issuer and a badge made for a test. openbadgeslib is imported by the first test that needs it."""

from __future__ import annotations

import base64
import datetime as dt
import importlib
import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import msgspec
import pytest

from grader.portfolio.badges.badge_rules import BADGES
from grader.portfolio.trust import TrustedKey
from grader.store.sign import fingerprint, key_id, new_key

PRIVATE, PUBLIC = new_key()
STRANGER, STRANGERS = new_key()
URL = "https://example.org/badges"
LIST = f"{URL}/status.json"
NOW = dt.datetime.now(tz=dt.UTC).replace(microsecond=0)
MONTH = dt.timedelta(days=30)
PLACE = 77

Document = dict[str, Any]


def trusted(public: bytes, name: str = "", *holders: str) -> TrustedKey:
    """A key in a reader's list."""
    return TrustedKey(name=name, pem=public, id=key_id(public), fingerprint=fingerprint(public), holders=holders)


@pytest.fixture(scope="session")
def ob() -> ModuleType:
    """The module of ours that issues and verifies; without openbadgeslib, the tests that need it are skipped."""
    pytest.importorskip("openbadgeslib", reason="the extra `badges` is not installed")
    return importlib.import_module("grader.portfolio.badges.open_badges")


class Workshop:
    """Makes badges as an issuer would, or as somebody would who wants to look like one."""

    def __init__(self, ob: ModuleType) -> None:
        self.ob = ob
        self.did = ob.key_did(PUBLIC)
        self.web = ob.web_did(URL)
        self.facts = ob.BadgeFacts(
            id="urn:uuid:6f0c2b1e-7a2b-4a53-9e4e-2f4a0f0f0a01",
            badge=BADGES["python-wizard"],
            person="Ada Lovelace",
            recipient="mailto:ada@example.org",
            issuer=self.did,
            issuer_name="Example & Söhne",
            issuer_url=URL,
            issued=NOW,
            expires=NOW + dt.timedelta(days=365),
            reports=("language/metaclass_orm 1.3, sha256:abc",),
            status_list=LIST,
            status_index=PLACE,
        )
        self.anchor = ob.IssuerAnchor(did=self.did)
        self.badge = ob.secured(self.facts, PRIVATE)
        self.listed = self.status()

    def status(self, *revoked: int, key: bytes = PRIVATE, issuer: str = "", days: float = 0, url: str = LIST) -> str:
        """A status list, signed some days ago."""
        issued = NOW - dt.timedelta(days=days)
        content: str = self.ob.status_list(issuer or self.did, url, revoked, key, issued=issued, until=issued + MONTH)
        return content

    def signed_list(self, change: Callable[[Document], object], key: bytes = PRIVATE) -> str:
        """A status list that was changed before it was signed."""
        unsigned = json.loads(self.listed)
        del unsigned["proof"]
        change(unsigned)
        return json.dumps(self.ob.add_data_integrity_proof(unsigned, key, self.ob._method(self.did)))

    def but(self, **changes: object) -> Any:
        """The facts of the badge, with some changed."""
        return msgspec.structs.replace(self.facts, **changes)

    def document(self, change: Callable[[Any], object], key: bytes = PRIVATE, method: str = "") -> str:
        """A credential that was changed before it was signed."""
        credential = self.ob._credential(self.facts)
        change(credential)
        signed: str = self.ob.OB3LdpSigner(key, method or self.ob._method(self.did)).sign_to_json(credential)
        return signed

    def edited(self, change: Callable[[Document], object]) -> str:
        """The badge's document, edited afterwards."""
        document = json.loads(self.badge.document)
        change(document)
        return json.dumps(document)

    def verify(self, content: str | bytes, *, listed: str | None = None, anchor: Any = None) -> Any:
        """Verify against the issuer, with the status list at its address, or no address that answers."""
        served = {LIST: self.listed if listed is None else listed}
        data = content.encode() if isinstance(content, str) else content
        return self.ob.verified(data, anchor or self.anchor, lambda url: served[url].encode())


@pytest.fixture(scope="session")
def workshop(ob: ModuleType) -> Workshop:
    """An issuer's workshop with one badge in it."""
    return Workshop(ob)


def token_of(header: Document, payload: Document, signature: bytes = b"") -> str:
    """A compact JWT of any content."""
    parts = (json.dumps(header).encode(), json.dumps(payload).encode(), signature)
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def payload_of(token: str) -> Document:
    """The payload of a compact JWT."""
    payload: Document = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    return payload
