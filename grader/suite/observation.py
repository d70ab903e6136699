"""A probe's answer as a hidden suite sees it: comparisons are exact, and odd shapes fail the test, not the suite.

    seen = submission.call("set_integer", low=0, high=150, value=age)
    assert seen.refused == (not 0 <= age <= 150)

`True` is not `1`, `1` is not `1.0` and a list is not a tuple. Asking for a field that the answer does not have, or
ordering things that have no order, raises AssertionError: an odd answer breaks the promise; the suite is not at fault.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn

from sandbox.session import Plain


class Unkept(AssertionError):
    """A broken promise whose message is shown to the candidate, and must be fit for that."""


def same(left: object, right: object) -> bool:
    """Return whether two plain values are equal *and* of the same types all the way down. NaN equals NaN."""
    if type(left) is not type(right):
        return False
    match left:
        case list() | tuple():
            assert isinstance(right, list | tuple)
            return len(left) == len(right) and all(map(same, left, right))
        case dict():
            assert isinstance(right, dict)
            return _keyed(left) == _keyed(right) and all(same(value, right[key]) for key, value in left.items())
        case set() | frozenset():
            assert isinstance(right, set | frozenset)
            return _keyed(left) == _keyed(right)
        case float():
            return left == right or (left != left and right != right)
        case _:
            return bool(left == right)


def _keyed(values: Any) -> set[tuple[type, object]]:
    """Pair hashable values with their types, so that `1`, `1.0` and `True` stay apart. Tuples are told apart by their
    repr.
    """
    return {(type(value), repr(value) if isinstance(value, tuple) else value) for value in values}


class Observation:
    """One answer from inside. Its plain data is in `.value`; all other access to it is guarded."""

    __slots__ = ("value",)
    __hash__ = None  # type: ignore[assignment]  # equality is not Python's, so neither is hashing
    value: Any

    def __init__(self, value: Plain) -> None:
        object.__setattr__(self, "value", value)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise TypeError("an observation cannot be changed")

    def __repr__(self) -> str:
        return repr(self.value)

    def __eq__(self, other: object) -> bool:
        return same(self.value, other.value if isinstance(other, Observation) else other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __getattr__(self, name: str) -> Observation:
        if name.startswith("_"):
            raise AttributeError(name)
        return self[name]

    def __getitem__(self, key: Any) -> Observation:
        if type(self.value) is dict:
            for own, value in self.value.items():
                if same(own, key):
                    return Observation(value)
        elif type(self.value) in (list, tuple) and type(key) is int and -len(self.value) <= key < len(self.value):
            return Observation(self.value[key])
        raise AssertionError(f"the answer has no {key!r}: {_short(self.value)}")

    def __iter__(self) -> Iterator[Observation]:
        if type(self.value) not in (list, tuple):
            raise AssertionError(f"the answer is not a sequence: {_short(self.value)}")
        return map(Observation, self.value)

    def __len__(self) -> int:
        if type(self.value) not in (list, tuple, dict, set, frozenset, str, bytes):
            raise AssertionError(f"the answer has no length: {_short(self.value)}")
        return len(self.value)

    def __contains__(self, item: object) -> bool:
        if type(self.value) is str and type(item) is str:
            return item in self.value
        if type(self.value) not in (list, tuple, dict, set, frozenset):
            raise AssertionError(f"the answer is not a container: {_short(self.value)}")
        return any(same(own, item) for own in self.value)

    def __bool__(self) -> bool:
        if type(self.value) is not bool:
            raise AssertionError(f"the answer is neither True nor False: {_short(self.value)}")
        return self.value

    def __lt__(self, other: object) -> bool:
        return self._compared(other) < 0

    def __le__(self, other: object) -> bool:
        return self._compared(other) <= 0

    def __gt__(self, other: object) -> bool:
        return self._compared(other) > 0

    def __ge__(self, other: object) -> bool:
        return self._compared(other) >= 0

    def _compared(self, other: object) -> int:
        left, right = self.value, other.value if isinstance(other, Observation) else other
        numbers = type(left) in (int, float) and type(right) in (int, float) and left == left and right == right
        if not numbers and not (type(left) is type(right) and type(left) in (str, bytes)):
            raise AssertionError(f"the answer cannot be compared with {_short(right)} by order: {_short(left)}")
        return int(left > right) - int(left < right)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}…"
