import asyncio
from collections.abc import MutableMapping
from contextlib import asynccontextmanager, contextmanager


class Rollback(Exception):
    pass


class Transaction:
    def __init__(self, store):
        self.store = store
        self.backup = None

    def __enter__(self):
        self.backup = dict(self.store.data)
        self.store.depth += 1
        return self

    def __exit__(self, exc_type, exc, tb):
        self.store.depth -= 1
        if exc_type is not None:
            self.store.data = self.backup
            self.store.callbacks = []
            # a rollback is not an error
            return exc_type is Rollback
        if self.store.depth == 0:
            for callback in self.store.callbacks:
                callback()
            self.store.callbacks = []

    async def __aenter__(self):
        await self.store.lock.acquire()
        return self.__enter__()

    async def __aexit__(self, exc_type, exc, tb):
        result = self.__exit__(exc_type, exc, tb)
        self.store.lock.release()
        return result

    def rollback(self):
        if self.backup is None:
            raise RuntimeError("transaction is not open")
        raise Rollback()


class Store(MutableMapping):
    def __init__(self, initial=None):
        self.data = dict(initial or {})
        self.depth = 0
        self.callbacks = []
        self.lock = asyncio.Lock()

    def __getitem__(self, key):
        return self.data[key]

    def __setitem__(self, key, value):
        self.data[key] = value

    def __delitem__(self, key):
        del self.data[key]

    def __iter__(self):
        return iter(self.data)

    def __len__(self):
        return len(self.data)

    def __repr__(self):
        return f"Store({self.data})"

    def transaction(self):
        return Transaction(self)

    def on_commit(self, callback):
        if self.depth == 0:
            callback()
        else:
            self.callbacks.append(callback)


@contextmanager
def all_of(*managers):
    values = []
    for manager in managers:
        values.append(manager.__enter__())
    try:
        yield tuple(values)
    except Exception as e:
        for manager in reversed(managers):
            manager.__exit__(type(e), e, e.__traceback__)
        raise
    else:
        for manager in reversed(managers):
            manager.__exit__(None, None, None)


@asynccontextmanager
async def all_of_async(*managers):
    values = []
    for manager in managers:
        if hasattr(manager, "__aenter__"):
            values.append(await manager.__aenter__())
        else:
            values.append(manager.__enter__())
    error = (None, None, None)
    try:
        yield tuple(values)
    except Exception as e:
        error = (type(e), e, e.__traceback__)
        raise
    finally:
        for manager in reversed(managers):
            if hasattr(manager, "__aexit__"):
                await manager.__aexit__(*error)
            else:
                manager.__exit__(*error)
