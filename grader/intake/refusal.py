"""The refusals of intake: a `Refusal` rejects the submission, and a `Remark` notes something left out or changed.

A bad submission is a value, `Rejected`. An `IntakeError` is the caller's to resolve: nothing was graded.
"""

from __future__ import annotations

from enum import Enum

from grader.errors import UserError
from grader.model import Finding, Severity, Struct


class IntakeError(UserError):
    """The call, not the submission, has to change. The message says where the problem is, what was found, and what to
    do.
    """


class Rejected(Struct, frozen=True, kw_only=True):
    """A submission that is not examined any further, and every reason for that."""

    origin: str = ""
    reasons: tuple[Finding, ...]
    notices: tuple[Finding, ...] = ()
    root: str = ""
    """The part of `origin` that names a repository's revision; empty if there is none."""
    digest: str = ""
    """`sha256:` and the hex digest of the reasons and of everything that could be read: no two submissions share
    one.
    """


class Refusal(Enum):
    """A reason to reject: the last part of its id, and what the candidate can do."""

    SYMLINK = "symlink", "Replace the link with the file or folder itself: links are never followed."
    SPECIAL_FILE = "special-file", "Leave out pipes, sockets and devices: a submission consists of regular files."
    SUBMODULE = "submodule", "Commit the files themselves: submodules are never fetched."
    TOO_LARGE = "too-large", "Split the file, or generate data in code: a Python file may have at most 256 KiB."
    TOTAL_SIZE = "total-size", "Submit only your answer: all Python files together may have at most 2 MiB."
    TOO_MANY_FILES = "too-many-files", "Submit only your answer: at most 200 Python files are allowed."
    TOO_MANY_ENTRIES = "too-many-entries", "Submit only your answer, without data or installed packages."
    TOO_DEEP = "too-deep", "Flatten the folders: a path may have at most 8 parts, including the file's name."
    LONG_PATH = "long-path", "Shorten the names: a path may have at most 200 bytes."
    UNSAFE_PATH = "unsafe-path", "Pack the folder with relative paths that stay inside it."
    NAME = "name", "Rename the file or folder: letters, digits, `_`, `-` and `.` always work."
    CASE_COLLISION = "case-collision", "Rename one of them: many systems cannot store both."
    DUPLICATE = "duplicate", "Pack each path only once: otherwise, which copy counts would depend on the tool."
    ENCODING = "encoding", "Save the file as UTF-8."
    CODING_COOKIE = "coding-cookie", "Delete the line that declares the encoding, and save the file as UTF-8."
    CONTROL_CHARACTER = "control-character", "Write the character as an escape, such as `\\x00` or `\\x1b`."
    BIDI = (
        "bidi",
        "Write the character as an escape, such as `\\u202e`: it changes how the code looks, not what the code does.",
    )
    LINE_BREAK = (
        "line-break",
        "End lines with LF or CR LF; inside a string, write an escape such as `\\r`, `\\f` or `\\u2028`.",
    )
    ARCHIVE = "archive", "Pack the submission again as a plain .zip or .tar.gz."
    BOMB = "archive-bomb", "Pack only your answer, without data, `.venv` or `.git`."
    ENCRYPTED = "encrypted", "Pack the submission without a password."
    GIT_OBJECTS = "git-objects", "Run `git fsck`, or make a new, full clone of the repository."
    CHANGED = "changed", "Grade the submission again when nothing is writing to it."
    MORE = "more", "Fix these first, then grade again."

    def __init__(self, word: str, remedy: str) -> None:
        self.id = f"intake.{word}"
        self.remedy = remedy

    def found(self, message: str, *, file: str | None = None, line: int | None = None) -> Finding:
        """Return the finding. `message` is its whole text or, with `file`, the rest of a sentence that begins with that
        path.
        """
        path = None if file is None else shown(file)
        return Finding(
            id=self.id,
            severity=Severity.ERROR,
            message=message if path is None else f"{path} {message}",
            help=self.remedy,
            file=path,
            line=line,
        )


class Remark(Enum):
    """Something left out or changed that does not stop the grading."""

    IGNORED = "ignored", Severity.NOTE, "Only Python files are graded."
    HIDDEN = (
        "hidden",
        Severity.NOTE,
        "Files and folders whose names begin with a dot are not graded: rename those that belong to your answer.",
    )
    COMPILED = "compiled", Severity.WARNING, "Only Python source is graded; build products are never run."
    LINK = (
        "link",
        Severity.NOTE,
        "Links are never followed: replace the link with the file itself if your answer needs the file.",
    )
    ENVIRONMENT = "environment", Severity.NOTE, "Installed packages are not part of an answer."
    STUB = "stub", Severity.NOTE, "Write the types in the .py file."
    SITE_HOOK = "site-hook", Severity.WARNING, "Files that Python runs at start-up have no place in an answer."
    BYTE_ORDER_MARK = "byte-order-mark", Severity.NOTE, "Save the file as UTF-8 without a byte order mark."
    MOVED = (
        "moved",
        Severity.WARNING,
        "Say in the base's grader.toml which folder answers the challenge; then only that folder counts.",
    )
    ELSEWHERE = (
        "elsewhere",
        Severity.WARNING,
        "Move the file to the path that the brief asks for, or grade the folder that contains the file.",
    )
    OTHER_CHALLENGE = (
        "other-challenge",
        Severity.WARNING,
        "If the submission answers that challenge, choose it with --challenge.",
    )
    PASSED_OVER = (
        "passed-over",
        Severity.WARNING,
        "If the folder is an answer, add the missing files, or list the folder in grader.toml.",
    )
    EMPTY = "empty", Severity.WARNING, "Check that you chose the folder that contains your answer."

    def __init__(self, word: str, severity: Severity, advice: str) -> None:
        self.id = f"intake.{word}"
        self.severity = severity
        self.advice = advice

    def noted(self, message: str, *, file: str | None = None) -> Finding:
        """Return the finding that makes this remark. `file` is made safe to show."""
        path = None if file is None else shown(file)
        return Finding(id=self.id, severity=self.severity, message=message, help=self.advice, file=path)


class Refused(Exception):
    """A tree cannot provide what was requested, and the submission is to blame."""

    def __init__(self, refusal: Refusal, what: str) -> None:
        super().__init__(what)
        self.refusal = refusal
        self.what = what

    def found(self, file: str | None = None) -> Finding:
        """Return the finding for this refusal, about the requested file or about the whole submission."""
        return self.refusal.found(self.what if file else f"The submission {self.what}", file=file)


def shown(path: str, *, most: int = 300) -> str:
    """Return a path, whoever chose it, as harmless, printable, encodable text of bounded length."""
    safe = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in path[:most])
    return safe if len(path) <= most else f"{safe}..."
