"""A reviewer is pointed to means of tampering, with file and line; honest code is left alone."""

from __future__ import annotations

import ast
import base64
from pathlib import Path

import pytest

from grader.inside.tampering.scan import MOST, flagged, integrity
from tests.conftest import Graded

ROOT = Path(__file__).parent.parent.parent
FLAGGED = {
    "frames": [
        "import sys\nsys._getframe(1)",
        "import sys as s\nlook = s._getframe\nlook()",
        "from inspect import stack as st\nst()",
        "def f(frame):\n    return frame.f_back",
        "import sys\ngetattr(sys, '_get' + 'frame')()",
    ],
    "modules": [
        "import sys\nsys.modules['x'] = 1",
        "from sys import modules\nmodules.pop('x')",
        "import sys\ndel sys.modules['x']",
        "import sys\nsys.meta_path.insert(0, None)",
        "import sys\nsys.modules = {}",
    ],
    "heap": ["import gc\ngc.get_objects()", "object.__subclasses__()", "().__class__.__base__.__subclasses__()"],
    "reaches-others": [
        "import sys\nlist(sys.modules.values())",
        "import sys\nfor n, m in sys.modules.items(): print(m)",
    ],
    "native": ["import ctypes", "from ctypes import util", "__import__('ctypes')"],
    "builtins": [
        "import builtins\nbuiltins.len = None",
        "import builtins\nsetattr(builtins, 'len', None)",
        "__builtins__['len'] = None",
        "import builtins\nbuiltins.__dict__.update(len=None)",
    ],
    "descriptors": [
        "import os\nos.write(4, b'')",
        "import os\nfd = 4\nos.read(fd, 1)",
        "import os\nfor n in range(3, 9):\n    os.close(n)",
        "import os\ndef f(fd):\n    return os.fdopen(fd)",
        "open(4, 'wb')",
    ],
    "system-files": ["open('/proc/self/fd/4')"],
    "probe": [
        "import probe",
        "from probe import add",
        "import sys\nsys.modules['probe'].add = None",
        "__import__('probe')",
        "from suite_inside.remote import REMOTE",
        "import probe_kit.steps",
        "import importlib\nimportlib.import_module('suite_inside.tested')",
    ],
    "exit": ["import os\nos._exit(0)", "from os import kill\nkill(1, 9)"],
    "signals": ["import signal\nsignal.alarm(0)"],
    "patched": [
        "import json\njson.dumps = None",
        "import time\ntime.sleep = None",
        "import struct\nsetattr(struct, 'unpack', None)",
        "import socket\nsocket.socket.send = None",
        "import importlib\nm = importlib.import_module('json')\nm.loads = None",
    ],
    "trace": ["import sys\nsys.settrace(None)"],
    "encoded-code": [
        "import base64\nexec(base64.b64decode('cGFzcw=='))",
        "import zlib\ntext = zlib.decompress(b'')\neval(compile(text, '', 'exec'))",
        "exec('cnff'.decode('rot13'))",
        "import codecs, marshal\nmarshal.loads(codecs.decode('', 'hex'))",
    ],
    "dynamic-code": [
        "def f(x):\n    return eval(x)",
        "import cProfile\ncProfile.run('x')",
        "import runpy\nrunpy.run_path('x')",
    ],
    "rebound": [
        "def f(): ...\nglobals()['f'] = 1",
        "globals()['new'] = 1",
        "class A:\n    def f(self, one):\n        self.__class__ = one",
    ],
    "code-text": ["TEXT = '\\ndef f():\\n    return 1\\n'"],
    "byte-code": [
        "def f(): ...\nf.__code__ = None",
        "import types\ntypes.CodeType()",
        "import marshal\nmarshal.loads(b'')",
    ],
    "computed-import": ["def f(x):\n    return __import__(x)", "import os\ndef f(x):\n    return getattr(os, x)"],
    "agreeable": [
        "class A:\n    def __eq__(self, other):\n        return True",
        "class A:\n    def __ne__(self, other):\n        return False",
        "class A:\n    __eq__ = lambda self, other: True",
        "class A(type):\n    def __instancecheck__(cls, one):\n        return True",
        "class A:\n    @property\n    def __class__(self):\n        return int",
    ],
    "looks-for-tests": [
        "import os\nos.environ.get('PYTEST_CURRENT_TEST')",
        "import sys\nif sys.gettrace() is not None: lock.acquire()",
        "from threading import getprofile\nTESTED = getprofile() is not None",
    ],
}
HONEST = [
    "import sys\nsys.modules.get('json')\nprint('json' in sys.modules)",
    "import os, tempfile\nfd, path = tempfile.mkstemp()\nwith os.fdopen(fd, 'w') as f:\n    f.write('')\nos.close(fd)",
    "import json\n\nclass Json:\n    pass\n\njson_ = Json()\njson_.dumps = None",
    "class A:\n    def __eq__(self, o):\n        if self is o:\n            return True\n        return NotImplemented",
    "import functools\ndef d(f):\n    @functools.wraps(f)\n    def w(): ...\n    w.calls = 0\n    return w",
    "class Plugin:\n    pass\n\nPlugin.__subclasses__()",
    "import inspect\ninspect.signature(len)",
    "import gc\ngc.collect()",
    "import sys\nprint(sorted(sys.modules), len(sys.modules))",
    "import importlib\nimportlib.import_module('json')",
    "import base64\nbase64.b64decode('')",
    "import pickle\npickle.loads(b'')",
    "import sys\nsys.stdout = None",
    "import re\nre.compile('x')",
    '"""/proc/self is named in prose."""',
    "class A:\n    def write(self): ...\n\nA().write(4)",
    "import decimal\ndecimal.getcontext().prec = 5",
    "import time\ndef f(time):\n    time.sleep = None",
    "import signal\ndef f():\n    signal = Thing()\n    signal.alarm = 1",
    "import typing as t\ndef f(rows):\n    for t in rows:\n        t.cast = 1",
    "import json\nprint([json.update for json in []])\nf = lambda json: setattr(json, 'loads', 1)",
    "TEXT = 'class of 1999'\nHELP = '\\ndef is a word\\n'",
    "def f():\n    'Example:\\n\\n    def g(): ...\\n'",
]
CASES = [(name, text) for name, texts in FLAGGED.items() for text in texts]


def ids(text: str) -> list[str]:
    return [finding["id"] for finding in flagged("m.py", ast.parse(text))]


@pytest.mark.parametrize(("name", "text"), CASES, ids=[f"{name}{number}" for number, (name, _) in enumerate(CASES)])
def test_a_means_is_pointed_at(name: str, text: str) -> None:
    """Each means is found under its own id, also behind an alias, and the line exists."""
    found = list(flagged("m.py", ast.parse(text)))
    assert f"integrity.{name}" in [finding["id"] for finding in found]
    for finding in found:
        assert finding["file"] == "m.py"
        assert 1 <= (finding["line"] or 0) <= len(text.splitlines())
        assert finding["severity"] in ("note", "warning")
        assert finding["help"]


@pytest.mark.parametrize("text", HONEST)
def test_honest_code_is_left_alone(text: str) -> None:
    """Neighbours of the means are none."""
    assert ids(text) == []


@pytest.mark.parametrize("folder", ["solution*", "starter"])
def test_no_reference_of_a_challenge_is_flagged(folder: str) -> None:
    """What a brief asks for can be written without any of the means."""
    paths = [path for package in (ROOT / "challenges").glob(f"*/*/{folder}") for path in package.rglob("*.py")]
    assert len(paths) > 5
    found = {str(path.relative_to(ROOT)): ids(path.read_text(encoding="utf-8")) for path in paths}
    assert {path: flags for path, flags in found.items() if flags} == {}


def test_a_line_is_named_once_and_a_report_is_not_flooded() -> None:
    """One finding of an id a line, a bounded number a submission, and a word about the rest."""
    assert ids("import gc\ngc.get_objects() or gc.get_referrers()") == ["integrity.heap"]
    found = integrity({"m.py": "import os\n" + "os._exit(0)\n" * 100})["findings"]
    assert len(found) == MOST + 1
    assert found[-1]["id"] == "integrity.many"


def test_a_reviewer_sees_it_and_no_mark_moves(graded: Graded) -> None:
    """The same answer with and without a suspicious line gets the same marks; the report names the line."""
    honest = (
        "made = []\n\n\ndef add(a, b):\n    made.append(a + b)\n    return a + b\n\n\ndef history():\n    return made\n"
    )
    code = base64.b64encode(b"pass").decode()
    clean, dirty = graded(honest), graded(f"import base64\n{honest}\n\nexec(base64.b64decode('{code}'))\n")
    assert clean.findings == ()
    assert [(finding.id, finding.file, finding.line) for finding in dirty.findings] == [
        ("integrity.encoded-code", "adder.py", 14)
    ]
    assert (dirty.score, dirty.status, dirty.level) == (clean.score, clean.status, clean.level)
    assert [criterion.status for criterion in dirty.criteria] == [criterion.status for criterion in clean.criteria]
    assert dirty.sources["adder.py"].splitlines()[13].startswith("exec")


def test_a_candidate_is_not_told(graded: Graded) -> None:
    """Findings for reviewers are in no report for a candidate."""
    from grader.report import FORMATS, Audience, View, render

    report = graded("import os\n\n\ndef add(a, b):\n    os._exit(0)\n")
    assert "integrity.exit" in render(report, "json", View(audience=Audience.REVIEWER))
    for name in FORMATS:
        shown = render(report, name, View(audience=Audience.CANDIDATE))
        assert "integrity." not in shown
        assert "without clean-up" not in shown
