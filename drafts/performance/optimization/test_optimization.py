"""Hidden suite: results held against a plain model; CPU time read outside, in a small and in a large market."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain, count, cycle, islice
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
        for offer in offers:
            self.put(*offer)

    def order(self) -> list[Entry]:
        """All offers by price, then by name."""
        return sorted(self.offers.values(), key=lambda offer: (offer[1], offer[0]))

    def inside(self, low: int, high: int) -> list[Entry]:
        """Those in a range of prices."""
        return [offer for offer in self.order() if low <= offer[1] <= high]

    def put(self, name: str, price: int, amount: int) -> None:
        """The newest offer is the last."""
        if not 0 <= price < PRICES or amount < 1:
            raise ValueError
        self.offers.pop(name, None)
        self.offers[name] = (name, price, amount)

    def remove(self, name: str) -> None:
        """Forget."""
        del self.offers[name]

    def expire(self) -> Any:
        """Forget the first."""
        if not self.offers:
            raise KeyError
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


def shown(offer: Entry | None) -> Any:
    """An offer as the probe returns it."""
    return None if offer is None else ("Offer", *offer)


def assert_answers(submission: SubmissionHandle, offers: list[Entry], program: list[Step]) -> None:
    """A new market answers as the model does, step by step."""
    model = Model(offers)
    right = [model.answer(*step) for step in program]
    seen = submission.call("run", offers, program)
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
any_price = prices | st.integers(-3, PRICES + 3) | st.integers(-(10**25), 10**25)
positions = st.integers(0, 12)
seeds = st.integers(0, 2**62)


def calls(name: str, *arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[Step]:
    """Steps of a program."""
    return st.tuples(st.just(name), *arguments)


putting = calls("put", names, prices, amounts)


def markets(
    price: st.SearchStrategy[int] = prices, amount: st.SearchStrategy[int] = amounts, *, least: int = 0
) -> st.SearchStrategy[list[Entry]]:
    """Offers of different names."""
    return st.lists(st.tuples(names, price, amount), min_size=least, max_size=12, unique_by=lambda offer: offer[0])


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
    assert_answers(submission, start, [*program, *asked, ("page", 0, 100)])


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
    start=markets(),
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
    ends = [sorted((one[1], other[1])) for one, other in zip(start, others, strict=False)]
    asked = [("total", 0, PRICES), *(("total", *end) for end in ends), *asked]
    assert_answers(submission, start, [*asked, *changed(start, others, leaving), *asked])


@criterion(
    "answers", weight=2, hint="If the greatest leaves, look for the next; of equals the first in the order is right."
)
@given(
    start=markets(near, few, least=3),
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
    shares=st.lists(st.fractions(0, 1), min_size=2, max_size=5),
)
def test_costs(
    submission: SubmissionHandle, start: list[Entry], others: list[Entry], leaving: int, shares: list[Any]
) -> None:
    """`cost` buys the cheapest first, and a part of the last; it refuses what is negative or more than is for sale."""
    model = Model(start)
    program: list[Step] = []
    for step in [None, *changed(start, others, leaving)]:
        if step is not None:
            model.answer(*step)
            program.append(step)
        there, first = model.total(0, PRICES), model.order()[0][2] if model.offers else 0
        wanted = [0, -1, 1, first, first + 1, there, there - 1, there + 1, *(int(share * there) for share in shares)]
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
    program += [("remove", start[gone % len(start)][0]), ("expire",), ("names", 0, 100), ("total", 0, PRICES), after]
    for _ in range(len(start) + 1):
        program += [("expire",), ("len",)]
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
    program += [("len",), ("names", 0, 100), ("total", 0, PRICES), ("remove", known[0][0]), ("rank", known[0][0])]
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
        program += [("put", name, *figures), ("put", "someone else", *figures), ("names", 0, 100)]
    edges = [("put", "someone else", 0, 1), ("put", name, PRICES - 1, 1)]
    assert_answers(submission, start, [*program, ("total", 0, PRICES), ("expire",), *edges, ("names", 0, 100)])
    for bad in ((name, price, 1), (name, fine, amount)):
        assert submission.call("make_of", [*start[1:], bad]) == ["ValueError"]
    assert submission.call("make_of", start) == len(start)


@criterion("answers", hint="In `Market(offers)`, a later offer of the same name replaces the earlier one.")
@given(start=st.lists(st.tuples(st.sampled_from("abc"), prices, few), min_size=4, max_size=12))
def test_names_that_come_twice(submission: SubmissionHandle, start: list[Entry]) -> None:
    """`Market(offers)` is the same as a `put` for each of the offers, one after the other."""
    program: list[Step] = [("len",), ("names", 0, 100), ("total", 0, PRICES), *(("rank", name) for name in "abc")]
    assert_answers(submission, start, program)


@criterion(
    "answers", weight=2, hint="If you cut your structure into pieces, look at the first and the last of a piece."
)
@settings(max_examples=6)
@given(size=st.integers(600, 1100), seed=seeds, shape=st.permutations([(3, 10**6), (300, 3), (PRICES, 10**6)]))
def test_larger_markets(submission: SubmissionHandle, size: int, seed: int, shape: list[tuple[int, int]]) -> None:
    """All of that holds in markets of a thousand offers as well, with many equal prices or amounts, or few."""
    for spread, most in shape[:2]:
        rng = random.Random(seed)
        offers = [put(rng, number, spread, most)[1:] for number in rng.sample(range(size), size)]
        asked = questions(rng, size, spread, most)
        program = [*asked, *changes(rng, size, spread, most), *asked]
        assert_answers(submission, offers, program)


@criterion("answers", hint="Offers that come and leave in order fill and empty your structure from one end.")
@settings(max_examples=4)
@given(size=st.integers(550, 700), seed=seeds, spread=st.sampled_from([300, PRICES]), backwards=st.booleans())
def test_offers_in_order(submission: SubmissionHandle, size: int, seed: int, spread: int, backwards: bool) -> None:
    """Results are also right when offers come in order and leave in order, from either end."""
    rng = random.Random(seed)
    offers = sorted(
        (put(rng, number, spread)[1:] for number in range(size)),
        key=lambda offer: (offer[1], offer[0]),
        reverse=backwards,
    )
    program: list[Step] = [("put", *offer) for offer in offers]
    leaving = offers[:-1] if seed % 2 else offers[:0:-1]
    asked = questions(rng, size, spread, 10**6)
    for index, (name, *_) in enumerate(leaving):
        program += [("remove", name), *asked[index % 50 :: 50][: 1 + index % 2]]
    assert_answers(submission, [], program)


def question(rng: random.Random, kind: str, size: int, spread: int, there: int) -> Step:
    """A question about a market of the offers p0, p1, ... with prices below `spread`.

    Ranges are wide, and their ends odd. A cost is that of half of what is `there`, and of more, but not of all.
    """
    match kind:
        case "rank":
            return kind, f"p{rng.randrange(size)}"
        case "names":
            return kind, rng.randrange(size), 2
        case "nearest" | "distance":
            return kind, rng.randrange(spread)
        case "cost":
            return kind, rng.randrange(there // 2, there * 9 // 10)
        case _:
            edge = spread // 5 + 1
            return kind, rng.randrange(edge) | 1, spread - rng.randrange(edge) | 1


KINDS = ("rank", "nearest", "names", "total", "largest", "cost")


def questions(rng: random.Random, size: int, spread: int, most: int) -> list[Step]:
    """Some of every kind."""
    return [question(rng, kind, size, spread, size * most // 2) for kind in KINDS * 10]


def put(rng: random.Random, number: int, spread: int = PRICES, most: int = 10**6, *, step: int = 1) -> Step:
    """An offer of this number at a drawn price."""
    return "put", f"p{number}", rng.randrange(0, spread, step), rng.randint(1, most)


def changes(rng: random.Random, size: int, spread: int, most: int) -> list[Step]:
    """Offers change, come or leave; some leave that are not there."""
    program: list[Step] = []
    for _ in range(300):
        program += [("remove", f"p{rng.randrange(size)}")] if rng.random() < 0.4 else []
        program.append(put(rng, rng.randrange(size), spread, most))
    return program


# --- speed -------------------------------------------------------------------------------------------------------

QUESTIONS = 10.0
CHANGES = 25.0
"""Highest ratios to the reference's CPU time, in either market. Growth explains, and decides nothing: what is asked of
a small market can be slowed down on purpose."""
STEPS = 240
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
    """A small and a large market, each in the submission and in the reference.

    Both are asked the same, one after the other, and must give the same answers; which of several equal offers is right
    is asked elsewhere, and so are the ends of ranges: here prices are even, and ends odd. CPU time is that of the calls
    alone: programs go in before, and answers come out afterwards.
    """

    def __init__(self, submission: SubmissionHandle, reference: SubmissionHandle, rng: random.Random) -> None:
        self._own, self._ours, self._rng = submission, reference, rng
        self.sizes = (rng.randrange(3_800, 4_200), rng.randrange(29_000, 31_000))
        for size in self.sizes:
            seed = rng.getrandbits(62)
            for handle in (reference, submission):
                assert handle.call("stock", size, seed) == size
        self.made = {size: self._make(size) for size in self.sizes}

    def _make(self, size: int) -> Costs:
        ours, own = (seconds(handle, "make", size, size) for handle in (self._ours, self._own))
        return Costs(own, ours)

    def assert_made_fast(self) -> None:
        """Making a market is bounded."""
        for size in self.sizes:
            measured = chain([self.made[size]], (self._make(size) for _ in count()))
            assert_within("Market(offers)", {size: Costs(*settled(lambda: next(measured), CHANGES))}, CHANGES)  # noqa: B023 - called at once

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
        """Take so many steps on either side, and return what one of them costs."""
        plan = list(islice(program(self._rng, size), steps))
        spent, seen = [], []
        for handle in (self._ours, self._own):
            handle.call("plan", size, plan)
            spent.append(seconds(handle, "go", size, steps) / steps)
            seen.append(handle.call("seen", size))
        for step, promised, outcome in zip(plan, *seen, strict=True):
            assert outcome == promised, step
        return Costs(own=spent[1], ours=spent[0])


def seconds(handle: SubmissionHandle, work: str, size: int, done: int) -> float:
    """CPU seconds of the sandboxed process during a call, read outside."""
    before = alone(handle).cpu_seconds
    assert handle.call(work, size) == done
    return alone(handle).cpu_seconds - before


def least(measured: Iterable[Costs]) -> Costs:
    """The least of either side."""
    return Costs(*map(min, zip(*measured, strict=True)))


def assert_within(what: str, costs: dict[int, Costs], bound: float) -> None:
    """The costs at the greatest size are within the bound; the message has all figures."""
    size, (own, ours) = max(costs.items())
    words = f"{what}, {size} offers: {own * 1e6:.1f} us of CPU, at most {bound:g} x ours, {ours * 1e6:.1f} us"
    powers = [growth({at: pair[side] for at, pair in costs.items()}) for side in (0, 1)]
    if len(costs) > 1:
        words += "; from {} offers on yours grows as their number to the power {:.1f}, ours {:.1f}".format(
            min(costs), *powers
        )
    assert own <= bound * ours, words


def asking(*kinds: str) -> Program:
    """Questions of these kinds in turns."""
    return lambda rng, size: (question(rng, kind, size, PRICES, 500_000 * size) for kind in cycle(kinds))


def changing(*kinds: str) -> Program:
    """Offers change, or leave and come back; a question follows each change."""

    def steps(rng: random.Random, size: int) -> Iterator[Step]:
        for kind in cycle(kinds or ("",)):
            number = rng.randrange(size)
            if rng.random() < 0.25:
                yield "remove", f"p{number}"
            yield put(rng, number, step=2)
            if kind:
                yield question(rng, kind, size, PRICES, 500_000 * size)

    return steps


def expiring(rng: random.Random, size: int) -> Iterator[Step]:
    """One comes, and the oldest leaves."""
    while True:
        yield put(rng, rng.randrange(2 * size), step=2)
        yield ("expire",)


@criterion("places", hint="In what is sorted, a binary search finds the place.")
def test_fast_ranks(submission: SubmissionHandle, reference: SubmissionHandle, rng: random.Random) -> None:
    """`rank` and `nearest` do not walk over the offers."""
    Trial(submission, reference, rng).assert_fast("rank and nearest", asking("rank", "distance"), QUESTIONS)


@criterion("places", hint="Find the first place of the page; then take what follows.")
def test_fast_pages(submission: SubmissionHandle, reference: SubmissionHandle, rng: random.Random) -> None:
    """`page` costs time in proportion to the length of its result, wherever it begins."""
    Trial(submission, reference, rng).assert_fast("page", asking("names"), QUESTIONS)


@criterion("sums", hint="Keep sums of many offers, and add up offers one by one only at the ends of the range.")
def test_fast_totals(submission: SubmissionHandle, reference: SubmissionHandle, rng: random.Random) -> None:
    """`total` does not add up all offers of a wide range."""
    Trial(submission, reference, rng).assert_fast("total", asking("total"), QUESTIONS)


@criterion("sums", hint="A maximum cannot be subtracted: keep the maxima of many offers, and compare those.")
def test_fast_largest(submission: SubmissionHandle, reference: SubmissionHandle, rng: random.Random) -> None:
    """`largest` does not compare all offers of a wide range."""
    Trial(submission, reference, rng).assert_fast("largest", asking("greatest"), QUESTIONS)


@criterion("sums", hint="Find the sum up to which everything is bought, as you would find a position.")
def test_fast_costs(submission: SubmissionHandle, reference: SubmissionHandle, rng: random.Random) -> None:
    """`cost` does not walk over all that is bought."""
    Trial(submission, reference, rng).assert_fast("cost", asking("cost"), QUESTIONS)


@criterion(
    "changes",
    hint="Put one in its place, and correct only the figures that it is part of; ages are an order of their own.",
)
def test_fast_changes(submission: SubmissionHandle, reference: SubmissionHandle, rng: random.Random) -> None:
    """Making a market, `put`, `remove` and `expire` do not walk over the other offers."""
    trial = Trial(submission, reference, rng)
    trial.assert_made_fast()
    trial.assert_fast("put and remove", changing(), CHANGES)
    trial.assert_fast("put and expire", expiring, CHANGES)


@criterion("changes", hint="A sum up to each offer is out of date after every change; a sum of each block is not.")
def test_fast_costs_in_turns(submission: SubmissionHandle, reference: SubmissionHandle, rng: random.Random) -> None:
    """`cost` is as fast if offers change in between."""
    Trial(submission, reference, rng).assert_fast("cost and changes in turns", changing("cost"), CHANGES)


@criterion("changes", weight=3, hint="What is sorted or added up anew after each change is a walk over all offers.")
def test_fast_in_turns(submission: SubmissionHandle, reference: SubmissionHandle, rng: random.Random) -> None:
    """Changes and all other questions in turns are as fast as either of them alone."""
    kinds = ("rank", "total", "distance", "greatest", "names")
    Trial(submission, reference, rng).assert_fast("changes and questions in turns", changing(*kinds), CHANGES)
