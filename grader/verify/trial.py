"""One run of a challenge's hidden suite for its author: the outcome of each promise, and how certain it is."""

from __future__ import annotations

from collections.abc import Generator

from grader.evidence.suite.job import Broke, Caused, Collected, Done, Explained, Message, Observed, Ran, RanUnread
from grader.model import Fact, Failure, Fault, Promise, PromiseOutcome, Struct


class Trial(Struct, frozen=True, kw_only=True):
    """The outcome of a run. If there is a `failure`, nothing can be concluded from the rest."""

    tests: tuple[Ran, ...] = ()
    undrawn: tuple[str, ...] = ()
    """Tests whose inputs Hypothesis draws anew for each submission."""
    facts: tuple[Fact, ...] = ()
    """Whether the required constructs are at work."""
    failure: Failure | None = None
    milliseconds: float = 0.0

    @property
    def promises(self) -> tuple[Promise, ...]:
        """The outcome of each promise."""
        return tuple(test.promise for test in self.tests)

    @property
    def broken(self) -> Ran | None:
        """The first test whose promise was not kept."""
        return next((test for test in self.tests if test.promise.outcome is not PromiseOutcome.KEPT), None)


def followed(messages: Generator[Message, None, None]) -> Trial:
    """Gather the messages of a job into a trial."""
    tests: dict[str, Ran] = {}
    undrawn: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    failure: Failure | None = LOST
    milliseconds = 0.0
    for message in messages:
        match message:
            case Collected():
                undrawn = message.undrawn
            case Ran(promise=promise):
                undrawn += (promise.id,) if message.drew_late else ()
                known = tests.get(promise.id)
                if known is None or known.promise.outcome is PromiseOutcome.KEPT:
                    tests[promise.id] = message
            case Observed():
                facts = message.facts
            case Broke():
                failure = message.failure if failure is LOST else failure
            case Done():
                milliseconds = message.milliseconds
                failure = None if failure is LOST else failure
            case Explained() | Caused() | RanUnread():
                pass  # what candidates are shown decides no check
    return Trial(tests=tuple(tests.values()), undrawn=undrawn, facts=facts, failure=failure, milliseconds=milliseconds)


def chance_to_pass(test: Ran) -> float:
    """Estimate the probability that a broken promise is kept under another seed, from how many of its examples failed.

    Examples are assumed to fail independently, and all must pass. If a failure ended the run, it does not count towards
    the failure rate (the unbiased estimate for an experiment that ends with its n-th success).
    """
    if test.asked == 0:
        return 0.0
    ended = test.failing > 1 and test.asked < test.examples
    share = (test.failing - 1) / (test.asked - 1) if ended else test.failing / test.asked
    return (1.0 - share) ** test.examples


LOST = Failure(
    fault=Fault.HARNESS,
    reason="the process that runs the hidden suite was lost",
    remedy="Verify again with GRADER_DEBUG=1 to see the output of that process.",
)
