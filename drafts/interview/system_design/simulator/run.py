"""One run: a discrete-event simulation of a design under traffic; MODEL.md describes what it does.

arrive -> attempt -> (waiting) -> start -> work -> cache, or query -> dependency, or queue -> finish -> client

Events are tuples in a heap. A station whose order is first come, first served needs no events of its own: when a job
comes, the time at which it ends is known from the times at which the station's places become free.
"""

from __future__ import annotations

import math
from bisect import bisect
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from heapq import heapify, heappop, heappush, heapreplace
from itertools import accumulate
from random import Random
from typing import Any, NamedTuple

from simulator.design import Design
from simulator.incidents import Incident
from simulator.system import Operation, System

ZONES = 3
MOST_EVENTS = 1_000_000
MOST_REQUESTS = 40_000
TOKENS = 10.0
"""The most retries that a budget can save up."""
AGAIN = 1.0
"""Seconds before a queued call that failed is made again."""
HOT = -1


class TooMuch(Exception):
    """The run has more requests or events than a run may have."""


class Served(NamedTuple):
    """One request as its client saw it; `latency` is infinite if it was never answered."""

    operation: str
    first: float
    latency: float
    degraded: bool
    stale: bool


class Result(NamedTuple):
    """What a run leaves."""

    requests: list[Served]
    late: dict[str, int]
    """Queued calls that did not succeed in time, by operation."""
    waits: list[float]
    """How long requests waited for a place, in the order in which they began."""
    events: int


class _Request:
    __slots__ = ("first", "keys", "kind", "tries")

    def __init__(self, kind: _Kind, first: float, keys: dict[str, int]) -> None:
        self.kind, self.first, self.keys, self.tries = kind, first, keys, 0


class _Attempt:
    __slots__ = ("arrived", "asked", "copies", "deadline", "degraded", "gone", "hit", "known", "lost", "ok", "request",
                 "since", "timed", "tries", "zone")  # fmt: skip

    def __init__(self, request: _Request, arrived: float) -> None:
        self.request, self.arrived = request, arrived
        self.deadline = arrived + request.kind.operation.patience
        self.gone = self.lost = self.timed = self.degraded = self.hit = False
        self.ok = True
        self.tries = self.zone = 0
        self.known = self.asked = arrived
        """When the data of the answer was true; when the database was asked."""
        self.copies: Sequence[int] = ()
        self.since = False


class _Task:
    __slots__ = ("accepted", "kind", "worker")

    def __init__(self, kind: _Kind, accepted: float) -> None:
        self.kind, self.accepted, self.worker = kind, accepted, -1


class _Kind:
    """An operation under a design."""

    def __init__(self, name: str, operation: Operation, design: Design, place: int) -> None:
        self.name, self.operation, self.place = name, operation, place
        self.cached = design.seconds.get(name, 0.0) if design.entries else 0.0
        self.queued = name in design.queued
        self.everywhere = not operation.writes and name in design.replica_reads
        self.partition_key = design.partition_by if design.partition_by in operation.keys else ""
        sheds = len(design.shed)
        order = design.shed.index(name) + 1 if name in design.shed else sheds + 1
        self.room = design.queue * order // (sheds + 1)


class _Values:
    """Draws the values of a key."""

    def __init__(self, count: int, skew: float) -> None:
        self.count = count
        self.sums = list(accumulate(rank**-skew for rank in range(1, count + 1))) if skew else []

    def draw(self, random: Random) -> int:
        if not self.sums:
            return int(random.random() * self.count)
        return bisect(self.sums, random.random() * self.sums[-1])


class Run:
    """A run of a design; `go` may be called once."""

    def __init__(self, system: System, design: Design, incidents: Sequence[Incident], seed: str) -> None:
        self.system, self.design, self.incidents = system, design, incidents
        self.random = Random(seed)
        self.events: list[tuple[float, int, Callable[[float, Any], None], Any]] = []
        self.count = 0
        self.kinds = [_Kind(*item, design, place) for place, item in enumerate(system.operations.items())]
        self.sums = list(accumulate(kind.operation.share for kind in self.kinds))
        self.values = {name: _Values(key.count, key.skew) for name, key in system.keys.items()}
        self.requests: list[Served] = []
        self.late = {kind.name: 0 for kind in self.kinds if kind.queued}
        self.waits: list[float] = []
        self.lost_zone = -1
        self.lost_at = math.inf
        self.loses = any(incident.kind == "lost_zone" for incident in incidents)
        # the application
        self.free = design.instances * system.places
        self.zones = [number % ZONES for number in range(design.instances)]
        self.waiting: deque[_Attempt] = deque()
        self.serving: set[_Attempt] = set()
        # the cache
        self.cache: OrderedDict[tuple[int, int], tuple[float, float]] = OrderedDict()
        # the database: a copy's number is partition * copies + its place; place 0 is the primary
        self.copies = 1 + design.replicas
        self.busy_until = [0.0] * (design.partitions * self.copies)
        self.turns = [0] * design.partitions
        # the dependency
        self.places = [0.0] * system.limit
        heapify(self.places)
        self.tokens = TOKENS if design.retry_budget else 0.0
        # the queue
        self.tasks: deque[_Task] = deque()
        self.idle = list(range(design.workers))
        self.working: dict[int, _Task] = {}

    def go(self) -> Result:
        """Simulate until every request has ended. Raises TooMuch."""
        for incident in self.incidents:
            if incident.kind == "lost_zone":
                self._at(incident.start, self._lose, incident.zone)
        events, end, system = self.events, self.system.seconds, self.system
        last = end + max(operation.deadline for operation in system.operations.values())
        arrival, arrived = self._next_arrival(0.0), 0
        while True:
            if arrival < end and (not events or arrival <= events[0][0]):
                arrived += 1
                if arrived > MOST_REQUESTS:
                    raise TooMuch(f"more than {MOST_REQUESTS} requests")
                self._arrive(arrival)
                arrival = self._next_arrival(arrival)
                continue
            if not events or events[0][0] > last:
                break
            now, _, happen, about = heappop(events)
            happen(now, about)
            if self.count > MOST_EVENTS:
                raise TooMuch(f"more than {MOST_EVENTS} events")
        for task in (*self.tasks, *self.working.values()):
            self.late[task.kind.name] += 1
        return Result(self.requests, self.late, self.waits, self.count)

    def _at(self, time: float, happen: Callable[[float, Any], None], about: Any) -> None:
        self.count += 1
        heappush(self.events, (time, self.count, happen, about))

    def _time(self, mean: float) -> float:
        return -math.log(1.0 - self.random.random()) * mean

    # clients

    def _next_arrival(self, now: float) -> float:
        rate = self.system.rate
        for incident in self.incidents:
            if incident.kind == "more_traffic" and incident.at(now):
                rate *= incident.factor
        return now + self._time(1.0 / rate)

    def _arrive(self, now: float) -> None:
        random = self.random
        kind = self.kinds[min(bisect(self.sums, random.random() * self.sums[-1]), len(self.kinds) - 1)]
        keys = {name: self.values[name].draw(random) for name in kind.operation.keys}
        for incident in self.incidents:
            if incident.kind == "hot_key" and incident.key in keys and incident.at(now):
                if random.random() < incident.share:
                    keys[incident.key] = HOT
        self._try(now, _Request(kind, now, keys))

    def _try(self, now: float, request: _Request) -> None:
        attempt = _Attempt(request, now)
        if self.free > 0:
            self._start(now, attempt)
        elif len(self.waiting) < request.kind.room:
            self.waiting.append(attempt)
            attempt.timed = True
            self._at(attempt.deadline, self._give_up, attempt)
        else:
            self._failed(now, attempt)

    def _give_up(self, now: float, attempt: _Attempt) -> None:
        if not attempt.gone:
            self._failed(now, attempt)

    def _failed(self, now: float, attempt: _Attempt) -> None:
        """The client learns that an attempt failed, and may try again."""
        attempt.gone = True
        request = attempt.request
        request.tries += 1
        retries, pause = self.system.client_retries, self.system.client_pause
        for incident in self.incidents:
            if incident.kind == "eager_clients" and incident.at(now):
                retries, pause = incident.retries, incident.pause
        if request.tries <= retries:
            self._at(now + pause * (0.5 + self.random.random()), self._try, request)
        else:
            self.requests.append(Served(request.kind.name, request.first, math.inf, False, False))

    def _answered(self, now: float, attempt: _Attempt) -> None:
        attempt.gone = True
        request = attempt.request
        stale = now - attempt.known > request.kind.operation.max_age if attempt.since else False
        self.requests.append(Served(request.kind.name, request.first, now - request.first, attempt.degraded, stale))

    # the application

    def _start(self, now: float, attempt: _Attempt) -> None:
        self.free -= 1
        self.waits.append(now - attempt.arrived)
        if self.loses:
            attempt.zone = self.zones[int(self.random.random() * len(self.zones))]
            self.serving.add(attempt)
        self._then(now + self._time(attempt.request.kind.operation.work), self._worked, attempt)

    def _then(self, time: float, happen: Callable[[float, Any], None], attempt: _Attempt) -> None:
        """Let the next thing happen to an attempt, and its client lose patience before, if that comes first."""
        if time > attempt.deadline and not attempt.timed:
            attempt.timed = True
            self._at(attempt.deadline, self._give_up, attempt)
        self._at(time, happen, attempt)

    def _finish(self, now: float, attempt: _Attempt, ok: bool) -> None:
        self.serving.discard(attempt)
        if not attempt.gone:
            if ok:
                self._answered(now, attempt)
            else:
                self._failed(now, attempt)
        self.free += 1
        self._next(now)

    def _next(self, now: float) -> None:
        """Give free places to those who wait."""
        while self.free > 0 and self.waiting:
            attempt = self.waiting.popleft()
            if now - attempt.arrived <= self.design.max_wait:
                self._start(now, attempt)
            elif not attempt.gone:
                self._failed(now, attempt)

    def _worked(self, now: float, attempt: _Attempt) -> None:
        if attempt.lost:
            return
        kind = attempt.request.kind
        if not kind.operation.query:
            self._queried(now, attempt)
            return
        if kind.cached:
            key = (kind.place, attempt.request.keys[kind.operation.keys[0]])
            entry = self.cache.get(key)
            if entry is not None and now < entry[1]:
                self.cache.move_to_end(key)
                attempt.known, attempt.since, attempt.hit = entry[0], True, True
                self._then(now + self.system.lookup, self._ended, attempt)
                return
        self._query(now, attempt)

    # the database

    def _query(self, now: float, attempt: _Attempt) -> None:
        kind, partitions = attempt.request.kind, self.design.partitions
        if kind.partition_key:
            value = attempt.request.keys[kind.partition_key]
            asked: Sequence[int] = (((value + 2) * 2654435761 >> 9) % partitions,)
        else:
            asked = range(partitions)
        copies, until = [], now
        for partition in asked:
            copy = self._copy(now, partition, kind)
            if copy < 0:
                self._finish(now, attempt, ok=False)
                return
            copies.append(copy)
            ends = max(now, self.busy_until[copy]) + self._time(kind.operation.query)
            self.busy_until[copy] = ends
            until = max(until, ends)
        attempt.asked, attempt.copies = now, copies
        if kind.everywhere and self.copies > 1:  # a reader cannot tell whether it got a primary
            attempt.known, attempt.since = now - self.system.lag, True
        else:
            attempt.known = now
        self._then(until, self._queried, attempt)

    def _copy(self, now: float, partition: int, kind: _Kind) -> int:
        """Return the copy that is asked; negative if there is none."""
        first = partition * self.copies
        living = [copy for copy in range(first, first + self.copies) if not self._is_gone(copy)]
        if kind.everywhere and living:
            self.turns[partition] += 1
            return living[self.turns[partition] % len(living)]
        if not living or (living[0] != first and now < self.lost_at + self.system.failover):
            return -1
        return living[0]

    def _is_gone(self, copy: int) -> bool:
        if self.lost_zone < 0:
            return False
        partition, place = divmod(copy, self.copies)
        return (partition + place) % ZONES == self.lost_zone

    def _queried(self, now: float, attempt: _Attempt) -> None:
        if attempt.lost:
            return
        if attempt.asked < self.lost_at <= now and any(map(self._is_gone, attempt.copies)):
            self._finish(now, attempt, ok=False)
            return
        kind = attempt.request.kind
        if not kind.operation.calls:
            self._ended(now, attempt)
        elif kind.queued:
            accepted = len(self.tasks) < self.design.capacity
            if accepted:
                self.tasks.append(_Task(kind, now))
                self._assign(now)
            self._finish(now, attempt, ok=accepted)
        else:
            self._earn()
            self._call(now, attempt)

    def _ended(self, now: float, attempt: _Attempt) -> None:
        """An answer is complete: keep it in the cache, and send it."""
        if attempt.lost:
            return
        kind = attempt.request.kind
        if kind.cached and not (attempt.hit or attempt.degraded):
            key = (kind.place, attempt.request.keys[kind.operation.keys[0]])
            self.cache[key] = (attempt.known, now + kind.cached)
            self.cache.move_to_end(key)
            if len(self.cache) > self.design.entries:
                self.cache.popitem(last=False)
        self._finish(now, attempt, ok=True)

    # the dependency

    def _earn(self) -> None:
        self.tokens = min(TOKENS, self.tokens + self.design.retry_budget)

    def _answer(self, now: float) -> tuple[float, bool]:
        """Make a call; return when the caller knows how it ended, and whether it succeeded."""
        mean, errors = self.system.answer, self.system.errors
        for incident in self.incidents:
            if incident.at(now):
                if incident.kind == "slow_dependency":
                    mean *= incident.factor
                elif incident.kind == "failing_dependency":
                    errors = incident.share
        ends = max(now, self.places[0]) + self._time(mean)
        heapreplace(self.places, ends)
        if ends - now > self.design.timeout:
            return now + self.design.timeout, False
        return ends, self.random.random() >= errors

    def _call(self, now: float, attempt: _Attempt) -> None:
        ends, attempt.ok = self._answer(now)
        self._then(ends, self._called, attempt)

    def _called(self, now: float, attempt: _Attempt) -> None:
        if attempt.lost:
            return
        if attempt.ok:
            self._ended(now, attempt)
        elif attempt.tries < self.design.retries and self.tokens >= 1.0:
            attempt.tries += 1
            self.tokens -= 1.0
            self._call(now, attempt)
        elif attempt.request.kind.operation.optional:
            attempt.degraded = True
            self._ended(now, attempt)
        else:
            self._finish(now, attempt, ok=False)

    # the queue

    def _assign(self, now: float) -> None:
        while self.idle and self.tasks:
            worker, task = self.idle.pop(), self.tasks.popleft()
            task.worker = worker
            self.working[worker] = task
            ends, ok = self._answer(now)
            self._at(ends, self._tasked, (task, worker, ok))

    def _tasked(self, now: float, about: tuple[_Task, int, bool]) -> None:
        task, worker, ok = about
        if self.working.get(worker) is not task:
            return
        del self.working[worker]
        self.idle.append(worker)
        if not ok:
            self._at(now + AGAIN, self._again, task)
        elif now - task.accepted > task.kind.operation.deadline:
            self.late[task.kind.name] += 1
        self._assign(now)

    def _again(self, now: float, task: _Task) -> None:
        if now - task.accepted > task.kind.operation.deadline:
            self.late[task.kind.name] += 1
            return
        self.tasks.append(task)
        self._assign(now)

    # a zone is lost

    def _lose(self, now: float, zone: int) -> None:
        self.lost_zone, self.lost_at = zone, now
        self.free -= self.system.places * self.zones.count(zone)
        self.zones = [other for other in self.zones if other != zone] or [-1]
        for attempt in [attempt for attempt in self.serving if attempt.zone == zone]:
            attempt.lost = True
            self.serving.discard(attempt)
            self.free += 1
            if not attempt.gone:
                self._failed(now, attempt)
        self.idle = [worker for worker in self.idle if worker % ZONES != zone]
        for worker in [worker for worker in self.working if worker % ZONES == zone]:
            self.tasks.appendleft(self.working.pop(worker))
        self._assign(now)
        self._next(now)
