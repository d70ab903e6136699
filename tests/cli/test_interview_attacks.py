"""Issued sessions under attack: every way in which an answer must not count, and the reason that is said."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from grader.intake import take_tree
from grader.intake.sources.member import text_tree
from grader.interview.ticket import TICKET
from grader.model import Submission
from grader.store import sign
from tests.cli.conftest import Gradings
from tests.cli.issuing import Clock, Issuer, clock, content, issuer, refused, rewritten, session

__all__ = ["clock", "issuer", "session"]  # fixtures


def other_key() -> bytes:
    private, _ = sign.new_key()
    return private


def with_ticket(workspace: Path, **changes: object) -> None:
    """Sign a workspace's ticket anew, with changes, by a key that nobody knows."""
    path = workspace / "ticket.json"
    ticket = json.loads(bytes(sign.unsealed(path.read_bytes()).predicate)) | changes
    subject = sign.Subject(name=ticket["challenge"], digest={"sha256": ticket["workspace"].removeprefix("sha256:")})
    envelope = sign.seal(json.dumps(ticket).encode(), other_key(), kind=TICKET, subjects=(subject,))
    path.write_bytes(envelope)


def test_an_issuers_clock_that_was_set_back_is_noticed(issuer: Issuer, session: Path, clock: Clock) -> None:
    """Nothing is graded and nothing is noted until it is right again."""
    answer = issuer.answer(session)
    before = (session / "issued.json").read_bytes()
    clock.at(-60)
    refused(issuer.receive(answer, session), "Set the clock right")
    assert (session / "issued.json").read_bytes() == before


def test_another_persons_answer_is_refused(issuer: Issuer, session: Path) -> None:
    """Even with a ticket of the same issuer for the same challenge."""
    other = issuer.issue("other", to="Grace Hopper")
    refused(issuer.receive(issuer.answer(other), session), "issued to Grace Hopper, not to Ada Lovelace")


def test_an_answer_to_another_challenge_is_refused(issuer: Issuer, session: Path) -> None:
    """The same person, the same issuer."""
    other = issuer.issue("other", slug="descriptors")
    work = issuer.root / "work"
    shutil.copytree(other / "hand-over/stage-1", work)
    issuer.grader("interview", "seal", work)
    refused(issuer.receive(issuer.root / "work.sealed.json", session), "another challenge: language/descriptors")


def test_an_answer_to_another_variant_is_refused(issuer: Issuer, session: Path) -> None:
    """The same person and challenge, issued twice: only the session that a ticket belongs to takes its answer."""
    other = issuer.issue("other")
    refused(issuer.receive(issuer.answer(other), session), "it is for another variant")


def test_among_several_sessions_the_tickets_one_is_found(issuer: Issuer, gradings: Gradings, session: Path) -> None:
    """An answer that belongs to none of them says for whom it is."""
    gradings.will_be("full")
    issuer.issue("other", to="Grace Hopper")
    answer = issuer.answer(session)
    assert issuer.receive(answer, issuer.root).status == 0
    shutil.rmtree(session)
    issuer.issue("third", to="Alan Turing")
    refused(issuer.receive(answer, issuer.root), "Ada Lovelace and language/metaclass_orm")


def test_an_answer_counts_once(issuer: Issuer, gradings: Gradings, session: Path, clock: Clock) -> None:
    """A replay, and a better answer after the first, are refused; nothing of the first is overwritten."""
    gradings.will_be("partial", "full")
    first = issuer.answer(session)
    second = issuer.answer(session, text="better = True\n")
    issuer.receive(first, session)
    kept = {path: path.read_bytes() for path in session.rglob("*.json")}
    clock.at(3)
    for answer in (first, second):
        refused(issuer.receive(answer, session), "which was answered at 2026-12-01 09:00:00 UTC; the first answer")
    assert {path: path.read_bytes() for path in session.rglob("*.json")} == kept
    assert len(gradings.asked) == 1


def test_a_file_that_was_changed_after_sealing_is_refused(issuer: Issuer, session: Path) -> None:
    """The digest is that of other files."""
    answer = rewritten(issuer.answer(session), lambda sealed: sealed["files"][0].update(text="x = 2\n"))
    refused(issuer.receive(answer, session), "they were changed after it was sealed")


def test_a_digest_that_was_changed_is_refused(issuer: Issuer, session: Path) -> None:
    """One of the right form, and one of none."""
    answer = rewritten(issuer.answer(session), lambda sealed: sealed.update(digest=f"sha256:{'0' * 64}"))
    refused(issuer.receive(answer, session), "they were changed after it was sealed")
    rewritten(answer, lambda sealed: sealed.update(digest="sha256:0"))
    refused(issuer.receive(answer, session), "it is not a sealed answer")


def test_a_ticket_with_more_time_is_refused(issuer: Issuer, session: Path, clock: Clock) -> None:
    """Whether it was edited, or signed anew with the candidate's own key."""
    import base64

    answer = issuer.answer(session)

    def longer(sealed: dict[str, Any]) -> None:
        payload = json.loads(base64.b64decode(sealed["ticket"]["payload"]))
        payload["predicate"]["minutes"] = 600
        sealed["ticket"]["payload"] = base64.b64encode(json.dumps(payload).encode()).decode()

    rewritten(answer, longer)
    clock.at(300)
    refused(issuer.receive(answer, session), "not signed with this session's key")
    private, _ = sign.new_key()
    ticket = sign.unsealed(json.dumps(content(answer)["ticket"]).encode())
    own = sign.seal(bytes(ticket.predicate), private, kind=ticket.predicate_type, subjects=ticket.subject)
    rewritten(answer, lambda sealed: sealed.update(ticket=json.loads(own)))
    refused(issuer.receive(answer, session), "not signed with this session's key")


def test_a_session_for_a_key_takes_only_what_that_key_signed(issuer: Issuer, gradings: Gradings) -> None:
    """So nobody else's answer comes in under the person's ticket, not even with a digest that fits."""
    gradings.will_be("full")
    assert issuer.grader("sign", "--new-key", issuer.root / "ada.key").status == 0
    assert issuer.grader("sign", "--new-key", issuer.root / "eve.key").status == 0
    session = issuer.issue("keyed", "--signed-by", issuer.root / "ada.key.pub")
    assert "--key KEY` and your key" in (session / "hand-over/stage-1/README.md").read_text()
    why = "not signed with the key of Ada Lovelace"
    right = issuer.answer(session, "--key", issuer.root / "ada.key")
    wrong = issuer.root / "wrong.json"
    wrong.write_bytes(bytes(sign.unsealed(right.read_bytes()).predicate))
    refused(issuer.receive(wrong, session), why)
    wrong.write_bytes(sign.countersign(right.read_bytes(), other_key()))
    rewritten(wrong, lambda envelope: envelope["signatures"].pop(0))
    refused(issuer.receive(wrong, session), why)
    assert issuer.receive(right, session).status == 0


def test_the_wrong_key_is_said_before_anything_is_sealed(issuer: Issuer) -> None:
    """The issuer would refuse the answer, and the clock runs."""
    for name in ("ada", "eve"):
        assert issuer.grader("sign", "--new-key", issuer.root / f"{name}.key").status == 0
    session = issuer.issue("keyed", "--signed-by", issuer.root / "ada.key.pub")
    workspace = session / "hand-over/stage-1"
    refused(issuer.grader("interview", "seal", workspace), "must be signed with the key")
    refused(issuer.grader("interview", "seal", workspace, "--key", issuer.root / "eve.key"), "got the key")
    assert not list(issuer.root.rglob("*.sealed.json"))


def test_only_the_key_that_issued_receives(issuer: Issuer, session: Path) -> None:
    """Another issuer's key signs nothing of this session."""
    answer = issuer.answer(session)
    issuer.grader("sign", "--new-key", issuer.root / "other.key")
    ended = issuer.grader("interview", "receive", answer, session, "--key", issuer.root / "other.key")
    refused(ended, "the session was issued with another key")


@pytest.mark.parametrize(
    "path", ["../../escape.py", "/tmp/escape.py", "a/../../escape.py", "", "a//b.py", "nul\0.py", "..\\escape.py"]
)
def test_paths_that_lead_out_are_refused_and_nothing_is_written(issuer: Issuer, session: Path, path: str) -> None:
    """An answer made by hand is held to the rules of intake."""
    before = sorted(issuer.root.rglob("*"))
    answer = issuer.answer(session)
    rewritten(answer, lambda sealed: sealed["files"].append({"path": path, "text": "x = 1\n"}))
    refused(issuer.receive(answer, session), "the answer was refused")
    made = {found for found in issuer.root.rglob("*") if "work-" not in str(found)} - set(before)
    assert not made


def test_a_file_that_is_listed_twice_is_refused(issuer: Issuer, session: Path) -> None:
    """Nobody could say which of the two was meant."""
    answer = rewritten(issuer.answer(session), lambda sealed: sealed["files"].append(dict(sealed["files"][0])))
    refused(issuer.receive(answer, session), "orm.py is listed 2 times")


def test_links_are_not_sealed(issuer: Issuer, session: Path) -> None:
    """A module that is a link to a file outside the workspace, and a folder that is one."""
    work = issuer.root / "work"
    shutil.copytree(session / "hand-over/stage-1", work)
    (issuer.root / "secret.py").write_text("password = 1\n")
    (work / "orm.py").unlink()
    (work / "orm.py").symlink_to(issuer.root / "secret.py")
    refused(issuer.grader("interview", "seal", work), "is a link")
    assert not (issuer.root / "work.sealed.json").exists()


@pytest.mark.parametrize("data", [b"", b"[]", b"\xff\xfe", b"[" * 200_000, b'{"format_version": 1}', b" " * (17 << 20)])
def test_hostile_answers_are_errors_not_crashes(issuer: Issuer, session: Path, data: bytes) -> None:
    """Whatever is in the file, it is refused, and nothing is noted in the session."""
    (issuer.root / "hostile.json").write_bytes(data)
    before = (session / "issued.json").read_bytes()
    ended = issuer.receive(issuer.root / "hostile.json", session)
    assert (ended.status, "bug in the grader" in ended.err) == (2, False)
    assert "hostile.json" in ended.err
    assert (session / "issued.json").read_bytes() == before


def test_an_endless_answer_is_refused(issuer: Issuer, session: Path) -> None:
    """It is read up to a bound."""
    refused(issuer.receive(Path("/dev/zero"), session), "bytes")


@pytest.mark.parametrize("path", ["a/" * 1_000_000 + "orm.py", "a" * 1_000_000 + ".py", "a/" * 100 + "orm.py"])
def test_a_monstrous_path_is_refused_at_once(issuer: Issuer, session: Path, path: str) -> None:
    """A folder for each of its parts would take the issuer's memory."""
    answer = rewritten(issuer.answer(session), lambda sealed: sealed["files"].append({"path": path, "text": "x = 1\n"}))
    ended = issuer.receive(answer, session)
    refused(ended, "its files cannot be graded")
    assert len(ended.err) < 2000


@pytest.mark.parametrize("path", [".hidden.py", "notes.txt", ".git/hook.py", "a/./b.py", "orm.py/../x.py"])
def test_what_seal_leaves_out_is_refused(issuer: Issuer, session: Path, path: str) -> None:
    """An answer holds what was graded, and nothing beside it."""
    answer = rewritten(issuer.answer(session), lambda sealed: sealed["files"].append({"path": path, "text": "x = 1\n"}))
    refused(issuer.receive(answer, session), "the answer was refused")


@pytest.mark.parametrize("sealed", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00+23:59", "2026-12-01T09:00:00", "soon"])
def test_a_time_outside_the_calendar_is_refused(issuer: Issuer, session: Path, sealed: str) -> None:
    """Times are added and subtracted, and the calendar has two ends."""
    answer = rewritten(issuer.answer(session), lambda value: value.update(sealed=sealed))
    refused(issuer.receive(answer, session), "it is not a sealed answer")


def test_a_ticket_of_a_strange_time_crashes_no_candidate(issuer: Issuer, session: Path) -> None:
    """Whoever issued it."""
    with_ticket(session / "hand-over/stage-1", issued="9999-12-31T23:59:00Z")
    for command in ("seal", "resume"):
        refused(issuer.grader("interview", command, session / "hand-over/stage-1"), "in the years 2000 to 9000")


def test_what_a_ticket_says_obeys_no_terminal(issuer: Issuer, session: Path) -> None:
    """Neither the candidate's, nor the issuer's, who has not checked yet whose ticket it is."""
    evil = "\x1b]0;owned\x07\u202eAda"
    workspace = session / "hand-over/stage-1"
    with_ticket(workspace, title=evil, person=evil, challenge=f"language/{evil}", modules=[f"{evil}.py"])
    shown = [issuer.grader("interview", command, workspace) for command in ("resume", "seal")]
    with_ticket(workspace, modules=["orm.py"], session="0" * 32)
    issuer.issue("other")
    (workspace / "orm.py").write_text("x = 1\n")
    assert issuer.grader("interview", "seal", workspace, "--output", issuer.root / "evil.json").status == 0
    shown.append(issuer.receive(issuer.root / "evil.json", issuer.root))
    refused(shown[-1], "none of the 2 sessions here")
    for ended in shown:
        assert not {"\x1b", "\x07", "\u202e"}.intersection(ended.out + ended.err)


def test_half_a_character_is_refused(issuer: Issuer, session: Path) -> None:
    """JSON can write it, and no file can hold it."""
    answer = issuer.answer(session)
    answer.write_bytes(answer.read_bytes().replace(b"class Model", b"\\ud800"))
    refused(issuer.receive(answer, session), "it is not a sealed answer")


def test_an_answer_without_its_modules_takes_its_turn_and_earns_nothing(issuer: Issuer, session: Path) -> None:
    """`seal` writes none, but a candidate may, and a stage cannot be put off by it."""
    answer = issuer.answer(session)
    empty = take_tree(text_tree("x", []))
    assert isinstance(empty, Submission)
    rewritten(answer, lambda sealed: sealed.update(files=[], digest=empty.digest))
    ended = issuer.receive(answer, session)
    assert ended.status == 0
    assert "rejected: nothing could be graded" in ended.out
    assert "orm.py is missing" in ended.out
    assert content(session / "result.json")["status"] == "rejected"
    refused(issuer.receive(issuer.answer(session), session), "the first answer to a stage counts")


def test_too_many_files_are_refused(issuer: Issuer, session: Path) -> None:
    """Like those of a folder."""
    many = [{"path": f"m{number}.py", "text": ""} for number in range(201)]
    answer = rewritten(issuer.answer(session), lambda sealed: sealed.update(files=many))
    refused(issuer.receive(answer, session), "it is not a sealed answer")


def test_a_missing_module_is_said_before_anything_is_sealed(issuer: Issuer, session: Path) -> None:
    """The first answer counts, so it had better be one."""
    work = issuer.root / "work"
    shutil.copytree(session / "hand-over/stage-1", work)
    (work / "orm.py").unlink()
    refused(issuer.grader("interview", "seal", work), "there is no such file, which the brief asks for")
