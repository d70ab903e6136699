"""A store with transactions."""

import asyncio
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager


class Rollback(Exception):
    pass


class Transaction:
    def __init__(self, store):
        self.store = store
        self.backup = None

    def __enter__(self):
        self.backup = dict(self.store.data)
        self.store.open.append(self)
        return self

    def __exit__(self, kind, error, trace):
        self.store.open.pop()
        if kind is not None:
            self.store.data = self.backup
            self.store.callbacks = []
            return isinstance(error, Rollback)
        if not self.store.open:
            callbacks = self.store.callbacks
            self.store.callbacks = []
            for callback in callbacks:
                callback()

    async def __aenter__(self):
        await self.store.lock.acquire()
        return self.__enter__()

    async def __aexit__(self, *args):
        try:
            return self.__exit__(*args)
        finally:
            self.store.lock.release()

    def rollback(self):
        raise Rollback()


class Store:
    def __init__(self, initial=None):
        self.data = dict(initial or {})
        self.open = []
        self.callbacks = []
        self.lock = asyncio.Lock()

    def __getitem__(self, key):
        return self.data[key]

    def __setitem__(self, key, value):
        self.data[key] = value

    def __delitem__(self, key):
        del self.data[key]

    def __contains__(self, key):
        return key in self.data

    def __len__(self):
        return len(self.data)

    def __iter__(self):
        return iter(self.data)

    def items(self):
        return self.data.items()

    @property
    def depth(self):
        return len(self.open)

    def transaction(self):
        return Transaction(self)

    def on_commit(self, callback):
        if self.open:
            self.callbacks.append(callback)
        else:
            callback()


@contextmanager
def all_of(*managers):
    with ExitStack() as stack:
        yield tuple(stack.enter_context(manager) for manager in managers)


@asynccontextmanager
async def all_of_async(*managers):
    async with AsyncExitStack() as stack:
        values = []
        for manager in managers:
            if hasattr(manager, "__aenter__"):
                values.append(await stack.enter_async_context(manager))
            else:
                values.append(stack.enter_context(manager))
        yield tuple(values)
