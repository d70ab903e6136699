"""What only several files together show: implemented abstractions, layers that import inwards, the graph of imports.

Pure functions over the facts of files. They run on either side of the wall, because the facts are plain data.
"""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from grader.inside.inventory.facts import FactsDict

IMPLEMENTATIONS = 2
"""The number of direct subclasses from which an abstraction counts as used."""
INNER, MIDDLE, OUTER = 0, 1, 2
LAYERS: Mapping[str, int] = {
    **dict.fromkeys(("domain", "entities", "domain_model"), INNER),
    **dict.fromkeys(
        ("application", "use_cases", "usecases", "usecase", "use_case", "service_layer", "interactors"), MIDDLE
    ),
    **dict.fromkeys(
        ("infrastructure", "infra", "adapters", "persistence", "gateways", "entrypoints", "presentation"), OUTER
    ),
    **dict.fromkeys(("web", "api", "controllers", "repositories", "delivery", "frameworks"), OUTER),
}
"""The layer that each usual name of a package or module stands for; the outermost such name in a path decides."""
LAYER_NAMES = ("domain", "application", "outer")
MOST_PLACES = 60
"""The most places that each search below reports."""
DEEPEST = 40
"""The most parts of an imported name that are looked up."""


class FileFacts(NamedTuple):
    """A code file and its facts."""

    path: str
    facts: FactsDict


class JointSign(NamedTuple):
    """A sign that several files give together, and where it is seen."""

    skill: str
    path: str
    line: int
    what: str
    strong: bool


def together(files: Sequence[FileFacts]) -> list[JointSign]:
    """Return the signs that the files give together."""
    return [*_abstractions(files), *_layers(files)]


def _abstractions(files: Sequence[FileFacts]) -> Iterator[JointSign]:
    """Find abstractions with several implementations, and parameters that take such an abstraction."""
    heirs: dict[str, set[str]] = defaultdict(set)
    for file in files:
        for name, base, _ in file.facts["bases"]:
            heirs[base].add(name)
    working = {
        name
        for file in files
        for name, _ in file.facts["abstractions"]
        if len(heirs.get(name, set()) - {name}) >= IMPLEMENTATIONS
    }
    shown = 0
    for file in files:
        for name, line in file.facts["abstractions"]:
            if name in working and shown < MOST_PLACES:
                shown += 1
                what = f"{name}: {len(heirs[name] - {name})} implementations"
                yield JointSign("SOLID Principles", file.path, line, what, strong=True)
                if len(heirs[name] - {name}) > IMPLEMENTATIONS:
                    yield JointSign("Design Patterns", file.path, line, "Strategy", strong=True)
    shown = 0
    for file in files:
        for name, line in dict.fromkeys(file.facts["takes"]):
            if name in working and shown < MOST_PLACES:
                shown += 1
                yield JointSign("SOLID Principles", file.path, line, f"takes any {name}", strong=True)
                yield JointSign("Design Patterns", file.path, line, "Strategy", strong=True)


def _layers(files: Sequence[FileFacts]) -> Iterator[JointSign]:
    """Find modules of inner layers, and check whether their imports point outwards."""
    layers = {file.path: layer for file in files if (layer := layer_of(module_name(file.path))) is not None}
    if INNER not in layers.values() or not {MIDDLE, OUTER} & {*layers.values()}:
        return
    graph = imports(files)
    signs: list[JointSign] = []
    for file in files:
        layer = layers.get(file.path)
        if layer is None or layer == OUTER or not file.facts["classes"] + file.facts["functions"]:
            continue
        outwards = sorted(target for target in graph[file.path] if layers.get(target, INNER) > layer)
        name = LAYER_NAMES[layer]
        what = f"{name} layer, imports {outwards[0]}" if outwards else f"{name} layer, imports nothing from outside it"
        signs.append(JointSign("Clean Architecture", file.path, 1, what, strong=not outwards))
    kept = sum(sign.strong for sign in signs) >= len(signs) / 2
    for sign in sorted(signs, key=lambda sign: not sign.strong)[:MOST_PLACES]:
        yield sign if kept else sign._replace(strong=False)


def layer_of(module: str) -> int | None:
    """Return the layer that a module belongs to by its name; None if the name does not say."""
    return next((LAYERS[part] for part in module.split(".") if part in LAYERS), None)


def module_name(path: str) -> str:
    """Return a file's dotted module name, derived from its path without a leading `src`."""
    parts = path.removesuffix(".py").removesuffix("/__init__").split("/")
    return ".".join(parts[1:] if parts[0] == "src" and len(parts) > 1 else parts)


def imports(files: Iterable[FileFacts]) -> dict[str, set[str]]:
    """Return, for the path of each file, the paths of the other files that it imports."""
    files = list(files)
    packages = {posixpath.dirname(file.path) for file in files if posixpath.basename(file.path) == "__init__.py"}
    known: dict[str, str] = {}
    for file in files:
        known.setdefault(module_name(file.path), file.path)
    for file in files:
        known.setdefault(_packaged_name(file.path, packages), file.path)
    graph: dict[str, set[str]] = {}
    for file in files:
        targets = (_longest(_absolute(name, file.path), known) for name in file.facts["imports"])
        graph[file.path] = {target for target in targets if target is not None and target != file.path}
    return graph


def _packaged_name(path: str, packages: set[str]) -> str:
    """Return the name under which a file is imported if the folder above its outermost package is on `sys.path`."""
    folder = posixpath.dirname(path)
    parts = [] if path.endswith("/__init__.py") else [posixpath.basename(path).removesuffix(".py")]
    while folder in packages and folder:
        folder, part = posixpath.split(folder)
        parts.append(part)
    return ".".join(reversed(parts))


def _absolute(name: str, path: str) -> str:
    """Return the absolute name of an import, resolved against the importing file's path."""
    relative = name.lstrip(".")
    level = len(name) - len(relative)
    if not level:
        return name
    package = module_name(path).split(".")
    if not path.endswith("/__init__.py"):
        package = package[:-1]
    above = package[: len(package) - level + 1]
    return ".".join([*above, relative] if relative else above)


def _longest(name: str, known: Mapping[str, str]) -> str | None:
    """Return the file that an imported name stands for or is defined in; None if it is not in the repository."""
    parts = name.split(".")[:DEEPEST]
    names = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((known[name] for name in names if name in known), None)
