"""The source of sandboxes with analysers: a new one for a single grading, or one that stays open for many."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import NamedTuple

from grader.evidence.analysers.sandbox import AnalyserSandbox
from sandbox.policy import Mount
from sandbox.session import Backend

Lender = Callable[[Backend, Sequence[str], Sequence[str], Sequence[Mount]], AbstractContextManager[AnalyserSandbox]]
"""A function that lends a sandbox with the given tools, runtime packages and further mounts."""

IDLE = 6
"""The maximum number of sandboxes that wait for the next submission; the one that has waited longest is closed
first."""

MODULES = {
    "mypy": ("mypy.build", "mypy.main"),
    "libcst": ("libcst", "libcst.metadata"),
    "radon": ("radon.complexity", "radon.visitors"),
    "bandit": ("bandit.core.manager", "bandit.core.config"),
}
"""Modules that the worker of a long-lived sandbox imports once, by tool."""


class _Key(NamedTuple):
    tools: tuple[str, ...]
    packages: tuple[str, ...]
    mounts: tuple[Mount, ...]


@contextmanager
def new_sandbox(
    backend: Backend, tools: Sequence[str], packages: Sequence[str], mounts: Sequence[Mount]
) -> Iterator[AnalyserSandbox]:
    """Yield a sandbox for one submission."""
    with AnalyserSandbox(backend, tools=tools, packages=packages, mounts=mounts) as sandbox:
        yield sandbox


class AnalyserPool:
    """Sandboxes that stay open, each lent to one grading at a time. Safe to use from several threads.

    Sharing a sandbox between submissions is safe: no candidate's code runs in it, and each question to an analyser is
    answered by a fresh child with its own namespaces, whose processes and files are gone before the next child starts.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[tuple[_Key, AnalyserSandbox]] = []
        self._closed = False

    @contextmanager
    def __call__(
        self, backend: Backend, tools: Sequence[str], packages: Sequence[str], mounts: Sequence[Mount]
    ) -> Iterator[AnalyserSandbox]:
        key = _Key(tuple(tools), tuple(packages), tuple(mounts))
        sandbox = self._take(key) or self._open(backend, key)
        try:
            yield sandbox
        except BaseException:
            sandbox.close()
            raise
        self._give_back(key, sandbox)

    def _take(self, key: _Key) -> AnalyserSandbox | None:
        with self._lock:
            for place, (known, sandbox) in enumerate(self._idle):
                if known == key:
                    del self._idle[place]
                    return sandbox
        return None

    def _open(self, backend: Backend, key: _Key) -> AnalyserSandbox:
        preload = tuple(module for tool in key.tools for module in MODULES.get(tool, ()))
        return AnalyserSandbox(backend, tools=key.tools, packages=key.packages, mounts=key.mounts, preload=preload)

    def _give_back(self, key: _Key, sandbox: AnalyserSandbox) -> None:
        with self._lock:
            self._idle.append((key, sandbox))
            surplus = [self._idle.pop(0)] if len(self._idle) > (0 if self._closed else IDLE) else []
        for _, old in surplus:
            old.close()

    def close(self) -> None:
        """End every sandbox that is not on loan; the others end when they are returned."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for _, sandbox in idle:
            sandbox.close()
