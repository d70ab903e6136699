"""Files are written whole, with the mode that a user expects, by the one writer that there is."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.store import files

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def umask() -> Iterator[None]:
    before = os.umask(0o027)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_file_has_what_the_umask_leaves(tmp_path: Path) -> None:
    """Not the mode of a temporary file."""
    files.write(tmp_path / "new", "text")
    assert ((tmp_path / "new").read_text(), mode(tmp_path / "new")) == ("text", 0o640)


def test_a_file_keeps_its_mode(tmp_path: Path) -> None:
    """Who could read it before can read it afterwards."""
    path = tmp_path / "old"
    path.write_text("old")
    path.chmod(0o604)
    files.write(path, b"new")
    assert (path.read_bytes(), mode(path)) == (b"new", 0o604)


def test_a_secret_is_nobody_elses(tmp_path: Path) -> None:
    """Whatever the umask is, and whoever could read the file before."""
    os.umask(0)
    path = tmp_path / "secret"
    path.write_text("old")
    path.chmod(0o666)
    files.write(path, "new", mode=files.SECRET)
    files.write(tmp_path / "another", "new", mode=files.SECRET)
    assert (mode(path), mode(tmp_path / "another")) == (0o600, 0o600)


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """What it leads to is replaced."""
    (tmp_path / "target").write_text("old")
    (tmp_path / "link").symlink_to("target")
    files.write(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_text() == "new"


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    """`--output /dev/stdout` replaces no device."""
    os.mkfifo(tmp_path / "pipe")
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append((tmp_path / "pipe").read_text()))
    reader.start()
    files.write(tmp_path / "pipe", "text")
    reader.join()
    assert read == ["text"]
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


def test_what_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    """A folder in the place of the file, or a missing folder: the error, and no half a file."""
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "folder", tmp_path / "missing/file"):
        with pytest.raises(OSError, match="directory"):
            files.write(path, "text")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_what_is_written_once_is_never_replaced(tmp_path: Path) -> None:
    """The second writer is told, and the first one's content stays."""
    assert files.write_once(tmp_path / "one", b"first")
    assert not files.write_once(tmp_path / "one", b"second")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"one": b"first"}


def test_many_writers_leave_the_umask_alone(tmp_path: Path) -> None:
    """Threads that write at the same time change nothing of the process."""
    threads = [
        threading.Thread(target=lambda number=number: files.write(tmp_path / f"{number % 3}", "x" * number))
        for number in range(60)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    before = os.umask(0o027)
    assert before == 0o027
    assert {path.name for path in tmp_path.iterdir()} == {"0", "1", "2"}


def test_half_written_files_are_removed(tmp_path: Path) -> None:
    """What a killed process left goes; everything else stays."""
    for name in (".0123456789abcdef.part", "report.json", ".hidden"):
        (tmp_path / name).write_text("x")
    files.remove_staged(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".hidden", "report.json"]


def test_nobody_else_writes_atomically() -> None:
    """There is one writer: no other module of ours makes temporary files beside the real ones."""
    others = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "grader").rglob("*.py")
        if "tempfile.mkstemp(" in path.read_text(encoding="utf-8")
    ]
    assert others == []
