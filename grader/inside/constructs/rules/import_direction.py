"""The rule `import-direction`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import libcst as cst

from grader.inside.constructs.resolver import tree
from grader.inside.constructs.resolver.alive import definitions
from grader.inside.constructs.resolver.names import Module
from grader.inside.constructs.rules.queries import covered, imports_by_text
from grader.inside.constructs.rules.rule import (
    Judgement,
    Option,
    Question,
    Rule,
    RuleExample,
    Setting,
    Status,
    nearest_module,
)

if TYPE_CHECKING:
    import grimp

LAYERS: dict[str, Setting] = {"layers": ["api", "service", "domain"]}


class ImportDirection(Rule):
    """The layers import downwards only: a layer may import those after it in `layers`, never one before it.

    Layers are modules or packages directly below `of`, or at the top level if `of` is `*`, from highest to lowest.
    Chains through other modules count, and so do imports within functions; imports that only the type checker sees
    count with `type_only`. Every layer must exist, and must hold something that the submission's API reaches.
    """

    name = "import-direction"
    of = "a package, or `*`"
    message = "The layers of {of} do not import in one direction."
    help = "Let the lower layer declare what it needs as a Protocol, and pass in an implementation from above."
    options = (
        Option(
            "layers",
            default=[],
            means="Modules or packages from highest to lowest, such as `api`, `service` and `domain`.",
        ),
        Option("type_only", default=False, means="Imports under TYPE_CHECKING count as well."),
    )
    VALID = (
        RuleExample(
            {
                "api.py": "from service import serve\ndef handle(): return serve()",
                "service.py": "import domain\ndef serve(): return domain.Thing()",
                "domain.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import api\nclass Thing: ...",
            },
            of="*",
            options=LAYERS,
        ),
        RuleExample(
            {
                "shop/__init__.py": "from .api.http import handle",
                "shop/api/http.py": "from ..domain.cart import Cart\ndef handle(): return Cart()",
                "shop/domain/cart.py": "class Cart: ...",
            },
            of="shop",
            options={"layers": ["api", "domain"]},
        ),
        RuleExample(
            {
                "api.py": "from low import g\ndef f(): return g()",
                "low.py": "import json\ndef g(): return json.dumps(1)",
            },
            of="*",
            options={"layers": ["api", "low"]},
        ),
    )
    INVALID = (
        RuleExample(
            {
                "api.py": "from service import serve\ndef handle(): return serve()\nLIMIT = 3",
                "service.py": "from domain import Thing\ndef serve(): return Thing()",
                "domain.py": "class Thing:\n    def size(self):\n        from api import LIMIT\n        return LIMIT",
            },
            of="*",
            options=LAYERS,
        ),
        RuleExample(
            {
                "api.py": "import domain\ndef handle(): return domain.f()",
                "between.py": "import api\ndef g(): return api",
                "domain.py": "from between import g\ndef f(): return g",
            },
            of="*",
            options={"layers": ["api", "domain"]},
        ),
        RuleExample({"api.py": "def f(): return 1"}, of="*", options=LAYERS),
        RuleExample(
            {"api.py": "def f(): return 1", "domain.py": "def unused(): return 1"},
            of="*",
            options={"layers": ["api", "domain"]},
            status=Status.DECOY,
        ),
        RuleExample(
            {
                "api.py": "import domain\nf = domain.g",
                "domain.py": "import sys\ndef g():\n    return sys.modules.get('api')",
            },
            of="*",
            options={"layers": ["api", "domain"]},
        ),
        RuleExample(
            {"api.py": "import domain\nf = domain.g", "domain.py": "def g():\n    return __import__('a' + 'pi')"},
            of="*",
            options={"layers": ["api", "domain"]},
            status=Status.DYNAMIC,
        ),
        RuleExample(
            {
                "api.py": "import domain\nf = domain.g",
                "domain.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import api\ndef g(): return 1",
            },
            of="*",
            options={"layers": ["api", "domain"], "type_only": True},
        ),
    )

    def judge(self, question: Question) -> Judgement:
        prefix = "" if question.of == "*" else f"{question.of}."
        layers = [f"{prefix}{name}" for name in question.words("layers")]
        for layer in layers:
            if not list(_modules(layer, question)):
                return Judgement(Status.ABSENT, f"There is no module {layer}.", nearest_module(question))
        graph, unknown = _graph(question, layers)
        for wrong in sorted(
            graph.find_illegal_dependencies_for_layers(layers), key=lambda violation: violation.importer
        ):
            route = min(wrong.routes, key=lambda route: (len(route.middle), sorted(route.heads)))
            chain = [min(route.heads), *route.middle, min(route.tails)]
            module = question.project.modules[chain[0]]
            why = f"{wrong.importer} imports {wrong.imported}, which is in a higher layer: {' -> '.join(chain)}."
            statement = next((node for node, name in _imports(module, question) if name == chain[1]), None)
            return Judgement(Status.ABSENT, why, module, statement)
        if unknown is not None:
            return unknown
        dead = next((layer for layer in layers if not _reached(layer, question)), None)
        if dead is not None:
            return Judgement(
                Status.DECOY, f"Nothing that the submission exports uses {dead}.", next(_modules(dead, question))
            )
        return Judgement(Status.MET)


def _modules(below: str, question: Question) -> Iterator[Module]:
    for name, module in question.project.modules.items():
        if name == below or name.startswith(f"{below}."):
            yield module


def _reached(layer: str, question: Question) -> bool:
    """Return whether a definition in a layer is reached or, if the layer defines nothing, whether its module is
    imported.
    """
    defined = list(question.project.definitions(layer))
    return any(module in question.project.alive for module in defined or _modules(layer, question))


def _graph(question: Question, layers: list[str]) -> tuple[grimp.ImportGraph, Judgement | None]:
    """Return the imports between the submission's modules, and a judgement on the first unreadable import in a
    layer.
    """
    import grimp  # the one rule that needs it pays for it

    graph = grimp.ImportGraph()
    unknown: Judgement | None = None
    for name in question.project.modules:
        parts = name.split(".")
        for length in range(1, len(parts) + 1):
            graph.add_module(".".join(parts[:length]))
    for module in question.project.modules.values():
        for node, target in _imports(module, question):
            if target is None:
                if unknown is None and covered(module.name, layers):
                    unknown = Judgement(
                        Status.DYNAMIC, "The source does not show which module is imported here.", module, node
                    )
            elif target != module.name:
                graph.add_import(importer=module.name, imported=target)
    return graph, unknown


def _imports(module: Module, question: Question) -> Iterator[tuple[cst.CSTNode, str | None]]:
    """Yield every node that imports one of the submission's modules, with that module, or None if it is unknown."""
    scopes = [module.scope, *(definition.body for definition in definitions(module.scope))]
    nodes = [step.node for scope in scopes for step in scope.steps]
    if question.flag("type_only"):
        nodes = list(tree.walk(module.tree))
    for node in nodes:
        for name in _targets(module, node):
            if (known := _longest(name, question)) is not None:
                yield node, known
    for scope in scopes:
        for call, text in imports_by_text(question.project, scope):
            if text is None or (known := _longest(text, question)) is not None:
                yield call, None if text is None else known


def _targets(module: Module, node: cst.CSTNode) -> Iterator[str]:
    match node:
        case cst.Import(names=aliases):
            yield from (tree.dotted(alias.name) or "" for alias in aliases)
        case cst.ImportFrom(names=aliases):
            target = module.absolute(node) or ""
            if isinstance(aliases, cst.ImportStar):
                yield target
            else:
                yield from (f"{target}.{tree.dotted(alias.name)}".lstrip(".") for alias in aliases)
        case _:
            pass


def _longest(name: str, question: Question) -> str | None:
    """Return the submission's module that an imported name denotes or lies in; None if there is none."""
    parts = name.split(".")
    names = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((name for name in names if name in question.project.modules), None)
