"""The contract between the trusted side and a sandbox, whatever the backend: open, fresh, call, listen, measure, close.

    with backend.open(policy, program) as session:      one sandbox, one worker, nothing imported yet
        child = session.fresh()                         one forked process: the unit of isolation
        child.call("probe_function", 1, name="x")       -> plain data, or Raised, or ChildLost
        child.measure()                                 -> Usage, read outside

The contract promises nothing that a backend with one byte stream cannot keep: no descriptor appears in it.
A session has one living child at a time; `fresh` kills everything that the previous one left behind.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self, TypeAlias

from sandbox.outcome import Raised
from sandbox.policy import Policy, Program

Plain: TypeAlias = (
    "bool | int | float | str | bytes | list[Plain] | tuple[Plain, ...] | dict[Plain, Plain]"
    " | set[Plain] | frozenset[Plain] | None"
)
"""What crosses the wall, in both directions: exact types, no subclasses."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a child has used, read by the trusted side. A child can waste it but not understate it."""

    cpu_seconds: float
    """Of the child's process, all threads."""
    resident: int
    """Bytes of anonymous memory now."""
    peak: int
    """Bytes resident at the highest point."""
    active: float | None = None
    """Seconds that the child's first thread ran, or was ready to run; the rest of its life it waited.

    None where the machine's kernel does not say."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request of a batch."""

    name: str
    args: tuple[Plain, ...] = ()
    keywords: tuple[tuple[str, Plain], ...] = ()


class Child(Protocol):
    """One forked process inside. After a ChildLost every further call raises the same one again."""

    def call(self, name: str, /, *args: Plain, timeout: float | None = None, **keywords: Plain) -> Plain:
        """Call the probe's public function `name` inside and return its answer.

        Raises Raised (the submission's exception), ChildLost, ProbeMisuse or SandboxUnusable.
        `timeout` in seconds replaces the policy's deadline for this call; the child's total still holds.
        """
        ...

    def batch(self, calls: Sequence[Call], *, timeout: float | None = None) -> list[Plain | Raised]:
        """Send several calls in one frame and return an answer, or the exception, for each."""
        ...

    def measure(self) -> Usage:
        """Read the child's resources now. Raises ChildLost when it is gone."""
        ...

    @property
    def last_wall(self) -> float:
        """Seconds that the last call took, measured outside."""
        ...

    def output(self) -> tuple[str, str]:
        """What the child wrote to stdout and stderr so far, capped and sanitised."""
        ...

    def close(self) -> None:
        """Kill the child and all that it started. Idempotent."""
        ...


class Session(Protocol):
    """One sandbox."""

    def fresh(self) -> Child:
        """Kill what the previous child left and fork a new one. Raises SandboxUnusable."""
        ...

    def listen(self) -> tuple[socket.socket, int]:
        """A listening stream socket to accept on here, and the port on 127.0.0.1 where the inside reaches it.

        Needs `Network.SERVED`. The socket may be of any stream family: a backend may relay.
        """
        ...

    def close(self) -> None:
        """End the sandbox: no process, mount, cgroup, container or file is left. Idempotent."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Backend(Protocol):
    """A way to make sandboxes. `name` is what reports and `--backend` call it."""

    name: str

    def open(self, policy: Policy, program: Program) -> Session:
        """Start a sandbox and wait until its worker is ready. Raises SandboxUnusable."""
        ...
