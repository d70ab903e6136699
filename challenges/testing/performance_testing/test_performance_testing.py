"""The hidden suite of performance_testing: loads in virtual time, histograms against exact counts, runs to compare.

A target takes as long as its plan says for the time at which a request starts. So it does not matter in which order
requests start that are overdue together, and every start and end is known outside.
"""

from __future__ import annotations

import math
import random
from array import array
from collections import Counter
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from grader.suite import Benchmark, Observation, Quantity, SubmissionHandle, Unkept, criterion

Plan = dict[str, Any]
Step = list[Any]
Run = list[float]
Draw = Callable[[], float]

ROUNDING = 2e-6
"""The seconds by which a time may differ: different sums of floats, on a clock that is far from 0."""
WAIT_UNIT, BLOCK_UNIT = 1 / 997, 1 / 991
"""Waits, blocks and due times are multiples of different primes' fractions, so that no two things coincide."""

# ---- loads: plans ---------------------------------------------------------------------------------------------------

starts = st.integers(1, 1 << 16).map(float)
quick = st.integers(1, 300).map(lambda units: units * WAIT_UNIT)
slow = st.integers(1_500, 3_900).map(lambda units: units * WAIT_UNIT)


def size_of(plan: Plan) -> int:
    """Return how many requests are due."""
    return math.ceil(Fraction(plan["rate"]) * Fraction(plan["seconds"]))


def due_times(plan: Plan) -> Run:
    return [number / plan["rate"] for number in range(size_of(plan))]


@st.composite
def phases(draw: st.DrawFn, *waits: st.SearchStrategy[float], span: float) -> list[list[float]]:
    """How long requests take that start before a time, and before the next."""
    times = sorted(draw(st.lists(st.integers(1, 1000), min_size=3, max_size=3, unique=True)))
    ends = [time * span / 1000 for time in times]
    return [[until, draw(st.one_of(*waits))] for until in [*ends, 1e9]]


RATES = (3, 5, 6, 7, 10, 12, 20, 25, 30, 50, 60, 70, 2.5, 0.75)


def sums_are_below(rate: float, seconds: float) -> bool:
    """Return whether as many intervals as fit into the duration add up to less, because floats are rounded."""
    number = rate * seconds
    return number == int(number) and sum([1 / rate] * int(number)) < seconds


EDGES = [
    (rate, quarters / 4)
    for rate in RATES
    for quarters in range(math.ceil(16 / rate), math.ceil(160 / rate))
    if sums_are_below(rate, quarters / 4)
]


@st.composite
def edge_plans(draw: st.DrawFn, *waits: st.SearchStrategy[float]) -> Plan:
    """A rate and a duration with which one more request comes from adding up intervals, or from asking for `<=`."""
    rate, seconds = draw(st.sampled_from(EDGES))
    return {"start": draw(starts), "rate": rate, "seconds": seconds, "phases": draw(phases(*waits, span=seconds))}


@st.composite
def plans(draw: st.DrawFn, *waits: st.SearchStrategy[float], least: int = 4, most: int = 40) -> Plan:
    """A rate and a duration whose product is exact, often a whole number, and a target."""
    rate = draw(st.sampled_from(RATES))
    quarters = draw(st.integers(math.ceil(4 * least / rate), math.ceil(4 * most / rate)))
    seconds = quarters / 4 + draw(st.sampled_from([0, 0, 0, 1 / 64, 5 / 64]))
    return {
        "start": draw(starts),
        "rate": rate,
        "seconds": seconds,
        "phases": draw(phases(*waits, span=seconds)),
    }


@st.composite
def late_plans(draw: st.DrawFn) -> Plan:
    """Plans for a coarse clock, or with two requests that block the loop: each starts when it is due."""
    plan = draw(plans(quick, least=30))
    if draw(st.booleans()):
        return plan | {"tick": draw(st.sampled_from([2, 3, 4])) / plan["rate"] * draw(st.sampled_from([0.5, 1, 2]))}
    blocks: list[list[float]] = []
    position = 0
    for _ in range(2):
        position += draw(st.integers(1, 5))
        units = draw(st.integers(math.ceil(2 / plan["rate"] / BLOCK_UNIT), math.ceil(6 / plan["rate"] / BLOCK_UNIT)))
        blocks.append([position, units * BLOCK_UNIT])
        position += math.ceil(units * BLOCK_UNIT * plan["rate"]) + 1
    return plan | {"blocks": blocks}


def start_times(plan: Plan) -> Run:
    """Return when each request starts: when it is due, or as soon as the clock and the loop allow."""
    dues = due_times(plan)
    if tick := plan.get("tick"):
        return [math.ceil((due - ROUNDING) / tick) * tick for due in dues]
    blocks = dict(plan.get("blocks", []))
    free, right = 0.0, []
    for number, due in enumerate(dues):
        right.append(max(due, free))
        free = max(free, right[-1] + blocks[number]) if number in blocks else free
    return right


# ---- loads: what came back ------------------------------------------------------------------------------------------


class Logged(NamedTuple):
    """When a request started and ended, and how, as its target noted."""

    started: float
    ended: float
    how: str


def logged(seen: Observation) -> list[Logged]:
    """Return what the target noted. Raises AssertionError if that is nothing, or anything else."""
    log = [Logged(row[0].value, row[1].value, row[2].value) for row in seen.log]
    assert log, "no request was started"
    assert all(type(row.started) is type(row.ended) is float for row in log), "no times"
    return log


def seconds_of(plan: Plan, started: float) -> float:
    """Return how long a request takes that starts at a time."""
    return float(next(seconds for until, seconds in plan["phases"] if started < until))


def assert_as_planned(log: Sequence[Logged], plan: Plan) -> None:
    """Assert that requests that came to their own end took as long as planned."""
    for row in log:
        if row.how != "cancelled" and row.ended >= row.started:
            right = seconds_of(plan, row.started)
            assert abs(row.ended - row.started - right) <= ROUNDING, f"{row} would take {right} s"


class Loaded(NamedTuple):
    """What the target and the caller of `load` saw."""

    log: list[Logged]
    requests: list[list[Any]]

    @property
    def times(self) -> Run:
        """How long each request took."""
        return [row.ended - row.started for row in self.log]


def loaded(submission: SubmissionHandle, plan: Plan) -> Loaded:
    """Load a target as planned. Raises AssertionError unless `load` returns a list."""
    seen = submission.call("load", plan)
    assert seen.how == "returned", f"load {seen.how.value}"
    return Loaded(logged(seen), [[row[0].value, row[1].value, row[2].value] for row in seen.requests])


def same_times(seen: Sequence[Any], right: Sequence[float], what: str, more_or_less: int = 1) -> None:
    """Assert that times are these, but for rounding. How many requests there are exactly is one promise, not all."""
    assert abs(len(seen) - len(right)) <= more_or_less, f"there were {len(seen)} requests and not {len(right)}"
    for number, (own, expected) in enumerate(zip(seen, right, strict=False)):
        if type(own) is not float or abs(own - expected) > ROUNDING:
            raise Unkept(f"request {number} {what} {own}, and not {expected:.6f}")


def assert_starts(submission: SubmissionHandle, plan: Plan, more_or_less: int = 1) -> None:
    """Assert that each request starts when it is due, or as soon as the clock and the loop allow."""
    log = logged(submission.call("load", plan))
    same_times([row.started for row in log], start_times(plan), f"({described(plan)}) started at", more_or_less)


def assert_latencies(seen: Loaded, right: Run) -> None:
    """Assert that the latencies are among these: that all requests are returned, and in order, is another promise."""
    left = sorted(right, reverse=True)
    assert seen.requests, f"none of {len(right)} requests was returned"
    assert len(seen.requests) <= len(right), f"of {len(right)} requests {len(seen.requests)} were returned"
    for latency in sorted(row[1] for row in seen.requests if type(row[1]) is float):
        while left and left[-1] < latency - ROUNDING:
            left.pop()
        assert left, f"no request has the latency {latency}: the longest is {max(right)}"
        assert left.pop() <= latency + ROUNDING, f"no request has the latency {latency}"
    assert all(type(row[1]) is float for row in seen.requests), "a latency is not a number"


def assert_refused(outcome: Observation, what: str) -> None:
    """Assert that a call raised ValueError, or a subclass."""
    assert outcome[0] == "raised", f"{what} came to {outcome.value}"
    kinds = [outcome[1].value, *(base.value for base in outcome[2])]
    assert "ValueError" in kinds, f"{what} raised {kinds[0]}"


def described(plan: Plan) -> str:
    return f"rate={plan['rate']}, seconds={plan['seconds']}"


# ---- open_model -----------------------------------------------------------------------------------------------------


@criterion("open_model", weight=3, hint="Sleep until start + i / rate; let each request run in a task of its own.")
@given(plan=st.one_of(plans(quick, slow), edge_plans(quick, slow)))
def test_schedule(submission: SubmissionHandle, plan: Plan) -> None:
    """Request i starts i / rate seconds after the beginning, however slow others are, as long as i / rate < seconds."""
    assert_starts(submission, plan, more_or_less=0)


@criterion("open_model", weight=2, hint="No pool, no semaphore: a user who clicks does not know who else waits.")
@settings(max_examples=2)
@given(plan=plans(st.integers(20_000, 40_000).map(lambda units: units * WAIT_UNIT), least=1050, most=1100))
def test_any_number_in_flight(submission: SubmissionHandle, plan: Plan) -> None:
    """Requests start when they are due, too, if more than a thousand are in flight."""
    plan = plan | {"phases": [[until, seconds + plan["seconds"]] for until, seconds in plan["phases"]]}
    assert_starts(submission, plan)


@criterion("open_model", weight=2, hint="Reckon from the beginning, not from when the last sleep ended; skip nothing.")
@given(plan=late_plans())
def test_overdue_requests(submission: SubmissionHandle, plan: Plan) -> None:
    """After a late wake-up or a blocked loop, all overdue requests start at once, and the schedule stays as it was."""
    assert_starts(submission, plan)


@criterion("open_model", weight=3, hint="A request that starts late has waited already: its latency counts from `due`.")
@given(plan=late_plans())
def test_latency_after_late_starts(submission: SubmissionHandle, plan: Plan) -> None:
    """A latency is the time from when the request was due, even if it started late, until it ended."""
    seen = loaded(submission, plan)
    assert_latencies(seen, [row.ended - number / plan["rate"] for number, row in enumerate(seen.log)])


@criterion("open_model", weight=2, hint="Note the time in the request's own task, when the target has ended.")
@given(plan=plans(quick))
def test_latency(submission: SubmissionHandle, plan: Plan) -> None:
    """The latency of a request that starts in time is the time that it takes, to the end of its own coroutine."""
    seen = loaded(submission, plan)
    assert_as_planned(seen.log, plan)
    assert_latencies(seen, seen.times)


@criterion("open_model", hint="A request that fails has taken its time, too.")
@given(plan=plans(quick, least=10), positions=st.sets(st.integers(0, 9), min_size=4, max_size=8))
def test_latency_of_failures(submission: SubmissionHandle, plan: Plan, positions: set[int]) -> None:
    """The latency of a request that fails is the time until it failed."""
    seen = loaded(submission, plan | {"troubles": [[position, "TimeoutError"] for position in sorted(positions)]})
    assert_as_planned(seen.log, plan)
    assert_latencies(seen, seen.times)


@criterion("open_model", hint="Ask the clock that was given, not the event loop's, and never the machine's.")
@given(plan=plans(quick), loop_start=starts, pace=st.sampled_from([0.25, 0.5, 2.0, 4.0]))
def test_clock(submission: SubmissionHandle, plan: Plan, loop_start: float, pace: float) -> None:
    """All times are those of the clock, which may have another beginning and pace than the event loop."""
    plan = plan | {"loop_start": loop_start, "pace": pace}
    assert_starts(submission, plan)
    seen = loaded(submission, plan)
    assert_as_planned(seen.log, plan)
    assert_latencies(seen, seen.times)


# ---- endings --------------------------------------------------------------------------------------------------------

TROUBLES = ("ValueError", "KeyError", "OSError", "TimeoutError", "RuntimeError")


@criterion("endings", weight=2, hint="Sort by due time, not by when requests ended; `due` does not count from 0:00.")
@given(plan=plans(quick, slow))
def test_order(submission: SubmissionHandle, plan: Plan) -> None:
    """`load` returns all requests in the order in which they were due, with their due times."""
    seen = loaded(submission, plan)
    same_times([row[0] for row in seen.requests], due_times(plan), "returned was due at")


@criterion("endings", weight=2, hint="Slow requests at the end are the ones that matter.")
@given(plan=plans(quick, slow, least=6))
def test_waits_for_the_last(submission: SubmissionHandle, plan: Plan) -> None:
    """`load` returns when the last request has ended, not before and not later; no task is left."""
    seen = submission.call("load", plan | {"watch": 1.0})
    assert seen.how == "returned", f"load {seen.how.value}"
    log = logged(seen)
    unfinished = [row for row in log if row.how != "ended"]
    assert not unfinished, (
        f"{unfinished[0].how}: the request that started at {unfinished[0].started}, {described(plan)}"
    )
    assert_as_planned(log, plan)
    last = max(row.ended for row in log)
    assert last - ROUNDING <= seen.at <= last + ROUNDING, (
        f"the last request ended at {last}, and load at {seen.at.value}"
    )
    assert seen.left == 0, f"{seen.left.value} tasks were left"


@criterion("endings", weight=2, hint="Catch Exception around the awaited target, and keep the object.")
@given(
    plan=plans(quick, slow, least=10),
    positions=st.sets(st.integers(0, 9), min_size=2, max_size=6),
    kinds=st.permutations(TROUBLES),
)
def test_errors(submission: SubmissionHandle, plan: Plan, positions: set[int], kinds: list[str]) -> None:
    """A request's exception becomes its `error`, the same object; the others go on."""
    troubles = [[position, kinds[index % len(kinds)]] for index, position in enumerate(sorted(positions))]
    seen = loaded(submission, plan | {"troubles": troubles})
    rows = [row for row in seen.requests if type(row[0]) is float]
    causes = [cause for _due, _latency, cause in sorted(rows, key=lambda row: row[0])]
    right = [number if number in positions else None for number in range(len(causes))]
    assert abs(len(causes) - size_of(plan)) <= 1, f"{len(causes)} of {size_of(plan)} requests were returned"
    assert causes == right, "the errors, by the number of the request that raised them"


@criterion("endings", weight=2, hint="A TaskGroup cancels what is in flight, and waits for it.")
@given(
    plan=plans(slow, least=20),
    share=st.integers(100, 990),
    cleanups=st.lists(st.integers(1, 200).map(lambda units: units * WAIT_UNIT), min_size=2, max_size=4),
    tail=st.booleans(),
)
def test_cancellation(
    submission: SubmissionHandle,
    plan: Plan,
    share: int,
    cleanups: Run,
    tail: bool,  # noqa: FBT001
) -> None:
    """If `load` is cancelled, nothing more starts; what is in flight is cancelled, and has ended before `load` has."""
    cancel = plan["seconds"] + 16 * BLOCK_UNIT if tail else plan["seconds"] * share / 1000 + BLOCK_UNIT / 3
    seen = submission.call("load", plan | {"cancel": cancel, "cleanups": cleanups, "watch": 20.0 + plan["seconds"]})
    assert seen.how == "cancelled", f"load {seen.how.value}"
    log = logged(seen)
    late = [row.started for row in log if row.started > cancel + ROUNDING]
    assert not late, f"cancelled at {cancel}, a request started at {late}"
    assert seen.more == 0, f"{seen.more.value} requests started after the cancellation"
    for number, (started, ended, how) in enumerate(log):
        end, right = started + seconds_of(plan, started), "ended"
        if end > cancel:
            end, right = cancel + cleanups[number % len(cleanups)], "cancelled"
        assert how == right, f"when `load` had been cancelled, request {number} was {how}, and not {right}"
        same_times([ended], [end], f"is {number}, and ended at")
    assert seen.left == 0, f"{seen.left.value} tasks were left"
    assert "cancelled" in [row.how for row in log], "nothing was in flight"


@criterion("endings", hint="Refuse nonsense before the first request.")
@given(wrong=st.integers(-3000, -1), right=st.integers(500, 9000).map(lambda number: number / 1000))
def test_load_arguments(submission: SubmissionHandle, wrong: int, right: float) -> None:
    """A `rate` or `seconds` that is not above 0 raises ValueError, and nothing starts."""
    low = wrong / 4000
    for arguments in ((0, right), (right, 0), (low, right), (right, low), (wrong, right), (right, wrong)):
        seen = submission.call("refuses", *arguments)
        assert_refused(seen["outcome"], f"rate={arguments[0]}, seconds={arguments[1]}")
        assert len(seen["starts"]) == 0, f"rate={arguments[0]}, seconds={arguments[1]}: requests started"
    seen = submission.call("refuses", right, 2.5)
    assert seen["outcome"][0] == "gave", f"rate={right}, seconds=2.5"
    assert abs(len(seen["starts"]) - right * 2.5) <= 1, f"rate={right}, seconds=2.5: {len(seen['starts'])} started"


# ---- histograms -----------------------------------------------------------------------------------------------------

EXACT = (12.5, 25, 37.5, 50, 62.5, 75, 87.5, 100)
"""Hundredths of these are exact in binary, so that the rank is beyond doubt."""
USUAL = (1, 5, 10, 90, 95, 99, 99.9, 99.99)

values = st.floats(math.log(1e-6), math.log(3600)).map(lambda power: min(3600.0, max(1e-6, math.exp(power))))


def ranked(recorded: Counter[float], rank: int) -> float:
    """Return the value at this rank."""
    for value in sorted(recorded):
        rank -= recorded[value]
        if rank <= 0:
            return value
    return max(recorded)


def right_percentiles(recorded: Counter[float], percent: float) -> list[float]:
    """Return the value at the nearest rank; both neighbours, if floats may round to either."""
    total = recorded.total()
    share = Fraction(percent) * total / 100
    ranks = {max(1, math.ceil(share))}
    if percent not in EXACT and abs(share - round(share)) < Fraction(1, 10**6):
        ranks = {max(1, round(share)), round(share) + 1}
    return [ranked(recorded, rank) for rank in ranks]


def middles(recorded: Counter[float]) -> list[float]:
    """Return a percentage for each value, at the middle of its ranks: any reading of "rank" gives the same value."""
    before, total = 0, recorded.total()
    percents = []
    for value in sorted(recorded):
        percents.append(100 * (before + recorded[value] / 2) / total)
        before += recorded[value]
    return percents


PRECISE, ROUGH = 0.01, 0.3
"""Relative. Only one promise is about precision; in others, values are a factor of two apart."""


def close(seen: Observation, right: Sequence[float], what: str, within: float = ROUGH) -> None:
    """Assert that a percentile was given that is near one of these."""
    own = seen[1].value
    if seen[0] != "gave" or type(own) is not float:
        raise Unkept(f"{what} came to {seen.value}")
    if not any(abs(own - value) <= value * (within + 1e-9) for value in right):
        raise Unkept(f"{what} was {own}, and {right[0]} would be right")


class Ledger:
    """Writes a program of steps on histograms, and keeps exact counts of what they have recorded."""

    def __init__(self) -> None:
        self.exact: dict[int, Counter[float]] = {}
        self.steps: list[tuple[Step, list[float] | int | None]] = []
        """Each with the right answer: values for a percentile, a count, or nothing."""

    def of(self, own: int) -> Counter[float]:
        return self.exact.setdefault(own, Counter())

    def record(self, own: int, value: float, *count: int) -> None:
        self.of(own)[value] += sum(count) or 1
        self.steps.append((["record", own, value, *count], None))

    def merge(self, own: int, other: int) -> None:
        self.of(own).update(self.of(other))
        self.steps.append((["merge", own, other], None))

    def ask(self, own: int, percents: Sequence[float] = ()) -> None:
        """Ask for the count, and for percentiles: by default, for those that are beyond doubt."""
        recorded = self.of(own)
        self.steps.append((["count", own], recorded.total()))
        for percent in percents or middles(recorded):
            self.steps.append((["percentile", own, percent], right_percentiles(recorded, percent)))

    def check(self, submission: SubmissionHandle, within: float = ROUGH) -> None:
        """Have the program carried out, and compare its answers."""
        answers = submission.call("histograms", [step for step, _right in self.steps])
        assert len(answers) == len(self.steps)
        for (step, right), answer in zip(self.steps, answers, strict=True):
            if isinstance(right, list):
                close(answer, right, f"percentile({step[2]})", within)
            else:
                assert answer == ["gave", right], step


@criterion("histogram", weight=3, hint="Buckets that grow by a constant factor: a bucket's value is in its middle.")
@given(drawn=st.lists(st.tuples(values, st.integers(11, 60)), min_size=8, max_size=16))
def test_precision(submission: SubmissionHandle, drawn: list[tuple[float, int]]) -> None:
    """A percentile is within 1 % of the value recorded, from a microsecond to an hour."""
    ledger = Ledger()
    for value, count in drawn:
        ledger.record(0, value, count)
    ledger.ask(0)
    ledger.check(submission, within=PRECISE)


powers = st.integers(12, 31).map(lambda power: 1e-6 * 2.0**power)


@criterion("histogram", weight=3, hint="The nearest rank is ceil(percent / 100 * count), counted from 1.")
@given(
    apart=st.lists(powers, min_size=3, max_size=12, unique=True),
    more=st.lists(st.integers(0, 11), max_size=6),
    seed=st.integers(0, 1 << 30),
)
def test_nearest_rank(submission: SubmissionHandle, apart: list[float], more: list[int], seed: int) -> None:
    """`percentile` gives the smallest value that at least so many percent of all values do not exceed."""
    drawn = [*apart, *(apart[index % len(apart)] for index in more)]
    random.Random(seed).shuffle(drawn)
    ledger = Ledger()
    for value in drawn:
        ledger.record(0, value)
    ledger.ask(0, (0, *EXACT, *USUAL))
    ledger.check(submission)


@criterion("histogram", weight=3, hint="Add the counts of the buckets: percentiles cannot be averaged.")
@given(
    runs=st.lists(st.lists(st.tuples(powers, st.integers(11, 40)), min_size=1, max_size=8), min_size=3, max_size=3),
    later=st.lists(powers, min_size=3, max_size=3),
)
def test_merge(submission: SubmissionHandle, runs: list[list[tuple[float, int]]], later: list[float]) -> None:
    """A merged histogram is as if it had recorded everything; the other one does not change, now or later."""
    ledger = Ledger()
    for own, run in enumerate(runs):
        for value, count in run:
            ledger.record(own, value, count)
    ledger.merge(0, 1)
    ledger.merge(0, 2)
    ledger.merge(3, 0)  # a new one
    ledger.merge(3, 4)  # with another new one
    for own, value in ((1, later[0]), (0, later[1]), (3, later[2])):
        for asked in (0, 1, 2, 3):
            ledger.ask(asked)
        ledger.record(own, value, 200)
    for asked in (0, 1, 2, 3):
        ledger.ask(asked)
    ledger.check(submission)


@criterion("histogram", hint="A Counter of buckets knows neither one thousand values nor a thousand million.")
@given(drawn=st.lists(st.tuples(powers, st.integers(10**9, 10**12)), min_size=2, max_size=6))
def test_large_counts(submission: SubmissionHandle, drawn: list[tuple[float, int]]) -> None:
    """A value can be recorded thousands of millions of times at once."""
    ledger = Ledger()
    for value, count in drawn:
        ledger.record(0, value, count)
    ledger.ask(0)
    ledger.check(submission)


@criterion("histogram", weight=2, hint="`not 0 <= value < inf` refuses NaN, too.")
@given(value=powers, wrong=st.integers(-5, 0), below=st.floats(-5, -0.001), above=st.floats(100.001, 500))
def test_histogram_arguments(
    submission: SubmissionHandle, value: float, wrong: int, below: float, above: float
) -> None:
    """Nonsense raises ValueError and changes nothing; 0 is a value; an empty histogram has no percentiles."""
    nonsense: list[Step] = [["record", 0, -value], ["record", 0, math.inf], ["record", 0, math.nan]]
    nonsense += [["record", 0, value, wrong], ["percentile", 0, below], ["percentile", 0, above]]
    steps: list[Step] = [
        ["percentile", 0, 50],
        *nonsense,
        ["count", 0],
        ["record", 0, 0],
        ["record", 0, value],
        *nonsense,
    ]
    right: list[Step] = [["percentile", 0, 25], ["count", 0], ["percentile", 0, 0], ["percentile", 0, 100]]
    answers = submission.call("histograms", [*steps, *right])
    refused = [step not in (["count", 0], ["record", 0, 0], ["record", 0, value]) for step in steps]
    for step, answer, is_refused in zip(steps, answers, refused, strict=False):
        if is_refused:
            assert_refused(answer, str(step))
        else:
            assert answer[0] == "gave", f"{step} came to {answer.value}"
    assert answers[len(nonsense) + 1] == ["gave", 0], "count of an empty histogram"
    assert answers[-4] == ["gave", 0.0], "percentile(25) of 0 and another value"
    assert answers[-3] == ["gave", 2], "count"
    assert answers[-2] == ["gave", 0.0], "percentile(0) of 0 and another value"
    close(answers[-1], [value], f"percentile(100) of 0 and {value}")


def ready(handle: SubmissionHandle, _size: int, _draw: random.Random) -> None:
    handle.call("ready")


def recorded(handle: SubmissionHandle, size: int, draw: random.Random) -> None:
    """Record many different values, spread evenly over all magnitudes: a part of them would give other percentiles."""
    percents = [low + 7.5 * draw.random() for low in (45, 55, 65, 75, 85, 92)]
    answers = handle.call("fill", draw.randrange(size), size, percents)
    assert len(answers) == len(percents)
    for percent, own in zip(percents, answers, strict=True):
        right = 1e-6 * 3.6e9 ** (percent / 100)
        assert 0.95 * right < own < 1.05 * right, f"percentile({percent}) was {own.value}, and not {right}"


@criterion("histogram", weight=4, hint="Keep counts of buckets, not values.")
def test_memory(submission: SubmissionHandle, reference: SubmissionHandle, rng: random.Random) -> None:
    """Two histograms of 40,000 different values, merged again and again, take at most 2 MiB; 1 MiB is to spare."""
    trial = Benchmark(submission, reference, rng, prepare=ready)
    trial.level(recorded, sizes=(40_000,), ratio=1.0, plus=3 << 20, of=Quantity.RESIDENT, what="full histograms")


# ---- detector: runs -------------------------------------------------------------------------------------------------

MANY = (800, 900)
FEW = (50, 60)


def exponential(draw: Draw, size: int) -> Run:
    return [-math.log(1 - draw()) + 1e-9 for _ in range(size)]


def two_humps(draw: Draw, size: int) -> Run:
    return [(1.0 if draw() < 0.5 else 4.0) * (0.85 + 0.3 * draw()) for _ in range(size)]


def heavy_tailed(draw: Draw, size: int) -> Run:
    return [(1 - draw()) ** (-1 / 1.3) for _ in range(size)]


def heaviest_tailed(draw: Draw, size: int) -> Run:
    return [(1 - draw()) ** (-1 / 1.05) for _ in range(size)]


def warming_up(draw: Draw, size: int) -> Run:
    noise = [0.5 + draw() * (0.5 + draw()) for _ in range(size)]
    return [(1 + 3 * math.exp(-4 * index / size)) * own for index, own in enumerate(noise)]


def narrow(draw: Draw, size: int) -> Run:
    return [0.91 + 0.18 * draw() for _ in range(size)]


def log_normal(spread: float) -> Callable[[Draw, int], Run]:
    """Return the kind whose logarithms have this standard deviation."""

    def run(draw: Draw, size: int) -> Run:
        return [
            math.exp(spread * math.sqrt(-2 * math.log(1 - draw())) * math.cos(math.tau * draw())) for _ in range(size)
        ]

    return run


KINDS = (exponential, two_humps, heavy_tailed, warming_up)


class Pair(NamedTuple):
    """Two runs, with the factor between them."""

    kind: str
    factor: float
    before: Run
    after: Run


def pair(
    rng: random.Random,
    kind: Callable[[Draw, int], Run],
    factor: float,
    before: tuple[int, int] = MANY,
    after: tuple[int, int] = MANY,
) -> Pair:
    """Draw two runs whose lengths are within these bounds; equal ones, where values depend on their place."""
    scale = math.exp(rng.uniform(math.log(0.001), 0.0))
    length = rng.randint(*after)
    old = kind(rng.random, length if kind is warming_up else rng.randint(*before))
    new = kind(rng.random, length)
    return Pair(kind.__name__, factor, [scale * own for own in old], [scale * factor * own for own in new])


def log_normal_pairs(rng: random.Random, lengths: tuple[int, int], number: int, *, slower: bool) -> list[Pair]:
    """Draw pairs of all spreads and lengths; a slowdown is as far above their noise as is promised to be found."""
    low, high = map(math.log, lengths)
    pairs: list[Pair] = []
    for index in range(number):
        spread = math.pow(0.1, (index + rng.random()) / number)
        least = round(math.exp(low + (high - low) * (index * 11 % number + rng.random()) / number))
        before, after = rng.randint(least, least * 5 // 4), rng.randint(least, least * 5 // 4)
        factor = max(1.25, math.exp(4.5 * spread * math.sqrt(1 / before + 1 / after))) if slower else 1.0
        drawn = pair(rng, log_normal(spread), factor, (before, before), (after, after))
        pairs.append(drawn._replace(kind="log_normal"))
    return pairs


def compared(submission: SubmissionHandle, rng: random.Random, pairs: list[Pair]) -> list[tuple[Pair, float | None]]:
    """Have all pairs compared, in a drawn order; return them with the slowdown that was reported."""
    rng.shuffle(pairs)
    verdicts: list[tuple[Pair, float | None]] = []
    for begin in range(0, len(pairs), 20):
        asked = pairs[begin : begin + 20]
        packed = [(array("f", own.before).tobytes(), array("f", own.after).tobytes()) for own in asked]
        answers = submission.call("compare", packed)
        assert len(answers) == len(asked)
        for own, answer in zip(asked, answers, strict=True):
            assert answer.value is None or type(answer.value) is float, f"slowdown is {answer.value}"
            verdicts.append((own, answer.value))
    return verdicts


class Alarms(NamedTuple):
    """How many pairs of each kind were reported, without a slowdown and with one."""

    false: Counter[str]
    found: Counter[str]


def alarms(submission: SubmissionHandle, rng: random.Random, pairs: list[Pair]) -> Alarms:
    verdicts = compared(submission, rng, pairs)
    reported = [own for own, slowdown in verdicts if slowdown is not None]
    return Alarms(
        Counter(own.kind for own in reported if own.factor == 1),
        Counter(own.kind for own in reported if own.factor > 1),
    )


def with_many(rng: random.Random, equal: int, slower: int) -> list[Pair]:
    """Draw so many pairs of each kind without a slowdown, and with one by 1.25, or as the log-normal kind requires."""
    pairs = [pair(rng, kind, factor) for kind in KINDS for factor in [1.0] * equal + [1.25] * slower]
    for number, slowed in ((equal, False), (slower, True)):
        pairs += log_normal_pairs(rng, (FEW[0], MANY[0]), number, slower=slowed)
    return pairs


def judge(seen: Alarms, *, most: int, of: int, least: int, among: int) -> None:
    """Assert that at most so many false alarms were given, and at least so many slowdowns found."""
    false, found = seen.false.total(), seen.found.total()
    told = f"{false} false alarms in {of} pairs of equals, {found} of {among} slowdowns found"
    assert false <= most, f"{told}: at most {most} false alarms are right"
    assert found >= least, f"{told}: at least {least} are right"


# ---- detector -------------------------------------------------------------------------------------------------------


@criterion("detector", weight=2, hint="Compare ranks, or bootstrap something robust: means and p95 are mostly noise.")
def test_signal_and_noise(submission: SubmissionHandle, rng: random.Random) -> None:
    """Of 100 pairs without a change at most 10 % are reported, of 60 with a slowdown at least 65 %."""
    judge(alarms(submission, rng, with_many(rng, 20, 12)), most=10, of=100, least=39, among=60)


@criterion("detector", weight=6, hint="A test that suits one kind of latency may fail for another; measure the noise.")
def test_signal_and_noise_of_each_kind(submission: SubmissionHandle, rng: random.Random) -> None:
    """At most 5 % false alarms, 20 % of a kind; at least 80 % of slowdowns found, 70 % of each kind."""
    seen = alarms(submission, rng, with_many(rng, 40, 25))
    judge(seen, most=10, of=200, least=100, among=125)
    for kind in (*(kind.__name__ for kind in KINDS), "log_normal"):
        told = f"{kind}: {seen.false[kind]} false alarms among 40, {seen.found[kind]} found of 25"
        assert seen.false[kind] <= 8, told
        assert seen.found[kind] >= 18, told


@criterion("detector", weight=5, hint="Noise depends on how many values there are; a fixed threshold does not know.")
def test_few_values(submission: SubmissionHandle, rng: random.Random) -> None:
    """With some 50 values, at most 5 % false alarms among 200, and at least 80 % found of 72 slowdowns."""
    lengths = [(MANY, FEW), (FEW, MANY), (MANY, FEW), (FEW, MANY), (FEW, FEW)]
    pairs = [
        pair(rng, kind, factor, *lengths[number % 5])
        for kind in KINDS
        for number, factor in enumerate([1.0] * 40 + [3.0] * 12)
    ]
    pairs += log_normal_pairs(rng, FEW, 40, slower=False) + log_normal_pairs(rng, FEW, 24, slower=True)
    judge(alarms(submission, rng, pairs), most=10, of=200, least=58, among=72)


@criterion("detector", weight=2, hint="Certain is not the same as relevant: ask for an effect, too.")
def test_relevance(submission: SubmissionHandle, rng: random.Random) -> None:
    """A slowdown by 1.03 or less is not reported, however certain; one by 1.25 of such latencies is."""
    pairs = [pair(rng, narrow, factor) for factor in [rng.uniform(1.015, 1.03) for _ in range(24)] + [1.25] * 16]
    verdicts = compared(submission, rng, pairs)
    small = [round(own.factor, 4) for own, slowdown in verdicts if slowdown is not None and own.factor < 1.1]
    found = sum(slowdown is not None for own, slowdown in verdicts if own.factor > 1.1)
    assert len(small) <= 1, f"reported were slowdowns by {small}"
    assert found >= 13, f"{found} of 16 slowdowns by 1.25 were found"


@criterion("detector", hint="Test one side: slower.")
def test_faster(submission: SubmissionHandle, rng: random.Random) -> None:
    """What became three to six times as fast is not reported, what became as much slower is."""
    factors = [rng.uniform(3, 6) for _ in range(8)]
    pairs = [pair(rng, kind, own, FEW, FEW) for kind in KINDS for factor in factors for own in (factor, 1 / factor)]
    verdicts = compared(submission, rng, pairs)
    false = sum(slowdown is not None for own, slowdown in verdicts if own.factor < 1)
    found = sum(slowdown is not None for own, slowdown in verdicts if own.factor > 1)
    told = f"{false} of 32 that became faster were reported, {found} of 32 that became slower"
    assert false <= 2, told
    assert found >= 26, told


@criterion("detector", weight=2, hint="A ratio of means follows the longest tail; compare logarithms, or quantiles.")
def test_slowdown(submission: SubmissionHandle, rng: random.Random) -> None:
    """`slowdown` is within 20 % of the factor, from 1.5 to 3, in at least 75 % of what is reported of each kind."""
    kinds = (exponential, two_humps, heaviest_tailed, warming_up)
    verdicts = compared(submission, rng, [pair(rng, kind, rng.uniform(1.5, 3)) for kind in kinds for _ in range(12)])
    for kind in kinds:
        reported = [(own.factor, slowdown) for own, slowdown in verdicts if slowdown and own.kind == kind.__name__]
        wrong = [f"{told} for {factor:.3f}" for factor, told in reported if abs(told - factor) > 0.2 * factor]
        assert reported, f"{kind.__name__}: none of 12 slowdowns was reported"
        assert 4 * len(wrong) <= len(reported), (
            f"{kind.__name__}: of {len(reported)}, these are not within 20 %: {wrong}"
        )


@criterion("detector", hint="Nothing cannot be compared.")
@given(run=st.lists(st.floats(0.001, 10), min_size=1, max_size=60))
def test_empty_runs(submission: SubmissionHandle, run: Run) -> None:
    """Comparing an empty run raises ValueError; two equal runs are no regression."""
    nothing: Run = []
    for sides in ([run, nothing], [nothing, run], [nothing, nothing]):
        outcome = submission.call("compare_nothing", sides)
        assert_refused(outcome, f"lengths {len(sides[0])}, {len(sides[1])}:")
    long = run * (120 // len(run) + 1)
    assert submission.call("compare_nothing", [long, long[::-1]]) == ["gave", True]
