"""One walk over a file's tree for all rules: each node is given only to the methods that look at its type.

Scopes and aliases are tracked in the order of the source, so that a name means what was imported above it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import NamedTuple

from grader.inside.inventory.facts import Facts
from grader.inside.inventory.skill_rule import ANYWHERE, CODE, KINDS, Sign, SignContext, SkillRule, SourceScope

MOST_NODES = 400_000
"""The most nodes of one file; a megabyte of ordinary code has some 150,000."""
PER_SKILL = 12
"""The most places that are listed for one skill in one file; all are counted."""

Seer = Callable[[ast.AST, SignContext], Sign | None]
Place = tuple[int, str, bool]
"""The line, what is there, and whether the sign is strong."""


class TooManyNodesError(Exception):
    """A file has more syntax nodes than anybody writes."""


class Dispatch(NamedTuple):
    """What a set of rules looks at, by node type and by name."""

    seers: dict[type[ast.AST], list[tuple[str, Seer]]]
    names: dict[str, list[tuple[str, Sign]]]
    """The signs of exact qualified names."""
    modules: dict[str, list[tuple[str, Sign]]]
    """The signs of everything in a module or package."""


class Walked(NamedTuple):
    """What one file shows."""

    places: dict[str, list[Place]]
    counts: dict[str, tuple[int, int]]
    """The numbers of strong and weak places for each skill."""
    facts: Facts


def dispatch(rules: Iterable[SkillRule], *, tests: bool) -> Dispatch:
    """Build the tables of the rules that look at code or, if `tests` is true, at tests."""
    table = Dispatch({}, {}, {})
    for rule in rules:
        if rule.where != ANYWHERE and (rule.where == CODE) == tests:
            continue
        for attribute in dir(rule):
            method = getattr(rule, attribute)
            for kind in getattr(method, KINDS, ()):
                table.seers.setdefault(kind, []).append((rule.skill, method))
        for names, strong in ((rule.uses, True), (rule.touches, False)):
            for name, what in names.items():
                target = table.modules if name.endswith(".*") else table.names
                target.setdefault(name.removesuffix(".*"), []).append((rule.skill, Sign(what, strong)))
    return table


def walked(tree: ast.Module, position: SignContext, table: Dispatch) -> Walked:
    """Walk a tree once. Raises TooManyNodesError."""
    found: dict[str, dict[int, tuple[str, bool]]] = {}
    facts = Facts(position)
    seers = table.seers
    nodes = 0
    stack: list[tuple[ast.AST, SourceScope]] = [(tree, position.scope)]
    while stack:
        node, position.scope = stack.pop()
        kind = type(node)
        nodes += 1
        if nodes > MOST_NODES:
            raise TooManyNodesError
        if kind is ast.Import or kind is ast.ImportFrom:
            _import(node, position, facts)
            continue
        inner = position.scope
        if kind in (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef):
            inner = SourceScope(node, inner)  # type: ignore[arg-type]  # the test above says which three it is
            facts.see(node)
        for skill, see in seers.get(kind, ()):
            if (sign := see(node, position)) is not None:
                _keep(found, skill, sign, node)
        if kind is ast.Attribute or kind is ast.Name:
            _names(found, node, position, table)
        elif kind is ast.Call:
            facts.see_call(node)  # type: ignore[arg-type]  # as above
        stack.extend((child, inner) for child in reversed([*ast.iter_child_nodes(node)]))
    return _summary(found, facts)


def _import(node: ast.AST, position: SignContext, facts: Facts) -> None:
    if isinstance(node, ast.Import):
        for alias in node.names:
            top = alias.name.partition(".")[0]
            position.aliases[alias.asname or top] = alias.name if alias.asname else top
            facts.imports(alias.name)
    elif isinstance(node, ast.ImportFrom):
        module = f"{'.' * node.level}{node.module or ''}"
        joint = "" if module.endswith(".") else "."
        for alias in node.names:
            if alias.name != "*":
                position.aliases[alias.asname or alias.name] = f"{module}{joint}{alias.name}"
            facts.imports(f"{module}{joint}{alias.name}" if alias.name != "*" else module)


def _names(
    found: dict[str, dict[int, tuple[str, bool]]], node: ast.AST, position: SignContext, table: Dispatch
) -> None:
    """Look up a used name, and the modules that contain it."""
    root = node
    while isinstance(root, ast.Attribute):
        root = root.value
    if not isinstance(root, ast.Name) or root.id not in position.aliases:
        return
    name = position.name(node)
    for skill, sign in table.names.get(name, ()):
        _keep(found, skill, sign, node)
    module = name
    while module := module.rpartition(".")[0]:
        for skill, sign in table.modules.get(module, ()):
            _keep(found, skill, sign, node)


def _keep(found: dict[str, dict[int, tuple[str, bool]]], skill: str, sign: Sign, node: ast.AST) -> None:
    """Keep one sign for each line and skill: the strongest, and the first of several that are equally strong."""
    line = sign.line if sign.line is not None else int(getattr(node, "lineno", 1))
    lines = found.setdefault(skill, {})
    if line not in lines or (sign.strong and not lines[line][1]):
        lines[line] = (sign.what, sign.strong)


def _summary(found: dict[str, dict[int, tuple[str, bool]]], facts: Facts) -> Walked:
    places: dict[str, list[Place]] = {}
    counts: dict[str, tuple[int, int]] = {}
    for skill, lines in found.items():
        ordered = sorted(lines.items(), key=lambda item: (not item[1][1], item[0]))
        first: dict[str, None] = {}
        for _, (what, _) in ordered:
            first.setdefault(what)
        leading = [next(item for item in ordered if item[1][0] == what) for what in first]
        chosen = dict([*leading[:PER_SKILL], *ordered][: PER_SKILL + len(leading)])
        places[skill] = [(line, what[:120], strong) for line, (what, strong) in [*chosen.items()][:PER_SKILL]]
        strong = sum(strong for _, strong in lines.values())
        counts[skill] = (strong, len(lines) - strong)
    return Walked(places, counts, facts)
