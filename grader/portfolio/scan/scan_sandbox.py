"""The ANALYSE sandboxes of a scan: one for each worker, and what happens when a text ends one.

A batch is sent as a whole. If it ends the child, its files are sent one by one, and those that end a child again count
as unread. That costs time, so after `LOSSES` such files, a batch that ends the child is unread as a whole: a hostile
repository cannot make a scan endless.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from queue import SimpleQueue
from types import TracebackType
from typing import Annotated, NamedTuple, Self, TypeVar

import msgspec

from grader.errors import CannotMeasure
from grader.evidence.analysers import mypy_cache as type_cache
from grader.evidence.analysers.sandbox import AnalyserAnswer, AnalyserSandbox, GaveUp
from grader.model import Failure, Fault, Struct
from sandbox.machine.packages import program_mounts
from sandbox.outcome import SandboxUnusable
from sandbox.policy import ANALYSE, MIB, Mount
from sandbox.session import Backend, Plain

TOOLS = ("radon", "bandit", "grimp")
FALLBACK = ("tree-sitter", "tree-sitter-python")
"""Used if they are installed: `pip install senior-python-grader[scan]`."""
LINTER = "ruff"
"""Used if it is installed, too: a program, mounted alone."""
PRELOAD = ("radon.visitors", "bandit.core.manager", "bandit.core.config")
SCAN = replace(ANALYSE, name="scan", caps=replace(ANALYSE.caps, answer=16 * MIB))
DEEP = replace(
    ANALYSE,
    name="scan-deep",
    limits=replace(ANALYSE.limits, cpu_seconds=120),
    deadlines=replace(ANALYSE.deadlines, first_call=180.0, call=180.0, child=180.0),
    caps=replace(ANALYSE.caps, answer=4 * MIB),
)
"""The policy for mypy on a whole repository, with `--deep`."""
LOSSES = 20

Count = Annotated[int, msgspec.Meta(ge=0)]
Told = TypeVar("Told", bound=Struct)


class FoundFacts(Struct, frozen=True, kw_only=True):
    """The facts of one file, decoded strictly, because the process that made them read hostile text."""

    abstractions: list[tuple[str, Count]]
    bases: list[tuple[str, str, Count]]
    takes: list[tuple[str, Count]]
    imports: list[str]
    classes: Count
    functions: Count
    coroutines: Count
    annotated: Count
    tests: Count
    prints: Count
    loggers: Count


class FoundFile(Struct, frozen=True, kw_only=True):
    """What one file shows."""

    lines: Count
    is_test: bool
    by: str
    why: str
    left_out: list[tuple[Count, Count]]
    places: dict[str, list[tuple[Count, str, bool]]]
    counts: dict[str, tuple[Count, Count]]
    facts: FoundFacts | None


class FoundFiles(Struct, frozen=True, kw_only=True):
    """What the files of a batch show."""

    files: dict[str, FoundFile]


class FoundFigures(Struct, frozen=True, kw_only=True):
    """The figures of a batch."""

    blocks: Count
    complexity: Count
    above: Count
    worst: list[tuple[Count, str, Count, str]]
    weaknesses: dict[str, Count]
    weakest: list[tuple[str, str, Count, str]]
    given_up: list[tuple[str, str]]
    rules: dict[str, tuple[Count, str, Count, str]]
    linted: Count


class FoundProject(Struct, frozen=True, kw_only=True):
    """What a project declares."""

    declared: dict[str, str]
    fail_under: float | None
    strict_types: bool
    ci: list[str]
    unread: list[tuple[str, str]]


class FoundLayering(Struct, frozen=True, kw_only=True):
    """The import graph's metrics."""

    modules: Count
    imports: Count
    cycles: Count
    breakers: list[tuple[str, str]]


class LostTexts(NamedTuple):
    """Files that the reader gave up on, and why."""

    paths: tuple[str, ...]
    why: str


class ScanSandboxes:
    """Sandboxes, each lent to one worker at a time. Raises CannotMeasure if this machine cannot make them."""

    def __init__(self, backend: Backend, *, workers: int) -> None:
        self._idle: SimpleQueue[AnalyserSandbox] = SimpleQueue()
        self._all: list[AnalyserSandbox] = []
        self._lock = threading.Lock()
        self._losses = 0
        self.defects = 0
        """The number of requests on which our own code failed; their files count as unread."""
        tools = (*TOOLS, *installed(FALLBACK))
        self.tools = {name: version(name) for name in (*tools, *installed((LINTER,)))}
        try:
            linter = program_mounts(LINTER) if LINTER in self.tools else ()
            self._figures: dict[str, Plain] = {"ruff": str(linter[0].target) if linter else None}
            for _ in range(workers):
                sandbox = AnalyserSandbox(backend, tools=tools, mounts=linter, policy=SCAN, preload=PRELOAD)
                self._all.append(sandbox)
                self._idle.put(sandbox)
        except SandboxUnusable as error:
            self.close()
            raise CannotMeasure(error.why, remedy=error.remedy) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all sandboxes."""
        for sandbox in self._all:
            sandbox.close()

    def files(self, texts: Mapping[str, str]) -> tuple[list[FoundFiles], list[LostTexts]]:
        """List the signs in some files."""
        return self._each("inventory", texts, {}, FoundFiles)

    def figures(self, texts: Mapping[str, str]) -> tuple[list[FoundFigures], list[LostTexts]]:
        """Measure the quality of some files."""
        return self._each("figures", texts, self._figures, FoundFigures)

    def project(self, texts: Mapping[str, str]) -> FoundProject | GaveUp:
        """Read what a project declares."""
        return self._ask("project", texts, {}, FoundProject)

    def layering(self, graph: Mapping[str, list[str]]) -> FoundLayering | GaveUp:
        """Measure a graph of imports."""
        return self._ask(
            "layering", {}, {"graph": {name: [*targets] for name, targets in graph.items()}}, FoundLayering
        )

    def _each(
        self, function: str, texts: Mapping[str, str], settings: Mapping[str, Plain], shape: type[Told]
    ) -> tuple[list[Told], list[LostTexts]]:
        """Ask about all texts at once or, if that ends the child, about each on its own."""
        answer = self._ask(function, texts, settings, shape)
        if not isinstance(answer, GaveUp):
            return [answer], []
        if len(texts) == 1 or self._has_lost_enough():
            return [], [LostTexts(tuple(texts), answer.why)]
        answers: list[Told] = []
        lost: list[LostTexts] = []
        for path, text in texts.items():
            enough = self._has_lost_enough()
            alone = (
                GaveUp("Not read, because too many earlier files ended the reader")
                if enough
                else self._ask(function, {path: text}, settings, shape)
            )
            if isinstance(alone, GaveUp):
                lost.append(LostTexts((path,), alone.why))
                with self._lock:
                    self._losses += 1
            else:
                answers.append(alone)
        return answers, lost

    def _has_lost_enough(self) -> bool:
        with self._lock:
            return self._losses >= LOSSES

    def _ask(
        self, function: str, texts: Mapping[str, str], settings: Mapping[str, Plain], shape: type[Told]
    ) -> Told | GaveUp:
        sandbox = self._idle.get()
        try:
            answer, _ = sandbox.ask(function, _sendable(texts), settings, shape)
        finally:
            self._idle.put(sandbox)
        if isinstance(answer, Failure) and answer.fault is Fault.HARNESS:
            with self._lock:
                self.defects += 1
            return GaveUp(answer.reason)
        return _measured(answer)


def type_errors(backend: Backend, texts: Mapping[str, str]) -> AnalyserAnswer | GaveUp:
    """Run mypy --strict on files. Raises CannotMeasure."""
    cache: Mount | None = type_cache.primed(backend, ())
    settings: dict[str, Plain] = {"cache": str(type_cache.INSIDE) if cache else None}
    try:
        with AnalyserSandbox(backend, tools=("mypy",), mounts=[cache] if cache else [], policy=DEEP) as sandbox:
            answer, _ = sandbox.ask("types", _sendable(texts), settings, AnalyserAnswer)
    except SandboxUnusable as error:
        raise CannotMeasure(error.why, remedy=error.remedy) from None
    return _measured(answer)


def _sendable(texts: Mapping[str, str]) -> dict[Plain, Plain]:
    return {path: text for path, text in texts.items()}  # noqa: C416 - a dict of other types


def installed(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names if all of these distributions are installed, else an empty tuple."""
    try:
        return tuple(name for name in names if version(name))
    except PackageNotFoundError:
        return ()


def _measured(answer: Told | GaveUp | Failure) -> Told | GaveUp:
    if isinstance(answer, Failure):
        raise CannotMeasure(answer.reason, remedy=answer.remedy)
    return answer
