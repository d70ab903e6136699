"""The host of hidden suites with a watch: what each sitting waits for.

python -P -m benchmarks.timed_host      for `benchmarks.sitting`
"""

# ruff: noqa: SLF001 - it times what the host keeps to itself
# mypy: disable-error-code="assignment"

from __future__ import annotations

import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

from grader.evidence.suite import host
from grader.evidence.suite.handle import Handle
from grader.evidence.suite.sitting import Sitting
from sandbox.session import Child, Sendable

SPANS: dict[str, list[float]] = {"starts": [], "first": [], "later": []}
"""Seconds: of each child's start, of its first call (which imports the probe and the answer), of all later calls."""
TIMES = "sitting.json"
"""The file with the figures of the last sitting, in the folder for temporary files."""

_call, _ready, _run = Handle.call, Handle._ready, Sitting.run


def ready(handle: Handle) -> Child:
    """Time the start of a child."""
    new, began = handle._child is None, time.perf_counter()
    child = _ready(handle)
    if new:
        SPANS["starts"].append(time.perf_counter() - began)
    return child


def call(handle: Handle, name: str, /, *args: Sendable, timeout: float | None = None, **keywords: Sendable) -> Any:
    """Time a call, without the start of its child."""
    children = len(SPANS["starts"])
    began = time.perf_counter()
    try:
        return _call(handle, name, *args, timeout=timeout, **keywords)
    finally:
        took = time.perf_counter() - began
        if len(SPANS["starts"]) > children:
            SPANS["first"].append(took - SPANS["starts"][-1])
        else:
            SPANS["later"].append(took)


def run(sitting: Sitting, session: pytest.Session) -> None:
    """Run a sitting, and write its figures."""
    began, before = time.perf_counter(), os.times()
    try:
        _run(sitting, session)
    finally:
        after = os.times()
        own = after.user + after.system - before.user - before.system
        figures = {"whole": time.perf_counter() - began, "own": own, **SPANS}
        Path(tempfile.gettempdir(), TIMES).write_text(json.dumps(figures), encoding="utf-8")


if __name__ == "__main__":
    Handle.call, Handle._ready, Sitting.run = call, ready, run  # in this process alone
    host.main()
