"""The `submission` of a hidden test: it starts a child at the first call, times the test, and returns observations."""

from __future__ import annotations

import itertools
import socket
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from grader.evidence.suite.stopwatch import excused
from grader.suite.observation import Observation
from sandbox.outcome import ChildLost, Overdrawn, Raised, SandboxUnusable
from sandbox.session import Call, Child, LocalListener, Process, Sendable, Session, Usage, require_kept_names

NO_CHILD = "there was no earlier child that could have kept it"


MOST_ASKED = 200
"""The maximum number of calls of an example that are remembered."""


class Exchange(NamedTuple):
    """One call of an example, and how it ended; None while there is no answer."""

    call: Call
    answer: Observation | BaseException | None


class Node(NamedTuple):
    """One of a submission's sandboxes: several can be open at a time, and some lack files."""

    number: int = 0
    without: tuple[str, ...] = ()


FIRST = Node()


@dataclass
class _Test:
    """State that all handles of one test share."""

    left: float
    """Seconds left for calls."""
    allowed: float = field(init=False)
    """Seconds for all calls together."""
    starved: float = 0.0
    """The seconds for which children that have ended were ready and got no processor."""
    nodes: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    asked: deque[Exchange] = field(default_factory=lambda: deque(maxlen=MOST_ASKED))
    """The last calls, with their answers."""

    def __post_init__(self) -> None:
        self.allowed = self.left


def ignored(_: Sequence[str]) -> None:
    """Ignore whatever is reported."""


def unnoted(_: float) -> None:
    """Note nothing."""


class Handle:
    """One test's access to a submission. `session` opens a sandbox on first use and is shared between tests.

    `on_breakdown` is called when the sandbox itself fails: otherwise, Hypothesis would retry the example in a new
    sandbox, and blame the submission for the difference. `on_unread` is called with code that a child ran but that is
    in no file, and `on_starved` with the seconds for which it was ready and got no processor, which do not count.
    """

    def __init__(
        self,
        session: Callable[[Node], Session],
        *,
        seconds: float,
        on_breakdown: Callable[[SandboxUnusable], None],
        on_unread: Callable[[Sequence[str]], None] = ignored,
        on_starved: Callable[[float], None] = unnoted,
    ) -> None:
        self._open = session
        self._on_starved = on_starved
        self._on_unread = on_unread
        self._on_breakdown = on_breakdown
        self._test = _Test(seconds)
        self._node = FIRST
        self._others: list[Handle] = []
        self._child: Child | None = None
        self._last_wall = 0.0

    def call(self, name: str, /, *args: Sendable, timeout: float | None = None, **keywords: Sendable) -> Observation:
        child = self._ready()
        answer: Observation | BaseException | None = None
        try:
            with self._watched():
                answer = Observation(child.call(name, *args, timeout=self._allowed(timeout), **keywords))
                return answer
        except (Raised, ChildLost) as error:
            answer = error
            raise
        finally:
            self._test.asked.append(Exchange(Call(name, args, tuple(keywords.items())), answer))
            self._spend(child)

    def batch(self, calls: Iterable[Call], *, timeout: float | None = None) -> list[Observation | Raised]:
        child = self._ready()
        questions, answers = list(calls), list[Observation | Raised]()
        try:
            with self._watched():
                received = child.batch(questions, timeout=self._allowed(timeout))
                answers = [answer if isinstance(answer, Raised) else Observation(answer) for answer in received]
        finally:
            self._test.asked.extend(itertools.starmap(Exchange, itertools.zip_longest(questions, answers)))
            self._spend(child)
        return answers

    def fresh(self, *, keep: Sequence[str] = ()) -> dict[str, str]:
        keep = require_kept_names(keep)
        if self._child is None:  # what lies in the sandbox is another test's
            return dict.fromkeys(keep, NO_CHILD)
        self._end_child()
        if not keep:
            return {}
        with self._watched():
            self._child = self._session().fresh(keep=keep)
        return dict(self._child.lacking)

    def kill(self) -> None:
        if (child := self._child) is not None:
            child.kill()

    def beside(self) -> Handle:
        return self._another(self._node._replace(number=next(self._test.nodes)))

    def without(self, *paths: str) -> Handle:
        return self._another(Node(without=tuple(sorted({*self._node.without, *paths}))))

    def _another(self, node: Node) -> Handle:
        handle = Handle(
            self._open,
            seconds=0.0,
            on_breakdown=self._on_breakdown,
            on_unread=self._on_unread,
            on_starved=self._on_starved,
        )
        handle._test, handle._node = self._test, node
        self._others.append(handle)
        return handle

    def usage(self) -> Usage:
        child = self._ready()
        with self._watched():
            return child.measure()

    def listen(self) -> tuple[socket.socket, int]:
        with self._watched():
            return self._session().listen()

    def listen_local(self) -> LocalListener:
        with self._watched():
            return self._session().listen_local()

    def processes(self) -> tuple[Process, ...]:
        with self._watched():
            return self._session().processes()

    @property
    def asked(self) -> tuple[Exchange, ...]:
        """The last calls since `forget`, including those of handles made from this one."""
        return tuple(self._test.asked)

    def forget(self) -> None:
        """Forget the calls made so far."""
        self._test.asked.clear()

    @property
    def last_wall(self) -> float:
        """The seconds that the last call took."""
        return self._last_wall

    def output(self) -> tuple[str, str]:
        """Return what the current child wrote to stdout and stderr."""
        return self._child.output() if self._child is not None else ("", "")

    def close(self) -> None:
        """End the current child, if there is one, and those of the handles made from this one."""
        self._end_child()
        for handle in self._others:
            handle.close()

    def _session(self) -> Session:
        return self._open(self._node)

    def _end_child(self) -> None:
        if self._child is not None:
            self._child.close()
            self._on_unread(self._child.unread)
            self._on_starved(self._child.starved)
            self._test.starved += self._child.starved
            self._child = None

    def _ready(self) -> Child:
        if self._child is None:
            with self._watched():
                self._child = self._session().fresh()
        return self._child

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Report a sandbox that broke down, whatever the suite or Hypothesis makes of the exception."""
        try:
            yield
        except SandboxUnusable as error:
            self._on_breakdown(error)
            raise

    def _allowed(self, timeout: float | None) -> float | None:
        left = self._test.left
        if left <= 0:
            starved = self._test.starved + (self._child.starved if self._child is not None else 0.0)
            left += excused(starved, self._test.allowed)
        if left <= 0:
            raise Overdrawn("the test used up the time allowed for all of its calls")
        return None if timeout is None else min(timeout, left)

    def _spend(self, child: Child) -> None:
        self._last_wall = child.last_wall
        self._test.left -= child.last_wall
