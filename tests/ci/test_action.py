"""The GitHub Action: its form, and its steps run for real with the files that a runner gives them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # at run time it is loaded by its path
    from tests.ci.action_runner import Job

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs/guide/ci.md"


def test_the_action_has_the_form_that_github_publishes() -> None:
    """By the schema that a known checker vendors."""
    command = ["check_jsonschema", "--builtin-schema", "vendor.github-actions", str(ROOT / "action.yml")]
    done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_no_input_becomes_text_of_a_shell(runner: ModuleType) -> None:
    """Expressions stand in `env` and `with` alone: whoever names a branch cannot write a command."""
    for step in runner.ACTION["runs"]["steps"]:
        assert "${{" not in step.get("run", "")
    for script in (ROOT / "action").glob("*.sh"):
        assert "${{" not in script.read_text(encoding="utf-8")
        assert not re.search(r"\beval\b", script.read_text(encoding="utf-8"))


def test_every_input_and_output_is_documented(runner: ModuleType) -> None:
    """In the action and in the guide, and every input is used."""
    guide = DOCS.read_text(encoding="utf-8")
    steps = json.dumps(runner.ACTION["runs"]["steps"])
    for name, declared in runner.ACTION["inputs"].items():
        assert declared["description"].endswith(".")
        assert f"| `{name}` |" in guide
        assert f"inputs.{name}" in steps
    for name, declared in runner.ACTION["outputs"].items():
        assert declared["description"].endswith(".")
        assert f"| `{name}` |" in guide


@pytest.mark.heavy
def test_a_submission_below_the_threshold_fails_the_job_after_all_is_told(act: Callable[..., Job]) -> None:
    """One grading: summary, annotations, files and outputs are there, then the job fails with status 1."""
    job = act(ROOT, path="tests/candidates/middling", fail_under="70", seed="1", formats="html, junit sarif\ngitlab")
    assert job.exit_status == 1
    assert job.ran == ["Grade", "Verdict"]
    assert job.used == ["actions/upload-artifact@v4"]
    assert job.outputs["status"] == "below"
    assert (job.outputs["percent"], job.outputs["level"]) == ("59.56", "2")
    assert Path(job.outputs["report"]).is_file()
    assert {path.name for path in Path(job.outputs["folder"]).iterdir()} == {
        "report.json", "report.md", "report.html", "report.sarif", "junit.xml", "gl-code-quality-report.json",
    }  # fmt: skip
    assert "59.56 of 100 points" in job.summary
    assert re.search(r"^::error file=tests/candidates/middling/metaclass_orm/orm\.py,line=7,", job.log, re.MULTILINE)
    assert job.log.rstrip().endswith("::error title=Below the threshold::A report is below 70 %.")
    assert "59.56 of 100 points" in job.log


@pytest.mark.heavy
def test_uploads_are_asked_for(act: Callable[..., Job]) -> None:
    """Code scanning needs a permission, so it is asked for; the artifact can be declined."""
    job = act(ROOT, path="tests/candidates/middling", seed="1", upload_sarif="true", artifact="", summary="false")
    assert job.exit_status == 0
    assert job.outputs["status"] == "passed"
    assert job.used == ["github/codeql-action/upload-sarif@v4"]
    assert job.summary == ""


def test_a_wrong_call_is_told_everywhere_and_keeps_its_status(act: Callable[..., Job]) -> None:
    """A path that is not there: status 2 in the job, the reason in the log, the summary and an annotation."""
    job = act(ROOT, path="--no-such-folder")
    assert job.exit_status == 2
    assert job.outputs["status"] == "wrong"
    assert job.outputs["report"] == ""
    assert job.used == []
    assert "--no-such-folder" in job.summary
    assert "## Nothing was graded" in job.summary
    assert re.search(r"^::error title=Grader::.*--no-such-folder", job.log, re.MULTILINE)


def test_an_unknown_format_grades_nothing(act: Callable[..., Job], fake: str, tmp_path: Path) -> None:
    """A slip in `formats` is found before the time for a grading is spent."""
    job = act(tmp_path, grader=fake, formats="html pdf")
    assert job.exit_status == 2
    assert "there is no pdf" in job.summary
    assert not (tmp_path / "called").exists()


def test_unmeasured_keeps_its_status_and_says_so(act: Callable[..., Job], fake: str, tmp_path: Path) -> None:
    """Status 3 reaches the job: a machine's failure does not look like a bad mark."""
    (tmp_path / "FAKE").write_text("3")
    job = act(tmp_path, grader=fake)
    assert job.exit_status == 3
    assert job.outputs["status"] == "unmeasured"
    assert job.outputs["percent"] == ""
    assert "Nothing was graded as zero" in job.log


def test_the_log_of_a_grading_commands_nothing(act: Callable[..., Job], fake: str, tmp_path: Path) -> None:
    """What the grader prints stands between a stop of all commands and its unguessable end."""
    (tmp_path / "FAKE").write_text("2")
    log = act(tmp_path, grader=fake).log
    stop = re.match(r"::stop-commands::([0-9a-f]{32})\n", log)
    assert stop is not None
    token = stop[1]
    inside, outside = log.split(f"::{token}::\n")
    assert "::error::forged in the log" in inside
    assert "forged" not in outside
    assert "::error title=Grader::grader: 100%25 of::it%0Ais wrong\n" in outside


def test_inputs_reach_the_grader_as_they_are(act: Callable[..., Job], fake: str, tmp_path: Path) -> None:
    """One word each, whatever is in them, and never an option of their own."""
    (tmp_path / "FAKE").write_text("0")
    nasty = '$(touch pwned) "; touch pwned; #'
    act(
        tmp_path, grader=fake, path="--help", challenge=nasty, changed_since="--output=x y", revision=nasty, formats="",
        challenges="one:two words",
    )  # fmt: skip
    called = json.loads((tmp_path / "called").read_text())
    assert not (tmp_path / "pwned").exists()
    assert called[-2:] == ["--", "--help"]
    for word in (f"--challenge={nasty}", "--changed-since=--output=x y", f"--revision={nasty}"):
        assert word in called
    assert [word for word in called if "challenges" in word] == ["--challenges=one", "--challenges=two words"]


def test_what_was_not_changed_is_not_graded(act: Callable[..., Job], tmp_path: Path) -> None:
    """With `changed-since` and nothing changed, the job passes and claims no percentage."""
    repository = tmp_path / "repository"
    shutil.copytree(ROOT / "tests/candidates/middling", repository)
    for step in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "base"]):
        git(repository, *step)
    untouched = act(repository, changed_since="main")
    assert (untouched.exit_status, untouched.outputs["percent"]) == (0, "")
    assert untouched.summary.startswith("No challenge has changed since main: there is nothing to grade.")
    assert "there was nothing to grade" in untouched.log.splitlines()[-1]


@pytest.mark.heavy
def test_a_change_is_shown_as_won_and_lost(act: Callable[..., Job], tmp_path: Path) -> None:
    """The summary of a pull request says what it won and lost against its base."""
    repository = tmp_path / "repository"
    shutil.copytree(ROOT / "tests/candidates/middling", repository)
    for step in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "base"], ["tag", "base"]):
        git(repository, *step)
    (repository / "metaclass_orm/orm.py").write_text("class Model: pass\n")
    git(repository, "commit", "-q", "-a", "-m", "change")
    job = act(repository, changed_since="base", fail_under="50")
    assert job.exit_status == 1
    assert "### Since the base" in job.summary
    assert float(job.outputs["percent"]) < 58


@pytest.mark.heavy
def test_the_action_installs_its_own_checkout(runner: ModuleType, tmp_path: Path) -> None:
    """Without `grader`, the grader that grades is the one that this very revision installs."""
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    job = runner.run(tmp_path, workspace, path="nothing")
    assert job.ran == ["Install the grader", "Grade", "Verdict"]
    assert job.exit_status == 2
    assert Path(job.steps["install"]["grader"]).is_relative_to(tmp_path)


def git(repository: Path, *command: str) -> None:
    identity = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.org"]
    subprocess.run(["git", *identity, *command], cwd=repository, check=True)
