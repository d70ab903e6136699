"""A repository that attacks the scan: it ends, in time, and says what it could not read."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.portfolio.scan.scanning import scan
from sandbox.backends import backend_named

HOSTILE = {
    "unary.py": "x = " + "-" * 200_000 + "1\n",
    "elif.py": "if a: pass\n" + "".join(f"elif a == {number}: pass\n" for number in range(20_000)),
    "parentheses.py": "x = " + "(" * 5_000 + "1" + ")" * 5_000 + "\n",
    "large.py": "x = 1\n" * 900_000,
    "attributes.py": "x = a" + ".b" * 100_000 + "\n",
    "sum.py": "x = " + "1 + " * 100_000 + "1\n",
    "braces.py": "x = " + "{" * 90 + "a\n",
    "functions.py": "def f(): yield 1\n" * 30_000,
    "decorators.py": "@a\n" * 50_000 + "def f(): pass\n",
    "classes.py": "".join(" " * depth + f"class C{depth}(type):\n" for depth in range(95)) + " " * 95 + "x = 1\n",
    "yields.py": "def f():\n" + "    yield 1\n" * 50_000,
    "power.py": "x = 7 ** 10 ** 8\n",
    "controls.py": "x = '" + "\1" * 900_000 + "'\n",
    "pyproject.toml": "x = " + "[" * 50_000,
    "setup.cfg": "[a\n" * 10_000,
}


@pytest.mark.heavy
def test_a_hostile_repository_ends_no_scan(tmp_path: Path) -> None:
    """Every file is read, or unread with a reason; the good one beside them is read."""
    for name, text in HOSTILE.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "good.py").write_text("class Meta(type):\n    def __call__(cls): return 1\n")
    result = scan(tmp_path, backend_named("bubblewrap"), workers=1)
    assert result.seconds < 120
    unread = {file.file for file in result.unread}
    assert {"unary.py", "elif.py", "large.py", "attributes.py", "sum.py", "controls.py"} <= unread
    assert all(file.why for file in result.unread)
    assert len(unread) + result.files.read == len([name for name in HOSTILE if name.endswith(".py")]) + 1
    assert any(place.file == "good.py" for place in result.skills["Metaclasses"].places)
    assert any("pyproject.toml" in words for words in result.quality.given_up)
