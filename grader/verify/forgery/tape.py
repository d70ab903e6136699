"""The tape: every question that the reference was asked under one seed, with its answer."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from types import TracebackType
from typing import NamedTuple, Self

from sandbox.outcome import Raised
from sandbox.session import Call, Child, Plain, Session, Usage


class Entry(NamedTuple):
    """One question and its answer."""

    question: str
    """The call, written out: name first, so that similar questions begin alike."""
    name: str
    answer: Plain | Raised


class Tape:
    """What was recorded, in order."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def keep(self, call: Call, answer: Plain | Raised) -> None:
        """Record one answer."""
        self.entries.append(Entry(written(call), call.name, answer))


def written(call: Call) -> str:
    """A call as text; equal calls are written equally."""
    keywords = dict(sorted(call.keywords))
    return f"{call.name} {call.args!r} {keywords!r}"


class RecordingChild:
    """A child that is listened to."""

    def __init__(self, child: Child, tape: Tape) -> None:
        self._child = child
        self._tape = tape

    def call(self, name: str, /, *args: Plain, timeout: float | None = None, **keywords: Plain) -> Plain:
        """Pass the call on and keep the answer."""
        call = Call(name, args, tuple(keywords.items()))
        try:
            answer = self._child.call(name, *args, timeout=timeout, **keywords)
        except Raised as error:
            self._tape.keep(call, error)
            raise
        self._tape.keep(call, answer)
        return answer

    def batch(self, calls: Sequence[Call], *, timeout: float | None = None) -> list[Plain | Raised]:
        """Pass the calls on and keep the answers."""
        answers = self._child.batch(calls, timeout=timeout)
        for call, answer in zip(calls, answers, strict=True):
            self._tape.keep(call, answer)
        return answers

    def measure(self) -> Usage:
        """The child's."""
        return self._child.measure()

    @property
    def last_wall(self) -> float:
        """The child's."""
        return self._child.last_wall

    def output(self) -> tuple[str, str]:
        """The child's."""
        return self._child.output()

    def close(self) -> None:
        """End the child."""
        self._child.close()


class RecordingSession:
    """A session whose children are listened to. Whoever opened the session closes it."""

    def __init__(self, session: Session, tape: Tape) -> None:
        self._session = session
        self._tape = tape

    def fresh(self) -> Child:
        """A child that is listened to."""
        return RecordingChild(self._session.fresh(), self._tape)

    def listen(self) -> tuple[socket.socket, int]:
        """The session's."""
        return self._session.listen()

    def close(self) -> None:
        """End the session."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
