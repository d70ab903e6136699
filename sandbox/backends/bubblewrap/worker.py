"""The outside end of the worker's control socket: orders go in, reports and descriptors come out.

`sandbox/inside/__main__.py` lists the messages. The worker is our own code, so a report that is late or malformed
means that the sandbox is broken, never that the submission gave a wrong answer.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, cast

from sandbox.backends.replaceable import WorkerLost
from sandbox.outcome import Exit
from sandbox.session import Process

_ROOM = 1 << 16
_MOST_DESCRIPTORS = 4
MEMORY = "the memory of its sandbox was used up"


class Forked(NamedTuple):
    """A child that the worker has forked."""

    pid: int
    """The child's process number inside."""
    pidfd: int
    lacking: dict[str, str]


class Worker:
    """One worker, from its settings to its end. Any thread may give it orders."""

    def __init__(self, control: socket.socket, *, patience: float) -> None:
        self._control = control
        self._patience = patience
        self._pidfd: int | None = None
        self._asking = threading.Lock()

    def start(self, settings: dict[str, object], *, patience: float) -> None:
        """Hand over the settings and wait until the worker is ready. Raises WorkerLost."""
        report, descriptors = self._ask(settings, patience=patience)
        if report != {"ready": True} or len(descriptors) != 1:
            _close_all(descriptors)
            raise WorkerLost("the worker did not report that it was ready")
        (self._pidfd,) = descriptors

    def fork(self, descriptors: list[int], *, keep: Sequence[str] = ()) -> Forked:
        """Fork a child onto four descriptors; it keeps the named files of the previous child."""
        report, received = self._ask({"order": "fork", "keep": list(keep)}, descriptors)
        pid = report.get("pid")
        if type(pid) is not int or len(received) != 1:
            _close_all(received)
            raise WorkerLost(f"the worker did not fork: {report.get('error', 'its report makes no sense')}")
        return Forked(pid, received[0], lacking_of(report))

    def kill_children(self) -> None:
        """Send SIGKILL to everything inside but the worker."""
        _report, received = self._ask({"order": "kill"})
        _close_all(received)

    def processes(self) -> tuple[Process, ...]:
        """Return every process inside but the worker."""
        report, received = self._ask({"order": "processes"})
        _close_all(received)
        return processes_of(report)

    def waited(self) -> float:
        """Return the seconds that all threads inside have together been ready to run without a processor."""
        report, received = self._ask({"order": "waited"})
        _close_all(received)
        nanoseconds = report.get("waited")
        if type(nanoseconds) is not int:
            raise WorkerLost("the worker did not report how long it waited")
        return nanoseconds / 1e9

    def reap(self, pid: int) -> Exit:
        """Kill everything inside but the worker, and return how the child `pid` ended."""
        report, received = self._ask({"order": "reap", "pid": pid})
        _close_all(received)
        reason = MEMORY if report.get("memory") is True else ""
        exit_ = exit_of(report)
        return replace(exit_, reason=reason) if exit_.signal is not None else exit_

    def listen(self) -> tuple[socket.socket, int]:
        """Return a listening socket made inside, and its port there."""
        report, received = self._ask({"order": "listen"})
        port = report.get("port")
        if type(port) is not int or len(received) != 1:
            _close_all(received)
            raise WorkerLost("the worker did not create a listening socket")
        return socket.socket(fileno=received[0]), port

    def listen_local(self) -> tuple[socket.socket, str]:
        """Return a socket that listens at an abstract address inside, and its name there."""
        report, received = self._ask({"order": "listen_local"})
        name = report.get("name")
        if type(name) is not str or len(received) != 1:
            _close_all(received)
            raise WorkerLost("the worker did not create a listening socket")
        return socket.socket(fileno=received[0]), name

    def kill(self) -> None:
        """Kill the worker, and everything inside with it. Return once the kernel reports its end."""
        self._control.close()
        if self._pidfd is None:
            return
        pidfd, self._pidfd = self._pidfd, None
        try:
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        except ProcessLookupError:
            pass
        finally:
            ended = select.poll()
            ended.register(pidfd, select.POLLIN)
            ended.poll(self._patience * 1000)
            os.close(pidfd)

    def _ask(
        self, message: dict[str, object], descriptors: list[int] | None = None, *, patience: float | None = None
    ) -> tuple[dict[str, object], list[int]]:
        try:
            with self._asking:
                self._control.settimeout(self._patience if patience is None else patience)
                socket.send_fds(self._control, [json.dumps(message).encode()], descriptors or [])
                data, received, _flags, _address = socket.recv_fds(self._control, _ROOM, _MOST_DESCRIPTORS)
        except (OSError, ValueError) as error:
            raise WorkerLost(f"the worker could not be reached: {error}") from error
        except BaseException:  # its report would be taken for the next order's
            self._control.close()
            raise
        if not data:
            raise WorkerLost("the worker ended")
        try:
            report = json.loads(data)
        except ValueError:
            report = None
        if type(report) is not dict:
            _close_all(received)
            raise WorkerLost("the worker's report is not a JSON object")
        return cast("dict[str, object]", report), received


def _close_all(descriptors: list[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


def exit_of(report: Mapping[str, object]) -> Exit:
    """Return how a child ended, according to the worker's report."""
    status, told = report.get("status"), report.get("unread")
    unread = tuple(text for text in told if type(text) is str) if type(told) is list else ()
    if type(status) is not int:
        return Exit(unread=unread)
    if os.WIFSIGNALED(status):
        return Exit(signal=os.WTERMSIG(status), unread=unread)
    return Exit(code=os.WEXITSTATUS(status), unread=unread)


def lacking_of(report: Mapping[str, object]) -> dict[str, str]:
    """Return the files that a new child lacks, according to the worker's report."""
    lacking = report.get("lacking")
    return {str(name): str(why) for name, why in lacking.items()} if type(lacking) is dict else {}


def processes_of(report: Mapping[str, object], *, exact: bool = True) -> tuple[Process, ...]:
    """Return the processes inside, according to the worker's report. Raises WorkerLost."""
    match report.get("processes"):
        case list(rows) if all(type(row) is list and len(row) == 5 and set(map(type, row)) == {int} for row in rows):
            return tuple(
                Process(
                    pid=pid,
                    started=started,
                    cpu_seconds=clock / 1e9 if exact and clock >= 0 else None,
                    threads=threads,
                    asleep=bool(asleep),
                )
                for pid, started, clock, threads, asleep in rows
            )
        case _:
            raise WorkerLost("the worker did not report the processes")
