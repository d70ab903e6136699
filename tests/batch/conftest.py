"""Cohorts of the smallest challenge, graded in no time, and the command line over them."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from grader.cli.commands import grader

QUICK = Path(__file__).with_name("quick_grader.py")
ADDER = Path(__file__).parents[1] / "fixtures/challenges/language/adder/solution/adder.py"

Run = Callable[..., Result]
Hand = Callable[..., Path]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Gradings of this process take no time; returns the file with a line (digest, seed) for each."""
    spec = importlib.util.spec_from_file_location("quick_grader", QUICK)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    log = tmp_path / "graded.log"
    monkeypatch.setenv("QUICK_LOG", str(log))
    monkeypatch.setattr("grader.assess.pipeline.grade", module.grade)
    return log


@pytest.fixture
def hand_in(tmp_path: Path) -> Hand:
    """Put a submission into the cohort: right unless it subtracts, with a note that makes it its author's own."""

    def hand_it_in(name: str, *, adds: bool = True, note: str = "") -> Path:
        folder = tmp_path / "cohort" / name
        folder.mkdir(parents=True, exist_ok=True)
        text = ADDER.read_text() if adds else ADDER.read_text().replace("return a + b", "return a - b")
        (folder / "adder.py").write_text(f"{text}\n# {note}\n")
        return folder

    return hand_it_in


@pytest.fixture
def run(adder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run a command of the product in the folder of the test."""
    monkeypatch.chdir(tmp_path)

    def run_it(command: str, *words: object, fails: bool = False) -> Result:
        options = [] if command in {"compare", "report", "sign", "check"} else ["--challenges", adder.parent.parent]
        if command == "batch":
            options += ["--challenge", "adder"]
        arguments = [command, *map(str, words), *map(str, options)]
        result = CliRunner().invoke(grader, arguments, standalone_mode=False)
        if result.exception is not None and not fails:
            raise result.exception
        return result

    return run_it
