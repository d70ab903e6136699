"""Whom a verifier trusts, and which reports count: by key, by person, by time, by challenge."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import msgspec
import pytest

from grader.model import Area, Report, ReportStatus, Review, ReviewMark
from grader.portfolio.counting import Counting, PresentChallenge, years_after
from grader.portfolio.reports import KeptReport
from grader.portfolio.strict import PortfolioError
from grader.portfolio.trust import Trust, read_trust
from grader.store.sign import key_id, new_key
from tests.portfolio.conftest import DAY, kept, made

replace = msgspec.structs.replace
_, ACADEMY = new_key()
_, GRACE = new_key()
PRESENT = {"language/metaclass_orm": PresentChallenge("Metaclasses", "1.3")}


def listed(tmp_path: Path, text: str) -> Trust:
    (tmp_path / "academy.pub").write_bytes(ACADEMY)
    (tmp_path / "grace.pub").write_bytes(GRACE)
    (tmp_path / "issuers.toml").write_text(f"format_version = 1\n{text}")
    return read_trust([tmp_path / "issuers.toml"])


def test_a_list_names_keys_by_file_or_text(tmp_path: Path) -> None:
    """An issuer's key may be a file beside the list, a person's the PEM text itself."""
    trust = listed(
        tmp_path,
        f'[[issuer]]\nname = "Academy"\nkey = "academy.pub"\n'
        f'[[person]]\nname = "Grace"\nkey = """\n{GRACE.decode()}"""\n',
    )
    (issuer,), (person,) = trust.issuers, trust.persons
    assert (issuer.name, issuer.id, person.name, person.id) == ("Academy", key_id(ACADEMY), "Grace", key_id(GRACE))


def test_a_bare_key_is_an_issuer(tmp_path: Path) -> None:
    """`--issuer KEY.pub` beside a list adds a key without a name, and one that the list has keeps its name."""
    trust = listed(tmp_path, '[[issuer]]\nname = "Academy"\nkey = "academy.pub"\n')
    files = [tmp_path / "academy.pub", tmp_path / "issuers.toml", tmp_path / "grace.pub"]
    assert [key.name for key in read_trust(files).issuers] == ["Academy", ""]
    assert trust.issuer("") is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[[issuer]]\nname = "A B"\nkey = "nowhere.pub"\n', r"issuers.toml:4: .*nowhere.pub"),
        ('[[issuer]]\nname = "A B"\nkey = "x"\nkeys = 1\n', r"issuers.toml:5: issuer\[0\].keys: there is no such key"),
        (
            '[[issuer]]\nname = "A B"\nkey = "academy.pub"\n[[person]]\nname = "C D"\nkey = "academy.pub"',
            "cannot be a peer",
        ),
        (
            '[[person]]\nname = "A B"\nkey = "grace.pub"\n[[person]]\nname = "C D"\nkey = "grace.pub"',
            "for A B and for C",
        ),
        ("[[issuer]\n", "issuers.toml:2: it is not valid TOML"),
    ],
)
def test_a_bad_list_is_refused_whole(tmp_path: Path, text: str, says: str) -> None:
    """Trust is never guessed: file, line, remedy."""
    with pytest.raises(PortfolioError, match=says):
        listed(tmp_path, text)


@pytest.fixture
def trust(tmp_path: Path) -> Trust:
    return listed(tmp_path, '[[issuer]]\nname = "Academy"\nkey = "academy.pub"\nholders = ["Alan Turing"]\n')


def attempt(report: Report, signer: str = key_id(ACADEMY)) -> KeptReport:
    return kept(report, signer)


def of_ada(**fields: object) -> Report:
    return replace(made(), person="Ada Lovelace", **fields)


def why_not(trust: Trust, report: KeptReport, person: str = "Ada Lovelace") -> str:
    return Counting(person=person, trust=trust, day=DAY, present=PRESENT).why_not(report)


def test_a_report_signed_for_the_person_counts(trust: Trust) -> None:
    """Spaces and the form of accents make no other person."""
    assert why_not(trust, attempt(of_ada())) == ""
    assert why_not(trust, attempt(replace(made(), person="Zoe\u0308  Lovelace")), "Zo\u00eb Lovelace") == ""


@pytest.mark.parametrize(
    ("report", "says"),
    [
        (attempt(of_ada(), ""), "self-graded"),
        (attempt(of_ada(), "0" * 16), "self-graded"),
        (attempt(made()), "names nobody"),
        (attempt(replace(made(), person="Ada Lovelace II")), "about Ada Lovelace II"),
        (attempt(replace(made(), person="ada lovelace")), "about ada lovelace"),
        (attempt(of_ada(status=ReportStatus.INCOMPLETE)), "incomplete"),
        (attempt(of_ada(status=ReportStatus.REJECTED)), "rejected"),
        (attempt(of_ada(graded_at=msgspec.UNSET)), "does not say when"),
        (attempt(of_ada(graded_at="2026-12-01T00:00:00+00:00")), "in the future"),
        (attempt(of_ada(graded_at="2024-11-30T12:00:00+00:00")), "count for only 2 years"),
        (attempt(of_ada(challenge=replace(made().challenge, version="1.2"))), "under version 1.2; .* at 1.3"),
        (attempt(of_ada(challenge=replace(made().challenge, skill="Descriptors"))), "about Metaclasses, not"),
        (attempt(of_ada(challenge=replace(made().challenge, skill="Cooking"))), "not a skill of the framework"),
        (attempt(of_ada(challenge=replace(made().challenge, area=Area.INTERVIEW))), "not a skill of the framework"),
        (attempt(of_ada(challenge=replace(made().challenge, slug="own"))), "no challenge language/own here"),
        (
            attempt(
                of_ada(
                    reviews=(
                        Review(
                            reviewer="ADA LOVELACE", date="2026-11-02", marks=(ReviewMark(criterion="x", points=9),)
                        ),
                    )
                )
            ),
            "gave some of its marks",
        ),
    ],
)
def test_a_report_does_not_count_for_a_reason(trust: Trust, report: KeptReport, says: str) -> None:
    """Not signed, about somebody else, not whole, too old, or about another challenge; and it says which."""
    assert re.search(says, why_not(trust, report))


def test_who_holds_the_key_grades_nobody_but_others(trust: Trust) -> None:
    """An issuer's own reports are self-graded, and so are those of whoever can sign with the key."""
    for name in ("Alan Turing", "academy", "ALAN  turing"):
        assert "holds the key" in why_not(trust, attempt(replace(made(), person=name)), name)


def test_a_report_counts_to_its_last_day(trust: Trust) -> None:
    """Two years less a day."""
    assert why_not(trust, attempt(of_ada(graded_at="2024-12-01T00:00:00+00:00"))) == ""
    assert years_after(dt.date(2024, 2, 29), 1) == dt.date(2025, 2, 28)
