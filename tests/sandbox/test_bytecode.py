"""Byte code that a sandbox makes once: every child may use it, none can change it, and it never outlives its source."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from sandbox.backends.bubblewrap.session import Bubblewrap
from sandbox.outcome import ChildLost, Raised
from sandbox.policy import Mount, Policy, Program
from sandbox.session import Session

TARGET = PurePosixPath("/submission")
PROBE = '''
import importlib.util
import os
import sys


def value():
    import answer
    return answer.VALUE


def is_known(name):
    """Whether byte code for a module is at hand, though no file has it."""
    path = f"/submission/{name}.py"
    loader = importlib.machinery.SourceFileLoader(name, path)
    try:
        return loader.get_data(importlib.util.cache_from_source(path))[:4] == importlib.util.MAGIC_NUMBER
    except OSError:
        return False


def spoil():
    """Change whatever byte code can be reached."""
    patched = importlib.machinery.SourceFileLoader.get_data
    for cell in patched.__closure__ or ():
        if isinstance(cell.cell_contents, dict):
            cell.cell_contents.clear()
            cell.cell_contents["spoilt"] = 1
    try:
        os.makedirs("/submission/__pycache__")
    except OSError:
        return "kept out"
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A submission that a sandbox shows live, because everybody may read it."""
    tmp_path.chmod(0o755)
    (tmp_path / "probe.py").write_text(PROBE)
    (tmp_path / "answer.py").write_text("VALUE = 1\n")
    return tmp_path


@contextmanager
def opened(folder: Path, policy: Policy) -> Iterator[Session]:
    program = Program(module="probe", path=(TARGET,), mounts=(Mount(folder, TARGET),), compile=(TARGET,))
    with Bubblewrap().open(policy, program) as session:
        yield session


def test_modules_are_compiled_before_the_first_child(folder: Path, policy: Policy) -> None:
    """Every module below the folder is known to each child, and none without the wish for it."""
    with opened(folder, policy) as session:
        assert [session.fresh().call("is_known", name) for name in ("probe", "answer")] == [True, True]
    program = Program(module="probe", path=(TARGET,), mounts=(Mount(folder, TARGET),))
    with Bubblewrap().open(policy, program) as session:
        assert session.fresh().call("is_known", "probe") is False


def test_a_file_that_has_changed_is_read_anew(folder: Path, policy: Policy) -> None:
    """An author's own sandbox shows a live folder; the same size does not hide a change."""
    with opened(folder, policy) as session:
        assert session.fresh().call("value") == 1
        (folder / "other").write_text("VALUE = 2\n")
        (folder / "other").replace(folder / "answer.py")
        assert session.fresh().call("value") == 2


def test_no_child_changes_what_the_next_imports(folder: Path, policy: Policy) -> None:
    """What a child does to its copy is lost with it, and there is no file that it could write."""
    with opened(folder, policy) as session:
        assert session.fresh().call("spoil") == "kept out"
        assert session.fresh().call("is_known", "answer") is True
        assert session.fresh().call("value") == 1


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("VALUE = (\n", "SyntaxError"),
        ("VALUE = " + "(" * 300 + "1" + ")" * 300, "SyntaxError"),
        ("VALUE = " + "-" * 200_000 + "1", ""),
        ("# coding: nonsense\nVALUE = 1\n", "SyntaxError"),
        ("VALUE = '\0'\n", "SyntaxError"),
    ],
    ids=["incomplete", "deep", "crashes the compiler", "codec", "null"],
)
def test_what_cannot_be_compiled_is_the_importing_childs_affair(
    folder: Path, policy: Policy, text: str, kind: str
) -> None:
    """The sandbox lives, the other modules are known or not, and a child is told what is wrong as ever."""
    (folder / "answer.py").write_text(text)
    with opened(folder, policy) as session:
        with pytest.raises((Raised, ChildLost)) as caught:
            session.fresh().call("value")
        assert not kind or (isinstance(caught.value, Raised) and caught.value.is_a(kind))
        assert session.fresh().call("is_known", "answer") is False


def test_compiling_ends_in_time(folder: Path, policy: Policy) -> None:
    """A text that takes the compiler too long costs no child its time, and the sandbox works."""
    (folder / "answer.py").write_text("VALUE = 1\n" + "x = [" + "{0: [1]}, " * 700_000 + "]\n")
    short = replace(policy, deadlines=replace(policy.deadlines, order=4.0))
    with opened(folder, short) as session:
        assert session.fresh().call("is_known", "nothing") is False
