"""Stored reports: read strictly, compared fairly, signed so that tampering shows, reviewed without loss."""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from grader.assess.pipeline import reject
from grader.challenges.catalogue import catalogue
from grader.challenges.challenge import Challenge
from grader.cli.commands import grader
from grader.model import Level, MarkStatus, PeerCriterion, PeerMark, PromiseOutcome, Report, ReportStatus, ReviewMark
from grader.store.codec import StoredReportError, decode
from grader.store.compare import compare
from grader.store.difference_text import as_json, as_markdown, as_text
from grader.store.regrade import ChangedSubmission, merged, resubmitted
from grader.store.review import ReviewError, ReviewFile, reviewed
from grader.store.sign import BadKey, SignatureError, check, differences, new_key, sign
from tests.conftest import Graded

replace = msgspec.structs.replace


@pytest.fixture
def challenge(adder: Path) -> Challenge:
    return catalogue((adder.parent.parent,)).find("adder")


@pytest.fixture
def report(challenge: Challenge) -> Report:
    """A report of a submission that earned everything."""
    lost = reject("mine", challenge, ())
    marks = tuple(replace(mark, earned=mark.points, status=MarkStatus.EARNED) for mark in lost.criteria)
    about = replace(lost.submission, digest="sha256:" + "a" * 64)
    return replace(
        lost,
        criteria=marks,
        status=ReportStatus.GRADED,
        score=10.0,
        percent=100.0,
        best_possible=10.0,
        submission=about,
    )


@pytest.fixture
def stored(report: Report, tmp_path: Path) -> Path:
    path = tmp_path / "report.json"
    path.write_bytes(msgspec.json.encode(report))
    return path


def run(*words: object) -> Result:
    return CliRunner().invoke(grader, [str(word) for word in words], standalone_mode=False, catch_exceptions=True)


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[]", b"\xff", b'{"format_version": 1}', b'{"reports": 3}', b'{"reports": [{}]}']
)
def test_what_is_no_report_is_said_so(data: bytes) -> None:
    """A file that is no report gets words, never a traceback or an empty report."""
    with pytest.raises(StoredReportError, match="somefile"):
        decode(data, "somefile")


def test_a_later_format_is_not_guessed_at(report: Report) -> None:
    """A report of a format that this version does not know is refused."""
    with pytest.raises(StoredReportError, match="format version is 2"):
        decode(msgspec.json.encode(replace(report, format_version=2)), "x")


def test_a_stored_report_renders_again(stored: Path) -> None:
    """`grader report` shows what `grader grade` showed, without grading."""
    assert "100 %" in run("report", stored).output
    assert json.loads(run("report", stored, "--format", "json").output)["score"] == 10.0


def test_a_comparison_says_what_was_won_and_lost(report: Report) -> None:
    """Points, promises and everything else that differs between two reports are told, in every format."""
    from grader.model import Promise

    def with_promise(outcome: PromiseOutcome, earned: float) -> Report:
        promise = Promise(id="test_x", text="Sums are sums.", outcome=outcome, criterion="sums")
        first, *rest = report.criteria
        return replace(
            report, criteria=(replace(first, earned=earned, promises=(promise,)), *rest), percent=10 * earned
        )

    old, new = with_promise(PromiseOutcome.KEPT, 6.0), with_promise(PromiseOutcome.BROKEN, 2.0)
    (difference,) = compare([old], [replace(new, seed=9)])
    assert difference.gain == -40.0
    assert [(change.id, change.gain, change.newly_broken) for change in difference.changed] == [
        ("sums", -4.0, ("Sums are sums.",))
    ]
    assert "a different seed" in "".join(difference.notes)
    assert "broken now: Sums are sums." in as_text([difference])
    narrow = as_text([difference], 30)
    assert "      broken now: Sums are sums." in narrow.splitlines()
    assert max(map(len, narrow.splitlines())) <= 38
    assert "6 -> 2" in as_markdown([difference])
    assert json.loads(as_json([difference]))["differences"][0]["gain"] == -40.0


def test_equal_reports_have_no_difference(stored: Path) -> None:
    """Comparing a report with itself finds nothing and succeeds."""
    assert "no criterion changed" in run("compare", stored, stored, "--fail-on-loss").output


def test_a_signed_report_is_the_report(report: Report) -> None:
    """What was signed comes out again, byte for byte the same values."""
    private, public = new_key()
    assert check(sign(msgspec.json.encode(report), private), public) == report


def _payload(envelope: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    outer = json.loads(envelope)
    payload = json.loads(base64.b64decode(outer["payload"]))
    change(payload)
    outer["payload"] = base64.b64encode(json.dumps(payload).encode()).decode()
    return json.dumps(outer).encode()


@pytest.mark.parametrize(
    "tampered",
    [
        lambda e: _payload(e, lambda p: p["predicate"].update(score=11.0)),
        lambda e: _payload(e, lambda p: p["subject"].pop()),
        lambda e: _payload(e, lambda p: None),
        lambda e: e.replace(b"in-toto+json", b"other+json"),
        lambda e: e.replace(b'"sig": "', b'"sig": "AAAA'),
        lambda e: json.dumps({**json.loads(e), "signatures": []}).encode(),
        lambda e: json.dumps({**json.loads(e), "signatures": [{"sig": ""}]}).encode(),
        lambda e: e[: len(e) // 2],
        lambda e: b"{}",
        lambda e: b"",
    ],
)
def test_a_tampered_envelope_is_refused(report: Report, tampered: Callable[[bytes], bytes]) -> None:
    """Any change to payload, type or signature is noticed."""
    private, public = new_key()
    envelope = sign(msgspec.json.encode(report), private)
    with pytest.raises(SignatureError):
        check(tampered(envelope), public)


def test_another_key_is_refused(report: Report) -> None:
    """A signature by somebody else is no signature."""
    private, _ = new_key()
    _, other = new_key()
    with pytest.raises(SignatureError, match="another key"):
        check(sign(msgspec.json.encode(report), private), other)


def test_a_report_that_is_shown_is_held_against_the_signed_one(stored: Path, report: Report, tmp_path: Path) -> None:
    """`grader check --report` names what differs, and exits 1."""
    assert run("sign", stored, "--new-key", tmp_path / "key").return_value == 0
    envelope = tmp_path / "report.signed.json"
    assert run("check", envelope, "--key", tmp_path / "key.pub", "--report", stored).return_value == 0
    forged = tmp_path / "forged.json"
    forged.write_bytes(msgspec.json.encode(replace(report, percent=12.0)))
    result = run("check", envelope, "--key", tmp_path / "key.pub", "--report", forged)
    assert result.return_value == 1
    assert differences(report, replace(report, percent=12.0)) == ("percent",)
    assert (tmp_path / "key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("key", [b"", b"not a key", new_key()[1]])
def test_a_wrong_key_is_said_so(report: Report, key: bytes) -> None:
    """A key of the wrong kind gets words."""
    with pytest.raises(BadKey):
        sign(msgspec.json.encode(report), key)


def _review(*marks: ReviewMark, **options: Any) -> ReviewFile:
    return ReviewFile(format_version=1, reviewer="Grace", date=dt.date(2026, 11, 22), mark=marks, **options)


def _open(report: Report) -> Report:
    first, *rest = report.criteria
    return replace(report, criteria=(replace(first, earned=0.0, status=MarkStatus.NOT_MEASURED), *rest))


def test_a_review_joins_the_report_with_name_and_date(report: Report, challenge: Challenge) -> None:
    """A reviewer's points count, and who gave them when stays in the report."""
    peer = (PeerMark(criterion=PeerCriterion.TESTING, level=Level.SENIOR),)
    joined = reviewed(_open(report), _review(ReviewMark(criterion="sums", points=3), peer=peer), challenge)
    assert (joined.score, joined.status) == (7.0, ReportStatus.GRADED)
    assert joined.criteria[0].reviewer == "Grace"
    assert (joined.reviews[0].date, joined.reviews[0].peer) == ("2026-11-22", peer)


def test_a_measured_mark_is_never_replaced_silently(report: Report, challenge: Challenge) -> None:
    """Replacing what was measured takes an explicit override with a reason, and what was measured is kept beside it."""
    with pytest.raises(ReviewError, match="override"):
        reviewed(report, _review(ReviewMark(criterion="sums", points=1)), challenge)
    with pytest.raises(ReviewError, match="comment"):
        reviewed(report, _review(ReviewMark(criterion="sums", points=1, override=True)), challenge)
    mark = ReviewMark(criterion="sums", points=1, override=True, comment="copied")
    joined = reviewed(report, _review(mark), challenge)
    assert joined.reviews[0].marks[0].measured == 6.0
    assert joined.score == 5.0


@pytest.mark.parametrize(
    ("mark", "submission", "words"),
    [
        (ReviewMark(criterion="nothing", points=1), "", "no such criterion"),
        (ReviewMark(criterion="sums", points=7), "", "0 to 6"),
        (ReviewMark(criterion="sums", points=-1), "", "0 to 6"),
        (ReviewMark(criterion="sums", points=1), "sha256:other", "about"),
    ],
)
def test_a_review_that_does_not_fit_is_refused(
    report: Report, challenge: Challenge, mark: ReviewMark, submission: str, words: str
) -> None:
    """Unknown criteria, impossible points and reviews of other code change nothing."""
    with pytest.raises(ReviewError, match=words):
        reviewed(_open(report), _review(mark, submission=submission), challenge)


def test_resuming_keeps_what_was_measured(report: Report, challenge: Challenge) -> None:
    """An incomplete report gets the missing marks; those it had stay as they were."""
    again = replace(report, criteria=tuple(replace(mark, earned=1.0) for mark in report.criteria))
    done = merged(_open(report), again, challenge)
    assert [mark.earned for mark in done.criteria] == [1.0, 4.0]
    assert done.status is ReportStatus.GRADED


def test_other_files_are_not_graded_in_the_place_of_the_old(report: Report, adder: Path, tmp_path: Path) -> None:
    """A report is only ever replaced by a grading of the same digest."""
    (tmp_path / "new").mkdir()
    (tmp_path / "new/adder.py").write_text("x = 1\n")
    with pytest.raises(ChangedSubmission, match="its digest differs"):
        resubmitted(report, catalogue((adder.parent.parent,)), [tmp_path / "new"])


def test_regrading_shows_the_difference_and_replaces_only_when_asked(
    graded: Graded, adder: Path, tmp_path: Path
) -> None:
    """`grader regrade` on the same files finds the same marks, and writes nothing without --replace."""
    source = adder / "solution"
    report = graded((source / "adder.py").read_text())
    path = tmp_path / "old.json"
    first, *rest = report.criteria
    path.write_bytes(
        msgspec.json.encode(replace(report, criteria=(replace(first, earned=0.0), *rest), percent=40.0, person="Ada"))
    )
    before = path.read_bytes()
    words = ("regrade", path, "--submission", source, "--challenges", adder.parent.parent)
    assert "40 % -> 100 % (+60)" in run(*words).output
    assert path.read_bytes() == before
    run(*words, "--replace")
    new = json.loads(path.read_text())
    assert (new["percent"], new["person"]) == (100.0, "Ada")


@pytest.mark.parametrize("format_", ["terminal", "markdown", "html", "json"])
def test_a_review_is_in_the_reports_that_people_read(report: Report, challenge: Challenge, format_: str) -> None:
    """Who reviewed, when, what they gave and said: in every format for people, with nothing in it obeyed."""
    from grader.report import render

    mark = ReviewMark(criterion="sums", points=3, comment="Neat <b>seams</b> \x1b[2J")
    peer = (PeerMark(criterion=PeerCriterion.DOCUMENTATION, level=Level.EXPERT),)
    shown = render(reviewed(_open(report), _review(mark, peer=peer), challenge), format_)
    assert "Grace" in shown
    assert "2026-11-22" in shown.replace("\\", "")
    assert "\x1b[2J" not in shown
    if format_ != "json":
        assert "Documentation: level 4" in shown
        assert "<b>seams" not in shown or format_ == "terminal"
