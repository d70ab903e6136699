"""Runs the candidate's tests inside, as plain `pytest` in their folder would, and reports the outcome of each.

The report is hostile, like everything that comes from inside: only a lie about which implementations are correct would
help, and nobody can tell implementations apart without testing.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import pdb  # noqa: F401, T100 - what pytest imports for its own debugging plugin
import random
import re
import sys
from importlib.machinery import ModuleSpec, PathFinder
from typing import TYPE_CHECKING, Any

import pytest

from .remote import REMOTE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

FOLDER = "/submission"
STUBS = "/stubs"
OPTIONS = (
    *("-c/dev/null", f"--rootdir={FOLDER}", f"--confcutdir={FOLDER}", "--assert=plain", "--tb=native", "-q"),
    *("--no-header", "--no-summary", "-ocache_dir=/tmp/.pytest_cache"),
)
LEFT_OUT = (
    *("faulthandler", "pastebin", "setuponly", "setupplan", "stepwise", "threadexception", "unraisableexception"),
)
"""Pytest plugins that cost time and give tests nothing: neither a fixture nor an option that another plugin needs."""
READY = (
    *("cacheprovider", "debugging", "doctest", "junitxml", "logging", "reports", "skipping", "terminal", "unittest"),
    *("subtests", "terminalprogress", "warnings"),
)
"""Pytest plugins that are imported once in the worker, not in every child; some versions of pytest lack the last
ones.
"""
MOST_FAILURES = 200
MOST_NAMES = 3000
NAME = 200
UNREADABLE = ("SyntaxError", "IndentationError", "TabError")
LINE = re.compile(r'File "/submission/[^"]*", line (\d+)')

for _name in ("_argcomplete", "helpconfig", *READY):
    with contextlib.suppress(ImportError):
        importlib.import_module(f"_pytest.{_name}")


class Watch:
    """Records the outcome of each test function."""

    def __init__(self) -> None:
        self.passed: dict[str, None] = {}
        self.failed: dict[str, str] = {}
        self._kinds: dict[str, str] = {}

    def pytest_collection_finish(self) -> None:
        gc.enable()

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._fail(f"collecting {report.nodeid}"[:NAME], report)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
        if call.excinfo is not None:
            self._kinds[item.nodeid] = call.excinfo.type.__name__
        return (yield)

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._fail(_function(report.nodeid), report)
        elif report.passed and report.when == "call":
            self.passed.setdefault(_function(report.nodeid))

    def _fail(self, name: str, report: pytest.CollectReport | pytest.TestReport) -> None:
        last = report.longreprtext.strip().rpartition("\n")[2].removeprefix("E").strip()
        kind = self._kinds.get(report.nodeid) or last.partition(":")[0]
        if kind in UNREADABLE and (line := LINE.search(report.longreprtext)):  # says nothing of what was called
            kind = f"{last}, line {line[1]}"
        self.failed.setdefault(name, kind[:NAME])

    def told(self, status: int) -> dict[str, Any]:
        return {
            "status": status,
            "passed": [name for name in self.passed if name not in self.failed][:MOST_NAMES],
            "failed": [list(entry) for entry in self.failed.items()][:MOST_FAILURES],
        }


class Shuffle:
    """Runs the tests in another order: reversed or random."""

    def __init__(self, order: int) -> None:
        self._order = order

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        if self._order < 0:
            items.reverse()
        else:
            random.Random(self._order).shuffle(items)  # noqa: S311 - an order of tests


class Apart:
    """Runs each test in its own process, which has run no other test."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed:
            raise session.Interrupted("collection failed")
        for item in session.items:
            self._alone(item)
        session.testsfailed = len(self._watch.failed)
        return True

    def _alone(self, item: pytest.Item) -> None:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
            os.write(writing, json.dumps([[*self._watch.passed], self._watch.failed]).encode())
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            report = pipe.read()
        os.waitpid(child, 0)
        passed, failed = json.loads(report) if report else ([], {_function(item.nodeid): "no end"})
        self._watch.passed |= dict.fromkeys(passed)
        self._watch.failed |= failed


class Stubs:
    """Finds the modules under test among the stubs, whatever the submission has under the same names."""

    @staticmethod
    def find_spec(
        name: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return PathFinder.find_spec(name, [STUBS]) if "." not in name else None


def run(port: int, *, order: int | None = None, alone: bool = False) -> dict[str, Any]:
    """Run the tests on the implementation that answers at `port`: in their own order, in another, or each by itself."""
    REMOTE.port = port
    sys.meta_path.insert(0, Stubs)
    watch = Watch()
    plugins: list[object] = [watch]
    if order is not None:
        plugins.append(Shuffle(order))
    if alone:
        plugins.append(Apart(watch))
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    gc.disable()  # until the first test: nothing is garbage before
    status = pytest.main([*OPTIONS, *(f"-pno:{name}" for name in LEFT_OUT), FOLDER], plugins=plugins)
    return watch.told(int(status))


def _function(name: str) -> str:
    """Return the name of a test without its parameters."""
    return name.partition("[")[0][:NAME]
