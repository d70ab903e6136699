"""The Python that exists inside: interpreter, standard library, the shared libraries of both, and nothing else.

    /python/bin/python3.X            the interpreter
    /python/lib/python3.X            the standard library (or lib64), site-packages covered
    /python/lib/*.so*                shared libraries, found through LD_LIBRARY_PATH
    /lib64/ld-linux-x86-64.so.2      the loader, where the interpreter asks for it

It is made of bind mounts of the interpreter that runs the grader, whoever built it: a distribution, pyenv, uv, or a
virtual environment of one of these.
"""

from __future__ import annotations

import functools
import os
import sys
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sandbox.machine.shared_libraries import NotElf, closure, read_elf
from sandbox.outcome import SandboxUnusable
from sandbox.policy import Mount

PREFIX = PurePosixPath("/python")
LIBRARIES = PREFIX / "lib"
PACKAGES = PurePosixPath("/packages")
PROGRAMS = PurePosixPath("/programs")
SHARED = PACKAGES / ".libraries"
"""The folder of the shared libraries that runtime packages need in addition."""
_COVERED = ("site-packages", "dist-packages")
_LEFT_OUT = ("_tkinter", "nis")
"""Extension modules whose libraries (X11, NIS) are not needed inside."""
_ALWAYS = ("libgcc_s.so.1", "libstdc++.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1", "libutil.so.1")
"""Libraries that are loaded by name at run time, or needed by nearly every wheel with compiled code."""


@dataclass(frozen=True, slots=True)
class PythonTree:
    """The mounts of a Python installation, and how to start it."""

    executable: PurePosixPath
    mounts: tuple[Mount, ...]
    covered: tuple[PurePosixPath, ...]
    """Folders inside that must be covered by something empty."""


def running_interpreter() -> Path:
    """Return the base interpreter of this process, even in a virtual environment."""
    return Path(os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable))


@functools.cache
def python_tree() -> PythonTree:
    """Return the tree of the interpreter that runs this process. Raises SandboxUnusable."""
    return tree_of(running_interpreter(), Path(os.__file__).parent)


def tree_of(executable: Path, stdlib: Path) -> PythonTree:
    """Return the tree of an interpreter with its standard library."""
    try:
        elf = read_elf(executable)
    except (NotElf, OSError) as error:
        raise SandboxUnusable(
            f"the Python interpreter {executable} cannot be mounted in a sandbox: {error}",
            remedy="run the grader with a CPython for 64-bit Linux, or use the Docker backend",
        ) from error
    stdlib = Path(os.path.realpath(stdlib))
    inside = PREFIX / "bin" / stdlib.name, PREFIX / stdlib.parent.name / stdlib.name
    extensions = _extensions(stdlib)
    libraries = closure([executable, *extensions], search=elf.search)
    libraries |= {name: path for name in _ALWAYS if (path := _by_name(name, libraries)) is not None}
    loader = elf.interpreter
    mounts = [Mount(executable, inside[0]), Mount(stdlib, inside[1])]
    if loader is not None:
        mounts.append(Mount(Path(os.path.realpath(loader)), PurePosixPath(loader)))
    mounts += [
        Mount(Path(os.path.realpath(path)), LIBRARIES / name)
        for name, path in sorted(libraries.items())
        if loader is None or name != Path(loader).name
    ]
    covered = tuple(inside[1] / name for name in _COVERED if (stdlib / name).is_dir())
    return PythonTree(inside[0], tuple(mounts), covered)


def _extensions(stdlib: Path) -> list[Path]:
    folder = stdlib / "lib-dynload"
    if not folder.is_dir():
        return []
    return [path for path in sorted(folder.glob("*.so")) if path.name.partition(".")[0] not in _LEFT_OUT]


def _by_name(name: str, libraries: dict[str, Path]) -> Path | None:
    """Return a library by name: one of `libraries`, or one beside the C library, its usual place."""
    if name in libraries:
        return libraries[name]
    beside = libraries["libc.so.6"].parent / name if "libc.so.6" in libraries else Path(name)
    return beside if beside.is_file() else None
