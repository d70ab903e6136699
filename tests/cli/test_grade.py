"""`grader grade` passes on what it was asked and delivers whole reports where they belong."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from grader.challenges.challenge import Challenge
from grader.cli.output import targets
from grader.errors import UserError
from grader.model import Feedback, Submission
from tests.cli.conftest import Gradings, Run

replace = msgspec.structs.replace
MIDDLING = Path(__file__).parent.parent / "candidates/middling"


def test_options_reach_the_pipeline(grader: Run, gradings: Gradings, submission: Path) -> None:
    """Seed and challenge are the user's."""
    gradings.will_be("full")
    assert grader("grade", submission, "--challenge", "language/metaclass_orm", "--seed", 7).status == 0
    (asked,) = gradings.asked
    assert asked["seed"] == 7
    challenge, taken = asked["challenge"], asked["submission"]
    assert isinstance(challenge, Challenge)
    assert isinstance(taken, Submission)
    assert challenge.name == "language/metaclass_orm"
    assert [file.path for file in taken.files] == ["orm.py"]


def test_one_submission_is_one_object(grader: Run, gradings: Gradings, submission: Path) -> None:
    """`--challenge` names what PATH answers: the report stands alone."""
    gradings.will_be("partial")
    content = json.loads(grader("grade", submission, "--challenge", "metaclass_orm", "--format", "json").out)
    assert content["challenge"]["slug"] == "metaclass_orm"


def test_a_repository_is_a_list_of_reports(grader: Run, gradings: Gradings, tmp_path: Path) -> None:
    """However many challenge folders a repository has, its report has the same shape."""
    (tmp_path / "metaclass_orm").mkdir()
    (tmp_path / "metaclass_orm/orm.py").write_text("x = 1\n")
    gradings.will_be("partial")
    content = json.loads(grader("grade", tmp_path, "--format", "json").out)
    assert [report["challenge"]["slug"] for report in content["reports"]] == ["metaclass_orm"]


def test_every_reason_of_a_rejection_is_reported(grader: Run, submission: Path) -> None:
    """A submission that is refused gets a report with status `rejected` and every reason."""
    (submission / "orm.py").unlink()
    (submission / "orm.py").symlink_to("/etc/passwd")
    (submission / "loop.py").symlink_to("loop.py")
    ended = grader("grade", submission, "--challenge", "metaclass_orm", "--format", "json")
    report = json.loads(ended.out)
    assert (ended.status, report["status"]) == (2, "rejected")
    assert {finding["file"] for finding in report["findings"]} >= {"orm.py", "loop.py"}


def test_feedback_decides_what_is_explained(grader: Run, gradings: Gradings, submission: Path) -> None:
    """An exam spends no time on examples that no candidate sees; a reviewer sees them all the same."""
    asked = []
    for options in ([], ["--feedback", "exam"], ["--feedback", "exam", "--audience", "reviewer"]):
        gradings.will_be("full")
        grader("grade", submission, "--challenge", "metaclass_orm", *options)
        asked.append((gradings.asked[-1]["feedback"], gradings.asked[-1]["explain"]))
    assert asked == [(Feedback.PRACTICE, True), (Feedback.EXAM, False), (Feedback.EXAM, True)]


def test_what_changed_since_the_last_grading_comes_first(grader: Run, gradings: Gradings, submission: Path) -> None:
    """The second grading of a folder begins with what it won and lost; one of a seed that was given does not."""
    full, partial = gradings.stored("full"), gradings.stored("partial")
    place = replace(full.submission, path=str(submission))
    gradings.will_be(*(replace(report, submission=place) for report in (partial, full, partial)))
    first = grader("grade", submission, "--challenge", "metaclass_orm").out
    assert "Since the last grading" not in first
    second = grader("grade", submission, "--challenge", "metaclass_orm").out
    assert second.startswith("Since the last grading of language/metaclass_orm: +")
    assert re.search(r"^  won .*\d -> \d", second, re.MULTILINE)
    assert "Since" not in grader("grade", submission, "--challenge", "metaclass_orm", "--seed", 1).out


def test_a_criterion_that_is_not_there_is_refused(grader: Run, gradings: Gradings, submission: Path) -> None:
    """`--only` says what was meant."""
    gradings.will_be("full")
    ended = grader("grade", submission, "--challenge", "metaclass_orm", "--only", "instance")
    assert ended.status == 2
    assert "Did you mean instances?" in ended.err


def test_nothing_is_said_where_nobody_watches(grader: Run, gradings: Gradings, submission: Path) -> None:
    """Without a terminal, stderr stays empty."""
    gradings.will_be("full")
    assert grader("grade", submission, "--challenge", "metaclass_orm").err == ""


def test_formats_and_outputs_pair_up_in_order(
    grader: Run, gradings: Gradings, submission: Path, tmp_path: Path
) -> None:
    """Each --output takes the --format in its place; what is left goes to stdout."""
    gradings.will_be("full")
    options = ["--format", "json", "--format", "terminal", "--output", tmp_path / "report.json"]
    ended = grader("grade", submission, "--challenge", "metaclass_orm", *options)
    assert ended.status == 0
    assert json.loads((tmp_path / "report.json").read_text())["status"] == "graded"
    assert ended.out.startswith("A small ORM with a metaclass")


def test_one_output_with_a_placeholder_serves_all_formats(
    grader: Run, gradings: Gradings, submission: Path, tmp_path: Path
) -> None:
    """`report.{format}` becomes a file for each format."""
    gradings.will_be("full")
    options = ["--format", "json", "--format", "terminal", "--output", tmp_path / "report.{format}"]
    assert grader("grade", submission, "--challenge", "metaclass_orm", *options).out == ""
    assert {path.name for path in tmp_path.glob("report.*")} == {"report.json", "report.terminal"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--format", "json", "--format", "terminal"], "share stdout"),
        (["--output", "a", "--output", "b"], "2 files for 1 format"),
        (["--format", "json", "--format", "terminal", "--output", "a", "--output", "a"], "listed twice"),
        (["--output", "report.pdf"], "the ending of report.pdf does not determine a format"),
        (["--output", "no/such/folder/report.txt"], "no/such/folder does not exist"),
        (["--output", "."], "is a folder"),
    ],
)
def test_outputs_are_checked_before_anything_is_graded(
    grader: Run,
    gradings: Gradings,
    submission: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    options: Any,
    message: str,
) -> None:
    """Nobody waits for a grading whose report has nowhere to go."""
    monkeypatch.chdir(tmp_path)
    ended = grader("grade", submission, "--challenge", "metaclass_orm", *options)
    assert (ended.status, ended.out) == (2, "")
    assert message in ended.err
    assert gradings.asked == []


def test_a_file_is_replaced_whole(grader: Run, gradings: Gradings, submission: Path, tmp_path: Path) -> None:
    """An earlier report gives way at once, its neighbours stay, and nothing temporary is left."""
    output = tmp_path / "report.txt"
    output.write_text("earlier")
    gradings.will_be("full")
    grader("grade", submission, "--challenge", "metaclass_orm", "--output", output)
    assert output.read_text().startswith("A small ORM")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "report.txt"]
    assert output.stat().st_mode & 0o777 == 0o644


def test_a_reader_that_has_gone_is_no_error() -> None:
    """`grader ... | head` is quiet."""
    command = (
        f"{sys.executable} -c 'from grader.cli import main; import sys; sys.exit(main())' show metaclass_orm | true"
    )
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_the_door_opens_without_heavy_modules(option: str) -> None:
    """`--version` and `--help` load neither the model nor a renderer nor an analyser."""
    code = (
        f"import sys; from grader.cli import main; main([{option!r}]); "
        "print(sorted({'msgspec', 'rich', 'pytest', 'mypy', 'libcst', 'hypothesis', 'docker'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.heavy
def test_marks_do_not_depend_on_what_is_graded_beside(grader: Run) -> None:
    """Under one seed, a repository's submissions get the marks that each gets alone."""
    options = ("--seed", 5, "--format", "json", "--audience", "reviewer")
    together = json.loads(grader("grade", MIDDLING, *options).out)["reports"]
    assert len(together) == 3
    for report in together:
        slug = report["challenge"]["slug"]
        alone = json.loads(grader("grade", MIDDLING / slug, "--challenge", slug, *options).out)
        for mark, expected in zip(report["criteria"], alone["criteria"], strict=True):
            assert (mark["id"], mark["earned"]) == (expected["id"], expected["earned"])
            assert [(promise["id"], promise["outcome"]) for promise in mark["promises"]] == [
                (promise["id"], promise["outcome"]) for promise in expected["promises"]
            ]


def test_the_end_of_an_outputs_name_says_the_format() -> None:
    """Alone it decides; beside a --format of another kind it is a slip that would be found much later."""
    assert [target.format for target in targets((), ("a.html",))] == ["html"]
    assert [target.format for target in targets((), ("a.json", "b.md"))] == ["json", "markdown"]
    assert [target.format for target in targets((), ("a.txt",))] == ["terminal"]
    assert [target.format for target in targets(("json",), ("a.out",))] == ["json"], "said, whatever the name"
    assert [target.format for target in targets(("gitlab", "sarif"), ("a.json", "b.json"))] == ["gitlab", "sarif"]
    assert [target.format for target in targets(("html",), ("{format}.json",))] == ["html"]
    assert targets((), ("report.{format}",)) == (("terminal", Path("report.terminal")),)
    for formats, outputs in ((("json",), ("x.html",)), (("terminal", "json"), ("x.json",)), (("github",), ("x.md",))):
        with pytest.raises(UserError, match=f"--output: {outputs[0]} is paired with the format {formats[0]}"):
            targets(formats, outputs)


@pytest.mark.parametrize("seen", ["terminal", "markdown", "html"])
def test_a_report_names_its_person(grader: Run, gradings: Gradings, submission: Path, seen: str) -> None:
    """`--to NAME` puts the person into the report, and every format for people shows it."""
    gradings.will_be("partial", "partial")
    call = ("grade", submission, "--challenge", "metaclass_orm", "--to", " Ada   Lovelace")
    assert json.loads(grader(*call, "--format", "json").out)["person"] == "Ada Lovelace"
    assert "Ada Lovelace" in grader(*call, "--format", seen).out


@pytest.mark.parametrize("name", ["", "A", "Ada\u200bLovelace", "Ada\u202e", "x" * 201])
def test_what_cannot_be_a_name_names_nobody(grader: Run, submission: Path, name: str) -> None:
    """A name that is empty, too long or partly invisible is refused before anything is graded."""
    ended = grader("grade", submission, "--challenge", "metaclass_orm", "--to", name)
    assert ended.status == 2
    assert "--to" in ended.err


def test_a_rejected_submission_names_its_person(grader: Run, submission: Path) -> None:
    """A report without marks belongs to somebody as well."""
    (submission / "orm.py").unlink()
    (submission / "orm.py").symlink_to("/etc/passwd")
    ended = grader("grade", submission, "--challenge", "metaclass_orm", "--format", "json", "--to", "Ada Lovelace")
    assert json.loads(ended.out)["person"] == "Ada Lovelace"
