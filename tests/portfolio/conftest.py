"""Portfolios made for a test: reports with chosen results, dated as the test says, signed or not."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec
import pytest

from grader.model import (
    Area,
    ChallengeRef,
    HarnessRef,
    Kind,
    Level,
    Mark,
    MarkStatus,
    Report,
    ReportStatus,
    SubmissionRef,
)
from grader.portfolio.folder import PortfolioFolder
from grader.portfolio.reports import KeptReport

DAY = dt.date(2026, 11, 30)
SKILLS = {
    "metaclass_orm": (Area.LANGUAGE, "Metaclasses"),
    "descriptors": (Area.LANGUAGE, "Descriptors"),
    "generators": (Area.LANGUAGE, "Generators"),
    "solid": (Area.ARCHITECTURE, "SOLID Principles"),
    "optimization": (Area.PERFORMANCE, "Optimization"),
}


def made(slug: str = "metaclass_orm", percent: float = 72.0, level: int | None = 2, day: str = "2026-11-01") -> Report:
    """A report on a shipped challenge."""
    area, skill = SKILLS[slug]
    lost = Mark(
        id="validation", kind=Kind.BEHAVIOUR, title="Values are validated", points=100.0, earned=percent,
        status=MarkStatus.EARNED if percent == 100 else MarkStatus.PARTIAL,
    )  # fmt: skip
    return Report(
        challenge=ChallengeRef(slug=slug, area=area, skill=skill, version="1.3", title=slug),
        submission=SubmissionRef(path="mine", digest=f"sha256:{'a' * 64}"),
        status=ReportStatus.GRADED,
        score=percent,
        max_score=100.0,
        percent=percent,
        best_possible=percent,
        level=Level(level) if level else None,
        level_title=Level(level).title if level else "",
        criteria=(lost,),
        seed=1,
        backend="fake",
        durations_ms={},
        tools={},
        harness=HarnessRef(version="0", digest=f"sha256:{'b' * 64}"),
        graded_at=f"{day}T12:00:00+00:00" if day else msgspec.UNSET,
    )


def kept(report: Report, signer: str = "") -> KeptReport:
    """A report as a portfolio holds it."""
    return KeptReport(file="x.json", report=report, signer=signer)


@pytest.fixture
def folder(tmp_path: Path) -> PortfolioFolder:
    """A new portfolio."""
    place = PortfolioFolder(tmp_path / "portfolio")
    place.create()
    return place
