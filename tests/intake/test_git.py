"""A git revision is read from its objects: nothing that a hostile repository configures is executed or followed."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from grader.intake import Caps, GitTree, IntakeError, Rejected, take_folder, take_git
from grader.model import Submission
from tests.intake.conftest import git

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

Lay = Callable[[dict[str, str | bytes]], Path]
Reasons = Callable[[Submission | Rejected], list[tuple[str, str | None]]]


def plant(repository: Path, *lines: str, stdin: bytes = b"") -> None:
    """Commit a tree that `git add` would not make. A line is `mode type object<TAB>name`; `-` stands for `stdin`."""
    blob = git(repository, "hash-object", "-w", "--stdin", stdin=stdin)
    listing = "\n".join(line.replace(" -\t", f" {blob}\t") for line in lines) + "\n"
    tree = git(repository, "mktree", "--missing", stdin=listing.encode())
    git(repository, "update-ref", "HEAD", git(repository, "commit-tree", tree, "-m", "planted"))


def taken(repository: Path, revision: str = "HEAD", subfolder: str = "") -> dict[str, str]:
    submission = take_git(repository, revision, subfolder)
    assert isinstance(submission, Submission), submission
    return {file.path: file.text for file in submission.files}


def test_a_revision_is_taken_as_it_was_committed(commit: Lay) -> None:
    """Not as the working folder is now."""
    repository = commit({"orm.py": "first", "pkg/a.py": "a"})
    git(repository, "tag", "handed-in")
    commit({"orm.py": "second"})
    (repository / "orm.py").write_text("third")
    (repository / "new.py").write_text("not committed")
    assert taken(repository, "handed-in") == {"orm.py": "first", "pkg/a.py": "a"}
    assert taken(repository, "HEAD~1") == {"orm.py": "first", "pkg/a.py": "a"}
    assert taken(repository, "main") == {"orm.py": "second", "pkg/a.py": "a"}


def test_a_subfolder_is_taken_alone(commit: Lay) -> None:
    """Its paths begin there, and trouble elsewhere does not matter."""
    repository = commit({"language/orm/orm.py": "x", "bad.py": b"\xff"})
    assert taken(repository, "HEAD", "language/orm") == {"orm.py": "x"}


def test_a_bare_repository_is_taken(commit: Lay, tmp_path: Path) -> None:
    """As a server keeps it."""
    git(tmp_path, "clone", "-q", "--bare", str(commit({"orm.py": "x"})), "bare.git")
    assert taken(tmp_path / "bare.git") == {"orm.py": "x"}


def test_packed_objects_are_read(commit: Lay) -> None:
    """Deltas and packs are git's own business."""
    repository = commit({"orm.py": "x = 1\n" * 1000})
    commit({"orm.py": "x = 1\n" * 1000 + "y"})
    git(repository, "gc", "-q")
    assert taken(repository, "HEAD~1") == {"orm.py": "x = 1\n" * 1000}


def test_a_repository_of_sha_256_is_read(lay: Lay) -> None:
    """Object names are longer there."""
    repository = lay({"pkg/orm.py": "x"})
    git(repository, "init", "-q", "--object-format=sha256")
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "a change")
    assert taken(repository) == {"pkg/orm.py": "x"}


def test_the_digest_is_that_of_the_same_folder(commit: Lay) -> None:
    """What a candidate tried at home is what is graded."""
    repository = commit({"orm.py": "x\r\n", "pkg/a.py": "é", "README.md": ""})
    committed, here = take_git(repository, "HEAD"), take_folder(repository)
    assert isinstance(committed, Submission)
    assert isinstance(here, Submission)
    assert committed.digest == here.digest


def test_a_link_is_refused(commit: Lay, reasons: Reasons) -> None:
    """Stored as a link, it is one."""
    repository = commit({})
    (repository / "orm.py").symlink_to("/etc/passwd")
    commit({})
    assert reasons(take_git(repository, "HEAD")) == [("intake.symlink", "orm.py")]


def test_a_submodule_is_refused(commit: Lay, reasons: Reasons) -> None:
    """It is never fetched."""
    repository = commit({})
    plant(repository, f"160000 commit {'1' * 40}\tlib")
    assert reasons(take_git(repository, "HEAD")) == [("intake.submodule", "lib")]


@pytest.mark.parametrize("name", ["..", ".", "a\\\\..\\\\b.py"])
def test_a_name_that_leads_out_is_refused(commit: Lay, reasons: Reasons, name: str) -> None:
    """A tree object may hold names that git itself would never check out."""
    repository = commit({})
    plant(repository, f"100644 blob -\t{name}")
    assert [flaw for flaw, _ in reasons(take_git(repository, "HEAD"))] == ["intake.unsafe-path"]


def test_a_tree_within_itself_is_not_followed_for_ever(commit: Lay, reasons: Reasons) -> None:
    """A few small objects can stand for more files than there are atoms."""
    repository = commit({})
    tree = git(repository, "mktree", stdin=b"")
    for _ in range(20):
        listing = "".join(f"040000 tree {tree}\td{n}\n" for n in range(20))
        tree = git(repository, "mktree", stdin=listing.encode())
    git(repository, "update-ref", "HEAD", git(repository, "commit-tree", tree, "-m", "bomb"))
    assert ("intake.too-many-entries", None) in reasons(take_git(repository, "HEAD"))


def test_a_large_file_is_refused_by_its_size(commit: Lay, reasons: Reasons) -> None:
    """It is never unpacked."""
    assert reasons(take_git(commit({"orm.py": bytes(1 << 20)}), "HEAD")) == [("intake.too-large", "orm.py")]


def test_a_missing_object_is_refused(commit: Lay, reasons: Reasons) -> None:
    """A damaged repository is not graded as if a file were empty."""
    repository = commit({"orm.py": "x", "a.py": "y"})
    blob = git(repository, "rev-parse", "HEAD:orm.py")
    (repository / ".git/objects" / blob[:2] / blob[2:]).unlink()
    assert reasons(take_git(repository, "HEAD")) == [("intake.git-objects", "orm.py")]


def test_a_damaged_object_is_refused(commit: Lay, reasons: Reasons) -> None:
    """git stops at it, and what comes after cannot be read either."""
    repository = commit({"orm.py": "x"})
    blob = git(repository, "rev-parse", "HEAD:orm.py")
    path = repository / ".git/objects" / blob[:2] / blob[2:]
    path.chmod(0o644)
    path.write_bytes(b"rubbish")
    assert reasons(take_git(repository, "HEAD")) == [("intake.git-objects", "orm.py")]


def test_a_file_that_is_stored_as_a_folder_is_refused(commit: Lay, reasons: Reasons) -> None:
    """The entry's mode and the object's kind must agree."""
    repository = commit({"pkg/a.py": ""})
    tree = git(repository, "rev-parse", "HEAD:pkg")
    raw = b"100644 orm.py\0" + bytes.fromhex(tree)
    outer = git(repository, "hash-object", "-t", "tree", "-w", "--literally", "--stdin", stdin=raw)
    git(repository, "update-ref", "HEAD", git(repository, "commit-tree", outer, "-m", "planted"))
    assert reasons(take_git(repository, "HEAD")) == [("intake.git-objects", "orm.py")]


def test_replacements_are_not_honoured(commit: Lay) -> None:
    """A reviewer who clones the repository would not see them."""
    repository = commit({"orm.py": "shown"})
    other = git(repository, "hash-object", "-w", "--stdin", stdin=b"replaced")
    git(repository, "replace", git(repository, "rev-parse", "HEAD:orm.py"), other)
    assert git(repository, "show", "HEAD:orm.py") == "replaced"
    assert taken(repository) == {"orm.py": "shown"}


@pytest.fixture
def hostile(commit: Lay, tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """A repository that would run a command in every way git knows, and the mark that the command leaves."""
    mark = tmp_path / "executed"
    repository = commit({"orm.py": "x", ".gitattributes": "*.py filter=evil diff=evil\n"})
    command = f"touch {mark}; cat"
    for key in (
        "core.fsmonitor",
        "core.pager",
        "core.editor",
        "core.sshCommand",
        "core.askPass",
        "core.gitProxy",
        "core.alternateRefsCommand",
        "filter.evil.clean",
        "filter.evil.smudge",
        "filter.evil.process",
        "diff.evil.textconv",
        "diff.evil.command",
        "diff.external",
        "pager.cat-file",
        "pager.rev-parse",
        "alias.cat-file",
        "alias.rev-parse",
        "credential.helper",
        "remote.origin.uploadpack",
        "uploadpack.packObjectsHook",
        "gpg.program",
    ):
        git(repository, "config", key, f"!{command}" if key.startswith("alias") else command)
    hook = f"#!/bin/sh\ntouch {mark}\n"
    for name in ("post-checkout", "post-index-change", "reference-transaction", "pre-auto-gc", "fsmonitor-watchman"):
        path = repository / ".git/hooks" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(hook)
        path.chmod(0o755)
    yield repository, mark
    mark.unlink(missing_ok=True)


def test_nothing_that_the_repository_configures_runs(hostile: tuple[Path, Path]) -> None:
    """Monitors, filters, hooks, pagers, aliases and helpers stay silent; plain git would have run one."""
    repository, mark = hostile
    assert taken(repository) == {"orm.py": "x"}
    assert not mark.exists()
    git(repository, "status", check=False)
    assert mark.exists(), "the repository is not hostile at all"


def test_a_missing_object_is_never_fetched(hostile: tuple[Path, Path], reasons: Reasons, tmp_path: Path) -> None:
    """A repository that claims to be a partial clone would have git run the remote's program."""
    repository, mark = hostile
    blob = git(repository, "rev-parse", "HEAD:orm.py")
    git(repository, "config", "core.repositoryFormatVersion", "1")
    git(repository, "config", "extensions.partialClone", "origin")
    git(repository, "config", "remote.origin.url", str(tmp_path))
    git(repository, "config", "remote.origin.promisor", "true")
    (repository / ".git/objects" / blob[:2] / blob[2:]).unlink()
    assert reasons(take_git(repository, "HEAD")) == [("intake.git-objects", "orm.py")]
    assert not mark.exists()
    git(repository, "cat-file", "-p", blob, check=False)
    assert mark.exists(), "the repository is not hostile at all"


def test_attributes_and_line_ends_change_nothing(commit: Lay) -> None:
    """What is graded are the committed bytes."""
    attributes = "*.py text eol=crlf ident working-tree-encoding=UTF-16\n"
    repository = commit({".gitattributes": "", "orm.py": "# $Id$\n"})
    (repository / ".git/info").mkdir(exist_ok=True)
    (repository / ".git/info/attributes").write_text(attributes)
    assert taken(repository) == {"orm.py": "# $Id$\n"}


def test_the_callers_environment_does_not_matter(commit: Lay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables of git's that are set by accident do not lead to another repository."""
    repository = commit({"orm.py": "x"})
    for name in ("GIT_DIR", "GIT_OBJECT_DIRECTORY", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_NAMESPACE"):
        monkeypatch.setenv(name, str(tmp_path / "elsewhere"))
    assert taken(repository) == {"orm.py": "x"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a repository away")
def test_a_repository_of_another_user_is_read(commit: Lay) -> None:
    """git's own guard against it is about what the repository could run, and here it runs nothing."""
    repository = commit({"orm.py": "x"})
    for path in [repository, *repository.rglob("*")]:
        os.chown(path, 12345, 12345, follow_symlinks=False)
    assert git(repository, "log", check=False) == ""
    assert taken(repository) == {"orm.py": "x"}


@pytest.mark.parametrize(
    "revision", ["nowhere", "HEAD~9", "--help", "-h", "^HEAD", "HEAD:orm.py", "", "a\nb", "main..main"]
)
def test_what_is_no_revision_is_the_callers_mistake(commit: Lay, revision: str) -> None:
    """Nothing is ever read as an option, and no other object is taken instead."""
    repository = commit({"orm.py": "x"})
    with pytest.raises(IntakeError, match=r"Use a branch, a tag or a commit"):
        take_git(repository, revision)


def test_a_folder_without_git_is_the_callers_mistake(lay: Lay) -> None:
    """The error says what to name."""
    with pytest.raises(IntakeError, match=r"not a git repository\. Use the folder that contains \.git"):
        take_git(lay({"orm.py": ""}), "HEAD")


@pytest.mark.parametrize("subfolder", ["nowhere", "orm.py", "../answer", "link"])
def test_a_subfolder_that_is_none_is_the_callers_mistake(commit: Lay, subfolder: str) -> None:
    """Missing, a file, outside, or a link."""
    repository = commit({"orm.py": "x", "pkg/a.py": ""})
    (repository / "link").symlink_to("pkg")
    commit({})
    with pytest.raises(IntakeError, match="it contains no folder"):
        take_git(repository, "HEAD", subfolder)


def test_git_that_is_not_installed_is_the_machines(commit: Lay, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the remedy."""
    repository = commit({"orm.py": "x"})
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(IntakeError, match="git is not installed"):
        take_git(repository, "HEAD")


def test_git_that_never_answers_is_ended(commit: Lay, tmp_path: Path) -> None:
    """A configuration may include a pipe that nobody writes to."""
    repository = commit({"orm.py": "x"})
    os.mkfifo(tmp_path / "pipe")
    git(repository, "config", "include.path", str(tmp_path / "pipe"))
    with pytest.raises(IntakeError, match="git took too long"), GitTree(repository, "HEAD", caps=Caps(git_seconds=0.2)):
        pass


def test_git_that_stops_answering_is_ended(commit: Lay) -> None:
    """The same, once the revision was found."""
    repository = commit({"orm.py": "x"})
    with GitTree(repository, "HEAD", caps=Caps(git_seconds=1.0)) as tree:
        tree._objects._contents.process.send_signal(signal.SIGSTOP)
        with pytest.raises(IntakeError, match="git took too long"):
            tree.entries("", at_most=10)


def test_git_that_is_killed_is_the_machines(commit: Lay) -> None:
    """A machine out of memory does not reject anybody's answer."""
    repository = commit({"orm.py": "x"})
    with GitTree(repository, "HEAD") as tree:
        tree._objects._contents.process.kill()
        with pytest.raises(IntakeError, match=r"git was killed.*Grade the revision again"):
            tree.entries("", at_most=10)


def test_no_process_is_left(commit: Lay) -> None:
    """Neither after a taken nor after a refused revision."""
    repository = commit({"orm.py": "x"})
    with GitTree(repository, "HEAD") as tree:
        children = [tree._objects._check.process, tree._objects._contents.process]
        assert [child.poll() for child in children] == [None, None]
    assert all(child.returncode is not None for child in children)
