"""The portfolio folder: where each kind of file lies, and the one way in which files are added to it.

portfolio/
  profile.toml      self-rating and targets
  reports/          JSON reports, or the envelopes that `grader sign` wrote
  reviews/          reviews in TOML, given and received
  journal/          dated notes
  evidence/         what happened elsewhere: talks, contributions, mentoring
  certificates/     issued by others, each with a page
  badges/           issued by others
"""

from __future__ import annotations

import datetime as dt
import re
from itertools import count
from pathlib import Path

from grader.model import Struct
from grader.portfolio.strict import FileProblem, PortfolioError
from grader.store import files

DEFAULT = Path("portfolio")
FOLDERS = ("reports", "reviews", "evidence", "certificates", "badges", "journal")
README = """# Portfolio

Files of `grader profile`, `grader plan` and `grader portfolio`, for people to read and for git to keep.

- `profile.toml`: how I rate my skills, and the targets I chose
- `reports/`: reports on my graded submissions
- `reviews/`: reviews that I gave and received
- `journal/`: what I learned, and what to try
- `evidence/`, `certificates/`, `badges/`: what others confirm

`grader portfolio dashboard` shows where I stand, `grader plan` what comes next.
"""


class PortfolioFolder(Struct, frozen=True):
    """The paths in a portfolio. No file has been read."""

    root: Path

    @property
    def profile(self) -> Path:
        """The self-rating and the targets."""
        return self.root / "profile.toml"

    @property
    def reports(self) -> Path:
        """The folder of reports."""
        return self.root / "reports"

    @property
    def reviews(self) -> Path:
        """The folder of reviews."""
        return self.root / "reviews"

    @property
    def journal(self) -> Path:
        """The folder of notes."""
        return self.root / "journal"

    @property
    def evidence(self) -> Path:
        """The folder of what happened elsewhere."""
        return self.root / "evidence"

    @property
    def certificates(self) -> Path:
        """The folder of certificates."""
        return self.root / "certificates"

    @property
    def badges(self) -> Path:
        """The folder of badges."""
        return self.root / "badges"

    @property
    def scan(self) -> Path:
        """What `grader scan` found in the owner's code."""
        return self.root / "scan.json"

    def listed(self, folder: Path, *suffixes: str) -> list[Path]:
        """Return a folder's files in the order of their names; none if there is no such folder. Raises
        PortfolioError.
        """
        if not folder.exists():
            return []
        try:
            return sorted(path for path in folder.iterdir() if path.suffix in suffixes and path.name[0] != ".")
        except OSError as error:
            raise unusable(folder, error) from None

    def create(self) -> bool:
        """Create what is missing of the folder. Returns whether it is new. Raises PortfolioError."""
        new = not self.root.exists()
        try:
            for name in FOLDERS:
                (self.root / name).mkdir(parents=True, exist_ok=True)
            files.write_once(self.root / "README.md", README.encode())
        except OSError as error:
            raise unusable(self.root, error) from None
        return new


def add(path: Path, content: str | bytes) -> bool:
    """Write a new file; return False if it exists with the same content. Raises PortfolioError if it has another."""
    data = content.encode("utf-8") if isinstance(content, str) else content
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if files.write_once(path, data):
            return True
        if path.read_bytes() == data:
            return False
    except OSError as error:
        raise unusable(path, error) from None
    got = "another file of that name already exists; nothing was overwritten"
    raise PortfolioError(FileProblem(file=str(path), got=got, remedy="Rename one of the two"))


def add_numbered(folder: Path, stem: str, suffix: str, content: str) -> Path:
    """Write a new file under the first free name of `stem`, `stem-2`, ... Raises PortfolioError."""
    names = (f"{stem}{f'-{number}' if number > 1 else ''}{suffix}" for number in count(1))
    try:
        return files.write_first_free(folder, names, content.encode("utf-8"))
    except OSError as error:
        raise unusable(folder / f"{stem}{suffix}", error) from None


def unusable(path: Path, error: OSError) -> PortfolioError:
    """Return the error about a path that cannot be read or written."""
    remedy = "Use --portfolio DIR to choose a portfolio that you can read and write"
    return PortfolioError(FileProblem(file=str(path), got=str(error.strerror), remedy=remedy))


def file_word(text: str) -> str:
    """Return a text as part of a file's name: `Async/Await` becomes `async-await`."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "note"


def today() -> dt.date:
    """Return the day in UTC, by which all records are dated."""
    return dt.datetime.now(tz=dt.UTC).date()
