"""Answers of the author's: the starter, a second solution, one without the skill, slips, and known mistakes."""

import copy

from pool.toml_text import toml_text

ALL = ("ordinary", "growth", "hot_key", "dependency", "zone", "storm")
DOCUMENT = """# Design of {name}

## Reasons

{reasons}

## Alternatives

Everything at a larger size: it needs no thought, and costs more than the budget. Right where an outage costs more than machines.

Partitions by the busy key: reads by it would ask one partition, but all writes for a value in demand would go to one copy. Right if no value were popular.

## Outlook

Left out: replication costs nothing here, and networks do not fail halfway. Watched: places held, the length of the queue, calls that time out. At ten times the
traffic reads that ask every partition break first: each new partition helps them not at all.
"""
REASONS = (
    "Places: sum of rate times the time that a request holds one, at the traffic to which it grows, 70 % busy; two thirds of "
    "them are enough on an ordinary day.\n\nCopies: 60 to 70 % busy at that traffic; reads by the busy key come from the cache. "
    "A second copy in another zone takes over.\n\nThe queue holds half a second of work, so that who waits is still there when it is answered; "
    "what nobody misses is refused first."
)


def starter(drawn):
    """Return a design that shows the form and stands nothing: it is too small by far."""
    return {
        "": {"format_version": 1, "system": drawn["system"]["name"]},
        "app": {"instances": 1, "queue": 10, "max_wait": 1.0, "shed": []},
        "database": {"partition_by": drawn["busy"], "partitions": 1, "replicas": 0, "replica_reads": []},
        "cache": {"entries": 0, "seconds": {}},
        "dependency": {"timeout": 30.0, "retries": 0, "retry_budget": 0.0, "queued": []},
        "queue": {"workers": 0, "capacity": 0},
    }


def answer(drawn, design, reasons=REASONS):
    """Return the files of an answer."""
    document = DOCUMENT.format(name=drawn["system"]["name"], reasons=reasons)
    return {"design.toml": toml_text(design), "design.md": document}


def alternative(drawn, reference):
    """Return a second design: shorter caches, a shorter queue, nothing kept for the read that may be a little old."""
    names, system = drawn["names"], drawn["system"]
    queued = bool(reference["dependency"]["queued"])
    return _changed(
        reference,
        app={
            "instances": reference["app"]["instances"] + 1,
            "queue": reference["app"]["instances"] * system["places"] * 2 // 3,
            "max_wait": 0.4,
            "shed": [names["extra"], names["fresh"], names["main"]],
        },
        database={"partitions": reference["database"]["partitions"] + 1},
        cache={
            "entries": 2 * system["keys"][drawn["busy"]]["count"] + 100,
            "seconds": {names["main"]: reference["cache"]["seconds"][names["main"]] - 2, names["fresh"]: 1.5},
        },
        dependency={"timeout": round((10 if queued else 3.8) * system["answer"], 2), "retries": 2, "retry_budget": 0.15},
    )


def without_skill(drawn, reference):
    """Return a design for an ordinary day and for growth, by somebody who thinks of sizes alone."""
    return _changed(
        reference,
        app={"queue": 5000, "max_wait": 60.0, "shed": []},
        dependency={"timeout": 30.0, "retries": 3, "retry_budget": 1.0, "queued": []},
    )


def slips(drawn, reference):
    """Yield slips of somebody who has the skill: a name, and the design."""
    names, operations = drawn["names"], drawn["system"]["operations"]
    age = operations[names["main"]]["max_age"]
    yield "kept_as_long_as_allowed", _changed(reference, cache={"seconds": {names["main"]: age}})
    yield "own_data_kept_for_a_moment", _changed(
        reference, cache={"seconds": {**reference["cache"]["seconds"], names["own"]: 5.0}}
    )
    yield "nothing_is_shed", _changed(reference, app={"shed": []})


def mistakes(drawn, reference):
    """Yield known mistakes: the criterion, a name, the design, and the criteria that it may lose besides."""
    names, system = drawn["names"], drawn["system"]
    operations, app = system["operations"], reference["app"]
    kept, age = reference["cache"]["seconds"], operations[names["main"]]["max_age"]
    partitions, replica_reads = reference["database"]["partitions"], reference["database"]["replica_reads"]
    yield "ordinary", "kept_as_long_as_allowed", _changed(reference, cache={"seconds": {names["main"]: age}}), ()
    yield "ordinary", "own_data_kept", _changed(reference, cache={"seconds": {**kept, names["own"]: 5.0}}), ()
    yield "ordinary", "own_data_from_replicas", _changed(
        reference, database={"replica_reads": [*replica_reads, names["own"]]}
    ), ALL
    yield "ordinary", "everything_twice", _changed(
        reference,
        app={"instances": 2 * app["instances"], "queue": 2 * app["queue"]},
        database={"partitions": 2 * partitions},
    ), ALL
    yield "ordinary", "one_instance", _changed(reference, app={"instances": 1}), ALL
    yield "growth", "sized_for_today", _changed(
        reference, app={"instances": app["instances"] // 2}, database={"partitions": (partitions + 1) // 2}
    ), ("hot_key", "zone", "storm", "dependency")
    yield "growth", "nothing_kept", _changed(reference, cache={"seconds": {}}), ("hot_key", "zone")
    yield "hot_key", "partitioned_by_the_busy_key", _changed(
        reference, database={"partition_by": drawn["busy"]}
    ), ALL
    yield "zone", "one_copy_of_each_partition", _one_copy(reference), ("growth",)
    yield "zone", "all_in_one_zone", _changed(reference, app={"instances": app["instances"] // 3}), ALL
    yield "storm", "everybody_may_wait", _changed(reference, app={"queue": 5000, "max_wait": 60.0}), ()
    yield "storm", "a_long_queue", _changed(reference, app={"queue": 20 * app["queue"], "max_wait": 3.0}), ()
    yield "storm", "nothing_is_shed", _changed(reference, app={"shed": []}), ()
    yield "storm", "the_important_is_shed", _changed(
        reference, app={"shed": [names["act"], names["own"], names["fresh"]]}
    ), ()
    if reference["dependency"]["queued"]:
        yield "dependency", "waits_for_the_call", _changed(reference, dependency={"queued": []}), ALL
        yield "dependency", "too_few_workers", _changed(reference, queue={"workers": reference["queue"]["workers"] // 3}), ()
        yield "dependency", "a_small_queue", _changed(reference, queue={"capacity": 50}), ()
        yield "dependency", "gives_up_too_soon", _changed(reference, dependency={"timeout": system["answer"]}), ()
    else:
        yield "dependency", "a_long_timeout", _changed(reference, dependency={"timeout": 10.0}), ()
        yield "dependency", "retries_without_end", _changed(reference, dependency={"retries": 5, "retry_budget": 1.0}), ()
        yield "ordinary", "no_retries", _changed(reference, dependency={"retries": 0}), ()
        yield "ordinary", "gives_up_too_soon", _changed(reference, dependency={"timeout": system["answer"]}), ()


def _one_copy(reference):
    return _changed(reference, database={"replicas": 0, "partitions": 2 * reference["database"]["partitions"]})


def _changed(design, **tables):
    """Return a design with other values of some keys."""
    changed = copy.deepcopy(design)
    for table, values in tables.items():
        changed[table].update(values)
    return changed
