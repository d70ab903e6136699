"""A store in memory with transactions as context managers.

A stack of layers: a transaction works on a copy of the layer below, which takes its place when it commits. Everything
else is counted in depths: a transaction knows at which depths it is open, a rollback at which depth it ends.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, MutableMapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager, AsyncExitStack, asynccontextmanager
from types import TracebackType
from typing import Any, Generic, NoReturn, TypeVar

Value = TypeVar("Value")
Bound = TypeVar("Bound")


class Rollback(Exception):
    def __init__(self, depth: int) -> None:
        super().__init__(f"roll back to depth {depth}")
        self.depth = depth


class Layer(Generic[Value]):
    def __init__(self, content: Mapping[str, Value]) -> None:
        self.content = dict(content)
        self.callbacks: list[Callable[[], object]] = []


class Store(MutableMapping[str, Value]):
    def __init__(self, initial: Mapping[str, Value] | None = None) -> None:
        self._layers: list[Layer[Value]] = [Layer(initial if initial is not None else {})]
        self._task: asyncio.Task[Any] | None = None
        self._entered = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    def __getitem__(self, key: str) -> Value:
        return self._layers[-1].content[key]

    def __setitem__(self, key: str, value: Value) -> None:
        self._layers[-1].content[key] = value

    def __delitem__(self, key: str) -> None:
        del self._layers[-1].content[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._layers[-1].content)

    def __len__(self) -> int:
        return len(self._layers[-1].content)

    @property
    def depth(self) -> int:
        return len(self._layers) - 1

    def on_commit(self, callback: Callable[[], object]) -> None:
        if self.depth == 0:
            callback()
        else:
            self._layers[-1].callbacks.append(callback)

    def transaction(self) -> "Transaction":
        return Transaction(self)

    def _push(self) -> int:
        self._layers.append(Layer(self._layers[-1].content))
        return self.depth

    def _pop(self, keep: bool) -> None:
        top = self._layers.pop()
        if not keep:
            return
        below = self._layers[-1]
        below.content = top.content
        below.callbacks += top.callbacks
        while self.depth == 0 and below.callbacks:
            below.callbacks.pop(0)()

    async def _wait(self) -> None:
        """Until it is this task's turn."""
        if self._task is not asyncio.current_task():
            if self._task is not None or self._waiting:
                await self._queue()
            self._task = asyncio.current_task()
        self._entered += 1

    async def _queue(self) -> None:
        ticket = asyncio.get_running_loop().create_future()
        self._waiting.append(ticket)
        try:
            await ticket
        except asyncio.CancelledError:
            if ticket in self._waiting:
                self._waiting.remove(ticket)
            else:
                self._call_next()
            raise

    def _leave(self) -> None:
        self._entered -= 1
        if self._entered == 0:
            self._call_next()

    def _call_next(self) -> None:
        self._task = None
        while self._waiting:
            ticket = self._waiting.popleft()
            if not ticket.done():
                self._reserve(ticket)
                return

    def _reserve(self, ticket: "asyncio.Future[None]") -> None:
        """Nobody may overtake the task that was called."""
        self._task = RESERVED
        ticket.set_result(None)


RESERVED: Any = object()


class Transaction:
    def __init__(self, store: Store[Any]) -> None:
        self._store = store
        self._depths: list[int] = []

    def __enter__(self) -> "Transaction":
        self._depths.append(self._store._push())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        depth = self._depths.pop()
        self._store._pop(keep=error is None)
        return isinstance(error, Rollback) and error.depth == depth

    async def __aenter__(self) -> "Transaction":
        await self._store._wait()
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        suppress = self.__exit__(kind, error, trace)
        self._store._leave()
        return suppress

    def rollback(self) -> NoReturn:
        if self._depths:
            raise Rollback(self._depths[-1])
        raise RuntimeError("not open")


class all_of(AbstractContextManager[tuple[Bound, ...], bool | None]):
    """Nested `with` statements by hand."""

    def __init__(self, *managers: "AbstractContextManager[Bound, bool | None]") -> None:
        self._managers = managers
        self._entered: list[AbstractContextManager[Bound, bool | None]] = []

    def __enter__(self) -> tuple[Bound, ...]:
        bound: list[Bound] = []
        for manager in self._managers:
            try:
                bound.append(manager.__enter__())
            except BaseException as error:
                if not self._unwind(error):
                    raise
                raise RuntimeError("a manager could not be entered, and the exception was suppressed") from error
            self._entered.append(manager)
        return tuple(bound)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        return self._unwind(error)

    def _unwind(self, error: BaseException | None) -> bool:
        """Leave what was entered; whether an exception was there and is gone. A new one is raised."""
        current = error
        while self._entered:
            manager = self._entered.pop()
            try:
                if manager.__exit__(*_described(current)):
                    current = None
            except BaseException as replacement:
                current = replacement
        if current is not None and current is not error:
            raise current
        return error is not None and current is None


def _described(error: BaseException | None) -> tuple[Any, Any, Any]:
    return (None, None, None) if error is None else (type(error), error, error.__traceback__)


@asynccontextmanager
async def all_of_async(
    *managers: "AbstractContextManager[Bound, bool | None] | AbstractAsyncContextManager[Bound, bool | None]",
) -> AsyncIterator[tuple[Bound, ...]]:
    async with AsyncExitStack() as stack:
        bound: tuple[Bound, ...] = ()
        for manager in managers:
            if isinstance(manager, AbstractAsyncContextManager):
                bound = (*bound, await stack.enter_async_context(manager))
            else:
                bound = (*bound, stack.enter_context(manager))
        yield bound
