"""Searches for designs on what candidates get: the public simulator and an ordinary day. It knows no incident.

    python -P forger.py FOLDER [EVALUATIONS]    FOLDER holds system.toml and simulator/; prints design.toml by aim, as JSON

Half of the evaluations are drawn at random, half change the best design a little. Three aims: the cheapest design with an
ordinary day that is in order; the one with most room, within the budget; and the one with most room at three quarters
of the budget. Traffic is shortened to a quarter, so that a search takes minutes.
"""

import json
import math
import random
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

EVALUATIONS = 2000
LENGTH = 20.0
QUIET = 4.0


def main() -> None:
    """Print the best design for each aim."""
    folder, evaluations = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else EVALUATIONS
    sys.path.insert(0, str(folder))
    from simulator.system import read_system

    system = read_system(tomllib.loads((folder / "system.toml").read_text("utf-8")))
    aims = {"cheap": _cheap, "roomy": _roomy(1.0), "frugal": _roomy(0.75)}
    found = {}
    for name, aim in aims.items():
        found[name] = _text(_search(system, aim, evaluations // len(aims), random.Random(name)))
    json.dump(found, sys.stdout)


def _search(system, aim, evaluations, draw):
    best, least = _drawn(system, draw), math.inf
    for number in range(evaluations):
        design = _drawn(system, draw) if number < evaluations // 2 else _changed(best, system, draw)
        value = aim(design, system)
        if value < least:
            best, least = design, value
    return best


def _drawn(system, draw):
    names = list(system.operations)
    reads = [name for name, operation in system.operations.items() if not operation.writes]
    waits = [name for name, operation in system.operations.items() if operation.may_wait]
    queued = waits if draw.random() < 0.5 else []
    return {
        "format_version": 1,
        "system": system.name,
        "app": {
            "instances": int(_log(draw, 3, 60)),
            "queue": int(_log(draw, 5, 5000)),
            "max_wait": round(_log(draw, 0.1, 30), 2),
            "shed": draw.sample(names, draw.randint(0, len(names))),
        },
        "database": {
            "partition_by": draw.choice(list(system.keys)),
            "partitions": int(_log(draw, 1, 20)),
            "replicas": draw.choice([0, 1, 1, 2]),
            "replica_reads": [name for name in reads if draw.random() < 0.5],
        },
        "cache": {
            "entries": int(_log(draw, 10, 5000)),
            "seconds": {name: round(_log(draw, 0.5, 60), 1) for name in reads if draw.random() < 0.6},
        },
        "dependency": {
            "timeout": round(_log(draw, 0.1, 20), 2),
            "retries": draw.randint(0, 3),
            "retry_budget": round(draw.random(), 2),
            "queued": queued,
        },
        "queue": {
            "workers": int(_log(draw, 2, 100)) if queued else 0,
            "capacity": int(_log(draw, 10, 20_000)) if queued else 0,
        },
    }


def _changed(design, system, draw):
    """Return a design with one or two parts taken from a new one, or one number made a little smaller or larger."""
    changed, other = json.loads(json.dumps(design)), _drawn(system, draw)
    for _ in range(draw.randint(1, 2)):
        table = draw.choice(["app", "database", "cache", "dependency", "queue"])
        key = draw.choice(list(changed[table]))
        value = changed[table][key]
        if isinstance(value, (int, float)) and draw.random() < 0.7:
            changed[table][key] = type(value)(value * draw.choice([0.7, 0.85, 1.2, 1.4])) or other[table][key]
        else:
            changed[table][key] = other[table][key]
    return changed


def _text(design):
    tables = {"": {key: value for key, value in design.items() if not isinstance(value, dict)}}
    tables |= {key: value for key, value in design.items() if isinstance(value, dict)}
    lines = []
    for name, values in tables.items():
        lines += [f"[{name}]"] if name else []
        for key, value in values.items():
            inner = ", ".join(f"{part} = {seconds}" for part, seconds in value.items()) if key == "seconds" else ""
            lines.append(f"{key} = {{ {inner} }}" if key == "seconds" else f"{key} = {json.dumps(value)}")
    return "\n".join(lines) + "\n"


def _log(draw, least, most):
    return math.exp(draw.uniform(math.log(least), math.log(most)))


def _seen(design, system):
    """Return the cost, and for an ordinary day how far it is from being in order, and the mean p99 in seconds."""
    from simulator.design import read_design
    from simulator.figures import figures
    from simulator.run import Run, TooMuch

    read = read_design(design, "", system)
    if isinstance(read, list):
        return math.inf, math.inf, math.inf
    cost = read.cost(system)
    if cost > 1.5 * system.budget:
        return cost, math.inf, math.inf
    try:
        seen = figures(Run(replace(system, seconds=LENGTH), read, (), "1").go(), QUIET)
    except TooMuch:
        return cost, math.inf, math.inf
    wrong = sum(
        max(0.0, 0.995 - one.served) + max(0.0, one.stale - 0.002) + max(0.0, one.degraded - 0.01) + (one.late > 0)
        for one in seen.values()
    )
    wrong += sum(max(0.0, min(one.p99, 9.0) - _limit(name, system)) for name, one in seen.items())
    return cost, wrong, sum(min(one.p99, 9.0) for one in seen.values()) / len(seen)


def _limit(name, system):
    operation = system.operations[name]
    return 8 * (operation.work + operation.query) + (8 * system.answer if operation.optional else 0) + 0.2


def _cheap(design, system):
    cost, wrong, _ = _seen(design, system)
    return cost + 1000 * wrong


def _roomy(share):
    def aim(design, system):
        cost, wrong, p99 = _seen(design, system)
        return p99 + 10 * max(0.0, cost / system.budget - share) + 1000 * wrong

    return aim


if __name__ == "__main__":
    main()
