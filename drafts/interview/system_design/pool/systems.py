"""Draws the numbers of a system, and of the incidents that it has to stand."""

from pool.scenarios import SCENARIOS

ROLES = ("main", "fresh", "own", "act", "extra")
SECONDS = 80.0


def between(random, least, most, digits=3):
    """Return a number between two others, rounded."""
    return round(least + random.random() * (most - least), digits)


def draw_system(random):
    """Return what is drawn: names by role, the system as in system.toml, and the extent of each incident."""
    which = random.choice(sorted(SCENARIOS))
    scenario = SCENARIOS[which]
    names = {role: random.choice(scenario.names[role]) for role in ROLES}
    busy, even = random.choice(scenario.busy), random.choice(scenario.even)
    rate = between(random, 90, 180, 0)
    share = {
        "fresh": between(random, 0.08, 0.14, 2),
        "own": between(random, 0.14, 0.22, 2),
        "act": between(random, 0.15, 0.20, 2),
        "extra": between(random, 0.08, 0.13, 2),
    }
    share["main"] = round(1 - sum(share.values()), 2)
    ages = {"main": between(random, 15, 40, 0), "fresh": between(random, 5, 8, 0), "own": 0.0, "act": 0.0,
            "extra": between(random, 30, 90, 0)}  # fmt: skip
    work = {
        "main": between(random, 0.04, 0.06),
        "fresh": between(random, 0.05, 0.08),
        "own": between(random, 0.06, 0.10),
        "act": between(random, 0.08, 0.14),
        "extra": between(random, 0.12, 0.20),
    }
    query = {
        "main": between(random, 0.012, 0.018),
        "fresh": between(random, 0.006, 0.009),
        "own": between(random, 0.012, 0.018),
        "act": between(random, 0.030, 0.042),
        "extra": between(random, 0.006, 0.010),
    }
    keys = {"main": [busy], "fresh": [busy], "own": [even], "act": [even, busy], "extra": [even]}
    operations = {
        names[role]: {
            "share": share[role],
            "work": work[role],
            "query": query[role],
            "writes": role == "act",
            "keys": keys[role],
            "patience": 3.0,
            "max_age": ages[role],
            "calls": role == scenario.calls,
            "optional": role == scenario.calls == "extra",
            "may_wait": role == scenario.calls == "act",
            "deadline": 45.0 if role == scenario.calls == "act" else 0.0,
        }
        for role in ROLES
    }
    answer = between(random, 0.20, 0.32, 2)
    calls = rate * share[scenario.calls]
    system = {
        "name": f"{which}-{random.getrandbits(20):05x}",
        "rate": rate,
        "seconds": SECONDS,
        "places": 4,
        "lookup": 0.002,
        "lag": 2.0,
        "failover": 5.0,
        "answer": answer,
        "errors": 0.02,
        "limit": int(6 * calls * answer) + 10,
        "client_retries": 1,
        "client_pause": 1.0,
        "prices": {
            "instance": between(random, 2.5, 4.5, 1),
            "copy": between(random, 5, 9, 1),
            "cache": between(random, 1, 3, 1),
            "worker": between(random, 0.4, 0.9, 1),
        },
        "keys": {
            busy: {"count": int(between(random, 300, 700, 0)), "skew": 0.8},
            even: {"count": 3000, "skew": 0.0},
        },
        "operations": operations,
    }
    extent = {
        "growth": between(random, 1.5, 1.7, 2),
        "hot": between(random, 0.65, 0.80, 2),
        "slow": between(random, 8, 12, 0),
        "storm": between(random, 2.9, 3.4, 1),
    }
    return {"which": which, "names": names, "busy": busy, "even": even, "system": system, "extent": extent}
