"""The construct front end on hostile and on winding text: every question ends, and names are followed."""

from __future__ import annotations

import libcst as cst
import pytest

from grader.evidence.analysers.sandbox import AnalyserAnswer
from grader.inside.constructs import judge as constructs
from grader.inside.constructs.resolver.lookup import Exhausted
from grader.inside.constructs.resolver.project import Project
from grader.inside.constructs.resolver.values import Class, External, Function
from grader.model import Failure, Fault
from sandbox.session import Plain
from tests.inside.conftest import Analysers

META = "class Meta(type):\n    def __init__(cls, *args): cls.seen = list(args)\n"
PLAIN = "class Thing: ...\n"


def requirement(rule: str = "metaclass", of: str = "m.Thing", **options: Plain) -> Plain:
    return {"id": "it", "rule": rule, "of": of, "options": dict(options.items()), "message": "", "help": ""}


def asked(analysers: Analysers, text: str, *requirements: Plain) -> AnalyserAnswer | object:
    return analysers.ask("constructs", text, modules=["m.py"], requirements=list(requirements or [requirement()]))


def status(files: dict[str, str] | str, rule: str = "metaclass", of: str = "m.Thing") -> str:
    files = {"m.py": files} if isinstance(files, str) else files
    one: constructs.RequirementDict = {"id": "it", "rule": rule, "of": of, "options": {}, "message": "", "help": ""}
    (fact,) = constructs.judge(files, ["m.py"], [one])["facts"]
    return fact["status"]


TANGLES = {
    "two names of each other": "A = B\nB = A\nclass Thing(metaclass=A): ...\n",
    "a name of itself": "class Thing(Thing, metaclass=Thing): ...\n",
    "bases in a circle": "class A(B): ...\nclass B(A): ...\nclass Thing(A): ...\n",
    "functions of each other": "def f(): return g()\ndef g(): return f()\nclass Thing(metaclass=f()): ...\n",
    "cast of itself": "from typing import cast\nx = cast(type, x)\n" * 50 + "class Thing(metaclass=x): ...\n",
    "400 returns": "def f(x):\n"
    + "".join(f"    if x == {i}: return f({i})\n" for i in range(400))
    + "class Thing(metaclass=f(1)): ...\n",
    "doubling choices": "a0 = type\n"
    + "".join(f"a{i} = a{i - 1} if c else a{i - 1}\n" for i in range(1, 200))
    + "class Thing(metaclass=a199): ...\n",
    "functions that double": "def f0(x): return x\n"
    + "".join(f"def f{i}(x): return f{i - 1}(x) if x else f{i - 1}(f{i - 1}(x))\n" for i in range(1, 40))
    + "class Thing(metaclass=f39(type)): ...\n",
    "stars in a circle": "from m import *\nfrom m import Other as Meta\nclass Thing(metaclass=Meta): ...\n",
    "self of itself": "class Thing:\n    def f(self): self.a = self.b\n    def g(self): self.b = self.a\n",
    "many bases": "".join(
        f"class C{i}({', '.join(f'C{j}' for j in range(max(0, i - 30), i))}): ...\n" for i in range(80)
    )
    + "class Thing(C79): ...\n",
}
SLOW_TANGLES = {"functions that double", "many bases"}


@pytest.mark.parametrize(
    "tangle",
    [pytest.param(name, marks=pytest.mark.heavy) if name in SLOW_TANGLES else name for name in TANGLES],
)
def test_a_tangle_ends_and_earns_nothing(tangle: str, analysers: Analysers) -> None:
    """Cycles and explosions of names are answered, or given up on in words; never a hang, never met."""
    rules = [
        requirement(),
        requirement("descriptor"),
        requirement("generator", "m"),
        requirement("uses", "m", names=["x"]),
    ]
    told = asked(analysers, TANGLES[tangle], *rules)
    assert isinstance(told, AnalyserAnswer)
    assert told.findings
    assert {fact.status for fact in told.facts} <= {"absent", "dynamic", "decoy"}


def test_an_exhausted_budget_is_unanalysable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Running out of steps is a finding, and every requirement is lost."""

    def exhausted(*_: object) -> None:
        raise Exhausted

    monkeypatch.setattr("grader.inside.constructs.resolver.lookup.Lookup.spend", exhausted)
    one: constructs.RequirementDict = {
        "id": "it",
        "rule": "metaclass",
        "of": "m.Thing",
        "options": {},
        "message": "",
        "help": "",
    }
    answer = constructs.judge({"m.py": PLAIN}, ["m.py"], [one])
    assert [finding["id"] for finding in answer["findings"]] == ["constructs.unanalysable"]
    assert answer["facts"] == [{"requirement": "it", "status": "absent"}]


WINDING = {
    "alias": {"m.py": META + "M = Meta\nclass Thing(metaclass=M): ...\n"},
    "alias of the subject": {"m.py": META + "class _T(metaclass=Meta): ...\nThing = _T\n"},
    "re-export": {"m.py": "from pkg import Thing\n", "pkg/__init__.py": META + "class Thing(metaclass=Meta): ...\n"},
    "relative and star": {
        "m.py": "from pkg.api import *\n",
        "pkg/__init__.py": "",
        "pkg/api.py": "from .low import *\n__all__ = ['Thing']\n",
        "pkg/low.py": META + "class Thing(metaclass=Meta): ...\n",
    },
    "module attribute": {
        "m.py": "import pkg.low as low\nclass Thing(low.Base): ...\n",
        "pkg/__init__.py": "",
        "pkg/low.py": META + "class Base(metaclass=Meta): ...\n",
    },
    "fallback import": {
        "m.py": "try:\n    from meta import Meta\nexcept ImportError:\n    from meta import Meta\n"
        "class Thing(metaclass=Meta): ...\n",
        "meta.py": META,
    },
    "version": {
        "m.py": f"import sys\nif sys.version_info >= (3, 8):\n{'    '.join(['', *META.splitlines(True)])}"
        "class Thing(metaclass=Meta): ...\n"
    },
    "decorated": {
        "m.py": META + "import functools\ndef register(cls): return cls\n"
        "@register\n@functools.total_ordering\nclass Thing(metaclass=Meta): ...\n"
    },
    "generic base": {
        "m.py": META + "class Base(metaclass=Meta): ...\nclass Thing(Base[int]): ...\n",
    },
    "new_class": {"m.py": META + "import types\nThing = types.new_class('Thing', (), {'metaclass': Meta})\n"},
    "three-argument type": {"m.py": META + "class B(metaclass=Meta): ...\nThing = type('Thing', (B,), {})\n"},
    "nested": {"m.py": META + "class Out:\n    class In(metaclass=Meta): ...\nThing = Out.In\n"},
}


@pytest.mark.parametrize("way", WINDING)
def test_a_construct_is_found_on_every_winding_way(way: str) -> None:
    """Aliases, re-exports, stars, packages, conditions, decorators and calls are followed."""
    assert status(WINDING[way]) == "met"


DECOYS = {
    "another class": META + "class Other(metaclass=Meta): ...\n" + PLAIN,
    "never true": META + "if False:\n    class Thing(metaclass=Meta): ...\nelse:\n    class Thing: ...\n",
    "for the checker": META
    + "from typing import TYPE_CHECKING\n"
    + PLAIN
    + "if TYPE_CHECKING:\n    class Thing(metaclass=Meta): ...\n",
    "main only": META + PLAIN + "if __name__ == '__main__':\n    class Thing(metaclass=Meta): ...\n",
    "redefined": META + "class Thing(metaclass=Meta): ...\n" + PLAIN,
    "rebound": META + "class Thing(metaclass=Meta): ...\nclass _P: ...\nThing = _P\n",
    "deleted": META + "class Thing(metaclass=Meta): ...\ndel Thing\n",
    "sometimes": META + PLAIN + "if input():\n    class Thing(metaclass=Meta): ...\n",
    "sometimes not": META + "class Thing(metaclass=Meta): ...\nif input():\n    class Thing: ...\n",
    "choice": META + "class A(metaclass=Meta): ...\nclass B: ...\nThing = A if input() else B\n",
    "replaced by a decorator": META
    + "class P: ...\ndef swap(cls): return P\n@swap\nclass Thing(metaclass=Meta): ...\n",
    "late name": "class Meta(type): ...\nclass Thing(metaclass=Meta): ...\n" + META,
    "shadowed type": "class type: ...\nclass Meta(type):\n    def f(cls): return 1\nclass Thing(metaclass=Meta): ...\n",
    "in a string": '"""\n' + META + 'class Thing(metaclass=Meta): ...\n"""\n' + PLAIN,
    "assigned attribute": META + "class Thing:\n    metaclass = Meta\n    __metaclass__ = Meta\n",
}


@pytest.mark.parametrize("decoy", DECOYS)
def test_a_decoy_earns_nothing(decoy: str) -> None:
    """The construct has to be true of what the exported name really is in the end."""
    assert status(DECOYS[decoy]) != "met"


def test_a_finding_says_where_and_in_the_challenge_s_words(analysers: Analysers) -> None:
    """The challenge's own message and help win; the place is that of the class, or of the decoy."""
    text = "\n" + META + "class Other(metaclass=Meta): ...\nclass Thing: ...\n"
    given = {**requirement(), "message": "{of} needs one.", "help": "Read chapter 3."}  # type: ignore[dict-item]
    told = asked(analysers, text, given)
    assert isinstance(told, AnalyserAnswer)
    (found,) = told.findings
    assert found.id == "constructs.metaclass.decoy"
    assert found.message.startswith("m.Thing needs one. The construct is there, but")
    assert (found.help, found.file, found.line, found.column) == ("Read chapter 3.", "m.py", 4, 7)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (requirement("metaklass"), "metaclass"),
        (requirement(hook=["__new__"]), "hooks"),
        (requirement(hooks="__new__"), "hooks"),
    ],
    ids=str,
)
def test_a_rule_or_option_that_does_not_exist_is_the_author_s_fault(
    wrong: Plain, named: str, analysers: Analysers
) -> None:
    """The candidate loses nothing by it, and the message says what there is."""
    told = asked(analysers, PLAIN, wrong)
    assert isinstance(told, Failure)
    assert told.fault is Fault.CHALLENGE
    assert named in told.reason


def test_values_are_what_python_would_bind() -> None:
    """Definitions see the names before them, functions the names in the end; methods know `self`."""
    project = Project(
        {
            "m.py": "import os.path as p, json\nclass A: ...\nB = A\nclass A(B):\n    x = B\n"
            "    def f(self): return self.g\n    def g(self): return A\nx, y = A, json.dumps\nz = p.join\n"
        }
    )
    (a,), (x,), (y,), (z,) = (project.export(f"m.{name}") for name in "Axyz")
    assert isinstance(a, Class)
    assert x is a
    assert (y, z) == (External("json.dumps"), External("os.path.join"))
    assert [ancestor.name for ancestor in project.names.ancestry(a)] == ["A", "A"]
    (f,) = project.export("m.A.f")
    assert isinstance(f, Function)
    assert project.names.returns(f) == project.export("m.A.g")


METACLASS = "class Meta(type):\n    def __call__(cls): return 1\n@print\nclass Thing(metaclass=Meta):\n    x = 1\n"
BEYOND_LIBCST = {
    "no blank before a lambda": "def thunk():\n    return(lambda: 1)\n",
    "no blank after else": "x = a if b else(lambda: c)\n",
    "no blank before a number": "def half():\n    return.5\n",
    "annotated in parentheses": "(LIMIT): int = 3\n(SIZE): int\n",
    "names in another form": "\u00b5 = 1\n",
}


@pytest.mark.parametrize("text", BEYOND_LIBCST.values(), ids=BEYOND_LIBCST)
def test_what_only_libcst_cannot_read_is_judged(text: str, analysers: Analysers) -> None:
    """CPython reads it, so it is judged, whatever LibCST raises; places are those of the text as it was handed in."""
    met = asked(analysers, f"{text}\n\n{METACLASS}")
    assert isinstance(met, AnalyserAnswer)
    assert [(fact.status, met.findings) for fact in met.facts] == [("met", ())]
    missing = asked(analysers, f"{text}\n\n\n\nclass Meta(type): ...\n\n\nclass Thing(\n    metaclass=Meta\n): ...\n")
    assert isinstance(missing, AnalyserAnswer)
    (finding,) = missing.findings
    assert finding.line in {text.count("\n") + 5, text.count("\n") + 8}


def test_a_name_in_another_form_is_the_name_that_python_reads(analysers: Analysers) -> None:
    """A metaclass may be called by a name that CPython folds."""
    text = METACLASS.replace("metaclass=Meta", "metaclass=\uff2deta")
    assert analysers.found("constructs", text, requirements=[requirement()]) == []


def test_what_libcst_cannot_read_in_any_form_is_unanalysable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the points are lost with a finding, never open: nobody can choose not to be measured."""
    monkeypatch.setattr("libcst.parse_module", lambda _: 1 / 0)
    wanted: constructs.RequirementDict = {
        "id": "it", "rule": "metaclass", "of": "m.Thing", "options": {}, "message": "", "help": ""
    }  # fmt: skip
    told = constructs.judge({"m.py": PLAIN}, ["m.py"], [wanted])
    assert [finding["id"] for finding in told["findings"]] == ["constructs.unanalysable"]
    assert told["facts"] == [{"requirement": "it", "status": "absent"}]


@pytest.mark.parametrize("text", ["\\ud800", "list[", "\\0", "lambda", "print 1"])
@pytest.mark.parametrize("rule", ["generic", "literal"])
def test_an_annotation_that_libcst_cannot_read_is_a_finding(rule: str, text: str) -> None:
    """A quoted annotation may hold anything; what it hides is not there, and nobody's fault but the submission's."""
    files = {"m.py": f'def Thing(x: "{text}") -> "{text}": return x\n'}
    wanted: constructs.RequirementDict = {
        "id": "it", "rule": rule, "of": "m.Thing", "options": {}, "message": "", "help": ""
    }  # fmt: skip
    told = constructs.judge(files, ["m.py"], [wanted])
    assert [finding["id"] for finding in told["findings"]] == [f"constructs.{rule}.missing"]


@pytest.mark.parametrize("error", [UnicodeEncodeError("utf-8", "x", 0, 1, ""), cst.CSTValidationError("no")])
def test_a_rule_that_libcst_lets_down_is_unanalysable(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """LibCST has no common class for what it cannot do: the requirement is lost with a finding, whatever it raises."""

    def gives_up(*_: object) -> None:
        raise error

    monkeypatch.setattr("grader.inside.constructs.rules.metaclass.Metaclass.judge", gives_up)
    wanted: constructs.RequirementDict = {
        "id": "it", "rule": "metaclass", "of": "m.Thing", "options": {}, "message": "", "help": ""
    }  # fmt: skip
    told = constructs.judge({"m.py": PLAIN}, ["m.py"], [wanted])
    assert [finding["id"] for finding in told["findings"]] == ["constructs.unanalysable"]


def test_what_is_required_as_well_is_no_decoy() -> None:
    """Of two required generators one is missing: the other does not make it a feigned one."""
    files = {"m.py": "def one(n): yield n\ndef two(n): return [n]\n"}
    wanted: list[constructs.RequirementDict] = [
        {"id": name, "rule": "generator", "of": f"m.{name}", "options": {}, "message": "", "help": ""}
        for name in ("one", "two")
    ]
    assert [fact["status"] for fact in constructs.judge(files, ["m.py"], wanted)["facts"]] == ["met", "absent"]
    assert [fact["status"] for fact in constructs.judge(files, ["m.py"], wanted[1:])["facts"]] == ["decoy"]
