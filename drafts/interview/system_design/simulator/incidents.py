"""Incidents: what happens to a system in a run. Each lasts from second `start` to second `end`, `end` excluded.

more_traffic         factor                requests come so many times as often
hot_key              key, share            so large a share of the requests with that key have one and the same value
slow_dependency      factor                calls that begin then take so many times as long
failing_dependency   share                 so large a share of calls that begin then fail
lost_zone            zone (0, 1 or 2)      everything in the zone is gone; `end` does not matter: it does not come back
eager_clients        retries, pause        clients try again so often, and after so many seconds
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

FIELDS = {
    "more_traffic": {"factor"},
    "hot_key": {"key", "share"},
    "slow_dependency": {"factor"},
    "failing_dependency": {"share"},
    "lost_zone": {"zone"},
    "eager_clients": {"retries", "pause"},
}


@dataclass(frozen=True)
class Incident:
    """One incident."""

    kind: str
    start: float
    end: float
    factor: float = 1.0
    share: float = 0.0
    key: str = ""
    zone: int = 0
    retries: int = 0
    pause: float = 0.0

    def at(self, now: float) -> bool:
        """Return whether it is on."""
        return self.start <= now < self.end


def read_incidents(data: dict[str, Any]) -> tuple[Incident, ...]:
    """Return the incidents that decoded TOML holds in `[[incident]]`. Raises ValueError, which says what is wrong."""
    if wrong := sorted(set(data) - {"incident"}):
        raise ValueError(f"there is no key {wrong[0]!r}. Write one [[incident]] table for each incident.")
    found = []
    for number, table in enumerate(data.get("incident", []), 1):
        kind = table.get("kind")
        if kind not in FIELDS:
            raise ValueError(f"incident {number}: got the kind {kind!r}. Use one of: {', '.join(FIELDS)}.")
        needed = {"kind", "start", "end"} | FIELDS[kind]
        if set(table) != needed:
            raise ValueError(f"incident {number}: a {kind} has the keys {', '.join(sorted(needed))}. Correct it.")
        found.append(Incident(**table))
    return tuple(found)
