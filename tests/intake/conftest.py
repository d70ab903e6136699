"""What the tests of intake share: laying out folders, and asking what a refusal was about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from grader.intake import Rejected
from grader.model import Submission

Files = Mapping[str, str | bytes]
Lay = Callable[[Files], Path]
Reasons = Callable[[Submission | Rejected], list[tuple[str, str | None]]]


@pytest.fixture
def lay(tmp_path: Path) -> Lay:
    """Write files below a new folder called `answer`, and give the folder."""

    def write(files: Files) -> Path:
        root = tmp_path / "answer"
        root.mkdir(exist_ok=True)
        for name, content in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return root

    return write


@pytest.fixture
def reasons() -> Reasons:
    """The (id, file) of every reason; it fails when there was none to refuse."""

    def ask(taken: Submission | Rejected) -> list[tuple[str, str | None]]:
        assert isinstance(taken, Rejected), f"taken: {taken}"
        assert all(reason.help for reason in taken.reasons)
        assert all(reason.file is None or reason.file in reason.message for reason in taken.reasons)
        return [(reason.id, reason.file) for reason in taken.reasons]

    return ask
