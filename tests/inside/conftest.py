"""A sandbox with every analyser in it, shared by the tests: each question gets a fresh child anyway."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from grader.evidence.analysers import mypy_cache as type_cache
from grader.evidence.analysers.pool import MODULES
from grader.evidence.analysers.sandbox import AnalyserAnswer, AnalyserSandbox, GateAnswer, GaveUp
from grader.model import Failure
from sandbox.backends import backend_named
from sandbox.session import Plain

Files = dict[str, str]


@pytest.fixture(scope="session")
def sandbox() -> Iterator[AnalyserSandbox]:
    backend = backend_named("bubblewrap")
    cache = type_cache.primed(backend, ())
    assert cache is not None
    tools = ("mypy", "libcst", "radon", "bandit")
    preload = [name for tool in tools for name in MODULES[tool]]
    with AnalyserSandbox(backend, tools=tools, mounts=[cache], preload=preload) as sandbox:
        yield sandbox


class Analysers:
    """Asks analysers about a submission, behind the wall."""

    def __init__(self, sandbox: AnalyserSandbox) -> None:
        self._sandbox = sandbox

    def gate(
        self, files: Files | str, *provided: str, modules: Sequence[str] = ("m.py",), tests: bool = False
    ) -> GateAnswer | GaveUp | Failure:
        """What the gate says of files of which the brief asks for some."""
        settings: dict[str, Plain] = {"provided": list(provided), "modules": list(modules), "tests": tests}
        return self._sandbox.ask("gate", _plain(files), settings, GateAnswer)[0]

    def gated(self, files: Files | str, *provided: str, modules: Sequence[str] = ("m.py",)) -> GateAnswer:
        """The same, when it has an answer."""
        told = self.gate(files, *provided, modules=modules)
        assert isinstance(told, GateAnswer), told
        return told

    def refusals(self, files: Files | str) -> list[str]:
        """The ids of what the gate refuses."""
        return [finding.id for finding in self.gated(files).source.findings]

    def ask(
        self, function: str, files: Files | str, *, modules: Sequence[str] = ("m.py",), **settings: Plain
    ) -> AnalyserAnswer | GaveUp | Failure:
        """What an analyser says of the answer among the files."""
        told = self.gated(files, modules=modules)
        assert not told.source.findings
        if function == "constructs":
            settings["modules"] = list(modules)
        if function == "types":
            settings["cache"] = str(type_cache.INSIDE)
        answer: dict[Plain, Plain] = {path: text for path, text in _plain(files).items() if path in told.answer}
        return self._sandbox.ask(function, answer, settings, AnalyserAnswer)[0]

    def found(
        self, function: str, files: Files | str, *, modules: Sequence[str] = ("m.py",), **settings: Plain
    ) -> list[str]:
        """The ids of an analyser's findings."""
        told = self.ask(function, files, modules=modules, **settings)
        assert isinstance(told, AnalyserAnswer), told
        return [finding.id for finding in told.findings]


def _plain(files: Files | str) -> dict[Plain, Plain]:
    return {"m.py": files} if isinstance(files, str) else dict(files.items())


@pytest.fixture(scope="session")
def analysers(sandbox: AnalyserSandbox) -> Analysers:
    return Analysers(sandbox)
