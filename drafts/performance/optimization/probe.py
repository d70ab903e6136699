"""Runs programs on a `Market`: small ones in one call, and large ones in calls that are measured apart."""

from __future__ import annotations

import gc
from collections.abc import Callable
from itertools import starmap
from operator import itemgetter
from random import Random
from typing import Any

import market as candidate

offers: dict[int, list[tuple[str, int, int]]] = {}
markets: dict[int, Any] = {}
"""Large markets, and the figures of their offers, by the number of offers; they last as long as the process."""
programs: dict[int, list[tuple[str, list[Any]]]] = {}
answers: dict[int, list[Any]] = {}


def _plain(value: Any) -> Any:
    """Data that may cross the wall: a subclass of a promised type counts as that type, anything else stays visible."""
    match value:
        case candidate.Offer() if isinstance(value, tuple):
            return ("Offer", *map(_plain, tuple.__iter__(value)))
        case list():
            return [_plain(item) for item in list.__iter__(value)]
        case bool() | float() | None:
            return value
        case int():
            return int.__int__(value)
        case str():
            return str.__str__(value)
    return [type(value).__name__]


def _page(market: Any, *arguments: int) -> Any:
    """A page as its caller sees it, who then uses the list for something else."""
    found = market.page(*arguments)
    answer = _plain(found)
    if isinstance(found, list):
        list.clear(found)
        list.append(found, None)
    return answer


QUESTIONS: dict[str, Callable[..., Any]] = {
    "len": len,
    "page": _page,
    "page_length": lambda market, *page: len(market.page(*page)),
    "names": lambda market, *page: [_plain(name) for name, *_ in market.page(*page)],
    "everyone": lambda market: sorted(str.__str__(name) for name, *_ in market.page(0, len(market))),
    "first": lambda market, *page: [_plain(price) for _, price, *_ in market.page(*page)[:1]],
    "distance": lambda market, price: _plain(abs(market.nearest(price).price - price)),
    "greatest": lambda market, *ends: _plain((market.largest(*ends) or (None,))[-1]),
}
"""Besides the methods: "page_length" looks at no offer; "names" is a page of names alone, "first" the price of its
first offer, and "everyone" all names in an order of their own; "distance" and "greatest" do not tell which of several
nearest or largest offers was found."""


def _answer(market: Any, name: str, arguments: list[Any]) -> Any:
    """The answer to a call, or the name of the promised error that it raised."""
    try:
        if name in QUESTIONS:
            return QUESTIONS[name](market, *arguments)
        return _plain(getattr(market, name)(*arguments))
    except KeyError:
        return ["KeyError"]
    except ValueError:
        return ["ValueError"]


def run(start: list[tuple[str, int, int]], program: list[tuple[Any, ...]]) -> list[Any]:
    """The answers of a market of these offers to (what is asked, arguments...), one after the other."""
    return _run(candidate.Market([candidate.Offer(*offer) for offer in start]), program)


def run_of_iterator(start: list[tuple[str, int, int]], program: list[tuple[Any, ...]]) -> list[Any]:
    """The same, of offers that come one by one, and once."""
    return _run(candidate.Market(candidate.Offer(*offer) for offer in start), program)


def _run(market: Any, program: list[tuple[Any, ...]]) -> list[Any]:
    return [_answer(market, name, arguments) for name, *arguments in program]


def make_of(start: list[tuple[str, int, int]]) -> Any:
    """The length of a market of these offers, in a list that is cleared then, or the name of the promised error."""
    given = [candidate.Offer(*offer) for offer in start]
    try:
        market = candidate.Market(given)
    except ValueError:
        return ["ValueError"]
    given.clear()
    return len(market)


def stock(size: int, seed: int) -> int:
    """Draw the offers of a large market; their prices are even, and in no order.

    The collector is off from here on: it would walk over all of them, at moments that depend on nothing that is timed.
    """
    gc.disable()
    draw = Random(seed)
    names = [f"p{number:05}" for number in range(size)]
    prices = draw.choices(range(40_000, 55_000, 2), k=size)
    amounts = draw.choices(range(1, 1_000_000), k=size)
    offers[size] = list(zip(names, prices, amounts, strict=True))
    return len(offers[size])


def make(size: int) -> int:
    """Make the large market of the drawn offers."""
    markets[size] = candidate.Market(list(starmap(candidate.Offer, offers[size])))
    return len(markets[size])


def renew(size: int) -> int:
    """Make a market of cheap offers, and put each again under its name at the drawn price, cheapest first."""
    entries = sorted(offers[size], key=itemgetter(1))
    market = markets[size] = candidate.Market([candidate.Offer(name, price // 8, 1) for name, price, _ in entries])
    for offer in entries:
        market.put(*offer)
    return len(market)


def plan(size: int, program: list[tuple[Any, ...]]) -> int:
    """Keep a program for the large market."""
    programs[size] = [(name, arguments) for name, *arguments in program]
    return len(program)


def go(size: int) -> int:
    """Run the program that was kept, and keep the answers."""
    market = markets[size]
    answers[size] = [_answer(market, name, arguments) for name, arguments in programs[size]]
    return len(answers[size])


def seen(size: int) -> list[Any]:
    """The answers that were kept."""
    return answers.pop(size)
