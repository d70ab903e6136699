"""A module under test as tests meet it: every call is answered from outside. README.md is its specification."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from suite_inside.remote import REMOTE, result


class IntervalMap:
    """Values of half-open ranges."""

    def __init__(self) -> None:
        self._number = result(REMOTE.new("IntervalMap", [], {}), {})

    def assign(self, start: int, stop: int, value: str) -> None:
        """Give a value to the positions from `start` up to, but not including, `stop`."""
        self._call("assign", start, stop, value)

    def erase(self, start: int, stop: int) -> None:
        """Take the values of these positions away."""
        self._call("erase", start, stop)

    def get(self, position: int) -> str | None:
        """Return the value of a position, or None."""
        return self._call("get", position)  # type: ignore[no-any-return]  # whatever it is

    def items(self) -> Sequence[tuple[int, int, str]]:
        """Return the shortest ascending sequence of ranges that describes the map."""
        return self._call("items")  # type: ignore[no-any-return]  # whatever it is

    def _call(self, name: str, *arguments: object) -> Any:
        return result(REMOTE.call(self._number, name, arguments, {}), {})
