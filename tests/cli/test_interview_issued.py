"""Issued sessions: what is handed over, what comes back, when it counts, and what is never overwritten."""

from __future__ import annotations

import errno
import json
import os
import stat
from pathlib import Path
from typing import Any, NoReturn

import pytest

from grader.store import files, sign
from tests.cli.conftest import Gradings
from tests.cli.issuing import Clock, Issuer, clock, content, issuer, refused, rewritten, session

__all__ = ["clock", "issuer", "session"]  # fixtures


WRITES = 7
"""Writes of files while an only answer is received."""


def full_disk() -> NoReturn:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_the_workspace_is_the_starter_the_brief_and_a_ticket(issuer: Issuer, session: Path) -> None:
    """And everything else stays with the issuer."""
    assert {path.name for path in (session / "hand-over/stage-1").iterdir()} == {"README.md", "orm.py", "ticket.json"}
    assert "**Issued to Ada Lovelace**" in (session / "hand-over/stage-1/README.md").read_text()
    assert (session / "stages/1/language/metaclass_orm/solution/orm.py").is_file()
    assert stat.S_IMODE(session.stat().st_mode) == 0o700


def test_an_answer_is_graded_and_its_result_counts(issuer: Issuer, gradings: Gradings, session: Path) -> None:
    """It names the person and the session, is signed, and a portfolio that trusts the issuer shows it as signed."""
    gradings.will_be("full")
    ended = issuer.receive(issuer.answer(session), session)
    assert ended.status == 0, ended.err
    assert gradings.asked[0]["feedback"] == "exam"
    record = content(session / "result.json")
    assert record["person"] == "Ada Lovelace"
    assert record["session"]["kind"] == "issued"
    portfolio = issuer.root / "portfolio"
    assert issuer.grader("portfolio", "add", session / "result.signed.json", "--portfolio", portfolio).status == 0
    public = issuer.root / "boss.key.pub"
    assert "signed" in issuer.grader("portfolio", "dashboard", "--portfolio", portfolio, "--issuer", public).out
    told = issuer.grader("interview", "report", session).out
    assert "issued to Ada Lovelace" in told
    assert "Result: 100 of 100 points" in told


def test_the_receipt_says_what_arrived_and_nothing_of_marks(
    issuer: Issuer, gradings: Gradings, session: Path, clock: Clock
) -> None:
    """It is signed by the issuer, for the candidate."""
    gradings.will_be("full")
    answer = issuer.answer(session)
    clock.at(12)
    issuer.receive(answer, session)
    envelope = (session / "hand-over/receipt-1.json").read_bytes()
    statement = sign.opened(envelope, (issuer.root / "boss.key.pub").read_bytes())
    receipt = json.loads(bytes(statement.predicate))
    assert receipt["received"] == "2026-12-01T09:12:00Z"
    assert receipt["submission"] == content(answer)["digest"]
    checked = issuer.grader("check", session / "hand-over/receipt-1.json", "--key", issuer.root / "boss.key.pub")
    assert "Ada Lovelace's answer to stage 1, sha256:" in checked.out
    assert "arrived at 2026-12-01 09:12:00 UTC." in checked.out
    assert issuer.grader("sign", "--new-key", issuer.root / "eve.key").status == 0
    forged = issuer.grader("check", session / "hand-over/receipt-1.json", "--key", issuer.root / "eve.key.pub")
    assert (forged.status, "cannot be trusted" in forged.err) == (1, True)
    assert not {"score", "percent", "level"} & receipt.keys()


@pytest.mark.parametrize(("minutes", "counts"), [(29, True), (35, True), (35.1, False), (500, False)])
def test_the_issuers_clock_and_the_grace_decide(
    issuer: Issuer, gradings: Gradings, session: Path, clock: Clock, minutes: float, counts: bool
) -> None:
    """30 minutes and 5 of grace. A candidate who sealed in time, or set the clock back, gains nothing."""
    gradings.will_be("full")
    answer = issuer.answer(session)
    clock.at(minutes)
    ended = issuer.receive(answer, session)
    assert (session / "result.json").exists() == counts
    if not counts:
        refused(ended, "it is late: it arrived")
        assert "--accept-late" in ended.err
        assert not gradings.asked
        assert "answer refused" in issuer.grader("interview", "report", session).out


def test_a_late_answer_counts_only_with_a_reason_that_is_told(
    issuer: Issuer, gradings: Gradings, session: Path, clock: Clock
) -> None:
    """In the story and in the signed report."""
    gradings.will_be("full")
    answer = issuer.answer(session)
    clock.at(50)
    assert issuer.receive(answer, session, "--accept-late", "the power failed").status == 0
    assert content(session / "result.json")["session"]["late"] == "the power failed"
    assert "accepted: the power failed" in " ".join(issuer.grader("interview", "report", session).out.split())
    shown = issuer.grader("report", session / "result.json", "--format", "markdown").out
    assert "the power failed" in shown


def test_a_reason_that_is_too_long_is_refused_before_anything_is_noted(
    issuer: Issuer, session: Path, clock: Clock
) -> None:
    """The session's file holds at most 500 characters of it."""
    answer = issuer.answer(session)
    before = (session / "issued.json").read_bytes()
    clock.at(50)
    refused(issuer.receive(answer, session, "--accept-late", "x" * 501), "at most 500 characters, got 501")
    assert (session / "issued.json").read_bytes() == before


def test_sealing_says_how_much_time_is_left(issuer: Issuer, session: Path, clock: Clock) -> None:
    """Of the stage, of the grace, or of neither."""
    workspace = session / "hand-over/stage-1"
    for minutes, says in (
        (10, "20:00 of 30 minutes are left"),
        (32, "The time is up, and 3:00 minutes of the grace are left"),
        (36, "The time and the grace are over, by this machine's clock"),
    ):
        clock.at(minutes)
        assert says in issuer.grader("interview", "seal", workspace, "--output", issuer.root / f"{minutes}.json").out


def test_a_session_that_could_not_be_issued_leaves_nothing(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Least of all a workspace that nobody waits for; the same folder can be used again."""
    with monkeypatch.context() as patched:
        patched.setattr("grader.interview.issuer_folder.sign_ticket", lambda *_: full_disk())
        name = issuer.root / "failed"
        ended = issuer.grader("interview", "issue", "metaclass_orm", name, "--to", "Ada", "--key", issuer.key)
        refused(ended, "No space left on device")
        assert not [path for path in name.rglob("*") if path.is_file()]
    issuer.issue("failed")


@pytest.mark.parametrize("number", range(WRITES + 1))
def test_whatever_write_is_interrupted_the_same_file_completes_it(
    issuer: Issuer, gradings: Gradings, session: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """With the time at which the answer arrived first, and with one grading once its record is kept."""
    gradings.will_be("full", "partial")
    answer = issuer.answer(session)
    clock.at(20)
    written: list[Path] = []

    def write(path: Path, content: str | bytes, **options: Any) -> None:
        written.append(path)
        if len(written) == number + 1:
            full_disk()
        whole(path, content, **options)

    whole = files.write
    with monkeypatch.context() as patched:
        patched.setattr(files, "write", write)
        first = issuer.receive(answer, session)
    clock.at(25)
    if number == WRITES:
        assert (first.status, len(written)) == (0, WRITES)
        return
    refused(first, "No space left on device")
    kept = (session / "records/1.json").is_file()
    assert issuer.receive(answer, session).status == 0
    arrived = content(session / "issued.json")["stages"][0]["received"]
    assert arrived["at"] == f"2026-12-01T09:{'25' if number < 2 else '20'}:00Z"
    assert len(gradings.asked) == (1 if kept or number < 2 else 2)
    assert content(session / "result.json")["score"] == arrived["score"]
    assert (session / "hand-over/receipt-1.json").is_file()
    assert (session / "result.signed.json").is_file()


def test_the_reason_for_lateness_is_not_kept_for_an_answer_in_time(
    issuer: Issuer, gradings: Gradings, session: Path
) -> None:
    """Nothing was accepted that was not late."""
    gradings.will_be("full")
    issuer.receive(issuer.answer(session), session, "--accept-late", "just in case")
    assert content(session / "result.json")["session"]["late"] == ""


def test_nothing_is_overwritten(issuer: Issuer, session: Path) -> None:
    """Neither a session, nor a sealed answer."""
    again = issuer.grader("interview", "issue", "metaclass_orm", session, "--to", "Ada", "--key", issuer.key)
    refused(again, "nothing was overwritten")
    answer = issuer.answer(session)
    before = answer.read_bytes()
    work = answer.with_name(answer.name.removesuffix(".sealed.json"))
    refused(issuer.grader("interview", "seal", work), "nothing was overwritten")
    assert answer.read_bytes() == before


def test_a_session_whose_hidden_tests_were_changed_grades_nothing(issuer: Issuer, session: Path) -> None:
    """What was issued is what grades; an update of the challenge does not reach sessions that are running."""
    answer = issuer.answer(session)
    suite = session / "stages/1/language/metaclass_orm/test_metaclass_orm.py"
    suite.write_text(suite.read_text() + "\n")
    ended = issuer.receive(answer, session)
    refused(ended, "not those that the session was issued with")


def test_what_could_not_be_measured_is_graded_later_by_the_time_of_its_arrival(
    issuer: Issuer, gradings: Gradings, session: Path, clock: Clock
) -> None:
    """The machine's failure costs nobody anything; another answer does not slip in between."""
    answer = issuer.answer(session)
    other = issuer.answer(session, text="better = True\n")
    gradings.will_be("incomplete", "full")
    clock.at(20)
    assert issuer.receive(answer, session).status == 3
    clock.at(90)
    refused(issuer.receive(other, session), "has arrived already")
    assert issuer.receive(answer, session).status == 0
    assert content(session / "issued.json")["stages"][0]["received"]["at"] == "2026-12-01T09:20:00Z"


def test_a_session_that_was_given_up_takes_nothing(issuer: Issuer, session: Path) -> None:
    """Its story stays."""
    answer = issuer.answer(session)
    assert "given up" in issuer.grader("interview", "give-up", session).out
    refused(issuer.receive(answer, session), "takes no more answers")
    refused(issuer.grader("interview", "give-up", session), "has ended already")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"kind": "practice"}, "kind"),
        ({"format_version": 2}, "format_version"),
        ({"stages": []}, "stages"),
        ({"grace": -1}, "grace"),
        ({"result": 100}, "result"),
    ],
)
def test_an_issuers_file_that_was_not_written_so_is_refused(
    issuer: Issuer, session: Path, change: dict[str, Any], says: str
) -> None:
    """The error names the file and the field."""
    rewritten(session / "issued.json", lambda value: value.update(change))
    for command in ("report", "list", "give-up"):
        ended = issuer.grader("interview", command, session)
        assert ended.status == 2
        told = "".join((ended.out + ended.err).split())
        assert says in told
        assert "issued.json" in told


@pytest.mark.parametrize("field", ["ticket", "record"])
def test_a_session_that_cannot_have_come_about_is_refused(
    issuer: Issuer, gradings: Gradings, session: Path, field: str
) -> None:
    """An answer to what was never handed over, and a later stage before an earlier one's answer."""
    gradings.will_be("full")
    issuer.receive(issuer.answer(session), session)

    def spoil(value: dict[str, Any]) -> None:
        (stage,) = value["stages"]
        value["stages"] = [stage | {"ticket": None}] if field == "ticket" else [stage | {"received": None}, stage]

    rewritten(session / "issued.json", spoil)
    for command in ("report", "list", "give-up", "resume"):
        ended = issuer.grader("interview", command, session)
        assert (ended.status, "bug in the grader" in ended.err) == (2, False)
        assert "handed over" in ended.out + ended.err


def test_a_workspace_is_asked_how_much_time_is_left(issuer: Issuer, session: Path, clock: Clock) -> None:
    """By the candidate's clock, which it says counts for nothing."""
    clock.at(10)
    told = issuer.grader("interview", "resume", session / "hand-over/stage-1").out
    assert "20:00 of 30 minutes are left" in told
    assert "The issuer's clock counts" in told


def test_the_list_has_both_kinds(issuer: Issuer, session: Path) -> None:
    """With the person's name and what is left."""
    issuer.grader("interview", "start", "decorators", issuer.root / "mine", "--minutes", 20)
    told = issuer.grader("interview", "list", issuer.root).out
    assert "Ada Lovelace" in told
    assert "practice" in told
    assert all(len(line) <= 80 for line in told.splitlines())
