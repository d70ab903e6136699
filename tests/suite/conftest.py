"""Fixtures of the kits' tests: handles on submissions of a small challenge, on every backend."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from textwrap import dedent

import msgspec
import pytest

from grader.challenges.challenge import Challenge, load
from grader.evidence.sandboxes import policy_for, program_for
from grader.evidence.suite.handle import Handle, Node
from sandbox.backends import backend_named
from sandbox.outcome import SandboxUnusable
from sandbox.policy import Mount
from sandbox.session import Backend, Session
from tests.sandbox.conftest import BACKENDS, engine_or_skip

CHALLENGE = Path(__file__).parents[1] / "fixtures/kits/performance/kits"

Submitted = Callable[..., Handle]


@pytest.fixture(scope="module", params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> Backend:
    """Every backend that this machine can try."""
    if request.param.startswith("docker"):
        engine_or_skip(request.param)
    return backend_named(request.param)


@pytest.fixture(scope="session")
def challenge() -> Challenge:
    """What the kits are tried on."""
    return load(CHALLENGE)


@pytest.fixture
def submitted(backend: Backend, challenge: Challenge, tmp_path: Path) -> Iterator[Submitted]:
    """Hand in the text of `candidate.py`, or files by path, and get a handle on it."""
    with ExitStack() as stack:
        count = 0

        def submit(text: str = "", /, *, packages: Sequence[str] = (), **files: str) -> Handle:
            nonlocal count
            count += 1
            folder = tmp_path / f"submission{count}"
            for name, content in {"candidate.py": text, **files}.items():
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(dedent(content))
            sessions: dict[Node, Session] = {}

            def opened(node: Node) -> Session:
                if node not in sessions:
                    mount = Mount(folder, PurePosixPath("/submission"))
                    program = program_for(with_packages(challenge, packages), mount, hash_seed=1, without=node.without)
                    sessions[node] = stack.enter_context(backend.open(policy_for(challenge), program))
                return sessions[node]

            handle = Handle(opened, seconds=40.0, on_breakdown=_fail)
            stack.callback(handle.close)
            return handle

        yield submit


def with_packages(challenge: Challenge, packages: Sequence[str]) -> Challenge:
    """The challenge with runtime packages."""
    runtime = msgspec.structs.replace(challenge.manifest.runtime, packages=tuple(packages))
    return msgspec.structs.replace(challenge, manifest=msgspec.structs.replace(challenge.manifest, runtime=runtime))


def _fail(error: SandboxUnusable) -> None:
    raise error


def is_gvisor(backend: Backend) -> bool:
    """Whether the kernel that a submission sees is gVisor, whose clocks are not exact."""
    return backend.name == "docker:runsc"
