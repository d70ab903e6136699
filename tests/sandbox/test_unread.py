"""Code that stands in no file is reported by the child that runs it, however it comes about; what is ordinary is not.

The watch is put up in processes of ours, which import one module each: no sandbox is needed to see what it says.
"""

from __future__ import annotations

import json
import marshal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DRIVER = """
import importlib, json, os, resource, sys
root, folder = sys.argv[1:]
sys.path.insert(0, root)
from sandbox.inside import reports, unread
sys.path.remove(root)
for name in [name for name in sys.modules if name.partition(".")[0] == "sandbox"]:
    del sys.modules[name]
told = {}
for name in sorted(os.listdir(folder)):
    there, here = reports.line()
    number = reports.out_of_reach(there, 256)
    pid = os.fork()
    if pid == 0:
        os.chdir("/tmp")
        os.dup2(2, 1)
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
        unread.install(folder, {}, number, ends_reaching=False)
        sys.path.append(folder)
        status = 1
        try:
            importlib.import_module(name.removesuffix(".py"))
            status = 0
        finally:
            os._exit(status)
    there.close()
    status = os.waitpid(pid, 0)[1]
    told[name.removesuffix(".py")] = [os.waitstatus_to_exitcode(status), reports.reported(here)]
print(json.dumps(told))
"""
TEXT = '"A = lambda: 1"'
BYTES = marshal.dumps(compile("A = lambda: 1", "a.py", "exec"))
ELSEWHERE = "import pathlib, sys, tempfile\nplace = pathlib.Path(tempfile.mkdtemp())\nsys.path.append(str(place))\n"

REPORTED = {
    "resolved_name": f"import pkgutil\npkgutil.resolve_name('builtins:exec')({TEXT})",
    "located_name": f"import pydoc\npydoc.locate('builtins.exec')({TEXT})",
    "attribute_by_operator": f"import builtins, operator\noperator.attrgetter('ex' + 'ec')(builtins)({TEXT})",
    "method_by_operator": "import builtins, operator\noperator.methodcaller('ev' + 'al', '(lambda: 1)()')(builtins)",
    "static_attribute": f"import builtins, inspect\ninspect.getattr_static(builtins, 'ex' + 'ec')({TEXT})",
    "helper_with_a_parameter": f"import builtins\ndef of(a, b): return getattr(a, b)\nof(builtins, 'exec')({TEXT})",
    "names_of_a_module": f"import rlcompleter\nvars(rlcompleter)['__builtins__']['exec']({TEXT})",
    "forward_reference": (
        "import typing\ntyping.ForwardRef('[print(1) for _ in [1]]')._evaluate({}, None, recursive_guard=frozenset())"
    ),
    "annotation_at_run_time": "import typing\nclass A: __annotations__ = {'x': 'print(1)'}\ntyping.get_type_hints(A)",
    "maker_of_dataclasses": """
import dataclasses
if hasattr(dataclasses, "_create_fn"):
    dataclasses._create_fn("f", ["x"], ["return x + 1"])
else:  # since 3.13
    maker = dataclasses._FuncBuilder({})
    maker.add_fn("f", ["x"], ["  return x + 1"])
    maker.add_fns_to_class(type("A", (), {}))
""",
    "frozen_from_elsewhere": f"import _imp\n_imp.get_frozen_object('zipimport', {BYTES!r})",
    "frozen_by_the_importer": (
        "import importlib.machinery, importlib._bootstrap as bootstrap, marshal, types\n"
        "bootstrap._imp = types.SimpleNamespace(get_frozen_object=marshal.loads)\n"
        f"module, spec = types.ModuleType('m'), types.SimpleNamespace(name={BYTES!r}, origin='frozen')\n"
        "module.__spec__ = spec\nimportlib.machinery.FrozenImporter.exec_module(module)"
    ),
    "field_that_is_code": (
        "import dataclasses\nclass A: __annotations__ = {'x:int=[print(1)], _y': int}\n"
        "try: dataclasses.dataclass(A)\nexcept SyntaxError: pass"
    ),
    "dataclasses_that_were_changed": (
        "import dataclasses\ndataclasses._init_param = lambda f: 'x=[print(1)]'\n"
        "@dataclasses.dataclass\nclass A:\n    x: int"
    ),
    "timer": "import timeit\ntimeit.main(['-n1', '-r1', '(lambda: 1)()'])",
    "factory_of_a_configuration": (
        "import logging.config\nlogging.config.dictConfig({'version': 1, 'formatters': "
        "{'a': {'()': 'timeit.Timer', 'stmt': '(lambda: 1)()'}}})"
    ),
    "resolver_of_a_configuration": (
        f"import logging.config\nlogging.config.BaseConfigurator({{}}).resolve('builtins.exec')({TEXT})"
    ),
    "plural_form": "import gettext\ngettext.c2py('n != 1 ? 1 : 0')",
    "pickled_call": (
        f"import pickle\nclass A:\n    def __reduce__(self): return exec, ({TEXT},)\npickle.loads(pickle.dumps(A()))"
    ),
    "site_folder": (
        ELSEWHERE + "(place / 'x.pth').write_text('import sys; A = lambda: 1\\n')\n"
        "import site\nsite.addsitedir(str(place))"
    ),
    "module_elsewhere": ELSEWHERE + "(place / 'written.py').write_text('X = 1\\n')\nimport written",
    "byte_code_elsewhere": (
        ELSEWHERE + "import colorsys, shutil\nshutil.copy(colorsys.__cached__, place / 'taken.pyc')\nimport taken"
    ),
    "archive_elsewhere": (
        ELSEWHERE + "import zipfile\nwith zipfile.ZipFile(place / 'z', 'w') as z: z.writestr('zipped.py', 'X = 1\\n')\n"
        "sys.path.append(str(place / 'z'))\nimport zipped"
    ),
    "place_of_a_package": (
        ELSEWHERE + "import json\n(place / 'more.py').write_text('X = 1\\n')\n"
        "json.__path__.append(str(place))\nimport json.more"
    ),
    "loader_that_was_changed": (
        "import importlib._bootstrap_external as e\ndef data(self, path):\n"
        "    if path.endswith('.pyc'): raise OSError\n    return b'X = 1\\n'\n"
        "e.FileLoader.get_data = data\nimport colorsys"
    ),
    "code_object": "def f(): return 1\nf.__code__ = f.__code__.replace(co_consts=(None, 2))",
    "function_of_the_library": "import json\njson.dumps.__code__ = (lambda *a, **k: 'x').__code__",
    "thread": f"import threading\nt = threading.Thread(target=exec, args=({TEXT},))\nt.start()\nt.join()",
    "event_loop": (
        "import asyncio\nasync def main():\n"
        f"    asyncio.get_running_loop().call_soon(exec, {TEXT})\n    await asyncio.sleep(0)\nasyncio.run(main())"
    ),
    "native_code": "import ctypes\nctypes.pythonapi.PyRun_SimpleString(b'1')",
    "another_python": (
        "import subprocess, sys\ntry: subprocess.run([sys.executable, '-Ic', 'print(1)'])\nexcept OSError: pass"
    ),
    "another_python_that_reads": (
        "import subprocess, sys\ntry: subprocess.run([sys.executable], input=b'print(1)')\nexcept OSError: pass"
    ),
    "another_python_by_spawn": (
        "import os, sys\ntry: os.posix_spawn(sys.executable, ['python', '-c', 'print(1)'], {})\nexcept OSError: pass"
    ),
    "another_pythons_file": ELSEWHERE
    + (
        "import subprocess\n(place / 'written.py').write_text('X = 1\\n')\n"
        "try: subprocess.run([sys.executable, str(place / 'written.py')])\nexcept OSError: pass"
    ),
    "fork": f"import os\nif os.fork() == 0:\n    exec({TEXT})\n    os._exit(0)\nos.wait()",
    "another_descriptor": (
        "import os\n_, there = os.pipe()\ntry: os.dup2(there, 256)\nexcept OSError: pass\nelse: os._exit(3)\n"
        f"exec({TEXT})"
    ),
    "text_of_a_comment": "# print(1)\nexec(compile(b'print(1)', __file__, 'exec'))",
    "text_within_an_f_string": "X = f'print(1){0}'\nexec(compile(b'print(1)', __file__, 'exec'))",
    "search_for_the_hook": (
        "import gc\nfor found in gc.get_objects():\n    names = getattr(found, '__globals__', found)\n"
        "    if getattr(found, '__name__', '') == 'hook' or type(names) is dict and names.get('SOCKET') == 256:\n"
        f"        raise SystemExit\nexec({TEXT})"
    ),
}
ORDINARY = {
    "thread_that_fails": (
        "import threading\ndef f(): raise ValueError(1 + len('x'))\n"
        "t = threading.Thread(target=lambda: f() + 1)\nt.start()\nt.join()"
    ),
    "destructor_that_fails": "class A:\n    def __del__(self): raise ValueError(1 + len('x'))\nA()",
    "generated_classes": """
from __future__ import annotations
import ast, collections, dataclasses, enum, functools, inspect, timeit, types, typing
from typing import Annotated, Callable, Literal, NamedTuple
P = collections.namedtuple("P", "x y z", defaults=[1])
collections.namedtuple("E", "")
collections.namedtuple("O", "only")
class N(NamedTuple):
    a: int
    b: str = "x"
class Gt:
    def __init__(self, gt: int) -> None: ...
@dataclasses.dataclass(order=True)
class D:
    a: int
    b: list[int] = dataclasses.field(default_factory=list)
    c: Annotated[int, Gt(gt=0)] = 3
    d: "Callable[[int, str], (int | None)]" = None
    e: Literal["a (b)", 'lambda: 1', -1] = -1
@dataclasses.dataclass(slots=True, frozen=True, kw_only=True)
class S:
    z: dict[str, "S"] = dataclasses.field(default_factory=dict)
dataclasses.make_dataclass("M", [("x", int), ("y", str, "")])
typing.get_type_hints(D, include_extras=True)
typing.get_type_hints(type("Q", (), {"__annotations__": {"a": "tuple[()]", "b": "None | list['D']"}}))
inspect.get_annotations(D, eval_str=True)
inspect.signature(int.to_bytes)
inspect.getsource(D)
ast.literal_eval("{1: [2]}")
timeit.timeit(lambda: 1, setup=lambda: 2, number=1)
@types.coroutine
def co(): yield
""",
    "frozen_modules": "import runpy, zipimport, ntpath, importlib.util, __hello__",
    "library_that_makes_code": "import unittest.mock, multiprocessing.managers\nunittest.mock.create_autospec(len)",
    "own_path": "import os, sys\nsys.path.insert(0, os.path.dirname(__file__))\nimport colorsys",
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, list[str]]]:
    """How each module's process ended, and what it reported."""
    folder = tmp_path_factory.mktemp("answer")
    for name, text in {**REPORTED, **ORDINARY, "closed": f"import os\nos.closerange(5, 999)\nexec({TEXT})"}.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "-S", "-s", "-P", "-B", "-c", DRIVER, str(ROOT), str(folder)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    return {name: (status, reports) for name, (status, reports) in json.loads(ran.stdout).items()}


@pytest.mark.parametrize("name", REPORTED)
def test_code_from_nowhere_is_reported(name: str, told: dict[str, tuple[int, list[str]]]) -> None:
    """It runs on, the report names the module, unless no frame of it is there, and nothing can take it back."""
    status, reports = told[name]
    assert status == 0
    assert reports
    assert {report.split("\0")[0] for report in reports} <= {f"{name}.py", ""}


@pytest.mark.parametrize("name", ORDINARY)
def test_what_is_ordinary_is_not_reported(name: str, told: dict[str, tuple[int, list[str]]]) -> None:
    """Generated classes, type hints, and libraries that make code while they are imported accuse nobody."""
    assert told[name] == (0, [])


def test_who_closes_the_line_ends_with_the_first_thing_to_report(told: dict[str, tuple[int, list[str]]]) -> None:
    """What cannot be reported does not run."""
    assert told["closed"] == (-9, [])
