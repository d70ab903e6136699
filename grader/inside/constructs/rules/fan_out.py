"""The rule `bounded-fan-out`."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import libcst as cst

from grader.inside.constructs.resolver import tree
from grader.inside.constructs.resolver.names import Scope
from grader.inside.constructs.resolver.project import Project
from grader.inside.constructs.resolver.values import Instance, Parameter, Value
from grader.inside.constructs.rules.queries import Use, external_name, external_names, keyword, references, uses
from grader.inside.constructs.rules.rule import ABSENT, MET, DefinitionRule, Question, RuleExample, Seen, Status

SEMAPHORES = frozenset(
    {
        "asyncio.Semaphore",
        "asyncio.BoundedSemaphore",
        "threading.Semaphore",
        "threading.BoundedSemaphore",
        "anyio.Semaphore",
        "anyio.CapacityLimiter",
        "trio.Semaphore",
        "trio.CapacityLimiter",
    }
)
POOLS = frozenset(
    {
        "concurrent.futures.ThreadPoolExecutor",
        "concurrent.futures.ProcessPoolExecutor",
        "multiprocessing.Pool",
        "multiprocessing.pool.Pool",
        "multiprocessing.pool.ThreadPool",
    }
)
GATHERING = frozenset({"asyncio.gather", "asyncio.wait", "asyncio.as_completed"})
FANNING = GATHERING | {"asyncio.create_task", "asyncio.ensure_future"}
STARTERS = frozenset({"create_task", "start_soon", "ensure_future"})
"""Methods of task groups and loops, whose types are rarely known."""

TAKING = frozenset({"get", "get_nowait", "popleft", "pop", "receive"})


class BoundedFanOut(DefinitionRule):
    """It starts many tasks, and bounds how many of them run at a time.

    A bound is a semaphore that is created outside the tasks and entered by each of them; a fixed number of workers that
    take from a queue; a pool of threads or processes; batches of tasks, each awaited before the next; or waiting for a
    task to finish once enough are running. The functions that it calls are examined as well.
    """

    name = "bounded-fan-out"
    of = "a function, a method or a class"
    message = "{of} does not limit how many of its tasks run at a time."
    help = "Create one `gate = asyncio.Semaphore(limit)`, and let every task do its work inside `async with gate`."
    VALID = (
        RuleExample(
            """
            import asyncio
            async def Thing(urls, limit):
                gate = asyncio.Semaphore(limit)
                async def one(url):
                    async with gate: return await get(url)
                return await asyncio.gather(*(one(url) for url in urls))
            """
        ),
        RuleExample(
            """
            import asyncio
            class Thing:
                def __init__(self, limit): self._gate = asyncio.BoundedSemaphore(limit)
                async def _one(self, url):
                    await self._gate.acquire()
                    try: return await get(url)
                    finally: self._gate.release()
                async def run(self, urls):
                    async with asyncio.TaskGroup() as group:
                        for url in urls: group.create_task(self._one(url))
            """
        ),
        RuleExample(
            """
            import asyncio
            async def _worker(queue, out):
                while True:
                    url = await queue.get()
                    out.append(await get(url))
                    queue.task_done()
            async def Thing(urls, limit):
                queue, out = asyncio.Queue(), []
                for url in urls: queue.put_nowait(url)
                workers = [asyncio.create_task(_worker(queue, out)) for _ in range(limit)]
                await queue.join()
                return out
            """
        ),
        RuleExample(
            """
            import asyncio
            async def Thing(urls, limit):
                for start in range(0, len(urls), limit):
                    await asyncio.gather(*map(get, urls[start : start + limit]))
            """
        ),
        RuleExample(
            """
            import asyncio
            async def Thing(urls, limit):
                pending = set()
                for url in urls:
                    if len(pending) >= limit:
                        done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                    pending.add(asyncio.create_task(get(url)))
            """
        ),
        RuleExample(
            """
            import asyncio
            async def Thing(urls, limit):
                running = set()
                while urls or running:
                    while urls and len(running) < limit:
                        running.add(asyncio.ensure_future(get(urls.pop())))
                    done, running = await asyncio.wait(running, return_when="FIRST_COMPLETED")
            """
        ),
        RuleExample(
            """
            from concurrent.futures import ThreadPoolExecutor
            def Thing(urls, limit):
                with ThreadPoolExecutor(limit) as pool: return list(pool.map(get, urls))
            """
        ),
    )
    INVALID = (
        RuleExample(
            """
            import asyncio
            async def Thing(urls): return await asyncio.gather(*map(get, urls))
            """
        ),
        RuleExample(
            """
            import asyncio
            async def Thing(urls, limit):
                async with asyncio.Semaphore(limit): return await asyncio.gather(*map(get, urls))
            """
        ),
        RuleExample(
            """
            import asyncio
            async def Thing(urls, limit):
                async def one(url):
                    gate = asyncio.Semaphore(limit)
                    async with gate: return await get(url)
                return await asyncio.gather(*map(one, urls))
            """
        ),
        RuleExample(
            """
            import asyncio
            async def Thing(urls, limit):
                gate = asyncio.Semaphore(limit)
                return await asyncio.gather(*map(get, urls))
            """
        ),
        RuleExample(
            """
            import asyncio
            async def Thing(urls, tries):
                for _ in range(tries): await asyncio.gather(*map(get, urls))
            """
        ),
        RuleExample(
            """
            import asyncio
            async def _worker(queue):
                while True: await queue.get()
            async def Thing(urls):
                queue = asyncio.Queue()
                await asyncio.gather(*(_worker(queue) for _ in range(len(urls))))
            """
        ),
        RuleExample(
            """
            import asyncio
            async def Thing(urls):
                running = {asyncio.create_task(get(url)) for url in urls}
                while len(running) > 0:
                    done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            """
        ),
        RuleExample("async def Thing(urls): return [await get(url) for url in urls]"),
        RuleExample(
            """
            import asyncio
            async def decoy(urls):
                gate = asyncio.Semaphore(3)
                async def one(url):
                    async with gate: return await get(url)
                return await asyncio.gather(*map(one, urls))
            async def Thing(urls): return await asyncio.gather(*map(get, urls))
            """,
            status=Status.DECOY,
        ),
    )

    def holds(self, subject: Value, question: Question) -> Seen:
        code = Code(subject.of if isinstance(subject, Instance) else subject, question)
        if code.pools:
            return MET
        if not code.starts:
            return Seen(Status.ABSENT, "It starts no tasks that run concurrently.")
        bounds = (_gated, _workers, _batches, _waits)
        return MET if any(bounded(code) for bounded in bounds) else ABSENT


class Called(NamedTuple):
    """A call, and the dotted names of the things that it may call."""

    use: Use
    call: cst.Call
    names: set[str]


class Room(NamedTuple):
    """The uses and calls in one scope, and whether the scope names a pool."""

    uses: list[Use]
    calls: list[Called]
    pools: bool


def _room(project: Project, scope: Scope) -> Room:
    found = list(uses(scope))
    calls = [
        Called(use, use.node, external_names(project, use.node.func, use.scope, use.order))
        for use in found
        if isinstance(use.node, cst.Call)
    ]
    return Room(found, calls, any(name in POOLS for _, name in references(project, scope)))


class Code:
    """All code that a definition leads to."""

    def __init__(self, subject: Value, question: Question) -> None:
        self.asked = question
        self.scopes = list(question.project.reach(subject).scopes())
        rooms = [question.project.once((Room, scope), partial(_room, question.project, scope)) for scope in self.scopes]
        self.uses = [use for room in rooms for use in room.uses]
        self.calls = [call for room in rooms for call in room.calls]
        self.pools = any(room.pools for room in rooms)
        """Whether a pool is named at all, since its class may be passed on before it is called."""
        self.starts = [call for call in self.calls if call.names & FANNING or _method(call.call) in STARTERS]

    def calls_to(self, names: frozenset[str]) -> bool:
        """Return whether one of the names is called."""
        return any(call.names & names for call in self.calls)

    def gathers(self, node: cst.CSTNode) -> list[cst.Call]:
        """Return the calls within a node that wait for several tasks."""
        within = {id(part) for part in tree.walk(node)}
        return [call.call for call in self.calls if call.names & GATHERING and id(call.call) in within]


def _method(call: cst.Call) -> str:
    return call.func.attr.value if isinstance(call.func, cst.Attribute) else ""


def _gated(code: Code) -> bool:
    """Return whether tasks enter or acquire a semaphore that was created outside them."""
    made = code.calls_to(SEMAPHORES)
    for use in code.uses:
        match use.node:
            case cst.With(items=items, body=body):
                if any(_is_gate(item.item, use, code, made=made) for item in items):
                    inside = {id(part) for part in tree.walk(body)}
                    if not any(id(start.call) in inside for start in code.starts):
                        return True
            case cst.Call(func=cst.Attribute(value=owner, attr=cst.Name(value="acquire" | "__aenter__"))):
                if _is_gate(owner, use, code, made=made):
                    return True
            case _:
                pass
    return False


def _is_gate(node: cst.BaseExpression, use: Use, code: Code, *, made: bool) -> bool:
    """Return whether an expression is a semaphore that several tasks share."""
    for value in code.asked.project.names.values(node, use.scope, use.order):
        if isinstance(value, Instance) and external_name(value) in SEMAPHORES and value.scope is not use.scope:
            return True
        if isinstance(value, Parameter) and made:
            return True
    return False


def _workers(code: Code) -> bool:
    """Return whether a fixed number of workers take from a queue in a loop."""
    takes = any(
        isinstance(use.node, cst.While | cst.For)
        and any(isinstance(part, cst.Call) and _method(part) in TAKING for part in tree.walk(use.node.body))
        for use in code.uses
    )
    return takes and any(_counts(use.node, code) for use in code.uses)


def _counts(node: cst.CSTNode, code: Code) -> bool:
    """Return whether tasks are started in a loop over a range other than the length of the work."""
    match node:
        case cst.For(iter=cst.Call(func=cst.Name(value="range")) as numbers, body=part):
            pass
        case cst.ListComp(for_in=cst.CompFor(iter=cst.Call(func=cst.Name(value="range")) as numbers)) as part:
            pass
        case cst.GeneratorExp(for_in=cst.CompFor(iter=cst.Call(func=cst.Name(value="range")) as numbers)) as part:
            pass
        case _:
            return False
    called = {tree.dotted(node.func) for node in tree.walk(numbers) if isinstance(node, cst.Call)}
    if "len" in called and "min" not in called:
        return False
    within = {id(node) for node in tree.walk(part)}
    gathered = {id(node) for start in code.starts for node in tree.walk(start.call)}
    return id(part) in gathered or any(id(start.call) in within for start in code.starts)


def _batches(code: Code) -> bool:
    """Return whether a loop waits for some of the tasks in each round."""
    for use in code.uses:
        if isinstance(use.node, cst.For):
            targets = {part.value for part in tree.walk(use.node.target) if isinstance(part, cst.Name)}
            for call in code.gathers(use.node.body):
                names = {part.value for part in tree.walk(call) if isinstance(part, cst.Name)}
                if names & (targets | _made_of(targets, use.node.body)):
                    return True
    return False


def _made_of(names: set[str], body: cst.BaseSuite) -> set[str]:
    """Return the names that a loop's statements derive from its targets."""
    return {
        target.target.value
        for part in tree.walk(body)
        if isinstance(part, cst.Assign)
        if names & {node.value for node in tree.walk(part.value) if isinstance(node, cst.Name)}
        for target in part.targets
        if isinstance(target.target, cst.Name)
    }


def _waits(code: Code) -> bool:
    """Return whether the code waits for a task once enough are running, or starts more only while too few are."""
    waiting = {id(call.call) for call in code.calls if call.names & GATHERING and keyword(call.call, "return_when")}
    starting = {id(start.call) for start in code.starts} - waiting
    for use in code.uses:
        if isinstance(use.node, cst.While | cst.If) and any(map(_is_length, tree.walk(use.node.test))):
            within = {id(part) for part in tree.walk(use.node.body)}
            if within & waiting or (waiting and within & starting):
                return True
    return False


def _is_length(node: cst.CSTNode) -> bool:
    """Return whether a length is compared with something other than 0 or 1."""
    if not isinstance(node, cst.Comparison):
        return False
    parts = list(tree.walk(node))
    counted = any(isinstance(part, cst.Call) and tree.dotted(part.func) == "len" for part in parts)
    return counted and not any(isinstance(part, cst.Integer) and part.evaluated_value <= 1 for part in parts)
