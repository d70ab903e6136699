"""A portfolio as a whole: all that can be read, and what is wrong with the rest. A bad file never hides the others."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path

from grader.challenges.challenge import Challenge
from grader.framework import is_assessed
from grader.model import Level, Struct
from grader.portfolio.comparison import ComparedSkill, compared
from grader.portfolio.dashboard import Dashboard, dashboard
from grader.portfolio.folder import PortfolioFolder
from grader.portfolio.history import SkillHistory, histories
from grader.portfolio.journal import Journal, read_journal
from grader.portfolio.plan import Plan, PlanSources, plan
from grader.portfolio.profile import Profile, known_profile
from grader.portfolio.received import KeptReviews, read_reviews
from grader.portfolio.reports import KeptReport, read_reports
from grader.portfolio.scanned import SkillTrace, read_scan
from grader.portfolio.strict import FileProblem, PortfolioError


class PortfolioState(Struct, frozen=True, kw_only=True):
    """The content of a portfolio."""

    folder: PortfolioFolder
    profile: Profile | None
    reports: tuple[KeptReport, ...]
    journal: Journal
    reviews: KeptReviews
    traces: Mapping[str, SkillTrace]
    has_issuers: bool
    """Whether the reader trusts any key."""
    problems: tuple[FileProblem, ...]

    @property
    def person(self) -> str:
        """The owner's name, if the profile says it."""
        return self.profile.person if self.profile else ""

    @property
    def histories(self) -> dict[str, SkillHistory]:
        """Each skill's attempts."""
        return histories(self.reports)

    @property
    def compared(self) -> dict[str, ComparedSkill]:
        """Each skill, as its owner, reports and a scan see it."""
        return compared(self.profile, self.histories, self.traces)

    def dashboard(self, challenges: Sequence[Challenge], day: dt.date) -> Dashboard:
        """Return the dashboard."""
        skills = [(entry.area, entry.manifest.skill) for entry in challenges]
        return dashboard(
            person=self.person,
            day=day,
            skills=self.compared,
            reports=self.reports,
            notes=self.journal.entries,
            targets=self.profile.targets if self.profile else (),
            challenged=[skill for area, skill in skills if is_assessed(area, skill)],
            has_issuers=self.has_issuers,
        )

    def plan(self, challenges: Sequence[Challenge], day: dt.date, *, goal: Level, options: str = "") -> Plan:
        """Return the plan towards a level."""
        skills = self.compared
        return plan(
            PlanSources(
                person=self.person,
                day=day,
                skills=skills,
                reports=self.reports,
                challenges=challenges,
                notes={skill: self.journal.about(skill) for skill in skills},
                targets=self.profile.targets if self.profile else (),
                goal=goal,
                options=options,
            )
        )


def read_state(folder: PortfolioFolder, issuers: Sequence[bytes] = (), scan: Path | None = None) -> PortfolioState:
    """Read a portfolio; nothing at all is an empty one. Raises PortfolioError if a folder of it cannot be listed."""
    problems: list[FileProblem] = []
    profile, traces = None, dict[str, SkillTrace]()
    try:
        profile = known_profile(folder)
    except PortfolioError as error:
        problems.append(error.problem)
    try:
        traces = read_scan(scan or folder.scan, required=scan is not None)
    except PortfolioError as error:
        problems.append(error.problem)
    reports, journal = read_reports(folder, issuers), read_journal(folder)
    reviews = read_reviews(folder, reports.reports)
    return PortfolioState(
        folder=folder,
        profile=profile,
        reports=reports.reports,
        journal=journal,
        reviews=reviews,
        traces=traces,
        has_issuers=bool(issuers),
        problems=(*problems, *reports.problems, *journal.problems, *reviews.problems),
    )
