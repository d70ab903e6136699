"""Several statements of a line are given a line each, so that a type checker tells of each."""

from __future__ import annotations

import ast
from itertools import pairwise

import pytest

from grader.inside.types.unfolding import unfolded


@pytest.mark.parametrize(
    "text",
    [
        "x = 'a; b'; y = 1\n",
        "class A:\n\tdef f(self): x = 1; return x\n",
        "match 1:\n  case 1: x = 1; y = 2\n  case _: pass\n",
        "try: a = 1; b = 2\nexcept (ValueError,\n    KeyError): c = 1; d = 2\nfinally: e = 1; f = 2\n",
        'x = (\n    1\n); y = 2; z = """\n;\n"""; w = 3\n',
        "for é in 'é': x = 'é'; y = é\n",
        "x = 1;\nif x: pass\n",
    ],
)
def test_an_unfolded_text_says_the_same(text: str) -> None:
    """Each statement of a block has a line of its own, and nothing else is another."""
    made = unfolded(text)
    tree = ast.parse(made.text)
    assert ast.dump(tree) == ast.dump(ast.parse(text))
    blocks = [block for node in ast.walk(tree) if isinstance(block := getattr(node, "body", None), list)]
    assert all(before.end_lineno < after.lineno for block in blocks for before, after in pairwise(block))
    assert made.text.count("\n") + 1 == len(made.origins)
