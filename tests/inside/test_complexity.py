"""radon's evidence: complexity is found wherever code can hide, and gave up is never clean."""

from __future__ import annotations

import pytest

from grader.evidence.analysers.sandbox import AnalyserAnswer
from grader.inside import complexity as cyclomatic
from tests.inside.conftest import Analysers

BRANCHES = "".join(f"if x == {i}: x += 1\n" for i in range(12))


def indented(text: str, levels: int) -> str:
    return "".join(f"{'    ' * levels}{line}\n" for line in text.splitlines())


HIDING = {
    "function": "def f(x):\n" + indented(BRANCHES, 1),
    "method": "class A:\n    async def f(self, x):\n" + indented(BRANCHES, 2),
    "class in a function": "def g():\n    class A:\n        def f(self, x):\n" + indented(BRANCHES, 3),
    "function in a branch": "if True:\n    def f(x):\n" + indented(BRANCHES, 2),
    "module code": "x = 1\n" + BRANCHES,
    "class body": "class A:\n    x = 1\n" + indented(BRANCHES, 1),
    "assert": f"def f(x):\n    assert [ok := bool({' and '.join('x' * 13)})]\n    return ok\n",
    "default": f"def f(x):\n    def g(ok=bool({' and '.join('x' * 13)})): return ok\n    return g()\n",
    "keyword default": f"def f(x):\n    def g(*, ok=bool({' and '.join('x' * 13)})): return ok\n    return g()\n",
    "annotation": f"def f(x):\n    def g(y: {' or '.join('x' * 13)}): ...\n    return g\n",
    "result's annotation": f"def f(x):\n    def g() -> {' or '.join('x' * 13)}: ...\n    return g\n",
    "decorator": f"def f(x):\n    @({' or '.join('x' * 13)})\n    def g(): ...\n    return g\n",
    "class keyword": f"def f(x):\n    class K(B, ok={' or '.join('x' * 13)}): ...\n    return K\n",
    "base": f"def f(x):\n    class K({' or '.join('x' * 13)}): ...\n    return K\n",
    "except star": "def f():\n    try: ...\n" + "".join(f"    except* E{i}: ...\n" for i in range(12)),
}


@pytest.mark.parametrize("place", HIDING)
def test_complexity_is_found_wherever_it_is(place: str, analysers: Analysers) -> None:
    """A function, a method, a nested class, module code: each block above the limit is a finding."""
    assert "complexity.too-high" in analysers.found("complexity", HIDING[place], worst=10)


def test_the_figure_names_the_worst_block(analysers: Analysers) -> None:
    """The finding names function, value and limit; the measurement is the worst value."""
    told = analysers.ask("complexity", HIDING["method"], worst=10)
    assert isinstance(told, AnalyserAnswer)
    (found,) = told.findings
    assert found.message.startswith("A.f has a cyclomatic complexity of 13; the limit for full points is 10")
    assert (found.file, found.line) == ("m.py", 2)
    assert {measurement.name: measurement.value for measurement in told.measurements} == {
        "complexity.worst": 13,
        "complexity.excess": 3,
    }


CHOICES = {
    "a pair by a comparison": ("return (x, x + 1)[x == 1]", 2),
    "a pair by a flag": ("return (x, x + 1)[flag]", 2),
    "a pair by a call": ("return [x, x + 1][bool(x)]", 2),
    "functions by a condition": ("return {True: f, False: g}[flag](x)", 2),
    "functions by get": ("return {True: f, False: g}.get(flag, f)(x)", 2),
    "a condition of several parts": ("return (x, x + 1)[flag and x or not x]", 4),
    "a table of the module's by a condition": ("return NAMES[x > 3]", 2),
    "a table of the module's by a negation": ("return NAMES[not x]", 2),
    "a local table, looked up twice": ("t = (x, x + 1)\nu = t[flag]\nreturn t[x] + u", 2),
    "a local table of handlers": ("handlers = {'a': f, 'b': g, 'c': f, 'd': g}\nreturn handlers[flag](x)", 2),
    "an annotated table": ("t: list[int] = [x, x + 1]\nreturn t[flag]", 2),
    "a table within an expression": ("return (t := (x, x + 1)) and t[flag]", 3),
    "a table through the operator module": ("return operator.getitem((x, x + 1), flag)", 2),
    "a table through an item getter": ("return itemgetter(flag)((x, x + 1))", 2),
    "a table through its type": ("return dict.get({True: f, False: g}, flag)(x)", 2),
    "a table that is popped from": ("return {True: f, False: g}.pop(flag)(x)", 2),
    "a table of a local class's": ("class T:\n    t = (x, x + 1)\nreturn T.t[flag]", 2),
    "a guard": ("match x:\n    case _ if flag:\n        return 1", 2),
    "a guard and a pattern": ("match x:\n    case 1 if flag:\n        return 1\n    case _:\n        return 2", 3),
    "a guard of an inner function's": ("def g():\n    match x:\n        case _ if x: ...\nreturn g if x else f", 2),
    "conditions joined by a bit operator": ("return (x > 1) & (x < 9) | (not flag)", 3),
    "conditions in a list": ("return all([x, flag, x > 1])", 3),
    "conditions of a list": ("return any(x)", 1),
    "bits": ("return x & flag | (x > 1)", 1),
    "a counter that is filled": ("t = {'a': 0, 'b': 0}\nreturn t.setdefault(x, 0) + t.pop(flag)", 1),
    "an item of the module's table": ("return getitem(HANDLERS, flag)(x)", 1),
    "a table of the module's": ("return HANDLERS[flag](x)", 1),
    "an attribute's table": ("return x.handlers[flag](x)", 1),
    "a table of the module's by get": ("return HANDLERS.get(flag, f)(x)", 1),
    "a constant index": ("return (x, flag)[0] + [x, flag][-1]", 1),
    "a list that is filled": ("t = []\nt.append(x)\nreturn t[flag]", 1),
    "a whole list": ("t = [x, flag]\nreturn t[0] + t[1]", 1),
}


@pytest.mark.parametrize(("body", "expected"), CHOICES.values(), ids=CHOICES)
def test_a_choice_by_index_is_a_choice(body: str, expected: int) -> None:
    """A conditional expression in disguise counts as one; a table of functions, which is our own advice, does not."""
    told = cyclomatic.complexity({"m.py": f"def f(x, flag):\n{indented(body, 1)}"}, 1)
    figures = {measurement["name"]: measurement["value"] for measurement in told["measurements"]}
    assert figures["complexity.worst"] == expected


def test_choices_outside_functions_count() -> None:
    """In a module's or a class's own code, too."""
    chain = "".join(f"({i}, " for i in range(12)) + "0" + ")[x]" * 12
    for text in (f"x = 1\ny = {chain}\n", f"class A:\n    y = {chain}\n", f"f = lambda x: {chain}\n"):
        assert cyclomatic.complexity({"m.py": text}, 10)["findings"], text


def test_simple_code_is_clean(analysers: Analysers) -> None:
    """Below the limit nothing is said, and the candidate's own tests are not judged."""
    files = {"m.py": "def f(x):\n    return x\n", "tests/test_m.py": HIDING["function"]}
    assert analysers.found("complexity", files, worst=10) == []


def test_a_file_that_radon_cannot_judge_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """radon itself would leave such a file out of its answer."""
    monkeypatch.setattr("grader.inside.complexity.ComplexityVisitor.from_ast", lambda _: 1 / 0)
    answer = cyclomatic.complexity({"m.py": "x = 1\n"}, 10)
    assert [finding["id"] for finding in answer["findings"]] == ["complexity.unanalysable"]
