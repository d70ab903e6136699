"""A store in memory with transactions as context managers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager, AsyncExitStack, ExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Generic, NoReturn, TypeVar

T = TypeVar("T")
V = TypeVar("V")


class Rollback(Exception):
    """On its way to the transaction that it undoes."""

    def __init__(self, frame: _Frame) -> None:
        super().__init__("a transaction is rolled back")
        self.frame = frame


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
            self._store._data.clear()
            self._store._data.update(frame.backup)
            return isinstance(error, Rollback) and error.frame is frame
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

    def rollback(self) -> NoReturn:
        """Undo this transaction and go on after its `with`."""
        for frame in reversed(self._store._frames):
            if frame.transaction is self:
                raise Rollback(frame)
        raise RuntimeError("the transaction is not open")


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


class _AllOf(Generic[T]):
    """Nested `with` statements: entered from the left, exited from the right."""

    def __init__(self, managers: tuple[AbstractContextManager[T], ...]) -> None:
        self._managers = managers
        self._stack = ExitStack()

    def __enter__(self) -> tuple[T, ...]:
        values: list[T] = []
        with ExitStack() as stack:
            for manager in self._managers:
                values.append(stack.enter_context(manager))
            self._stack = stack.pop_all()
            return tuple(values)
        raise RuntimeError("entering failed, and one of the managers suppressed the exception")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        return self._stack.__exit__(kind, error, trace)


class _AllOfAsync(Generic[T]):
    """The same for `async with`."""

    def __init__(self, managers: tuple[AbstractContextManager[T] | AbstractAsyncContextManager[T], ...]) -> None:
        self._managers = managers
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> tuple[T, ...]:
        values: list[T] = []
        async with AsyncExitStack() as stack:
            for manager in self._managers:
                if isinstance(manager, AbstractAsyncContextManager):
                    values.append(await stack.enter_async_context(manager))
                else:
                    values.append(stack.enter_context(manager))
            self._stack = stack.pop_all()
            return tuple(values)
        raise RuntimeError("entering failed, and one of the managers suppressed the exception")

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        return await self._stack.__aexit__(kind, error, trace)


def all_of(*managers: AbstractContextManager[T]) -> _AllOf[T]:
    """Hold several context managers as one."""
    return _AllOf(managers)


def all_of_async(*managers: AbstractContextManager[T] | AbstractAsyncContextManager[T]) -> _AllOfAsync[T]:
    """The same for `async with`."""
    return _AllOfAsync(managers)
