"""A repository's text: what is taken, what is left out on purpose, what cannot be read and why."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.intake import Tree, open_tree
from grader.intake.refusal import IntakeError
from grader.portfolio.scan import repository_text
from grader.portfolio.scan.repository_text import batches, names, project_texts


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "shop"


@pytest.fixture
def tree(root: Path) -> Iterator[Tree]:
    root.mkdir()
    with open_tree(root) as opened:
        yield opened


def lay(root: Path, *paths: str, text: str = "x = 1\n") -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")


def test_code_is_taken_and_what_others_wrote_is_left_out(root: Path, tree: Tree) -> None:
    """Vendored code, environments and built files are named; tools' folders are not worth a word."""
    lay(root, "shop/a.py", "b.py", "shop/_vendor/c.py", "env/pyvenv.cfg", "env/lib/d.py", "build/e.py", ".tox/f.py")
    lay(root, "node_modules/g.py", "shop/build/h.py", "shop/notes.txt", "shop/stubs.pyi")
    found = names(tree)
    assert found.sources == ("b.py", "shop/a.py", "shop/build/h.py")
    assert sorted(omission.path for omission in found.left_out) == ["build", "env", "shop/_vendor"]
    assert found.unread == ()


def test_what_cannot_be_read_is_named_with_its_reason(root: Path, tree: Tree) -> None:
    """Links are not followed, pipes not opened, other encodings not guessed, and nothing is read without end."""
    lay(root, "good.py")
    (root / "link.py").symlink_to("/etc/passwd")
    (root / "zero.py").symlink_to("/dev/zero")
    (root / "loop").symlink_to("..")
    os.mkfifo(root / "pipe.py")
    (root / "latin.py").write_bytes(b"x = '\xe9'\n")
    (root / "large.py").write_bytes(b"#" * (repository_text.FILE_BYTES + 1))
    (root / "controls.py").write_text("x = '" + "\1" * 900_000 + "'\n")
    Path(os.fsdecode(os.fsencode(root) + b"/bad\xff.py")).write_text("x = 1\n")
    found = names(tree)
    read = [*batches(tree, found.sources)]
    why = {
        omission.path: omission.why for omission in (*found.unread, *(part for batch in read for part in batch.unread))
    }
    assert [path for batch in read for path in batch.texts] == ["good.py"]
    assert why == {
        "link.py": "it is a link, and links are never followed",
        "zero.py": "it is a link, and links are never followed",
        "loop": "it is a link, and links are never followed",
        "pipe.py": "it is not a regular file",
        "latin.py": "it is not UTF-8",
        "large.py": f"it has more than {repository_text.FILE_BYTES} bytes",
        "controls.py": "it has too many control characters",
        "bad\\udcff.py": "its name is not valid, or its path is too long",
    }


def test_batches_are_small_enough_to_be_sent(root: Path, tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    """By weight and by number; every file is in one of them."""
    lay(root, *(f"m{number:02}.py" for number in range(20)), text="x = 1\n" * 10)
    monkeypatch.setattr(repository_text, "BATCH_WEIGHT", 300)
    sizes = [len(batch.texts) for batch in batches(tree, names(tree).sources)]
    assert sum(sizes) == 20
    assert max(sizes) <= 5
    monkeypatch.setattr(repository_text, "BATCH_FILES", 2)
    assert {len(batch.texts) for batch in batches(tree, names(tree).sources)} == {2}


def test_a_repository_without_end_is_read_up_to_a_bound(
    root: Path, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too many files and too much text are said to be so."""
    lay(root, *(f"m{number}.py" for number in range(9)), "later/n.py")
    monkeypatch.setattr(repository_text, "ALL_BYTES", 30)
    (batch,) = batches(tree, names(tree).sources)
    assert "too much text" in batch.unread[-1].why
    monkeypatch.setattr(repository_text, "FILES", 5)
    assert "too many files" in names(tree).unread[-1].why


def test_the_project_is_found_by_its_files(root: Path, tree: Tree) -> None:
    """Workflows are the one thing that is read of a hidden folder."""
    lay(root, "a.py", "pyproject.toml", ".github/workflows/ci.yml", ".github/hooks.py", "docs/deep/down/setup.cfg")
    found = names(tree)
    assert found.sources == ("a.py",)
    assert sorted(project_texts(tree, found.project)) == [".github/workflows/ci.yml", "pyproject.toml"]


def test_a_path_that_cannot_be_opened_is_the_callers(tmp_path: Path) -> None:
    """It says which."""
    with pytest.raises(IntakeError, match="nowhere: there is no such file or folder"), open_tree(tmp_path / "nowhere"):
        pass
