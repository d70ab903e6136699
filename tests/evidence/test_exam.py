"""An exam is drawn once for all who sit it, and each sitting is as if Hypothesis had drawn for it alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from grader.evidence.suite.client import SuiteHost
from grader.evidence.suite.exam import spread
from grader.evidence.suite.job import Collected, Explained, Message, Ran, SuiteJob
from grader.model import PromiseOutcome

SUITE = '''
import json
from hypothesis import given, note as driven, strategies as st
from grader.suite import criterion

NOTHING = object()
LOG = {log!r}
small = st.integers(0, 10**6)


def note(*values):
    with open(LOG, "a") as log:
        log.write(json.dumps(values) + "\\n")


@criterion("sums")
@given({strategies})
def test_sum(submission, {names}):
    """A sum is the sum of the two."""
    {body}
'''

Sit = Callable[..., list[Message]]


@pytest.fixture(scope="module")
def host() -> Iterator[SuiteHost]:
    with SuiteHost() as made:
        yield made


@pytest.fixture
def sit(adder: Path, tmp_path: Path, host: SuiteHost) -> Sit:
    """Sit an exam of one test. Each of what it notes is an item of `noted`."""

    def run(body: str, *, strategies: str = "a=small", submission: str = "solution", **options: Any) -> list[Message]:
        names = ", ".join(part.partition("=")[0].strip() for part in strategies.split("; "))
        text = SUITE.format(
            log=str(tmp_path / "log"), strategies=strategies.replace("; ", ", "), names=names, body=body
        )
        (adder / "test_adder.py").write_text(text)
        fields: dict[str, Any] = {"digest": "d", "seed": 1, "backend": "bubblewrap", "explain": False} | options
        return list(host.run(SuiteJob(challenge=adder, submission=adder / submission, **fields), seconds=60))

    return run


@pytest.fixture
def noted(tmp_path: Path) -> Callable[[], list[Any]]:
    """What was noted since it was asked the last time."""

    def read() -> list[Any]:
        log = tmp_path / "log"
        lines = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return [json.loads(line) for line in lines]

    return read


def ran(messages: list[Message]) -> Ran:
    (message,) = [message for message in messages if isinstance(message, Ran)]
    return message


def undrawn(messages: list[Message]) -> tuple[str, ...]:
    return next(message.undrawn for message in messages if isinstance(message, Collected))


ASKING = "note(a); assert submission.call('add', a, 1) == a + 1"


def test_everybody_with_a_seed_is_asked_the_same(sit: Sit, noted: Callable[[], list[Any]]) -> None:
    """Two submissions under one seed answer the same questions; under another seed all are drawn anew."""
    sit(ASKING, digest="one")
    one = noted()
    sit(ASKING, digest="two")
    two = noted()
    sit(ASKING, digest="two", seed=2)
    other = noted()
    assert one == two
    assert len(one) == len(other) == 10
    assert one != other


@pytest.mark.parametrize(
    "strategies",
    [
        "a=small",
        "a=st.lists(st.text(max_size=5), max_size=4)",
        "a=small.filter(lambda n: n % 3)",
        "a=st.builds(lambda n, m: [n, m], small, small)",
    ],
)
def test_the_exam_is_what_hypothesis_would_draw(sit: Sit, noted: Callable[[], list[Any]], strategies: str) -> None:
    """The same examples in the same order as in a test that Hypothesis drives, filters and mutations included."""
    drawn = sit("note(a); submission.call('add', 1, 1)", strategies=strategies)
    exam = noted()
    driven = sit("driven(''); note(a); submission.call('add', 1, 1)", strategies=strategies)
    assert (ran(drawn).drew_late, ran(driven).drew_late) == (False, True)
    assert exam == noted()
    assert len(exam) > 1


def test_no_sitting_sees_what_another_did_to_a_value(sit: Sit, noted: Callable[[], list[Any]]) -> None:
    """A body may change what it was given; the next submission is given the same, and sentinels stay themselves."""
    body = "note(a, b is NOTHING); a.append(0); submission.call('add', 1, 1)"
    strategies = "a=st.lists(small, max_size=3); b=st.just(NOTHING)"
    sit(body, strategies=strategies)
    first = noted()
    sit(body, strategies=strategies, digest="other")
    assert noted() == first
    assert all(is_itself for _, is_itself in first)


def test_what_a_body_draws_before_its_first_question_is_in_the_exam(sit: Sit, noted: Callable[[], list[Any]]) -> None:
    """`st.data()` is recorded; what the body does to a drawn value while it is recorded is undone."""
    body = (
        "n = data.draw(small); m = data.draw(st.lists(small, max_size=n % 4)); note(n, m); m.append(1); "
        "assert submission.call('add', n, 1) == n + 1"
    )
    messages = sit(body, strategies="data=st.data()")
    recorded = noted()
    assert (undrawn(messages), ran(messages).asked) == ((), 10)
    assert ran(sit(f"driven(''); {body}", strategies="data=st.data()")).drew_late
    assert recorded[:10] == recorded[10:] == noted()[10:]  # recording has noted each example, too


def test_a_test_that_draws_on_an_answer_is_left_to_hypothesis(sit: Sit, noted: Callable[[], list[Any]]) -> None:
    """It is judged by a run of Hypothesis from its fixtures on, and who verifies is told."""
    body = (
        "n = submission.call('add', 1, 1); m = 2 if data.draw(st.just(n)) == 2 else 0; note(m); "
        "assert submission.call('add', m, m) == 4"
    )
    messages = sit(body, strategies="data=st.data()")
    assert ran(messages).drew_late
    assert ran(messages).promise.outcome is PromiseOutcome.KEPT
    assert set(map(tuple, noted())) == {(2,)}


@pytest.mark.parametrize(
    "strategies",
    ["a=st.randoms()", "a=st.tuples(st.data())", "a=st.lists(st.randoms(), min_size=1)"],
)
def test_values_that_draw_when_they_are_used_are_left_to_hypothesis(sit: Sit, strategies: str) -> None:
    """Generators and sources of data, also within containers."""
    messages = sit("submission.call('add', 1, 1)", strategies=strategies)
    assert undrawn(messages) == ("test_sum",)
    assert ran(messages).promise.outcome is PromiseOutcome.KEPT


def test_a_function_that_draws_when_it_is_called_is_left_to_hypothesis(sit: Sit) -> None:
    """`st.functions()` makes them."""
    messages = sit(
        "assert submission.call('add', a(), 1) > 0", strategies="a=st.functions(like=lambda: 0, returns=small)"
    )
    assert ran(messages).drew_late
    assert ran(messages).promise.outcome is PromiseOutcome.KEPT


def test_an_example_that_fails_is_named_and_counted(sit: Sit) -> None:
    """The first failure is final and shown; where more are counted, each is asked of a fresh child."""
    body = "assert submission.call('add', a, 1) == (a + 1 if a % 2 else 0)"
    first = ran(sit(body))
    assert (first.failing, first.promise.outcome) == (1, PromiseOutcome.BROKEN)
    assert first.promise.detail is not None
    assert "Falsifying example: test_sum(\n    a=" in first.promise.detail.counterexample
    counted = ran(sit(body, failing_examples=100))
    assert counted.asked == 10
    assert 1 < counted.failing < 10


def test_explaining_asks_something_else(sit: Sit, noted: Callable[[], list[Any]]) -> None:
    """What a candidate is shown of a failure is no question of the verdict's, but for the simplest of all."""
    body = "note(a); assert submission.call('add', a, 1) == (0 if a > 1000 else a + 1)"
    assert ran(sit(body)).promise.outcome is PromiseOutcome.BROKEN
    verdict = noted()
    explained = [message for message in sit(body, explain=True) if isinstance(message, Explained)]
    assert [question for question in noted()[len(verdict) :] if question in verdict] in ([], [[0]])
    assert explained[0].promise.detail is not None
    assert "a=1001," in explained[0].promise.detail.counterexample


def test_fewer_examples_are_taken_from_everywhere() -> None:
    """Hypothesis draws the smallest first: a glance at five of fifteen takes every third."""
    examples = [{"a": number} for number in range(15)]
    assert [example["a"] for example in spread(examples, 5)] == [0, 3, 6, 9, 12]
    assert spread(examples, 20) == spread(examples, None) == examples
    assert [example["a"] for example in spread(examples[:7], 3)] == [0, 2, 4]
