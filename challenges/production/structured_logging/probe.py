"""Runs beside the submission: logs what it is told to log, and returns what reached the sink.

    write(settings, steps)            -> [[how the step ended, [what each sink took meanwhile], did the sink fail], ...]
    play(settings, operations)        -> [what the sink took, {text: the id there}, [how calls ended]]
    serve(settings, requests, turns)  the same for WSGI responses that are interleaved in one thread
    crowd(settings, requests)         the same for WSGI requests in threads that wait for each other
    clients(settings, clients)        the same for ASGI clients, each a task with requests one after the other
    wsgi(case), asgi(case)            -> what one request gave to its server, and what its application saw
    mixed(address, texts, half)       -> what a sink took that meets others in the middle of a line

An operation is a list: `["log", text, extra]`, `["pause"]`, `["bound", fields, operations, does it fail]`,
`["carry", name]`, `["call", name, operations, word]`, `["threads", [[name, operations], ...]]`, `["task", operations]`,
`["fail", text]`. Operations are played by a generator that yields at each pause: who plays them decides who goes on.
"""

from __future__ import annotations

import logging
from asyncio import Task, gather, get_running_loop, sleep
from collections.abc import Callable, Generator, Iterator
from itertools import cycle
from threading import Barrier, BrokenBarrierError, Thread
from typing import Any

from probe_kit import plain
from probe_kit.meeting import meet
from probe_kit.nameless import drawn_name, nameless, nameless_kind
from probe_kit.running import run

import logs

PATIENCE = 4.0
logging.getLogger("asyncio").disabled = True  # it tells at level DEBUG which selector it uses
OPERATIONS = list[list[Any]]


@nameless
class Scripted(Exception):
    """What code fails with when it is told to."""


# ---- sinks ------------------------------------------------------------------------------------------------------


class Tape:
    """What a sink took, and how it takes."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.data = bytearray()
        self.seen = 0
        self.sizes = cycle(settings.get("sizes") or [1 << 20])
        self.room: int | None = None
        self.takes_before_it_raises = bool(settings.get("takes"))
        self.error = {"full": OSError(28, "no space left"), "closed": ValueError("I/O on a closed file")}.get(
            settings.get("error", ""), Scripted("a sink of somebody's own")
        )
        self.failed = False

    def write(self, data: Any) -> int:
        """Take some of it. Where the room ends, the error is raised: with this write, or with the next."""
        part = bytes(data)[: next(self.sizes)]
        if self.room is not None:
            fits, wants = part[: self.room], len(part)
            if self.room == 0 or (self.takes_before_it_raises and wants > len(fits)):
                self.data += fits
                self.room, self.failed = 0, True
                raise self.error
            self.room -= len(fits)
            part = fits
        self.data += part
        return len(part)

    def news(self) -> bytes:
        """What was taken since the last time."""
        data, self.seen = bytes(self.data[self.seen :]), len(self.data)
        return data


_sink = nameless_kind(write=Tape.write)


class Desk:
    """The sinks that were configured, and the clock."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.tapes: list[Tape] = []
        self.now = 0
        self.configure(settings)

    def configure(self, settings: dict[str, Any]) -> None:
        self.tapes.append(Tape(settings))
        keywords = {name: settings[name] for name in ("redact", "level") if name in settings}
        logs.configure(_sink(self.tapes[-1]), clock=nameless(lambda: self.now), **keywords)


def write(settings: dict[str, Any], steps: list[list[Any]]) -> list[Any]:
    """Log records one after the other; between them, the clock, the room and the settings change."""
    desk = Desk(settings)
    endings = []
    for what, value in steps:
        match what:
            case "now":
                desk.now = value
            case "room":
                desk.tapes[-1].room = value
            case "configure":
                desk.configure(value)
            case _:
                desk.tapes[-1].failed = False
                ending = _ended(lambda value=value: _log(**value))
                endings.append([ending, [tape.news() for tape in desk.tapes], desk.tapes[-1].failed])
    return endings


def _ended(call: Callable[[], Any]) -> list[Any]:
    try:
        return ["gave", plain(call())]
    except Scripted as error:
        return ["failed", str(error)]
    except Exception as error:
        return ["raised", type(error).__name__]


def _log(
    logger: str, level: int, text: str, arguments: list[Any], extra: Any, bound: Any, errors: list[Any], how: str
) -> None:
    made, kept = ([_made(spec) for spec in [*arguments, extra, bound]] for _ in "ab")
    *given, more, fields = made
    to = logging.getLogger(logger or None)
    error = _chained(errors) if errors else None
    with logs.bound(**fields):
        if how == "caught" and error is not None:
            try:
                raise error
            except Exception:
                to.log(level, text, *given, extra=more, exc_info=True)
        else:
            to.log(level, text, *given, extra=more, exc_info=True if how == "nothing to catch" else error)
        if how == "kept" and made != kept:
            raise Scripted("what was logged is not what it was")


def _made(spec: Any) -> Any:
    """What a spec stands for. Tuples are special values, all else is as it is."""
    match spec:
        case ("object", text):
            return _object(text)
        case ("broken",):
            return _broken(None)
        case ("number", text):
            return float(text)
        case ("bytes", text):
            return text.encode()
        case ("tuple", items):
            return tuple(map(_made, items))
        case ("twice", item):
            return [_made(item)] * 2
        case ("keyed", pairs):
            return {_made(key): _made(value) for key, value in pairs}
        case ("circle", items):
            made = [*map(_made, items)]
            made.append(made)
            return made
    if isinstance(spec, dict):
        return {key: _made(value) for key, value in spec.items()}
    return [*map(_made, spec)] if isinstance(spec, list) else spec


def _unprintable(_state: Any) -> str:
    raise Scripted("nobody can print this")


@nameless
class Printed:
    """Says what it was told to say."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __str__(self) -> str:
        return self._text


@nameless
class Broken:
    """Cannot be printed."""

    __slots__ = ()
    __str__ = __repr__ = _unprintable


def _object(text: str) -> Any:
    return Printed(text)


def _broken(_: None) -> Any:
    return Broken()


def _chained(nodes: list[dict[str, Any]]) -> Exception:
    """The first of these exceptions, with those that it names as cause and context by their number."""
    made: list[Any] = []
    for node in nodes:
        says = _unprintable if node["text"] is None else nameless(lambda _self, text=node["text"]: text)
        made.append(type(node["type"], (Exception,), {"__str__": says})("not what it says", 7))
    for node, error in zip(nodes, made, strict=True):
        for name in ("cause", "context"):
            if node[name] is not None:
                setattr(error, f"__{name}__", made[node[name]])
        error.__suppress_context__ = node["suppressed"]
    return made[0]


# ---- context ----------------------------------------------------------------------------------------------------


@nameless
class World:
    """Plays operations, and remembers what functions were carried, and which ids were seen."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.desk = Desk(settings)
        self.carried: dict[str, Any] = {}
        self.ids: dict[str, Any] = {}
        self.endings: list[Any] = []
        self.tasks: list[Task[None]] = []

    def result(self) -> list[Any]:
        """All that is to be returned."""
        return [bytes(self.desk.tapes[0].data), self.ids, self.endings]

    def log(self, text: str, extra: dict[str, Any] | None = None) -> None:
        """Log, and ask for the id."""
        logging.getLogger(drawn_name()).warning(text, extra=extra)
        self.ids[text] = plain(logs.correlation_id())

    def play(self, operations: OPERATIONS) -> Generator[None, None, None]:
        """Play them; yield at each pause."""
        for what, *details in operations:
            match what:
                case "log":
                    self.log(*details)
                case "pause":
                    yield
                case "fail":
                    raise Scripted(*details)
                case "bound":
                    yield from self._bound(*details)
                case _:
                    self._start(what, details)

    def _bound(self, fields: dict[str, Any], inner: OPERATIONS, fails: bool) -> Generator[None, None, None]:
        try:
            with logs.bound(**fields):
                yield from self.play(inner)
                if fails:
                    raise Scripted("in a block")
        except Scripted:
            if not fails:
                raise

    def _start(self, what: str, details: list[Any]) -> None:
        match what:
            case "carry":
                self.carried[details[0]] = logs.carry(nameless(lambda *given, **named: self.at_once(*given, **named)))
            case "call" if details[0] in self.carried:
                name, inner, word = details
                self.endings.append(_ended(lambda: self.carried[name](inner, word=word)))
            case "threads":
                self._threads(*details)
            case "task":
                self.tasks.append(get_running_loop().create_task(self.by_turns(*details)))

    def _threads(self, crew: list[list[Any]]) -> None:
        barrier = Barrier(len(crew))
        targets = [self.carried[name] if name else self.at_once for name, _ in crew]
        threads = [
            Thread(target=target, args=(inner, barrier), daemon=True)
            for target, (_, inner) in zip(targets, crew, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE + 1)

    def at_once(self, operations: OPERATIONS, barrier: Barrier | None = None, word: str = "") -> str:
        """Play them all; at a pause, wait for the others, if there are any."""
        for _ in self.play(operations):
            if barrier is not None:
                _meet(barrier)
        return word[::-1]

    async def by_turns(self, operations: OPERATIONS) -> None:
        """Play them all; at a pause, let all other tasks go on."""
        for _ in self.play(operations):
            await sleep(0)


def _meet(barrier: Barrier) -> None:
    try:
        barrier.wait(PATIENCE)
    except BrokenBarrierError:
        raise Scripted("the others did not come") from None


def play(settings: dict[str, Any], operations: OPERATIONS) -> list[Any]:
    """Play operations in this thread, or in a task of its own."""
    world = World(settings)
    if settings.get("loop"):
        run(_in_a_loop(world, operations))
    else:
        world.at_once(operations)
    return world.result()


async def _in_a_loop(world: World, operations: OPERATIONS) -> None:
    await world.by_turns(operations)
    await _rest(world)


async def _rest(world: World) -> None:
    while world.tasks:
        tasks, world.tasks = world.tasks, []
        await gather(*tasks)


# ---- WSGI -------------------------------------------------------------------------------------------------------

_body = nameless_kind(iter=lambda state: state[0], close=lambda state: state[1]())


@nameless
class Server:
    """Serves requests by one wrapped application."""

    def __init__(self, world: World, requests: list[dict[str, Any]], barrier: Barrier | None = None) -> None:
        self._world = world
        self._requests = requests
        self._barrier = barrier
        self._app = logs.correlate_wsgi(nameless(lambda *given: self.app(*given)))
        self._responses: dict[int, Any] = {}
        self._steps: dict[int, Iterator[bytes]] = {}

    def app(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Play a request's operations: some at once, some in each step, some when it is closed."""
        request = self._requests[environ["request.number"]]
        if request["late"]:
            return self._steps_of(request, start_response)
        start_response("200 OK", [])
        self._world.at_once(request["handler"], self._barrier)
        steps, close = self._steps_of(request, None), nameless(lambda: self._world.at_once(request["close"]))
        return _body((steps, close))

    def _steps_of(self, request: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        if start_response is not None:
            start_response("200 OK", [])
        for _ in self._world.play(request["steps"]):
            yield b"."

    def open(self, number: int) -> None:
        """Call the application."""
        environ = {"request.number": number, "HTTP_X_CORRELATION_ID": self._requests[number]["header"]}
        response = self._app(environ, nameless(lambda status, headers, exc_info=None: None))
        self._responses[number], self._steps[number] = response, iter(response)

    def step(self, number: int) -> None:
        """Take one step of the response, if there is one."""
        next(self._steps[number], None)

    def close(self, number: int) -> None:
        """Close the response, if it can be closed."""
        if hasattr(self._responses[number], "close"):
            self._responses[number].close()

    def whole(self, number: int) -> None:
        """Serve the whole request, and wait for the others after each step."""
        self.open(number)
        for _ in self._steps[number]:
            if self._barrier is not None:
                _meet(self._barrier)
        self.close(number)


def serve(settings: dict[str, Any], requests: list[dict[str, Any]], turns: list[list[Any]]) -> list[Any]:
    """Serve requests in turns: `["open", n]`, `["step", n, in a thread]`, `["close", n]`, `["log", text]`."""
    world = World(settings)
    server = Server(world, requests)
    with logs.bound(**settings["outer"]):
        for what, *details in turns:
            match what, details:
                case "step", [number, True]:
                    thread = Thread(target=server.step, args=(number,), daemon=True)
                    thread.start()
                    thread.join(PATIENCE)
                case "step", [number, _]:
                    server.step(number)
                case "log", [text]:
                    world.log(text)
                case _:
                    getattr(server, what)(*details)
    return world.result()


def crowd(settings: dict[str, Any], requests: list[dict[str, Any]]) -> list[Any]:
    """Serve each request in a thread of a pool; each thread logs when its request is over."""
    world = World(settings)
    server = Server(world, requests, Barrier(len(requests)))

    def work(number: int) -> None:
        server.whole(number)
        world.log(f"after {number}")

    threads = [Thread(target=work, args=(number,), daemon=True) for number in range(len(requests))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE + 1)
    return world.result()


def wsgi(case: dict[str, Any]) -> list[Any]:
    """Make one request: how it ended, what the server was told and written, the ids seen, and how many are left."""
    seen: list[Any] = []
    started: list[Any] = []
    written: list[Any] = []

    def app(_environ: dict[str, Any], start_response: Any) -> Any:
        seen.append(plain(logs.correlation_id()))
        body = [part.encode() for part in case["body"]]
        if case["late"]:
            return _late(start_response, body)
        _start(start_response)
        if case["fails"]:
            raise Scripted(case["fails"])
        return body

    def _start(start_response: Any) -> None:
        headers = [tuple(pair) for pair in case["headers"]]
        if case["exc_info"]:
            start_response("100 Continue", [])
        more = [(Scripted, Scripted("shown by the server"), None)] if case["exc_info"] else []
        start_response(case["status"], headers, *more)(b"written")

    def _late(start_response: Any, body: list[bytes]) -> Iterator[bytes]:
        _start(start_response)
        yield from body
        if case["fails"]:
            raise Scripted(case["fails"])

    def start_response(status: str, headers: list[Any], exc_info: Any = None) -> Any:
        started[:] = [plain(status), plain(headers), exc_info is not None and exc_info[0] is Scripted]
        return nameless(lambda data: written.append(plain(data)))

    ids, wrapped = _wrapped(logs.correlate_wsgi, app, case)
    header = {} if case["header"] is None else {"HTTP_X_CORRELATION_ID": case["header"]}
    environ = {"REQUEST_METHOD": "GET", **header}
    ending = _ended(lambda: [bytes(part) for part in wrapped(environ, nameless(start_response))])
    return [ending, started, written, [*seen, plain(logs.correlation_id())], len(list(ids))]


def _wrapped(wrap: Any, app: Any, case: dict[str, Any]) -> tuple[Iterator[str], Any]:
    """Wrap an application, with the ids of the case as new ones, if it has any."""
    ids = iter(case["made"])
    new_id = {"new_id": nameless(lambda: next(ids))} if case["made"] else {}
    return ids, wrap(nameless(app), **new_id)


# ---- ASGI -------------------------------------------------------------------------------------------------------


def _scope(header: str | None, **more: Any) -> dict[str, Any]:
    own = [] if header is None else [(b"x-correlation-id", header.encode("latin-1"))]
    return {"type": "http", "method": "GET", "headers": [(b"accept", b"*/*"), *own], **more}


async def _receive() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _send(message: dict[str, Any]) -> None:
    """Take no notice."""


def clients(settings: dict[str, Any], clients: list[list[dict[str, Any]]]) -> list[Any]:
    """Run the clients as tasks, each with its requests one after the other; a client logs after each request."""
    world = World(settings)

    async def app(scope: dict[str, Any], _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await world.by_turns(scope["played"])
        await send({"type": "http.response.body", "body": b""})

    wrapped = logs.correlate_asgi(nameless(app))

    async def client(requests: list[dict[str, Any]]) -> None:
        for request in requests:
            try:
                await wrapped(_scope(request["header"], played=request["played"]), _receive, _send)
            except Scripted as error:
                world.log(str(error))
            world.log(request["after"])

    async def main() -> None:
        with logs.bound(**settings["outer"]):
            for requests in clients:
                world.tasks.append(get_running_loop().create_task(client(requests)))
            await _rest(world)

    run(main())
    return world.result()


def asgi(case: dict[str, Any]) -> list[Any]:
    """Make one request: how it ended, what was sent, what was received, the ids seen, and how many are left."""
    seen: list[Any] = []
    sent: list[Any] = []
    got: list[Any] = []
    scope = {**_scope(case["header"]), "type": case["type"]}

    async def app(given: Any, receive: Any, send: Any) -> None:
        seen.append(plain(logs.correlation_id()))
        got.extend([plain((await receive())["body"]), given == scope])
        for message in case["messages"]:
            await send(dict(message))
        if case["fails"]:
            raise Scripted(case["fails"])

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": case["body"][0].encode(), "more_body": False}

    async def send(message: Any) -> None:
        sent.append(plain({**message, **({"headers": list(message["headers"])} if "headers" in message else {})}))

    ids, wrapped = _wrapped(logs.correlate_asgi, app, case)
    ending = _ended(lambda: run(wrapped(scope, nameless(receive), nameless(send))))
    return [ending, sent, got, [*seen, plain(logs.correlation_id())], len(list(ids))]


# ---- threads at one sink ----------------------------------------------------------------------------------------


def mixed(address: str, texts: list[str], half: bool) -> bytes:
    """Log each text in its own thread, to a sink that takes half a line, meets whoever comes, and takes the rest."""
    data = bytearray()

    def _take(_state: Any, part: bytes) -> int:
        middle, begins = max(1, len(part) // 2), data[-1:] in (b"", b"\n")
        data.extend(part[:middle])
        if begins:
            meet(address, "in a line")
            if half:
                return middle
        data.extend(part[middle:])
        return len(part)

    logs.configure(nameless_kind(write=_take)(None), clock=nameless(lambda: 0))
    threads = [Thread(target=logging.getLogger().warning, args=(text,), daemon=True) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    return bytes(data)
