"""The explanation of all broken promises: examples while there is time, then what the promises wait for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import pytest

from grader.evidence.suite.explaining import ALL_SECONDS, ALL_SHRINKING, MOST_HANGS, widen
from grader.evidence.suite.importing import FAILED, MISSING, Importing
from grader.evidence.suite.job import Caused, Explained, Message
from grader.evidence.suite.plugin import UNEXPLAINED, SuitePlugin
from grader.model import Example, Finding, Promise, Severity
from sandbox.outcome import Overdrawn, Raised, TimedOut

NOT_WRITTEN, HANGS = "answer.not-written", "answer.hangs"
HANGING = "The submission does not answer in time when it is called."
UNWRITTEN = "'NotImplementedError'"
PLACES = 8
"""The maximum number of lines that are listed."""


class Explainer:
    """Explains the broken tests of one job, one after another."""

    def __init__(self, plugin: SuitePlugin, say: Callable[[Message], None], importing: Importing) -> None:
        self._plugin = plugin
        self._say = say
        self._importing = importing
        self._unwritten: dict[str, None] = {}
        """Places at which NotImplementedError was raised."""
        self._hangs = 0
        self._seconds = 0.0
        self._tried = 0

    def explain(self, items: Sequence[pytest.Item], *, examples: bool) -> None:
        """Explain these tests, with examples or only by a failed import, then report what they wait for."""
        for function in {getattr(item, "function", None): item for item in items}.values():
            widen(function)
        cause = self._importing.finding
        for item in items if examples or (cause is not None and cause.id == FAILED) else ():
            self._say(Explained(promise=self._explained(item)))
        for finding in self._causes():
            self._say(Caused(finding=finding))

    def _explained(self, item: pytest.Item) -> Promise:
        cause = self._importing.finding
        if cause is not None and cause.id == FAILED:
            return self._plugin.unexplained(item, reason=cause.message, waits_for=FAILED)
        if self._hangs >= MOST_HANGS:
            return self._plugin.unexplained(item, reason=HANGING, waits_for=HANGS)
        if self._seconds > ALL_SECONDS:
            return self._plugin.unexplained(item, reason=f"{UNEXPLAINED}.")
        # where a name is missing, nearly every example ends with that, and none says it better than another
        shrink = self._tried <= ALL_SHRINKING and not self._importing.missing
        promise, search = self._plugin.explain(item, shrink=shrink)
        error = search.best.error if search.best is not None else None
        self._seconds += search.seconds
        self._tried += search.tried
        self._hangs += isinstance(error, TimedOut | Overdrawn)
        waits_for = self._waits_for(error, promise) if isinstance(error, Raised) else ""
        if promise.example is not None and _is_unwritten(promise.example):
            waits_for = NOT_WRITTEN
            self._unwritten.setdefault("", None)
        reason = cause.message if cause is not None and waits_for == cause.id else promise.reason
        return msgspec.structs.replace(promise, reason=reason, waits_for=waits_for)

    def _waits_for(self, error: Raised, promise: Promise) -> str:
        if error.is_a("NotImplementedError") and promise.file:
            self._unwritten[f"{promise.file}:{promise.line}"] = None
            return NOT_WRITTEN
        names = (f"'{name}'" for name in self._importing.missing)
        if error.is_a("ImportError") or error.is_a("AttributeError"):
            return MISSING if any(name in error.message for name in names) else ""
        return ""

    def _causes(self) -> Sequence[Finding]:
        found = [self._importing.finding] if self._importing.finding is not None else []
        if self._unwritten:
            places = sorted(filter(None, self._unwritten))
            more = f" and {len(places) - PLACES} more" if len(places) > PLACES else ""
            where = f" at {', '.join(places[:PLACES])}{more}" if places else ""
            found.append(_cause(NOT_WRITTEN, f"Not written yet: the code raises NotImplementedError{where}."))
        if self._hangs >= MOST_HANGS:
            found.append(_cause(HANGS, HANGING))
        return found


def _is_unwritten(example: Example) -> bool:
    """Return whether the probe reported a NotImplementedError that is not promised."""
    return UNWRITTEN in example.received and UNWRITTEN not in example.promised


def _cause(id_: str, message: str) -> Finding:
    return Finding(id=id_, severity=Severity.ERROR, message=message)
