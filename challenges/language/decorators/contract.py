"""Typed usage of `decorators` under mypy --strict. Every `type: ignore` marks misuse that must be an error."""

from typing import assert_type

from decorators import Clock, RateLimitExceeded, memoise, rate_limit, retry


class Stopped:
    """A clock by its methods alone."""

    def time(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None: ...

    async def sleep_async(self, seconds: float) -> None: ...


@retry(3, on=(OSError, ValueError), delay=0.5, factor=2, clock=Stopped())
def load(path: str, *, encoding: str = "utf-8") -> bytes:
    return path.encode(encoding)


@rate_limit(10, per=1.0, clock=Stopped())
def ping(host: str, port: int = 80) -> bool:
    return port > len(host)


@memoise(max_size=100, ttl=60, clock=Stopped())
def square(number: int) -> int:
    return number * number


@retry(2, on=KeyError)
@rate_limit(5, per=60)
@memoise()
async def fetch(url: str, *, depth: int = 1) -> list[str]:
    return [url] * depth


class Catalogue:
    @memoise(per_instance=True)
    def price(self, item: str, currency: str = "EUR") -> float:
        return float(len(item + currency))

    @retry(3)
    async def stock(self, item: str) -> int | None:
        return len(item) or None

    @staticmethod
    @rate_limit(1, per=1)
    def currencies(region: str) -> set[str]:
        return {region}


guard = rate_limit(2, per=1.0)


def keeps_results(catalogue: Catalogue) -> None:
    assert_type(load("a", encoding="ascii"), bytes)
    assert_type(ping("localhost"), bool)
    assert_type(ping(host="localhost", port=8080), bool)
    assert_type(square(3), int)
    assert_type(catalogue.price("tea"), float)
    assert_type(catalogue.price("tea", currency="GBP"), float)
    assert_type(Catalogue.currencies("eu"), set[str])


async def keeps_coroutines(catalogue: Catalogue) -> None:
    assert_type(await fetch("https://example.org", depth=2), list[str])
    assert_type(await catalogue.stock("tea"), int | None)


def keeps_parameters(catalogue: Catalogue) -> None:
    load(3)  # type: ignore[arg-type]
    load()  # type: ignore[call-arg]
    load("a", encodng="ascii")  # type: ignore[call-arg]
    ping("localhost", "80")  # type: ignore[arg-type]
    square("3")  # type: ignore[arg-type]
    catalogue.price(3)  # type: ignore[arg-type]
    catalogue.price("tea", "EUR", "now")  # type: ignore[call-arg]


async def keeps_parameters_of_coroutines(catalogue: Catalogue) -> None:
    await fetch(depth=2)  # type: ignore[call-arg]
    await catalogue.stock(3)  # type: ignore[arg-type]


def refuses_wrong_declarations() -> None:
    retry("3")  # type: ignore[arg-type]
    retry(3, on=OSError, clock=object())  # type: ignore[arg-type]
    rate_limit(3)  # type: ignore[call-arg]


def handles_refusal(error: RateLimitExceeded, clock: Clock) -> None:
    assert_type(error.retry_after, float)
    assert_type(clock.time(), float)
    clock.sleep(error.retry_after)
