"""The rule `forbidden`."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from grader.inside.constructs.resolver import tree
from grader.inside.constructs.resolver.alive import definitions
from grader.inside.constructs.resolver.names import Module, Scope
from grader.inside.constructs.resolver.values import External
from grader.inside.constructs.rules.queries import covered, imports_by_text, references, uses
from grader.inside.constructs.rules.rule import Judgement, Option, Question, Rule, RuleExample, Status


class Forbidden(Rule):
    """None of the `names` is imported, called or mentioned in a statement that can run.

    A module's name forbids everything in it. A built-in is written without its module. An import by text
    (`import_module`, `sys.modules[...]`) counts if the text can be read, and is dynamic if it cannot. `of` may be the
    name of a module or package, or `*` for the whole submission.
    """

    name = "forbidden"
    of = "a module, a package, or `*`"
    message = "The submission uses something that the brief forbids."
    help = "Use only what the brief allows."
    options = (
        Option("names", default=["eval", "exec"], means="Names that must not appear, such as `eval` and `os.system`."),
    )
    VALID = (
        RuleExample("def eval_model(x): return x.eval()", of="m"),
        RuleExample("import json\njson.loads('1')", of="*", options={"names": ["json.dumps", "js"]}),
        RuleExample(
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import threading",
            of="m",
            options={"names": ["threading"]},
        ),
        RuleExample({"m.py": "x = 1", "tools.py": "eval('1')"}, of="m"),
        RuleExample("import sys\nm = sys.modules[__name__]", of="m", options={"names": ["threading"]}),
        RuleExample("class A:\n    def eval(self): return self.eval()\ndef exec(): return 1\nexec()", of="m"),
    )
    INVALID = (
        RuleExample("x = eval('1')", of="m"),
        RuleExample("def f(run=exec): return run('1')", of="*"),
        RuleExample("import builtins as b\ndef f(): return b.eval('1')", of="m"),
        RuleExample("import threading as t", of="m", options={"names": ["threading"]}),
        RuleExample("from os import system as go\ngo('ls')", of="m", options={"names": ["os.system"]}),
        RuleExample("from concurrent import futures", of="m", options={"names": ["concurrent.futures"]}),
        RuleExample("m = __import__('threading')", of="m", options={"names": ["threading"]}),
        RuleExample("import importlib\ndef f(n): return importlib.import_module(n)", of="m", status=Status.DYNAMIC),
        RuleExample("import sys\nm = sys.modules['threading']", of="m", options={"names": ["threading"]}),
        RuleExample("from sys import modules\nm = modules.get('threading')", of="m", options={"names": ["threading"]}),
        RuleExample("import sys\ndef f(n): return sys.modules[n]", of="m", status=Status.DYNAMIC),
        RuleExample("run = getattr(__builtins__, 'ev' + 'al')", of="m", status=Status.DYNAMIC),
        RuleExample(
            {"m.py": "import pkg", "pkg/__init__.py": "from .low import run", "pkg/low.py": "run = eval"}, of="pkg"
        ),
    )

    def judge(self, question: Question) -> Judgement:
        below = "" if question.of == "*" else question.of
        modules = [
            module
            for name, module in question.project.modules.items()
            if not below or name == below or name.startswith(f"{below}.")
        ]
        found = [judgement for module in modules for judgement in self._in(module, question)]
        worst = next((judgement for judgement in found if judgement.status is Status.ABSENT), None)
        return worst or next(iter(found), Judgement(Status.MET))

    @staticmethod
    def _in(module: Module, question: Question) -> Iterator[Judgement]:
        for scope in (module.scope, *(definition.body for definition in definitions(module.scope))):
            for node, name in _mentioned(scope, question):
                if covered(name, question.words("names")):
                    shown = name.removeprefix("builtins.")
                    yield Judgement(Status.ABSENT, f"{shown} is used here.", module, node)
            for node in _hidden(scope, question):
                yield Judgement(Status.DYNAMIC, "The source does not show which names are used here.", module, node)


def _mentioned(scope: Scope, question: Question) -> Iterator[tuple[cst.CSTNode, str]]:
    """Yield every import in a scope, and every reference to something outside the submission."""
    for step in scope.steps:
        match step.node:
            case cst.Import(names=aliases):
                yield from ((step.node, tree.dotted(alias.name) or "") for alias in aliases)
            case cst.ImportFrom(names=aliases) as node:
                target = scope.module.absolute(node) or ""
                if isinstance(aliases, cst.ImportStar):
                    yield node, target
                else:
                    yield from ((node, f"{target}.{tree.dotted(alias.name)}") for alias in aliases)
            case _:
                pass
    for use, name in references(question.project, scope):
        yield use.node, name
    for call, text in imports_by_text(question.project, scope):
        if text is not None:
            yield call, text


def _hidden(scope: Scope, question: Question) -> Iterator[cst.CSTNode]:
    """Yield the places where a name is known only at run time: an import by computed text, a lookup in the
    built-ins.
    """
    yield from (call for call, name in imports_by_text(question.project, scope) if name is None)
    for use, name in references(question.project, scope):
        if name == "builtins.__dict__":
            yield use.node
    for use in uses(scope):
        match use.node:
            case cst.Name(value="__builtins__"):
                yield use.node
            case cst.Call(func=cst.Name(value="getattr" | "vars"), args=[first, *_]):
                if External("builtins") in question.project.names.values(first.value, use.scope, use.order):
                    yield use.node
            case _:
                pass
