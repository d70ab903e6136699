"""Work that is spread over threads ends together: with results, with the first failure, or when somebody stops it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from grader.challenges.challenge import Challenge
from grader.verify.examination import Examination, GivenUp
from grader.verify.verdict import Unmeasured
from sandbox.backends import backend_named

Weakened = Callable[..., Challenge]

FOR_EVER = '''

import time


@criterion("bounds")
def test_for_ever(submission: SubmissionHandle) -> None:
    """This one takes longer than anybody waits."""
    time.sleep(600)
'''


@pytest.fixture
def exam(challenge: Weakened) -> Iterator[Examination]:
    with Examination(challenge(), backend=backend_named("bubblewrap"), seeds=(1,), jobs=2) as made:
        yield made


def test_results_come_in_order(exam: Examination) -> None:
    """Whoever was faster."""

    def slow_first(number: int) -> int:
        time.sleep(0.05 * (3 - number))
        return number * number

    assert exam.each(slow_first, range(3), saying="number") == [0, 1, 4]


def test_the_first_failure_ends_the_work(exam: Examination) -> None:
    """Nothing new is begun, the failure is told rather than its consequences, and the next work is not affected."""
    begun: list[int] = []
    both = threading.Barrier(2)

    def fail(number: int) -> None:
        begun.append(number)
        if number < 2:
            both.wait()
        if number == 1:
            raise ZeroDivisionError
        time.sleep(0.2)
        exam.go_on()

    with pytest.raises(ZeroDivisionError):
        exam.each(fail, range(50), saying="number")
    assert len(begun) < 5
    assert exam.each(str, range(2), saying="number") == ["0", "1"]


def test_what_is_made_once_fails_alike_for_all(exam: Examination) -> None:
    """A folder that is refused is refused to everyone who asks."""
    for _ in range(2):
        with pytest.raises(Exception, match="there is no such"):
            exam.entrant("nowhere")


def test_closing_ends_a_trial_in_the_middle(challenge: Weakened) -> None:
    """Whoever interrupts a verification does not wait for the suite."""
    subject = challenge()
    subject.suite.write_text(subject.suite.read_text() + FOR_EVER)
    ended: list[BaseException] = []
    with Examination(subject, backend=backend_named("bubblewrap"), seeds=(1,), jobs=1) as exam:

        def attempt() -> None:
            try:
                exam.each(lambda seed: exam.marks(exam.entrant("solution"), seed), [1], saying="seed")
            except Unmeasured as error:
                ended.append(error)

        thread = threading.Thread(target=attempt)
        thread.start()
        time.sleep(2)
    thread.join(timeout=40)
    assert not thread.is_alive()
    assert len(ended) == 1
    assert not isinstance(ended[0], GivenUp)
