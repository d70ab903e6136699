"""The use case of scanning a repository: workers take batches of text through both stages, and the results add up."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from grader.errors import CannotMeasure, UserError
from grader.evidence.analysers.sandbox import GaveUp
from grader.inside.inventory.across import imports, module_name
from grader.intake import Tree, open_tree
from grader.intake.refusal import shown
from grader.portfolio.scan import repository_text
from grader.portfolio.scan.inventory import CodeQuality, FileCounts, ImportCut, Scan, UnreadFile
from grader.portfolio.scan.quality_tally import QualityTally
from grader.portfolio.scan.repository_text import RepositoryNames, TextBatch
from grader.portfolio.scan.scan_sandbox import FoundFigures, FoundFiles, LostTexts, ScanSandboxes, type_errors
from grader.portfolio.scan.tally import SkillTally
from sandbox.session import Backend

WORKERS = 2
TIMEOUT = 600.0
"""The number of seconds after which no further batch is read."""
MOST_MODULES = 5000
"""The maximum number of modules in a graph of imports that is measured."""
DEEP_CHARACTERS = 2_500_000
"""The maximum number of characters that mypy is given, with `--deep`."""
LISTED = 200
"""The maximum number of files that each list of a result contains."""

TIME_IS_UP = "the scan ran out of time; use --timeout to allow more"

Say = Callable[[str], None]


class ReadingTerms(NamedTuple):
    """The terms on which a repository is read."""

    workers: int
    deadline: float
    say: Say


class BatchResult(NamedTuple):
    """What came back for one batch."""

    batch: TextBatch
    files: list[FoundFiles]
    figures: list[FoundFigures]
    lost: list[LostTexts]
    unmeasured: list[LostTexts]


def scan(
    path: Path,
    backend: Backend,
    *,
    workers: int = WORKERS,
    timeout: float = TIMEOUT,
    deep: bool = False,
    say: Say = lambda _: None,
) -> Scan:
    """Scan a folder or an archive. Raises UserError if it holds no Python, CannotMeasure if no sandbox can be made."""
    started = time.monotonic()
    reading = ReadingTerms(workers=workers, deadline=started + timeout, say=say)
    with open_tree(path) as tree:
        names = repository_text.names(tree)
        if not names.sources and not names.unread:
            raise UserError(f"{tree.origin}", "it contains no Python file", "Name the folder of a repository")
        with ScanSandboxes(backend, workers=workers) as sandboxes:
            tally, quality = _read(tree, names, sandboxes, reading)
            quality = _project(tree, names, sandboxes, quality)
            quality = _layering(tally, sandboxes, quality)
            tools = sandboxes.tools
        if deep:
            say("mypy --strict")
            quality = _types(tree, tally, backend, quality)
        unread = sorted([*tally.unread, *_listed(names.unread)], key=lambda file: file.file)
        left_out = _listed(names.left_out)
        return Scan(
            repository=tree.name or tree.origin,
            skills=tally.skills(),
            quality=quality,
            files=FileCounts(
                read=len(tally.files),
                lines=sum(file.lines for file in tally.files.values()),
                by_fallback=sum(file.by != "ast" for file in tally.files.values()),
                unread=len(unread),
                left_out=len(left_out),
            ),
            unread=tuple(unread[:LISTED]),
            in_part=tuple(tally.in_part[:LISTED]),
            left_out=tuple(left_out[:LISTED]),
            tools=tools,
            seconds=round(time.monotonic() - started, 2),
        )


def _listed(omissions: tuple[repository_text.Omission, ...]) -> list[UnreadFile]:
    return [UnreadFile(file=omission.path, why=omission.why) for omission in omissions]


def _read(
    tree: Tree, names: RepositoryNames, sandboxes: ScanSandboxes, reading: ReadingTerms
) -> tuple[SkillTally, CodeQuality]:
    """Take every batch through both stages, with only a few of them in memory at a time. Raises CannotMeasure."""
    tally = SkillTally()
    measured = QualityTally()
    done = 0
    for result in _results(repository_text.batches(tree, names.sources), sandboxes, reading):
        done += len(result.batch.texts) + len(result.batch.unread)
        reading.say(f"{done} of {len(names.sources)} files")
        tally.unread += _listed(result.batch.unread)
        for answer in result.files:
            tally.add({path: file for path, file in answer.files.items() if path in result.batch.texts})
        for lost in result.lost:
            tally.unread += [UnreadFile(file=path, why=lost.why) for path in lost.paths]
        for figures in result.figures:
            measured.add(figures)
        measured.given_up += [f"{shown(path)}: {lost.why}" for lost in result.unmeasured for path in lost.paths]
    if sandboxes.defects and not tally.files:
        raise CannotMeasure(
            tally.unread[0].why, remedy="This is a defect of the grader; report it, together with the repository"
        )
    tally.unread = [replace(file, file=shown(file.file)) for file in tally.unread]
    return tally, measured.quality(tally)


def _results(batches: Iterator[TextBatch], sandboxes: ScanSandboxes, reading: ReadingTerms) -> Iterator[BatchResult]:
    waiting: set[Future[BatchResult]] = set()
    with ThreadPoolExecutor(reading.workers) as pool:
        try:
            for batch in batches:
                waiting.add(pool.submit(_both_stages, batch, sandboxes, reading.deadline))
                if len(waiting) > reading.workers:
                    finished, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                    yield from (future.result() for future in finished)
            while waiting:
                finished, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in finished)
        finally:
            for future in waiting:
                future.cancel()


def _both_stages(batch: TextBatch, sandboxes: ScanSandboxes, deadline: float) -> BatchResult:
    """List the signs; then measure the code in which stage one saw a skill."""
    if not batch.texts:
        return BatchResult(batch, [], [], [], [])
    if time.monotonic() > deadline:
        return BatchResult(batch, [], [], [LostTexts(tuple(batch.texts), TIME_IS_UP)], [])
    files, lost = sandboxes.files(batch.texts)
    shows = {
        path
        for answer in files
        for path, file in answer.files.items()
        if file.by and not file.is_test and file.counts and file.facts is not None and file.facts.functions
    }
    texts = {path: text for path, text in batch.texts.items() if path in shows}
    figures, unmeasured = sandboxes.figures(texts) if texts else ([], [])
    return BatchResult(batch, files, figures, lost, unmeasured)


def _project(tree: Tree, names: RepositoryNames, sandboxes: ScanSandboxes, quality: CodeQuality) -> CodeQuality:
    texts = repository_text.project_texts(tree, names.project)
    if not texts:
        return quality
    answer = sandboxes.project(texts)
    if isinstance(answer, GaveUp):
        return replace(quality, given_up=(*quality.given_up, f"the project's configuration: {answer.why}"))
    unread = tuple(f"{shown(path)}: {why}" for path, why in answer.unread)
    return replace(
        quality,
        configured=answer.declared,
        coverage_at_least=answer.fail_under,
        strict_types=answer.strict_types,
        ci=tuple(answer.ci),
        given_up=(*quality.given_up, *unread),
    )


def _layering(tally: SkillTally, sandboxes: ScanSandboxes, quality: CodeQuality) -> CodeQuality:
    """Measure the graph of imports, if there are any imports between modules."""
    code = tally.code()
    graph = {module_name(path): sorted(map(module_name, targets)) for path, targets in imports(code).items()}
    if not any(graph.values()):
        return quality
    if len(graph) > MOST_MODULES:
        return replace(
            quality, given_up=(*quality.given_up, f"the imports: there are more than {MOST_MODULES} modules")
        )
    answer = sandboxes.layering(graph)
    if isinstance(answer, GaveUp):
        return replace(quality, given_up=(*quality.given_up, f"the imports: {answer.why}"))
    return replace(
        quality,
        modules=answer.modules,
        imports=answer.imports,
        cycles=answer.cycles,
        breakers=tuple(ImportCut(importer=importer, imported=imported) for importer, imported in answer.breakers),
    )


def _types(tree: Tree, tally: SkillTally, backend: Backend, quality: CodeQuality) -> CodeQuality:
    """Run mypy on as much of the code as its size limit allows."""
    texts: dict[str, str] = {}
    left = DEEP_CHARACTERS
    paths = sorted(path for path, file in tally.files.items() if not file.is_test and file.by == "ast")
    for path in paths:
        text = repository_text.read_text(tree, path, limit=repository_text.FILE_BYTES)
        if isinstance(text, str) and len(text) <= left:
            texts[path] = text
            left -= len(text)
    answer = type_errors(backend, texts)
    if isinstance(answer, GaveUp):
        return replace(quality, given_up=(*quality.given_up, f"mypy: {answer.why}"))
    errors = next((figure.value for figure in answer.measurements if figure.name == "types.errors"), None)
    missing = len(paths) - len(texts)
    note = (f"mypy: files left out because of its size limit: {missing}",) if missing else ()
    return replace(quality, type_errors=None if errors is None else int(errors), given_up=(*quality.given_up, *note))
