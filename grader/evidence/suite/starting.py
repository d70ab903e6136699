"""Starting the process in which hidden suites run, even before it is known what it will run.

Importing pytest and Hypothesis takes the longest in a cold grading. A command that is going to grade therefore calls
`start_ahead` first of all, so that these imports run while it reads and imports other things.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import NamedTuple

from grader.caches import cache_home
from sandbox import backends

HOST = "grader.evidence.suite.host"
PLACES: tuple[str, ...] = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "XDG_CACHE_HOME",
    "VIRTUAL_ENV",
    "PYTHONPATH",
    "PYTHONDONTWRITEBYTECODE",
)
DEATH = 5.0
"""Seconds within which a process that is no longer wanted must end."""


class HostProcess(NamedTuple):
    """A host, and our end of the socket for its orders."""

    process: subprocess.Popen[bytes]
    orders: socket.socket

    @classmethod
    def start(cls, program: str = HOST) -> HostProcess:
        """Start a host. Raises OSError."""
        orders, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            try:
                process = subprocess.Popen(
                    [sys.executable, "-P", "-m", program],
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=None if os.environ.get("GRADER_DEBUG") else subprocess.DEVNULL,
                    env=environment(),
                    cwd=tempfile.gettempdir(),
                    start_new_session=True,  # a Ctrl-C is for the grader alone
                )
            except BaseException:
                orders.close()
                raise
        return cls(process, orders)

    @property
    def is_alive(self) -> bool:
        """Whether the host can take orders."""
        return self.process.poll() is None

    def end(self) -> None:
        """End the host and everything that it forked."""
        self.orders.close()
        try:
            self.process.wait(DEATH)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


_ahead: list[HostProcess] = []
_taking = threading.Lock()


def start_ahead() -> None:
    """Start a host for the first caller of `take`. If that is not possible, `take` raises the error."""
    with contextlib.suppress(OSError), _taking:
        if not _ahead:
            _ahead.append(HostProcess.start())


def take() -> HostProcess:
    """Return the host that was started ahead, or start one. Raises OSError."""
    with _taking:
        host = _ahead.pop() if _ahead else None
    if host is not None and not host.is_alive:
        host.end()
        host = None
    return host or HostProcess.start()


def end_untaken() -> None:
    """End the host that was started ahead if nobody has taken it."""
    with _taking:
        host = _ahead.pop() if _ahead else None
    if host is not None:
        host.process.kill()
        host.end()


def environment() -> dict[str, str]:
    """Return only the variables needed to find Python and the sandbox's engines, so that no pytest options get in."""
    kept = {name: os.environ[name] for name in (*PLACES, *backends.environment()) if name in os.environ}
    return kept | {
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "HYPOTHESIS_STORAGE_DIRECTORY": str(storage()),
        "PYTHONHASHSEED": "0",
    }


def storage() -> Path:
    """Return the folder in which Hypothesis keeps its Unicode tables between gradings (3.9 s to build, once)."""
    return cache_home() / "hypothesis"
