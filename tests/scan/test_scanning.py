"""A whole scan, in a sandbox: a small shop with a trap in each corner."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result

from grader.cli.commands import grader
from grader.framework import FRAMEWORK
from grader.portfolio.file_schemas import path_of
from grader.portfolio.scan.inventory import NOTE, Scan
from grader.portfolio.scan.scan_output import rendered
from grader.portfolio.scan.scanning import scan
from grader.report.view import View
from sandbox.backends import backend_named

FILES = {
    "pyproject.toml": "[tool.coverage.report]\nfail_under = 90\n[tool.mypy]\nstrict = true\n",
    ".github/workflows/ci.yml": "on: push\n",
    "src/shop/__init__.py": "",
    "src/shop/orm.py": "class Meta(type):\n    def __new__(mcs, *parts): return 1\n",
    "src/shop/run.py": "import subprocess\nfrom shop import orm\ndef run(x: str): subprocess.run(x, shell=True)\n",
    "src/shop/traps.py": "raise SystemExit('this file was run')\n",
    "src/shop/sitecustomize.py": "raise SystemExit('this file was run')\n",
    "src/shop/deep.py": f"x = {'-' * 200_000}1\n",
    "src/shop/\x1b[31mred.py": "class Meta(type):\n    def __call__(cls): return 1\n",
    "tests/test_orm.py": "def test_one():\n    assert 1\n",
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("repository") / "shop"
    for path, text in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def result(shop: Path) -> Scan:
    return scan(shop, backend_named("bubblewrap"), workers=1)


def test_skills_are_found_with_their_places(result: Scan) -> None:
    """All 27 are there, seen or not."""
    assert [*result.skills] == [skill for area in FRAMEWORK for skill in area.skills]
    found = result.skills["Metaclasses"]
    assert (found.strength, found.strong, found.files) == (2, 2, 2)
    assert ("src/shop/orm.py", 1) in [(place.file, place.line) for place in found.places]
    assert result.skills["Caching"].strength == 0
    assert result.note == NOTE


def test_quality_is_in_figures(result: Scan) -> None:
    """Each from its own tool, in the code."""
    quality = result.quality
    assert quality.weaknesses["error"] == 1
    assert quality.weakest[0].file == "src/shop/run.py"
    assert (quality.tests, quality.test_files) == (1, 1)
    assert quality.coverage_at_least == 90
    assert quality.strict_types
    assert quality.ci == (".github/workflows/ci.yml",)
    assert quality.configured["coverage"] == "pyproject.toml"
    assert (quality.imports, quality.cycles) == (1, 0)
    assert quality.mean_complexity == 1


def test_what_could_not_be_read_is_counted(result: Scan) -> None:
    """With its reason, and not as clean."""
    assert result.files.read == 7
    assert [(file.file, file.why) for file in result.unread] == [("src/shop/deep.py", "it is nested too deeply")]


@pytest.mark.parametrize("format_", ["terminal", "markdown", "json"])
def test_every_format_says_what_a_scan_is_not(result: Scan, format_: str) -> None:
    """And shows no control character that a repository chose."""
    text = rendered(result, format_, View(width=80), places=20)
    assert "No rating comes from a scan alone" in text
    assert "\x1b" not in text
    assert "x1b" in text


def test_the_terminal_stays_within_80_columns(result: Scan) -> None:
    """Whatever the names are."""
    text = rendered(result, "terminal", View(width=80), places=20)
    assert max(map(len, text.splitlines())) <= 80


def test_json_has_what_a_portfolio_reads(result: Scan) -> None:
    """`format_version`, and for each skill its strength and places with file, line and what is there."""
    read = json.loads(rendered(result, "json", View()))
    assert read["format_version"] == 1
    assert read["skills"]["Metaclasses"]["places"][0].keys() >= {"file", "line", "what"}
    assert read["files"]["unread"] == 1
    jsonschema.validate(read, json.loads(path_of("scan").read_text(encoding="utf-8")))


def test_a_scan_that_runs_out_of_time_says_so(shop: Path) -> None:
    """The files that nobody asked about are unread, not empty."""
    late = scan(shop, backend_named("bubblewrap"), workers=1, timeout=-1)
    assert late.files.read == 0
    assert {file.why for file in late.unread} == {"the scan ran out of time; use --timeout to allow more"}


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(grader, ["scan", *arguments], standalone_mode=False)


def test_nothing_but_a_scan_is_overwritten(
    result: Scan, shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scan of ours is replaced, in every format; anything else is refused before anything is read."""
    monkeypatch.setattr("grader.portfolio.scan.scanning.scan", lambda *_, **__: result)
    for name in ("scan.json", "scan.md", "scan.txt"):
        for _ in range(2):
            assert invoke(str(shop), "--output", str(tmp_path / name)).exception is None
        assert (tmp_path / name).stat().st_size > 500
        (tmp_path / name).write_text('{"format_version": 1}')
        refused = invoke(str(shop), "--output", str(tmp_path / name))
        assert "exists and is not a scan" in str(refused.exception)
        assert (tmp_path / name).read_text() == '{"format_version": 1}'


def test_a_folder_without_python_is_the_callers_mistake(tmp_path: Path) -> None:
    """It is refused before a sandbox is made."""
    (tmp_path / "notes.txt").write_text("nothing")
    assert "it contains no Python file" in str(invoke(str(tmp_path)).exception)


@pytest.mark.heavy  # mypy takes seconds
def test_mypy_runs_if_asked_for(shop: Path) -> None:
    """Its findings are a figure; without it there is none."""
    deep = scan(shop, backend_named("bubblewrap"), workers=1, deep=True)
    assert deep.quality.type_errors is not None
