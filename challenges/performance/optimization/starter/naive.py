"""Today's leaderboard: correct, and slow. Every question walks over all players."""

from __future__ import annotations


class Leaderboard:
    """Players by score."""

    def __init__(self) -> None:
        self._scores: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._scores)

    def set_score(self, player: str, score: int) -> None:
        """Add a player, or change a score."""
        self._scores[player] = score

    def remove(self, player: str) -> None:
        """Remove a player. Raises KeyError."""
        del self._scores[player]

    def score(self, player: str) -> int:
        """The score of a player. Raises KeyError."""
        return self._scores[player]

    def rank(self, player: str) -> int:
        """1 plus the number of players with a higher score. Raises KeyError."""
        own = self._scores[player]
        return 1 + sum(score > own for score in self._scores.values())

    def page(self, start: int, count: int) -> list[tuple[str, int]]:
        """At most `count` players with their scores from position `start` on, best first. Raises ValueError."""
        if start < 0 or count < 0:
            raise ValueError("start and count must not be negative")
        board = sorted(self._scores.items(), key=lambda entry: (-entry[1], entry[0]))
        return board[start : start + count]

    def count_between(self, low: int, high: int) -> int:
        """The number of players with a score from `low` to `high`, both included."""
        return sum(low <= score <= high for score in self._scores.values())
