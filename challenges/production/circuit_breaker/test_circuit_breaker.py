"""Hidden suite: drawn stories of calls, failures and waits, held against a model of the breaker."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from grader.suite import SubmissionHandle, criterion

Program = list[tuple[Any, ...]]
Settings = dict[str, Any]
SETTINGS = ("name", "failure_threshold", "recovery_timeout", "half_open_limit", "success_threshold")

A_MOMENT = 1 / 1024  # so short that no number of them is a recovery_timeout
PATIENCE = 5.0  # seconds after which a hook that waits for another thread will wait for ever
RAISED = {"fail": "Outage", "worse": "Worse", "other": "Bug", "exit": "Exit"}
OUTCOMES = {"ok": "success", "fail": "failure", "worse": "failure", "other": "ignored", "exit": "ignored"}
FAILURES, IGNORED = ("fail", "worse"), ("other", "exit")


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
        self.state, self.period = state, self.period + 1
        self.failures = self.successes = self.in_flight = 0

    def news(self) -> list[list[str]]:
        """The transitions since the last time."""
        changes, self.changes = self.changes, []
        return changes


def model_of(configuration: Settings, now: float = 0.0) -> Model:
    """A model with the settings of a breaker."""
    return Model(**{key: value for key, value in configuration.items() if key != "name"}, now=now)


def story_of(configuration: Settings, now: float, program: Program) -> list[Any]:
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
                ended = ["returned", [list(args), keywords]] if ending == "ok" else ["raised", RAISED[ending], *args]
                trace.append(ended)
            else:
                trace.append(["refused", configuration["name"], refusal])
        trace.append(model.state)
    return trace


def report_of(configuration: Settings, now: float, program: Program, harm: str = "") -> list[Any]:
    """What the probe's `report` must return. With `harm` the hooks' kinds alone, in no order, after each call."""
    model = model_of(configuration, now)
    name = configuration["name"]
    trace: list[Any] = []
    kinds: list[list[str]] = []

    def tell(entry: list[Any]) -> None:
        if not harm:
            trace.append(entry)
        else:
            kinds.append([entry[0], model.state] if harm == "uses" and entry[0] != "finished" else [entry[0]])

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
            trace.append(["refused", name, refusal])
        else:
            trace.append("ran")
            model.now += seconds
            model.leave(model.period, ending)
            tell(["finished", name, OUTCOMES[ending], seconds])
            for change in model.news():
                tell(["changed", name, *change])
            trace.append(["returned", None] if ending == "ok" else ["raised", RAISED[ending], seconds])
        trace += [*([sorted(kinds)] if harm else []), model.state]
        kinds.clear()
    return trace


def schedule_of(configuration: Settings, program: Program) -> list[Any]:
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


def resilient_of(configuration: Settings, retry: Settings, program: Program) -> list[Any]:
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


def resilient_call(model: Model, name: str, retry: Settings, step: tuple[Any, ...], trace: list[Any]) -> Any:
    """What one call through a ResilientCaller comes to."""
    how, endings, answer, args, keywords = step
    left = iter(endings)
    outage: list[Any] = []
    for attempt in range(1, retry["attempts"] + 1):
        refusal = model.enter()
        if refusal is not None:
            outage = ["CircuitOpenError", refusal]
            break
        number, ending = next(left)
        trace.append(["ran", list(args), keywords])
        model.leave(model.period, ending)
        value = [number, list(args), keywords]
        if ending == "ok":
            return ["returned", value]
        if ending not in FAILURES:
            return ["raised", RAISED[ending], value]
        outage = [RAISED[ending], value]
        if attempt < retry["attempts"]:
            trace.append(["slept", delay_of(retry, attempt)])
            model.now += trace[-1][1]
    if how == "call":
        return ["refused", name, outage[1]] if outage[0] == "CircuitOpenError" else ["raised", *outage]
    trace.append(["fell back", *outage])
    return ["raised", "Bug", "fallback", outage[1]] if answer == "raises" else ["returned", ["instead", answer]]


def delay_of(retry: Settings, attempt: int) -> float:
    """The brief's formula, in numbers that have no limit."""
    wait = Fraction(retry["base_delay"]) * Fraction(retry["factor"]) ** (attempt - 1)
    return float(min(wait, Fraction(retry["max_delay"])))


# --- draws -------------------------------------------------------------------------------------------------------
# Stories of the `states` criterion go nearly everywhere. All others keep away from what that criterion is about (the
# very moment of recovery, successes between failures), and two mistakes have one test each, which no other test comes
# near: ignored outcomes of trial calls, and keywords that collide with parameters. One mistake costs points once.

names = st.text(min_size=1, max_size=12)
numbers = st.integers(-9, 9) | st.integers(-(2**70), 2**70)
things = numbers | st.text(max_size=4) | st.booleans() | st.none() | st.floats(-9, 9) | st.tuples(numbers)
eighths = st.integers(0, 40).map(lambda count: count / 8)
starts = st.integers(-800, 8_000_000).map(lambda count: count / 8)
endings = st.sampled_from(["ok", "ok", "fail", "fail", "fail", "worse", "other", "exit"])
failing = st.sampled_from(FAILURES)
keys = st.from_regex(r"[a-z]{9,14}", fullmatch=True)
passings = st.tuples(st.sampled_from(["breaker", "caller"]), st.sampled_from(["returns", "raises"]), st.integers(0, 7))
colliding = st.lists(st.sampled_from(["function", "self", "args", "kwargs", "fallback"]), min_size=2, unique=True)


@st.composite
def configurations(draw: st.DrawFn, /, **fixed: Any) -> Settings:
    """Small numbers, so that programs cross every threshold. No sum of eighths is the recovery_timeout."""
    small, eighths = st.integers(1, 3), st.integers(0, 16) | st.integers(0, 8_000)
    drawn = (draw(names), draw(small), draw(eighths) / 8 + 0.0625, draw(small), draw(small))
    return dict(zip(SETTINGS, drawn, strict=True)) | fixed


def without_ignored_trials(configuration: Settings, now: float, program: Program) -> Program:
    """The story, with a success where a trial call's outcome would be ignored."""
    model, steps = model_of(configuration, now), Program()
    for step in program:
        kept = step
        if step[0] == "wait":
            model.now += step[1]
        elif model.enter() is None:
            if model.state == "HALF_OPEN" and step[1] in IGNORED:
                kept = ("call", "ok", *step[2:])
            model.now += kept[2]
            model.leave(model.period, kept[1])
        steps.append(kept)
    return steps


@st.composite
def stories(draw: st.DrawFn) -> tuple[Settings, float, Program]:
    """A configuration, the clock's start and a program for `story`."""
    configuration = draw(configurations())
    timeout = configuration["recovery_timeout"]
    seconds = st.sampled_from([0.0, 0.0, 0.125, 1.5, timeout])
    given_to = arguments()
    calls = st.tuples(st.just("call"), endings, seconds, *given_to)
    exact = st.sampled_from([timeout, timeout, timeout - 0.0625, timeout + 0.125])
    waits = st.tuples(st.just("wait"), exact | eighths)
    steps = draw(st.lists(st.one_of(calls, calls, calls, waits), min_size=8, max_size=30))
    return configuration, draw(starts), steps


@st.composite
def reports(draw: st.DrawFn, *, ignored: bool = False) -> tuple[Settings, float, Program]:
    """A configuration, the clock's start and a program for `report`: the circuit opens and recovers, again, often."""
    configuration = draw(configurations())
    timeout, needed = configuration["recovery_timeout"], configuration["success_threshold"]
    seconds = st.sampled_from([0.0, 0.125, 1.5])

    def calls(ends: st.SearchStrategy[str], count: int, last: float | None = None) -> Program:
        made = [("call", draw(ends), draw(seconds)) for _ in range(count)]
        return [*made[:-1], (*made[-1][:2], last)] if made and last is not None else made

    success, patient = st.just("ok"), ("wait", timeout + draw(st.integers(1, 8)) / 8)
    program = calls(st.just("other"), int(ignored))
    for _ in range(draw(st.integers(1, 3))):
        program += calls(success, draw(st.integers(0, 2)))
        program += calls(failing, configuration["failure_threshold"], last=0.0)
        program += [("wait", timeout / 4), *calls(endings, draw(st.integers(1, 2))), patient]
        if draw(st.booleans()):
            program += [*calls(success, needed - 1), *calls(failing, 1, last=0.0), patient]
        program += calls(success, needed)
    return configuration, draw(starts), program


@st.composite
def schedules(draw: st.DrawFn) -> tuple[Settings, Program]:
    """A configuration and a program for `schedule`: threads come and go in any order, and all go in the end."""
    configuration = draw(configurations(failure_threshold=1))
    timeout = configuration["recovery_timeout"]
    model, program, inside = model_of(configuration), Program(), dict[int, int]()
    outcomes = st.sampled_from(["ok", "ok", "fail", "worse"])

    def leave(caller: int) -> None:
        program.append(("end", caller, draw(outcomes), draw(numbers)))
        before = model.state
        model.leave(inside.pop(caller), program[-1][2])
        if before == "HALF_OPEN" and model.state == "OPEN":
            wait(timeout + 0.125)

    def wait(seconds: float) -> None:
        program.append(("wait", seconds))
        model.now += seconds

    for caller in range(draw(st.integers(5, 12))):
        program.append(("start", caller))
        if model.enter() is None:
            inside[caller] = model.period
        while inside and draw(st.integers(0, 5)) < 3:
            leave(draw(st.sampled_from(sorted(inside))))
        if draw(st.integers(0, 2)) == 0:
            wait(draw(st.sampled_from([timeout + 0.125, A_MOMENT])))
    for caller in sorted(inside):
        leave(caller)
    return configuration, program


@st.composite
def retries(draw: st.DrawFn, *, least: int = 1, limited: bool = False) -> Settings:
    """Settings of a RetryPolicy. With `limited`, max_delay cuts the third delay or an earlier one."""
    base = draw(st.integers(1, 16)) / 8
    return {
        "attempts": draw(st.integers(max(least, 4 if limited else 1), 5)),
        "base_delay": base,
        "factor": float(draw(st.integers(2, 10))),
        "max_delay": base * draw(st.sampled_from([1.0, 1.5, 3.0])) if limited else 100_000.0,
    }


def arguments() -> tuple[st.SearchStrategy[Any], ...]:
    """Of a call: positional ones and keywords."""
    return st.lists(things, max_size=3), st.dictionaries(keys, things, max_size=2)


def attempts_of(*ends: str) -> st.SearchStrategy[list[tuple[int, str]]]:
    """Answers and endings of a call's attempts, one after the other."""
    return st.tuples(*(st.tuples(numbers, st.just(end)) for end in ends)).map(list)


def resilient(how: str, ends: st.SearchStrategy[Any], answer: Any = 0) -> st.SearchStrategy[tuple[Any, ...]]:
    """A step of a program for `resilient`."""
    return st.tuples(st.just(how), ends, numbers if answer == 0 else st.just(answer), *arguments())


FAILS = attempts_of("fail", "worse", "fail", "worse", "fail", "fail")
BUGS = attempts_of("other") | attempts_of("fail", "exit") | attempts_of("worse", "fail", "other")
UNBREAKABLE = 1_000


@st.composite
def refusals(draw: st.DrawFn) -> tuple[Settings, Settings, Program]:
    """A breaker that opens before the attempts end, and a program for `resilient`, which starts with that."""
    configuration = draw(configurations(failure_threshold=draw(st.integers(1, 2))))
    retry = draw(retries(least=3))
    model, program = model_of(configuration), Program()
    for index in range(draw(st.integers(2, 6))):
        if index > 1 and draw(st.booleans()):
            program.append(("wait", draw(eighths)))
            model.now += program[-1][1]
        used: list[tuple[int, str]] = []

        def choose(index: int = index, used: list[tuple[int, str]] = used) -> Iterator[tuple[int, str]]:
            while True:
                sure = model.state == "HALF_OPEN" or (index > 1 and model.failures == 0 and draw(st.booleans()))
                used.append((draw(numbers), "ok" if sure else draw(failing)))
                yield used[-1]

        how, answer = ("call", "call_or")[index % 2], draw(st.just("raises") | numbers)
        args, keywords = (draw(part) for part in arguments())
        resilient_call(model, "", retry, (how, choose(), answer, args, keywords), [])
        program.append((how, [*used, *[(0, "fail")] * (6 - len(used))], answer, args, keywords))
    return configuration, retry, program


# --- the circuit opens, waits and recovers -----------------------------------------------------------------------


def run_of(*ends: str, seconds: float = 0.0, value: int = 7) -> Program:
    """Calls with these endings."""
    return [("call", ending, seconds, [value], {}) for ending in ends]


def made(**changes: Any) -> Settings:
    """A configuration with the changes that a test is about."""
    return dict(zip(SETTINGS, ("made", 1, 1.0, 1, 1), strict=True)) | changes


DEFAULTS = made(failure_threshold=5, recovery_timeout=30.0)

EVENTFUL = [
    *[*run_of("ok", "fail", "ok", "fail", "other", "exit"), *run_of("worse", seconds=0.25), *run_of("ok")],
    *[("wait", 0.75), *run_of("ok"), ("wait", 0.25), *run_of("other", "ok", "exit", "fail", "ok"), ("wait", 0.9375)],
    *[("call", "ok", 0.0, [1, 2], {"amount": 3, "to": 4}), ("wait", 0.0625)],
    *[("call", "ok", 0.5, [1, 2], {"amount": 3, "to": 4}), *run_of("ok", "fail", "ok", "fail", "fail", "ok")],
]
"""Everything that can happen to one caller happens here, at the very moment where it matters."""


@criterion("states", weight=2, hint="Write down the table of states and outcomes first; then hold your code to it.")
@example(drawn=(made(failure_threshold=2, success_threshold=2), 5.0, EVENTFUL))
@given(drawn=stories())
def test_stories(submission: SubmissionHandle, drawn: tuple[Any, ...]) -> None:
    """In any sequence of calls and waits, every answer, refusal and state is the one that the brief describes."""
    configuration, now, program = drawn
    program = without_ignored_trials(configuration, now, program)
    assert submission.call("story", configuration, now, program) == story_of(configuration, now, program)


@criterion("states", weight=2, hint="A success restarts the count; an ignored outcome leaves it as it is.")
@example(threshold=3, ends=["fail", "fail", "ok", "fail", "other", "worse", "exit", "fail", "ok"], name="a")
@given(threshold=st.integers(1, 6), ends=st.lists(endings, max_size=40), name=names)
def test_failures_in_a_row(submission: SubmissionHandle, threshold: int, ends: list[str], name: str) -> None:
    """The circuit opens at the failure_threshold-th failure in a row, not earlier and not later."""
    configuration = made(name=name, failure_threshold=threshold, recovery_timeout=100.0)
    program = run_of(*ends)
    assert submission.call("story", configuration, 0.0, program) == story_of(configuration, 0.0, program)


@criterion("states", weight=2, hint="The wait begins when the call that opened the circuit ended.")
@example(configuration=made(), slow=0.5, parts=[0.25, 0.75], now=100.0, value=1)
@given(
    configuration=configurations(failure_threshold=1),
    slow=eighths,
    parts=st.lists(eighths, max_size=4),
    now=starts,
    value=numbers,
)
def test_the_wait(
    submission: SubmissionHandle, configuration: Settings, slow: float, parts: list[float], now: float, value: int
) -> None:
    """An open circuit refuses calls, and says for how long, until recovery_timeout seconds have passed since it
    opened.
    """
    timeout = configuration["recovery_timeout"]
    moments = [0.0, *sorted(part for part in parts if part < timeout), timeout]
    program = run_of("fail", seconds=slow, value=value)
    for earlier, later in zip(moments, moments[1:], strict=False):
        program += [("wait", later - earlier), *run_of("ok", value=value)]
    assert submission.call("story", configuration, now, program) == story_of(configuration, now, program)


@criterion("states", weight=2, hint="Count successes of this half-open period only; the first failure ends it.")
@example(
    configuration=made(success_threshold=2), trials=[["ok", "other", "fail", "ok"], ["exit", "ok", "ok", "ok"]], value=1
)
@given(
    configuration=configurations(failure_threshold=1),
    trials=st.lists(st.lists(endings, min_size=1, max_size=6), min_size=1, max_size=4),
    value=numbers,
)
def test_trial_calls(
    submission: SubmissionHandle, configuration: Settings, trials: list[list[str]], value: int
) -> None:
    """In HALF_OPEN, success_threshold successes close the circuit and one failure opens it for another full wait."""
    program = run_of("fail", value=value)
    for ends in trials:
        program += [("wait", configuration["recovery_timeout"]), *run_of(*ends, value=value)]
    program = without_ignored_trials(configuration, 0.0, program)
    assert submission.call("story", configuration, 0.0, program) == story_of(configuration, 0.0, program)


@criterion("states", weight=2, hint="An ignored outcome frees its place, whatever was raised: BaseException, too.")
@given(
    configuration=configurations(failure_threshold=1),
    limit=st.integers(1, 2),
    ends=st.permutations(["other", "exit", "other", "exit"]),
    value=numbers,
)
def test_ignored_trial_calls(
    submission: SubmissionHandle, configuration: Settings, limit: int, ends: list[str], value: int
) -> None:
    """In HALF_OPEN, an ignored outcome counts for neither side, and the place of its call is free again."""
    configuration = {**configuration, "half_open_limit": limit}
    program = [*run_of("fail", value=value), ("wait", configuration["recovery_timeout"])]
    program += run_of(*ends, *["ok"] * configuration["success_threshold"], value=value)
    assert submission.call("story", configuration, 0.0, program) == story_of(configuration, 0.0, program)


@criterion("states", hint="Parameters that a keyword must not name come before the `/`.")
@given(configuration=configurations(), taken=colliding, values=st.lists(numbers, min_size=5, max_size=5))
def test_keywords(submission: SubmissionHandle, configuration: Settings, taken: list[str], values: list[int]) -> None:
    """Every keyword of `CircuitBreaker.call` reaches the function, even one that is named like a parameter."""
    program = [("call", "ok", 0.0, values[:2], dict(zip(taken, values, strict=False)))]
    assert submission.call("story", configuration, 0.0, program) == story_of(configuration, 0.0, program)


@criterion("states", hint="Call the function right where you are, and let through what it returns or raises.")
@given(program=st.lists(passings, min_size=4, max_size=12))
def test_what_is_passed_on(submission: SubmissionHandle, program: list[tuple[str, str, int]]) -> None:
    """The very object that the function returns or raises reaches the caller, in whose thread it is called."""
    expected = [number + 8 * (what == "raises") for _, what, number in program]
    assert submission.call("passed_on", program) == expected


@criterion("states", hint="Keep all state on the instance.")
@given(
    several=st.lists(configurations(failure_threshold=1), min_size=2, max_size=3),
    program=st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["ok", "fail"])), min_size=4, max_size=20),
)
def test_breakers_are_independent(
    submission: SubmissionHandle, several: list[Settings], program: list[tuple[int, str]]
) -> None:
    """What happens to one breaker does not affect any other."""
    program = [(0, "fail"), *((number % len(several), ending) for number, ending in program), (1, "ok")]
    models = [model_of(configuration) for configuration in several]
    expected: list[Any] = []
    for number, ending in program:
        model, refusal = models[number], models[number].enter()
        if refusal is None:
            model.leave(model.period, ending)
            expected.append(["returned", number] if ending == "ok" else ["raised", RAISED[ending], number])
        else:
            expected.append(["refused", several[number]["name"], refusal])
        expected.append([model.state for model in models])
    assert submission.call("neighbours", several, program) == expected


@criterion("states", hint="Refuse nonsense in the constructor, where the mistake is made.")
@given(
    name=names,
    counts=st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(1, 9)),
    timeout=st.integers(1, 100).map(lambda count: count / 16),
    wrong=st.integers(-3, 0),
)
def test_breaker_arguments(
    submission: SubmissionHandle, name: str, counts: tuple[int, int, int], timeout: float, wrong: int
) -> None:
    """Nonsense raises ValueError; a new breaker is CLOSED; defaults are those of the brief."""
    program = [*run_of(*["fail"] * 5, value=wrong), ("wait", 29.9375), *run_of("ok"), ("wait", 0.0625), *run_of("ok")]
    assert submission.call("story", {"name": name}, timeout, program) == story_of(
        DEFAULTS | {"name": name}, timeout, program
    )
    assert submission.call("defaults", wrong) == [*[["raised", "Bug", wrong]] * 2, True, ["returned", wrong]]
    right: Settings = {"name": name, "recovery_timeout": timeout}
    right |= dict(zip(("failure_threshold", "half_open_limit", "success_threshold"), counts, strict=True))
    assert submission.call("construct", right) == [name, "CLOSED"]
    for argument in ("failure_threshold", "half_open_limit", "success_threshold", "recovery_timeout"):
        assert submission.call("construct", {**right, argument: wrong}) == ["ValueError"]
        assert submission.call("construct", {**right, argument: 0}) == ["ValueError"]


# --- it holds under concurrency ----------------------------------------------------------------------------------


def arriving(*callers: int) -> Program:
    """Threads that call."""
    return [("start", caller) for caller in callers]


def leaving(ending: str, *callers: int) -> Program:
    """Threads whose calls end."""
    return [("end", caller, ending, caller) for caller in callers]


CROWDED = [
    *[*arriving(0, 1, 2, 3), ("wait", 0.5), *leaving("fail", 0), *arriving(4), ("wait", 1.0), *arriving(5)],
    *[("wait", 0.125), *arriving(6, 7, 8), *leaving("ok", 1), *arriving(9), *leaving("fail", 2), *arriving(10)],
    *[*leaving("ok", 6), *arriving(11), *leaving("ok", 7), *leaving("fail", 11), *arriving(12), *leaving("fail", 12)],
    *[("wait", 2.0), *arriving(13, 14, 15), *leaving("fail", 13), ("wait", 2.0), *arriving(16, 17, 18)],
    *[*leaving("ok", 14), *arriving(19), *leaving("ok", 16, 17), *leaving("worse", 3), *arriving(20)],
    *leaving("ok", 20),
]
"""Slow calls, late outcomes of both kinds, full and free places, and places of earlier periods."""


@criterion("concurrency", weight=2, hint="Give each call the period that let it in, and hold no lock while it runs.")
@example(drawn=(made(recovery_timeout=1.0625, half_open_limit=2, success_threshold=2), CROWDED))
@given(drawn=schedules())
def test_overlapping_calls(submission: SubmissionHandle, drawn: tuple[Any, ...]) -> None:
    """However the calls of many threads overlap, each is let in or refused at once, and counts as the brief says."""
    assert submission.call("schedule", *drawn) == schedule_of(*drawn)


@criterion("concurrency", weight=2, hint="A refused call does not wait for a place: it is refused.")
@given(
    configuration=configurations(failure_threshold=1, success_threshold=10),
    limit=st.integers(2, 4),
    extra=st.integers(1, 3),
    value=numbers,
)
def test_places_of_trial_calls(
    submission: SubmissionHandle, configuration: Settings, limit: int, extra: int, value: int
) -> None:
    """half_open_limit trial calls may be in flight at once; each one that ends makes room for exactly one more."""
    configuration = {**configuration, "half_open_limit": limit}
    program: Program = [("start", 0), ("end", 0, "fail", value)]
    program += [("wait", configuration["recovery_timeout"] + 0.125), *arriving(*range(1, limit + extra + 1))]
    inside, newcomer = list(range(1, limit + 1)), limit + extra + 1
    for _ in range(3):
        program += [("end", inside.pop(0), "ok", value), *arriving(newcomer, newcomer + 1)]
        inside.append(newcomer)
        newcomer += 2
    assert submission.call("schedule", configuration, program) == schedule_of(configuration, program)


@criterion("concurrency", weight=2, hint="An outcome counts only in the period in which its call was let in.")
@given(
    configuration=configurations(failure_threshold=2, half_open_limit=1, success_threshold=2),
    late=st.permutations(["ok", "fail", "worse", "fail", "ok"]),
    value=numbers,
)
def test_late_outcomes(submission: SubmissionHandle, configuration: Settings, late: list[str], value: int) -> None:
    """A call that ends after the state has changed still answers its caller, and counts for nothing."""
    old = [("end", 100 + index, ending, value) for index, ending in enumerate(late)]
    program = [*arriving(100, 101, 102, 103, 104, 0, 1), ("end", 0, "fail", value), ("end", 1, "worse", value)]
    program += [old[0], ("wait", configuration["recovery_timeout"] + 0.125), *arriving(2), old[1], *arriving(3)]
    program += [("end", 2, "ok", value), *arriving(4), old[2], ("end", 4, "ok", value), *old[3:]]
    program += [*arriving(5), ("end", 5, "fail", value), *arriving(6), ("end", 6, "fail", value), *arriving(7)]
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
    """When many threads arrive at the moment of recovery, exactly half_open_limit are let in together."""
    configuration = made(name=name, half_open_limit=limit, success_threshold=needed)
    seen = submission.call("rush", configuration, 1.5, values[: limit + extra], seed)
    outcomes, highest, state = seen[0], seen[1], seen[2]
    assert [highest, state] == [limit, "CLOSED" if needed <= limit else "HALF_OPEN"]
    refused = ["refused", name, 0.0]
    assert [outcome == refused for outcome in outcomes].count(True) == extra
    for outcome, value in zip(outcomes, values, strict=False):
        assert outcome == refused or outcome == ["returned", value]  # noqa: PLR1714 - compared as observations


@criterion("concurrency", weight=2, hint="`self.failures += 1` is several steps: another thread can come in between.")
@settings(max_examples=8)
@given(
    values=st.lists(numbers, min_size=7, max_size=9),
    name=names,
    seeds=st.lists(st.integers(0, 2**32), min_size=4, max_size=4),
)
def test_no_failure_is_lost(submission: SubmissionHandle, values: list[int], name: str, seeds: list[int]) -> None:
    """Failures of many threads at the same moment are all counted."""
    for seed, more in zip(seeds, (0, 1, 0, 0), strict=True):
        configuration = made(name=name, failure_threshold=len(values) + more)
        expected = [[["raised", "Outage", value] for value in values], "CLOSED" if more else "OPEN"]
        assert submission.call("failing_together", configuration, values, seed) == expected


# --- retries and graceful degradation ----------------------------------------------------------------------------


@criterion("retries", weight=2, hint="A loop of attempts; sleep between two attempts only.")
@given(
    configuration=configurations(failure_threshold=UNBREAKABLE),
    retry=retries(limited=True),
    first=resilient("call", FAILS),
    others=st.lists(
        resilient("call", attempts_of("ok"))
        | resilient("call", attempts_of("fail", "ok"))
        | resilient("call", attempts_of("worse", "fail", "fail", "ok")),
        max_size=3,
    ),
)
def test_attempts(
    submission: SubmissionHandle, configuration: Settings, retry: Settings, first: tuple[Any, ...], others: Program
) -> None:
    """`call` makes attempts until one succeeds, at most `attempts`, with the policy's delays in between."""
    program = [first, *others]
    assert submission.call("resilient", configuration, retry, program) == resilient_of(configuration, retry, program)


@criterion("retries", hint="An exception that is not in retry_on is a bug: let it through at once.")
@given(
    configuration=configurations(failure_threshold=UNBREAKABLE),
    retry=retries(least=3),
    program=st.permutations(["call", "call_or"]).flatmap(
        lambda ways: st.tuples(
            *(resilient(how, BUGS) for how in (*ways, "call_or")), resilient("call_or", attempts_of("fail", "other"))
        )
    ),
)
def test_bugs_are_not_retried(
    submission: SubmissionHandle, configuration: Settings, retry: Settings, program: tuple[Any, ...]
) -> None:
    """Anything that is not in retry_on is raised at once: no sleep, no further attempt, no fallback."""
    steps = list(program)
    assert submission.call("resilient", configuration, retry, steps) == resilient_of(configuration, retry, steps)


@criterion("retries", weight=2, hint="Handle CircuitOpenError before retry_on: it is an Exception as well.")
@given(drawn=refusals())
def test_refusals_are_not_retried(submission: SubmissionHandle, drawn: tuple[Any, ...]) -> None:
    """Each attempt counts in the breaker; its first refusal ends the call without another sleep."""
    assert submission.call("resilient", *drawn) == resilient_of(*drawn)


@criterion("retries", weight=2, hint="The fallback gets the exception that `call` would raise.")
@given(
    configuration=configurations(failure_threshold=UNBREAKABLE),
    retry=retries(),
    program=st.tuples(
        resilient("call_or", FAILS), resilient("call_or", FAILS, "raises"), resilient("call_or", attempts_of("ok"))
    ),
)
def test_the_fallback(
    submission: SubmissionHandle, configuration: Settings, retry: Settings, program: tuple[Any, ...]
) -> None:
    """`call_or` answers an outage with the fallback, which gets the exception; what the fallback raises comes out."""
    steps = list(program)
    assert submission.call("resilient", configuration, retry, steps) == resilient_of(configuration, retry, steps)


@criterion("retries", hint="Parameters that a keyword must not name come before the `/`.")
@given(retry=retries(), taken=colliding, values=st.lists(numbers, min_size=5, max_size=5), ends=attempts_of("ok"))
def test_keywords_of_a_resilient_call(
    submission: SubmissionHandle, retry: Settings, taken: list[str], values: list[int], ends: list[Any]
) -> None:
    """Every keyword of `call` and `call_or` reaches the function, even one that is named like a parameter."""
    keywords = dict(zip(taken, values, strict=False))
    program = [(how, ends, 1, values[:2], keywords) for how in ("call", "call_or")]
    assert submission.call("resilient", made(), retry, program) == resilient_of(made(), retry, program)


@criterion("retries", hint="base_delay * factor ** (n - 1), and never more than max_delay, however large n is.")
@given(
    retry=retries(limited=True),
    attempts=st.lists(st.integers(1, 12) | st.integers(2_000, 9_000), max_size=6).map(lambda last: [1, 4, 5000, *last]),
)
def test_delays(submission: SubmissionHandle, retry: Settings, attempts: list[int]) -> None:
    """`delay_after` grows by the factor from base_delay up to max_delay and stays there; a policy does not change."""
    refused = ["attempts", "base_delay", "factor", "max_delay"]
    expected = [[delay_of(retry, attempt) for attempt in attempts], refused, retry["attempts"], retry["max_delay"]]
    assert submission.call("delays", retry, attempts) == expected


@criterion("retries", hint="Refuse nonsense in the constructor, where the mistake is made.")
@given(
    attempts=st.integers(1, 9),
    base=st.integers(1, 16).map(lambda count: count / 8),
    factor=st.integers(8, 24).map(lambda count: count / 8),
    more=st.integers(0, 8).map(lambda count: count / 8),
    wrong=st.integers(1, 7).map(lambda count: count / 8),
)
def test_policy_arguments(
    submission: SubmissionHandle, attempts: int, base: float, factor: float, more: float, wrong: float
) -> None:
    """attempts or factor < 1, base_delay < 0, max_delay < base_delay raise ValueError; defaults are the brief's."""
    right = {"attempts": attempts, "base_delay": base, "factor": factor, "max_delay": base + more}
    assert submission.call("policy", right) == [attempts, base, factor, base + more]
    for change in ({"attempts": 0}, {"factor": wrong}, {"base_delay": -wrong}, {"max_delay": base - 0.125}):
        assert submission.call("policy", {**right, **change}) == ["ValueError"]
    assert submission.call("policy", {}) == [3, 0.1, 2.0, 10.0]
    assert submission.call("retried", attempts) == ["returned", attempts, True]
    edge = {**right, "attempts": 1, "factor": 1.0, "base_delay": 0.0, "max_delay": 0.0}
    assert submission.call("policy", edge) == [1, 0.0, 1.0, 0.0]


# --- metrics hooks -----------------------------------------------------------------------------------------------


@criterion("metrics", weight=3, hint="Report each ending once, then the transition that it caused.")
@given(drawn=reports(ignored=True))
def test_reports(submission: SubmissionHandle, drawn: tuple[Any, ...]) -> None:
    """The hooks receive every ending, refusal and transition, once each, in the brief's order, with its seconds."""
    assert submission.call("report", *drawn) == report_of(*drawn)


@criterion("metrics", hint="KeyboardInterrupt and SystemExit are not Exceptions.")
@given(name=names, seconds=st.lists(eighths, min_size=1, max_size=4), now=starts)
def test_reports_of_interrupts(submission: SubmissionHandle, name: str, seconds: list[float], now: float) -> None:
    """A call that ends with something that is not an Exception is reported as well: it is ignored."""
    program = [("call", "exit", own) for own in seconds]
    assert submission.call("report", made(name=name), now, program) == report_of(made(name=name), now, program)


@criterion("metrics", hint="Catch Exception around every single hook.")
@given(drawn=reports())
def test_hooks_do_no_harm(submission: SubmissionHandle, drawn: tuple[Settings, float, Program]) -> None:
    """A hook is called in the thread of the call; if it raises, nothing changes, and the next hook is called."""
    assert submission.call("report", *drawn, "raises") == report_of(*drawn, "raises")


@criterion("metrics", hint="Collect what to report under the lock, and report it after the lock is free.")
@settings(max_examples=10)
@given(drawn=reports())
def test_hooks_may_use_the_breaker(submission: SubmissionHandle, drawn: tuple[Settings, float, Program]) -> None:
    """A hook may call the breaker and ask for its state, even from another thread: no lock is held meanwhile."""
    assert submission.call("report", *drawn, "uses", timeout=PATIENCE) == report_of(*drawn, "uses")
