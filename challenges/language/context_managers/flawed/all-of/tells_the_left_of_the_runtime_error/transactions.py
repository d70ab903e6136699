"""A store in memory with transactions as context managers.

Each open `with` is a block: what the store looked like when it was entered, and who wants to hear of its commit. The
store keeps its blocks as a stack; a transaction remembers which are its own, so that it can be entered again and again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, MutableMapping
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    AsyncExitStack,
    asynccontextmanager,
    contextmanager,
)
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Generic, NoReturn, Self, TypeAlias, TypeVar

T = TypeVar("T")
V = TypeVar("V")
Callback: TypeAlias = Callable[[], object]


@dataclass(slots=True, eq=False)
class _Block(Generic[V]):
    before: dict[str, V]
    callbacks: list[Callback] = field(default_factory=list)


class Rollback(Exception):
    """On its way to the `with` that it undoes."""

    def __init__(self, block: object) -> None:
        super().__init__("rollback")
        self.block = block


class _Turn:
    """Whose turn it is: a fair lock that the task which holds it may take again."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._holder: asyncio.Task[Any] | None = None
        self._times = 0

    async def take(self) -> None:
        if self._holder is not asyncio.current_task():
            await self._lock.acquire()
            self._holder = asyncio.current_task()
        self._times += 1

    def give(self) -> None:
        self._times -= 1
        if self._times == 0:
            self._holder = None
            self._lock.release()


class Store(MutableMapping[str, V]):
    """A mapping of strings to values, with transactions."""

    def __init__(self, initial: Mapping[str, V] | None = None) -> None:
        self._values: dict[str, V] = dict(initial or {})
        self._blocks: list[_Block[V]] = []
        self._turn = _Turn()

    def __getitem__(self, key: str) -> V:
        return self._values[key]

    def __setitem__(self, key: str, value: V) -> None:
        self._values[key] = value

    def __delitem__(self, key: str) -> None:
        del self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    @property
    def depth(self) -> int:
        """How many transactions are open."""
        return len(self._blocks)

    def transaction(self) -> Transaction:
        """A transaction, not open yet."""
        return Transaction(self)

    def on_commit(self, callback: Callback) -> None:
        """Call back once the outermost transaction has committed; at once if there is none."""
        if self._blocks:
            self._blocks[-1].callbacks.append(callback)
        else:
            callback()

    def _begin(self) -> _Block[V]:
        block = _Block(dict(self._values))
        self._blocks.append(block)
        return block

    def _commit(self) -> None:
        for callback in self._blocks.pop().callbacks:
            self.on_commit(callback)

    def _roll_back(self) -> None:
        self._values = self._blocks.pop().before


class Transaction:
    """All of the changes made within it, or none. Reusable and re-entrant."""

    def __init__(self, store: Store[Any]) -> None:
        self._store = store
        self._open: list[_Block[Any]] = []

    def __enter__(self) -> Self:
        self._open.append(self._store._begin())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        block = self._open.pop()
        if error is None:
            self._store._commit()
            return False
        self._store._roll_back()
        return isinstance(error, Rollback) and error.block is block

    async def __aenter__(self) -> Self:
        await self._store._turn.take()
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        try:
            return self.__exit__(kind, error, trace)
        finally:
            self._store._turn.give()

    def rollback(self) -> NoReturn:
        """Undo the innermost open `with` of this transaction and go on after it."""
        if not self._open:
            raise RuntimeError("this transaction is not open, so there is nothing to roll back")
        raise Rollback(self._open[-1])


@contextmanager
def all_of(*managers: AbstractContextManager[T, bool | None]) -> Iterator[tuple[T, ...]]:
    """Hold several context managers as one: entered from left to right, left from right to left."""
    if not managers:
        yield ()
        return
    with managers[0] as bound, all_of(*managers[1:]) as others:
        yield (bound, *others)


@asynccontextmanager
async def all_of_async(
    *managers: AbstractContextManager[T, bool | None] | AbstractAsyncContextManager[T, bool | None],
) -> AsyncIterator[tuple[T, ...]]:
    """The same for `async with`, over managers of both kinds."""
    async with AsyncExitStack() as stack:
        entered = []
        for manager in managers:
            if isinstance(manager, AbstractAsyncContextManager):
                entered.append(await stack.enter_async_context(manager))
            else:
                entered.append(stack.enter_context(manager))
        yield tuple(entered)
