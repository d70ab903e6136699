"""A small Redis that counts, delays, refuses and drops what the submission sends, before anything reaches its store.

    with Redis(submission.listen(), other.listen()) as redis:
        seen = redis.begin(lambda command: Treatment(Fate.REFUSED) if command.name == "GET" else None)
        submission.call("look_up", redis.port(), "key")
        other.call("look_up", redis.port(1), "key")
        assert seen.count("SET") == 1
        assert seen.commands[-1].px == 5000         # its expiry is read off, never waited for
        redis.clock.advance(5.0)                    # and comes when the suite says so

It knows GET, SET (NX, XX, PX, EX), DEL, PUBLISH, SUBSCRIBE, UNSUBSCRIBE, PING, HELLO and CLIENT, in RESP2 and RESP3,
which is what redis-py needs for these. Anything else gets an error and is noted. What it reads is hostile, and is
capped.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum

from grader.suite.resp.protocol import Commands, Failed, Misframed, Push, Reply, Simple, encoded
from grader.suite.resp.store import OK, SetOptions, Store, set_options
from grader.suite.serving import Service

CONNECTIONS = 128
"""The maximum number of open connections; further ones are closed at once."""
COMMANDS = 2_000
"""The maximum number of commands in one round; after that, connections are closed."""
CHANNELS = 64
"""The maximum number of channels to which one connection may be subscribed."""
BACKLOG_BYTES = 1 << 20
"""The maximum number of bytes that one connection may leave unread."""
ROUND_BYTES = 16 << 20
"""The maximum size of all commands of one round, since they are kept in memory."""
READ_BYTES = 1 << 14
STALL_SECONDS = 30.0
LINGER_SECONDS = 1.0
"""The maximum time between our end of a connection and its being closed."""
HANDSHAKE = frozenset({"HELLO", "CLIENT", "PING"})
"""Commands that clients send on their own: these are served, counted separately and never treated."""
SERVED = frozenset({"GET", "SET", "DEL", "PUBLISH", "SUBSCRIBE", "UNSUBSCRIBE"})
CLIENTS = HANDSHAKE | {"SUBSCRIBE", "UNSUBSCRIBE"}
"""Commands about the connection, not about the store."""
WHILE_SUBSCRIBED = frozenset({"SUBSCRIBE", "UNSUBSCRIBE", "PING"})
UNKNOWN = Failed("ERR unknown subcommand")
BROKEN = (OSError, Misframed, TimeoutError)


class Fate(Enum):
    """The possible fates of a command."""

    SERVED = "served"
    REFUSED = "refused"
    """The command gets an error, and is not carried out."""
    DROPPED = "dropped"
    """The connection ends, and the command is not carried out."""
    LOST = "lost"
    """The command is carried out, but the connection ends before the reply."""
    STALLED = "stalled"
    """The command is not carried out, and no reply comes."""


@dataclass(frozen=True, slots=True)
class Treatment:
    """The treatment of a command: its fate, delays in seconds, and the error message for a refusal."""

    fate: Fate = Fate.SERVED
    delay: float = 0.0
    """The time before it is carried out."""
    error: str = "LOADING Redis is loading the dataset in memory"
    reply_after: asyncio.Event | None = None
    """An event for which the reply waits, after the command has been carried out. Set it with `Redis.soon`."""
    push_after: asyncio.Event | None = None
    """An event for which the message of a PUBLISH waits, after the reply."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command as it came in."""

    name: str
    arguments: tuple[bytes, ...]
    node: int
    """The number of the entrance through which it came."""
    connection: int

    @property
    def px(self) -> int | None:
        """The milliseconds after which the value of a SET is to expire."""
        options = set_options(self.arguments[2:]) if self.name == "SET" else None
        return options.px if isinstance(options, SetOptions) else None


Plan = Callable[[Command], Treatment | None]


@dataclass
class Traffic:
    """The commands since `begin`, and what became of them."""

    commands: list[Command] = field(default_factory=list)
    """The commands on the allow list, in order, whatever became of them."""
    handshakes: int = 0
    refused: list[str] = field(default_factory=list)
    """The names of commands that are not on the allow list."""
    strange: int = 0
    """The number of connections that sent something other than a command, or left too much unread."""
    connections: int = 0
    size: int = 0
    """The number of bytes in all commands."""

    def count(self, name: str, *, node: int | None = None) -> int:
        """Return how often a command came, from one node or from all."""
        return sum(command.name == name and node in (None, command.node) for command in self.commands)


class SuiteClock:
    """The clock by which values expire. It stands still until it is advanced."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Return the time in seconds."""
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


class Redis(Service):
    """Serves a store of its own at one or more entrances."""

    def __init__(self, *entrances: tuple[socket.socket, int]) -> None:
        super().__init__(*entrances)
        self.clock = SuiteClock()
        self._clients: set[_Client] = set()
        self._pushing: set[asyncio.Task[None]] = set()
        self.begin()

    def port(self, node: int = 0) -> int:
        """Return the port on 127.0.0.1 at which the server is reached from inside a node."""
        return self.entrances[node][1]

    def begin(
        self, plan: Plan | None = None, *, gone: bool = False, silent: bool = False, keep: bool = False
    ) -> Traffic:
        """Start a new round with its own counters, and with an empty store unless `keep`.

        `plan` says what becomes of each command; it is called in the serving thread. With `gone`, every connection ends
        at once, as if there were no server; with `silent`, those that are open end, and further ones are never
        answered, not even a handshake.
        """
        self._plan, self._gone, self._silent = plan, gone, silent
        self.traffic = Traffic()
        if not keep:
            self.store = self.empty_store()
        if gone or silent:
            self.cut()
        return self.traffic

    def empty_store(self) -> Store:
        """Return the store for a new round."""
        return Store(self.clock)

    def cut(self) -> None:
        """Close all open connections."""
        for client in list(self._clients):
            self.soon(client.ended)

    async def connected(self, entrance: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.traffic.connections += 1
        client = _Client(self.traffic.connections, entrance, writer)
        self._clients.add(client)
        try:
            if self._silent:
                await client.ended.wait()
            elif not self._gone and len(self._clients) <= CONNECTIONS:
                await client.until_ended(self._attended(client, reader, writer))
        except BROKEN:
            self.traffic.strange += 1
        finally:
            self._clients.discard(client)
            writer.transport.abort()

    async def _attended(self, client: _Client, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Talk with a client; where we end the connection, first let it read the replies that it has earned."""
        await self._talk(client, reader)
        client.channels.clear()  # after the end, nothing more is pushed
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                writer.write_eof()
                while await reader.read(READ_BYTES):  # what is left unread makes the kernel reset the connection
                    pass

    async def _talk(self, client: _Client, reader: asyncio.StreamReader) -> None:
        commands = Commands()
        while data := await reader.read(READ_BYTES):
            for words in commands.feed(data):
                if not await self._take(client, words):
                    return

    async def _take(self, client: _Client, words: tuple[bytes, ...]) -> bool:
        """Handle one command; return False if the connection is to end."""
        traffic, name = self.traffic, words[0].decode("latin-1").upper()
        traffic.size += sum(map(len, words))
        count = len(traffic.commands) + traffic.handshakes + len(traffic.refused)
        if count >= COMMANDS or traffic.size > ROUND_BYTES:
            return False
        if name in HANDSHAKE:
            traffic.handshakes += 1
            return client.send(*self._carried_out(client, name, words[1:]))
        if name not in SERVED:
            traffic.refused.append(name[:40])
            return client.send(Failed(f"ERR unknown command '{_printable(name)}'"))
        command = Command(name, words[1:], client.node, client.number)
        traffic.commands.append(command)
        return await self._treated(client, command, (self._plan and self._plan(command)) or Treatment())

    async def _treated(self, client: _Client, command: Command, treatment: Treatment) -> bool:
        if treatment.delay:
            await asyncio.sleep(treatment.delay)
        match treatment.fate:
            case Fate.SERVED:
                replies = self._carried_out(client, command.name, command.arguments, treatment.push_after)
                if treatment.reply_after is not None:
                    await treatment.reply_after.wait()
                return client.send(*replies)
            case Fate.REFUSED:
                return client.send(Failed(treatment.error))
            case Fate.LOST:
                self._carried_out(client, command.name, command.arguments, treatment.push_after)
            case Fate.STALLED:
                await asyncio.sleep(STALL_SECONDS)
            case Fate.DROPPED:
                pass
        return False

    # --- commands ----------------------------------------------------------------------------------------------------

    def _carried_out(
        self, client: _Client, name: str, arguments: tuple[bytes, ...], push_after: asyncio.Event | None = None
    ) -> list[Reply]:
        """Carry out a command and return the replies."""
        if client.channels and client.version == 2 and name not in WHILE_SUBSCRIBED:
            return [Failed(f"ERR Can't execute '{name.lower()}' while subscribed")]
        replies = client.answered(name, arguments) if name in CLIENTS else self._stored(name, arguments, push_after)
        return replies or [Failed(f"ERR wrong number of arguments for '{name.lower()}' command")]

    def _stored(self, name: str, arguments: tuple[bytes, ...], push_after: asyncio.Event | None) -> list[Reply]:
        match name, arguments:
            case "GET", (key,):
                return [self.store.get(key)]
            case "SET", (key, value, *rest):
                options = set_options(rest)
                return [options if isinstance(options, Failed) else self.store.set(key, value, options)]
            case "DEL", (_, *_):
                return [self.store.delete(arguments)]
            case "PUBLISH", (channel, message):
                return [self._publish(channel, message, push_after)]
            case _:
                return []

    def _publish(self, channel: bytes, message: bytes, after: asyncio.Event | None) -> int:
        receivers = [client for client in self._clients if channel in client.channels]
        if after is not None:
            pushing = asyncio.create_task(self._push_late(receivers, channel, message, after))
            self._pushing.add(pushing)
            pushing.add_done_callback(self._pushing.discard)
            return len(receivers)
        for client in receivers:
            self._push(client, channel, message)
        return len(receivers)

    async def _push_late(self, receivers: list[_Client], channel: bytes, message: bytes, after: asyncio.Event) -> None:
        await after.wait()
        for client in receivers:
            self._push(client, channel, message)

    def _push(self, client: _Client, channel: bytes, message: bytes) -> None:
        """Send a message, unless the client has left or is no longer subscribed."""
        if client in self._clients and channel in client.channels:
            client.send(Push((b"message", channel, message)))


def _printable(name: str) -> str:
    return "".join(char for char in name[:20] if char.isalnum())


class _Client:
    """One client's connection and its subscriptions."""

    def __init__(self, number: int, node: int, writer: asyncio.StreamWriter) -> None:
        self.number = number
        self.node = node
        self.version = 2
        self.channels: dict[bytes, None] = {}
        self.ended = asyncio.Event()
        self._writer = writer

    async def until_ended(self, work: object) -> None:
        """Do the work until it is done, or until the connection is to end."""
        talking, ending = asyncio.ensure_future(work), asyncio.ensure_future(self.ended.wait())  # type: ignore[call-overload]
        try:
            await asyncio.wait({talking, ending}, return_when=asyncio.FIRST_COMPLETED)
            if talking.done():
                talking.result()
        finally:
            for task in (talking, ending):
                task.cancel()
            await asyncio.gather(talking, ending, return_exceptions=True)

    def send(self, *replies: Reply) -> bool:
        """Send replies; return False, and end the connection, if too much was left unread."""
        for reply in replies:
            self._writer.write(encoded(reply, version=self.version))
        if self._writer.transport.get_write_buffer_size() > BACKLOG_BYTES:
            self.ended.set()
            return False
        return True

    def answered(self, name: str, arguments: tuple[bytes, ...]) -> list[Reply]:
        """Answer a command that concerns the connection itself."""
        match name, arguments:
            case ("SUBSCRIBE", (_, *_)) | ("UNSUBSCRIBE", _):
                return self._subscribed(name, arguments)
            case "PING", () | (_,):
                return [self._pong(arguments)]
            case "HELLO", _:
                return [self._greeted(arguments)]
            case "CLIENT", (sub, *_):
                known: dict[bytes, Reply] = {b"SETINFO": OK, b"SETNAME": OK, b"ID": self.number}
                return [known.get(sub.upper(), UNKNOWN)]
            case _:
                return []

    def _pong(self, arguments: tuple[bytes, ...]) -> Reply:
        if self.channels and self.version == 2:
            return [b"pong", *(arguments or (b"",))]
        return arguments[0] if arguments else Simple("PONG")

    def _greeted(self, arguments: tuple[bytes, ...]) -> Reply:
        """Answer HELLO, which sets the protocol version from now on."""
        if arguments and arguments[0] not in (b"2", b"3"):
            return Failed("NOPROTO unsupported protocol version")
        if len(arguments) > 1 and arguments[1].upper() != b"SETNAME":
            return Failed("ERR Syntax error in HELLO option")
        if arguments:
            self.version = int(arguments[0])
        return {
            "server": b"redis",
            "version": b"7.0.0",
            "proto": self.version,
            "id": self.number,
            "mode": b"standalone",
            "role": b"master",
            "modules": (),
        }

    def _subscribed(self, name: str, channels: tuple[bytes, ...]) -> list[Reply]:
        """Answer SUBSCRIBE or UNSUBSCRIBE with one reply per channel."""
        replies: list[Reply] = []
        for channel in channels or tuple(self.channels) or (None,):
            if name == "SUBSCRIBE" and channel is not None:
                self.channels[channel] = None
            elif channel is not None:
                self.channels.pop(channel, None)
            if len(self.channels) > CHANNELS:
                self.ended.set()
            replies.append(Push((name.lower().encode(), channel, len(self.channels))))
        return replies
