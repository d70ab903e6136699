"""Every file that the commands write is valid by the schema that ships for it."""

from __future__ import annotations

import base64
import datetime as dt
import json
import re
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from grader.cli import main
from grader.portfolio.file_schemas import KINDS, file_schema, path_of
from grader.portfolio.folder import PortfolioFolder
from grader.portfolio.scan.inventory import CodeQuality, FileCounts, Scan, SkillEvidence, SkillPlace, as_json
from grader.store.sign import unsealed
from tests.portfolio.academy import fill, issued
from tests.portfolio.conftest import made
from tests.portfolio.samples import HOSTILE

ROOT = Path(__file__).parents[2]
REVIEW = """format_version = 1
reviewer = "Grace Hopper"
date = 2026-11-22
person = "Ada Lovelace"
challenge = "language/metaclass_orm"
submission = "sha256:{digits}"
[[peer]]
criterion = "testing"
level = 3
"""


def valid(name: str, content: object) -> None:
    """Raise ValidationError unless a file's content has the form that the schema of its kind describes."""
    schema = json.loads(path_of(name).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker()).validate(content)


def table(path: Path) -> Any:
    """The content of a TOML file as JSON, with dates as text."""
    return msgspec.to_builtins(tomllib.loads(path.read_text(encoding="utf-8")))


def envelope(path: Path, predicate: str) -> None:
    """Hold an envelope, its statement and the predicate to their schemas."""
    outer = json.loads(path.read_bytes())
    valid("envelope", outer)
    statement = json.loads(base64.b64decode(outer["payload"]))
    valid("statement", statement)
    if predicate:
        valid(predicate, statement["predicate"])


@pytest.mark.parametrize("name", KINDS)
def test_the_shipped_schema_is_the_one_that_the_types_give(name: str) -> None:
    """Refresh them with `python -m grader.portfolio.file_schemas`."""
    assert path_of(name).read_text(encoding="utf-8") == file_schema(name)
    jsonschema.Draft202012Validator.check_schema(json.loads(file_schema(name)))


def test_no_schema_is_left_over() -> None:
    """Each file in the folder is the schema of a kind, and the documentation names it."""
    assert {path.name for path in path_of("scan").parent.iterdir()} == {path_of(name).name for name in KINDS}
    pages = "".join(
        (ROOT / f"docs/reference/{name}.md").read_text("utf-8") for name in ("portfolio", "badges", "scan", "interview")
    )
    assert [name for name in KINDS if f"schemas/{name}.schema.json" not in pages] == []


def test_what_the_commands_write_is_valid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Profile, notes, signed reviews and evidence, each by the schema of its kind."""
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> str:
        assert main([*words]) == 0, "".join(capsys.readouterr())
        return capsys.readouterr().out

    rated = re.sub(r"(?m)^# (?=\")", "", run("profile", "--form"))
    Path("form.toml").write_text(rated)
    run("profile", "--from", "form.toml", "--person", "Ada Lovelace")
    run("plan", "target", "coverage", "--by", "2027-02-28")
    run("plan", "note", "Metaclasses", "--learned", HOSTILE, "--to-try", "two of them")
    run("due", "record", "monthly", "--learned", "Much.")
    valid("profile", table(Path("portfolio/profile.toml")))
    assert table(Path("portfolio/profile.toml"))["ratings"]
    notes = sorted(Path("portfolio/journal").iterdir())
    assert len(notes) == 2
    for note in notes:
        valid("journal", table(note))
    run("sign", "--new-key", "grace")
    Path("review.toml").write_text(REVIEW.format(digits="a" * 64))
    run("sign", "review.toml", "--key", "grace")
    valid("review", table(Path("review.toml")))
    envelope(Path("review.signed.json"), "review")
    page = (ROOT / "docs/reference/portfolio.md").read_text("utf-8")
    issuers, evidence = re.findall(r"^```toml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)[2:4]
    Path("evidence.toml").write_text(evidence)
    Path("issuers.toml").write_text(issuers)
    run("sign", "evidence.toml", "--key", "grace")
    valid("evidence", table(Path("evidence.toml")))
    envelope(Path("evidence.signed.json"), "evidence")
    valid("issuers", table(Path("issuers.toml")))


def test_a_certificate_is_valid(folder: PortfolioFolder) -> None:
    """The envelope, the statement, and the credential in it; a signed report's envelope, too."""
    fill(folder)
    path = issued(folder)
    envelope(path, "certificate")
    envelope(next(folder.reports.iterdir()), "")
    content = json.loads(bytes(unsealed(path.read_bytes()).predicate))
    for change in ({"validUntil": 5}, {"id": "urn:x"}, {"honours": "summa cum laude"}):
        with pytest.raises(jsonschema.ValidationError):
            valid("certificate", content | change)


def test_an_issuers_records_are_valid(tmp_path: Path, folder: PortfolioFolder) -> None:
    """Office, badge and revocation."""
    pytest.importorskip("openbadgeslib", reason="the extra `badges` is not installed")
    from grader.portfolio.badges.badge_office import BadgeOffice, Grant, found_office, issue, now, revoke
    from grader.portfolio.badges.badge_rules import BADGES, BadgeProgress
    from grader.store.sign import new_key
    from tests.portfolio.conftest import kept

    private, _ = new_key()
    office = BadgeOffice(tmp_path / "office")
    found_office(office.root, name="Example", url="https://example.org", private_pem=private, web=False)
    badge = BADGES["python-wizard"]
    progress = BadgeProgress(badge=badge, reached={skill: kept(made()) for skill in badge.skills}, uncounted=())
    grant = Grant(progress=progress, person="Ada Lovelace", recipient="ada@example.org", reports=("a", "b"))
    record, _ = issue(office, grant, private, moment=now())
    revoke(office, record.id, private, reason=HOSTILE, moment=now())
    valid("office", table(office.config))
    for name in ("issued", "revoked"):
        (path,) = (office.root / name).iterdir()
        valid(name, table(path))


def test_a_scan_is_valid() -> None:
    """Every field is there, and a later version may add some."""
    place = SkillPlace(file="a.py", line=1, what="x")
    found = Scan(
        repository="shop",
        skills={"Caching": SkillEvidence(strength=2, places=(place,))},
        quality=CodeQuality(weaknesses={"error": 1}),
        files=FileCounts(read=1),
        seconds=1.5,
    )
    content = json.loads(as_json(found))
    valid("scan", content | {"new": 1})
    for name in content:
        with pytest.raises(jsonschema.ValidationError):
            valid("scan", {key: value for key, value in content.items() if key != name})


def test_a_schema_refuses_what_the_commands_refuse() -> None:
    """An unknown key, a level that is none, a date that is none."""
    profile = {"format_version": 1, "ratings": {"Caching": {"level": 2, "date": dt.date(2026, 1, 1).isoformat()}}}
    valid("profile", profile)
    for change in ({"weight": 5}, {"format_version": 2}, {"ratings": {"Caching": {"level": 5, "date": "2026-01-01"}}}):
        with pytest.raises(jsonschema.ValidationError):
            valid("profile", profile | change)
