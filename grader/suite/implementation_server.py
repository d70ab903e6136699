"""The process that runs implementations under test: they are our own code, but their requests are hostile.

    python -P -m grader.suite.implementation_server DESCRIPTOR

An order is a SOCK_SEQPACKET message with two descriptors: a lifeline and a listening socket. Each order has its own
fork, with limits on processor time and memory, so that no request can hang or exhaust the grader.

    grader -> server    Order                                       as JSON
    fork   -> grader    {"pid": 7}                                  on the lifeline
    grader -> fork      (the end of the lifeline)                   the run is over
    fork   -> grader    Served                                      the results; a fork that was killed sends nothing

The messages on the listening socket are described in `suite_inside/remote.py`. They are parsed strictly and capped:
plain data of exact types, and names from the Api alone. A connection that breaks a rule is closed.
"""

from __future__ import annotations

import builtins
import contextlib
import json
import os
import random
import resource
import selectors
import socket
import sys
import types
from collections.abc import Callable
from types import FrameType
from typing import Any, NoReturn

import msgspec

from sandbox import wire
from sandbox.machine.schedule import active_seconds
from sandbox.policy import MIB, Caps
from sandbox.session import Plain
from sandbox.text import visible

CAPS = Caps(depth=24, integer_bits=8192)
LINE = 1 << 16
"""The maximum size of a message in bytes."""
CONNECTIONS = 64
CALLS = 20_000
"""The maximum number of calls in one run; unlike a deadline, it does not depend on how busy the machine is."""
OBJECTS = 20_000
CPU_SECONDS = 20
MEMORY = 1024 * MIB
TEXT = 500
RESTLESS = 8
"""One call in this many reads its callback once more than the implementation does, so that the number of reads reveals
nothing."""


class Api(msgspec.Struct, frozen=True, kw_only=True):
    """The calls that a module under test accepts, and the values that they may return."""

    module: str
    classes: dict[str, tuple[str, ...]]
    """Methods of each class that may be called."""
    callbacks: dict[str, tuple[str, ...]] = {}
    """Keyword parameters of a class that take the caller's functions, which are called back when they are needed."""
    parameters: dict[str, tuple[str, ...]] = {}
    """The other keyword parameters of a class, in the order in which they are sent."""
    values: dict[str, tuple[str, ...]] = {}
    """Classes whose instances are returned, with the attributes that are sent for them."""
    tokens: dict[str, tuple[str, ...]] = {}
    """Fields of values that are opaque: random tokens stand for them, and may be sent back as arguments."""
    errors: dict[str, tuple[str, ...]] = {}
    """The module's own exceptions, with the attributes that are transmitted."""
    calls: int = CALLS
    """The maximum number of calls in one run."""


class RunOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order for one run of one implementation."""

    source: str
    api: Api
    seed: int


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """One run as seen from outside."""

    lines: tuple[int, ...]
    """The lines of the implementation that were run."""
    calls: int
    active: float | None
    """Seconds that the server ran or was ready to run; None if the kernel does not say."""
    failure: str = ""
    """The description of a failure on our side."""


class BrokenConnection(BaseException):
    """A connection broke a rule, or ended. This is not an Exception, so that no implementation can catch it."""


class TooMuch(BaseException):
    """The run made more calls than it may."""


class Abandoned(BaseException):
    """The caller's callback raised an exception, and the call ends there."""


def main(descriptor: int) -> None:
    """Fork once per order until the grader is gone."""
    orders = socket.socket(fileno=descriptor)
    while True:
        data, descriptors, _flags, _address = socket.recv_fds(orders, 1 << 18, 2)
        if not data:
            return
        if os.fork() == 0:
            orders.close()
            _fork(msgspec.json.decode(data, type=RunOrder), *descriptors)
        for number in descriptors:
            os.close(number)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def _fork(order: RunOrder, lifeline: int, listener: int) -> NoReturn:
    with socket.socket(fileno=lifeline) as life:
        try:
            life.send(json.dumps({"pid": os.getpid()}).encode())
            for name, most in (("CPU", CPU_SECONDS), ("AS", MEMORY), ("FSIZE", 0), ("CORE", 0), ("NOFILE", 128)):
                resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (most, most))
            with socket.socket(fileno=listener) as entrance:
                served = _Server(order, life, entrance).run()
        except (MemoryError, RecursionError, TooMuch):
            os._exit(1)  # the requests asked for too much; the grader sees that nothing was said
        except Exception as error:
            served = Served(lines=(), calls=0, active=None, failure=f"{type(error).__name__}: {error}"[:TEXT])
        with contextlib.suppress(OSError):
            life.send(msgspec.json.encode(served))
        os._exit(0)


class _Server:
    """Accepts connections and answers them, one message at a time, until the lifeline ends."""

    def __init__(self, order: RunOrder, life: socket.socket, entrance: socket.socket) -> None:
        self._life = life
        self._entrance = entrance
        self._selector = selectors.DefaultSelector()
        self._connections = 0
        self._implementation = _Implementation(order)

    def run(self) -> Served:
        """Serve one run and return its results."""
        self._selector.register(self._life, selectors.EVENT_READ)
        self._selector.register(self._entrance, selectors.EVENT_READ)
        while True:
            for key, _events in self._selector.select():
                if key.fileobj is self._life:
                    seen = self._implementation
                    lines = tuple(sorted(seen.lines))
                    return Served(lines=lines, calls=seen.calls, active=active_seconds(os.getpid()))
                if key.fileobj is self._entrance:
                    self._accept()
                else:
                    self._serve(key.data)

    def _accept(self) -> None:
        connection, _address = self._entrance.accept()
        if self._connections >= CONNECTIONS:
            connection.close()
            return
        connection.setblocking(True)  # noqa: FBT003 # it has no keyword
        self._connections += 1
        self._selector.register(connection, selectors.EVENT_READ, _Connection(connection))

    def _serve(self, connection: _Connection) -> None:
        try:
            connection.fill()
            while connection.has_line():
                self._reply(connection, connection.receive())
        except (BrokenConnection, OSError):
            self._connections -= 1
            self._selector.unregister(connection.socket)
            connection.socket.close()

    def _reply(self, connection: _Connection, message: Plain) -> None:
        match message:
            case [str(kind), target, *rest]:
                connection.send(self._implementation.answer(connection, kind, target, rest))
            case _:
                raise BrokenConnection


class _Connection:
    """A stream of lines from a process inside."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self._rest = b""

    def fill(self) -> None:
        """Read whatever has arrived. Raises BrokenConnection at the end of the stream."""
        data = self.socket.recv(LINE)
        if not data:
            raise BrokenConnection
        self._rest += data

    def has_line(self) -> bool:
        """Return whether a whole message has arrived. Raises BrokenConnection if the message is too long."""
        if b"\n" in self._rest:
            return True
        if len(self._rest) > LINE:
            raise BrokenConnection
        return False

    def receive(self) -> Plain:
        while not self.has_line():
            self.fill()
        line, self._rest = self._rest.split(b"\n", 1)
        if len(line) > LINE:
            raise BrokenConnection
        try:
            return wire.plain(line, CAPS)
        except wire.WireError:
            raise BrokenConnection from None

    def send(self, message: list[Any]) -> None:
        self.socket.sendall(json.dumps(message, separators=(",", ":")).encode("ascii") + b"\n")


class _Implementation:
    """The module under test, its objects, and the record of what was run."""

    def __init__(self, order: RunOrder) -> None:
        self._api = order.api
        self._random = random.Random(order.seed)  # noqa: S311 - it hides a rhythm, and no secret
        self._objects: list[tuple[str, object]] = []
        self._tokens: dict[object, str] = {}
        self._meant: dict[str, object] = {}
        self._ask: Callable[[str], Plain]
        self._file = f"<{order.api.module}>"
        self._module = types.ModuleType(order.api.module)
        self.lines: set[int] = set()
        self.calls = 0
        sys.modules[order.api.module] = self._module
        code = compile(order.source, self._file, "exec")
        sys.settrace(self._trace)
        exec(code, vars(self._module))  # noqa: S102 - an implementation of the challenge's own

    def _trace(self, frame: FrameType, _event: str, _argument: object) -> Any:
        return self._trace_line if frame.f_code.co_filename == self._file else None

    def _trace_line(self, frame: FrameType, _event: str, _argument: object) -> Any:
        self.lines.add(frame.f_lineno)
        return self._trace_line

    def answer(self, connection: _Connection, kind: str, target: Plain, rest: list[Plain]) -> list[Any]:
        """Make the requested call. Raises BrokenConnection for anything that the Api does not allow."""
        self.calls += 1
        if self.calls > self._api.calls:
            raise TooMuch
        call = self._call(kind, target, rest)
        eager = _eager(rest[-1])

        def ask(name: str) -> Plain:
            if eager:
                return eager.pop()
            connection.send(["ask", name])
            match connection.receive():
                case ["answer", value]:
                    return value
                case ["failed"]:
                    raise Abandoned
                case _:
                    raise BrokenConnection

        self._ask = ask
        try:
            self._rest_less(kind, target)
            return self._told(call())
        except Abandoned:
            return ["stopped"]
        except Exception as error:
            try:
                return self._raised(error)
            except Exception:  # what it says of itself cannot be sent
                raise BrokenConnection from None

    def _rest_less(self, kind: str, target: Plain) -> None:
        name = target if kind == "new" else self._objects[int(target)][0]  # type: ignore[arg-type]  # checked before
        for callback in self._api.callbacks.get(str(name), ()):
            if self._random.randrange(RESTLESS) == 0:
                self._ask(callback)

    def _call(self, kind: str, target: Plain, rest: list[Plain]) -> Callable[[], object]:
        match kind, target, rest:
            case "new", str(name), [list(arguments), list()] if name in self._api.classes:
                if len(self._objects) >= OBJECTS or len(arguments) > len(self._api.parameters.get(name, ())):
                    raise BrokenConnection
                return lambda: self._made(name, [_argument(argument) for argument in arguments])
            case "call", int(number), [str(method), list(arguments), list()] if 0 <= number < len(self._objects):
                name, made = self._objects[number]
                if method not in self._api.classes[name]:
                    raise BrokenConnection
                values = [self._meaning(_argument(argument)) for argument in arguments]
                return lambda: getattr(made, method)(*values)
            case _:
                raise BrokenConnection

    def _made(self, name: str, arguments: list[object]) -> _Made:
        given = dict(zip(self._api.parameters.get(name, ()), arguments, strict=False))
        asked = {callback: self._callback(callback) for callback in self._api.callbacks.get(name, ())}
        made = getattr(self._module, name)(**given, **asked)
        self._objects.append((name, made))
        return _Made(len(self._objects) - 1)

    def _callback(self, name: str) -> Callable[[], Plain]:
        return lambda: self._ask(name)

    def _told(self, value: object) -> list[Any]:
        if type(value) is _Made:
            return ["made", int(value)]
        name = type(value).__name__
        if name in self._api.values:
            fields = self._attributes(value, self._api.values[name])
            tokens = {field: self._token(getattr(value, field)) for field in self._api.tokens.get(name, ())}
            return ["value", name, fields | tokens]
        return ["ok", wire.encode(value, CAPS)]  # type: ignore[arg-type]  # what is not plain is an author's mistake

    def _token(self, value: object) -> wire.Json:
        """Return this run's random token for a value: the same for equal values, and of a type that no implementation
        uses.
        """
        if value not in self._tokens:
            token = f"{self._random.getrandbits(64):016x}"
            self._tokens[value], self._meant[token] = token, value
        return wire.encode((self._tokens[value],), CAPS)

    def _meaning(self, argument: object) -> object:
        match argument:
            case (str(token),) if type(argument) is tuple:
                return self._meant.get(token, argument)
            case _:
                return argument

    def _attributes(self, value: object, names: tuple[str, ...]) -> dict[str, Any]:
        return {name: wire.encode(getattr(value, name), CAPS) for name in names if hasattr(value, name)}

    def _raised(self, error: Exception) -> list[Any]:
        name, text = type(error).__name__, visible(str(error), most=TEXT)
        if name in self._api.errors:
            return ["raised", name, None, text, self._attributes(error, self._api.errors[name])]
        base = next(kind.__name__ for kind in type(error).__mro__ if vars(builtins).get(kind.__name__) is kind)
        return ["raised", name, base, text, {}]


class _Made(int):
    """The number of a new object."""


class _Opaque:
    """A stand-in for an argument that cannot be sent; it is equal only to itself."""


def _argument(argument: Plain) -> object:
    match argument:
        case ["plain", value]:
            return value
        case ["opaque"]:
            return _Opaque()
        case _:
            raise BrokenConnection


def _eager(reading: Plain) -> list[Plain]:
    if type(reading) is not list or len(reading) > 1:
        raise BrokenConnection
    return list(reading)


if __name__ == "__main__":
    main(int(sys.argv[1]))
