import functools
import time
from typing import Protocol


class Clock(Protocol):
    def time(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...

    async def sleep_async(self, seconds: float) -> None: ...


class SystemClock:
    def time(self):
        return time.monotonic()

    def sleep(self, seconds):
        time.sleep(seconds)

    async def sleep_async(self, seconds):
        time.sleep(seconds)


class RateLimitExceeded(Exception):
    def __init__(self, retry_after):
        super().__init__(f"Rate limit exceeded, retry after {retry_after} seconds")
        self.retry_after = retry_after


def retry(times, *, on=Exception, delay=0.0, factor=1.0, clock=SystemClock()):
    if times < 1:
        raise ValueError("times must be at least 1")

    def decorator(func):
        @functools.wraps(func)
        def wrapper(*args, **kwargs):
            wait = delay
            for attempt in range(times):
                try:
                    return func(*args, **kwargs)
                except on as e:
                    last_error = e
                    clock.sleep(wait)
                    wait = wait * factor
            raise last_error

        return wrapper

    return decorator


def rate_limit(calls, *, per, clock=SystemClock()):
    if calls < 1 or per <= 0:
        raise ValueError("calls and per must be positive")
    timestamps = []

    def decorator(func):
        @functools.wraps(func)
        def wrapper(*args, **kwargs):
            now = clock.time()
            # remove the old ones
            while timestamps and timestamps[0] <= now - per:
                timestamps.pop(0)
            if len(timestamps) >= calls:
                raise RateLimitExceeded(timestamps[0] + per - now)
            result = func(*args, **kwargs)
            timestamps.append(now)
            return result

        return wrapper

    return decorator


def memoise(*, max_size=None, ttl=None, per_instance=False, clock=SystemClock()):
    def decorator(func):
        cache = {}

        @functools.wraps(func)
        def wrapper(*args, **kwargs):
            key = str(args) + str(kwargs)
            if key in cache:
                result, created = cache[key]
                if ttl is None or clock.time() - created < ttl:
                    return result
            result = func(*args, **kwargs)
            cache[key] = (result, clock.time())
            if max_size is not None and len(cache) > max_size:
                # throw away the oldest
                oldest = list(cache)[0]
                del cache[oldest]
            return result

        return wrapper

    return decorator
