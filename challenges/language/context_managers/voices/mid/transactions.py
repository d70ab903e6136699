"""In-memory store with nested transactions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, MutableMapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager, AsyncExitStack, ExitStack
from contextlib import asynccontextmanager, contextmanager
from types import TracebackType
from typing import Any, Generic, NoReturn, Optional, TypeVar, Union

V = TypeVar("V")
T = TypeVar("T")

_MISSING: Any = object()


class Rollback(Exception):
    def __init__(self, transaction: Optional[Transaction] = None) -> None:
        super().__init__("transaction rolled back")
        self.transaction = transaction


class Transaction:
    def __init__(self, store: Store[Any]) -> None:
        self._store = store
        # one entry for each time this transaction is open: where the undo log and the callbacks began
        self._marks: list[tuple[int, int]] = []

    def __enter__(self) -> Transaction:
        store = self._store
        self._marks.append((len(store._undo_log), len(store._callbacks)))
        store._depth += 1
        return self

    def __exit__(
        self,
        exc_type: Optional[type[BaseException]],
        exc: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> bool:
        store = self._store
        log_start, callback_start = self._marks.pop()
        store._depth -= 1
        if exc is not None:
            store._undo(log_start)
            del store._callbacks[callback_start:]
            return isinstance(exc, Rollback) and exc.transaction is self
        if store._depth == 0:
            store._undo_log.clear()
            for callback in store._callbacks:
                callback()
            store._callbacks.clear()
        return False

    async def __aenter__(self) -> Transaction:
        store = self._store
        task = asyncio.current_task()
        if store._owner is not task:
            await store._lock.acquire()
            store._owner = task
        store._async_depth += 1
        return self.__enter__()

    async def __aexit__(
        self,
        exc_type: Optional[type[BaseException]],
        exc: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> bool:
        store = self._store
        result = self.__exit__(exc_type, exc, traceback)
        store._async_depth -= 1
        if store._async_depth == 0:
            store._owner = None
            store._lock.release()
        return result

    def rollback(self) -> NoReturn:
        if not self._marks:
            raise RuntimeError("the transaction is not open")
        raise Rollback(self)


class Store(MutableMapping[str, V], Generic[V]):
    def __init__(self, initial: Optional[Mapping[str, V]] = None) -> None:
        self._data: dict[str, V] = dict(initial) if initial else {}
        # (key, old value) for every change made inside a transaction
        self._undo_log: list[tuple[str, Any]] = []
        self._depth = 0
        self._callbacks: list[Callable[[], object]] = []
        self._lock = asyncio.Lock()
        self._owner: Optional[asyncio.Task[Any]] = None
        self._async_depth = 0

    def __getitem__(self, key: str) -> V:
        return self._data[key]

    def __setitem__(self, key: str, value: V) -> None:
        self._remember(key)
        self._data[key] = value

    def __delitem__(self, key: str) -> None:
        if key not in self._data:
            raise KeyError(key)
        self._remember(key)
        del self._data[key]

    def _remember(self, key: str) -> None:
        if self._depth:
            self._undo_log.append((key, self._data.get(key, _MISSING)))

    def _undo(self, start: int) -> None:
        while len(self._undo_log) > start:
            key, old = self._undo_log.pop()
            if old is _MISSING:
                self._data.pop(key, None)
            else:
                self._data[key] = old

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)

    def __repr__(self) -> str:
        return f"Store({self._data!r})"

    @property
    def depth(self) -> int:
        return self._depth

    def transaction(self) -> Transaction:
        return Transaction(self)

    def on_commit(self, callback: Callable[[], object]) -> None:
        if self._depth:
            self._callbacks.append(callback)
        else:
            callback()


@contextmanager
def all_of(*managers: AbstractContextManager[T]) -> Iterator[tuple[T, ...]]:
    with ExitStack() as stack:
        yield tuple(stack.enter_context(manager) for manager in managers)


@asynccontextmanager
async def all_of_async(
    *managers: Union[AbstractContextManager[T], AbstractAsyncContextManager[T]],
) -> AsyncIterator[tuple[T, ...]]:
    async with AsyncExitStack() as stack:
        values: list[T] = []
        for manager in managers:
            if isinstance(manager, AbstractContextManager):
                values.append(stack.enter_context(manager))
            else:
                values.append(await stack.enter_async_context(manager))
        yield tuple(values)
