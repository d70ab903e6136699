"""Starts processes from one thread that lives as long as this process does.

`--die-with-parent` sets a parent-death signal, and to the kernel the parent is the *thread* that spawned the process:
if that were a test's thread, the sandbox would die with the thread.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

Process = subprocess.Popen[bytes]


class _Spawner:
    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Forget the thread, which is gone after a fork; the next process gets a new one."""
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sandbox-spawner")

    def submit(self, argv: Sequence[str], *, stderr: int, pass_fds: Sequence[int]) -> Future[Process]:
        """Start a process with an empty environment, in its own session."""
        return self._executor.submit(
            subprocess.Popen,
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            pass_fds=tuple(pass_fds),
            env={},
            cwd="/",
            start_new_session=True,
        )


_SPAWNER = _Spawner()
os.register_at_fork(after_in_child=_SPAWNER.forget)


def spawn(argv: Sequence[str], *, stderr: int, pass_fds: Sequence[int]) -> Process:
    """Start a process, and end it if waiting for the start is interrupted. Raises OSError."""
    future = _SPAWNER.submit(argv, stderr=stderr, pass_fds=pass_fds)
    try:
        return future.result()
    except BaseException:
        future.add_done_callback(_end)
        raise


def _end(future: Future[Process]) -> None:
    if not future.cancelled() and future.exception() is None:
        process = future.result()
        process.kill()
        process.wait()
