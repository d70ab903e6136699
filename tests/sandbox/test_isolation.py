"""What every backend keeps apart: children from each other, the sandbox from this machine.."""

from __future__ import annotations

import socket
from dataclasses import replace

import pytest

from sandbox.outcome import Raised
from sandbox.policy import Network, Policy, Program
from sandbox.session import Backend, Child, Session

from .conftest import is_gvisor

# --- isolation -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", ["/tmp", "/dev/shm"])
def test_files_of_one_child_are_not_seen_by_the_next(session: Session, folder: str) -> None:
    """Every child has its own empty writable folders."""
    assert session.fresh().call("touch", f"{folder}/mark") == [f"{folder}/mark"]
    assert session.fresh().call("listing", folder) == []


def test_connections_of_one_child_are_not_known_to_the_next(backend: Backend, policy: Policy, program: Program) -> None:
    """Where nothing is served, every child finds a network in which nothing has happened."""
    with backend.open(replace(policy, network=Network.NONE), program) as session:
        assert [session.fresh().call("meet_oneself", 47_123) for _ in range(2)] == ["it is free", "it is free"]


def test_daemons_end_with_their_child(session: Session) -> None:
    """A process that left its session, its parents and its manners behind is gone before the next child."""
    child = session.fresh()
    child.call("daemon")
    assert len(child.call("processes")) == 2  # type: ignore[arg-type]
    assert session.fresh().call("processes") == [1]


def test_a_fork_bomb_is_small(session: Session, policy: Policy) -> None:
    """Processes are limited, and the next child has all of its own."""
    for _ in range(2):
        made = session.fresh().call("forks", 200)
        assert isinstance(made, int)
        assert policy.limits.processes - 2 <= made < policy.limits.processes


def test_a_writable_folder_is_small(backend: Backend, child: Child) -> None:
    """Filling /tmp meets its end soon, in bytes and in files."""
    calls: tuple[tuple[str, str, int], ...] = (
        ("fill", "/tmp/big", 8 << 20),
        ("flood_inodes", "/tmp", 300),
        ("fill", "/dev/shm/big", 8 << 20),
    )
    for call in calls:
        if call[0] == "flood_inodes" and is_gvisor(backend):  # it counts no inodes; the container's memory bounds them
            continue
        with pytest.raises(Raised, match="No space left"):
            child.call(*call)


def test_no_core_is_dumped_into_a_pipe_of_the_host(child: Child) -> None:
    """A limit of 0 stops files alone; Linux pipes no core of a process whose limit is 1 byte to a `core_pattern`."""
    assert child.call("core_limit") == [1, 1]


def test_memory_is_limited(child: Child) -> None:
    """A process that asks for more than its share gets MemoryError."""
    with pytest.raises(Raised) as caught:
        child.call("allocate", 1 << 30)
    assert caught.value.kind == "MemoryError"


@pytest.mark.parametrize("path", ["/", "/submission", "/etc", "/python/lib", "/dev", "/proc/sys/kernel"])
def test_nothing_else_can_be_written(child: Child, path: str) -> None:
    """All but the private folders is read-only."""
    with pytest.raises(Raised) as caught:
        child.call("write", f"{path}/mark", "x")
    assert caught.value.kind in ("OSError", "PermissionError", "FileNotFoundError")


def test_nothing_of_this_machine_is_seen(backend: Backend, child: Child) -> None:
    """The root holds what was mounted and what a Python needs, no more."""
    seen = set(child.call("listing", "/"))  # type: ignore[arg-type]
    engines = {".dockerenv", "sys"} & seen
    assert seen - engines <= {"dev", "etc", "lib", "lib64", "packages", "proc", "python", "submission", "tmp", "wall"}
    assert is_gvisor(backend) or all(child.call("listing", f"/{name}") == [] for name in engines - {".dockerenv"})
    files = {"passwd", "group", "hosts"} | ({"hostname", "resolv.conf", "mtab"} if engines else set())
    assert set(child.call("listing", "/etc")) <= files  # type: ignore[arg-type]
    devices = {"tty", "ptmx", "pts", "console", "mem", "kvm"} & set(child.call("listing", "/dev"))  # type: ignore[arg-type]
    assert devices <= ({"tty", "ptmx", "pts"} if engines else set())
    if devices and not is_gvisor(backend):  # whose terminals are its own kernel's, as its /sys is
        assert (child.call("listing", "/dev/pts"), child.call("read", "/dev/tty")) == ([], "")
    assert child.call("processes") == [1]
    assert child.call("ids")[1:] == [65534, 65534, child.call("ids")[3], "sandbox"]  # type: ignore[index]


def test_the_environment_is_the_sandboxs_own(child: Child) -> None:
    """No variable of the grader is inside."""
    names = set(child.call("environment"))  # type: ignore[arg-type]
    assert names <= {
        *("HOME", "PATH", "PWD", "LANG", "LD_LIBRARY_PATH", "MALLOC_ARENA_MAX", "PYTHONHASHSEED"),
        "PYTHONDONTWRITEBYTECODE",
    }


def test_no_descriptor_is_inherited(child: Child) -> None:
    """A child holds its streams and the wire, and the one that lists them."""
    assert child.call("descriptors") == [0, 1, 2, 3, 4]


def test_no_privilege_is_left(backend: Backend, child: Child) -> None:
    """No capability, and none to be gained."""
    for key in ("CapInh", "CapPrm", "CapEff"):
        assert int(str(child.call("status", key)), 16) == 0
    if not is_gvisor(backend):  # it does not show these
        assert int(str(child.call("status", "CapAmb")), 16) == 0
        assert child.call("status", "NoNewPrivs") == "1"


def test_the_hosts_network_is_out_of_reach(child: Child) -> None:
    """A server on this machine's loopback does not exist inside."""
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(Raised) as caught:
        child.call("fetch", server.getsockname()[1], "hello")
    assert caught.value.kind == "ConnectionRefusedError"


def test_names_of_our_own_are_free_for_the_submission(child: Child) -> None:
    """A candidate may call modules what ours are called; the standard library cannot be replaced."""
    for name in ("wire", "serve", "inside", "confine", "sandbox"):
        assert child.call("imported", name) == [f"/submission/{name}.py", "the candidate's"]
    assert child.call("imported", "json")[1] is None  # type: ignore[index]
    assert not [name for name in child.call("modules") if str(name).startswith("inside.")]  # type: ignore[union-attr]


def test_the_worker_survives_what_a_child_does_to_it(backend: Backend, session: Session) -> None:
    """Signals, reads and writes on process 1 come to nothing. (gVisor shows its environment, our own.)"""
    outcomes = session.fresh().call("attack_worker")
    assert isinstance(outcomes, dict)
    assert outcomes["kill"] in ("done", "PermissionError")  # it is sent and ignored, or the worker is another user's
    secret = ("descriptors", "memory") if is_gvisor(backend) else ("environ", "descriptors", "memory")
    assert {name: outcomes[name] for name in secret} == dict.fromkeys(secret, "PermissionError")
    assert session.fresh().call("echo", 1) == 1


def test_hashes_repeat_with_their_seed(backend: Backend, policy: Policy, program: Program) -> None:
    """The program's hash seed is the interpreter's."""
    seen = []
    for seed in (1, 1, 2):
        with backend.open(policy, replace(program, hash_seed=seed)) as session:
            seen.append(session.fresh().call("hash_of", "text"))
    assert seen[0] == seen[1] != seen[2]


def test_what_is_preloaded_never_comes_from_the_submission(backend: Backend, policy: Policy, program: Program) -> None:
    """The worker imports from the standard library and /packages; the submission's own modules stay outside it."""
    with backend.open(policy, replace(program, preload=("asyncio",))) as session:
        assert "asyncio" in session.fresh().call("modules")  # type: ignore[operator]
