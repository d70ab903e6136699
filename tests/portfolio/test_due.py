"""What is due again: the portfolio's files decide, and nothing else is remembered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import msgspec
import pytest

from grader.model import Review
from grader.portfolio.due import (
    GIVEN,
    MONTHLY,
    OCCASIONS,
    QUARTERLY,
    RECEIVED,
    RENEWAL,
    DueItem,
    DueSources,
    due,
    quarter,
)
from grader.portfolio.folder import PortfolioFolder
from grader.portfolio.journal import EntryOccasion, Journal, JournalEntry
from grader.portfolio.received import KeptReviews, PeerEvent, read_reviews
from grader.portfolio.reports import KeptReport
from grader.portfolio.terminal_due import due_markdown, due_text
from grader.report import View
from grader.report.terminal import printed
from tests.portfolio.conftest import DAY, kept, made

VERSIONS = {"language/metaclass_orm": "1.3", "language/descriptors": "1.3"}


def items(
    reports: Sequence[KeptReport] = (),
    entries: Sequence[JournalEntry] = (),
    events: Sequence[PeerEvent] = (),
    *,
    person: str = "Ada",
    day: dt.date = DAY,
    versions: Mapping[str, str] = VERSIONS,
) -> dict[str, DueItem]:
    found = due(
        DueSources(
            person=person,
            day=day,
            reports=reports,
            journal=Journal(tuple(entries), ()),
            reviews=KeptReviews(tuple(events), ()),
            versions=versions,
            root="portfolio",
        )
    )
    return {item.occasion: item for item in found}


def entry(day: dt.date, kind: EntryOccasion = EntryOccasion.MONTHLY) -> JournalEntry:
    return JournalEntry(format_version=1, date=day, kind=kind, learned="x")


def test_nothing_is_due_on_the_first_day() -> None:
    """Everything has its day, and an area without reports has nothing to grade again."""
    found = items()
    assert [item.is_due for item in found.values()] == [False] * 4
    assert QUARTERLY.id not in found
    assert found[MONTHLY.id].on == DAY + dt.timedelta(days=30)


@pytest.mark.parametrize(("ago", "is_due"), [(29, False), (30, True), (31, True)])
def test_a_month_has_thirty_days(ago: int, is_due: bool) -> None:
    """Since the last entry; an entry of another kind does not count."""
    last = DAY - dt.timedelta(days=ago)
    found = items(entries=[entry(last), entry(DAY, EntryOccasion.SKILL), entry(DAY, EntryOccasion.ANNUAL)])
    assert (found["monthly"].is_due, found["monthly"].last) == (is_due, last.isoformat())


def test_the_first_time_counts_from_the_first_trace() -> None:
    """Who has reports for two months and never compared has to."""
    found = items([kept(made(day="2026-09-30")), kept(made(day="2026-11-20"))])
    assert found["monthly"].is_due
    assert "2 reports since 2026-09-30: Metaclasses)" in found["monthly"].what
    assert not found["annual"].is_due


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        ("2026-11-30", "2026-10-01", "2026-12-31"),
        ("2026-01-01", "2026-01-01", "2026-03-31"),
        ("2028-02-29", "2028-01-01", "2028-03-31"),
        ("2026-06-30", "2026-04-01", "2026-06-30"),
    ],
)
def test_a_quarter_is_that_of_the_calendar(day: str, first: str, last: str) -> None:
    """Three months, from the first to the last day."""
    assert [end.isoformat() for end in quarter(dt.date.fromisoformat(day))] == [first, last]


OLD = [kept(made("metaclass_orm", day="2026-08-01")), kept(made("descriptors", day="2026-09-01"))]


def test_a_challenge_is_drawn_once_a_quarter() -> None:
    """The same one on every day of it, whatever else is graded meanwhile; another person's draw is another."""
    drawn = {items(OLD, day=DAY - dt.timedelta(days=ago))[QUARTERLY.id].what for ago in (0, 10, 50)}
    assert len(drawn) == 1
    more = [*OLD, kept(made("generators", day="2026-11-20"))]
    assert items(more, versions=VERSIONS | {"language/generators": "1.0"})[QUARTERLY.id].what in drawn
    everybody = {items(OLD, person=name)[QUARTERLY.id].what for name in map(str, range(20))}
    assert len(everybody) == 2


@pytest.mark.parametrize(("version", "is_due"), [("1.3", False), ("1.2", True)])
def test_the_present_version_counts(version: str, is_due: bool) -> None:
    """A report in this quarter on the drawn challenge is the record, if it is of the version that there is now."""
    drawn = items(OLD)[QUARTERLY.id].command.split()[4].partition("/")[2]
    again = made(drawn, day="2026-10-01")
    again = msgspec.structs.replace(again, challenge=msgspec.structs.replace(again.challenge, version=version))
    found = items([*OLD, kept(again)])[QUARTERLY.id]
    assert found.is_due is is_due
    assert found.is_due or found.on == dt.date(2027, 1, 1)


def test_a_challenge_that_is_gone_is_not_drawn() -> None:
    """Nor one whose first report is of this quarter."""
    assert QUARTERLY.id not in items(OLD, versions={})
    assert QUARTERLY.id not in items([kept(made(day="2026-10-01"))])


def test_a_path_that_nobody_should_paste_is_left_out() -> None:
    """A report names where its submission lay, and may name anything."""
    report = made(day="2026-08-01")
    for path, shown in (("mine", "mine"), ("$(rm -rf x)", "PATH"), ("a\nb", "PATH"), ("-x", "PATH")):
        submission = msgspec.structs.replace(report.submission, path=path)
        found = items([kept(msgspec.structs.replace(report, submission=submission))])[QUARTERLY.id]
        assert found.command.startswith(f"grader grade {shown} --challenge language/metaclass_orm ")


@pytest.mark.parametrize(("ago", "is_due"), [(89, False), (90, True)])
def test_reviews_are_due_after_ninety_days(ago: int, is_due: bool) -> None:
    """Given and received, each by itself; one's own name in any case is one's own."""
    day = DAY - dt.timedelta(days=ago)
    began = [kept(made(day="2026-01-01"))]
    received = items(began, events=[PeerEvent("Grace", day)])
    assert (received[RECEIVED.id].is_due, received[GIVEN.id].is_due) == (is_due, True)
    given = items(began, events=[PeerEvent(" ADA", day)])
    assert (given[RECEIVED.id].is_due, given[GIVEN.id].is_due) == (True, is_due)


def test_without_a_name_nobody_can_tell() -> None:
    """The command says how to give it."""
    found = items([kept(made(day="2026-01-01"))], events=[PeerEvent("Grace", DAY)], person="")
    assert found[GIVEN.id].last == found[RECEIVED.id].last == "never"
    assert found[GIVEN.id].command == 'grader profile --person "YOUR NAME"'


def test_reviews_are_read_from_files_and_reports(folder: PortfolioFolder) -> None:
    """A bad one is named with its line, and hides no other."""
    (folder.reviews / "a.toml").write_text('format_version = 1\nreviewer = "Ada"\ndate = 2026-11-01\n')
    (folder.reviews / "b.toml").write_text('format_version = 1\nreviewer = "G"\ndate = 2026-11-01\n')
    reviewed = msgspec.structs.replace(made(), reviews=(Review(reviewer="Grace", date="2026-10-05"),))
    found = read_reviews(folder, [kept(reviewed)])
    assert [event.reviewer for event in found.events] == ["Grace", "Ada"]
    assert found.given_by("ada") == dt.date(2026, 11, 1)
    (problem,) = found.problems
    assert str(problem).startswith(f"{folder.reviews}/b.toml:2: reviewer: ")


def test_everything_due_has_command_questions_and_record() -> None:
    """In a terminal of eighty columns and as a list of tasks; what is due comes first."""
    found = tuple(items(OLD, person="Ada", day=dt.date(2027, 9, 30)).values())
    assert [item.is_due for item in found] == [True] * 5
    assert {item.occasion for item in found} == {occasion.id for occasion in OCCASIONS if occasion is not RENEWAL}
    text = printed(due_text(found, DAY), View(width=80))
    assert text.startswith("5 due · 2026-11-30")
    assert max(map(len, text.splitlines())) <= 80
    for item in found:
        assert item.questions
        assert item.record in " ".join(text.split())
        assert item.command in due_markdown(found, DAY)
    nothing = printed(due_text(tuple(items().values()), DAY), View(width=80))
    assert nothing.startswith("Nothing is due")
    assert "2026-12-30" in nothing
