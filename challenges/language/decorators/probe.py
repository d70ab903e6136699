"""Runs inside, beside the submission: decorates scripted functions and runs a drawn program on them.

    run(setup, steps) -> [[how the step ended, what happened meanwhile], ...]
    identify(setup) -> what the decorated thing says about itself
    make(name, arguments) -> how making the decorator ended

A setup is `{"decorators": [[name, arguments], ...] outermost first, "flavour", "scripts", "clock"}`. The functions that
share the decorators each follow a script of outcomes, `["return", value, seconds]` or `["raise", kind, mark, seconds]`.
Flavours: `function`, `method`, `coroutine`, `async-method`. The clock stands still unless somebody sleeps or moves it.
A call on an instance that could not be made ends as `["skipped"]`.
"""

from asyncio import ensure_future, gather, sleep
from gc import collect
from inspect import iscoroutinefunction, signature, unwrap
from weakref import ref

from probe_kit import plain
from probe_kit.nameless import nameless
from probe_kit.running import run as run_alone

import decorators


@nameless
class Flaky(Exception):
    pass


@nameless
class VeryFlaky(Flaky):
    pass


@nameless
class Fatal(Exception):
    pass


@nameless
class Kept(Exception):
    """Has to come through as it is: one like it is another."""


@nameless
class Stop(BaseException):
    pass


OWN = {"Kept": Kept, "Flaky": Flaky, "VeryFlaky": VeryFlaky, "Fatal": Fatal, "Stop": Stop}
EXCEPTIONS = {**OWN, "Exception": Exception, "BaseException": BaseException, "LookupError": LookupError}
WORDS = {kind: word for word, kind in EXCEPTIONS.items()}
RAISED = []
"""Exceptions of ours."""


def _made(kind, mark):
    RAISED.append(EXCEPTIONS[kind](mark))
    return RAISED[-1]


def run(setup, steps):
    """Run each step and tell how it ended and what was called."""
    world = _World(setup)
    lent = []
    return [_lend(world, lent, *rest) if name == "lend" else world.step(name, *rest) for name, *rest in steps]


def _lend(world, lent, variable):
    """Let somebody hold on to an instance whom no step names."""
    lent.append(world.instances.pop(variable, None))
    return [None, []]


def make(name, arguments, mark):
    """Make a decorator; if it could be made, what a function that it decorates makes of `mark`."""
    try:
        decorate = _decorator(name, arguments, None)
    except ValueError:
        return "ValueError"

    @decorate
    def doubled(value):
        return [value, value]

    return plain(doubled(mark))


def turns(delay, mark):
    """How often others have their turn while a coroutine function pauses between its two attempts, and its result."""
    count, seen = 0, []

    @decorators.retry(2, delay=delay)
    @nameless
    async def failing():
        seen.append(count)
        if len(seen) == 1:
            raise Flaky
        return mark

    async def main():
        nonlocal count
        task = ensure_future(failing())
        while not task.done():
            count += 1
            await sleep(0)
        return await task

    result = run_alone(main())
    return [plain(result), seen[1] - seen[0]]


def keep(size, numbers, lent):
    """Which results of a memoised function are alive after these calls; somebody holds on to those that are lent."""
    seen = {}

    @nameless
    class Result:
        pass

    @decorators.memoise(max_size=size)
    @nameless
    def made(number):
        result = Result()
        seen[number] = ref(result)
        return result

    held = [result for number in numbers for result in [made(number)] if number in lent]
    collect()
    return [[number for number in numbers if seen[number]() is not None], len(held)]


def _seconds(value):
    """Seconds as the float that they are promised to be: by way of a subclass or an int they are right as well."""
    if isinstance(value, float):
        return float.__float__(value)
    return float(int.__int__(value)) if isinstance(value, int) and not isinstance(value, bool) else plain(value)


class _Skipped(Exception):
    """The instance that a step is about could not be made."""


class _Clock:
    def __init__(self, now, events):
        self.now, self.events = now, events

    def time(self):
        return self.now

    def sleep(self, seconds):
        self.events.append(["sleep", _seconds(seconds)])
        self.now += seconds

    async def sleep_async(self, seconds):
        self.events.append(["sleep_async", _seconds(seconds)])
        await sleep(0)
        self.now += seconds


def _decorator(name, arguments, clock):
    arguments = dict(arguments)
    positional = [arguments.pop(first) for first in ("times", "calls") if first in arguments]
    if "on" in arguments:
        kinds = [EXCEPTIONS[kind] for kind in arguments["on"]]
        arguments["on"] = tuple(kinds) if len(kinds) > 1 else kinds[0]
    if clock is not None:
        arguments["clock"] = clock
    return getattr(decorators, name)(*positional, **arguments)


class _World:
    def __init__(self, setup):
        self.events = []
        self.clock = _Clock(setup["clock"], self.events) if setup["clock"] is not None else None
        self.scripts = [list(script) for script in setup["scripts"]]
        made = [_decorator(name, arguments, self.clock) for name, arguments in reversed(setup["decorators"])]
        self.originals = [_FUNCTIONS[setup["flavour"]](self, index) for index in range(len(self.scripts))]
        self.functions = list(self.originals)
        for decorate in made:
            self.functions = [decorate(function) for function in self.functions]
        self.owner = type("Owner", (), {f"call{index}": function for index, function in enumerate(self.functions)})
        self.is_method, self.is_async = "method" in setup["flavour"], setup["flavour"] in ("coroutine", "async-method")
        self.instances, self.seen = {}, {}

    def perform(self, index, instance, arguments):
        """The body of a scripted function, up to its outcome."""
        label = next((name for name, known in self.instances.items() if known is instance), None)
        self.events.append(["call", index, label, *map(plain, arguments)])
        kind, *outcome, seconds = self.scripts[index].pop(0) if self.scripts[index] else ["return", "no more", 0]
        if self.clock is not None:
            self.clock.now += seconds
        return (None, outcome[0]) if kind == "return" else (_made(*outcome), None)

    def step(self, name, *arguments):
        self.events.clear()
        try:
            ending = getattr(self, f"do_{name}")(*arguments)
        except _Skipped:
            ending = ["skipped"]
        return [ending, list(self.events)]

    def instance(self, variable):
        if variable not in self.instances:
            raise _Skipped
        return self.instances[variable]

    def start(self, index, instance, positional, keywords):
        function = getattr(self.instance(instance), f"call{index}") if self.is_method else self.functions[index]
        return function(*positional, **keywords)

    def do_call(self, *call):
        try:
            if self.is_async:
                return ["ok", plain(run_alone(_awaited(self.start(*call))))]
            return ["ok", plain(self.start(*call))]
        except _Skipped:
            raise
        except tuple(EXCEPTIONS.values()) as error:
            return _ending(error)

    def do_gather(self, calls):
        async def all_at_once():
            tasks = [ensure_future(_awaited(self.start(*call))) for call in calls]
            return await gather(*tasks, return_exceptions=True)

        endings = run_alone(all_at_once())
        return [_ending(ending) if isinstance(ending, BaseException) else ["ok", plain(ending)] for ending in endings]

    def do_advance(self, seconds):
        self.clock.now += seconds

    def do_new(self, variable):
        self.instances[variable] = self.owner()
        self.seen[variable] = ref(self.instances[variable])

    def do_equal(self):
        """From now on all instances are equal and none can be hashed."""
        self.owner.__eq__ = lambda left, right: True
        self.owner.__hash__ = None

    def do_drop(self, variable):
        self.instance(variable)
        del self.instances[variable]

    def do_alive(self):
        collect()
        return [variable for variable, reference in self.seen.items() if reference() is not None]


async def _awaited(awaitable):
    return await awaitable


def _ending(error):
    if isinstance(error, decorators.RateLimitExceeded):
        return ["limited", _seconds(error.retry_after)]
    if type(error) is Kept and not any(error is raised for raised in RAISED):
        return ["an exception like it"]
    return [WORDS.get(type(error), type(error).__name__), *map(plain, error.args)]


def _function(world, index):
    def call(a, b=2, *, c=3):
        error, value = world.perform(index, None, [a, b, c])
        if error is not None:
            raise error
        return value

    return call


def _method(world, index):
    def call(self, a, b=2, *, c=3):
        error, value = world.perform(index, self, [a, b, c])
        if error is not None:
            raise error
        return value

    return call


def _coroutine(world, index):
    async def call(a, b=2, *, c=3):
        error, value = world.perform(index, None, [a, b, c])
        await sleep(0)
        if error is not None:
            raise error
        return value

    return call


def _async_method(world, index):
    async def call(self, a, b=2, *, c=3):
        error, value = world.perform(index, self, [a, b, c])
        await sleep(0)
        if error is not None:
            raise error
        return value

    return call


_FUNCTIONS = {"function": _function, "method": _method, "coroutine": _coroutine, "async-method": _async_method}


def identify(setup, name, qualified, documentation, module, attribute, mark):
    """Name and document the first function, decorate it, and ask the result."""
    world = _World({**setup, "decorators": []})
    original = world.originals[0]
    original.__name__, original.__qualname__, original.__doc__ = name, qualified, documentation
    original.__module__ = module
    setattr(original, attribute, mark)
    decorated = original
    for decorator, arguments in reversed(setup["decorators"]):
        decorated = _decorator(decorator, arguments, world.clock)(decorated)
    unwrapped = unwrap(decorated)
    return {
        "name": _of(decorated, "__name__"),
        "qualified": _of(decorated, "__qualname__"),
        "documentation": _of(decorated, "__doc__"),
        "module": _of(decorated, "__module__"),
        "attribute": _of(decorated, attribute),
        "signature": _signature(decorated),
        "wrapped": [unwrapped is original, decorated is not original],
        "coroutine": iscoroutinefunction(decorated),
    }


def _of(decorated, name):
    return plain(getattr(decorated, name, None))


def _signature(decorated):
    try:
        return str(signature(decorated))
    except (TypeError, ValueError):
        return "no signature"


def facts():
    """What each decorator makes of a function and of a coroutine function."""
    made = {"retry": {"times": 2}, "rate_limit": {"calls": 2, "per": 1.0}, "memoise": {}}
    return {
        f"{name.replace('_', '-')}-decorator": lambda name=name, arguments=arguments: _kept(name, arguments)
        for name, arguments in made.items()
    }


def _kept(name, arguments):
    def plain():
        """One."""

    async def waiting():
        """Two."""

    kept, wraps = ["__name__", "__qualname__", "__doc__", "__module__"], True
    for original in (plain, waiting):
        decorated = _decorator(name, arguments, None)(original)
        kept = [attribute for attribute in kept if getattr(decorated, attribute, None) == getattr(original, attribute)]
        wraps = wraps and decorated is not original
    return {"kept": kept, "wraps": wraps}
