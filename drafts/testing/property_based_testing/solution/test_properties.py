"""Properties of `intervals`, `codec` and `scheduler`: each module is compared with a model that is slow and obvious."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby

import pytest
from codec import decode, encode
from hypothesis import given
from hypothesis import strategies as st
from intervals import IntervalMap
from scheduler import plan

# --- intervals: few positions and values, so that ends meet ------------------------------------------------------

LAST = 6
Range = tuple[int, int]
ranges = st.builds(
    lambda start, length: (start, start + length), st.integers(0, LAST), st.sampled_from([1, 1, 2, 3, 4, 5])
)
changes = st.lists(st.tuples(ranges, st.sampled_from(["a", "a", "b", None])), min_size=5, max_size=24)


def change(tested: IntervalMap, values: dict[int, str], start: int, stop: int, value: str | None) -> None:
    """Change a map, and the values of its positions."""
    if value is None:
        tested.erase(start, stop)
    else:
        tested.assign(start, stop, value)
    for position in range(start, stop):
        values.pop(position, None)
        if value is not None:
            values[position] = value


def pieces(values: dict[int, str]) -> list[tuple[int, int, str]]:
    found: list[tuple[int, int, str]] = []
    for position, value in sorted(values.items()):
        if found and found[-1][1:] == (position, value):
            found[-1] = (found[-1][0], position + 1, value)
        else:
            found.append((position, position + 1, value))
    return found


@given(changes)
def test_a_map_is_what_its_changes_say(drawn: list[tuple[Range, str | None]]) -> None:
    tested, values = IntervalMap(), dict[int, str]()
    for (start, stop), value in drawn:
        change(tested, values, start, stop, value)
        assert [tuple(piece) for piece in tested.items()] == pieces(values)
    for position in range(-1, 2 * LAST):
        assert tested.get(position) == values.get(position)


# --- codec: texts made of runs, codes made of parts --------------------------------------------------------------

letters = st.one_of(
    st.sampled_from("~~1"),
    st.sampled_from("~0;a"),
    st.characters(min_codepoint=0x80, max_codepoint=0x7FF),
    st.characters(min_codepoint=0x800, max_codepoint=0xFFFF, exclude_categories=["Cs"]),
    st.characters(min_codepoint=0x10000),
)
lengths = st.one_of(st.integers(1, 3), st.integers(1, 3), st.integers(1, 8), st.integers(50, 120))
texts = st.lists(st.tuples(letters, lengths), min_size=5, max_size=30).map(
    lambda runs: "".join(one * count for one, count in runs)
)


def code_of(text: str) -> str:
    runs = [(character, len(list(run))) for character, run in groupby(text)]
    return "".join(f"~{count};{one}" if count > 3 or one == "~" else one * count for one, count in runs)


@given(texts)
def test_codes_are_as_specified(text: str) -> None:
    code = encode(text)
    assert code == code_of(text)
    assert decode(code) == text


right = st.lists(st.sampled_from(["a", "b", "~4;a", "~12;b", "~1;~", "1", ";"]), max_size=4).map("".join)
doubtful = st.sampled_from(["~3;a", "~04;b", "~4;aa", "~4;b~4;b", "aaaa", "bbbb", "~5;", "~5;"])
codes = st.tuples(right, doubtful, st.just("") | right).map("".join)


def outcome(call: Callable[[str], str], argument: str) -> str | None:
    try:
        return call(argument)
    except ValueError:
        return None


@given(codes)
def test_what_is_no_code_is_refused(code: str) -> None:
    text = outcome(decode, code)
    assert text is None or code_of(text) == code


# --- scheduler: few priorities and durations, tasks that wait for any others -------------------------------------

Task = tuple[str, int, int, list[str]]


@st.composite
def task_lists(draw: st.DrawFn) -> list[Task]:
    """Tasks in any order: each waits for some of those that come before it in another order, and a few for any."""
    count = draw(st.integers(3, 10))
    names = [f"t{number}" for number in range(count)]
    row = st.tuples(st.integers(0, 1), st.integers(1, 2), st.lists(st.integers(1, 5), max_size=4, unique=True))
    tasks = [
        (names[number], priority, duration, [names[number - back] for back in backs if back <= number])
        for number, (priority, duration, backs) in enumerate(draw(st.lists(row, min_size=count, max_size=count)))
    ]
    loops = st.lists(st.tuples(st.integers(0, 7), st.sampled_from([0, 0, 1, 3])), min_size=1, max_size=2)
    for waiting, ahead in draw(st.just([]) | loops):
        if waiting + ahead < count:
            tasks[waiting][3].append(names[waiting + ahead])
    return draw(st.permutations(tasks))


def planned(tasks: list[Task], workers: int) -> set[tuple[str, int, int, int]] | None:
    """The plan, minute by minute; None if there is none."""
    ends: dict[str, int] = {}
    free_at = dict.fromkeys(range(workers), 0)
    entries: set[tuple[str, int, int, int]] = set()
    now = 0
    while len(entries) < len(tasks):
        idle = [worker for worker, time in free_at.items() if time <= now]
        ready = [
            task for task in tasks if task[0] not in ends and all(ends.get(name, now + 1) <= now for name in task[3])
        ]
        if len(idle) == workers and not ready:
            return None
        for worker, (name, _, duration, _) in zip(idle, sorted(ready, key=lambda task: -task[1]), strict=False):
            entries.add((name, worker, now, now + duration))
            ends[name] = free_at[worker] = now + duration
        now += 1
    return entries


@given(task_lists(), st.integers(1, 4))
def test_plans_are_as_specified(tasks: list[Task], workers: int) -> None:
    expected = planned(tasks, workers)
    if expected is None:
        with pytest.raises(ValueError):  # noqa: PT011 - its words are open
            plan(tasks, workers)
    else:
        made = [tuple(entry) for entry in plan(tasks, workers)]
        assert len(made) == len(tasks)
        assert set(made) == expected
