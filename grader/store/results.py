"""The results folder. It survives kill -9 at any point: nothing is half written, lost, or graded twice.

results/
  results.json                   the folder's format version, and the place of its cohort
  by-content/<address>.json      one record each, named by what determines it; written once, atomically
  reports/<name>.json            the report that counts: that record under the candidate's name, with revisions applied
  revisions/<name>/<n>.json      people's changes, which are reviews and regrades: written once, never by a machine
  pages/<name>.html              reports as pages for a browser, if requested
  exams/                         the secret seeds of shared exams, mode 0600: see grader.batch.shared_exam
  faults/<name>.txt              the trace of a fault of ours that one entry met
  similar.json  summary.csv  summary.md  summary.html

Only its owner can read a new folder; files in it have the mode that the umask leaves. Records are complete: what an
audience may see of a record is decided when the record is shown. Only `pages/` is made for an audience.

Versions of the folder: 2. Version 0.1.0 of this product wrote views for candidates and no results.json, and let reviews
and regrades overwrite reports; `_adopt` turns these into revisions.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import NamedTuple
from urllib.parse import quote

import msgspec

from grader import inputs
from grader.challenges.challenge import Challenge
from grader.errors import UserError
from grader.harness import digest_of
from grader.intake.refusal import shown
from grader.model import Report, Struct
from grader.report import Audience, View, render
from grader.store import codec, files
from grader.store.codec import StoredReportError
from grader.store.review import as_file, measured_marks, without_reviews
from grader.store.revisions import Revised, Revision, revised

FORMAT = 2
MARKER = "results.json"
PRIVATE = 0o700
"""The mode of a new results folder: it holds hidden tests, drawn inputs and seeds. Sharing it takes a deliberate
step."""
SUMMARY = "summary.html"
REPORTS, CONTENTS, REVISIONS, PAGES, FAULTS = "reports", "by-content", "revisions", "pages", "faults"


class Marker(Struct, frozen=True, kw_only=True):
    """The folder's record of its own format and cohort."""

    format_version: int = FORMAT
    cohort: str = ""
    """The absolute path of the cohort's folder in the last batch."""
    named: str = ""
    """The cohort's folder as the user named it, with which the paths in reports begin."""


class Presented(NamedTuple):
    """A measured report as presented under a candidate's name."""

    report: Report
    notes: tuple[str, ...]
    page: str
    """The page's path below the results folder; empty if no page was requested."""


class Results:
    """A results folder, created if it does not exist. `pages` is the audience to write pages for; None writes none."""

    def __init__(self, folder: Path, *, pages: Audience | None = None) -> None:
        self.folder = folder
        self._audience = pages
        self._contents = folder / CONTENTS
        self._reports = folder / REPORTS
        with _reworded(folder):
            was_there = self._contents.is_dir()
            if not folder.exists():
                folder.mkdir(mode=PRIVATE, parents=True)
            for subfolder in (self._contents, self._reports, *([folder / PAGES] if pages is not None else [])):
                subfolder.mkdir(parents=True, exist_ok=True)
            with self._alone():
                if was_there and not (folder / MARKER).exists():
                    self._adopt()

    @contextmanager
    def held(self, cohort: Path | None = None) -> Iterator[None]:
        """Lock out every other batch until the block ends, and record the cohort of the results. Raises UserError."""
        with (self.folder / ".lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise UserError(
                    str(self.folder),
                    "another batch is writing to this folder",
                    "Wait until it ends, or choose another folder with --results",
                ) from None
            except OSError:  # a file system without locks
                pass
            with self._alone():
                files.remove_staged(self.folder)
            if cohort is not None:
                marker = Marker(cohort=_encodable(cohort.resolve()), named=_encodable(cohort))
                self._write_if_new(self.folder / MARKER, _json(marker))
            yield

    def known(self, address: str) -> Report | None:
        """Return the report with that content address; None if it does not exist or can no longer be read."""
        try:
            stored = codec.read(self._contents / f"{address}.json")
        except StoredReportError:
            return None
        return stored.report if isinstance(stored.report, Report) and stored.is_record else None

    def keep(self, address: str, report: Report) -> None:
        """Store a measured report under its content address."""
        files.write(self._contents / f"{address}.json", codec.encode(report))

    def present(self, name: str, measured: Report, challenge: Challenge) -> Presented:
        """Write a measured report, with people's changes applied, under a candidate's name as a record and as a
        page.
        """
        with self._alone():
            report, notes = self._revised(name, measured, challenge)
            self._write_if_new(self._reports / f"{name}.json", codec.encode(report))
            return Presented(report, notes, self._show(name, report))

    def revise(self, name: str, revision: Revision, shown: Report, challenge: Challenge) -> Revised:
        """Store a person's change beside the report, and return the report that now counts, with notes."""
        folder = self.folder / REVISIONS / name
        with self._alone():
            folder.mkdir(parents=True, exist_ok=True)
            number = len(list(folder.glob("*.json"))) + 1
            while not files.write_once(folder / f"{number:04d}.json", _json(revision)):
                number += 1
            counted = self._revised(name, without_reviews(shown, challenge), challenge)
            self._write_if_new(self._reports / f"{name}.json", codec.encode(counted.report))
            audience = self._audience_of(name)
            if audience is not None:
                self._write_page(name, counted.report, audience)
            return counted

    def _revised(self, name: str, measured: Report, challenge: Challenge) -> Revised:
        """Apply people's changes in order; add a note for each file that cannot be read."""
        revisions, notes = self._read_revisions(name)
        report, told = revised(measured, revisions, challenge)
        return Revised(report, (*notes, *told))

    def revisions(self, name: str) -> tuple[Revision, ...]:
        """Return people's changes to the report of that name, in order, leaving out those that cannot be read."""
        return self._read_revisions(name)[0]

    def _read_revisions(self, name: str) -> tuple[tuple[Revision, ...], tuple[str, ...]]:
        revisions, notes = [], []
        for path in sorted((self.folder / REVISIONS / name).glob("*.json")):
            try:
                revisions.append(inputs.json(inputs.read(path, most=codec.LARGEST), Revision))
            except (OSError, msgspec.DecodeError) as error:
                where = path.relative_to(self.folder).as_posix()
                notes.append(f"{where} cannot be read, so it does not count ({error}); restore or remove the file")
        return tuple(revisions), tuple(notes)

    def fault(self, name: str, trace: str) -> str:
        """Store the trace of a fault of ours, and return its path below the results folder."""
        (self.folder / FAULTS).mkdir(exist_ok=True)
        files.write(self.folder / FAULTS / f"{name}.txt", trace.encode("utf-8", "backslashreplace"))
        return f"{FAULTS}/{name}.txt"

    def write(self, name: str, text: str) -> None:
        """Write one of the summary's files."""
        files.write(self.folder / name, text)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the lock under which a revision is added, or the report that counts is determined, until the block
        ends.
        """
        with (self.folder / ".writing.lock").open("a") as lock:
            with contextlib.suppress(OSError):  # a file system without locks
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _write_if_new(self, path: Path, content: bytes) -> None:
        with contextlib.suppress(OSError):
            if path.read_bytes() == content:
                return
        files.write(path, content)

    def _show(self, name: str, report: Report) -> str:
        if self._audience is None:
            return ""
        self._write_page(name, report, self._audience)
        return f"{PAGES}/{name}.html"

    def _write_page(self, name: str, report: Report, audience: Audience) -> None:
        """Write the page, unless the same code has already made it from the same report for the same audience."""
        page = self.folder / PAGES / f"{name}.html"
        stamp = f"<!-- {audience.value} {_stamp(codec.encode(report))} -->\n"
        if _end(page, len(stamp)) != stamp.encode():
            up = f"../{SUMMARY}" if audience is Audience.REVIEWER else ""
            view = View(audience=audience, candidate=name.rpartition("--")[0], up=up)
            made = render(report, "html", view)
            with contextlib.suppress(OSError, UnicodeDecodeError):
                made = _among(page.read_text(encoding="utf-8"), made) if up else made
            files.write(page, made + stamp)

    def link(self, pages: Sequence[tuple[str, str]]) -> None:
        """Link each page for reviewers, given by its path below the folder, to the previous and the next page.

        The second value of each pair is the page's title. Pages for candidates have no links.
        """
        if self._audience is not Audience.REVIEWER:
            return
        from grader.report.page.among import Neighbour, links

        neighbours = [Neighbour(quote(PurePath(path).name), title) for path, title in pages]
        for place, (path, _) in enumerate(pages):
            told = links(neighbours[place - 1] if place else None, next(iter(neighbours[place + 1 :]), None))
            file = self.folder / path
            self._write_if_new(file, _among(told, file.read_text(encoding="utf-8")).encode())

    def _audience_of(self, name: str) -> Audience | None:
        """Return the audience for which the page of that name was made; None if there is no such page."""
        stamp = _end(self.folder / PAGES / f"{name}.html", 120).rpartition(b"<!-- ")[2]
        return next((audience for audience in Audience if stamp.startswith(f"{audience.value} ".encode())), None)

    def _adopt(self) -> None:
        """Turn the reviews and regrades that version 0.1.0 wrote over its reports into revisions."""
        measured = {_identity(report) for report in _reports_in(self._contents).values()}
        for name, report in _reports_in(self._reports).items():
            digest = report.submission.digest
            found = [] if _identity(report) in measured else [Revision(submission=digest, report=report)]
            found += [Revision(submission=digest, review=as_file(review, digest)) for review in report.reviews]
            for number, revision in enumerate(found, 1):
                folder = self.folder / REVISIONS / name
                folder.mkdir(parents=True, exist_ok=True)
                files.write_once(folder / f"{number:04d}.json", _json(revision))
        files.write(self.folder / MARKER, _json(Marker()))


def home_of(path: Path) -> tuple[Results, str] | None:
    """Return the results folder that a file in `reports/` belongs to, and the report's name; None for other files."""
    folder = _folder_of(path)
    return None if folder is None else (Results(folder), path.stem)


def places(file: Path, submission: str) -> tuple[Path, ...]:
    """Return the possible paths of the submission named by the report in `file`, whatever the current folder is.

    Write nothing: the results may be somebody else's.
    """
    folder = _folder_of(file)
    if folder is None:
        return (file.parent / submission,)
    try:
        marker = inputs.json(inputs.read(folder / MARKER), Marker)
        first, *rest = PurePath(submission).relative_to(marker.named).parts
        named = [entry for entry in Path(marker.cohort).iterdir() if shown(entry.name) == first]
    except (OSError, msgspec.DecodeError, ValueError):
        return ()
    return tuple(entry.joinpath(*rest) for entry in named)


def _folder_of(path: Path) -> Path | None:
    folder = path.resolve().parent
    is_ours = folder.name == REPORTS and path.suffix == ".json" and (folder.parent / CONTENTS).is_dir()
    return folder.parent if is_ours else None


@contextmanager
def _reworded(folder: Path) -> Iterator[None]:
    try:
        yield
    except PermissionError as error:
        raise UserError(
            str(folder),
            f"results cannot be written to this folder ({error.strerror})",
            "Choose another folder with --results",
        ) from None
    except (FileExistsError, NotADirectoryError):
        raise UserError(str(folder), "this is not a results folder", "Choose another folder with --results") from None


def _reports_in(folder: Path) -> dict[str, Report]:
    found = {}
    for path in sorted(folder.glob("*.json")):
        with contextlib.suppress(StoredReportError):
            report = codec.read(path).report
            if isinstance(report, Report):
                found[path.stem] = report
    return found


def _identity(report: Report) -> tuple[object, ...]:
    """Return the values that reports of the same measurement share, even if one of them was reviewed or renamed."""
    marks = tuple((mark.id, mark.status, mark.earned) for mark in measured_marks(report))
    return report.submission.digest, report.challenge.digest, report.seed, marks


def _among(links: str, page: str) -> str:
    """Return `page` with the links to its neighbours replaced by those in `links`, if `links` has any."""
    from grader.report.page.among import AMONG

    found = AMONG.search(links)
    return AMONG.sub(lambda _: found[0], page, count=1) if found else page


def _encodable(path: Path) -> str:
    return str(path).encode("utf-8", "replace").decode("utf-8")


def _json(value: Marker | Revision) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n"


def _end(path: Path, length: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - length))
            return file.read()
    except OSError:
        return b""


def _stamp(record: bytes) -> str:
    return hashlib.sha256(_renderers() + record).hexdigest()[:32]


@functools.cache
def _renderers() -> bytes:
    """Return the digest of the code that makes pages: when the digest changes, pages are made again."""
    import grader.report

    folder = Path(grader.report.__file__).parent
    return digest_of(path for path in folder.rglob("*") if path.suffix in {".py", ".j2", ".css"}).encode()
