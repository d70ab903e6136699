"""A system: its operations, its environment and its prices, as `system.toml` describes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Operation:
    """One kind of request. Times are in seconds and, where they vary, means."""

    share: float
    """Its share of all requests."""
    work: float
    """How long an instance works on it."""
    query: float
    """How long a copy of the database works on it."""
    writes: bool
    keys: tuple[str, ...]
    patience: float
    """How long a client waits for an answer."""
    max_age: float
    """How old the data of an answer may be."""
    calls: bool
    """Whether it calls the dependency."""
    optional: bool
    """Whether it can be answered without the dependency's answer."""
    may_wait: bool
    """Whether the call may be made later, from the queue."""
    deadline: float
    """How long after it was accepted the call must have succeeded."""


@dataclass(frozen=True)
class Key:
    """What data can be partitioned by: `count` values, the n-th most frequent weighted by n ** -skew."""

    count: int
    skew: float


@dataclass(frozen=True)
class System:
    """A system without its design."""

    name: str
    rate: float
    """Requests in a second."""
    seconds: float
    """The length of a run."""
    budget: float
    places: int
    """Requests that an instance handles at a time."""
    lookup: float
    """How long the cache takes."""
    lag: float
    """How far replicas are behind."""
    failover: float
    """How long a partition whose primary is lost takes no writes, and no reads that need the primary."""
    answer: float
    """The mean time that the dependency takes for a call."""
    errors: float
    """The share of calls that fail."""
    limit: int
    """The calls that the dependency handles at a time."""
    client_retries: int
    client_pause: float
    prices: dict[str, float]
    keys: dict[str, Key]
    operations: dict[str, Operation]


def read_system(data: dict[str, Any]) -> System:
    """Return the system that decoded TOML holds. Raises KeyError, TypeError."""
    flat = {key: value for key, value in data.items() if key not in ("keys", "operations", "prices", "format_version")}
    return System(
        **flat,
        prices=dict(data["prices"]),
        keys={name: Key(**key) for name, key in data["keys"].items()},
        operations={
            name: Operation(**{**operation, "keys": tuple(operation["keys"])})
            for name, operation in data["operations"].items()
        },
    )
