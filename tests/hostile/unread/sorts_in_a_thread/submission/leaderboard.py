"""Sorted at the first question after a change."""

from __future__ import annotations

import threading
from bisect import bisect_left


class Leaderboard:
    """Players by score."""

    def __init__(self) -> None:
        self._scores: dict[str, int] = {}
        self._keys: list[tuple[int, str]] = []
        self._dirty = False

    def __len__(self) -> int:
        return len(self._scores)

    def set_score(self, player: str, score: int) -> None:
        self._scores[player] = score
        self._dirty = True

    def remove(self, player: str) -> None:
        del self._scores[player]
        self._dirty = True

    def score(self, player: str) -> int:
        return self._scores[player]

    def _sorted(self) -> list[tuple[int, str]]:
        if self._dirty:
            helper = threading.Thread(target=self._sort)
            helper.start()
            helper.join()
        return self._keys

    def _sort(self) -> None:
        self._keys = sorted((-score, player) for player, score in self._scores.items())
        self._dirty = False

    def rank(self, player: str) -> int:
        return 1 + bisect_left(self._sorted(), (-self._scores[player],))

    def page(self, start: int, count: int) -> list[tuple[str, int]]:
        if start < 0 or count < 0:
            raise ValueError("negative")
        return [(player, -negative) for negative, player in self._sorted()[start : start + count]]

    def count_between(self, low: int, high: int) -> int:
        keys = self._sorted()
        return max(0, bisect_left(keys, (-low + 1,)) - bisect_left(keys, (-high,)))
