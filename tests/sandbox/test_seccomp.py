"""The system-call filters: judged by an interpreter for both machines, and by this machine's kernel."""

from __future__ import annotations

import errno
import platform
import re
import struct
from pathlib import Path

import pytest

from sandbox.machine.seccomp import KERNEL_SURFACE, NEW_WALLS, OTHER_PROCESSES, UNCOUNTED_MEMORY, Filter, build
from sandbox.machine.syscalls import AUDIT_ARCH, NUMBERS, Machine
from sandbox.outcome import Raised
from sandbox.session import Child, Session

ALLOW, KILL = 0x7FFF0000, 0x80000000
EPERM, ENOSYS, EAFNOSUPPORT = (0x50000 | number for number in (errno.EPERM, errno.ENOSYS, errno.EAFNOSUPPORT))
CLONE_NEWUSER, CLONE_THREADS = 0x10000000, 0x3D0F00


def judge(filter_: bytes, arch: int, number: int, *arguments: int) -> int:
    """Run classic BPF the way the kernel does."""
    data = struct.pack("<IIQ6Q", number, arch, 0, *(*arguments, *[0] * (6 - len(arguments))))
    program = [struct.unpack_from("<HBBI", filter_, at) for at in range(0, len(filter_), 8)]
    place, register = 0, 0
    while True:
        code, yes, no, value = program[place]
        place += 1
        match code:
            case 0x20:
                (register,) = struct.unpack_from("<I", data, value)
            case 0x15:
                place += yes if register == value else no
            case 0x35:
                place += yes if register >= value else no
            case 0x45:
                place += yes if register & value else no
            case 0x06:
                return int(value)
            case _:
                raise AssertionError(f"unknown instruction {code:#x}")


@pytest.fixture(params=Machine, ids=lambda machine: machine.value)
def machine(request: pytest.FixtureRequest) -> Machine:
    return Machine(request.param)


@pytest.mark.parametrize(
    ("machine", "header"),
    [
        (Machine.X86_64, "/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
        (Machine.AARCH64, "/usr/include/asm-generic/unistd.h"),
    ],
    ids=["x86_64", "aarch64"],
)
def test_the_numbers_are_those_of_the_systems_headers(machine: Machine, header: str) -> None:
    """Each number in our tables is the kernel's."""
    if not Path(header).exists():
        pytest.skip(f"no {header} on this machine")
    pattern = re.compile(r"#define __NR(?:3264)?_(\w+)\s+(\d+)\b")
    theirs = {match[1]: int(match[2]) for match in map(pattern.match, Path(header).read_text().splitlines()) if match}
    ours = NUMBERS[machine]
    assert {name: theirs.get(name, number) for name, number in ours.items()} == ours
    assert len(theirs.keys() & ours.keys()) >= len(ours) - 5


def test_every_name_in_a_rule_has_a_number(machine: Machine) -> None:
    """No rule is void by a slip of the pen; a few calls exist on one machine alone."""
    only_x86 = {"iopl", "ioperm", "modify_ldt", "uselib"}
    names = {*KERNEL_SURFACE, *UNCOUNTED_MEMORY, *NEW_WALLS, *OTHER_PROCESSES, "clone", "clone3", "socket", "ioctl"}
    assert names - NUMBERS[machine].keys() == (set() if machine is Machine.X86_64 else only_x86)


@pytest.mark.parametrize("kind", Filter, ids=lambda kind: kind.value)
def test_what_is_on_a_list_is_denied(machine: Machine, kind: Filter) -> None:
    """Every listed call ends in EPERM; the calls that set walls up are left to the worker."""
    filter_, arch, numbers = build(kind, machine), AUDIT_ARCH[machine], NUMBERS[machine]
    for name in (*KERNEL_SURFACE, *UNCOUNTED_MEMORY):
        if name in numbers:
            assert judge(filter_, arch, numbers[name]) == EPERM, name
    for name in NEW_WALLS:
        assert judge(filter_, arch, numbers[name]) == (EPERM if kind is Filter.STRICT else ALLOW), name


@pytest.mark.parametrize("kind", Filter, ids=lambda kind: kind.value)
def test_what_every_program_needs_is_allowed(machine: Machine, kind: Filter) -> None:
    """Every call that no rule names is allowed."""
    filter_, named = build(kind, machine), set(NUMBERS[machine].values())
    for number in range(463):
        if number not in named:
            assert judge(filter_, AUDIT_ARCH[machine], number) == ALLOW, number


@pytest.mark.parametrize("kind", Filter, ids=lambda kind: kind.value)
def test_what_is_not_known_does_not_exist(machine: Machine, kind: Filter) -> None:
    """Newer calls and those of x32 are missing; calls of another machine kill."""
    filter_ = build(kind, machine)
    for number in (463, 1000, 0x40000000, 0x40000029, 0xFFFFFFFF):
        assert judge(filter_, AUDIT_ARCH[machine], number) == ENOSYS
    for arch in (0x40000003, 0x40000028, 0, AUDIT_ARCH[machine] ^ 1):
        assert judge(filter_, arch, 1) == KILL


def test_arguments_decide(machine: Machine) -> None:
    """Threads but no namespaces, sockets of three families, limits of oneself alone, no typing into a terminal."""
    arch, numbers = AUDIT_ARCH[machine], NUMBERS[machine]
    base, strict = build(Filter.BASE, machine), build(Filter.STRICT, machine)
    assert judge(strict, arch, numbers["clone"], CLONE_THREADS) == ALLOW
    assert judge(strict, arch, numbers["clone"], CLONE_NEWUSER | 17) == EPERM
    assert judge(base, arch, numbers["clone"], CLONE_NEWUSER | 17) == ALLOW
    assert judge(strict, arch, numbers["clone3"]) == ENOSYS
    for family in range(50):
        expected = ALLOW if family in (1, 2, 10) else EAFNOSUPPORT
        assert judge(base, arch, numbers["socket"], family) == expected
        assert judge(strict, arch, numbers["socket"], family | 1 << 32) == expected
    assert judge(strict, arch, numbers["socketpair"], 2) == EAFNOSUPPORT
    for request in (0x5412, 0x541C, 0x5412 | 1 << 32):
        assert judge(strict, arch, numbers["ioctl"], 0, request) == EPERM
    assert judge(strict, arch, numbers["ioctl"], 0, 0x5401) == ALLOW
    for name, itself in OTHER_PROCESSES.items():
        assert judge(strict, arch, numbers[name], *itself.values()) == ALLOW
        for argument in itself:
            others = [value + (place == argument) for place, value in itself.items()]
            assert judge(strict, arch, numbers[name], *others) == EPERM
            assert judge(base, arch, numbers[name], *others) == ALLOW


ON_THIS_MACHINE = platform.machine() in {machine.value for machine in Machine}


@pytest.mark.skipif(not ON_THIS_MACHINE, reason="no filter for this machine")
def test_the_kernel_agrees(session: Session) -> None:
    """In a child the filters are in force, and calls end as they say."""
    child = session.fresh()
    assert child.call("status", "Seccomp") == "2"
    assert child.call("status", "Seccomp_filters") in ("2", None)
    numbers = NUMBERS[Machine(platform.machine())]
    for name in ("unshare", "mount", "ptrace", "keyctl", "bpf", "io_uring_setup", "memfd_create", "shmget", "setns"):
        assert child.call("system_call", numbers[name], 0, 0, 0) == errno.EPERM, name
    assert child.call("system_call", numbers["clone3"], 0, 0) == errno.ENOSYS
    assert child.call("system_call", numbers["socket"], 40, 1, 0) == errno.EAFNOSUPPORT
    assert child.call("system_call", numbers["clone"], CLONE_NEWUSER | 17, 0, 0, 0, 0) == errno.EPERM


@pytest.mark.skipif(not ON_THIS_MACHINE, reason="no filter for this machine")
def test_the_worker_cannot_be_starved(session: Session) -> None:
    """Limits, priority and processors of process 1 are out of a child's reach."""
    outcomes = session.fresh().call("attack_worker")
    assert isinstance(outcomes, dict)
    assert {outcomes[name] for name in ("priority", "affinity", "limits")} == {"PermissionError"}
    with pytest.raises(Raised):
        session.fresh().call("nothing")


def test_a_child_still_forks_and_threads(child: Child) -> None:
    """The filter leaves what Python programs use."""
    assert child.call("in_thread", 1) == [1]
    assert child.call("forks", 2) == 2
