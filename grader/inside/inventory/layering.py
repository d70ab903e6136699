"""Stage two: the graph of imports, measured by grimp: its size, and the imports to remove so that no cycle is left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

import grimp

LISTED = 5
"""The most imports that are listed."""


class LayeringDict(TypedDict):
    """The import graph's metrics, as they leave the sandbox."""

    modules: int
    imports: int
    cycles: int
    """The number of imports between the parts of a package to remove so that no cycle is left."""
    breakers: list[tuple[str, str]]
    """Some of these imports: the importing module and the imported one."""


def layering(graph: Mapping[str, Sequence[str]]) -> LayeringDict:
    """Measure a graph, which maps each module to the modules that it imports."""
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
