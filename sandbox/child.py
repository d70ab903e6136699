"""The outside end of one child: deadlines, caps and strict answers over whatever stream a backend has.

A backend provides a Channel; everything else about a child is implemented once, here. A child that dies, hangs or sends
garbage is killed, and every later call raises the same ChildLost again.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import NoReturn, Protocol

from sandbox import wire
from sandbox.inside.reports import REACH
from sandbox.outcome import (
    ChildLost,
    Died,
    Exit,
    Garbage,
    Killed,
    Overdrawn,
    ProbeMisuse,
    Raised,
    Reached,
    Rebound,
    SandboxUnusable,
    TimedOut,
)
from sandbox.policy import Policy
from sandbox.session import Call, Plain, Sendable, Usage
from sandbox.text import tail, visible

_STDERR_TAIL = 600
_WHERE = 200
_CPU_SIGNAL = 24  # SIGXCPU
_KILL_SIGNAL = 9  # SIGKILL


class Gone(Exception):
    """The far end of a channel is closed. `ended` says whether the process is also known to have ended."""

    def __init__(self, *, ended: bool) -> None:
        super().__init__("the process ended" if ended else "the stream ended")
        self.ended = ended


class Channel(Protocol):
    """A two-way byte stream to one process inside, and what the backend knows about that process.

    Every `until` is a value of `time.monotonic`; a wait that reaches it raises TimeoutError. A closed far end raises
    Gone. A failure of the machine raises SandboxUnusable.
    """

    def write(self, data: bytes, *, until: float) -> None: ...

    def read(self, most: int, *, until: float) -> bytes:
        """Return between one and `most` bytes."""
        ...

    def unsolicited(self) -> bool:
        """Return whether bytes are waiting to be read now."""
        ...

    def kill(self) -> Exit:
        """End the process and all that it started, and return how the process ended. Idempotent.

        Raises SandboxUnusable if that cannot be known because the sandbox itself broke down.
        """
        ...

    def interrupt(self) -> None:
        """End the process and all that it started, from any thread, even while another thread waits for it."""
        ...

    def usage(self) -> Usage:
        """Read the process's resources."""
        ...

    def excused(self) -> float:
        """Return the seconds by which waits have been extended so far because the machine was busy elsewhere."""
        ...

    def starved(self) -> float:
        """Return the seconds for which the process was ready so far and got no processor, as far as known. Works after
        `kill` as well.
        """
        ...

    def output(self) -> tuple[bytes, bytes]:
        """Return the standard output and standard error so far, each capped. Works after `kill` as well."""
        ...


class WireChild:
    """Implements the Child contract over a Channel."""

    def __init__(self, channel: Channel, policy: Policy, *, lacking: Mapping[str, str] | None = None) -> None:
        self.lacking: Mapping[str, str] = lacking or {}
        self.unread: tuple[str, ...] = ()
        self._channel = channel
        self._limits = policy.limits
        self._caps = policy.caps
        self._deadlines = policy.deadlines
        self._spent = 0.0
        self._called = False
        self._lost: ChildLost | SandboxUnusable | None = None
        self._closed = False
        self._told_to_die = False
        self._last_wall = 0.0

    def call(self, name: str, /, *args: Sendable, timeout: float | None = None, **keywords: Sendable) -> Plain:
        """Call one probe function inside."""
        (answer,) = self._exchange([Call(name, args, tuple(keywords.items()))], timeout)
        if isinstance(answer, Raised):
            raise answer
        return answer

    def batch(self, calls: Sequence[Call], *, timeout: float | None = None) -> list[Plain | Raised]:
        """Make several calls in one round trip."""
        return self._exchange(calls, timeout) if calls else []

    def measure(self) -> Usage:
        """Read the child's resources from outside."""
        self._require_open()
        try:
            return self._channel.usage()
        except Gone as gone:
            self._died(gone, "it could be measured")

    @property
    def last_wall(self) -> float:
        """The seconds that the last call took."""
        return self._last_wall

    @property
    def starved(self) -> float:
        """The seconds for which the child was ready so far and got no processor, as far as known."""
        return self._channel.starved()

    def output(self) -> tuple[str, str]:
        """Return the standard output and standard error so far."""
        out, err = self._channel.output()
        most = self._caps.output
        return (
            visible(out.decode("utf-8", "replace"), most=most, lines=True),
            visible(err.decode("utf-8", "replace"), most=most, lines=True),
        )

    def kill(self) -> None:
        """Kill the child's processes now; the waiting call, or else the next one, raises Killed."""
        if not self._closed:
            self._told_to_die = True
            self._channel.interrupt()

    def close(self) -> None:
        """Kill the child and all that it started."""
        self._closed = True
        with suppress(SandboxUnusable):  # what was answered before stands, and the next child has a new sandbox
            self.unread = self._channel.kill().unread

    def _require_open(self) -> None:
        if self._lost is not None:
            raise self._lost
        if self._closed:
            raise ProbeMisuse(
                "this child was closed, or interrupted, before the call. Ask the session for a fresh one."
            )

    def _exchange(self, calls: Sequence[Call], timeout: float | None) -> list[Plain | Raised]:
        self._require_open()
        ident = wire.new_id()
        frame = wire.request(ident, calls, self._caps)
        allowed, overdrawing = self._allowance(timeout)
        started = time.monotonic()
        try:
            body = self._round_trip(frame, until=started + allowed)
        except TimeoutError:
            self._late(allowed, overdrawing=overdrawing)
        except Gone as gone:
            self._died(gone, "it answered")
        except BaseException:  # an interrupted call leaves an answer behind that would pass for garbage
            self.close()
            raise
        finally:
            self._last_wall = time.monotonic() - started
            self._spent += self._last_wall
        try:
            return wire.answers(body, ident=ident, count=len(calls), caps=self._caps)
        except wire.ReboundParts as error:
            self._rebound(error.names)
        except wire.WireError as error:
            self._garbage(str(error))

    def _allowance(self, timeout: float | None) -> tuple[float, bool]:
        """Return the seconds allowed for the next call, and whether the child's total limits them."""
        left = self._deadlines.child - self._spent + self._channel.excused()
        usual = self._deadlines.call if self._called else self._deadlines.first_call
        seconds = usual if timeout is None else timeout
        if left <= 0:
            self._late(0, overdrawing=True)
        return min(seconds, left), left < seconds

    def _round_trip(self, frame: bytes, *, until: float) -> bytes:
        if self._channel.unsolicited():
            self._garbage("it was not asked for")
        self._channel.write(frame, until=until)
        data = self._channel.read(1 << 16, until=until)
        while len(data) < wire.HEAD:
            data += self._channel.read(1 << 16, until=until)
        length = int.from_bytes(data[: wire.HEAD], "big")
        if length > self._caps.answer:
            self._garbage(f"it announces {length} bytes; at most {self._caps.answer} are accepted")
        body = self._rest(data[wire.HEAD :], length, until)
        self._called = True
        return body

    def _rest(self, start: bytes, length: int, until: float) -> bytes:
        parts, missing = [start], length - len(start)
        while missing > 0:
            part = self._channel.read(missing, until=until)
            parts.append(part)
            missing -= len(part)
        if missing < 0:
            self._garbage("it is longer than announced")
        return b"".join(parts)

    def _late(self, allowed: float, *, overdrawing: bool) -> NoReturn:
        reason = self._killed().reason
        why = f" ({reason})" if reason else ""
        if overdrawing:
            total = self._deadlines.child
            self._lose(Overdrawn, f"the submission used up the {total:g} s allowed for all its calls together{why}")
        self._lose(TimedOut, f"the submission did not answer within {allowed:g} s{why}")

    def _garbage(self, why: str) -> NoReturn:
        self._lose(Garbage, f"the submission's process sent something that is not an answer: {why}")

    def _rebound(self, names: tuple[str, ...]) -> NoReturn:
        self._killed()
        shown = ", ".join(names)
        lost = Rebound(f"the submission rebinds {shown} at run time, so its answers prove nothing")
        lost.names = names
        self._lost = lost
        raise lost

    def _died(self, gone: Gone, before: str) -> NoReturn:
        exit_ = self._killed()
        for report in exit_.unread:
            place, _, what = report.rpartition("\0")
            if what.startswith(REACH):
                where = visible(place.replace("\0", ":"), most=_WHERE)
                why = visible(what, most=_WHERE)
                self._lose(Reached, f"the submission {why} ({where}), which it was not given: this ended its process")
        if self._told_to_die and exit_.signal in (_KILL_SIGNAL, None) and exit_.code is None:
            self._lose(Killed, f"the process was killed from outside before {before}", exit_)
        if not gone.ended:
            self._lose(Died, f"the process closed its end of the connection before {before}")
        if exit_.signal == _CPU_SIGNAL:
            exit_ = replace(exit_, reason=f"its {self._limits.cpu_seconds} s of CPU time were used up")
        self._lose(Died, f"the process ended ({exit_}) before {before}", exit_)

    def _killed(self) -> Exit:
        """Kill the child and return how it ended. Raises SandboxUnusable if that is the fault of the sandbox."""
        try:
            return self._channel.kill()
        except SandboxUnusable as error:
            self._lost = error
            raise

    def _lose(self, kind: type[ChildLost], why: str, exit_: Exit | None = None) -> NoReturn:
        self._killed()
        _out, err = self._channel.output()
        self._lost = kind(why, exit_=exit_, stderr=tail(err, most=_STDERR_TAIL))
        raise self._lost
