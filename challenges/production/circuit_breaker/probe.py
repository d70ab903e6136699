"""Runs drawn programs against `breaker` and returns what happened, step by step.

Everything that a program touches is built here: the clock that only it moves, the functions that are called, the
hooks. A call's ending is a short word with data: "ok" returns what it was given, "fail" raises Outage (counted, and
retried), "worse" its subclass, "other" raises Bug (neither), "exit" raises a BaseException.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Barrier, Event, Lock, Thread, get_ident
from time import monotonic, sleep
from typing import Any

from probe_kit import Clock
from probe_kit.interleaving import interleaved, tracing_threads
from probe_kit.nameless import nameless, nameless_kind

import breaker as candidate


ALIKE = 8
"""Results that are equal, and exceptions."""
A_MOMENT, BY_DEFAULT = 1 / 512, 30.0
"""Seconds by the machine's own clock, and the recovery_timeout that is not given."""


class Patience:
    """How long a thread may take to get on, on a machine that is busy with other things, before it counts as stuck."""

    seconds = 2.5

    @classmethod
    def lost(cls) -> list[Any]:
        """What a trace says of a thread that is stuck. The next one is given up sooner."""
        cls.seconds = 0.5
        return ["stuck"]


@nameless
class Outage(Exception):
    pass


@nameless
class Worse(Outage):
    pass


@nameless
class Bug(Exception):
    pass


@nameless
class Exit(BaseException):
    pass


ENDINGS: dict[str, type[BaseException]] = {"fail": Outage, "worse": Worse, "other": Bug, "exit": Exit}


WORDS = {Outage: "Outage", Worse: "Worse", Bug: "Bug", Exit: "Exit"}
"""What the suite calls what the submission cannot tell by name."""


class Recorder:
    """Hooks that write down what they are told, and misbehave when asked to. The submission is given `hooks`.

    With `harm`, only the kind of what was told is kept, for `kinds` to give. "raises": every hook raises. "uses": every
    hook uses the breaker from another thread, and waits for it without end: only outside can the wait be cut short.
    """

    def __init__(self, log: list[Any], harm: str = "") -> None:
        self.log = log
        self.harm = harm
        self.breaker: Any = None
        self.hooks = HOOKS(self)
        self._thread = get_ident()
        self._kinds: list[list[str]] = []
        self._in_use = False

    def call_finished(self, breaker: str, outcome: str, seconds: float) -> None:
        self._write(["finished", _text(breaker), _text(outcome), _seconds(seconds)])

    def call_refused(self, breaker: str, retry_after: float) -> None:
        self._write(["refused", _text(breaker), _seconds(retry_after)])

    def state_changed(self, breaker: str, old: Any, new: Any) -> None:
        self._write(["changed", _text(breaker), old.name, new.name])

    def kinds(self) -> list[list[list[str]]]:
        """What was told since the last time, in no order; nothing at all when every entry is in the log itself."""
        told, self._kinds = sorted(self._kinds), []
        return [told] if self.harm else []

    def _write(self, entry: list[Any]) -> None:
        if self._in_use:
            return
        if not self.harm:
            self.log.append(entry)
            return
        self._kinds.append([str(entry[0]) if get_ident() == self._thread else "another thread"])
        if self.harm == "raises":
            raise Bug("a hook")
        self._in_use = True
        state = self._used_elsewhere(calm="OPEN" if entry[0] == "refused" else "" if "failure" in entry else "CLOSED")
        self._in_use = False
        if entry[0] != "finished":
            self._kinds[-1].append(state)

    def _used_elsewhere(self, calm: str) -> str:
        """The state as another thread sees it; it calls as well in the state where a success changes nothing."""
        states: list[str] = []

        def use() -> None:
            states.append(str(self.breaker.state.name))
            if states[0] == calm:
                _ended(lambda: self.breaker.call(_acting("ok", 0)))

        thread = Thread(target=use, daemon=True)
        thread.start()
        thread.join()
        return "".join(states)


HOOKS = nameless_kind(
    call_finished=Recorder.call_finished, call_refused=Recorder.call_refused, state_changed=Recorder.state_changed
)


def _text(value: Any) -> Any:
    """A subclass of str counts as one; anything else stays what it is."""
    return str.__str__(value) if isinstance(value, str) else value


def _seconds(value: Any) -> Any:
    """An int is as good as a float, and so is a subclass of either; anything else stays what it is."""
    return float(value) if isinstance(value, (int, float)) and type(value) is not bool else value


def _count(value: Any) -> Any:
    """A subclass of int counts as one; anything else stays what it is."""
    return int.__int__(value) if isinstance(value, int) and type(value) is not bool else value


def _breaker(settings: dict[str, Any], clock: Clock, recorder: Recorder | None = None) -> Any:
    metrics = recorder.hooks if recorder is not None else None
    made = candidate.CircuitBreaker(**settings, failures=(Outage,), clock=lambda: clock.now, metrics=metrics)
    if recorder is not None:
        recorder.breaker = made
    return made


def _ended(call: Any) -> list[Any]:
    """What came out of a call, as data."""
    try:
        return ["returned", call()]
    except candidate.CircuitOpenError as refusal:
        return ["refused", _text(refusal.name), _seconds(refusal.retry_after)]
    except (Outage, Bug, Exit) as error:
        return ["raised", WORDS.get(type(error), "another"), *error.args]


def construct(settings: dict[str, Any]) -> list[Any]:
    """What becomes of a breaker with these settings."""
    try:
        made = candidate.CircuitBreaker(**settings)
    except ValueError:
        return ["ValueError"]
    return [_text(made.name), made.state.name]


def story(settings: dict[str, Any], now: float, program: list[tuple[Any, ...]]) -> list[Any]:
    """One breaker, one thread. Steps: ("call", ending, seconds, args, keywords), ("wait", seconds)."""
    clock = Clock(now)
    breaker = _breaker(settings, clock)
    trace: list[Any] = []

    def function(*args: Any, **keywords: Any) -> Any:
        trace.append(["ran", list(args), keywords])
        clock.now += seconds
        if ending != "ok":
            raise ENDINGS[ending](*args)
        return [list(args), keywords]

    for step in program:
        if step[0] == "wait":
            clock.now += step[1]
        else:
            _, ending, seconds, args, keywords = step
            trace.append(_ended(lambda: breaker.call(function, *args, **keywords)))  # noqa: B023 - called at once
        trace.append(breaker.state.name)
    return trace


def passed_on(program: list[tuple[str, str, int]]) -> list[Any]:
    """Which of several equal results or exceptions comes out; None: another one, or one of another thread's call.

    Steps: (who calls, what the function does, number).
    """
    results, errors, here = [["equal"] for _ in range(ALIKE)], [Bug("equal") for _ in range(ALIKE)], get_ident()
    breaker = _breaker({"name": "alike", "failure_threshold": 1_000}, Clock(0.0))
    caller = candidate.ResilientCaller(breaker, candidate.RetryPolicy(attempts=1, retry_on=(Outage,)))
    trace: list[Any] = []
    for who, what, number in program:

        def function() -> Any:
            if get_ident() != here:
                return None
            if what == "raises":  # noqa: B023 - called at once
                raise errors[number]  # noqa: B023
            return results[number]  # noqa: B023

        try:
            outcome = (breaker if who == "breaker" else caller).call(function)
        except Bug as error:
            outcome = error
        trace.append(next((index for index, known in enumerate((*results, *errors)) if known is outcome), None))
    return trace


def defaults(value: int) -> list[Any]:
    """What becomes of calls where neither `clock` nor `failures` is given."""
    patient = candidate.CircuitBreaker("patient", failure_threshold=1)
    eager = candidate.CircuitBreaker("eager", failure_threshold=1, recovery_timeout=A_MOMENT)
    trace = [_ended(lambda: breaker.call(_acting("other", value))) for breaker in (patient, eager)]  # noqa: B023 - at once
    sleep(2 * A_MOMENT)
    refusal = _ended(lambda: patient.call(_acting("ok", value)))
    is_refused = refusal[0] == "refused" and 0 < refusal[-1] < BY_DEFAULT
    return [*trace, is_refused, _ended(lambda: eager.call(_acting("ok", value)))]


def retried(value: int) -> list[Any]:
    """What becomes of a call that fails once, where neither `retry_on` nor `sleep` is given, and whether it waited."""
    policy = candidate.RetryPolicy(attempts=2, base_delay=A_MOMENT)
    caller = candidate.ResilientCaller(candidate.CircuitBreaker("retried"), policy)
    endings = iter(["other", "ok"])
    began = monotonic()
    outcome = _ended(lambda: caller.call(lambda: _acting(next(endings), value)()))
    return [*outcome, monotonic() - began >= A_MOMENT]


def neighbours(settings: list[dict[str, Any]], program: list[tuple[int, str]]) -> list[Any]:
    """Several breakers side by side. Steps: (number, ending)."""
    breakers = [_breaker(own, Clock(0.0)) for own in settings]
    trace = []
    for number, ending in program:
        trace.append(_ended(lambda: breakers[number].call(_acting(ending, number))))  # noqa: B023 - called at once
        trace.append([breaker.state.name for breaker in breakers])
    return trace


def _acting(ending: str, answer: Any) -> Any:
    def act() -> Any:
        if ending != "ok":
            raise ENDINGS[ending](answer)
        return answer

    return act


def report(settings: dict[str, Any], now: float, program: list[tuple[Any, ...]], harm: str = "") -> list[Any]:
    """As `story`, with hooks; what they were told is between the other entries. For `harm` see Recorder."""
    trace: list[Any] = []
    clock = Clock(now)
    recorder = Recorder(trace, harm)
    breaker = _breaker(settings, clock, recorder)

    def function() -> None:
        trace.append("ran")
        clock.now += seconds
        if ending != "ok":
            raise ENDINGS[ending](seconds)

    for step in program:
        if step[0] == "wait":
            clock.now += step[1]
            continue
        _, ending, seconds = step
        trace.append(_ended(lambda: breaker.call(function)))
        trace += [*recorder.kinds(), breaker.state.name]
    return trace


class Caller:
    """A thread with one call, which stops inside the protected function until it is told how to end."""

    def __init__(self, breaker: Any, name: int) -> None:
        self.name = name
        self.events: SimpleQueue[list[Any]] = SimpleQueue()
        self.orders: SimpleQueue[tuple[str, int]] = SimpleQueue()
        self.thread = Thread(target=self._run, args=(breaker,), daemon=True)
        self.thread.start()

    def _run(self, breaker: Any) -> None:
        self.events.put(_ended(lambda: breaker.call(self._protected)))

    def _protected(self) -> Any:
        self.events.put(["entered"])
        ending, value = self.orders.get()
        return _acting(ending, [self.name, value])()

    def next_event(self) -> list[Any]:
        try:
            return self.events.get(timeout=Patience.seconds)
        except Empty:
            return Patience.lost()


def schedule(settings: dict[str, Any], program: list[tuple[Any, ...]]) -> list[Any]:
    """Many threads, one step at a time: ("start", id), ("end", id, ending, value), ("wait", seconds).

    Ending a call that was not let in is no step. The program stops at the first thread that is stuck. Threads that
    are still inside are let go at the end: the next programs need the room.
    """
    clock = Clock(0.0)
    inside: dict[int, Caller] = {}
    try:
        return _scheduled(_breaker(settings, clock), clock, inside, program)
    finally:
        for caller in inside.values():
            caller.orders.put(("ok", 0))


def _scheduled(breaker: Any, clock: Clock, inside: dict[int, Caller], program: list[tuple[Any, ...]]) -> list[Any]:
    trace: list[Any] = []
    for step in program:
        if step[0] == "wait":
            clock.now += step[1]
            continue
        if step[0] == "start":
            caller = Caller(breaker, step[1])
            event = caller.next_event()
            if event == ["entered"]:
                inside[step[1]] = caller
        elif step[1] in inside:
            caller = inside.pop(step[1])
            caller.orders.put((step[2], step[3]))
            event = caller.next_event()
        else:
            continue
        trace.append([*event, breaker.state.name if event != ["stuck"] else ""])
        if event == ["stuck"]:
            break
    return trace


FOLDER = f"{Path(candidate.__file__).parent}/"


class Crowd:
    """Threads that start together, interleave badly, and give up together."""

    def __init__(self, size: int, seed: int) -> None:
        self._size = size
        self._seed = seed
        self._deadline = monotonic() + Patience.seconds

    def left(self) -> float:
        """Seconds of patience left."""
        return max(0.0, self._deadline - monotonic())

    def run(self, work: Callable[[int], Any]) -> list[Any]:
        """What came out of work(0..size-1), each in a thread of its own; what is not out in time is stuck."""
        outcomes = interleaved(
            [lambda index=index: _ended(lambda: work(index)) for index in range(self._size)],
            below=FOLDER,
            seed=self._seed,
            left=self.left,
        )
        return [Patience.lost() if outcome is None else outcome for outcome in outcomes]


def rush(settings: dict[str, Any], wait: float, values: list[int], seed: int) -> list[Any]:
    """Open a breaker, wait, then send one thread for each value, all at once; nobody leaves before all have arrived.

    Returns what came out for each thread, in order, and how many were in the function together at most.
    """
    clock = Clock(0.0)
    with tracing_threads(FOLDER, seed):
        breaker = _breaker(settings, clock)
        for _ in range(settings["failure_threshold"]):
            _ended(lambda: breaker.call(_acting("fail", 0)))
    clock.now += wait
    crowd = Crowd(len(values), seed)
    arrived = [Event() for _ in values]
    count = Lock()
    present = highest = 0

    def work(index: int) -> Any:
        def protected() -> int:
            nonlocal present, highest
            with count:
                present += 1
                highest = max(highest, present)
            arrived[index].set()
            for event in arrived:
                event.wait(crowd.left())
            with count:
                present -= 1
            return values[index]

        try:
            return breaker.call(protected)
        finally:
            arrived[index].set()

    outcomes = crowd.run(work)
    return [outcomes, highest, breaker.state.name]


def failing_together(settings: dict[str, Any], values: list[int], seed: int) -> list[Any]:
    """All threads are in the function at once, then all fail at once. Returns outcomes and the state."""
    with tracing_threads(FOLDER, seed):
        breaker = _breaker(settings, Clock(0.0))
    crowd = Crowd(len(values), seed)
    inside = Barrier(len(values))

    def protected(value: int) -> None:
        inside.wait(crowd.left())
        raise Outage(value)

    outcomes = crowd.run(lambda index: breaker.call(protected, values[index]))
    return [outcomes, breaker.state.name]


def delays(policy: dict[str, Any], attempts: list[int]) -> list[Any]:
    """`delay_after` of each attempt, and what becomes of assigning to the policy."""
    made = candidate.RetryPolicy(**policy)
    refused = []
    for name in ("attempts", "base_delay", "factor", "max_delay"):
        try:
            setattr(made, name, 1)
        except AttributeError:
            refused.append(name)
    waits = [_seconds(made.delay_after(attempt)) for attempt in attempts]
    return [waits, refused, _count(made.attempts), _seconds(made.max_delay)]


def policy(settings: dict[str, Any]) -> list[Any]:
    """What becomes of a policy with these settings."""
    try:
        made = candidate.RetryPolicy(**settings)
    except ValueError:
        return ["ValueError"]
    return [_count(made.attempts), *map(_seconds, (made.base_delay, made.factor, made.max_delay))]


def resilient(settings: dict[str, Any], retry: dict[str, Any], program: list[tuple[Any, ...]]) -> list[Any]:
    """One resilient caller. Steps: ("wait", seconds), (how, endings, fallback, args, keywords).

    `how` is "call" or "call_or"; `endings` are those of the attempts in turn; `fallback` is "raises" or a value.
    """
    clock = Clock(0.0)
    trace: list[Any] = []

    def sleep(seconds: float) -> None:
        trace.append(["slept", _seconds(seconds)])
        clock.now += seconds

    breaker = _breaker(settings, clock)
    caller = candidate.ResilientCaller(breaker, candidate.RetryPolicy(**retry, retry_on=(Outage,)), sleep=sleep)
    for step in program:
        if step[0] == "wait":
            clock.now += step[1]
        else:
            trace.append(_resilient_call(caller, step, trace))
        trace.append(breaker.state.name)
    return trace


def _resilient_call(caller: Any, step: tuple[Any, ...], trace: list[Any]) -> list[Any]:
    how, endings, answer, arguments, keywords = step
    left = iter(endings)

    def function(*args: Any, **named: Any) -> Any:
        trace.append(["ran", list(args), named])
        number, ending = next(left, (-1, "ok"))
        return _acting(ending, [number, list(args), named])()

    def fallback(error: Exception) -> Any:
        refused = isinstance(error, candidate.CircuitOpenError)
        detail = _seconds(error.retry_after) if refused else error.args[0]
        trace.append(["fell back", "CircuitOpenError" if refused else WORDS.get(type(error), "another"), detail])
        if answer == "raises":
            raise Bug("fallback", detail)
        return ["instead", answer]

    if how == "call":
        return _ended(lambda: caller.call(function, *arguments, **keywords))
    return _ended(lambda: caller.call_or(fallback, function, *arguments, **keywords))
