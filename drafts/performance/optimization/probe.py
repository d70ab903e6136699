"""Runs programs on a `Market`: small ones in one call, and large ones in calls that are measured apart."""

from __future__ import annotations

from random import Random
from typing import Any

import market as candidate

offers: dict[int, list[Any]] = {}
markets: dict[int, Any] = {}
"""Large markets, and what they are made of, by the number of offers; they last as long as the process."""
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


def _answer(market: Any, name: str, arguments: list[Any]) -> Any:
    """The answer to a call, or the name of the promised error that it raised."""
    try:
        match name:
            case "len":
                return len(market)
            case "page_length":
                return len(market.page(*arguments))
            case "names":
                return [_plain(name) for name, *_ in market.page(*arguments)]
            case "distance":
                return _plain(abs(market.nearest(*arguments).price - arguments[0]))
            case "greatest":
                return _plain(market.largest(*arguments).amount)
        return _plain(getattr(market, name)(*arguments))
    except KeyError:
        return ["KeyError"]
    except ValueError:
        return ["ValueError"]


def run(start: list[tuple[str, int, int]], program: list[tuple[Any, ...]]) -> list[Any]:
    """The answers of a market of these offers to ("method", arguments...), one after the other.

    Besides the methods there are "len"; "page_length", which looks at no offer; "names", a page of names alone; and
    "distance" and "greatest", which do not tell which of several nearest or largest offers was found.
    """
    market = candidate.Market([candidate.Offer(*offer) for offer in start])
    return [_answer(market, name, arguments) for name, *arguments in program]


def make_of(start: list[tuple[str, int, int]]) -> Any:
    """The length of a market of these offers, which come one by one, or the name of the promised error."""
    try:
        return len(candidate.Market(candidate.Offer(*offer) for offer in start))
    except ValueError:
        return ["ValueError"]


def stock(size: int, seed: int) -> int:
    """Draw the offers of a large market; their prices are even, and in no order."""
    draw = Random(seed)
    names = [f"p{number}" for number in range(size)]
    prices = draw.choices(range(0, 100_000, 2), k=size)
    amounts = draw.choices(range(1, 1_000_000), k=size)
    offers[size] = list(map(candidate.Offer, names, prices, amounts))
    return len(offers[size])


def make(size: int) -> int:
    """Make the large market of the drawn offers."""
    markets[size] = candidate.Market(offers[size])
    return len(markets[size])


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
