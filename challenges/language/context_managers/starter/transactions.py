"""A store in memory with transactions as context managers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


class Rollback(Exception):
    """Raised by `rollback()`, on its way to the transaction that it undoes."""


class Transaction:
    """All of the changes made within it, or none."""

    def rollback(self) -> None:
        """Undo this transaction and go on after its `with`."""
        raise NotImplementedError


class Store:
    """A mapping of strings to values."""

    def __init__(self, initial: Mapping[str, Any] | None = None) -> None:
        raise NotImplementedError

    def transaction(self) -> Transaction:
        """A transaction, not open yet."""
        raise NotImplementedError

    def on_commit(self, callback: Callable[[], object]) -> None:
        """Call back once the outermost transaction has committed."""
        raise NotImplementedError


def all_of(*managers: Any) -> Any:
    """Combine several context managers into one."""
    raise NotImplementedError


def all_of_async(*managers: Any) -> Any:
    """Like `all_of`, for `async with`."""
    raise NotImplementedError
