"""Results of interview parts: which count for Leadership, and why the others do not."""

from __future__ import annotations

import msgspec
import pytest

from grader.model import Area, ChallengeRef, Level, Report, SessionKind, SessionRef
from grader.portfolio.counting import Counting, PresentChallenge
from grader.portfolio.folder import PortfolioFolder
from grader.portfolio.interview_results import InterviewResults, interview_results
from grader.portfolio.leadership import CODE_REVIEW, COMMUNICATION, leadership
from grader.portfolio.reports import read_reports
from tests.portfolio.academy import ADA, MALLORY, SCHOOL, TRUST, put
from tests.portfolio.conftest import DAY, made

replace = msgspec.structs.replace
SESSION = SessionRef(
    kind=SessionKind.ISSUED,
    id="0" * 32,
    minutes=60,
    began="2026-11-01T09:00:00+00:00",
    ended="2026-11-01T09:50:00+00:00",
)
PRESENT = {"interview/code_review": PresentChallenge("Code Review", "1.0")}


def result(level: int | None = 3, percent: float = 90.0, **fields: object) -> Report:
    """The result of a review of code, issued to Ada."""
    about = ChallengeRef(
        slug="code_review", area=Area.INTERVIEW, skill="Code Review", version="1.0", title="Code review"
    )
    graded = made(percent=percent, level=level, day="2026-11-01")
    return replace(graded, **{"person": ADA, "challenge": about, "session": SESSION, **fields})


def results(folder: PortfolioFolder, person: str = ADA) -> InterviewResults:
    reports = read_reports(folder, [key.pem for key in TRUST.issuers]).reports
    return interview_results(reports, Counting(person=person, trust=TRUST, day=DAY, present=PRESENT))


@pytest.mark.parametrize(("level", "percent"), [(None, 0), (1, 25), (2, 50), (3, 75), (4, 100)])
def test_the_level_of_the_part_is_the_percentage(folder: PortfolioFolder, level: int | None, percent: int) -> None:
    """It rests on the signed report, and the part that nothing shows stays not yet shown."""
    put(folder, result(level))
    shown = leadership((), (), DAY, results(folder))
    part = shown.part(CODE_REVIEW.title)
    assert part.percent == percent
    assert "signed by" in part.words
    assert "interview/code_review 1.0, graded 2026-11-01" in part.rests_on[0]
    assert shown.part(COMMUNICATION.title).percent is None
    assert shown.percent == percent


def test_the_best_result_counts(folder: PortfolioFolder) -> None:
    """Not the last one, and none is added to another."""
    put(folder, result(4, 98.0), name="first")
    put(folder, result(2, 70.0), name="second")
    assert results(folder).best["code review"].report.level is Level.EXPERT
    assert leadership((), (), DAY, results(folder)).part(CODE_REVIEW.title).percent == 100


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"session": msgspec.UNSET}, "not made in a session that an issuer held"),
        ({"session": replace(SESSION, kind=SessionKind.PRACTICE)}, "practice session"),
        ({"session": replace(SESSION, stages=3)}, "only the whole session counts"),
        ({"person": "Alan Turing"}, "it is about Alan Turing"),
        ({"person": ""}, "it names nobody"),
        ({"graded_at": "2024-11-01T10:00:00+00:00"}, "count for only 2 years"),
        ({"graded_at": "2029-11-01T10:00:00+00:00"}, "in the future"),
    ],
)
def test_what_does_not_count_says_why(folder: PortfolioFolder, fields: dict[str, object], why: str) -> None:
    """Although an issuer whom the reader trusts signed it."""
    put(folder, result(**fields))  # type: ignore[arg-type]  # a field of a report each
    found = results(folder)
    assert not found.best
    assert why in found.uncounted[0]
    assert any(why in reason for reason in leadership((), (), DAY, found).uncounted)


def test_nobody_counts_their_own_word(folder: PortfolioFolder) -> None:
    """A session that a candidate issued to themselves, or that a stranger or the person's own school issued."""
    put(folder, result(), MALLORY)
    put(folder, result(person="Alan Turing"), SCHOOL, name="own")
    assert not results(folder).best
    assert any(
        "it is self-graded (Alan Turing holds the key" in why for why in results(folder, "Alan Turing").uncounted
    )


def test_an_easier_challenge_of_the_same_name_counts_for_nothing(folder: PortfolioFolder) -> None:
    """The part is that of the catalogue, in its present version."""
    own = replace(result().challenge, slug="hello_world")
    put(folder, result(challenge=own), name="own")
    put(folder, result(challenge=replace(result().challenge, version="0.9")), name="old")
    assert not results(folder).best
    assert len(results(folder).uncounted) == 2


def test_an_interview_counts_for_none_of_the_27_skills(folder: PortfolioFolder) -> None:
    """Whatever skill it names."""
    put(folder, result(challenge=replace(result().challenge, skill="Metaclasses")))
    (attempt,) = read_reports(folder, [key.pem for key in TRUST.issuers]).reports
    counting = Counting(person=ADA, trust=TRUST, day=DAY)
    assert "Metaclasses is not a skill of the framework in interview" in counting.why_not(attempt)
