"""What a design is held to: the hidden runs and the bounds. The brief states all of it but the exact times and extents."""

import math

SECONDS = 80
QUIET = 5
"""Seconds at the beginning of a run that are not judged, since the cache is empty."""
ROLES = ("main", "fresh", "own", "act", "extra")
SERVED, SERVED_AFTER, SERVED_STORM = 0.99, 0.98, 0.9
DEGRADED, STALE, STALE_THEN, LATE = 0.015, 0.005, 0.15, 0
HOT_TRAFFIC = 1.3
EAGER = {"retries": 5, "pause": 0.2}
SLACK = 1.25
"""The budget in terms of what the reference costs."""
HINTS = {
    "budget": "Which part costs most, and how busy is it on an ordinary day?",
    "ordinary": "Count with Little's law how many places are held on an ordinary day, and how busy a copy is.",
    "fresh-enough": "How old can an answer be that comes from the cache, and was written there from a replica?",
    "dependency-ordinary": "How many calls take longer than the timeout, and how many fail?",
    "growth": "Which part is busiest, and what is it at once the traffic has grown?",
    "hot": "Where do all requests for one value of the key go?",
    "slow": "How long does a request hold its place while the dependency is slow, and how many do so at once?",
    "slow-calls": "What does the dependency's caller get meanwhile, and when is what waits worked off?",
    "zone": "What is left when the busiest zone is gone, and who takes the writes of its partitions?",
    "storm": "Who gets the places when not all can have one? Who is refused, and how soon?",
    "after": "How long is the queue when the storm ends, and who still waits for what stands in it?",
}


def limits(drawn):
    """Return the p99 limit of each role, in seconds."""
    system, found = drawn["system"], {}
    for role, name in drawn["names"].items():
        operation = system["operations"][name]
        waits = 8 * system["answer"] if operation["optional"] else 0
        found[role] = math.ceil(10 * (8 * (operation["work"] + operation["query"]) + waits + 0.2)) / 10
    return found


def runs(drawn, random):
    """Return the hidden runs: where the brief says "up to", a little less, and at a drawn time."""
    extent = drawn["extent"]

    def nearly(most):
        return round(1 + (most - 1) * (0.95 + 0.05 * random.random()), 3)

    def early(least, most):
        return round(least + random.random() * (most - least), 1)

    hot, slow, zone, storm = early(8, 12), early(12, 18), early(15, 22), early(16, 22)
    whole = {"start": 0, "end": SECONDS}
    share = round(extent["hot"] * (0.95 + 0.05 * random.random()), 3)
    return [
        {"name": "ordinary", "incidents": []},
        {"name": "growth", "incidents": [{"kind": "more_traffic", **whole, "factor": nearly(extent["growth"])}]},
        {
            "name": "hot",
            "incidents": [
                {"kind": "hot_key", "start": hot, "end": SECONDS, "key": drawn["busy"], "share": share},
                {"kind": "more_traffic", "start": hot, "end": SECONDS, "factor": HOT_TRAFFIC},
            ],
        },
        {
            "name": "slow",
            "incidents": [
                {"kind": "slow_dependency", "start": slow, "end": slow + 35, "factor": nearly(extent["slow"])}
            ],
        },
        {
            "name": "zone",
            "incidents": [{"kind": "lost_zone", "start": zone, "end": SECONDS, "zone": int(random.random() * 3)}],
        },
        {
            "name": "storm",
            "incidents": [
                {"kind": "more_traffic", "start": storm, "end": storm + 15, "factor": nearly(extent["storm"])},
                {"kind": "eager_clients", "start": storm, "end": storm + 20, **EAGER},
            ],
        },
    ]


def promises(drawn, hidden, budget):
    """Return the promises, with their bounds."""
    names, most = drawn["names"], limits(drawn)
    calling = next(name for name, operation in drawn["system"]["operations"].items() if operation["calls"])
    queued = drawn["system"]["operations"][calling]["may_wait"]
    starts = {run["name"]: run["incidents"][0]["start"] if run["incidents"] else 0 for run in hidden}
    windows = {
        "ordinary": (QUIET, SECONDS),
        "growth": (QUIET, SECONDS),
        "hot": (starts["hot"] + 5, SECONDS),
        "slow": (starts["slow"], SECONDS),
        "zone": (starts["zone"] + 10, SECONDS),
        "storm": (starts["storm"], starts["storm"] + 15),
        "after": (starts["storm"] + 25, SECONDS),
    }

    def bound(window, role, figure, **limit):
        run = "storm" if window == "after" else window
        start, end = windows[window]
        return {"run": run, "start": start, "end": end, "operation": names[role], "figure": figure, **limit}

    def answered(window, served=SERVED, roles=ROLES, stale=STALE_THEN):
        for role in roles:
            yield bound(window, role, "served", least=served)
            if not (window == "slow" and names[role] == calling):
                yield bound(window, role, "p99", most=most[role])
            yield bound(window, role, "stale", most=stale)

    calls = {role for role, name in names.items() if name == calling}
    others = tuple(role for role in ROLES if role not in calls or queued)
    (role,) = calls
    if queued:
        ordinary = [bound("ordinary", role, "late", most=LATE)]
        slow = [bound("slow", role, "late", most=LATE), bound("slow", role, "served", least=SERVED)]
        words = (f"Every `{calling}` that was accepted is settled in time", "No call that was accepted is late")
    else:
        ordinary = [bound("ordinary", role, "degraded", most=DEGRADED)]
        slow = [bound("slow", role, "served", least=SERVED_AFTER)]
        words = (f"At most {DEGRADED:.1%} of `{calling}` are answered without the dependency", f"`{calling}` is answered")
    table = [
        ("budget", "ordinary", "The design costs no more than the budget.",
         [{"run": "", "figure": "cost", "most": budget}]),
        ("ordinary", "ordinary", "On an ordinary day everything is answered in time.", [*answered("ordinary")]),
        ("fresh-enough", "ordinary", "On an ordinary day no answer is older than allowed.",
         [bound("ordinary", each, "stale", most=STALE) for each in ROLES]),
        ("dependency-ordinary", "ordinary", f"{words[0]} on an ordinary day.", ordinary),
        ("growth", "growth", "When the traffic has grown, everything is answered in time.", [*answered("growth")]),
        ("hot", "hot_key", "While one value is in demand, everything is answered in time.", [*answered("hot")]),
        ("slow", "dependency", "While the dependency is slow, everything else is answered in time.",
         [*answered("slow", roles=others)]),
        ("slow-calls", "dependency", f"{words[1]} while the dependency is slow.", slow),
        ("zone", "zone", "When a zone is lost, everything is answered in time again after ten seconds.",
         [*answered("zone")]),
        ("storm", "storm", f"In the storm `{names['act']}` and `{names['own']}` are answered.",
         [bound("storm", each, "served", least=SERVED_STORM) for each in ("act", "own")]),
        ("after", "storm", "Ten seconds after the storm everything is answered in time again.",
         [*answered("after", SERVED_AFTER)]),
    ]  # fmt: skip
    needed = ("budget", "ordinary")
    return [
        {
            "id": id_,
            "criterion": criterion,
            "text": text,
            "hint": HINTS[id_],
            "weight": 0 if id_ == "budget" else 1,
            "needs": [name for name in needed if name != id_] if id_ != "budget" else [],
            "bounds": bounds,
        }
        for id_, criterion, text, bounds in table
    ]
