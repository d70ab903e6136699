"""Stage two: the graph of imports by grimp: how many there are, and what it would take to have no cycle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

import grimp

LISTED = 5
"""Imports that are listed."""


class LayeringDict(TypedDict):
    """The figures of the graph, as they leave the sandbox."""

    modules: int
    imports: int
    cycles: int
    """Imports between the parts of a package that have to go for it to have no cycle."""
    breakers: list[tuple[str, str]]
    """Some of these: who imports what."""


def layering(graph: Mapping[str, Sequence[str]]) -> LayeringDict:
    """Measure a graph: each module with the modules that it imports."""
    built = grimp.ImportGraph()
    for module in graph:
        parts = module.split(".")
        for length in range(1, len(parts) + 1):
            built.add_module(".".join(parts[:length]))
    for module, targets in graph.items():
        for target in targets:
            built.add_import(importer=module, imported=target)
    tops = sorted({module.partition(".")[0] for module in graph})
    breakers = sorted(
        {
            (str(importer), str(imported))
            for top in tops
            if len(built.find_descendants(top)) > 1
            for importer, imported in built.nominate_cycle_breakers(top)
        }
    )
    return {
        "modules": len(graph),
        "imports": built.count_imports(),
        "cycles": len(breakers),
        "breakers": breakers[:LISTED],
    }
