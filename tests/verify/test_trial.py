"""What follows from a run of a suite: endings, what outweighs what, and how surely a mistake is noticed."""

from __future__ import annotations

from collections.abc import Generator
from types import SimpleNamespace
from typing import Any

import pytest

from grader.evidence.suite.job import Broke, Collected, Done, Message, Ran
from grader.model import Failure, Fault, Promise, PromiseOutcome
from grader.verify.mutation.generation import Mutant
from grader.verify.mutation.killing import Killers, Stall
from grader.verify.trial import LOST, chance_to_pass, followed

OURS = Failure(fault=Fault.HARNESS, reason="ours")


def ran(outcome: PromiseOutcome = PromiseOutcome.BROKEN, **options: Any) -> Ran:
    return Ran(promise=Promise(id="test_it", text="It holds.", outcome=outcome, criterion="c"), **options)


def said(*messages: Message) -> Generator[Message, None, None]:
    yield from messages


def test_a_run_without_an_end_is_lost() -> None:
    """Whatever was said before; a reason that was said outweighs that."""
    assert followed(said()).failure == LOST
    assert followed(said(Collected(tests=("test_it",)), ran())).failure == LOST
    assert followed(said(Broke(failure=OURS))).failure == OURS
    assert followed(said(Broke(failure=OURS), Done(milliseconds=1))).failure == OURS
    assert followed(said(Done(milliseconds=1))).failure is None


def test_the_worse_of_two_judgements_of_a_test_counts() -> None:
    """A test is judged by its call and by its teardown."""
    kept, broken = ran(PromiseOutcome.KEPT), ran()
    assert followed(said(kept, broken, Done(milliseconds=1))).tests == (broken,)
    assert followed(said(broken, kept, Done(milliseconds=1))).tests == (broken,)


def test_all_that_hypothesis_had_to_draw_is_named() -> None:
    """What could not be drawn beforehand, and what drew after its first question."""
    messages = said(Collected(tests=(), undrawn=("test_random",)), ran(drew_late=True), Done(milliseconds=1))
    assert followed(messages).undrawn == ("test_random", "test_it")


@pytest.mark.parametrize(
    ("failing", "asked", "chance"),
    [
        (0, 0, 0.0),  # nothing is drawn: it breaks under every seed
        (10, 10, 0.0),
        (1, 10, 0.9**10),
        (3, 10, 0.7**10),
        (4, 4, 0.0),
        (4, 7, 0.5**10),  # asking ended with the fourth: of the six before it three failed
    ],
)
def test_the_chance_to_miss_a_mistake_follows_from_its_examples(failing: int, asked: int, chance: float) -> None:
    """Each of the ten examples of another exam fails as often as those of this one."""
    assert chance_to_pass(ran(failing=failing, asked=asked, examples=10)) == pytest.approx(chance)


class Scripted(Stall):
    """A worker whose mutant is noticed under some seeds only."""

    def __init__(self, seeds: tuple[int, ...], noticed: dict[int, Ran]) -> None:
        super().__init__(
            SimpleNamespace(
                seeds=seeds,
                entrant=lambda _: SimpleNamespace(submission=SimpleNamespace(write=lambda _: None)),
                folder=lambda _: None,
                challenge=SimpleNamespace(manifest=SimpleNamespace(budget=SimpleNamespace(call_seconds=2.0))),
            ),  # type: ignore[arg-type]  # what a worker asks of an examination, and nothing else
            0,
        )
        self._noticed = noticed
        self.asked: list[int] = []

    def _with(self, mutant: Mutant, killers: Killers, examples: int | None, seed: int) -> Ran | None:
        self.asked.append(seed)
        return self._noticed.get(seed)


MUTANT = Mutant(id="a.py:f:negate:0", path="a.py", line=1, text="", diff="")
SURE, RARE = ran(failing=3, asked=3, examples=15), ran(failing=1, asked=15, examples=15)


@pytest.mark.parametrize(
    ("number", "noticed", "lucky", "asked"),
    [
        (0, dict.fromkeys((1, 2, 3, 4, 5), SURE), "", [1]),
        (1, dict.fromkeys((1, 2, 3, 4, 5), SURE), "", [2]),
        (5, dict.fromkeys((1, 2, 3, 4, 5), RARE), "", [3, 1, 2, 4, 5]),
        (0, {1: RARE, 3: RARE, 4: RARE, 5: RARE}, "", [1, 2, 3, 4, 5]),
        (0, {1: RARE, 4: RARE}, "2 of 5", [1, 2, 3, 4, 5]),
        (0, {2: SURE}, "1 of 5", [1, 1, 2, 3, 4, 5]),
    ],
)
def test_a_mutant_has_to_die_under_most_seeds(
    number: int, noticed: dict[int, Ran], lucky: str, asked: list[int]
) -> None:
    """Mutants rotate through exams; one whose death may be luck, or that outlived an exam, sits them all."""
    stall = Scripted((1, 2, 3, 4, 5), noticed)
    death = stall.death(MUTANT, Killers(), number)
    assert (death.killer, death.lucky, stall.asked) == ("test_it", lucky, asked)


def test_a_survivor_has_sat_two_exams() -> None:
    """What no example of one exam tells from the reference, another may."""
    stall = Scripted((1, 2, 3, 4, 5), {})
    assert stall.death(MUTANT, Killers(), 2).killer == ""
    assert stall.asked == [3, 3, 4]
