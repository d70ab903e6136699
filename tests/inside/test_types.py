"""mypy's evidence: cheats are caught, gave up is never clean, and the contract speaks in its own words."""

from __future__ import annotations

import ast

import pytest

from grader.evidence.analysers.sandbox import AnalyserAnswer, GateAnswer, GaveUp
from grader.inside.types import build, typecheck
from grader.inside.types.hiding import hidden
from tests.inside.conftest import Analysers

CLEAN = "def double(x: int) -> int:\n    return 2 * x\n"
ERROR = "x: int = ''\n"
GUARD = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n"
TWIN = "if sys.platform == 'linux':\n    def f(x: int) -> int: return x\nelse:\n    def f(x): return x.y\n"
CHEATS = {
    "ignore comment": "x: int = ''  # type: ignore\n",
    "ignore with a code": "x: int = ''  #type:ignore[assignment]\n",
    "ignore after another comment": "x: int = ''  # noqa # type: ignore\n",
    "ignore for the whole file": "# type: ignore\n" + ERROR,
    "inline configuration": "# mypy: ignore-errors\n" + ERROR,
    "inline configuration in a string": '"""\n# mypy: ignore-errors\n"""\n' + ERROR,
    "no_type_check": "from typing import no_type_check\n@no_type_check\ndef f(x): return x.y\n",
    "typed twin": GUARD + "    def f(x: int) -> int: ...\nelse:\n    def f(x): ...\n",
    "typed twin by import": GUARD + "    from enum import Enum as M\nelse:\n    M = object\n",
    "typed twin before": "class M: ...\n" + GUARD + "    from enum import Enum as M\n",
    "typed method": GUARD + "    pass\nclass A:\n    if TYPE_CHECKING:\n        def f(self) -> int: ...\n",
    "hidden code": GUARD.replace("if ", "if not ") + "    def f(x): return x\n",
    "conditional value": "from typing import TYPE_CHECKING\nx: int = 1 if TYPE_CHECKING else 'a'\n",
    "names that mypy decides": "PY3 = False\nif PY3:\n    def f() -> int: return 1\nelse:\n    def f(x): return x\n",
    "module getattr": "from typing import Any\ndef __getattr__(name: str) -> Any: return 1\n",
    "unreachable": "def f() -> int:\n    assert False\n    return 'a'\n",
    "returns Any": "import json\ndef f(t: str) -> int:\n    return json.loads(t)\n",
    "untyped": "def f(x): return x\n",
    "class called sys": "class sys:\n    platform: str = 'mine'\n" + TWIN,
    "parameter called sys": "def g(sys: object) -> None:\n    print(sys)\n",
    "module imported as sys": "import os as sys\nprint(sys)\n",
    "platform that is set": "import sys as s\ns.platform = 'mine'\n",
    "platform that is set by name": "import sys\nsetattr(sys, 'platform', 'mine')\n",
    "unannotated for another platform": "import sys\n" + TWIN,
    "assertion on the platform": "import sys\nassert sys.platform == 'win32'\nx: int = ''\n",
    "anything goes": "from typing import Any\ndef f(a: Any, b: Any) -> Any:\n    c = a.x + b.y\n    return c[a](b).z\n",
}


DECEIVERS = {
    "platform in the table of names": "import sys\nvars(sys).update(platform='mine')\n",
    "platform in the dict": "import sys\nsys.__dict__['platform'] = 'mine'\n",
    "platform that is patched": "from unittest import mock\nmock.patch('sys.platform', 'mine').start()\n",
    "platform of a patched object": "import sys\nfrom unittest import mock\nmock.patch.object(sys, 'platform')\n",
    "platform of a name for sys": "import sys\nother = sys\nother.platform = 'mine'\n",
    "lambda in Annotated": "from typing import Annotated\nx: Annotated[int, lambda y: y.z] = 1\n",
    "comprehension in Annotated": "from typing import Annotated\nX = Annotated[int, [y.z for y in ()]]\n",
    "assigned module getattr": "__getattr__ = {}.__getitem__\n",
    "imported module getattr": "from operator import attrgetter as __getattr__\n",
    "conditional module getattr": "if True:\n    def __getattr__(name: str) -> int: return 1\n",
}
UNSEEN = """from typing import TypeVar, cast
T = TypeVar("T", int, str)


def f(x: T) -> T:
    lie = cast(int, "")
    if isinstance(lie, str):
        y = x.nothing()
        y.nothing()
    print(x)
    if isinstance(lie, str): x.nothing()
    print(x)
    print(isinstance(lie, str) and x.nothing())
    return x
"""
HONEST = """import enum
import sys
from abc import abstractmethod
from dataclasses import dataclass
from typing import Annotated, AnyStr, Literal, NamedTuple, NewType, Protocol, TypeAlias, TypedDict
from typing import assert_never, overload
from unittest import mock

U = NewType("U", int)
A: TypeAlias = "list[int]"
B = Annotated[int, U(1)]
D = NamedTuple("D", [("a", int)])
E = TypedDict("E", {"a": int})
F = enum.Enum("F", "A B")
setattr(sys, "ps1", "> ")
mock.patch.object(sys, "stdout")


class N(NamedTuple):
    a: int = max(1, 2)


class P(Protocol):
    x: int = 3

    @abstractmethod
    def f(self) -> int: ...


class Colour(enum.Enum):
    RED = enum.auto()


@dataclass
class Data:
    __slots__ = ("a",)
    a: int

    def __getattr__(self, name: str) -> int:
        return len(name)


def honest(x: AnyStr) -> AnyStr:
    if isinstance(x, str):
        return x.upper()
    y = x.lower()
    return y


def exhausted(x: Literal["a", "b"]) -> int:
    if x == "a":
        return 1
    elif x == "b":
        return 2
    else:
        assert_never(x)


class Length:
    def __mul__(self, times: int) -> "Length":
        if not isinstance(times, int):
            return NotImplemented
        return self


@overload
def either(x: int) -> int: ...
@overload
def either(x: str) -> str: ...
def either(x: int | str) -> int | str:
    return x


if sys.version_info >= (3, 99):
    def later(x: int) -> int:
        return x.bit_count()
"""


def test_clean_code_is_clean(analysers: Analysers) -> None:
    """Strictly typed code has no finding, and the figures say how much was looked at."""
    told = analysers.ask("types", CLEAN)
    assert isinstance(told, AnalyserAnswer)
    assert told.findings == ()
    assert {measurement.name: measurement.value for measurement in told.measurements} == {
        "types.errors": 0,
        "types.contract_errors": 0,
        "types.lines": 3,
        "types.any": 0,
        "types.any_excess": 0,
    }
    assert told.tools.keys() == {"mypy"}


@pytest.mark.parametrize("text", DECEIVERS.values(), ids=DECEIVERS)
def test_what_deceives_mypy_is_seen_in_the_text(text: str) -> None:
    """Setting what mypy decides by, code where it does not look, a module that has every name: each is an error."""
    assert {finding["id"] for finding in hidden("m.py", ast.parse(text))} == {"types.hidden"}


def test_statements_and_calls_that_mypy_never_visits_are_found(analysers: Analysers) -> None:
    """Also where it gives no warning of unreachable code, on one line with what it visits, and behind `and`."""
    told = analysers.ask("types", UNSEEN)
    assert isinstance(told, AnalyserAnswer)
    assert [(finding.id, finding.line) for finding in told.findings] == [("types.hidden", line) for line in (8, 11, 13)]


def test_what_mypy_treats_in_its_own_way_is_not_unseen(analysers: Analysers) -> None:
    """Aliases, overloads, exhausted branches, refused operands, another version's code: nobody is accused."""
    assert analysers.found("types", HONEST) == []


@pytest.mark.parametrize("cheat", CHEATS)
def test_a_cheat_is_caught(cheat: str, analysers: Analysers) -> None:
    """What silences or deceives plain `mypy --strict` yields an error here."""
    told = analysers.ask("types", CHEATS[cheat])
    assert isinstance(told, AnalyserAnswer)
    assert [finding for finding in told.findings if finding.severity == "error"]


@pytest.mark.parametrize(
    "files",
    [
        {"mypy.ini": "[mypy]\nignore_errors = True\nplugins = evil\n", "setup.cfg": "[mypy]\nignore_errors = True\n"},
        {"pyproject.toml": "[tool.mypy]\nignore_errors = true\n"},
        {"m.pyi": "x: str\n"},
        {"typing.py": "Any = int\n", "builtins.py": "class int: ...\n"},
        {"mypy.py": "raise SystemExit(0)\n", "evil.py": "raise SystemExit(0)\n"},
        {"sitecustomize.py": "import os; os._exit(0)\n"},
    ],
    ids=["mypy.ini", "pyproject.toml", "stub", "shadowed standard library", "module named mypy", "sitecustomize"],
)
def test_what_lies_beside_the_code_changes_nothing(files: dict[str, str], analysers: Analysers) -> None:
    """Configuration, stubs and modules with telling names are read by nobody."""
    assert "types.assignment" in analysers.found("types", {"m.py": ERROR, **files})


def test_code_moved_into_a_test_file_is_still_checked(analysers: Analysers) -> None:
    """Tests need no types, but what the code imports from them does."""
    tests = {"tests/test_m.py": "def test_it(x): assert x\n"}
    assert analysers.found("types", {"m.py": CLEAN, **tests}) == []
    moved = {"m.py": "from test_impl import x as x\n", "test_impl.py": ERROR}
    assert analysers.found("types", moved) == ["types.assignment"]


ANYTHING = "from typing import Any\n" + "".join(
    f"def f{number}(a: Any, b: Any) -> Any:\n    c = a.x + b.y\n    return c[a](b).z + a.x\n" for number in range(14)
)
TYPED = "".join(f"    x = {number} + len('{number}')\n" for number in range(300))
BALLAST = f"def ballast() -> int:\n{TYPED}    return x\nif True:\n{TYPED}class Ballast:\n{TYPED}"
WITHIN = "".join(TYPED.splitlines(keepends=True)[:50])


@pytest.mark.parametrize(
    "text",
    [ANYTHING + BALLAST, ANYTHING.replace("    return", f"{WITHIN}    return")],
    ids=["elsewhere", "within the functions"],
)
def test_typed_lines_that_do_nothing_pay_for_no_any(text: str, analysers: Analysers) -> None:
    """What Any costs is the same whatever stands elsewhere, and however long a function is."""
    told = analysers.ask("types", text)
    assert isinstance(told, AnalyserAnswer)
    figures = {measurement.name: measurement.value for measurement in told.measurements}
    assert figures["types.any"] < typecheck.ANY_FREE
    assert figures["types.any_excess"] == 1
    assert [finding.id for finding in told.findings] == ["types.any"]


def test_a_file_whose_name_is_no_module_is_checked(analysers: Analysers) -> None:
    """Such a file does not make mypy refuse the rest, and findings keep its name."""
    files = {"run-it.py": ERROR, "run_it.py": ERROR}
    told = analysers.ask("types", files, modules=[*files])
    assert isinstance(told, AnalyserAnswer)
    assert sorted((finding.id, finding.file, finding.line) for finding in told.findings) == [
        ("types.assignment", "run-it.py", 1),
        ("types.assignment", "run_it.py", 1),
    ]


def test_statements_that_share_a_line_are_found_each_for_itself(analysers: Analysers) -> None:
    """mypy says the same thing once a line; who writes all of a program on one line has as many errors as anybody."""
    wrong = [f'w{number}: int = ""' for number in range(3)]
    text = (
        f"{'; '.join(wrong)}\n\n\ndef f(x: bool) -> None:\n    if x: {'; '.join(wrong)}\n    else: {'; '.join(wrong)}\n"
    )
    told = analysers.ask("types", text + "v: int = ''\n")
    assert isinstance(told, AnalyserAnswer)
    found = [(one.line, one.column) for one in told.findings if one.id == "types.assignment"]
    assert found == [*[(1, None)] * 3, *[(5, None)] * 3, (7, 10)]


def test_positions_survive_blanked_comments(analysers: Analysers) -> None:
    """A finding points at the line and the column of the text as it was submitted."""
    told = analysers.ask("types", "a = 1  # type: ignore\n\nx: int = ''  # type: ignore\n")
    assert isinstance(told, AnalyserAnswer)
    assert [(finding.line, finding.column) for finding in told.findings] == [(3, 10)]


def test_the_contract_tells_use_that_must_work_and_misuse_that_must_not(analysers: Analysers) -> None:
    """Errors in the contract name the usage; `type: ignore[code]` in it asserts that misuse is refused."""
    contract = (
        "from typing import assert_type\nfrom m import double\n"
        "assert_type(double(2), int)\ndouble('a')  # type: ignore[arg-type]\n"
    )
    assert analysers.found("types", CLEAN, contract=contract) == []
    told = analysers.ask("types", "from typing import Any\ndef double(x: Any) -> Any: return x\n", contract=contract)
    assert isinstance(told, AnalyserAnswer)
    of_contract = [finding for finding in told.findings if finding.id.startswith("types.contract")]
    assert [finding.id for finding in of_contract] == ["types.contract.assert-type", "types.contract.accepted"]
    assert "`assert_type(double(2), int)` (contract.py, line 3)" in of_contract[0].message
    assert {measurement.name: measurement.value for measurement in told.measurements}["types.contract_errors"] == 2


def test_a_shadowed_typing_extensions_ends_as_unanalysable(analysers: Analysers) -> None:
    """mypy refuses the whole build then: the submission's doing, said in words, never clean."""
    told = analysers.ask("types", {"m.py": "import typing_extensions\n", "typing_extensions.py": "x = 1\n"})
    assert isinstance(told, AnalyserAnswer)
    assert told.findings[-1].id == "types.unanalysable"


def test_a_flood_of_findings_fits_through_the_wall(analysers: Analysers) -> None:
    """Hundreds of findings in every analyser end as forty and a count, not as a failure of ours."""
    flood = "".join(f"import m{i}\npassword_{i} = 'x'\n" for i in range(300))
    told = analysers.gate(flood)
    assert isinstance(told, GateAnswer)
    assert len(told.imports.findings) == 41
    for function in ("types", "security"):
        found = analysers.found(function, flood)
        assert len(found) == 41
        assert found[-1] == f"{function}.more"


OPEN_ENDED = {
    "an older Python": "import sys\nif sys.version_info >= (3, 11):\n    from typing import Self as S\nelse:\n"
    "    def S(x: int) -> int: return x\n",
    "another platform": "import sys\ndef f() -> str:\n    if sys.platform == 'win32':\n        return 'w'\n"
    "    return 'l'\n",
    "keywords of any kind": "import functools\nfrom collections.abc import Callable\nfrom typing import Any\n"
    "def f(**values: Any) -> dict[str, Any]:\n    return dict(values)\n"
    "def g(call: Callable[..., Any]) -> Callable[..., Any]:\n    @functools.wraps(call)\n"
    "    def h(*args: Any, **rest: Any) -> Any:\n        print('called', args, sorted(rest), len(args))\n"
    "        return call(*args, **rest)\n    return h\n",
    "what JSON holds": "import json\ndef f(text: str) -> int:\n    found = json.loads(text)\n"
    "    number: int = found['a']\n    return number + 1 + len(text) + int(text) * 2\n",
}


@pytest.mark.parametrize("text", OPEN_ENDED.values(), ids=OPEN_ENDED)
def test_honest_code_is_clean(text: str, analysers: Analysers) -> None:
    """Branches for a real platform or version, and Any where anything may come, cost nothing."""
    assert analysers.found("types", text) == []


def test_a_comment_that_is_not_honoured_is_said_so(analysers: Analysers) -> None:
    """The candidate sees the line with the comment, and why it does not help."""
    told = analysers.ask("types", "x: int = ''  # type: ignore[assignment]\ny: int = ''\n")
    assert isinstance(told, AnalyserAnswer)
    assert ["not honoured here" in finding.message for finding in told.findings] == [True, False]


def test_no_folder_of_ours_is_named(analysers: Analysers) -> None:
    """Where mypy prints the path of another file, it is the submission's."""
    for beside in ("m/__init__.py", "typing_extensions.py"):
        told = analysers.ask("types", {"m.py": "import typing_extensions\n", beside: "x: int = ''\n"})
        assert isinstance(told, AnalyserAnswer)
        assert told.findings
        assert not [finding for finding in told.findings if "staged" in finding.message]


def test_an_unhashable_class_needs_no_excuse(analysers: Analysers) -> None:
    """`__hash__ = None` is Python's own way, which mypy cannot express."""
    assert analysers.found("types", "class A:\n    __hash__ = None\n") == []


def test_silence_of_mypy_is_never_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the canary's error there is no answer: our failure, which costs nothing and earns nothing."""
    monkeypatch.setattr(build, "run", lambda *_, **__: build.MypyRun("", "", 0, {}))
    with pytest.raises(RuntimeError, match="canary"):
        typecheck.check({"m.py": CLEAN}, None, packages=None, cache=None)


@pytest.mark.parametrize(
    ("out", "err", "status"), [("", "INTERNAL ERROR", 2), ("", "", -11), ("", "killed", 3)], ids=["2", "signal", "3"]
)
def test_a_mypy_that_ends_oddly_gave_up(out: str, err: str, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every status but clean and errors-found is unanalysable."""
    monkeypatch.setattr(build, "run", lambda *_, **__: build.MypyRun(out, err, status, {}))
    answer = typecheck.check({"m.py": CLEAN}, None, packages=None, cache=None)
    assert [finding["id"] for finding in answer["findings"]] == ["types.unanalysable"]


BOMBS = {
    "doubling tuples": "a0 = (1, 2)\n"
    + "".join(f"a{i} = (a{i - 1}, a{i - 1})\n" for i in range(1, 28))
    + "reveal_type(a27)\n",
    "powers of Final": "from typing import Final\nA: Final = 9**2000\nB: Final = A**5000\nC: Final = B**5000\nC + ''\n",
    "nested max": f"def f(x: int) -> int:\n    return {'max([x], key=lambda y: ' * 30}0{')' * 30}\n",
}


@pytest.mark.heavy
@pytest.mark.parametrize("bomb", BOMBS)
def test_an_inference_bomb_is_stopped_and_never_clean(bomb: str, analysers: Analysers) -> None:
    """What passes the gate and still burns mypy ends at the limits as the submission's doing."""
    told = analysers.ask("types", BOMBS[bomb])
    assert isinstance(told, GaveUp) or (isinstance(told, AnalyserAnswer) and told.findings)
