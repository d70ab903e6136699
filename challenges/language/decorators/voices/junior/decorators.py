"""Retry, rate limit and memoise."""

import functools
import inspect
import time as _time
import asyncio


class RateLimitExceeded(Exception):
    def __init__(self, retry_after):
        super().__init__(f"try again in {retry_after} s")
        self.retry_after = retry_after


class Clock:
    def time(self):
        return _time.monotonic()

    def sleep(self, seconds):
        _time.sleep(seconds)

    async def sleep_async(self, seconds):
        await asyncio.sleep(seconds)


def retry(times, *, on=Exception, delay=0.0, factor=1.0, clock=Clock()):
    if times < 1 or delay < 0:
        raise ValueError("bad arguments")

    def decorator(function):
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def wrapper(*args, **kwargs):
                wait = delay
                for attempt in range(times):
                    try:
                        return await function(*args, **kwargs)
                    except on:
                        if attempt == times - 1:
                            raise
                    await clock.sleep_async(wait)
                    wait = wait * factor

        else:

            @functools.wraps(function)
            def wrapper(*args, **kwargs):
                wait = delay
                for attempt in range(times):
                    try:
                        return function(*args, **kwargs)
                    except on:
                        if attempt == times - 1:
                            raise
                    clock.sleep(wait)
                    wait = wait * factor

        return wrapper

    return decorator


def rate_limit(calls, *, per, clock=Clock()):
    if calls < 1 or per <= 0:
        raise ValueError("bad arguments")

    def decorator(function):
        times = []

        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            now = clock.time()
            while times and times[0] <= now - per:
                times.pop(0)
            if len(times) >= calls:
                raise RateLimitExceeded(times[0] + per - now)
            times.append(now)
            return function(*args, **kwargs)

        return wrapper

    return decorator


def memoise(*, max_size=None, ttl=None, per_instance=False, clock=Clock()):
    def decorator(function):
        cache = {}

        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            key = (args, tuple(sorted(kwargs.items())))
            if key in cache:
                result, made = cache[key]
                if ttl is None or clock.time() - made < ttl:
                    return result
            result = function(*args, **kwargs)
            cache[key] = (result, clock.time())
            if max_size is not None and len(cache) > max_size:
                cache.pop(next(iter(cache)))
            return result

        return wrapper

    return decorator
