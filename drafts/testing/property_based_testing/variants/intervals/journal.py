"""Keeps every change, and works out the rest when somebody asks."""

from collections.abc import Sequence


class IntervalMap:
    """Values of half-open ranges."""

    def __init__(self) -> None:
        self._changes: list[tuple[int, int, str | None]] = []

    def assign(self, start: int, stop: int, value: str) -> None:
        """Give a value to these positions."""
        self._note(start, stop, value)

    def erase(self, start: int, stop: int) -> None:
        """Take the values of these positions away."""
        self._note(start, stop, None)

    def get(self, position: int) -> str | None:
        """Return the value of a position, or None."""
        return self._latest(position)

    def items(self) -> Sequence[tuple[int, int, str]]:
        """Return the shortest ascending sequence of ranges."""
        found: list[tuple[int, int, str]] = []
        ends = sorted({end for start, stop, _ in self._changes for end in (start, stop)})
        for start, stop in zip(ends, ends[1:], strict=False):
            value = self._latest(start)
            if value is None:
                continue
            if found and found[-1][1] == start and found[-1][2] == value:
                found[-1] = (found[-1][0], stop, value)
            else:
                found.append((start, stop, value))
        return found

    def _latest(self, position: int) -> str | None:
        for start, stop, value in reversed(self._changes):
            if start <= position < stop:
                return value
        return None

    def _note(self, start: int, stop: int, value: str | None) -> None:
        if stop <= start:
            raise ValueError("the range is empty")
        self._changes.append((start, stop, value))
