"""Typed usage of the API of `leaderboard`: checked with `mypy --strict` beside a submission, never run."""

from typing import assert_type

from leaderboard import Leaderboard

board = Leaderboard()
board.set_score("ada", 90)
board.set_score(player="bob", score=70)
board.remove("bob")

assert_type(len(board), int)
assert_type(board.score("ada"), int)
assert_type(board.rank(player="ada"), int)
for entry in board.page(0, 10):
    pair: tuple[str, int] = entry
    player, score = entry
    assert_type(player, str)
    assert_type(score, int)
board.page(start=0, count=10).clear()
assert_type(board.count_between(low=0, high=100), int)

board.set_score("ada", "90")  # type: ignore[arg-type]
board.set_score("ada")  # type: ignore[call-arg]
board.score(1)  # type: ignore[arg-type]
board.rank(None)  # type: ignore[arg-type]
board.page(0)  # type: ignore[call-arg]
board.count_between("0", 1)  # type: ignore[arg-type]
