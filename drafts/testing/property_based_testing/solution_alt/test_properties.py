"""The implementations that came with the brief are the oracles; what is drawn is a plan of the inputs, then built."""

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


STEPS = st.fixed_dictionaries(
    {
        "start": st.integers(-3, 3),
        "length": st.sampled_from([0, 1, 1, 1, 2, 2, 3, 4, 6]),
        "value": st.sampled_from("xxyy-"),
    }
)


@given(st.integers(5, 20).flatmap(lambda count: st.lists(STEPS, min_size=count, max_size=count)))
def test_intervals_are_like_the_given_ones(steps):
    tested, right = intervals.IntervalMap(), right_intervals.IntervalMap()
    for step in steps:
        start, stop = step["start"], step["start"] + step["length"]
        for one in (tested, right):
            if step["value"] == "-":
                end(one.erase, start, stop)
            else:
                end(one.assign, start, stop, step["value"])
        assert list(map(tuple, tested.items())) == list(map(tuple, right.items()))
    for place in range(-4, 10):
        assert tested.get(place) == right.get(place), place


WIDE = "éßñЖ" + "€漢あ\uffff" + "😀𝄞\U0010ffff"
CHARACTERS = st.sampled_from("~") | st.sampled_from("a0~5;b") | st.sampled_from(WIDE) | st.characters()
TEXTS = st.lists(
    st.builds(str.__mul__, CHARACTERS, st.sampled_from([1, 1, 2, 3, 4, 5, 9, 75, 100])), min_size=6, max_size=24
).map("".join)


@given(TEXTS)
@settings(max_examples=500)
def test_encode_and_back(text):
    assert codec.encode(text) == right_codec.encode(text)
    assert codec.decode(codec.encode(text)) == text


@st.composite
def damaged(draw):
    """A code with a change in one place."""
    runs = draw(
        st.lists(st.tuples(st.sampled_from("ab~"), st.sampled_from([1, 2, 4, 4, 5, 10])), min_size=1, max_size=4)
    )
    code = right_codec.encode("".join(character * count for character, count in runs))
    kind = draw(st.sampled_from(["cut", "digit", "digit", "zero", "again", "out"]))
    place = draw(st.integers(0, len(code) - 1))
    if kind == "cut":
        return code[: code.rfind(";") + 1] if place % 4 else code[:place]
    if kind == "digit":
        return code.replace("~4;", "~3;").replace("~5;", "~2;")
    if kind == "zero":
        return code.replace("~", "~0", 1)
    if kind == "again":
        return code + code[-1] if place % 2 else code + code
    if kind == "out":
        return draw(st.sampled_from("ab")) * draw(st.sampled_from([4, 4, 5])) + code.lstrip("ab")
    return code


@given(damaged())
def test_damaged_codes(code):
    assert end(codec.decode, code) == end(right_codec.decode, code)


@st.composite
def projects(draw):
    """Some tasks, each of which waits for others that are before it in some order; at times there are loops, too."""
    count = draw(st.integers(2, 10))
    order = draw(st.permutations(range(count)))
    numbers = st.integers(0, count - 1)
    after = {number: [] for number in range(count)}
    for one, other in draw(st.lists(st.tuples(numbers, numbers), min_size=count, max_size=3 * count)):
        first, last = sorted((one, other), key=order.__getitem__)
        if first != last and f"job{first}" not in after[last]:
            after[last].append(f"job{first}")
    pairs = st.tuples(numbers, numbers) | numbers.map(lambda number: (number, number))
    for one, other in draw(st.just([]) | st.lists(pairs, min_size=1, max_size=2)):
        after[one].append(f"job{other}")
    rows = draw(st.lists(st.tuples(st.integers(0, 1), st.integers(1, 2)), min_size=count, max_size=count))
    return [(f"job{number}", *rows[number], after[number]) for number in range(count)]


@given(projects(), st.integers(1, 4))
def test_plans(tasks, workers):
    got, wanted = end(scheduler.plan, tasks, workers), end(right_scheduler.plan, tasks, workers)
    if ValueError in (got, wanted):
        assert got == wanted
    else:
        assert sorted(map(tuple, got)) == sorted(wanted)
