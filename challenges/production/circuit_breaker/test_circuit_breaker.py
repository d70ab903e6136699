"""Hidden suite: drawn stories of calls, failures and waits, held against a model of the breaker."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from grader.suite import SubmissionHandle, criterion

RAISED = {"fail": "Outage", "worse": "Worse", "other": "Bug", "exit": "Exit"}
FAILURES = ("fail", "worse")


# --- the model ---------------------------------------------------------------------------------------------------


@dataclass
class Model:
    """What the brief says, one step at a time."""

    failure_threshold: int
    recovery_timeout: float
    half_open_limit: int
    success_threshold: int
    now: float = 0.0
    state: str = "CLOSED"
    period: int = 0
    opened: float = 0.0
    failures: int = 0
    successes: int = 0
    in_flight: int = 0
    changes: list[list[str]] = field(default_factory=list)

    def enter(self) -> float | None:
        """None: let in."""
        if self.state == "OPEN":
            left = self.recovery_timeout - (self.now - self.opened)
            if left > 0:
                return left
            self._turn("HALF_OPEN")
        if self.state == "HALF_OPEN":
            if self.in_flight == self.half_open_limit:
                return 0.0
            self.in_flight += 1
        return None

    def leave(self, period: int, ending: str) -> None:
        """A call that was let in in `period` ends."""
        if period != self.period:
            return
        self.in_flight -= 1
        if ending in FAILURES:
            self.failures += 1
            if self.state == "HALF_OPEN" or self.failures == self.failure_threshold:
                self.opened = self.now
                self._turn("OPEN")
        elif ending == "ok":
            self.failures = 0
            self.successes += 1
            if self.state == "HALF_OPEN" and self.successes == self.success_threshold:
                self._turn("CLOSED")

    def _turn(self, state: str) -> None:
        self.changes.append([self.state, state])
        self.state = state
        self.period += 1
        self.failures = self.successes = self.in_flight = 0

    def news(self) -> list[list[str]]:
        """The transitions since the last time."""
        changes, self.changes = self.changes, []
        return changes


def model_of(configuration: dict[str, Any], now: float = 0.0) -> Model:
    """A model with the settings of a breaker."""
    return Model(**{key: value for key, value in configuration.items() if key != "name"}, now=now)


def story_of(configuration: dict[str, Any], now: float, program: list[tuple[Any, ...]]) -> list[Any]:
    """What the probe's `story` must return."""
    model = model_of(configuration, now)
    trace: list[Any] = []
    for step in program:
        if step[0] == "wait":
            model.now += step[1]
        else:
            _, ending, seconds, args, keywords = step
            refusal = model.enter()
            if refusal is None:
                trace.append(["ran", list(args), keywords])
                period = model.period
                model.now += seconds
                model.leave(period, ending)
                answer = ["returned", [list(args), keywords]] if ending == "ok" else ["raised", RAISED[ending], *args]
                trace.append(answer)
            else:
                trace.append(["refused", configuration["name"], refusal])
        trace.append(model.state)
    return trace


def report_of(configuration: dict[str, Any], now: float, program: list[tuple[Any, ...]], *, asks: bool) -> list[Any]:
    """What the probe's `report` must return. With `asks`, each entry of a hook ends with the state that it saw."""
    model = model_of(configuration, now)
    name = configuration["name"]
    trace: list[Any] = []

    def tell(entry: list[Any]) -> None:
        trace.append([*entry, model.state] if asks else entry)

    for step in program:
        if step[0] == "wait":
            model.now += step[1]
            continue
        _, ending, seconds = step
        refusal = model.enter()
        for change in model.news():
            tell(["changed", name, *change])
        if refusal is not None:
            tell(["refused", name, refusal])
            trace += [["refused", name, refusal], model.state]
            continue
        trace.append("ran")
        model.now += seconds
        model.leave(model.period, ending)
        tell(["finished", name, outcome_of(ending), seconds])
        for change in model.news():
            tell(["changed", name, *change])
        trace.append(["returned", None] if ending == "ok" else ["raised", RAISED[ending], seconds])
        trace.append(model.state)
    return trace


def outcome_of(ending: str) -> str:
    """The word of the brief for an ending."""
    return "success" if ending == "ok" else "failure" if ending in FAILURES else "ignored"


def schedule_of(configuration: dict[str, Any], program: list[tuple[Any, ...]]) -> list[Any]:
    """What the probe's `schedule` must return."""
    model = model_of(configuration)
    inside: dict[int, int] = {}
    trace: list[Any] = []
    for step in program:
        if step[0] == "wait":
            model.now += step[1]
        elif step[0] == "start":
            refusal = model.enter()
            if refusal is None:
                inside[step[1]] = model.period
            event = ["entered"] if refusal is None else ["refused", configuration["name"], refusal]
            trace.append([*event, model.state])
        elif step[1] in inside:
            _, caller, ending, value = step
            model.leave(inside.pop(caller), ending)
            event = ["returned", [caller, value]] if ending == "ok" else ["raised", RAISED[ending], [caller, value]]
            trace.append([*event, model.state])
    return trace


def resilient_of(configuration: dict[str, Any], retry: dict[str, Any], program: list[tuple[Any, ...]]) -> list[Any]:
    """What the probe's `resilient` must return."""
    model = model_of(configuration)
    trace: list[Any] = []
    for step in program:
        if step[0] == "wait":
            model.now += step[1]
        else:
            trace.append(resilient_call(model, configuration["name"], retry, step, trace))
        trace.append(model.state)
    return trace


def resilient_call(model: Model, name: str, retry: dict[str, Any], step: tuple[Any, ...], trace: list[Any]) -> Any:
    """What one call through a ResilientCaller comes to."""
    how, endings, answer, args, keywords = step
    outage: list[Any] = []
    for attempt, (number, ending) in enumerate(endings[: retry["attempts"]], start=1):
        refusal = model.enter()
        if refusal is not None:
            outage = ["CircuitOpenError", refusal]
            break
        trace.append(["ran", list(args), keywords])
        model.leave(model.period, ending)
        value = [number, list(args), keywords]
        if ending == "ok":
            return ["returned", value]
        if ending not in FAILURES:
            return ["raised", RAISED[ending], value]
        outage = [RAISED[ending], value]
        if attempt < retry["attempts"]:
            delay = delay_of(retry, attempt)
            trace.append(["slept", delay])
            model.now += delay
    if how == "call":
        return ["refused", name, outage[1]] if outage[0] == "CircuitOpenError" else ["raised", *outage]
    trace.append(["fell back", *outage])
    return ["raised", "Bug", "fallback", outage[1]] if answer == "raises" else ["returned", ["instead", answer]]


def delay_of(retry: dict[str, Any], attempt: int) -> float:
    """The brief's formula."""
    return float(min(retry["base_delay"] * retry["factor"] ** (attempt - 1), retry["max_delay"]))


# --- draws -------------------------------------------------------------------------------------------------------

names = st.text("abcxyz-", min_size=1, max_size=8)
numbers = st.integers(-(10**6), 10**6)
eighths = st.integers(0, 40).map(lambda count: count / 8)
starts = st.integers(-800, 8_000_000).map(lambda count: count / 8)
endings = st.sampled_from(["ok", "ok", "fail", "fail", "fail", "worse", "other", "exit"])
keys = st.sampled_from(["function", "self", "name", "x"])


@st.composite
def configurations(draw: st.DrawFn, *, limit: int = 3) -> dict[str, Any]:
    """Small numbers, so that programs cross every threshold."""
    return {
        "name": draw(names),
        "failure_threshold": draw(st.integers(1, 3)),
        "recovery_timeout": draw(st.integers(1, 32)) / 8,
        "half_open_limit": draw(st.integers(1, limit)),
        "success_threshold": draw(st.integers(1, 3)),
    }


def waits(configuration: dict[str, Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    """Just long enough, just too short, and anything."""
    timeout = configuration["recovery_timeout"]
    exact = st.sampled_from([timeout, timeout, timeout - 0.125, timeout + 0.125])
    return st.tuples(st.just("wait"), exact | eighths)


@st.composite
def stories(draw: st.DrawFn, *, arguments: bool) -> tuple[dict[str, Any], float, list[tuple[Any, ...]]]:
    """A configuration, the clock's start and a program for `story`, or for `report`, which takes no arguments."""
    configuration = draw(configurations())
    given_to = (st.lists(numbers, max_size=3), st.dictionaries(keys, numbers, max_size=2)) if arguments else ()
    seconds = st.sampled_from([0.0, 0.0, 0.125, 1.5, configuration["recovery_timeout"]])
    calls = st.tuples(st.just("call"), endings, seconds, *given_to)
    steps = draw(st.lists(st.one_of(calls, calls, calls, waits(configuration)), min_size=8, max_size=30))
    return configuration, draw(starts), steps


@st.composite
def schedules(draw: st.DrawFn) -> tuple[dict[str, Any], list[tuple[Any, ...]]]:
    """A configuration and a program for `schedule`: threads come and go in any order, and all go in the end."""
    configuration = draw(configurations())
    count = draw(st.integers(5, 12))
    program: list[tuple[Any, ...]] = []
    inside: list[int] = []
    for caller in range(count):
        program.append(("start", caller))
        inside.append(caller)
        if draw(st.integers(0, 3)) == 0:
            program.append(draw(waits(configuration)))
        while inside and draw(st.integers(0, 5)) < 3:
            leaver = inside.pop(draw(st.integers(0, len(inside) - 1)))
            program.append(("end", leaver, draw(endings), draw(numbers)))
            if draw(st.booleans()):
                program.append(("wait", configuration["recovery_timeout"]))
    program += [("end", caller, draw(endings), draw(numbers)) for caller in inside]
    return configuration, program


@st.composite
def retries(draw: st.DrawFn) -> dict[str, Any]:
    """Settings of a RetryPolicy that is allowed."""
    base = draw(st.integers(0, 16)) / 8
    return {
        "attempts": draw(st.integers(1, 5)),
        "base_delay": base,
        "factor": draw(st.sampled_from([1.0, 1.5, 2.0, 3.0])),
        "max_delay": base + draw(eighths),
    }


@st.composite
def resilient_programs(
    draw: st.DrawFn, *, ends: list[str], ways: list[str], threshold: int
) -> tuple[dict[str, Any], dict[str, Any], list[tuple[Any, ...]]]:
    """A breaker that opens after `threshold` failures or fewer, a policy, and a program for `resilient`."""
    configuration = {**draw(configurations()), "failure_threshold": draw(st.integers(max(1, threshold - 3), threshold))}
    retry = draw(retries())
    attempts = st.lists(st.tuples(numbers, st.sampled_from(ends)), min_size=6, max_size=6)
    answers = st.just("raises") | numbers
    arguments = st.lists(numbers, max_size=2)
    call = st.tuples(st.sampled_from(ways), attempts, answers, arguments, st.dictionaries(keys, numbers, max_size=2))
    return configuration, retry, draw(st.lists(st.one_of(call, call, waits(configuration)), min_size=1, max_size=6))


# --- the circuit opens, waits and recovers -----------------------------------------------------------------------


@criterion("states", weight=4, hint="Write down the table of states and outcomes first; then hold your code to it.")
@given(drawn=stories(arguments=True))
def test_stories(submission: SubmissionHandle, drawn: tuple[Any, ...]) -> None:
    """Through any story of calls and waits, every answer, refusal and state is the one that the brief describes."""
    assert submission.call("story", *drawn) == story_of(*drawn)


@criterion("states", weight=2, hint="A success starts the count again; an ignored outcome leaves it as it is.")
@given(threshold=st.integers(1, 6), ends=st.lists(endings, max_size=40), value=numbers, name=names)
def test_failures_in_a_row(
    submission: SubmissionHandle, threshold: int, ends: list[str], value: int, name: str
) -> None:
    """The circuit opens at the failure_threshold-th failure in a row, not earlier and not later."""
    configuration = _settings(name, failure_threshold=threshold, recovery_timeout=100.0)
    program = [("call", ending, 0.0, [value], {}) for ending in ends]
    assert submission.call("story", configuration, 0.0, program) == story_of(configuration, 0.0, program)


@criterion("states", weight=2, hint="The wait begins when the call that opened the circuit ended.")
@given(
    configuration=configurations(),
    slow=eighths,
    parts=st.lists(eighths, min_size=1, max_size=5),
    now=starts,
    value=numbers,
)
def test_the_wait(
    submission: SubmissionHandle,
    configuration: dict[str, Any],
    slow: float,
    parts: list[float],
    now: float,
    value: int,
) -> None:
    """An open circuit refuses calls, saying how long, until recovery_timeout seconds have passed since it opened."""
    configuration = {**configuration, "failure_threshold": 1}
    program: list[tuple[Any, ...]] = [("call", "fail", slow, [value], {})]
    for part in parts:
        program += [("wait", part), ("call", "ok", 0.0, [value], {})]
    assert submission.call("story", configuration, now, program) == story_of(configuration, now, program)


@criterion("states", weight=2, hint="Count successes of this half-open period only; the first failure ends it.")
@given(
    configuration=configurations(),
    trials=st.lists(st.lists(endings, min_size=1, max_size=6), min_size=1, max_size=4),
    value=numbers,
)
def test_trial_calls(
    submission: SubmissionHandle, configuration: dict[str, Any], trials: list[list[str]], value: int
) -> None:
    """In HALF_OPEN, success_threshold successes close the circuit and one failure opens it for another full wait."""
    configuration = {**configuration, "failure_threshold": 1}
    program: list[tuple[Any, ...]] = [("call", "fail", 0.0, [value], {})]
    for ends in trials:
        program.append(("wait", configuration["recovery_timeout"]))
        program += [("call", ending, 0.0, [value], {}) for ending in ends]
    assert submission.call("story", configuration, 0.0, program) == story_of(configuration, 0.0, program)


@criterion("states", hint="Keep all state on the instance.")
@given(
    several=st.lists(configurations(), min_size=2, max_size=3),
    program=st.lists(st.tuples(st.integers(0, 2), endings), min_size=4, max_size=20),
)
def test_breakers_are_independent(
    submission: SubmissionHandle, several: list[dict[str, Any]], program: list[tuple[int, str]]
) -> None:
    """What happens to one breaker changes no other."""
    program = [(which % len(several), ending) for which, ending in program]
    models = [model_of(configuration) for configuration in several]
    expected: list[Any] = []
    for which, ending in program:
        model, refusal = models[which], models[which].enter()
        if refusal is None:
            model.leave(model.period, ending)
            expected.append(["returned", which] if ending == "ok" else ["raised", RAISED[ending], which])
        else:
            expected.append(["refused", several[which]["name"], refusal])
        expected.append([model.state for model in models])
    assert submission.call("neighbours", several, program) == expected


@criterion("states", hint="Refuse nonsense in the constructor, where the mistake is made.")
@given(
    name=names,
    counts=st.tuples(st.integers(-1, 3), st.integers(-1, 3), st.integers(-1, 3)),
    timeout=st.integers(-2, 6).map(lambda count: count / 8),
)
def test_breaker_arguments(
    submission: SubmissionHandle, name: str, counts: tuple[int, int, int], timeout: float
) -> None:
    """Thresholds and limits below 1, and a recovery_timeout of 0 or less, raise ValueError; a new breaker is CLOSED."""
    failure, limit, success = counts
    seen = submission.call(
        "construct",
        {
            "name": name,
            "failure_threshold": failure,
            "half_open_limit": limit,
            "success_threshold": success,
            "recovery_timeout": timeout,
        },
    )
    assert seen == ([name, "CLOSED"] if min(counts) >= 1 and timeout > 0 else ["ValueError"])


# --- it holds under concurrency ----------------------------------------------------------------------------------


@criterion("concurrency", weight=4, hint="Give each call the period that let it in, and hold no lock while it runs.")
@given(drawn=schedules())
def test_overlapping_calls(submission: SubmissionHandle, drawn: tuple[Any, ...]) -> None:
    """However calls of many threads overlap, each is let in or refused at once, and counts as the brief says."""
    assert submission.call("schedule", *drawn) == schedule_of(*drawn)


@criterion("concurrency", weight=2, hint="A refused call does not wait for a place: it is refused.")
@given(
    configuration=configurations(),
    extra=st.integers(1, 3),
    ends=st.lists(st.sampled_from(["ok", "other", "exit"]), min_size=1, max_size=6),
    value=numbers,
)
def test_places_of_trial_calls(
    submission: SubmissionHandle, configuration: dict[str, Any], extra: int, ends: list[str], value: int
) -> None:
    """half_open_limit trial calls may be in flight at once; each one that ends makes room for exactly one more."""
    configuration = {**configuration, "failure_threshold": 1, "success_threshold": 10}
    crowd = configuration["half_open_limit"] + extra
    program: list[tuple[Any, ...]] = [("start", 0), ("end", 0, "fail", value), _whole_wait(configuration)]
    program += [("start", caller) for caller in range(1, crowd + 1)]
    for index, ending in enumerate(ends):
        leaver = index + 1 if index < configuration["half_open_limit"] else crowd + 2 * (index + 1) - 1
        arrivals = [crowd + 2 * index + 1, crowd + 2 * index + 2]
        program += [("end", leaver, ending, value), *(("start", caller) for caller in arrivals)]
    assert submission.call("schedule", configuration, program) == schedule_of(configuration, program)


@criterion("concurrency", weight=2, hint="An outcome counts only in the period in which its call was let in.")
@given(configuration=configurations(limit=1), late=st.lists(endings, min_size=3, max_size=5), value=numbers)
def test_late_outcomes(
    submission: SubmissionHandle, configuration: dict[str, Any], late: list[str], value: int
) -> None:
    """A call that ends after the state has changed still answers its caller, and counts for nothing."""
    configuration = {**configuration, "failure_threshold": 2, "success_threshold": 2}
    wait = _whole_wait(configuration)
    program: list[tuple[Any, ...]] = [("start", 100 + index) for index in range(len(late))]
    program += [("start", 0), ("start", 1), ("end", 0, "fail", value), ("end", 1, "worse", value)]
    program += [("end", 100, late[0], value), wait, ("start", 2), ("end", 101, late[1], value), ("start", 3)]
    program += [("end", 2, "ok", value), ("start", 4), ("end", 4, "ok", value)]
    program += [("end", 100 + index, ending, value) for index, ending in enumerate(late[2:], start=2)]
    program += [("start", 5), ("end", 5, "fail", value), ("start", 6), ("end", 6, "fail", value), ("start", 7)]
    assert submission.call("schedule", configuration, program) == schedule_of(configuration, program)


@criterion("concurrency", weight=3, hint="Letting a call in and taking its place must be one step under a lock.")
@settings(max_examples=8)
@given(
    limit=st.integers(1, 3),
    extra=st.integers(2, 4),
    needed=st.integers(1, 3),
    name=names,
    values=st.lists(numbers, min_size=7, max_size=7),
    seed=st.integers(0, 2**32),
)
def test_a_rush_of_trial_calls(
    submission: SubmissionHandle, limit: int, extra: int, needed: int, name: str, values: list[int], seed: int
) -> None:
    """When many threads arrive at the very moment of recovery, exactly half_open_limit are let in together."""
    configuration = _settings(name, half_open_limit=limit, success_threshold=needed, recovery_timeout=1.0)
    outcomes, highest, state = submission.call("rush", configuration, 1.0, values[: limit + extra], seed)
    assert highest == limit
    assert state == ("CLOSED" if needed <= limit else "HALF_OPEN")
    refused = ["refused", name, 0.0]
    assert [seen == refused for seen in outcomes].count(True) == extra
    for seen, value in zip(outcomes, values, strict=False):
        assert seen in (refused, ["returned", value])


@criterion("concurrency", weight=2, hint="`self.failures += 1` is several steps: another thread can come in between.")
@settings(max_examples=8)
@given(
    values=st.lists(numbers, min_size=4, max_size=6),
    more=st.integers(0, 1),
    name=names,
    seed=st.integers(0, 2**32),
)
def test_no_failure_is_lost(submission: SubmissionHandle, values: list[int], more: int, name: str, seed: int) -> None:
    """Failures of many threads at the same moment are all counted."""
    configuration = _settings(name, failure_threshold=len(values) + more, recovery_timeout=1.0)
    expected = [[["raised", "Outage", value] for value in values], "CLOSED" if more else "OPEN"]
    assert submission.call("failing_together", configuration, values, seed) == expected


# --- retries and graceful degradation ----------------------------------------------------------------------------


@criterion("retries", weight=2, hint="A loop of attempts; sleep between two attempts only.")
@given(drawn=resilient_programs(ends=["ok", "fail", "fail", "worse"], ways=["call"], threshold=100))
def test_attempts(submission: SubmissionHandle, drawn: tuple[Any, ...]) -> None:
    """`call` attempts until a success, at most `attempts` times, with the policy's delays in between."""
    assert submission.call("resilient", *drawn) == resilient_of(*drawn)


@criterion("retries", hint="An exception that is not in retry_on is a bug: let it out at once.")
@given(drawn=resilient_programs(ends=["fail", "other", "exit"], ways=["call", "call_or"], threshold=100))
def test_bugs_are_not_retried(submission: SubmissionHandle, drawn: tuple[Any, ...]) -> None:
    """What is not in retry_on is raised at once: no sleep, no further attempt, no fallback."""
    assert submission.call("resilient", *drawn) == resilient_of(*drawn)


@criterion("retries", weight=2, hint="Handle CircuitOpenError before retry_on: it is an Exception as well.")
@given(drawn=resilient_programs(ends=["ok", "fail", "fail", "fail"], ways=["call", "call_or"], threshold=4))
def test_refusals_are_not_retried(submission: SubmissionHandle, drawn: tuple[Any, ...]) -> None:
    """Each attempt counts in the breaker; its first refusal ends the call without another sleep."""
    assert submission.call("resilient", *drawn) == resilient_of(*drawn)


@criterion("retries", weight=2, hint="The fallback gets the exception that `call` would raise.")
@given(drawn=resilient_programs(ends=["ok", "fail", "worse", "worse"], ways=["call_or"], threshold=5))
def test_the_fallback(submission: SubmissionHandle, drawn: tuple[Any, ...]) -> None:
    """`call_or` answers an outage with the fallback, which gets its exception; what the fallback raises comes out."""
    assert submission.call("resilient", *drawn) == resilient_of(*drawn)


@criterion("retries", hint="base_delay * factor ** (n - 1), and never more than max_delay.")
@given(retry=retries(), attempts=st.lists(st.integers(1, 12), min_size=1, max_size=6))
def test_delays(submission: SubmissionHandle, retry: dict[str, Any], attempts: list[int]) -> None:
    """`delay_after` grows by the factor from base_delay up to max_delay, and a policy does not change."""
    refused = ["attempts", "base_delay", "factor", "max_delay"]
    expected = [[delay_of(retry, attempt) for attempt in attempts], refused, retry["attempts"], retry["max_delay"]]
    assert submission.call("delays", retry, attempts) == expected


@criterion("retries", hint="Refuse nonsense in the constructor, where the mistake is made.")
@given(
    attempts=st.integers(-1, 4),
    base=st.integers(-2, 8).map(lambda count: count / 8),
    factor=st.integers(5, 16).map(lambda count: count / 8),
    most=st.integers(0, 8).map(lambda count: count / 8),
)
def test_policy_arguments(submission: SubmissionHandle, attempts: int, base: float, factor: float, most: float) -> None:
    """attempts or factor below 1, base_delay below 0 and max_delay below base_delay raise ValueError."""
    seen = submission.call("policy", {"attempts": attempts, "base_delay": base, "factor": factor, "max_delay": most})
    allowed = attempts >= 1 and factor >= 1 and 0 <= base <= most
    assert seen == ([attempts, base, factor, most] if allowed else ["ValueError"])


# --- metrics hooks -----------------------------------------------------------------------------------------------


@criterion("metrics", weight=3, hint="Report each ending once, then the transition that it caused.")
@given(drawn=stories(arguments=False))
def test_reports(submission: SubmissionHandle, drawn: tuple[Any, ...]) -> None:
    """The hooks are told every ending, refusal and transition, once each, in the brief's order, with its seconds."""
    assert submission.call("report", *drawn) == report_of(*drawn, asks=False)


@criterion("metrics", hint="Catch Exception around every hook.")
@given(drawn=stories(arguments=False))
def test_hooks_do_no_harm(submission: SubmissionHandle, drawn: tuple[Any, ...]) -> None:
    """A hook that raises changes nothing, for the caller or for the breaker."""
    assert submission.call("report", *drawn, "raises") == report_of(*drawn, asks=False)


@criterion("metrics", hint="Collect what to report under the lock, and report it after the lock is free.")
@settings(max_examples=15)
@given(drawn=stories(arguments=False))
def test_hooks_may_use_the_breaker(submission: SubmissionHandle, drawn: tuple[Any, ...]) -> None:
    """A hook may ask for the breaker's state, even from another thread, and sees the state after the transition."""
    assert submission.call("report", *drawn, "asks") == report_of(*drawn, asks=True)


def _settings(name: str, **changes: Any) -> dict[str, Any]:
    """A configuration with the changes that a test is about."""
    return {
        "name": name,
        "failure_threshold": 1,
        "recovery_timeout": 1.0,
        "half_open_limit": 1,
        "success_threshold": 1,
        **changes,
    }


def _whole_wait(configuration: dict[str, Any]) -> tuple[str, float]:
    return ("wait", configuration["recovery_timeout"])
