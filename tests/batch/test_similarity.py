"""Submissions that share their code are flagged for a person; what everybody got is not."""

import pytest

from grader.batch.similarity import Text, similar

pytest.importorskip("copydetect")

STARTER = "class Model:\n    def __init__(self, **values):\n        raise NotImplementedError\n"
ONE = STARTER + "".join(
    f"\n\ndef rule_{n}(value, low={n}):\n    return [item * {n} for item in value if item > low]\n" for n in range(8)
)
SHAPE = """

class Shape{n}:
    side: int = {n}

    @property
    def area(self):
        while self.side:
            yield from range(self.side)
"""
OTHER = STARTER + "".join(SHAPE.format(n=n) for n in range(8))


def test_a_renamed_copy_is_flagged():
    """Other names, the same code: the pair is listed with its share."""
    renamed = ONE.replace("value", "numbers").replace("rule_", "check").replace("item", "x")
    (pair,) = similar([Text("ada", "c", ONE, STARTER), Text("bob", "c", renamed, STARTER)])
    assert (pair.one, pair.other) == ("ada", "bob")
    assert pair.percent >= 80


def test_the_common_starter_flags_nobody():
    """Two submissions that share the starter and nothing else are not similar; nor are two challenges' submissions."""
    assert similar([Text("ada", "c", ONE, STARTER), Text("bob", "c", OTHER, STARTER)]) == ()
    assert similar([Text("ada", "c", ONE, STARTER), Text("bob", "d", ONE, STARTER)]) == ()


def test_submissions_with_nothing_in_them_are_not_similar():
    """Empty texts share nothing worth a look."""
    assert similar([Text("ada", "c", "", ""), Text("bob", "c", "", "")]) == ()
