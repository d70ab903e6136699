"""What the small Redis pushes to those who are subscribed, and when; without a sandbox."""

from __future__ import annotations

import asyncio
import socket

import pytest

from grader.suite.resp.front import Fate, Redis, Treatment

from .test_resp import written


def unboxed() -> Redis:
    """A server that is reached without a sandbox."""
    listener = socket.create_server(("127.0.0.1", 0))
    return Redis((listener, listener.getsockname()[1]))


def connected(redis: Redis) -> socket.socket:
    return socket.create_connection(("127.0.0.1", redis.port()))


def test_a_message_can_come_later_than_the_reply() -> None:
    """A PUBLISH is answered at once, and those who are subscribed hear of it after an event."""
    event = asyncio.Event()
    with unboxed() as redis, connected(redis) as client:
        redis.begin(lambda command: Treatment(push_after=event) if command.name == "PUBLISH" else None)
        client.sendall(
            written((b"HELLO", b"3")) + written((b"SUBSCRIBE", b"news")) + written((b"PUBLISH", b"news", b"late"))
        )
        heard = b""
        while not heard.endswith(b":1\r\n:1\r\n"):
            heard += client.recv(4096)
        redis.soon(event)
        assert b"late" in client.recv(4096)


def test_who_is_sent_away_is_pushed_nothing() -> None:
    """A subscriber whose connection ends, but who has not left yet, receives no messages, and nothing fails."""
    with unboxed() as redis, connected(redis) as subscriber, connected(redis) as speaker:
        redis.begin(lambda command: Treatment(Fate.DROPPED) if command.name == "GET" else None)
        subscriber.sendall(written((b"HELLO", b"3")) + written((b"SUBSCRIBE", b"news")) + written((b"GET", b"key")))
        while subscriber.recv(4096):  # until our end, which it does not answer
            pass
        speaker.sendall(written((b"PUBLISH", b"news", b"late")))
        assert speaker.recv(4096) == b":0\r\n"


def test_a_reply_can_wait_for_an_event() -> None:
    """The command is carried out at once, others are served meanwhile, and the reply comes after the event."""
    event = asyncio.Event()
    with unboxed() as redis, connected(redis) as waiting, connected(redis) as reading:
        redis.begin(lambda command: Treatment(reply_after=event) if command.name == "SET" else None)
        waiting.sendall(written((b"SET", b"key", b"value")))
        answer = b""
        while answer != b"$5\r\nvalue\r\n":
            reading.sendall(written((b"GET", b"key")))
            answer = reading.recv(4096)
        waiting.setblocking(False)
        with pytest.raises(BlockingIOError):
            waiting.recv(4096)
        waiting.setblocking(True)
        redis.soon(event)
        assert waiting.recv(4096) == b"+OK\r\n"


def test_a_server_can_be_silent() -> None:
    """Open connections end, further ones are counted and hear nothing, and the next round cuts them when told to."""
    with unboxed() as redis, connected(redis) as before:
        before.sendall(written((b"PING",)))
        assert before.recv(4096) == b"+PONG\r\n"
        seen = redis.begin(silent=True)
        assert before.recv(4096) == b""
        with connected(redis) as silenced, connected(redis) as another:
            silenced.sendall(written((b"PING",)))
            while seen.connections < 2:
                pass
            silenced.setblocking(False)
            with pytest.raises(BlockingIOError):
                silenced.recv(4096)
            silenced.setblocking(True)
            redis.begin()
            redis.cut()
            assert another.recv(4096) == b""
        with connected(redis) as after:
            after.sendall(written((b"PING",)))
            assert after.recv(4096) == b"+PONG\r\n"
