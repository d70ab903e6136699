"""Fixtures of the sandbox's tests: a program, and sessions of every backend."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from sandbox.backends import backend_named
from sandbox.backends.docker.session import connect
from sandbox.outcome import SandboxUnusable
from sandbox.policy import RUN, Deadlines, Limits, Mount, Network, Policy, Program
from sandbox.session import Backend, Child, Session

PROBES = Path(__file__).parent / "probes"
SUBMISSION = PurePosixPath("/submission")
PROGRAM = Program(module="probe", path=(SUBMISSION,), mounts=(Mount(PROBES, SUBMISSION),))
POLICY = replace(
    RUN,
    name="test",
    network=Network.SERVED,
    limits=Limits(memory=1 << 29, total_memory=1 << 29, processes=24, tmp=4 << 20, tmp_inodes=200),
    deadlines=Deadlines(first_call=10.0, call=5.0),
)


def is_gvisor(backend: Backend) -> bool:
    """Whether the kernel that a submission sees is gVisor, not Linux."""
    return backend.name == "docker:runsc"


@pytest.fixture
def program() -> Program:
    """The conformance suite's probe, alone."""
    return PROGRAM


@pytest.fixture
def policy() -> Policy:
    """RUN with limits that a test can reach soon."""
    return POLICY


def engine_or_skip(backend: str) -> None:
    """Go on where the Docker engine that a backend needs is there; `docker_engine.py` says where it has to be."""
    runtime = backend.partition(":")[2] or "runc"
    try:
        client = connect()
        runtimes = client.info()["Runtimes"]
        client.close()
    except SandboxUnusable as error:
        missing = error.why
    else:
        missing = "" if runtime in runtimes else f"the engine has no runtime {runtime}"
    if missing and runtime in os.environ.get("GRADER_ENGINE", "").split():
        pytest.fail(f"GRADER_ENGINE promises {runtime}, but {missing}")
    if missing:
        pytest.skip(f"no Docker engine ({missing})" if runtime == "runc" else f"no Docker engine with {runtime}")


BACKENDS = [
    "bubblewrap",
    pytest.param("docker", marks=[pytest.mark.heavy, pytest.mark.alone]),
    pytest.param("docker:runsc", marks=[pytest.mark.heavy, pytest.mark.alone]),
]


@pytest.fixture(scope="module", params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> Backend:
    """Every backend that this machine can try."""
    if request.param.startswith("docker"):
        engine_or_skip(request.param)
    return backend_named(request.param)


@pytest.fixture(scope="module")
def session(backend: Backend) -> Iterator[Session]:
    """One sandbox for all tests of a module: their children must not notice each other."""
    with backend.open(POLICY, PROGRAM) as session:
        yield session


@pytest.fixture
def child(session: Session) -> Iterator[Child]:
    """A fresh child."""
    child = session.fresh()
    yield child
    child.close()


@pytest.fixture(scope="session")
def everybodys_python() -> list[str]:
    """The start of a command that runs a Python of our version, with our packages, as a user without privileges.

    The grader's own interpreter may live below a folder that only root may enter; the distribution's does not.
    """
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    root = Path(__file__).resolve().parents[2]
    packages = [path for path in sys.path if Path(path).name == "site-packages"]
    become = ["setpriv", "--reuid=54321", "--regid=54321", "--clear-groups", "--", "env", "-i", "-C", "/"]
    become.append("PYTHONPATH=" + os.pathsep.join([*packages, str(root)]))
    for python in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):
        command = [*become, python, "-B"]
        try:
            done = subprocess.run([*command, "-c", "import pytest, sandbox"], capture_output=True, check=False)
        except OSError:
            break
        if done.returncode == 0:
            return command
    pytest.skip("no Python of this version, with our packages, that another user may run")
