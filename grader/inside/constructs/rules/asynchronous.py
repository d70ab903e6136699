"""The rule `async-function`."""

from __future__ import annotations

import libcst as cst

from grader.inside.constructs.resolver.values import Function, Instance, Value
from grader.inside.constructs.rules.queries import uses
from grader.inside.constructs.rules.rule import ABSENT, MET, Asked, DefinitionRule, Example, Option, Seen, Status

DEPTH = 4


class AsyncFunction(DefinitionRule):
    """The function is a coroutine function that awaits something, or returns what one of the submission gives.

    `await`, `async for`, `async with` and asynchronous comprehensions count. Without `awaits`, `async def` is enough.
    """

    name = "async-function"
    of = "a function or method"
    message = "{of} is not an async function that awaits."
    help = "Declare it with `async def` and `await` what takes time instead of blocking."
    options = (Option("awaits", default=True, means="It must await something itself."),)
    VALID = (
        Example("async def Thing(u): return await get(u)"),
        Example(
            """
            class Client:
                async def get(self, url):
                    async with self.session() as one: return one
            Thing = Client.get
            """
        ),
        Example("async def _run(x): return await x\ndef Thing(x): return _run(x)"),
        Example("async def Thing(rows): return [row async for row in rows]"),
        Example("async def Thing(): return 1", options={"awaits": False}),
    )
    INVALID = (
        Example("def Thing(u): return get(u)"),
        Example("async def Thing(u): return get(u)"),
        Example("async def Thing(u):\n    return get(u)\n    await sleep(1)"),
        Example("async def unused(u): return await get(u)\ndef Thing(u): return get(u)", status=Status.DECOY),
        Example("async def Thing(u):\n    async def inner(): await get(u)\n    return inner", status=Status.DECOY),
    )

    def holds(self, subject: Value, asked: Asked) -> Seen:
        """See DefinitionRule."""
        return MET if self._is(subject, asked, DEPTH) else ABSENT

    def _is(self, subject: Value, asked: Asked, depth: int) -> bool:
        if not isinstance(subject, Function) or not depth:
            return False
        if subject.is_async:
            return not asked.flag("awaits") or any(_awaits(use.node) for use in uses(subject.body))
        made = asked.project.names.returns(subject)
        return bool(made) and all(isinstance(one, Instance) and self._is(one.of, asked, depth - 1) for one in made)


def _awaits(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Await) or (
        isinstance(node, cst.For | cst.With | cst.CompFor) and node.asynchronous is not None
    )
