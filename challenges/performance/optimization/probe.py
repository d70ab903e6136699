"""Runs programs on a `Leaderboard`, and large workloads whose data are made here from a drawn seed."""

from __future__ import annotations

import random
from typing import Any

import leaderboard as candidate

boards: dict[int, Any] = {}
"""Filled boards by their number of players; they last as long as the process."""


def run(program: list[tuple[Any, ...]]) -> list[Any]:
    """The answers of a new board to ("method", arguments...), one after the other; an exception is its class' name."""
    board = candidate.Leaderboard()
    return [_answer(board, name, arguments) for name, *arguments in program]


def _answer(board: Any, name: str, arguments: list[Any]) -> Any:
    try:
        return len(board) if name == "len" else getattr(board, name)(*arguments)
    except (KeyError, ValueError) as error:
        return [type(error).__name__]


def fill(size: int, seed: int, spread: int) -> int:
    """Make the board of `size` players with scores from 0 to `spread`, in no order. Returns its length."""
    draw = random.Random(seed)
    board = boards[size] = candidate.Leaderboard()
    order = list(range(size))
    draw.shuffle(order)
    for number in order:
        board.set_score(f"p{number}", draw.randrange(spread))
    return len(board)


def ranks(size: int, seed: int, count: int, spread: int) -> list[int]:
    """The ranks of random players."""
    draw, board = random.Random(seed), boards[size]
    return [board.rank(f"p{draw.randrange(size)}") for _ in range(count)]


def ranges(size: int, seed: int, count: int, spread: int) -> list[int]:
    """How many players are in random ranges."""
    draw, board = random.Random(seed), boards[size]
    return [board.count_between(draw.randrange(spread), draw.randrange(spread)) for _ in range(count)]


def pages(size: int, seed: int, count: int, spread: int) -> list[Any]:
    """Random short pages."""
    draw, board = random.Random(seed), boards[size]
    return [board.page(draw.randrange(size), 5) for _ in range(count)]


def changes(size: int, seed: int, count: int, spread: int) -> list[Any]:
    """Change random scores, or remove players and let them come back; then look at some ranks."""
    draw, board = random.Random(seed), boards[size]
    _change(draw, board, size, count, spread)
    return [board.rank(f"p{draw.randrange(size)}") for _ in range(5)]


def moves(size: int, seed: int, count: int, spread: int) -> list[Any]:
    """As `changes`; then look at some pages."""
    draw, board = random.Random(seed), boards[size]
    _change(draw, board, size, count, spread)
    return [board.page(draw.randrange(size), 5) for _ in range(5)]


def _change(draw: random.Random, board: Any, size: int, count: int, spread: int) -> None:
    for _ in range(count):
        player = f"p{draw.randrange(size)}"
        if draw.random() < 0.5:
            board.remove(player)
        board.set_score(player, draw.randrange(spread))


def mixed(size: int, seed: int, count: int, spread: int) -> list[Any]:
    """A change, then a question, again and again."""
    draw, board = random.Random(seed), boards[size]
    answers: list[Any] = []
    for _ in range(count):
        player = f"p{draw.randrange(size)}"
        board.set_score(player, draw.randrange(spread))
        answers += [board.rank(player), board.rank(f"p{draw.randrange(size)}")]
    return answers
