"""Meetings: who came together, from how many processes, whether one too many came, and who only passed work on."""

from __future__ import annotations

import hashlib

import pytest

from grader.suite.meeting_server import Group, Meeting, endured
from sandbox.outcome import Killed, NotMeasured, Raised
from sandbox.session import Backend, Process

from .conftest import Submitted, is_gvisor

JOBS = """
    import asyncio, hashlib, multiprocessing, os, socket, threading, time
    from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

    GIVEN = {}

    def work(word, rounds):
        data = word.encode()
        for _ in range(rounds):
            data = hashlib.sha256(data).digest()
        return data.hex()

    def job(address, number, rounds):
        with GIVEN["MeetingPlace"](address) as place:
            place.arrive(work(place.arrive(f"job {number}"), rounds))
        return number

    def in_processes(given, address, count, limit, rounds):
        GIVEN.update(given)
        with ProcessPoolExecutor(limit, mp_context=multiprocessing.get_context("fork")) as pool:
            return list(pool.map(job, [address] * count, range(count), [rounds] * count))

    def in_threads(given, address, count, limit, rounds):
        GIVEN.update(given)
        with ThreadPoolExecutor(limit) as pool:
            return list(pool.map(job, [address] * count, range(count), [rounds] * count))

    def one_by_one(given, address, count, limit, rounds):
        GIVEN.update(given)
        return [job(address, number, rounds) for number in range(count)]

    def in_coroutines(given, address, count, limit, rounds):
        async def one(gate, number):
            async with gate, given["AsyncMeetingPlace"](address) as place:
                await place.arrive(work(await place.arrive(f"job {number}"), rounds))
            return number
        async def main():
            gate = asyncio.Semaphore(limit)
            return await asyncio.gather(*(one(gate, number) for number in range(count)))
        return asyncio.run(main())

    def one_too_many(given, address, count, limit, rounds):
        return in_threads(given, address, count, limit + 1, rounds)

    def one_too_many_later(given, address, delay, limit):
        GIVEN.update(given)
        threads = []
        for number in range(limit + 1):
            if number == limit:
                time.sleep(delay)
            threads.append(threading.Thread(target=given["meet"], args=(address, f"job {number}")))
            threads[-1].start()
        for thread in threads:
            thread.join()

    def one_too_many_after_work(given, address, seconds, delay, limit):
        GIVEN.update(given)
        threads = [
            threading.Thread(target=given["meet"], args=(address, f"job {number}")) for number in range(limit + 1)
        ]
        for thread in threads[:limit]:
            thread.start()
        end = time.process_time() + seconds
        while time.process_time() < end:
            pass
        time.sleep(delay)
        threads[limit].start()
        for thread in threads:
            thread.join()

    def by_polling(given, address, count, limit, rounds):
        GIVEN.update(given)
        running, done = [], []
        for number in range(count):
            while len(running) == limit:
                time.sleep(0.005)
                running = [one for one in running if one.is_alive()]
            running.append(threading.Thread(target=lambda n=number: done.append(job(address, n, rounds))))
            running[-1].start()
        for one in running:
            one.join()
        return sorted(done)

    def by_relays(given, address, count, limit, rounds):
        # Helpers connect and pass bytes on; this process computes all.
        for start in range(0, count, limit):
            ends = []
            for number in range(start, min(count, start + limit)):
                ours, theirs = socket.socketpair()
                pid = os.fork()
                if pid == 0:
                    with given["MeetingPlace"](address) as place:
                        theirs.sendall(place.arrive(f"job {number}").encode())
                        place.arrive(theirs.recv(200).decode())
                    os._exit(0)
                ends.append((ours, pid))
            for ours, word in [(ours, ours.recv(200).decode()) for ours, _ in ends]:
                ours.sendall(work(word, rounds).encode())
            for _, pid in ends:
                os.waitpid(pid, 0)
        return list(range(count))

    def restless(given, address):
        ended = []
        threading.Thread(target=lambda: [None for _ in iter(lambda: bool(ended), True)]).start()
        try:
            return given["meet"](address, "x")
        finally:
            ended.append(True)

    def rude(given, address, data):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect("\\0" + address)
            connection.recv(100)
            try:
                connection.sendall(data)
                return connection.recv(100)
            except OSError:
                return b""

    def crowd(given, address, count, times):
        started, wait = os.pipe()
        for _ in range(times):
            if os.fork() == 0:
                held = [socket.socket(socket.AF_UNIX) for _ in range(count)]
                for connection in held:
                    connection.connect("\\0" + address)
                os.write(wait, bytes([sum(connection.recv(100) == b"" for connection in held)]))
                time.sleep(60)
        return sum(os.read(started, 1)[0] for _ in range(times))

    def store(given, address, values):
        for value in values:
            with open("store.txt", "a") as file:
                file.write(f"{value}\\n")
            given["meet"](address, f"stored {value}")

    def stored():
        return open("store.txt").read().split()
"""


def sizes(groups: list[Group]) -> list[int]:
    return [len(group.arrivals) for group in groups]


def processes(group: Group) -> int:
    return len({arrival.process for arrival in group.arrivals})


@pytest.mark.parametrize("how", ["in_processes", "in_threads", "in_coroutines", "by_polling"])
def test_jobs_meet_as_many_as_their_limit_lets_through(submitted: Submitted, how: str) -> None:
    """However jobs are run, as many meet as may; those of a pool come from processes of their own, others from one."""
    handle = submitted(JOBS)
    with Meeting(handle, size=3) as meeting:
        assert handle.call("do_meeting", how, meeting.address, 6, 3, 10) == list(range(6))
    assert sizes(meeting.groups) == [3, 3, 3, 3]
    assert meeting.peak == 3
    assert all(group.settled for group in meeting.groups)
    assert {processes(group) for group in meeting.groups} == {3 if how == "in_processes" else 1}
    assert meeting.strange == 0


def test_a_word_of_release_cannot_be_known_before(submitted: Submitted) -> None:
    """The second arrival can be made of the first's word, so the work in between was done after the release."""
    handle = submitted(JOBS)
    with Meeting(handle, size=2) as meeting:
        handle.call("do_meeting", "in_threads", meeting.address, 2, 2, 100)
    first, second = meeting.groups
    expected = []
    for arrival in first.arrivals:
        data = arrival.word.encode()
        for _ in range(100):
            data = hashlib.sha256(data).digest()
        expected.append(data.hex())
    assert sorted(arrival.text for arrival in second.arrivals) == sorted(expected)
    assert {arrival.text for arrival in first.arrivals} == {"job 0", "job 1"}


def test_jobs_one_by_one_do_not_meet(submitted: Submitted) -> None:
    """Whoever works alone is released alone, without a long wait."""
    handle = submitted(JOBS)
    with Meeting(handle, size=3) as meeting:
        handle.call("do_meeting", "one_by_one", meeting.address, 3, 3, 10)
    assert sizes(meeting.groups) == [1] * 6
    assert all(group.settled for group in meeting.groups)


def test_one_too_many_is_seen(submitted: Submitted) -> None:
    """A limit that lets one more through shows as a larger group."""
    handle = submitted(JOBS)
    with Meeting(handle, size=3) as meeting:
        handle.call("do_meeting", "one_too_many", meeting.address, 8, 3, 0)
    assert meeting.peak == 4


def test_one_too_many_that_a_timer_brings_needs_a_hold(submitted: Submitted) -> None:
    """Everybody sleeps until the timer: a full group is held so long to see it."""
    handle = submitted(JOBS)
    with Meeting(handle, size=3, hold=1.0) as meeting:
        handle.call("do_meeting", "one_too_many_later", meeting.address, 0.05, 3)
    assert meeting.peak == 4


def test_a_group_is_held_from_when_nobody_works_any_more(submitted: Submitted) -> None:
    """What somebody does before the timer does not use the hold up."""
    handle = submitted(JOBS)
    with Meeting(handle, size=3, hold=1.0, patience=20.0) as meeting:
        handle.call("do_meeting", "one_too_many_after_work", meeting.address, 1.0, 0.3, 3)
    assert meeting.peak == 4


def test_processes_that_work_are_told_from_those_that_pass_it_on(backend: Backend, submitted: Submitted) -> None:
    """Each process of a pool has the drawn work on its clock; relays have next to nothing, though as many come."""
    spent: dict[str, list[float]] = {}
    for how in ("in_processes", "by_relays"):
        handle = submitted(JOBS)
        with Meeting(handle, size=3, patience=10.0) as meeting:
            handle.call("do_meeting", how, meeting.address, 3, 3, 100_000)
        first, second = meeting.groups
        assert processes(first) == processes(second) == 3
        if is_gvisor(backend):
            with pytest.raises(NotMeasured, match="clocks"):
                print(second.arrivals[0].spent)
            return
        spent[how] = [arrival.spent for arrival in second.arrivals]
    assert max(spent["by_relays"]) < min(spent["in_processes"]) / 4


def test_a_first_arrival_has_spent_nothing(submitted: Submitted) -> None:
    """What was spent counts from a release; before the first one there is none."""
    handle = submitted(JOBS)
    with Meeting(handle, size=1) as meeting:
        handle.call("do_meeting", "one_by_one", meeting.address, 1, 1, 0)
    assert meeting.groups[0].arrivals[0].spent == 0.0
    assert meeting.groups[0].arrivals[0].threads == 1


def seen(*processes: tuple[int, float | None, bool]) -> tuple[tuple[Process, ...], ...]:
    """A look at one node: the number of each process, its clock, and whether it sleeps."""
    return (
        tuple(
            Process(pid=pid, started=0, cpu_seconds=clock, threads=1, asleep=asleep) for pid, clock, asleep in processes
        ),
    )


@pytest.mark.parametrize(
    ("before", "after", "cost"),
    [
        (seen((7, 1.0, True)), seen((7, 1.0, True)), 3.0),
        (seen((7, 1.0, False)), seen((7, 2.0, False)), 1.0),
        (seen((7, 1.0, False)), seen((7, 1.0, False)), 0.5),
        (seen((7, 1.0, False), (8, 1.0, True)), seen((7, 2.0, False), (8, 3.5, True)), 3.0),
        (seen((7, 1.0, True)), seen((7, 1.0, True), (8, 2.0, False)), 2.0),
        (seen((7, None, False)), seen((7, None, False)), 3.0),
    ],
    ids=["waiting", "busy", "starved", "busy on two processors", "a new one", "without clocks"],
)
def test_patience_is_spent_in_processor_time(
    before: tuple[tuple[Process, ...], ...], after: tuple[tuple[Process, ...], ...], cost: float
) -> None:
    """Whoever is ready and gets no processor costs no patience, up to a bound; whoever waits or computes does."""
    assert endured(before, after, 3.0) == cost


def test_who_never_rests_is_released_when_patience_is_over(submitted: Submitted) -> None:
    """A program that spins is not waited for; the group says so."""
    handle = submitted(JOBS)
    with Meeting(handle, size=2, patience=0.5) as meeting:
        handle.call("do_meeting", "restless", meeting.address)
    assert sizes(meeting.groups) == [1]
    assert not meeting.groups[0].settled


@pytest.mark.parametrize("data", [b"a\nb\n", b"x" * 5000, b"\xff\n"], ids=["two lines", "long", "not text"])
def test_what_is_no_arrival_ends_its_connection(submitted: Submitted, data: bytes) -> None:
    """Odd bytes are counted, and nobody waits on them."""
    handle = submitted(JOBS)
    with Meeting(handle, size=1) as meeting:
        assert handle.call("do_meeting", "rude", meeting.address, data) == b""
    assert meeting.strange == 1
    assert meeting.groups == []


def test_too_many_connections_are_closed(submitted: Submitted) -> None:
    """More than 256 at a time are not served; those that are left can go on."""
    handle = submitted(JOBS)
    with Meeting(handle, size=1) as meeting:
        closed = handle.call("do_meeting", "crowd", meeting.address, 100, 3)
        assert closed == meeting.strange == 44


def test_a_node_is_killed_at_a_meeting_and_its_files_go_on(submitted: Submitted) -> None:
    """At the group that is told the first node is killed instead of released; what it had written is there."""
    handle = submitted(JOBS)
    with Meeting(handle, size=1, kill_at=3) as meeting, pytest.raises(Killed):
        handle.call("do_meeting", "store", meeting.address, [1, 2, 3, 4])
    assert [group.arrivals[0].text for group in meeting.groups] == ["stored 1", "stored 2", "stored 3"]
    assert handle.fresh(keep=["store.txt"]) == {}
    assert handle.call("do", "stored") == ["1", "2", "3"]


def test_two_nodes_meet(submitted: Submitted) -> None:
    """Each node comes to the meeting by an address of its own, and is known as another."""
    one = submitted(JOBS)
    two = one.beside()
    with Meeting(one, two, size=1) as meeting:
        for handle, address in zip((one, two), meeting.addresses, strict=True):
            handle.call("do_meeting", "one_by_one", address, 1, 1, 0)
    nodes = [arrival.process.node for group in meeting.groups for arrival in group.arrivals if arrival.process]
    assert nodes == [0, 0, 1, 1]


def test_what_fails_out_here_is_raised_out_here(submitted: Submitted) -> None:
    """An assertion about a group, made when it is released, fails the test, and nobody waits for ever."""

    def refuse(_group: Group) -> None:
        raise AssertionError("not so")

    handle = submitted(JOBS)
    meeting = Meeting(handle, size=1, on_group=refuse).__enter__()
    with pytest.raises(Raised, match="the meeting is over"):
        handle.call("do_meeting", "one_by_one", meeting.address, 1, 1, 0)
    with pytest.raises(AssertionError, match="not so"):
        meeting.__exit__(None, None, None)
