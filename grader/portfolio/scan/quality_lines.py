"""The quality section of a scan: one line for each figure, the same in the terminal and in Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from grader.portfolio.scan.inventory import CodeQuality, Scan
from grader.report.figures import number

SEVERITIES = (("error", "high"), ("warning", "medium"), ("note", "low"))


class QualityLine(NamedTuple):
    """A figure in words, with places to look at."""

    name: str
    words: str
    places: tuple[str, ...] = ()


def quality_lines(scan: Scan) -> Iterator[QualityLine]:
    """Yield the lines about the quality of the code that was read."""
    quality = scan.quality
    yield _complexity(quality)
    yield _weaknesses(quality)
    yield _lint(scan)
    yield from _tests(scan)
    yield _types(quality)
    yield QualityLine("async", f"{_count(quality.coroutines, 'coroutine')} of {_count(quality.functions, 'function')}")
    yield QualityLine("logging", f"{_count(quality.loggers, 'logger')}, {_count(quality.prints, 'print')}")
    settings = scan.skills["Configuration"]
    words = (
        f"{_count(settings.strong, 'place')} in {_count(settings.files, 'file')}" if settings.strong else "none seen"
    )
    yield QualityLine("settings", words)
    yield from _layers(quality)
    configured = ", ".join(f"{tool} ({file})" for tool, file in quality.configured.items())
    yield QualityLine("configured", configured or "nothing seen")
    yield QualityLine("CI", ", ".join(quality.ci) or "none seen")
    if quality.given_up:
        yield QualityLine("not measured", f"{_count(len(quality.given_up), 'item')}", quality.given_up[:5])


def _complexity(quality: CodeQuality) -> QualityLine:
    if quality.mean_complexity is None:
        return QualityLine("complexity", "not measured")
    mean, blocks = number(quality.mean_complexity), _count(quality.blocks, "function")
    words = f"{mean} on average over {blocks}, {quality.above} above 10"
    places = tuple(f"{block.complexity}  {block.file}:{block.line} {block.name}" for block in quality.worst[:3])
    return QualityLine("complexity", words, places)


def _weaknesses(quality: CodeQuality) -> QualityLine:
    if quality.mean_complexity is None and not quality.weaknesses:
        return QualityLine("weaknesses", "not measured")
    words = ", ".join(f"{quality.weaknesses.get(severity, 0)} {word}" for severity, word in SEVERITIES)
    places = tuple(
        f"{dict(SEVERITIES)[found.severity]}  {found.file}:{found.line} {found.message}"
        for found in quality.weakest[:3]
    )
    return QualityLine("weaknesses", f"{words} (bandit)", places)


def _lint(scan: Scan) -> QualityLine:
    quality = scan.quality
    if quality.lint is None:
        return QualityLine("lint", "not measured" if "ruff" in scan.tools else "not measured: ruff is not installed")
    words = f"{_count(quality.lint, 'finding')} in {_count(quality.lint_lines, 'line')} (ruff)"
    places = tuple(
        f"{found.count} x {found.rule}  {found.file}:{found.line} {found.message}" for found in quality.lint_rules[:3]
    )
    return QualityLine("lint", words, places)


def _tests(scan: Scan) -> Iterator[QualityLine]:
    quality = scan.quality
    share = round(100 * quality.test_lines / scan.files.lines) if scan.files.lines else 0
    words = f"{_count(quality.tests, 'test function')} in {_count(quality.test_files, 'file')}, {share} % of all lines"
    yield QualityLine("tests", words if quality.test_files else "none seen")
    where = quality.configured.get("coverage")
    bound = f", at least {number(quality.coverage_at_least)} %" if quality.coverage_at_least is not None else ""
    yield QualityLine("coverage", f"configured in {where}{bound}" if where else "not configured")


def _types(quality: CodeQuality) -> QualityLine:
    share = round(100 * quality.annotated / quality.functions) if quality.functions else 0
    words = f"{share} % of functions annotated"
    if quality.strict_types:
        words += ", strict checks configured"
    if quality.type_errors is not None:
        words += f", {_count(quality.type_errors, 'finding')} by mypy --strict"
    return QualityLine("types", words)


def _layers(quality: CodeQuality) -> Iterator[QualityLine]:
    if quality.modules is None:
        yield QualityLine("imports", "no imports between modules")
        return
    cut = (
        f"{_count(quality.cycles or 0, 'import')} to remove so that no cycle is left" if quality.cycles else "no cycles"
    )
    places = tuple(f"{breaker.importer} -> {breaker.imported}" for breaker in quality.breakers[:3])
    yield QualityLine("imports", f"{quality.imports} between {_count(quality.modules, 'module')}, {cut}", places)


def _count(number_: int, noun: str) -> str:
    return f"{number_} {noun}{'' if number_ == 1 else 's'}"


def read_words(scan: Scan) -> str:
    """Return how much was read, in words."""
    files = scan.files
    words = f"{_count(files.read, 'file')}, {_count(files.lines, 'line')} read"
    if files.by_fallback:
        words += f" ({files.by_fallback} of them only with tree-sitter)"
    return f"{words}; {files.unread} not read; {_count(files.left_out, 'folder')} left out"
