"""Hidden suite: results held against a plain model; CPU time read outside, in a small and in a large market."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain, count, cycle, islice
from operator import itemgetter
from typing import Any, NamedTuple, TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from grader.suite import SubmissionHandle, alone, criterion, growth, settled

Step: TypeAlias = tuple[Any, ...]
Entry: TypeAlias = tuple[str, int, int]
PRICES = 100_000

# --- the model ---------------------------------------------------------------------------------------------------


class Model:
    """Offers by name, oldest first; every question looks at all of them."""

    def __init__(self, offers: list[Entry]) -> None:
        self.offers: dict[str, Entry] = {}
        self.sorted: list[Entry] | None = None
        for offer in offers:
            self.put(*offer)

    def order(self) -> list[Entry]:
        """All offers by price, then by name; sorted at the first question after a change."""
        if self.sorted is None:
            self.sorted = sorted(self.offers.values(), key=lambda offer: (offer[1], offer[0]))
        return self.sorted

    def inside(self, low: int, high: int) -> list[Entry]:
        """Those in a range of prices."""
        return [offer for offer in self.order() if low <= offer[1] <= high]

    def put(self, name: str, price: int, amount: int) -> None:
        """The newest offer is the last."""
        if not 0 <= price < PRICES or amount < 1:
            raise ValueError
        self.sorted = None
        self.offers.pop(name, None)
        self.offers[name] = (name, price, amount)

    def remove(self, name: str) -> None:
        """Forget."""
        self.sorted = None
        del self.offers[name]

    def expire(self) -> Any:
        """Forget the first."""
        if not self.offers:
            raise KeyError
        self.sorted = None
        return shown(self.offers.pop(next(iter(self.offers))))

    def rank(self, name: str) -> int:
        """Count the cheaper ones."""
        price = self.offers[name][1]
        return 1 + sum(offer[1] < price for offer in self.offers.values())

    def page(self, start: int, count: int) -> list[Step]:
        """A slice."""
        if start < 0 or count < 0:
            raise ValueError
        return [shown(offer) for offer in self.order()[start : start + count]]

    def names(self, start: int, count: int) -> list[str]:
        """Of a page, the names alone."""
        return [name for _, name, *_ in self.page(start, count)]

    def everyone(self) -> list[str]:
        """All names, whatever the order of the market."""
        return sorted(self.offers)

    def page_length(self, start: int, count: int) -> int:
        """How long a page is."""
        return len(self.page(start, count))

    def nearest(self, price: int) -> Any:
        """The first of the nearest."""
        return shown(min(self.order(), key=lambda offer: abs(offer[1] - price), default=None))

    def total(self, low: int, high: int) -> int:
        """Add up."""
        return sum(amount for *_, amount in self.inside(low, high))

    def largest(self, low: int, high: int) -> Any:
        """The first of the greatest."""
        return shown(max(self.inside(low, high), key=lambda offer: offer[2], default=None))

    def cost(self, amount: int) -> int:
        """Buy one offer after the other."""
        if not 0 <= amount <= self.total(0, PRICES):
            raise ValueError
        spent = 0
        for _, price, available in self.order():
            bought = min(amount, available)
            spent, amount = spent + bought * price, amount - bought
        return spent

    def len(self) -> int:
        """The number of offers."""
        return len(self.offers)

    def answer(self, name: str, *arguments: Any) -> Any:
        """What the probe must return for a step."""
        try:
            return getattr(self, name)(*arguments)
        except (KeyError, ValueError) as error:
            return [type(error).__name__]


def accepted(offers: list[Entry], program: list[Step]) -> list[Step]:
    """The steps that a market of these offers does not refuse."""
    model = Model(offers)
    return [step for step in program if model.answer(*step) not in (["KeyError"], ["ValueError"])]


def shown(offer: Entry | None) -> Any:
    """An offer as the probe returns it."""
    return None if offer is None else ("Offer", *offer)


def assert_answers(submission: SubmissionHandle, offers: list[Entry], program: list[Step], run: str = "run") -> None:
    """A new market answers as the model does, step by step."""
    model = Model(offers)
    right = [model.answer(*step) for step in program]
    assert_outcomes(program, submission.call(run, offers, program), right)


def assert_outcomes(program: list[Step], seen: Any, right: list[Any]) -> None:
    """Each step had the promised outcome."""
    assert len(seen) == len(right)
    for step, outcome, promised in zip(program, seen, right, strict=True):
        assert outcome == promised, step


# --- draws -------------------------------------------------------------------------------------------------------

names = st.sampled_from(["ada", "bob", "cyd", "dan", "eve", "Ada", "ö", ""]) | st.text(max_size=3)
near = st.integers(500, 504)
"""Prices of which many are equal or neighbours."""
prices = near | near | st.integers(0, PRICES - 1) | st.sampled_from([0, 1, PRICES - 2, PRICES - 1])
few = st.integers(1, 3)
large = st.integers(10**20, 10**25).map(lambda amount: amount | 1)
"""Odd, and so large that no float is odd."""
amounts = few | few | large
alike = few | few.map(lambda amount: 10**20 + amount)
"""Some are equal as floats, and not as integers."""
any_price = prices | st.integers(-3, PRICES + 3) | st.integers(-(10**25), 10**25)
positions = st.integers(0, 12)
seeds = st.integers(0, 2**62)


def calls(name: str, *arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[Step]:
    """Steps of a program."""
    return st.tuples(st.just(name), *arguments)


putting = calls("put", names, prices, amounts)


def markets(
    price: st.SearchStrategy[int] = prices,
    amount: st.SearchStrategy[int] = amounts,
    *,
    least: int = 0,
    unique: tuple[int, ...] = (0,),
) -> st.SearchStrategy[list[Entry]]:
    """Offers of different names, or of different prices as well."""
    keys = tuple(map(itemgetter, unique))
    return st.lists(st.tuples(names, price, amount), min_size=least, max_size=12, unique_by=keys)


def upwards(step: Step) -> Step:
    """The same question, the lower end of its range first."""
    return step[0], *sorted(step[1:])


def changed(offers: list[Entry], others: list[Entry], leaving: int) -> list[Step]:
    """Other offers come, some under names that are there, and one leaves: what stood still is of no use afterwards."""
    moved = [(name, price, amount) for (name, *_), (_, price, amount) in zip(offers, others, strict=False)]
    return [
        *(("put", *offer) for offer in [*others, *moved[::2]]),
        ("remove", offers[leaving % len(offers)][0]),
    ]


# --- results -----------------------------------------------------------------------------------------------------


@criterion("answers", weight=3, hint="naive.py gives the right answers: run both on the same random calls and compare.")
@given(
    start=markets(least=2),
    others=markets(least=2),
    leaving=positions,
    asked=st.lists(
        calls("page", positions, positions) | calls("rank", names) | putting | calls("remove", names),
        min_size=4,
        max_size=30,
    ),
)
def test_order(
    submission: SubmissionHandle, start: list[Entry], others: list[Entry], leaving: int, asked: list[Step]
) -> None:
    """Ranks, pages and the number of offers are right after any changes: a new `put` replaces the old one."""
    program = [("page", 0, 100), *changed(start, others, leaving), ("page", 0, 100), ("len",)]
    program += [("rank", name) for name, *_ in start + others]
    program += [*asked, *[("page", 0, 100), ("page", 100, 2)] * 2]
    assert_answers(submission, start, accepted(start, program))


@criterion(
    "answers", weight=2, hint="Offers with the same price share the rank of the first; a page lists them by name."
)
@given(start=markets(st.integers(700, 702), few, least=4), pages=st.lists(st.tuples(positions, positions), min_size=2))
def test_equal_prices(submission: SubmissionHandle, start: list[Entry], pages: list[tuple[int, int]]) -> None:
    """Offers with the same price share a rank, the ranks after it are skipped, and pages list them by name."""
    program: list[Step] = [("rank", name) for name, *_ in start]
    assert_answers(submission, start, [*program, ("names", 0, 100), *(("names", *page) for page in pages)])


@criterion("answers", hint="A slice beyond the end is short or empty; a negative index means something else to a list.")
@given(
    start=markets(unique=(0, 1)),
    asked=st.lists(st.tuples(st.integers(-3, 12), st.integers(-3, 12)), min_size=2, max_size=5),
    beyond=st.integers(0, 10**20),
)
def test_ends_of_pages(
    submission: SubmissionHandle, start: list[Entry], asked: list[tuple[int, int]], beyond: int
) -> None:
    """Pages end where the market ends; a negative `start` or `count` raises ValueError."""
    pages = [*asked, (-1, 2), (0, -1), (0, 0), (1, 100), (len(start), 1), (len(start) + beyond, 3), (0, 2 + beyond)]
    program: list[Step] = [(name, *page) for page in pages for name in ("page_length", "names")]
    assert_answers(submission, start, program)


@criterion(
    "answers", weight=2, hint="Of two neighbours the cheaper wins if both are as far away; then take the first name."
)
@given(
    start=markets(least=1),
    middle=st.integers(2000, 90_000),
    distance=st.integers(1, 900),
    asked=st.lists(any_price, min_size=2, max_size=8),
    leaving=positions,
)
def test_nearest(
    submission: SubmissionHandle, start: list[Entry], middle: int, distance: int, asked: list[int], leaving: int
) -> None:
    """`nearest` is the first offer of those whose price differs least from any price; None on an empty market."""
    around = [("b", middle - distance, 1), ("y", middle + distance, 2), ("a", middle - distance, 3)]
    program: list[Step] = [("nearest", price) for price in asked]
    program += [("put", *offer) for offer in around]
    program += [("nearest", price) for price in (middle, middle + 1, middle - 1, middle + 2 * distance, *asked)]
    program += [("remove", around[leaving % 3][0]), ("nearest", middle), ("nearest", middle + 1)]
    assert_answers(submission, start, program)
    assert_answers(submission, [], [*program[:2], *(("put", *offer) for offer in around), ("nearest", middle)])


@criterion("answers", weight=2, hint="Both ends belong to the range; what changes takes the old amount out of the sum.")
@given(
    start=markets(least=2),
    others=markets(least=2),
    leaving=positions,
    asked=st.lists(calls("total", any_price, any_price).map(upwards), min_size=2, max_size=6),
)
def test_totals(
    submission: SubmissionHandle, start: list[Entry], others: list[Entry], leaving: int, asked: list[Step]
) -> None:
    """`total` is exact after any changes, for amounts of any size, and both ends of a range belong to it."""
    ends = [sorted((first[1], second[1])) for first, second in zip(start, others, strict=False)]
    asked = [("total", 0, PRICES), *(("total", *end) for end in ends), *asked]
    assert_answers(submission, start, [*asked, *changed(start, others, leaving), *asked])


@criterion(
    "answers", weight=2, hint="If the greatest leaves, look for the next; of equals the first in the order is right."
)
@given(
    start=markets(near, alike, least=3),
    others=markets(prices, few, least=2),
    leaving=positions,
    asked=st.lists(calls("largest", any_price, any_price).map(upwards), min_size=2, max_size=6),
    much=st.integers(10, 10**22),
)
def test_largest(
    submission: SubmissionHandle,
    start: list[Entry],
    others: list[Entry],
    leaving: int,
    asked: list[Step],
    much: int,
) -> None:
    """`largest` is the first offer of those with the greatest amount in a range, after any changes."""
    name, price, _ = start[leaving % len(start)]
    asked = [("largest", 0, PRICES), ("largest", price, price), ("largest", price + 1, PRICES), *asked]
    program = [*asked, ("put", name, price, much), *asked, ("put", name, price, 1), *asked]
    assert_answers(submission, start, [*program, *changed(start, others, leaving), *asked])


@criterion("answers", hint="`low > high` is a range that holds nothing.")
@given(start=markets(near, least=3), low=st.integers(501, 505), less=st.integers(1, 10**20))
def test_empty_ranges(submission: SubmissionHandle, start: list[Entry], low: int, less: int) -> None:
    """A range that holds nothing has a total of 0 and no largest offer, also if `low` is greater than `high`."""
    ranges = [(low, low - less), (504, 500), (PRICES, PRICES + less), (-less, -1), (low, low)]
    program: list[Step] = [(name, *ends) for ends in ranges for name in ("total", "largest")]
    assert_answers(submission, start, program)


@criterion(
    "answers", weight=2, hint="Buy whole offers, then a part of the next; too much and less than nothing is refused."
)
@given(
    start=markets(least=2),
    others=markets(least=2),
    leaving=positions,
    shares=st.lists(st.integers(0, 1000), min_size=2, max_size=5),
)
def test_costs(
    submission: SubmissionHandle, start: list[Entry], others: list[Entry], leaving: int, shares: list[int]
) -> None:
    """`cost` buys the cheapest first, and a part of the last; it refuses what is negative or more than is for sale."""
    model = Model(start)
    program: list[Step] = []
    steps = changed(start, others, leaving)
    for done in ([], steps[:3], steps[3:-1], steps[-1:]):
        for step in done:
            model.answer(*step)
            program.append(step)
        there, first = model.total(0, PRICES), model.order()[0][2] if model.offers else 0
        wanted = [0, -1, 1, first, first + 1, there, there - 1, there + 1, *(there * share // 1000 for share in shares)]
        program += [("cost", amount) for amount in wanted]
    assert_answers(submission, start, program)


@criterion("answers", weight=2, hint="Every `put` makes an offer the newest, also one that changes nothing.")
@given(
    start=markets(amount=few, least=3), again=st.lists(positions, min_size=1, max_size=4), after=putting, gone=positions
)
def test_ages(submission: SubmissionHandle, start: list[Entry], again: list[int], after: Step, gone: int) -> None:
    """`expire` takes the offer whose last `put` is the longest ago out of everything; KeyError if there is none."""
    repeated = [start[index % len(start)] for index in again]
    program: list[Step] = [("put", *offer) for offer in repeated[::2]]
    program += [("remove", start[gone % len(start)][0]), ("expire",), ("everyone",), ("total", 0, PRICES), after]
    for _ in range(len(start) + 1):
        program += [("total", 0, PRICES), ("cost", 1), ("expire",), ("total", 0, PRICES), ("cost", 1), ("len",)]
    assert_answers(submission, start + repeated, [*program, ("put", *start[0]), ("expire",), ("expire",)])


@criterion("answers", hint="Look a name up before anything is changed.")
@given(
    start=markets(amount=few, least=2),
    asked=st.lists(st.sampled_from(["remove", "rank"]), min_size=1, max_size=4),
)
def test_unknown_names(submission: SubmissionHandle, start: list[Entry], asked: list[str]) -> None:
    """`remove` and `rank` raise KeyError for a name that is not on the market, and nothing changes."""
    (stranger, *_), *known = start
    program: list[Step] = [(name, stranger) for name in [*asked, "remove", "rank"]]
    program += [("len",), ("everyone",), ("total", 0, PRICES), ("rank", known[0][0])]
    for gone, *_ in known[1:]:
        program += [("remove", gone), *((name, gone) for name in asked)]
    program += [("everyone",), ("expire",), *((name, gone) for gone, *_ in start for name in ("rank", "remove"))]
    assert_answers(submission, known, program)


@criterion("answers", hint="Check price and amount before the old offer is touched, in `put` and in `Market(offers)`.")
@given(
    start=markets(amount=few, least=2),
    price=st.sampled_from([-1, PRICES]) | st.integers(-(10**20), -1) | st.integers(PRICES, 10**20),
    amount=st.just(0) | st.integers(-(10**20), 0),
    fine=prices,
)
def test_refused_offers(submission: SubmissionHandle, start: list[Entry], price: int, amount: int, fine: int) -> None:
    """A price or an amount out of bounds raises ValueError, and a refused `put` changes nothing, not even an age."""
    name = start[0][0]
    program: list[Step] = []
    for figures in ((price, 1), (fine, amount), (price, amount), (PRICES, 1), (-1, 1), (fine, 0)):
        program += [("put", name, *figures), ("put", "someone else", *figures), ("everyone",)]
    edges = [("put", "someone else", 0, 1), ("put", name, PRICES - 1, 1)]
    assert_answers(submission, start, [*program, ("total", 0, PRICES), ("expire",), *edges, ("everyone",)])
    for bad in ((name, price, 1), (name, fine, amount)):
        assert submission.call("make_of", [*start[1:], bad]) == ["ValueError"]
    assert submission.call("make_of", start) == len(start)


@criterion(
    "answers", hint="`Market(offers)` may get any iterable; a later offer of the same name replaces the earlier one."
)
@given(start=st.lists(st.tuples(st.sampled_from("abc"), prices, few), min_size=4, max_size=12))
def test_names_that_come_twice(submission: SubmissionHandle, start: list[Entry]) -> None:
    """`Market(offers)` is the same as a `put` for each of the offers, one after the other; they may be an iterator."""
    there = Model(start).total(0, PRICES)
    program: list[Step] = [("len",), ("everyone",), ("total", 0, PRICES), ("largest", 0, PRICES), ("cost", there)]
    program += [("page_length", 0, 100), *(("rank", name) for name in "abc")]
    assert_answers(submission, start, accepted(start, program), "run_of_iterator")


@criterion("answers", hint="Try every method on an empty market, and after the last offer has left.")
@given(start=markets(amount=few, least=1), again=markets(amount=few, least=1), expiring=st.booleans(), beyond=any_price)
def test_empty_markets(
    submission: SubmissionHandle, start: list[Entry], again: list[Entry], expiring: bool, beyond: int
) -> None:
    """An empty market answers every question, at first and after the last offer has left, and can be filled again."""
    ends = sorted((0, beyond))
    asked: list[Step] = [("len",), ("page_length", 0, 3), ("total", *ends), ("largest", *ends), ("nearest", beyond)]
    asked += [("cost", 0)]
    leaving: list[Step] = [("remove", name) for name, *_ in start]
    if expiring:
        leaving[-1] = ("expire",)
    filled: list[Step] = [*(("put", *offer) for offer in start), ("everyone",), ("total", 0, PRICES)]
    assert_answers(submission, [], [*asked, *filled, *leaving, *asked, *filled])
    assert_answers(submission, again, [*(("remove", name) for name, *_ in again), *asked, *filled])


@criterion(
    "answers", weight=2, hint="If you cut your structure into pieces, look at the first and the last of a piece."
)
@settings(max_examples=4)
@given(size=st.integers(600, 1000), seed=seeds, shape=st.permutations([(3, 10**6), (300, 3), (PRICES, 10**24)]))
def test_larger_markets(submission: SubmissionHandle, size: int, seed: int, shape: list[tuple[int, int]]) -> None:
    """All of that holds in markets of a thousand offers as well, with many equal prices or amounts, or few."""
    for spread, most in shape[:2]:
        rng = random.Random(seed)
        offers = [put(rng, number, spread, most)[1:] for number in rng.sample(range(size), size)]
        asked = questions(rng, size, spread, most)
        program = accepted(offers, [*asked, *changes(rng, size, spread, most), *asked])
        assert_answers(submission, offers, program)


@criterion("answers", hint="Offers that come and leave in order fill and empty your structure from one end.")
@settings(max_examples=2)
@given(size=st.integers(400, 550), seed=seeds, spread=st.sampled_from([300, PRICES]), backwards=st.booleans())
def test_offers_in_order(submission: SubmissionHandle, size: int, seed: int, spread: int, backwards: bool) -> None:
    """Results are also right when offers come in order and leave in order, from either end."""
    rng = random.Random(seed)
    offers = sorted(
        (put(rng, number, spread)[1:] for number in range(size)),
        key=lambda offer: (offer[1], offer[0]),
        reverse=backwards,
    )
    asked = questions(rng, size, spread, 10**6)
    for leaving in (offers[:-1], offers[:0:-1]):
        program: list[Step] = [("put", *offer) for offer in offers]
        for index, (name, *_) in enumerate(leaving):
            program += [("remove", name), *asked[index % 50 :: 50][: 1 + index % 2]]
        assert_answers(submission, [], accepted([], program))


@criterion("answers", weight=2, hint="Look at both sides of each place where your structure is cut, or has a node.")
@settings(max_examples=2)
@given(size=st.integers(500, 600), seed=seeds, filled=st.booleans())
def test_every_place(submission: SubmissionHandle, size: int, seed: int, filled: bool) -> None:
    """Results are right wherever a range, a page or a purchase begins or ends, in a market of some hundred offers."""
    rng = random.Random(seed)
    for rising in (True, False):
        assert_right_at_every_place(submission, rng, size, rising=rising, filled=filled != rising)


def assert_right_at_every_place(
    submission: SubmissionHandle, rng: random.Random, size: int, *, rising: bool, filled: bool
) -> None:
    """Amounts rise or fall with prices; the market is filled by `put`, or made of all offers."""
    at = sorted(rng.sample(range(0, PRICES, 3), size))
    sizes = sorted(rng.sample(range(1, 10**6), size), reverse=not rising)
    everyone = [named(number) for number in rng.sample(range(PRICES), size)]
    order: list[Entry] = list(zip(everyone, at, sizes, strict=True))
    mixed = rng.sample(order, size)
    program: list[Step] = [("put", *offer) for offer in mixed if filled]
    right: list[Any] = [None for _ in program]
    bought, spent, there = 0, 0, sum(sizes)
    for place, (name, price, amount) in enumerate(order):
        program += [("cost", bought + 1), ("total", price, PRICES), ("largest", 0, price), ("largest", price, PRICES)]
        right += [spent + price, there - bought, shown(order[place if rising else 0])]
        right.append(shown(order[-1 if rising else place]))
        bought, spent = bought + amount, spent + amount * price
        program += [("cost", bought), ("total", 0, price), ("nearest", price + 1), ("names", place, 2), ("rank", name)]
        right += [spent, bought, shown(order[place]), everyone[place : place + 2], place + 1]
    assert_outcomes(program, submission.call("run", [] if filled else mixed, program), right)


def named(number: int) -> str:
    """The name of an offer of a larger market; all are of one length."""
    return f"p{number:05}"


def question(rng: random.Random, kind: str, size: int, spread: int, there: int, lowest: int = 0) -> Step:
    """A question about a market of the offers p00000, p00001, ... with prices from `lowest` on, that far spread.

    Timed pages begin in the dearest third. Ranges are wide, 60 % of the market, and their ends odd. A cost is
    that of half of what is `there`, and of more, but not of all.
    """
    match kind:
        case "len":
            return (kind,)
        case "rank":
            return kind, named(rng.randrange(size))
        case "names":
            return kind, rng.randrange(size), rng.randrange(400)
        case "first":
            return kind, rng.randrange(size * 2 // 3, size), 2
        case "nearest":
            return kind, rng.randrange(-3, spread + 3)
        case "distance" | "far":
            return "distance", outside(rng, spread, lowest) if kind == "far" else rng.randrange(PRICES)
        case "largest":
            return kind, *sorted((rng.randrange(spread + 1), rng.randrange(spread + 1)))
        case "cost":
            return kind, rng.randrange(there // 2, there * 9 // 10)
        case "narrow":
            low = lowest + rng.randrange(spread) | 1
            return "greatest", low, low + 6
        case _:
            low = lowest + rng.randrange(spread * 2 // 5 + 1) | 1
            return kind, low, low + spread * 3 // 5 | 1


def outside(rng: random.Random, spread: int, lowest: int) -> int:
    """A price below or above all of the market: whichever neighbour a search prefers, there is but one."""
    price = rng.randrange(PRICES - spread)
    return price if price < lowest else price + spread


KINDS = ("rank", "nearest", "names", "total", "largest", "cost")


def questions(rng: random.Random, size: int, spread: int, most: int) -> list[Step]:
    """Some of every kind, and ranges whose ends are swapped."""
    asked = [question(rng, kind, size, spread, size * most // 2) for kind in KINDS * 10]
    return asked + [(kind, spread - spread // 4, spread // 4) for kind in ("total", "largest") if spread > 3]


def put(rng: random.Random, number: int, spread: int, most: int = 10**6) -> Step:
    """An offer of this number at a drawn price."""
    return "put", named(number), rng.randrange(spread), rng.randint(1, most)


def timed(rng: random.Random, number: int, most: int = 10**6) -> Step:
    """An offer as those of timed markets, whose prices are even and crowded."""
    return "put", named(number), rng.randrange(CHEAPEST, CHEAPEST + SPREAD, 2), rng.randint(1, most)


def changes(rng: random.Random, size: int, spread: int, most: int) -> list[Step]:
    """Offers change, come, leave or expire; some leave that are not there."""
    program: list[Step] = []
    for _ in range(300):
        program += [("expire",)] if rng.random() < 0.1 else []
        program += [("remove", named(rng.randrange(size)))] if rng.random() < 0.4 else []
        program.append(put(rng, rng.randrange(size), spread, 2 * most))
    return program


# --- speed -------------------------------------------------------------------------------------------------------

QUESTIONS, CHANGES, MAKING = 5.0, 20.0, 40.0
"""Highest ratios to the reference's CPU time, in each market. Growth explains, and decides nothing: what is asked of
a small market can be slowed down on purpose."""
CHEAPEST, SPREAD = 40_000, 15_000
"""Prices of timed markets, and how far they spread; the nearest are asked for everywhere."""
SMALL, RENEWED, MEDIUM, LARGE = 3_000, 12_000, 16_000, 25_000
STEPS = 40
REPEATS = 3
TASTES = 3
TASTE = 12
HOPELESS = 3.0
"""A few tastes of a program come first: if each of them is so many times beyond the bound, nothing else follows."""


class Costs(NamedTuple):
    """CPU seconds of the same work in the submission and in the reference."""

    own: float
    ours: float


Program: TypeAlias = Callable[[random.Random, int], Iterator[Step]]


class Trial:
    """Markets of about these sizes, each in the submission and in the reference; `work` says how they are made.

    Both are asked the same, one after the other, and must give the same answers; which of several equal offers is right
    is asked elsewhere, and so are the ends of pages and of ranges: here prices are even, and ends odd. CPU time is that
    of the calls alone: programs go in before, and answers come out afterwards. What the submission spends on these, and
    in between, beyond twice what the reference does, is work that it has put off, and counts as well.
    """

    def __init__(
        self,
        submission: SubmissionHandle,
        reference: SubmissionHandle,
        rng: random.Random,
        *sizes: int,
        work: str = "make",
    ) -> None:
        self._sides, self._rng, self._work = (reference, submission), rng, work
        self._read = [0.0, 0.0]
        self.sizes = [rng.randrange(size * 19 // 20, size * 21 // 20) for size in sizes]
        for size in self.sizes:
            seed = rng.getrandbits(62)
            for handle in self._sides:
                assert handle.call("stock", size, seed) == size
        self._made = {size: self._make(size) for size in self.sizes}

    def _make(self, size: int) -> Costs:
        spent = []
        for side, handle in enumerate(self._sides):
            self._spent(side)
            assert handle.call(self._work, size) == size
            spent.append(self._spent(side))
        return Costs(own=spent[1], ours=spent[0])

    def _spent(self, side: int) -> float:
        """CPU seconds of one side's process since this was last asked, read outside."""
        before, self._read[side] = self._read[side], alone(self._sides[side]).cpu_seconds
        return self._read[side] - before

    def assert_made_fast(self, what: str, bound: float) -> None:
        """Making a market is bounded."""
        for size in self.sizes:
            measured = chain([self._made[size]], (self._make(size) for _ in count()))
            costs = {size: Costs(*settled(lambda: next(measured), bound))}  # noqa: B023 - called at once
            assert_within(what, costs, bound, "")

    def assert_fast(self, what: str, program: Program, bound: float) -> None:
        """In either market, the steps of a program cost at most so many times as much as in the reference."""
        costs: dict[int, Costs] = {}
        for size in self.sizes:
            taste = least(self._run(program, TASTE, size) for _ in range(TASTES))
            assert_within(what, {size: taste}, HOPELESS * bound)
            costs[size] = Costs(*settled(partial(self._turns, program, size), bound))
            assert_within(what, costs, bound)

    def _turns(self, program: Program, size: int) -> Costs:
        return least(self._run(program, self._rng.randint(STEPS, 2 * STEPS), size) for _ in range(REPEATS))

    def _run(self, program: Program, steps: int, size: int) -> Costs:
        """Take so many steps on either side, or one less, and return what one of them costs."""
        plan = list(islice(program(self._rng, size), steps))
        if plan[-1][0] == "remove":  # what would come back in the next step
            plan.pop()
        worked, rested, seen = [], [], []
        for side, handle in enumerate(self._sides):
            handle.call("plan", size, plan)
            before = self._spent(side)
            assert handle.call("go", size) == len(plan)
            worked.append(self._spent(side))
            seen.append(handle.call("seen", size))
            rested.append(before + self._spent(side))
        for step, promised, outcome in zip(plan, *seen, strict=True):
            assert outcome == promised, step
        put_off = max(0.0, rested[1] - 2 * rested[0])
        return Costs(own=(worked[1] + put_off) / len(plan), ours=worked[0] / len(plan))


def least(measured: Iterable[Costs]) -> Costs:
    """The least of either side."""
    return Costs(*map(min, zip(*measured, strict=True)))


def assert_within(what: str, costs: dict[int, Costs], bound: float, each: str = " a call") -> None:
    """The costs at the greatest size are within the bound; the message has all figures."""
    size, (own, ours) = max(costs.items())
    words = f"{what}, {size} offers: {own * 1e6:.1f} us of CPU{each}, at most {bound:g} x ours, {ours * 1e6:.1f} us"
    powers = [growth({at: pair[side] for at, pair in costs.items()}) for side in (0, 1)]
    if len(costs) > 1:
        words += "; from {} offers on yours grows as their number to the power {:.1f}, ours {:.1f}".format(
            min(costs), *powers
        )
    assert own <= bound * ours, words


def asking(*kinds: str) -> Program:
    """Questions of these kinds in turns."""
    return lambda rng, size: (question(rng, kind, size, SPREAD, 500_000 * size, CHEAPEST) for kind in cycle(kinds))


def changing(kind: str = "", questions: int = 1) -> Program:
    """Offers change, or leave and come back, and questions follow; without any, each leaves and comes back."""

    def steps(rng: random.Random, size: int) -> Iterator[Step]:
        while True:
            number = rng.randrange(size)
            if not kind or rng.random() < 0.25:
                yield "remove", named(number)
            yield timed(rng, number, 2 * 10**6)
            for _ in range(questions if kind else 0):
                yield question(rng, kind, size, SPREAD, 500_000 * size, CHEAPEST)

    return steps


def expiring(rng: random.Random, size: int) -> Iterator[Step]:
    """Three come, and the oldest leave; then comes a question, or what has left might leave the structure later."""
    while True:
        for _ in range(3):
            yield timed(rng, rng.randrange(2 * size))
        for _ in range(3):
            yield ("expire",)
        yield question(rng, "first", size // 2, PRICES, 0)


@criterion("places", hint="In what is sorted, a binary search finds the place.")
def test_fast_ranks(submission: SubmissionHandle, reference: SubmissionHandle, rng: random.Random) -> None:
    """`rank`, `nearest` and `len` do not walk over the offers: they take at most 5 times our CPU time."""
    trial = Trial(submission, reference, rng, SMALL, MEDIUM)
    trial.assert_fast("rank", asking("rank"), QUESTIONS)
    trial.assert_fast("nearest and len", asking("distance", "len"), QUESTIONS)


@criterion("places", hint="Find the first place of the page; then take what follows.")
def test_fast_pages(submission: SubmissionHandle, reference: SubmissionHandle, rng: random.Random) -> None:
    """`page` takes at most 5 times our CPU time, wherever it begins."""
    Trial(submission, reference, rng, SMALL, MEDIUM).assert_fast("page", asking("first"), QUESTIONS)


@criterion("sums", hint="Keep sums of many offers, and add up offers one by one only at the ends of the range.")
def test_fast_totals(submission: SubmissionHandle, reference: SubmissionHandle, rng: random.Random) -> None:
    """`total` does not add up all offers of a wide range: it takes at most 5 times our CPU time."""
    Trial(submission, reference, rng, SMALL, LARGE).assert_fast("total", asking("total"), QUESTIONS)


@criterion("sums", hint="A maximum cannot be subtracted: keep the maxima of many offers, and compare those.")
def test_fast_largest(submission: SubmissionHandle, reference: SubmissionHandle, rng: random.Random) -> None:
    """`largest` does not compare all offers of a range, nor of the market: it takes at most 5 times our CPU time."""
    trial = Trial(submission, reference, rng, SMALL, LARGE)
    trial.assert_fast("largest", asking("greatest"), QUESTIONS)
    trial.assert_fast("largest in narrow ranges", asking("narrow"), QUESTIONS)


@criterion("sums", hint="Find the sum up to which everything is bought, as you would find a position.")
def test_fast_costs(submission: SubmissionHandle, reference: SubmissionHandle, rng: random.Random) -> None:
    """`cost` does not walk over all that is bought: it takes at most 5 times our CPU time."""
    Trial(submission, reference, rng, SMALL, MEDIUM).assert_fast("cost", asking("cost"), QUESTIONS)


@criterion(
    "changes",
    hint="Put one in its place, and correct only the figures that it is part of; ages are an order of their own.",
)
def test_fast_changes(submission: SubmissionHandle, reference: SubmissionHandle, rng: random.Random) -> None:
    """Changes, also in turns with `rank`, `nearest` and `page`, take at most 20 times our CPU time, new markets 40."""
    trial = Trial(submission, reference, rng, LARGE)
    trial.assert_made_fast("Market(offers)", MAKING)
    trial.assert_fast("put and remove", changing(), CHANGES)
    for name, kind in (("rank", "rank"), ("nearest", "far"), ("page", "first")):
        trial.assert_fast(f"changes and {name} in turns", changing(kind), CHANGES)
    trial.assert_fast("put, expire and page in turns", expiring, CHANGES)


@criterion("changes", weight=2, hint="Correct the few sums that an offer is part of, instead of adding up anew.")
def test_fast_totals_in_turns(submission: SubmissionHandle, reference: SubmissionHandle, rng: random.Random) -> None:
    """A change and six `total` in turns take at most 5 times our CPU time."""
    trial = Trial(submission, reference, rng, LARGE)
    trial.assert_fast("a change and six total in turns", changing("total", 6), QUESTIONS)


@criterion("changes", weight=2, hint="If the greatest of some offers leaves, only those are to be compared anew.")
def test_fast_largest_in_turns(submission: SubmissionHandle, reference: SubmissionHandle, rng: random.Random) -> None:
    """A change and six `largest` in turns take at most 5 times our CPU time."""
    trial = Trial(submission, reference, rng, LARGE)
    trial.assert_fast("a change and six largest in turns", changing("greatest", 6), QUESTIONS)


@criterion(
    "changes",
    weight=2,
    hint="After a change, a sum up to each offer is out of date, one of each block is not; cut what grows too long.",
)
def test_fast_costs_in_turns(submission: SubmissionHandle, reference: SubmissionHandle, rng: random.Random) -> None:
    """All offers are put again at higher prices, within 20 times our CPU time; a change and six `cost`, within 5."""
    trial = Trial(submission, reference, rng, RENEWED, work="renew")
    trial.assert_made_fast("put of all offers at higher prices, cheapest first", CHANGES)
    trial.assert_fast("a change and six cost in turns", changing("cost", 6), QUESTIONS)
