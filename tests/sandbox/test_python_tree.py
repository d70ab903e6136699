"""The Python that exists inside."""

from __future__ import annotations

import _ssl
import os
import sys
from pathlib import Path, PurePosixPath

import pytest

from sandbox.backends.bubblewrap.session import Bubblewrap
from sandbox.machine.python_tree import python_tree, running_interpreter, tree_of
from sandbox.machine.shared_libraries import NotElf, closure, read_elf
from sandbox.outcome import SandboxUnusable
from sandbox.policy import RUN, Mount, Program

PROBE = """
import importlib, sys

def imports(names):
    missing = []
    for name in names:
        try:
            importlib.import_module(name)
        except ImportError as error:
            missing.append([name, str(error)])
    return missing

def about():
    return [sys.executable, sys.prefix, sys.path, list(sys.version_info[:2])]
"""


@pytest.fixture
def program(tmp_path: Path) -> Program:
    (tmp_path / "probe.py").write_text(PROBE)
    target = PurePosixPath("/submission")
    return Program(module="probe", path=(target,), mounts=(Mount(tmp_path, target),))


def debian() -> tuple[Path, Path]:
    """The distribution's interpreter, when it is of our version."""
    version = f"python3.{sys.version_info.minor}"
    executable, stdlib = Path("/usr/bin") / version, Path("/usr/lib") / version
    if not executable.exists() or not (stdlib / "os.py").exists():
        pytest.skip(f"no {executable} on this machine")
    return executable, stdlib


@pytest.mark.parametrize("whose", ["the grader's", "the distribution's"])
def test_the_whole_standard_library_can_be_imported(
    program: Program, monkeypatch: pytest.MonkeyPatch, whose: str
) -> None:
    """Every module with compiled parts loads inside, for an interpreter of whatever origin."""
    if whose == "the distribution's":
        monkeypatch.setattr("sandbox.backends.bubblewrap.launch.python_tree", lambda: tree_of(*debian()))
    names = ["ssl", "sqlite3", "ctypes", "lzma", "bz2", "zlib", "hashlib", "uuid", "decimal", "asyncio", "curses"]
    names += ["multiprocessing", "xml.etree.ElementTree", "zoneinfo", "readline", "unicodedata", "encodings.gb18030"]
    with Bubblewrap().open(RUN, program) as session:
        child = session.fresh()
        assert child.call("imports", names) == []
        about = child.call("about")
    assert isinstance(about, list)
    executable, prefix, path, version = about
    assert isinstance(path, list)
    assert (str(executable).rpartition("/")[0], prefix) == ("/python/bin", "/python")
    assert all(str(place).startswith(("/python/", "/submission")) for place in path)
    assert version == list(sys.version_info[:2])


def test_nothing_that_was_installed_is_inside(program: Program) -> None:
    """site-packages stays outside, also that of the base interpreter."""
    with Bubblewrap().open(RUN, program) as session:
        missing = session.fresh().call("imports", ["pytest", "hypothesis", "pip", "setuptools", "grader", "sandbox"])
    assert isinstance(missing, list)
    assert [pair[0] for pair in missing if isinstance(pair, list | tuple)] == [
        *("pytest", "hypothesis", "pip", "setuptools", "grader", "sandbox")
    ]


def test_the_interpreter_of_a_virtual_environment_is_its_base() -> None:
    """A virtual environment's link to its interpreter is followed."""
    assert running_interpreter().is_file()
    assert not running_interpreter().is_symlink()
    assert python_tree().mounts[1].source == Path(os.__file__).resolve().parent


def test_an_interpreter_that_is_none_is_named(tmp_path: Path) -> None:
    """A file that is not an ELF program cannot be an interpreter, and the message says which file."""
    fake = tmp_path / "python3"
    fake.write_text("#!/bin/sh\n")
    with pytest.raises(SandboxUnusable, match="python3 cannot be mounted in a sandbox"):
        tree_of(fake, Path(os.__file__).parent)


def test_shared_libraries_are_those_that_the_loader_maps() -> None:
    """What is mapped into this process beside the interpreter is within the closure of its files."""
    maps = Path("/proc/self/maps").read_text().split()
    found = closure([running_interpreter(), Path(_ssl.__file__)], search=read_elf(running_interpreter()).search)
    known = {path.resolve() for path in found.values()}
    for name in ("libc.so", "libssl.so", "libcrypto.so"):
        (mapped,) = {Path(word).resolve() for word in maps if word.startswith("/") and Path(word).name.startswith(name)}
        assert mapped in known


@pytest.mark.parametrize(
    "content", [b"", b"\x7fELF", b"\x7fELF\x02\x01" + b"\xff" * 100, b"\x7fELF\x01\x01" + b"\0" * 60]
)
def test_a_broken_file_is_not_a_library(tmp_path: Path, content: bytes) -> None:
    """Cut, damaged and 32-bit files are NotElf, never another error."""
    (tmp_path / "broken.so").write_bytes(content)
    with pytest.raises(NotElf):
        read_elf(tmp_path / "broken.so")
    assert closure([tmp_path / "broken.so"]) == {}
