"""The gate refuses what would hurt or deceive the parsers behind it, and nothing else."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from grader.inside import gate, probe
from tests.inside.conftest import Analysers

REFUSED = {
    "foreign cookie": ("# -*- coding: unicode_escape -*-\nx = 1\n", "source.encoding"),
    "foreign cookie on line two": ("#!/usr/bin/python\n# vim: set fileencoding=utf_7 :\n", "source.encoding"),
    "NUL": ("x = 1\0\n", "source.character"),
    "lone CR hides a line": ("# comment\rimport os\n", "source.character"),
    "form feed": ("x = 1\n\x0cy = 2\n", "source.character"),
    "bidi override": ("x = '\u202e'\n", "source.character"),
    "line separator": ("# \u2028import os\n", "source.character"),
    "not Python": ("def f(:\n", "source.syntax"),
    "too many digits": (f"x = {'9' * 5000}\n", "source.syntax"),
    "huge hexadecimal": (f"x = 0x{'f' * 5000}\n", "source.literal"),
    "power tower": ("x = 10 ** 10 ** 9\n", "source.literal"),
    "power": ("from typing import Final\nx: Final = 7 ** 10 ** 8\n", "source.literal"),
    "shift": ("x = 1 << 10_000_000\n", "source.literal"),
    "powers multiplied": ("x = 3**9000 * 3**9000\n", "source.literal"),
    "long text": (f"x = '{'a' * 150_000}'\n", "source.literal"),
    "nested parentheses": (f"x = {'(' * 5000}1{')' * 5000}\n", "source.syntax"),
    "nested lists": (f"x = {'[' * 190}{']' * 190}\nx = {'-' * 300}1\n", "source.too-deep"),
    "unary chain": (f"x = {'-' * 100_000}1\n", "source.too-deep"),
    "attribute chain": (f"x = a{'.a' * 50_000}\n", "source.too-deep"),
    "sum chain": (f"x = {'1+' * 50_000}1\n", "source.too-deep"),
    "call chain": (f"x = f{'()' * 50_000}\n", "source.too-deep"),
    "too many nodes": ("x = 1\n" * 20_000, "source.too-many-nodes"),
    "too large": ("#\n" * 140_000, "source.too-large"),
}


@pytest.mark.parametrize("flaw", REFUSED)
def test_hostile_text_is_refused(flaw: str, analysers: Analysers) -> None:
    """Every known attack on a parser ends at the gate, with the id that documents it."""
    text, expected = REFUSED[flaw]
    assert expected in analysers.refusals(text)


@pytest.mark.parametrize(
    "text",
    [
        "# -*- coding: utf-8 -*-\nx = 1\n",
        "\ufeffx = 1\r\ny = 2\r\n",
        "x = 'ä €'\n",
        "größe = 1\n",
        "x = 2 ** 64 << 3\nmask = 1 << n\n",
        "if a: pass\n" + "elif a: pass\n" * 100,
    ],
)
def test_ordinary_text_passes(text: str) -> None:
    """UTF-8 with or without a mark, Windows line ends, other alphabets and constants of sane size are accepted."""
    assert probe.gate({"m.py": text}, ["m.py"], [])["source"]["findings"] == []


@pytest.mark.heavy
def test_our_own_code_passes() -> None:
    """No file of the product is refused."""
    root = Path(__file__).parents[2]
    files = {str(path.relative_to(root)): path.read_text() for path in (root / "grader").rglob("*.py")}
    assert probe.gate(files, [*files], [])["source"]["findings"] == []


def test_an_import_that_is_not_available_is_named_with_what_is() -> None:
    """The finding says which packages the challenge allows, once a file and package, and is milder in a `try`."""
    text = "import json, attrs, numpy as np\nimport numpy.linalg\ntry:\n    import yaml\nexcept ImportError: ...\n"
    files = {"pkg/a.py": text, "pkg/b.py": "from . import a\nfrom pkg.a import x\n"}
    found = probe.gate(files, ["pkg/b.py"], ["attrs"])["imports"]
    assert [(finding["id"], finding["line"], finding["severity"]) for finding in found["findings"]] == [
        ("imports.unavailable", 1, "error"),
        ("imports.unavailable", 4, "warning"),
    ]
    assert "attrs" in found["findings"][0]["help"]


def test_modules_that_the_type_checker_brings_may_be_imported_for_it_alone() -> None:
    """Under TYPE_CHECKING they need not exist; imports that run do not find them, and the candidate is told so."""
    guarded = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from _typeshed.wsgi import StartResponse\n"
    files = {
        "a.py": guarded,
        "b.py": "from _typeshed.wsgi import StartResponse\n",
        "c.py": guarded + "else:\n    import typing_extensions\n",
        "d.py": "try:\n    import typing_extensions\nexcept ImportError: ...\n",
        "e.py": "from typing import TYPE_CHECKING\nif not TYPE_CHECKING:\n    import typing_extensions\n",
    }
    found = probe.gate(files, list(files), [])["imports"]["findings"]
    assert [(finding["file"], finding["severity"]) for finding in found] == [
        *(("b.py", "error"), ("c.py", "warning"), ("d.py", "warning"), ("e.py", "warning")),
    ]


def test_a_file_named_like_a_standard_module_is_pointed_out() -> None:
    """The standard library wins inside, so the candidate is told that `import` never gives that file, for free."""
    files = {"m.py": "import enum\nimport pkg.enum\n", "enum.py": "", "pkg/enum.py": "", "pkg/__init__.py": ""}
    told = probe.gate(files, ["m.py"], [])
    found = [
        (finding["id"], finding["file"], finding["line"], finding["severity"])
        for finding in told["imports"]["findings"]
    ]
    assert found == [("imports.shadows-stdlib", "m.py", 1, "note")]
    assert told["answer"] == ["m.py", "pkg/__init__.py", "pkg/enum.py"]


def test_of_a_module_and_a_package_of_one_name_the_package_is_the_answer() -> None:
    """Python imports the package, so that is judged; the file is left out, and the candidate is told so for free."""
    files = {
        "m.py": "import other\n",
        "m/__init__.py": "from m.part import X\n",
        "m/part.py": "X = 1\n",
        "other.py": "",
    }
    told = probe.gate(files, ["m.py"], [])
    assert told["answer"] == ["m/__init__.py", "m/part.py"]
    found = [(finding["id"], finding["file"], finding["severity"]) for finding in told["imports"]["findings"]]
    assert found == [("imports.hidden-by-package", "m/__init__.py", "note")]


def test_a_name_that_is_read_as_another_is_one_remark(analysers: Analysers) -> None:
    """The micro sign of the keyboard is not the letter that CPython reads: worth a note, and everything is judged."""
    told = analysers.gated("\u00b5 = 1\ndef \ufb01nd(): ...\n")
    assert told.source.findings == ()
    assert [(finding.id, finding.severity, finding.line) for finding in told.imports.findings] == [
        ("source.name", "note", 1)
    ]


@pytest.mark.parametrize(
    "constant",
    ["2 ** -(2 ** (11 - 1) - 2)", "2**2**10", "10**4300", "(1 << 10_000) // 3", "2.0 ** 10_000", "1 / 0", "0 << 10**9"],
)
def test_a_constant_is_measured_exactly(constant: str) -> None:
    """What has few bits passes, however it is written; so does what only raises."""
    assert probe.gate({"m.py": f"x = {constant}\n"}, ["m.py"], [])["source"]["findings"] == []


def test_chains_of_constants_are_read_once() -> None:
    """Each operator of a long sum is computed once, not once for each operator around it."""
    visited: list[object] = []
    value = gate._value
    with pytest.MonkeyPatch.context() as patch:

        def counted(*asked: Any) -> Any:
            visited.append(asked)
            return value(*asked)

        patch.setattr(gate, "_value", counted)
        assert gate.refusals("m.py", f"x = {'+'.join('1' * 150)}\n") == []
    assert len(visited) < 1000


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="reads the syntax of 3.12")
@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("type Pair[T] = tuple[T, T]\n", "3.12"),
        ("def first[T](items: list[T]) -> T: ...\n", "3.12"),
        ("class Box[T]: ...\n", "3.12"),
        ('d = {}\nx = f"{d["a"]}"\n', "3.12"),
        ("try: ...\nexcept ValueError, TypeError: ...\n", "3.14"),
    ],
)
def test_syntax_of_a_later_python_is_called_that(text: str, version: str) -> None:
    """The candidate is told which Python the grader runs, and which one the line is written for."""
    (found,) = gate.refusals("m.py", text)
    assert (
        found["message"]
        == f"This is Python {version} syntax; the grader runs Python {sys.version_info[0]}.{sys.version_info[1]}."
    )
    assert "This is not Python" in gate.refusals("m.py", "def f(:\n")[0]["message"]
