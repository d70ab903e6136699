"""The run that explains: a broken promise is run again under a seed of its own, to find the smallest failing example.

Whatever a candidate is told about a broken promise comes from this run, so the verdict's exam stays secret. Hypothesis
draws and shrinks; every failing example is noted as it happens, so that the best one is known when time is up.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pytest
from hypothesis import Phase, settings
from hypothesis.errors import HypothesisException, StopTest

from grader.evidence.suite.exam import WRONG_ANSWERS, falsifying
from grader.evidence.suite.example import Compared, example_of
from grader.evidence.suite.handle import Exchange, Handle
from grader.model import Example
from sandbox.outcome import Died, Garbage, Raised

PHASES = (Phase.explicit, Phase.generate, Phase.shrink)
EXAMPLES = 5
"""The number of examples, as a multiple of the verdict's."""
SECONDS = 5.0
"""Seconds of processor time within which an example of a promise must fail."""
SHRINKING = 40
"""Further examples, to shrink the failing one: a number, so that the same seed gives the same result on any machine."""
WALL_SECONDS = 5.0
"""Wall-clock seconds that one promise may take, since its calls may wait."""
ALL_SHRINKING = 150
"""The number of examples of all promises together after which a first failing example is shown unshrunk."""
ALL_SECONDS = 20.0
"""Wall-clock seconds for all promises together; further broken promises are not explained."""
MOST_HANGS = 2
"""The number of promises that may hang; further broken promises wait for them."""

CHOSEN = "_hypothesis_internal_use_settings"
"""The attribute in which `@given` keeps a test's settings. There is no public way to change them afterwards."""


class Failing(NamedTuple):
    """A failing example, with its error and its calls."""

    error: BaseException
    asked: tuple[Exchange, ...]
    example: Example
    drawn: str
    size: int


class _TimeIsUpError(BaseException):
    """Enough is known, or enough has been tried. Hypothesis lets this exception pass."""


class _LostError(Exception):
    """The child was lost. Hypothesis may shrink this error, unlike the original one."""


class Search:
    """The search for the smallest failing example of one test."""

    def __init__(self, *, shrink: bool) -> None:
        self.best: Failing | None = None
        self.tried = 0
        self.seconds = 0.0
        self.compared: Compared | None = None
        """The last failed comparison of the current example, set by whoever is notified of it."""
        self._shrink = shrink
        self._spoilt = False
        self._tried_first = 0

    def run(self, item: pytest.Function, handles: Sequence[Handle]) -> None:
        """Run the test until the best example is known. Raises that example's error."""
        self._handles = handles
        self._began, self._began_processing = time.monotonic(), time.process_time()
        test: Any = item.obj
        arguments = {name: item.funcargs[name] for name in item._fixtureinfo.argnames}  # noqa: SLF001
        body = getattr(getattr(test, "hypothesis", None), "inner_test", None)
        try:
            if body is None:
                self._asked(item, test, arguments, drawn={})
            else:
                self._search(item, test, body, arguments)
        except (_TimeIsUpError, _LostError):
            if self.best is not None:
                raise self.best.error from None
        finally:
            self.seconds = time.monotonic() - self._began

    def _search(self, item: pytest.Function, test: Any, body: Any, fixtures: Mapping[str, object]) -> None:
        @functools.wraps(body)
        def watched(*itself: object, **arguments: Any) -> None:
            drawn = {name: value for name, value in arguments.items() if name not in fixtures}
            self._asked(item, functools.partial(body, *itself), arguments, drawn=drawn)

        test.hypothesis.inner_test = watched
        try:
            test(**fixtures)
        finally:
            test.hypothesis.inner_test = body

    def _asked(
        self, item: pytest.Function, body: Any, arguments: Mapping[str, Any], *, drawn: Mapping[str, Any]
    ) -> None:
        """Run one example. Raises its error as an exception that makes Hypothesis either continue or stop."""
        if self._is_over():
            raise _TimeIsUpError
        for handle in self._handles:
            if self._spoilt:
                handle.fresh()
            handle.forget()
        self._spoilt, self.compared = False, None
        self.tried += 1
        try:
            body(**arguments)
        except (HypothesisException, StopTest):
            raise
        except BaseException as error:
            self._spoilt = True
            self._note(item, error, drawn)
            if not self._shrink or not isinstance(error, WRONG_ANSWERS) or _says_all(error):
                raise _TimeIsUpError from error
            if isinstance(error, Died | Garbage):
                raise _LostError from error
            raise

    def _note(self, item: pytest.Function, error: BaseException, drawn: Mapping[str, Any]) -> None:
        handle = self._handles[0] if self._handles else None
        exchanges = handle.asked if handle is not None else ()
        printed = "".join(handle.output()) if handle is not None else ""
        size = sum(len(repr(call.args)) + len(repr(call.keywords)) for call, _ in exchanges)
        if self.best is None:
            self._tried_first = self.tried
        if self.best is None or size <= self.best.size:
            example = example_of(exchanges, error, self.compared, printed=printed)
            self.best = Failing(error, exchanges, example, falsifying(item.name, drawn) if drawn else "", size)

    def _is_over(self) -> bool:
        if time.monotonic() - self._began > WALL_SECONDS:
            return True
        if self.best is None:
            return time.process_time() - self._began_processing > SECONDS
        return self.tried - self._tried_first >= SHRINKING


def _says_all(error: BaseException) -> bool:
    """Return whether a smaller example would say no more, because the error depends on no input."""
    return isinstance(error, Raised) and (error.is_a("NotImplementedError") or error.is_a("ImportError"))


def explain_with(chosen: settings) -> settings:
    """Return these settings, adapted to the run that explains."""
    return settings(chosen, max_examples=EXAMPLES * chosen.max_examples, phases=PHASES)


def widen(item: pytest.Item) -> None:
    """Let Hypothesis try more examples of this test, and shrink one that fails."""
    function = getattr(item, "function", None)
    if (chosen := getattr(function, CHOSEN, None)) is not None:
        setattr(function, CHOSEN, explain_with(chosen))
