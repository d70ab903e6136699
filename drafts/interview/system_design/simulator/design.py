"""A design: what `design.toml` holds, what it costs, and what is wrong with one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from simulator.reading import Choice, Names, Number, Problem, Rule, Seconds, line_of, problems
from simulator.system import System


@dataclass(frozen=True)
class Design:
    """A design that fits a system."""

    instances: int
    queue: int
    max_wait: float
    shed: tuple[str, ...]
    partition_by: str
    partitions: int
    replicas: int
    replica_reads: frozenset[str]
    entries: int
    seconds: dict[str, float]
    timeout: float
    retries: int
    retry_budget: float
    queued: frozenset[str]
    workers: int
    capacity: int

    def cost(self, system: System) -> float:
        """Return what an hour costs."""
        prices = system.prices
        return (
            self.instances * prices["instance"]
            + self.partitions * (1 + self.replicas) * prices["copy"]
            + self.entries / 1000 * prices["cache"]
            + self.workers * prices["worker"]
        )


def rules(system: System) -> dict[str, dict[str, Rule]]:
    """Return what each key of a design may be."""
    every = tuple(system.operations)
    reads = tuple(name for name, operation in system.operations.items() if not operation.writes)
    calling = tuple(name for name, operation in system.operations.items() if operation.calls)
    return {
        "": {"format_version": Number(1, 1, whole=True), "system": Choice((system.name,))},
        "app": {
            "instances": Number(1, 200, whole=True),
            "queue": Number(0, 100_000, whole=True),
            "max_wait": Number(0.01, 600),
            "shed": Names(every),
        },
        "database": {
            "partition_by": Choice(tuple(system.keys)),
            "partitions": Number(1, 32, whole=True),
            "replicas": Number(0, 4, whole=True),
            "replica_reads": Names(reads),
        },
        "cache": {"entries": Number(0, 1_000_000, whole=True), "seconds": Seconds(reads, Number(0.1, 3600))},
        "dependency": {
            "timeout": Number(0.01, 600),
            "retries": Number(0, 5, whole=True),
            "retry_budget": Number(0, 1),
            "queued": Names(calling),
        },
        "queue": {"workers": Number(0, 500, whole=True), "capacity": Number(0, 1_000_000, whole=True)},
    }


def read_design(data: dict[str, Any], text: str, system: System) -> Design | list[Problem]:
    """Return the design that decoded TOML holds, or everything that is wrong with it."""
    if found := [*problems(data, rules(system), text), *_about_queue(data, text, system)]:
        return found
    app, database, cache = data["app"], data["database"], data["cache"]
    return Design(
        instances=app["instances"],
        queue=app["queue"],
        max_wait=float(app["max_wait"]),
        shed=tuple(app["shed"]),
        partition_by=database["partition_by"],
        partitions=database["partitions"],
        replicas=database["replicas"],
        replica_reads=frozenset(database["replica_reads"]),
        entries=cache["entries"],
        seconds={name: float(seconds) for name, seconds in cache["seconds"].items()},
        timeout=float(data["dependency"]["timeout"]),
        retries=data["dependency"]["retries"],
        retry_budget=float(data["dependency"]["retry_budget"]),
        queued=frozenset(data["dependency"]["queued"]),
        workers=data["queue"]["workers"],
        capacity=data["queue"]["capacity"],
    )


def _about_queue(data: dict[str, Any], text: str, system: System) -> list[Problem]:
    queued = data["dependency"].get("queued") if isinstance(data.get("dependency"), dict) else None
    line = line_of(text, "dependency.queued")
    found = []
    for name in queued if isinstance(queued, list) else ():
        operation = system.operations.get(name) if isinstance(name, str) else None
        if operation is not None and operation.calls and not operation.may_wait:
            remedy = f"Take it out of the list: the brief does not allow {name} to be finished later."
            found.append(Problem(line, "dependency.queued", f"{name} must be answered with its result", remedy))
    return found
