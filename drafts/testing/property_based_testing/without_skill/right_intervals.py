"""The implementation that came with the brief, as an oracle."""

from __future__ import annotations

from collections.abc import Sequence


class IntervalMap:
    """Values of half-open ranges."""

    def __init__(self) -> None:
        self._pieces: list[tuple[int, int, str]] = []

    def assign(self, start: int, stop: int, value: str) -> None:
        """Give a value to the positions from `start` up to, but not including, `stop`."""
        self._replace(start, stop, [(start, stop, value)])

    def erase(self, start: int, stop: int) -> None:
        """Take the values of these positions away."""
        self._replace(start, stop, [])

    def get(self, position: int) -> str | None:
        """Return the value of a position, or None."""
        return next((value for start, stop, value in self._pieces if start <= position < stop), None)

    def items(self) -> Sequence[tuple[int, int, str]]:
        """Return the shortest ascending sequence of ranges that describes the map."""
        return list(self._pieces)

    def _replace(self, start: int, stop: int, new: list[tuple[int, int, str]]) -> None:
        if start >= stop:
            raise ValueError(f"{start} is not before {stop}")
        before = [(first, min(last, start), value) for first, last, value in self._pieces if first < start]
        after = [(max(first, stop), last, value) for first, last, value in self._pieces if last > stop]
        joined: list[tuple[int, int, str]] = []
        for first, last, value in [*before, *new, *after]:
            if joined and joined[-1][1:] == (first, value):
                first = joined.pop()[0]
            joined.append((first, last, value))
        self._pieces = joined
