"""Names of the house: a public class and a module is named once, and a loop variable says what it holds."""

from __future__ import annotations

import ast
from collections import Counter

import pytest

from benchmarks.house import PARTS, PRONOUNS, ROOT, files, loop_variables, public_classes


def test_a_public_class_is_defined_once() -> None:
    """Below grader/ one name means one thing; a name below sandbox/inside may be that of its other end outside."""
    twice = {name: paths for name, paths in public_classes(files("grader")).items() if len(paths) > 1}
    assert twice == {}


def test_a_module_is_named_once_in_a_package() -> None:
    """Within one package of grader/ a module's name says which one is meant."""
    modules = [path.relative_to(ROOT / "grader") for path in files("grader") if not path.stem.startswith("__")]
    names = Counter((path.parts[0], path.stem) for path in modules if len(path.parts) > 1)
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.heavy
def test_loop_variables_are_nouns() -> None:
    """Fewer than one in a hundred is a pronoun, in every part of the repository."""
    for part in PARTS:
        named = [
            (variable.id, path.relative_to(ROOT), variable.lineno)
            for path in files(part)
            for variable in loop_variables(ast.parse(path.read_text(encoding="utf-8")))
        ]
        vague = [place for place in named if place[0] in PRONOUNS]
        assert len(vague) < len(named) / 100, vague
