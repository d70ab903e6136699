"""Which mistakes are made in a reference, and where none are made."""

from __future__ import annotations

import ast

import pytest

from grader.model import SourceFile
from grader.verify.mutation.generation import Mutant, mutants_of
from grader.verify.mutation.operators import OPERATORS


def made(source: str, operator: str = "") -> list[Mutant]:
    found = mutants_of(SourceFile(path="m.py", text=source))
    return [mutant for mutant in found if not operator or mutant.id.split(":")[2] == operator]


def texts(source: str, operator: str) -> list[str]:
    return [mutant.text.strip() for mutant in made(source + "\n", operator)]


@pytest.mark.parametrize(
    ("operator", "source", "expected"),
    [
        ("arithmetic", "x = a + b", ["x = a - b"]),
        ("arithmetic", "x += b", ["x -= b"]),
        ("sign", "x = -a", ["x = a"]),
        ("sign", "x = -(a + b)", ["x = (a + b)"]),
        ("overwrite", "x += b", ["x = b"]),
        ("arguments", "f(a, b, c)", ["f(b, a, c)"]),
        ("arguments", "f(a, a)", []),
        ("arguments", "f(*a, b)", []),
        ("arguments", "isinstance(a, b)", []),
        ("keyword", "f(a, b=1, c=2)", ["f(a, c=2)", "f(a, b=1)"]),
        ("keyword", "dataclass(slots=True)", []),
        ("await", "async def f(): await g()", ["async def f(): g()"]),
        ("comparison", "x = a < b", ["x = a <= b", "x = a > b"]),
        ("comparison", "x = a in b", ["x = a not in b"]),
        ("comparison", "x = a is not b", ["x = a is b"]),
        ("comparison", "x = a < b == c", ["x = a <= b == c", "x = a > b == c", "x = a < b != c"]),
        ("negate", "x = a if b else c", ["x = a if not (b) else c"]),
        ("negate", "x = [a for a in b if c]", ["x = [a for a in b if not (c)]"]),
        ("negate", "x = a if b is None else c", []),
        ("not", "x = f(not a)", ["x = f(a)"]),
        ("and-or", "x = a and b", ["x = a or b"]),
        ("operand", "x = a or b < c", ["x = a", "x = (b < c)"]),
        ("number", "x = 3", ["x = 4", "x = 2"]),
        ("number", "x = 0", ["x = 1", "x = (-1)"]),
        ("number", "x = 1.5", ["x = 4.0"]),
        ("flag", "x = True", ["x = False"]),
        ("flag", "dataclass(slots=True)", []),
        ("text", "x = 'a'", ["x = 'XXa'"]),
        ("text", "x = f'a{b}c'", ["x = f'XXa{b}c'", "x = f'a{b}XXc'"]),
        ("default", "def f(a=None, b=g()): f", ["def f(a=0, b=g()): f", "def f(a=None, b=None): f"]),
        ("decorator", "@d\ndef f(): g", ["def f(): g"]),
        ("return", "def f(): return a", ["def f(): return None"]),
        ("return", "def f(): return None", []),
        ("break", "for a in b: break", ["for a in b: continue"]),
        ("break", "for a in b: continue", ["for a in b: break"]),
        ("loop", "for a in b: c", ["for a in (): c"]),
        ("loop", "while a: c", ["while False: c"]),
        ("except", "try: a\nexcept KeyError: b", ["try: a\nexcept Exception: b"]),
        ("except", "try: a\nexcept Exception: b", []),
        ("case", "match a:\n case 1: b\n case _: c", ["match a:\n case 1 if False: b\n case _: c"]),
        ("case", "match a:\n case 1 if b: c", ["match a:\n case 1 if False: c"]),
        ("bound", "x = a[1:2]", ["x = a[:2]", "x = a[1:]"]),
        ("bound", "x = a[::2]", ["x = a[:]"]),
        ("statement", "a = 1; f()", ["pass; f()", "a = 1; pass"]),
        ("statement", "if a: raise b", ["if a: pass"]),
        ("statement", "del a", ["pass"]),
        ("statement", "a: int = 1", ["pass"]),
        ("statement", "a: int", []),
    ],
)
def test_an_operator_makes_its_mistakes(operator: str, source: str, expected: list[str]) -> None:
    """Each operator makes the mistakes that its family is named for, and nothing else in the line changes."""
    assert texts(source, operator) == expected


def test_every_operator_is_tried_above() -> None:
    """A new operator comes with its examples."""
    marks = test_an_operator_makes_its_mistakes.pytestmark  # type: ignore[attr-defined]
    tried = {parameters[0] for mark in marks for parameters in mark.args[1]}
    assert tried == OPERATORS.keys()


@pytest.mark.parametrize(
    "source",
    [
        '"""Documentation."""',
        "import a.b as c",
        "x: 'Later'",
        "__all__ = ['a']",
        "T = TypeVar('T', bound='A')",
        "Alias: TypeAlias = 'list[int]'",
        "if TYPE_CHECKING:\n    x = 1",
        "if __name__ == '__main__':\n    main()",
        "@overload\ndef f(a: int = 1) -> int: ...",
        "class P(Protocol):\n    x: int = 1",
        "def f():\n    raise NotImplementedError('later')",
        "assert x > 1, 'an invariant'",
    ],
)
def test_nothing_is_mutated_where_no_test_could_look(source: str) -> None:
    """Types, documentation, declarations and scripts are left alone."""
    assert made(source + "\n") == []


def test_words_of_errors_are_left_alone() -> None:
    """The text of a message is the author's own; that an error is raised is not."""
    operators = [mutant.id.split(":")[2] for mutant in made("def f(a):\n    raise ValueError('no', f'{a} is wrong')\n")]
    assert operators == ["statement", "arguments"]


@pytest.mark.parametrize(
    "source",
    [
        "class TooMany(ValueError):\n    def __init__(self, n):\n        super().__init__(f'{n} is too many')\n",
        "logger.info('started')\n",
    ],
)
def test_words_for_people_are_left_alone(source: str) -> None:
    """Exception classes and logs are still called; what they say is the author's own."""
    assert [mutant.id.split(":")[2] for mutant in made(source)] == ["statement"]


SOURCE = """
class Account:
    def take(self, amount: int) -> int:
        if amount > self.balance:
            raise ValueError(f"only {self.balance} left")
        self.balance -= amount
        return self.balance
"""


def test_every_mutant_is_another_program() -> None:
    """Each parses, none is the reference or the same as another."""
    meanings = [ast.dump(ast.parse(text)) for text in (SOURCE, *(mutant.text for mutant in made(SOURCE)))]
    assert len(meanings) > 8
    assert len(set(meanings)) == len(meanings)


def test_ids_survive_edits_elsewhere() -> None:
    """A declared equivalent stays valid while other functions of the file change."""
    before = {mutant.id for mutant in made(SOURCE)}
    after = {mutant.id for mutant in made(f"def helper(a):\n    return a + 1 if a > 2 else 0\n{SOURCE}")}
    assert before < after
    assert "m.py:Account.take:comparison:0" in before


def test_a_diff_shows_the_line() -> None:
    """A person sees what the mistake is without opening the file."""
    mutant = next(value for value in made(SOURCE) if value.id == "m.py:Account.take:overwrite:0")
    assert "-        self.balance -= amount\n+        self.balance = amount" in mutant.diff
    assert mutant.line == 6


def test_wide_characters_do_not_shift_the_edit() -> None:
    """Edits are made at the right place behind characters of several bytes."""
    assert texts("x = 'é€😀' if a + b else c", "arithmetic") == ["x = 'é€😀' if a - b else c"]
