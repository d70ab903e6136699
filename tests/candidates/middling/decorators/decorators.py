"""Decorators: retry, rate limit, memoise."""

import asyncio
import functools
import inspect
import time


class Clock:
    def time(self):
        return time.monotonic()

    def sleep(self, seconds):
        time.sleep(seconds)

    async def sleep_async(self, seconds):
        await asyncio.sleep(seconds)


class RateLimitExceeded(Exception):
    def __init__(self, retry_after):
        super().__init__(f"retry after {retry_after}")
        self.retry_after = retry_after


def retry(times, *, on=Exception, delay=0.0, factor=1.0, clock=Clock()):
    if times < 1 or delay < 0:
        raise ValueError("bad arguments")

    def decorator(function):
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def wrapper(*args, **kwargs):
                pause = delay
                for attempt in range(times):
                    try:
                        return await function(*args, **kwargs)
                    except on:
                        if attempt == times - 1:
                            raise
                        await clock.sleep_async(pause)
                        pause *= factor

        else:

            @functools.wraps(function)
            def wrapper(*args, **kwargs):
                pause = delay
                for attempt in range(times):
                    try:
                        return function(*args, **kwargs)
                    except on:
                        if attempt == times - 1:
                            raise
                        clock.sleep(pause)
                        pause *= factor

        return wrapper

    return decorator


def rate_limit(calls, *, per, clock=Clock()):
    if calls < 1 or per <= 0:
        raise ValueError("bad arguments")

    def decorator(function):
        times = []

        def check():
            now = clock.time()
            while times and times[0] <= now - per:
                times.pop(0)
            if len(times) >= calls:
                raise RateLimitExceeded(times[0] + per - now)
            times.append(now)

        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def wrapper(*args, **kwargs):
                check()
                return await function(*args, **kwargs)

        else:

            @functools.wraps(function)
            def wrapper(*args, **kwargs):
                check()
                return function(*args, **kwargs)

        return wrapper

    return decorator


def memoise(*, max_size=None, ttl=None, per_instance=False, clock=Clock()):
    if max_size is not None and max_size < 1:
        raise ValueError("max_size must be at least 1")
    if ttl is not None and ttl <= 0:
        raise ValueError("ttl must be above 0")

    def decorator(function):
        cache = {}

        def lookup(key):
            if key in cache:
                value, made = cache[key]
                if ttl is None or clock.time() - made < ttl:
                    cache[key] = cache.pop(key)
                    return True, value
            return False, None

        def store(key, value):
            cache[key] = (value, clock.time())
            if max_size is not None and len(cache) > max_size:
                del cache[next(iter(cache))]

        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def wrapper(*args, **kwargs):
                key = (args, tuple(sorted(kwargs.items())))
                try:
                    found, value = lookup(key)
                except TypeError:
                    return await function(*args, **kwargs)
                if not found:
                    value = await function(*args, **kwargs)
                    store(key, value)
                return value

        else:

            @functools.wraps(function)
            def wrapper(*args, **kwargs):
                key = (args, tuple(sorted(kwargs.items())))
                try:
                    found, value = lookup(key)
                except TypeError:
                    return function(*args, **kwargs)
                if not found:
                    value = function(*args, **kwargs)
                    store(key, value)
                return value

        return wrapper

    return decorator
