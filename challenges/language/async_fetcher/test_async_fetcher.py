"""Hidden suite of language/async_fetcher: the submission fetches from a server out here, which counts what it sees."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.suite import Hold, Manner, Reply, Round, Site, SubmissionHandle, criterion


class Crowd(NamedTuple):
    """Pages as path and host, and a policy's limits; answers are held `overshoot` seconds longer than necessary."""

    pages: list[tuple[str, int]]
    total: int
    per_host: int
    overshoot: float


BROKEN = [500, 502, 503, 504, 599]
RETRIED = [429, *BROKEN]
REDIRECTS = [300, 301, 302, 307]
WRONG = [400, 401, 403, 404, 410, 418, 428, 430, 499]
FINAL = [*REDIRECTS, *WRONG]
UNUSUAL = [203, 206, 299]
GOOD = [200, 201, *UNUSUAL]
PATIENT = {"timeout": 20.0, "backoff": 0.0}
"""A policy for servers that answer: its timeout is none that a busy machine could run into."""


@pytest.fixture
def site(submission: SubmissionHandle) -> Iterator[Site]:
    """The server that the submission fetches from: three hosts."""
    with Site(*(submission.listen() for _ in range(3))) as served:
        yield served


@pytest.fixture
def control(submission: SubmissionHandle) -> Iterator[Site]:
    """A server for the probe's own requests, so that they do not count."""
    with Site(submission.listen()) as served:
        yield served


def bodies() -> st.SearchStrategy[bytes]:
    return st.binary(max_size=30)


LONG = bytes(range(251)) * 300
"""More than libraries read at a time."""


def paths(count: int) -> st.SearchStrategy[list[str]]:
    """Different paths that cannot be foreseen."""
    return st.lists(st.text("abcxyz019-", min_size=1, max_size=8), min_size=count, max_size=count, unique=True)


def settling(site: Site, control: Site) -> tuple[str, Round]:
    """A page of the control server that answers when the site has no connection left."""
    url = control.url("/settled")
    return url, control.begin({url: [Reply(ready=lambda: site.connections == 0)]})


OPEN = "connections were still open when the fetcher was done"


def milliseconds(waits: list[float]) -> list[int]:
    """Round seconds to what a person compares."""
    return [round(1000 * wait) for wait in waits]


def crew(submission: SubmissionHandle) -> int:
    """Count the threads in all processes of the submission."""
    return sum(process.threads for process in submission.processes())


# ---- results ----------------------------------------------------------------------------------------------------


@criterion("results", weight=2, hint="dict.fromkeys(urls) drops duplicates and keeps the order; allow_redirects=False.")
@given(
    names=st.integers(7, 10).flatmap(paths),
    needed=st.tuples(
        *(st.sampled_from(own) for own in (REDIRECTS, UNUSUAL, WRONG)), st.just(201), st.just(299), st.just(300)
    ).flatmap(st.permutations),
    data=st.data(),
)
def test_every_page_has_its_result(
    submission: SubmissionHandle, site: Site, names: list[str], needed: list[int], data: st.DataObject
) -> None:
    """2xx is a Page with its body, any other status a Failure; each URL once, in order; no redirect is followed."""
    target = site.url("/target")
    routes: dict[str, list[Reply]] = {}
    expected = []
    seen: Round
    statuses = [200, *needed, *(data.draw(st.sampled_from([*GOOD, *FINAL])) for _ in names[7:])]
    for number, (name, status) in enumerate(zip(names, statuses, strict=True)):
        url, body = site.url(f"/{name}", host=number % 3), data.draw(bodies())
        body = LONG if number == 0 else body
        ready = (lambda: seen.busy == 1 and len(seen.arrivals) >= len(names)) if number == 0 else None
        routes[url] = [Reply(status, body, (("Location", target),) if status < 400 else (), ready=ready)]
        good = status < 300
        expected.append([url, ["Page", url, status, body, 1] if good else ["Failure", url, "status", status, 1]])
    seen = site.begin(routes)
    urls = [*routes, *data.draw(st.lists(st.sampled_from(list(routes)), min_size=1, max_size=3))]
    assert submission.call("fetch", urls, PATIENT) == expected
    assert Counter(seen.urls) == Counter(routes.keys())


@criterion("results", hint="Yield each result when its task is done (asyncio.as_completed), not when all are.")
@given(names=st.integers(2, 5).flatmap(paths), data=st.data())
def test_the_stream_gives_results_as_they_come(
    submission: SubmissionHandle, site: Site, control: Site, names: list[str], data: st.DataObject
) -> None:
    """stream yields each result as soon as it is available, whatever the order of the URLs."""
    echoes = control.begin({})

    def after(count: int) -> Reply:
        return Reply(body=data.draw(bodies()), ready=lambda: len(echoes.arrivals) >= count)

    routes = {site.url(f"/{name}"): [after(number)] for number, name in enumerate(names)}
    seen = site.begin(routes)
    urls = data.draw(st.permutations(list(routes)))
    given_ = submission.call("stream", urls, {**PATIENT, "total": 9, "per_host": 9}, control.url("/echo"))
    assert given_ == [["Page", url, 200, routes[url][0].body, 1] for url in routes]
    assert not seen.starved, "a result was not yielded while other pages were still on their way"


@criterion("results", hint="Check in __post_init__.")
@given(
    good=st.fixed_dictionaries(
        {
            "total": st.integers(1, 9),
            "per_host": st.integers(1, 9),
            "attempts": st.integers(1, 9),
            "timeout": st.floats(0.01, 9),
            "backoff": st.floats(0, 9),
        }
    ),
    below=st.integers(-3, -1),
    fraction=st.floats(0.01, 0.9),
)
def test_a_policy_refuses_nonsense(
    submission: SubmissionHandle, good: dict[str, float], below: int, fraction: float
) -> None:
    """A policy without a slot, an attempt or time raises ValueError; any other is accepted, with the defaults."""
    defaults = {"total": 10, "per_host": 4, "timeout": 10.0, "attempts": 3, "backoff": 0.1}
    least = {"total": 1, "per_host": 1, "attempts": 1, "timeout": fraction, "backoff": 0.0}
    for given_ in ({}, good, least, *({name: value} for name, value in good.items())):
        assert submission.call("policy", given_) == ["policy", *(defaults | given_).values()]
    wrong: list[tuple[str, float]] = [
        (name, value) for name in ("total", "per_host", "attempts") for value in (0, below)
    ]
    wrong += [("timeout", 0.0), ("timeout", -fraction), ("backoff", -fraction)]
    for name, value in wrong:
        assert submission.call("policy", {**good, name: value}) == ["raised", "ValueError"]


# ---- limits -----------------------------------------------------------------------------------------------------


def crowded(rng: random.Random, per_host: int, counts: list[int], total: int, overshoot: float) -> Crowd:
    """Pages of three hosts, those of the first one at the front, and what limits them."""
    hosts = [[f"/{rng.randrange(10**9)}" for _ in range(count)] for count in counts]
    crowd, *rest = [[(path, host) for path in paths_] for host, paths_ in enumerate(hosts)]
    others = [page for pages in rest for page in pages]
    rng.shuffle(others)
    return Crowd([*crowd, *others], total, per_host, overshoot)


@criterion(
    "limits",
    weight=2,
    hint="Hand out all slots in one place. A request holds its slots until its answer has been read.",
)
def test_as_many_as_possible_are_in_flight_and_no_more(
    submission: SubmissionHandle, site: Site, rng: random.Random
) -> None:
    """The server sees as many requests in flight as the limits allow, in total and per host, and never more, however
    long its answers take.
    """
    rounds = [crowded(rng, 2, [3, 1, 1], 4, rng.uniform(1.2, 1.8))]
    for per_host, more in itertools.product((1, 2, 3), (1, 2)):
        counts = [per_host + more, rng.randint(1, 4), rng.randint(1, 4)]
        possible = sum(min(per_host, count) for count in counts)
        rounds.append(crowded(rng, per_host, counts, max(per_host + 1, possible - rng.randint(1, 3)), 0.02))
    for pages, total, per_host, overshoot in rounds:
        routes = {site.url(path, host=host): [Reply(body=rng.randbytes(9))] for path, host in pages}
        seen = site.begin(routes, hold=Hold(total=total, per_host=per_host, overshoot=overshoot))
        results = submission.call("found", list(routes), {**PATIENT, "total": total, "per_host": per_host})
        assert results == {url: ["Page", url, 200, routes[url][0].body, 1] for url in routes}
        assert seen.peak == total, f"the server saw {seen.peak} requests in flight at once; the limit is {total}"
        most = max(seen.host_peaks.values())
        assert most <= per_host, f"a host saw {most} requests in flight at once; the limit is {per_host}"
        assert not seen.starved, f"fewer requests were in flight than a limit of {total} allows"


@criterion(
    "limits",
    hint="Libraries allow 100 connections unless told otherwise; a limit of the policy holds however high it is.",
)
def test_high_limits_are_used_as_well(submission: SubmissionHandle, site: Site, rng: random.Random) -> None:
    """A policy of hundreds of requests in flight is used in full, and not exceeded: only the policy limits."""
    total, per_host = rng.randint(225, 235), rng.randint(205, 215)
    hosts = [0] * (per_host + 3) + [1] * (total - per_host + 3)
    urls = [site.url(f"/{rng.randrange(10**9)}-{number}", host=host) for number, host in enumerate(hosts)]
    hold = Hold(total=total, per_host=per_host, patience=10.0, overshoot=1.2)
    seen = site.begin({url: [Reply()] for url in urls}, hold=hold)
    results = submission.call("found", urls, {**PATIENT, "total": total, "per_host": per_host}, timeout=15)
    assert results == {url: ["Page", url, 200, b"", 1] for url in urls}
    assert seen.peak == total, f"the server saw {seen.peak} requests in flight at once; the limit is {total}"
    most = max(seen.host_peaks.values())
    assert most <= per_host, f"a host saw {most} requests in flight at once; the limit is {per_host}"
    assert not seen.starved, f"fewer requests were in flight than a limit of {total} allows"


@criterion("limits", weight=2, hint="Let tasks fetch and put results into a queue; the generator only yields from it.")
@given(names=st.integers(4, 7).flatmap(paths), total=st.integers(1, 3), per_host=st.integers(1, 3))
def test_fetching_goes_on_while_the_consumer_is_busy(
    submission: SubmissionHandle, site: Site, control: Site, names: list[str], total: int, per_host: int
) -> None:
    """While the consumer of a stream is busy with its first result, all other pages are fetched."""
    urls = [site.url(f"/{name}", host=number % 3) for number, name in enumerate(names)]
    seen = site.begin({url: [Reply()] for url in urls})
    echo = control.url("/echo")
    busy = control.begin({f"{echo}/1": [Reply(ready=lambda: len(seen.arrivals) == len(urls), patience=4.0)]})
    given_ = submission.call("stream", urls, {**PATIENT, "total": total, "per_host": per_host}, echo)
    assert len(given_) == len(urls)
    assert all(["Page", url, 200, b"", 1] in given_ for url in urls)
    assert not busy.starved, "some pages were not asked for while the consumer was busy"


@criterion("limits", hint="A page that waits for its own host must not hold one of the slots that all hosts share.")
@given(crowd=st.integers(3, 6), others=st.integers(1, 3), per_host=st.integers(1, 2))
def test_a_slow_host_does_not_hold_up_the_others(
    submission: SubmissionHandle, site: Site, crowd: int, others: int, per_host: int
) -> None:
    """While one host keeps everybody waiting, pages of other hosts are fetched."""
    quick = [site.url(f"/{number}", host=1) for number in range(others)]
    slow = [site.url(f"/{number}", host=0) for number in range(crowd)]
    waiting = [Reply(ready=lambda: set(quick) <= set(seen.urls))]
    seen = site.begin(dict.fromkeys(slow, waiting) | {url: [Reply()] for url in quick})
    results = submission.call("found", [*slow, *quick], {**PATIENT, "total": per_host + 1, "per_host": per_host})
    assert results == {url: ["Page", url, 200, b"", 1] for url in [*slow, *quick]}
    assert not seen.starved, "pages of other hosts were not asked for while the slow host kept everybody waiting"


@criterion(
    "limits", hint="Two semaphores are two queues: a page that waits for its host is overtaken at the second one."
)
@given(
    names=st.integers(3, 5).flatmap(paths),
    hosts=st.permutations(range(3)),
    more=st.lists(st.integers(0, 2), min_size=2, max_size=2),
    per_host=st.integers(2, 4),
)
def test_one_slot_serves_pages_in_order(
    submission: SubmissionHandle, site: Site, names: list[str], hosts: list[int], more: list[int], per_host: int
) -> None:
    """With one slot in total, pages are requested one by one, in the order in which they were given."""
    places = [hosts[0], hosts[0], hosts[1], *more]
    urls = [site.url(f"/{name}", host=host) for name, host in zip(names, places, strict=False)]
    for own, overshoot in ((1, 0.02), (per_host, 0.1)):
        seen = site.begin({url: [Reply()] for url in urls}, hold=Hold(total=1, per_host=1, overshoot=overshoot))
        results = submission.call("found", urls, {**PATIENT, "total": 1, "per_host": own})
        assert results == {url: ["Page", url, 200, b"", 1] for url in urls}
        assert (seen.urls, seen.peak) == (urls, 1)


# ---- retries ----------------------------------------------------------------------------------------------------

LIMITS = st.sampled_from([428, 430])
CUT = -1
"""In a drawn script: the connection breaks off in the middle of the answer."""


@st.composite
def scripts(draw: st.DrawFn, attempts: int, count: int) -> list[list[int]]:
    """What each page answers: some failures that may pass, then something final, or more failures than attempts."""
    passing = st.lists(st.sampled_from([*RETRIED, CUT]), max_size=attempts + 1)
    last = st.sampled_from([200, 201, *FINAL, *RETRIED, CUT])
    needed = [[429, 200], [draw(st.sampled_from(WRONG))], [CUT, 200], [500, 200], [599], [499], [draw(LIMITS)]]
    others = [[*draw(passing), draw(last)] for _ in range(count - len(needed))]
    return draw(st.permutations([*needed, *others]))


def outcome(url: str, script: list[int], body: bytes, attempts: int) -> list[Any]:
    """What becomes of a page with this script."""
    attempt, status = 0, CUT
    for attempt in range(1, attempts + 1):
        status = script[min(attempt, len(script)) - 1]
        if status in GOOD:
            return ["Page", url, status, body, attempt]
        if attempt == attempts or status in FINAL:
            break
    return ["Failure", url, "connection" if status == CUT else "status", None if status == CUT else status, attempt]


@criterion("retries", weight=2, hint="Retry 429, 5xx, timeouts and broken connections; count attempts by page.")
@given(names=st.integers(7, 10).flatmap(paths), attempts=st.integers(2, 4) | st.integers(6, 15), data=st.data())
def test_what_may_pass_is_tried_again(
    submission: SubmissionHandle, site: Site, names: list[str], attempts: int, data: st.DataObject
) -> None:
    """The server sees the promised attempts: again after 429, 5xx or a broken connection, once after anything else."""
    routes, expected, visits = {}, {}, Counter[str]()
    for name, script in zip(names, data.draw(scripts(attempts, len(names))), strict=True):
        url, body = site.url(f"/{name}"), data.draw(bodies())
        routes[url] = [
            Reply(200, body, manner=Manner.CUT) if status == CUT else Reply(status, body) for status in script
        ]
        result = outcome(url, script, body, attempts)
        expected[url] = result
        visits[url] = result[-1]
    seen = site.begin(routes)
    assert submission.call("found", list(routes), {**PATIENT, "attempts": attempts}) == expected
    assert Counter(seen.urls) == visits


@criterion(
    "retries",
    hint="A refused connection is like a broken one: OSError, aiohttp.ClientError, httpx.TransportError.",
)
@given(attempts=st.integers(1, 4) | st.integers(6, 15), names=paths(2))
def test_a_refused_connection_is_a_failure(
    submission: SubmissionHandle, site: Site, attempts: int, names: list[str]
) -> None:
    """A host where nobody listens leads to a Failure after all attempts; the other pages are not affected."""
    listener, port = submission.listen()
    listener.close()
    url, other = f"http://127.0.0.1:{port}/{names[0]}", site.url(f"/{names[1]}")
    seen = site.begin({other: [Reply()]})
    results = submission.call("found", [url, other], {**PATIENT, "attempts": attempts})
    assert results == {url: ["Failure", url, "connection", None, attempts], other: ["Page", other, 200, b"", 1]}
    assert seen.urls == [other]


@criterion("retries", weight=2, hint="asyncio.sleep(backoff * 2 ** (attempt - 1)) before the next attempt.")
def test_the_pause_doubles(submission: SubmissionHandle, site: Site, rng: random.Random) -> None:
    """Between attempts the server sees pauses of at least `backoff` seconds, doubled each time."""
    attempts = rng.randint(6, 7)
    backoff = rng.uniform(0.3, 0.4) / 2 ** (attempts - 2)  # longer pauses are right: tripled ones have their time, too
    urls = [site.url(f"/{rng.randrange(10**9)}") for _ in range(3)]
    seen = site.begin({url: [Reply(rng.choice(BROKEN))] for url in urls})
    submission.call("found", urls, {**PATIENT, "attempts": attempts, "backoff": backoff})
    for url in urls:
        pauses = seen.pauses(url)
        least = [backoff * 2**number for number in range(attempts - 1)]
        assert len(pauses) == len(least), f"{len(pauses) + 1} attempts instead of {attempts}"
        assert all(pause >= 0.98 * wait for pause, wait in zip(pauses, least, strict=True)), (
            f"the server saw pauses of {milliseconds(pauses)} ms instead of at least {milliseconds(least)}"
        )


@criterion("retries", hint="Give the slots back before you sleep.")
def test_a_pausing_page_takes_no_slot(submission: SubmissionHandle, site: Site, rng: random.Random) -> None:
    """While a page pauses before its next attempt, others use the slot."""
    others = [site.url(f"/{rng.randrange(10**9)}") for _ in range(rng.randrange(1, 4))]
    failing = site.url("/failing")
    seen = site.begin({failing: [Reply(503), Reply()]} | {url: [Reply()] for url in others})
    results = submission.call("found", [failing, *others], {**PATIENT, "total": 1, "backoff": 0.7})
    assert results == {failing: ["Page", failing, 200, b"", 2]} | {url: ["Page", url, 200, b"", 1] for url in others}
    assert Counter(seen.urls) == Counter([failing, *others, failing])
    assert seen.urls[-1] == failing


# ---- leaving ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("manner", [Manner.STALLED, Manner.TRICKLING])
@criterion(
    "leaving", hint="One asyncio.timeout around the whole attempt: a limit on each read begins anew with each byte."
)
def test_an_attempt_ends_in_time(
    submission: SubmissionHandle, site: Site, control: Site, rng: random.Random, manner: Manner
) -> None:
    """An attempt whose whole answer, whatever its status, has not arrived after `timeout` seconds is abandoned, its
    connection closed, and tried again.
    """
    statuses = [200, rng.choice(REDIRECTS), rng.choice(WRONG), rng.choice(BROKEN)]
    urls = [site.url(f"/{rng.randrange(10**9)}", host=number % 3) for number in range(len(statuses))]
    seen = site.begin({url: [Reply(status, manner=manner)] for url, status in zip(urls, statuses, strict=True)})
    settled, end = settling(site, control)
    results = submission.call("found", urls, {"timeout": 1.0, "attempts": 2, "backoff": 0.0}, settled)
    assert results == {url: ["Failure", url, "timeout", None, 2] for url in urls}
    assert Counter(seen.urls) == Counter(seen.abandoned) == Counter(urls * 2)
    assert not end.starved, OPEN


@pytest.mark.parametrize("how", ["fetch_all", "stream"])
@criterion("leaving", weight=2, hint="Cancel the tasks you made, wait for them, then close the session: try/finally.")
@given(names=st.integers(2, 7).flatmap(paths), waiting=st.integers(0, 3))
def test_cancelling_leaves_nothing_behind(
    submission: SubmissionHandle, site: Site, control: Site, how: str, names: list[str], waiting: int
) -> None:
    """When cancelled, the fetcher abandons what is in flight, closes the connections and starts no further request."""
    urls = [site.url(f"/{name}", host=number % 3) for number, name in enumerate(names)]
    seen = site.begin({url: [Reply(manner=Manner.STALLED)] for url in urls})
    busy = max(1, len(urls) - 1 - waiting)
    ripe, settled = control.url("/ripe"), control.url("/settled")
    waits = {ripe: [Reply(ready=lambda: seen.busy >= busy)], settled: [Reply(ready=lambda: not site.connections)]}
    end = control.begin(waits)
    ended = submission.call("cancel", how, urls, {**PATIENT, "total": busy, "per_host": 9}, ripe, settled)
    assert ended == ["cancelled", [], 0]
    assert not end.starved, OPEN
    assert len(seen.urls) == len(seen.abandoned) == busy


@criterion("leaving", weight=2, hint="An asynchronous generator gets GeneratorExit at its yield: clean up in finally.")
@given(names=st.integers(2, 7).flatmap(paths), data=st.data())
def test_closing_the_stream_leaves_nothing_behind(
    submission: SubmissionHandle, site: Site, control: Site, names: list[str], data: st.DataObject
) -> None:
    """When closed early, a stream abandons what is in flight, closes the connections and starts no further request."""
    urls = [site.url(f"/{name}", host=number % 3) for number, name in enumerate(names)]
    count = data.draw(st.integers(1, len(urls) - 1))
    body = data.draw(bodies())
    slots = data.draw(st.integers(count + 1, len(urls)))
    answered = [Reply(body=body, ready=lambda: len(seen.arrivals) >= slots)]
    replies = {url: answered if number < count else [Reply(manner=Manner.STALLED)] for number, url in enumerate(urls)}
    seen = site.begin(replies)
    settled, end = settling(site, control)
    policy = {**PATIENT, "total": slots, "per_host": 9}
    answer = submission.call("take", urls, policy, count, settled)
    given_, left = answer[0], answer[1]
    pages = [["Page", url, 200, body, 1] for url in urls[:count]]
    assert left == 0
    assert len(given_) == count
    assert all(page in given_ for page in pages)
    assert not end.starved, OPEN
    assert set(seen.abandoned) >= set(urls[count:slots]), "requests in flight were not abandoned"
    assert set(seen.urls) - set(urls[:count]) == set(seen.abandoned), (
        "requests were started after the stream was closed"
    )


@criterion("leaving", hint="`async with` the session, and wait for its connections to close.")
@given(names=st.integers(1, 6).flatmap(paths), status=st.sampled_from(GOOD))
def test_no_connection_stays_open(
    submission: SubmissionHandle, site: Site, control: Site, names: list[str], status: int
) -> None:
    """After the last result, no connection stays open, and no thread or process is left behind."""
    submission.call("policy", {})
    before = crew(submission)
    urls = [site.url(f"/{name}", host=number % 3) for number, name in enumerate(names)]
    seen = site.begin({url: [Reply(status)] for url in urls})
    settled, end = settling(site, control)
    submission.call("found", urls, PATIENT, settled)
    assert crew(submission) <= before
    assert sorted(seen.urls) == sorted(urls)
    assert not end.starved, OPEN
