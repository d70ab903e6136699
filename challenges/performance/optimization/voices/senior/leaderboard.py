"""A leaderboard that stays fast. README.md says what it answers; naive.py is the slow one to compare with."""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import TypeAlias

_Entry: TypeAlias = tuple[int, str]  # the negated score first: ascending entries are the board, best first


class Leaderboard:
    """Players by score.

    The board itself is a sorted list of entries. Finding a place in it is a binary search; making room there shifts
    pointers in C, which for the boards we have costs less than the search.
    """

    def __init__(self) -> None:
        self._scores: dict[str, int] = {}
        self._board: list[_Entry] = []

    def __len__(self) -> int:
        return len(self._scores)

    def set_score(self, player: str, score: int) -> None:
        """Add a player, or change a score."""
        entry = (-score, player)
        old = self._scores.get(player)
        if old is not None:
            if old == score:
                return
            self._take_out(player, old)
        insort(self._board, entry)
        self._scores[player] = score

    def remove(self, player: str) -> None:
        """Forget a player. Raises KeyError."""
        self._take_out(player, self._scores.pop(player))

    def score(self, player: str) -> int:
        """The score of a player. Raises KeyError."""
        return self._scores[player]

    def rank(self, player: str) -> int:
        """1 plus the number of players with a higher score. Raises KeyError."""
        return 1 + self._above(self._scores[player])

    def page(self, start: int, count: int) -> list[tuple[str, int]]:
        """At most `count` players with their scores from position `start` on, best first. Raises ValueError."""
        if start < 0 or count < 0:
            raise ValueError("start and count must not be negative")
        return [(player, -negated) for negated, player in self._board[start : start + count]]

    def count_between(self, low: int, high: int) -> int:
        """How many players have a score from `low` to `high`, both included."""
        return max(0, self._above(low - 1) - self._above(high))

    def _above(self, score: int) -> int:
        """How many players have a higher score. No name sorts before the empty one."""
        return bisect_left(self._board, (-score, ""))

    def _take_out(self, player: str, score: int) -> None:
        del self._board[bisect_left(self._board, (-score, player))]
