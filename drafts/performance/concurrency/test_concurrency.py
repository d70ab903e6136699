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
    submission: SubmissionHandle, jobs: Jobs, size: int, limits: dict[str, int] | None = None, *, exits: bool = False
) -> Met:
    """Let the jobs meet in groups of `size`."""
    with Meeting(submission, size=size, hold=HOLD, grace=GRACE, patience=PATIENCE) as meeting:
        returned = submission.call("meet", meeting.address, limits or {}, jobs, exits)
    return Met(meeting.groups, jobs, returned)


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
    assert met.returned == met.due()


# ---- programs in virtual time ---------------------------------------------------------------------------------------
#
# Every duration has a binary digit of its own below the point, so that no two things happen at the same time, whatever
# is added up: what would come first then is not promised.

Program = tuple[int, list[list[Any]], float, str]
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
def programs(draw: st.DrawFn, *, deadlines: bool, ample: bool = False, crash: bool = False) -> Program:
    """Calls `[at, seconds, trouble, deadline, cleanup]`, a limit, and when the block is left and how.

    Not ample, the limit is low, and the first calls more than fill it; with deadlines, somebody gives up in the queue.
    Only where places are ample do jobs raise, or take time to clean up: that shows in one promise, not in all.
    """
    digits = Digits(draw)
    count = draw(st.integers(5, 8))
    limit = count if ample else draw(st.integers(1, 2))
    calls: list[list[Any]] = []
    for number, at in enumerate(sorted(draw(st.sets(st.integers(0, 12), min_size=count, max_size=count)))):
        hurried = deadlines and (number in (limit, limit + 1) or draw(st.booleans()))
        call = [float(at), digits.seconds(), "", 0.0, 0.0]
        if hurried:
            call[3] = digits.seconds()
        if ample:
            call[2], call[4] = draw(st.sampled_from(["", "Trouble"])), float(draw(st.integers(0, 2)))
        calls.append(call)
    if not ample:
        for number in range(limit + 2):  # the first fill the limit, and two wait for long
            calls[number][0] = float(number)
            if number < limit:
                calls[number][1] += 8.0
                calls[number][3] = 0.0
        for number in range(limit + 2, count):
            calls[number][0] += limit + 2.0
    leave = (draw(st.integers(2, 6)) if crash else 40) + 2.0**-20
    ending: str = draw(st.sampled_from(["", "Trouble", "KeyError"])) if crash else ""
    return limit, calls, leave, ending


def schedule_of(program: Program) -> dict[str, list[list[Any]]]:
    """Return the right times: each call in turn has the place that is free first, unless it gives up before."""
    limit, calls, _leave, _crash = program
    free = [0.0] * limit
    right: dict[str, list[list[Any]]] = {"began": [], "gone": [], "answers": []}
    for number, (at, seconds, trouble, deadline, cleanup) in enumerate(calls):
        start = max(at, free[0])
        gives_up = at + deadline if deadline else math.inf
        if gives_up < start:
            right["answers"].append([number, "raised", "TimeoutError", gives_up])
            continue
        right["began"].append([number, start])
        end = start + seconds
        if gives_up < end:
            end = gives_up + cleanup
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
def streams(draw: st.DrawFn, *, troubles: bool = False, requests: str = "patient") -> Stream:
    """Items `[seconds, trouble, hops]` and requests `[pause, deadline]`, which end before the items do, or after.

    With troubles, one of the first three jobs raises. Impatient is who closes while jobs are in flight, or gives
    the last request a deadline that is too short.
    """
    digits = Digits(draw)
    ahead = draw(st.integers(1, 4))
    items: list[list[Any]] = [[digits.seconds(), "", draw(st.integers(0, 3))] for _ in range(draw(st.integers(5, 7)))]
    count = draw(st.integers(1, 4)) if requests == "impatient" else draw(st.integers(4, len(items) + 1))
    asked = [[digits.seconds(4) if draw(st.booleans()) else 0.0, 0.0] for _ in range(count)]
    close = digits.seconds(2)
    if troubles:
        items[draw(st.integers(0, 2))][1] = draw(st.sampled_from(sorted(TROUBLES)))
    if requests == "impatient":
        late = count - 1
        items[late][0] += 30.0
        items[late + 1][0] += 40.0
        if draw(st.booleans()):
            asked[-1][1] = digits.seconds()
        else:
            asked.pop()
    return ahead, items, asked, close


def stream_of(program: Stream) -> dict[str, list[Any]]:
    """Return what `ordered` does right."""
    ahead, items, requests, close = program
    now, done = 0.0, 0
    took: list[list[Any]] = []
    gave: list[list[Any]] = []
    end: tuple[str, list[int]] = ("closed", [])
    for pause, deadline in requests:
        now += pause
        took += [[number, now] for number in range(len(took), min(done + ahead, len(items)))]
        if done == len(took):
            end = ("StopAsyncIteration", [])
            break
        ready = max(now, took[done][1] + items[done][0])
        if deadline and now + deadline < ready:
            now, end = now + deadline, ("TimeoutError", [])
            break
        now = ready
        if items[done][1]:
            end = (items[done][1], [done])
            break
        gave.append([done, now])
        done = len(gave)
    else:
        now += close
    ends = [[number, at + items[number][0]] for number, at in took]
    gone = [[number, "ended", at] if at <= now else [number, "cancelled", now] for number, at in ends]
    return {"took": took, "began": took, "gave": gave, "gone": gone, "end": [*end, now, []]}


def assert_streamed(program: Stream, seen: Observation, facts: Sequence[str]) -> None:
    """Compare some facts of a stream.

    Jobs that were taken in the same moment in which the stream fails may not have begun.
    """
    right = stream_of(program)
    failed = right["end"][2] if right["end"][1] else None
    late = [number for number, at in right["took"] if at == failed]
    for fact in facts:
        rows = list(seen[fact])
        if fact != "end":
            rows = [row for row in rows if row[0] not in late]
            right[fact] = [row for row in right[fact] if row[0] not in late]
        assert len(rows) == len(right[fact]), f"{fact}: {seen[fact].value}, not {right[fact]}"
        for row, expected in zip(rows, right[fact], strict=True):
            assert row == expected, fact


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
    seen: list[list[int]] = []
    jobs = jobs_of(WAITING, stem, count)
    with Meeting(
        submission,
        size=count,
        patience=PATIENCE,
        on_group=lambda _: seen.append([process.threads for process in submission.processes()]),
    ) as meeting:
        returned = submission.call("meet", meeting.address, {}, jobs, False)
    assert returned == Met(meeting.groups, jobs, returned).due()
    assert seen[:1] == [[1]], f"while only waiting jobs ran, the processes had {seen[:1]} threads"


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
@given(program=programs(deadlines=False))
def test_waiting_limit(submission: SubmissionHandle, program: Program) -> None:
    """A waiting job starts as soon as it is called, or as soon as a place is free and those before it have started."""
    seen = submission.call("schedule", *program)
    assert seen["began"] == schedule_of(program)["began"]


@criterion("limits", weight=2, hint="A caller that is cancelled in the queue must not take a place with it.")
@given(program=programs(deadlines=True))
def test_giving_up_in_the_queue(submission: SubmissionHandle, program: Program) -> None:
    """A waiting job whose caller gives up before it starts is never called, and those behind it move up."""
    seen = submission.call("schedule", *program)
    assert seen["began"] == schedule_of(program)["began"]


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
    """A function whose caller was cancelled keeps its place until it has ended."""
    called = names_of(stem, limit + queued)
    for kind in (BLOCKING, COMPUTING):
        groups, _returned = at_meeting(submission, kind, limit, called, called[:limit], [f"{stem} watch", "", ""])
        met = [sorted(set(group) & set(called)) for group in groups]
        assert met[:2] == [called[:limit], []], f"{kind} jobs that ran before and after the callers were cancelled"
        assert sorted(sum(met[2:], [])) == called[limit:], f"{kind} jobs that were to run in the free places"


@criterion("limits", hint="Cancel what has not started.")
@settings(max_examples=2)
@given(stem=stems, limit=st.integers(1, 2))
def test_a_blocking_job_leaves_the_queue(submission: SubmissionHandle, stem: str, limit: int) -> None:
    """A blocking job whose caller is cancelled before it starts is never called; the one behind it is."""
    called = names_of(stem, limit + 2)
    groups, _returned = at_meeting(submission, BLOCKING, limit, called, [called[limit]], [f"{stem} watch", "", ""])
    came = sorted({text for group in groups for text in group} & set(called))
    assert came == [*called[:limit], called[-1]]


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
        else ["gave", [arguments, more]]
        for number, (kind, trouble, arguments, more) in enumerate(jobs)
    ]


@st.composite
def some_jobs(draw: st.DrawFn) -> list[list[Any]]:
    """Three jobs of each kind with keywords: one that returns, one that raises, and one that does either."""
    ends = {kind: ["", draw(st.sampled_from(TROUBLES)), draw(st.sampled_from(["", *TROUBLES]))] for kind in KINDS}
    taken = st.sampled_from(("function", "self", "args", "loop", "timeout"))
    keywords = st.dictionaries(taken, st.integers(), min_size=1, max_size=3)
    return [
        [kind, ends[kind].pop(), [number, draw(st.integers()), draw(st.text(max_size=3))], draw(keywords)]
        for number, kind in enumerate(draw(st.permutations([*KINDS, *KINDS, *KINDS])))
    ]


@criterion("failures", weight=3, hint="functools.partial carries keywords to where only positions go.")
@settings(max_examples=3)
@given(jobs=some_jobs())
def test_results_and_errors(submission: SubmissionHandle, jobs: list[list[Any]]) -> None:
    """Each caller gets its own job's result or exception; keywords belong to the function."""
    assert submission.call("endings", {COMPUTING: 2, BLOCKING: 2, WAITING: 2}, jobs) == endings_of(jobs)


@criterion("failures", weight=2, hint="Wait for the coroutine that you cancelled.")
@given(program=programs(deadlines=True, ample=True))
def test_deadlines(submission: SubmissionHandle, program: Program) -> None:
    """A waiting job whose caller is cancelled is cancelled, too, and has ended before its caller's call ends."""
    right, seen = schedule_of(program), submission.call("schedule", *program)
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


@criterion("failures", weight=3, hint="A broken pool stays broken: make a new one.")
@settings(max_examples=2)
@given(stem=stems, deaths=st.lists(st.sampled_from(("killed", "0", "1", "7")), min_size=1, max_size=2))
def test_a_process_dies(submission: SubmissionHandle, stem: str, deaths: list[str]) -> None:
    """If a job's process dies, its caller gets WorkerDied, a job that waits gets that or its result, and later ones
    run.
    """
    own = own_process(submission).pid
    visits = names_of(stem, len(deaths) + 1)
    program = [[visits[0], "", ""]]
    for how, name in zip(deaths, visits[1:], strict=True):
        program += [[f"{name} dies", how, f"{name} waits"], [name, "", ""]]
    with Meeting(submission, size=1, patience=PATIENCE) as meeting:
        seen = submission.call("deaths", meeting.address, program)
    arrivals = {arrival.text: arrival for group in meeting.groups for arrival in group.arrivals}
    assert arrivals.keys() >= {name for name, _how, _waits in program}, "not every job was called"
    assert len(seen) == len(program)
    for (name, how, waits), endings in zip(program, seen, strict=True):
        result = worked(arrivals[waits].word, 1) if waits in arrivals else "its result"
        assert endings[0] == ("WorkerDied" if how else worked(arrivals[name].word, 1)), name
        assert endings[1] == "" if not waits else endings[1].value in ("WorkerDied", result), waits
    assert own not in {arrival.process.pid for arrival in arrivals.values() if arrival.process}


# ---- leaving --------------------------------------------------------------------------------------------------------


@criterion("leaving", weight=2, hint="Leave when the last job has ended, not when the last caller has.")
@given(program=programs(deadlines=False, crash=True))
def test_leaving_waits(submission: SubmissionHandle, program: Program) -> None:
    """The block is left when the last job has ended, queued ones included; its own exception passes through."""
    _limit, calls, leave, crash = program
    seen = submission.call("schedule", *program)
    starts = times(seen["began"])
    assert list(starts) == [number for number, call in enumerate(calls) if call[0] < leave], "the jobs that ran"
    ends = {number: start + calls[number][1] for number, start in starts.items()}
    assert seen["gone"] == [[number, "ended", end] for number, end in ends.items()]
    assert len(seen["block"]) == 2
    ending, left = seen["block"]
    assert ending == (crash or "left")
    assert type(left.value) is float
    last = max(leave, *ends.values())
    assert last <= left.value < last + LATE, f"the block was left at {left.value}, and its last job ended at {last}"


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
@settings(max_examples=2)
@given(stem=stems, others=st.integers(1, 5), blocking=st.integers(1, 3))
def test_the_loop_goes_on(submission: SubmissionHandle, stem: str, others: int, blocking: int) -> None:
    """While the block is being left and blocking jobs run, the event loop goes on with other tasks."""
    jobs = [*jobs_of(BLOCKING, stem, blocking), *jobs_of(OTHER, stem, others)]
    met = held(submission, jobs, len(jobs), exits=True)
    assert met.group(0) == sorted(names(jobs)), f"{len(met.group(0))} of {len(jobs)} jobs and tasks went on"
    assert len(met.group(1)) == len(jobs), f"{len(met.group(1))} of {len(jobs)} jobs and tasks went on to their ends"
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
@given(stem=stems, blocking=st.integers(2, 4), computing=st.integers(1, 2))
def test_nothing_is_left(submission: SubmissionHandle, stem: str, blocking: int, computing: int) -> None:
    """Queued functions run before the block is left; then none of the threads and processes is left."""
    submission.fresh()
    before = own_process(submission)
    jobs = [*jobs_of(BLOCKING, stem, blocking + 1), *jobs_of(COMPUTING, stem, computing + 1)]
    limits = {BLOCKING: blocking, COMPUTING: computing}
    met = held(submission, jobs, blocking + computing, limits, exits=True)
    assert met.returned == met.due()
    came = {pid for number in range(len(met.groups)) for pid in met.processes(number, COMPUTING)} - {before.pid}
    threads, left, others = [], 0, 0
    for now in looks(submission):
        threads = [process.threads for process in now if process.pid == before.pid]
        left = len([process for process in now if process.pid in came])
        others = len(now) - 1 - left
        if (threads, left) == ([before.threads], 0) and others <= STAYING:
            return
    more = sum(threads) - before.threads
    raise Unkept(f"left are {more} threads, {left} processes of jobs and {others} others")


# ---- results in order -----------------------------------------------------------------------------------------------


@criterion("order", weight=2, hint="Take items only when you are asked, up to `ahead`.")
@given(program=streams(requests="patient"))
def test_back_pressure(submission: SubmissionHandle, program: Stream) -> None:
    """Results come in the order of the items, and items are taken only on request, never more than `ahead` ahead."""
    assert_streamed(program, submission.call("stream", *program), ("took", "began", "gave"))


@criterion("order", weight=2, hint="Cancel the others, wait for their ends, then raise.")
@given(program=streams(troubles=True))
def test_a_job_raises(submission: SubmissionHandle, program: Stream) -> None:
    """When a job raises, earlier results come first; then the others are cancelled and have ended, and it is raised."""
    assert_streamed(program, submission.call("stream", *program), ("gave", "gone", "end"))


@criterion("order", weight=2, hint="An asynchronous generator is closed by an exception at its `yield` or its `await`.")
@given(program=streams(requests="impatient"))
def test_closing_early(submission: SubmissionHandle, program: Stream) -> None:
    """Closed early, or cancelled while being asked, `ordered` cancels all jobs in flight and waits for their ends."""
    assert_streamed(program, submission.call("stream", *program), ("gave", "gone", "end"))


@criterion("order", hint="Refuse nonsense.")
@given(aheads=st.lists(st.integers(-3, 6), min_size=3, max_size=8))
def test_wrong_ahead(submission: SubmissionHandle, aheads: list[int]) -> None:
    """An `ahead` below 1 raises ValueError."""
    right = ["ValueError" if ahead < 1 else ahead for ahead in aheads]
    assert submission.call("streams", aheads) == right
