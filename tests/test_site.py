"""The served site: answers as told, counts what is in flight, and survives what hostile clients send."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Iterator

import pytest

from grader.suite import Hold, Manner, Reply, Site


@pytest.fixture
def site() -> Iterator[Site]:
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    with Site(*((listener, listener.getsockname()[1]) for listener in listeners)) as served:
        yield served
    for listener in listeners:
        listener.close()


async def get(url: str, *, keep: bool = False) -> bytes:
    """The answer's head and body, as far as they come."""
    _, _, place, path = url.split("/", 3)
    reader, writer = await asyncio.open_connection(*place.split(":"))
    ending = "" if keep else "Connection: close\r\n"
    writer.write(f"GET /{path} HTTP/1.1\r\nHost: x\r\n{ending}\r\n".encode())
    try:
        return await reader.read()
    finally:
        writer.close()


async def together(urls: list[str], *, total: int) -> None:
    """A client that keeps `total` requests in flight."""
    slots = asyncio.Semaphore(total)

    async def one(url: str) -> None:
        async with slots:
            await get(url)

    await asyncio.gather(*map(one, urls))


def pages(site: Site, count: int, *, host: int = 0) -> dict[str, list[Reply]]:
    return {site.url(f"/{number}", host=host): [Reply()] for number in range(count)}


def test_answers_follow_the_script(site: Site) -> None:
    """The first, second... request for a page gets its first, second... answer; the last one is repeated."""
    url = site.url("/a")
    seen = site.begin({url: [Reply(503), Reply(201, b"late", (("X-Own", "1"),))]})
    answers = [asyncio.run(get(url)) for _ in range(3)]
    assert [answer.split()[1] for answer in answers] == [b"503", b"201", b"201"]
    assert answers[2].endswith(b"\r\n\r\nlate")
    assert b"X-Own: 1" in answers[1]
    assert [arrival.attempt for arrival in seen.arrivals] == [1, 2, 3]
    assert len(seen.pauses(url)) == 2


def test_an_unknown_page_is_counted_and_not_found(site: Site) -> None:
    """A request for a page without a script is answered 404."""
    seen = site.begin({})
    assert b" 404 " in asyncio.run(get(site.url("/nowhere")))
    assert seen.urls == [site.url("/nowhere")]


@pytest.mark.parametrize("total", [1, 3])
def test_the_peak_is_what_the_client_had_in_flight(site: Site, total: int) -> None:
    """With a hold, the peak is the client's limit, whatever the machine's speed."""
    routes = pages(site, 7)
    seen = site.begin(routes, hold=Hold(total=total, per_host=9))
    asyncio.run(together(list(routes), total=total))
    assert (seen.peak, seen.busy, seen.starved) == (total, 0, False)


def test_a_client_that_exceeds_its_limit_is_seen(site: Site) -> None:
    """Requests are held a little longer than needed, so that one too many is in flight with the others."""
    routes = pages(site, 8)
    seen = site.begin(routes, hold=Hold(total=3, per_host=9, overshoot=0.2))
    asyncio.run(together(list(routes), total=4))
    assert seen.peak == 4


def test_a_client_that_stays_below_its_limit_is_starved(site: Site) -> None:
    """A client that has fewer requests in flight than it may is noticed, and served all the same."""
    routes = pages(site, 4)
    seen = site.begin(routes, hold=Hold(total=3, per_host=9, patience=0.1))
    asyncio.run(together(list(routes), total=2))
    assert (seen.peak, seen.starved, len(seen.urls)) == (2, True, 4)


def test_hosts_are_counted_apart(site: Site) -> None:
    """Each listening socket is a host with a peak of its own."""
    routes = pages(site, 3) | pages(site, 2, host=1)
    seen = site.begin(routes, hold=Hold(total=5, per_host=3))
    asyncio.run(together(list(routes), total=5))
    assert sorted(seen.host_peaks.values()) == [2, 3]


def test_a_cut_body_is_shorter_than_announced(site: Site) -> None:
    """CUT announces more than it sends and closes."""
    site.begin({site.url("/a"): [Reply(body=b"abc", manner=Manner.CUT)]})
    answer = asyncio.run(get(site.url("/a"), keep=True))
    assert b"Content-Length: 10" in answer
    assert answer.endswith(b"abc")


@pytest.mark.parametrize("manner", [Manner.STALLED, Manner.TRICKLING])
def test_a_client_that_leaves_early_is_noticed(site: Site, manner: Manner) -> None:
    """A page whose client leaves before the answer is complete is listed as abandoned."""
    url = site.url("/a")
    seen = site.begin({url: [Reply(manner=manner)]})

    async def impatient() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(get(url), 0.1)

    asyncio.run(impatient())
    assert site.settle() == 0
    assert (seen.abandoned, seen.busy) == ([url], 0)


def test_an_answer_waits_until_it_is_ready(site: Site) -> None:
    """A reply with `ready` comes when that is true, or when patience ends, which is noted."""
    a, b = site.url("/a"), site.url("/b")
    seen = site.begin({a: [Reply(ready=lambda: b in seen.urls)], b: [Reply()]})

    async def both() -> list[bytes]:
        first = asyncio.create_task(get(a))
        await asyncio.sleep(0.05)
        assert not first.done()
        return [await get(b), await first]

    asyncio.run(both())
    assert not seen.starved
    never = site.begin({a: [Reply(ready=lambda: False, patience=0.05)]})
    asyncio.run(get(a))
    assert never.starved


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 9000 + b"\r\n",
        b"\0\xff\r\n\r\n",
        b"POST /a HTTP/1.1\r\n\r\n",
        b"GET /a\r\n\r\n",
        b"GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n",
        b"GET /a HTT",
    ],
    ids=["huge", "garbage", "post", "short", "pipelined", "cut"],
)
def test_what_is_no_request_ends_the_connection(site: Site, sent: bytes) -> None:
    """Whatever a client sends, the connection ends, it is noted, and the next client is served."""
    url = site.url("/a")
    seen = site.begin({url: [Reply(manner=Manner.STALLED), Reply()]})
    with socket.create_connection(("127.0.0.1", int(url.split("/")[2].split(":")[1]))) as client:
        client.sendall(sent)
        client.shutdown(socket.SHUT_WR)
        client.settimeout(5)
        with contextlib.suppress(ConnectionResetError):
            assert client.recv(100) == b""
    assert site.settle() == 0
    assert seen.strange or seen.abandoned
    site.begin({url: [Reply()]})
    assert b" 200 " in asyncio.run(get(url))


def test_rounds_do_not_mix(site: Site) -> None:
    """A request of an earlier round that ends late does not touch the counters of the next."""
    url = site.url("/a")
    before = site.begin({url: [Reply(manner=Manner.STALLED)]})
    with socket.create_connection(("127.0.0.1", int(url.split("/")[2].split(":")[1]))) as client:
        client.sendall(b"GET /a HTTP/1.1\r\n\r\n")
        end = time.monotonic() + 5
        while not before.busy and time.monotonic() < end:
            time.sleep(0.002)
        after = site.begin({})
    assert site.settle() == 0
    assert (before.abandoned, after.abandoned, after.busy, after.arrivals) == ([url], [], 0, [])
