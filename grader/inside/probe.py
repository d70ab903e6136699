"""What the outside may ask of the analysers. Plain data in, plain data out; `files` is always {path: text}.

Each function works in a child process of its own and imports no analyser but the one that it needs.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping

from grader.inside import gate as _gate
from grader.inside import imports as _imports
from grader.inside.findings import Answer, capped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from grader.inside.constructs.judge import Requirement

sys.setrecursionlimit(max(sys.getrecursionlimit(), 10_000))


def gate(files: dict[str, str], provided: list[str]) -> dict[str, Answer]:
    """What refuses the files to every other analyser (`source`), and what is wrong with their imports (`imports`).

    `provided` are the importable names of the challenge's runtime packages.
    """
    python = _python(files)
    refused = [one for path, text in sorted(python.items()) for one in _gate.refusals(path, text)]
    found = _imports.shadowing(python, provided)
    if not refused:
        trees = {path: _gate.parsed(text) for path, text in python.items()}
        found += _imports.unavailable(trees, provided)
    return {
        "source": {"findings": capped(refused, "source"), "tools": {}},
        "imports": {"findings": capped(found, "imports"), "tools": {}},
    }


def types(
    files: dict[str, str],
    modules: list[str],
    contract: str | None = None,
    packages: str | None = None,
    cache: str | None = None,
) -> Answer:
    """mypy --strict on gated files and on the challenge's contract; `modules` are those that the brief asks for."""
    from grader.inside.types import typecheck

    return typecheck.check(_python(files), contract, modules=modules, packages=packages, cache=cache)


def prime(files: dict[str, str], packages: str | None, provided: list[str]) -> dict[str, dict[str, bytes]]:  # noqa: ARG001
    """A mypy cache of the standard library and the runtime packages. Reads no file of any submission."""
    from grader.inside.types import priming

    return {"files": priming.prime(packages, provided)}


def complexity(files: dict[str, str], modules: list[str], worst: int) -> Answer:
    """Cyclomatic complexity of gated files."""
    from grader.inside import complexity as cyclomatic

    return cyclomatic.complexity(_python(files), worst, modules)


def security(files: dict[str, str], modules: list[str]) -> Answer:
    """Weaknesses that bandit knows, in gated files."""
    from grader.inside import security as insecure

    return insecure.security(_python(files), modules)


def constructs(files: dict[str, str], modules: list[str], requirements: list[Requirement]) -> Answer:
    """The requirements of a challenge, judged on gated files; `modules` are those that the brief asks for."""
    from grader.inside.constructs import judge as judging

    return judging.judge(_python(files), modules, requirements)


def answer(files: dict[str, str], modules: list[str]) -> Answer:
    """What of gated files runs without having been read: rebound names, code from text."""
    from grader.inside.tampering import answer as unread

    return unread.answer({path: _gate.parsed(text) for path, text in _python(files).items()}, modules)


def integrity(files: dict[str, str]) -> Answer:
    """Means of tampering in gated files, for a reviewer."""
    from grader.inside.tampering import scan as looking

    return looking.integrity(_python(files))


def _python(files: Mapping[str, str]) -> dict[str, str]:
    """The files that hold code, as CPython reads them."""
    return {path: _gate.normalised(text) for path, text in files.items() if path.endswith(".py")}
