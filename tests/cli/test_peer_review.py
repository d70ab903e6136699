"""`grader review` and `grader sign` for peers: a reviewer signs, a reader compares."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from grader.model import Report
from grader.report import render
from grader.store.codec import decode, encode
from grader.store.sign import check
from grader.store.signed_review import read_any_review
from tests.cli.conftest import Run
from tests.portfolio.conftest import made

replace = msgspec.structs.replace
DIGEST = made().submission.digest


def test_a_reviewer_signs_and_a_reader_compares(grader: Run, tmp_path: Path) -> None:
    """`grader review --key` leaves the report as it is; `--compare` says who counts and how far they agree."""
    report = tmp_path / "report.json"
    report.write_text(render(replace(made(), person="Ada Lovelace"), "json"))
    before = report.read_bytes()
    for name in ("grace", "alan"):
        grader("sign", "--new-key", tmp_path / name)
        level = {"grace": 3, "alan": 4}[name]
        (tmp_path / f"{name}.toml").write_text(
            f'format_version = 1\nreviewer = "{name.title()}"\ndate = 2026-11-22\n'
            f'[[peer]]\ncriterion = "testing"\nlevel = {level}\n[[peer]]\ncriterion = "documentation"\nlevel = 2\n'
        )
        ended = grader("review", report, "--from", tmp_path / f"{name}.toml", "--key", tmp_path / name)
        assert (ended.status, report.read_bytes()) == (0, before)
    (tmp_path / "issuers.toml").write_text('format_version = 1\n[[person]]\nname = "Grace"\nkey = "grace.pub"\n')
    files = [tmp_path / "report.grace.review.json", tmp_path / "report.alan.review.json"]
    words = ("review", report, "--compare", "--from", files[0], "--from", files[1])
    ended = grader(*words, "--issuer", tmp_path / "issuers.toml")
    assert (ended.status, report.read_bytes()) == (0, before)
    assert "Grace, 2026-11-22 · signed by" in ended.out
    assert "Alan, 2026-11-22 · does not count: nobody whom you trust signed it" in " ".join(ended.out.split())
    assert "Krippendorff's alpha, ordinal" in ended.out
    again = grader("review", report, "--from", tmp_path / "grace.toml", "--key", tmp_path / "grace")
    assert (again.status, "already exists" in again.err) == (2, True)


def test_a_review_is_signed_by_hand_too(grader: Run, tmp_path: Path) -> None:
    """`grader sign REVIEW.toml` needs everything that the review is about."""
    grader("sign", "--new-key", tmp_path / "grace")
    path = tmp_path / "mine.toml"
    path.write_text(f'format_version = 1\nreviewer = "Grace"\ndate = 2026-11-22\nsubmission = "{DIGEST}"\n')
    ended = grader("sign", path, "--key", tmp_path / "grace")
    assert (ended.status, "challenge and person" in ended.err) == (2, True)
    path.write_text(path.read_text() + 'challenge = "language/metaclass_orm"\nperson = "Ada"\n')
    assert grader("sign", path, "--key", tmp_path / "grace").status == 0
    assert read_any_review(tmp_path / "mine.signed.json").review.person == "Ada"


def test_a_table_of_nothing_is_refused(grader: Run, tmp_path: Path) -> None:
    """`--compare` needs reviews."""
    assert grader("review", tmp_path / "x.json", "--compare").status == 2


@pytest.mark.parametrize("format_", ["json", "record"])
def test_a_report_that_names_nobody_is_named_when_it_is_signed(grader: Run, tmp_path: Path, format_: str) -> None:
    """As those of a batch; one that names somebody is never signed for anybody else."""
    grader("sign", "--new-key", tmp_path / "key")
    report = tmp_path / "report.json"
    report.write_bytes(encode(made()) if format_ == "record" else render(made(), "json").encode())
    assert grader("sign", report, "--key", tmp_path / "key", "--to", "Ada  Lovelace").status == 0
    signed = check((tmp_path / "report.signed.json").read_bytes(), (tmp_path / "key.pub").read_bytes())
    assert signed == replace(made(), person="Ada Lovelace")
    report.write_text(render(replace(made(), person="Ada Lovelace"), "json"))
    ended = grader("sign", report, "--key", tmp_path / "key", "--to", "Mallory")
    assert (ended.status, "about Ada Lovelace, not about Mallory" in ended.err) == (2, True)


def test_several_reviews_are_added_together_or_not_at_all(grader: Run, tmp_path: Path) -> None:
    """With their agreement; if one of them does not fit, the report stays as it was."""
    report = tmp_path / "report.json"
    report.write_text(render(made(), "json"))
    for name, level in (("grace", 3), ("alan", 4)):
        (tmp_path / f"{name}.toml").write_text(
            f'format_version = 1\nreviewer = "{name.title()}"\ndate = 2026-11-22\n'
            f'[[peer]]\ncriterion = "testing"\nlevel = {level}\n'
        )
    (tmp_path / "bad.toml").write_text('format_version = 1\nreviewer = "Eve"\ndate = 2026-11-22\nsubmission = "x"\n')
    before = report.read_bytes()
    ended = grader("review", report, "--from", tmp_path / "grace.toml", "--from", tmp_path / "bad.toml")
    assert (ended.status, report.read_bytes()) == (2, before)
    ended = grader("review", report, "--from", tmp_path / "grace.toml", "--from", tmp_path / "alan.toml")
    assert (ended.status, "Krippendorff" in ended.out) == (0, True)
    kept = decode(report.read_bytes(), "report").report
    assert isinstance(kept, Report)
    assert [review.reviewer for review in kept.reviews] == ["Grace", "Alan"]
    assert kept.score == made().score, "peer marks earn no points"


def test_a_reviewer_without_a_key_gets_one(grader: Run, tmp_path: Path) -> None:
    """`--new-key` makes it and signs the review of a signed report with it, and of nothing twice."""
    report = tmp_path / "report.json"
    report.write_text(render(replace(made(), person="Ada Lovelace"), "json"))
    grader("sign", report, "--new-key", tmp_path / "org")
    review = tmp_path / "grace.toml"
    review.write_text(
        'format_version = 1\nreviewer = "Grace"\ndate = 2026-11-22\n[[peer]]\ncriterion = "testing"\nlevel = 3\n'
    )
    words = ("review", tmp_path / "report.signed.json", "--from", review, "--new-key", tmp_path / "grace")
    assert grader(*words).status == 0
    signed = read_any_review(tmp_path / "report.grace.review.json")
    assert (signed.review.person, signed.review.submission) == ("Ada Lovelace", DIGEST)
    assert "grace already exists" in grader(*words).err
