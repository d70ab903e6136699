"""The product works from a wheel, away from the checkout: everything it needs ships inside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from grader.portfolio.file_schemas import KINDS

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "tests/candidates/middling"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_every_challenge_ships_whole(wheel: Path) -> None:
    """Every file of every challenge is in the wheel."""
    folder = ROOT / "challenges"
    expected = {
        f"grader/_challenges/{path.relative_to(folder).as_posix()}"
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")
    }
    assert expected <= names(wheel)


def test_data_files_ship_and_nothing_else_of_the_checkout_does(wheel: Path) -> None:
    """The schema and the type markers are there; tests and compiled files are not."""
    shipped = names(wheel)
    assert {"grader/report/report.schema.json", "grader/py.typed", "sandbox/py.typed"} <= shipped
    assert {f"grader/portfolio/schemas/{name}.schema.json" for name in KINDS} <= shipped
    assert {name.partition("/")[0] for name in shipped if ".dist-info" not in name} == {"grader", "sandbox"}
    assert [name for name in shipped if name.endswith(".pyc")] == []


@pytest.mark.heavy
def test_the_wheel_grades_in_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    """Installed into an empty environment, away from the checkout, it lists its challenges and grades."""
    python = tmp_path / "venv/bin/python"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "venv")], check=True)
    pip = ["python3", "-m", "pip", "--python", str(python), "install", "--quiet", str(wheel)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    subprocess.run(pip, check=True, cwd=tmp_path, env=environment, stdin=subprocess.DEVNULL)

    def grader(*arguments: str) -> str:
        command = [str(tmp_path / "venv/bin/grader"), *arguments]
        return subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True, text=True).stdout

    assert "metaclass_orm" in grader("list")
    reports = json.loads(grader("grade", str(SAMPLE), "--format", "json"))["reports"]
    assert {report["status"] for report in reports} == {"graded"}
    assert all(0 < report["score"] < report["max_score"] for report in reports)
