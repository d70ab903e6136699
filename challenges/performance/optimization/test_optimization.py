"""Hidden suite: answers held against a plain model; CPU time read outside, over growing boards."""

from __future__ import annotations

import math
import random
import statistics
from bisect import bisect_left, insort
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import partial
from itertools import chain, count
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from grader.suite import Observation, SubmissionHandle, criterion, settled

TIMES = 8
"""How many times as large the large board is."""
OPERATIONS = 200
REPEATS = 7
WARM_UP = (1, 4)
"""Rounds between the first measurement and the others, drawn: being quick for a while is not enough."""
ROUND = (700, 900)
"""Operations of such a round, drawn: what answers thousands of questions for pages would not fit into one answer."""
LEVEL = 14.0
"""Highest ratio to the reference's CPU time, on either board. How it grows explains, and decides nothing: a small board
can be slowed down on purpose."""
HOPELESS = 3 * LEVEL
"""When two measurements are beyond this, there is no third."""


# --- the model ---------------------------------------------------------------------------------------------------


class Model:
    """A board as a dictionary and one sorted list of `(-score, player)`."""

    def __init__(self) -> None:
        self.scores: dict[str, int] = {}
        self.order: list[tuple[int, str]] = []

    def set_score(self, player: str, score: int) -> None:
        """Add or change."""
        if player in self.scores:
            self.remove(player)
        self.scores[player] = score
        insort(self.order, (-score, player))

    def remove(self, player: str) -> None:
        """Forget."""
        self.order.pop(bisect_left(self.order, (-self.scores.pop(player), player)))

    def score(self, player: str) -> int:
        """Look up."""
        return self.scores[player]

    def rank(self, player: str) -> int:
        """Those with higher scores stand before `(-score,)`."""
        return 1 + bisect_left(self.order, (-self.scores[player],))

    def page(self, start: int, count: int) -> list[tuple[str, int]]:
        """A slice."""
        if start < 0 or count < 0:
            raise ValueError
        return [(player, -score) for score, player in self.order[start : start + count]]

    def count_between(self, low: int, high: int) -> int:
        """All are looked at."""
        return sum(low <= score <= high for score in self.scores.values())

    def page_length(self, start: int, count: int) -> int:
        """How long a page is."""
        return len(self.page(start, count))

    def len(self) -> int:
        """The number of players."""
        return len(self.scores)


def answers_of(program: list[tuple[Any, ...]]) -> list[Any]:
    """What the probe's `run` must return."""
    model = Model()
    answers: list[Any] = []
    for name, *arguments in program:
        try:
            answers.append(getattr(model, name)(*arguments))
        except (KeyError, ValueError) as error:
            answers.append([type(error).__name__])
    return answers


def filled(size: int, seed: int, spread: int) -> Model:
    """The board that the probe's `fill` makes."""
    draw, model = random.Random(seed), Model()
    order = list(range(size))
    draw.shuffle(order)
    model.scores = {f"p{number}": draw.randrange(spread) for number in order}
    model.order = sorted((-score, player) for player, score in model.scores.items())
    return model


def expected(work: str, model: Model, size: int, seed: int, spread: int, operations: int = OPERATIONS) -> list[Any]:
    """What the probe's function `work` must return."""
    draw = random.Random(seed)
    answers: list[Any] = []
    for _ in range(operations):
        match work:
            case "ranks":
                answers.append(model.rank(f"p{draw.randrange(size)}"))
            case "ranges":
                answers.append(between(model, *sorted(draw.randrange(spread) for _ in range(2))))
            case "pages":  # short ones: what carries the answers out costs as much as finding them
                answers.append(model.page(draw.randrange(size), 2))
            case "changes" | "moves":
                player = f"p{draw.randrange(size)}"
                if draw.random() < 0.5:
                    model.remove(player)
                model.set_score(player, draw.randrange(spread))
            case "mixed":
                player = f"p{draw.randrange(size)}"
                model.set_score(player, draw.randrange(spread))
                answers += [model.rank(player), model.rank(f"p{draw.randrange(size)}")]
            case _:
                pass
    if work == "changes":
        score = draw.randrange(spread)
        model.set_score("p0", score)
        model.set_score("p1", score)
        answers = [model.rank("p1")]
    if work == "moves":
        answers = [model.page(draw.randrange(size), 5) for _ in range(5)]
    return answers


def between(model: Model, low: int, high: int) -> int:
    """As count_between, for large boards."""
    last = bisect_left(model.order, (1 - low,))
    return max(0, last - bisect_left(model.order, (-high,)))


def queued(size: int, seed: int, spread: int) -> list[int]:
    """What the probe's `queues` must return."""
    draw = random.Random(seed)
    best_first = sorted((-draw.randrange(spread), f"p{number}") for number in range(size))
    ranks = [1 + bisect_left(best_first, (negative,)) for negative, _ in best_first]
    answers: list[int] = []
    for _ in range(2):
        answers += ranks
        answers += [ranks[draw.randrange(left)] for left in range(size - 1, 0, -1)]
    return answers


# --- draws -------------------------------------------------------------------------------------------------------

players = st.sampled_from(["ada", "bob", "cyd", "dan", "eve", "Ada", "ö", ""]) | st.text(max_size=3)
scores = st.integers(-3, 3) | st.integers(-(10**25), 10**25)
small = st.integers(-1000, 1000)
large = st.integers(10**20, 10**25).map(lambda score: score | 1)
"""Odd, and so large that no float is odd."""
positions = st.integers(0, 12)


def calls(name: str, *arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    """Steps of a program."""
    return st.tuples(st.just(name), *arguments)


def upwards(step: tuple[Any, ...]) -> tuple[Any, ...]:
    """The same question, the lower end of its range first."""
    return step[0], *sorted(step[1:])


def programs(*questions: st.SearchStrategy[tuple[Any, ...]]) -> st.SearchStrategy[list[tuple[Any, ...]]]:
    """Changes and questions, more changes than questions."""
    changing = calls("set_score", players, scores)
    return st.lists(st.one_of(changing, changing, calls("remove", players), *questions), min_size=10, max_size=60)


def some(count: int) -> st.SearchStrategy[list[str]]:
    """So many different players."""
    return st.lists(players, min_size=count, max_size=count, unique=True)


# --- answers -----------------------------------------------------------------------------------------------------


@criterion("answers", weight=3, hint="naive.py gives the right answers: run both on the same random calls and compare.")
@given(
    names=some(3),
    score=large,
    program=programs(
        calls("rank", players),
        calls("rank", players),
        calls("count_between", scores, scores).map(upwards),
        calls("len"),
    ),
)
def test_answers(submission: SubmissionHandle, names: list[str], score: int, program: list[tuple[Any, ...]]) -> None:
    """Ranks, ranges and the number of players are right after any changes."""
    opening: list[tuple[Any, ...]] = [("set_score", player, score + (player != names[0])) for player in names]
    opening += [("rank", player) for player in names]
    ranges = [(score, score + 1), (score - 1, score + 2), (score, score)]
    program = [*opening, *(("count_between", *ends) for ends in ranges), *program]
    assert submission.call("run", program) == answers_of(program)


@criterion("answers", weight=2, hint="Players with the same score share the rank of the first of them.")
@given(
    board=st.dictionaries(players, st.integers(-2, 2), min_size=1, max_size=15),
    ends=st.tuples(st.integers(-3, 3), st.integers(-3, 3)).map(sorted),
)
def test_equal_scores(submission: SubmissionHandle, board: dict[str, int], ends: list[int]) -> None:
    """Equal scores share a rank and the ranks after it are skipped; both ends of a range belong to it."""
    program: list[tuple[Any, ...]] = [("set_score", player, score) for player, score in board.items()]
    program += [("rank", player) for player in board]
    program += [("count_between", *ends), ("count_between", ends[0], ends[0])]
    assert submission.call("run", program) == answers_of(program)


@criterion("answers", hint="`low > high` is a range that holds nobody.")
@given(
    board=st.dictionaries(players, st.integers(-2, 2), min_size=3, max_size=15),
    low=st.integers(-1, 3),
    less=st.integers(1, 4),
)
def test_empty_ranges(submission: SubmissionHandle, board: dict[str, int], low: int, less: int) -> None:
    """`count_between` is 0 when `low` is greater than `high`."""
    program: list[tuple[Any, ...]] = [("set_score", player, score) for player, score in board.items()]
    program += [("count_between", low, low - less), ("count_between", 3, -3)]
    assert submission.call("run", program) == answers_of(program)


@criterion("answers", weight=2, hint="Take the old entry out before the new one goes in.")
@given(
    names=st.lists(players, min_size=1, max_size=5, unique=True),
    rounds=st.lists(st.lists(small, min_size=5, max_size=5, unique=True), min_size=2, max_size=4),
    leaver=st.integers(0, 4),
)
def test_changed_scores(submission: SubmissionHandle, names: list[str], rounds: list[list[int]], leaver: int) -> None:
    """A new score replaces the old one; a player who was removed is gone, and may come back."""
    program: list[tuple[Any, ...]] = []
    for values in rounds:
        program += [("set_score", player, value) for player, value in zip(names, values, strict=False)]
        program += [("score", player) for player in names]
        program += [("remove", names[leaver % len(names)]), ("len",)]
        program += [("rank", player) for player in names]
    assert submission.call("run", program) == answers_of(program)


@criterion("answers", hint="Look a player up before anything is changed.")
@given(
    names=st.lists(players, min_size=2, max_size=5, unique=True),
    score=small,
    asked=st.lists(st.sampled_from(["remove", "score", "rank"]), min_size=1, max_size=5),
)
def test_unknown_players(submission: SubmissionHandle, names: list[str], score: int, asked: list[str]) -> None:
    """`remove`, `score` and `rank` raise KeyError for a player who is not on the board, and nothing changes."""
    stranger, *known = names
    program: list[tuple[Any, ...]] = [("set_score", player, score) for player in known]
    program += [(name, stranger) for name in asked]
    program += [("len",), *(("rank", player) for player in known)]
    assert submission.call("run", program) == answers_of(program)


@criterion("answers", weight=2, hint="Try many players, with few and with many different scores.")
@settings(max_examples=6)
@given(
    size=st.integers(600, 1500),
    seeds=st.lists(st.integers(0, 2**62), min_size=7, max_size=7),
    spread=st.integers(1, 3000),
)
def test_larger_boards(submission: SubmissionHandle, size: int, seeds: list[int], spread: int) -> None:
    """All of that holds on boards of a thousand players as well."""
    first, *others = seeds
    assert submission.call("fill", size, first, spread) == size
    model = filled(size, first, spread)
    for work, seed in zip(("ranks", "ranges", "changes", "mixed", "ranks", "ranges"), others, strict=True):
        seen = submission.call(work, size, seed, OPERATIONS, spread)
        assert seen == expected(work, model, size, seed, spread)


@criterion(
    "answers", hint="If you cut your structure into pieces, the first and the last entry of a piece need a test."
)
@settings(max_examples=4)
@given(size=st.integers(600, 900), seed=st.integers(0, 2**62), spread=st.integers(1, 3000))
def test_players_in_order(submission: SubmissionHandle, size: int, seed: int, spread: int) -> None:
    """Ranks are also right when players come in order, best or worst first, and when they leave in order."""
    assert submission.call("queues", size, seed, spread) == queued(size, seed, spread)


# --- pages -------------------------------------------------------------------------------------------------------


@criterion("pages", weight=2, hint="Best first; equal scores by name, ascending.")
@given(
    names=some(3),
    score=large,
    changes=st.lists(st.tuples(players, scores, st.booleans()), min_size=3, max_size=30),
    asked=st.lists(st.tuples(positions, positions), min_size=1, max_size=5),
)
def test_pages(
    submission: SubmissionHandle,
    names: list[str],
    score: int,
    changes: list[tuple[str, int, bool]],
    asked: list[tuple[int, int]],
) -> None:
    """A page is the requested part of the board, in order, after any changes."""
    program: list[tuple[Any, ...]] = [("set_score", player, score) for player in sorted(names, reverse=True)]
    for player, score, leaves in changes:
        program += [("set_score", player, score), *([("remove", player)] if leaves else []), ("page", 0, 100)]
    program += [("page", *page) for page in asked]
    assert submission.call("run", program) == answers_of(program)


@criterion("pages", hint="A slice beyond the end is short or empty.")
@given(
    board=st.dictionaries(players, st.integers(0, 1), max_size=10), starts=st.lists(positions, min_size=1, max_size=5)
)
def test_the_end_of_the_board(submission: SubmissionHandle, board: dict[str, int], starts: list[int]) -> None:
    """Pages end where the board ends, and beyond it they are empty."""
    program: list[tuple[Any, ...]] = [("set_score", player, score) for player, score in board.items()]
    program += [("page_length", start, count) for start in starts for count in (0, 1, 3, 100)]
    assert submission.call("run", program) == answers_of(program)


@criterion("pages", hint="A negative index means something else to a list: refuse it before it gets there.")
@given(
    names=st.lists(players, min_size=1, max_size=5, unique=True),
    different=st.lists(small, min_size=5, max_size=5, unique=True),
    asked=st.lists(st.tuples(st.integers(-3, 3), st.integers(-3, 3)), min_size=3, max_size=8),
)
def test_negative_pages(
    submission: SubmissionHandle, names: list[str], different: list[int], asked: list[tuple[int, int]]
) -> None:
    """A negative start or count raises ValueError."""
    program: list[tuple[Any, ...]] = [("set_score", *entry) for entry in zip(names, different, strict=False)]
    program += [("page_length", start, count) for start, count in asked]
    assert submission.call("run", program) == answers_of(program)


@criterion("pages", hint="Look at pages that span the places where your structure is cut.")
@settings(max_examples=6)
@given(
    size=st.integers(600, 1500),
    seeds=st.lists(st.integers(0, 2**62), min_size=4, max_size=4),
    spread=st.integers(10**9, 10**12),
)
def test_pages_of_larger_boards(submission: SubmissionHandle, size: int, seeds: list[int], spread: int) -> None:
    """Pages are right on boards of a thousand players as well, from the first place to the last."""
    first, *others = seeds
    submission.call("fill", size, first, spread)
    model = filled(size, first, spread)
    for work, seed in zip(("pages", "moves", "pages"), others, strict=True):
        seen = submission.call(work, size, seed, OPERATIONS, spread)
        assert seen == expected(work, model, size, seed, spread)


# --- speed -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Costs:
    """CPU seconds of the same work in the submission and in the reference, on the small and on the large board."""

    own_small: float
    own_large: float
    small: float
    large: float


class Trial:
    """A small and a large board, each in the submission and in the reference; the submission's answers are checked."""

    def __init__(self, submission: SubmissionHandle, reference: SubmissionHandle, rng: random.Random) -> None:
        self._own, self._reference = submission, reference
        self._rng = rng
        self._spread = rng.randrange(50_000, 100_000)
        self._small = rng.randrange(1_900, 2_100)
        self._large = TIMES * self._small
        self._models: dict[int, Model] = {}
        self.first_filling = self.filling()

    def filling(self) -> Costs:
        """Make all four boards anew."""
        return self._costs(self._fill, self._fill_reference)

    def costs(self, work: str) -> Costs:
        """Of OPERATIONS operations: the medians of several turns, with a drawn number of others in between.

        All take turns, so that what slows the machine down for a while slows all of them down.
        """
        turns: list[Costs] = []
        for turn in range(REPEATS):
            if turn == 1:
                for _ in range(self._rng.randint(*WARM_UP)):
                    self._costs(*self._sides(work, self._rng.randint(*ROUND)))
            turns.append(self._costs(*self._sides(work, OPERATIONS)))
            own, ours = (min(getattr(turn, name) for turn in turns) for name in ("own_large", "large"))
            assert own <= HOPELESS * ours, told(work, "the large board", own, ours, LEVEL)
        return Costs(*(statistics.median(getattr(turn, field.name) for turn in turns) for field in fields(Costs)))

    def _sides(self, work: str, operations: int) -> tuple[Callable[[int], float], Callable[[int], float]]:
        return partial(self._ask, work, operations), partial(self._ask_reference, work, operations)

    def _costs(self, own: Callable[[int], float], reference: Callable[[int], float]) -> Costs:
        small, large = reference(self._small), reference(self._large)
        return Costs(own(self._small), own(self._large), small, large)

    def _fill(self, size: int) -> float:
        seed = self._rng.getrandbits(62)
        cost, players = timed(self._own, "fill", size, seed, self._spread)
        assert players == size
        self._models[size] = filled(size, seed, self._spread)
        return cost

    def _fill_reference(self, size: int) -> float:
        return timed(self._reference, "fill", size, self._rng.getrandbits(62), self._spread)[0]

    def _ask(self, work: str, operations: int, size: int) -> float:
        seed = self._rng.getrandbits(62)
        cost, seen = timed(self._own, work, size, seed, operations, self._spread)
        assert seen == expected(work, self._models[size], size, seed, self._spread, operations)
        return cost

    def _ask_reference(self, work: str, operations: int, size: int) -> float:
        return timed(self._reference, work, size, self._rng.getrandbits(62), operations, self._spread)[0]


def timed(handle: SubmissionHandle, work: str, *arguments: int) -> tuple[float, Observation]:
    """CPU seconds of the sandboxed process during a call, read outside, and the answer."""
    before = handle.usage().cpu_seconds
    seen = handle.call(work, *arguments)
    return handle.usage().cpu_seconds - before, seen


def told(work: str, where: str, own: float, ours: float, bound: float) -> str:
    """The figures of a level, for people."""
    return f"{work} on {where} take {times(own, ours):.1f} x the CPU time of ours, at most {bound:g} x (level)"


def times(cost: float, other: float) -> float:
    """How many times the other one a cost is, for people."""
    return cost / other if other else math.inf


def assert_bounded(work: str, measure: Callable[[], Costs], first: Costs) -> None:
    """The level of a cost is not too high, on either board."""
    for where in ("small", "large"):
        again = chain([first], (measure() for _ in count()))
        own, ours = settled(lambda: pair(next(again), where), LEVEL)  # noqa: B023 - it is called at once
        growth = f"; {TIMES} x as many players cost you {times(first.own_large, first.own_small):.1f} x"
        assert own <= LEVEL * ours, told(work, f"the {where} board", own, ours, LEVEL) + growth


def pair(costs: Costs, where: str) -> tuple[float, float]:
    """The cost in the submission and in the reference, on one of the boards."""
    return getattr(costs, f"own_{where}"), getattr(costs, where)


def assert_fast(trial: Trial, work: str) -> None:
    """The cost of an operation is bounded."""
    measure = partial(trial.costs, work)
    assert_bounded(work, measure, measure())


@criterion("queries", hint="In a sorted list, a binary search finds the place, and the place is the answer.")
def test_fast_ranks(submission: SubmissionHandle, reference: SubmissionHandle, rng: random.Random) -> None:
    """`rank` does not walk over the players."""
    assert_fast(Trial(submission, reference, rng), "ranks")


@criterion("queries", hint="A range is the difference between two places.")
def test_fast_ranges(submission: SubmissionHandle, reference: SubmissionHandle, rng: random.Random) -> None:
    """`count_between` does not walk over the players."""
    assert_fast(Trial(submission, reference, rng), "ranges")


@criterion("queries", hint="Find the first place of the page; then take what follows.")
def test_fast_pages(submission: SubmissionHandle, reference: SubmissionHandle, rng: random.Random) -> None:
    """`page` costs time in proportion to the length of its result, wherever it begins."""
    assert_fast(Trial(submission, reference, rng), "pages")


@criterion("changes", hint="Keep the order while players come and go: put one in its place, take one out.")
def test_fast_changes(submission: SubmissionHandle, reference: SubmissionHandle, rng: random.Random) -> None:
    """Filling a board, changing scores and removing players do not walk over the other players."""
    trial = Trial(submission, reference, rng)
    assert_bounded("filling", trial.filling, trial.first_filling)
    assert_fast(trial, "changes")


@criterion("changes", weight=2, hint="Sorting again at the first question after a change is a walk over all players.")
def test_fast_in_turns(submission: SubmissionHandle, reference: SubmissionHandle, rng: random.Random) -> None:
    """Alternating changes and questions are as fast as either of them alone."""
    assert_fast(Trial(submission, reference, rng), "mixed")
