"""An exam: the inputs that Hypothesis draws for each hidden test under a seed, once for all submissions that sit the
exam.

A test's examples depend only on its seed and its strategies: a suite never draws depending on an answer, and the first
failure is final. The examples can therefore be drawn before there is a submission: the attribute that Hypothesis
documents for test runners, `test.hypothesis.inner_test`, holds a recorder while the decorated test runs once. Whatever
a body draws from `st.data()` before its first question is recorded, too. A test that draws later, or makes an
assumption that does not hold, is left to Hypothesis during the sitting.

Each sitting is a fork of the process that drew the exam, so no sitting sees what another did to a value.
"""

from __future__ import annotations

import contextlib
import random
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import hypothesis.core
import pytest
from hypothesis.errors import HypothesisException
from hypothesis.strategies import DataObject, SearchStrategy

from sandbox.outcome import Died, Garbage, Raised

Example = Mapping[str, Any]
Exam = dict[str, tuple[Example, ...]]
"""The examples of each test that could be drawn beforehand, by test name."""

WRONG_ANSWERS = (AssertionError, ValueError, Raised, Died, Garbage, pytest.fail.Exception)
"""Errors after which a fresh child can be asked the next example."""


class DrewLateError(Exception):
    """The test draws after its examples were fixed, so Hypothesis has to run it."""


class _Asked(BaseException):
    """The body has reached its first question; what it draws after that is unknown."""


class Tally(NamedTuple):
    """How many examples of a test failed, how many were asked, and the first failure's error."""

    failing: int
    asked: int
    error: BaseException | None


def given_tests(items: Iterable[pytest.Item]) -> tuple[str, ...]:
    """Return the names of the tests whose inputs Hypothesis draws."""
    return tuple(item.name for item in items if _inner_test(item) is not None)


def draw(items: Iterable[pytest.Item], seed_for: Callable[[str], int]) -> Exam:
    """Draw the exam of these tests, each under its own seed."""
    state = random.getstate()
    forced = hypothesis.core.global_force_seed
    try:
        drawn = {item.name: _drawn(item, seed_for(item.name)) for item in items}
    finally:
        hypothesis.core.global_force_seed = forced
        random.setstate(state)
    return {name: examples for name, examples in drawn.items() if examples is not None}


def _inner_test(item: pytest.Item) -> Callable[..., object] | None:
    handle = getattr(getattr(item, "obj", None), "hypothesis", None)
    return getattr(handle, "inner_test", None)


def _drawn(item: pytest.Item, seed: int) -> tuple[Example, ...] | None:
    """Return the examples of one test; None if Hypothesis has to draw them during the sitting."""
    body = _inner_test(item)
    if body is None:
        return None
    fixtures: tuple[str, ...] = item._fixtureinfo.argnames  # type: ignore[attr-defined]  # noqa: SLF001
    test: Any = item.obj  # type: ignore[attr-defined]
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    stand_ins = {name: parameters.get(name, _StandIn()) for name in fixtures}
    examples: list[Example] = []

    def record(*itself: object, **arguments: Any) -> None:
        own = {name: value for name, value in arguments.items() if name not in fixtures}
        sources = {name: _Recorder(value) for name, value in own.items() if isinstance(value, DataObject)}
        if any(map(_draws_by_itself, (value for name, value in own.items() if name not in sources))):
            raise DrewLateError
        if sources:
            used = {name: value if name in sources else _unspoilt(value) for name, value in own.items()}
            with contextlib.suppress(_Asked):
                body(*itself, **(stand_ins | used | sources))
        examples.append({name: Recorded(sources[name].drawn) if name in sources else own[name] for name in own})

    record.__name__, record.__doc__ = body.__name__, body.__doc__
    hypothesis.core.global_force_seed = seed  # type: ignore[assignment]  # what --hypothesis-seed sets
    random.seed(seed)
    test.hypothesis.inner_test = record
    try:
        test(**dict.fromkeys(fixtures))
    except (
        Exception,
        _Asked,
    ):  # whatever is wrong with a strategy or a body shows again, and is judged, in the sitting
        return None
    finally:
        test.hypothesis.inner_test = body
    return tuple(examples)


class _StandIn:
    """Stands in for a fixture while draws are recorded: using it means that the body has reached its first question."""

    def __getattr__(self, name: str) -> Any:
        raise _Asked


class _Recorder:
    """Stands in for `st.data()` while its draws are recorded."""

    def __init__(self, data: DataObject) -> None:
        self._data = data
        self.drawn: list[Any] = []

    def draw(self, strategy: SearchStrategy[Any], label: object = None) -> Any:
        value = self._data.draw(strategy, label)
        if _draws_by_itself(value):
            raise DrewLateError
        self.drawn.append(_unspoilt(value))
        return value


class Recorded:
    """The values that `st.data()` returned, to be drawn again in the same order."""

    def __init__(self, drawn: Sequence[Any]) -> None:
        self._drawn = tuple(drawn)
        self._left = iter(self._drawn)

    def __repr__(self) -> str:
        return f"data{self._drawn!r}"

    def draw(self, strategy: SearchStrategy[Any], label: object = None) -> Any:
        """Return the next recorded value. Raises DrewLateError if there is none."""
        del strategy, label
        for value in self._left:
            return value
        raise DrewLateError


def _draws_by_itself(value: Any) -> bool:
    """Return whether the value, or something within it, draws inputs when it is used."""
    match value:
        case DataObject() | random.Random():
            return True
        case dict():
            return any(map(_draws_by_itself, value)) or any(map(_draws_by_itself, value.values()))
        case list() | tuple() | set() | frozenset():
            return any(map(_draws_by_itself, value))
        case _:
            pass
    return False


def _unspoilt(value: Any) -> Any:
    """Copy those containers of a value that a recorded body may change; immutable objects are not copied.

    Raises DrewLateError for anything that can neither be copied nor be relied on to stay the same.
    """
    kind = type(value)
    if kind in (list, set, bytearray):
        return kind(map(_unspoilt, value))
    if kind is dict:
        return {key: _unspoilt(item) for key, item in value.items()}
    if isinstance(value, tuple):
        copies = [_unspoilt(item) for item in value]
        return kind(copies) if kind is tuple else kind(*copies)
    if kind.__hash__ is not None:
        return value
    raise DrewLateError


def sit(
    item: pytest.Function, examples: Sequence[Example], *, failing_examples: int, begin_anew: Callable[[], None]
) -> Tally:
    """Run a test's body on its examples until `failing_examples` have failed, calling `begin_anew` after each failure
    that does not end the run.

    Raises DrewLateError, without judging anything, if the body draws more than was recorded.
    """
    body = _bound_body(item)
    given = {name: item.funcargs[name] for name in item._fixtureinfo.argnames}  # noqa: SLF001
    count, errors = 0, list[BaseException]()
    for example in examples:
        count += 1
        random.seed(0)  # as Hypothesis does
        try:
            body(**given, **example)
        except (HypothesisException, DrewLateError) as error:
            raise DrewLateError from error
        except BaseException as error:
            error.add_note(falsifying(item.name, example))
            errors.append(error)
            if len(errors) >= failing_examples or not isinstance(error, WRONG_ANSWERS):
                break
            begin_anew()
    return Tally(len(errors), count, errors[0] if errors else None)


def _bound_body(item: pytest.Function) -> Callable[..., object]:
    body: Callable[..., object] = item.obj.hypothesis.inner_test
    itself = getattr(item.obj, "__self__", None)
    return body if itself is None else types.MethodType(body, itself)


def falsifying(name: str, example: Example) -> str:
    """Return the inputs in Hypothesis's own format."""
    arguments = "".join(f"    {name}={value!r},\n" for name, value in example.items())
    return f"Falsifying example: {name}(\n{arguments})"


def spread(examples: Sequence[Example], most: int | None) -> Sequence[Example]:
    """Return at most `most` of the examples, evenly spaced: Hypothesis draws the smallest ones first."""
    if most is None or len(examples) <= most:
        return examples
    step = len(examples) / most
    return [examples[int(index * step)] for index in range(most)]
