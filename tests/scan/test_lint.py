"""What ruff finds is counted by our own rules alone, and what it gives up on never counts as clean."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from grader.inside.inventory import lint as linting
from grader.inside.inventory.lint import lint
from grader.portfolio.scan.inventory import CodeQuality, FileCounts, LintRule, Scan, SkillEvidence
from grader.portfolio.scan.quality_lines import quality_lines
from grader.portfolio.scan.scan_sandbox import ScanSandboxes
from sandbox.backends import backend_named
from sandbox.machine.packages import program_mounts
from sandbox.machine.python_tree import PROGRAMS
from sandbox.outcome import SandboxUnusable

RUFF = str(Path(sys.executable).with_name("ruff"))
MUTABLE = "def add(x, to=[]):\n    to.append(x)\n    return to\n"


def fake(tmp_path: Path, script: str) -> str:
    """A program in place of ruff."""
    program = tmp_path / "ruff"
    program.write_text(
        f"#!{sys.executable}\nimport json, pathlib, sys, time\nfolder = pathlib.Path(sys.argv[-1])\n{script}"
    )
    program.chmod(0o755)
    return str(program)


def test_likely_mistakes_are_counted_by_rule() -> None:
    """With the first place of each, under the file's own path; questions of style are none."""
    found = lint({"b.py": MUTABLE * 2, "a/\x1b[31m.py": "import os\nx=1;y = 2\n", "c.py": "x = undefined\n"}, RUFF)
    assert {rule: (count, file, line) for rule, (count, file, line, _) in found["rules"].items()} == {
        "B006": (2, "b.py", 1),
        "F811": (1, "b.py", 4),
        "F401": (1, "a/\x1b[31m.py", 1),
        "F821": (1, "c.py", 1),
    }
    assert (found["lines"], found["given_up"]) == (7 + 3 + 2, [])


def test_nothing_in_the_code_silences_it() -> None:
    """Neither `noqa` nor a configuration, whose files are never written beside the code."""
    silent = "# ruff: noqa\n# flake8: noqa\nimport os  # noqa: F401\n"
    assert lint({"a.py": silent, "pyproject.toml": "[tool.ruff.lint]\nselect = []\n"}, RUFF)["rules"].keys() >= {"F401"}


def test_names_that_a_package_passes_on_are_used() -> None:
    """An import in `__init__.py` is its interface."""
    assert lint({"shop/__init__.py": "from shop.cart import Cart\nfrom x import *\n"}, RUFF)["rules"] == {}


def test_a_file_that_ruff_cannot_parse_is_given_up_alone() -> None:
    """Its other findings do not count, and its lines were not read."""
    found = lint({"a.py": "import os\n", "b.py": "import os\ndef (:\n"}, RUFF)
    assert (found["given_up"], found["lines"]) == (["b.py"], 2)
    assert found["rules"]["F401"][:2] == (1, "a.py")


@pytest.mark.parametrize(
    "script",
    ["sys.exit(2)", "print('panicked')", "import os; os.kill(os.getpid(), 11)"],
    ids=["status", "words", "signal"],
)
def test_a_program_that_fails_measures_nothing(tmp_path: Path, script: str) -> None:
    """Every file is given up, each by itself."""
    found = lint({"a.py": "x = 1\n", "b.py": "x = 2\n"}, fake(tmp_path, script))
    assert found == {"rules": {}, "lines": 0, "given_up": ["a.py", "b.py"]}
    assert lint({"a.py": "x = 1\n"}, str(tmp_path / "gone"))["given_up"] == ["a.py"]


def test_a_file_that_ends_the_program_hides_no_other(tmp_path: Path) -> None:
    """The files of a run that failed are read one by one."""
    script = "sys.exit(any('trap' in path.read_text() for path in folder.rglob('*.py')))"
    found = lint({"a.py": "x = 1\n", "b.py": "trap = 1\n", "c.py": "x = 2\n"}, fake(tmp_path, script))
    assert (found["given_up"], found["lines"]) == (["b.py"], 4)


def test_a_program_that_hangs_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For all files together there is one limit, after which the rest is given up."""
    monkeypatch.setattr(linting, "LIMIT", 0.2)
    found = lint({f"{name}.py": "" for name in "abc"}, fake(tmp_path, "time.sleep(60)"))
    assert found["given_up"] == ["a.py", "b.py", "c.py"]


def test_the_program_runs_in_the_sandbox() -> None:
    """It is mounted alone, and reads what the other tools read."""
    with ScanSandboxes(backend_named("bubblewrap"), workers=1) as sandboxes:
        assert sandboxes.tools["ruff"]
        (figures,), lost = sandboxes.figures({"a.py": MUTABLE})
    assert lost == []
    assert (figures.rules["B006"][0], figures.linted, figures.given_up) == (1, 4, [])


def test_a_distribution_without_the_program_is_named() -> None:
    """With a remedy; the program's mount is below a folder of its own."""
    assert program_mounts("ruff")[0].target == PROGRAMS / "ruff"
    assert shutil.which(str(program_mounts("ruff")[0].source))
    with pytest.raises(SandboxUnusable, match="packaging was installed without its program"):
        program_mounts("packaging")


@pytest.mark.parametrize(
    ("lint_", "tools", "words"),
    [
        (None, {}, "not measured: ruff is not installed"),
        (None, {"ruff": "1"}, "not measured"),
        (0, {"ruff": "1"}, "0 findings in 1 line (ruff)"),
        (3, {"ruff": "1"}, "3 findings in 1 line (ruff)"),
    ],
)
def test_the_quality_section_says_what_was_measured(lint_: int | None, tools: dict[str, str], words: str) -> None:
    """A tool that is not there is not a clean bill."""
    rule = LintRule(rule="B006", count=3, file="a.py", line=1, message="no")
    found = Scan(
        repository="shop", skills={"Configuration": SkillEvidence(strength=0)}, files=FileCounts(), tools=tools,
        quality=CodeQuality(lint=lint_, lint_lines=1, lint_rules=(rule,)),
    )  # fmt: skip
    line = next(line for line in quality_lines(found) if line.name == "lint")
    assert line.words == words
