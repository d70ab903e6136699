"""What happens when a text ends the reader: the file is unread, the others are not, and it cannot go on for ever."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import msgspec
import pytest

from grader.errors import CannotMeasure
from grader.evidence.analysers.sandbox import GaveUp
from grader.inside.inventory.listing import listed
from grader.model import Failure, Fault, Struct
from grader.portfolio.scan import scan_sandbox
from grader.portfolio.scan.scan_sandbox import ScanSandboxes
from sandbox.outcome import SandboxUnusable
from sandbox.session import Backend, Plain, Session

Told = TypeVar("Told", bound=Struct)


class FakeBackend:
    name = "fake"

    def open(self, policy: object, program: object) -> Session:
        raise SandboxUnusable("no namespaces", remedy="allow them")


class FakeSandbox:
    """Reads in this process; a text that says so ends the child, or shows that the machine cannot go on."""

    asked = 0

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def close(self) -> None:
        pass

    def ask(
        self, _function: str, files: dict[Plain, Plain], _settings: Mapping[str, Plain], shape: type[Told]
    ) -> tuple[Told | GaveUp | Failure, float]:
        FakeSandbox.asked += 1
        texts = {str(path): str(text) for path, text in files.items()}
        if any("crash" in text for text in texts.values()):
            return GaveUp("The inventory analyser was stopped (signal 11)"), 0.0
        if any("broken machine" in text for text in texts.values()):
            return Failure(fault=Fault.MACHINE, reason="no memory", remedy="free some"), 0.0
        if any("our bug" in text for text in texts.values()):
            return Failure(
                fault=Fault.HARNESS, reason="The inventory analyser failed: KeyError", remedy="report it"
            ), 0.0
        return msgspec.convert({"files": listed(texts)}, type=shape), 0.0


@pytest.fixture
def backend() -> Backend:
    return FakeBackend()


@pytest.fixture
def sandboxes(monkeypatch: pytest.MonkeyPatch, backend: Backend) -> ScanSandboxes:
    monkeypatch.setattr(scan_sandbox, "AnalyserSandbox", FakeSandbox)
    monkeypatch.setattr(FakeSandbox, "asked", 0)
    return ScanSandboxes(backend, workers=1)


def test_a_batch_is_asked_about_once(sandboxes: ScanSandboxes) -> None:
    """As long as nothing ends the reader."""
    answers, lost = sandboxes.files({"a.py": "x = 1", "b.py": "y = 2"})
    assert [sorted(answer.files) for answer in answers] == [["a.py", "b.py"]]
    assert lost == []
    assert FakeSandbox.asked == 1


def test_a_file_that_ends_the_reader_is_lost_alone(sandboxes: ScanSandboxes) -> None:
    """The others of its batch are asked about one by one."""
    answers, lost = sandboxes.files({"a.py": "x = 1", "b.py": "crash", "c.py": "y = 2"})
    assert sorted(path for answer in answers for path in answer.files) == ["a.py", "c.py"]
    assert [(part.paths, part.why) for part in lost] == [(("b.py",), "The inventory analyser was stopped (signal 11)")]


def test_a_hostile_repository_does_not_make_a_scan_endless(
    sandboxes: ScanSandboxes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After enough losses a lost batch is unread as a whole."""
    monkeypatch.setattr(scan_sandbox, "LOSSES", 3)
    _, lost = sandboxes.files({f"{number}.py": "crash" for number in range(9)})
    assert sum(len(part.paths) for part in lost) == 9
    assert FakeSandbox.asked == 1 + 3
    _, lost = sandboxes.files({"a.py": "x = 1", "b.py": "crash"})
    assert [part.paths for part in lost] == [("a.py", "b.py")]
    assert FakeSandbox.asked == 5


def test_a_machine_that_cannot_go_on_is_not_the_repositorys_fault(sandboxes: ScanSandboxes) -> None:
    """Nothing is counted as unread because of it."""
    with pytest.raises(CannotMeasure, match="no memory"):
        sandboxes.files({"a.py": "broken machine"})


def test_our_own_bug_costs_one_file_and_is_counted(sandboxes: ScanSandboxes) -> None:
    """A rule that stumbles over a text does not end the scan, and does not look clean."""
    answers, lost = sandboxes.files({"a.py": "x = 1", "b.py": "our bug"})
    assert [path for answer in answers for path in answer.files] == ["a.py"]
    assert [part.paths for part in lost] == [("b.py",)]
    assert sandboxes.defects == 2


def test_without_a_sandbox_nothing_is_read(backend: Backend) -> None:
    """There is no way around it."""
    with pytest.raises(CannotMeasure, match="no namespaces"):
        ScanSandboxes(backend, workers=1)
