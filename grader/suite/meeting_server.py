"""A meeting: whoever comes to its address waits until the group is released, and the outside sees who came.

    with Meeting(submission, size=3) as meeting:
        submission.call("run", meeting.address, jobs)    # whose jobs come by `probe_kit.meeting.MeetingPlace`
    first, second = meeting.groups
    assert len({arrival.process for arrival in first.arrivals}) == 3
    assert min(arrival.spent for arrival in second.arrivals) >= ours / 2

    inside -> outside   connects
    outside -> inside   "welcome\\n"       so that the sender of what follows is known everywhere
    inside -> outside   "job 7\\n"         an arrival: any text of one line
    outside -> inside   "3f9a...\\n"       the release: a word that was drawn out here; the next arrival may follow

A group is released when nobody else can come from inside: every thread sleeps, and no clock has moved between two
looks. The verdict therefore does not depend on the machine's speed. The group is then held for a moment longer, to
catch a timer that brings one arrival too many (`hold`, for a full group) or a late one (`grace`, for any other). Work
that never comes to rest is released after `patience`, and the group says so. While a thread is ready to run, patience
is spent in the processor time that the processes get, so that a machine that is busy elsewhere costs nobody's patience.

The kernel reports the sender of each message, and each process's CPU clock and threads: processes that only pass on
what others computed have spent next to nothing.
"""

from __future__ import annotations

import secrets
import selectors
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Self

from sandbox.outcome import NotMeasured

if TYPE_CHECKING:
    from grader.suite.contract import SubmissionHandle
    from sandbox.session import LocalConnection, LocalListener, Process

    Look = tuple[tuple[Process, ...], ...]

WELCOME = b"welcome\n"
CONNECTIONS = 256
"""The maximum number of open connections; further ones are closed at once."""
ARRIVALS = 5_000
LINE_BYTES = 1024
STARVED = 6.0
"""Patience lasts at most this many times as long, whatever processor time the processes get."""
LOOK_SECONDS = 0.002
"""The time between two looks at the processes while somebody waits."""


class Who(NamedTuple):
    """A process: its sandbox, its number there, and its start time, since numbers are reused."""

    node: int
    pid: int
    started: int


@dataclass
class MeetingArrival:
    """An arrival that is waiting, or has waited, for its release."""

    text: str
    connection: int
    """The number of its connection, in the order of connecting; several arrivals may come on one connection."""
    process: Who | None
    """The sender, named by the kernel; None if the sender ended before it was looked at."""
    threads: int = 0
    """The number of threads of that process at the arrival."""
    word: str = field(default_factory=lambda: secrets.token_hex(8))
    """The word with which it is released; nobody inside could know it before."""
    before: MeetingArrival | None = None
    """The previous arrival on the same connection."""
    clock: float | None = None
    """CPU seconds of its process at the arrival, if known; `released` holds those at the release."""
    released: float | None = None

    @property
    def spent(self) -> float:
        """CPU seconds of its process since the release of the previous arrival on the same connection.

        This is 0.0 if another process sent that arrival, or if there was none: nobody was seen working in between.
        Raises NotMeasured if the backend's clocks are not exact.
        """
        before = self.before
        if before is None or self.process is None or before.process != self.process:
            return 0.0
        if self.clock is None or before.released is None:
            raise NotMeasured("the clocks of this backend do not show the CPU time of a process")
        return self.clock - before.released


class Group(NamedTuple):
    """The arrivals that were released together."""

    arrivals: tuple[MeetingArrival, ...]
    settled: bool
    """True if nobody else could come, False if patience ran out."""


class Meeting:
    """Releases arrivals in groups of `size`. `handles` are the nodes that can come. With `kill_at`, the first node is
    killed before the group with that number, counted from 1, is released.
    """

    def __init__(
        self,
        *handles: SubmissionHandle,
        size: int,
        hold: float = 0.02,
        grace: float = 0.02,
        patience: float = 2.0,
        kill_at: int | None = None,
        on_group: Callable[[Group], None] | None = None,
    ) -> None:
        self.groups: list[Group] = []
        self.strange = 0
        """The number of connections that were ended because they sent something other than an arrival, or were too
        many.
        """
        self.peak = 0
        """The largest number of arrivals that waited at the same time."""
        self._handles = handles
        self._size = size
        self._waits = {True: hold, False: grace}
        self._patience = patience
        self._kill_at = kill_at
        self._on_group = on_group
        self._guests: set[_Guest] = set()
        self._came = 0
        self._arrived = 0
        self._waiting: list[tuple[_Guest, MeetingArrival]] = []
        self._look: Look = ()
        self._looked = 0.0
        self._spent_patience = 0.0
        self._quiet_since: float | None = None
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="meeting", daemon=True)

    def __enter__(self) -> Self:
        self._listeners: list[LocalListener] = []
        self._awake, self._alarm = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._awake, selectors.EVENT_READ, None)
        for node, handle in enumerate(self._handles):
            self._listeners.append(handle.listen_local())
            self._selector.register(self._listeners[node], selectors.EVENT_READ, node)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._alarm.send(b"!")
        self._thread.join()
        self._selector.close()
        ends: list[_Guest | LocalListener | socket.socket] = [*self._guests, *self._listeners]
        for end in (*ends, self._awake, self._alarm):
            end.close()
        if self._failure is not None and error is None:
            raise self._failure

    @property
    def address(self) -> str:
        """The address of the meeting on the first node."""
        return self.addresses[0]

    @property
    def addresses(self) -> list[str]:
        """The address of the meeting on each node."""
        return [listener.name for listener in self._listeners]

    # --- the thread --------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while self._serve():
                pass
        except BaseException as error:
            self._failure = error
            for guest in self._guests:  # or they would wait for a release that does not come
                guest.close()

    def _serve(self) -> bool:
        """Take whatever has come, or else release those who wait if that is due. Return False at the end."""
        ready = self._selector.select(self._pause() if self._waiting else None)
        for key, _events in ready:
            if key.fileobj is self._awake:
                return False
            if isinstance(key.data, int):
                self._accept(key.data)
            else:
                self._take(key.data)
        if ready:
            self._begin_wait()
            self._note_clocks()
        elif self._waiting:
            self._release_when_due()
        return True

    def _accept(self, node: int) -> None:
        try:
            connection = self._listeners[node].accept()
        except OSError:
            return
        self._came += 1
        guest = _Guest(connection, node, self._came)
        if len(self._guests) >= CONNECTIONS:
            self.strange += 1
            guest.close()
            return
        self._guests.add(guest)
        self._selector.register(connection, selectors.EVENT_READ, guest)
        self._send(guest, WELCOME)

    def _take(self, guest: _Guest) -> None:
        try:
            text, sender = guest.read()
        except BlockingIOError:
            return
        except EOFError:
            self._dismiss(guest)
            return
        except (OSError, ValueError):
            self.strange += 1
            self._dismiss(guest)
            return
        if text is None:
            return
        self._arrived += 1
        if self._arrived > ARRIVALS or any(guest is waiting for waiting, _arrival in self._waiting):
            self.strange += 1
            self._dismiss(guest)
            return
        arrival = MeetingArrival(text, guest.number, Who(guest.node, sender, 0), before=guest.last)
        guest.last = arrival
        self._waiting.append((guest, arrival))
        self.peak = max(self.peak, len(self._waiting))

    def _dismiss(self, guest: _Guest) -> None:
        if guest not in self._guests:
            return
        self._guests.remove(guest)
        self._selector.unregister(guest.connection)
        guest.close()
        self._waiting = [entry for entry in self._waiting if entry[0] is not guest]

    def _send(self, guest: _Guest, data: bytes) -> None:
        try:
            guest.connection.send(data)
        except OSError:
            self._dismiss(guest)

    # --- who is inside -----------------------------------------------------------------------------------------------

    def _see(self) -> None:
        self._look = tuple(handle.processes() for handle in self._handles)

    def _of(self, who: Who | None) -> Process | None:
        if who is None:
            return None
        return next((process for process in self._look[who.node] if process.pid == who.pid), None)

    def _note_clocks(self) -> None:
        """Record for each new arrival which process it is, and what its clock shows."""
        new = [arrival for _guest, arrival in self._waiting if arrival.process and not arrival.process.started]
        if new:
            self._see()
        for arrival in new:
            if (process := self._of(arrival.process)) is None or arrival.process is None:
                arrival.process = None
            else:
                arrival.process = arrival.process._replace(started=process.started)
                arrival.threads, arrival.clock = process.threads, process.cpu_seconds

    def _pause(self) -> float:
        """Return the seconds until the next look: in a quiet group, none decides anything until its wait is over."""
        if self._quiet_since is None:
            return LOOK_SECONDS
        return max(LOOK_SECONDS, self._quiet_since + self._wait() - time.monotonic())

    def _wait(self) -> float:
        """Return the seconds for which those who wait are held."""
        return self._waits[len(self._waiting) >= self._size]

    def _release_when_due(self) -> None:
        before, since = self._look, self._looked
        self._see()
        self._looked = now = time.monotonic()
        self._spent_patience += endured(before, self._look, now - since)
        quiet = self._look == before and all(process.asleep for node in self._look for process in node)
        if quiet and self._quiet_since is None:
            self._quiet_since = now
        settled = quiet and self._quiet_since is not None and now >= self._quiet_since + self._wait()
        if settled or self._spent_patience > self._patience:
            self._release(settled=settled)

    def _begin_wait(self) -> None:
        self._looked, self._spent_patience, self._quiet_since = time.monotonic(), 0.0, None

    def _release(self, *, settled: bool) -> None:
        released, self._waiting = self._waiting, []
        group = Group(tuple(arrival for _guest, arrival in released), settled)
        self.groups.append(group)
        self._begin_wait()
        if self._on_group is not None:
            self._on_group(group)
        if len(self.groups) == self._kill_at:
            self._handles[0].kill()
            return
        for guest, arrival in released:
            process = self._of(arrival.process)
            arrival.released = process.cpu_seconds if process is not None else None
            self._send(guest, f"{arrival.word}\n".encode())


def endured(before: Look, after: Look, seconds: float) -> float:
    """Return how much patience the time between two looks has cost: all of it, or, if a thread was ready to run
    after it, the processor time that the processes got, but at least a fraction of it.
    """
    if all(process.asleep for node in after for process in node):
        return seconds
    clocks = {
        (at, process.pid, process.started): process.cpu_seconds for at, node in enumerate(before) for process in node
    }
    got = 0.0
    for at, node in enumerate(after):
        for process in node:
            then = clocks.get((at, process.pid, process.started), 0.0)
            if process.cpu_seconds is None or then is None:
                return seconds
            got += process.cpu_seconds - then
    return min(seconds, max(got, seconds / STARVED))


class _Guest:
    """One connection of somebody who comes to the meeting."""

    def __init__(self, connection: LocalConnection, node: int, number: int) -> None:
        self.connection = connection
        self.node = node
        self.number = number
        self.last: MeetingArrival | None = None
        self._buffer = b""

    def read(self) -> tuple[str | None, int]:
        """Return a line, or None while it is incomplete, with the sender of its last part. Raises EOFError at the end
        of the stream, and ValueError for anything but an arrival.
        """
        data, sender = self.connection.receive()
        if not data:
            raise EOFError
        self._buffer += data
        line, end, rest = self._buffer.partition(b"\n")
        if len(line) > LINE_BYTES or rest:
            raise ValueError("not an arrival")
        if not end:
            return None, sender
        self._buffer = b""
        return line.decode("utf-8"), sender

    def close(self) -> None:
        self.connection.close()
