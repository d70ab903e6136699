"""The Docker backend at an engine that is reached over TCP with TLS, as one on another machine is.

The engine is a private one of this machine (docker_engine.py). What only works because of that is taken away: a
container's processes and control groups are not looked for here, so that readings come from the engine.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing

import docker
import pytest

from sandbox.backends.docker import container as docker_box
from sandbox.backends.docker.session import Docker, connect
from sandbox.backends.docker.usage import GroupFiles
from sandbox.outcome import Died
from sandbox.policy import Policy, Program
from sandbox.session import Child

from .conftest import PROBES, engine_or_skip
from .test_docker import GRADER, ROOT, identity, ours, within

pytestmark = [pytest.mark.heavy, pytest.mark.alone]


@pytest.fixture
def remote(monkeypatch: pytest.MonkeyPatch) -> Iterator[docker.DockerClient]:
    """A client of an engine that seems to be elsewhere."""
    engine_or_skip("docker")
    address = os.environ.get("GRADER_ENGINE_TCP", "")
    if not address:
        pytest.skip("no Docker engine that listens on TCP; docker_engine.py starts one where openssl is installed")
    monkeypatch.setenv("DOCKER_HOST", address)
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
    monkeypatch.setenv("DOCKER_CERT_PATH", os.environ["GRADER_ENGINE_CERTIFICATES"])
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):  # to the SDK's HTTP library they outweigh the engine's own
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(docker_box, "host_pid", lambda *_: None)
    monkeypatch.setattr(GroupFiles, "find", lambda *_: None)
    with closing(connect()) as client:
        yield client


def test_a_session_works_from_afar(remote: docker.DockerClient, policy: Policy, program: Program) -> None:
    """Calls, long answers, deaths, the next child and connections into the box; nothing of it stays."""
    with Docker().open(policy, program) as session:
        mounts = remote.api.inspect_container(identity(session))["Mounts"]
        assert {mount["Type"] for mount in mounts} == {"volume"}
        child = session.fresh()
        assert child.call("echo", [1, "é", b"\x00"]) == [1, "é", b"\x00"]
        assert child.call("big", 200_000) == "x" * 200_000
        with pytest.raises(Died, match="exit status 3"):
            child.call("leave", 3)
        listener, port = session.listen()
        with listener:
            server = threading.Thread(target=_echo, args=(listener,))
            server.start()
            assert session.fresh().call("exchange", port, 1 << 20) == 1 << 20
            server.join()
    assert (ours(remote), remote.volumes.list()) == ([], [])


def test_the_engine_tells_what_a_child_has_used(remote: docker.DockerClient, policy: Policy, program: Program) -> None:
    """CPU time and memory are the container's, as its engine counts them, some moments old."""
    size = 64 << 20
    with Docker().open(policy, program) as session:
        child = session.fresh()
        child.call("echo", 1)
        before = child.measure()
        child.call("burn", 0.5)
        child.call("allocate", size)
        assert within(10, lambda: _is_told(child, cpu=before.cpu_seconds + 0.5, memory=before.resident + size))
        child.call("free")
        assert child.measure().peak >= before.resident + size
    assert ours(remote) == []


def test_nothing_is_left_of_a_client_that_was_killed(remote: docker.DockerClient) -> None:
    """kill -9 closes its connection, which ends the container's input wherever that runs."""
    script = GRADER.format(root=str(ROOT), probes=str(PROBES))
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as grader:
        assert grader.stdout is not None
        container = grader.stdout.readline().strip()
        assert container in ours(remote)
        grader.kill()
    assert within(10, lambda: ours(remote) == [])
    assert remote.volumes.list() == []


def _is_told(child: Child, *, cpu: float, memory: int) -> bool:
    usage = child.measure()
    return usage.cpu_seconds >= cpu and usage.resident >= memory


def _echo(listener: socket.socket) -> None:
    connection, _address = listener.accept()
    with connection:
        while chunk := connection.recv(1 << 16):
            connection.sendall(chunk)
