"""Exit statuses."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grader.model import Report, RepositoryReport


class ExitStatus(IntEnum):
    """The statuses that the shell and CI see. Part of the product's contract: add statuses, never change any."""

    GRADED = 0
    """Graded, and every report reaches `--fail-under`. For other commands: done, and everything holds."""
    BELOW = 1
    """Graded, and a report is below `--fail-under`. For other commands: done, and something does not hold."""
    WRONG = 2
    """The input or the call is wrong: the message says where, what, and what to do."""
    UNMEASURED = 3
    """The harness could not measure: nothing was graded as zero."""
    INTERRUPTED = 130
    """Ctrl-C: nothing was graded, and every sandbox is gone."""
    TERMINATED = 143
    """SIGTERM: nothing was graded, and every sandbox is gone."""


def status_of(report: Report | RepositoryReport, fail_under: float | None = None) -> ExitStatus:
    """Return the status of the worst report: a report that was not measured is worse than a rejected one, which is
    worse than one below the threshold.
    """
    import click

    from grader.model import ReportStatus
    from grader.store.codec import each

    reports = each(report)
    if not all(report.was_measured for report in reports):
        click.echo(
            "grader: not everything could be measured; run `grader doctor` to see what this machine lacks.", err=True
        )
        return ExitStatus.UNMEASURED
    if any(report.status is ReportStatus.REJECTED for report in reports):
        return ExitStatus.WRONG
    if fail_under is not None and any(report.percent < fail_under for report in reports):
        return ExitStatus.BELOW
    return ExitStatus.GRADED
