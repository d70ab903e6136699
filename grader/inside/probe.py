"""The questions that the outside may ask the analysers: plain data in, plain data out; `files` is always {path: text}.

`gate` takes all files of a submission and determines which of them are its answer; the other functions take only those.
No function keeps anything for the next call, so they can share a child process, and each imports only its own analyser.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Mapping
from typing import Any, TypedDict

from grader.inside import gate as _gate
from grader.inside import imports as _imports
from grader.inside.findings import AnswerDict, capped

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ast

    from grader.inside.constructs.judge import RequirementDict
    from grader.inside.inventory.figures import FiguresDict
    from grader.inside.inventory.layering import LayeringDict
    from grader.inside.inventory.listing import FileDict
    from grader.inside.inventory.project_files import ProjectDict

sys.setrecursionlimit(max(sys.getrecursionlimit(), 10_000))
gc.set_threshold(
    100_000
)  # importing the analysers makes many objects and no garbage: an eighth of it was the collector


class Gated(TypedDict):
    """The gate's result: the answer, and every problem that it found."""

    answer: list[str]
    """The files of the answer."""
    source: AnswerDict
    """The problems that prevent every other analyser from reading these files."""
    imports: AnswerDict
    """The problems with the imports and names in these files."""


def gate(files: dict[str, str], modules: list[str], provided: list[str], *, tests: bool = False) -> Gated:
    """Find the answer among a submission's files, and its problems, before any other analyser reads it.

    `modules` are the files that the brief asks for, and `provided` the importable names of the challenge's runtime
    packages; with `tests`, the answer is a test suite.
    """
    python = {path: _gate.normalised(text) for path, text in files.items() if path.endswith(".py")}
    examined: dict[str, _gate.Examined] = {}

    def parse(path: str, text: str) -> ast.Module | None:
        if path not in examined:
            examined[path] = _gate.examined(path, text)
        return examined[path].tree

    answer = _imports.answer(python, modules, tests=tests, provided=provided, parse=parse)
    refused = [refusal for path in answer.paths for refusal in examined[path].refusals]
    found = [remark for path in answer.paths for remark in examined[path].remarks]
    found += _imports.hidden_by_packages(python, modules)
    found += _imports.shadowing(answer.trees, python, provided)
    if not refused:
        found += _imports.unavailable(answer.trees, provided)
    return {
        "answer": answer.paths,
        "source": {"findings": capped(refused, "source"), "tools": {}},
        "imports": {"findings": capped(found, "imports"), "tools": {}},
    }


def read(files: dict[str, str], asked: dict[str, dict[str, Any]]) -> dict[str, dict[str, AnswerDict]]:
    """Ask several analysers in turn about gated files; settings and answers are keyed by analyser."""
    return {"answers": {name: READERS[name](files, **settings) for name, settings in asked.items()}}


def types(
    files: dict[str, str], contract: str | None = None, packages: str | None = None, cache: str | None = None
) -> AnswerDict:
    """Run mypy --strict on gated files and on the challenge's contract."""
    from grader.inside.types import typecheck

    return typecheck.check(_normalised(files), contract, packages=packages, cache=cache)


def prime(files: dict[str, str], packages: str | None, provided: list[str]) -> dict[str, dict[str, bytes]]:  # noqa: ARG001
    """Return a mypy cache of the standard library and the runtime packages. Reads no file of any submission."""
    from grader.inside.types import priming

    return {"files": priming.prime(packages, provided)}


def complexity(files: dict[str, str], worst: int) -> AnswerDict:
    """Measure the cyclomatic complexity of gated files."""
    from grader.inside import complexity as cyclomatic

    return cyclomatic.complexity(_normalised(files), worst)


def security(files: dict[str, str]) -> AnswerDict:
    """Find weaknesses known to bandit in gated files."""
    from grader.inside import security as insecure

    return insecure.security(_normalised(files))


def constructs(files: dict[str, str], modules: list[str], requirements: list[RequirementDict]) -> AnswerDict:
    """Judge a challenge's requirements on gated files; `modules` are those that the brief asks for."""
    from grader.inside.constructs import judge as judging

    return judging.judge(_normalised(files), modules, requirements)


def unread(files: dict[str, str]) -> AnswerDict:
    """Return the places in gated files where unread code runs: rebound names, and code from text."""
    from grader.inside.tampering import answer

    return answer.answer({path: _gate.parsed(text) for path, text in _normalised(files).items()})


def integrity(files: dict[str, str]) -> AnswerDict:
    """Find signs of tampering in gated files, for a reviewer. The submission's own modules may be named like the
    harness's.
    """
    from grader.inside.tampering import scan, signs

    told = scan.integrity(_normalised(files))
    if signs.HARNESS_MODULES.intersection(path.partition("/")[0].removesuffix(".py") for path in files):
        told["findings"] = [item for item in told["findings"] if item["id"] != signs.PROBE.id]
    return told


def inventory(files: dict[str, str]) -> dict[str, dict[str, FileDict]]:
    """List the signs of the framework's skills in files that nobody has gated."""
    from grader.inside.inventory import listing

    return {"files": listing.listed(files)}


def figures(files: dict[str, str], ruff: str | None = None) -> FiguresDict:
    """Measure the quality of files that nobody has gated; `ruff` is the program's path, if it is there."""
    from grader.inside.inventory import figures as measuring

    return measuring.figures(files, ruff)


def project(files: dict[str, str]) -> ProjectDict:
    """Return what a project's configuration declares."""
    from grader.inside.inventory import project_files

    return project_files.project(files)


def layering(files: dict[str, str], graph: dict[str, list[str]]) -> LayeringDict:  # noqa: ARG001
    """Measure a graph of imports. Reads no file."""
    from grader.inside.inventory import layering as layers

    return layers.layering(graph)


READERS: Mapping[str, Callable[..., AnswerDict]] = {
    "constructs": constructs,
    "complexity": complexity,
    "security": security,
    "integrity": integrity,
    "unread": unread,
}
"""Analysers that can be asked together: all but the type checker, which takes more memory and time than all of
these.
"""


def _normalised(files: Mapping[str, str]) -> dict[str, str]:
    return {path: _gate.normalised(text) for path, text in files.items()}
