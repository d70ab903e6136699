"""Installs an implementation as `inventory` and runs the candidate's tests on it; says what became of each test."""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

TESTS = "test_inventory"
RANK = {"passed": 0, "skipped": 1, "failed": 2}
OPTIONS = ("-c/dev/null", "--import-mode=importlib", "--assert=plain")
LEFT_OUT = (
    *("cacheprovider", "debugging", "doctest", "faulthandler", "junitxml", "pastebin", "setuponly", "setupplan"),
    *("stepwise", "terminal", "threadexception", "unraisableexception"),
)
"""Plugins of pytest that only cost time here."""


class Watch:
    """Writes down the worst that became of each test."""

    def __init__(self) -> None:
        self.outcomes: dict[str, str] = {}

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.outcomes[f"collecting {report.nodeid}"] = "failed"

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        before = self.outcomes.get(report.nodeid, "passed")
        self.outcomes[report.nodeid] = max(before, report.outcome, key=RANK.__getitem__)


class Shuffle:
    """Runs the tests in another order: backwards, or drawn."""

    def __init__(self, order: int) -> None:
        self._order = order

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        if self._order < 0:
            items.reverse()
        else:
            random.Random(self._order).shuffle(items)


class Apart:
    """Runs each test in a process of its own, which has run no other."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed:
            raise session.Interrupted("collection failed")
        for item in session.items:
            self._watch.outcomes |= self._alone(item)
        session.testsfailed = sum(outcome == "failed" for outcome in self._watch.outcomes.values())
        return True

    def _alone(self, item: pytest.Item) -> dict[str, str]:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
            os.write(writing, json.dumps(self._watch.outcomes[item.nodeid]).encode())
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            told = pipe.read(100)
        os.waitpid(child, 0)
        return {item.nodeid: str(json.loads(told)) if told else "failed"}


def run(source: str, order: int | None = None) -> dict[str, Any]:
    """Run the tests on an implementation up to the first failure: in their own order, or in another."""
    _install(source)
    return _tested(Watch(), *([] if order is None else [Shuffle(order)]), options=["--exitfirst"])


def alone(source: str) -> dict[str, Any]:
    """Run each test by itself."""
    _install(source)
    watch = Watch()
    return _tested(watch, Apart(watch))


def awake(source: str, price: float) -> dict[str, Any]:
    """As `run`, but every second that is slept is worked instead, `price` times, so that it is seen from outside."""

    def work(seconds: float) -> None:
        end = time.process_time() + price * seconds
        while time.process_time() < end:
            pass

    time.sleep = work
    return run(source)


def lines(source: str) -> list[int]:
    """The lines of an implementation that the tests run."""
    place = _folder() / "inventory.py"
    seen: set[int] = set()

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        if frame.f_code.co_filename != str(place):
            return None
        seen.add(frame.f_lineno)
        return trace

    place.write_text(source, encoding="utf-8")
    sys.settrace(trace)
    try:
        importlib.import_module("inventory")
        _tested(Watch())
    finally:
        sys.settrace(None)
    return sorted(seen)


def _tested(watch: Watch, *plugins: object, options: Sequence[str] = ()) -> dict[str, Any]:
    found = importlib.util.find_spec(TESTS)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(f"there is no {TESTS}.py")
    folder = Path(found.origin).parent
    places = [f"--rootdir={folder}", f"--confcutdir={folder}", found.origin]
    arguments = [*OPTIONS, *(f"-pno:{plugin}" for plugin in LEFT_OUT), *options, *places]
    return {"status": int(pytest.main(arguments, plugins=[watch, *plugins])), "outcomes": watch.outcomes}


def _install(source: str) -> None:
    (_folder() / "inventory.py").write_text(source, encoding="utf-8")
    importlib.import_module("inventory")


def _folder() -> Path:
    """A new folder that is searched before all others."""
    folder = Path(tempfile.mkdtemp())
    sys.path.insert(0, str(folder))
    sys.modules.pop("inventory", None)
    importlib.invalidate_caches()
    return folder
