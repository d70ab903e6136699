"""Fixtures of the sandbox's tests: a program, and sessions of every backend."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from sandbox.backends import backend_named
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


@pytest.fixture
def program() -> Program:
    """The conformance suite's probe, alone."""
    return PROGRAM


@pytest.fixture
def policy() -> Policy:
    """RUN with limits that a test can reach soon."""
    return POLICY


@pytest.fixture(scope="module", params=["bubblewrap"])
def backend(request: pytest.FixtureRequest) -> Backend:
    """Every backend that this machine can try."""
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
