"""What every backend promises, whatever it is made of."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from sandbox.outcome import ChildLost, Died, Garbage, Overdrawn, ProbeMisuse, Raised, TimedOut
from sandbox.policy import Caps, Deadlines, Mount, Network, Policy, Program
from sandbox.session import Backend, Call, Child, Plain, Session

from .conftest import PROBES, is_gvisor

# --- calls ---------------------------------------------------------------------------------------------------------


def test_plain_data_comes_back_as_it_was(child: Child) -> None:
    """Every kind of plain data survives the round trip, and True is not 1."""
    value: list[Plain] = [None, True, 1, -0.0, "é\x00", b"\x00\xff", (1, [2]), {(1, "k"): {2.5}}, frozenset({b"x"})]
    assert repr(child.call("echo", value)) == repr(value)


def test_keywords_arrive(child: Child) -> None:
    """Arguments keep their places and their names, also names that the caller has itself."""
    assert child.call("keywords", 1, name="x", self=2) == [(1,), {"name": "x", "self": 2}]


def test_state_lives_as_long_as_its_child(session: Session) -> None:
    """State stays within one child and never reaches the next."""
    first = session.fresh()
    assert first.call("remember", 1) == [1]
    assert first.call("remember", 2) == [1, 2]
    assert session.fresh().call("remember", 3) == [3]


def test_a_batch_is_answered_one_by_one(child: Child) -> None:
    """Each call of a batch has its own answer or exception, in order."""
    one, two, three = child.batch([Call("echo", (1,)), Call("fail", ("no",)), Call("keywords", (), (("a", 3),))])
    assert (one, three) == (1, [(), {"a": 3}])
    assert isinstance(two, Raised)
    assert two.is_a("LookupError")


def test_an_empty_batch_asks_nothing(child: Child) -> None:
    """No calls, no answers."""
    assert child.batch([]) == []


def test_a_coroutine_function_is_a_probe(child: Child) -> None:
    """What a coroutine returns is the answer."""
    assert child.call("later", 5) == 5


def test_threads_work(child: Child) -> None:
    """A probe may start threads."""
    assert child.call("in_thread", 5) == [5]


def test_seconds_of_a_call_are_measured_outside(child: Child) -> None:
    """`last_wall` is the whole round trip."""
    child.call("sleep", 0.2)
    assert child.last_wall >= 0.2


# --- exceptions ----------------------------------------------------------------------------------------------------


def test_an_exception_crosses_as_text(child: Child) -> None:
    """Kind, bases, message and the places in the submission's own files arrive, and the child goes on."""
    with pytest.raises(Raised) as caught:
        child.call("fail", "a\x1b[31mb")
    assert caught.value.kind == "LookupError"
    assert caught.value.bases[:3] == ("LookupError", "Exception", "BaseException")
    assert caught.value.message == "a\\x1b[31mb"
    assert [place.partition(":")[0] for place in caught.value.where] == ["probe.py"]
    assert child.call("echo", 1) == 1


@pytest.mark.parametrize(("name", "kind"), [("exit_politely", "SystemExit"), ("interrupt", "KeyboardInterrupt")])
def test_leaving_by_exception_is_an_observation(child: Child, name: str, kind: str) -> None:
    """SystemExit and KeyboardInterrupt inside end neither the child nor the grader."""
    with pytest.raises(Raised) as caught:
        child.call(name)
    assert caught.value.kind == kind
    assert child.call("echo", 1) == 1


def test_an_exception_that_cannot_be_printed_is_one_all_the_same(child: Child) -> None:
    """A hostile `__str__` costs its own message."""
    with pytest.raises(Raised, match="Nasty: <unprintable>"):
        child.call("fail_nastily")


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("lie", (), "type Liar"),
        ("surrogate", (), "lone surrogate"),
        ("nested", (61,), "nested more than 60 levels deep"),
        ("integer", (4096,), "4097 bits"),
        ("big", (1 << 18,), "262144 are accepted"),
    ],
)
def test_what_cannot_be_observed_is_refused_inside(
    child: Child, name: str, arguments: tuple[int, ...], words: str
) -> None:
    """A probe that returns too much, or a rich object, gets words about it; the child goes on."""
    with pytest.raises(Raised, match=words) as caught:
        child.call(name, *arguments)
    assert caught.value.kind == "UnencodableObservation"
    assert child.call("echo", 1) == 1


def test_what_just_fits_can_be_observed(child: Child) -> None:
    """The caps are the last values that are accepted."""
    assert child.call("integer", 4095) == 1 << 4095
    assert repr(child.call("nested", 60)).count("[") == 60
    assert child.call("big", 260_000) == "x" * 260_000


def test_an_unknown_probe_is_named(child: Child) -> None:
    """Asking for a function that the probe module lacks says so."""
    with pytest.raises(Raised, match="NoSuchProbe: the probe has no function 'nothing'"):
        child.call("nothing")


def test_a_probe_that_cannot_be_imported_says_why_at_every_call(backend: Backend, tmp_path: Path) -> None:
    """An import error is the answer to each call, and the module runs once."""
    (tmp_path / "probe.py").write_text("import nowhere_to_be_found\n")
    target = PurePosixPath("/submission")
    program = Program(module="probe", path=(target,), mounts=(Mount(tmp_path, target),))
    with backend.open(Policy(name="test"), program) as session:
        child = session.fresh()
        for _ in range(2):
            with pytest.raises(Raised, match="No module named 'nowhere_to_be_found'") as caught:
                child.call("anything")
            assert caught.value.where == ("probe.py:1",)


# --- deaths --------------------------------------------------------------------------------------------------------


def test_a_child_that_leaves_has_died(child: Child) -> None:
    """`os._exit` is a death with its status, and the same one at every further call."""
    with pytest.raises(Died, match=r"the process ended \(exit status 3\) before it answered") as caught:
        child.call("leave", 3)
    assert caught.value.exit is not None
    assert caught.value.exit.code == 3
    with pytest.raises(Died) as again:
        child.call("echo", 1)
    assert again.value is caught.value
    with pytest.raises(Died):
        child.measure()


def test_a_child_killed_by_a_signal_has_died(child: Child) -> None:
    """The signal is known."""
    with pytest.raises(Died, match="signal 11"):
        child.call("kill_self", 11)


def test_a_child_that_closes_the_wire_has_died(child: Child) -> None:
    """A closed wire is noticed before any deadline."""
    with pytest.raises(Died, match="closed its end of the connection"):
        child.call("close_wire")


def test_a_child_that_hangs_is_timed_out(session: Session) -> None:
    """Silence ends at the deadline, and the next child works."""
    child = session.fresh()
    with pytest.raises(TimedOut, match=r"did not answer within 0\.3 s"):
        child.call("sleep", 60, timeout=0.3)
    assert session.fresh().call("echo", 1) == 1


def test_a_child_that_dribbles_its_time_away_is_overdrawn(backend: Backend, policy: Policy, program: Program) -> None:
    """All calls of a child have a time together."""
    tight = replace(policy, deadlines=Deadlines(first_call=5, call=5, child=1.5))
    with backend.open(tight, program) as session:
        child = session.fresh()
        child.call("sleep", 0.2)
        with pytest.raises(Overdrawn, match=r"used up the 1\.5 s"):
            child.call("sleep", 30)


def test_what_was_printed_before_a_death_is_kept(child: Child) -> None:
    """The tail of standard error goes with the outcome."""
    child.call("say", "hello", 1)
    with pytest.raises(ChildLost) as caught:
        child.call("leave", 0)
    assert caught.value.stderr == "to stderr"


def test_a_closed_child_is_not_asked(session: Session) -> None:
    """Calling after `close`, or after `fresh` made another, is the trusted side's mistake."""
    old = session.fresh()
    session.fresh()
    with pytest.raises(ProbeMisuse, match="was closed"):
        old.call("echo", 1)
    old.close()


# --- hostile bytes -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x00\x00\x00\x05hello", "not JSON"),
        (b"\xff\xff\xff\xff", "announces 4294967295 bytes"),
        (b"\x00\x04\x00\x01", "announces 262145 bytes"),
        (b"\x00\x00\x00\x01[" + b"[" * 1000, "longer than announced"),
        (b"\x00\x00\x00\x00", "not JSON"),
        (b'\x00\x00\x00\x1c{"id": "x", "all": [{"ok":1}', "not JSON"),
    ],
    ids=["not_json", "largest_header", "one_too_many", "flood", "empty", "cut"],
)
def test_garbage_is_noticed(child: Child, data: bytes, words: str) -> None:
    """Bytes that are not the answer end the child at once."""
    with pytest.raises(Garbage, match=words):
        child.call("raw", data)


def test_an_unfinished_frame_is_a_silence(child: Child) -> None:
    """A header without its body waits for the deadline, no longer."""
    with pytest.raises(TimedOut):
        child.call("raw", b"\x00\x00\x10\x00abc", timeout=0.3)


def test_an_answer_that_was_not_asked_for_is_garbage(child: Child) -> None:
    """Bytes that wait before a request is sent cannot be its answer; if the machine is busy, they come with another."""

    def call_twice() -> None:
        child.call("raw_after", b"x")
        threading.Event().wait(0.3)
        child.call("echo", 1)

    with pytest.raises(Garbage, match=r"not asked for|longer than announced"):
        call_twice()


# --- output --------------------------------------------------------------------------------------------------------


def test_a_chatty_probe_works(backend: Backend, policy: Policy, program: Program) -> None:
    """Printing megabytes neither fails, nor blocks, nor is kept."""
    with backend.open(replace(policy, caps=Caps(output=1000)), program) as session:
        child = session.fresh()
        child.call("say", "\x1b[2J" + "x" * 1000, 3000)
        out, err = child.output()
    assert out.startswith("\\x1b[2Jxxx")
    assert len(out) <= 1001
    assert err == "to stderr\n"


def test_output_is_there_after_the_end(session: Session) -> None:
    """What was printed can be read when the child is gone."""
    child = session.fresh()
    child.call("say", "hello", 2)
    child.close()
    assert child.output() == ("hello\nhello\n", "to stderr\n")


# --- measurements --------------------------------------------------------------------------------------------------


def test_cpu_time_is_read_outside(backend: Backend, child: Child) -> None:
    """Time that was burnt is counted, time that was slept is not."""
    child.call("echo", 1)
    before = child.measure().cpu_seconds
    child.call("burn", 0.3)
    burnt = child.measure().cpu_seconds
    child.call("sleep", 0.3)
    slept = child.measure().cpu_seconds
    # gVisor's own clock, by which the probe burns, charges ticks of 10 ms to whatever wanted to run. On a busy machine
    # it runs ahead of what was burnt, by any factor; the test below holds for gVisor as well.
    assert burnt - before >= 0.3 or is_gvisor(backend)
    assert slept - burnt < 0.2


def test_work_costs_inside_what_it_costs_here(child: Child) -> None:
    """CPU time belongs to work, not to a clock inside: the same loop is charged as it is out here."""
    child.call("count_down", 1)
    before = child.measure().cpu_seconds
    child.call("count_down", 6_000_000)
    inside = child.measure().cpu_seconds - before
    work = (
        "import probe, time; now = time.process_time; start = now(); probe.count_down(6_000_000); print(now() - start)"
    )
    here = float(subprocess.check_output([sys.executable, "-S", "-B", "-c", work], cwd=PROBES))  # traced by nobody
    assert here / 3 < inside < here * 3  # a processor that two programs share is slower for each


def test_memory_is_read_outside(backend: Backend, child: Child) -> None:
    """What is held is counted now, what was held stays in the peak, and the child cannot make that forgotten."""
    size, a_little = 64 << 20, 1 << 20  # the interpreter may give back a few pages of its own meanwhile
    child.call("echo", 1)
    before = child.measure()
    child.call("allocate", size)
    held = child.measure()
    child.call("free")
    freed = child.measure()
    with pytest.raises(Raised):
        child.call("forget_peak")
    after = child.measure()
    assert held.resident - before.resident >= size - a_little
    assert freed.resident - before.resident < size // 2 or is_gvisor(backend)  # it gives memory back later
    assert after.peak >= held.peak >= before.resident + size - a_little


# --- network -------------------------------------------------------------------------------------------------------


def test_the_trusted_side_can_serve_into_the_sandbox(session: Session) -> None:
    """A socket from `listen` is reached inside on 127.0.0.1, by every child."""
    listener, port = session.listen()
    with listener:
        for text in ("one", "two"):
            child = session.fresh()
            server = threading.Thread(target=_answer_once, args=(listener,))
            server.start()
            assert child.call("fetch", port, text) == f"you said {text}"
            server.join()


def _answer_once(listener: socket.socket) -> None:
    connection, _address = listener.accept()
    with connection:
        connection.sendall(b"you said " + connection.recv(100))


def test_listening_needs_a_served_network(backend: Backend, policy: Policy, program: Program) -> None:
    """A policy without network gets no socket."""
    with backend.open(replace(policy, network=Network.NONE), program) as session, pytest.raises(ProbeMisuse):
        session.listen()


# --- ends ----------------------------------------------------------------------------------------------------------


def test_a_closed_session_is_closed(backend: Backend, policy: Policy, program: Program) -> None:
    """`close` can be called twice; nothing can be asked afterwards."""
    session = backend.open(policy, program)
    child = session.fresh()
    session.close()
    session.close()
    with pytest.raises(ProbeMisuse):
        child.call("echo", 1)
    with pytest.raises(ProbeMisuse):
        session.fresh()


def test_a_session_outlives_the_thread_that_opened_it(backend: Backend, policy: Policy, program: Program) -> None:
    """A sandbox belongs to the process, not to one of its threads."""
    opened: list[Session] = []
    children: list[Child] = []

    def work() -> None:
        opened.append(backend.open(policy, program))
        children.append(opened[0].fresh())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    with opened[0]:
        assert children[0].call("sleep", 0.2) == "awake"


@pytest.mark.parametrize("target", ["relative", "/", "/tmp/x", "/proc/x", "/submission/../etc", "/python"])
def test_a_mount_cannot_cover_what_is_the_sandboxs_own(
    backend: Backend, policy: Policy, program: Program, target: str
) -> None:
    """A wrong mount is the trusted side's mistake."""
    mount = Mount(Path(__file__), PurePosixPath(target))
    with pytest.raises(ProbeMisuse, match="cannot be a mount's target"):
        backend.open(policy, replace(program, mounts=(mount,)))


def test_a_missing_source_is_named(backend: Backend, policy: Policy, program: Program, tmp_path: Path) -> None:
    """A mount of something that does not exist says which."""
    mount = Mount(tmp_path / "missing", PurePosixPath("/data"))
    with pytest.raises(ProbeMisuse, match="missing cannot be mounted at /data"):
        backend.open(policy, replace(program, mounts=(mount,)))


def test_a_file_can_be_mounted(backend: Backend, policy: Policy, program: Program, tmp_path: Path) -> None:
    """Mounts may be files; the name inside is the target's."""
    tmp_path.chmod(0o700)
    (tmp_path / "source").write_text("content")
    mount = Mount(tmp_path / "source", PurePosixPath("/data/deep/name.txt"))
    with backend.open(policy, replace(program, mounts=(*program.mounts, mount))) as session:
        assert session.fresh().call("read", "/data/deep/name.txt") == "content"
