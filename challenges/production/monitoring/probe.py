"""Runs beside the submission: performs programs of requests on one registry, and evaluates alerts.

    run(settings, steps) -> log     what became of each step, and of the steps that handlers perform
    registries(cases)               what became of constructing each: `[buckets, max_routes]`
    coroutine_functions(kinds)      whether handlers of these kinds and forms become coroutine functions
    alerts(cases)                   what `evaluate` gave for each `[rule, samples]`
    made(rules, samples)            their fields, or what was raised

Steps; one about a request that it does not fit ends as `["skipped"]`:

    ["wait", seconds]  ["read"]  ["elsewhere", path]
    ["call", n, kind, form, path, plan]    begin request n: see KINDS, FORMS and `Plan`
    ["send", n, seconds, action]           let a waiting coroutine or stream go on
    ["cancel", n]                          cancel the task that waits
    ["never", kind, path, how]             make a coroutine that never runs
    ["next", n, seconds, action]           pull an item; the action is what the handler's stream does
    ["close", n]  ["drop", n]

Actions: `["give", token]`, `["raise", token]`, `["exit", token]`, `["end"]`, `["hang"]`. A handler takes `seconds` of
the clock before it acts.
"""

from __future__ import annotations

from asyncio import CancelledError, Future, ensure_future, get_running_loop, sleep
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache, partial
from gc import collect, freeze
from inspect import iscoroutinefunction
from types import FunctionType
from typing import Any

from probe_kit import Clock, ended, plain
from probe_kit.nameless import nameless
from probe_kit.running import run as run_alone

import monitoring

ROUNDS = 10
"""How often the event loop goes round before anybody looks."""

freeze()  # what is here already is not searched each time a stream is dropped


def sealed(function: Any) -> Any:
    """Return a callable that shows nothing of the function, neither its globals nor its closure; it caches nothing."""
    made = lru_cache(maxsize=0)(function)
    vars(made).clear()
    return made


def detached(function: Any) -> Any:
    """Return the function with no globals but the builtins. Its closure may hold what is sealed."""
    own: Any = nameless(function)
    made = FunctionType(own.__code__, {}, own.__name__, None, own.__closure__)
    made.__module__ = "__main__"
    return made


def handed(handler: Any) -> Any:
    """Return a function that does what the handler does, and does not lead here."""
    act = sealed(handler)

    async def awaited(path: str, number: int) -> Any:
        return await act(path, number)

    def called(path: str, number: int) -> Any:
        return act(path, number)

    return detached(awaited if iscoroutinefunction(handler) else called)


def opaque(kind: Any) -> Any:
    """Return the class under a drawn name, with methods that do not lead here."""
    for name, member in list(vars(nameless(kind)).items()):
        if type(member) is FunctionType:
            setattr(kind, name, sealed(member))
    return kind


@nameless
class Failure(Exception):
    """What handlers raise when they are told to fail."""


@nameless
class Halt(BaseException):
    """What handlers raise to stop everything: no Exception."""


# ---- handlers ---------------------------------------------------------------------------------------------------


@dataclass
class Plan:
    """What the handler of one request does, and what it gave and raised."""

    path: str = ""
    inner: list[Any] = field(default_factory=list)
    """Steps to perform when it is called; streams have none."""
    action: list[Any] = field(default_factory=lambda: ["give", 0])
    """What a handler that gives a value does in the end."""
    on_cancel: list[Any] | None = None
    """What a coroutine does instead of being cancelled."""
    closing: float = 0.0
    """Seconds that closing its stream takes."""
    closing_fails: bool = False
    closed: bool = False
    pull: list[Any] = field(default_factory=list)
    """Seconds and action of the next pull."""
    waits: Future[Any] | None = None
    value: Any = None
    error: BaseException | None = None

    def act(self, how: str, token: Any = None) -> Any:
        match how:
            case "give":
                self.value = [token]
                return self.value
            case "raise" | "exit":
                self.error = (Failure if how == "raise" else Halt)(token)
                raise self.error
        raise StopIteration

    async def wait(self) -> Any:
        """Wait for the action that is sent."""
        self.waits = get_running_loop().create_future()
        try:
            return await self.waits
        except CancelledError:
            if self.on_cancel is None:
                raise
            return self.on_cancel
        finally:
            self.waits = None


PLANS: dict[int, Plan] = {}
"""Of the requests, by number. Handlers and streams hold nothing that leads here."""
WORLDS: list[World] = []
"""The one whose program runs."""


def _called(path: str, number: int) -> Plan:
    plan = PLANS[number]
    if path != plan.path:
        raise Failure("the arguments of another call")
    for step in plan.inner:
        WORLDS[0].perform(step)
    return plan


def _pulled(plan: Plan) -> list[Any]:
    seconds, action = plan.pull
    WORLDS[0].clock.advance(seconds)
    return list(action)


async def _pulled_later(plan: Plan) -> list[Any]:
    action = _pulled(plan)
    return action if action != ["hang"] else list(await plan.wait())


def _close(plan: Plan) -> None:
    plan.closed = True
    WORLDS[0].clock.advance(plan.closing)
    if plan.closing_fails:
        plan.error = Failure("closing")
        raise plan.error


@opaque
class BareStream:
    """An iterator that is no generator, and cannot be closed."""

    def __init__(self, number: int) -> None:
        self._number = number

    def __iter__(self) -> Any:
        return self

    def __next__(self) -> Any:
        plan = PLANS[self._number]
        return plan.act(*_pulled(plan))


@opaque
class Stream(BareStream):
    """An iterator that can be closed."""

    def close(self) -> None:
        _close(PLANS[self._number])


@opaque
class BareAsyncStream:
    """An asynchronous iterator that is no generator, and cannot be closed."""

    def __init__(self, number: int) -> None:
        self._number = number

    def __aiter__(self) -> Any:
        return self

    async def __anext__(self) -> Any:
        plan = PLANS[self._number]
        action = await _pulled_later(plan)
        if action == ["end"]:
            raise StopAsyncIteration
        return plan.act(*action)


@opaque
class AsyncStream(BareAsyncStream):
    """An asynchronous iterator that can be closed."""

    async def aclose(self) -> None:
        await sleep(0)
        _close(PLANS[self._number])


def value(path: str, number: int) -> Any:
    plan = _called(path, number)
    return plan.act(*plan.action)


async def coroutine(path: str, number: int) -> Any:
    plan = _called(path, number)
    return plan.act(*await plan.wait())


async def coroutine_of_generator(path: str, number: int) -> Any:
    await coroutine(path, number)
    return generator(path, number)


async def coroutine_of_async_generator(path: str, number: int) -> Any:
    await coroutine(path, number)
    return async_generator(path, number)


def generator(path: str, number: int) -> Any:
    plan = _called(path, number)
    try:
        while (action := _pulled(plan)) != ["end"]:
            yield plan.act(*action)
    except GeneratorExit:
        _close(plan)
        raise


async def async_generator(path: str, number: int) -> Any:
    plan = _called(path, number)
    try:
        while (action := await _pulled_later(plan)) != ["end"]:
            yield plan.act(*action)
    except GeneratorExit:
        _close(plan)
        raise


def stream(path: str, number: int) -> Any:
    _called(path, number)
    return Stream(number)


def bare_stream(path: str, number: int) -> Any:
    _called(path, number)
    return BareStream(number)


def async_stream(path: str, number: int) -> Any:
    _called(path, number)
    return AsyncStream(number)


def bare_async_stream(path: str, number: int) -> Any:
    _called(path, number)
    return BareAsyncStream(number)


KINDS = {
    kind.__name__: handed(kind)
    for kind in (
        *(value, generator, stream, bare_stream, async_generator, async_stream, bare_async_stream),
        *(coroutine, coroutine_of_generator, coroutine_of_async_generator),
    )
}


@opaque
class Called:
    """An object that is called."""

    def __init__(self, handler: Any) -> None:
        self._handler = handler

    def __call__(self, path: str, number: int) -> Any:
        return self._handler(path, number)


ROUTE, SAME = detached(lambda path, number: path), detached(lambda given: given)
FORMS: dict[str, Callable[[Any], Any]] = {"function": lambda handler: handler, "partial": partial, "object": Called}


# ---- programs of requests ---------------------------------------------------------------------------------------


def run(settings: dict[str, Any], steps: list[list[Any]]) -> list[Any]:
    """Run the program on a new registry, and return the log."""
    world = World(settings)
    WORLDS[:] = [world]
    PLANS.clear()
    run_alone(world.run(steps))
    return world.log


class World:
    """A registry, its instrumented handlers, the streams and tasks by the number of their request, and the log."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.log: list[Any] = []
        self.clock = Clock(settings["start"])
        self._settings = settings
        self._registry = self._made()
        self._instrumented: dict[Any, Any] = {}
        self._streams: dict[int, Any] = {}
        self._tasks: dict[int, Any] = {}

    def _made(self) -> Any:
        given = self._settings
        return monitoring.Registry(buckets=given["buckets"], max_routes=given["max_routes"], clock=self.clock)

    async def run(self, steps: list[list[Any]]) -> None:
        for step in steps:
            if step[0] in ("wait", "read", "elsewhere") or (step[0] == "call" and step[2] == "value"):
                self.perform(step)
            else:
                self.log.append(await self._performed(*step))

    def perform(self, step: list[Any]) -> None:
        """Do what handlers can do, too."""
        match step:
            case ["wait", seconds]:
                self.clock.advance(seconds)
            case ["read"]:
                self.log.append(plain(self._registry.exposition()))
            case ["elsewhere", path]:
                self._made().instrument(SAME, route=SAME)(path)
            case ["call", number, "value", form, path, plan]:
                PLANS[number] = Plan(path, **plan)
                self.log.append(self._ending(number, lambda: self._call("value", form, path, number)))

    async def _performed(self, what: str, number: Any, *rest: Any) -> list[Any]:
        match what, rest:
            case "call", (kind, form, path, plan):
                return await self._begun(number, kind, form, path, Plan(path, **plan))
            case "never", (path, how):
                return await self._never(number, path, how)
            case "send", (seconds, action) if self._waits(number):
                self.clock.advance(seconds)
                PLANS[number].waits.set_result(action)  # type: ignore[union-attr]  # it waits
                return await self._settled(number)
            case "cancel", () if self._waits(number):
                self._tasks[number].cancel()
                return await self._settled(number)
            case _ if number not in self._streams or self._waits(number):
                return ["skipped"]
            case "next", (seconds, action):
                return await self._pulled(number, [seconds, action])
            case "close", ():
                return await self._closed(number)
            case "drop", ():
                return await self._dropped(number)
        return ["skipped"]

    def _waits(self, number: int) -> bool:
        return number in PLANS and PLANS[number].waits is not None

    async def _begun(self, number: int, kind: str, form: str, path: str, plan: Plan) -> list[Any]:
        PLANS[number] = plan
        if kind.startswith("coroutine"):
            self._tasks[number] = ensure_future(self._call(kind, form, path, number))
            return await self._settled(number)
        return self._ending(number, lambda: self._call(kind, form, path, number))

    async def _never(self, kind: str, path: str, how: str) -> list[Any]:
        never = self._call(kind, "function", path, -1)
        if how == "close":
            never.close()
        else:
            ensure_future(never).cancel()
            await _settle()
        return ["never"]

    async def _settled(self, number: int) -> list[Any]:
        """What became of the task by the time the loop has come to rest."""
        await _settle()
        task = self._tasks[number]
        if not task.done():
            return ["waits"]
        del self._tasks[number]
        return self._ending(number, task.result)

    async def _pulled(self, number: int, pull: list[Any]) -> list[Any]:
        PLANS[number].pull = pull
        if hasattr(self._streams[number], "__next__"):
            return self._ending(number, lambda: next(iter(self._streams[number])))  # as `for` does
        self._tasks[number] = ensure_future(_pull(self._streams[number]))
        return await self._settled(number)

    async def _closed(self, number: int) -> list[Any]:
        plan = PLANS[number]
        try:
            if hasattr(self._streams[number], "aclose"):
                await self._streams[number].aclose()
            else:
                self._streams[number].close()
            return ["closed", plan.closed]
        except BaseException as error:
            return ["raised", plan.closed, error is plan.error]

    async def _dropped(self, number: int) -> list[Any]:
        PLANS[number].closing, PLANS[number].closing_fails = 0.0, False
        del self._streams[number]
        collect()
        await _settle()
        return ["dropped"]

    def _ending(self, number: int, call: Callable[[], Any]) -> list[Any]:
        """How a call ended; a stream is kept."""
        plan = PLANS[number]
        try:
            given = call()
        except (StopIteration, StopAsyncIteration):
            return ["end"]
        except BaseException as error:
            cancelled = isinstance(error, CancelledError)
            return ["raised", "cancelled" if cancelled else plain(error.args), error is plan.error]
        if hasattr(given, "__next__") or hasattr(given, "__anext__"):
            self._streams[number] = given
            return ["stream"]
        return ["gave", plain(given), given is plan.value]

    def _call(self, kind: str, form: str, path: str, number: int) -> Any:
        """Call the instrumented handler of that kind and form, which is made once."""
        if (kind, form) not in self._instrumented:
            handler = FORMS[form](KINDS[kind])
            self._instrumented[kind, form] = self._registry.instrument(handler, route=ROUTE)
        instrumented = self._instrumented[kind, form]
        return instrumented(path, number) if number % 2 else instrumented(path, number=number)


async def _settle() -> None:
    for _ in range(ROUNDS):
        await sleep(0)


async def _pull(stream: Any) -> Any:
    return await anext(aiter(stream))  # as `async for` does


# ---- constructing, alerts ---------------------------------------------------------------------------------------


def registries(cases: list[list[Any]]) -> list[Any]:
    """Whether each could be made, or what was raised."""
    return [ended(_register, *case) for case in cases]


def _register(buckets: list[float], most: int) -> None:
    monitoring.Registry(buckets=buckets, max_routes=most, clock=Clock(0.0))


def coroutine_functions(kinds: list[list[str]]) -> list[bool]:
    """Whether what comes of a handler of each `[kind, form]` is a coroutine function."""
    registry = monitoring.Registry(buckets=[1], max_routes=1, clock=Clock(0.0))
    return [iscoroutinefunction(registry.instrument(FORMS[form](KINDS[kind]), route=ROUTE)) for kind, form in kinds]


def alerts(cases: list[list[Any]]) -> list[Any]:
    """What `evaluate` gave for each rule and its samples, which come once."""
    return [
        plain(monitoring.evaluate(_rule(rule), (monitoring.Sample(*sample) for sample in samples)))
        for rule, samples in cases
    ]


def _rule(fields: dict[str, Any]) -> Any:
    given = {name: Fraction(*value) if type(value) is list else value for name, value in fields.items()}
    return monitoring.Rule(**given)


def made(rules: list[dict[str, Any]], samples: list[list[int]]) -> list[Any]:
    """The fields of rules and of samples, or what was raised."""

    def shown(value: Any, names: Any) -> list[Any]:
        fields = [getattr(value, name) for name in names]
        return [[own.numerator, own.denominator] if isinstance(own, Fraction) else plain(own) for own in fields]

    names = ("at", "total", "errors")
    by_keyword = [monitoring.Sample(**dict(zip(names, sample, strict=True))) for sample in samples]
    by_position = [monitoring.Sample(*sample) for sample in samples]
    return [
        [ended(lambda given=rule: shown(_rule(given), given)) for rule in rules],
        [shown(sample, names) for sample in (*by_position, *by_keyword)],
    ]
