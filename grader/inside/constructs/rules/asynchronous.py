"""The rule `async-function`."""

from __future__ import annotations

import libcst as cst

from grader.inside.constructs.resolver.values import Function, Instance, Value
from grader.inside.constructs.rules.queries import Use, external_name, external_names, uses
from grader.inside.constructs.rules.rule import ABSENT, MET, DefinitionRule, Option, Question, RuleExample, Seen, Status

DEPTH = 4


class AsyncFunction(DefinitionRule):
    """The function is a coroutine function that awaits something, or it returns the result of another coroutine
    function of the submission.

    `await`, `async for`, `async with` and asynchronous comprehensions count; `await asyncio.sleep(0)` does not. Without
    `awaits`, `async def` suffices.
    """

    name = "async-function"
    of = "a function or method"
    message = "{of} is not an async function that awaits something."
    help = "Declare it with `async def`, and `await` slow operations instead of blocking."
    options = (Option("awaits", default=True, means="The function itself must await something."),)
    VALID = (
        RuleExample("async def Thing(u): return await get(u)"),
        RuleExample(
            """
            class Client:
                async def get(self, url):
                    async with self.session() as one: return one
            Thing = Client.get
            """
        ),
        RuleExample("async def _run(x): return await x\ndef Thing(x): return _run(x)"),
        RuleExample("async def Thing(rows): return [row async for row in rows]"),
        RuleExample(
            """
            import functools
            async def _run(x, y): return await x
            Thing = functools.partial(_run, y=1)
            """
        ),
        RuleExample("async def Thing(): return 1", options={"awaits": False}),
    )
    INVALID = (
        RuleExample("def Thing(u): return get(u)"),
        RuleExample("async def Thing(u): return get(u)"),
        RuleExample("async def Thing(u):\n    return get(u)\n    await sleep(1)"),
        RuleExample(
            """
            import asyncio, time
            async def Thing(u):
                await asyncio.sleep(0)
                return time.sleep(1)
            """
        ),
        RuleExample("async def unused(u): return await get(u)\ndef Thing(u): return get(u)", status=Status.DECOY),
        RuleExample("async def Thing(u):\n    async def inner(): await get(u)\n    return inner", status=Status.DECOY),
    )

    def holds(self, subject: Value, question: Question) -> Seen:
        return MET if self._is(subject, question, DEPTH) else ABSENT

    def _is(self, subject: Value, question: Question, depth: int) -> bool:
        if isinstance(subject, Instance) and external_name(subject) == "functools.partial" and subject.call is not None:
            made = question.project.names.values(subject.call.args[0].value, subject.scope, subject.order)
            return bool(made) and all(self._is(value, question, depth - 1) for value in made) if depth else False
        if not isinstance(subject, Function) or not depth:
            return False
        if subject.is_async:
            return not question.flag("awaits") or any(_awaits(use, question) for use in uses(subject.body))
        made = question.project.names.returns(subject)
        return bool(made) and all(
            isinstance(value, Instance) and self._is(value.of, question, depth - 1) for value in made
        )


def _awaits(use: Use, question: Question) -> bool:
    match use.node:
        case cst.Await(expression=cst.Call(func=func, args=[cst.Arg(value=cst.Integer(value="0"))])):
            return "asyncio.sleep" not in external_names(question.project, func, use.scope, use.order)
        case cst.Await():
            return True
        case cst.For() | cst.With() | cst.CompFor() as node:
            return node.asynchronous is not None
        case _:
            return False
