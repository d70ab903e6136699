"""Memory of all processes of a sandbox together, with a control group and without."""

from __future__ import annotations

import os
import signal
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.backends.bubblewrap.session import Bubblewrap
from sandbox.backends.bubblewrap.worker import MEMORY
from sandbox.machine import cgroup
from sandbox.outcome import ChildLost, Died
from sandbox.policy import Limits, Policy, Program

LIMITS = Limits(memory=1 << 30, total_memory=160 << 20, processes=24)


def groups() -> list[Path]:
    place = cgroup.find_place()
    if isinstance(place, cgroup.Unavailable):
        return []
    return [group for folder in place.folders for group in folder.glob(f"{cgroup.PREFIX}.*.{os.getpid()}.*")]


@pytest.fixture(params=["group", "watch"])
def tight(request: pytest.FixtureRequest, policy: Policy, monkeypatch: pytest.MonkeyPatch) -> Policy:
    """A policy with little memory, kept by a control group, or by the worker where there is none."""
    if request.param == "watch":
        monkeypatch.setattr(cgroup, "find_place", lambda: cgroup.Unavailable("the test says so"))
    elif isinstance(place := cgroup.find_place(), cgroup.Unavailable):
        pytest.skip(f"no control groups: {place.why}")
    return replace(policy, limits=LIMITS)


def test_many_processes_together_are_limited(tight: Policy, program: Program) -> None:
    """Children that each stay within their own limit end when all hold too much; the next child works."""
    with Bubblewrap().open(tight, program) as session:
        child = session.fresh()
        with pytest.raises(ChildLost, match=MEMORY):
            child.call("hoard", 8, 40 << 20, timeout=3)
        child = session.fresh()
        assert child.call("hoard", 2, 10 << 20, timeout=10) == 2
        with pytest.raises(Died, match="signal 9") as caught:
            child.call("kill_self", 9)
        assert caught.value.exit is not None
        assert caught.value.exit.reason == ""


def test_one_process_within_its_limit_is_left_alone(tight: Policy, program: Program) -> None:
    """What one process may hold, it may."""
    with Bubblewrap().open(tight, program) as session:
        child = session.fresh()
        child.call("allocate", 100 << 20)
        assert child.call("sleep", 0.2) == "awake"


def test_groups_end_with_their_sandbox(policy: Policy, program: Program) -> None:
    """A group is there while the sandbox is, and only then."""
    place = cgroup.find_place()
    if isinstance(place, cgroup.Unavailable):
        pytest.skip(f"no control groups: {place.why}")
    others = set(groups())
    with Bubblewrap().open(policy, program) as session:
        session.fresh().call("daemon")
        own = set(groups()) - others
        assert len(own) == len(place.folders)
        assert all((group / "cgroup.procs").read_text().split() for group in own)
    assert not own & set(groups())


def test_groups_of_a_dead_grader_are_removed(tmp_path: Path) -> None:
    """What a killed grader left goes when the next one makes a group; what lives stays."""
    namespace = cgroup._namespace()
    own = f"{cgroup.PREFIX}.{namespace}.{os.getpid()}.{cgroup._start_of(os.getpid())}.aaaa"
    reused = f"{cgroup.PREFIX}.{namespace}.{os.getpid()}.1.bbbb"
    dead = f"{cgroup.PREFIX}.{namespace}.999999999.5.cccc"
    elsewhere = f"{cgroup.PREFIX}.1.999999999.5.dddd"
    for name in (own, reused, dead, elsewhere, "another"):
        (tmp_path / name).mkdir()
    cgroup.remove_stale(cgroup.Place((tmp_path,), 2))
    assert {path.name for path in tmp_path.iterdir()} == {own, elsewhere, "another"}


def second_version(folder: Path, *, controllers: str = "cpu memory pids", enabled: str = "memory pids") -> Path:
    """A folder with the files of a group of the second version."""
    folder.mkdir(exist_ok=True)
    (folder / "cgroup.controllers").write_text(controllers)
    (folder / "cgroup.subtree_control").write_text(enabled)
    (folder / "cgroup.procs").write_text("")
    return folder


def test_a_delegated_group_of_the_second_version_is_used(tmp_path: Path) -> None:
    """Controllers that are there are used, those that only have to be enabled are enabled."""
    assert cgroup._unified_place(second_version(tmp_path)) == cgroup.Place((tmp_path,), 2)
    folder = second_version(tmp_path / "later", enabled="")
    assert cgroup._unified_place(folder) == cgroup.Place((folder,), 2)
    assert (folder / "cgroup.subtree_control").read_text() == "+memory +pids"


def test_a_group_that_was_not_delegated_is_not_used(tmp_path: Path) -> None:
    """Without the controllers, or without the files, there is a reason instead of a group."""
    bare = cgroup._unified_place(second_version(tmp_path / "bare", controllers="cpu"))
    assert isinstance(bare, cgroup.Unavailable)
    assert "controllers are not both available" in bare.why
    assert isinstance(cgroup._unified_place(tmp_path / "missing"), cgroup.Unavailable)


def test_limits_of_the_second_version(tmp_path: Path) -> None:
    """Memory, swap and processes are bounded, and the kernel's count of kills is read."""
    group = cgroup.Group([tmp_path], 2)
    group.limit(LIMITS)
    assert (tmp_path / "memory.max").read_text() == str(LIMITS.total_memory)
    assert (tmp_path / "memory.swap.max").read_text() == "0"
    assert int((tmp_path / "pids.max").read_text()) >= LIMITS.processes
    assert group.memory_kills() == 0
    (tmp_path / "memory.events").write_text("low 0\noom 3\noom_kill 2\n")
    assert group.memory_kills() == 2


@pytest.fixture
def unified() -> Path:
    """The kernel's own hierarchy of the second version, where this process may make groups."""
    mounted = cgroup._cgroup_mounts().get("")
    if mounted is None or not os.access(mounted, os.W_OK):
        pytest.skip("no hierarchy of the second version is mounted that this process may write")
    return mounted


def test_a_real_group_of_the_second_version_ends_with_all_in_it(unified: Path) -> None:
    """Whoever was put into it is in it, and is dead when the group is gone."""
    folder = unified / f"{cgroup.PREFIX}.test.{os.getpid()}"
    folder.mkdir()
    group = cgroup.Group([folder], 2)
    with subprocess.Popen(["sleep", "60"]) as sleeper:
        group.add(sleeper.pid)
        assert (folder / "cgroup.procs").read_text().split() == [str(sleeper.pid)]
        group.remove()
        assert sleeper.wait(5) == -signal.SIGKILL
    assert not folder.exists()


def test_a_real_group_of_the_second_version_bounds_memory(
    unified: Path, policy: Policy, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the kernel gives it the controllers, it ends what holds too much, and says that it did."""
    place = cgroup._unified_place(unified)
    if isinstance(place, cgroup.Unavailable):
        pytest.skip(f"the second version bounds nothing on this machine, the first may: {place.why}")
    monkeypatch.setattr(cgroup, "find_place", lambda: place)
    with Bubblewrap().open(replace(policy, limits=LIMITS), program) as session:
        with pytest.raises(ChildLost, match=MEMORY):
            session.fresh().call("hoard", 8, 40 << 20, timeout=3)
        assert session.fresh().call("hoard", 2, 10 << 20, timeout=10) == 2
