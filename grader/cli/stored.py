"""What the commands over stored reports share: reading them, and errors in the door's words."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from grader.cli.status import CannotMeasure, WrongCall

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.model import Report, RepositoryReport
    from sandbox.session import Backend


def read(path: Path) -> Report | RepositoryReport:
    """A stored report. Raises WrongCall."""
    from grader.store.reading import StoredReportError, read

    try:
        return read(path)
    except StoredReportError as error:
        raise WrongCall(str(error)) from None


def each(path: Path) -> Sequence[Report]:
    """The single reports in a file."""
    from grader.store.reading import each

    return each(read(path))


def backend(name: str | None) -> Backend:
    """The sandbox that --backend names. Raises WrongCall."""
    from sandbox.backends import DEFAULT, backend_named

    try:
        return backend_named(name or DEFAULT)
    except ValueError as error:
        raise WrongCall(f"--backend: {error}.") from None


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all. Raises WrongCall."""
    from grader.batch.results import write_atomically

    try:
        write_atomically(path, text)
    except OSError as error:
        raise WrongCall(f"{path}: {error.strerror}.") from None


def full_json(report: Report | RepositoryReport) -> str:
    """The report as JSON with everything in it, for storing again."""
    from grader.report import Audience, View, render

    return render(report, "json", View(audience=Audience.REVIEWER))


__all__ = ["CannotMeasure", "WrongCall", "backend", "each", "full_json", "read", "write"]
