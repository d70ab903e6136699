"""Which challenges build on which: the order that follows from `prerequisites`, and what is wrong with them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence


def unknown(names: Sequence[str], known: Collection[str]) -> list[str]:
    """Return the prerequisites that are no challenges."""
    return [name for name in names if name not in known]


def circle(name: str, before: Callable[[str], Sequence[str]]) -> list[str]:
    """Return a way from a challenge through its prerequisites back to itself; nothing if there is none."""
    ways = [[name]]
    reached: set[str] = set()
    while ways:
        way = ways.pop()
        for step in before(way[-1]):
            if step == name:
                return [*way, name]
            if step not in reached:
                reached.add(step)
                ways.append([*way, step])
    return []


def in_order(names: Sequence[str], before: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the names as they come, each right after those of them that it builds on."""
    ordered: list[str] = []
    begun: set[str] = set()

    def place(name: str) -> None:
        if name in begun:  # placed, or a circle, which the checks report
            return
        begun.add(name)
        for step in before.get(name, ()):
            if step in names:
                place(step)
        ordered.append(name)

    for name in names:
        place(name)
    return ordered
