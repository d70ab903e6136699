"""The small Redis: strict with what it reads, right for redis-py, and obedient to the suite."""

from __future__ import annotations

import socket
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.suite.resp.front import COMMANDS, Command, Fate, Redis, Treatment
from grader.suite.resp.protocol import FRAME_BYTES, WORDS, Commands, Failed, Misframed, Push, Simple, encoded
from grader.suite.resp.store import OK, SetOptions, Store, set_options

from .conftest import Submitted

# --- the protocol --------------------------------------------------------------------------------------------------

words = st.lists(st.binary(max_size=30), min_size=1, max_size=8).map(tuple)


def written(command: tuple[bytes, ...]) -> bytes:
    """A command as clients write it."""
    return b"*%d\r\n" % len(command) + b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in command)


@given(commands=st.lists(words, max_size=6), sizes=st.lists(st.integers(1, 20), min_size=1, max_size=10))
def test_commands_are_read_however_they_are_cut(commands: list[tuple[bytes, ...]], sizes: list[int]) -> None:
    """Wherever the bytes are cut, the same commands come out, each as soon as it is whole."""
    data, parser, seen = b"".join(map(written, commands)), Commands(), []
    number = 0
    while data:
        size = sizes[number % len(sizes)]
        seen += list(parser.feed(data[:size]))
        data, number = data[size:], number + 1
    assert seen == commands


@given(data=st.binary(max_size=200))
def test_any_bytes_are_commands_or_refused(data: bytes) -> None:
    """Nothing but Misframed is ever raised, and what is read is written as it was read."""
    seen: list[tuple[bytes, ...]] = []
    try:
        seen += Commands().feed(data)
    except Misframed:
        return
    assert data.startswith(b"".join(map(written, seen)))


@given(command=words, at=st.integers(0, 400), byte=st.integers(0, 255))
def test_a_changed_byte_changes_the_command_or_is_noticed(command: tuple[bytes, ...], at: int, byte: int) -> None:
    """No two different byte strings are the same whole command."""
    data = bytearray(written(command))
    data[at % len(data)] = byte
    try:
        seen = list(Commands().feed(bytes(data)))
    except Misframed:
        return
    assert seen != [command] or bytes(data) == written(command)


@pytest.mark.parametrize(
    "data",
    [
        b"PING\r\n",
        b"+OK\r\n",
        b"*0\r\n",
        b"*-1\r\n",
        b"*1\r\n$-1\r\n",
        b"*1\r\n:1\r\n",
        b"*01\r\n",
        b"*+1\r\n",
        b"* 1\r\n",
        b"*1_0\r\n",
        b"*1\n$4\nPING\n",
        b"*1\r\n$4\r\nPINGS\r\n",
        b"*1\r\n*1\r\n$1\r\na\r\n",
        b"*%d\r\n" % (WORDS + 1),
        b"*1\r\n$99999999",
        b"*1\r\n$%d\r\n" % FRAME_BYTES,
        b"*2\r\n$40000\r\n" + b"x" * 40000 + b"\r\n$40000\r\n",
        "*\u0661\r\n".encode(),
    ],
)
def test_what_is_no_command_is_refused(data: bytes) -> None:
    """Inline commands, other types, nulls, odd numbers, wrong lengths and anything above the caps."""
    with pytest.raises(Misframed):
        list(Commands().feed(data))


def test_the_largest_command_just_fits() -> None:
    """A frame of all the bytes that are allowed is read, one more is refused as soon as it is announced."""
    most = FRAME_BYTES - len(b"*1\r\n$65521\r\n\r\n")
    assert list(Commands().feed(written((b"x" * most,)))) == [(b"x" * most,)]
    with pytest.raises(Misframed):
        list(Commands().feed(b"*1\r\n$%d\r\n" % (most + 1)))


def test_replies_are_written_in_both_versions() -> None:
    """Nulls, maps and pushes differ between RESP2 and RESP3; everything else does not."""
    reply: list[Any] = [Simple("OK"), Failed("ERR no"), 1, "é", b"\r\n", None, {"a": (1,)}, Push((b"message", None))]
    common = b"+OK\r\n-ERR no\r\n:1\r\n$2\r\n\xc3\xa9\r\n$2\r\n\r\n\r\n"
    assert encoded(reply, version=3) == (
        b"*8\r\n" + common + b"_\r\n%1\r\n$1\r\na\r\n*1\r\n:1\r\n>2\r\n$7\r\nmessage\r\n_\r\n"
    )
    assert encoded(reply, version=2) == (
        b"*8\r\n" + common + b"$-1\r\n*2\r\n$1\r\na\r\n*1\r\n:1\r\n*2\r\n$7\r\nmessage\r\n$-1\r\n"
    )


# --- the store -----------------------------------------------------------------------------------------------------


def test_values_end_by_the_clock_of_the_suite() -> None:
    """A value with an expiry is there until exactly then, and NX finds no value that has ended."""
    now = [0.0]
    store = Store(lambda: now[0])
    assert store.set(b"k", b"v", SetOptions(px=1500)) is OK
    now[0] = 1.499
    assert store.get(b"k") == b"v"
    assert store.set(b"k", b"w", SetOptions(nx=True)) is None
    now[0] = 1.5
    assert store.get(b"k") is None
    assert store.set(b"k", b"w", SetOptions(xx=True)) is None
    assert store.set(b"k", b"w", SetOptions(nx=True)) is OK
    assert store.delete([b"k", b"k", b"none"]) == 1


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], SetOptions()),
        ([b"px", b"10", b"nx"], SetOptions(px=10, nx=True)),
        ([b"EX", b"2", b"XX"], SetOptions(px=2000, xx=True)),
    ],
)
def test_options_of_set_are_read(options: list[bytes], expected: SetOptions) -> None:
    """In any order and case."""
    assert set_options(options) == expected


@pytest.mark.parametrize(
    "options",
    [
        [b"PX"],
        [b"PX", b"0"],
        [b"PX", b"-1"],
        [b"PX", b"9" * 14],
        [b"NX", b"XX"],
        [b"KEEPTTL"],
        [b"PX", b"1", b"EX", b"1"],
    ],
)
def test_wrong_options_of_set_are_errors(options: list[bytes]) -> None:
    """As by a real server."""
    assert isinstance(set_options(options), Failed)


# --- with redis-py inside ------------------------------------------------------------------------------------------

USER = """
    import asyncio, socket, threading
    import redis, redis.asyncio
    from redis.backoff import NoBackoff
    from redis.retry import Retry
    from redis.asyncio.retry import Retry as AsyncRetry

    def client(port, protocol):
        return redis.Redis(port=port, protocol=protocol, socket_timeout=5, retry=Retry(NoBackoff(), 0))

    def program(port, protocol, steps):
        seen = []
        with client(port, protocol) as one:
            for name, args, options in steps:
                try:
                    seen.append(getattr(one, name)(*args, **options))
                except redis.RedisError as error:
                    seen.append([type(error).__name__, str(error)[:60]])
        return seen

    def in_asyncio(port, protocol, steps):
        async def main():
            seen = []
            one = redis.asyncio.Redis(port=port, protocol=protocol, socket_timeout=5, retry=AsyncRetry(NoBackoff(), 0))
            async with one:
                for name, args, options in steps:
                    try:
                        seen.append(await getattr(one, name)(*args, **options))
                    except redis.RedisError as error:
                        seen.append([type(error).__name__, str(error)[:60]])
            return seen
        return asyncio.run(main())

    def hears(port, protocol, messages):
        heard, ready = [], threading.Event()
        def listen():
            with client(port, protocol) as one, one.pubsub() as channel:
                channel.subscribe("a", "b")
                for message in channel.listen():
                    heard.append([message["type"], message["channel"], message["data"]])
                    if len(heard) == 2:
                        ready.set()
                    if message["data"] == b"end":
                        return
        thread = threading.Thread(target=listen)
        thread.start()
        ready.wait(5)
        with client(port, protocol) as one:
            counts = [one.publish(channel, text) for channel, text in [*messages, ("b", "end")]]
        thread.join()
        return [counts, heard]

    def hears_in_asyncio(port, protocol, messages):
        async def main():
            one = redis.asyncio.Redis(port=port, protocol=protocol, socket_timeout=5)
            async with one, one.pubsub() as channel:
                await channel.subscribe("a")
                heard = []
                for text in messages:
                    await one.publish("a", text)
                while len(heard) < len(messages):
                    message = await channel.get_message(ignore_subscribe_messages=True, timeout=2)
                    if message:
                        heard.append(message["data"])
                await channel.unsubscribe("a")
                while (await channel.get_message(timeout=2) or {}).get("type") != "unsubscribe":
                    pass
                return [heard, await one.publish("a", "nobody")]
        return asyncio.run(main())

    def raw(port, data, most):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as one:
            one.sendall(data)
            seen = b""
            try:
                while len(seen) < most and (part := one.recv(most)):
                    seen += part
            except OSError:
                pass
            return seen
"""

STEPS: list[tuple[str, list[Any], dict[str, Any]]] = [
    ("set", ["k", "v"], {"px": 5000}),
    ("get", ["k"], {}),
    ("set", ["k", "w"], {"nx": True}),
    ("set", ["k", b"\x00\r\n\xff"], {"xx": True, "ex": 7}),
    ("get", ["k"], {}),
    ("delete", ["k", "other"], {}),
    ("get", ["k"], {}),
    ("ping", [], {}),
    ("exists", ["k"], {}),
]
SEEN = [True, b"v", None, True, b"\x00\r\n\xff", 1, None, True, ["ResponseError", "unknown command 'EXISTS'"]]


@pytest.fixture
def redis_inside(submitted: Submitted) -> Submitted:
    """Submissions that have redis-py."""
    pytest.importorskip("redis")
    return lambda: submitted(USER, packages=("redis",))


@pytest.mark.parametrize("protocol", [2, 3])
@pytest.mark.parametrize("how", ["program", "in_asyncio"])
def test_redis_py_finds_what_it_needs(redis_inside: Submitted, how: str, protocol: int) -> None:
    """Both its clients, in both versions of the protocol, get what a server would answer; every command is seen."""
    handle = redis_inside()
    with Redis(handle.listen()) as redis:
        seen = redis.traffic
        assert handle.call("do", how, redis.port(), protocol, STEPS) == SEEN
    assert [command.name for command in seen.commands] == ["SET", "GET", "SET", "SET", "GET", "DEL", "GET"]
    assert [command.px for command in seen.commands if command.name == "SET"] == [5000, None, 7000]
    assert seen.refused == ["EXISTS"]
    assert seen.strange == 0


@pytest.mark.parametrize("protocol", [2, 3])
def test_messages_reach_who_is_subscribed(redis_inside: Submitted, protocol: int) -> None:
    """Messages come in order to all subscribers of their channel, and to nobody else."""
    handle = redis_inside()
    with Redis(handle.listen()) as redis:
        counts, heard = handle.call("do", "hears", redis.port(), protocol, [("a", "1"), ("c", "2"), ("b", "3")])
        assert counts == [1, 0, 1, 1]
        assert heard == [
            ["subscribe", b"a", 1],
            ["subscribe", b"b", 2],
            ["message", b"a", b"1"],
            ["message", b"b", b"3"],
            ["message", b"b", b"end"],
        ]
        assert handle.call("do", "hears_in_asyncio", redis.port(), protocol, ["x", "y"]) == [[b"x", b"y"], 0]


def test_the_suite_decides_what_becomes_of_each_command(redis_inside: Submitted) -> None:
    """Refused, dropped, lost and late commands look to redis-py as they would with a server in trouble."""
    fates = [Treatment(Fate.REFUSED), Treatment(Fate.DROPPED), None, Treatment(delay=0.05), Treatment(Fate.LOST)]

    def plan(command: Command) -> Treatment | None:
        return fates[len(redis.traffic.commands) - 1] if len(redis.traffic.commands) <= len(fates) else None

    handle = redis_inside()
    gets: list[Any] = [("get", ["k"], {})] * 2
    sets: list[Any] = [("set", ["k", str(number)], {}) for number in range(3)]
    with Redis(handle.listen()) as redis:
        seen = redis.begin(plan)
        answers = handle.call("do", "program", redis.port(), 3, [*gets, *sets, ("get", ["k"], {})])
    assert [answers[place][0] for place in (0, 1, 4)] == ["BusyLoadingError", "ConnectionError", "ConnectionError"]
    assert [answers[place] for place in (2, 3)] == [True, True]
    assert answers[5] == b"2"  # what was lost had been carried out
    assert seen.count("GET") == 3
    assert seen.count("SET", node=0) == 3
    assert seen.count("SET", node=1) == 0


def test_values_end_when_the_suite_says_so_and_a_server_can_be_gone(redis_inside: Submitted) -> None:
    """No second is waited for an expiry; a server that is gone refuses every command; its values can come back."""
    handle = redis_inside()
    get: list[Any] = [("get", ["k"], {})]
    with Redis(handle.listen()) as redis:
        handle.call("do", "program", redis.port(), 2, [("set", ["k", "v"], {"px": 60_000})])
        redis.clock.advance(59)
        assert handle.call("do", "program", redis.port(), 2, get) == [b"v"]
        redis.begin(gone=True, keep=True)
        assert handle.call("do", "program", redis.port(), 2, get)[0][0] == "ConnectionError"
        redis.begin(keep=True)
        assert handle.call("do", "program", redis.port(), 2, get) == [b"v"]
        redis.clock.advance(1)
        assert handle.call("do", "program", redis.port(), 2, get) == [None]


def test_two_nodes_share_the_store_and_are_told_apart(redis_inside: Submitted) -> None:
    """What one node sets the other gets, and each command says whose it is."""
    one = redis_inside()
    two = one.beside()
    with Redis(one.listen(), two.listen()) as redis:
        assert one.call("do", "program", redis.port(0), 3, [("set", ["k", "v"], {})]) == [True]
        assert two.call("do", "program", redis.port(1), 3, [("get", ["k"], {})]) == [b"v"]
    assert [(command.name, command.node) for command in redis.traffic.commands] == [("SET", 0), ("GET", 1)]


def test_hostile_bytes_end_their_connection_alone(redis_inside: Submitted) -> None:
    """Floods, endless frames and too many commands are cut off; the next client is served."""
    handle = redis_inside()
    ping = written((b"PING",))
    with Redis(handle.listen()) as redis:
        for data in (b"GET k\r\n" * 10, b"*1\r\n$65536\r\n" + b"x" * 1000, b"x" * 200_000):
            assert handle.call("do", "raw", redis.port(), data, 100) == b""
        assert redis.traffic.strange == 3
        answers = handle.call("do", "raw", redis.port(), ping * (COMMANDS + 50), 7 * (COMMANDS + 50))
        assert answers == b"+PONG\r\n" * COMMANDS
        redis.begin()
        assert handle.call("do", "program", redis.port(), 3, [("ping", [], {})]) == [True]
    assert threading.active_count() < 20


def test_a_plan_that_fails_fails_the_test(redis_inside: Submitted) -> None:
    """What goes wrong out here is raised out here, and the client is not kept waiting."""

    def plan(_command: Command) -> None:
        raise AssertionError("not so")

    handle = redis_inside()
    redis = Redis(handle.listen()).__enter__()
    redis.begin(plan)
    assert handle.call("do", "program", redis.port(), 3, [("get", ["k"], {})])[0][0] == "ConnectionError"
    with pytest.raises(AssertionError, match="not so"):
        redis.__exit__(None, None, None)
    assert isinstance(redis.entrances[0][0], socket.socket)
