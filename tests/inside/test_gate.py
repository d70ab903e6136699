"""The gate refuses what would hurt or deceive the parsers behind it, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.inside import probe
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
    "name that is read as another": ("def \ufb01nd(): ...\n", "source.name"),
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
    assert probe.gate({"m.py": text}, [])["source"]["findings"] == []


def test_our_own_code_passes() -> None:
    """No file of the product is refused."""
    root = Path(__file__).parents[2]
    files = {str(path.relative_to(root)): path.read_text() for path in (root / "grader").rglob("*.py")}
    assert probe.gate(files, [])["source"]["findings"] == []


def test_an_import_that_is_not_available_is_named_with_what_is() -> None:
    """The finding says which packages the challenge allows, once a file and package, and is milder in a `try`."""
    text = "import json, attrs, numpy as np\nimport numpy.linalg\ntry:\n    import yaml\nexcept ImportError: ...\n"
    found = probe.gate({"pkg/a.py": text, "pkg/b.py": "from . import a\nfrom pkg.a import x\n"}, ["attrs"])["imports"]
    assert [(one["id"], one["line"], one["severity"]) for one in found["findings"]] == [
        ("imports.unavailable", 1, "error"),
        ("imports.unavailable", 4, "warning"),
    ]
    assert "attrs" in found["findings"][0]["help"]


def test_a_file_named_like_a_standard_module_is_pointed_out() -> None:
    """The standard library wins inside, so the candidate is told that nobody imports that file."""
    found = probe.gate({"enum.py": "", "pkg/enum.py": "", "pkg/__init__.py": ""}, [])["imports"]["findings"]
    assert [(one["id"], one["file"]) for one in found] == [("imports.shadows-stdlib", "enum.py")]
