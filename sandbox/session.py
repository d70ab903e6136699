"""The contract between the trusted side and a sandbox, whatever the backend.

open, fresh, call, kill, listen, listen_local, processes, measure, close:

    with backend.open(policy, program) as session:      one sandbox, one worker, nothing imported yet
        child = session.fresh()                         one forked process: the unit of isolation
        child.call("probe_function", 1, name="x")       -> plain data, or Raised, or ChildLost
        child.measure()                                 -> Usage, read outside

The contract promises nothing that a backend with one byte stream cannot keep: no descriptor appears in it.
A session has one living child at a time; `fresh` kills everything that the previous one left behind.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self, TypeAlias

from sandbox.outcome import ProbeMisuse, Raised
from sandbox.policy import Policy, Program

Plain: TypeAlias = (
    "bool | int | float | str | bytes | list[Plain] | tuple[Plain, ...] | dict[Plain, Plain]"
    " | set[Plain] | frozenset[Plain] | None"
)
"""Values that cross the wall, in both directions: exact types, no subclasses."""

Sendable: TypeAlias = (
    "bool | int | float | str | bytes | Sequence[Sendable] | Mapping[str, Sendable] | Mapping[int, Sendable]"
    " | Mapping[Plain, Sendable] | AbstractSet[Sendable] | None"
)
"""Values that a caller may pass: covariant, so that a `list[int]` needs no cast. Nevertheless, only `Plain` is sent:
`sandbox.wire` refuses every other sequence, mapping or set."""


@dataclass(frozen=True, slots=True)
class Usage:
    """The resources that a child has used, as read by the trusted side. A child can waste but not understate them."""

    cpu_seconds: float
    """The CPU time of all threads of the child's process."""
    resident: int
    """The bytes of anonymous memory in use now."""
    peak: int
    """The bytes resident at the peak."""
    active: float | None = None
    """Seconds that the child's first thread ran or was ready to run, not waiting; None if the kernel does not say."""
    own: bool = True
    """True if these are the child's own figures. Some backends can read only those of its whole sandbox."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One process of a sandbox, as the worker saw it. The worker itself is left out."""

    pid: int
    """The process's number inside."""
    started: int
    """When it started, in the kernel's ticks, to distinguish it from a later process with the same `pid`."""
    cpu_seconds: float | None
    """The CPU time of all its threads; None if the backend's clocks are not exact."""
    threads: int
    asleep: bool
    """True if every thread is waiting for something."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request of a batch."""

    name: str
    args: tuple[Sendable, ...] = ()
    keywords: tuple[tuple[str, Sendable], ...] = ()


class Child(Protocol):
    """One forked process inside. After a ChildLost, every further call raises the same one again."""

    def call(self, name: str, /, *args: Sendable, timeout: float | None = None, **keywords: Sendable) -> Plain:
        """Call the probe's public function `name` inside and return its answer; `module:name` is a function of another
        module beside the probe, which is imported first.

        Raises Raised (the submission's exception), ChildLost, ProbeMisuse or SandboxUnusable. `timeout` in seconds
        replaces the policy's deadline for this call; the child's total still applies.
        """
        ...

    def batch(self, calls: Sequence[Call], *, timeout: float | None = None) -> list[Plain | Raised]:
        """Send several calls in one frame, and return the answer or the exception of each."""
        ...

    def measure(self) -> Usage:
        """Read the child's resources now. Raises ChildLost if the child is gone."""
        ...

    @property
    def last_wall(self) -> float:
        """The seconds that the last call took, measured outside."""
        ...

    @property
    def starved(self) -> float:
        """The seconds for which the child was ready so far and got no processor, by the kernel; 0 where that is not
        known. Also known once the child is closed.
        """
        ...

    def output(self) -> tuple[str, str]:
        """Return what the child wrote to stdout and stderr so far, capped and sanitised."""
        ...

    @property
    def lacking(self) -> Mapping[str, str]:
        """The files that `fresh` was told to keep but could not, with the reasons."""
        ...

    @property
    def unread(self) -> tuple[str, ...]:
        """Reports on code that ran and is in no file (`Program.answer`), known once the child is closed. Hostile."""
        ...

    def kill(self) -> None:
        """Send SIGKILL to every process of the child at once; any thread may do so. A waiting call raises Killed."""
        ...

    def close(self) -> None:
        """Kill the child and all that it started. Idempotent."""
        ...


class LocalConnection(Protocol):
    """One accepted connection of a LocalListener. It does not block."""

    def fileno(self) -> int:
        """Return the descriptor to wait for."""
        ...

    def receive(self) -> tuple[bytes, int]:
        """Return data that one process has sent, and that process's number inside; `(b"", 0)` at the end of the stream.

        The number is 0 for a process that has ended, and may be 0 for data that came before the first `send`, so speak
        first. Raises BlockingIOError if nothing is there yet, OSError if the connection broke.
        """
        ...

    def send(self, data: bytes) -> None:
        """Send a small amount of data. Raises OSError."""
        ...

    def close(self) -> None:
        """End the connection. Idempotent."""
        ...


class LocalListener(Protocol):
    """A listener at an abstract AF_UNIX address inside. It does not block."""

    name: str
    """The address without its leading NUL: processes inside connect to `"\\0" + name`."""

    def fileno(self) -> int:
        """Return the descriptor to wait for."""
        ...

    def accept(self) -> LocalConnection:
        """Accept one connection. Raises BlockingIOError if there is none."""
        ...

    def close(self) -> None:
        """Accept no more connections. Idempotent."""
        ...


KEPT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
MOST_KEPT = 16  # each is a descriptor that is passed to the next child


def require_kept_names(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names of the files that a child is to keep. Raises ProbeMisuse."""
    names = tuple(names)
    if wrong := [name for name in names if not KEPT_NAME.fullmatch(name)]:
        raise ProbeMisuse(f"{wrong[0]!r} cannot be kept: use the plain names of files in the child's working folder.")
    if len(names) > MOST_KEPT:
        raise ProbeMisuse(f"{len(names)} files cannot be kept; at most {MOST_KEPT} can.")
    return names


class Session(Protocol):
    """One sandbox, and the children forked in it."""

    def fresh(self, *, keep: Sequence[str] = ()) -> Child:
        """Kill what the previous child left, and fork a new child. Raises SandboxUnusable and ProbeMisuse.

        Of the previous child's working folder, the new one finds exactly the regular files that `keep` names, up to
        half the folder's size in total; `Child.lacking` lists those that it does not find. Their content is never read
        outside.
        """
        ...

    def listen_local(self) -> LocalListener:
        """Return a listener inside that names the sender of each message. Raises SandboxUnusable."""
        ...

    def processes(self) -> tuple[Process, ...]:
        """List every process inside but the worker; any thread may ask. Raises SandboxUnusable."""
        ...

    def listen(self) -> tuple[socket.socket, int]:
        """Return a stream socket that listens on this side, and its port on 127.0.0.1 inside.

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
    """A way to make sandboxes. `name` is its name in reports and for `--backend`."""

    name: str

    def open(self, policy: Policy, program: Program) -> Session:
        """Start a sandbox and wait until its worker is ready. Raises SandboxUnusable."""
        ...
