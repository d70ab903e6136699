"""The action's runner, and graders for it to run."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # at run time it is loaded by its path
    from tests.ci.action_runner import Job


@pytest.fixture(scope="session")
def runner() -> ModuleType:
    """`action_runner.py`: tests are no packages, so it is loaded by its path."""
    spec = spec_from_file_location("action_runner", Path(__file__).with_name("action_runner.py"))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def grader(tmp_path_factory: pytest.TempPathFactory) -> str:
    """This checkout's grader as one program like those that pip writes, so that nothing is installed.

    It must run nothing when it is imported, as any program that uses multiprocessing: the engine's processes do that.
    """
    program = tmp_path_factory.mktemp("bin") / "grader"
    program.write_text(
        f"#!{sys.executable}\n"
        "import sys\nfrom grader.cli import main\n\nif __name__ == '__main__':\n    sys.exit(main())\n"
    )
    program.chmod(0o755)
    return str(program)


@pytest.fixture
def act(runner: ModuleType, tmp_path: Path, grader: str) -> Callable[..., Job]:
    """Run the action over a workspace, with `grader` in place of an installation."""

    def run(workspace: Path, **inputs: str) -> Job:
        job: Job = runner.run(tmp_path, workspace, **({"grader": grader} | inputs))
        return job

    return run


@pytest.fixture
def fake(tmp_path: Path) -> str:
    """A grader that writes what it was called with, and ends as FAKE in the workspace says."""
    program = tmp_path / "fake-grader"
    program.write_text(
        f"#!{sys.executable}\nimport json, pathlib, sys\n"
        "pathlib.Path('called').write_text(json.dumps(sys.argv[1:]))\n"
        "print('::error::forged in the log')\n"
        "print('grader: 100% of::it\\nis wrong', file=sys.stderr)\n"
        "sys.exit(int(pathlib.Path('FAKE').read_text()))\n"
    )
    program.chmod(0o755)
    return str(program)
