"""A leaderboard that stays fast: each player is a key `(-score, name)`, and all keys are kept in order.

The order lives in `_SortedKeys`, a list of short sorted lists. Finding a place is two binary searches; inserting moves
a few hundred pointers at most, which `list` does in C in less time than one step of a Python loop.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import TypeAlias

Key: TypeAlias = tuple[int, str]

LONGEST = 512
"""Keys in a block before it is cut in two."""


class _SortedKeys:
    """Distinct keys in ascending order, in blocks that are never empty and never longer than LONGEST."""

    def __init__(self) -> None:
        self._blocks: list[list[Key]] = []
        self._greatest: list[Key] = []
        """The last key of each block."""

    def add(self, key: Key) -> None:
        """Put a key in its place."""
        if not self._blocks:
            self._blocks.append([])
            self._greatest.append(key)
        index = min(bisect_left(self._greatest, key), len(self._blocks) - 1)
        block = self._blocks[index]
        insort(block, key)
        if len(block) > LONGEST:
            half = len(block) // 2
            self._blocks[index : index + 1] = [block[:half], block[half:]]
            self._greatest[index : index + 1] = [block[half - 1], block[-1]]
        else:
            self._greatest[index] = block[-1]

    def remove(self, key: Key) -> None:
        """Take out a key that is there."""
        index = bisect_left(self._greatest, key)
        block = self._blocks[index]
        del block[bisect_left(block, key)]
        if block:
            self._greatest[index] = block[-1]
        else:
            del self._blocks[index], self._greatest[index]

    def position(self, key: tuple[int] | Key) -> int:
        """How many keys come before `key`, which need not be there. `(-score,)` comes before all keys of that score."""
        index = bisect_left(self._greatest, key)
        before = sum(map(len, self._blocks[:index]))
        return before + bisect_left(self._blocks[index], key) if index < len(self._blocks) else before

    def slice(self, start: int, count: int) -> list[Key]:
        """At most `count` keys from position `start` on."""
        found: list[Key] = []
        for block in self._blocks:
            if start < len(block):
                found += block[start : start + count - len(found)]
                if len(found) == count:
                    break
            start = max(0, start - len(block))
        return found


class Leaderboard:
    """Players by score."""

    def __init__(self) -> None:
        self._scores: dict[str, int] = {}
        self._keys = _SortedKeys()

    def __len__(self) -> int:
        return len(self._scores)

    def set_score(self, player: str, score: int) -> None:
        """Add a player, or change a score."""
        if player in self._scores:
            self.remove(player)
        self._scores[player] = score
        self._keys.add((-score, player))

    def remove(self, player: str) -> None:
        """Forget a player. Raises KeyError."""
        self._keys.remove((-self._scores.pop(player), player))

    def score(self, player: str) -> int:
        """The score of a player. Raises KeyError."""
        return self._scores[player]

    def rank(self, player: str) -> int:
        """1 plus the number of players with a higher score. Raises KeyError."""
        return 1 + self._keys.position((-self._scores[player],))

    def page(self, start: int, count: int) -> list[tuple[str, int]]:
        """At most `count` players with their scores from position `start` on, best first. Raises ValueError."""
        if start < 0 or count < 0:
            raise ValueError(f"start and count must not be negative, got {start} and {count}")
        return [(player, -negative) for negative, player in self._keys.slice(start, count)]

    def count_between(self, low: int, high: int) -> int:
        """How many players have a score from `low` to `high`, both included."""
        return max(0, self._keys.position((-low + 1,)) - self._keys.position((-high,)))
