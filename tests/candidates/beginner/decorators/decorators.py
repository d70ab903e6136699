import time


class RateLimitExceeded(Exception):
    retry_after = 1


class Clock:
    pass


def retry(times, on=Exception, delay=0, factor=1, clock=time):
    def decorator(function):
        def wrapper(*args, **kwargs):
            for i in range(times):
                try:
                    return function(*args, **kwargs)
                except Exception as e:
                    print("failed", e)
                    clock.sleep(delay)

        return wrapper

    return decorator


def rate_limit(calls, per, clock=time):
    def decorator(function):
        count = 0

        def wrapper(*args, **kwargs):
            nonlocal count
            count = count + 1
            if count > calls:
                raise RateLimitExceeded("too many calls")
            return function(*args, **kwargs)

        return wrapper

    return decorator


def memoise(max_size=None, ttl=None, per_instance=False, clock=time):
    def decorator(function):
        cache = {}

        def wrapper(*args):
            if args not in cache:
                cache[args] = function(*args)
            return cache[args]

        return wrapper

    return decorator
