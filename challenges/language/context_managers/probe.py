"""Runs inside, beside the submission: interprets drawn programs over a store, and returns the log.

    run(initial, program) -> how one program ended, its log, and what the store holds at last
    run_tasks(initial, programs) -> the same for several tasks that start in that order
    wait(tasks, pauses) -> how often each of the tasks behind a slow one was resumed until it had had its turn
    hold(managers, body, kind) -> how a `with all_of(...)` over scripted managers ended, and its log

A program is a list of nodes, `[operation, ...]`; `with` nodes hold programs. Exceptions are named in EXCEPTIONS.
"""

from asyncio import CancelledError, ensure_future, gather, sleep
from types import TracebackType

from probe_kit.nameless import nameless
from probe_kit.running import run as run_alone

import transactions


@nameless
class Wrong(Exception):
    pass


@nameless
class Worse(Exception):
    pass


@nameless
class Kept(Exception):
    """Has to come through as it is: one like it is another."""


@nameless
class Stop(BaseException):
    pass


@nameless
class Waited(Exception):
    """A program without tasks had to wait: no exception of anybody else's."""


EXCEPTIONS = {
    "Kept": Kept,
    "Wrong": Wrong,
    "Worse": Worse,
    "Stop": Stop,
    "Cancelled": CancelledError,
    "KeyError": KeyError,
} | {"Exception": Exception}
PROMISED = (transactions.Rollback, RuntimeError, KeyError, CancelledError)
"""What the brief says is raised; a class of its own below one of these is as good."""
WORDS = {Kept: "Kept", Wrong: "Wrong", Worse: "Worse", Stop: "Stop", Waited: "Waited"}
RAISED = []
"""Exceptions of ours."""
NAMED = (*EXCEPTIONS.values(), *PROMISED, Waited)


def run(initial, program, emptied=False):
    """Interpret one program without an event loop; the dict of the beginning is `emptied` before."""
    given = dict(initial)
    world = _World(given)
    if emptied:
        given.clear()
    try:
        _drive(world.interpret(0, program, {}))
        ending = "ok"
    except NAMED as error:
        ending = _named(error)
    return world.report(ending)


def run_tasks(initial, programs):
    """Interpret several programs as tasks."""
    world = _World(initial)

    async def main():
        world.tasks = [ensure_future(world.interpret(at, program, {})) for at, program in enumerate(programs)]
        return await gather(*world.tasks, return_exceptions=True)

    endings = [_named(ending) if isinstance(ending, BaseException) else "ok" for ending in run_alone(main())]
    return world.report(endings)


def wait(keys, pauses):
    """Let tasks wait behind one that pauses within its transaction, and count what the loop has to do for each."""
    store = transactions.Store({})

    async def own(at):
        async with store.transaction():
            store[keys[at]] = at
            for _ in range(0 if at else pauses):
                await sleep(0)

    async def main():
        programs = [_Counted(own(at)) for at in range(len(keys))]
        await gather(*map(_awaited, programs))
        return [list(store), [program.times for program in programs[1:]]]

    return run_alone(main())


class _Counted:
    """A coroutine, and how often it went on."""

    def __init__(self, program):
        self.program, self.times = program, 0

    def __await__(self):
        step, argument = self.program.send, None
        while True:
            self.times += 1
            try:
                awaited = step(argument)
            except StopIteration:
                return
            try:
                step, argument = self.program.send, (yield awaited)
            except BaseException as error:
                step, argument = self.program.throw, error


async def _awaited(program):
    await program


def _made(kind, mark):
    RAISED.append(EXCEPTIONS[kind](mark))
    return RAISED[-1]


def _named(error):
    if type(error) is Kept and not any(error is raised for raised in RAISED):
        return ["an exception like it"]
    kind = next((kind for kind in PROMISED if isinstance(error, kind)), type(error))
    if isinstance(error, (NotImplementedError, RecursionError)):
        kind = type(error)
    return [WORDS.get(kind, kind.__name__), *(error.args if type(error) in (Kept, Wrong, Worse, Stop) else ())]


def _drive(coroutine):
    try:
        coroutine.send(None)
    except StopIteration:
        return
    raise Waited


class _World:
    def __init__(self, initial):
        self.boxes = {}
        self.store = transactions.Store(initial)
        self.log = []
        self.tasks = []

    def report(self, ending):
        return {
            "ending": ending,
            "log": self.log,
            "items": self.items(),
            "depth": self.depth(),
        }

    def object(self, value):
        """A list stands for an object that can change: one for each mark."""
        return self.boxes.setdefault(value[0], value) if type(value) is list else value

    def shown(self, value):
        return [*value, value is self.boxes.get(value[0])] if type(value) is list else value

    def items(self):
        return [[key, self.shown(value)] for key, value in self.store.items()]

    def depth(self):
        """A subclass of int counts as one."""
        depth = self.store.depth
        return int.__int__(depth) if isinstance(depth, int) and type(depth) is not bool else depth

    async def interpret(self, task, program, known):
        for operation, *arguments in program:
            await getattr(self, f"do_{operation}")(task, known, *arguments)

    def note(self, task, *what):
        self.log.append([task, *what])

    async def do_with(self, task, known, name, body):
        transaction = known[name] if name in known else self.store.transaction()
        with transaction as bound:
            self.note(task, "entered", bound is transaction, self.depth())
            await self.interpret(task, body, {**known, name: transaction})

    async def do_async_with(self, task, known, name, body):
        transaction = known[name] if name in known else self.store.transaction()
        async with transaction as bound:
            self.note(task, "entered", bound is transaction, self.depth())
            await self.interpret(task, body, {**known, name: transaction})

    async def do_all_of(self, task, known, names, body):
        owned = {name: known[name] if name in known else self.store.transaction() for name in names}
        with transactions.all_of(*owned.values()) as bound:
            self.note(task, "entered", list(bound) == list(owned.values()), self.depth())
            await self.interpret(task, body, {**known, **owned})

    async def do_async_all_of(self, task, known, names, body):
        owned = {name: known[name] if name in known else self.store.transaction() for name in names}
        async with transactions.all_of_async(*owned.values()) as bound:
            self.note(task, "entered", list(bound) == list(owned.values()), self.depth())
            await self.interpret(task, body, {**known, **owned})

    async def do_try(self, task, known, kinds, body):
        caught = tuple(EXCEPTIONS[kind] for kind in kinds)
        try:
            await self.interpret(task, body, known)
        except caught as error:
            self.note(task, "caught", *_named(error))

    async def do_set(self, task, known, key, value):
        self.store[key] = self.object(value)

    async def do_delete(self, task, known, key):
        del self.store[key]

    async def do_get(self, task, known, key):
        self.note(task, "got", self.shown(self.store[key]))

    async def do_show(self, task, known):
        self.note(task, "shown", self.items(), len(self.store), self.depth())

    async def do_has(self, task, known, key):
        self.note(task, "has", key in self.store)

    async def do_raise(self, task, known, kind, mark):
        raise _made(kind, mark)

    async def do_rollback(self, task, known, name):
        known[name].rollback()

    async def do_rollback_unopened(self, task, known):
        self.store.transaction().rollback()

    async def do_on_commit(self, task, known, mark):
        self.store.on_commit(lambda: self.note(task, "committed", mark, self.depth(), len(self.store)))

    async def do_pause(self, task, known):
        await sleep(0)

    async def do_cancel(self, task, known, other):
        self.tasks[other].cancel()


def _kind(value):
    return value.__name__ if isinstance(value, type) else type(value).__name__


class _Scripted:
    """Enters and leaves as told, and notes what it sees."""

    def __init__(self, log, mark, entering, leaving):
        self.log, self.mark, self.entering, self.leaving = log, mark, entering, leaving

    def enter(self):
        self.log.append(["enter", self.mark])
        if self.entering is not None:
            raise _made(self.entering, self.mark)
        return self.mark

    def leave(self, kind, error, trace):
        self.log.append(["leave", self.mark, None if error is None else _named(error)])
        if (kind, type(trace)) != ((None, type(None)) if error is None else (type(error), TracebackType)):
            self.log.append(["told otherwise", _kind(kind), _kind(trace)])
        if self.leaving in EXCEPTIONS:
            raise _made(self.leaving, self.mark)
        return self.leaving == "suppress"


@nameless
class _Plain(_Scripted):
    def __enter__(self):
        return self.enter()

    def __exit__(self, kind, error, trace):
        return self.leave(kind, error, trace)


@nameless
class _Awaited(_Scripted):
    async def __aenter__(self):
        await sleep(0)
        return self.enter()

    async def __aexit__(self, kind, error, trace):
        await sleep(0)
        return self.leave(kind, error, trace)


def hold(managers, body):
    """Hold scripted managers with `all_of`; the body raises `body` unless that is None."""
    log = []
    made = [_Plain(log, *arguments) for _, *arguments in managers]
    try:
        with transactions.all_of(*made) as bound:
            log.append(["body", tuple(bound) if isinstance(bound, tuple) else bound])
            if body is not None:
                raise _made(body, "body")
        ending = "ok"
    except NAMED as error:
        ending = _named(error)
    return [ending, log]


def hold_async(managers, body):
    """The same with `all_of_async`, over managers of both kinds."""
    log = []
    made = [(_Awaited if awaited else _Plain)(log, *arguments) for awaited, *arguments in managers]

    async def main():
        async with transactions.all_of_async(*made) as bound:
            log.append(["body", tuple(bound) if isinstance(bound, tuple) else bound])
            await sleep(0)
            if body is not None:
                raise _made(body, "body")

    try:
        run_alone(main())
        ending = "ok"
    except NAMED as error:
        ending = _named(error)
    return [ending, log]
