"""Translates Policy and Program into bwrap's arguments. Pure: what is allowed can be read and compared as a list."""

from __future__ import annotations

import functools
import importlib.util
import py_compile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath

from sandbox.machine.python_tree import LIBRARIES, PREFIX, SHARED, PythonTree
from sandbox.outcome import ProbeMisuse
from sandbox.policy import Mount, Policy, Program

NOBODY = 65534  # the number that user namespaces show for users that they do not map
WALL = PurePosixPath("/wall")
INSIDE = Mount(Path(__file__).resolve().parents[2] / "inside", WALL / "inside")
"""Our code that is mounted inside."""

_DEVICES = ("null", "zero", "full", "random", "urandom")
_RESERVED = ("proc", "dev", "tmp", "python", "wall", "etc")
FILES = {
    "/etc/passwd": f"nobody:x:{NOBODY}:{NOBODY}:nobody:/tmp:/bin/false\n",
    "/etc/group": f"nogroup:x:{NOBODY}:\n",
    "/etc/hosts": "127.0.0.1 localhost sandbox\n",
}
"""Files that the standard library looks things up in: the user's name, and the address of localhost."""

_START = "import sys; sys.path.insert(0, '/wall'); from inside.__main__ import main; main(int(sys.argv[1]))"
_ENVIRONMENT = {
    "HOME": "/tmp",  # noqa: S108 # the sandbox's own
    "PATH": str(PREFIX / "bin"),
    "LANG": "C",  # any other needs files of the machine; Python reads UTF-8 all the same, by -X utf8
    "LD_LIBRARY_PATH": f"{LIBRARIES}:{SHARED}",
    "MALLOC_ARENA_MAX": "2",  # an arena reserves 64 MiB of address space, which the memory limit counts
    "PYTHONDONTWRITEBYTECODE": "1",
}


def all_mounts(program: Program, tree: PythonTree) -> tuple[Mount, ...]:
    """Return every mount of a sandbox, in order. Raises ProbeMisuse for an impossible target or source."""
    check_mounts(program)
    return (*tree.mounts, INSIDE, *program.mounts)


def check_mounts(program: Program) -> None:
    """Raise ProbeMisuse if the program's mounts have an impossible target or source."""
    for mount in program.mounts:
        parts = mount.target.parts
        if not mount.target.is_absolute() or ".." in parts or len(parts) < 2 or parts[1] in _RESERVED:
            raise ProbeMisuse(
                f"{mount.target} cannot be a mount's target: it must be an absolute path outside the "
                "sandbox's own folders."
            )
        if not mount.source.exists():
            raise ProbeMisuse(f"{mount.source} cannot be mounted at {mount.target}: it does not exist.")


def arguments(
    policy: Policy,
    program: Program,
    tree: PythonTree,
    *,
    places: Mapping[Mount, str],
    filter_: bytes,
    file: Callable[[bytes], str],
) -> list[str]:
    """Return bwrap's options.

    `places` holds the location of each mount's source; `filter_` is the worker's system-call filter, if there is one;
    `file` makes a descriptor from which the given bytes can be read.
    """
    words = [*_namespaces(), *_file_systems(policy)]
    for mount, place in places.items():
        words += ["--ro-bind", place, str(mount.target)]
    for folder in tree.covered:
        words += ["--perms", "0555", "--size", "4096", "--tmpfs", str(folder), "--remount-ro", str(folder)]
    for path, text in FILES.items():
        words += ["--perms", "0444", "--file", file(text.encode()), path]
    words += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/"]
    for name, value in {**_ENVIRONMENT, "PYTHONHASHSEED": str(program.hash_seed)}.items():
        words += ["--setenv", name, value]
    if filter_:
        words += ["--seccomp", file(filter_)]
    return words


def command(tree: PythonTree, *, control: int) -> list[str]:
    """Return the worker's command line; `control` is its inherited descriptor.

    It has neither -E nor -I, which would ignore PYTHONHASHSEED; all variables inside are ours.
    """
    return [str(tree.executable), "-S", "-s", "-P", "-B", "-X", "utf8", "-c", _START, str(control)]


def _namespaces() -> Iterator[str]:
    yield from ("--unshare-all", "--unshare-user", "--uid", str(NOBODY), "--gid", str(NOBODY))
    yield from ("--hostname", "sandbox", "--cap-drop", "ALL", "--clearenv")
    yield from ("--die-with-parent", "--as-pid-1", "--new-session")


def _file_systems(policy: Policy) -> Iterator[str]:
    yield from ("--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys")
    yield from ("--perms", "0755", "--size", "4096", "--tmpfs", "/dev")
    for name in _DEVICES:  # and no terminals, which bwrap's own --dev has
        yield from ("--dev-bind-try", f"/dev/{name}", f"/dev/{name}")
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        yield from ("--symlink", f"/proc/self/fd/{number}", f"/dev/{name}")
    yield from ("--symlink", "/proc/self/fd", "/dev/fd")
    for folder in ("/tmp", "/dev/shm"):  # noqa: S108 # covered by each child's own
        yield from ("--perms", "1777", "--size", str(min(policy.limits.tmp, 1 << 16)), "--tmpfs", folder)


@functools.cache
def compile_inside() -> None:
    """Write the byte code of our own mounted code, once, if the package's folder is writable.

    Nothing can be written from inside, so every worker would otherwise compile the code again.
    """
    for file in INSIDE.source.glob("*.py"):
        if not Path(importlib.util.cache_from_source(str(file))).exists():
            with suppress(OSError, py_compile.PyCompileError):
                py_compile.compile(str(file), doraise=True)
