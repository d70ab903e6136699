"""Installs an implementation as `inventory` and runs the candidate's tests on it; says what became of each test."""

from __future__ import annotations

import importlib
import importlib.util
import random
import sys
import tempfile
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

TESTS = "test_inventory"
RANK = {"passed": 0, "skipped": 1, "failed": 2}
OPTIONS = ("-c/dev/null", "--import-mode=importlib", "--assert=plain", "--exitfirst")
LEFT_OUT = (
    *("cacheprovider", "debugging", "doctest", "faulthandler", "junitxml", "pastebin", "setuponly", "setupplan"),
    *("stepwise", "terminal", "threadexception", "unraisableexception"),
)
"""Plugins of pytest that only cost time here."""


class Watch:
    """Shuffles the tests, or leaves a single one, and writes down the worst that became of each."""

    def __init__(self, order: int | None, alone: int | None) -> None:
        self.outcomes: dict[str, str] = {}
        self._order = order
        self._alone = alone

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        if self._order is not None:
            random.Random(self._order).shuffle(items)
        if self._alone is not None and items:
            items[:] = [items[self._alone % len(items)]]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.outcomes[f"collecting {report.nodeid}"] = "failed"

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        before = self.outcomes.get(report.nodeid, "passed")
        self.outcomes[report.nodeid] = max(before, report.outcome, key=RANK.__getitem__)


def run(source: str, order: int | None = None, alone: int | None = None) -> dict[str, Any]:
    """Run the tests on an implementation up to the first failure: in their own order, shuffled, or only one."""
    (_folder() / "inventory.py").write_text(source, encoding="utf-8")
    importlib.import_module("inventory")
    return _tested(order, alone)


def lines(source: str) -> list[int]:
    """The lines of an implementation that the tests run."""
    place = str(_folder() / "inventory.py")
    seen: set[int] = set()

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        if frame.f_code.co_filename != place:
            return None
        seen.add(frame.f_lineno)
        return trace

    Path(place).write_text(source, encoding="utf-8")
    sys.settrace(trace)
    try:
        importlib.import_module("inventory")
        _tested(None, None)
    finally:
        sys.settrace(None)
    return sorted(seen)


def _tested(order: int | None, alone: int | None) -> dict[str, Any]:
    found = importlib.util.find_spec(TESTS)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(f"there is no {TESTS}.py")
    watch = Watch(order, alone)
    folder = Path(found.origin).parent
    options = [*OPTIONS, *(f"-pno:{plugin}" for plugin in LEFT_OUT), f"--rootdir={folder}", f"--confcutdir={folder}"]
    status = pytest.main([*options, found.origin], plugins=[watch])
    return {"status": int(status), "outcomes": watch.outcomes}


def _folder() -> Path:
    """A new folder that is searched before all others."""
    folder = Path(tempfile.mkdtemp())
    sys.path.insert(0, str(folder))
    sys.modules.pop("inventory", None)
    importlib.invalidate_caches()
    return folder
