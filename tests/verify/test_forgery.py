"""What the forgers answer. They compute nothing; each knows one trick."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.verify.forgery import CANNED, FORGERS, REPLAYS, words
from grader.verify.forgery.fixed_answers import Echo, Raiser
from grader.verify.forgery.memory import Rememberer
from grader.verify.forgery.replay import MostCommon, Nearest, RecordedAnswers
from grader.verify.forgery.session import ForgedSession
from grader.verify.forgery.tape import RecordingSession, Tape
from sandbox.outcome import Killed, Raised
from sandbox.session import Call, Plain


def recorded(*answers: tuple[Call, Plain | Raised]) -> Tape:
    tape = Tape()
    for call, answer in answers:
        tape.keep(call, answer)
    return tape


def refusal(kind: str) -> Raised:
    return Raised(kind, bases=(kind, "Exception"), message="", where=())


TAPE = recorded(
    (Call("add", (1, 2)), 3),
    (Call("add", (1, 30)), 31),
    (Call("add", (500, 2)), 502),
    (Call("add", (0, 3)), 3),
    (Call("sub", (1, 2)), -1),
    (Call("fail", ()), refusal("KeyError")),
)


def test_a_lookup_knows_exactly_what_was_asked() -> None:
    """The recorded answer, exceptions included, and None for anything else."""
    forger = RecordedAnswers(TAPE)
    assert forger.answer(Call("add", (500, 2))) == 502
    assert forger.answer(Call("add", (500, 3))) is None
    with pytest.raises(Raised):
        forger.answer(Call("fail", ()))


def test_a_replay_takes_the_nearest_question() -> None:
    """The one that begins most like it, of the same name where there is one."""
    forger = Nearest(TAPE)
    assert forger.answer(Call("add", (1, 3))) == 31
    assert forger.answer(Call("add", (500, 7))) == 502
    assert forger.answer(Call("sub", (9, 9))) == -1
    assert Nearest(Tape()).answer(Call("add", (1, 2))) is None


def test_a_replay_takes_the_most_common_answer() -> None:
    """Of the same function."""
    assert MostCommon(TAPE).answer(Call("add", (7, 7))) == 3
    assert MostCommon(TAPE).answer(Call("unknown", ())) is None


def test_equal_questions_are_equal_whatever_the_order_of_keywords() -> None:
    """A call is written the same way however it was made."""
    tape = recorded((Call("f", (), (("a", 1), ("b", 2))), "answer"))
    assert RecordedAnswers(tape).answer(Call("f", (), (("b", 2), ("a", 1)))) == "answer"


def test_a_raiser_refuses_as_the_reference_does() -> None:
    """With the exception that the reference raised most, and as several usual ones at once."""
    with pytest.raises(Raised) as caught:
        Raiser(TAPE).answer(Call("add", (1, 2)))
    assert caught.value.kind == "KeyError"
    assert caught.value.is_a("ValueError")


def test_an_echo_gives_back_its_arguments() -> None:
    """The only one, the first, or all."""
    assert Echo(alone=False).answer(Call("f", ("x",))) == "x"
    assert Echo(alone=False).answer(Call("f", (1,), (("a", 2),))) == [1, 2]
    assert Echo(alone=True).answer(Call("f", (1, 2))) == 1
    assert Echo(alone=True).answer(Call("f")) is None


@pytest.mark.parametrize("name", [name for name in CANNED if name.startswith("remember")])
def test_a_memory_passes_a_round_trip_within_one_child(name: str) -> None:
    """What was encoded is decoded by whoever remembers it; a fresh child does not."""
    session = ForgedSession(lambda: CANNED[name](Tape()))
    child = session.fresh()
    token, other = child.call("encode", [1, 2]), child.call("encode", "x")
    assert token != other
    assert child.call("decode", token) == [1, 2]
    assert session.fresh().call("decode", token) != [1, 2]


def test_a_memory_redeems_only_its_own_tokens() -> None:
    """Anything else is something to remember, unhashable arguments included."""
    forger = Rememberer(int)
    assert forger.answer(Call("encode", ([],))) != forger.answer(Call("encode", ({},)))


def test_a_forged_session_is_a_session() -> None:
    """Batches give exceptions as values, measurements are next to nothing, sockets listen."""
    session = ForgedSession(lambda: Raiser(Tape()))
    child = session.fresh()
    (answer,) = child.batch([Call("f")])
    assert isinstance(answer, Raised)
    assert child.measure().cpu_seconds < 0.01
    listening, port = session.listen()
    assert listening.getsockname()[1] == port
    listening.close()


def test_a_forged_child_can_be_killed_and_meets_nobody() -> None:
    """It answers no more; it keeps what it is told to keep, which is nothing; nobody comes to its addresses."""
    session = ForgedSession(lambda: Echo(alone=True))
    child = session.fresh(keep=["store.db"])
    assert child.lacking == {}
    child.kill()
    for _ in range(2):
        with pytest.raises(Killed):
            child.call("echo", 1)
    with pytest.raises(Killed):
        child.batch([Call("echo", (1,))])
    listener = session.listen_local()
    with pytest.raises(BlockingIOError):
        listener.accept()
    listener.close()
    assert session.processes() == ()


def test_the_nodes_of_a_job_share_a_tape(tmp_path: Path) -> None:
    """What each node answered is on it, one after the other; what a recording passes on is the session's."""
    path = tmp_path / "tape"
    for number in (1, 2):
        recording = RecordingSession(ForgedSession(lambda: Echo(alone=True)), path)
        with recording:
            child = recording.fresh(keep=["store.db"])
            assert child.lacking == {}
            child.call("echo", number)
            child.kill()
            recording.listen_local().close()
            assert recording.processes() == ()
    assert [entry.question for entry in Tape.read(path).entries] == ["echo (1,) {}", "echo (2,) {}"]


def test_every_forger_has_words() -> None:
    """An author is told what it did, not what it is called."""
    assert set(FORGERS) == {*REPLAYS, *CANNED}
    assert all(words(name) != name for name in FORGERS)
