"""The reference design of a system: arithmetic that a person can do, by Little's law and utilisations."""

import math

USED = 0.70
"""How busy places may be when traffic has grown, or a zone is gone."""
USED_COPY = 0.60


def reference(drawn):
    """Return the reference's design as in design.toml, by table."""
    system, names, extent = drawn["system"], drawn["names"], drawn["extent"]
    operations = system["operations"]
    by_role = {role: operations[name] for role, name in names.items()}
    more = max(extent["growth"], 1.5)
    rates = {role: system["rate"] * more * operation["share"] for role, operation in by_role.items()}
    calling = next(role for role, operation in by_role.items() if operation["calls"])
    timeout = round(4 * system["answer"], 2)
    usual = {role: operation["work"] + 1.5 * operation["query"] for role, operation in by_role.items()}
    waits = {role: operation["optional"] for role, operation in by_role.items()}
    grown = sum(rates[role] * (usual[role] + waits[role] * system["answer"]) for role in rates)
    slow = sum(rates[role] / more * (usual[role] + waits[role] * 1.1 * timeout) for role in rates)
    instances = math.ceil(max(grown, slow) / USED / system["places"] / 3) * 3
    busy = system["keys"][drawn["busy"]]["count"]
    ttl = {"main": by_role["main"]["max_age"] - 5, "fresh": by_role["fresh"]["max_age"] - 3}
    missed = {role: _missed(rates[role], ttl[role], system["keys"][drawn["busy"]]) for role in ttl}
    # reads by the busy key ask every partition; reads that may be old ask one of its two copies
    spread = sum(missed[role] * by_role[role]["query"] / 2 for role in ttl)
    direct = sum(rates[role] * by_role[role]["query"] for role in ("own", "act"))
    direct += rates["extra"] * by_role["extra"]["query"] / 2
    partitions = math.ceil(direct / (USED_COPY - spread))
    queued = calling == "act"
    workers = math.ceil(rates["act"] * system["answer"] * 2.5) if queued else 0
    return {
        "": {"format_version": 1, "system": system["name"]},
        "app": {
            "instances": instances,
            "queue": instances * system["places"],
            "max_wait": 0.5,
            "shed": [names["extra"], names["main"], names["fresh"]],
        },
        "database": {
            "partition_by": drawn["even"],
            "partitions": partitions,
            "replicas": 1,
            "replica_reads": [names["main"], names["fresh"], names["extra"]],
        },
        "cache": {"entries": 3 * busy, "seconds": {names[role]: seconds for role, seconds in ttl.items()}},
        "dependency": {
            "timeout": timeout * (2 if queued else 1),
            "retries": 1,
            "retry_budget": 0.1,
            "queued": [names["act"]] if queued else [],
        },
        "queue": {"workers": workers, "capacity": 5000 if queued else 0},
    }


def _missed(rate, seconds, key):
    """Return how many reads a second the cache does not answer: each value is read anew at most once in `seconds`."""
    weights = [rank ** -key["skew"] for rank in range(1, key["count"] + 1)]
    total = sum(weights)
    return sum(rate * weight / (total + rate * weight * seconds) for weight in weights)


def cost(design, system):
    """Return what an hour of a design costs."""
    prices = system["prices"]
    return (
        design["app"]["instances"] * prices["instance"]
        + design["database"]["partitions"] * (1 + design["database"]["replicas"]) * prices["copy"]
        + design["cache"]["entries"] / 1000 * prices["cache"]
        + design["queue"]["workers"] * prices["worker"]
    )
