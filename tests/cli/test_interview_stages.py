"""Drawn sessions of several stages, of both kinds: what is handed over when, what it tells, and how it adds up."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import msgspec
import pytest

from grader.errors import UserError
from grader.interview.issued import IssuedSession
from grader.interview.issuer_folder import IssuerFolder
from grader.interview.leaks import leaks
from grader.model import Level, Report, ReportStatus, SessionRef
from grader.store.codec import read
from tests.cli.conftest import Gradings, Run
from tests.cli.issuing import START, Clock

POOL = Path(__file__).parents[1] / "fixtures/drawn"
ADA = ("--to", "Ada Lovelace")
SOLVED = "def total(numbers):\n    return 0\n"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    monkeypatch.setenv("GRADER_CHALLENGES", str(POOL))
    return Clock(monkeypatch)


@pytest.fixture
def session(grader: Run, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    grader("sign", "--new-key", tmp_path / "boss.key")
    monkeypatch.setenv("GRADER_CHALLENGES", str(POOL))
    ended = grader("interview", "issue", "tally", tmp_path / "session", *ADA, "--key", tmp_path / "boss.key")
    assert ended.status == 0, ended.err
    return tmp_path / "session"


def issued(session: Path) -> IssuedSession:
    return msgspec.json.decode((session / "issued.json").read_bytes(), type=IssuedSession)


def sealed(grader: Run, session: Path, stage: int, text: str = SOLVED) -> Path:
    work = session.parent / f"work-{stage}"
    shutil.copytree(session / f"hand-over/stage-{stage}", work)
    (work / "tally.py").write_text(text)
    assert grader("interview", "seal", work).status == 0
    return session.parent / f"work-{stage}.sealed.json"


def receive(grader: Run, session: Path, answer: Path) -> int:
    ended = grader("interview", "receive", answer, session, "--key", session.parent / "boss.key")
    assert ended.status in (0, 2), ended.err
    return ended.status


def report_of(gradings: Gradings, **earned: float) -> Report:
    """A report on criteria of a tally: total of 60 points, extreme of 40."""
    stored, most = gradings.stored("full"), {"total": 60.0, "extreme": 40.0}
    template = stored.criteria[0]
    marks = tuple(
        msgspec.structs.replace(
            template, id=name, points=most[name], earned=share * most[name], promises=(), findings=()
        )
        for name, share in earned.items()
    )
    score, whole = sum(mark.earned for mark in marks), sum(mark.points for mark in marks)
    return msgspec.structs.replace(
        stored, criteria=marks, score=score, max_score=whole, percent=100 * score / whole, best_possible=score
    )


def texts(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_workspace_tells_neither_seed_nor_variant_nor_what_comes(session: Path) -> None:
    """Not in any form, and not in the ticket's payload either."""
    drawn, (factor, word) = issued(session), re.findall(r"times-(\d)-(\w+)", issued(session).variant)[0]
    secrets = {
        "the seed": drawn.seed,
        "the variant": drawn.variant,
        "a planted place": f"trap-{word}",
        "the later stage": "extreme",
        "its word": word,
        "the title of the later stage": drawn.stages[1].title,
        "the digest of what grades": drawn.stages[0].challenge_digest.removeprefix("sha256:"),
        "the digest of what grades later": drawn.stages[1].challenge_digest.removeprefix("sha256:"),
    }
    workspace = texts(session / "hand-over/stage-1")
    assert leaks(workspace, secrets) == []
    assert f"times {factor}".encode() in workspace["README.md"]
    assert {path.name for path in (session / "hand-over").iterdir()} == {"stage-1"}


def test_two_sessions_on_one_variant_differ_in_random_numbers_and_times_alone(
    grader: Run, session: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So nobody finds the seed by drawing variants and comparing: nothing but the stage itself follows from it."""
    seed = issued(session).seed
    monkeypatch.setattr("grader.interview.receiving.fresh_variant_seed", lambda: seed)
    other = session.parent / "other"
    grader("interview", "issue", "tally", other, *ADA, "--key", session.parent / "boss.key")
    assert issued(other).variant == issued(session).variant
    first, second = (texts(folder / "hand-over/stage-1") for folder in (session, other))
    assert {path for path in first if first[path] != second[path]} == {"ticket.json"}


def test_the_next_stage_comes_with_the_persons_own_files(
    grader: Run, gradings: Gradings, session: Path, clock: Clock
) -> None:
    """After the answer, with time of its own that begins then; the stage before tells no more."""
    gradings.will_be(report_of(gradings, total=1.0))
    answer = sealed(grader, session, 1)
    clock.at(5)
    assert receive(grader, session, answer) == 0
    second = session / "hand-over/stage-2"
    assert (second / "tally.py").read_text() == SOLVED
    assert "extreme(numbers)" in (second / "README.md").read_text()
    ticket = issued(session).stages[1].ticket
    assert ticket is not None
    assert (ticket.issued, ticket.minutes, ticket.stage) == (clock.now, 4, 2)
    assert leaks(texts(second), {"the seed": issued(session).seed, "the variant": issued(session).variant}) == []


def test_the_result_is_earned_in_halves(grader: Run, gradings: Gradings, session: Path) -> None:
    """What worked at stage 1 and is broken at the end earns half; what came at the last stage counts as it is."""
    gradings.will_be(report_of(gradings, total=1.0), report_of(gradings, total=0.5, extreme=1.0))
    receive(grader, session, sealed(grader, session, 1))
    receive(grader, session, sealed(grader, session, 2))
    result = read(session / "result.json").report
    assert isinstance(result, Report)
    assert {mark.id: mark.earned for mark in result.criteria} == {"total": 45.0, "extreme": 40.0}
    assert (result.percent, result.level) == (85.0, Level.SENIOR)
    assert "60 of 60 at the end of stage 1, 30 now" in result.criteria[0].findings[0].message
    stage = read(session / "records/1.json").report
    assert isinstance(stage, Report)
    assert stage.level is None
    told = grader("interview", "report", session).out
    assert "Result: 85 of 100 points, Senior." in told
    assert [line.split()[1:3] for line in told.splitlines() if "stage" in line[:14]] == [["stage", "1"], ["stage", "2"]]


def test_a_stage_that_was_thrown_away_earns_half_at_the_end(grader: Run, gradings: Gradings, session: Path) -> None:
    """Nobody gains the second stage's time for the first by handing in nothing that can be graded."""
    empty = report_of(gradings, total=0.0)
    gradings.will_be(
        msgspec.structs.replace(empty, status=ReportStatus.REJECTED), report_of(gradings, total=1, extreme=1)
    )
    receive(grader, session, sealed(grader, session, 1))
    receive(grader, session, sealed(grader, session, 2))
    result = read(session / "result.json").report
    assert isinstance(result, Report)
    assert {mark.id: mark.earned for mark in result.criteria} == {"total": 30.0, "extreme": 40.0}


def test_the_result_is_of_the_whole_session(grader: Run, gradings: Gradings, session: Path, clock: Clock) -> None:
    """Its time from the first stage to the last answer, and why an earlier stage's answer was accepted late."""
    gradings.will_be(report_of(gradings, total=1.0), report_of(gradings, total=1.0, extreme=1.0))
    clock.at(30)
    key = session.parent / "boss.key"
    first, reason = sealed(grader, session, 1), ("--accept-late", "the power failed")
    assert grader("interview", "receive", first, session, "--key", key, *reason).status == 0
    clock.at(33)
    receive(grader, session, sealed(grader, session, 2))
    result = read(session / "result.json").report
    assert isinstance(result, Report)
    assert isinstance(result.session, SessionRef)
    assert (result.session.minutes, result.session.began) == (10, "2026-12-01T09:00:00+00:00")
    assert result.session.ended == "2026-12-01T09:33:00+00:00"
    assert result.session.late == "stage 1: the power failed"


def test_a_stage_that_was_laid_out_before_an_interruption_is_handed_over_as_it_is(
    grader: Run, gradings: Gradings, session: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its ticket and its time: it may have left the issuer's machine already."""
    gradings.will_be(report_of(gradings, total=1.0))
    answer = sealed(grader, session, 1)
    whole = IssuerFolder.write

    def write(place: IssuerFolder, value: IssuedSession) -> None:
        if value.stages[1].ticket is not None:
            raise UserError("the disk is full")
        whole(place, value)

    with monkeypatch.context() as patched:
        patched.setattr(IssuerFolder, "write", write)
        assert receive(grader, session, answer) == 2
    laid_out = texts(session / "hand-over/stage-2")
    clock.at(2)
    assert receive(grader, session, answer) == 0
    assert texts(session / "hand-over/stage-2") == laid_out
    ticket = issued(session).stages[1].ticket
    assert ticket is not None
    assert ticket.issued == START
    assert len(gradings.asked) == 1


def test_a_workspace_that_somebody_else_laid_out_is_not_handed_over(
    grader: Run, gradings: Gradings, session: Path
) -> None:
    """Its ticket was not signed with the session's key."""
    gradings.will_be(report_of(gradings, total=1.0))
    second = session / "hand-over/stage-2"
    second.mkdir()
    (second / "ticket.json").write_text("{}")
    assert receive(grader, session, sealed(grader, session, 1)) == 2
    assert issued(session).stages[1].ticket is None


def test_an_answer_to_stage_1_is_none_to_stage_2(grader: Run, gradings: Gradings, session: Path) -> None:
    """It is refused, and the refusal is part of the story."""
    gradings.will_be(report_of(gradings, total=1.0))
    first = sealed(grader, session, 1)
    receive(grader, session, first)
    assert receive(grader, session, first) == 2
    assert len(gradings.asked) == 1
    assert "answer refused" in grader("interview", "report", session).out


def test_an_update_of_the_challenge_does_not_reach_a_running_session(
    grader: Run, gradings: Gradings, session: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its stages lie in the issuer's folder, and the catalogue is not asked again."""
    gradings.will_be(report_of(gradings, total=1.0))
    monkeypatch.delenv("GRADER_CHALLENGES")
    assert receive(grader, session, sealed(grader, session, 1)) == 0


def test_practice_goes_through_the_same_stages(
    grader: Run, gradings: Gradings, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `next` in the place of handing over, and the same halves; everything says practice."""
    monkeypatch.setenv("GRADER_CHALLENGES", str(POOL))
    gradings.will_be(report_of(gradings, total=1.0), report_of(gradings, total=0.5, extreme=1.0))
    mine = tmp_path / "mine"
    assert "stage 1, Add, 6 minutes" in grader("interview", "start", "tally", mine).out
    (mine / "answer/tally.py").write_text(SOLVED)
    clock.at(3)
    assert grader("interview", "grade", mine).status == 0
    told = grader("interview", "next", mine).out
    assert "stage 2, Find the extreme, 4 minutes" in told
    assert (mine / "answer-2/tally.py").read_text() == SOLVED
    clock.at(6)
    ended = grader("interview", "grade", mine)
    assert "The whole session, practice: 85 of 100 points, Senior." in ended.out
    assert "practice" in ended.out
    assert "has no stage after this one" in grader("interview", "next", mine).err
    story = " ".join(grader("interview", "report", mine).out.split())
    assert "Stage 1: 60 of 60 points (attempt 1, after 3:00 of 6 minutes)." in story
    assert "it counts for no certificate" in story


def test_stages_have_their_own_time(grader: Run, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One number would not say which."""
    monkeypatch.setenv("GRADER_CHALLENGES", str(POOL))
    ended = grader("interview", "start", "tally", tmp_path / "mine", "--minutes", 5)
    assert (ended.status, "each stage of interview/tally has its own time" in ended.err) == (2, True)


def test_a_drawn_challenge_is_not_graded_without_a_session(
    grader: Run, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody could say which variant was answered."""
    monkeypatch.setenv("GRADER_CHALLENGES", str(POOL))
    (tmp_path / "tally.py").write_text(SOLVED)
    ended = grader("grade", tmp_path, "--challenge", "tally")
    assert (ended.status, "grader interview start tally" in ended.err) == (2, True)
