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
        if brought := variables.pop("BRING", ""):
            (project / ".grader-reports").symlink_to(brought)
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


def test_no_python_of_a_pipeline_imports_from_the_folder_that_it_runs_in() -> None:
    """A change may bring `venv/`, `pip/` or `grader/`: every Python that starts beside it is isolated (`-I`)."""
    texts = [TEMPLATE, ROOT / "action/install.sh", ROOT / "action/grade.sh", ROOT / "action/verdict.sh"]
    started = [line.strip() for path in texts for line in path.read_text("utf-8").splitlines() if " -m " in line]
    assert started
    assert [line for line in started if " -I -m " not in line] == []
    entrypoint = (ROOT / "Dockerfile").read_text("utf-8").rpartition("ENTRYPOINT ")[2].partition("\n")[0]
    assert json.loads(entrypoint) == ["python3", "-I", "-m", "grader"]


@pytest.mark.heavy
def test_a_module_of_the_checkout_is_not_run_by_the_installation(tmp_path: Path) -> None:
    """`venv/__main__.py` and `pip/__main__.py` of a change stay text when the action installs the grader."""
    checkout, runner = tmp_path / "checkout", tmp_path / "runner"
    runner.mkdir()
    for name in ("venv", "pip"):
        (checkout / name).mkdir(parents=True)
        (checkout / name / "__main__.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()\n")
    done = subprocess.run(
        ["bash", ROOT / "action/install.sh"],
        cwd=checkout,
        env={"PATH": os.environ["PATH"], "PYTHON": sys.executable, "RUNNER_TEMP": str(runner)}
        | {"GITHUB_ACTION_PATH": str(tmp_path / "nothing-to-install"), "GITHUB_OUTPUT": str(tmp_path / "output")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3, done.stdout
    assert (runner / "grader-environment/pyvenv.cfg").is_file()
    assert not (tmp_path / "ran").exists()


def test_reports_that_a_change_brings_are_not_taken_for_ours(
    job: Callable[..., tuple[subprocess.CompletedProcess[str], Path]], tmp_path: Path
) -> None:
    """A committed `.grader-reports`, or a link of that name, is removed before anything is graded."""
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "report.json").write_text("{}")
    done, project = job(GRADER_PATH="nothing-here", BRING=str(precious))
    assert done.returncode == 2
    assert (precious / "report.json").read_text() == "{}"
    assert not (project / ".grader-reports").is_symlink()
    assert list((project / ".grader-reports").iterdir()) == []


@pytest.mark.heavy
def test_a_merge_request_is_compared_with_the_target_as_it_is_now(adder: Path, tmp_path: Path, grader: str) -> None:
    """Branching off from before the configuration, or from an older one, chooses nothing."""
    target, clone = tmp_path / "target", tmp_path / "clone"

    def git(folder: Path, *words: str) -> None:
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@example.org", *words], cwd=folder, check=True)

    def commit(folder: Path, **files: str) -> None:
        for name, text in files.items():
            path = folder / name.replace("__", "/").replace("_py", ".py").replace("_toml", ".toml")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        git(folder, "add", "-A")
        git(folder, "commit", "-q", "-m", "x")

    target.mkdir()
    git(target, "init", "-q", "-b", "main")
    commit(target, README_py="# before the assessment\n")
    git(target, "branch", "old")
    claims = 'format_version = 1\n\n[[challenge]]\nslug = "language/adder"\npath = "mine"\n'
    commit(target, grader_toml=claims, mine__adder_py=(adder / "solution/adder.py").read_text())
    git(tmp_path, "clone", "-q", str(target), str(clone))
    git(clone, "checkout", "-q", "origin/old")
    commit(clone, mine__adder_py="# nothing\n", language__other__adder_py=(adder / "solution/adder.py").read_text())
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", "\n".join(JOB["script"])],
        cwd=clone,
        env={"PATH": f"{Path(grader).parent}:{os.environ['PATH']}", "CI_PROJECT_DIR": str(clone), "GRADER_PATH": "."}
        | {"GRADER_CHALLENGES": str(adder.parents[1]), "GRADER_FAIL_UNDER": "70"}
        | {"CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "language/adder" in done.stdout
