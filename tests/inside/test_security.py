"""bandit's evidence: nothing in the submission silences it, and a skipped file is never clean."""

from __future__ import annotations

import ast

import pytest

from grader.evidence.analysers.sandbox import AnalyserAnswer
from grader.inside import security as insecure
from grader.inside.plain_calls import in_plain_words
from tests.inside.conftest import Analysers

SHELL = "import subprocess\ndef run(line: str) -> None:\n    subprocess.call(line, shell=True)  # nosec\n"


def test_a_weakness_is_found_although_it_says_nosec(analysers: Analysers) -> None:
    """The finding has a stable id, a place and words; its severity is bandit's."""
    told = analysers.ask("security", SHELL)
    assert isinstance(told, AnalyserAnswer)
    (found,) = told.findings
    assert (found.id, found.severity, found.file, found.line) == ("security.b602", "error", "m.py", 3)
    assert "CWE-78" in found.help


@pytest.mark.parametrize(
    ("text", "id_"),
    [
        ("import hashlib\nhashlib.md5(b'x')\n", "security.b324"),
        ("import pickle\ndef f(b): return pickle.loads(b)\n", "security.b301"),
        ("import yaml\ndef f(t): return yaml.load(t)\n", "security.b506"),
        ("def f(t): return eval(t)\n", "security.b307"),
        ("password = 'hunter2'\n", "security.b105"),
    ],
)
def test_each_kind_of_weakness_is_found(text: str, id_: str, analysers: Analysers) -> None:
    """The plugins of bandit are really loaded inside."""
    assert id_ in analysers.found("security", text)


PLAIN = "import subprocess\ndef f(x: str) -> None: subprocess.run(x, shell=True)\n"
SHELLS = {
    "plain": PLAIN,
    "another name": "from subprocess import run as r\ndef f(x: str) -> None: r(x, shell=True)\n",
    "variable": "import subprocess\nrun = subprocess.run\ndef f(x: str) -> None: run(x, shell=True)\n",
    "getattr": "import subprocess\ndef f(x: str) -> None: getattr(subprocess, 'run')(x, shell=True)\n",
    "getattr of a sum": "import subprocess as s\ndef f(x: str) -> None: getattr(s, 'r' + 'un')(x, shell=True)\n",
    "dict": "import subprocess\ndef f(x: str) -> None: subprocess.run(x, **{'shell': True})\n",
    "dict call": "import subprocess\ndef f(x: str) -> None: subprocess.run(x, **dict(shell=True))\n",
    "named dict": "import subprocess\nHOW = {'shell': True}\ndef f(x: str) -> None: subprocess.run(x, **HOW)\n",
    "named constant": "import subprocess\nYES = True\ndef f(x: str) -> None: subprocess.run(x, shell=YES)\n",
    "partial": "import functools, subprocess\nf = functools.partial(subprocess.run, shell=True)\n",
    "called partial": (
        "from functools import partial\nimport subprocess\n"
        "def f(x: str) -> None: partial(subprocess.run)(x, shell=True)\n"
    ),
    "dynamic import": (
        "import importlib\ndef f(x: str) -> None: importlib.import_module('subprocess').run(x, shell=True)\n"
    ),
    "helper": "import subprocess\ndef f(x: str, how: bool) -> None: subprocess.run(x, shell=how)\nf('ls', True)\n",
    "helper's function": "import subprocess\ndef f(run, x: str) -> None: run(x, shell=True)\nf(subprocess.run, 'ls')\n",
}
HASHES = {
    "plain": "import hashlib\nh = hashlib.new('md5')\n",
    "variable": "import hashlib\nh = hashlib.md5\nh(b'')\n",
    "named constant": "import hashlib\nNAME = 'md5'\nhashlib.new(NAME)\n",
    "helper": "import hashlib\ndef made(name: str) -> object: return hashlib.new(name)\nmade('md5')\n",
    "default": "import hashlib\ndef made(name: str = 'md5') -> object: return hashlib.new(name)\n",
    "getattr of a parameter": (
        "import hashlib\ndef made(name: str) -> object: return getattr(hashlib, name)()\nmade('md5')\n"
    ),
}
HANDED_ON = {
    "an argument": "next(map(pickle.loads, [data]))\n",
    "an argument by getattr": "next(map(getattr(pickle, 'loads'), [data]))\n",
    "a keyword": "Thread(target=pickle.loads, args=(data,)).start()\n",
    "an entry": "[pickle.loads][0](data)\n",
    "an entry of a table": "LOADERS = {'pickle': pickle.loads}\n",
    "a result": "def loader(): return pickle.loads\n",
    "a lambda's result": "loader = lambda: pickle.loads\n",
    "a part of a class": "class Codec:\n    load = pickle.loads\n",
    "a static part of a class": "class Codec:\n    load = staticmethod(pickle.loads)\n",
    "a name given within an expression": "(load := pickle.loads)(data)\n",
    "an item of the module's names": "vars(pickle)['loads'](data)\n",
    "a method's name": "operator.methodcaller('loads', data)(pickle)\n",
    "another name": "pickle._loads(data)\n",
    "a helper's function": "def f(load, data): return load(data)\nf(pickle.loads, data)\n",
    "an entry that gets a name": "for load in (pickle.loads,):\n    load(data)\n",
}


def ids(text: str) -> list[str]:
    return [finding["id"] for finding in insecure.security({"m.py": text})["findings"]]


@pytest.mark.parametrize("text", SHELLS.values(), ids=SHELLS)
def test_a_shell_is_a_shell_by_any_name(text: str) -> None:
    """The finding is the one that bandit gives the plain spelling, and there is one."""
    assert [id_ for id_ in ids(text) if id_ in {"security.b602", "security.b603"}] == ["security.b602"]


@pytest.mark.parametrize("text", HASHES.values(), ids=HASHES)
def test_a_weak_hash_is_weak_by_any_name(text: str) -> None:
    """Behind names, constants and helpers, too."""
    assert ids(text) == ["security.b324"]


@pytest.mark.parametrize("text", HANDED_ON.values(), ids=HANDED_ON)
def test_a_function_that_is_handed_on_is_called(text: str) -> None:
    """Whoever else calls a dangerous function, it is found once, and as often as in the plain spelling."""
    found = ids(f"import operator, pickle\nfrom threading import Thread\ndata = b''\n{text}")
    assert found == ["security.b403", "security.b301"]


def test_a_shell_of_asyncios_is_a_shell() -> None:
    """bandit does not know it by this name."""
    text = "import asyncio\nasync def f(x: str) -> None: await asyncio.create_subprocess_shell(x)\n"
    assert ids(text) == ["security.b605"]


@pytest.mark.parametrize(
    "text",
    [
        "import pickle\ndef f(x: object) -> bool: return isinstance(x, pickle.Unpickler)\n",
        "import pickle\ndef f(x: pickle.Unpickler, y: tuple[pickle.Unpickler, int]) -> None: ...\n",
        "import random\ndraws = list(map(random.choice, ['ab', 'cd']))\n",
        "import subprocess\ndef f(x: str, shell: bool = False) -> None: subprocess.run([x], shell=shell, check=True)\n",
        "import hashlib\ndef made(name: str) -> object: return hashlib.new(name)\nmade('sha256')\n",
        "import functools, math\nf = functools.partial(math.pow, 2)\ng = getattr(math, 'sqrt')(\n    4,\n)\n",
    ],
)
def test_plain_words_accuse_nobody_of_more(text: str) -> None:
    """What is harmless in plain words stays what bandit says of the text as it stands."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(insecure, "in_plain_words", lambda text, _tree, _dangerous: text)
        alone = ids(text)
    assert ids(text) == alone


def test_plain_words_stand_on_the_lines_of_the_text() -> None:
    """A callee over several lines moves nothing below it."""
    text = "import subprocess\ngetattr(\n    subprocess,\n    'run',\n)('ls *', shell=True)\nimport pickle\n"
    made = in_plain_words(text, ast.parse(text), ())
    assert made.split("\n")[-2] == "import pickle"
    plain = "import subprocess\nsubprocess.run('ls *', shell=True)\nimport pickle\n"
    assert ast.dump(ast.parse(made)) == ast.dump(ast.parse(plain))


@pytest.mark.parametrize("name", [".bandit", "bandit.yaml", "pyproject.toml", "bandit.py", "stevedore.py"])
def test_what_lies_beside_the_code_changes_nothing(name: str, analysers: Analysers) -> None:
    """Configuration and modules named like the analyser are not read."""
    files = {"m.py": SHELL, name: "raise SystemExit\n" if name.endswith(".py") else "[bandit]\nskips = B602\n"}
    assert "security.b602" in analysers.found("security", files)


def test_asserts_and_tests_are_no_weakness(analysers: Analysers) -> None:
    """The profile leaves out what is no defect here, and the candidate's tests are not judged."""
    files = {"m.py": "def f(x: int) -> int:\n    assert x\n    return x\n", "tests/test_m.py": SHELL}
    assert analysers.found("security", files) == []


def test_a_client_without_a_timeout_within_a_deadline_is_right(analysers: Analysers) -> None:
    """A deadline around the whole attempt is better than the client's own; without either, something is missing."""
    call = "import asyncio, httpx\nasync def f() -> None:\n    client = httpx.AsyncClient(timeout=None)\n"
    assert analysers.found("security", call) == ["security.b113"]
    assert (
        analysers.found("security", f"{call}    async with asyncio.timeout(1):\n        await client.get('x')\n") == []
    )


def test_a_file_that_bandit_skips_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """bandit itself prints a line nobody reads and exits 0."""
    monkeypatch.setattr("bandit.core.node_visitor.BanditNodeVisitor.process", lambda *_: 1 / 0)
    answer = insecure.security({"m.py": "x = 1\n"})
    assert [(finding["id"], finding["file"]) for finding in answer["findings"]] == [("security.unanalysable", "m.py")]
