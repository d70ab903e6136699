"""The processes of one sandbox: bwrap, the worker and its children, and the control group around them."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, replace

from sandbox import session
from sandbox.backends.bubblewrap import local
from sandbox.backends.bubblewrap.launch import Launch, filter_for
from sandbox.backends.bubblewrap.pipes import PipeChannel, Pipes
from sandbox.backends.bubblewrap.programs import Bwrap
from sandbox.backends.bubblewrap.worker import MEMORY, Worker
from sandbox.backends.replaceable import WorkerLost
from sandbox.child import WireChild
from sandbox.machine import cgroup
from sandbox.machine.seccomp import Filter
from sandbox.machine.spawn import Process, spawn
from sandbox.outcome import Exit, SandboxUnusable
from sandbox.policy import Network, Policy, Program
from sandbox.session import LocalListener
from sandbox.text import tail

REMEDY = "run `grader doctor` to see what this machine lacks, or use the Docker backend (--backend docker)"


class Box:
    """One running sandbox, from its first process to its last."""

    def __init__(self, policy: Policy, program: Program, bwrap: Bwrap) -> None:
        self._policy = policy
        self._program = program
        self._bwrap = bwrap
        self._process: Process | None = None
        self._kills = 0
        self._ours, self._theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._complaints, self._stderr = os.pipe()
        self._group: cgroup.Group | None = None
        self.worker = Worker(self._ours, patience=policy.deadlines.order)

    def start(self) -> None:
        """Spawn bwrap and wait for the worker. Raises SandboxUnusable and ProbeMisuse; call `stop` in any case."""
        try:
            self._group = cgroup.make(self._policy.limits)
            self._spawn()
        except OSError as error:
            raise SandboxUnusable(f"{self._bwrap.executable} cannot be started: {error}", remedy=REMEDY) from error
        finally:
            os.close(self._stderr)
            self._theirs.close()
        try:
            self.worker.start(self._settings(), patience=self._policy.deadlines.start)
        except WorkerLost as error:
            raise SandboxUnusable(f"no sandbox could be created: {self._complaint(error)}", remedy=REMEDY) from error

    def fork(self, keep: Sequence[str]) -> WireChild:
        """Fork one child. Raises WorkerLost."""
        pipes = Pipes.make()
        try:
            pid, pidfd, lacking = self.worker.fork(list(pipes.theirs), keep=keep)
        except BaseException:
            for descriptor in pipes.ours:
                os.close(descriptor)
            raise
        finally:
            for descriptor in pipes.theirs:
                os.close(descriptor)
        channel = PipeChannel(
            pipes.ours,
            pidfd=pidfd,
            output=self._policy.caps.output,
            reap=lambda: self._reap(pid),
            interrupt=self._interrupt,
            waited=self._waited,
        )
        return WireChild(channel, self._policy, lacking=lacking)

    def listen(self) -> tuple[socket.socket, int]:
        """Return a socket that listens inside and whose connections are accepted here. Raises WorkerLost."""
        return self.worker.listen()

    def listen_local(self) -> LocalListener:
        """Return a listener inside; the kernel names the sender of each message. Raises WorkerLost."""
        return local.Listener(*self.worker.listen_local())

    def processes(self) -> tuple[session.Process, ...]:
        """Return every process inside but the worker. Raises WorkerLost."""
        return self.worker.processes()

    def stop(self) -> None:
        """Kill everything inside and leave nothing behind. Idempotent."""
        self.worker.kill()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        if self._complaints >= 0:
            os.close(self._complaints)
            self._complaints = -1
        if self._group is not None:
            self._group.remove()

    def _spawn(self) -> None:
        control = self._theirs.fileno()
        launch = Launch(self._policy, self._program, self._bwrap, control=control)
        try:
            self._process = spawn(launch.argv, stderr=self._stderr, pass_fds=[control, *launch.files])
            self._enter_group(self._process.pid)
            launch.instruct()
        finally:
            launch.close()

    def _enter_group(self, pid: int) -> None:
        """Put the first process into the control group, or give the group up: the worker then watches the memory."""
        if self._group is not None:
            try:
                self._group.add(pid)
            except OSError:
                self._group.remove()
                self._group = None

    def _settings(self) -> dict[str, object]:
        """Return the worker's settings; `sandbox/inside/__main__.py` lists them."""
        limits = self._policy.limits
        return {
            "module": self._program.module,
            "path": [str(place) for place in self._program.path],
            "compile": [str(folder) for folder in self._program.compile],
            "preload": list(self._program.preload),
            "warm": list(self._program.warm),
            "answer": str(self._program.answer or ""),
            "guarded": list(self._program.guarded),
            "limits": asdict(limits),
            "caps": asdict(self._policy.caps),
            "filter": filter_for(Filter.STRICT).hex(),
            "served": self._policy.network is Network.SERVED,
            "watch": limits.total_memory if self._group is None else 0,
        }

    def _interrupt(self) -> None:
        with suppress(WorkerLost):  # then whoever waits for the child will know
            self.worker.kill_children()

    def _waited(self) -> float:
        try:
            return self.worker.waited()
        except WorkerLost:  # whoever asks for the child next will know
            return 0.0

    def _reap(self, pid: int) -> Exit:
        try:
            exit_ = self.worker.reap(pid)
        except WorkerLost as error:
            used_up = self._memory_was_used_up()
            self.stop()
            if used_up:
                return Exit(signal=signal.SIGKILL, reason=MEMORY)
            raise SandboxUnusable(
                f"the sandbox failed: {error}", remedy="grade again; if that fails, " + REMEDY
            ) from error
        if exit_.signal == signal.SIGKILL and self._memory_was_used_up():
            return replace(exit_, reason=MEMORY)
        return exit_

    def _memory_was_used_up(self) -> bool:
        """Return whether the kernel has killed a process since the last call because the memory was used up."""
        kills = self._group.memory_kills() if self._group is not None else 0
        before, self._kills = self._kills, kills
        return kills > before

    def _complaint(self, error: WorkerLost) -> str:
        os.set_blocking(self._complaints, False)
        with suppress(BlockingIOError):
            if text := tail(os.read(self._complaints, 1 << 16), most=600):
                return text
        return str(error)
