"""What a change touches: only that is graded, from the revisions, under the configuration of the base."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from grader.challenges.catalogue import Catalogue, catalogue
from grader.cli.commands import grader
from grader.intake import IntakeError
from grader.intake.changes import changed
from grader.intake.refusal import Rejected
from grader.model import Submission

SOLUTION = (Path(__file__).parents[1] / "fixtures/challenges/language/adder/solution/adder.py").read_text()
CONFIGURATION = 'format_version = 1\n\n[[challenge]]\nslug = "adder"\npath = "{}"\n'


class Repository:
    """A git repository in a temporary folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.git("init", "-q", "-b", "main")

    def git(self, *words: str) -> str:
        command = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", *words]
        return subprocess.run(command, cwd=self.folder, check=True, capture_output=True, text=True).stdout

    def commit(self, **files: str | None) -> None:
        for name, text in files.items():
            path = self.folder / name.replace("__", "/").replace("_py", ".py").replace("_toml", ".toml")
            path.parent.mkdir(parents=True, exist_ok=True)
            if text is None:
                path.unlink()
            else:
                path.write_text(text)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "x")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "repository")
    made.commit(grader_toml=CONFIGURATION.format("mine"), mine__adder_py=SOLUTION)
    made.git("checkout", "-q", "-b", "change")
    return made


@pytest.fixture
def known(adder: Path) -> Catalogue:
    return catalogue((adder.parent.parent,))


def answer_of(taken: Submission | Rejected | None) -> str:
    assert isinstance(taken, Submission)
    return taken.text("adder.py") or ""


def test_only_what_the_change_touches_is_graded(repository: Repository, known: Catalogue) -> None:
    """A change elsewhere touches no challenge; a change of the code touches its challenge, before and after."""
    repository.commit(README_py="# elsewhere\n")
    assert changed(repository.folder, "main", "change", known, only=None) == ()
    repository.commit(mine__adder_py=SOLUTION + "# more\n")
    (pair,) = changed(repository.folder, "main", "change", known, only=None)
    assert answer_of(pair.before) == SOLUTION
    assert answer_of(pair.after) == SOLUTION + "# more\n"


def test_what_happened_on_the_base_meanwhile_is_not_the_changes_doing(repository: Repository, known: Catalogue) -> None:
    """The comparison is with the merge base, not with where the base has gone since."""
    repository.commit(README_py="# elsewhere\n")
    repository.git("checkout", "-q", "main")
    repository.commit(mine__adder_py=SOLUTION + "# on main\n")
    assert changed(repository.folder, "main", "change", known, only=None) == ()


def test_a_change_cannot_choose_what_it_is_graded_for(repository: Repository, known: Catalogue) -> None:
    """Pointing grader.toml at a better folder, or deleting it, changes nothing: the base's counts."""
    repository.commit(grader_toml=CONFIGURATION.format("other"), other__adder_py=SOLUTION, mine__adder_py="x = 1\n")
    (pair,) = changed(repository.folder, "main", "change", known, only=None)
    assert answer_of(pair.after) == "x = 1\n"
    repository.commit(grader_toml=None)
    (pair,) = changed(repository.folder, "main", "change", known, only=None)
    assert answer_of(pair.after) == "x = 1\n"


def test_a_change_cannot_choose_its_configuration_by_where_it_branches_off(
    repository: Repository, known: Catalogue
) -> None:
    """The base's configuration counts as it is now, wherever the change parted from it: from before there was any."""
    repository.git("checkout", "-q", "--orphan", "history")
    repository.git("rm", "-rqf", ".")
    repository.commit(README_py="# before the assessment\n")
    old = repository.git("rev-parse", "HEAD").strip()
    repository.git("checkout", "-q", "-b", "base")
    repository.commit(grader_toml=CONFIGURATION.format("mine"), mine__adder_py=SOLUTION)
    repository.git("checkout", "-q", "-b", "evil", old)
    repository.commit(mine__adder_py="# nothing\n", language__other__adder_py=SOLUTION)
    (pair,) = changed(repository.folder, "base", "evil", known, only=None)
    assert (pair.challenge_name, pair.before) == ("language/adder", None)
    assert answer_of(pair.after) == "# nothing\n"


def test_an_older_configuration_in_the_history_does_not_count(repository: Repository, known: Catalogue) -> None:
    """The base grades folder b by now; who branches off where it graded folder a, and breaks b, is still graded."""
    repository.git("checkout", "-q", "main")
    repository.commit(other__adder_py=SOLUTION)
    old = repository.git("rev-parse", "HEAD").strip()
    repository.commit(grader_toml=CONFIGURATION.format("other"))
    repository.git("checkout", "-q", "-b", "evil", old)
    repository.commit(other__adder_py="# nothing\n")
    (pair,) = changed(repository.folder, "main", "evil", known, only=None)
    assert answer_of(pair.after) == "# nothing\n"


def test_deleting_the_answer_is_no_way_out(repository: Repository, known: Catalogue) -> None:
    """A folder that the base answers with and the change removes is graded as empty."""
    repository.commit(mine__adder_py=None)
    (pair,) = changed(repository.folder, "main", "change", known, only=None)
    assert isinstance(pair.after, Submission)
    assert pair.after.files == ()


def test_nothing_is_checked_out_and_no_hook_runs(repository: Repository, known: Catalogue, tmp_path: Path) -> None:
    """Hooks, filters and fsmonitor of a hostile repository are not run."""
    trap = tmp_path / "ran"
    hook = f"#!/bin/sh\ntouch {trap}\n"
    for name in ("post-checkout", "reference-transaction", "fsmonitor"):
        path = repository.folder / ".git/hooks" / name
        path.write_text(hook)
    repository.commit(mine__adder_py=SOLUTION + "# more\n")
    for name in ("post-checkout", "reference-transaction", "fsmonitor"):
        (repository.folder / ".git/hooks" / name).chmod(0o755)
    repository.git("config", "core.fsmonitor", str(repository.folder / ".git/hooks/fsmonitor"))
    trap.unlink(missing_ok=True)
    assert len(changed(repository.folder, "main", "change", known, only=None)) == 1
    assert not trap.exists()


@pytest.mark.parametrize("revision", ["nowhere", "--output=x", "", "main\n"])
def test_a_revision_that_is_none_is_said_so(repository: Repository, known: Catalogue, revision: str) -> None:
    """Words, not a traceback, and never an option to git."""
    with pytest.raises(IntakeError):
        changed(repository.folder, revision, "HEAD", known, only=None)


def test_the_command_tells_what_was_won_and_lost(repository: Repository, adder: Path) -> None:
    """`grader grade --changed-since` grades before and after and shows the difference; the threshold counts after."""
    repository.commit(mine__adder_py=SOLUTION.replace("return a + b", "return a - b"))
    words = ["grade", str(repository.folder), "--changed-since", "main", "--challenges", str(adder.parent.parent)]
    result = CliRunner().invoke(grader, [*words, "--fail-under", "50"], standalone_mode=False)
    assert "100 % -> 0 % (-100)" in result.output, result
    assert result.return_value == 1
    result = CliRunner().invoke(grader, [*words, "--format", "json", "--changed-since", "HEAD"], standalone_mode=False)
    assert json.loads(result.stdout)["reports"] == []
    assert result.return_value == 0
