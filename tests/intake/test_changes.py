"""What a change touches: only that is graded, from the revisions, under the configuration of the base."""

from __future__ import annotations

import json
import shutil
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


@pytest.mark.parametrize("kept", [True, False])
def test_what_the_base_answers_is_graded_where_the_base_has_it(tmp_path: Path, known: Catalogue, kept: bool) -> None:
    """Without a configuration, too: a better answer elsewhere is graded besides, and both reports say so."""
    repository = Repository(tmp_path / "unconfigured")
    repository.commit(language__adder__adder_py=SOLUTION)
    repository.git("checkout", "-q", "-b", "change")
    repository.commit(language__adder__adder_py=None, other__language__adder__adder_py=SOLUTION + "# better\n")
    if kept:
        repository.commit(language__adder__rest_py="x = 1\n")
    pairs = changed(repository.folder, "main", "change", known, only=None)
    assert [answer_of(pair.before) if pair.before else None for pair in pairs] == [SOLUTION, None]
    assert [answer_of(pair.after) for pair in pairs] == ["", SOLUTION + "# better\n"]
    for pair in pairs:
        (moved,) = [notice for notice in pair.after.notices if notice.id == "intake.moved"]
        assert "language/adder" in moved.message
        assert "other/language/adder" in moved.message


def test_a_base_that_cannot_be_told_apart_is_not_the_changes_to_decide(tmp_path: Path, known: Catalogue) -> None:
    """If two folders of the base could be the answer, the base has to say which."""
    repository = Repository(tmp_path / "unconfigured")
    repository.commit(a__adder__adder_py=SOLUTION, b__adder__adder_py=SOLUTION)
    repository.git("checkout", "-q", "-b", "change")
    repository.commit(a__adder__adder_py=None, b__adder__adder_py=SOLUTION + "# better\n")
    with pytest.raises(IntakeError, match=r"may answer .*: a/adder, b/adder"):
        changed(repository.folder, "main", "change", known, only=None)


def test_a_named_challenge_that_the_configuration_leaves_out_is_not_passed_over(
    repository: Repository, known: Catalogue, adder: Path
) -> None:
    """It is an answer without its files, which is rejected, and not a change that touches nothing."""
    other = shutil.copytree(adder, adder.with_name("other"))
    repository.commit(README_py="# elsewhere\n")
    pairs = changed(repository.folder, "main", "change", catalogue((other.parent.parent,)), only="other")
    assert [pair.challenge_name for pair in pairs] == ["language/other"]


@pytest.mark.parametrize("inner", ["mine", "services"])
def test_a_folder_of_a_repository_is_what_is_looked_at(repository: Repository, known: Catalogue, inner: str) -> None:
    """With the base's configuration at the root, for what is below the folder; there is none, and it says so."""
    repository.commit(mine__adder_py=SOLUTION + "# more\n", services__readme_py="")
    folder = repository.folder / inner
    if inner == "services":
        with pytest.raises(IntakeError, match="no challenge was found"):
            changed(folder, "main", "change", known, only=None)
        return
    (pair,) = changed(folder, "main", "change", known, only=None)
    assert answer_of(pair.after) == SOLUTION + "# more\n"
    assert pair.after.origin == f"{pair.after.root}/mine"


def test_a_folder_may_be_configured_on_its_own(tmp_path: Path, known: Catalogue) -> None:
    """A grader.toml in the folder is the one that counts, with paths from there."""
    repository = Repository(tmp_path / "mono")
    repository.commit(services__grader_toml=CONFIGURATION.format("a"), services__a__adder_py=SOLUTION)
    repository.git("checkout", "-q", "-b", "change")
    repository.commit(services__a__adder_py=SOLUTION + "# more\n")
    (pair,) = changed(repository.folder / "services", "main", "change", known, only=None)
    assert pair.after.origin == f"{pair.after.root}/services/a"


def test_a_worktree_is_read_and_a_folder_that_points_at_one_is_not(
    repository: Repository, known: Catalogue, tmp_path: Path
) -> None:
    """The repository names its worktrees; whoever copies the pointer into a folder of their own is refused."""
    repository.commit(mine__adder_py=SOLUTION + "# more\n")
    repository.git("worktree", "add", "-q", "--detach", str(tmp_path / "tree"), "change")
    (pair,) = changed(tmp_path / "tree/mine", "main", "HEAD", known, only=None)
    assert answer_of(pair.after) == SOLUTION + "# more\n"
    (tmp_path / "copy").mkdir()
    shutil.copy(tmp_path / "tree/.git", tmp_path / "copy/.git")
    with pytest.raises(IntakeError, match="points to another folder"):
        changed(tmp_path / "copy", "main", "HEAD", known, only=None)


def test_every_place_that_a_change_is_told_at_exists(
    repository: Repository, adder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Annotations, SARIF and GitLab name files from the repository's root, wherever the command runs."""
    repository.commit(mine__adder_py=SOLUTION.replace("return a + b", "return a - b"))
    words = ["grade", ".", "--changed-since", "main", "--challenges", str(adder.parent.parent), "--seed", "1"]
    for format_, name in (("github", "a.txt"), ("sarif", "a.sarif"), ("gitlab", "a.json"), ("markdown", "a.md")):
        words += ["--format", format_, "--output", str(adder.parent / name)]
    monkeypatch.chdir(repository.folder / "mine")
    assert CliRunner().invoke(grader, words, standalone_mode=False).return_value == 0
    sarif = json.loads((adder.parent / "a.sarif").read_text())["runs"][0]["results"]
    places = {result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in sarif}
    places |= {issue["location"]["path"] for issue in json.loads((adder.parent / "a.json").read_text())}
    lines = (adder.parent / "a.txt").read_text().splitlines()
    places |= {line.partition("file=")[2].partition(",")[0] for line in lines[1:]}
    assert places == {"mine/adder.py"}
    assert lines[1].startswith("::error file=mine/adder.py,line=")
    assert (adder.parent / "a.md").read_text().startswith("### Since the base\n")


def test_a_change_without_challenges_says_so(repository: Repository, adder: Path) -> None:
    """Neither an empty table of skills nor a blank page."""
    repository.commit(README_py="# elsewhere\n")
    words = ["grade", str(repository.folder), "--changed-since", "main", "--challenges", str(adder.parent.parent)]
    for format_ in ("terminal", "markdown"):
        result = CliRunner().invoke(grader, [*words, "--format", format_], standalone_mode=False)
        assert result.stdout == "No challenge has changed since main: there is nothing to grade.\n"
        assert result.return_value == 0
