"""The results folder. It survives kill -9 at any point: nothing is half written, lost, or graded twice.

results/
  by-content/<address>.json     one JSON report each, named by what decides it; written once, atomically
  reports/<entry>--<slug>.json  the same reports under the candidates' names (hard links where possible)
  pages/<entry>--<slug>.html    the same as pages for a browser, when asked for
  summary.csv  summary.md  summary.html
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

import msgspec

from grader.model import Kind, MarkStatus, Report
from grader.report import Audience, View, render

PAGES = "pages"


class Results:
    """A results folder, made when it does not exist. `pages` are for that audience; None writes none."""

    def __init__(self, folder: Path, *, pages: Audience | None = None) -> None:
        self.folder = folder
        self._audience = pages
        self._pages = folder / PAGES
        if pages is not None:
            self._pages.mkdir(parents=True, exist_ok=True)
        self._contents = folder / "by-content"
        self._reports = folder / "reports"
        for made in (self._contents, self._reports):
            made.mkdir(parents=True, exist_ok=True)

    def known(self, address: str) -> Report | None:
        """The report of that content address, unless there is none or it cannot be read any more."""
        try:
            return msgspec.json.decode((self._contents / f"{address}.json").read_bytes(), type=Report)
        except (OSError, msgspec.DecodeError):
            return None

    def keep(self, address: str, report: Report) -> None:
        """Store a report under its content address."""
        write_atomically(self._contents / f"{address}.json", render(report, "json"))

    def name(self, address: str, name: str) -> None:
        """Show the report of a content address under a candidate's name."""
        source, target = self._contents / f"{address}.json", self._reports / f"{name}.json"
        with contextlib.suppress(OSError):
            if target.exists() and target.samefile(source):
                return
        staged = target.with_name(f".{target.name}.new")
        with contextlib.suppress(FileNotFoundError):
            staged.unlink()
        try:
            os.link(source, staged)
            staged.replace(target)
        except OSError:  # a file system without links
            write_atomically(target, source.read_text(encoding="utf-8"))

    def show(self, name: str, report: Report) -> str:
        """Write the page of a report, and return its path below the results folder; empty when none is wanted."""
        if self._audience is None:
            return ""
        page = render(report, "html", View(audience=self._audience))
        write_atomically(self._pages / f"{name}.html", page)
        return f"{PAGES}/{name}.html"

    def write(self, name: str, text: str) -> None:
        """Write one file of the summary."""
        write_atomically(self.folder / name, text)


def was_measured(report: Report) -> bool:
    """Whether everything was measured that a machine can measure."""
    return not any(mark.status is MarkStatus.NOT_MEASURED and mark.kind is not Kind.REVIEW for mark in report.criteria)


def write_atomically(path: Path, text: str) -> None:
    """Write beside, flush to the disk, rename: a reader sees the old file or the new one."""
    descriptor, staged = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(staged).replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(staged).unlink()
        raise
