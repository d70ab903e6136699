"""`import grader`: a dozen names, usable from any program, cheap to import, typed."""

from __future__ import annotations

import doctest
import os
import subprocess
import sys
from pathlib import Path

import pytest

import grader
import grader.api

ROOT = Path(__file__).parent.parent
FIXTURES = ROOT / "tests/fixtures/challenges"
SOLUTION = FIXTURES / "language/adder/solution"
COLD = f"""
import grader
report = grader.grade({str(SOLUTION)!r}, "adder", challenges=[{str(FIXTURES)!r}], seed=1)
print(report.status.value, report.percent)
"""
WARM = f"""
import grader
with grader.Grader() as warm:
    for assignment in 2 * grader.find({str(SOLUTION)!r}, "adder", challenges=[{str(FIXTURES)!r}]).each:
        report = warm.grade(assignment, seed=1)
print(report.status.value, report.percent)
"""
THREADED = """
import threading
thread = threading.Thread(target=lambda: exec(CODE))
thread.start()
thread.join()
"""


def ran(code: str, tmp_path: Path, *, stdin: bool) -> str:
    program = tmp_path / "program.py"
    program.write_text(code)
    done = subprocess.run(
        [sys.executable, "-" if stdin else str(program)],
        input=code if stdin else None,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    ("code", "stdin"),
    [
        pytest.param(COLD, False, id="cold, a script"),
        pytest.param(COLD, True, id="cold, stdin", marks=pytest.mark.heavy),
        pytest.param(f"CODE = {COLD!r}\n{THREADED}", False, id="cold, a thread", marks=pytest.mark.heavy),
        pytest.param(WARM, False, id="warm, a script", marks=pytest.mark.heavy),
        pytest.param(WARM, True, id="warm, stdin"),
        pytest.param(f"CODE = {WARM!r}\n{THREADED}", False, id="warm, a thread"),
    ],
)
def test_any_program_can_grade(tmp_path: Path, code: str, stdin: bool) -> None:
    """A script without a `__main__` guard, standard input, a thread as notebooks have them: one report, no noise."""
    assert ran(code, tmp_path, stdin=stdin) == "graded 100.0\n"


def test_importing_the_package_imports_nothing_else() -> None:
    """Names are loaded when they are used."""
    code = "import sys, grader; dir(grader); print([name for name in sys.modules if name.startswith('grader.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", grader.__all__)
def test_every_name_is_there_and_documented(name: str) -> None:
    """What `__all__` names can be used, and says what it is."""
    assert name in dir(grader)
    assert (getattr(grader, name).__doc__ or "").strip()


def test_there_are_about_a_dozen_names() -> None:
    """The API is what people need, and no more; an unknown name is an AttributeError."""
    misspelt = "grad"
    assert 10 <= len(grader.__all__) <= 15
    with pytest.raises(AttributeError, match="no attribute 'grad'"):
        getattr(grader, misspelt)


def test_the_examples_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """The documented calls do what their documentation shows."""
    monkeypatch.chdir(ROOT)
    tested = doctest.testmod(grader.api)
    assert tested.attempted >= 3
    assert tested.failed == 0


def test_a_path_that_answers_several_challenges_is_not_guessed_at(tmp_path: Path) -> None:
    """`grade` is for one submission; the message names what was found and what to call instead."""
    for name, module in (("metaclass_orm", "orm.py"), ("decorators", "decorators.py")):
        (tmp_path / name).mkdir()
        (tmp_path / name / module).write_text("x = 1\n")
    with pytest.raises(grader.UserError, match=r"language/decorators, language/metaclass_orm.*grader\.find"):
        grader.grade(tmp_path)
    assert len(grader.find(tmp_path).each) == 2


def test_stored_reports_and_challenges_are_read() -> None:
    """What `--format json` wrote is a report again, and a challenge is found by its name."""
    report = grader.read_report(ROOT / "tests/gold/partial/report.json")
    assert isinstance(report, grader.Report)
    assert "A small ORM" in grader.render(report, "markdown")
    assert grader.load_challenge("adder", challenges=[FIXTURES]).name == "language/adder"


def test_typed_usage_is_accepted_and_misuse_is_not() -> None:
    """mypy reads tests/typing/public_api.py as it would read a user's program: no leaked Any, no accepted mistake."""
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--warn-unused-ignores", "tests/typing/public_api.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
