"""A leaderboard that stays fast. README.md says what it answers; naive.py is today's implementation."""

from __future__ import annotations


class Leaderboard:
    """Players by score."""

    def __init__(self) -> None:
        raise NotImplementedError

    def __len__(self) -> int:
        raise NotImplementedError

    def set_score(self, player: str, score: int) -> None:
        """Add a player, or change a score."""
        raise NotImplementedError

    def remove(self, player: str) -> None:
        """Remove a player. Raises KeyError."""
        raise NotImplementedError

    def score(self, player: str) -> int:
        """The score of a player. Raises KeyError."""
        raise NotImplementedError

    def rank(self, player: str) -> int:
        """1 plus the number of players with a higher score. Raises KeyError."""
        raise NotImplementedError

    def page(self, start: int, count: int) -> list[tuple[str, int]]:
        """At most `count` players with their scores from position `start` on, best first. Raises ValueError."""
        raise NotImplementedError

    def count_between(self, low: int, high: int) -> int:
        """The number of players with a score from `low` to `high`, both included."""
        raise NotImplementedError
