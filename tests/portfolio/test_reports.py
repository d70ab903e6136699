"""Reports of a portfolio: each with who vouches for it; a bad one never hides the others."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from grader.model import Area, Level, ReportStatus, RepositoryReport
from grader.portfolio.folder import PortfolioFolder
from grader.portfolio.history import Trend, histories, last_report
from grader.portfolio.pages import foldable
from grader.portfolio.reports import KeptReports, copy, keep, read_reports
from grader.portfolio.state import read_state
from grader.portfolio.strict import PortfolioError
from grader.portfolio.trust import Trust, TrustedKey
from grader.report import render
from grader.store.sign import SignatureError, fingerprint, key_id, new_key, sign
from tests.portfolio.conftest import kept, made

HERE = Path(__file__).parent.parent / "gold"
PRIVATE, PUBLIC = new_key()
STRANGER, _ = new_key()


def put(folder: PortfolioFolder, name: str, content: bytes) -> None:
    (folder.reports / name).write_bytes(content)


def read(folder: PortfolioFolder) -> KeptReports:
    return read_reports(folder, [PUBLIC])


def view(**options: object) -> bytes:
    return render(made(**options), "json").encode()  # type: ignore[arg-type] # passed on as they are


def test_a_report_made_alone_is_self_graded(folder: PortfolioFolder) -> None:
    """With its marks and its day, and without anybody who vouches for it."""
    keep(folder, made())
    (report,) = read(folder).reports
    assert (report.provenance, report.date, report.result) == ("self-graded", "2026-11-01", "72 %, level 2")


def test_a_report_is_signed_by_a_key_that_the_reader_trusts(folder: PortfolioFolder) -> None:
    """The key is named. The same file is self-graded for a reader who trusts nobody."""
    put(folder, "a.signed.json", sign(view(), PRIVATE))
    (report,) = read(folder).reports
    assert report.provenance == f"signed by {key_id(PUBLIC)}"
    (same,) = read_reports(folder).reports
    assert (same.provenance, same.note) == ("self-graded", "it was signed, but not with a key given with --issuer")


def test_a_signature_of_anybody_else_is_none(folder: PortfolioFolder) -> None:
    """Who signs with a key of their own vouches for themselves."""
    put(folder, "a.signed.json", sign(view(percent=100.0, level=4), STRANGER))
    (report,) = read(folder).reports
    assert report.provenance == "self-graded"


def test_an_edited_envelope_is_not_signed(folder: PortfolioFolder) -> None:
    """The signature is over the bytes: a report put in place of the signed one is at most self-graded."""
    honest = msgspec.json.decode(sign(view(), PRIVATE))
    better = msgspec.json.decode(sign(view(percent=100.0, level=4), STRANGER))
    put(folder, "a.signed.json", msgspec.json.encode(honest | {"payload": better["payload"]}))
    (report,) = read(folder).reports
    assert (report.signer, report.report.percent) == ("", 100.0)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b'{"challenge": ', r"a.json:1: this is not a report"),
        (b'{\n"challenge": [\n1,\n}', r"a.json:4: this is not a report"),
        (b'{"payloadType": "x", "payload": "?", "signatures": []}', r"a.json: .*DSSE"),
        (b'{"payloadType": "x", "deep": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", r"a.json: .*DSSE.*recursion"),
        (b"\xff", r"a.json.* is not a report"),
        (view(percent=1e9, level=4), r"a.json: contains a report with an impossible score of 1e\+09 %"),
    ],
)
def test_a_bad_file_is_named_and_hides_no_other(folder: PortfolioFolder, content: bytes, says: str) -> None:
    """File, line where there is one, remedy; the report beside it is read."""
    put(folder, "a.json", content)
    put(folder, "b.json", view())
    found = read(folder)
    assert [report.file for report in found.reports] == ["b.json"]
    (problem,) = found.problems
    assert problem.remedy
    with pytest.raises(AssertionError, match=says):
        raise AssertionError(problem)


def test_nothing_is_overwritten(folder: PortfolioFolder) -> None:
    """The same report is kept once; another one of the same name is refused."""
    ((path, first),) = keep(folder, made())
    ((again, second),) = keep(folder, made())
    assert (path, first, second) == (again, True, False)
    assert path.name.startswith("language-metaclass-orm-2026-11-01-")
    path.write_text("something else")
    with pytest.raises(PortfolioError, match="nothing was overwritten"):
        keep(folder, made())
    assert path.read_text() == "something else"


def test_reports_are_copied_as_they_are(folder: PortfolioFolder, tmp_path: Path) -> None:
    """Byte for byte, since a signature is over bytes; what is not a report is not copied."""
    source = tmp_path / "x.json"
    source.write_bytes(sign(view(), PRIVATE))
    path, is_new = copy(folder, source)
    assert (is_new, path.read_bytes()) == (True, source.read_bytes())
    assert path.name.endswith(".signed.json")
    source.write_bytes(b'{"payloadType": 1}')
    with pytest.raises(SignatureError):
        copy(folder, source)


def test_what_was_rejected_is_not_kept(folder: PortfolioFolder) -> None:
    """A report of a repository is kept one by one, without those that graded nothing."""
    rejected = msgspec.structs.replace(made(), status=ReportStatus.REJECTED)
    whole = RepositoryReport(reports=(made(), rejected, made("descriptors")))
    assert len(keep(folder, whole)) == 2


def test_every_stored_report_can_be_read(folder: PortfolioFolder) -> None:
    """Whole repositories, hostile text and records among them."""
    for case in ("partial", "hostile", "repository", "incomplete", "rejected"):
        put(folder, f"{case}.json", (HERE / case / "report.json").read_bytes())
    found = read(folder)
    assert (len(found.reports), found.problems) == (7, ())


def test_interview_parts_never_count() -> None:
    """Whatever skill they name."""
    part = made()
    challenge = msgspec.structs.replace(part.challenge, area=Area.INTERVIEW)
    part = msgspec.structs.replace(part, challenge=challenge, level=Level.EXPERT)
    assert histories([kept(part)])["Metaclasses"].attempts == ()


def test_a_skill_of_another_area_is_not_that_skill() -> None:
    """A challenge that calls itself `Metaclasses` below testing/ shows nothing of metaclasses."""
    strange = msgspec.structs.replace(made().challenge, area=Area.TESTING)
    assert histories([kept(msgspec.structs.replace(made(), challenge=strange))])["Metaclasses"].attempts == ()


@pytest.mark.parametrize(
    ("percents", "trend", "words"),
    [
        ([], Trend.NONE, ""),
        ([70], Trend.FIRST, "first"),
        ([70, 70.4], Trend.STEADY, "steady"),
        ([90, 70, 82.5], Trend.UP, "up 12.5"),
        ([70, 60], Trend.DOWN, "down 10"),
    ],
)
def test_the_trend_is_that_of_the_last_two(percents: list[float], trend: Trend, words: str) -> None:
    """Of attempts at one challenge; the best one stays the best."""
    reports = [kept(made(percent=percent, level=2)) for percent in percents]
    history = histories(reports)["Metaclasses"]
    assert (history.trend, history.trend_words) == (trend, words)
    assert (history.best.report.percent if history.best else 0) == max(percents, default=0)


def test_reports_are_in_the_order_of_their_time(folder: PortfolioFolder) -> None:
    """Whatever their files are called; undated ones come first."""
    put(folder, "a.json", view(day="2026-11-03", percent=3.0))
    put(folder, "b.json", view(day="2026-11-01", percent=1.0))
    put(folder, "c.json", view(day="", percent=0.0))
    reports = read(folder).reports
    assert [report.report.percent for report in reports] == [0, 1, 3]
    assert [report.date for report in reports] == ["", "2026-11-01", "2026-11-03"]
    last = last_report(reports, "language/metaclass_orm")
    assert last is not None
    assert last.report.percent == 3
    assert last_report(reports, "language/descriptors") is None


def test_a_date_that_is_none_is_shown_as_none() -> None:
    """A report may hold any text; a file's name and a table take dates alone."""
    report = msgspec.structs.replace(made(), graded_at="../../etc/passwd")
    assert kept(report).date == ""


def test_a_signer_is_named_as_the_readers_list_names_them(folder: PortfolioFolder) -> None:
    """By the key alone where the list has no name; never by what the report says."""
    put(folder, "a.signed.json", sign(view(), PRIVATE))
    for name, shown in (("Example Academy", "Example Academy"), ("", key_id(PUBLIC))):
        key = TrustedKey(name=name, pem=PUBLIC, id=key_id(PUBLIC), fingerprint=fingerprint(PUBLIC))
        (report,) = read_state(folder, Trust(issuers=(key,))).reports
        assert report.provenance == f"signed by {shown}"


@pytest.mark.parametrize("name", ["language/metaclass_orm", "a_b/<b>", "\u202e_x"])
def test_a_name_can_be_broken_in_a_narrow_column(name: str) -> None:
    """After a slash or an underscore, and it never becomes markup."""
    shown = foldable(name)
    assert shown.count("<wbr>") == name.count("_") + name.count("/")
    assert "<b>" not in shown
    assert "\u202e" not in shown
