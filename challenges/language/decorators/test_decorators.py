"""Hidden suite: scripted functions under drawn decorators run a drawn program; the models below predict the trace."""

from __future__ import annotations

import random
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from grader.suite import SubmissionHandle, criterion

Step = list[Any]
Function = Callable[[str | None, tuple[Any, ...]], Any]
"""A function of an instance and the values of its parameters."""
CAUGHT = {
    "Exception": {"Flaky", "VeryFlaky", "Fatal"},
    "Flaky": {"Flaky", "VeryFlaky"},
    "VeryFlaky": {"VeryFlaky"},
    "Fatal": {"Fatal"},
    "BaseException": {"Flaky", "VeryFlaky", "Fatal", "Stop"},
    "LookupError": set(),
}


class Failure(Exception):
    """What a scripted function raised: kind and mark; or that a call was limited."""


class Predicted:
    """What a right submission answers to a program, and what happens meanwhile."""

    def __init__(self, setup: dict[str, Any]) -> None:
        self.now = setup["clock"]
        self.events: list[Any] = []
        self.scripts = [list(script) for script in setup["scripts"]]
        self.alive: list[str] = []
        self.pause = "sleep_async" if setup["flavour"] in ("coroutine", "async-method") else "sleep"
        self.functions = [self.original(index) for index in range(len(self.scripts))]
        for name, arguments in reversed(setup["decorators"]):
            self.functions = [getattr(self, name)(function, **arguments) for function in self.functions]

    def original(self, index: int) -> Function:
        def call(instance: str | None, values: tuple[Any, ...]) -> Any:
            self.events.append(["call", index, instance, *values])
            kind, *outcome, seconds = self.scripts[index].pop(0) if self.scripts[index] else ["return", "no more", 0]
            self.now += seconds
            if kind == "raise":
                raise Failure(*outcome)
            return outcome[0]

        return call

    def retry(
        self, function: Function, times: int, on: Any = ("Exception",), delay: float = 0.0, factor: float = 1.0
    ) -> Function:
        retried = set().union(*[CAUGHT[kind] for kind in on])

        def call(instance: str | None, values: tuple[Any, ...]) -> Any:
            for attempt in range(times):
                try:
                    return function(instance, values)
                except Failure as failure:
                    limited = failure.args[0] == "limited" and {"Exception", "BaseException"} & set(on)
                    if attempt == times - 1 or not (limited or failure.args[0] in retried):
                        raise
                    if delay * factor**attempt:
                        self.events.append([self.pause, delay * factor**attempt])
                        self.now += delay * factor**attempt
            raise AssertionError("never reached")

        return call

    def rate_limit(self, function: Function, calls: int, per: float) -> Function:
        passed: deque[float] = deque(maxlen=calls)

        def call(instance: str | None, values: tuple[Any, ...]) -> Any:
            if len(passed) == calls and passed[0] > self.now - per:
                raise Failure("limited", passed[0] + per - self.now)
            passed.append(self.now)
            return function(instance, values)

        return call

    def memoise(
        self, function: Function, max_size: int | None = None, ttl: float | None = None, per_instance: bool = False
    ) -> Function:
        caches: dict[str | None, OrderedDict[Any, tuple[Any, float]]] = {}

        def call(instance: str | None, values: tuple[Any, ...]) -> Any:
            if any(isinstance(value, list) for value in values):
                return function(instance, values)
            cache = caches.setdefault(instance if per_instance else None, OrderedDict())
            key = values if per_instance else (instance, *values)
            if key not in cache or (ttl is not None and self.now - cache[key][1] >= ttl):
                value = function(instance, values)
                cache[key] = value, self.now
            cache.move_to_end(key)
            if max_size is not None and len(cache) > max_size:
                cache.popitem(last=False)
            return cache[key][0]

        return call

    def step(self, name: str, *arguments: Any) -> list[Any]:
        self.events = []
        ending = getattr(self, f"do_{name}")(*arguments)
        return [ending, self.events]

    def do_call(self, index: int, instance: str | None, positional: list[Any], keywords: dict[str, Any]) -> list[Any]:
        if instance is not None and instance not in self.alive:
            return ["skipped"]
        given_values = {"b": 2, "c": 3, **dict(zip("ab", positional, strict=False)), **keywords}
        try:
            return ["ok", self.functions[index](instance, tuple(given_values[name] for name in "abc"))]
        except Failure as failure:
            return list(failure.args)

    def do_gather(self, calls: list[list[Any]]) -> list[Any]:
        return [self.do_call(*call) for call in calls]

    def do_advance(self, seconds: float) -> None:
        self.now += seconds

    def do_new(self, variable: str) -> None:
        self.alive.append(variable)

    def do_equal(self) -> None: ...

    def do_drop(self, variable: str) -> None:
        self.alive.remove(variable)

    def do_lend(self, variable: str) -> None: ...

    def do_alive(self) -> list[str]:
        return self.alive


def setup(
    *decorators: tuple[str, dict[str, Any]], flavour: str = "function", scripts: Any = ((),), clock: float = 0
) -> Any:
    return {
        "decorators": [list(layer) for layer in decorators],
        "flavour": flavour,
        "scripts": [[list(outcome) for outcome in script] for script in scripts],
        "clock": clock,
    }


def hold(submission: SubmissionHandle, given_setup: dict[str, Any], steps: list[Step]) -> None:
    """Compare the whole trace; methods get an instance first."""
    if "method" in given_setup["flavour"]:
        steps = [["new", "self"], *steps]
    predicted = Predicted(given_setup)
    assert submission.call("run", given_setup, steps) == [predicted.step(*step) for step in steps]


def call(flavour: str, *positional: Any, index: int = 0, instance: str = "self", **keywords: Any) -> Step:
    return ["call", index, instance if "method" in flavour else None, list(positional), keywords]


marks = st.integers(0, 10**9)
flavours = st.sampled_from(["function", "method", "coroutine", "async-method"])
asynchronous = st.sampled_from(["coroutine", "async-method"])
quarters = st.integers(0, 40).map(lambda number: number / 4)
starts = st.integers(0, 1000).map(float)
kinds = st.sampled_from(["Flaky", "VeryFlaky", "Fatal"])
returns = st.builds(lambda mark, seconds: ["return", mark, seconds], marks, st.just(0))
raises = st.builds(lambda kind, mark: ["raise", kind, mark, 0], kinds, marks)
results = st.one_of(st.none(), st.booleans(), st.just(0), st.just(""), marks)
small = st.integers(0, 2)


@criterion("retry", weight=3, hint="Count within the call, not in the decorator; raise the last exception as it is.")
@given(
    flavour=flavours,
    times=st.integers(1, 4),
    failures=st.lists(st.integers(0, 4), min_size=3, max_size=5),
    kind=kinds,
    mark=marks,
)
def test_a_failing_call_is_tried_again(
    submission: SubmissionHandle, flavour: str, times: int, failures: list[int], kind: str, mark: int
) -> None:
    """A call that raises is tried again, `times` times in all, counting anew for each call; the last error is
    raised.
    """
    script: list[Any] = []
    for count in failures:
        script += [["raise", kind, mark + number, 0] for number in range(min(count, times))]
        script += [["return", mark, 0]] if count < times else []
    steps = [call(flavour, number) for number in range(len(failures))]
    hold(submission, setup(("retry", {"times": times}), flavour=flavour, scripts=[script]), steps)


@criterion("retry", weight=2, hint="Sleep with the clock's method for the kind of function, and multiply afterwards.")
@given(
    flavour=flavours,
    failures=st.lists(raises, min_size=2, max_size=6),
    delay=quarters,
    factor=st.sampled_from([1.0, 2.0, 0.5, 4.0]),
    mark=marks,
)
def test_pauses_grow(
    submission: SubmissionHandle, flavour: str, failures: list[Any], delay: float, factor: float, mark: int
) -> None:
    """Between two attempts, it sleeps `delay` seconds, then `factor` times as long each time; never for 0 seconds."""
    scripts = [[*failures, ["return", mark, 0], failures[0], ["return", mark, 0]]]
    for pause in (delay, 0.0, 0.25):
        rule = ("retry", {"times": 9, "delay": pause, "factor": factor})
        hold(submission, setup(rule, flavour=flavour, scripts=scripts), [call(flavour, mark), call(flavour, 1)])


@criterion("retry", hint="Raise instead of sleeping when no attempt is left.")
@given(
    flavour=flavours,
    times=st.integers(1, 4),
    delay=st.integers(1, 40),
    failures=st.lists(kinds, min_size=5),
    mark=marks,
)
def test_there_is_no_pause_after_the_last_attempt(
    submission: SubmissionHandle, flavour: str, times: int, delay: int, failures: list[str], mark: int
) -> None:
    """When the last attempt has failed, its very exception is raised, without another pause."""
    scripts = [[["raise", kind, mark, 0] for kind in failures]]
    own = setup(("retry", {"times": times, "delay": delay / 4}), flavour=flavour, scripts=scripts)
    steps: list[Step] = [["new", "self"], call(flavour, mark)]
    answer = submission.call("run", own, steps)
    events = [event[0].value for event in answer[1][1]]
    assert events[0::2] == ["call"] * (len(events) // 2 + 1)
    assert "call" not in events[1::2]
    kept = {**own, "scripts": [[["raise", "Kept", mark, 0]] * times]}
    assert submission.call("run", kept, steps)[1][0] == ["Kept", mark]


@criterion("retry", weight=2, hint="`except on:` takes a class or a tuple of classes.")
@given(
    flavour=flavours,
    on=st.lists(st.sampled_from(sorted(CAUGHT)), min_size=1, max_size=2),
    script=st.lists(st.sampled_from(["Flaky", "VeryFlaky", "Fatal", "Stop"]), min_size=1, max_size=5),
    last=st.permutations(["Fatal", "Stop", "Flaky"]),
    mark=marks,
)
def test_only_the_named_exceptions_are_retried(
    submission: SubmissionHandle, flavour: str, on: list[str], script: list[str], last: list[str], mark: int
) -> None:
    """Anything that is not one of `on` is raised at once; without `on`, every Exception is retried and nothing else."""
    outcomes = [["raise", kind, mark + index, 0] for index, kind in enumerate([*script, *last])]
    for own in ({"on": on}, {}):
        rule = ("retry", {"times": 20, **own})
        scripts = [[*outcomes, ["return", mark, 0]]]
        steps = [call(flavour, number) for number in range(len(outcomes) + 1)]
        hold(submission, setup(rule, flavour=flavour, scripts=scripts), steps)


@criterion("retry", hint="Keep no state about attempts outside the call.")
@given(flavour=asynchronous, times=st.integers(2, 3), count=st.integers(2, 4), mark=marks)
def test_overlapping_calls_count_for_themselves(
    submission: SubmissionHandle, flavour: str, times: int, count: int, mark: int
) -> None:
    """Calls that run at the same time each have all their attempts."""
    rule = ("retry", {"times": times, "delay": 1.0})
    failures = [["raise", "Flaky", mark, 0]] * (count * (times - 1))
    scripts = [[*failures, *[["return", mark + 1, 0]] * count]]
    calls = [call(flavour, number)[1:] for number in range(count)]
    steps: list[list[Any]] = [["new", "self"], ["gather", calls]]
    answer = submission.call("run", setup(rule, flavour=flavour, scripts=scripts), steps)[1]
    ending, events = answer[0], answer[1]
    assert ending == [["ok", mark + 1]] * count
    assert len(events) == count * (times + times - 1)


@criterion("retry", hint="Without a clock: time.sleep and asyncio.sleep.")
@settings(max_examples=2)
@given(tenths=st.integers(1, 2), mark=marks)
def test_without_a_clock_it_really_sleeps(submission: SubmissionHandle, tenths: int, mark: int) -> None:
    """Without `clock=`, the pauses take real time."""
    for flavour in ("function", "coroutine"):
        script = [["raise", "Flaky", 1, 0]]
        own = setup(("retry", {"times": 2, "delay": tenths / 10}), flavour=flavour, scripts=[script])
        seen = submission.call("run", {**own, "clock": None}, [call(flavour, mark)])
        assert seen[0][0] == ["ok", "no more"]
        assert submission.last_wall >= tenths / 10


@criterion("retry", hint="Without a clock: `await asyncio.sleep`; time.sleep holds up every other coroutine.")
def test_without_a_clock_a_coroutine_holds_nobody_up(submission: SubmissionHandle, rng: random.Random) -> None:
    """Without `clock=`, too, others get their turn while a coroutine pauses."""
    mark = rng.randrange(10**12)
    result, others = submission.call("turns", rng.uniform(0.04, 0.06), mark)
    assert result == mark
    assert others > FEW


FEW = 10
"""Turns that others have around a pause that blocks; in one that does not they have thousands."""


gaps = st.lists(st.integers(0, 6).map(lambda number: number / 2), min_size=4, max_size=12)


@criterion("rate-limit", weight=3, hint="Remember when calls went through, forget those that are `per` old or older.")
@given(
    flavour=flavours,
    calls=st.integers(1, 3),
    per=st.integers(1, 8).map(lambda number: number / 2),
    pauses=gaps,
    start=starts,
    mark=marks,
)
def test_the_window_slides(
    submission: SubmissionHandle, flavour: str, calls: int, per: float, pauses: list[float], start: float, mark: int
) -> None:
    """A call goes through if fewer than `calls` went through in the `per` seconds before it; otherwise it raises
    RateLimitExceeded with the right `retry_after`, and the function is not called.
    """
    pauses = [*pauses, 2 * per, per / 2, *[0] * (calls - 1), per / 2, 0]
    steps = [step for pause in pauses for step in (["advance", pause], call(flavour, mark))]
    scripts = [[["return", mark + number, 0] for number in range(len(pauses))]]
    hold(
        submission,
        setup(("rate_limit", {"calls": calls, "per": per}), flavour=flavour, scripts=scripts, clock=start),
        steps,
    )


@criterion("rate-limit", hint="Count before the function runs: whether it raises or takes long changes nothing.")
@given(
    flavour=flavours,
    calls=st.integers(1, 3),
    pauses=gaps,
    failing=st.lists(st.booleans(), min_size=4, max_size=8),
    takes=st.integers(0, 2),
)
def test_calls_count_from_their_beginning(
    submission: SubmissionHandle, flavour: str, calls: int, pauses: list[float], failing: list[bool], takes: int
) -> None:
    """What counts is when the function is about to be called, even if it raises or takes its time."""
    scripts = [[["raise", "Flaky", 1, takes] if fails else ["return", 2, takes] for fails in failing]]
    steps = [step for pause in pauses for step in (["advance", pause], call(flavour, 0))]
    spread = [
        step for pause in [9, *[1] * (calls - 1), 4 - calls, 0] for step in (["advance", pause], call(flavour, 0))
    ]
    own = setup(("rate_limit", {"calls": calls, "per": 3.0}), flavour=flavour, scripts=scripts)
    hold(submission, own, [*steps, *spread])


@criterion("rate-limit", hint="One window for each decorated function, made when it is decorated.")
@given(
    flavour=st.sampled_from(["method", "async-method"]),
    calls=st.integers(1, 4),
    order=st.lists(st.tuples(st.integers(0, 1), st.sampled_from("pq")), min_size=3, max_size=9),
)
def test_functions_have_their_own_window_instances_share_it(
    submission: SubmissionHandle, flavour: str, calls: int, order: list[tuple[int, str]]
) -> None:
    """Functions decorated by one decorator have separate windows; the instances of a class share their method's
    window.
    """
    order = [*[(0, "p")] * calls, (1, "q"), *order]
    steps = [["new", "p"], ["new", "q"], *[call(flavour, 1, index=index, instance=name) for index, name in order]]
    own = setup(("rate_limit", {"calls": calls, "per": 1.0}), flavour=flavour, scripts=[[], []])
    hold(submission, own, steps)


@criterion("rate-limit")
@given(flavour=asynchronous, calls=st.integers(1, 4), count=st.integers(2, 6), per=st.integers(1, 9), mark=marks)
def test_overlapping_calls_are_limited(
    submission: SubmissionHandle, flavour: str, calls: int, count: int, per: int, mark: int
) -> None:
    """Coroutines that run at the same time share the window."""
    own = setup(
        ("rate_limit", {"calls": calls, "per": float(per)}), flavour=flavour, scripts=[[["return", mark, 0]] * calls]
    )
    hold(
        submission,
        own,
        [["gather", [call(flavour, number)[1:] for number in range(count)]], ["advance", per / 2], call(flavour, 0)],
    )


@criterion("rate-limit", hint="Without a clock: time.monotonic.")
@settings(max_examples=3)
@given(flavour=flavours, calls=st.integers(1, 4), per=st.integers(1000, 9000))
def test_without_a_clock_time_is_real(submission: SubmissionHandle, flavour: str, calls: int, per: int) -> None:
    """Without `clock=`, the window follows real time."""
    own = setup(("rate_limit", {"calls": calls, "per": float(per)}), flavour=flavour)
    seen = submission.call("run", {**own, "clock": None}, [["new", "self"], *[call(flavour, 1)] * (calls + 1)])
    assert len(seen) == calls + 2
    assert [step[0] for step in seen][1:-1] == [["ok", "no more"]] * calls
    assert seen[-1][0][0] == "limited"
    assert per - 60 < seen[-1][0][1] <= per


@criterion(
    "memoise", weight=2, hint="Bind the arguments to the signature, apply the defaults, and use the values as the key."
)
@given(
    flavour=flavours,
    calls=st.lists(st.tuples(small, small, small, st.integers(0, 5)), min_size=3, max_size=9),
    values=st.lists(st.integers(1, 99), min_size=9, max_size=9, unique=True),
    first=small,
)
def test_the_same_call_is_made_once(
    submission: SubmissionHandle, flavour: str, calls: list[tuple[int, int, int, int]], values: Any, first: int
) -> None:
    """Calls with equal parameter values are one call, whether passed by position, by keyword or by default."""
    forms: list[Callable[[int, int, int], Step]] = [
        lambda a, b, c: call(flavour, a, b, c=c),
        lambda a, b, c: call(flavour, c=c, b=b, a=a),
        lambda a, b, c: call(flavour, a, c=c, b=b),
        lambda a, b, _: call(flavour, a, b=b),
        lambda a, _, c: call(flavour, a, c=c),
        lambda a, b, _: call(flavour, b=b, a=a),
    ]
    steps = [call(flavour, first), *[form(first, 2, 3) for form in forms]]
    steps += [call(flavour, value) for value in (1, 1.0, True, -1, -2)]  # three that are equal, two of one hash
    steps += [forms[form](a, b, c + 2) for a, b, c, form in calls]
    scripts = [[["return", value, 0] for value in values]]
    hold(submission, setup(("memoise", {}), flavour=flavour, scripts=scripts), steps)


@criterion("memoise", hint="Ask whether the key is there, not whether its value is something.")
@given(flavour=flavours, values=st.lists(results, min_size=1, max_size=4))
def test_any_result_is_kept(submission: SubmissionHandle, flavour: str, values: list[Any]) -> None:
    """Any result is kept, including None and 0."""
    kept = [None, 0, *values]
    steps = [call(flavour, number) for number in range(len(kept)) for _ in range(2)]
    hold(
        submission,
        setup(("memoise", {}), flavour=flavour, scripts=[[["return", value, 0] for value in kept * 2]]),
        steps,
    )


@criterion("memoise", hint="Store after the function has returned; call it directly if the key is not hashable.")
@given(
    flavour=flavours,
    script=st.lists(returns | raises, min_size=3, max_size=8),
    order=st.lists(small, min_size=4, max_size=8),
    failure=raises,
)
def test_failures_and_unhashable_arguments_are_not_kept(
    submission: SubmissionHandle,
    flavour: str,
    script: list[Any],
    order: list[int],
    failure: list[Any],
) -> None:
    """A call that raised is made again, and so is every call with an unhashable argument."""
    steps = [call(flavour, [1] if number == 2 else number) for number in [3, 3, *order, 2, 2]]
    hold(submission, setup(("memoise", {}), flavour=flavour, scripts=[[failure, *script]]), steps)


@criterion("memoise", weight=2, hint="Move a result to the end when it is used, and drop from the front.")
@given(flavour=flavours, size=st.integers(1, 3), order=st.lists(st.integers(0, 4), min_size=5, max_size=14), mark=marks)
def test_the_least_recently_used_result_is_dropped(
    submission: SubmissionHandle, flavour: str, size: int, order: list[int], mark: int
) -> None:
    """At most `max_size` results are kept; the least recently used one goes first."""
    filling = [5 + number for number in range(size)]
    order = [*filling, 5, 9, 5, *filling, *order]
    scripts = [[["return", mark + number, 0] for number in range(len(order))]]
    hold(
        submission,
        setup(("memoise", {"max_size": size}), flavour=flavour, scripts=scripts),
        [call(flavour, number) for number in order],
    )


@criterion("memoise", weight=2, hint="Note the time when the result was made; using it does not make it younger.")
@given(
    flavour=flavours,
    ttl=st.integers(1, 6).map(float),
    order=st.lists(st.tuples(st.integers(0, 1), st.integers(0, 4), st.integers(0, 2)), min_size=4, max_size=10),
    start=starts,
)
def test_results_expire(
    submission: SubmissionHandle, flavour: str, ttl: float, order: list[tuple[int, int, int]], start: float
) -> None:
    """A result is returned until `ttl` seconds after it was made, and is computed anew from that moment on."""
    scripts = [[["return", index, takes] for index, (_, _, takes) in enumerate(order)]]
    steps = [step for key, pause, _ in order for step in (call(flavour, key), ["advance", pause])]
    steps += [call(flavour, 2), ["advance", ttl / 2], call(flavour, 2), ["advance", ttl / 2], call(flavour, 2)]
    hold(submission, setup(("memoise", {"ttl": ttl}), flavour=flavour, scripts=scripts, clock=start), steps)


@criterion("memoise", weight=2, hint="Keep the cache in the instance's `__dict__`.")
@given(
    flavour=st.sampled_from(["method", "async-method"]),
    size=st.none() | st.integers(1, 2),
    order=st.lists(st.tuples(st.sampled_from("pqr"), st.integers(0, 1), small), min_size=4, max_size=12),
    dropped=st.sets(st.sampled_from("pqr"), min_size=1, max_size=2),
    equal=st.booleans(),
)
def test_instances_have_their_own_cache(
    submission: SubmissionHandle,
    flavour: str,
    size: int | None,
    order: list[tuple[str, int, int]],
    dropped: set[str],
    equal: bool,
) -> None:
    """With `per_instance`, each instance has its own results for each method, even if instances are equal or
    unhashable; and a cache does not keep its instance alive.
    """
    scripts = [[["return", (index, number), 0] for number in range(len(order))] for index in range(2)]
    steps: list[Step] = [["new", name] for name in "pqr"] + ([["equal"]] if equal else [])
    order = [*[(name, index, 0) for name in "pqr" for index in range(2)], *order]
    order += [("p", 0, value) for value in (3, 4, 5, 4, 3, 4)]
    steps += [call(flavour, value, index=index, instance=name) for name, index, value in order]
    steps += [*[["drop" if name in dropped else "lend", name] for name in "pqr"], ["alive"]]
    for limit in ({"max_size": size} if size else {}, {"max_size": 2}):
        rule = ("memoise", {"per_instance": True, **limit})
        hold(submission, setup(rule, flavour=flavour, scripts=scripts), steps)


@criterion("memoise", hint="Let go of a result when you drop it: no list, log or second dict may hold it.")
@given(size=st.integers(1, 4), numbers=st.lists(marks, min_size=6, max_size=9, unique=True), data=st.data())
def test_a_dropped_result_is_freed(
    submission: SubmissionHandle, size: int, numbers: list[int], data: st.DataObject
) -> None:
    """At most `max_size` results are held; the others are freed unless somebody else holds them."""
    lent = data.draw(st.lists(st.sampled_from(numbers[:4]), min_size=1, max_size=2, unique=True))
    alive = [number for number in numbers if number in lent or number in numbers[-size:]]
    assert submission.call("keep", size, numbers, lent) == [alive, len(lent)]


@criterion("memoise")
@given(flavour=flavours, order=st.lists(st.tuples(st.integers(0, 1), small), min_size=3, max_size=9), mark=marks)
def test_functions_have_their_own_cache(
    submission: SubmissionHandle, flavour: str, order: list[tuple[int, int]], mark: int
) -> None:
    """Functions decorated by one decorator do not see each other's results."""
    scripts = [[["return", mark + 100 * index + number, 0] for number in range(9)] for index in range(2)]
    hold(
        submission,
        setup(("memoise", {}), flavour=flavour, scripts=scripts),
        [call(flavour, value, index=index) for index, value in [(0, 0), (1, 0), *order]],
    )


@criterion("memoise", weight=2, hint="Keep what is in progress as a future that all callers await.")
@given(
    flavour=asynchronous,
    order=st.lists(small, min_size=2, max_size=6),
    script=st.lists(returns | raises, min_size=3, max_size=3),
    later=small,
)
def test_overlapping_calls_share_one_computation(
    submission: SubmissionHandle, flavour: str, order: list[int], script: list[Any], later: int
) -> None:
    """While a call is in progress, the same call waits for its result or exception instead of calling the function."""
    own = setup(("memoise", {}), flavour=flavour, scripts=[script])
    order = [*order, order[0]]
    steps: list[list[Any]] = [
        ["new", "self"],
        ["gather", [call(flavour, number)[1:] for number in order]],
        call(flavour, later),
        call(flavour, order[0]),
    ]
    predicted = Predicted(own)
    predicted.step(*steps[0])
    outcomes = {number: predicted.do_call(*call(flavour, number)[1:]) for number in dict.fromkeys(order)}
    made, predicted.events = predicted.events, []
    last = [predicted.step(*step) for step in steps[2:]]
    shared = [outcomes[number] for number in order]
    assert submission.call("run", own, steps) == [[None, []], [shared, made], *last]


KINDS: list[tuple[str, dict[str, Any]]] = [
    ("retry", {"times": 3, "delay": 0.5}),
    ("rate_limit", {"calls": 2, "per": 64.0}),
    ("memoise", {}),
]


@criterion("identity", weight=2, hint="functools.wraps copies all of this.")
@given(
    chosen=st.permutations(KINDS),
    count=st.integers(1, 3),
    flavour=flavours,
    words=st.lists(st.text("abcdefg", min_size=1, max_size=8), min_size=4, max_size=4, unique=True),
    mark=marks,
)
def test_what_is_decorated_keeps_its_identity(
    submission: SubmissionHandle,
    chosen: list[Any],
    count: int,
    flavour: str,
    words: list[str],
    mark: int,
) -> None:
    """Name, qualified name, docstring, module, attributes, signature and `__wrapped__` are those of the original, and a
    coroutine function stays one, even when decorators are stacked.
    """
    own = setup(*chosen[:count], flavour=flavour)
    is_method, is_async = "method" in flavour, flavour in ("coroutine", "async-method")
    module = f"{words[3]}.{words[2]}"
    assert submission.call("identify", own, words[0], words[1], words[2], module, f"x_{words[3]}", mark) == {
        "name": words[0],
        "qualified": words[1],
        "documentation": words[2],
        "module": module,
        "attribute": mark,
        "signature": "(self, a, b=2, *, c=3)" if is_method else "(a, b=2, *, c=3)",
        "wrapped": [True, True],
        "coroutine": is_async,
    }


@criterion(
    "identity", weight=2, hint="Call what you were given, whatever it is; what you return has to be of the same kind."
)
@given(
    chosen=st.permutations(KINDS),
    count=st.integers(2, 3),
    flavour=flavours | asynchronous,
    mark=marks,
    order=st.lists(st.tuples(small, st.integers(0, 3)), min_size=3, max_size=7),
)
def test_decorators_stack(
    submission: SubmissionHandle,
    chosen: list[Any],
    count: int,
    flavour: str,
    mark: int,
    order: list[tuple[int, int]],
) -> None:
    """The decorators can be stacked in any order: each sees the calls that the one above lets through."""
    first = [call(flavour, value) for value in (3, 3, 4, 4, 5)]
    once_failing = [["advance", 100], call(flavour, 6), ["advance", 100]]
    rest = [step for value, pause in order for step in (call(flavour, value), ["advance", pause])]
    memoised = sorted(chosen, key=lambda rule: rule[0] != "memoise")
    for rules in (chosen[:count], memoised[:count]):
        alone = Predicted(setup(*rules, flavour=flavour))
        events = [event for step in [["new", "self"], *first] for event in alone.step(*step)[1]]
        made = sum(event[0] == "call" for event in events)
        returns_ = [["return", mark + number, 1] for number in range(made + 1 + len(order))]
        script = [*returns_[:made], ["raise", "Flaky", mark, 0], *returns_[made:]]
        own = setup(*rules, flavour=flavour, scripts=[script])
        steps: list[Step] = [["new", "self"], *first, *once_failing, *rest]
        predicted, answer = Predicted(own), submission.call("run", own, steps)
        assert len(answer) == len(steps)
        for step, received in zip(steps, answer, strict=True):
            ending, events = predicted.step(*step)
            called = [event for event in received[1] if event[0] == "call"]
            assert called == [event for event in events if event[0] == "call"], step
            limited = ending is not None and ending[0] == "limited"
            assert received[0][0] == "limited" if limited else received[0] == ending, step


@criterion("identity", hint="Check the arguments when the decorator is made, not when a function is called.")
@given(chosen=st.integers(-1000, 1000), quarters_chosen=st.integers(-1000, 1000), mark=marks)
def test_senseless_arguments_are_refused(
    submission: SubmissionHandle, chosen: int, quarters_chosen: int, mark: int
) -> None:
    """`times`, `calls` and `max_size` are at least 1, `per` and `ttl` above 0, `delay` not below 0: otherwise
    ValueError.
    """
    cases: list[tuple[str, dict[str, Any], bool]] = []
    for value in (chosen, 0, 1):
        cases += [
            ("retry", {"times": value}, value >= 1),
            ("rate_limit", {"calls": value, "per": 1.0}, value >= 1),
            ("memoise", {"max_size": value}, value >= 1),
        ]
    for number in (quarters_chosen / 4, -0.25, 0.0, 0.25):
        cases += [
            ("retry", {"times": 2, "delay": number}, number >= 0),
            ("rate_limit", {"calls": 1, "per": number}, number > 0),
            ("memoise", {"ttl": number}, number > 0),
        ]
    for name, arguments, fine in cases:
        assert submission.call("make", name, arguments, mark) == ([mark, mark] if fine else "ValueError")
