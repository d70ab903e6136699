"""Hostile and newer text: read, read in part, or unread with a reason; never silently empty, never an exception."""

from __future__ import annotations

import sys

import pytest

from grader.inside.inventory import newer_syntax, walk
from grader.inside.inventory.listing import is_test, listed
from grader.inside.inventory.source_text import MAX_CHARACTERS, read

NEWER = (
    "type Pair[T] = tuple[T, T]\nclass Box[T]:\n    def get[K](self, key: K): ...\nclass M(type):\n    def f(cls): ..."
)


@pytest.fixture(autouse=True)
def deep_recursion() -> None:
    """The probe raises the limit in the sandbox in the same way."""
    sys.setrecursionlimit(max(sys.getrecursionlimit(), 10_000))


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "-" * 200_000 + "1\n",
        "if a: pass\n" + "elif a: pass\n" * 20_000,
        "x = " + "(" * 5_000 + "1" + ")" * 5_000,
        "x = 1\n" * (MAX_CHARACTERS // 6 + 1),
        "x = '" + "\0" + "'\n",
        "%%%% not python ((\n" * 40,
        "x = " + "9" * 5_000,
        "x = " + "{" * 90,
        "x = a" + ".b" * 100_000,
    ],
    ids=["unary", "elif", "parentheses", "large", "nul", "garbage", "digits", "braces", "attributes"],
)
def test_what_cannot_be_read_is_unread_with_its_reason(text: str) -> None:
    """Each of these ends a parser of others, or takes it seconds."""
    file = listed({"a.py": text})["a.py"]
    assert file["by"] == ""
    assert file["why"]


def test_a_file_with_too_many_nodes_is_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    """A walk has a budget."""
    monkeypatch.setattr(walk, "MOST_NODES", 20)
    assert "too large" in listed({"a.py": "x = 1\n" * 20})["a.py"]["why"]


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="this Python reads it")
def test_newer_syntax_is_read_by_the_fallback_and_said_to_be() -> None:
    """Type parameters are a sign, and what is below them is read with its lines."""
    pytest.importorskip("tree_sitter_python")
    file = listed({"a.py": NEWER})["a.py"]
    assert file["by"] == "tree-sitter"
    assert file["left_out"] == []
    assert (4, "metaclass M", True) in file["places"]["Metaclasses"]
    assert [line for line, what, _ in file["places"]["Type Hints"] if what == "type parameters"] == [1, 2, 3]


def test_a_statement_that_nothing_reads_is_left_out_and_listed() -> None:
    """The rest of the file is read."""
    pytest.importorskip("tree_sitter_python")
    file = listed({"a.py": "print 'hello'\nclass M(type):\n    x = 1\n"})["a.py"]
    assert file["left_out"] == [(1, 1)]
    assert "Metaclasses" in file["counts"]


def test_nested_quotes_in_an_f_string_hide_nothing_else() -> None:
    """The string is blanked, over several lines too, and lines keep their numbers."""
    pytest.importorskip("tree_sitter_python")
    text = 'a = f"{d["x"]}"\nb = f"""{\n d["y"]}\n""".strip()\nclass M(type):\n    x = 1\n'
    source = read(text)
    assert source.tree is not None
    assert source.tree.body[-1].lineno == 5


def test_without_tree_sitter_newer_syntax_is_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Never silently empty: the reason names the line."""
    monkeypatch.setitem(sys.modules, "tree_sitter", None)
    file = listed({"a.py": "print 'hello'\nclass M(type):\n    x = 1\n"})["a.py"]
    assert file["by"] == ""
    assert "line 1" in file["why"]
    assert newer_syntax.blanked("x = 1", read) is None  # type: ignore[arg-type]  # it is not called


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("tests/helpers.py", True),
        ("shop/test_cart.py", True),
        ("conftest.py", True),
        ("testing/benchmark.py", True),
        ("shop/testing.py", False),
        ("shop/contest.py", False),
        ("latest/cart.py", False),
    ],
)
def test_tests_are_known_by_their_paths(path: str, expected: bool) -> None:
    """Folders and file names as usual; a module that offers help with testing is code."""
    assert is_test(path) is expected
