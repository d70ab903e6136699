"""Runs programs on a `Leaderboard`, and large workloads whose data are made here from a drawn seed."""

from __future__ import annotations

import random
from typing import Any

import leaderboard as candidate

boards: dict[int, Any] = {}
"""Filled boards by their number of players; they last as long as the process."""


def _plain(value: Any) -> Any:
    """Data that may cross the wall: a subclass of a promised type counts as that type, anything else stays visible."""
    if isinstance(value, (str, int)) and type(value) is not bool:
        return str.__str__(value) if isinstance(value, str) else int.__int__(value)
    if isinstance(value, (list, tuple)):
        items = [_plain(item) for item in value]
        return items if isinstance(value, list) else tuple(items)
    if value is None or type(value) in (bool, float):
        return value
    return [type(value).__name__]


def run(program: list[tuple[Any, ...]]) -> list[Any]:
    """The answers of a new board to ("method", arguments...), one after the other; an exception is its class' name.

    Besides the methods there are "len" and "page_length", which looks at no player.
    """
    board = candidate.Leaderboard()
    return [_answer(board, name, arguments) for name, *arguments in program]


def _answer(board: Any, name: str, arguments: list[Any]) -> Any:
    try:
        match name:
            case "len":
                return len(board)
            case "page_length":
                return len(board.page(*arguments))
        return _plain(getattr(board, name)(*arguments))
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


def ranks(size: int, seed: int, count: int, spread: int) -> Any:
    """The ranks of random players."""
    draw, board = random.Random(seed), boards[size]
    return _plain([board.rank(f"p{draw.randrange(size)}") for _ in range(count)])


def ranges(size: int, seed: int, count: int, spread: int) -> Any:
    """How many players are in random ranges."""
    draw, board = random.Random(seed), boards[size]
    return _plain([board.count_between(*sorted(draw.randrange(spread) for _ in range(2))) for _ in range(count)])


def pages(size: int, seed: int, count: int, spread: int) -> Any:
    """Random short pages."""
    draw, board = random.Random(seed), boards[size]
    return _plain([board.page(draw.randrange(size), 2) for _ in range(count)])


def changes(size: int, seed: int, count: int, spread: int) -> Any:
    """Change random scores, or remove players and let them come back; then look at the rank that two players share."""
    draw, board = random.Random(seed), boards[size]
    _change(draw, board, size, count, spread)
    score = draw.randrange(spread)
    board.set_score("p0", score)
    board.set_score("p1", score)
    return _plain([board.rank("p1")])


def moves(size: int, seed: int, count: int, spread: int) -> Any:
    """As `changes`; then look at some pages."""
    draw, board = random.Random(seed), boards[size]
    _change(draw, board, size, count, spread)
    return _plain([board.page(draw.randrange(size), 5) for _ in range(5)])


def _change(draw: random.Random, board: Any, size: int, count: int, spread: int) -> None:
    for _ in range(count):
        player = f"p{draw.randrange(size)}"
        if draw.random() < 0.5:
            board.remove(player)
        board.set_score(player, draw.randrange(spread))


def mixed(size: int, seed: int, count: int, spread: int) -> Any:
    """A change, then a question, again and again."""
    draw, board = random.Random(seed), boards[size]
    answers: list[Any] = []
    for _ in range(count):
        player = f"p{draw.randrange(size)}"
        board.set_score(player, draw.randrange(spread))
        answers += [board.rank(player), board.rank(f"p{draw.randrange(size)}")]
    return _plain(answers)


def queues(size: int, seed: int, spread: int) -> Any:
    """Players come best first, or worst first; all are asked for their ranks, and all leave, the worst first."""
    draw = random.Random(seed)
    best_first = sorted((-draw.randrange(spread), f"p{number}") for number in range(size))
    answers: list[int] = []
    for entries in (best_first, best_first[::-1]):
        board = candidate.Leaderboard()
        for negative, player in entries:
            board.set_score(player, -negative)
        answers += [board.rank(player) for _, player in best_first]
        for left in range(size - 1, 0, -1):
            board.remove(best_first[left][1])
            answers.append(board.rank(best_first[draw.randrange(left)][1]))
    return _plain(answers)
