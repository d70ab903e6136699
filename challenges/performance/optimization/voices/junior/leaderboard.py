class Leaderboard:
    """Players by score. The sorted board is cached, so that it does not have to be sorted for each question."""

    def __init__(self) -> None:
        self._scores: dict[str, int] = {}
        self._board = None
        self._ranks = {}

    def __len__(self) -> int:
        return len(self._scores)

    def set_score(self, player: str, score: int) -> None:
        self._scores[player] = score
        self._board = None

    def remove(self, player: str) -> None:
        del self._scores[player]
        self._board = None

    def score(self, player: str) -> int:
        return self._scores[player]

    def _sorted(self):
        if self._board is None:
            self._board = sorted(self._scores.items(), key=lambda entry: (-entry[1], entry[0]))
            self._ranks = {}
            for position, (player, score) in enumerate(self._board):
                if score not in self._ranks:
                    self._ranks[score] = position + 1
        return self._board

    def rank(self, player: str) -> int:
        self._sorted()
        return self._ranks[self._scores[player]]

    def page(self, start: int, count: int) -> list[tuple[str, int]]:
        if start < 0 or count < 0:
            raise ValueError("start and count must not be negative")
        return self._sorted()[start : start + count]

    def count_between(self, low: int, high: int) -> int:
        count = 0
        for player, score in self._sorted():
            if score < low:
                break
            if score <= high:
                count += 1
        return count
