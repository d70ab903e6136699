"""Questions search in a sorted list. Every change throws it away, and the next question sorts all players anew."""

from __future__ import annotations

from bisect import bisect_left, bisect_right


class Leaderboard:
    """Players by score."""

    def __init__(self) -> None:
        self._scores: dict[str, int] = {}
        self._board: list[tuple[int, str]] | None = None

    def __len__(self) -> int:
        return len(self._scores)

    def set_score(self, player: str, score: int) -> None:
        """Add a player, or change a score."""
        self._scores[player] = score
        self._board = None

    def remove(self, player: str) -> None:
        """Forget a player. Raises KeyError."""
        del self._scores[player]
        self._board = None

    def score(self, player: str) -> int:
        """The score of a player. Raises KeyError."""
        return self._scores[player]

    def rank(self, player: str) -> int:
        """1 plus the number of players with a higher score. Raises KeyError."""
        return 1 + bisect_left(self._sorted(), (-self._scores[player],))

    def page(self, start: int, count: int) -> list[tuple[str, int]]:
        """At most `count` players with their scores from position `start` on, best first. Raises ValueError."""
        if start < 0 or count < 0:
            raise ValueError("start and count must not be negative")
        return [(player, -negative) for negative, player in self._sorted()[start : start + count]]

    def count_between(self, low: int, high: int) -> int:
        """How many players have a score from `low` to `high`, both included."""
        board = self._sorted()
        return max(0, bisect_right(board, (1 - low,)) - bisect_left(board, (-high,)))

    def _sorted(self) -> list[tuple[int, str]]:
        if self._board is None:
            self._board = sorted((-score, player) for player, score in self._scores.items())
        return self._board
