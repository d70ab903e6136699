"""A sandbox's resources, as frozen values that tests compare: limits, deadlines, caps, mounts and network.

A backend *translates* a policy and never invents one, so two backends given the same policy make the same promises.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path, PurePosixPath

KIB = 1 << 10
MIB = 1 << 20
GIB = 1 << 30


class Network(Enum):
    """The networks that a sandbox can reach. There is no member for the outside world, and there will be none."""

    NONE = "none"
    """An empty network namespace; loopback only."""
    SERVED = "served"
    """Like NONE, but the trusted side may serve sockets inside (`Session.listen`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Resource limits. Sizes are in bytes, per process unless stated otherwise."""

    memory: int = GIB
    total_memory: int = 2 * GIB
    """The memory of all processes of the sandbox together; enforced if a memory cgroup is available."""
    cpu_seconds: int = 30
    processes: int = 64
    """The number of processes and threads of one sandbox together."""
    open_files: int = 256
    file_size: int = 16 * MIB
    stack: int = 16 * MIB
    tmp: int = 32 * MIB
    """The size of each private writable folder (/tmp, /dev/shm)."""
    tmp_inodes: int = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """Wall-clock seconds that the trusted side waits, measured outside."""

    start: float = 15.0
    """The time from spawning a sandbox until its worker is ready."""
    order: float = 5.0
    """The time for the worker to fork a child, or to reap it."""
    first_call: float = 5.0
    """The time for the first call of a child, which includes importing the submission."""
    call: float = 2.0
    child: float = 20.0
    """The time for all calls of one child together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """Sizes that the trusted side accepts or sends, in bytes unless stated otherwise; exceeding one ends the child."""

    answer: int = 256 * KIB
    request: int = 4 * MIB
    depth: int = 60
    """The nesting depth of an observation."""
    integer_bits: int = 4096
    output: int = 64 * KIB
    """The output kept from stdout and from stderr, each; the rest is dropped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Everything that a backend needs to know about what is allowed."""

    name: str
    limits: Limits = field(default_factory=Limits)
    deadlines: Deadlines = field(default_factory=Deadlines)
    caps: Caps = field(default_factory=Caps)
    network: Network = Network.NONE


RUN = Policy(name="run")
"""The policy for a candidate's code."""

ANALYSE = Policy(
    name="analyse",
    limits=Limits(memory=2 * GIB, cpu_seconds=10, processes=8, tmp=64 * MIB),
    deadlines=Deadlines(first_call=60.0, call=60.0, child=60.0),
    caps=Caps(answer=2 * MIB),
)
"""The policy for analysers, which read hostile text but run no code of the candidate. The limit on CPU time ends an
analyser that the text has trapped; the deadlines are longer, since a busy machine must not cost points."""


@dataclass(frozen=True, slots=True)
class Mount:
    """`source` on this machine, visible read-only at `target` inside."""

    source: Path
    target: PurePosixPath


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """The program that runs inside: a probe module, the search path for modules, and the mounts.

    `module` is imported in each child at its first call, never in the worker; its public functions are the probe's.
    `path` is appended, in order, *after* the standard library on `sys.path` inside. `compile` names folders whose
    modules are compiled once for all children, if the backend can do that. `preload` names modules that the worker
    imports once, before any child exists; they must be trusted. Modules in `warm` only save time, so it imports those
    that it can. `guarded` names modules of the standard library that code inside may not rebind. A child that does so,
    or rebinds parts of its own answer or of the probe, is lost as `Rebound`, and one that reaches for the frames
    of other code or for the list of all objects as `Reached`. If none is named, neither is looked for.
    `hash_seed` is PYTHONHASHSEED inside. `answer` is the folder of code that was read, if any was: code that runs but
    is in no file is then reported.
    """

    module: str
    path: tuple[PurePosixPath, ...]
    mounts: tuple[Mount, ...]
    compile: tuple[PurePosixPath, ...] = ()
    preload: tuple[str, ...] = ()
    warm: tuple[str, ...] = ()
    guarded: tuple[str, ...] = ()
    hash_seed: int = 0
    answer: PurePosixPath | None = None
