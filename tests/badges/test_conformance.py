"""What we issue conforms to the official JSON schemas, and independent readers of the formats agree."""

from __future__ import annotations

import hashlib
import json
import xml.etree.ElementTree as ET
from functools import cache
from pathlib import Path

import pytest
from jsonschema import Draft201909Validator

from grader.portfolio.badges.badge_rules import BADGES
from grader.portfolio.badges.drawing import EMBLEMS, SMALLEST, drawing
from tests.badges.conftest import NOW, PRIVATE, PUBLIC, URL, Workshop, payload_of, trusted

SCHEMAS = Path(__file__).parent / "schemas"
DIGESTS = {
    "achievementcredential": "b7358e895f492e74055dc6bfc7ffc420d0e497f90c4579fb83d9519b86d393ea",
    "profile": "6b268f2caa591bf657e2a290e195713c41dc2db4e1c797723cfd00a1a83f8f13",
}


@cache
def schema(name: str) -> Draft201909Validator:
    """An official schema, after checking that it is the one that was copied."""
    content = (SCHEMAS / f"ob_v3p0_{name}_schema.json").read_bytes()
    assert hashlib.sha256(content).hexdigest() == DIGESTS[name]
    return Draft201909Validator(json.loads(content), format_checker=Draft201909Validator.FORMAT_CHECKER)


def wrong(name: str, document: object) -> list[str]:
    return [error.message for error in schema(name).iter_errors(document)]


def test_credentials_conform(workshop: Workshop) -> None:
    """In both formats, for a did:key and a did:web; a credential without criteria would not."""
    web = workshop.ob.secured(workshop.but(issuer=workshop.web), PRIVATE)
    for badge in (workshop.badge, web):
        assert wrong("achievementcredential", json.loads(badge.document)) == []
        assert wrong("achievementcredential", payload_of(badge.token)) == []
    without = json.loads(web.document)
    del without["credentialSubject"]["achievement"]["criteria"]
    assert len(wrong("achievementcredential", without)) == 1


def test_profiles_conform(workshop: Workshop) -> None:
    """What an issuer serves about itself; a profile without an identifier would not."""
    profile = json.loads(workshop.ob.issuer_profile(workshop.did, "Example & Söhne", URL))
    assert wrong("profile", profile) == []
    del profile["id"]
    assert wrong("profile", profile)


def test_a_badge_is_read_as_it_was_written(workshop: Workshop) -> None:
    """From every form, by whoever knows the issuer's DID or its key."""
    badge = workshop.badge
    for content in (badge.document, badge.token, badge.picture):
        assert workshop.verify(content) == workshop.facts
    assert workshop.verify(badge.token, anchor=workshop.ob.IssuerAnchor(issuer=trusted(PUBLIC))) == workshop.facts


def test_a_badge_of_a_web_issuer_is_read_with_its_key(workshop: Workshop) -> None:
    """Without network, by a reader who has the key."""
    facts = workshop.but(issuer=workshop.web)
    badge, listed = workshop.ob.secured(facts, PRIVATE), workshop.status(issuer=workshop.web)
    for content in (badge.picture, badge.token):
        assert workshop.verify(content, listed=listed, anchor=workshop.ob.IssuerAnchor(issuer=trusted(PUBLIC))) == facts


@pytest.mark.parametrize("badge", BADGES.values(), ids=BADGES)
def test_a_picture_says_in_words_what_it_is(badge: object) -> None:
    """Its title, for who cannot see it; hostile names are text, and long ones stay readable and inside."""
    assert isinstance(badge, type(BADGES["python-wizard"]))
    hostile = "<script>\u202e & 'Ada' \"x\" " + "W" * 180
    picture = drawing(badge, person=hostile, issuer=hostile, issued=NOW.date(), expires=NOW.date())
    tree = ET.fromstring(picture)
    space = "{http://www.w3.org/2000/svg}"
    title, *_ = tree
    assert (title.tag, tree.get("role")) == (f"{space}title", "img")
    assert title.text == tree.get("aria-label")
    assert title.text is not None
    assert title.text.startswith(f"{badge.name}: <script>\\u202e & 'Ada'")
    texts = [*tree.iter(f"{space}text")]
    assert all(int(text.get("font-size", "0")) >= SMALLEST for text in texts)
    assert len({text.text for text in texts}) == 5
    assert {element.tag.removeprefix(space) for element in tree.iter()} == {
        "svg", "title", "desc", "rect", "circle", "path", "g", "text",
    }  # fmt: skip


def test_every_badge_has_a_sign_of_its_own() -> None:
    """And a colour that white can be read on: at least 4.5 to 1."""
    assert EMBLEMS.keys() == BADGES.keys()
    assert len({emblem.path for emblem in EMBLEMS.values()}) == len(BADGES)
    assert all(1.05 / (_luminance(emblem.colour) + 0.05) >= 4.5 for emblem in EMBLEMS.values())


def _luminance(colour: str) -> float:
    shares = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return sum(weight * share for weight, share in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
