"""A store in memory with transactions as context managers.

A store keeps a stack of levels, one for each `with` that is open, whichever `Transaction` it belongs to. A level knows
what to go back to and which callbacks wait for its commit. `Transaction` itself has no state but its store, so that it
can be entered again at any time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager, AsyncExitStack, ExitStack
from types import TracebackType
from typing import Any, Generic, NoReturn, Self, TypeVar

__all__ = ["Rollback", "Store", "Transaction", "all_of", "all_of_async"]

V = TypeVar("V")
T = TypeVar("T")


class Rollback(Exception):
    """On its way to the transaction that it undoes."""

    def __init__(self, *args: object, target: _Level | None = None) -> None:
        super().__init__(*args)
        self._target = target

    def _ends_at(self, level: _Level) -> bool:
        return self._target is level


class _Level:
    """One open `with` of a transaction."""

    def __init__(self, transaction: Transaction, before: dict[str, Any]) -> None:
        self.transaction = transaction
        self.before = before
        self.callbacks: list[Callable[[], object]] = []


class _Turn:
    """A lock that the task which holds it may take again. Tasks get it in the order in which they ask."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._holder: asyncio.Task[Any] | None = None
        self._times = 0

    async def take(self) -> None:
        task = asyncio.current_task()
        if self._holder is None or self._holder is not task:
            await self._lock.acquire()
            self._holder = task
        self._times += 1

    def give_back(self) -> None:
        self._times -= 1
        if self._times == 0:
            self._holder = None
            self._lock.release()


class Transaction:
    """All of the changes made within it, or none."""

    def __init__(self, store: Store[Any]) -> None:
        self._store = store

    def __enter__(self) -> Self:
        self._store._open_level(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        if kind is None:
            self._store._commit()
            return False
        level = self._store._undo()
        return isinstance(error, Rollback) and error._ends_at(level)

    async def __aenter__(self) -> Self:
        await self._store._turn.take()
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        try:
            return self.__exit__(kind, error, traceback)
        finally:
            self._store._turn.give_back()

    def rollback(self) -> NoReturn:
        """Undo this transaction and go on after its `with`."""
        level = self._store._innermost(self)
        if level is None:
            raise RuntimeError("the transaction is not open")
        raise Rollback("rolled back on demand", target=level)


class Store(MutableMapping[str, V]):
    """A mapping of strings to values."""

    def __init__(self, initial: Mapping[str, V] | None = None) -> None:
        self._values: dict[str, V] = {} if initial is None else dict(initial)
        self._levels: list[_Level] = []
        self._turn = _Turn()

    def __getitem__(self, key: str) -> V:
        return self._values[key]

    def __setitem__(self, key: str, value: V) -> None:
        self._values[key] = value

    def __delitem__(self, key: str) -> None:
        del self._values[key]

    def __contains__(self, key: object) -> bool:
        return key in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._values!r})"

    @property
    def depth(self) -> int:
        """How many transactions are open now."""
        return len(self._levels)

    def transaction(self) -> Transaction:
        """A transaction, not open yet."""
        return Transaction(self)

    def on_commit(self, callback: Callable[[], object]) -> None:
        """Call back once the outermost transaction has committed."""
        if self._levels:
            self._levels[-1].callbacks.append(callback)
        else:
            callback()

    def _open_level(self, transaction: Transaction) -> None:
        self._levels.append(_Level(transaction, self._values.copy()))

    def _innermost(self, transaction: Transaction) -> _Level | None:
        return next((level for level in reversed(self._levels) if level.transaction is transaction), None)

    def _undo(self) -> _Level:
        level = self._levels.pop()
        self._values = level.before
        return level

    def _commit(self) -> None:
        callbacks = self._levels.pop().callbacks
        if self._levels:
            self._levels[-1].callbacks += callbacks
            return
        for callback in callbacks:
            callback()


_NOT_ALL_ENTERED = "a manager could not be entered, and another one suppressed the reason: the body cannot run"


class _AllOf(Generic[T]):
    """Several managers as one. What is left of the stack of the managers entered, when all are, is for the exit."""

    def __init__(self, managers: tuple[AbstractContextManager[T], ...]) -> None:
        self._managers = managers
        self._entered = ExitStack()

    def __enter__(self) -> tuple[T, ...]:
        with ExitStack() as stack:
            values = [stack.enter_context(manager) for manager in self._managers]
            self._entered = stack.pop_all()
            return tuple(values)
        raise RuntimeError(_NOT_ALL_ENTERED)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        return bool(self._entered.__exit__(kind, error, traceback))


class _AllOfAsync(Generic[T]):
    """The same for `async with`."""

    def __init__(self, managers: tuple[AbstractContextManager[T] | AbstractAsyncContextManager[T], ...]) -> None:
        self._managers = managers
        self._entered = AsyncExitStack()

    async def __aenter__(self) -> tuple[T, ...]:
        async with AsyncExitStack() as stack:
            values = [await self._enter(stack, manager) for manager in self._managers]
            self._entered = stack.pop_all()
            return tuple(values)
        raise RuntimeError(_NOT_ALL_ENTERED)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        return bool(await self._entered.__aexit__(kind, error, traceback))

    @staticmethod
    async def _enter(
        stack: AsyncExitStack, manager: AbstractContextManager[T] | AbstractAsyncContextManager[T]
    ) -> T:
        if isinstance(manager, AbstractAsyncContextManager):
            return await stack.enter_async_context(manager)
        return stack.enter_context(manager)


def all_of(*managers: AbstractContextManager[T]) -> _AllOf[T]:
    """Hold several context managers as one."""
    return _AllOf(managers)


def all_of_async(*managers: AbstractContextManager[T] | AbstractAsyncContextManager[T]) -> _AllOfAsync[T]:
    """The same for `async with`."""
    return _AllOfAsync(managers)
