"""Grades a cohort: entries in, a results folder and its summary out. For the command line and other callers."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from grader.assess.pipeline import unexplained
from grader.batch.page import as_html
from grader.batch.plan import CohortEntry, Task, UnreadableEntry, fault, tasks_of
from grader.batch.row import CohortRow
from grader.batch.run import Grades, not_measured, run
from grader.batch.shared_exam import SharedExams
from grader.batch.similarity import SubmissionText, is_available, similar
from grader.batch.summary import Summary, as_csv, as_markdown, summarise
from grader.challenges.catalogue import Catalogue, snapshot
from grader.errors import CannotMeasure, UserError
from grader.framework import no_challenge
from grader.model import Feedback, Submission
from grader.report import Audience
from grader.store.results import Results

NOT_INSTALLED = (
    "Submissions were not checked for copies, because the comparison is not installed. "
    "Install it with `pip install 'senior-python-grader[similarity]'`; the next run will then compare all submissions."
)

NONE_SIMILAR = "The submissions to each challenge were compared with each other: no two share much of their code."


class BatchOptions(NamedTuple):
    """Options for grading a cohort."""

    only: str | None = None
    """The challenge that every entry answers; None to search each entry for challenges."""
    backend: str = "bubblewrap"
    jobs: int | None = None
    seed: int | None = None
    """One seed for all exams; None for a secret one per challenge, drawn once."""
    explain: bool = False
    """Whether to find the smallest failing examples for reviewers; with practice feedback, they are always found."""
    feedback: Feedback = Feedback.EXAM
    """How much candidates are told about broken promises."""
    retry: bool = False
    """Whether to grade again whatever could not be measured last time."""
    pages: Audience | None = None


def grade_cohort(
    folder: Path,
    entries: Sequence[CohortEntry],
    catalogue: Catalogue,
    target: Path,
    grader: Grades,
    *,
    options: BatchOptions,
    tell: Callable[[CohortRow], None] = lambda _: None,
) -> Summary:
    """Grade the entries of `folder` into the results folder `target`, except those whose results are already there.

    Raises UserError if `target` is inside the cohort, and CannotMeasure if this machine can no longer grade; finished
    results are kept.
    """
    if options.only is not None:
        catalogue.place(options.only)
    challenges = snapshot(catalogue)
    if target.resolve().is_relative_to(folder.resolve()):
        raise UserError(
            f"--results: {target}",
            "the folder is inside the cohort, where everything counts as a submission",
            f"Choose a folder outside {folder}",
        )
    results = Results(target, pages=options.pages)
    texts: list[SubmissionText] = []
    rows: list[CohortRow] = []

    def tasks() -> Iterator[Task | UnreadableEntry]:
        return tasks_of(entries, challenges, only=options.only, backend=options.backend, seed=options.seed)

    exams = SharedExams(target, tasks)
    jobs = options.jobs or getattr(grader, "slots", None) or os.cpu_count() or 1
    with results.held(folder):
        try:
            for row in run(
                _remembering(tasks(), texts),
                results,
                grader,
                jobs=jobs,
                seed_for=exams.seed_for if options.seed is None else lambda _: options.seed,
                explain=options.explain or options.feedback is Feedback.PRACTICE,
                feedback=options.feedback,
                again=lambda report: (
                    (options.retry and not_measured(report))
                    or (options.feedback is Feedback.PRACTICE and any(map(unexplained, report.criteria)))
                ),
            ):
                rows.append(row)
                tell(row)
        except CannotMeasure as error:
            raise CannotMeasure(
                f"the batch stopped early ({error.why}); the finished reports ({len(rows)}) are kept in {target}",
                remedy=error.remedy,
            ) from error
        summary = replace(
            _summary(rows, texts, results),
            no_challenge=no_challenge(challenges.skills()) if options.only is None else {},
        )
        results.link([(row.page, f"{row.entry}: {row.challenge}") for row in summary.rows if row.page])
        for name, text in (("summary.csv", as_csv), ("summary.md", as_markdown), ("summary.html", as_html)):
            results.write(name, text(summary))
    return summary


def _summary(rows: Sequence[CohortRow], texts: Sequence[SubmissionText], results: Results) -> Summary:
    """Return the summary; a failed comparison affects nothing else."""
    if not is_available():
        return summarise(rows, comparison=NOT_INSTALLED)
    try:
        pairs = similar(texts, kept=results.folder / "similar.json")
        return summarise(rows, pairs, comparison="" if pairs or len(texts) < 2 else NONE_SIMILAR)
    except Exception as error:  # copydetect reads what candidates wrote
        found = fault(CohortEntry("similarity", results.folder), error)
        return summarise(
            rows,
            comparison=f"Submissions were not checked for copies, because {found.why} "
            f"(trace: {results.fault('similarity', found.trace)})",
        )


def _remembering(
    tasks: Iterator[Task | UnreadableEntry], texts: list[SubmissionText]
) -> Iterator[Task | UnreadableEntry]:
    """Yield the tasks unchanged, keeping each submission's text for the comparison if copydetect is installed."""
    starters: dict[str, str] = {}
    for task in tasks:
        if is_available() and isinstance(task, Task) and isinstance(task.taken, Submission):
            name = task.challenge.name
            if name not in starters:
                sources = sorted((task.challenge.folder / "starter").glob("*.py"))
                starters[name] = "\n".join(source.read_text(encoding="utf-8") for source in sources)
            text = "\n".join(file.text for file in task.taken.files)
            texts.append(SubmissionText.of(task.entry.title, name, text, starters[name]))
        yield task
