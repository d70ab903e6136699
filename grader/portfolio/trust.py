"""Whom a verifier trusts: issuers, who sign reports and certificates, and persons, who sign reviews and evidence.

    format_version = 1

    [[issuer]]
    name = "Example Academy"
    key = "academy.pub"              # a file beside this one, or the PEM text itself
    holders = ["Alan Turing"]        # who can sign with it: nothing that it signs counts for them

    [[person]]
    name = "Grace Hopper"
    key = "grace.pub"

The list is the verifier's own file and never a part of a portfolio: whoever owns the portfolio could trust themselves.
Identity is by key. A name in a report or a review says nothing unless the key that the list has for it signed.

Versions of the format: 1, the first.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec

from grader.model import Struct
from grader.model.person import alike
from grader.portfolio.strict import FileProblem, PortfolioError, parsed_toml, problem_at, read_text
from grader.store.sign import BadKey, SignatureError, Statement, fingerprint, key_id, opened, read_key

REMEDY = "See docs/reference/portfolio.md, which describes issuers.toml"
PEM = "-----BEGIN"
Name = Annotated[str, msgspec.Meta(min_length=2, max_length=200)]


class IssuerEntry(Struct, frozen=True, kw_only=True):
    """A key that signs reports and certificates."""

    name: Name
    """The name of the key's owner, as certificates state it."""
    key: Annotated[str, msgspec.Meta(min_length=1)]
    """The public key: a file, relative to this one, or the PEM text itself."""
    holders: tuple[Name, ...] = ()
    """The persons who can sign with it: nothing that it signs counts for them."""


class PersonEntry(Struct, frozen=True, kw_only=True):
    """A key that signs reviews and evidence."""

    name: Name
    """The person's name, as in the reviews and the evidence that the person signs."""
    key: Annotated[str, msgspec.Meta(min_length=1)]
    """The public key: a file, relative to this one, or the PEM text itself."""


class TrustFile(Struct, frozen=True, kw_only=True):
    """The content of `issuers.toml`."""

    format_version: Annotated[int, msgspec.Meta(ge=1, le=1)]
    """The version of this file's format: 1."""
    issuer: tuple[IssuerEntry, ...] = ()
    """Who signs reports and certificates."""
    person: tuple[PersonEntry, ...] = ()
    """Who signs reviews and evidence."""


class TrustedKey(Struct, frozen=True, kw_only=True):
    """A public key, and whose it is."""

    name: str
    """Empty if only the key was given."""
    pem: bytes
    id: str
    fingerprint: str
    holders: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The name with the key."""
        return f"{self.name} ({self.id})" if self.name else self.id

    def is_of(self, person: str) -> bool:
        """Return whether a person signs with this key."""
        return any(alike(name, person) for name in (self.name, *self.holders) if name)


class Trust(Struct, frozen=True, kw_only=True):
    """The keys that a verifier trusts, each for one purpose."""

    issuers: tuple[TrustedKey, ...] = ()
    persons: tuple[TrustedKey, ...] = ()

    def issuer(self, id_: str) -> TrustedKey | None:
        """Return the issuer whose key has an id."""
        return next((key for key in self.issuers if id_ and key.id == id_), None)


NOBODY = Trust()


def signed_by(envelope: bytes, keys: Sequence[TrustedKey], kind: str) -> tuple[TrustedKey, Statement] | None:
    """Return the first of the keys that signed an envelope of a kind, with its statement; None if none of them did."""
    return next(iter(signers(envelope, keys, kind)), None)


def signers(envelope: bytes, keys: Sequence[TrustedKey], kind: str) -> list[tuple[TrustedKey, Statement]]:
    """Return those of the keys that signed an envelope of a kind, each with its statement."""
    signed: list[tuple[TrustedKey, Statement]] = []
    for key in keys:
        with contextlib.suppress(SignatureError):
            signed.append((key, opened(envelope, key.pem)))
    return [(key, statement) for key, statement in signed if statement.predicate_type == kind]


def read_trust(paths: Sequence[Path]) -> Trust:
    """Read lists (files that end in .toml) and public keys of issuers. Raises PortfolioError, BadKey."""
    issuers: list[TrustedKey] = []
    persons: list[TrustedKey] = []
    for path in paths:
        if path.suffix != ".toml":
            pem = read_key(path)
            issuers.append(_trusted("", pem))
            continue
        text = read_text(path, remedy=REMEDY)
        content = parsed_toml(text, path, TrustFile, remedy=REMEDY)
        for place, issuer in enumerate(content.issuer):
            issuers.append(_entry(path, text, ("issuer", place), issuer, issuer.holders))
        for place, person in enumerate(content.person):
            persons.append(_entry(path, text, ("person", place), person))
    issuers, persons = _once(issuers), _once(persons)
    for key in issuers:
        if twin := next((other for other in persons if other.fingerprint == key.fingerprint), None):
            got = f"the key {key.id} is listed for an issuer ({key.name or 'unnamed'}) and for a person ({twin.name})"
            raise _refused(got, "Keep one of the two: whoever grades cannot be a peer")
    return Trust(issuers=tuple(issuers), persons=tuple(persons))


def _entry(
    path: Path, text: str, keys: tuple[str, int], entry: IssuerEntry | PersonEntry, holders: tuple[str, ...] = ()
) -> TrustedKey:
    try:
        pem = entry.key.strip().encode() if PEM in entry.key else read_key(path.parent / entry.key)
        return _trusted(entry.name, pem, holders)
    except BadKey as error:
        raise problem_at(
            path, text, (*keys, "key"), str(error), "Use a public key that `grader sign --new-key` made"
        ) from None


def _trusted(name: str, pem: bytes, holders: tuple[str, ...] = ()) -> TrustedKey:
    whole = fingerprint(pem)
    return TrustedKey(name=" ".join(name.split()), pem=pem, id=key_id(pem), fingerprint=whole, holders=holders)


def _once(keys: Sequence[TrustedKey]) -> list[TrustedKey]:
    """Return each key once; an entry with a name replaces a bare key. Raises PortfolioError if it has two names."""
    known: dict[str, TrustedKey] = {}
    for key in keys:
        before = known.get(key.id)
        if before is None or not before.name:
            known[key.id] = key
        elif key.name and (key.name, key.holders) != (before.name, before.holders):
            raise _refused(f"the key {key.id} is listed for {before.name} and for {key.name}", "Keep one of the two")
    return [*known.values()]


def _refused(got: str, remedy: str) -> PortfolioError:
    return PortfolioError(FileProblem(file="--issuer", got=got, remedy=remedy))
