"""A portfolio as a whole: all that can be read, and what is wrong with the rest. A bad file never hides the others."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from grader.challenges.challenge import Challenge
from grader.framework import is_assessed
from grader.model import Level, Struct
from grader.portfolio.badges.badge_files import KeptBadge, read_badges
from grader.portfolio.certificate_check import CertificateSources
from grader.portfolio.certificates import CertificateShelf, read_certificates
from grader.portfolio.comparison import ComparedSkill, compared
from grader.portfolio.counting import Counting, PresentChallenge, present_challenges
from grader.portfolio.dashboard import Dashboard, dashboard
from grader.portfolio.external import EvidenceShelf, EvidenceSources, read_evidence
from grader.portfolio.folder import PortfolioFolder, today
from grader.portfolio.given import GivenSources, given_reviews, is_given
from grader.portfolio.history import SkillHistory, histories
from grader.portfolio.interview_results import interview_results
from grader.portfolio.journal import Journal, read_journal
from grader.portfolio.leadership import Leadership, leadership
from grader.portfolio.pathway import PATHWAY, PathwayStanding, standing
from grader.portfolio.peers import PeerReview, PeerSources, peer_reviews
from grader.portfolio.plan import Plan, PlanSources, plan
from grader.portfolio.profile import Profile, known_profile
from grader.portfolio.received import KeptReviews, read_reviews
from grader.portfolio.reports import KeptReport, KeptReports, read_reports
from grader.portfolio.scanned import SkillTrace, read_scan
from grader.portfolio.strict import FileProblem, PortfolioError
from grader.portfolio.trust import NOBODY, Trust


class PortfolioState(Struct, frozen=True, kw_only=True):
    """The content of a portfolio."""

    folder: PortfolioFolder
    profile: Profile | None
    reports: tuple[KeptReport, ...]
    journal: Journal
    reviews: KeptReviews
    traces: Mapping[str, SkillTrace]
    trust: Trust
    """Whom the reader trusts."""
    day: dt.date
    evidence: EvidenceShelf
    certificates: CertificateShelf
    problems: tuple[FileProblem, ...]

    @property
    def person(self) -> str:
        """The owner's name, if the profile says it."""
        return self.profile.person if self.profile else ""

    def counting(self, challenges: Sequence[Challenge]) -> Counting:
        """Return what reports are checked against for a certificate today."""
        present = present_challenges(challenges)
        return Counting(person=self.person, trust=self.trust, day=self.day, present=present)

    def standings(self, challenges: Sequence[Challenge]) -> tuple[PathwayStanding, ...]:
        """Return how far the reports that count get towards each certificate."""
        counting = self.counting(challenges)
        verdicts = [(attempt, counting.why_not(attempt)) for attempt in self.reports]
        counted = [attempt for attempt, why_not in verdicts if not why_not]
        uncounted = {attempt.report.challenge.skill: why_not for attempt, why_not in verdicts if why_not}
        challenged = {entry.manifest.skill for entry in challenges if is_assessed(entry.area, entry.manifest.skill)}
        return tuple(standing(rule, counted, challenged=challenged, uncounted=uncounted) for rule in PATHWAY)

    @property
    def peers(self) -> tuple[PeerReview, ...]:
        """The reviews of the owner's submissions in `reviews/`, each with whether it counts."""
        submissions = {attempt.report.submission.digest for attempt in self.reports}
        sources = PeerSources(person=self.person, trust=self.trust, day=self.day, submissions=submissions)
        received = [entry for entry in self.reviews.collected if not is_given(entry.review, self.person)]
        return peer_reviews(received, sources)

    @property
    def leadership(self) -> Leadership:
        """How far interview parts, reviews given and evidence show Leadership."""
        sources = GivenSources(person=self.person, trust=self.trust, day=self.day)
        interviews = interview_results(self.reports, Counting(person=self.person, trust=self.trust, day=self.day))
        return leadership(given_reviews(self.reviews.collected, sources), self.evidence.pieces, self.day, interviews)

    @property
    def badges(self) -> tuple[KeptBadge, ...]:
        """The badges, verified now: that takes some 50 milliseconds each."""
        return read_badges(self.folder, self.trust.issuers, self.person)

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
            has_issuers=bool(self.trust.issuers),
            standings=self.standings(challenges),
            certificates=self.certificates.kept,
            badges=self.badges,
            shown=self.leadership,
            peers=self.peers,
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


def read_state(
    folder: PortfolioFolder,
    trust: Trust = NOBODY,
    scan: Path | None = None,
    *,
    day: dt.date | None = None,
    present: Mapping[str, PresentChallenge] | None = None,
) -> PortfolioState:
    """Read a portfolio; nothing at all is an empty one. Certificates are checked against the challenges in `present`.
    Raises PortfolioError if a folder of it cannot be listed.
    """
    day = day or today()
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
    person = profile.person if profile else ""
    reports, journal = _named(read_reports(folder, [key.pem for key in trust.issuers]), trust), read_journal(folder)
    reviews = read_reviews(folder, reports.reports)
    evidence = read_evidence(folder, EvidenceSources(person, trust, day))
    certificates = read_certificates(
        folder, CertificateSources(trust=trust, day=day, reports=reports.reports, person=person, present=present)
    )
    shelves = (reports, journal, reviews, evidence, certificates)
    return PortfolioState(
        folder=folder,
        profile=profile,
        reports=reports.reports,
        journal=journal,
        reviews=reviews,
        traces=traces,
        trust=trust,
        day=day,
        evidence=evidence,
        certificates=certificates,
        problems=(*problems, *(problem for shelf in shelves for problem in shelf.problems)),
    )


def _named(kept: KeptReports, trust: Trust) -> KeptReports:
    """Return the reports with the names that the reader's list has for their signers."""
    names = {key.id: key.name for key in trust.issuers}
    reports = (msgspec.structs.replace(entry, signed_by=names.get(entry.signer, "")) for entry in kept.reports)
    return kept._replace(reports=tuple(reports))
