"""The GitLab template: its form, and its script run for real."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent.parent
TEMPLATE = ROOT / "templates/grader.gitlab-ci.yml"
JOB = yaml.safe_load(TEMPLATE.read_text(encoding="utf-8"))["grader"]


@pytest.fixture
def job(tmp_path: Path, grader: str) -> Callable[..., tuple[subprocess.CompletedProcess[str], Path]]:
    """Run the job's script over a copy of the sample repository, as GitLab does: one shell, line after line."""

    def run(**variables: str) -> tuple[subprocess.CompletedProcess[str], Path]:
        project = Path(shutil.copytree(ROOT / "tests/candidates/middling", tmp_path / "project"))
        done = subprocess.run(
            ["bash", "-eo", "pipefail", "-c", "\n".join(JOB["script"])],
            cwd=project,
            env={name: os.environ[name] for name in ("HOME", "TMPDIR", "LANG") if name in os.environ}
            | {"PATH": f"{Path(grader).parent}:{os.environ['PATH']}", "CI_PROJECT_DIR": str(project)}
            | {name: value for name, value in JOB["variables"].items() if name.startswith("GRADER")}
            | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done, project

    return run


def test_the_template_has_the_form_that_gitlab_reads() -> None:
    """By the schema that a known checker vendors."""
    command = ["check_jsonschema", "--builtin-schema", "vendor.gitlab-ci", str(TEMPLATE)]
    done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.heavy
def test_the_job_leaves_the_reports_that_gitlab_collects(
    job: Callable[..., tuple[subprocess.CompletedProcess[str], Path]],
) -> None:
    """Below the threshold it ends with status 1, after log, code quality, tests and files are there."""
    done, project = job(GRADER_FAIL_UNDER="70", GRADER_CHALLENGE="metaclass_orm", GRADER_PATH="metaclass_orm")
    assert done.returncode == 1, done.stdout
    assert "of 100 points" in done.stdout
    assert json.loads((project / JOB["artifacts"]["reports"]["codequality"]).read_text())
    assert (project / JOB["artifacts"]["reports"]["junit"]).is_file()
    assert {path.suffix for path in (project / ".grader-reports").iterdir()} == {
        ".json", ".html", ".markdown", ".junit", ".sarif", ".gitlab",
    }  # fmt: skip


def test_a_wrong_call_keeps_its_status(job: Callable[..., tuple[subprocess.CompletedProcess[str], Path]]) -> None:
    """A path that is not there is told, with status 2."""
    done, _ = job(GRADER_PATH="nothing-here")
    assert done.returncode == 2
    assert "nothing-here" in done.stdout


def test_every_variable_is_documented_where_it_is_set() -> None:
    """The template's head names each variable that its script reads."""
    text = TEMPLATE.read_text(encoding="utf-8")
    head, script = text.split("\ngrader:\n")
    read = {word.split("}")[0].split(":-")[0].strip('"$ {') for word in script.split("${") if word.startswith("GRADER")}
    assert read
    assert [name for name in read if f"#   {name}" not in head] == []
