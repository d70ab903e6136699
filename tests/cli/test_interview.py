"""`grader interview`: sessions begin, are graded, told and given up; practice counts nowhere; broken files say why."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from grader.cli import session_clock
from tests.cli.conftest import Gradings, Run


class Time:
    """The time by which the commands go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = dt.datetime(2026, 12, 1, 9, 0, tzinfo=dt.UTC)
        monkeypatch.setattr(session_clock, "now", lambda: self.now)

    def passes(self, minutes: float) -> None:
        self.now += dt.timedelta(minutes=minutes)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    return Time(monkeypatch)


@pytest.fixture
def begun(grader: Run, time: Time, tmp_path: Path) -> Path:
    """A session of 30 minutes that has just begun."""
    folder = tmp_path / "mine"
    assert grader("interview", "start", "metaclass_orm", folder, "--minutes", 30).status == 0
    return folder


def content(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "session.json").read_bytes())
    return found


def test_start_lays_out_the_challenge_and_says_until_when(grader: Run, time: Time, tmp_path: Path) -> None:
    """Starter and brief, marked as practice, and nothing that is hidden; the clock runs from now on."""
    ended = grader("interview", "start", "metaclass_orm", tmp_path / "mine", "--minutes", 30)
    assert "practice, 30 minutes from now, until 09:30 UTC" in ended.out
    assert {path.name for path in (tmp_path / "mine/answer").iterdir()} == {"README.md", "orm.py"}
    assert "**Practice**, 30 minutes" in (tmp_path / "mine/answer/README.md").read_text()
    assert content(tmp_path / "mine")["began"] == time.now.isoformat().replace("+00:00", "Z")


def test_without_minutes_the_challenge_says_how_long(grader: Run, time: Time, tmp_path: Path) -> None:
    """A session takes what the challenge's author gives an experienced person."""
    grader("interview", "start", "circuit_breaker", tmp_path / "mine")
    assert content(tmp_path / "mine")["minutes"] == 100


@pytest.mark.parametrize("obstacle", ["a folder with files", "a file", "a session"])
def test_start_overwrites_nothing(grader: Run, time: Time, tmp_path: Path, obstacle: str) -> None:
    """What is there stays, and the remedy is said."""
    place = tmp_path / "mine"
    if obstacle == "a file":
        place.write_text("mine")
    elif obstacle == "a session":
        grader("interview", "start", "metaclass_orm", place)
    else:
        place.mkdir()
        (place / "notes.txt").write_text("mine")
    before = sorted((path, path.read_bytes()) for path in tmp_path.rglob("*") if path.is_file())
    ended = grader("interview", "start", "decorators", place)
    assert ended.status == 2
    assert "Choose another folder" in ended.err
    assert sorted((path, path.read_bytes()) for path in tmp_path.rglob("*") if path.is_file()) == before


def test_each_grading_is_an_attempt(grader: Run, gradings: Gradings, time: Time, begun: Path) -> None:
    """It is kept with its time and its whole record, in the manner of an exam, and is called practice."""
    gradings.will_be("partial", "full")
    time.passes(10)
    assert grader("interview", "grade", begun).status == 0
    time.passes(12)
    ended = grader("interview", "grade", begun)
    assert "8:00 of 30 minutes are left. Last in time: 100 %." in ended.out
    kept = content(begun)["attempts"]
    assert [one["record"] for one in kept] == ["01.json", "02.json"]
    assert all((begun / "attempts" / one["record"]).is_file() for one in kept)
    assert [asked["feedback"] for asked in gradings.asked] == ["exam"] * 2
    assert ended.out.startswith("Practice, attempt 2")


def test_what_comes_late_is_kept_and_does_not_count(grader: Run, gradings: Gradings, time: Time, begun: Path) -> None:
    """The result stays that of the last attempt in time."""
    gradings.will_be("partial", "full")
    time.passes(29)
    grader("interview", "grade", begun)
    time.passes(1)
    assert "does not count" in grader("interview", "grade", begun).out
    told = " ".join(grader("interview", "report", begun).out.split())
    assert "after the end" in told
    assert "(attempt 1, after 29:00 of 30 minutes)" in told


def test_records_of_attempts_are_never_overwritten(grader: Run, gradings: Gradings, time: Time, begun: Path) -> None:
    """Not even after an attempt was struck out of the session's file."""
    gradings.will_be("partial", "full")
    time.passes(1)
    grader("interview", "grade", begun)
    first = (begun / "attempts/01.json").read_bytes()
    (begun / "session.json").write_text(json.dumps(content(begun) | {"attempts": []}))
    grader("interview", "grade", begun)
    assert (begun / "attempts/01.json").read_bytes() == first
    assert [one["record"] for one in content(begun)["attempts"]] == ["02.json"]


def test_giving_up_ends_a_session_for_good(grader: Run, gradings: Gradings, time: Time, begun: Path) -> None:
    """The story is told, the answer stays, nothing is graded any more, and it cannot be given up twice."""
    gradings.will_be("partial")
    time.passes(5)
    told = grader("interview", "give-up", begun)
    assert (told.status, "5:00  given up" in told.out) == (0, True)
    for command in ("grade", "give-up"):
        ended = grader("interview", command, begun)
        assert (ended.status, "given up" in ended.err) == (2, True)
    assert not gradings.asked
    assert (begun / "answer/orm.py").is_file()


def test_resume_says_what_is_left_and_how_to_go_on(grader: Run, time: Time, begun: Path) -> None:
    """The clock was never stopped."""
    time.passes(12.5)
    ended = grader("interview", "resume", begun)
    assert "17:30 of 30 minutes are left" in ended.out
    assert f"grader interview grade {begun}" in ended.out
    time.passes(30)
    assert "The time is up" in grader("interview", "resume", begun).out


def test_list_shows_every_session_and_what_is_wrong_with_others(grader: Run, begun: Path) -> None:
    """One broken file hides neither itself nor the others."""
    (begun.parent / "broken").mkdir()
    (begun.parent / "broken/session.json").write_text("{}")
    ended = grader("interview", "list", begun.parent)
    assert ended.status == 2
    assert "30:00 left" in ended.out
    assert "it is not a session" in " ".join(ended.out.split())
    assert "no sessions here" in grader("interview", "list", begun / "answer").out


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"kind": "issued"}, "kind"),
        ({"format_version": 2}, "format_version"),
        ({"minutes": 10**9}, "minutes"),
        ({"minutes": 0}, "minutes"),
        ({"began": "2026-12-01T09:00:00"}, "began"),
        ({"began": "9999-12-31T23:59:59Z"}, "began"),
        ({"began": "0001-01-01T00:00:00+14:00"}, "began"),
        ({"attempts": [{}]}, "attempts"),
        ({"percent": 100}, "percent"),
        ({"challenge": 7}, "challenge"),
    ],
)
def test_a_file_that_was_not_written_so_is_refused(grader: Run, begun: Path, change: dict[str, Any], says: str) -> None:
    """The error names the file, what is wrong in it, and what to do; practice cannot be made anything else."""
    (begun / "session.json").write_text(json.dumps(content(begun) | change))
    ended = grader("interview", "report", begun)
    assert ended.status == 2
    assert str(begun / "session.json") in ended.err
    assert says in ended.err
    assert "grader interview start" in ended.err


@pytest.mark.parametrize("data", [b"", b"[]", b"\xff", b"[" * 100_000, b'{"kind": "practice"}', b"0" * (2 << 20)])
def test_hostile_files_are_errors_not_crashes(grader: Run, begun: Path, data: bytes) -> None:
    """Whatever is in the file, the command ends with status 2 and says which file it is."""
    (begun / "session.json").write_bytes(data)
    ended = grader("interview", "resume", begun)
    assert (ended.status, "bug in the grader" in ended.err) == (2, False)
    assert "session.json" in ended.err


def test_what_is_in_the_file_obeys_no_terminal(
    grader: Run, gradings: Gradings, time: Time, begun: Path, tmp_path: Path
) -> None:
    """Control sequences in any text of it are shown, never sent, and a page has none either."""
    gradings.will_be("full")
    time.passes(1)
    grader("interview", "grade", begun)
    hostile = "\x1b]0;mine\x07\x1b[2J\u202e"
    (attempt,) = content(begun)["attempts"]
    changed = {"title": hostile, "attempts": [attempt | {"level": hostile}]}
    (begun / "session.json").write_text(json.dumps(content(begun) | changed))
    for command in ("report", "resume", "list", "give-up"):
        ended = grader("interview", command, begun)
        assert ended.status == 0
        assert not set("\x1b\x07\u202e") & set(ended.out + ended.err)
    (begun / "session.json").write_text(json.dumps(content(begun) | {"challenge": hostile, "given_up": None}))
    assert grader("interview", "report", begun, "--output", tmp_path / "story.html").status == 0
    assert not set("\x1b\x07\u202e") & set((tmp_path / "story.html").read_text())
    for command in ("report", "grade", "list", "give-up"):
        ended = grader("interview", command, begun)
        assert not set("\x1b\x07\u202e") & set(ended.out + ended.err)


def test_a_full_session_takes_no_more(grader: Run, gradings: Gradings, time: Time, begun: Path) -> None:
    """It is said before anything is graded, and what is kept stays readable."""
    gradings.will_be("full")
    time.passes(1)
    grader("interview", "grade", begun)
    (attempt,) = content(begun)["attempts"]
    (begun / "session.json").write_text(json.dumps(content(begun) | {"attempts": [attempt] * 500}))
    ended = grader("interview", "grade", begun)
    assert (ended.status, "500 attempts" in ended.err, len(gradings.asked)) == (2, True, 1)
    assert grader("interview", "report", begun).status == 0


def test_an_answer_that_leads_elsewhere_is_refused(grader: Run, time: Time, begun: Path) -> None:
    """A link out of the answer is as wrong in a session as anywhere."""
    time.passes(1)
    (begun / "answer/orm.py").unlink()
    (begun / "answer/orm.py").symlink_to("/etc/passwd")
    assert grader("interview", "grade", begun).status == 2
    assert content(begun)["attempts"][0]["status"] == "rejected"


def test_a_folder_without_a_session_is_said_to_be_one(grader: Run, tmp_path: Path) -> None:
    """And where to look for sessions."""
    ended = grader("interview", "grade", tmp_path)
    assert (ended.status, "there is no session in" in ended.err, "interview list" in ended.err) == (2, True, True)


def rewritten(record: Path, kind: str) -> None:
    """A record of practice, after its owner has changed what it says."""
    value = json.loads(record.read_bytes())
    if kind == "without its session":
        del value["session"]
    elif kind == "as an issued session":
        value["session"]["kind"] = "issued"
    value["person"] = "Ada Lovelace"
    record.write_text(json.dumps(value))


@pytest.mark.parametrize("kind", ["as it is", "without its session", "as an issued session"])
@pytest.mark.parametrize("signed", ["by nobody", "by its owner", "by an issuer"])
def test_a_record_of_practice_counts_nowhere(
    grader: Run, gradings: Gradings, time: Time, begun: Path, tmp_path: Path, kind: str, signed: str
) -> None:
    """Whatever its owner writes into it and signs; an issuer who signs it as it is signs practice.

    What an issuer signs after it was rewritten is the issuer's word, like anything else that an issuer signs.
    """
    gradings.will_be("full")
    time.passes(1)
    grader("interview", "grade", begun)
    record, portfolio = begun / "attempts/01.json", tmp_path / "portfolio"
    rewritten(record, kind)
    for name in ("issuer", "owner"):
        grader("sign", "--new-key", tmp_path / name)
    if signed != "by nobody":
        key = tmp_path / ("owner" if signed == "by its owner" else "issuer")
        signed_file = tmp_path / "01.signed.json"
        assert grader("sign", record, "--key", key, "--output", signed_file).status == 0
        record = signed_file
    grader("profile", "--person", "Ada Lovelace", "--portfolio", portfolio)
    assert grader("portfolio", "add", record, "--portfolio", portfolio).status == 0
    options = ("--portfolio", portfolio, "--issuer", tmp_path / "issuer.pub")
    shown = grader("portfolio", "dashboard", *options).out
    vouched = signed == "by an issuer" and kind != "as it is"
    assert ("(1 signed, 0 self-graded)" in shown) == vouched
    if kind == "as it is":
        assert "(0 signed, 0 self-graded, 1 from practice, which no bar counts)" in " ".join(shown.split())
        assert "Metaclasses               -        -  not graded" in shown
        assert "practice session, which counts for nothing" in " ".join(
            grader("certify", "language", *options).out.split()
        )


def test_everything_about_practice_says_so(
    grader: Run, gradings: Gradings, time: Time, begun: Path, tmp_path: Path
) -> None:
    """The attempt's report in every format that people read, the JSON, the story, the list."""
    gradings.will_be("full")
    time.passes(1)
    assert "practice, 30 minutes" in grader("interview", "grade", begun).out
    record = begun / "attempts/01.json"
    for format_ in ("terminal", "markdown", "html", "json"):
        assert "practice" in grader("report", record, "--format", format_).out
    for command in ("report", "list", "resume"):
        assert "practice" in grader("interview", command, begun).out


def test_the_page_is_written_where_it_is_asked_for(grader: Run, begun: Path, tmp_path: Path) -> None:
    """As a page, from the ending of its name."""
    assert grader("interview", "report", begun, "--output", tmp_path / "story.html").status == 0
    assert "<svg" in (tmp_path / "story.html").read_text()
