"""What a problem of the pool is: methods by name, each a text; a change replaces methods and adds others."""

from typing import NamedTuple


class Change(NamedTuple):
    """A change of requirements. Programs of the problem's own calls end as they did before."""

    brief: str
    methods: dict[str, str]
    """What it adds or replaces; `@change` marks what changes the object."""
    steps: tuple[tuple[str, str], ...]
    """New steps of drawn programs: the method, and the kinds of its arguments (`KINDS` in suite.py)."""
    prefix: list[list[object]]
    """Steps with which each program begins, so that what matters is met in each draw."""
    flaws: dict[str, dict[str, str]]
    """Known mistakes: methods in their place."""
    core_flaws: dict[str, dict[str, str]] = {}
    """Mistakes in what was there before, if the change replaces the methods that the problem's own mistakes are in."""


class Problem(NamedTuple):
    """A small system, and the changes that hurt a bad design of it."""

    kind: str
    """The class that is asked for."""
    title: str
    brief: str
    methods: dict[str, str]
    steps: tuple[tuple[str, str], ...]
    prefix: list[list[object]]
    changes: dict[str, Change]
    flaws: dict[str, dict[str, str]]
