"""Hidden suite of production/monitoring: drawn programs of requests, and series of samples, each against a model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from math import inf
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from grader.suite import SubmissionHandle, Unkept, criterion, labelled, read_exposition, sample_values

Step = list[Any]
Steps = list[Step]

# ---- requests: the model ----------------------------------------------------------------------------------------

OTHER = "other"
OUTCOMES = {"give": "ok", "raise": "error", "exit": "cancelled", "end": "ok", "cancel": "cancelled"}
"""The outcome of a request that ends with this action."""
TYPES = {"requests_in_flight": "gauge", "requests_total": "counter", "request_duration_seconds": "histogram"}

OVER = ["over"]
"""What comes of a stream whose request is over: anything."""


@dataclass(frozen=True)
class Reading:
    """What the brief says that an exposition tells at one moment."""

    in_flight: dict[str, int]
    ended: dict[tuple[str, str], int]
    durations: dict[str, list[float]]


@dataclass
class Request:
    """One request, and what its plan says."""

    kind: str
    label: str
    began: float
    plan: dict[str, Any]
    stream: bool = False
    waits: bool = False
    started: bool = False
    """Its stream has given an item."""
    over: bool = False


@dataclass
class Model:
    """A registry and its requests."""

    now: float
    most: int
    places: list[str] = field(default_factory=list)
    requests: dict[int, Request] = field(default_factory=dict)
    in_flight: Counter[str] = field(default_factory=Counter)
    ended: Counter[tuple[str, str]] = field(default_factory=Counter)
    durations: dict[str, list[float]] = field(default_factory=dict)
    log: list[Any] = field(default_factory=list)

    def perform(self, step: Step) -> None:
        match step:
            case ["wait", seconds]:
                self.now += seconds
            case ["read"]:
                durations = {label: list(seconds) for label, seconds in self.durations.items()}
                self.log.append(Reading(dict(+self.in_flight), dict(self.ended), durations))
            case ["never", *_]:
                self.log.append(["never"])
            case ["call", number, kind, _, path, plan]:
                self.log.append(self.call(number, kind, path, plan))
            case [what, int(number), *rest]:
                self.log.append(self.go_on(self.requests[number], what, *rest))
            case _:  # elsewhere
                pass

    def call(self, number: int, kind: str, path: str, plan: dict[str, Any]) -> list[Any]:
        if path != OTHER and path not in self.places and len(self.places) < self.most:
            self.places.append(path)
        label = path if path in self.places else OTHER
        request = self.requests[number] = Request(kind, label, self.now, plan)
        self.in_flight[label] += 1
        for step in plan.get("inner", []):
            self.perform(step)
        if kind == "value":
            return self.act(request, *plan["action"])
        request.waits = kind.startswith("coroutine")
        request.stream = not request.waits
        return ["waits"] if request.waits else ["stream"]

    def end(self, request: Request, outcome: str) -> None:
        if not request.over:
            request.over = True
            self.in_flight[request.label] -= 1
            self.ended[request.label, outcome] += 1
            self.durations.setdefault(request.label, []).append(self.now - request.began)

    def act(self, request: Request, how: str, token: Any = None) -> list[Any]:
        """What the handler or its stream does, and what comes of it."""
        if how == "give" and request.stream:
            request.started = True
            return ["gave", [token], True]
        if how == "give" and "_of_" in request.kind:
            request.stream = True
            return ["stream"]
        if how == "hang":
            request.waits = True
            return ["waits"]
        self.end(request, OUTCOMES[how])
        given, cancelled = ["gave", [token], True], ["raised", "cancelled", False]
        endings: dict[str, list[Any]] = {"give": given, "end": ["end"], "cancel": cancelled}
        return endings.get(how, ["raised", (token,), True])

    def go_on(self, request: Request, what: str, seconds: float = 0.0, action: Any = None) -> list[Any]:
        over = request.over
        match what:
            case "send" | "cancel":
                request.waits = False
                self.now += seconds
                return self.act(request, *(action or request.plan.get("on_cancel") or ["cancel"]))
            case "next":
                self.now += 0.0 if over else seconds
                return OVER if over else self.act(request, *action)
            case "close":
                closed = not over and (request.started or request.kind in ("stream", "async_stream"))
                closed = closed and "bare" not in request.kind
                fails = closed and request.plan.get("closing_fails", False)
                self.now += request.plan.get("closing", 0.0) if closed else 0.0
                self.end(request, "cancelled")
                return OVER if over else ["raised", True, True] if fails else ["closed", closed]
            case _:
                self.end(request, "cancelled")
                return ["dropped"]


@dataclass(frozen=True)
class Program:
    """A registry's settings, and the steps."""

    settings: dict[str, Any]
    steps: Steps


Look = Callable[[Any, Reading], None]


def agree(submission: SubmissionHandle, program: Program, *looks: Look, results: bool = False) -> None:
    """Compare what the expositions tell, as far as looked at, and perhaps what came out of each step."""
    model = Model(program.settings["start"], program.settings["max_routes"])
    for step in program.steps:
        model.perform(step)
    log = submission.call("run", program.settings, program.steps)
    assert len(log) == len(model.log)
    for expected, answer in zip(model.log, log, strict=True):
        if isinstance(expected, Reading):
            for look in looks:
                look(answer.value, expected)
        elif results and expected != OVER:
            assert answer == expected


def values(text: Any, name: str, *labels: str) -> dict[Any, float]:
    """The samples of that name that are not 0, by the values of these labels, which are the only ones."""
    found: dict[Any, float] = {}
    for series, value in sample_values(text, name).items():
        own = dict(series)
        if own.keys() != set(labels):
            raise Unkept(f"{name} must have the labels {labels}, got {sorted(own)}")
        if value != 0:
            found[tuple(own[label] for label in labels)] = value
    return found


def gauge(text: Any, reading: Reading) -> None:
    in_flight = values(text, "requests_in_flight", "route")
    assert in_flight == {(label,): count for label, count in reading.in_flight.items()}, "requests_in_flight"


def counter(text: Any, reading: Reading) -> None:
    assert values(text, "requests_total", "route", "outcome") == reading.ended, "requests_total"


def timed(bounds: list[float]) -> Look:
    """Compare the durations, as a histogram with these bounds tells them."""

    def look(text: Any, reading: Reading) -> None:
        buckets = values(text, "request_duration_seconds_bucket", "route", "le")
        expected = {
            (label, bound): sum(own <= bound for own in seconds)
            for label, seconds in reading.durations.items()
            for bound in bounds
        }
        found = {(label, number(le)): count for (label, le), count in buckets.items() if number(le) != inf}
        assert found == {key: count for key, count in expected.items() if count}, "request_duration_seconds_bucket"
        total = {(label,): sum(seconds) for label, seconds in reading.durations.items() if sum(seconds)}
        assert values(text, "request_duration_seconds_sum", "route") == total, "request_duration_seconds_sum"

    return look


def number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise Unkept("the label le must be a number") from None


def whole(bounds: list[float]) -> Look:
    """Read the text strictly, and compare what it consists of."""

    def look(text: Any, reading: Reading) -> None:
        families = read_exposition(text)
        if not reading.ended:
            return
        assert {name: family.kind for name, family in families.items() if name in TYPES} == TYPES
        totals = families["requests_total"].samples
        told = {dict(series.labels).get("route") for series in totals if totals[series]}
        assert told == reading.durations.keys(), "requests_total"
        for label, seconds in reading.durations.items():
            histogram = families["request_duration_seconds"].histogram(labelled(route=label))
            assert histogram.count == len(seconds), "request_duration_seconds_count"
            assert [bound for bound, _ in histogram.buckets] == [*bounds, inf], "request_duration_seconds"

    return look


# ---- requests: what programs are made of ------------------------------------------------------------------------

SYNC = ["generator", "stream", "bare_stream"]
ASYNC = ["async_generator", "async_stream", "bare_async_stream"]
LATE = ["coroutine_of_generator", "coroutine_of_async_generator"]
FORMS = ["function", "partial", "object"]
WORDS = st.lists(st.text("abcdefghijkl/", min_size=1, max_size=6), min_size=3, max_size=3, unique=True)
TOKENS = st.integers(1, 10**9)
TICKS = st.integers(1, 4096).map(lambda ticks: ticks / 1024)
READ: Step = ["read"]
ROOM = 50
"""So many routes that a program does not use them up."""


@dataclass
class Author:
    """Draws steps; numbers requests."""

    draw: st.DrawFn
    count: int = 0

    def __post_init__(self) -> None:
        self.paths = self.draw(WORDS)
        self.bounds = sorted(self.draw(st.lists(TICKS, min_size=2, max_size=4, unique=True)))

    def program(self, steps: Steps, most: int = ROOM) -> Program:
        settings = {"start": self.draw(TICKS) * 4096, "buckets": self.bounds, "max_routes": most}
        return Program(settings, steps)

    def path(self) -> str:
        return self.draw(st.sampled_from(self.paths))

    def one_of(self, *choice: Any) -> Any:
        return self.draw(st.sampled_from(choice))

    def shuffled(self, items: list[Any]) -> list[Any]:
        return list(self.draw(st.permutations(items)))

    def action(self, how: str) -> Step:
        return [how] if how in ("end", "hang") else [how, self.draw(TOKENS)]

    def call(self, kind: str, path: str | None = None, **plan: Any) -> Step:
        """Begin a request, with a number of its own."""
        self.count += 1
        form = self.one_of(*(FORMS[:2] if kind.startswith("coroutine") else FORMS))
        return ["call", self.count, kind, form, self.path() if path is None else path, plan]

    def value(self, how: str, inner: Steps | None = None, path: str | None = None) -> Step:
        return self.call("value", path, action=self.action(how), inner=inner or [])

    def item(self, number: int, how: str = "give", seconds: float = 0.0) -> Step:
        return ["next", number, seconds, self.action(how)]

    def opened(self, kind: str, items: int = 0, **plan: Any) -> tuple[int, Steps]:
        """A stream, by whatever kind of handler, from which so many items were pulled."""
        steps = [self.call(kind, **plan)]
        if kind in LATE:
            steps.append(["send", self.count, 0.0, self.action("give")])
        return self.count, [*steps, *(self.item(self.count) for _ in range(items))]


def written(make: Callable[[Author], Program]) -> st.SearchStrategy[Program]:
    """Programs that this function writes."""

    @st.composite
    def drawn(draw: st.DrawFn) -> Program:
        return make(Author(draw))

    return drawn()


def read_after(steps: Steps) -> Steps:
    return [own for step in steps for own in (step, READ)]


def endings(author: Author, number: int, how: str) -> Steps:
    """End a request that is a stream: as its handler's stream does, or by closing or dropping it."""
    return [[how, number]] if how in ("close", "drop") else [author.item(number, how)]


# ---- in_flight --------------------------------------------------------------------------------------------------


def plain_calls(author: Author) -> Program:
    """Calls that end in each way, one of them within another."""
    steps: Steps = []
    for how in author.shuffled(["give", "raise", "raise"]):
        nested = author.value(author.one_of("give", "raise"), [READ])
        steps.append(author.value(how, [READ, nested, READ]))
    return author.program(read_after(steps))


@criterion("in_flight", weight=2, hint="Whatever comes out of the handler, `finally` runs.")
@given(program=written(plain_calls))
def test_a_plain_call_is_in_flight_until_it_ends(submission: SubmissionHandle, program: Program) -> None:
    """A plain handler is in flight while it runs, and no longer once it has returned or raised."""
    agree(submission, program, gauge)


def coroutine(author: Author, how: str, **plan: Any) -> Steps:
    """A coroutine, and how it ends; a stubborn or failing one is cancelled, and gives or raises something instead."""
    instead = {"stubborn": "give", "failing": "raise"}.get(how)
    if instead:
        plan["on_cancel"] = author.action(instead)
    begin, cancelled = author.call("coroutine", **plan), instead or how == "cancel"
    return [begin, ["cancel", author.count] if cancelled else ["send", author.count, 0.0, author.action(how)]]


COROUTINE_ENDS = ["give", "raise", "cancel", "stubborn", "failing"]


def coroutines(author: Author) -> Program:
    """Coroutines that are in flight together, and end one by one."""
    pairs = [coroutine(author, how, inner=[READ]) for how in COROUTINE_ENDS]
    idle = [["never", kind, author.path(), how] for kind in ("coroutine", LATE[0]) for how in ("close", "cancel")]
    begin, finish = [begin for begin, _ in pairs], [finish for _, finish in pairs]
    steps = [*author.shuffled(begin), *author.shuffled(idle)[:2], *author.shuffled(finish)]
    return author.program(read_after(steps))


@criterion("in_flight", weight=2, hint="A cancelled task raises asyncio.CancelledError, which is not an Exception.")
@given(program=written(coroutines))
def test_a_coroutine_is_in_flight_while_it_runs(submission: SubmissionHandle, program: Program) -> None:
    """A coroutine is in flight from its first step until it ends or is cancelled; one that never runs never is."""
    agree(submission, program, gauge)


def streams(author: Author) -> Program:
    """Streams of all kinds, each ended in one of the ways; all ways occur."""
    finish: Steps = []
    steps: Steps = []
    for kind, how in zip(author.shuffled(SYNC + ASYNC), ["end", "raise", "close"] * 2, strict=True):
        stream, begin = author.opened(kind, items=author.one_of(1, 1, 2))
        steps += [begin[0], READ, *begin[1:]]
        more = author.one_of(["close", stream], ["drop", stream], author.item(stream, "end"))
        finish += [*endings(author, stream, how), READ, more, READ]
    return author.program([*steps, READ, *finish])


@criterion("in_flight", weight=2, hint="The request lasts as long as its stream: count down where the stream ends.")
@given(program=written(streams))
def test_a_stream_is_in_flight_until_it_ends(submission: SubmissionHandle, program: Program) -> None:
    """A stream is in flight from the call to its end: until it is exhausted, raises or is closed; not after."""
    agree(submission, program, gauge)


def late_streams(author: Author) -> Program:
    """Streams that coroutines give, next to coroutines that fail first."""
    steps: Steps = []
    for kind in author.shuffled(LATE * 2):
        steps += [author.call(kind), ["send", author.count, 0.0, author.action("raise")]]
        stream, begin = author.opened(kind, items=author.one_of(0, 1))
        steps += [*begin, READ, *endings(author, stream, author.one_of("end", "raise", "close"))]
    return author.program(read_after(steps))


@criterion("in_flight", weight=2, hint="What an `await` gives may be a stream, too.")
@given(program=written(late_streams))
def test_a_stream_of_a_coroutine_is_in_flight_until_it_ends(submission: SubmissionHandle, program: Program) -> None:
    """If awaiting the handler gives a stream, the request is in flight until the stream ends."""
    agree(submission, program, gauge)


def unstarted(author: Author) -> Program:
    """Streams of all kinds that are closed or end before their first item."""
    steps: Steps = []
    for kind in author.shuffled(SYNC + ASYNC):
        stream, begin = author.opened(kind)
        steps += [*begin, READ, *endings(author, stream, author.one_of("close", "close", "close", "end", "raise"))]
    return author.program(read_after(steps))


@criterion("in_flight", weight=2, hint="A generator that has not started runs no `finally`.")
@given(program=written(unstarted))
def test_a_stream_may_be_closed_before_its_first_item(submission: SubmissionHandle, program: Program) -> None:
    """A stream that is closed before its first item is no longer in flight."""
    agree(submission, program, gauge)


def hanging(author: Author) -> Program:
    """Asynchronous streams whose next item is waited for: it comes, or the task is cancelled."""
    steps: Steps = []
    for kind in author.shuffled(ASYNC):
        stream, begin = author.opened(kind, items=author.one_of(0, 1, 2))
        steps += [*begin, author.item(stream, "hang"), ["send", stream, 0.0, author.action("give")]]
        steps += [author.item(stream, "hang"), ["cancel", stream]]
    return author.program(read_after(steps))


@criterion("in_flight", weight=2, hint="A cancellation comes out of the stream's `__anext__`.")
@given(program=written(hanging))
def test_a_stream_may_be_cancelled_while_it_waits(submission: SubmissionHandle, program: Program) -> None:
    """If the task that waits for an item is cancelled, the stream is no longer in flight."""
    agree(submission, program, gauge)


def interrupted(author: Author) -> Program:
    """Requests of all kinds that a `BaseException` ends."""
    steps: Steps = [author.value("exit"), *coroutine(author, "exit")]
    for kind in author.shuffled(SYNC + ASYNC):
        stream, begin = author.opened(kind, items=author.one_of(0, 1))
        steps += [*begin, author.item(stream, "exit")]
    return author.program(read_after(steps))


@criterion("in_flight", hint="KeyboardInterrupt and SystemExit end a request, too.")
@given(program=written(interrupted))
def test_a_base_exception_ends_a_request(submission: SubmissionHandle, program: Program) -> None:
    """A request is no longer in flight when a `BaseException` came out that is no `Exception`."""
    agree(submission, program, gauge)


def dropped(author: Author) -> Program:
    """Streams of all kinds that nobody keeps, before their first item or after some, while others go on."""
    kept, steps = author.opened(author.one_of(*SYNC), items=1)
    for kind in author.shuffled(SYNC + ASYNC + LATE):
        for items in author.shuffled([0, author.one_of(1, 2)]):
            stream, begin = author.opened(kind, items=items)
            steps += [*begin, READ, ["drop", stream], READ]
    return author.program([*steps, ["drop", kept], READ])


@criterion("in_flight", weight=3, hint="A client that goes away closes nothing: notice when the stream is let go.")
@given(program=written(dropped))
def test_a_dropped_stream_is_no_longer_in_flight(submission: SubmissionHandle, program: Program) -> None:
    """A stream that nothing refers to any more is no longer in flight, whether it had given an item or not."""
    agree(submission, program, gauge)


# ---- counts -----------------------------------------------------------------------------------------------------


def outcomes(author: Author) -> Program:
    """Plain calls and coroutines that end in each way."""
    steps: Steps = [author.value(how) for how in author.shuffled(["give", "raise", "exit", "give"])]
    for how in author.shuffled([*COROUTINE_ENDS, "exit"]):
        steps += coroutine(author, how)
    return author.program([*read_after(steps), ["never", "coroutine", author.path(), "close"], READ])


@criterion("counts", weight=2, hint="`except Exception` is an error; any other BaseException means cancelled.")
@given(program=written(outcomes))
def test_values_and_exceptions_have_their_outcomes(submission: SubmissionHandle, program: Program) -> None:
    """Requests of plain handlers and coroutines are counted once each, as ok, error or cancelled."""
    agree(submission, program, counter)


def stream_outcomes(author: Author) -> Program:
    """Streams that end in each way; what they do afterwards, and how often they are closed, counts nowhere."""
    steps: Steps = []
    ways = ["end", "raise", "close", "close", "drop", "exit"]
    for kind, how in zip(author.shuffled(SYNC + ASYNC), author.shuffled(ways), strict=True):
        stream, begin = author.opened(kind, items=author.one_of(1, 2), closing_fails=how == "close")
        if how == "drop":
            steps += [*begin, ["drop", stream], READ]
            continue
        steps += [*begin, *endings(author, stream, how), READ]
        again = [["close", stream], author.item(stream, "end"), author.item(stream, "raise")]
        steps += [*author.shuffled(again)[:2], *author.one_of([], [["drop", stream]]), READ]
    return author.program(steps)


@criterion("counts", weight=2, hint="Remember that a request has ended; it ends once.")
@given(program=written(stream_outcomes))
def test_streams_are_counted_once(submission: SubmissionHandle, program: Program) -> None:
    """A stream counts once, by how it ended first; closing it again, or asking it for more, counts nowhere."""
    agree(submission, program, counter)


def durations(author: Author) -> Program:
    """Values that take as long as a bound, less, more, more than all; others that overlap and end in each way."""
    bounds, tick, finish = author.bounds, 1 / 1024, []
    near = [bounds[0], bounds[0] - tick, bounds[-1], bounds[-1] + tick, author.draw(TICKS)]
    steps = [author.value(author.one_of("give", "raise"), [["wait", own]]) for own in author.shuffled(near)]
    for how in ("give", "raise", "cancel"):
        begin, end = coroutine(author, how)
        steps += [begin, ["wait", author.draw(TICKS)]]
        finish.append(end)
    ways = author.shuffled(["end", "raise", "exit", "close", "close", "close", "drop", "drop"])
    for kind, how in zip(author.shuffled(SYNC + ASYNC + LATE), ways, strict=True):
        plan = {"closing": author.draw(TICKS), "closing_fails": author.one_of(True, False)} if how == "close" else {}
        stream, (begin, *rest) = author.opened(kind, items=1, **plan)
        steps += [begin, ["wait", author.draw(TICKS)], *rest]
        finish += endings(author, stream, how)
    return author.program([*steps, *(own for end in author.shuffled(finish) for own in (["wait", tick], end)), READ])


@criterion("counts", weight=2, hint="From begin to end of the request, by the clock that was passed in.")
@given(program=written(durations))
def test_durations_go_into_their_buckets(submission: SubmissionHandle, program: Program) -> None:
    """A request's duration reaches from its begin to its end, and a bound counts what equals it."""
    agree(submission, program, timed(program.settings["buckets"]), counter)


def everything(author: Author) -> Program:
    """Requests of all kinds, one of each ending."""
    steps: Steps = [author.value(how) for how in author.shuffled(["give", "raise", "exit"])]
    for how in author.shuffled(["give", "raise", "exit", "cancel"]):
        steps += coroutine(author, how)
    for kind in author.shuffled(SYNC + ASYNC + LATE):
        how = author.one_of("end", "raise", "exit", "close", "close")
        fails = how == "close" and author.one_of(True, False)
        stream, begin = author.opened(kind, items=author.one_of(1, 2), closing_fails=fails)
        steps += [*begin, *endings(author, stream, how)]
    return author.program(steps)


FUNCTIONS = st.permutations([[kind, form] for kind in ("value", "coroutine", *LATE) for form in FORMS[:2]])


@criterion("counts", weight=2, hint="Return and raise what the handler did; pass `close` on to its stream.")
@given(program=written(everything), functions=FUNCTIONS)
def test_what_comes_out_is_unchanged(
    submission: SubmissionHandle, program: Program, functions: list[list[str]]
) -> None:
    """Arguments, results, items, exceptions and closing pass through; coroutine functions remain such."""
    agree(submission, program, results=True)
    kept = submission.call("coroutine_functions", functions)
    assert kept == [kind.startswith("coroutine") for kind, _ in functions]


# ---- text -------------------------------------------------------------------------------------------------------

ODD = ["\\", '"', "\n", "\\n", '\\"', '",route="', "} 1", "ä\t"]
"""What needs escapes in a label, or looks as if it did."""


def odd_routes(author: Author) -> Program:
    """Short requests of routes with odd characters; one exposition before any request, one after another registry's."""
    paths = ["", *(f"{author.path()}{odd}{author.path()}" for odd in author.shuffled(ODD))]
    long: Steps = [["wait", author.bounds[-1] + 1]]
    steps = [author.value("give", author.one_of([], long), path) for path in [*paths, paths[1]]]
    steps.append(author.value("give", long))
    return author.program([READ, *steps, ["elsewhere", author.path()], READ])


@criterion("text", weight=3, hint="One block for each metric, under its # TYPE; escape backslash, quote and newline.")
@given(program=written(odd_routes))
def test_the_text_is_prometheus_format(submission: SubmissionHandle, program: Program) -> None:
    """Whatever the routes are, Prometheus can read the text: blocks, types, escapes, buckets up to +Inf."""
    agree(submission, program, whole(program.settings["buckets"]))


def many_routes(author: Author) -> Program:
    """More routes than there is room for, some again and again; the last place goes to a call around another."""
    most = author.one_of(1, 2, 3)
    paths = author.shuffled([f"{path}{number}" for number, path in enumerate([*author.paths, *author.paths])])
    around = author.value("give", [READ, author.value("give", [READ], path=paths[most])], path=paths[most - 1])
    early = author.shuffled([author.value("give", path=path) for path in [*paths[: most - 1], OTHER]])
    late = [author.value("give", author.one_of([], [READ]), path=path) for path in author.shuffled([*paths, OTHER])]
    return author.program([*early, around, ["elsewhere", author.path()], *late, READ], most)


@criterion("text", weight=3, hint="The first values have labels of their own: remember them.")
@given(program=written(many_routes))
def test_labels_are_bounded(submission: SubmissionHandle, program: Program) -> None:
    """Only the first `max_routes` values are labels, in all metrics of a registry; everything else is `other`."""
    agree(submission, program, gauge, counter, routes)


def routes(text: Any, reading: Reading) -> None:
    """No metric tells of other routes."""
    for name in (*TYPES, "request_duration_seconds_bucket", "request_duration_seconds_sum"):
        found = {value for series in sample_values(text, name) for label, value in series if label == "route"}
        assert found <= reading.durations.keys() | reading.in_flight.keys(), name


@st.composite
def constructions(draw: st.DrawFn) -> list[Any]:
    """Settings that are right, and such as are nearly so."""
    bounds = sorted(draw(st.lists(TICKS, min_size=3, max_size=5, unique=True)))
    at = draw(st.integers(0, len(bounds) - 2))
    equal = [*bounds[: at + 1], *bounds[at:]]
    falling = [*bounds[:at], bounds[at + 1], bounds[at], *bounds[at + 2 :]]
    room = draw(st.integers(1, 99))
    cases = [[bounds, room], [bounds[:1], 1], [equal, room], [falling, room], [[], room], [bounds, 0], [bounds, -room]]
    return list(draw(st.permutations(cases)))


def refused(answer: Any) -> bool:
    """Whether it says that a ValueError was raised; its subclasses are as good."""
    return bool(answer[0] == "raised") and "ValueError" in [answer[1].value, *answer[2].value]


@criterion("text", hint="Raise ValueError in the constructor.")
@given(cases=constructions())
def test_settings_are_checked(submission: SubmissionHandle, cases: list[Any]) -> None:
    """Bounds that are missing or do not rise strictly, and no room for a route, raise ValueError."""
    answers = submission.call("registries", cases)
    assert len(answers) == len(cases)
    for (bounds, room), answer in zip(cases, answers, strict=True):
        right = bool(bounds) and room >= 1 and all(low < high for low, high in pairwise(bounds))
        assert (answer == ["gave", None]) if right else refused(answer), (bounds, room)


# ---- alerts: the model ------------------------------------------------------------------------------------------

Sample = tuple[int, int, int]
Alert = tuple[dict[str, Any], list[Sample]]
"""A rule's fields, and samples."""


def increase(rule: dict[str, Any], samples: list[Sample], window: int, counter: int) -> int:
    """What a counter gained until the last sample."""
    now = samples[-1][0]
    return sum(
        new[counter] - old[counter] if new[counter] >= old[counter] else new[counter]
        for old, new in pairwise(samples)
        if now - window <= old[0] and new[0] - old[0] <= rule["gap"]
    )


def burns(rule: dict[str, Any], samples: list[Sample], window: int) -> bool:
    total, errors = (increase(rule, samples, window, counter) for counter in (1, 2))
    return total > 0 and Fraction(errors, total) >= Fraction(*rule["factor"]) * Fraction(*rule["budget"])


def states(rule: dict[str, Any], samples: list[Sample]) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    state, before, since = "inactive", None, 0
    for index, (at, _, _) in enumerate(samples):
        known = samples[: index + 1]
        condition = burns(rule, known, rule["long"]) and burns(rule, known, rule["short"])
        if condition != before or at - samples[index - 1][0] > rule["gap"]:
            since = at
        match condition, state:
            case True, "firing":
                pass
            case True, _:
                state = "firing" if at - since >= rule["hold"] else "pending"
            case False, "firing":
                state = "inactive" if at - since >= rule["keep"] else "firing"
            case _:
                state = "inactive"
        before = condition
        found.append((at, state))
    return found


def active(found: Any) -> list[Any]:
    """Whether an alert is anything but inactive: with a `hold` that never ends, that is the condition."""
    return [(own[0], own[1] != "inactive") for own in found]


def agree_on(submission: SubmissionHandle, alerts: list[Alert], *, exactly: bool = False) -> None:
    answers = submission.call("alerts", alerts)
    assert len(answers) == len(alerts)
    for (rule, samples), answer in zip(alerts, answers, strict=True):
        right = states(rule, samples)
        assert (answer == right) if exactly else (active(answer) == active(right)), rule


# ---- alerts: what series are made of ----------------------------------------------------------------------------


@dataclass
class Series:
    """Samples that are written step by step."""

    at: int
    total: int
    errors: int
    samples: list[Sample] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.samples.append((self.at, self.total, self.errors))

    def go(self, seconds: int, total: int, errors: int) -> None:
        """Both counters gain so much in so many seconds."""
        self.reset(seconds, self.total + total, self.errors + errors)

    def reset(self, seconds: int, total: int, errors: int) -> None:
        self.at, self.total, self.errors = self.at + seconds, total, errors
        self.samples.append((self.at, total, errors))


@dataclass
class Analyst:
    """Draws rules and series."""

    draw: st.DrawFn

    def __post_init__(self) -> None:
        self.scale = self.draw(st.sampled_from([1, 7, 10**18]))  # floats do not tell the last apart

    def number(self, low: int, high: int) -> int:
        return self.draw(st.integers(low, high))

    def series(self) -> Series:
        return Series(
            self.number(0, 10**9), self.number(10**6, 10**7) * self.scale, self.number(10**3, 10**5) * self.scale
        )

    def rule(self, percent: int, **fields: int) -> dict[str, Any]:
        """A rule whose windows burn from so many percent on."""
        factor = self.number(2, 20)
        return {"budget": [percent, 100 * factor], "factor": [factor, 1], "hold": 10**12, "keep": 0, **fields}

    def traffic(self) -> int:
        return self.number(1000, 1100) * self.scale

    def shuffled(self, items: list[Any]) -> list[Any]:
        return list(self.draw(st.permutations(items)))


def noted(make: Callable[[Analyst], Alert]) -> st.SearchStrategy[list[Alert]]:
    """Two rules with samples that this function writes."""

    @st.composite
    def drawn(draw: st.DrawFn) -> list[Alert]:
        return [make(Analyst(draw)) for _ in range(2)]

    return drawn()


# ---- windows ----------------------------------------------------------------------------------------------------


def bursts(analyst: Analyst) -> Alert:
    """A short burst (only the short window burns), a long one (both do), and its end (only the long one does)."""
    seconds, series = analyst.number(10, 60), analyst.series()
    rule = analyst.rule(
        analyst.number(40, 60), short=3 * seconds + seconds // 2, long=12 * seconds + seconds // 2, gap=seconds + 1
    )
    lengths = [(12, 0), (analyst.number(2, 3), 1), (5, 0), (9, 1), (3, 0), (analyst.number(1, 3), 1), (9, 0)]
    for length, bad in lengths:
        for _ in range(length):
            traffic = analyst.traffic()
            series.go(seconds, traffic, traffic if bad else 1)
    return rule, series.samples


@criterion("windows", weight=4, hint="The short window ends an alert early; the long one ignores a short burst.")
@given(alerts=noted(bursts))
def test_both_windows_must_burn(submission: SubmissionHandle, alerts: list[Alert]) -> None:
    """The condition is true only while the long and the short window burn."""
    agree_on(submission, alerts)


def edges(analyst: Analyst) -> Alert:
    """The pair with most errors lies exactly at the begin of a window, and is out of it one second later."""
    series, steps = analyst.series(), [analyst.number(2, 30) for _ in range(8)]
    few, much = analyst.number(1, 9) * analyst.scale, analyst.number(100, 200) * analyst.scale
    at_long = analyst.draw(st.booleans())
    pairs = [(few, 0), (much, much), (much, 0), (few, few), (few, few), (few, few), (few, few), (few, few)]
    if not at_long:
        pairs = [(few, 0), (few, 0), (few, 0), (few, 0), (much, much), (few, 0), (few, 0), (few, 0)]
    for seconds, (total, errors) in zip(steps, pairs, strict=True):
        series.go(seconds, total, errors)
    series.go(1, few, few * at_long)
    times = [at for at, _, _ in series.samples]
    long, short = times[-2] - times[1], times[-2] - times[4]
    percent = 49 if at_long else 1
    return analyst.rule(percent, long=long, short=short, gap=31), series.samples


@criterion("windows", weight=2, hint="A window of w seconds begins at t - w; only pairs within it count.")
@given(alerts=noted(edges))
def test_windows_begin_where_they_begin(submission: SubmissionHandle, alerts: list[Alert]) -> None:
    """A pair of samples counts if both lie in the window, its first moment included."""
    agree_on(submission, alerts)


def resets(analyst: Analyst) -> Alert:
    """Pairs in which no counter, either or both are reset, with many errors or few; each window holds the last pair."""
    seconds, series = analyst.number(10, 60), analyst.series()
    rule = analyst.rule(analyst.number(20, 40), short=seconds + 1, long=seconds + 5, gap=seconds + 1)
    few = analyst.number(1, 99) * analyst.scale

    def both(bad: bool) -> None:
        series.reset(seconds, few * 10, few * 10 if bad else few)

    def total_alone(bad: bool) -> None:
        series.go(seconds, few * 90, few * 90)
        series.reset(seconds, few * 10, series.errors + few * (9 if bad else 1))

    def errors_alone(bad: bool) -> None:
        series.go(seconds, few * 1000, few * 900)
        series.reset(seconds, series.total + few * 10, few * (9 if bad else 1))

    def neither(bad: bool) -> None:
        series.go(seconds, few * 10, few * 9 if bad else 0)

    ways = [(way, bad) for way in (both, total_alone, errors_alone, neither) for bad in (True, False)]
    for way, bad in analyst.shuffled(ways):
        way(bad)
    return rule, series.samples


@criterion("windows", weight=2, hint="Where a counter fell, it began again at 0: what it shows is what it gained.")
@given(alerts=noted(resets))
def test_counters_may_be_reset(submission: SubmissionHandle, alerts: list[Alert]) -> None:
    """A counter that fell was reset and gained what it shows; the other counter is not affected."""
    agree_on(submission, alerts)


def gaps(analyst: Analyst) -> Alert:
    """Errors in a gap, a reset in a gap, errors in the longest step that is none, a gap later; all in both windows."""
    series, gap = analyst.series(), analyst.number(20, 60)
    rule = analyst.rule(analyst.number(1, 5), short=10**4, long=10**4 + analyst.number(1, 99), gap=gap)
    calm, bad = analyst.traffic(), 10 * analyst.traffic()
    series.go(analyst.number(1, gap), calm, 0)
    series.go(gap + analyst.number(1, 9), bad, bad)
    series.go(analyst.number(1, gap), calm, 0)
    series.reset(gap + 1, series.errors // 2, series.errors // 2)
    series.go(gap, bad, bad)
    series.go(gap + 1, calm, 0)
    series.go(gap + 1, 10**5 * bad, 0)
    series.go(analyst.number(1, gap), calm, 0)
    return rule, series.samples


@criterion("windows", weight=2, hint="Leave out the pairs around a gap, and keep what came before it.")
@given(alerts=noted(gaps))
def test_gaps_add_nothing(submission: SubmissionHandle, alerts: list[Alert]) -> None:
    """What a counter gained across a gap is left out; what it gained before still counts."""
    agree_on(submission, alerts)


def thresholds(analyst: Analyst) -> Alert:
    """At the threshold, one error less or one request more, each after a gap; then no traffic, and a single request."""
    series, seconds = analyst.series(), analyst.number(10, 60)
    percent, unit = analyst.number(3, 60), analyst.number(1, 50) * analyst.scale
    rule = analyst.rule(percent, short=2 * seconds + 2, long=2 * seconds + 3, gap=seconds + 1)
    series.go(seconds, 0, 0)
    ties = [(100 * unit, percent * unit), (100 * unit, percent * unit - 1), (100 * unit + 1, percent * unit)]
    for total, errors in analyst.shuffled(ties):
        series.go(seconds + 2, unit, analyst.number(0, 1) * unit)
        series.go(seconds, total, errors)
        more = analyst.number(1, 99)
        series.go(seconds, 100 * more, percent * more)
        series.go(seconds, 0, 0)
    series.go(seconds, 0, 0)
    series.go(seconds, 1, 1)
    series.go(seconds, 10**4 * unit, 0)
    return rule, series.samples


@criterion("windows", weight=2, hint="Compare with integers or Fractions; a window without requests does not burn.")
@given(alerts=noted(thresholds))
def test_a_window_burns_from_the_threshold_on(submission: SubmissionHandle, alerts: list[Alert]) -> None:
    """A window burns if all of its errors divided by all of its requests reach `factor * budget`, exactly."""
    agree_on(submission, alerts)


# ---- states -----------------------------------------------------------------------------------------------------


@dataclass
class Signal:
    """A series whose condition is that of the last pair: both windows hold no other."""

    analyst: Analyst
    series: Series
    percent: int

    def go(self, bad: bool, count: int, seconds: int | None = None) -> list[int]:
        """So many samples with this condition; the ages that this run would have, were it a new one."""
        times = []
        for _ in range(count):
            traffic = self.analyst.traffic()
            self.series.go(seconds or self.analyst.number(31, 59), traffic, traffic if bad else 1)
            times.append(self.series.at)
        return [at - times[0] for at in times]

    def alert(self, **fields: int) -> Alert:
        return self.analyst.rule(
            self.percent, **{"short": 60, "long": 61, "gap": 61, "hold": 0, **fields}
        ), self.series.samples


def signal(analyst: Analyst) -> Signal:
    return Signal(analyst, analyst.series(), analyst.number(20, 40))


def holding(analyst: Analyst) -> Alert:
    """Runs that are too short, just long enough, and interrupted."""
    own = signal(analyst)
    for _ in range(2):
        own.go(False, analyst.number(1, 2))
        own.go(True, 2)
    own.go(False, 1)
    ages = own.go(True, 7)
    return own.alert(hold=ages[analyst.number(3, 4)] + analyst.number(0, 1))


@criterion("states", weight=3, hint="A run begins at its first sample, and any other condition ends it.")
@given(alerts=noted(holding))
def test_an_alert_is_pending_for_hold(submission: SubmissionHandle, alerts: list[Alert]) -> None:
    """An alert fires once its condition has been true without interruption for `hold` seconds, and not before."""
    agree_on(submission, alerts, exactly=True)


def keeping(analyst: Analyst) -> Alert:
    """An alert whose condition is false for too short a time, again, and then for just long enough."""
    own = signal(analyst)
    own.go(True, analyst.number(2, 3))
    own.go(False, 3)
    own.go(True, analyst.number(1, 2))
    ages = own.go(False, 6)
    keep = ages[analyst.number(3, 4)] + analyst.number(0, 1)
    own.go(True, analyst.number(1, 2))
    own.go(False, 2)
    own.go(True, 1)
    own.go(False, 7)
    return own.alert(hold=30, keep=keep)


@criterion("states", weight=3, hint="What ends an alert is a run of its own, from the first calm sample on.")
@given(alerts=noted(keeping))
def test_an_alert_is_kept_for_keep(submission: SubmissionHandle, alerts: list[Alert]) -> None:
    """A firing alert goes once its condition has been false without interruption for `keep` seconds, and not before."""
    agree_on(submission, alerts, exactly=True)


def breaks(analyst: Analyst) -> Alert:
    """A gap in a run of either condition; with windows that reach across it where the condition is true."""
    own, seconds = signal(analyst), analyst.number(31, 59)
    if analyst.draw(st.booleans()):
        own.go(False, 1)
        ages = own.go(True, 4, seconds)
        own.series.go(62 + analyst.number(0, 99), 1, 0)
        own.go(True, 7, seconds)
        return own.alert(hold=ages[-1] + 1, short=10**5, long=10**5 + 1)
    own.go(True, 2)
    ages = own.go(False, 4, seconds)
    own.series.go(62 + analyst.number(0, 99), own.analyst.traffic(), 0)
    own.go(False, 7, seconds)
    return own.alert(keep=ages[-1] + 1)


@criterion("states", weight=2, hint="After a gap nobody knows what was: count the time from the sample after it.")
@given(alerts=noted(breaks))
def test_a_gap_begins_a_new_run(submission: SubmissionHandle, alerts: list[Alert]) -> None:
    """Neither `hold` nor `keep` passes across a gap; an alert that fires goes on firing."""
    agree_on(submission, alerts, exactly=True)


@st.composite
def rules(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Rules that are right, and such as are nearly so."""
    short = draw(st.integers(1, 10**4))
    analyst = Analyst(draw)
    windows = [(short, short + 1), (1, 2), (short, short), (short + 1, short), (0, short), (-short, short)]
    others = {name: analyst.number(0, 10**4) for name in ("gap", "hold", "keep")}
    return [
        {**analyst.rule(analyst.number(1, 60)), **others, "short": low, "long": high}
        for low, high in analyst.shuffled(windows)
    ]


@criterion("states", hint="A frozen dataclass with a `__post_init__` does it.")
@given(rules=rules(), samples=st.lists(st.tuples(*[st.integers(0, 10**18)] * 3), min_size=1, max_size=3))
def test_rules_are_checked(
    submission: SubmissionHandle, rules: list[dict[str, Any]], samples: list[tuple[int, int, int]]
) -> None:
    """Rules and samples have their fields; a rule without 0 < short < long raises ValueError."""
    shown, fields = submission.call("made", rules, samples)
    assert fields == [list(sample) for sample in samples] * 2
    assert len(shown) == len(rules)
    for rule, answer in zip(rules, shown, strict=True):
        if 0 < rule["short"] < rule["long"]:
            lowest = {name: list(Fraction(*rule[name]).as_integer_ratio()) for name in ("budget", "factor")}
            assert answer == ["gave", list({**rule, **lowest}.values())]
        else:
            assert refused(answer), rule
