"""Whatever is handed in, taking it in costs a bounded amount of memory, measured in a process of its own."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.assess.find import find
from grader.challenges.catalogue import catalogue
from grader.intake import Rejected
from grader.intake.refusal import Refusal, Refused
from grader.intake.sources import archive

MOST_MIB = 200
"""Beyond what a Python that has imported intake holds anyway."""

MEASURED = """
import resource, sys
from pathlib import Path
from grader.intake import Rejected, take, take_git
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
path, revision = Path(sys.argv[1]), sys.argv[2]
taken = take_git(path, revision) if revision else take(path)
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
ids = [reason.id for reason in taken.reasons] if isinstance(taken, Rejected) else ["taken"]
print((after - before) // 1024, *ids[:3])
"""


def measured(path: Path, revision: str = "") -> tuple[int, list[str]]:
    """The peak in MiB that intake adds, and the ids of the first reasons."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(path), revision], capture_output=True, text=True, check=True, timeout=100
    )
    peak, *ids = done.stdout.split()
    return int(peak), ids


def deep_zip(path: Path) -> None:
    """Each name is 64,000 bytes of `a/`: every prefix would become a folder with a path of its own."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("orm.py", "x = 1\n")
        for number in range(4):
            archive.writestr(f"{number}/" + "a/" * 32_000 + "x.txt", "")


def deep_tar(path: Path) -> None:
    with tarfile.open(path, "w:gz") as archive:
        for number in range(200):
            archive.addfile(tarfile.TarInfo(f"{number}/" + "a/" * 500 + "x.txt"))


def wide_zip(path: Path) -> None:
    """As many members as are allowed, each in as many folders of its own as are allowed."""
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(20_000):
            archive.writestr("/".join(f"{number}-{part}" for part in range(30)) + "/x", "")


def named_zip(path: Path) -> None:
    """Names that take four bytes a character once they are text."""
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(480):
            archive.writestr(f"{number}" + "\U0001f600" * 16_000, "")


def full_tar(path: Path) -> None:
    """Nothing is wrong with it but its size."""
    with tarfile.open(path, "w:gz") as archive:
        for number in range(63):
            info = tarfile.TarInfo(f"data{number}.bin")
            info.size = 1 << 20
            archive.addfile(info, io.BytesIO(bytes(1 << 20)))


def headed_tar(path: Path) -> None:
    """Every member carries 60 KiB of extended header."""
    with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT) as archive:
        for number in range(900):
            info = tarfile.TarInfo(f"{number}.txt")
            info.pax_headers = {"comment": "é" * 30_000}
            archive.addfile(info)


def sparse_tar(path: Path) -> None:
    """The map of one sparse file, in the form of pax 1.0: numbers as text, a block after the other."""
    body = b"%d\n" % 2_000_000 + b"999\n" * 4_000_000
    info = tarfile.TarInfo("data.bin")
    info.size = len(body)
    info.pax_headers = {
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.name": "data.bin",
        "GNU.sparse.realsize": "1000",
    }
    with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(info, io.BytesIO(body))


def many_sparse_tar(path: Path) -> None:
    """Many sparse files, each with a map that one member may have."""
    body = b"%d\n" % 25_000 + b"999\n" * 50_000
    with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT) as archive:
        for number in range(250):
            info = tarfile.TarInfo(f"{number}.bin")
            info.size = len(body)
            info.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "1000"}
            archive.addfile(info, io.BytesIO(body))


@pytest.mark.parametrize(
    ("name", "pack", "reason"),
    [
        ("deep.zip", deep_zip, "intake.archive-bomb"),
        ("deep.tar.gz", deep_tar, "intake.archive-bomb"),
        ("wide.zip", wide_zip, "intake.archive-bomb"),
        ("named.zip", named_zip, "intake.archive-bomb"),
        ("full.tar.gz", full_tar, "taken"),
        ("headed.tar.gz", headed_tar, "intake.archive-bomb"),
        ("sparse.tar.gz", sparse_tar, "intake.archive-bomb"),
        pytest.param("many-sparse.tar.gz", many_sparse_tar, "intake.special-file", marks=pytest.mark.heavy),
    ],
)
def test_no_archive_costs_more_than_its_share(
    tmp_path: Path, name: str, pack: Callable[[Path], None], reason: str
) -> None:
    """Names, folders and headers are bounded before anything is made of them."""
    pack(tmp_path / name)
    peak, ids = measured(tmp_path / name)
    assert set(ids) == {reason}
    assert peak <= MOST_MIB


def test_no_revision_costs_more_than_its_share(tmp_path: Path) -> None:
    """Trees of tens of thousands of names that are skipped, each in itself ten times: two megabytes on disk."""

    def git(*words: str, given: bytes = b"") -> str:
        names = {
            f"GIT_{role}_{field}": "a@example.org" for role in ("AUTHOR", "COMMITTER") for field in ("NAME", "EMAIL")
        }
        command = ["git", "-C", str(tmp_path), *words]
        done = subprocess.run(command, input=given, capture_output=True, check=True, env={**os.environ, **names})
        return done.stdout.decode().strip()

    git("init", "-q")
    blob = bytes.fromhex(git("hash-object", "-w", "--stdin"))
    names = b"".join(b"100644 e%05d.egg-info\0" % number + blob for number in range(60_000))
    tree = git("hash-object", "-t", "tree", "-w", "--stdin", given=names)
    for _ in range(6):
        folders = b"".join(b"40000 %d\0" % number + bytes.fromhex(tree) for number in range(10))
        tree = git("hash-object", "-t", "tree", "-w", "--stdin", given=folders + names)
    commit = git("commit-tree", tree, "-m", "a change")
    peak, ids = measured(tmp_path, commit)
    assert ids == ["intake.too-many-entries"]
    assert peak <= MOST_MIB


def test_git_is_limited_where_the_grader_is(tmp_path: Path) -> None:
    """Under a hard limit on memory, as on a cluster, git gets that one; nothing is called a bug."""
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    (tmp_path / "orm.py").write_text("x = 1\n", encoding="utf-8")
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    subprocess.run([*git, "add", "-A"], check=True)
    subprocess.run([*git, "commit", "-qm", "x"], check=True)
    limited = "import resource; resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))\n" + MEASURED
    done = subprocess.run(
        [sys.executable, "-c", limited, str(tmp_path), "HEAD"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.split()[1:]) == (0, ["taken"]), done.stderr


def test_an_archive_that_is_refused_is_unpacked_once(
    adder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many questions are asked of it."""
    asked = []

    def bomb(*_: object) -> object:
        asked.append(1)
        raise Refused(Refusal.BOMB, "is large.")

    monkeypatch.setitem(archive._OPENERS, ".zip", bomb)
    (tmp_path / "a.zip").write_bytes(b"PK")
    (each,) = find(tmp_path / "a.zip", catalogue((adder.parent.parent,)), only="adder").each
    assert isinstance(each.taken, Rejected)
    assert len(asked) == 1
