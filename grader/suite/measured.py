"""Promises of speed and memory: the submission against the reference, under the same calls, at every size.

    def ranks(handle: SubmissionHandle, size: int, draw: random.Random) -> None:
        seed = draw.getrandbits(62)
        assert handle.call("ranks", size, seed) == expected(size, seed)

    def test_fast_ranks(submission, reference, rng):
        '''`rank` costs at most 8 times as much as ours, with 2,000 players and with 16,000.'''
        trial = Benchmark(submission, reference, rng, prepare=fill)
        trial.level(ranks, sizes=(2_000, 16_000), ratio=8.0)

Figures are read outside: the CPU clock of the child's process, its resident bytes and their peak. A bound is a ratio to
the reference's figure, plus an allowance if one is given; nothing that the submission did before serves as a baseline,
and the growth from size to size explains a failure but never decides one. Within 15 % of the bound, both sides are
measured four more times, and the medians decide. Fast work must be repeated within a call, since a round trip costs
both sides the same.
"""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from grader.suite.observation import Unkept
from sandbox.outcome import NotMeasured

if TYPE_CHECKING:
    from grader.suite.contract import SubmissionHandle
    from sandbox.session import Usage

    Work: TypeAlias = Callable[[SubmissionHandle, int, random.Random], object]
    """Makes calls on a handle for a size, and checks the answers; both sides are given generators with the same
    seed.
    """

MIB = 1 << 20
NEAR = 0.15
"""The distance from the bound, as a share of it, within which a figure is measured again."""
AGAIN = 4
"""The number of measurements after the first one."""
REPEATS = 3
"""The number of runs of work whose least CPU time counts as one measurement."""
HOPELESS = 5.0
"""The multiple of the bound beyond which work is no longer repeated."""
WRONG = "this backend reads the usage of the whole sandbox, not that of the submission's process"


class Quantity(Enum):
    """The quantities that can be measured; the value is the unit."""

    CPU = "s of CPU"
    """Seconds of processor time while the work is done."""
    RESIDENT = "MiB"
    """Bytes resident after the work, less those resident in the *reference* once it is prepared."""
    PEAK = "MiB at the peak"
    """Bytes resident at the process's peak, including its start, less the *reference*'s peak once it is prepared."""


class Figures(NamedTuple):
    """One measurement of both sides."""

    own: float
    ours: float


class Bound(NamedTuple):
    """The upper limit for a submission: a ratio to the reference's figure, and an allowance beyond it."""

    ratio: float = 1.0
    plus: float = 0.0

    def of(self, ours: float) -> float:
        """Return the bound for the reference's figure."""
        return self.ratio * ours + self.plus


def alone(handle: SubmissionHandle) -> Usage:
    """Read the usage of the submission's process, which must be the only one: the usage of others is not counted.

    Raises Unkept if there are others. A backend that reads the usage of the whole sandbox counts them in any case.
    """
    usage = handle.usage()
    if usage.own and (others := len(handle.processes()) - 1) > 0:
        raise Unkept(f"processes other than the measured one ran ({others}); do all work in the measured process")
    return usage


_RATIOS: list[float] = []
"""The ratios to the reference that were measured against a bound above 1 since the test began."""


def forget_ratios() -> None:
    """Begin a test, in which nothing was measured yet."""
    _RATIOS.clear()


def highest_ratio() -> float | None:
    """Return the highest ratio to the reference that the test measured; None if it measured none."""
    return max(_RATIOS, default=None)


def settled(measure: Callable[[], tuple[float, float]], ratio: float = 1.0, plus: float = 0.0) -> Figures:
    """Measure the submission and the reference; near the bound, above or below, return the medians of five
    measurements. With a `ratio` above 1, the report states how the two compare.
    """
    taken = [Figures(*measure())]
    bound = Bound(ratio, plus).of(taken[0].ours)
    if abs(taken[0].own - bound) <= NEAR * bound:
        taken += [Figures(*measure()) for _ in range(AGAIN)]
    figures = Figures(*(statistics.median(column) for column in zip(*taken, strict=True)))
    if ratio > 1 and figures.ours > 0:
        _RATIOS.append(max(0.0, figures.own / figures.ours))
    return figures


def growth(figures: Mapping[int, float]) -> float:
    """Return the exponent with which a figure grows with the size, from the smallest size to the largest."""
    small, large = min(figures), max(figures)
    if small == large or min(figures[small], figures[large]) <= 0:
        return math.nan
    return math.log(figures[large] / figures[small]) / math.log(large / small)


class Benchmark:
    """Measures work in the submission and in the reference. `prepare` runs before the work, once for each side and
    size.
    """

    def __init__(
        self,
        submission: SubmissionHandle,
        reference: SubmissionHandle,
        rng: random.Random,
        *,
        prepare: Work | None = None,
    ) -> None:
        self._submission = submission
        self._reference = reference
        self._rng = rng
        self._prepare = prepare
        self._prepared: set[tuple[int, int]] = set()

    def level(
        self,
        work: Work,
        *,
        sizes: Sequence[int],
        ratio: float,
        plus: float = 0.0,
        of: Quantity = Quantity.CPU,
        what: str = "",
    ) -> dict[int, Figures]:
        """Assert that, at every size, the submission needs at most `ratio` times the reference's figure, plus `plus`.

        `plus` is in seconds or bytes. CPU time is the least of several runs, taken in turns; memory is read in a new
        child. `what` names the work in a failure's message. Raises NotMeasured if the backend cannot measure this.
        """
        bound = Bound(ratio, plus)
        figures: dict[int, Figures] = {}
        for size in sorted(sizes):
            measure = self._seconds if of is Quantity.CPU else partial(self._bytes, of)
            figures[size] = settled(partial(measure, work, size, bound), ratio, plus)
            within = figures[size].own <= bound.of(figures[size].ours)
            assert within, _told(what or work.__name__, figures, bound, of)
        return figures

    # --- processor time ----------------------------------------------------------------------------------------------

    def _seconds(self, work: Work, size: int, bound: Bound) -> Figures:
        """Return the least of several runs; both sides take turns, so that a slowdown of the machine affects both."""
        self._make_ready(size)
        own, ours = math.inf, math.inf
        for turn in range(REPEATS):
            seed = self._rng.getrandbits(62)
            ours = min(ours, _seconds(self._reference, work, size, seed))
            own = min(own, _seconds(self._submission, work, size, seed))
            if turn and own > HOPELESS * bound.of(ours):
                break
        return Figures(own, ours)

    def _make_ready(self, size: int) -> None:
        """Prepare both children for a size, once; several sizes live in them side by side."""
        if self._prepare is None:
            return
        seed = self._rng.getrandbits(62)
        for side, handle in enumerate((self._submission, self._reference)):
            if (side, size) not in self._prepared:
                self._prepared.add((side, size))
                self._prepare(handle, size, random.Random(seed))  # noqa: S311 - drawing inputs

    # --- memory ------------------------------------------------------------------------------------------------------

    def _bytes(self, of: Quantity, work: Work, size: int, _bound: Bound) -> Figures:
        """Return what both sides hold after the work, in excess of what the reference holds once it is prepared."""
        read = partial(self._held, of, size, self._rng.getrandbits(62))
        base = read(self._reference, None)
        return Figures(read(self._submission, work) - base, read(self._reference, work) - base)

    def _held(self, of: Quantity, size: int, seed: int, handle: SubmissionHandle, work: Work | None) -> float:
        """Return what a new child holds once it is prepared and has done the work, if any."""
        handle.fresh()
        self._prepared.clear()
        draw = random.Random(seed)  # noqa: S311 - drawing inputs
        for step in (self._prepare, work):
            if step is not None:
                step(handle, size, draw)
        usage = alone(handle)
        if not usage.own:
            raise NotMeasured(WRONG)
        return float(usage.peak if of is Quantity.PEAK else usage.resident)


def _seconds(handle: SubmissionHandle, work: Work, size: int, seed: int) -> float:
    before = alone(handle)
    if not before.own:
        raise NotMeasured(WRONG)
    work(handle, size, random.Random(seed))  # noqa: S311 - drawing inputs
    return alone(handle).cpu_seconds - before.cpu_seconds


def _told(what: str, figures: Mapping[int, Figures], bound: Bound, of: Quantity) -> str:
    size, (own, ours) = max(figures.items())
    allowed = f"{bound.ratio:g} x {_shown(ours, of)} of ours" + (f" and {_shown(bound.plus, of)}" if bound.plus else "")
    words = f"{what}, size {size}: {_shown(own, of)} {of.value}, at most {_shown(bound.of(ours), of)} ({allowed})"
    powers = [growth({at: pair[side] for at, pair in figures.items()}) for side in (0, 1)]
    if not any(map(math.isnan, powers)):
        words += "; from size {} on, yours grows as the size to the power {:.1f}, ours to the power {:.1f}".format(
            min(figures), *powers
        )
    return words


def _shown(figure: float, of: Quantity) -> str:
    return f"{figure:.4f}" if of is Quantity.CPU else f"{figure / MIB:.2f}"
