"""Texts that were sent as data are held to the rules for folders and archives: the same answers, the same refusals."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.intake import Rejected, take_folder, take_tree
from grader.intake.refusal import Refused
from grader.intake.sources.member import text_tree
from grader.model import SourceFile, Submission


def taken(**texts: str) -> Submission | Rejected:
    return take_tree(text_tree("sent", [SourceFile(path=path, text=text) for path, text in texts.items()]))


def test_the_digest_is_that_of_a_folder(tmp_path: Path) -> None:
    """Wherever the same files come from."""
    (tmp_path / "package").mkdir()
    (tmp_path / "orm.py").write_text("x = 1\n")
    (tmp_path / "package/__init__.py").write_text("")
    sent, folder = taken(**{"orm.py": "x = 1\n", "package/__init__.py": ""}), take_folder(tmp_path)
    assert isinstance(sent, Submission)
    assert isinstance(folder, Submission)
    assert (sent.digest, sent.files) == (folder.digest, folder.files)


@pytest.mark.parametrize(
    ("path", "id_"),
    [
        ("../orm.py", "intake.unsafe-path"),
        ("/orm.py", "intake.unsafe-path"),
        ("a/../../orm.py", "intake.unsafe-path"),
        ("a//orm.py", "intake.unsafe-path"),
        ("", "intake.unsafe-path"),
        ("..\\orm.py", "intake.unsafe-path"),
        ("a/" * 9 + "orm.py", "intake.too-deep"),
    ],
)
def test_paths_are_refused_as_elsewhere(path: str, id_: str) -> None:
    """With the same ids."""
    found = taken(**{path: "x = 1\n"})
    assert isinstance(found, Rejected)
    assert id_ in {reason.id for reason in found.reasons}


def test_a_large_file_is_refused() -> None:
    """By the cap on a file's bytes."""
    found = taken(**{"orm.py": "#" * (256 * 1024 + 1)})
    assert isinstance(found, Rejected)
    assert "intake.too-large" in {reason.id for reason in found.reasons}


def test_a_name_that_is_a_file_and_a_folder_crashes_nothing() -> None:
    """Whatever the order of the paths."""
    for paths in (("a.py", "a.py/b.py"), ("a.py/b.py", "a.py")):
        assert isinstance(taken(**dict.fromkeys(paths, "x = 1\n")), Submission | Rejected)


@pytest.mark.parametrize("path", ["a/" * 1_000_000 + "orm.py", "a" * 1_000_000 + ".py"])
def test_a_monstrous_path_is_refused_before_its_folders_are_made(path: str) -> None:
    """Each folder above a file has a path of its own: a million of them would take all memory."""
    with pytest.raises(Refused, match="lists a path of more than"):
        taken(**{path: ""})


def test_a_file_that_is_listed_twice_is_refused() -> None:
    """Nobody could say which of the two was meant."""
    twice = [SourceFile(path="orm.py", text=text) for text in ("x = 1\n", "x = 2\n")]
    found = take_tree(text_tree("sent", twice))
    assert isinstance(found, Rejected)
    assert "intake.duplicate" in {reason.id for reason in found.reasons}


@given(texts=st.dictionaries(st.text(alphabet="ab./\\\0é", max_size=12), st.text(max_size=5), max_size=6))
def test_any_names_are_taken_or_refused(texts: dict[str, str]) -> None:
    """What leads out never gets in."""
    found = taken(**texts)
    if isinstance(found, Submission):
        assert all(".." not in file.path.split("/") and file.path[:1] != "/" for file in found.files)
