"""The rule `context-manager`."""

from __future__ import annotations

import libcst as cst

from grader.inside.constructs.resolver.tree import walk
from grader.inside.constructs.resolver.values import Class, Function, Instance, Value
from grader.inside.constructs.rules.queries import ancestors, decorated_by, external_name, uses, working_member
from grader.inside.constructs.rules.rule import ABSENT, MET, DefinitionRule, Option, Question, RuleExample, Seen, Status

SYNC, ASYNC = ("__enter__", "__exit__"), ("__aenter__", "__aexit__")
MAKERS = {"sync": "contextlib.contextmanager", "async": "contextlib.asynccontextmanager"}
READY = {
    "sync": {
        "contextlib.AbstractContextManager",
        "contextlib.ExitStack",
        "contextlib.closing",
        "contextlib.suppress",
        "contextlib.redirect_stdout",
        "contextlib.nullcontext",
        "tempfile.TemporaryDirectory",
        "builtins.open",
    },
    "async": {"contextlib.AbstractAsyncContextManager", "contextlib.AsyncExitStack", "contextlib.aclosing"},
}
"""Classes of the standard library that have both methods."""
ENTER_GIVEN = {"contextlib.AbstractContextManager", "contextlib.AbstractAsyncContextManager"}
DEPTH = 4


class ContextManager(DefinitionRule):
    """A context manager: a class with `__enter__` and `__exit__`, a generator under `@contextlib.contextmanager`, or
    a function that returns one of these.

    `kind` is `sync`, `async` or `any`. With `guards`, a generator must yield within a `try` or another `with`, so that
    it cleans up after an exception.
    """

    name = "context-manager"
    of = "a class or a function"
    message = "{of} is not a context manager."
    help = "Define `__enter__` and `__exit__`, or write a generator decorated with `@contextlib.contextmanager`."
    options = (
        Option("kind", default="any", means="The kind that is required: `sync`, `async` or `any`."),
        Option("guards", default=False, means="A generator must clean up when the body of the `with` raises."),
    )
    VALID = (
        RuleExample(
            """
            class Thing:
                def __enter__(self): return self
                def __exit__(self, *error): self.close()
            """
        ),
        RuleExample(
            """
            import contextlib as c
            @c.contextmanager
            def Thing():
                try: yield 1
                finally: close()
            """,
            options={"guards": True, "kind": "sync"},
        ),
        RuleExample(
            """
            from contextlib import asynccontextmanager
            @asynccontextmanager
            async def Thing():
                async with connect() as one: yield one
            """,
            options={"kind": "async", "guards": True},
        ),
        RuleExample(
            """
            class _Timer:
                def __enter__(self): return self
                def __exit__(self, *error): stop()
            def Thing(): return _Timer()
            """
        ),
        RuleExample(
            """
            from contextlib import AbstractContextManager
            class Thing(AbstractContextManager):
                def __exit__(self, *error): close()
            """
        ),
    )
    INVALID = (
        RuleExample("class Thing:\n    def __enter__(self): return self\n"),
        RuleExample("def Thing(): yield 1\n"),
        RuleExample("import contextlib\n@contextlib.contextmanager\ndef Thing(): return 1\n"),
        RuleExample(
            "import contextlib\n@contextlib.contextmanager\ndef Thing():\n    yield 1\n    close()\n",
            options={"guards": True},
        ),
        RuleExample(
            """
            class Thing:
                def __enter__(self): return self
                def __exit__(self, *error): close()
            """,
            options={"kind": "async"},
        ),
        RuleExample("class Thing:\n    def __enter__(self): ...\n    def __exit__(self, *error): ...\n"),
        RuleExample(
            """
            from contextlib import contextmanager
            @contextmanager
            def unused(): yield
            def Thing(): return 1
            """,
            status=Status.DECOY,
        ),
    )

    def holds(self, subject: Value, question: Question) -> Seen:
        wanted = question.text("kind")
        kinds = ("sync", "async") if wanted == "any" else (wanted,)
        return MET if any(self._is(subject, question, kind, DEPTH) for kind in kinds) else ABSENT

    def _is(self, subject: Value, question: Question, kind: str, depth: int) -> bool:
        match subject:
            case Class():
                return self._class(subject, question, kind)
            case Function() if decorated_by(question.project, subject, MAKERS[kind]) is not None:
                return _yields(subject, guarded=question.flag("guards"))
            case Function() if depth:
                made = question.project.names.returns(subject)
                return bool(made) and all(self._is(value, question, kind, depth - 1) for value in made)
            case Instance(of=Function() as function):
                return self._is(function, question, kind, depth - 1) if depth else False
            case Instance(of=Class() as class_):
                return self._class(class_, question, kind)
            case _:
                return external_name(subject) in READY[kind] and isinstance(subject, Instance)

    @staticmethod
    def _class(class_: Class, question: Question, kind: str) -> bool:
        enter, leave = SYNC if kind == "sync" else ASYNC
        bases = set(ancestors(question.project, class_))
        if bases & READY[kind] - ENTER_GIVEN:
            return True
        enters = bool(bases & ENTER_GIVEN) or bool(question.project.names.member(class_, enter))
        return enters and working_member(question.project, class_, leave)


def _yields(function: Function, *, guarded: bool) -> bool:
    yields = [use.node for use in uses(function.body) if isinstance(use.node, cst.Yield)]
    if not yields or not guarded:
        return bool(yields)
    guards = [step.node for step in function.body.steps if isinstance(step.node, cst.Try | cst.With)]
    return any(part is node for node in yields for guard in guards for part in walk(guard.body))
