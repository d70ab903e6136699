"""Archives are read in memory: none is extracted, none is believed, and none costs more than the caps allow."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import struct
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.intake import Caps, IntakeError, Rejected, take, take_archive
from grader.intake.snapshot import snapshot
from grader.intake.sources.archive import ArchiveTree
from grader.intake.sources.member import Member, MemberTree
from grader.intake.tree import EntryKind
from grader.model import Submission

Reasons = Callable[[Submission | Rejected], list[tuple[str, str | None]]]
Put = Callable[[str, bytes], Path]
SMALL = Caps(unpacked_bytes=1 << 20, members=50)
FILES = {"orm.py": b"x = 1\n", "pkg/a.py": b"a", "words.txt": b"words"}


@pytest.fixture
def put(tmp_path: Path) -> Put:
    """Write an archive and give its path."""

    def write(name: str, content: bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


def zipped(files: Mapping[str, bytes] = FILES, *more: tuple[zipfile.ZipInfo, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
        for info, content in more:
            archive.writestr(info, content)
    return packed.getvalue()


def tarred(files: Mapping[str, bytes] = FILES, *more: tarfile.TarInfo) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for info in more:
            archive.addfile(info)
    return packed.getvalue()


def tar_entry(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = kind
    info.linkname = target
    return info


def zip_entry(name: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = mode << 16
    return info


SORTS = {
    "a.zip": zipped(),
    "a.tar": tarred(),
    "a.tar.gz": gzip.compress(tarred()),
    "a.tgz": gzip.compress(tarred()),
    "a.tar.bz2": bz2.compress(tarred()),
    "a.tar.xz": lzma.compress(tarred()),
    "A.ZIP": zipped(),
}


@pytest.mark.parametrize("name", SORTS)
def test_each_sort_of_archive_is_taken(put: Put, name: str) -> None:
    """They all hold the same submission, and the suffix may be in capitals."""
    taken = take(put(name, SORTS[name]))
    assert isinstance(taken, Submission)
    assert {file.path: file.text for file in taken.files} == {"orm.py": "x = 1\n", "pkg/a.py": "a"}
    assert [notice.id for notice in taken.notices] == ["intake.ignored"]


@pytest.mark.parametrize("name", SORTS)
def test_nothing_is_written(put: Put, tmp_path: Path, name: str) -> None:
    """The archive stays the only file."""
    take(put(name, SORTS[name]))
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("pack", [zipped, tarred])
@pytest.mark.parametrize("extra", [{}, {"__MACOSX/._orm.py": b"\0"}, {"._w": b"\0"}, {".git/config": b""}])
def test_one_folder_around_everything_is_taken_off(
    put: Put, pack: Callable[[Mapping[str, bytes]], bytes], extra: dict[str, bytes]
) -> None:
    """As forges and file managers pack it; what their tools add does not count."""
    content = pack({"w/orm.py": b"x", "w/pkg/a.py": b"a", **extra})
    taken = take(put("a.zip" if pack is zipped else "a.tar", content))
    assert isinstance(taken, Submission)
    assert [file.path for file in taken.files] == ["orm.py", "pkg/a.py"]


def test_a_package_alone_keeps_its_name(put: Put) -> None:
    """Its name is how it is imported."""
    taken = take(put("a.zip", zipped({"orm/__init__.py": b"", "orm/fields.py": b""})))
    assert isinstance(taken, Submission)
    assert [file.path for file in taken.files] == ["orm/__init__.py", "orm/fields.py"]


def test_a_tar_of_the_folder_itself_is_taken(put: Put) -> None:
    """`tar -C folder -cf a.tar .` writes names that begin with a dot."""
    taken = take(put("a.tar", tarred({"./orm.py": b"x", "./pkg/a.py": b""}, tar_entry("./", tarfile.DIRTYPE))))
    assert isinstance(taken, Submission)
    assert [file.path for file in taken.files] == ["orm.py", "pkg/a.py"]


@pytest.mark.parametrize(
    "name",
    ["../orm.py", "..\\orm.py", "a\\..\\..\\x.md", "../../etc/cron.d/x", "/etc/orm.py", "pkg/../../orm.py", "//orm.py"],
)
@pytest.mark.parametrize("pack", [zipped, tarred])
def test_a_member_that_leads_out_is_refused(
    put: Put, reasons: Reasons, pack: Callable[[Mapping[str, bytes]], bytes], name: str
) -> None:
    """Python or not, and it is named in whole."""
    refused = take(put("a.zip" if pack is zipped else "a.tar", pack({"orm.py": b"", name: b""})))
    assert ("intake.unsafe-path", name) in reasons(refused)


@pytest.mark.parametrize("name", ["pkg\\orm.py", "C:\\orm.py", "C:/orm.py"])
def test_a_name_of_another_system_is_refused(put: Put, reasons: Reasons, name: str) -> None:
    """A backslash or a drive would be a folder elsewhere."""
    assert reasons(take(put("a.zip", zipped({name: b"", "b.py": b""})))) == [("intake.name", name)]


def test_a_name_that_goes_on_after_its_end_is_refused(put: Put, reasons: Reasons) -> None:
    """Some tools stop at NUL and others do not."""
    content = zipped({"orm.pyX.txt": b"", "b.py": b""}).replace(b"orm.pyX.txt", b"orm.py\0.txt")
    assert reasons(take(put("a.zip", content))) == [("intake.unsafe-path", "orm.py\\x00.txt")]


@pytest.mark.parametrize(
    ("kind", "flaw"),
    [
        (tarfile.SYMTYPE, "intake.symlink"),
        (tarfile.LNKTYPE, "intake.symlink"),
        (tarfile.FIFOTYPE, "intake.special-file"),
        (tarfile.CHRTYPE, "intake.special-file"),
        (tarfile.BLKTYPE, "intake.special-file"),
        (tarfile.GNUTYPE_SPARSE, "intake.special-file"),
    ],
)
def test_a_tar_holds_regular_files_only(put: Put, reasons: Reasons, kind: bytes, flaw: str) -> None:
    """Links of both sorts, pipes, devices and sparse files are refused."""
    content = tarred({"b.py": b""}, tar_entry("orm.py", kind, "/etc/passwd"))
    ((found, _),) = reasons(take(put("a.tar", content)))
    assert found == flaw


@pytest.mark.parametrize(
    ("mode", "flaw"),
    [(0o120777, "intake.symlink"), (0o010644, "intake.special-file"), (0o020644, "intake.special-file")],
)
def test_a_zip_holds_regular_files_only(put: Put, reasons: Reasons, mode: int, flaw: str) -> None:
    """A zip keeps the kind in the file's mode."""
    content = zipped({"b.py": b""}, (zip_entry("orm.py", mode), b"/etc/passwd"))
    assert reasons(take(put("a.zip", content))) == [(flaw, "orm.py")]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_stands_twice_is_refused(put: Put, reasons: Reasons) -> None:
    """A reviewer's tool might show the other one."""
    twice = zipped({"orm.py": b"good"}, (zipfile.ZipInfo("orm.py"), b"bad"))
    assert reasons(take(put("a.zip", twice))) == [("intake.duplicate", "orm.py")]


def test_a_member_that_is_file_and_folder_is_refused(put: Put, reasons: Reasons) -> None:
    """It could not be written."""
    content = zipped({"orm.py": b"", "orm.py/x.py": b""})
    assert ("intake.duplicate", "orm.py") in reasons(take(put("a.zip", content)))


def test_an_encrypted_zip_is_refused(put: Put, reasons: Reasons) -> None:
    """Nobody could grade it."""
    content = bytearray(zipped({"orm.py": b"x"}))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    assert reasons(take(put("a.zip", bytes(content)))) == [("intake.encrypted", None)]


def test_an_archive_within_is_left_out(put: Put) -> None:
    """It is a file like any other that is not Python."""
    taken = take(put("a.zip", zipped({"orm.py": b"", "more.zip": zipped({"bomb.py": b"\0"})})))
    assert isinstance(taken, Submission)
    assert [file.path for file in taken.files] == ["orm.py"]


def test_an_uncommon_packing_is_refused(put: Put, reasons: Reasons) -> None:
    """Deflate is what everybody writes; other methods can ask for much memory."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("orm.py", "x")
    assert reasons(take(put("a.zip", packed.getvalue()))) == [("intake.archive", "orm.py")]


def test_a_file_that_unpacks_to_too_much_is_refused(put: Put, reasons: Reasons) -> None:
    """Its declared size is enough: nothing of it is unpacked."""
    assert reasons(take(put("a.zip", zipped({"orm.py": bytes(1 << 20)})))) == [("intake.too-large", "orm.py")]
    assert reasons(take(put("a.tar", tarred({"orm.py": bytes(1 << 20)})))) == [("intake.too-large", "orm.py")]


def test_a_file_that_lies_about_its_size_is_refused(put: Put, reasons: Reasons) -> None:
    """No more than it declares is unpacked, and that does not add up."""
    content = zipped({"orm.py": bytes(1 << 20)})
    content = content.replace(struct.pack("<L", 1 << 20), struct.pack("<L", 100))
    assert reasons(take(put("a.zip", content))) == [("intake.archive", "orm.py")]


def test_a_bomb_of_other_files_is_refused_in_a_zip(put: Put, reasons: Reasons) -> None:
    """By what they declare; a tool's own folder does not count."""
    bomb = {f"{n}.bin": bytes(300_000) for n in range(4)}
    fine = {f".venv/{name}": content for name, content in bomb.items()}
    with ArchiveTree(put("a.zip", zipped({"orm.py": b"", **fine})), caps=SMALL) as tree:
        assert isinstance(snapshot(tree, caps=SMALL), Submission)
    with ArchiveTree(put("a.zip", zipped(bomb)), caps=SMALL) as tree:
        assert reasons(snapshot(tree, caps=SMALL)) == [("intake.archive-bomb", None)]


@pytest.mark.parametrize(
    ("name", "pack"), [("a.tgz", gzip.compress), ("a.tar.bz2", bz2.compress), ("a.tar.xz", lzma.compress)]
)
def test_a_bomb_is_refused_in_a_tar(put: Put, reasons: Reasons, name: str, pack: Callable[[bytes], bytes]) -> None:
    """By what it really unpacks to."""
    content = pack(tarred({"orm.py": b"", "zeros.bin": bytes(1 << 20)}))
    assert len(content) < 10_000
    with ArchiveTree(put(name, content), caps=SMALL) as tree:
        assert reasons(snapshot(tree, caps=SMALL)) == [("intake.archive-bomb", None)]


def test_an_xz_that_wants_too_much_memory_is_refused(put: Put, reasons: Reasons) -> None:
    """Its header may ask for gigabytes before a byte is unpacked."""
    content = lzma.compress(tarred(), filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 4096}])
    # The one byte of the filter's properties holds the size; the block header's own check is made right again.
    at = content.index(b"\x21\x01") + 2
    block = bytearray(content)
    block[at] = 37
    size = (block[12] + 1) * 4
    block[12 + size - 4 : 12 + size] = struct.pack("<L", zlib_crc(bytes(block[12 : 12 + size - 4])))
    assert reasons(take(put("a.tar.xz", bytes(block)))) == [("intake.archive", None)]


def zlib_crc(content: bytes) -> int:
    import zlib

    return zlib.crc32(content)


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_too_many_members_are_refused(put: Put, reasons: Reasons, pack: Callable[[Mapping[str, bytes]], bytes]) -> None:
    """In folders that are skipped as well: each costs memory."""
    content = pack({f".venv/{n}": b"" for n in range(51)})
    with ArchiveTree(put("a.zip" if pack is zipped else "a.tar", content), caps=SMALL) as tree:
        assert reasons(snapshot(tree, caps=SMALL)) == [("intake.archive-bomb", None)]


def test_an_archive_larger_than_the_cap_is_refused(put: Put, reasons: Reasons) -> None:
    """No more than the cap is read of it."""
    path = put("a.zip", zipped())
    with path.open("r+b") as file:
        file.truncate(1 << 40)
    assert reasons(take(path)) == [("intake.archive-bomb", None)]


@pytest.mark.parametrize("body", [b"1" * 60_000, b"1 " + b"a" * 70_000])
def test_a_header_that_no_tool_writes_is_refused(put: Put, reasons: Reasons, body: bytes) -> None:
    """Some releases of Python would search it for hours."""
    header = tar_entry("x", tarfile.XHDTYPE)
    header.size = len(body)
    content = header.tobuf(tarfile.USTAR_FORMAT) + body + bytes(-len(body) % 512) + tarred()
    assert reasons(take(put("a.tar", content))) == [("intake.archive", None)]


def test_a_tar_that_runs_in_a_circle_is_left(put: Put, reasons: Reasons) -> None:
    """A negative size leads back to a header that was read before."""
    first = tarfile.TarInfo("orm.py").tobuf()
    second = bytearray(tarfile.TarInfo("pkg.py").tobuf())
    second[124:136] = (-1024).to_bytes(12, "big", signed=True)
    second[148:156] = b" " * 8
    second[148:156] = b"%06o\0 " % sum(second)
    ((flaw, _),) = reasons(take(put("a.tar", first + bytes(second) + bytes(1024))))
    assert flaw in {"intake.archive", "intake.archive-bomb"}


@pytest.mark.parametrize("name", SORTS)
@pytest.mark.parametrize("content", [b"", b"PK\5\6", b"not an archive", b"\x1f\x8b\x08" + bytes(20), bytes(600)])
def test_what_is_no_archive_is_refused(put: Put, name: str, content: bytes) -> None:
    """Whatever its suffix says. (A tar of nothing but zeros is an empty one.)"""
    taken = take(put(name, content))
    if name == "a.tar" and content == bytes(600):
        assert isinstance(taken, Submission)
    else:
        assert isinstance(taken, Rejected)
        assert [reason.id for reason in taken.reasons] == ["intake.archive"]


@pytest.mark.parametrize("name", SORTS)
def test_an_archive_cut_short_is_never_taken_for_a_whole_one(put: Put, name: str) -> None:
    """A broken upload is not graded as if a file had never been there."""
    content = SORTS[name]
    for length in random.Random(0).sample(range(1, len(content) - 1100 if "tar" in name[-4:] else len(content)), 40):
        taken = take(put(name, content[:length]))
        assert isinstance(taken, Rejected) or {file.path for file in taken.files} == {"orm.py", "pkg/a.py"}


def test_a_member_that_gives_less_than_it_declares_is_refused(reasons: Reasons) -> None:
    """A reader that stops quietly is not believed either."""
    short = MemberTree("a.tar", "a", [Member("orm.py", EntryKind.FILE, 5, lambda _: b"x = 1"[:3])], SMALL)
    assert reasons(snapshot(short)) == [("intake.archive", "orm.py")]


def test_a_damaged_header_is_not_taken_for_the_end(put: Put, reasons: Reasons) -> None:
    """tarfile would silently stop there."""
    content = bytearray(tarred())
    content[1024 + 3] ^= 0xFF
    assert reasons(take(put("a.tar", bytes(content)))) == [("intake.archive", None)]


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz", "a.tar.bz2", "a.tar.xz"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(data=st.data())
def test_any_damage_is_judged(put: Put, name: str, data: st.DataObject) -> None:
    """Nothing that an archive holds is an error of ours."""
    content = bytearray(SORTS[name])
    for _ in range(data.draw(st.integers(min_value=1, max_value=8))):
        content[data.draw(st.integers(min_value=0, max_value=len(content) - 1))] = data.draw(st.integers(0, 255))
    assert isinstance(take_archive(put(name, bytes(content))), Submission | Rejected)


@pytest.mark.parametrize("name", ["orm.py", "a.rar", "a.7z", "a.gz"])
def test_another_sort_of_file_is_the_callers_mistake(put: Put, name: str) -> None:
    """The error lists what may be named."""
    with pytest.raises(IntakeError, match=r"neither a folder nor an archive.*\.zip, \.tar, \.tar\.gz"):
        take(put(name, b""))


def test_an_archive_that_is_no_file_is_the_callers_mistake(tmp_path: Path) -> None:
    """A folder, or nothing."""
    (tmp_path / "a.zip").mkdir()
    for name, words in (("a.zip", "it is not a regular file"), ("b.zip", "it cannot be read")):
        with pytest.raises(IntakeError, match=words):
            take_archive(tmp_path / name)


@pytest.mark.parametrize("system", [0, 10, 11])
def test_backslashes_of_windows_are_separators(put: Put, system: int) -> None:
    """PowerShell 5 packs `pkg\\a.py`; the candidate has no backslash anywhere."""
    info = zipfile.ZipInfo("orm.py")
    info.filename, info.create_system = "answer\\pkg\\a.py", system
    folder = zipfile.ZipInfo("x")
    folder.filename, folder.create_system = "answer\\pkg\\", system
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(folder, b"")
        archive.writestr(info, b"a")
    submission = take_archive(put("a.zip", packed.getvalue()))
    assert isinstance(submission, Submission)
    assert [(file.path, file.text) for file in submission.files] == [("pkg/a.py", "a")]


@pytest.mark.parametrize("litter", [".DS_Store", "desktop.ini", "Thumbs.db", ".gitignore"])
def test_litter_beside_the_one_folder_does_not_count(put: Put, litter: str) -> None:
    """What file managers leave behind does not hide the folder that wraps everything."""
    submission = take_archive(put("a.zip", zipped({"answer/orm.py": b"x", litter: b""})))
    assert isinstance(submission, Submission)
    assert [file.path for file in submission.files] == ["orm.py"]
