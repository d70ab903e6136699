"""The command that starts a sandbox, and the descriptors that it reads.

An ordinary user starts bwrap directly; root starts `launcher.py`, which becomes bwrap. Either waits for instructions on
a pipe, so that its process can meanwhile be put into a control group, which takes the kernel as long as the start
itself.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from sandbox.backends.bubblewrap.arguments import NOBODY, all_mounts, arguments, command, compile_inside
from sandbox.backends.bubblewrap.programs import Bwrap
from sandbox.machine.python_tree import python_tree, running_interpreter
from sandbox.machine.seccomp import Filter, build, machine
from sandbox.policy import Mount, Policy, Program

_LAUNCHER = Path(__file__).with_name("launcher.py")
_STAGE = "/tmp"  # noqa: S108 # the launcher's private one
_OF_A_PIECE = ("python", "packages", "lib", "lib64", "wall")
"""Mount targets installed in one go, by pip or a package, so that the launcher need not check every file."""


class Launch:
    """One start of bwrap: spawn `argv` with `files`, then call `instruct`, and call `close` in any case."""

    def __init__(self, policy: Policy, program: Program, bwrap: Bwrap, *, control: int) -> None:
        """Prepare the start. `control` is the worker's descriptor. Raises ProbeMisuse and SandboxUnusable."""
        self._files: list[int] = []
        tree = python_tree()
        compile_inside()
        mounts = all_mounts(program, tree)
        staged = must_drop_root()
        places = {mount: f"{_STAGE}/mounts/{at}" if staged else str(mount.source) for at, mount in enumerate(mounts)}
        read, self._write = os.pipe()
        self._files.append(read)
        try:
            options = arguments(policy, program, tree, places=places, filter_=filter_for(Filter.BASE), file=self._file)
            if staged:
                worker = ["--args", self._file(_fields(options)), "--", *command(tree, control=control)]
                self.argv = [str(running_interpreter()), "-I", "-S", "-B", str(_LAUNCHER), str(read)]
                self._instructions = _fields(_launcher_fields(bwrap, places, worker))
            else:
                self.argv = [str(bwrap.executable), "--args", str(read), "--", *command(tree, control=control)]
                self._instructions = _fields(options)
        except BaseException:
            self.close()
            raise

    @property
    def files(self) -> tuple[int, ...]:
        """The descriptors that the command inherits."""
        return tuple(self._files)

    def instruct(self) -> None:
        """Let the spawned process continue."""
        with suppress(BrokenPipeError), open(self._write, "wb", closefd=False) as pipe:
            pipe.write(self._instructions)
        self.close()

    def close(self) -> None:
        """Close the descriptors. Idempotent."""
        if self._write >= 0:
            os.close(self._write)
            self._write = -1
        while self._files:
            os.close(self._files.pop())

    def _file(self, content: bytes) -> str:
        """Return the number of a descriptor from which `content` can be read."""
        descriptor = os.memfd_create("sandbox", os.MFD_CLOEXEC)
        self._files.append(descriptor)
        os.write(descriptor, content)
        os.lseek(descriptor, 0, os.SEEK_SET)
        return str(descriptor)


def filter_for(kind: Filter) -> bytes:
    """Return a system-call filter, or no bytes if none can be made for this machine, which `grader doctor` reports."""
    on = machine()
    return build(kind, on) if on is not None else b""


def must_drop_root() -> bool:
    """Return whether this process is the machine's root and could become another user."""
    if os.geteuid() != 0:
        return False
    for line in Path("/proc/self/uid_map").read_text(encoding="ascii").splitlines():
        first, _outside, count = map(int, line.split())
        if first <= NOBODY < first + count:
            return True
    return False


def _launcher_fields(bwrap: Bwrap, places: dict[Mount, str], arguments_: Sequence[str]) -> list[str]:
    """Return the fields that `launcher.py` reads."""
    binds = [(str(mount.source), place, _depth(mount)) for mount, place in places.items()]
    executable = str(bwrap.executable)
    if bwrap.beside:
        package = bwrap.executable.parents[1]
        binds += [(str(folder), f"{_STAGE}/bwrap/{folder.name}", "") for folder in (package, *bwrap.beside)]
        executable = f"{_STAGE}/bwrap/{bwrap.executable.relative_to(package.parent)}"
    return [str(NOBODY), str(len(binds)), *itertools.chain(*binds), executable, *arguments_]


def _depth(mount: Mount) -> str:
    return "" if mount.target.parts[1] in _OF_A_PIECE else "deep"


def _fields(words: Sequence[str]) -> bytes:
    return b"\0".join(map(os.fsencode, words))
