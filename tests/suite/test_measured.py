"""Measured promises: who is within a bound, who is not, and that no trick moves the bound."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from grader.suite import SubmissionHandle
from grader.suite.measured import AGAIN, MIB, Benchmark, Bound, Quantity, forget_ratios, growth, highest_ratio, settled
from sandbox.outcome import NotMeasured
from sandbox.session import Backend

from .conftest import Submitted, is_gvisor

SIZES = (2_000, 16_000)

HONEST = """
    HELD = []

    def search(size, times):
        return sum(1 for _ in range(times * 150))

    def hold(size):
        HELD.append([bytes(100) for _ in range(size)])
        return len(HELD[-1])

    def pass_by(size):
        return sum(len(bytes(1000)) for _ in range(size))

    def forget():
        HELD.clear()
"""
"""Work that does not depend on the size, and memory that does."""

SLOW = (
    HONEST
    + """
    def search(size, times):
        return sum(1 for _ in range(times * size)) and times * 150
"""
)
"""Walks over everything."""

PADDED = (
    HONEST
    + """
    def search(size, times):
        walked = max(size, 16_000)
        return sum(1 for _ in range(times * walked)) and times * 150
"""
)
"""Hides its growth by being as slow with few."""

BALLAST = (
    """
    BALLAST = bytearray(b"x") * (64 << 20)
"""
    + HONEST
    + """
    def hold(size):
        BALLAST.clear()
        HELD.append([bytes(400) for _ in range(size)])
        return len(HELD[-1])

    def pass_by(size):
        kept = [bytes(1000) for _ in range(size)]
        return sum(map(len, kept))
"""
)
"""Grows while it is imported, so that what it gives back would hide what it takes."""


def search(handle: SubmissionHandle, size: int, draw: random.Random) -> None:
    """Hundreds of searches in one call, so that the round trip is little beside them."""
    times = 300 + draw.randrange(3)
    assert handle.call("do", "search", size, times) == times * 150


def hold(handle: SubmissionHandle, size: int, draw: random.Random) -> None:
    """Keep many objects."""
    size += draw.randrange(3)
    assert handle.call("do", "hold", 20 * size) == 20 * size


def flow(handle: SubmissionHandle, size: int, _draw: random.Random) -> None:
    """Let many objects come and go."""
    assert handle.call("do", "pass_by", size) == 1000 * size


def warm(handle: SubmissionHandle, _size: int, _draw: random.Random) -> None:
    """Import."""
    handle.call("do", "forget")


Trying = Callable[[str], Benchmark]


@pytest.fixture
def trying(submitted: Submitted) -> Trying:
    """Make a trial of a submission against the honest one."""
    return lambda text: Benchmark(submitted(text), submitted(HONEST), random.Random(1), prepare=warm)


@pytest.fixture
def exact(backend: Backend) -> None:
    """Where only a whole sandbox's figures can be read, nothing is measured: a test of its own says so."""
    if is_gvisor(backend):
        pytest.skip("gVisor's processes cannot be seen apart")


@pytest.mark.usefixtures("exact")
def test_honest_work_is_within_its_bounds(trying: Trying) -> None:
    """A solution like ours keeps every promise of a ratio that leaves it room."""
    found = trying(HONEST).level(search, sizes=SIZES, ratio=3.0)
    assert set(found) == set(SIZES)
    trying(HONEST).level(hold, sizes=SIZES, ratio=1.3, of=Quantity.RESIDENT)
    trying(HONEST).level(flow, sizes=SIZES, ratio=1.0, plus=4 * MIB, of=Quantity.PEAK)


@pytest.mark.usefixtures("exact")
def test_slow_work_is_told_with_its_figures(trying: Trying) -> None:
    """What walks over everything is above the bound; the message has the figure, the bound, ours, and the growth."""
    with pytest.raises(AssertionError) as caught:
        trying(SLOW).level(search, sizes=SIZES, ratio=30.0, what="searching")
    words = str(caught.value)
    assert words.startswith("searching, size 16000: ")
    assert "s of CPU, at most " in words
    assert "(30 x " in words
    assert "of ours)" in words
    assert "from size 2000 on, yours grows as the size to the power" in words


@pytest.mark.usefixtures("exact")
def test_padding_the_small_sizes_hides_nothing(trying: Trying) -> None:
    """Whoever is slow at every size has no growth, and is above the bound at the smallest."""
    with pytest.raises(AssertionError, match=r"search, size 2000: .* of ours\)"):
        trying(PADDED).level(search, sizes=SIZES, ratio=30.0)


@pytest.mark.usefixtures("exact")
def test_ballast_is_no_baseline(trying: Trying) -> None:
    """Memory that was taken beforehand, and given back meanwhile, moves no bound: neither resident nor at the peak."""
    with pytest.raises(AssertionError, match=r"hold, size 2000: .* MiB, at most"):
        trying(BALLAST).level(hold, sizes=SIZES, ratio=1.3, of=Quantity.RESIDENT)
    with pytest.raises(AssertionError, match=r"flow, size 2000: .* MiB at the peak, at most"):
        trying(BALLAST).level(flow, sizes=SIZES, ratio=1.0, plus=4 * MIB, of=Quantity.PEAK)


def test_a_wrong_answer_is_no_figure(trying: Trying) -> None:
    """The work's own assertions count: what answers wrongly is not fast."""
    wrong = HONEST + "\n    def search(size, times):\n        return 0\n"
    with pytest.raises((AssertionError, NotMeasured)) as caught:
        trying(wrong).level(search, sizes=SIZES, ratio=30.0)
    assert "at most" not in str(caught.value)


def test_where_nothing_can_be_told_nothing_is_measured(backend: Backend, trying: Trying) -> None:
    """A backend that reads only whole sandboxes leaves the promise open."""
    if not is_gvisor(backend):
        pytest.skip("this backend can tell")
    with pytest.raises(NotMeasured, match="whole sandbox"):
        trying(HONEST).level(search, sizes=SIZES, ratio=3.0)
    with pytest.raises(NotMeasured, match="whole sandbox"):
        trying(HONEST).level(hold, sizes=SIZES, ratio=3.0, of=Quantity.RESIDENT)


@pytest.mark.parametrize(
    ("own", "measured"),
    [([2.0, 9, 9, 9, 9], 1), ([0.2, 9, 9, 9, 9], 1), ([0.9, 2, 2, 2, 2], 5), ([1.1, 0.5, 0.5, 0.5, 2], 5)],
)
def test_near_the_bound_the_median_of_five_decides(own: list[float], measured: int) -> None:
    """Below and above alike, a figure within 15 % of the bound is measured four times more; others are not."""
    figures = iter(own)
    taken: list[float] = []

    def measure() -> tuple[float, float]:
        taken.append(next(figures))
        return taken[-1], 0.5

    found = settled(measure, 2.0)
    assert len(taken) == measured == (1 if measured == 1 else 1 + AGAIN)
    assert found.own == sorted(taken)[len(taken) // 2]


def test_an_allowance_adds_to_the_ratio() -> None:
    """The bound is the ratio to the reference's figure, and what is allowed beyond."""
    assert Bound(2.0, 3.0).of(5.0) == 13.0


def test_growth_is_a_power_of_the_size() -> None:
    """A figure that grows eightfold while the size does grows with the power 1."""
    assert growth({1: 2.0, 8: 16.0}) == pytest.approx(1.0)
    assert growth({10: 3.0, 100: 3.0}) == 0.0
    assert growth({10: 3.0}) != growth({10: 3.0})


def test_the_highest_ratio_to_the_reference_is_remembered() -> None:
    """Of everything that a test measured against a bound above 1; without one, two figures are not compared."""
    forget_ratios()
    settled(lambda: (3.0, 2.0))
    assert highest_ratio() is None
    settled(lambda: (3.0, 2.0), 8.0)
    settled(lambda: (1.0, 2.0), 8.0)
    settled(lambda: (1.0, 0.0), 8.0)
    assert highest_ratio() == 1.5
    forget_ratios()
    assert highest_ratio() is None
