"""The answers and the counts of a served site: one `Round` per example, filled by the server and read by a hidden
suite.

A request is in flight from its head until just before the last byte of its answer is sent, because the client may start
its next request on that byte. Every example has its own counters, so that a handler that is still finishing cannot
affect those of the next one.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

POLL_SECONDS = 0.002


class Manner(Enum):
    """The manner in which an answer is given."""

    WHOLE = "whole"
    CUT = "cut"
    """The body is shorter than announced, and the connection ends."""
    STALLED = "stalled"
    """Nothing is sent until the client leaves."""
    TRICKLING = "trickling"
    """The body is sent byte by byte and does not end."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to one request. With `ready`, the answer waits until that returns true, for at most `patience`
    seconds.
    """

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    manner: Manner = Manner.WHOLE
    ready: Callable[[], bool] | None = None
    patience: float = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Keeps requests waiting until as many are in flight as a client with these limits can have, and then a little
    longer.

    That way, the peak does not depend on the machine's speed, and a client that exceeds its limits is caught doing so.
    If a client has fewer in flight after `patience` seconds, the round is `starved`, and nothing more is held back.
    Each page is expected to be requested once.
    """

    total: int
    per_host: int
    patience: float = 2.0
    overshoot: float = 0.02


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request as it came in."""

    url: str
    attempt: int
    pause: float | None
    """Seconds since the page's previous answer was ready to be sent; None for the first request."""


@dataclass
class Round:
    """The events at a site since `begin`. Read them after the call into the sandbox has returned."""

    routes: Mapping[str, Sequence[Reply]]
    hold: Hold | None = None
    arrivals: list[Arrival] = field(default_factory=list)
    in_flight: Counter[str] = field(default_factory=Counter)
    """Unfinished requests by host."""
    peak: int = 0
    host_peaks: Counter[str] = field(default_factory=Counter)
    abandoned: list[str] = field(default_factory=list)
    """Pages whose clients left before the answer was complete."""
    strange: int = 0
    """The number of connections that sent something other than a request."""
    starved: bool = False

    def __post_init__(self) -> None:
        self._answered: dict[str, float] = {}
        self._attempts: Counter[str] = Counter()
        self._left = Counter(_host(url) for url in self.routes)
        self._gate = asyncio.Event()

    @property
    def urls(self) -> list[str]:
        """The requested pages, in order."""
        return [arrival.url for arrival in self.arrivals]

    @property
    def busy(self) -> int:
        """The number of requests in flight now."""
        return self.in_flight.total()

    def pauses(self, url: str) -> list[float]:
        """Return the pauses before the second and each further request for a page."""
        return [arrival.pause for arrival in self.arrivals if arrival.url == url and arrival.pause is not None]

    def arrive(self, url: str) -> Reply:
        """Count a new request, and return how to answer it."""
        self._attempts[url] += 1
        attempt = self._attempts[url]
        before = self._answered.get(url)
        self.arrivals.append(Arrival(url, attempt, None if before is None else time.monotonic() - before))
        host = _host(url)
        self.in_flight[host] += 1
        self.peak = max(self.peak, self.busy)
        self.host_peaks[host] = max(self.host_peaks[host], self.in_flight[host])
        replies = self.routes.get(url) or [Reply(404, b"there is no such page")]
        return replies[min(attempt, len(replies)) - 1]

    def leave(self, url: str, *, complete: bool = True) -> None:
        """Count a request as finished."""
        host = _host(url)
        self.in_flight[host] -= 1
        self._left[host] -= 1
        self._answered[url] = time.monotonic()
        if not complete:
            self.abandoned.append(url)
        self._open_gate()

    async def until_due(self, reply: Reply) -> None:
        """Wait as long as the round's hold and the reply's `ready` require."""
        if self.hold is not None and not self.starved:
            await self._held(self.hold)
        end = time.monotonic() + reply.patience
        while reply.ready is not None and not reply.ready():
            if time.monotonic() > end:
                self.starved = True
                return
            await asyncio.sleep(POLL_SECONDS)

    async def _held(self, hold: Hold) -> None:
        gate = self._gate
        self._open_gate()
        try:
            await asyncio.wait_for(gate.wait(), hold.patience)
        except TimeoutError:
            self.starved = True
        self._open_gate()
        if not self.starved:
            await asyncio.sleep(hold.overshoot)

    def _open_gate(self) -> None:
        """Release the waiting requests if no others can be expected, and make later ones wait at a new gate."""
        if self.hold is None:
            return
        possible = sum(min(self.hold.per_host, max(left, 0)) for left in self._left.values())
        if self.starved or self.busy >= min(self.hold.total, possible):
            self._gate.set()
            self._gate = asyncio.Event()


def _host(url: str) -> str:
    return url.split("/")[2]
