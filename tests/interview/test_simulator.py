"""The simulator of system design: it agrees with queueing theory, reads strictly, and ends whatever it is given."""

from __future__ import annotations

import importlib
import math
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

FOLDER = Path(__file__).parents[2] / "drafts/interview/system_design"
QUIET = 1e9
"""Long enough for nobody to lose patience."""


class Simulator(NamedTuple):
    """The modules of the draft's simulator."""

    design: ModuleType
    figures: ModuleType
    incidents: ModuleType
    run: ModuleType
    system: ModuleType


@pytest.fixture(scope="module")
def simulator() -> Any:
    patch = pytest.MonkeyPatch()
    patch.syspath_prepend(FOLDER)
    names = ("design", "figures", "incidents", "run", "system")
    yield Simulator(*(importlib.import_module(f"simulator.{name}") for name in names))
    patch.undo()


def system(**changed: Any) -> dict[str, Any]:
    """A system with one operation, `ask`, as system.toml holds it."""
    operation = {
        "share": 1.0, "work": 0.1, "query": 0.0, "writes": False, "keys": ["item"], "patience": QUIET, "max_age": QUIET,
        "calls": False, "optional": False, "may_wait": False, "deadline": 0.0, **changed.pop("operation", {}),
    }  # fmt: skip
    return {
        "name": "one", "rate": 10.0, "seconds": 100.0, "budget": 100.0, "places": 1, "lookup": 0.0, "lag": 1.0,
        "failover": 5.0, "answer": 0.1, "errors": 0.0, "limit": 1, "client_retries": 0, "client_pause": 1.0,
        "prices": {"instance": 1.0, "copy": 1.0, "cache": 1.0, "worker": 1.0},
        "keys": {"item": {"count": 100, "skew": 0.0}}, "operations": {"ask": operation}, **changed,
    }  # fmt: skip


def design(**changed: dict[str, Any]) -> dict[str, Any]:
    """A design of that system, as design.toml holds it, without any wait that is cut short."""
    tables: dict[str, Any] = {
        "app": {"instances": 1, "queue": 100_000, "max_wait": 600.0, "shed": []},
        "database": {"partition_by": "item", "partitions": 1, "replicas": 0, "replica_reads": []},
        "cache": {"entries": 0, "seconds": {}},
        "dependency": {"timeout": 600.0, "retries": 0, "retry_budget": 0.0, "queued": []},
        "queue": {"workers": 0, "capacity": 0},
    }
    return {
        "format_version": 1,
        "system": "one",
        **{name: {**table, **changed.get(name, {})} for name, table in tables.items()},
    }


def ran(
    simulator: Simulator, system: dict[str, Any], design: dict[str, Any], *incidents: dict[str, Any], seed: str = "1"
) -> Any:
    """The result of a run."""
    read = simulator.system.read_system(system)
    made = simulator.design.read_design(design, "", read)
    assert not isinstance(made, list), made
    return simulator.run.Run(read, made, simulator.incidents.read_incidents({"incident": [*incidents]}), seed).go()


def erlang_wait(servers: int, load: float, mean: float) -> float:
    """Return the mean wait in M/M/c (Erlang C); `load` is the share of time that a server works."""
    offered = servers * load
    blocked = 1.0
    for count in range(1, servers + 1):
        blocked = offered * blocked / (count + offered * blocked)  # Erlang B, recursively
    waits = blocked / (1 - load * (1 - blocked))
    return waits * mean / (servers * (1 - load))


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


@pytest.mark.heavy
@pytest.mark.parametrize(("servers", "load"), [(1, 0.5), (1, 0.7), (4, 0.8), (8, 0.8)])
def test_waits_for_a_place_are_those_of_erlang_c(
    simulator: Simulator, servers: int, load: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within 3 % of the mean wait of M/M/1 and M/M/c: the standard deviation at 400,000 jobs is about 1 %."""
    monkeypatch.setattr(simulator.run, "MOST_REQUESTS", 10**9)
    monkeypatch.setattr(simulator.run, "MOST_EVENTS", 10**9)
    jobs, rate = 400_000, servers * load / 0.1
    told = ran(simulator, system(rate=rate, seconds=jobs / rate, places=servers), design())
    assert mean(told.waits) == pytest.approx(erlang_wait(servers, load, 0.1), rel=0.03)


@pytest.mark.heavy
def test_waits_for_a_copy_are_those_of_m_m_1(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within 3 %, for a database of one copy that is busy for seven tenths of the time."""
    monkeypatch.setattr(simulator.run, "MOST_REQUESTS", 10**9)
    monkeypatch.setattr(simulator.run, "MOST_EVENTS", 10**9)
    told = ran(
        simulator,
        system(rate=7.0, seconds=400_000 / 7.0, places=1000, operation={"work": 0.001, "query": 0.1}),
        design(),
    )
    latencies = [request.latency for request in told.requests]
    assert mean(latencies) == pytest.approx(0.001 + 0.1 + erlang_wait(1, 0.7, 0.1), rel=0.03)


@pytest.mark.heavy
def test_waits_for_the_dependency_are_those_of_m_m_c(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within 3 %, for a dependency with four places."""
    monkeypatch.setattr(simulator.run, "MOST_REQUESTS", 10**9)
    monkeypatch.setattr(simulator.run, "MOST_EVENTS", 10**9)
    told = ran(
        simulator,
        system(rate=32.0, seconds=400_000 / 32.0, places=1000, limit=4, operation={"work": 0.001, "calls": True}),
        design(),
    )
    latencies = [request.latency for request in told.requests]
    assert mean(latencies) == pytest.approx(0.001 + 0.1 + erlang_wait(4, 0.8, 0.1), rel=0.03)


@pytest.mark.parametrize(("servers", "load"), [(1, 0.5), (4, 0.6)])
def test_short_runs_are_near_theory(simulator: Simulator, servers: int, load: float) -> None:
    """The mean wait over ten runs of 3,000 requests each lies within a fifth of theory."""
    rate = servers * load / 0.1
    waits = [
        mean(ran(simulator, system(rate=rate, seconds=3000 / rate, places=servers), design(), seed=str(seed)).waits)
        for seed in range(10)
    ]
    assert mean(waits) == pytest.approx(erlang_wait(servers, load, 0.1), rel=0.2)


def test_a_seed_gives_one_run(simulator: Simulator) -> None:
    """The same seed gives the same run; another one, another."""
    first, again, other = (ran(simulator, system(), design(), seed=seed) for seed in ("a", "a", "b"))
    assert first == again
    assert first.requests != other.requests


def test_every_request_is_told_once(simulator: Simulator) -> None:
    """Whatever happens to a request, its client's view is in the result once: here most are refused, or given up."""
    told = ran(
        simulator,
        system(rate=50.0, client_retries=2, operation={"patience": 0.5}),
        design(app={"queue": 20, "max_wait": 0.4}),
        {"kind": "lost_zone", "start": 50.0, "end": 100.0, "zone": 0},
    )
    firsts = [request.first for request in told.requests]
    assert len(set(firsts)) == len(firsts)
    assert 4500 < len(firsts) < 5500
    assert all(request.latency == math.inf for request in told.requests if request.first > 50)


def test_a_queue_without_bounds_does_not_recover(simulator: Simulator) -> None:
    """After a storm with clients that try again, a long queue serves those who have gone; a short one recovers."""
    storm = (
        {"kind": "more_traffic", "start": 20.0, "end": 35.0, "factor": 3.0},
        {"kind": "eager_clients", "start": 20.0, "end": 40.0, "retries": 5, "pause": 0.2},
    )
    asked = system(rate=30.0, places=5, client_retries=1, operation={"patience": 2.0})
    long, short = (
        simulator.figures.figures(ran(simulator, asked, design(app=app), *storm), 50.0, 90.0)["ask"].served
        for app in ({"queue": 5000, "max_wait": 60.0}, {"queue": 10, "max_wait": 0.5})
    )
    assert long < 0.5
    assert short > 0.98


def test_a_cached_answer_is_as_old_as_its_data(simulator: Simulator) -> None:
    """What a replica gave is a second old when it is kept, so two seconds in the cache are too long for 2.5."""
    asked = system(keys={"item": {"count": 1, "skew": 0.0}}, operation={"query": 0.001, "max_age": 2.5, "work": 0.01})
    stale = [
        simulator.figures.figures(
            ran(
                simulator,
                asked,
                design(
                    database={"replicas": 1, "replica_reads": reads}, cache={"entries": 1, "seconds": {"ask": seconds}}
                ),
            )
        )["ask"].stale
        for reads, seconds in (([], 2.0), (["ask"], 2.0), (["ask"], 1.0))
    ]
    assert stale[0] == stale[2] == 0
    assert 0.1 < stale[1] < 0.4


def test_a_lost_zone_comes_back_by_failover_alone(simulator: Simulator) -> None:
    """Without a second copy a partition stays lost; with one, its writes go on after the failover."""
    lost = {"kind": "lost_zone", "start": 40.0, "end": 100.0, "zone": 0}
    asked = system(places=10, operation={"query": 0.001, "writes": True, "work": 0.01})
    one, two = (
        ran(simulator, asked, design(app={"instances": 3}, database={"replicas": replicas}), lost)
        for replicas in (0, 1)
    )
    served = {
        (name, window): simulator.figures.figures(told, *window)["ask"].served
        for name, told in (("one", one), ("two", two))
        for window in ((0.0, 39.0), (40.0, 44.0), (46.0, 100.0))
    }
    assert served["one", (0.0, 39.0)] == served["two", (0.0, 39.0)] == served["two", (46.0, 100.0)] == 1
    assert served["one", (46.0, 100.0)] == served["two", (40.0, 44.0)] == 0


def test_a_run_ends_whatever_the_design(simulator: Simulator) -> None:
    """Too many events end a run with an error that says so."""
    asked = system(rate=300.0, errors=0.9, limit=1000, operation={"work": 0.001, "calls": True, "may_wait": True,
                   "deadline": 5000.0})  # fmt: skip
    with pytest.raises(simulator.run.TooMuch, match="events"):
        ran(
            simulator,
            asked,
            design(dependency={"queued": ["ask"], "timeout": 0.01}, queue={"workers": 500, "capacity": 1_000_000}),
        )


TEXT = """format_version = 1
system = "one"

[app]
instances = 1
queue = 10
max_wait = 0.5
shed = []

[database]
partition_by = "item"
partitions = 1
replicas = 0
replica_reads = []

[cache]
entries = 0
seconds = {}

[dependency]
timeout = 1
retries = 0
retry_budget = 0
queued = []

[queue]
workers = 0
capacity = 0
"""
WRONG = [
    ("instances = 1\n", "instances = 0\n", 5, "app.instances: got 0, but it is a whole number from 1 to 200"),
    ("instances = 1\n", "instances = 1.0\n", 5, "app.instances: got 1.0"),
    ("instances = 1\n", "instances = true\n", 5, "app.instances: got True"),
    ("instances = 1\n", "instance = 1\n", 5, "app.instance: there is no such key"),
    ("instances = 1\n", "", 4, "app.instances: the key is missing"),
    ('"item"', '"thing"', 11, "database.partition_by: got 'thing'"),
    ("shed = []", 'shed = ["ask", "ask"]', 8, "app.shed: 'ask' is listed twice"),
    ("shed = []", 'shed = "ask"', 8, "app.shed: got 'ask', but it is a list"),
    ("replica_reads = []", "replica_reads = [1]", 14, "database.replica_reads: got 1"),
    ("seconds = {}", "seconds = { ask = nan }", 18, "cache.seconds: ask: got nan"),
    ("seconds = {}", "seconds = { tell = 1 }", 18, "cache.seconds: got the name 'tell'"),
    ("timeout = 1\n", "timeout = inf\n", 21, "dependency.timeout: got inf"),
    ("queued = []", 'queued = ["ask"]', 24, "dependency.queued: got 'ask'"),
    ("capacity = 0\n", "capacity = 0\n\n[more]\n", 30, "more: there is no such key"),
    ("[queue]\nworkers = 0\ncapacity = 0\n", "", 0, "queue: the table is missing"),
    ("capacity = 0\n", "capacity = 1979-05-27\n", 28, "queue.capacity: got datetime.date"),
    ('"one"', '"two"', 2, "system: got 'two'"),
]


@pytest.mark.parametrize(("old", "new", "line", "message"), WRONG)
def test_a_problem_names_line_and_remedy(simulator: Simulator, old: str, new: str, line: int, message: str) -> None:
    """Each mistake in the format is said with its line, what was found, and what to do."""
    text = TEXT.replace(old, new, 1)
    found = simulator.design.read_design(tomllib.loads(text), text, simulator.system.read_system(system()))
    assert isinstance(found, list)
    problem = found[0]
    assert (problem.line, f"{problem.key}: {problem.message}".startswith(message)) == (line, True), problem
    assert problem.remedy.endswith(".")


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_hostile_data_is_a_problem_and_nothing_else(simulator: Simulator, data: st.DataObject) -> None:
    """Whatever stands in place of a table or a value, reading ends with a design or with problems."""
    made = tomllib.loads(TEXT)
    table = data.draw(st.sampled_from(sorted(made)))
    if isinstance(made[table], dict) and data.draw(st.booleans()):
        made[table][data.draw(st.sampled_from(sorted(made[table])))] = data.draw(plain)
    else:
        made[table] = data.draw(plain)
    found = simulator.design.read_design(made, TEXT, simulator.system.read_system(system()))
    assert isinstance(found, list | simulator.design.Design)
