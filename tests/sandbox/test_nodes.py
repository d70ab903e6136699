"""What every backend promises about files that are kept, children that are killed, and processes that meet."""

from __future__ import annotations

import select
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from sandbox.outcome import Died, Killed, ProbeMisuse
from sandbox.policy import MIB
from sandbox.session import Backend, Child, LocalConnection, LocalListener, Process, Session

from .conftest import POLICY, is_gvisor

# --- kept files ----------------------------------------------------------------------------------------------------


def test_nothing_is_kept_that_was_not_named(session: Session) -> None:
    """A fresh child's folder is empty."""
    session.fresh().call("write", "store.db", "x")
    child = session.fresh()
    assert child.call("listing", ".") == []
    assert child.lacking == {}


def test_exactly_the_named_files_are_kept(session: Session) -> None:
    """What is named goes into the next child, byte for byte, and nothing beside it."""
    first = session.fresh()
    for name in ("store.db", "store.db-wal", "cache"):
        first.call("write", name, f"\0 of {name}")
    second = session.fresh(keep=["store.db", "store.db-wal"])
    assert second.lacking == {}
    assert second.call("listing", ".") == ["store.db", "store.db-wal"]
    assert second.call("read", "store.db") == "\0 of store.db"
    second.call("write", "store.db", "anew")
    assert session.fresh(keep=["store.db"]).call("read", "store.db") == "anew"
    assert session.fresh().call("listing", ".") == []


def test_files_are_kept_of_a_child_that_died(session: Session) -> None:
    """A crash loses no file."""
    child = session.fresh()
    child.call("write", "store.db", "safe")
    with pytest.raises(Died):
        child.call("leave", 1)
    assert session.fresh(keep=["store.db"]).call("read", "store.db") == "safe"


def test_files_that_are_not_there_are_lacking(session: Session) -> None:
    """A name without a file is told, and no file is made up."""
    session.fresh()
    child = session.fresh(keep=["store.db"])
    assert child.lacking == {"store.db": "there is no such file"}
    assert child.call("listing", ".") == []


def test_only_regular_files_of_one_name_and_size_are_kept(session: Session) -> None:
    """Links, pipes, folders, what is too large and what cannot be read stay behind."""
    names = ["link", "hard", "pipe", "folder", "large", "locked"]
    session.fresh().call("special", names)
    child = session.fresh(keep=[*names, "target"])
    lacking = dict(child.lacking)
    words = {
        "link": "symbolic link",
        "hard": "more than one hard link",
        "target": "more than one hard link",
        "pipe": "not a regular file",
        "folder": "not a regular file",
        "large": "there is room for",
        "locked": "cannot be read",
    }
    if "locked" not in lacking:  # gVisor's worker is root of its kernel: it reads everything, and gives it to its owner
        del words["locked"]
    assert set(lacking) == set(words)
    assert all(words[name] in why for name, why in lacking.items())
    assert child.call("listing", ".") == sorted(set(names) - set(words))


def test_kept_files_have_half_the_folder_together(session: Session) -> None:
    """The second of two files that do not fit together is lacking."""
    half = POLICY.limits.tmp // 2
    child = session.fresh()
    child.call("fill", "first", half - MIB // 2)
    child.call("fill", "second", MIB)
    child = session.fresh(keep=["first", "second"])
    assert dict(child.lacking) == {"second": f"it has {MIB} bytes; there is room for {MIB // 2}"}


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "/etc/passwd", "a/b", ".hidden", "x" * 65, "a\0b", "ä"])
def test_a_kept_file_has_a_plain_name(session: Session, name: str) -> None:
    """A path is the trusted side's mistake."""
    with pytest.raises(ProbeMisuse, match="cannot be kept"):
        session.fresh(keep=[name])


def test_not_too_many_files_are_kept(session: Session) -> None:
    """More than 16 names are a mistake."""
    with pytest.raises(ProbeMisuse, match="at most 16"):
        session.fresh(keep=[f"f{number}" for number in range(17)])


# --- killing -------------------------------------------------------------------------------------------------------


def when(ready: LocalListener | LocalConnection, seconds: float = 5.0) -> None:
    """Wait until there is something to accept or receive."""
    assert select.select([ready], [], [], seconds)[0]


def soon(happened: Callable[[], bool], *, seconds: float = 5.0) -> bool:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def accepted(listener: LocalListener) -> tuple[LocalConnection, bytes, int]:
    """The next connection, with the first thing said on it, and by whom."""
    when(listener)
    connection = listener.accept()
    connection.send(b"go\n")
    when(connection)
    return connection, *connection.receive()


@contextmanager
def meanwhile(work: Callable[[], object]) -> Iterator[None]:
    """Do something in another thread."""
    thread = threading.Thread(target=work)
    thread.start()
    yield
    thread.join()


def test_a_child_is_killed_while_it_waits_at_a_meeting(session: Session) -> None:
    """The call that waits ends as killed, what was written before is there, and what would have come after is not."""
    child = session.fresh()
    listener = session.listen_local()

    def kill() -> None:
        connection, _data, _sender = accepted(listener)
        child.kill()
        connection.close()

    with meanwhile(kill), pytest.raises(Killed, match="killed from outside"):
        child.call("wait_for_release", listener.name)
    listener.close()
    after = session.fresh(keep=["before.txt", "after.txt"])
    assert dict(after.lacking) == {"after.txt": "there is no such file"}
    assert after.call("read", "before.txt") == "written"


def test_a_killed_child_stays_killed(session: Session) -> None:
    """Killed between two calls, the next call says so, and so does every other."""
    child = session.fresh()
    assert child.call("echo", 1) == 1
    child.kill()
    child.kill()
    for _ in range(2):
        with pytest.raises(Killed):
            child.call("echo", 2)
    assert session.fresh().call("echo", 3) == 3


def test_a_child_that_died_by_itself_was_not_killed(session: Session) -> None:
    """Its own end is told, also when it is killed afterwards."""
    child = session.fresh()
    with pytest.raises(Died) as caught:
        child.call("leave", 3)
    child.kill()
    with pytest.raises(Died) as again:
        child.call("echo", 1)
    assert again.value is caught.value
    assert not isinstance(again.value, Killed)


def test_everything_that_a_child_started_is_killed_with_it(session: Session) -> None:
    """No helper outlives the child."""
    child = session.fresh()
    child.call("helpers", 3, 0.0)
    assert len(session.processes()) == 4
    child.kill()
    assert soon(lambda: all(process.asleep for process in session.processes()))  # the dead may wait to be collected
    session.fresh()
    assert len(session.processes()) == 1


# --- who is inside -------------------------------------------------------------------------------------------------


def own(session: Session, child: Child) -> Process:
    """The child's own process."""
    pid = child.call("ids")
    assert isinstance(pid, list)
    return next(process for process in session.processes() if process.pid == pid[0])


def test_processes_and_threads_are_counted(session: Session) -> None:
    """Everything inside but the worker is listed, with its threads, and whether all of them wait."""
    child = session.fresh()
    before = own(session, child)
    assert before.threads == 1
    assert soon(lambda: own(session, child).asleep)  # once it has gone back to waiting for the next call
    child.call("threads", 3)
    helpers = child.call("helpers", 2, 0.0)
    assert isinstance(helpers, list)
    assert own(session, child).threads == 4
    assert {process.pid for process in session.processes()} == {before.pid, *helpers}


def test_the_clock_of_every_process_is_read(backend: Backend, session: Session) -> None:
    """What helpers burn is on their clocks, and not on the child's; where clocks are not exact nothing is said."""
    child = session.fresh()
    before = own(session, child)
    helpers = child.call("helpers", 2, 0.2)
    assert isinstance(helpers, list)
    if is_gvisor(backend):
        assert {process.cpu_seconds for process in session.processes()} == {None}
        return

    def burnt() -> dict[int, float]:
        return {process.pid: process.cpu_seconds or 0.0 for process in session.processes()}

    assert soon(lambda: min(burnt()[int(str(pid))] for pid in helpers) >= 0.2, seconds=20)
    assert burnt()[before.pid] - (before.cpu_seconds or 0.0) < 0.1


def test_a_process_that_works_in_any_thread_is_not_asleep(session: Session) -> None:
    """Somebody who computes is told from somebody who waits, also when the first thread waits."""
    child = session.fresh()
    child.call("echo", 1)
    assert soon(lambda: own(session, child).asleep)
    child.call("spin_in_thread")
    time.sleep(0.2)  # until the first thread has gone back to waiting
    assert not any(process.asleep for _ in range(10) for process in session.processes())


# --- who speaks ----------------------------------------------------------------------------------------------------


@contextmanager
def one_guest(session: Session, said: list[tuple[bytes, int]]) -> Iterator[str]:
    """Accept one connection, note what is said first and by whom, and answer."""
    listener = session.listen_local()

    def serve() -> None:
        connection, data, sender = accepted(listener)
        said.append((data, sender))
        connection.send(b"welcome\n")
        when(connection)
        assert connection.receive() == (b"", 0)
        connection.close()

    with meanwhile(serve):
        yield listener.name
    listener.close()


def test_whoever_speaks_at_an_abstract_address_is_known(session: Session) -> None:
    """Each message comes with the number of the process that sent it."""
    said: list[tuple[bytes, int]] = []
    child = session.fresh()
    with one_guest(session, said) as name:
        answer = child.call("tell", name, "hello")
    assert answer == ["welcome", said[0][1]]
    assert said[0][0] == b"hello\n"


def test_the_sender_is_known_and_not_who_connected(session: Session) -> None:
    """A process that inherited the connection speaks for itself."""
    said: list[tuple[bytes, int]] = []
    child = session.fresh()
    with one_guest(session, said) as name:
        answer = child.call("tell_by_another", name)
        session.fresh()
    assert isinstance(answer, list)
    assert said == [(b"it is me\n", answer[2])]


def test_nobody_speaks_as_another(session: Session) -> None:
    """The kernel refuses credentials that are not the sender's."""
    said: list[tuple[bytes, int]] = []
    child = session.fresh()
    with one_guest(session, said) as name:
        answer = child.call("tell_as_the_worker", name)
    assert isinstance(answer, list)
    assert said[0][1] == answer[1]


def test_no_descriptor_comes_along(session: Session) -> None:
    """A descriptor that is sent is dropped; the words arrive."""
    said: list[tuple[bytes, int]] = []
    child = session.fresh()
    with one_guest(session, said) as name:
        answer = child.call("hand_over", name)
    assert answer == ["welcome", said[0][1]]


def test_two_addresses_are_two(session: Session) -> None:
    """Who connects to one address is not accepted at the other."""
    child = session.fresh()
    first, second = session.listen_local(), session.listen_local()
    said: list[bytes] = []

    def serve() -> None:
        connection, data, _sender = accepted(second)
        said.append(data)
        connection.send(b"welcome\n")
        connection.close()

    with meanwhile(serve):
        child.call("tell", second.name, "second")
    assert said == [b"second\n"]
    assert not select.select([first], [], [], 0)[0]
    first.close()
    second.close()
