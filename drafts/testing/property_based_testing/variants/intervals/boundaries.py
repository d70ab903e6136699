"""Keeps the positions where the value changes, in order, each with the value from there on."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence


class BadRange(ValueError):
    """A range that has no positions."""


class IntervalMap:
    """Values of half-open ranges."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._values: list[str | None] = []

    def assign(self, start: int, stop: int, value: str) -> None:
        """Give a value to these positions."""
        self._set(start, stop, value)

    def erase(self, start: int, stop: int) -> None:
        """Take the values of these positions away."""
        self._set(start, stop, None)

    def get(self, position: int) -> str | None:
        """Return the value of a position, or None."""
        return self._at(position)

    def items(self) -> Sequence[tuple[int, int, str]]:
        """Return the shortest ascending sequence of ranges."""
        rows = zip(self._starts, self._starts[1:], self._values, strict=False)
        return tuple((start, stop, value) for start, stop, value in rows if value is not None)

    def _at(self, position: int) -> str | None:
        index = bisect_right(self._starts, position)
        return self._values[index - 1] if index else None

    def _set(self, start: int, stop: int, value: str | None) -> None:
        if start >= stop:
            raise BadRange
        following = self._at(stop)
        first, last = bisect_left(self._starts, start), bisect_right(self._starts, stop)
        self._starts[first:last] = [start, stop]
        self._values[first:last] = [value, following]
        for index in (first + 1, first):
            if self._values[index] == (self._values[index - 1] if index else None):
                del self._starts[index], self._values[index]
