"""The hidden suite of concurrency. Jobs meet outside, where the kernel says who came; the rest is in virtual time.

A job `visit`s: it arrives by its name, works on the word with which it is released, and arrives with the result. So the
results show that the work was done after the release, and the clock of the process that brings them shows who did it.
"""

from __future__ import annotations

import heapq
import math
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from grader.suite import Group, Meeting, Observation, Process, SubmissionHandle, Unkept, criterion

WAITING, BLOCKING, COMPUTING = KINDS = ("waiting", "blocking", "computing")
OTHER = "other"
"""A task of the event loop that is nobody's job."""
ROUNDS = 20_000
"""Some ten milliseconds of work. Whoever only passes on what another process computed spends a fiftieth of that."""
HOLD = 0.2
"""So long a full group is held, to see whether one more comes."""
GRACE = 0.1
"""So long any other group is held, for somebody who looks only now and then whether there is a place."""
PATIENCE = 6.0
"""So long, in processor time, somebody is waited for who never comes to rest."""
SHARE = 4.0
"""The processor time for the same work may differ by this factor."""
LOOK = 0.01
QUIET, PATIENT = 50, 2000
"""So many looks at processes that rest end the wait for the last ones, and so many at processes that do not."""
LATE = 0.25
"""So long, in virtual time, leaving may take to notice that the last job has ended."""
STAYING = 2
"""The resource tracker and the fork server."""
TROUBLES = ("Trouble", "KeyError", "ValueError", "LookupError")
ERRORS = ("OSError", "EOFError", "ConnectionResetError", "TimeoutError", "RuntimeError")
ERRORS_OF_POOLS = ("BrokenProcessPool", "CancelledError", "InvalidStateError")
"""What the standard library's pools and futures raise; a job may, too."""
KEYWORDS = (
    *("self", "function", "fn", "func", "callback", "target", "args", "kwargs", "arguments", "call", "job", "task"),
    *(
        "loop",
        "timeout",
        "kind",
        "name",
        "limit",
        "places",
        "lane",
        "semaphore",
        "pool",
        "executor",
        "context",
        "start",
    ),
    *("future", "process", "work", "run", "submit"),
)
"""Names that a function inside may have for its own arguments."""
BIG = 200_000
"""More than fits in a pipe."""

Jobs = list[tuple[str, str, int]]

stems = st.text("bcdfghjklmnp", min_size=4, max_size=8)


def names_of(stem: str, count: int) -> list[str]:
    """Return names that nobody can know before."""
    return [f"{stem}-{number}" for number in range(count)]


def jobs_of(kind: str, stem: str, count: int, rounds: int = 1) -> Jobs:
    return [(kind, f"{kind} {name}", rounds) for name in names_of(stem, count)]


def worked(word: str, rounds: int) -> str:
    data = word.encode()
    for _ in range(rounds):
        data = sha256(data).digest()
    return data.hex()


def texts(group: Group) -> list[str]:
    return [arrival.text for arrival in group.arrivals]


def names(jobs: Iterable[tuple[str, str, int]]) -> list[str]:
    return [name for _kind, name, _rounds in jobs]


@dataclass(frozen=True)
class Met:
    """What a meeting saw, and what the call of its jobs returned."""

    groups: list[Group]
    jobs: Jobs
    returned: Observation
    present: list[int]
    """How many processes there were when each group was released."""
    threads: list[int]
    """How many threads all of them had."""

    def group(self, number: int) -> list[str]:
        """Return who was in a group, in order; nobody if it never met."""
        return sorted(texts(self.groups[number])) if number < len(self.groups) else []

    def due(self) -> list[Any]:
        """Return the results that the words of release demand, and the jobs that the one desk has served."""
        words = {arrival.text: arrival.word for group in self.groups for arrival in group.arrivals}
        results = [worked(words.get(name, ""), rounds) for _kind, name, rounds in self.jobs]
        return [results, sorted(names(job for job in self.jobs if job[0] == BLOCKING))]

    def processes(self, number: int, kind: str) -> set[int]:
        """Return the processes from which the jobs of a kind came to a group; 0 is one that had ended."""
        groups = self.groups[number : number + 1]
        arrivals = [arrival for group in groups for arrival in group.arrivals if arrival.text.startswith(kind)]
        return {arrival.process.pid if arrival.process else 0 for arrival in arrivals}


def held(
    submission: SubmissionHandle, jobs: Jobs, size: int, *objects: dict[str, int], leaving: str = "", hold: float = HOLD
) -> Met:
    """Let the jobs meet in groups of `size`, called by objects with these limits."""
    looks: list[tuple[Process, ...]] = []
    with Meeting(
        submission,
        size=size,
        hold=hold,
        grace=GRACE,
        patience=PATIENCE,
        on_group=lambda _: looks.append(submission.processes()),
    ) as meeting:
        returned = submission.call("meet", meeting.address, list(objects or ({},)), jobs, leaving)
    threads = [sum(process.threads for process in look) for look in looks]
    return Met(meeting.groups, jobs, returned, [len(look) for look in looks], threads)


def own_process(submission: SubmissionHandle) -> Process:
    """Return the process that uses the submission, the first one inside."""
    submission.call("ready")
    processes = submission.processes()
    assert processes, "no process is left once the submission was imported"
    return processes[0]


def looks(submission: SubmissionHandle) -> Iterator[tuple[Process, ...]]:
    """Look at the processes again and again, until nothing has moved for a while: what was to end has ended by then,
    however long the machine took.
    """
    now, quiet = submission.processes(), 0
    for _ in range(PATIENT):
        yield now
        before, now = now, submission.processes()
        quiet = quiet + 1 if now == before and all(process.asleep for process in now) else 0
        if quiet == QUIET:
            return
        time.sleep(LOOK)


def assert_all_met(met: Met) -> None:
    """All jobs came to the first group, and brought what their words demand to the second."""
    for kind in KINDS:
        jobs = sorted(names(job for job in met.jobs if job[0] == kind))
        came = [text for text in met.group(0) if text.startswith(kind)]
        assert came == jobs, f"{len(came)} of {len(jobs)} {kind} jobs ran at the same time"
    assert met.groups[0].settled, "while all jobs waited, something did not come to rest"
    assert met.returned == met.due()


# ---- programs in virtual time ---------------------------------------------------------------------------------------
#
# Every duration has a binary digit of its own below the point, so that no two things happen at the same time, whatever
# is added up: what would come first then is not promised.

Program = tuple[int, list[list[Any]], float]
Stream = tuple[int, list[list[Any]], list[list[float]], float]


class Digits:
    """Draws durations of a few seconds, each with its own digit."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw
        self._digit = 1.0

    def seconds(self, most: int = 6) -> float:
        """Return a duration of at least one second."""
        self._digit /= 2
        return self._draw(st.integers(1, most)) + self._digit


@st.composite
def programs(draw: st.DrawFn, *, deadlines: bool = False, ample: bool = False, crash: bool = False) -> Program:
    """Calls `[at, seconds, trouble, deadline, cleanup, again]`, a limit, and when the block is left.

    Not ample, the limit is low, and the first calls more than fill it; with deadlines, somebody gives up in the queue.
    Only where places are ample do jobs raise, one when it is called, and take time to clean up, during which one is
    cancelled again: that shows in one promise, not in all.
    """
    digits = Digits(draw)
    count = draw(st.integers(5, 8))
    limit = count if ample else draw(st.integers(1, 2))
    calls: list[list[Any]] = []
    for number, at in enumerate(sorted(draw(st.sets(st.integers(0, 12), min_size=count, max_size=count)))):
        hurried = deadlines and (number in (limit, limit + 1) or draw(st.booleans()))
        call = [float(at), digits.seconds(), "", 0.0, 0.0, 0.0]
        if hurried:
            call[3] = digits.seconds()
        if ample:
            call[2], call[4] = draw(st.sampled_from(["", "Trouble"])), float(draw(st.integers(0, 2)))
        calls.append(call)
    if ample:
        raising, cancelled = draw(st.permutations(range(count)))[:2]
        calls[raising][1:] = [0.0, "Trouble", 0.0, 0.0, 0.0]
        calls[cancelled][1:] = [digits.seconds() + 8.0, "", digits.seconds(), digits.seconds() + 2.0, digits.seconds(1)]
    else:
        for number in range(limit + 2):  # the first fill the limit, and two wait for long
            calls[number][0] = float(number)
            if number < limit:
                calls[number][1] += 8.0
                calls[number][3] = 0.0
        for number in range(limit + 2, count):
            calls[number][0] += limit + 2.0
    leave = (draw(st.integers(2, 6)) if crash else 40) + 2.0**-20
    return limit, calls, leave


@st.composite
def clean_ups(draw: st.DrawFn) -> Program:
    """As many calls as may run, all cancelled, whose jobs take time to clean up, and as many that wait for that."""
    digits = Digits(draw)
    limit = draw(st.integers(1, 3))
    first = [[float(at), 30.0, "", digits.seconds() + 6.0, digits.seconds(4), 0.0] for at in range(limit)]
    return limit, [*first, *([float(limit + at), digits.seconds(), "", 0.0, 0.0, 0.0] for at in range(limit))], 60.0


def schedule_of(program: Program, *, cut: bool = False) -> dict[str, list[list[Any]]]:
    """Return the right times: each call in turn has the place that is free first, unless it gives up before. A second
    cancellation may cut a clean-up short, or not.
    """
    limit, calls, _leave = program
    free = [0.0] * limit
    right: dict[str, list[list[Any]]] = {"called": [], "began": [], "gone": [], "answers": []}
    for number, (at, seconds, trouble, deadline, cleanup, again) in enumerate(calls):
        start = max(at, free[0])
        gives_up = at + deadline if deadline else math.inf
        if gives_up < start:
            right["answers"].append([number, "raised", "TimeoutError", gives_up])
            continue
        right["called"].append([number, start])
        if not seconds:
            right["answers"].append([number, "raised", trouble, start])
            continue
        right["began"].append([number, start])
        end = start + seconds
        if gives_up < end:
            end = gives_up + (min(again, cleanup) if cut and again else cleanup)
            right["gone"].append([number, "cancelled", end])
            right["answers"].append([number, "raised", "TimeoutError", end])
        else:
            right["gone"].append([number, "ended", end])
            right["answers"].append([number, "raised", trouble, end] if trouble else [number, "gave", number, end])
        heapq.heapreplace(free, end)
    return right


def times(rows: Observation) -> dict[int, float]:
    """Return the time of each number. Raises AssertionError if these are not rows of a number and a time."""
    for row in rows:
        assert len(row) == 2, f"{row.value} is not a number and a time"
        assert type(row[0].value) is int
        assert type(row[1].value) is float
    return dict(rows.value)


@st.composite
def streams(draw: st.DrawFn) -> Stream:
    """Items `[seconds, trouble, cleanup, untidy]` and requests `[pause, deadline, again]`, which end before or after
    them.
    """
    digits = Digits(draw)
    items: list[list[Any]] = [[digits.seconds(), "", 0.0, ""] for _ in range(draw(st.integers(0, 7)))]
    count = draw(st.integers(min(4, len(items) + 1), len(items) + 1))
    return draw(st.integers(1, 4)), items, _requests(draw, digits, count), digits.seconds(2)


def _requests(draw: st.DrawFn, digits: Digits, count: int) -> list[list[float]]:
    return [[digits.seconds(4) if draw(st.booleans()) else 0.0, 0.0, 0.0] for _ in range(count)]


@st.composite
def ending_streams(draw: st.DrawFn, ending: str) -> Stream:
    """Streams that end early: one job "raises", or is "raising" when it is called; whoever asks "closes" while jobs are
    in flight, or has a "deadline".

    The job that is asked for then would last for long, and the next one fails, too, sooner. The one behind it takes
    time to clean up, and so does the first, during which whoever has a deadline is cancelled again.
    """
    digits = Digits(draw)
    ahead, last = draw(st.integers(3, 4)), draw(st.integers(1, 2))
    other = draw(st.sampled_from(TROUBLES[1:]))
    items: list[list[Any]] = [[digits.seconds(), "", 0.0, ""] for _ in range(draw(st.integers(6, 7)))]
    items[last] = [digits.seconds() + 40.0, "Trouble" if ending == "raises" else "", digits.seconds(2) + 2.0, ""]
    items[last + 1] = [digits.seconds(1), other, 0.0, other]
    items[last + 2] = [digits.seconds() + 80.0, "", digits.seconds(2) + 2.0, other]
    if ending == "raising":
        items[last][:2] = [0.0, "Trouble"]
    asked = _requests(draw, digits, last + 1)
    if ending == "deadline":
        asked[-1][1:] = [digits.seconds(), digits.seconds(1)]
    if ending == "closes":
        asked.pop()
    return ahead, items, asked, digits.seconds(2)


@dataclass
class Streamed:
    """What `ordered` does right."""

    took: list[list[Any]]
    gave: list[list[Any]]
    how: list[Any]
    """How it ends: what is raised, and its arguments."""
    now: float
    """When it ends, apart from cleaning up."""


def stream_of(program: Stream) -> Streamed:
    """Return what `ordered` does right."""
    ahead, items, requests, close = program
    now, done = 0.0, 0
    took: list[list[Any]] = []
    gave: list[list[Any]] = []
    for pause, deadline, _again in requests:
        now += pause
        took += [[number, now] for number in range(len(took), min(done + ahead, len(items)))]
        if done == len(took):
            return Streamed(took, gave, ["StopAsyncIteration", []], now)
        ready = max(now, took[done][1] + items[done][0])
        if deadline and now + deadline < ready:
            return Streamed(took, gave, ["TimeoutError", []], now + deadline)
        now = ready
        if items[done][1]:
            return Streamed(took, gave, [items[done][1], [done]], now)
        gave.append([done, now])
        done = len(gave)
    return Streamed(took, gave, ["closed", []], now + close)


def assert_streamed(program: Stream, seen: Observation) -> None:
    """Results came in order, and items were taken when they were to be."""
    right = stream_of(program)
    for fact, rows in {"took": right.took, "began": right.took, "gave": right.gave}.items():
        assert len(seen[fact]) == len(rows), f"{fact}: {seen[fact].value}, not {rows}"
        for row, expected in zip(seen[fact], rows, strict=True):
            assert row == expected, fact


def assert_ended(program: Stream, seen: Observation) -> None:
    """The results before the end came, it ended as it was to, and all jobs had ended before, whenever they were taken.

    Jobs that were taken in the moment of the end may not have begun. How long cleaning up takes depends on whether the
    jobs do that side by side, and on what a second cancellation cuts short.
    """
    right = stream_of(program)
    latest = right.now + sum(cleanup for _seconds, _trouble, cleanup, _untidy in program[1])
    assert seen["gave"] == right.gave
    ends = {row[0].value: (row[1].value, row[2].value) for row in seen["gone"]}
    for number, at in times(seen["took"]).items():
        assert number < len(program[1]), f"there is no item {number}"
        due = at + program[1][number][0]
        if at == right.now or due == at:
            continue
        assert number in ends, f"job {number} had not ended"
        how, end = ends[number]
        if due <= right.now or how == "ended":
            assert (how, end) == ("ended", due), f"job {number} was {how} at {end}, and was to end at {due}"
        assert due <= right.now or right.now <= end <= latest, f"job {number} was {how} at {end}"
    assert len(seen["end"]) == 4
    how, arguments, ended, unfinished = seen["end"]
    assert how == right.how[0]
    assert arguments == right.how[1]
    assert unfinished == [], "jobs had not ended"
    assert type(ended.value) is float
    last = max([right.now, *(end for _how, end in ends.values())])
    assert last <= ended.value < last + LATE, f"it ended at {ended.value}, and its last job at {last}"


# ---- the three kinds ------------------------------------------------------------------------------------------------


@criterion("models", weight=2, hint="Only coroutines are cheap enough to have a hundred of.")
@settings(max_examples=2)
@given(stem=stems, count=st.integers(80, 110))
def test_waiting_jobs_meet(submission: SubmissionHandle, stem: str, count: int) -> None:
    """A hundred waiting jobs run at the same time, in a sandbox with room for 24 processes and threads."""
    own = own_process(submission).pid
    met = held(submission, jobs_of(WAITING, stem, count), count, {WAITING: count})
    assert_all_met(met)
    assert met.processes(0, WAITING) == {own}, "waiting jobs came from another process"


@criterion("models", hint="Start threads and processes when the first job needs them.")
@settings(max_examples=2)
@given(stem=stems, count=st.integers(2, 9))
def test_waiting_starts_nothing(submission: SubmissionHandle, stem: str, count: int) -> None:
    """Jobs that wait start no thread and no process."""
    submission.call("ready")
    met = held(submission, jobs_of(WAITING, stem, count), count, hold=0.0)
    assert met.returned == met.due()
    assert met.present[:1] == [1], f"while only waiting jobs ran, there were {met.present[:1]} processes"
    assert met.threads[:1] == [1], f"while only waiting jobs ran, there were {met.threads[:1]} threads"


@criterion(
    "models", weight=3, hint="asyncio.to_thread has as many threads as the machine has processors, and a few more."
)
@settings(max_examples=2)
@given(stem=stems, count=st.integers(8, 14))
def test_blocking_jobs_meet(submission: SubmissionHandle, stem: str, count: int) -> None:
    """As many blocking jobs as `blocking` says run at the same time, in one process, whose objects they share."""
    own = own_process(submission).pid
    met = held(submission, jobs_of(BLOCKING, stem, count), count, {BLOCKING: count})
    assert_all_met(met)
    assert met.processes(0, BLOCKING) == {own}, "blocking jobs came from another process"
    assert met.present[0] <= 1 + STAYING, f"while only blocking jobs ran, there were {met.present[0]} processes"


def assert_computed_apart(met: Met, own: int, count: int) -> None:
    """Computing jobs came from a process each, and each process did the work itself."""
    processes = met.processes(0, COMPUTING)
    assert len(processes) == count, f"{count} computing jobs came from {len(processes)} processes"
    assert own not in processes, "a computing job came from the process that called it"
    began = time.thread_time()
    worked(str(own), ROUNDS)
    ours = time.thread_time() - began
    brought = [arrival for group in met.groups[1:2] for arrival in group.arrivals]
    assert len(brought) == len(met.jobs), f"{len(brought)} jobs came with their results at the same time"
    spent = sorted(arrival.spent for arrival in brought)[-count:]
    assert min(spent) >= ours / SHARE, f"the processes computed for {spent} s, and the work takes {ours:.4f} s"


@criterion("models", weight=4, hint="A thread that computes keeps the GIL: only processes compute side by side.")
@settings(max_examples=1)
@given(stem=stems, count=st.integers(3, 4))
def test_computing_jobs_meet(submission: SubmissionHandle, stem: str, count: int) -> None:
    """As many computing jobs as `computing` says run at the same time, each in a process of its own, which computes."""
    own = own_process(submission).pid
    met = held(submission, jobs_of(COMPUTING, stem, count, ROUNDS), count, {COMPUTING: count})
    assert_all_met(met)
    assert_computed_apart(met, own, count)


@criterion("models", weight=4, hint="Nothing may block the event loop, and no kind may use what another kind needs.")
@settings(max_examples=1)
@given(stem=stems)
def test_all_kinds_meet(submission: SubmissionHandle, stem: str) -> None:
    """100 waiting, 8 blocking and 3 computing jobs, the limits by default, all run at the same time."""
    own = own_process(submission).pid
    jobs = [
        *jobs_of(COMPUTING, stem, 3, ROUNDS),
        *jobs_of(BLOCKING, stem, 8),
        *jobs_of(WAITING, stem, 100),
    ]
    met = held(submission, jobs, len(jobs))
    assert_all_met(met)
    assert met.processes(0, WAITING) | met.processes(0, BLOCKING) == {own}
    assert_computed_apart(met, own, 3)


# ---- limits ---------------------------------------------------------------------------------------------------------


@criterion("limits", weight=3, hint="One queue for each kind, first in, first out.")
@settings(max_examples=1)
@given(stem=stems, blocking=st.integers(2, 3), waiting=st.integers(2, 4))
def test_limits(submission: SubmissionHandle, stem: str, blocking: int, waiting: int) -> None:
    """As many jobs of each kind run as may, never more or fewer, in the order of the calls; full kinds hold none up."""
    limits = {BLOCKING: blocking, COMPUTING: 2, WAITING: waiting}
    queues = {kind: jobs_of(kind, stem, 2 * limit + (kind != COMPUTING)) for kind, limit in limits.items()}
    met = held(submission, [job for jobs in queues.values() for job in jobs], sum(limits.values()), limits)
    for turn in range(3):
        came = met.group(2 * turn)
        for kind, limit in limits.items():
            right = sorted(names(queues[kind][turn * limit : (turn + 1) * limit]))
            assert [text for text in came if text.startswith(kind)] == right, f"the {kind} jobs of turn {turn + 1}"
    assert met.returned == met.due()


@criterion("limits", hint="What objects of one class share, nobody can limit.")
@settings(max_examples=1)
@given(stem=stems)
def test_two_objects(submission: SubmissionHandle, stem: str) -> None:
    """Every object has limits of its own: each runs one job of each kind, all at the same time."""
    limits = dict.fromkeys(KINDS, 1)
    met = held(submission, [job for kind in KINDS for job in jobs_of(kind, stem, 4)], 6, limits, limits)
    for turn in range(2):
        came = [f"{kind} {name}" for kind in sorted(KINDS) for name in names_of(stem, 4)[2 * turn : 2 * turn + 2]]
        assert met.group(2 * turn) == came, (
            f"{len(met.group(2 * turn))} of two jobs of each kind came, each to its own object"
        )
    assert met.returned == met.due()


@criterion("limits", hint="100 waiting, 8 blocking and 3 computing jobs are the limits by default.")
@settings(max_examples=1)
@given(stem=stems)
def test_limits_by_default(submission: SubmissionHandle, stem: str) -> None:
    """Of one waiting, blocking and computing job more than the limits by default allow, one of each waits."""
    limits = {COMPUTING: 3, BLOCKING: 8, WAITING: 100}
    met = held(submission, [job for kind in limits for job in jobs_of(kind, stem, limits[kind] + 1)], 111)
    for kind, limit in limits.items():
        came = len([text for text in met.group(0) if text.startswith(kind)])
        assert 1 <= came <= limit, f"{came} {kind} jobs ran at the same time, and {limit} may"


@criterion(
    "limits", weight=2, hint="Whoever waits for a place has it as soon as one is free, in the order of the calls."
)
@given(program=programs())
def test_waiting_limit(submission: SubmissionHandle, program: Program) -> None:
    """A waiting job starts as soon as it is called, or as soon as a place is free and those before it have started."""
    right, seen = schedule_of(program), submission.call("schedule", *program, "")
    assert seen["called"] == right["called"], "when each function was called"
    assert seen["began"] == right["began"], "when each awaitable was awaited"


@criterion("limits", weight=2, hint="A caller that is cancelled in the queue must not take a place with it.")
@given(program=programs(deadlines=True))
def test_giving_up_in_the_queue(submission: SubmissionHandle, program: Program) -> None:
    """A waiting job whose caller gives up before it starts is never called, and those behind it move up."""
    seen = submission.call("schedule", *program, "")
    assert seen["began"] == schedule_of(program)["began"]


@criterion("limits", hint="A coroutine that cleans up has not ended.")
@settings(max_examples=5)
@given(program=clean_ups())
def test_a_place_is_kept_for_cleaning_up(submission: SubmissionHandle, program: Program) -> None:
    """A waiting job that was cancelled keeps its place until it has cleaned up."""
    seen = submission.call("schedule", *program, "")
    assert seen["began"] == schedule_of(program)["began"]


@criterion("limits", weight=2, hint="A place that is handed over goes on if its new owner was cancelled meanwhile.")
@settings(max_examples=3)
@given(
    rounds=st.permutations(range(8)).flatmap(
        lambda turns: st.tuples(*(st.tuples(st.integers(1, 9), st.just(turn)) for turn in turns))
    )
)
def test_a_place_is_not_lost(submission: SubmissionHandle, rounds: tuple[tuple[int, int], ...]) -> None:
    """A place goes to the next in the queue, even if somebody gives up, or calls again, at that moment."""
    now, right = 0.0, []
    for number, (seconds, _turns) in enumerate(rounds):
        right += [[4 * number, now], [4 * number + 2, now + seconds], [4 * number + 3, now + 2 * seconds]]
        now += 3 * seconds
    seen = submission.call("coincide", [[float(seconds), turns] for seconds, turns in rounds])
    assert [row for row in seen["began"] if row[0].value % 4 != 1] == right


def at_meeting(
    submission: SubmissionHandle,
    kind: str,
    limit: int,
    called: Sequence[str],
    cancelled: Sequence[str],
    watch: Sequence[str],
) -> tuple[list[list[str]], Observation]:
    """Call jobs of one kind, and cancel some callers once as many as may run have met with the watcher."""
    with Meeting(submission, size=limit, grace=HOLD, hold=HOLD, patience=PATIENCE) as meeting:
        returned = submission.call(
            "abandon", meeting.address, kind, {kind: limit}, list(called), list(cancelled), list(watch)
        )
    return [texts(group) for group in meeting.groups], returned


@criterion("limits", weight=2, hint="The place is free when the function has ended, not when its caller has.")
@settings(max_examples=1)
@given(stem=stems, limit=st.integers(2, 3), queued=st.integers(2, 3))
def test_a_place_is_kept(submission: SubmissionHandle, stem: str, limit: int, queued: int) -> None:
    """A function whose caller was cancelled keeps its place until it has ended, if only by an exception."""
    called = [
        f"{name} raises" if number < limit else name for number, name in enumerate(names_of(stem, limit + queued))
    ]
    for kind in (BLOCKING, COMPUTING):
        groups, _returned = at_meeting(submission, kind, limit, called, called[:limit], [f"{stem} watch", "", ""])
        met = [sorted(set(group) & set(called)) for group in groups]
        assert met[:2] == [called[:limit], []], f"{kind} jobs that ran before and after the callers were cancelled"
        assert sorted(name for group in met[2:] for name in group) == called[limit:], (
            f"{kind} jobs that were to run in the free places"
        )


@criterion("limits", hint="Cancel what has not started.")
@settings(max_examples=1)
@given(stem=stems, limit=st.integers(1, 2))
def test_a_function_leaves_the_queue(submission: SubmissionHandle, stem: str, limit: int) -> None:
    """A function whose caller is cancelled before it starts is never called, if it blocks; the one behind it is."""
    for kind, places in ((BLOCKING, limit), (COMPUTING, 1)):
        called = names_of(stem, places + 2)
        watch = [f"{stem} watch", "", ""]
        groups, _returned = at_meeting(submission, kind, places, called, [called[places]], watch)
        came = {text for group in groups for text in group} & set(called)
        may = {called[places]} if kind == COMPUTING else set()
        assert came - may == {*called[:places], called[-1]}, f"the {kind} jobs that were called"


@criterion("limits", hint="Refuse nonsense in the constructor, where the mistake is made.")
@given(
    limits=st.lists(
        st.dictionaries(st.sampled_from(KINDS), st.integers(1, 9) | st.integers(-3, 2)), min_size=3, max_size=12
    )
)
def test_wrong_limits(submission: SubmissionHandle, limits: list[dict[str, int]]) -> None:
    """A limit below 1 raises ValueError on construction."""
    right = ["ValueError" if any(value < 1 for value in chosen.values()) else "" for chosen in limits]
    assert submission.call("constructed", limits) == right


# ---- errors, deadlines, cancellation, deaths ------------------------------------------------------------------------


def endings_of(jobs: list[list[Any]]) -> list[list[Any]]:
    """Return how each job ends; the exceptions of processes are copies."""
    return [
        ["raised", trouble, arguments, None if kind == COMPUTING else number]
        if trouble
        else ["gave", [number, arguments, more]]
        for number, (kind, trouble, arguments, more) in enumerate(jobs)
    ]


def some_jobs(rng: Random, *errors: str) -> list[list[Any]]:
    """Return two jobs of each kind that return, the one more than fits in a pipe, and those that raise these errors.

    Their keywords are names that a function inside may use itself.
    """
    jobs: list[list[Any]] = []
    for kind in KINDS:
        number = rng.getrandbits(40)
        jobs.append([kind, "", [f"{number:x}"], dict.fromkeys(KEYWORDS, number)])
        jobs.append([kind, "", [rng.choice("bcdf") * (BIG if kind == COMPUTING else 1)], {}])
        jobs += [[kind, error, [f"{rng.getrandbits(40):x}"], {}] for error in errors]
    return rng.sample(jobs, len(jobs))


@criterion("failures", weight=3, hint="What a job raises, and what becomes of its process, must not come the same way.")
def test_results_and_errors(submission: SubmissionHandle, rng: Random) -> None:
    """Each caller gets its own job's result or exception, whatever its class; keywords belong to the function."""
    jobs = some_jobs(rng, *TROUBLES, *ERRORS, *ERRORS_OF_POOLS)
    seen = submission.call("endings", {COMPUTING: 1, BLOCKING: 2, WAITING: 2}, jobs)
    for job, ending, right in zip(jobs, seen, endings_of(jobs), strict=True):
        assert ending == right, f"a {job[0]} job that {f'raises {job[1]}' if job[1] else 'returns'}"


@criterion("failures", weight=2, hint="Wait for the coroutine that you cancelled.")
@given(program=programs(deadlines=True, ample=True))
def test_deadlines(submission: SubmissionHandle, program: Program) -> None:
    """A waiting job whose caller is cancelled is cancelled, too, and has ended before its caller's call ends, even if
    that is cancelled again.
    """
    seen = submission.call("schedule", *program, "")
    cut = seen["gone"] == schedule_of(program, cut=True)["gone"]
    right = schedule_of(program, cut=cut)
    assert seen["gone"] == right["gone"]
    assert seen["answers"] == right["answers"]


@criterion(
    "failures", weight=2, hint="Nobody can stop a thread or a busy process: leave it alone, and let its caller go."
)
@settings(max_examples=1)
@given(stem=stems, limit=st.integers(2, 3))
def test_callers_are_released(submission: SubmissionHandle, stem: str, limit: int) -> None:
    """The caller of a running function is released at once when it is cancelled; the function runs to its end."""
    called, released = names_of(stem, limit), f"{stem} released"
    for kind in (BLOCKING, COMPUTING):
        groups, returned = at_meeting(submission, kind, limit, called, called, [f"{stem} watch", released, ""])
        assert [released in group for group in groups] == [False, True], f"the callers waited for their {kind} jobs"
        assert [len(group) for group in groups] == [limit + 1, limit + 1], f"a {kind} job did not run to its end"
        assert returned == ["CancelledError"] * limit


@criterion("failures", weight=3, hint="A broken pool stays broken: make a new one, as large, whoever hears of it.")
@settings(max_examples=1)
@given(stem=stems, hows=st.permutations(("killed", "0", "1", "7")))
def test_a_process_dies(submission: SubmissionHandle, stem: str, hows: list[str]) -> None:
    """If a job's process dies, its caller gets WorkerDied, earlier ones get that or their results, and later ones run
    as ever, as many at a time, even if the caller was cancelled. No job is called twice.
    """
    own = own_process(submission).pid
    turns = [[[f"{name} {side}", ""] for side in ("left", "right")] for name in names_of(stem, 3)]
    dies, beside, queued, unheard = [f"{stem} {word}" for word in ("dies", "beside", "queued", "unheard")]
    steps: list[list[Any]] = [
        ["", turns[0]],
        ["", [[dies, hows[0]], [beside, ""], [queued, ""]]],
        ["", turns[1]],
        [f"{stem} watch", [[unheard, hows[1]]]],
        ["", turns[2]],
    ]
    with Meeting(submission, size=2, patience=PATIENCE) as meeting:
        seen = submission.call("deaths", meeting.address, 2, steps)
    arrivals = [arrival for group in meeting.groups for arrival in group.arrivals]
    words = {arrival.text: arrival.word for arrival in arrivals}
    assert [len(step) for step in seen] == [2, 3, 2, 1, 2]
    assert seen[1][0] == "WorkerDied", "the caller of a job whose process died"
    for name, ending in zip((beside, queued), list(seen[1])[1:], strict=True):
        assert ending.value in ("WorkerDied", worked(words.get(name, ""), 1)), "a job called before a process died"
    assert seen[3] == ["CancelledError"], "the caller that was cancelled before a process died"
    for number, turn in zip((0, 2, 4), turns, strict=True):
        called = names((name, name, 1) for name, _how in turn)
        assert seen[number] == [worked(words.get(name, ""), 1) for name in called], f"jobs after {number // 2} deaths"
        together = [group for group in meeting.groups if set(called) <= set(texts(group))]
        assert together, f"two jobs did not run at the same time after {number // 2} deaths"
    came = [arrival.text for arrival in arrivals]
    assert len(came) == len(set(came)), "a job was called twice"
    assert own not in {arrival.process.pid for arrival in arrivals if arrival.process and "watch" not in arrival.text}


# ---- leaving --------------------------------------------------------------------------------------------------------


@criterion("leaving", weight=2, hint="Leave when the last job has ended, not when the last caller has.")
@settings(max_examples=7)
@given(program=programs(crash=True), trouble=st.sampled_from(TROUBLES))
def test_leaving_waits(submission: SubmissionHandle, program: Program, trouble: str) -> None:
    """The block is left when the last job has ended, queued ones included, also after an exception, which passes
    through, or when its task is cancelled.
    """
    _limit, calls, leave = program
    for how, passes in {"": "left", trouble: trouble, "cancelled": "CancelledError"}.items():
        seen = submission.call("schedule", *program, how)
        starts = times(seen["began"])
        assert list(starts) == [number for number, call in enumerate(calls) if call[0] < leave], "the jobs that ran"
        ends = {number: start + calls[number][1] for number, start in starts.items()}
        assert seen["gone"] == [[number, "ended", end] for number, end in ends.items()]
        assert len(seen["block"]) == 2
        ending, left = seen["block"]
        assert ending == passes
        assert type(left.value) is float
        last = max(leave, *ends.values())
        assert last <= left.value < last + LATE, f"the block was left at {left.value}, its last job ended at {last}"


@criterion("leaving", hint="Check in every method whether the block is open.")
@settings(max_examples=6)
@given(
    kinds=st.lists(st.sampled_from(KINDS), min_size=3, max_size=6),
    seconds=st.integers(1, 99).map(float),
    value=st.integers(),
)
def test_outside_the_block(submission: SubmissionHandle, kinds: list[str], seconds: float, value: int) -> None:
    """Before the block, and from the moment when leaving begins, every method raises RuntimeError and calls nothing."""
    assert submission.call("uninvited", kinds, seconds, value) == [
        *[["RuntimeError"] * len(kinds)] * 3,
        ["gave", value],
    ]


@criterion("leaving", weight=2, hint="shutdown(wait=True) blocks the thread that calls it: the one of the event loop.")
@settings(max_examples=1)
@given(stem=stems, others=st.integers(1, 5), blocking=st.integers(1, 3))
def test_the_loop_goes_on(submission: SubmissionHandle, stem: str, others: int, blocking: int) -> None:
    """While the block is being left and functions run, the event loop goes on with other tasks."""
    for functions in (jobs_of(BLOCKING, stem, blocking), jobs_of(COMPUTING, stem, 1)):
        jobs = [*functions, *jobs_of(OTHER, stem, others)]
        met = held(submission, jobs, len(jobs), leaving="at once", hold=0.0)
        for turn in range(2):
            came = met.group(turn)
            assert len(came) == len(jobs), f"{len(came)} of {len(jobs)} jobs and tasks went on while leaving"
        assert met.group(0) == sorted(names(jobs))
        assert met.returned == met.due()


@criterion("leaving", weight=2, hint="A function outlives its cancelled caller: wait for the function.")
@settings(max_examples=1)
@given(stem=stems, limit=st.integers(2, 3))
def test_leaving_waits_for_functions(submission: SubmissionHandle, stem: str, limit: int) -> None:
    """Leaving waits for the functions whose callers were cancelled."""
    called, out = names_of(stem, limit), f"{stem} out"
    for kind in (BLOCKING, COMPUTING):
        groups, _returned = at_meeting(submission, kind, limit, called, called, [f"{stem} watch", "", out])
        assert [out in group for group in groups] == [False, False, True], f"the block was left before its {kind} jobs"


@criterion("leaving", weight=2, hint="Shut down what you have started, and wait until it has ended.")
@settings(max_examples=1)
@given(stem=stems, blocking=st.integers(1, 4), leavings=st.permutations(("at once", "Trouble", "cancelled")))
def test_nothing_is_left(submission: SubmissionHandle, stem: str, blocking: int, leavings: list[str]) -> None:
    """Queued functions run before the block is left; then no thread and no process is left, however it ends."""
    submission.fresh()
    before = own_process(submission)
    limits = {BLOCKING: blocking, COMPUTING: 1}
    for leaving in leavings:
        more = int(leaving == "at once")
        jobs = [*jobs_of(BLOCKING, stem, blocking + more), *jobs_of(COMPUTING, stem, 1 + more)]
        met = held(submission, jobs, blocking + 1, limits, leaving=leaving, hold=0.0)
        assert met.returned == met.due()
        came = {pid for number in range(len(met.groups)) for pid in met.processes(number, COMPUTING)} - {before.pid}
        require_none(submission, before, came, f"left ({leaving})")


@criterion("leaving", hint="Shut down all pools that you have made, whatever became of them.")
@settings(max_examples=1)
@given(stem=stems)
def test_nothing_is_left_when_idle(submission: SubmissionHandle, stem: str) -> None:
    """After the death of a process, and when no job runs, leaving the block leaves no thread and no process, either."""
    submission.fresh()
    before = own_process(submission)
    with Meeting(submission, size=1, patience=PATIENCE) as meeting:
        submission.call("deaths", meeting.address, 1, [["", [[f"{stem} dies", "1"]]], ["", [[stem, ""]]]])
    arrivals = [arrival for group in meeting.groups for arrival in group.arrivals]
    came = {arrival.process.pid for arrival in arrivals if arrival.process} - {before.pid}
    require_none(submission, before, came, "left when idle")


def require_none(submission: SubmissionHandle, before: Process, came: set[int], when: str) -> None:
    """Require that none of these processes, and no other thread than before, is left. Raises Unkept."""
    threads, left, others = [], 0, 0
    for now in looks(submission):
        threads = [process.threads for process in now if process.pid == before.pid]
        left = len([process for process in now if process.pid in came])
        others = len(now) - 1 - left
        if (threads, left) == ([before.threads], 0) and others <= STAYING:
            return
    more = sum(threads) - before.threads
    raise Unkept(f"{when}, there are {more} more threads, {left} processes of jobs and {others} others")


# ---- results in order -----------------------------------------------------------------------------------------------


@criterion("order", weight=2, hint="Take items only when you are asked, up to `ahead`.")
@given(program=streams())
def test_back_pressure(submission: SubmissionHandle, program: Stream) -> None:
    """Results come in the order of the items, and items are taken only on request, never more than `ahead` ahead."""
    seen = submission.call("stream", *program)
    assert_streamed(program, seen)


@criterion("order", weight=2, hint="Cancel the others, wait for their ends, then raise.")
@settings(max_examples=10)
@given(ends=ending_streams("raises"), called=ending_streams("raising"))
def test_a_job_raises(submission: SubmissionHandle, ends: Stream, called: Stream) -> None:
    """When a job raises, or its call does, earlier results come first; then the others are cancelled and have ended,
    and what they raise is dropped.
    """
    for program in (ends, called):
        assert_ended(program, submission.call("stream", *program))


@criterion("order", weight=2, hint="An asynchronous generator is closed by an exception at its `yield` or its `await`.")
@settings(max_examples=10)
@given(closed=ending_streams("closes"), cancelled=ending_streams("deadline"))
def test_closing_early(submission: SubmissionHandle, closed: Stream, cancelled: Stream) -> None:
    """Closed early, or cancelled while being asked, once or twice, `ordered` cancels all jobs in flight and waits for
    their ends.
    """
    for program in (closed, cancelled):
        assert_ended(program, submission.call("stream", *program))


@criterion("order", hint="Refuse nonsense.")
@given(aheads=st.lists(st.integers(-3, 6), min_size=3, max_size=8))
def test_wrong_ahead(submission: SubmissionHandle, aheads: list[int]) -> None:
    """An `ahead` below 1 raises ValueError."""
    right = ["ValueError" if ahead < 1 else ahead for ahead in aheads]
    assert submission.call("streams", aheads) == right
