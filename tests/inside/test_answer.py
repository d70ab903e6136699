"""What runs without having been read costs the points that rest on reading; neighbours of it cost nothing."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from grader.evidence.analysers.reading import _charged, charged, signs_at_run_time
from grader.evidence.analysers.sandbox import AnalyserAnswer, GaveUp
from grader.evidence.suite.unread import unread_findings
from grader.inside.tampering.answer import FROM_TEXT, REACHED, REBOUND, unread
from grader.model import Evidence, Failure, Fault, Finding, Kind, Severity, SourceFile, Submission
from tests.inside.conftest import Analysers

ROOT = Path(__file__).parent.parent.parent
REBINDINGS = {
    "globals": "def T(): ...\nglobals()['T'] = 1",
    "globals-update": "def T(): ...\nglobals().update({k: v for k, v in {}.items()})",
    "vars-update": "def T(): ...\nvars().update(T=1)",
    "union": "def T(): ...\ng = globals()\ng |= {'T': 1}",
    "setattr": "import sys\ndef T(): ...\nsetattr(sys.modules[__name__], 'T', 1)",
    "attribute": "import sys\ndef T(): ...\nsys.modules[__name__].T = 1",
    "module": "import sys\nsys.modules[__name__] = object()",
    "import-self": "import importlib\ndef T(): ...\nimportlib.import_module(__name__).T = 1",
    "import-statement": "def T(): ...\nimport m\nm.T = 1",
    "global": "class T: ...\ndef f():\n    global T\n    T = 1\nf()",
    "decorator": "def real(f):\n    return print\n@real\ndef T(): raise",
    "decorator-with-parameter": "def real(n):\n    def d(f):\n        return n\n    return d\n@real(1)\ndef T(): ...",
    "lambda": "@lambda f: print\ndef T(): raise",
    "class-decorator": "def real(c):\n    return print\n@real\nclass T: ...",
    "code-object": "def T(): ...\nT.__code__ = (lambda: 1).__code__",
    "method": "class T:\n    def get(self): raise\nT.get = lambda self: 1",
    "bases": "class T: ...\nT.__bases__ = (int,)",
    "setitem": "import operator\ndef T(): ...\noperator.setitem(globals(), 'T', 1)",
    "function-globals": "def T(): ...\nT.__globals__['T'] = 1",
    "loop-target": "def T(): ...\nfor globals()['T'] in [1]: pass",
    "alias": "def T(): ...\ng = globals\nd = g()\nd['T'] = 1",
}
RUNNERS = {
    "exec": "exec('T = 1')",
    "eval": "eval('1')",
    "runctx": "import cProfile\ncProfile.runctx('x', {}, {})",
    "profile": "import cProfile\np = cProfile.Profile()\np.run('x')",
    "console": "import code\ncode.InteractiveInterpreter().runsource('x')",
    "timeit": "import timeit\ntimeit.timeit('x', globals={})",
    "timeit-keyword": "from timeit import timeit as t\nt(stmt='x', globals=globals())",
    "bdb": "import bdb\nbdb.Bdb().run('x')",
    "bdb-subclass": "import bdb\nclass D(bdb.Bdb): ...\nD().run('x')",
    "trace": "import trace\ntrace.Trace().runctx('x')",
    "hints": "import typing\nclass A: ...\nA.__annotations__ = {'x': 'print(1)'}\ntyping.get_type_hints(A)",
    "hints-of-made": "import typing as t\nA = type('A', (), {'__annotations__': {'x': 'p'}})\nt.get_type_hints(A)",
    "runpy": "import runpy\nrunpy.run_path('x')",
    "loader": "from importlib.machinery import SourceFileLoader\nSourceFileLoader('a', 'b').load_module()",
    "getattr": "import builtins\ngetattr(builtins, 'ex' + 'ec')('x')",
    "builtins": "__builtins__['exec']('x')",
    "builtins-table": "import builtins as b\nvars(b)['exec']('x')",
    "handed-on": "list(map(exec, ['x']))",
    "partial": "import functools\nrun = functools.partial(exec)\nrun('x')",
    "function-type": "import types\ntypes.FunctionType(1, {})",
    "doctest": "import doctest\ndoctest.testmod()",
    "resolved": "import pkgutil\npkgutil.resolve_name('builtins:exec')('x')",
    "located": "from pydoc import locate\nlocate('builtins.exec')('x')",
    "attrgetter": "import operator, builtins\noperator.attrgetter('exec')(builtins)('x')",
    "methodcaller": "import operator, builtins as b\noperator.methodcaller('eval', 'x')(b)",
    "static": "import inspect, builtins\nrun = inspect.getattr_static(builtins, 'ex' + 'ec')\nrun('x')",
    "maker": "import dataclasses\ndataclasses._create_fn('f', [], ['return 1'])",
    "plural": "from gettext import c2py\nc2py('n')",
    "site": "import site\nsite.addsitedir('/tmp')",
    "native": "import ctypes\nctypes.pythonapi.PyRun_SimpleString(b'x')",
    "memory of a code object": "import ctypes\nctypes.memmove(id(f.__code__), b'', 0)",
    "memory through a pointer": "from ctypes import *\nimport ctypes as c\nc.cast(1, c.c_void_p)[0] = 1",
    "another process": "import _posixsubprocess\n_posixsubprocess.fork_exec()",
    "main-that-runs": "__name__ = '__main__'\nif __name__ == '__main__':\n    exec('x')",
}
HONEST = {
    "reading": "print(globals()['x'], vars(), locals().get('y'))",
    "cache": "_c = None\ndef f():\n    global _c\n    _c = 1",
    "switch": "DEBUG = False\ndef f():\n    global DEBUG\n    DEBUG = True",
    "hints": "import typing\nclass A:\n    x: 'int'\ntyping.get_type_hints(A)",
    "signature": "import inspect\ndef f(): ...\nf.__annotations__ = {}\ninspect.signature(f)",
    "main": "import doctest\nif __name__ == '__main__':\n    doctest.testmod()",
    "compile": "import re\nre.compile('x')\ndef compile(x): return x\ncompile(1)",
    "timeit": "import timeit\ntimeit.timeit(lambda: 1)",
    "type-test": "import types\nisinstance(print, types.FunctionType)",
    "getters": "import operator, math\noperator.attrgetter('pi')(math)\nsorted([], key=operator.attrgetter('a'))",
    "register": "R = {}\ndef r(n):\n    def d(f):\n        R[n] = f\n        return f\n    return d\n@r(1)\ndef T(): 0",
    "setattr-on-self": "class A:\n    def __init__(self, **k):\n        for n, v in k.items(): setattr(self, n, v)",
    "class-decorator": "def deco(cls):\n    cls.x = 1\n    setattr(cls, 'y', 2)\n    return cls\n@deco\nclass A: ...",
    "class-attribute": "class A: ...\nA.registry = {}",
    "new-name": "globals()['VALUE'] = 1",
    "hints-beside-setattr": "import typing\nclass A:\n    def __init__(s, **k):\n        for n, v in k.items(): "
    "setattr(s, n, v)\ntyping.get_type_hints(A)",
    "copied-function": "import types\ndef f(): ...\ng = types.FunctionType(f.__code__, f.__globals__, 'g')",
    "unused-and-replaced": "def off(f):\n    def no(): raise OSError\n    return no\n@off\ndef _fork(): ...",
}

REACHING = {
    "all-objects": "import gc\nFOUND = gc.get_objects()",
    "objects-by-another-name": "from gc import get_referrers as who\nwho(1)",
    "objects-by-text": "import gc\ngetattr(gc, 'get_' + 'objects')()",
    "classes": "KNOWN = object.__subclasses__()",
    "classes-of-a-base": "KNOWN = ().__class__.__base__.__subclasses__()",
    "variables-of-callers": "import sys\ndef f():\n    return sys._getframe(1).f_locals['x']",
    "variables-up-the-stack": "def f(frame):\n    while frame: frame = frame.f_back\n    return frame.f_locals",
    "variables-by-text": "import inspect\ndef f():\n    return getattr(inspect.currentframe(), 'f_locals')",
    "variables-in-a-list": "import inspect\ndef f():\n    return inspect.stack()[1].frame.f_locals",
    "all-modules": "import sys\nFOUND = list(sys.modules.values())",
    "all-modules-by-another-name": "from sys import modules as m\nfor name, one in m.items(): print(one)",
    "all-modules-one-by-one": "import sys\nFOUND = [sys.modules[name] for name in list(sys.modules)]",
    "copy-of-all-modules": "import sys\nFOUND = dict(sys.modules)",
}
KEPT_TO_ITSELF = {
    "callers-module": "import sys\ndef f():\n    return sys._getframe(1).f_globals['__name__']",
    "own-code": "import inspect\ndef f():\n    return inspect.currentframe().f_code.co_name",
    "level-of-a-warning": "import warnings\ndef f():\n    warnings.warn('x', stacklevel=2)",
    "own-traceback": "def f(error):\n    trace = error.__traceback__\n    while trace:\n"
    "        print(trace.tb_frame.f_code, trace.tb_frame.f_locals)\n        trace = trace.tb_next",
    "collector": "import gc\ngc.collect()\ngc.disable()\ngc.freeze()\nprint(gc.get_count(), gc.get_stats())",
    "deep-size": "import gc\ndef f(x):\n    return gc.get_referents(x)",
    "weak-references": "import weakref\ndef f(x):\n    return weakref.ref(x), weakref.finalize(x, print)",
    "own-module": "import sys\nHERE = sys.modules[__name__]",
    "module-of-a-class": "import sys\ndef f(cls):\n    return vars(sys.modules[cls.__module__])",
    "is-it-imported": "import sys\nIS_THERE = 'numpy' in sys.modules",
    "one-module": "import sys\ndef f(name):\n    return sys.modules.get(name)",
    "names-of-modules": "import sys\nprint(sorted(sys.modules), len(sys.modules))",
    "own-subclasses": "class A: ...\nKINDS = A.__subclasses__()",
    "own-attribute": "class A:\n    f_locals = 1\nprint(A().f_locals)",
}


def ids(text: str, path: str = "m.py") -> list[str]:
    return [finding.id for finding in unread({path: ast.parse(text)})]


@pytest.mark.parametrize("text", REBINDINGS.values(), ids=REBINDINGS)
def test_a_definition_that_is_bound_anew_at_run_time_is_found(text: str) -> None:
    """Whatever puts another object under the name of a definition is `answer.rebound`."""
    assert ids(text) == [REBOUND]


@pytest.mark.parametrize("text", RUNNERS.values(), ids=RUNNERS)
def test_code_that_is_no_statement_is_found(text: str) -> None:
    """Whatever runs text, files or code objects is `answer.code-from-text`, behind an alias too."""
    assert set(ids(text)) == {FROM_TEXT}


@pytest.mark.parametrize("text", HONEST.values(), ids=HONEST)
def test_neighbours_cost_nothing(text: str) -> None:
    """Reading tables of names, caches, switches, decorators and attributes are ordinary code."""
    assert ids(text) == []


@pytest.mark.parametrize("text", REACHING.values(), ids=REACHING)
def test_what_is_taken_from_others_is_found(text: str) -> None:
    """Lists of all objects, variables of callers and searches through all modules are `answer.reaches-others`."""
    assert set(ids(text)) == {REACHED}


@pytest.mark.parametrize("text", KEPT_TO_ITSELF.values(), ids=KEPT_TO_ITSELF)
def test_what_looks_like_taking_costs_nothing(text: str) -> None:
    """Names of callers, one's own traceback, single modules and the collector's settings are ordinary code."""
    assert ids(text) == []


def test_a_text_that_defines_a_name_again_is_both() -> None:
    """Code from text that would bind a definition anew is a rebinding as well."""
    assert set(ids("class T: ...\nexec('T = 1')")) == {REBOUND, FROM_TEXT}
    assert set(ids("class T: ...\nexec('t = 1')")) == {FROM_TEXT}


def test_a_name_of_another_module_of_the_answer_is_found() -> None:
    """One module of the submission may not bind another's definitions either."""
    trees = {"m.py": ast.parse("import impl\nimpl.T = 1"), "impl.py": ast.parse("class T: ...")}
    assert [(finding.id, finding.path) for finding in unread(trees)] == [(REBOUND, "m.py")]
    trees["m.py"] = ast.parse("import time\ntime.T = 1")
    assert list(unread(trees)) == []


@pytest.mark.parametrize("folder", ["challenges/*/*/solution*", "challenges/*/*/starter", "tests/candidates/strong/*"])
@pytest.mark.heavy
def test_no_honest_answer_is_charged(folder: str) -> None:
    """References, starters and strong candidates are read as they run."""
    folders = list(ROOT.glob(folder))
    assert folders
    for answer in folders:
        trees = {path.name: ast.parse(path.read_text(encoding="utf-8")) for path in answer.glob("*.py")}
        assert list(unread(trees)) == [], answer


def test_the_places_come_out_of_the_sandbox(analysers: Analysers) -> None:
    """Behind the wall the same list answers, with file, line, words and a remedy."""
    told = analysers.ask("unread", "def T(): ...\n\n\nglobals()['T'] = print\n")
    assert isinstance(told, AnalyserAnswer)
    (found,) = told.findings
    assert (found.id, found.severity, found.file, found.line) == (REBOUND, "error", "m.py", 4)
    assert "globals()" in found.message
    assert found.help


def found(id_: str) -> Finding:
    return Finding(id=id_, severity=Severity.ERROR, message="m", file="m.py", line=1)


def told(*ids: str) -> AnalyserAnswer:
    return AnalyserAnswer(findings=tuple(map(found, ids)), tools={})


@pytest.mark.parametrize(
    ("kind", "charged"),
    [
        (Kind.CONSTRUCTS, {REBOUND, REACHED}),
        (Kind.TYPES, {REBOUND, FROM_TEXT, REACHED}),
        (Kind.COMPLEXITY, {REBOUND, FROM_TEXT, REACHED}),
        (Kind.SECURITY, {REBOUND, FROM_TEXT, REACHED}),
    ],
)
def test_each_kind_is_told_what_concerns_it(kind: Kind, charged: set[str]) -> None:
    """Text that runs has no types and no complexity; its constructs are asked of the objects."""
    evidence = _charged(Evidence(kind=kind), told(REBOUND, FROM_TEXT, REACHED))
    assert {finding.id for finding in evidence.findings} == charged


def test_bandit_and_we_do_not_charge_a_line_twice() -> None:
    """`exec` is bandit's finding already; another runner is a warning of ours."""
    known = Evidence(kind=Kind.SECURITY, findings=(found("security.b102"),))
    assert [finding.id for finding in _charged(known, told(FROM_TEXT)).findings] == ["security.b102"]
    (warned,) = _charged(Evidence(kind=Kind.SECURITY), told(FROM_TEXT)).findings
    assert warned.severity is Severity.WARNING


def test_what_nobody_could_look_for_is_not_earned_and_not_lost_by_our_fault() -> None:
    """An analyser that gave up over the text costs the points; our own failure leaves them open."""
    gave_up = _charged(Evidence(kind=Kind.TYPES), GaveUp("it was stopped"))
    assert [finding.id for finding in gave_up.findings] == ["types.unanalysable"]
    failure = Failure(fault=Fault.HARNESS, reason="ours")
    assert _charged(Evidence(kind=Kind.TYPES), failure).failure == failure


ANSWER = Submission(origin="here", files=(SourceFile(path="m.py", text=""),), digest="")


def seen(*reports: str) -> Evidence:
    return Evidence(kind=Kind.BEHAVIOUR, findings=unread_findings(reports))


def test_what_is_seen_at_run_time_is_charged_like_what_the_text_tells() -> None:
    """Types and complexity lose it as an error, security as a warning, constructs not at all; a reviewer is told."""
    kinds = (Kind.TYPES, Kind.COMPLEXITY, Kind.SECURITY, Kind.CONSTRUCTS)
    behaved = seen("m.py\x007\x00compiled text")
    told = charged([Evidence(kind=kind) for kind in kinds], behaved, ANSWER)
    assert [
        [(finding.id, finding.severity, finding.file, finding.line) for finding in entry.findings] for entry in told
    ] == [
        [(FROM_TEXT, Severity.ERROR, "m.py", 7)],
        [(FROM_TEXT, Severity.ERROR, "m.py", 7)],
        [(FROM_TEXT, Severity.WARNING, "m.py", 7)],
        [],
    ]
    assert [finding.id for finding in signs_at_run_time(behaved, ())] == ["integrity.dynamic-code"]


def test_what_is_reached_for_at_run_time_is_charged_to_all_that_rests_on_reading() -> None:
    """What ended a child is an error for each kind, and a sign for a reviewer."""
    behaved = seen("m.py\x007\x00reaches for the frames of other code")
    for entry in charged([Evidence(kind=kind) for kind in (Kind.TYPES, Kind.CONSTRUCTS)], behaved, ANSWER):
        (made,) = entry.findings
        assert (made.id, made.severity, made.file, made.line) == (REACHED, Severity.ERROR, "m.py", 7)
        assert "(the frames of other code)" in made.message
    assert [finding.id for finding in signs_at_run_time(behaved, ())] == ["integrity.reaches-others"]


def test_what_the_text_tells_is_not_told_again() -> None:
    """A line that both point at is one finding."""
    behaved = seen("m.py\x001\x00text", "m.py\x002\x00text")
    (types,) = charged([Evidence(kind=Kind.TYPES, findings=(found(FROM_TEXT),))], behaved, ANSWER)
    assert [finding.line for finding in types.findings] == [2, 1]


@pytest.mark.parametrize(
    "report", ["", "\0", "/etc/passwd\x001\x00x", "m.py\x00-1\x00x", "m.py\x00\u0661\x00x", "\x1b[1m\0\0\x1b"]
)
def test_a_forged_report_accuses_its_author_and_nobody_else(report: str) -> None:
    """Whatever a submission writes into its line for reports is one finding, in a file of its own or in none."""
    (types,) = charged([Evidence(kind=Kind.TYPES)], seen(report), ANSWER)
    (made,) = types.findings
    assert (made.id, made.file in {"m.py", None}, "\x1b" in made.message) == (FROM_TEXT, True, False)
