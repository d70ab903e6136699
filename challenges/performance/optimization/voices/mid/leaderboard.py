"""Leaderboard with a sorted list of scores and a bucket of names per score."""

import bisect
from collections import defaultdict
from typing import Dict, List, Set, Tuple


class Leaderboard:
    def __init__(self) -> None:
        self._scores: Dict[str, int] = {}
        self._sorted: List[int] = []  # all scores ascending, with duplicates
        self._names: Dict[int, Set[str]] = defaultdict(set)

    def __len__(self) -> int:
        return len(self._scores)

    def set_score(self, player: str, score: int) -> None:
        if player in self._scores:
            self.remove(player)
        self._scores[player] = score
        bisect.insort(self._sorted, score)
        self._names[score].add(player)

    def remove(self, player: str) -> None:
        score = self._scores.pop(player)
        index = bisect.bisect_left(self._sorted, score)
        self._sorted.pop(index)
        self._names[score].discard(player)

    def score(self, player: str) -> int:
        return self._scores[player]

    def rank(self, player: str) -> int:
        score = self._scores[player]
        higher = len(self._sorted) - bisect.bisect_right(self._sorted, score)
        return higher + 1

    def page(self, start: int, count: int) -> List[Tuple[str, int]]:
        if start < 0 or count < 0:
            raise ValueError("start and count must not be negative")
        result: List[Tuple[str, int]] = []
        position = len(self._sorted) - start
        while position > 0 and len(result) < count:
            score = self._sorted[position - 1]
            # players with the same score: continue in the middle of the bucket if the page starts there
            names = sorted(self._names[score])
            first = bisect.bisect_left(self._sorted, score)
            offset = first + len(names) - position
            for name in names[offset:]:
                if len(result) == count:
                    break
                result.append((name, score))
            position = first
        return result

    def count_between(self, low: int, high: int) -> int:
        left = bisect.bisect_left(self._sorted, low)
        right = bisect.bisect_right(self._sorted, high)
        return right - left
