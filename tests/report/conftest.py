"""The stored reports of tests/gold, one folder a case."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from grader.model import Report, RepositoryReport

GOLD = Path(__file__).parent.parent / "gold"


@pytest.fixture
def stored() -> Callable[[str], Report | RepositoryReport]:
    """The report of a gold folder by its name."""

    def read(case: str) -> Report | RepositoryReport:
        content = (GOLD / case / "report.json").read_bytes()
        kind = RepositoryReport if "reports" in msgspec.json.decode(content) else Report
        return msgspec.json.decode(content, type=kind)

    return read
