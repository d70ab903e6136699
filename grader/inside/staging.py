"""The submission's files on the sandbox's private disk, for analysers that read files.

A file keeps its path if the path names a module. Otherwise (`run-demo.py`), the file is written under a path that does,
because mypy would refuse the whole build.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath


class Staged:
    """Maps each file to its staged path and back."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.paths: dict[Path, str] = {}

    def lay(self, path: str, text: str, *, below: str = "submission") -> Path:
        """Write one file, remember its original path, and return the staged path."""
        target = self.root / below / _importable(path)
        while target in self.paths:
            target = target.with_name(f"{target.stem}_.py")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="")
        self.paths[target] = path
        return target

    def original(self, printed: str) -> str | None:
        """Return the submission's path for a path that an analyser printed."""
        return self.paths.get(Path(printed))


def _importable(path: str) -> PurePosixPath:
    pure = PurePosixPath(path)
    return PurePosixPath(*(_identifier(part) for part in pure.parent.parts), f"{_identifier(pure.stem)}.py")


def _identifier(part: str) -> str:
    if part.isidentifier():
        return part
    return "_" + "".join(letter if letter.isalnum() or letter == "_" else "_" for letter in part)


@contextmanager
def staged(files: Mapping[str, str]) -> Iterator[Staged]:
    """Lay out `files` below a private folder that is removed afterwards."""
    root = Path(tempfile.mkdtemp(prefix="staged-")).resolve()
    try:
        stage = Staged(root)
        (root / "submission").mkdir()
        for path, text in sorted(files.items()):
            stage.lay(path, text)
        yield stage
    finally:
        shutil.rmtree(root, ignore_errors=True)
