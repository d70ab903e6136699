"""A folder becomes inert text, or every reason against it is told; nothing outside it is ever read."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.intake import Caps, IntakeError, Rejected, take, take_folder
from grader.intake.snapshot import snapshot
from grader.intake.sources.folder import FolderTree
from grader.intake.tree import TreeEntry
from grader.model import Finding, Submission

Lay = Callable[[dict[str, str | bytes]], Path]
Reasons = Callable[[Submission | Rejected], list[tuple[str, str | None]]]


def taken(path: Path) -> Submission:
    submission = take_folder(path)
    assert isinstance(submission, Submission), submission
    return submission


def notice(submission: Submission | Rejected, flaw: str) -> Finding:
    (found,) = [notice for notice in submission.notices if notice.id == flaw]
    return found


def test_python_files_are_taken_in_path_order(lay: Lay) -> None:
    """What is graded does not hang on the file system's order."""
    folder = lay({"orm.py": "x = 1\n", "pkg/b.py": "b", "pkg/a.py": "a", "conftest.py": ""})
    assert [(file.path, file.text) for file in taken(folder).files] == [
        ("conftest.py", ""),
        ("orm.py", "x = 1\n"),
        ("pkg/a.py", "a"),
        ("pkg/b.py", "b"),
    ]


def test_a_submission_can_be_laid_out_again_unchanged(lay: Lay, tmp_path: Path) -> None:
    """Contents survive byte for byte, line ends included."""
    folder = lay({"orm.py": "x = 'é'\r\ny = 2", "pkg/a.py": "a\n"})
    copy = tmp_path / "copy"
    copy.mkdir()
    taken(folder).write(copy)
    assert (copy / "orm.py").read_bytes() == (folder / "orm.py").read_bytes()
    assert taken(copy).digest == taken(folder).digest


def test_an_empty_folder_is_a_submission_that_is_told_to_be_empty(lay: Lay) -> None:
    """It earns nothing, but it is graded."""
    submission = taken(lay({}))
    assert submission.files == ()
    assert notice(submission, "intake.empty").message == "The submission contains no Python files."


def test_what_is_not_python_is_left_out_in_one_note(lay: Lay) -> None:
    """Other files are never fatal, whatever they hold, and do not flood the report."""
    files: dict[str, str | bytes] = {f"{n}.txt": b"\0\xff" for n in range(7)}
    submission = taken(lay({"orm.py": "", "README.md": "hi", "pyproject.toml": "", "mypy.ini": "", **files}))
    assert [file.path for file in submission.files] == ["orm.py"]
    message = notice(submission, "intake.ignored").message  # not of README.md: the brief lies in every submission
    assert message == "Left out (not Python): 0.txt, 1.txt, 2.txt, 3.txt, 4.txt and 4 more."


@pytest.mark.parametrize(
    ("name", "flaw"),
    [
        ("orm.cpython-311.pyc", "intake.compiled"),
        ("fast.so", "intake.compiled"),
        ("fast.pyd", "intake.compiled"),
        ("orm.pyi", "intake.stub"),
        ("sitecustomize.py", "intake.site-hook"),
        ("pkg/usercustomize.py", "intake.site-hook"),
        ("sitecustomize/__init__.py", "intake.site-hook"),
        ("hook.pth", "intake.site-hook"),
        (".orm.py", "intake.hidden"),
        ("._orm.py", "intake.hidden"),
        (".secret/orm.py", "intake.hidden"),
    ],
)
def test_what_could_change_what_runs_is_left_out_and_named(lay: Lay, name: str, flaw: str) -> None:
    """Compiled code, stubs, start-up hooks and hidden files never enter, and the candidate is told."""
    submission = taken(lay({"orm.py": "", name: b"\0\xff"}))
    assert [file.path for file in submission.files] == ["orm.py"]
    assert name.partition("/")[0] in notice(submission, flaw).message


@pytest.mark.parametrize("name", [".git", "__pycache__", ".venv", "venv", "node_modules", ".tox", "x.egg-info"])
def test_tools_own_folders_are_not_looked_into(lay: Lay, name: str) -> None:
    """Whatever is in them is neither taken nor a reason, and goes unmentioned."""
    folder = lay({"orm.py": "", f"pkg/{name}/bad.py": b"\xff", f"{name}/bad.py": b"\xff"})
    (folder / name / "link").symlink_to("/etc/passwd")
    submission = taken(folder)
    assert [file.path for file in submission.files] == ["orm.py"]
    assert submission.notices == ()


def test_a_hard_link_is_a_file(lay: Lay, tmp_path: Path) -> None:
    """Some tools store files that way, and it leads nowhere else."""
    folder = lay({"orm.py": "x"})
    (tmp_path / "outside.py").write_text("y")
    (folder / "more.py").hardlink_to(tmp_path / "outside.py")
    assert taken(folder).text("more.py") == "y"


def test_the_named_folder_itself_may_be_a_link(lay: Lay, tmp_path: Path) -> None:
    """It is the user who named it."""
    folder = lay({"orm.py": "x"})
    (tmp_path / "link").symlink_to(folder)
    assert taken(tmp_path / "link").text("orm.py") == "x"


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("orm.py", "/etc/passwd"),
        ("orm.py", "/dev/zero"),
        ("orm.py", "other.py"),
        ("orm.py", "nowhere"),
        ("orm.py", "orm.py"),
        ("pkg", "/etc"),
        ("up", ".."),
    ],
)
def test_a_link_is_refused_wherever_it_leads(lay: Lay, reasons: Reasons, name: str, target: str) -> None:
    """Files, folders, devices, outside, inside, nowhere, itself."""
    folder = lay({"other.py": ""})
    (folder / name).symlink_to(target)
    assert reasons(take_folder(folder)) == [("intake.symlink", name)]


@pytest.mark.parametrize("name", ["CLAUDE.md", "notes.txt", "LICENSE"])
def test_a_link_that_cannot_be_code_costs_nothing(lay: Lay, name: str) -> None:
    """It is left out with a note, and never followed."""
    folder = lay({"orm.py": "x"})
    (folder / name).symlink_to("/etc/passwd")
    submission = taken(folder)
    assert [file.path for file in submission.files] == ["orm.py"]
    assert [(notice.id, notice.file) for notice in submission.notices] == [("intake.link", name)]


def test_an_environment_by_any_name_is_left_out(lay: Lay) -> None:
    """Whatever holds `pyvenv.cfg` is an environment: links in it reject nothing, files in it are not judged."""
    folder = lay({"orm.py": "x", "my env/pyvenv.cfg": "", "my env/bin/activate_this.py": "exec('x')"})
    (folder / "my env/bin/python3").symlink_to("/usr/bin/python3")
    submission = taken(folder)
    assert [file.path for file in submission.files] == ["orm.py"]
    assert [notice.id for notice in submission.notices] == ["intake.environment"]


def test_names_that_are_skipped_count_as_well(lay: Lay, reasons: Reasons) -> None:
    """A folder of names that nobody takes is still looked through, so it has an end."""
    folder = lay({f"e{number}.egg-info": "" for number in range(20)})
    assert reasons(snapshot(FolderTree(folder), caps=Caps(entries=10))) == [("intake.too-many-entries", None)]


def test_a_pipe_is_refused_and_not_waited_for(lay: Lay, reasons: Reasons) -> None:
    """Opening it would hang."""
    folder = lay({})
    os.mkfifo(folder / "orm.py")
    assert reasons(take_folder(folder)) == [("intake.special-file", "orm.py")]


def test_a_socket_is_refused(lay: Lay, reasons: Reasons, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even when its name is not Python's."""
    folder = lay({})
    monkeypatch.chdir(folder)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("door")
        assert reasons(take_folder(folder)) == [("intake.special-file", "door")]


class Swapping(FolderTree):
    """A folder that somebody changes after it was listed and before it is read."""

    def __init__(self, path: Path, swap: Callable[[], None]) -> None:
        super().__init__(path)
        self._swap = swap

    def read(self, path: str, *, limit: int) -> bytes:
        self._swap()
        return super().read(path, limit=limit)


def put_link(folder: Path) -> None:
    (folder / "pkg/orm.py").unlink()
    (folder / "pkg/orm.py").symlink_to("/etc/passwd")


def put_pipe(folder: Path) -> None:
    (folder / "pkg/orm.py").unlink()
    os.mkfifo(folder / "pkg/orm.py")


def put_nothing(folder: Path) -> None:
    (folder / "pkg/orm.py").unlink()


def put_folder_link(folder: Path) -> None:
    (folder / "pkg").rename(folder.parent / "moved")
    (folder / "pkg").symlink_to(folder.parent / "moved")


def put_bulk(folder: Path) -> None:
    with (folder / "pkg/orm.py").open("wb") as file:
        file.truncate(1 << 40)


@pytest.mark.parametrize(
    ("swap", "flaw"),
    [
        (put_link, "intake.symlink"),
        (put_pipe, "intake.special-file"),
        (put_nothing, "intake.changed"),
        (put_folder_link, "intake.changed"),
        (put_bulk, "intake.too-large"),
    ],
)
def test_a_swap_between_listing_and_reading_is_noticed(
    lay: Lay, reasons: Reasons, swap: Callable[[Path], None], flaw: str
) -> None:
    """What was a small file when it was listed must be one when it is read."""
    folder = lay({"pkg/orm.py": "x"})
    with Swapping(folder, lambda: swap(folder)) as tree:
        assert reasons(snapshot(tree)) == [(flaw, "pkg/orm.py")]


def test_a_folder_that_becomes_a_link_is_not_entered(lay: Lay, reasons: Reasons) -> None:
    """A swap between listing a folder and listing what is in it."""
    folder = lay({"pkg/orm.py": "x"})

    class Late(FolderTree):
        def entries(self, folder_: str, *, at_most: int) -> list[TreeEntry]:
            found = super().entries(folder_, at_most=at_most)
            if not folder_:
                put_folder_link(folder)
            return found

    with Late(folder) as tree:
        assert reasons(snapshot(tree)) == [("intake.changed", "pkg")]


def test_a_file_may_have_256_kib_and_no_byte_more(lay: Lay, reasons: Reasons) -> None:
    """The cap is exact."""
    assert taken(lay({"orm.py": b"#" * (256 * 1024)})).files
    folder = lay({"orm.py": b"#" * (256 * 1024 + 1)})
    assert reasons(take_folder(folder)) == [("intake.too-large", "orm.py")]


def test_a_huge_file_is_refused_and_not_read(lay: Lay, reasons: Reasons) -> None:
    """A sparse terabyte costs nothing."""
    folder = lay({"orm.py": ""})
    put = folder / "orm.py"
    with put.open("wb") as file:
        file.truncate(1 << 40)
    assert reasons(take_folder(folder)) == [("intake.too-large", "orm.py")]


def test_all_files_together_may_have_2_mib(lay: Lay, reasons: Reasons) -> None:
    """Many files, each small enough, are too many."""
    folder = lay({f"m{n}.py": b"#" * (200 * 1024) for n in range(11)})
    assert reasons(take_folder(folder)) == [("intake.total-size", None)]


def test_there_may_be_200_python_files(lay: Lay, reasons: Reasons) -> None:
    """The cap is exact, and other files do not count."""
    files: dict[str, str | bytes] = dict.fromkeys([f"m{n}.py" for n in range(200)] + [f"{n}.md" for n in range(50)], "")
    assert len(taken(lay(files)).files) == 200
    assert reasons(take_folder(lay({"one_more.py": ""}))) == [("intake.too-many-files", None)]


def test_a_folder_of_thousands_of_files_is_left_early(
    lay: Lay, reasons: Reasons, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No more is listed than the cap, whatever there is."""
    folder = lay({})
    for n in range(6_000):
        os.mknod(folder / f"{n}.txt")
    listed = 0
    whole = FolderTree.entries

    def entries(self: FolderTree, name: str, *, at_most: int) -> list[TreeEntry]:
        nonlocal listed
        found = whole(self, name, at_most=at_most)
        listed += len(found)
        return found

    monkeypatch.setattr(FolderTree, "entries", entries)
    assert reasons(take_folder(folder)) == [("intake.too-many-entries", None)]
    assert listed == 5001


def test_a_tree_of_many_small_folders_is_left_early(lay: Lay, reasons: Reasons) -> None:
    """The cap counts over all folders together."""
    folder = lay({f"d{n}/{m}.txt": "" for n in range(10) for m in range(10)})
    with FolderTree(folder) as tree:
        assert reasons(snapshot(tree, caps=Caps(entries=50))) == [("intake.too-many-entries", None)]


def test_a_path_may_have_8_parts(lay: Lay, reasons: Reasons) -> None:
    """The cap is exact, and the folder that is too deep is named."""
    assert taken(lay({"a/b/c/d/e/f/g/orm.py": ""})).files
    folder = lay({"a/b/c/d/e/f/g/h/orm.py": ""})
    assert reasons(take_folder(folder)) == [("intake.too-deep", "a/b/c/d/e/f/g/h")]


def test_a_bottomless_tree_is_left_early(lay: Lay, reasons: Reasons) -> None:
    """Two hundred folders in each other are not walked."""
    folder = lay({})
    here = os.open(folder, os.O_RDONLY)
    for _ in range(200):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    assert reasons(take_folder(folder)) == [("intake.too-deep", "/".join("d" * 8))]


def test_a_path_may_have_200_bytes(lay: Lay, reasons: Reasons) -> None:
    """Bytes and not characters: that is what file systems count."""
    assert taken(lay({f"{'a' * 100}/{'b' * 96}.py": ""})).files
    folder = lay({f"{'é' * 100}.py": ""})
    assert reasons(take_folder(folder)) == [("intake.long-path", f"{'é' * 100}.py")]


def test_every_reason_is_told_at_once(lay: Lay, reasons: Reasons) -> None:
    """A candidate fixes everything in one go."""
    folder = lay({"a.py": b"\xff", "b.py": b"\0", "c.py": b"# coding: latin-1\n"})
    (folder / "d.py").symlink_to("a.py")
    assert set(reasons(take_folder(folder))) == {
        ("intake.encoding", "a.py"),
        ("intake.control-character", "b.py"),
        ("intake.coding-cookie", "c.py"),
        ("intake.symlink", "d.py"),
    }


def test_at_most_50_reasons_are_told(lay: Lay, reasons: Reasons) -> None:
    """The last one counts what is left."""
    refused = take_folder(lay({f"m{n}.py": b"\xff" for n in range(60)}))
    assert len(reasons(refused)) == 50
    assert isinstance(refused, Rejected)
    assert refused.reasons[-1].id == "intake.more"
    assert refused.reasons[-1].message == "There are 11 more reasons for rejection."


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("nowhere", "there is no such file or folder. Check the path"),
        ("nowhere.zip", "there is no such file or folder. Check the path"),
        ("orm.py", "it is neither a folder nor an archive"),
        ("pipe", "it is not a folder"),
    ],
)
def test_a_wrong_path_is_the_callers_mistake(lay: Lay, path: str, words: str) -> None:
    """It is an error with a remedy, and no rejection."""
    folder = lay({"orm.py": ""})
    os.mkfifo(folder / "pipe")
    with pytest.raises(IntakeError, match=words) as raised:
        take(folder / path)
    assert str(folder / path) in str(raised.value)


@pytest.mark.parametrize(("name", "where"), [("answer", ""), ("pkg", "/pkg"), ("orm.py", "/pkg/orm.py")])
def test_what_may_not_be_read_is_the_callers_mistake(
    lay: Lay, monkeypatch: pytest.MonkeyPatch, name: str, where: str
) -> None:
    """A file's mode says nothing about the answer in it, so nothing is graded."""
    # Root may read everything, so the refusal is made here.
    folder = lay({"pkg/orm.py": ""})
    whole = os.open

    def guarded(path: str | Path, flags: int, *, dir_fd: int | None = None) -> int:
        if Path(path).name == name:
            raise PermissionError(errno.EACCES, "Permission denied")
        return whole(path, flags, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", guarded)
    with pytest.raises(IntakeError, match="Give the user who runs the grader permission") as raised:
        take_folder(folder)
    assert str(raised.value).startswith(f"{folder}{where}: the grader may not read it")


def test_no_descriptor_is_left_open(lay: Lay) -> None:
    """Neither for a taken nor for a refused folder."""
    folder = lay({"a/b/orm.py": "x", "a/c/more.py": ""})
    before = sorted(Path("/proc/self/fd").iterdir())
    take_folder(folder)
    (folder / "a/link").symlink_to("b")
    put_link(lay({"pkg/orm.py": ""}))
    take_folder(folder)
    assert sorted(Path("/proc/self/fd").iterdir()) == before
