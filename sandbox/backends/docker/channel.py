"""A Channel to one child in a container."""

from __future__ import annotations

import time
from collections.abc import Callable

from sandbox.backends.docker.stream import Mailbox, Stream, StreamLost
from sandbox.backends.docker.usage import Meter
from sandbox.child import Gone
from sandbox.inside import stream
from sandbox.outcome import Exit
from sandbox.session import Usage

_MOST_EXCUSED, _LEAST_EXCUSED = 20.0, 0.05
_PATIENCE = 0.3
"""The most seconds to wait, after a process's last output, for the news of its end."""


class StreamChannel:
    """The connection to one child. `reap` and `interrupt` kill it and what it started; `lost` turns a stream's end into
    an exception to raise.
    """

    def __init__(
        self,
        carrier: Stream,
        mailbox: Mailbox,
        meter: Meter,
        *,
        number: int,
        reap: Callable[[], Exit],
        interrupt: Callable[[], None],
        lost: Callable[[Exception], BaseException],
    ) -> None:
        self._stream = carrier
        self._mailbox = mailbox
        self._meter = meter
        self._number = number
        self._reap = reap
        self.interrupt = interrupt
        self._explained = lost
        self._exit: Exit | None = None
        self._excused = 0.0
        self._starved = 0.0

    def write(self, data: bytes, *, until: float) -> None:  # noqa: ARG002 # the stream takes it; reading has the deadline
        self._stream.send(self._number, stream.REQUESTS, data)

    def read(self, most: int, *, until: float) -> bytes:
        """Wait until the child writes, and return what it has written."""
        while True:
            try:
                found = self._stream.wait(lambda: self._look(most), until=until)
            except TimeoutError:
                if (more := self._excuse()) <= 0:
                    raise
                until += more
                continue
            except StreamLost as error:
                raise self._explained(error) from error
            if found:
                return found
            raise Gone(ended=self._has_ended())

    def unsolicited(self) -> bool:
        """Return whether the child has written something without being asked."""
        return bool(self._mailbox.answers)

    def kill(self) -> Exit:
        """Kill everything inside but the worker."""
        if self._exit is None:
            self.starved()
            self._exit = Exit()
            try:
                self._exit = self._reap()
            finally:
                self._meter.close()
        return self._exit

    def usage(self) -> Usage:
        if self._mailbox.ended:
            raise Gone(ended=True)
        try:
            return self._meter.usage()
        except (StreamLost, OSError) as error:
            raise self._explained(error) from error

    def excused(self) -> float:
        """Return the seconds by which waits were extended because the process was ready but got no processor."""
        return self._excused

    def starved(self) -> float:
        """Return the seconds for which the process was ready and got no processor, if known."""
        if self._exit is None:
            self._starved = self._meter.waited() or self._starved
        return self._starved

    def output(self) -> tuple[bytes, bytes]:
        """Return what the child printed."""
        printed = self._mailbox.printed
        return bytes(printed[stream.STDOUT]), bytes(printed[stream.STDERR])

    def _look(self, most: int) -> bytes | None:
        """Return what there is to read: None if there is nothing yet, empty if nothing more will come."""
        answers = self._mailbox.answers
        if answers:
            data = bytes(answers[:most])
            del answers[:most]
            return data
        return b"" if self._mailbox.closed or self._mailbox.ended else None

    def _has_ended(self) -> bool:
        try:
            return self._stream.wait(lambda: self._mailbox.ended or None, until=time.monotonic() + _PATIENCE)
        except (TimeoutError, StreamLost):
            return False

    def _excuse(self) -> float:
        """Return the seconds by which to extend the wait: a busy machine must not cost the submission its answer."""
        more = min(self._meter.waited(), _MOST_EXCUSED) - self._excused
        if more < _LEAST_EXCUSED:
            return 0.0
        self._excused += more
        return more
