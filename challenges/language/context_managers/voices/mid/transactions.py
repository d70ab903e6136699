"""A store in memory with transactions as context managers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, MutableMapping
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Generic, TypeVar

V = TypeVar("V")


class Rollback(Exception):
    """On its way to the transaction that it undoes."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__("rolled back")
        self.transaction = transaction


@dataclass
class _Frame:
    """One open `with`."""

    transaction: Transaction
    backup: dict[str, Any]
    callbacks: list[Callable[[], object]] = field(default_factory=list)


class Transaction:
    """All of the changes made within it, or none."""

    def __init__(self, store: Store[Any]) -> None:
        self._store = store

    def __enter__(self) -> Transaction:
        self._store._frames.append(_Frame(self, dict(self._store._data)))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        frame = self._store._frames.pop()
        if error is not None:
            self._store._data = frame.backup
            return isinstance(error, Rollback) and error.transaction is self
        if self._store._frames:
            self._store._frames[-1].callbacks += frame.callbacks
        else:
            for callback in frame.callbacks:
                callback()
        return False

    async def __aenter__(self) -> Transaction:
        await self._store._acquire()
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        try:
            return self.__exit__(kind, error, trace)
        finally:
            self._store._release()

    def rollback(self) -> None:
        """Undo this transaction and go on after its `with`."""
        if not any(frame.transaction is self for frame in self._store._frames):
            raise RuntimeError("the transaction is not open")
        raise Rollback(self)


class Store(MutableMapping[str, V], Generic[V]):
    """A mapping of strings to values."""

    def __init__(self, initial: Mapping[str, V] | None = None) -> None:
        self._data: dict[str, V] = dict(initial or {})
        self._frames: list[_Frame] = []
        self._lock = asyncio.Lock()
        self._owner: asyncio.Task[Any] | None = None
        self._count = 0

    def __getitem__(self, key: str) -> V:
        return self._data[key]

    def __setitem__(self, key: str, value: V) -> None:
        self._data[key] = value

    def __delitem__(self, key: str) -> None:
        del self._data[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)

    @property
    def depth(self) -> int:
        """How many transactions are open."""
        return len(self._frames)

    def transaction(self) -> Transaction:
        """A transaction, not open yet."""
        return Transaction(self)

    def on_commit(self, callback: Callable[[], object]) -> None:
        """Call back once the outermost transaction has committed."""
        if self._frames:
            self._frames[-1].callbacks.append(callback)
        else:
            callback()

    async def _acquire(self) -> None:
        task = asyncio.current_task()
        if self._owner is not task:
            await self._lock.acquire()
            self._owner = task
        self._count += 1

    def _release(self) -> None:
        self._count -= 1
        if not self._count:
            self._owner = None
            self._lock.release()


@contextmanager
def all_of(*managers: Any) -> Iterator[tuple[Any, ...]]:
    """Hold several context managers as one."""
    with ExitStack() as stack:
        yield tuple(stack.enter_context(manager) for manager in managers)


@asynccontextmanager
async def all_of_async(*managers: Any) -> AsyncIterator[tuple[Any, ...]]:
    """The same for `async with`."""
    async with AsyncExitStack() as stack:
        values = []
        for manager in managers:
            if hasattr(manager, "__aenter__"):
                values.append(await stack.enter_async_context(manager))
            else:
                values.append(stack.enter_context(manager))
        yield tuple(values)
