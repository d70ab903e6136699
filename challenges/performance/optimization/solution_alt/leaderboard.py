"""A leaderboard on a treap: a search tree that random priorities keep shallow, and whose nodes know their size."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple


class Entry(NamedTuple):
    player: str
    score: int


@dataclass(slots=True)
class Node:
    score: int
    player: str
    priority: float
    left: Node | None = None
    right: Node | None = None
    size: int = 1

    def resize(self) -> None:
        self.size = 1 + size(self.left) + size(self.right)


def size(node: Node | None) -> int:
    return node.size if node is not None else 0


def better(node: Node, score: int, player: str) -> bool:
    """Whether the node stands above a player with that score."""
    return node.score > score or (node.score == score and node.player < player)


def split(node: Node | None, score: int, player: str) -> tuple[Node | None, Node | None]:
    """Those above a player, and the rest."""
    if node is None:
        return None, None
    if better(node, score, player):
        node.right, rest = split(node.right, score, player)
        node.resize()
        return node, rest
    above, node.left = split(node.left, score, player)
    node.resize()
    return above, node


def merge(left: Node | None, right: Node | None) -> Node | None:
    """One tree of two, where all of `left` stands above all of `right`."""
    if left is None or right is None:
        return left or right
    if left.priority > right.priority:
        left.right = merge(left.right, right)
        left.resize()
        return left
    right.left = merge(left, right.left)
    right.resize()
    return right


def insert(node: Node | None, new: Node) -> Node:
    if node is None or new.priority > node.priority:
        new.left, new.right = split(node, new.score, new.player)
        new.resize()
        return new
    if better(node, new.score, new.player):
        node.right = insert(node.right, new)
    else:
        node.left = insert(node.left, new)
    node.size += 1
    return node


def delete(node: Node | None, score: int, player: str) -> Node | None:
    assert node is not None, "only players who are there are deleted"
    if node.player == player:
        return merge(node.left, node.right)
    if better(node, score, player):
        node.right = delete(node.right, score, player)
    else:
        node.left = delete(node.left, score, player)
    node.size -= 1
    return node


def above(node: Node | None, score: int) -> int:
    """How many have a higher score."""
    total = 0
    while node is not None:
        if node.score > score:
            total += size(node.left) + 1
            node = node.right
        else:
            node = node.left
    return total


def walk(node: Node | None, start: int) -> Iterator[tuple[str, int]]:
    """The players of a tree in order, from position `start` on."""
    path: list[Node] = []
    while node is not None:
        before = size(node.left)
        if start <= before:
            path.append(node)
            node = node.left
        else:
            start -= before + 1
            node = node.right
    while path:
        node = path.pop()
        yield node.player, node.score
        node = node.right
        while node is not None:
            path.append(node)
            node = node.left


class Leaderboard:
    def __init__(self) -> None:
        self.scores: dict[str, int] = {}
        self.root: Node | None = None

    def __len__(self) -> int:
        return size(self.root)

    def set_score(self, player: str, score: int) -> None:
        if player in self.scores:
            self.remove(player)
        self.scores[player] = score
        self.root = insert(self.root, Node(score, player, random.random()))

    def remove(self, player: str) -> None:
        self.root = delete(self.root, self.scores.pop(player), player)

    def score(self, player: str) -> int:
        return self.scores[player]

    def rank(self, player: str) -> int:
        return above(self.root, self.scores[player]) + 1

    def page(self, start: int, count: int) -> list[Entry]:
        if min(start, count) < 0:
            raise ValueError("negative")
        return [Entry(*entry) for _, entry in zip(range(count), walk(self.root, start), strict=False)]

    def count_between(self, low: int, high: int) -> int:
        return above(self.root, low - 1) - above(self.root, high) if low <= high else 0
