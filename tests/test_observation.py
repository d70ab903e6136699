"""Observations compare exactly, and an odd answer breaks a promise instead of the suite."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.suite.observation import Observation, same
from sandbox.session import Plain

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(plain)
def test_a_value_is_the_same_as_itself(value: Plain) -> None:
    """Whatever a probe can answer equals itself, NaN included."""
    assert same(value, value)
    assert Observation(value) == value


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (True, 1),
        (1, 1.0),
        (0, False),
        ([1], (1,)),
        ([True], [1]),
        ({"a": 1}, {"a": True}),
        ({1: "x"}, {True: "x"}),
        ({1, 2}, frozenset({1, 2})),
        ({1}, {1.0}),
        ("1", b"1"),
        (None, False),
        ([[0.0]], [[0]]),
    ],
)
def test_equal_values_of_other_types_are_not_the_same(answer: Plain, expected: object) -> None:
    """`True` is not `1`, `1` is not `1.0`, a list is not a tuple, at any depth."""
    assert Observation(answer) != expected
    assert not same(expected, answer)


def test_fields_and_items_are_observations_too() -> None:
    """Exactness survives looking into an answer."""
    seen = Observation({"refused": 1, "trace": [True]})
    assert seen.refused != True  # noqa: E712
    assert seen.trace[0] != 1
    assert [item == True for item in seen.trace] == [True]  # noqa: E712


@pytest.mark.parametrize(
    "look",
    [
        lambda observation: observation.missing,
        lambda observation: observation["missing"],
        lambda observation: observation[7],
        lambda observation: bool(observation),
        lambda observation: list(Observation(3)),
        lambda observation: len(Observation(3)),
        lambda observation: Observation("a") < 1,
        lambda observation: Observation(True) < 2,
        lambda observation: Observation(float("nan")) < 2.0,
        lambda observation: 1 in Observation(5),
    ],
)
def test_an_odd_answer_breaks_the_promise(look: Callable[..., object]) -> None:
    """Whatever the suite does with an answer of the wrong shape is an AssertionError: the submission's doing."""
    with pytest.raises(AssertionError):
        look(Observation({"a": 1}))


def test_an_observation_does_not_change() -> None:
    """A suite cannot overwrite what was observed by mistake."""
    with pytest.raises(TypeError):
        Observation(1).value = 2
