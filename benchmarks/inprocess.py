"""A hidden suite without any wall, for comparison: the probe and the submission are imported by pytest's own process.

    python -m pytest -p benchmarks.inprocess --challenge FOLDER --candidate FOLDER FOLDER/test_slug.py

It is what a grader that trusts its candidates would do; its verdicts can be forged and are never used.
"""

from __future__ import annotations

import importlib
import random
import socket
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings

from grader.challenges.challenge import Challenge, load
from grader.suite.observation import Observation
from sandbox.outcome import Raised
from sandbox.session import Call, Usage


class InProcess:
    """The `submission` of a suite, answered by a direct call. `reference` has modules of its own."""

    imported: ClassVar[dict[str, ModuleType]] = {}
    """The probes, by the fixture that they are for."""

    def __init__(self, fixture: str, challenge: Path, folder: Path) -> None:
        self._fixture, self._challenge, self._folder = fixture, challenge, folder
        self._probe = self.imported.get(fixture) or self._import()
        self.last_wall = 0.0

    def call(self, name: str, /, *args: Any, timeout: float | None = None, **keywords: Any) -> Observation:
        """Call the probe in this process."""
        started = time.monotonic()
        try:
            return Observation(getattr(self._probe, name)(*args, **keywords))
        except Exception as error:
            raise Raised(type(error).__name__, bases=(), message=str(error), where=()) from error
        finally:
            self.last_wall = time.monotonic() - started

    def batch(self, calls: Sequence[Call], *, timeout: float | None = None) -> list[Observation | Raised]:
        """Call after call."""
        keywords: list[dict[str, Any]] = [dict(call.keywords) for call in calls]
        return [self.call(call.name, *call.args, **own) for call, own in zip(calls, keywords, strict=True)]

    def fresh(self) -> None:
        """Import everything anew, the nearest thing to a new process."""
        self._probe = self._import()

    def usage(self) -> Usage:
        """Return what this process has used: the suite's own work and the other handle's included."""
        lines = (line.split() for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines())
        sizes = {words[0]: int(words[1]) << 10 for words in lines if len(words) == 3 and words[2] == "kB"}
        resident = sizes["RssAnon:"] + sizes["RssShmem:"]
        return Usage(cpu_seconds=time.process_time(), resident=resident, peak=sizes["VmHWM:"])

    def listen(self) -> tuple[socket.socket, int]:
        """Return a listening socket: without a wall the submission reaches it as it is."""
        listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        return listener, listener.getsockname()[1]

    def _import(self) -> ModuleType:
        for name in [name for name, module in sys.modules.items() if _is_local(module)]:
            del sys.modules[name]
        sys.path[:2] = [str(self._challenge), str(self._folder)]
        probe = self.imported[self._fixture] = importlib.import_module("probe")
        return probe


def _is_local(module: ModuleType) -> bool:
    return any(str(getattr(module, "__file__", "") or "").startswith(path) for path in sys.path[:2])


def can_run(challenge: Challenge) -> bool:
    """Tell whether a suite can run in process at all: not where the answer is a test suite.

    It meets implementations that take each other's place behind the wall, each in a process of its own.
    """
    return not challenge.stubs.is_dir()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that say where the challenge and the candidate's files are."""
    parser.addoption("--challenge", required=True)
    parser.addoption("--candidate", required=True)


def pytest_configure(config: pytest.Config) -> None:
    """Set the same number of examples as a grading."""
    challenge = load(Path(config.getoption("--challenge")).resolve())
    sys.path[:0] = [str(challenge.folder), str(Path(config.getoption("--candidate")).resolve())]
    config.addinivalue_line("markers", "criterion(name, weight, hint): which criterion a hidden test counts for")
    settings.register_profile(
        "same",
        database=None,
        deadline=None,
        max_examples=challenge.manifest.budget.examples,
        suppress_health_check=list(HealthCheck),
    )
    settings.load_profile("same")


@pytest.fixture
def submission(request: pytest.FixtureRequest) -> InProcess:
    """Return the submission, imported into this process."""
    return _handle(request, Path(request.config.getoption("--candidate")))


@pytest.fixture
def reference(request: pytest.FixtureRequest) -> InProcess:
    """Return the challenge's own solution, imported into the same process."""
    return _handle(request, Path(request.config.getoption("--challenge")) / "solution")


def _handle(request: pytest.FixtureRequest, folder: Path) -> InProcess:
    challenge = Path(request.config.getoption("--challenge")).resolve()
    return InProcess(str(request.fixturename), challenge, folder.resolve())


@pytest.fixture
def rng() -> random.Random:
    """Return a generator for suites that draw by themselves."""
    return random.Random(0)
