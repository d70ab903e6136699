"""The tape: every question that the reference was asked under one seed, with its answer."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self, cast

from sandbox import wire
from sandbox.outcome import Raised
from sandbox.policy import RUN
from sandbox.session import Call, Child, LocalListener, Plain, Process, Sendable, Session, Usage

CAPS = replace(RUN.caps, depth=RUN.caps.depth + 2)
"""An entry holds its answer two containers deep."""


class TapeEntry(NamedTuple):
    """One question and its answer."""

    question: str
    """The call as text, name first, so that similar questions begin alike."""
    name: str
    answer: Plain | Raised


class Tape:
    """A recording of questions and answers, in order."""

    def __init__(self) -> None:
        self.entries: list[TapeEntry] = []

    def keep(self, call: Call, answer: Plain | Raised) -> None:
        self.entries.append(TapeEntry(written(call), call.name, answer))

    def write(self, path: Path) -> None:
        """Append the entries to a file, one per line, as plain data. All nodes of a job append to the same file."""
        with path.open("a", encoding="utf-8") as file:
            for entry in self.entries:
                file.write(wire.dumps((entry.question, entry.name, _plain(entry.answer)), CAPS) + "\n")

    @classmethod
    def read(cls, path: Path) -> Tape:
        tape = cls()
        for line in path.read_text(encoding="utf-8").splitlines():
            question, name, answer = cast("tuple[str, str, tuple[Plain, ...]]", wire.loads(line, CAPS))
            tape.entries.append(TapeEntry(question, name, _answer(*answer)))
        return tape


def _plain(answer: Plain | Raised) -> Plain:
    if isinstance(answer, Raised):
        return (answer.kind, answer.bases, answer.message, answer.where)
    return (answer,)


def _answer(first: Plain, *rest: Plain) -> Plain | Raised:
    if not rest:
        return first
    bases, message, where = cast("tuple[tuple[str, ...], str, tuple[str, ...]]", rest)
    return Raised(str(first), bases=bases, message=message, where=where)


def written(call: Call) -> str:
    """Return a call as text; equal calls give equal text."""
    keywords = dict(sorted(call.keywords))
    return f"{call.name} {call.args!r} {keywords!r}"


class RecordingChild:
    """A child whose calls and answers are recorded."""

    def __init__(self, child: Child, tape: Tape) -> None:
        self._child = child
        self._tape = tape

    def call(self, name: str, /, *args: Sendable, timeout: float | None = None, **keywords: Sendable) -> Plain:
        """Pass the call on and record the answer."""
        call = Call(name, args, tuple(keywords.items()))
        try:
            answer = self._child.call(name, *args, timeout=timeout, **keywords)
        except Raised as error:
            self._tape.keep(call, error)
            raise
        self._tape.keep(call, answer)
        return answer

    def batch(self, calls: Sequence[Call], *, timeout: float | None = None) -> list[Plain | Raised]:
        """Pass the calls on and record the answers."""
        answers = self._child.batch(calls, timeout=timeout)
        for call, answer in zip(calls, answers, strict=True):
            self._tape.keep(call, answer)
        return answers

    def measure(self) -> Usage:
        return self._child.measure()

    @property
    def last_wall(self) -> float:
        return self._child.last_wall

    @property
    def starved(self) -> float:
        return self._child.starved

    def output(self) -> tuple[str, str]:
        return self._child.output()

    @property
    def lacking(self) -> Mapping[str, str]:
        return self._child.lacking

    @property
    def unread(self) -> tuple[str, ...]:
        return self._child.unread

    def kill(self) -> None:
        self._child.kill()

    def close(self) -> None:
        self._child.close()


class RecordingSession:
    """A session whose children are recorded. Closing it writes the tape, and leaves `session` to whoever opened it."""

    def __init__(self, session: Session, path: Path) -> None:
        self._session = session
        self._path = path
        self._tape = Tape()

    def fresh(self, *, keep: Sequence[str] = ()) -> Child:
        """Return a child that is recorded."""
        return RecordingChild(self._session.fresh(keep=keep), self._tape)

    def listen(self) -> tuple[socket.socket, int]:
        return self._session.listen()

    def listen_local(self) -> LocalListener:
        return self._session.listen_local()

    def processes(self) -> tuple[Process, ...]:
        return self._session.processes()

    def close(self) -> None:
        self._tape.write(self._path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
