"""External validations: stated by their owner, confirmed by somebody else's key."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest

from grader.portfolio.external import (
    EVIDENCE,
    EvidenceFile,
    EvidenceShelf,
    EvidenceSources,
    ExternalKind,
    _subjects,
    read_evidence,
    seal_evidence,
)
from grader.portfolio.folder import PortfolioFolder
from grader.portfolio.trust import Trust
from grader.store.sign import new_key, seal
from tests.portfolio.academy import ACADEMY, ADA, GRACE, MALLORY, TRUST, known
from tests.portfolio.conftest import DAY

replace = msgspec.structs.replace
OWN, OWN_PUB = new_key()
PERSONS = Trust(issuers=TRUST.issuers, persons=(*TRUST.persons, known(ADA, OWN_PUB)))
STATED = EvidenceFile(
    format_version=1,
    kind=ExternalKind.ENDORSEMENT,
    person=ADA,
    title="Her reviews made us better",
    link="https://example.org/e",
    date=DAY,
    checked_by="Grace Hopper",
    checked_on=DAY,
)


def sealed(key: bytes, **fields: object) -> bytes:
    """Signed as it is, whatever our own command would refuse."""
    evidence = replace(STATED, **fields)
    content = msgspec.json.encode(evidence)
    return seal(content, key, kind=EVIDENCE, subjects=_subjects(content, evidence))


def written(evidence: EvidenceFile) -> bytes:
    """As TOML, by hand."""
    values = {name: value for name, value in msgspec.structs.asdict(evidence).items() if name != "comment"}
    dates = {name: value.isoformat() for name, value in values.items() if isinstance(value, dt.date)}
    return "".join(
        f"{name} = {dates.get(name) or (value if name == 'format_version' else repr(str(value)))}\n"
        for name, value in values.items()
    ).encode()


def read(folder: PortfolioFolder, **files: bytes) -> EvidenceShelf:
    for name, content in files.items():
        (folder.evidence / name.replace("_", ".")).write_bytes(content)
    return read_evidence(folder, EvidenceSources(ADA, PERSONS, DAY))


def test_another_persons_signature_confirms(folder: PortfolioFolder) -> None:
    """Signed by the key that the list has for the name; a copy of it adds nothing."""
    content = seal_evidence(STATED, GRACE)
    shelf = read(folder, a_json=content, b_json=content)
    assert [piece.counts for piece in shelf.of(ExternalKind.ENDORSEMENT)] == [True, False]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (sealed(MALLORY), "nobody whom you trust"),
        (sealed(ACADEMY), "nobody whom you trust"),
        (sealed(OWN), "Ada Lovelace signed it, not Grace"),
        (sealed(OWN, checked_by=ADA), "its owner signed it"),
        (sealed(GRACE, person="Alan Turing"), "about Alan Turing"),
        (sealed(GRACE, date=DAY + dt.timedelta(days=1)), "in the future"),
    ],
)
def test_nobody_else_confirms(folder: PortfolioFolder, content: bytes, says: str) -> None:
    """A stranger, an issuer, its owner, or somebody about somebody else."""
    (piece,) = read(folder, a_json=content).pieces
    assert (piece.counts, says in piece.state) == (False, True)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("kind = 'medal'", "'medal' is not one of the permitted values"),
        ("link = 'javascript:alert(1)'", "link: "),
        ("weight = 5", "no such key"),
    ],
)
def test_a_bad_file_is_named_and_hides_no_other(folder: PortfolioFolder, text: str, says: str) -> None:
    """File, line, remedy; the piece beside it is read."""
    whole = {
        "kind": "'pcpp'", "person": "'Ada'", "title": "'PCPP'", "link": "'https://example.org'", "date": "2026-01-01",
        "checked_by": "'Grace'", "checked_on": "2026-01-01", "format_version": "1",
    }  # fmt: skip
    key, _, value = text.partition(" = ")
    lines = "".join(f"{name} = {entry}\n" for name, entry in (whole | {key: value}).items())
    shelf = read(folder, a_toml=lines.encode(), b_json=b"{}", c_json=seal_evidence(STATED, GRACE))
    assert [piece.file for piece in shelf.pieces] == ["c.json"]
    assert says in str(shelf.problems[0])
    assert "b.json" in shelf.problems[1].file


def test_what_is_stated_is_shown_as_such(folder: PortfolioFolder) -> None:
    """A talk with a link may be looked at; an endorsement without a signature is nobody's word."""
    texts = [written(replace(STATED, kind=ExternalKind.PRESENTATION)), written(STATED)]
    states = [piece.state for piece in read(folder, a_toml=texts[0], b_toml=texts[1]).pieces]
    assert [state.partition(":")[0] for state in states] == ["stated, not confirmed", "does not count"]
