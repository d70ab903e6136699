"""The command that starts a sandbox, and the descriptors that it reads.

An ordinary user starts bwrap directly. Root, and whoever has a control group to enter first, starts `launcher.py`.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from pathlib import Path

from sandbox.backends.arguments import NOBODY, all_mounts, arguments, command, compile_inside
from sandbox.backends.programs import Bwrap
from sandbox.policy import Mount, Policy, Program
from sandbox.python_tree import PythonTree, python_tree, running_interpreter
from sandbox.seccomp import Filter, build, machine

_LAUNCHER = Path(__file__).with_name("launcher.py")
_STAGE = "/tmp"  # noqa: S108 # the launcher's private one
_OF_A_PIECE = ("python", "packages", "lib", "lib64", "wall")
"""Targets of what pip or a package installed in one go: the launcher need not look at every file."""


class Launch:
    """One start of bwrap. `close` gives its descriptors back."""

    def __init__(self, policy: Policy, program: Program, bwrap: Bwrap, *, control: int, groups: Sequence[Path]) -> None:
        """Prepare it. `control` is the worker's descriptor; `groups` are entrances of control groups."""
        self._files: list[int] = []
        tree = python_tree()
        compile_inside()
        mounts = all_mounts(program, tree)
        staged = must_drop_root()
        places = {mount: f"{_STAGE}/mounts/{at}" if staged else str(mount.source) for at, mount in enumerate(mounts)}
        try:
            self.argv = self._bwrap(policy, program, tree, bwrap.executable, control=control, places=places)
            if staged or groups:
                self.argv = self._launcher(bwrap, places if staged else {}, groups, user=NOBODY if staged else None)
        except BaseException:
            self.close()
            raise

    @property
    def files(self) -> tuple[int, ...]:
        """Descriptors that the command inherits."""
        return tuple(self._files)

    def close(self) -> None:
        """Close the descriptors. Idempotent."""
        while self._files:
            os.close(self._files.pop())

    def _bwrap(
        self,
        policy: Policy,
        program: Program,
        tree: PythonTree,
        executable: Path,
        *,
        control: int,
        places: dict[Mount, str],
    ) -> list[str]:
        options = arguments(policy, program, tree, places=places, filter_=filter_for(Filter.BASE), file=self._file)
        return [str(executable), "--args", self._file(_fields(options)), "--", *command(tree, control=control)]

    def _launcher(
        self, bwrap: Bwrap, places: dict[Mount, str], groups: Sequence[Path], *, user: int | None
    ) -> list[str]:
        binds = [(str(mount.source), place, _depth(mount)) for mount, place in places.items()]
        if user is not None and bwrap.beside:
            package = bwrap.executable.parents[1]
            binds += [(str(folder), f"{_STAGE}/bwrap/{folder.name}", "") for folder in (package, *bwrap.beside)]
            self.argv[0] = f"{_STAGE}/bwrap/{bwrap.executable.relative_to(package.parent)}"
        fields = ["" if user is None else str(user), str(len(groups)), *map(str, groups)]
        fields += [str(len(binds)), *itertools.chain(*binds), *self.argv]
        return [str(running_interpreter()), "-I", "-S", "-B", str(_LAUNCHER), self._file(_fields(fields))]

    def _file(self, content: bytes) -> str:
        """The number of a descriptor from which `content` can be read."""
        descriptor = os.memfd_create("sandbox", os.MFD_CLOEXEC)
        self._files.append(descriptor)
        os.write(descriptor, content)
        os.lseek(descriptor, 0, os.SEEK_SET)
        return str(descriptor)


def filter_for(kind: Filter) -> bytes:
    """A system-call filter, or nothing on a machine that none can be made for; `grader doctor` says so then."""
    on = machine()
    return build(kind, on) if on is not None else b""


def must_drop_root() -> bool:
    """Whether this process is the machine's root, with other users to become."""
    if os.geteuid() != 0:
        return False
    for line in Path("/proc/self/uid_map").read_text(encoding="ascii").splitlines():
        first, _outside, count = map(int, line.split())
        if first <= NOBODY < first + count:
            return True
    return False


def _depth(mount: Mount) -> str:
    return "" if mount.target.parts[1] in _OF_A_PIECE else "deep"


def _fields(words: Sequence[str]) -> bytes:
    return b"\0".join(map(os.fsencode, words))
