"""Signs reports: an Ed25519 signature in a DSSE envelope around an in-toto statement about submission and report.

    envelope  {"payloadType": "application/vnd.in-toto+json", "payload": base64, "signatures": [{"keyid", "sig"}]}
    statement {"_type": "https://in-toto.io/Statement/v1",
               "subject": [{"name": path, "digest": {"sha256": submission}}, {"name": challenge, "digest": ...}],
               "predicateType": PREDICATE, "predicate": the JSON report, whole}

The report travels inside the envelope, so the bytes that were signed are the bytes that are read.
Sources: DSSE 1.0 (secure-systems-lab/dsse, protocol.md), in-toto attestation framework, Statement v1.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from grader import inputs
from grader.errors import GraderError, UserError
from grader.model import Report, RepositoryReport
from grader.store.codec import StoredReportError, decode, each

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "urn:senior-python-grader:report:v1"
SIGNATURES = 16
"""The maximum number of signatures in an envelope."""
Content = TypeVar("Content", bound=msgspec.Struct)


class SignatureError(GraderError):
    """The envelope cannot be trusted. The message says what differs."""


class BadKey(UserError):
    """A key cannot be read or is of the wrong kind."""


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """One signature of an envelope. Unknown fields, which DSSE allows, are ignored."""

    keyid: str = ""
    sig: str


class Envelope(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A DSSE envelope."""

    payload_type: str
    payload: str
    signatures: Annotated[tuple[Signature, ...], msgspec.Meta(min_length=1, max_length=SIGNATURES)]


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """The subject of a statement."""

    name: str
    digest: dict[str, str]


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """An in-toto statement, whose predicate is a report, a review, evidence or a certificate."""

    type_: str = msgspec.field(name="_type")
    subject: tuple[Subject, ...]
    predicate_type: str = msgspec.field(name="predicateType")
    predicate: msgspec.Raw


def new_key() -> tuple[bytes, bytes]:
    """Return a new key pair in PEM format: the private key and the public key."""
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private, _public_pem(key.public_key())


def sign(report: bytes, private_pem: bytes) -> bytes:
    """Put the JSON report, unchanged, into a signed envelope. Raises StoredReportError or BadKey."""
    parsed = decode(report, "the report").report
    return seal(report.strip(), private_pem, kind=PREDICATE, subjects=_subjects(parsed))


def seal(predicate: bytes, private_pem: bytes, *, kind: str, subjects: tuple[Subject, ...]) -> bytes:
    """Put JSON about some subjects into a signed envelope; `kind` is its predicate type. Raises BadKey."""
    key = _load(serialization.load_pem_private_key, private_pem, Ed25519PrivateKey, password=None)
    statement = Statement(type_=STATEMENT, subject=subjects, predicate_type=kind, predicate=msgspec.Raw(predicate))
    payload = msgspec.json.encode(statement)
    encoded = base64.b64encode(payload).decode()
    return _written(Envelope(payload_type=PAYLOAD_TYPE, payload=encoded, signatures=(_signature(key, payload),)))


def countersign(envelope: bytes, private_pem: bytes) -> bytes:
    """Add a second key's signature to an envelope, over the same payload. Raises SignatureError, BadKey."""
    key = _load(serialization.load_pem_private_key, private_pem, Ed25519PrivateKey, password=None)
    outer, payload, signatures = _taken_out(envelope)
    if any(_holds(key.public_key(), signature, payload) for signature in signatures):
        raise SignatureError(f"the key {key_id(_public_pem(key.public_key()))} signed it already")
    if len(signatures) >= SIGNATURES:
        raise SignatureError(f"it has {SIGNATURES} signatures, and no envelope has more")
    added = (*outer.signatures, _signature(key, payload))
    return _written(Envelope(payload_type=outer.payload_type, payload=outer.payload, signatures=added))


def check(envelope: bytes, public_pem: bytes) -> Report | RepositoryReport:
    """Return an envelope's report after checking the signature and the statement's subjects. Raises SignatureError."""
    return _stated(opened(envelope, public_pem))


def opened(envelope: bytes, public_pem: bytes) -> Statement:
    """Return an envelope's statement after checking its signature. Raises SignatureError, BadKey."""
    key = _load(serialization.load_pem_public_key, public_pem, Ed25519PublicKey)
    _, payload, signatures = _taken_out(envelope)
    if not any(_holds(key, signature, payload) for signature in signatures):
        raise SignatureError(
            f"none of its signatures was made with the key {key_id(public_pem)} over this payload: "
            "the report was changed after it was signed, or it was signed with another key"
        )
    return _statement(payload)


def unverified(envelope: bytes) -> Report | RepositoryReport:
    """Return an envelope's report, whoever signed it: nothing vouches for it. Raises SignatureError."""
    return _stated(unsealed(envelope))


def unsealed(envelope: bytes) -> Statement:
    """Return an envelope's statement, whoever signed it: nothing vouches for it. Raises SignatureError."""
    try:
        payload = base64.b64decode(inputs.json(envelope, Envelope).payload, validate=True)
    except (msgspec.DecodeError, binascii.Error, ValueError) as error:
        raise SignatureError(f"this is not a DSSE envelope ({error})") from None
    return _statement(payload)


def content_of(statement: Statement, content: type[Content], *, kind: str, what: str) -> Content:
    """Return the content of a statement of this kind; `what` names it in errors. Raises SignatureError.

    Whether the statement is about this content remains to be checked.
    """
    if statement.predicate_type != kind:
        raise SignatureError(f"the signed statement is not {what}")
    try:
        return inputs.json(bytes(statement.predicate), content)
    except msgspec.DecodeError as error:
        raise SignatureError(f"the signed content is not {what}: {error}") from None


def _taken_out(envelope: bytes) -> tuple[Envelope, bytes, list[bytes]]:
    """Return an envelope with its payload and signatures decoded, none of them checked. Raises SignatureError."""
    try:
        outer = inputs.json(envelope, Envelope)
        payload = base64.b64decode(outer.payload, validate=True)
        signatures = [base64.b64decode(signature.sig, validate=True) for signature in outer.signatures]
    except (msgspec.DecodeError, binascii.Error, ValueError) as error:
        raise SignatureError(f"this is not a DSSE envelope ({error})") from None
    if outer.payload_type != PAYLOAD_TYPE:
        raise SignatureError(f"the payload type is {outer.payload_type!r}, not {PAYLOAD_TYPE!r}")
    return outer, payload, signatures


def _signature(key: Ed25519PrivateKey, payload: bytes) -> Signature:
    keyid = key_id(_public_pem(key.public_key()))
    return Signature(keyid=keyid, sig=base64.b64encode(key.sign(_pae(payload))).decode())


def _written(envelope: Envelope) -> bytes:
    return msgspec.json.format(msgspec.json.encode(envelope), indent=2) + b"\n"


def _statement(payload: bytes) -> Statement:
    try:
        statement = inputs.json(payload, Statement)
    except msgspec.DecodeError as error:
        raise SignatureError(f"the signed content is not a statement: {error}") from None
    if statement.type_ != STATEMENT:
        raise SignatureError("the signed content is not an in-toto statement of version 1")
    return statement


def _stated(statement: Statement) -> Report | RepositoryReport:
    """Return the report in a statement, after checking that the statement is about it."""
    if statement.predicate_type != PREDICATE:
        raise SignatureError("the signed statement is not of the kind that `grader sign` writes")
    try:
        report = decode(bytes(statement.predicate), "the signed report").report
    except (msgspec.DecodeError, StoredReportError) as error:
        raise SignatureError(f"the signed content is not a report: {error}") from None
    if statement.subject != _subjects(report):
        raise SignatureError("the statement names submissions or challenges other than those of its report")
    return report


def differences(signed: Report | RepositoryReport, shown: Report | RepositoryReport) -> tuple[str, ...]:
    """Return the paths at which a presented report differs from the signed one, such as `reports[0].score`."""
    return tuple(_differ(msgspec.to_builtins(signed), msgspec.to_builtins(shown), ""))


def key_id(public_pem: bytes) -> str:
    """Return the SHA-256 of the public key's DER, in hex, cut to 16 characters."""
    return fingerprint(public_pem)[:16]


def public_half(private_pem: bytes) -> bytes:
    """Return the public key of a private one, in PEM. Raises BadKey."""
    key = _load(serialization.load_pem_private_key, private_pem, Ed25519PrivateKey, password=None)
    return _public_pem(key.public_key())


def fingerprint(public_pem: bytes) -> str:
    """Return the SHA-256 of the public key's DER, in hex. Raises BadKey."""
    key = _load(serialization.load_pem_public_key, public_pem, Ed25519PublicKey)
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


def read_key(path: Path) -> bytes:
    """Return a key file's bytes. Raises BadKey."""
    try:
        return inputs.read(path)
    except OSError as error:
        raise BadKey(f"{path}: {error.strerror}. Run `grader sign --new-key FILE` to make a key pair.") from None


def _subjects(report: Report | RepositoryReport) -> tuple[Subject, ...]:
    subjects = []
    for single in each(report):
        challenge = f"{single.challenge.name}@{single.challenge.version}"
        subjects.append(Subject(name=single.submission.path, digest={"sha256": single.submission.digest[7:]}))
        subjects.append(Subject(name=challenge, digest={"sha256": single.challenge.digest[7:]}))
    return tuple(subjects)


def _pae(payload: bytes) -> bytes:
    """Return DSSE's pre-authentication encoding."""
    kind = PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def _holds(key: Ed25519PublicKey, signature: bytes, payload: bytes) -> bool:
    try:
        key.verify(signature, _pae(payload))
    except InvalidSignature:
        return False
    return True


def _public_pem(key: Ed25519PublicKey) -> bytes:
    pem: bytes = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return pem


def _load(loader: Any, pem: bytes, kind: Any, **options: Any) -> Any:
    try:
        key = loader(pem, **options)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BadKey(f"the key cannot be read: {error}. Use an Ed25519 key in PEM format.") from None
    if not isinstance(key, kind):
        raise BadKey(f"the key is of the wrong kind ({type(key).__name__}). Use an Ed25519 key in PEM format.")
    return key


def _differ(one: Any, other: Any, path: str) -> list[str]:
    if type(one) is dict and type(other) is dict:
        keys = [*one, *(key for key in other if key not in one)]
        return [
            difference
            for key in keys
            for difference in _differ(one.get(key), other.get(key), f"{path}.{key}".lstrip("."))
        ]
    if type(one) is list and type(other) is list and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        return [difference for place, pair in pairs for difference in _differ(*pair, f"{path}[{place}]")]
    return [] if one == other else [path]
