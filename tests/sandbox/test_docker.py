"""The Docker backend beyond the conformance suite: what is asked of the engine, whose doing an end was, what stays."""

from __future__ import annotations

import io
import os
import selectors
import signal
import socket
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from typing import cast

import docker
import pytest
from docker.errors import APIError, BuildError

from sandbox.backends import backend_named
from sandbox.backends.bubblewrap.worker import MEMORY
from sandbox.backends.docker import image
from sandbox.backends.docker import reaper as docker_reaper
from sandbox.backends.docker.container import Container
from sandbox.backends.docker.files import archives, not_in_image
from sandbox.backends.docker.options import Engine, host_config
from sandbox.backends.docker.reaper import LABEL, owner
from sandbox.backends.docker.session import Docker, DockerSession, connect
from sandbox.inside.link import is_current
from sandbox.outcome import ChildLost, Died, Garbage, ProbeMisuse, SandboxUnusable
from sandbox.policy import RUN, Limits, Mount, Policy, Program

from .conftest import PROBES, engine_or_skip

pytestmark = pytest.mark.alone  # they look at all that the engine holds

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def engine() -> Iterator[docker.DockerClient]:
    """A client of the engine."""
    engine_or_skip("docker")
    client = connect()
    yield client
    client.close()


def within(seconds: float, happened: Callable[[], bool]) -> bool:
    """Wait for something that has to happen soon."""
    end = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def ours(client: docker.DockerClient) -> list[str]:
    """The containers of graders that the engine has, running or not."""
    return [container["Id"] for container in client.api.containers(all=True, filters={"label": LABEL})]


def identity(session: DockerSession) -> str:
    assert isinstance(session._sandbox, Container)
    assert session._sandbox._id is not None
    return session._sandbox._id


# --- what is asked of the engine -----------------------------------------------------------------------------------


def test_every_wall_is_asked_for() -> None:
    """No network, no capability, nothing writable but sized folders, no log, no host's path; all of it bounded."""
    config = host_config(
        replace(RUN, limits=Limits(processes=10, total_memory=1 << 28)),
        ["/submission"],
        Engine(),
        labels={"whose": "ours"},
    )
    expected = {
        "NetworkMode": "none",
        "ReadonlyRootfs": True,
        "CapDrop": ["ALL"],
        "CapAdd": [],
        "SecurityOpt": ["no-new-privileges"],
        "Memory": 1 << 28,
        "MemorySwap": 1 << 28,
        "PidsLimit": 11,
        "LogConfig": {"Type": "none"},
        "AutoRemove": True,
        "IpcMode": "none",
    }
    assert {key: config[key] for key in expected} == expected
    assert "Binds" not in config
    assert [mount["Type"] for mount in config["Mounts"]] == ["volume"]
    assert [mount["VolumeOptions"]["Labels"] for mount in config["Mounts"]] == [{"whose": "ours"}]
    assert all("size=" in options for options in config["Tmpfs"].values())
    assert "/proc" in config["ReadonlyPaths"]
    assert not {"Privileged", "PidMode", "Devices", "Runtime"} & config.keys()


def test_an_event_of_a_connection_that_was_just_closed_is_passed_over() -> None:
    """Where one event of a round ends a connection that has another event in the same round, nothing breaks."""
    one, other = socket.socketpair()
    with selectors.DefaultSelector() as selector, other:
        selector.register(one, selectors.EVENT_WRITE)
        ((key, _events),) = selector.select(0)
        assert is_current(selector, key)
        selector.unregister(one)
        assert not is_current(selector, key)
        one.close()
        assert not is_current(selector, key)


def test_a_runtime_is_passed_on() -> None:
    """gVisor's own threads count, and its worker is root of its own kernel."""
    config = host_config(RUN, [], Engine(runtime="runsc"), labels={})
    assert config["Runtime"] == "runsc"
    assert config["PidsLimit"] > 512
    assert backend_named("docker:runsc").name == "docker:runsc"


def test_files_are_sent_as_roots_own(tmp_path: Path) -> None:
    """What is sent is readable, nobody's to write, and only files, folders and links."""
    (tmp_path / "a").mkdir(mode=0o700)
    (tmp_path / "a/secret.py").write_text("x")
    (tmp_path / "a/secret.py").chmod(0o4600)
    os.mkfifo(tmp_path / "a/pipe")
    sent = archives([Mount(tmp_path / "a", PurePosixPath("/data/deep"))])
    with tarfile.open(fileobj=io.BytesIO(sent["/data"])) as archive:
        assert {member.name: (member.mode, member.uid) for member in archive.getmembers()} == {
            "deep": (0o755, 0),
            "deep/secret.py": (0o644, 0),
        }


def test_a_file_below_the_root_is_refused(tmp_path: Path) -> None:
    """A volume is a folder; a file at the root cannot be sent."""
    with pytest.raises(ProbeMisuse, match="must lie in a folder"):
        archives([Mount(Path(__file__), PurePosixPath("/lonely"))])


def test_packages_of_the_image_are_not_sent() -> None:
    """Only when the image has all of them, in the same versions."""
    mounts = [
        Mount(PROBES, PurePosixPath("/submission")),
        Mount(PROBES, PurePosixPath("/packages/some_name")),
        Mount(PROBES, PurePosixPath("/packages/some_name-1.2.dist-info")),
    ]
    assert not_in_image(mounts, frozenset({"some-name==1.2", "other==1"})) == (mounts[0],)
    assert not_in_image(mounts, frozenset({"some-name==1.3"})) == tuple(mounts)


# --- an engine that is not there -----------------------------------------------------------------------------------


def test_an_engine_that_cannot_be_reached_is_told(
    policy: Policy, program: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without an engine there is SandboxUnusable with a remedy."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")
    with pytest.raises(SandboxUnusable, match="no Docker engine can be reached") as caught:
        Docker().open(policy, program)
    assert "DOCKER_HOST" in caught.value.remedy


@pytest.mark.heavy
@pytest.mark.usefixtures("engine")
def test_a_missing_image_is_named(policy: Policy, program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """The remedy is the command that builds it."""
    monkeypatch.setenv("GRADER_SANDBOX_IMAGE", "nothing/like:this")
    with pytest.raises(SandboxUnusable, match="no image nothing/like:this") as caught:
        Docker().open(policy, program)
    assert "docker build --target sandbox" in caught.value.remedy


@pytest.mark.heavy
@pytest.mark.usefixtures("engine")
def test_an_unknown_runtime_is_named(policy: Policy, program: Program) -> None:
    """So is a runtime that the engine does not know."""
    with pytest.raises(SandboxUnusable, match="does not know the runtime 'nothing'"):
        Docker("nothing").open(policy, program)


@pytest.mark.heavy
def test_a_preload_that_fails_is_told(engine: docker.DockerClient, policy: Policy, program: Program) -> None:
    """The worker's reason arrives, and its container is gone."""
    with pytest.raises(SandboxUnusable, match="No module named 'nowhere'"):
        Docker().open(policy, replace(program, preload=("nowhere",)))
    assert ours(engine) == []


def test_an_image_that_cannot_be_built_is_said_with_its_log(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A step that fails, an engine that refuses, and an installation without the Dockerfile: each says what it was."""

    def building(error: Exception) -> docker.DockerClient:
        def build(**_options: object) -> None:
            raise error

        return cast("docker.DockerClient", SimpleNamespace(images=SimpleNamespace(build=build)))

    failed = BuildError("failed", iter([{"stream": "Step 3: pip"}, {"error": ": no space left"}]))
    with pytest.raises(SandboxUnusable, match="cannot be built: Step 3: pip: no space left"):
        image.build(building(failed), base="x", packages=())
    with pytest.raises(SandboxUnusable, match="cannot be built: denied") as refused:
        image.build(building(APIError("denied")), base="x", packages=())
    assert refused.value.remedy == "see the engine's log"
    monkeypatch.setattr(image, "CHECKOUT", tmp_path)
    with pytest.raises(SandboxUnusable, match=f"no Dockerfile in {tmp_path}"):
        image.build(building(failed), base="x", packages=())


# --- what stays ----------------------------------------------------------------------------------------------------


@pytest.mark.heavy
def test_nothing_is_left_of_a_closed_session(engine: docker.DockerClient, policy: Policy, program: Program) -> None:
    """After `close` the engine has no container and no volume of ours, and we have no descriptor."""
    Docker().open(policy, program).close()
    assert (ours(engine), engine.volumes.list()) == ([], [])  # the client keeps a connection for each kind of question
    before = len(list(Path("/proc/self/fd").iterdir()))
    session = Docker().open(policy, program)
    session.fresh().call("daemon")
    assert ours(engine) == [identity(session)]
    session.close()
    assert ours(engine) == []
    assert engine.volumes.list() == []
    assert len(list(Path("/proc/self/fd").iterdir())) == before


GRADER = """
import sys, time
sys.path.insert(0, {root!r})
from pathlib import Path, PurePosixPath
from sandbox.backends.docker.session import Docker
from sandbox.policy import RUN, Mount, Program
target = PurePosixPath("/submission")
program = Program(module="probe", path=(target,), mounts=(Mount(Path({probes!r}), target),))
session = Docker().open(RUN, program)
child = session.fresh()
child.call("daemon")
print(session._sandbox._id, flush=True)
child.call("sleep", 60, timeout=60)
"""


@pytest.mark.heavy
def test_nothing_is_left_of_a_grader_that_was_killed(engine: docker.DockerClient) -> None:
    """kill -9 of the grader ends its container: its input ends."""
    script = GRADER.format(root=str(ROOT), probes=str(PROBES))
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as grader:
        assert grader.stdout is not None
        container = grader.stdout.readline().strip()
        assert container in ours(engine)
        grader.kill()
    assert within(10, lambda: ours(engine) == [])


@pytest.mark.heavy
def test_containers_of_a_dead_grader_are_removed(engine: docker.DockerClient, policy: Policy, program: Program) -> None:
    """What was made and never started goes with the next sandbox, and volumes that the engine forgot; what another
    living grader made stays.
    """
    here, _, rest = owner()[LABEL].partition(" ")
    dead, elsewhere = f"{here} 999999999 5", f"another-machine {rest}"
    image = engine.images.get(f"senior-python-grader-sandbox:{sys.version_info[0]}.{sys.version_info[1]}")
    made = {label: engine.containers.create(image, labels={LABEL: label}) for label in (dead, elsewhere)}
    volumes = {label: engine.volumes.create(labels={LABEL: label}) for label in (dead, elsewhere)}
    try:
        Docker().open(policy, program).close()
        assert ours(engine) == [made[elsewhere].id]
        assert engine.volumes.list() == [volumes[elsewhere]]
    finally:
        made[elsewhere].remove()
        volumes[elsewhere].remove()


def test_a_container_is_judged_by_its_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its process here, its age elsewhere."""
    now = int(time.time())
    here, _, rest = owner()[LABEL].partition(" ")
    pid, start = rest.split()
    assert not docker_reaper._is_stale(owner()[LABEL], now)
    assert docker_reaper._is_stale(f"{here} {pid} {int(start) + 1}", now)
    assert not docker_reaper._is_stale(f"elsewhere {rest}", now)
    assert docker_reaper._is_stale(f"elsewhere {rest}", now - 2 * docker_reaper.LIFETIME)


# --- whose doing it was --------------------------------------------------------------------------------------------


@pytest.mark.heavy
@pytest.mark.parametrize("how", ["killed by the engine", "killed on the machine"])
def test_a_container_that_is_taken_away_costs_no_marks(
    engine: docker.DockerClient, policy: Policy, program: Program, how: str
) -> None:
    """When somebody outside ends the container, nothing was measured; the next child has a new one."""
    with Docker().open(policy, program) as session:
        child = session.fresh()
        child.call("echo", 1)
        container = identity(session)
        if how == "killed by the engine":
            engine.api.kill(container)
        else:
            os.kill(int(engine.api.inspect_container(container)["State"]["Pid"]), signal.SIGKILL)
        with pytest.raises(SandboxUnusable, match="the container was lost"):
            child.call("echo", 2)
        assert session.fresh().call("echo", 3) == 3


@pytest.mark.heavy
@pytest.mark.usefixtures("engine")
def test_memory_that_is_used_up_is_the_submissions_doing(policy: Policy, program: Program) -> None:
    """Many processes that together hold too much are ended, with the reason; the next child works."""
    tight = replace(policy, limits=Limits(memory=1 << 30, total_memory=160 << 20, processes=24))
    with Docker().open(tight, program) as session:
        with pytest.raises(ChildLost):
            session.fresh().call("hoard", 8, 40 << 20, timeout=5)
        assert session.fresh().call("hoard", 2, 10 << 20, timeout=10) == 2
        with pytest.raises(Died, match="signal 9") as caught:
            session.fresh().call("kill_self", 9)
        assert caught.value.exit is not None
        assert caught.value.exit.reason in ("", MEMORY)


@pytest.mark.heavy
@pytest.mark.usefixtures("engine")
def test_one_child_cannot_speak_for_another(policy: Policy, program: Program) -> None:
    """Frames of the stream, written to whatever a child can write to, are its own answers or its own output."""
    forged = (4).to_bytes(4, "big") + b"\x02" + (5).to_bytes(4, "big") + b"hello"
    with Docker().open(policy, program) as session:
        with pytest.raises(Garbage):
            session.fresh().call("raw", forged)
        child = session.fresh()
        child.call("say", forged.decode("latin-1"), 3)
        assert child.call("echo", 1) == 1
        assert "hello" in child.output()[0]


@pytest.mark.heavy
@pytest.mark.usefixtures("engine")
def test_folders_that_are_nested_too_deeply_are_emptied(policy: Policy, program: Program) -> None:
    """Paths longer than the kernel takes, and folders that may not be entered, do not stay for the next child."""
    with Docker().open(policy, program) as session:
        container = identity(session)
        session.fresh().call("bury", "/tmp", 100)
        assert session.fresh().call("listing", "/tmp") == []
        assert identity(session) == container


@pytest.mark.heavy
@pytest.mark.usefixtures("engine")
def test_a_served_connection_carries_much_both_ways(policy: Policy, program: Program) -> None:
    """More than is ever under way at a time arrives whole, and the other end's last byte ends the connection."""
    size = 3 << 20

    def serve() -> None:
        connection, _address = listener.accept()
        with connection:
            while chunk := connection.recv(1 << 16):
                connection.sendall(chunk)

    with Docker().open(policy, program) as session:
        listener, port = session.listen()
        with listener:
            server = threading.Thread(target=serve)
            server.start()
            assert session.fresh().call("exchange", port, size) == size
            server.join()
