"""Paths mean one file to every tool and file system, whatever a source says; what is taken can always be written."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.intake import Rejected, take_tree
from grader.intake.tree import EntryKind, TreeEntry
from grader.model import Submission

Reasons = Callable[[Submission | Rejected], list[tuple[str, str | None]]]


class Listing:
    """A tree that says whatever it was told to say: one list of names, the same in every folder down to a depth."""

    origin = "listing"
    name = "listing"
    fingerprint = ""

    def __init__(self, *entries: TreeEntry, depth: int = 1) -> None:
        self._entries = list(entries)
        self._depth = depth

    def entries(self, folder: str, *, at_most: int) -> list[TreeEntry]:
        deep = folder.count("/") + 1 if folder else 0
        return self._entries[:at_most] if deep < self._depth else []

    def read(self, path: str, *, limit: int) -> bytes:
        return b"x = 1\n"


def file(name: str) -> TreeEntry:
    return TreeEntry(name, EntryKind.FILE)


@pytest.mark.parametrize(
    "name", ["orm.py", "my-tool.py", "mit leerzeichen.py", "zoë.py", "東京.py", "a.b.py", "__init__.py"]
)
def test_an_ordinary_name_is_taken(name: str) -> None:
    """Any script, and names that cannot be imported as well."""
    taken = take_tree(Listing(file(name)))
    assert isinstance(taken, Submission)
    assert [file.path for file in taken.files] == [name]


@pytest.mark.parametrize(
    ("name", "as_shown"),
    [
        ("a\x1b[2J.py", "a\\x1b[2J.py"),
        ("a\n.py", "a\\n.py"),
        ("\udcff.py", "\\udcff.py"),
        ("\ud800.py", "\\ud800.py"),
        ("a\u202e.py", "a\\u202e.py"),
        ("a\u200b.py", "a\\u200b.py"),
        ("pkg\\orm.py", "pkg\\orm.py"),
        ("C:orm.py", "C:orm.py"),
        ("-m.py", "-m.py"),
        ("--config-file.py", "--config-file.py"),
        ("zoe\u0308.py", "zoe\u0308.py"),
        ("ﬁle.py", "ﬁle.py"),
        ("\uff4frm.py", "\uff4frm.py"),
    ],
)
def test_a_name_that_tools_read_differently_is_refused(reasons: Reasons, name: str, as_shown: str) -> None:
    """Control characters, surrogates, separators of other systems, options, and forms that Python normalises."""
    assert reasons(take_tree(Listing(file(name)))) == [("intake.name", as_shown)]


@pytest.mark.parametrize("name", ["..", ".", "../orm.py", "/etc/orm.py", "a/../../orm.py", "orm.py\0.txt"])
@pytest.mark.parametrize("kind", list(EntryKind))
def test_a_name_that_leads_out_is_refused_whatever_it_is(name: str, kind: EntryKind) -> None:
    """A folder's entry is one name; a source that gives a path is lying."""
    refused = take_tree(Listing(TreeEntry(name, kind)))
    assert isinstance(refused, Rejected)
    assert {reason.id for reason in refused.reasons} == {"intake.unsafe-path"}


def test_names_apart_by_case_alone_are_refused(reasons: Reasons) -> None:
    """Many file systems would keep one of them."""
    assert reasons(take_tree(Listing(file("orm.py"), file("Orm.py")))) == [("intake.case-collision", "orm.py")]


def test_folders_apart_by_case_alone_are_refused(reasons: Reasons) -> None:
    """Their files would come together."""
    folders = TreeEntry("pkg", EntryKind.FOLDER), TreeEntry("PKG", EntryKind.FOLDER)
    found = reasons(take_tree(Listing(*folders, file("a.py"), depth=2)))
    assert ("intake.case-collision", "pkg") in found


def test_names_that_are_left_out_may_collide() -> None:
    """Only what is graded matters."""
    assert isinstance(take_tree(Listing(file("orm.py"), file("README.md"), file("readme.md"))), Submission)


def test_a_name_that_stands_twice_is_refused(reasons: Reasons) -> None:
    """Which one counts would depend on the tool."""
    assert reasons(take_tree(Listing(file("orm.py"), file("orm.py")))) == [("intake.duplicate", "orm.py")]


def test_a_file_that_is_also_a_folder_is_refused(reasons: Reasons) -> None:
    """No file system holds both."""
    both = Listing(file("orm.py"), TreeEntry("orm.py", EntryKind.FOLDER), depth=2)
    assert ("intake.duplicate", "orm.py") in reasons(take_tree(both))


_NAMES = st.text(max_size=12) | st.sampled_from(
    ["orm.py", "Orm.py", "pkg", "a\\b.py", "/x.py", "..", "\udcff.py", "con.py", ".py", "x.py/", "é.py", "e\u0301.py"]
)
_ENTRIES = st.builds(TreeEntry, _NAMES | _NAMES.map(lambda name: f"{name}.py"), st.sampled_from(EntryKind))


@given(st.lists(_ENTRIES, max_size=6), st.integers(min_value=1, max_value=3))
def test_whatever_a_source_says_what_is_taken_can_be_written(entries: list[TreeEntry], depth: int) -> None:
    """Files land inside the folder that they are written to, each at its own path; a refusal can be shown."""
    taken = take_tree(Listing(*entries, depth=depth))
    assert msgspec.json.encode(taken)
    if isinstance(taken, Submission):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder) / "inside"
            root.mkdir()
            taken.write(root)
            written = {path.relative_to(folder).as_posix() for path in Path(folder).rglob("*") if path.is_file()}
            assert written == {f"inside/{file.path}" for file in taken.files}
    else:
        assert all(reason.message.isprintable() for reason in taken.reasons)
