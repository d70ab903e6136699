"""A Session without a sandbox: a forger answers where a child would."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Protocol, Self

from sandbox.backends.bubblewrap.local import Listener
from sandbox.outcome import Killed, Raised
from sandbox.session import Call, Child, LocalListener, Plain, Process, Sendable, Usage, require_kept_names

FORGED = Usage(cpu_seconds=0.001, resident=1 << 20, peak=1 << 20)
"""The usage of a forger: next to nothing. A promise that is only about thrift is kept by doing nothing."""


class Forger(Protocol):
    """Answers in place of a child, and lives as long as that child would."""

    def answer(self, call: Call) -> Plain:
        """Answer a call, or raise Raised."""
        ...


class ForgedChild:
    """The Child contract, implemented by a forger."""

    def __init__(self, forger: Forger) -> None:
        self._forger = forger
        self._killed = False

    def call(self, name: str, /, *args: Sendable, timeout: float | None = None, **keywords: Sendable) -> Plain:
        del timeout
        return self._answer(Call(name, args, tuple(keywords.items())))

    def _answer(self, call: Call) -> Plain:
        if self._killed:
            raise Killed("the process was killed from outside before it answered")
        return self._forger.answer(call)

    def batch(self, calls: Sequence[Call], *, timeout: float | None = None) -> list[Plain | Raised]:
        del timeout
        return [self._attempt(call) for call in calls]

    def _attempt(self, call: Call) -> Plain | Raised:
        try:
            return self._answer(call)
        except Raised as error:
            return error

    def measure(self) -> Usage:
        return FORGED

    @property
    def last_wall(self) -> float:
        return 0.0001

    @property
    def starved(self) -> float:
        return 0.0

    def output(self) -> tuple[str, str]:
        return "", ""

    @property
    def lacking(self) -> Mapping[str, str]:
        """The files that a forger could not keep: none, since it has no files."""
        return {}

    @property
    def unread(self) -> tuple[str, ...]:
        return ()

    def kill(self) -> None:
        self._killed = True

    def close(self) -> None:
        """Do nothing: there is nothing to end."""


class ForgedSession:
    """The Session contract, implemented by forgers of one kind."""

    def __init__(self, make: Callable[[], Forger]) -> None:
        self._make = make

    def fresh(self, *, keep: Sequence[str] = ()) -> Child:
        """Return a child whose forger remembers nothing."""
        require_kept_names(keep)
        return ForgedChild(self._make())

    def listen(self) -> tuple[socket.socket, int]:
        """Return a socket that nobody will connect to."""
        listening = socket.create_server(("127.0.0.1", 0))
        return listening, int(listening.getsockname()[1])

    def listen_local(self) -> LocalListener:
        """Return an address that nobody will connect to."""
        name = secrets.token_hex(16)
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(f"\0{name}")
        listening.listen(1)
        return Listener(listening, name)

    def processes(self) -> tuple[Process, ...]:
        return ()

    def close(self) -> None:
        """Do nothing: there is nothing to end."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
