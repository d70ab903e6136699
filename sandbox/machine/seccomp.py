"""System-call filters: the calls that a sandbox may not make, as classic BPF for seccomp.

Two filters are made here, outside. bwrap installs BASE for the worker and so for everything inside. Each child adds
STRICT for itself and the submission once its own namespaces are in place, because setting them up needs calls that
STRICT denies.

The filters list what is denied, not what is allowed: a submission may be any Python program, and may need nearly every
other call. Calls newer than our tables do not exist inside.
"""

from __future__ import annotations

import errno
import os
import struct
from dataclasses import dataclass
from enum import Enum

from sandbox.machine.syscalls import AUDIT_ARCH, LAST_KNOWN, NUMBERS, Machine

_LD, _JEQ, _JGE, _JSET, _RET = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL_PROCESS, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_NR, _ARCH, _ARGUMENTS = 0, 4, 16
_X32 = 0x40000000  # __X32_SYSCALL_BIT: the same calls by other numbers

_NAMESPACES = 0x7E020000
"""CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET."""
_FAMILIES = (1, 2, 10)
"""AF_UNIX, AF_INET, AF_INET6: a network namespace does not isolate AF_VSOCK, and the others are attack surface."""
_TERMINAL = (0x5412, 0x541C)
"""TIOCSTI and TIOCLINUX, which inject input into a terminal."""

KERNEL_SURFACE = (
    *("ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "kcmp", "process_madvise"),
    *("add_key", "request_key", "keyctl", "bpf", "perf_event_open", "userfaultfd"),
    *("io_uring_setup", "io_uring_enter", "io_uring_register"),
    *("open_by_handle_at", "name_to_handle_at", "fanotify_init"),
    *("init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load"),
    *("reboot", "swapon", "swapoff", "syslog", "acct", "quotactl", "quotactl_fd"),
    *("settimeofday", "clock_settime", "adjtimex", "clock_adjtime", "sethostname", "setdomainname"),
    *("vhangup", "nfsservctl", "lookup_dcookie", "iopl", "ioperm", "modify_ldt", "uselib", "personality"),
    *("mbind", "set_mempolicy", "migrate_pages", "move_pages", "set_mempolicy_home_node"),
)
"""System calls that neither our programs nor submissions need, and that have been used to exploit kernels."""

UNCOUNTED_MEMORY = (
    *("shmget", "shmat", "shmctl", "semget", "semop", "semtimedop", "semctl"),
    *("msgget", "msgsnd", "msgrcv", "msgctl", "mq_open", "mq_unlink", "memfd_create", "memfd_secret"),
)
"""Calls for memory that outlives processes, or that no limit of a process counts."""

NEW_WALLS = (
    *("mount", "umount2", "pivot_root", "chroot", "open_tree", "move_mount", "fsopen", "fsconfig", "fsmount", "fspick"),
    *("mount_setattr", "unshare", "setns"),
)
"""Calls that change mounts or namespaces: another user namespace would expose more of the kernel."""

PRIO_PROCESS, IOPRIO_WHO_PROCESS = 0, 1
OTHER_PROCESSES = {
    "prlimit64": {0: 0},
    "sched_setaffinity": {0: 0},
    "sched_setscheduler": {0: 0},
    "sched_setparam": {0: 0},
    "sched_setattr": {0: 0},
    "setpriority": {0: PRIO_PROCESS, 1: 0},
    "ioprio_set": {0: IOPRIO_WHO_PROCESS, 1: 0},
}
"""Calls that name processes, and the arguments that name only the caller. With other arguments (another process, a
group, all of a user's processes), a child could starve the worker, or leave settings that later children inherit and
can read."""


class Filter(Enum):
    """The processes that a filter is for."""

    BASE = "base"
    STRICT = "strict"


@dataclass(frozen=True, slots=True)
class _Instruction:
    code: int
    value: int
    yes: str = ""
    no: str = ""


class _Assembler:
    """Assembles instructions whose jumps are names; an empty name means the next instruction."""

    def __init__(self) -> None:
        self._instructions: list[_Instruction] = []
        self._labels: dict[str, int] = {}

    def add(self, code: int, value: int, *, yes: str = "", no: str = "") -> None:
        self._instructions.append(_Instruction(code, value, yes, no))

    def label(self, name: str) -> None:
        """Give the next instruction a name."""
        self._labels[name] = len(self._instructions)

    def assemble(self) -> bytes:
        """Assemble the bytes of a `struct sock_filter` array."""
        return b"".join(
            struct.pack("<HBBI", item.code, self._jump(item.yes, place), self._jump(item.no, place), item.value)
            for place, item in enumerate(self._instructions)
        )

    def _jump(self, name: str, place: int) -> int:
        return self._labels[name] - place - 1 if name else 0


def machine() -> Machine | None:
    """Return the machine that this process runs on, if filters can be made for it."""
    try:
        return Machine(os.uname().machine)
    except ValueError:
        return None


def build(kind: Filter, on: Machine) -> bytes:
    """Return a filter in the kernel's format."""
    numbers = NUMBERS[on]
    denied = [*KERNEL_SURFACE, *UNCOUNTED_MEMORY, *(NEW_WALLS if kind is Filter.STRICT else ())]
    code = _Assembler()
    code.add(_LD, _ARCH)
    code.add(_JEQ, AUDIT_ARCH[on], no="kill")
    code.add(_LD, _NR)
    code.add(_JGE, LAST_KNOWN + 1, yes="missing")  # on x86-64 the numbers of x32 as well, which start at 0x40000000
    code.add(_JEQ, numbers["clone3"], yes="missing")  # its flags lie in memory; libraries fall back to clone
    checks, own_only = _checks(kind), OTHER_PROCESSES if kind is Filter.STRICT else {}
    for name in (*checks, *own_only):
        code.add(_JEQ, numbers[name], yes=name)
    for name in denied:
        if name in numbers:
            code.add(_JEQ, numbers[name], yes="deny")
    code.add(_RET, _ALLOW)
    for name, (argument, test, values, matched, otherwise) in checks.items():
        code.label(name)
        code.add(_LD, _ARGUMENTS + 8 * argument)
        for value in values[:-1]:
            code.add(test, value, yes=matched)
        code.add(test, values[-1], yes=matched, no=otherwise)
    for name, arguments in own_only.items():
        code.label(name)
        for argument, value in arguments.items():
            code.add(_LD, _ARGUMENTS + 8 * argument)
            code.add(_JEQ, value, no="deny")
        code.add(_RET, _ALLOW)
    for name, action in _ACTIONS.items():
        code.label(name)
        code.add(_RET, action)
    return code.assemble()


_ACTIONS = {
    "allow": _ALLOW,
    "deny": _ERRNO | errno.EPERM,
    "missing": _ERRNO | errno.ENOSYS,
    "no family": _ERRNO | errno.EAFNOSUPPORT,
    "kill": _KILL_PROCESS,
}

_Check = tuple[int, int, tuple[int, ...], str, str]
"""Argument, comparison, values, and the labels to jump to if one matches and if none does."""


def _checks(kind: Filter) -> dict[str, _Check]:
    """Return the checks of calls by an argument. The kernel looks only at the low 32 bits of each, and so do we."""
    checks: dict[str, _Check] = {
        "socket": (0, _JEQ, _FAMILIES, "allow", "no family"),
        "socketpair": (0, _JEQ, _FAMILIES[:1], "allow", "no family"),
        "ioctl": (1, _JEQ, _TERMINAL, "deny", "allow"),
    }
    if kind is Filter.STRICT:
        checks["clone"] = (0, _JSET, (_NAMESPACES,), "deny", "allow")
    return checks
