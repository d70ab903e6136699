"""A candidate's files as inert text."""

from __future__ import annotations

from pathlib import Path

from grader.model.base import Finding, Struct


class SourceFile(Struct, frozen=True, kw_only=True):
    """One file of a submission. `path` is relative, with `/`; `text` is its whole UTF-8 content."""

    path: str
    text: str


class Submission(Struct, frozen=True, kw_only=True):
    """A candidate's files as inert text: none of them has been executed, and none can change while being read."""

    origin: str
    """The source as the user named it, for display only; it is never opened again."""
    files: tuple[SourceFile, ...]
    """The Python files."""
    digest: str
    """`sha256:` and the hex digest of paths and contents, in path order."""
    documents: tuple[SourceFile, ...] = ()
    """Answers that are data, such as `review.toml`, and their prose. None of them enters a sandbox."""
    root: str = ""
    """The beginning of `origin` that names a repository's revision, if any."""
    notices: tuple[Finding, ...] = ()
    """Findings about what intake left out or wants to point out."""

    @property
    def everything(self) -> tuple[SourceFile, ...]:
        """The Python files and the documents."""
        return (*self.files, *self.documents)

    def text(self, path: str) -> str | None:
        """Return the content of a file or document, or None if nothing has that path."""
        return next((file.text for file in self.everything if file.path == path), None)

    def write(self, folder: Path) -> None:
        """Write the Python files below an existing empty folder: everyone may read them, only the owner write."""
        for file in self.files:
            target = folder / file.path
            target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            target.write_text(file.text, encoding="utf-8", newline="")
            target.chmod(0o644)
