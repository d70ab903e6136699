"""A record loses nothing; a view is told from it, and says what it lacks."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.model import Report, RepositoryReport
from grader.report import Audience, View, render
from grader.store.codec import StoredReportError, decode, encode, read

GOLD = Path(__file__).parents[1] / "gold"
CASES = sorted(path.parent.name for path in GOLD.glob("*/report.json"))


@pytest.mark.parametrize("case", CASES)
def test_a_record_reads_back_the_same(case: str) -> None:
    """Every report of the gold folders, of a submission or a repository, survives to the last bit."""
    report = read(GOLD / case / "report.json").report
    assert decode(encode(report), "x") == (report, True)


@given(
    score=st.floats(allow_nan=False, allow_infinity=False),
    text=st.text(alphabet=st.characters(exclude_categories=["Cs"])),
    seed=st.integers(0, 2**53 - 1),
)
def test_nothing_is_rounded_or_made_visible(score: float, text: str, seed: int) -> None:
    """Figures keep every digit, and text every character, where a view has escapes."""
    report = read(GOLD / "partial/report.json").report
    assert isinstance(report, Report)
    changed = msgspec.structs.replace(report, score=score, seed=seed, next_level=text, graded_at=text)
    assert decode(encode(changed), "x").report == changed


def test_a_record_has_the_fields_of_a_report() -> None:
    """Who reads a results folder with a program finds what `--format json` has, and the record's version."""
    report = read(GOLD / "partial/report.json").report
    record, view = json.loads(encode(report)), json.loads(render(report, "json"))
    assert set(record) == {*view, "record_version"}
    assert (record["record_version"], record["format_version"]) == (1, 1)


def test_a_later_record_is_not_guessed_at() -> None:
    """A version that this one does not know is refused, with a remedy."""
    data = json.loads(encode(read(GOLD / "partial/report.json").report)) | {"record_version": 2}
    with pytest.raises(StoredReportError, match=r"record's version is 2.*Update the grader"):
        decode(json.dumps(data).encode(), "x")


@pytest.mark.parametrize("data", [b'{"record_version": 1}', b'{"record_version": "1"}', b'{"record_version": null}'])
def test_a_broken_record_is_said_so(data: bytes) -> None:
    """Words, and no traceback."""
    with pytest.raises(StoredReportError, match=r"x: this is not a report"):
        decode(data, "x")


def test_a_report_nested_without_end_is_refused() -> None:
    """A file that would take the reader's stack is no report."""
    with pytest.raises(StoredReportError):
        decode(b'{"criteria": ' + b"[" * 200_000, "x")


def test_a_view_says_what_it_lacks() -> None:
    """A candidate's view lacks what only reviewers see; a reviewer's view and a record lack nothing."""
    report = read(GOLD / "partial/report.json").report
    candidate = decode(render(report, "json").encode(), "x")
    reviewer = decode(render(report, "json", View(audience=Audience.REVIEWER)).encode(), "x")
    assert "hidden tests" in candidate.missing
    assert (reviewer.missing, decode(encode(report), "x").missing) == ("", "")


def test_reports_without_a_date_stay_without() -> None:
    """Those of earlier versions render to the letter as before."""
    report = read(GOLD / "partial/report.json").report
    assert "graded_at" not in render(report, "json")
    assert isinstance(report, Report)
    dated = msgspec.structs.replace(report, graded_at="2026-11-22T10:00:00+00:00", python="3.11.7")
    assert json.loads(render(dated, "json"))["graded_at"] == "2026-11-22T10:00:00+00:00"
    assert json.loads(render(RepositoryReport(reports=(dated,)), "json"))["reports"][0]["python"] == "3.11.7"
