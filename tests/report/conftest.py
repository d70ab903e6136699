"""The stored reports of tests/gold, one folder a case."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Protocol, cast, overload

import msgspec
import pytest

from grader.model import Report, RepositoryReport

GOLD = Path(__file__).parent.parent / "gold"


class Stored(Protocol):
    """The report of a gold folder by its name; only `repository` holds that of a whole repository."""

    @overload
    def __call__(self, case: Literal["full", "partial", "incomplete", "rejected", "hostile"]) -> Report: ...

    @overload
    def __call__(self, case: str) -> Report | RepositoryReport: ...


@pytest.fixture
def stored() -> Stored:
    """The report of a gold folder by its name."""

    def read(case: str) -> Report | RepositoryReport:
        content = (GOLD / case / "report.json").read_bytes()
        kind: type[Report | RepositoryReport] = (
            RepositoryReport if "reports" in msgspec.json.decode(content) else Report
        )
        return msgspec.json.decode(content, type=kind)

    return cast("Stored", read)
