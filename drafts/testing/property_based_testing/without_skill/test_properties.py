"""The given implementations are the oracles; what is drawn comes from the strategies as they are."""

import codec
import intervals
import right_codec
import right_intervals
import right_scheduler
import scheduler
from hypothesis import given, settings
from hypothesis import strategies as st


def end(function, *arguments):
    """How a call ends, as data."""
    try:
        return function(*arguments)
    except ValueError:
        return ValueError


@given(st.lists(st.tuples(st.integers(), st.integers(), st.none() | st.text())), st.lists(st.integers()))
@settings(max_examples=2000)
def test_interval_map(changes, positions):
    tested, right = intervals.IntervalMap(), right_intervals.IntervalMap()
    for start, stop, value in changes:
        for one in (tested, right):
            if value is None:
                end(one.erase, start, stop)
            else:
                end(one.assign, start, stop, value)
    assert list(map(tuple, tested.items())) == right.items()
    for position in [*positions, *(place for piece in right.items() for place in piece[:2])]:
        assert tested.get(position) == right.get(position)


@given(st.text())
@settings(max_examples=2000)
def test_round_trip(text):
    assert codec.encode(text) == right_codec.encode(text)
    assert codec.decode(codec.encode(text)) == text


@given(st.text())
@settings(max_examples=2000)
def test_decode(code):
    assert end(codec.decode, code) == end(right_codec.decode, code)


tasks = st.lists(
    st.tuples(st.text(), st.integers(), st.integers(min_value=1), st.lists(st.text())), unique_by=lambda task: task[0]
)


@given(tasks, st.integers(min_value=1))
@settings(max_examples=2000)
def test_plan(tasks, workers):
    made, right = end(scheduler.plan, tasks, workers), end(right_scheduler.plan, tasks, workers)
    if ValueError in (made, right):
        assert made == right
    else:
        assert sorted(map(tuple, made)) == sorted(right)
