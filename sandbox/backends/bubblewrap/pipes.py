"""A Channel over four pipes and a pidfd: requests, answers, standard output, standard error, and the process itself."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from sandbox.child import Gone
from sandbox.machine.schedule import active_seconds, waited_seconds
from sandbox.outcome import Exit, SandboxUnusable
from sandbox.session import Usage

_CHUNK = 1 << 16
_PROCESS_CLOCK = 2  # CPUCLOCK_SCHED: nanoseconds of the whole process, by clock_gettime(2)
_KIB = 1024
_MOST_EXCUSED = 30.0
_LEAST_EXCUSED = 0.05
"""Seconds: the most by which all waits of a child are extended together, and the least that is worth an extension."""


class Pipes(NamedTuple):
    """Both ends of a child's four pipes."""

    ours: tuple[int, int, int, int]
    """Requests, to write; answers, standard output and standard error, to read."""
    theirs: tuple[int, int, int, int]

    @classmethod
    def make(cls) -> Pipes:
        """Open the four pipes."""
        (there, requests), (answers, here), (out, out_there), (err, err_there) = (os.pipe() for _ in range(4))
        return cls((requests, answers, out, err), (there, here, out_there, err_there))


class _Sink:
    """Keeps the first bytes of a stream and drops the rest, so that no output blocks or fills the memory."""

    def __init__(self, descriptor: int, most: int) -> None:
        self.descriptor = descriptor
        self.kept = bytearray()
        self._most = most

    def drain(self, *, chunks: int = 1) -> bool:
        """Read at most `chunks` pieces; return False at the end of the stream."""
        for _ in range(chunks):
            try:
                data = os.read(self.descriptor, _CHUNK)
            except BlockingIOError:
                return True
            if not data:
                return False
            self.kept += data[: self._most - len(self.kept)]
        return True


class PipeChannel:
    """The connection to one child of a worker on the same machine."""

    def __init__(
        self,
        ours: tuple[int, int, int, int],
        *,
        pidfd: int,
        output: int,
        reap: Callable[[], Exit],
        interrupt: Callable[[], None],
        waited: Callable[[], float],
    ) -> None:
        self._requests, self._answers, out, err = ours
        self._pidfd = pidfd
        self._reap = reap
        self.interrupt = interrupt
        self._waited = waited
        self._since = time.monotonic()
        self._exit = Exit()
        self._broken: SandboxUnusable | None = None
        self._peak = 0
        self._starved = 0.0
        self._excused = 0.0
        self._excused_before = 0.0
        self._sinks = {descriptor: _Sink(descriptor, output) for descriptor in (out, err)}
        self._open = [*ours, pidfd]
        for descriptor in ours:
            os.set_blocking(descriptor, False)
        self._incoming = self._poll(self._answers, select.POLLIN)
        self._outgoing = self._poll(self._requests, select.POLLOUT)
        self._pid = _host_pid(pidfd)
        self._clock = (~self._pid << 3) | _PROCESS_CLOCK

    def write(self, data: bytes, *, until: float) -> None:
        """Write all of `data`, draining what the child prints meanwhile."""
        self._excused_before = self._excused
        view = memoryview(data)
        try:
            while view:
                try:
                    view = view[os.write(self._requests, view) :]
                except BlockingIOError:
                    self._wait(self._outgoing, self._requests, until)
        except BrokenPipeError:
            raise Gone(ended=self._has_ended(patience=0.05)) from None

    def read(self, most: int, *, until: float) -> bytes:
        """Wait until the child writes, and return what it has written."""
        while True:
            self._wait(self._incoming, self._answers, until)
            try:
                data = os.read(self._answers, most)
            except BlockingIOError:
                continue
            if not data:
                raise Gone(ended=self._has_ended(patience=0.05))
            return data

    def unsolicited(self) -> bool:
        """Return whether the child has written something without being asked."""
        try:
            return bool(os.read(self._answers, 1))
        except BlockingIOError:
            return False

    def excused(self) -> float:
        """Return the seconds by which waits were extended because threads inside were ready but got no processor."""
        return self._excused

    def starved(self) -> float:
        """Return the seconds for which the process's first thread was ready and got no processor."""
        if self._open:
            self._starved = waited_seconds(self._pid) or self._starved
        return self._starved

    def kill(self) -> Exit:
        """Kill everything inside but the worker, and keep what was printed. If this raises SandboxUnusable, every later
        call does, too.
        """
        if self._open:
            self.starved()
            try:
                self._exit = self._reap()
            except SandboxUnusable as error:
                self._broken = error
            finally:
                for sink in self._sinks.values():
                    sink.drain(chunks=32)
                while self._open:
                    os.close(self._open.pop())
        if self._broken is not None:
            raise self._broken
        return self._exit

    def usage(self) -> Usage:
        """Return the whole process's CPU time by its clock, and its memory from /proc, both from the host's kernel."""
        try:
            cpu = time.clock_gettime(self._clock)
            sizes = _sizes(self._pid)
            peak, resident = sizes["VmHWM"], sizes["RssAnon"] + sizes["RssShmem"]
        except (OSError, KeyError):  # a process that is ending has no memory any more
            raise Gone(ended=True) from None
        if self._has_ended():  # else the number may belong to another process by now
            raise Gone(ended=True)
        self._peak = max(self._peak, peak)  # the kernel's own figure is approximate and may go back a little
        return Usage(cpu_seconds=cpu, resident=resident, peak=self._peak, active=active_seconds(self._pid))

    def output(self) -> tuple[bytes, bytes]:
        """Return what the child printed."""
        out, err = self._sinks.values()
        if self._open:
            out.drain(chunks=4)
            err.drain(chunks=4)
        return bytes(out.kept), bytes(err.kept)

    def _poll(self, descriptor: int, event: int) -> select.poll:
        poll = select.poll()
        poll.register(descriptor, event)
        for descriptor in (*self._sinks, self._pidfd):
            poll.register(descriptor, select.POLLIN)
        return poll

    def _wait(self, poll: select.poll, event: int, until: float) -> None:
        """Wait until the descriptor `event` is ready, draining the child's output meanwhile."""
        while True:
            left = until + self._excused - self._excused_before - time.monotonic()
            events = poll.poll(max(0.0, left * 1000))
            ready = {descriptor for descriptor, _event in events}
            if event in ready:
                return
            for descriptor in ready & self._sinks.keys():
                if not self._sinks[descriptor].drain():
                    self._forget(descriptor)
            if self._pidfd in ready:
                raise Gone(ended=True)
            if left <= 0 and not self._is_excused():
                raise TimeoutError

    def _is_excused(self) -> bool:
        """Return whether to wait longer: a busy machine must not cost the submission its answer.

        What counts is how long all threads inside were ready and had no processor: the one that answers may wait for
        others. A submission can keep itself waiting with many threads, but the time gained is bounded and of no use to
        it: who would not have answered in time still does not.
        """
        lasted = time.monotonic() - self._since
        more = min(self._waited(), lasted, _MOST_EXCUSED) - self._excused
        if more < _LEAST_EXCUSED:
            return False
        self._excused += more
        return True

    def _forget(self, descriptor: int) -> None:
        self._incoming.unregister(descriptor)
        self._outgoing.unregister(descriptor)

    def _has_ended(self, *, patience: float = 0.0) -> bool:
        poll = select.poll()
        poll.register(self._pidfd, select.POLLIN)
        return bool(poll.poll(patience * 1000))


def _host_pid(pidfd: int) -> int:
    lines = Path(f"/proc/self/fdinfo/{pidfd}").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pid:"))


def _sizes(pid: int) -> dict[str, int]:
    lines = Path(f"/proc/{pid}/status").read_bytes().splitlines()
    fields = (line.split() for line in lines if line.startswith((b"VmHWM", b"RssAnon", b"RssShmem")))
    return {words[0].decode().rstrip(":"): int(words[1]) * _KIB for words in fields}
