"""The steps by which a child confines itself, in order, before the submission's first line runs.

The walls of the sandbox were set up once; this module makes each child private: its own user, mount and IPC namespaces
with fresh /tmp and /dev/shm, read-only devices and /proc, no capabilities, limits, no descriptor but its four pipes,
and the strict system-call filter last, because what comes before needs calls that the filter denies.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import stat

MYPY = False
if MYPY:  # importing typing would make every sandbox start later
    from collections.abc import Collection, Sequence
    from typing import Any

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWUSER = 0x20000, 0x08000000, 0x10000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND = 1, 2, 4, 8, 32, 4096
PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 4, 22, 38
SECCOMP_MODE_FILTER = 2  # of linux/seccomp.h
CAPABILITY_VERSION_3 = 0x20080522  # _LINUX_CAPABILITY_VERSION_3 of linux/capability.h
REQUESTS, ANSWERS = 3, 4


class Filter(ctypes.Structure):
    """The kernel's `struct sock_fprog`."""

    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


def enter_namespaces(settings: dict[str, Any]) -> None:
    """Give this process its own session and folders."""
    os.setsid()
    set_dumpable(yes=True)
    if settings.get("namespaces", True):  # not in a container, where /proc is read-only from the start
        volunteer_for_the_oom_killer()
        private_namespaces()
        private_mounts(settings["limits"])


def confine(settings: dict[str, Any], descriptors: list[int], *, keep: Sequence[int]) -> None:
    """Confine this process, which reads and writes `descriptors`: requests, answers, standard output, standard error.

    It is already in its own namespaces. The descriptors in `keep`, which have higher numbers than all of those, stay
    open.
    """
    os.chdir("/tmp")  # noqa: S108 # the child's own
    if user := settings.get("user"):
        become(user)
    drop_capabilities()
    keep_only(descriptors, keep)
    default_signals()
    set_limits(settings["limits"], unknown=settings.get("unlimited", ()))
    if settings["filter"]:
        install_filter(bytes.fromhex(settings["filter"]))


def _check(result: int, what: str) -> None:
    if result != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")


def set_dumpable(*, yes: bool) -> None:
    """Set whether this process can be traced, and whether /proc shows its descriptors to its own user."""
    _check(LIBC.prctl(PR_SET_DUMPABLE, int(yes), 0, 0, 0), "prctl(PR_SET_DUMPABLE)")


def volunteer_for_the_oom_killer() -> None:
    """Make a child die before the worker when the sandbox's memory is used up."""
    _write("/proc/self/oom_score_adj", "1000")


def private_namespaces() -> None:
    """Enter a user namespace of the child's own, and with it a mount and an IPC namespace."""
    uid, gid = os.getuid(), os.getgid()
    _check(LIBC.unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWIPC), "unshare")
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{uid} {uid} 1")
    _write("/proc/self/gid_map", f"{gid} {gid} 1")


def private_mounts(limits: dict[str, int]) -> None:
    """Mount fresh writable folders of known size; make /proc and devices read-only to protect counters and times."""
    options = b"mode=1777,size=%d,nr_inodes=%d" % (limits["tmp"], limits["tmp_inodes"])
    for where in (b"/tmp", b"/dev/shm"):
        _check(LIBC.mount(b"tmpfs", where, b"tmpfs", MS_NOSUID | MS_NODEV, options), f"mount {where.decode()}")
    flags = MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC
    _check(LIBC.mount(b"none", b"/proc", None, flags, None), "remount /proc")
    for device in os.scandir("/dev"):  # the machine's own, whose times anybody could set who may write them
        if stat.S_ISCHR(device.stat(follow_symlinks=False).st_mode):
            kept = os.statvfs(device.path).f_flag & (MS_NOSUID | MS_NODEV | MS_NOEXEC)
            where = os.fsencode(device.path)
            _check(LIBC.mount(b"none", where, None, MS_BIND | MS_REMOUNT | MS_RDONLY | kept, None), "remount a device")


def become(user: int) -> None:
    """Give up root, which the worker is in gVisor, for an ordinary user."""
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    set_dumpable(yes=True)


def drop_capabilities() -> None:
    """Empty all capability sets, because the user namespace gave the child every capability within it."""
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    _check(LIBC.capset(header, (ctypes.c_uint32 * 6)()), "capset")
    _check(LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl(PR_SET_NO_NEW_PRIVS)")


def keep_only(descriptors: list[int], keep: Sequence[int]) -> None:
    """Move the child's pipes to fixed places, keep `keep`, and close everything else."""
    null = os.open("/dev/null", os.O_RDONLY)
    high = [os.dup2(descriptor, 100 + place) for place, descriptor in enumerate([null, *descriptors])]
    for source, place in zip(high, (0, REQUESTS, ANSWERS, 1, 2), strict=True):
        os.dup2(source, place, inheritable=place < REQUESTS)
    first = 5
    for descriptor in (*sorted(keep), 1 << 16):
        os.closerange(first, descriptor)
        first = descriptor + 1


def default_signals() -> None:
    """Stop ignoring the signals that the worker ignores, so that the submission finds the usual handlers."""
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def set_limits(limits: dict[str, int], *, unknown: Collection[str] = ()) -> None:
    """Set limits inside the child's user namespace, so that only the child's own processes are counted.

    `unknown` names limits that the kernel in use does not know.
    """
    seconds = limits["cpu_seconds"]
    for name, soft, hard in (
        ("AS", limits["memory"], limits["memory"]),
        ("CPU", seconds, seconds + 1),  # a soft limit below the hard one is a signal that says why
        ("FSIZE", limits["file_size"], limits["file_size"]),
        ("NOFILE", limits["open_files"], limits["open_files"]),
        ("STACK", limits["stack"], limits["stack"]),
        ("NPROC", limits["processes"], limits["processes"]),
        ("CORE", 1, 1),  # 0 does not stop a core_pattern that is a pipe; 1 stops it, too (fs/coredump.c)
        ("MEMLOCK", 64 << 10, 64 << 10),
        ("MSGQUEUE", 0, 0),
    ):
        if name in unknown:
            continue
        number = _UNNAMED[name] if name in _UNNAMED else getattr(resource, "RLIMIT_" + name)
        ceiling = resource.getrlimit(number)[1]
        if ceiling != resource.RLIM_INFINITY:
            soft, hard = min(soft, ceiling), min(hard, ceiling)
        resource.setrlimit(number, (soft, hard))


_UNNAMED = {"MSGQUEUE": 12}
"""Limits that the kernel knows and the standard library does not."""


def install_filter(instructions: bytes) -> None:
    """Install a seccomp filter for this process and all that it starts."""
    program = Filter(len(instructions) // 8, instructions)
    _check(LIBC.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0), "seccomp filter")


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.write(descriptor, text.encode("ascii"))
    finally:
        os.close(descriptor)
