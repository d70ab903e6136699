"""The rules for the skills of the area Software Architecture & Design.

What only several files together can show (SOLID, Clean Architecture, part of Design Patterns) is in `across.py`.
"""

from __future__ import annotations

import ast
import re
from itertools import islice

from grader.inside.inventory.facts import is_abstract
from grader.inside.inventory.skill_rule import (
    FunctionNode,
    Sign,
    SignContext,
    SkillRule,
    last,
    methods_of,
    raises_not_implemented,
    sees,
    weak,
)

STEPS = 3000
"""The most nodes of a definition or statement that one check looks at."""
NAMED_PATTERN = re.compile(
    r"(Factory|Builder|Adapter|Adaptor|Proxy|Facade|Observer|Listener|Strategy|Command|Visitor|Singleton|Mediator"
    r"|Memento|Registry|Middleware|Decorator|Wrapper|Composite)$"
)
SYNONYMS = {"Adaptor": "Adapter", "Listener": "Observer", "Wrapper": "Decorator"}
SUBSCRIBE = re.compile(
    r"_*((un)?subscribe\w*|connect|on|listen|attach|observe"
    r"|(add|register|append)_\w*(listener|handler|observer|subscriber|receiver|hook|callback)s?)(_async)?$"
)
PUBLISH = re.compile(
    r"_*(publish|emit|dispatch|notify|fire|send|send_robust|trigger|broadcast"
    r"|(publish|emit|dispatch|notify|fire|send|call|run|trigger|invoke)_\w*(event|signal|listener|observer|handler|hook"
    r"|subscriber|receiver|all)s?)(_async)?$"
)
BUS = re.compile(r"Signal|Event|Bus|Dispatch|Emitter|Publish|Observ|Subject|Mediator|Hub")
LISTENERS = re.compile(
    r"(listener|observer|subscriber|receiver|subscription|handler|event_hook)s?(_\w+)?$", re.IGNORECASE
)
STORES = frozenset({"add", "get", "save", "find", "list", "remove", "delete", "insert", "update", "all", "get_by_id"})


class Solid(SkillRule):
    """Abstractions with two or more implementations, and parameters that take such an abstraction."""

    skill = "SOLID Principles"
    why = (
        "Openness to extension and dependence on abstractions can be seen in text; the other principles need a reader. "
        "An abstraction with fewer than two implementations only touches the skill."
    )
    enough = 2
    VALID = ()
    INVALID = (
        "from abc import ABC, abstractmethod\nclass Sender(ABC):\n    @abstractmethod\n    def send(self): ...",
        "class A: ...\nclass B(A): ...\nclass C(A): ...",
        "def f(x: int): ...",
    )

    @sees(ast.ClassDef)
    def declared(self, node: ast.ClassDef, at: SignContext) -> Sign | None:
        """Recognise abstractions; `across` decides which of them are strong signs."""
        return weak(f"abstraction {node.name}") if is_abstract(node, at) else None


class DesignPatterns(SkillRule):
    """Two different design patterns, recognised by their names or shapes."""

    skill = "Design Patterns"
    why = (
        "A pattern is recognised by the usual name of a class that has methods, or by its shape. "
        "A single pattern only touches the skill."
    )
    enough = 2
    distinct = True
    VALID = (
        "class ShapeFactory:\n    def create(self, kind): return KINDS[kind]()",
        "class Numbers:\n    def __iter__(self): return self\n    def __next__(self): return 1",
        "class Proxy:\n    def __getattr__(self, name): return getattr(self._target, name)",
        (
            "class Report:\n    def run(self): return self.head() + self.body()\n"
            "    def head(self): raise NotImplementedError\n    def body(self): return ''"
        ),
        "class Kinds:\n    def register(self, name, kind):\n        self.kinds[name] = kind",
    )
    INVALID = (
        "class Factory: ...",
        "class User:\n    def __iter__(self): return iter(self.names)",
        "def create(kind): return kind()",
    )

    @sees(ast.ClassDef)
    def defined(self, node: ast.ClassDef, at: SignContext) -> Sign | None:
        """Recognise classes that are a pattern by name or by shape."""
        methods = methods_of(node)
        named = NAMED_PATTERN.search(node.name)
        if named and methods:
            return Sign(SYNONYMS.get(named[1], named[1]))
        if "__next__" in methods and "__iter__" in methods:
            return Sign("Iterator")
        if "execute" in methods and not {"undo", "rollback", "unexecute"}.isdisjoint(methods):
            return Sign("Command")
        if sum(name.startswith("visit_") for name in methods) > 1:
            return Sign("Visitor")
        if is_abstract(node, at) and _calls_its_hooks(methods):
            return Sign("Template method")
        return None

    @sees(ast.FunctionDef)
    def function(self, node: ast.FunctionDef, at: SignContext) -> Sign | None:
        """Recognise methods and functions that are the core of a pattern."""
        if isinstance(at.scope.node, ast.ClassDef):
            if node.name == "__getattr__" and _forwards(node):
                return Sign("Proxy")
            if node.name.startswith("register") and _stores_in_self(node):
                return Sign("Registry")
            if {argument.arg for argument in node.args.args} & {"call_next", "get_response", "next_handler"}:
                return Sign("Chain of responsibility")
            return None
        return Sign("Factory") if re.search(r"(^|_)factory(_|$)", node.name) else None

    @sees(ast.Attribute)
    def instance(self, node: ast.Attribute, at: SignContext) -> Sign | None:
        """Recognise classes that keep their only instance."""
        function = at.function()
        inside_new = function is not None and function.name == "__new__"
        return Sign("Singleton") if inside_new and node.attr in {"_instance", "__instance", "_instances"} else None


def _calls_its_hooks(methods: dict[str, FunctionNode]) -> bool:
    """Return whether a method calls another one that subclasses have to define."""
    hooks = {name for name, method in methods.items() if raises_not_implemented(method) or _is_marked(method)}
    for name, method in methods.items():
        if name in hooks:
            continue
        for part in islice(ast.walk(method), STEPS):
            if (
                isinstance(part, ast.Call)
                and isinstance(part.func, ast.Attribute)
                and part.func.attr in hooks
                and isinstance(part.func.value, ast.Name)
                and part.func.value.id == "self"
            ):
                return True
    return False


def _is_marked(method: FunctionNode) -> bool:
    return any(
        (isinstance(part, ast.Name) and part.id == "abstractmethod")
        or (isinstance(part, ast.Attribute) and part.attr == "abstractmethod")
        for part in method.decorator_list
    )


def _forwards(node: ast.FunctionDef) -> bool:
    return any(
        isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id == "getattr"
        for part in islice(ast.walk(node), STEPS)
    )


def _stores_in_self(node: ast.FunctionDef) -> bool:
    for part in islice(ast.walk(node), STEPS):
        target: ast.expr | None = None
        if isinstance(part, ast.Assign) and isinstance(part.targets[0], ast.Subscript):
            target = part.targets[0].value
        elif (
            isinstance(part, ast.Call)
            and isinstance(part.func, ast.Attribute)
            and part.func.attr in {"append", "add", "insert", "setdefault"}
        ):
            target = part.func.value
        if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
            return target.value.id in {"self", "cls"}
    return False


class CleanArchitecture(SkillRule):
    """Modules of a domain or application layer that import nothing from outer layers, if there are several layers."""

    skill = "Clean Architecture"
    why = (
        "Layers are recognised by the usual names of packages and modules; the direction is read from the imports. "
        "A module whose imports point outwards only touches the skill."
    )
    VALID = ()
    INVALID = ("from shop.infrastructure import database", "class Domain: ...", "import domain")


class DomainDriven(SkillRule):
    """Two of: entity or aggregate, value object, domain event, repository, specification."""

    skill = "Domain-Driven Design"
    why = (
        "Building blocks are recognised by their usual names, and value objects also by frozen classes in a domain "
        "package. A single kind only touches the skill."
    )
    enough = 2
    distinct = True
    VALID = (
        "class Order(AggregateRoot):\n    def place(self): ...",
        "class OrderRepository:\n    def add(self, order): ...\n    def get(self, id): ...",
        "class OrderPlaced(DomainEvent): ...",
    )
    INVALID = (
        "class Repository: ...",
        "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass Point:\n    x: int",
        "class EntityEncoder: ...",
    )

    @sees(ast.ClassDef)
    def defined(self, node: ast.ClassDef, at: SignContext) -> Sign | None:
        """Recognise building blocks."""
        names = [node.name, *map(last, at.bases(node))]
        if any(re.search(r"(Aggregate(Root)?|^I?Entity|[a-z]Entity)$", name) for name in names):
            return Sign("entity or aggregate")
        if any(re.search(r"ValueObject$", name) for name in names):
            return Sign("value object")
        if any(re.search(r"DomainEvent$", name) for name in names):
            return Sign("domain event")
        if any(name.endswith("Repository") for name in names) and len(STORES & _verbs(node)) > 1:
            return Sign("repository")
        if re.search(r"Specification$", node.name) and methods_of(node):
            return Sign("specification")
        if "domain" in at.path.split("/")[:-1] and _is_frozen(node, at):
            return Sign("value object")
        return None


def _verbs(node: ast.ClassDef) -> set[str]:
    """Return the methods' names, and their first words."""
    names = {name.lstrip("_") for name in methods_of(node)}
    return names | {name.partition("_")[0] for name in names}


def _is_frozen(node: ast.ClassDef, at: SignContext) -> bool:
    if "typing.NamedTuple" in at.bases(node):
        return True
    return any(
        keyword.arg == "frozen" and isinstance(keyword.value, ast.Constant) and keyword.value.value is True
        for part in node.decorator_list
        if isinstance(part, ast.Call)
        for keyword in part.keywords
    )


class EventDriven(SkillRule):
    """A way to subscribe handlers, and a way to deliver events to them."""

    skill = "Event-Driven Architecture"
    why = (
        "What counts is both ways in one class or module, or a loop that calls each listener. "
        "A client of a message broker only touches the skill."
    )
    uses = {
        "blinker.signal": "signal",
        "blinker.Signal": "signal",
        "blinker.Namespace": "signals",
        "django.dispatch.Signal": "signal",
        "pyee.*": "event emitter",
        "pydispatch.*": "signal",
    }
    touches = {
        **{
            f"{name}.*": "message broker"
            for name in ("kafka", "aiokafka", "pika", "aio_pika", "nats", "celery", "faust")
        },
        "pluggy.*": "plug-in hooks",
    }
    VALID = (
        "class Bus:\n    def subscribe(self, f): ...\n    def publish(self, event): ...",
        "class Clock:\n    def _tell(self, event):\n        for f in self._listeners:\n            f(event)",
        "from blinker import signal\nsaved = signal('saved')",
        "def add_listener(f): ...\ndef dispatch_event(event): ...",
    )
    INVALID = (
        "class Socket:\n    def connect(self, address): ...\n    def send(self, data): ...",
        "def run(callback):\n    callback(1)",
        "def render(self, record):\n    for name, handler in self._handlers:\n        record[name] = handler(record)",
        "import pika\npika.BlockingConnection()",
    )

    @sees(ast.ClassDef)
    def both_ends(self, node: ast.ClassDef, _at: SignContext) -> Sign | None:
        """Recognise classes that take subscribers and deliver events to them."""
        return _ends(list(methods_of(node)), named_for_it=BUS.search(node.name) is not None, owner=node.name)

    @sees(ast.Module)
    def module(self, node: ast.Module, _at: SignContext) -> Sign | None:
        """Recognise modules whose functions take subscribers and deliver events to them."""
        return _ends(
            [part.name for part in node.body if isinstance(part, ast.FunctionDef)], named_for_it=False, owner=""
        )

    @sees(ast.For)
    def delivers(self, node: ast.For, at: SignContext) -> Sign | None:
        """Recognise loops that call each listener."""
        listeners = next(
            (
                name
                for part in islice(ast.walk(node.iter), 30)
                if isinstance(part, ast.Attribute | ast.Name)
                and LISTENERS.search(name := part.attr if isinstance(part, ast.Attribute) else part.id)
            ),
            "",
        )
        if not listeners or at.function() is None:
            return None
        bound = {part.id for part in ast.walk(node.target) if isinstance(part, ast.Name)}
        called = any(_calls(part, bound) for statement in node.body for part in islice(ast.walk(statement), STEPS))
        return Sign(f"calls each of {listeners}") if called else None


def _calls(node: ast.AST, bound: set[str]) -> bool:
    """Return whether a statement calls one of the names and ignores the result, as code that delivers an event does."""
    call = node.value if isinstance(node, ast.Expr) else None
    call = call.value if isinstance(call, ast.Await) else call
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in bound


def _ends(names: list[str], *, named_for_it: bool, owner: str) -> Sign | None:
    """Return a sign if some names subscribe and others publish. `connect` and `send` alone may belong to a socket."""
    subscribing = [name for name in names if SUBSCRIBE.fullmatch(name)]
    publishing = [name for name in names if PUBLISH.fullmatch(name)]
    plain = {*subscribing} <= {"connect", "on", "attach", "listen"} and not named_for_it
    if subscribing and publishing and not plain:
        return Sign(f"{subscribing[0]} and {publishing[0]}{f' of {owner}' if owner else ''}")
    return None


RULES = (Solid, DesignPatterns, CleanArchitecture, DomainDriven, EventDriven)
