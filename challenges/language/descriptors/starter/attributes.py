"""Attributes with behaviour: validated, lazily computed, unit-converting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Validated:
    """A value that is checked when it is assigned."""

    def __init__(self, check: Callable[[Any], bool], *, default: Any = ...) -> None:
        raise NotImplementedError


class Converted:
    """Another attribute of the same instance, in another unit."""

    def __init__(self, source: str, *, scale: float = 1.0, offset: float = 0.0) -> None:
        raise NotImplementedError


def lazy(*depends_on: str) -> Callable[[Callable[[Any], Any]], Any]:
    """Compute the attribute when it is first read, and again after an attribute that it depends on has changed."""
    raise NotImplementedError
