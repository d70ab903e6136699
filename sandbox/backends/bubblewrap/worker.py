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
from typing import cast

from sandbox.outcome import Exit

_ROOM = 1 << 16
_MOST_DESCRIPTORS = 4
MEMORY = "the memory of its sandbox was used up"


class WorkerLost(Exception):
    """The worker does not obey any more; the sandbox has to be opened anew."""


class Worker:
    """One worker, from its settings to its death."""

    def __init__(self, control: socket.socket, *, patience: float) -> None:
        self._control = control
        self._patience = patience
        self._pidfd: int | None = None

    def start(self, settings: dict[str, object], *, patience: float) -> None:
        """Hand over the settings and wait until the worker is ready. Raises WorkerLost."""
        report, descriptors = self._ask(settings, patience=patience)
        if report != {"ready": True} or len(descriptors) != 1:
            _close_all(descriptors)
            raise WorkerLost("the worker did not report that it is ready")
        (self._pidfd,) = descriptors

    def fork(self, descriptors: list[int]) -> tuple[int, int]:
        """Fork a child onto four descriptors; return its number inside and a pidfd."""
        report, received = self._ask({"order": "fork"}, descriptors)
        pid = report.get("pid")
        if type(pid) is not int or len(received) != 1:
            _close_all(received)
            raise WorkerLost(f"no child could be made: {report.get('error', 'the report makes no sense')}")
        return pid, received[0]

    def reap(self, pid: int) -> Exit:
        """Kill everything inside but the worker, and say how the child `pid` had ended."""
        report, received = self._ask({"order": "reap", "pid": pid})
        _close_all(received)
        status, reason = report.get("status"), MEMORY if report.get("memory") is True else ""
        if type(status) is not int:
            return Exit()
        if os.WIFSIGNALED(status):
            return Exit(signal=os.WTERMSIG(status), reason=reason)
        return Exit(code=os.WEXITSTATUS(status))

    def listen(self) -> tuple[socket.socket, int]:
        """A listening socket made inside, and its port there."""
        report, received = self._ask({"order": "listen"})
        port = report.get("port")
        if type(port) is not int or len(received) != 1:
            _close_all(received)
            raise WorkerLost("the worker did not make a listening socket")
        return socket.socket(fileno=received[0]), port

    def kill(self) -> None:
        """End the worker, and with it everything inside. Returns when the kernel says that it is over."""
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
            raise WorkerLost("the worker's report is not JSON")
        return cast("dict[str, object]", report), received


def _close_all(descriptors: list[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
