"""What a session's times and attempts mean: until when attempts count, which of them is the result, what is told."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.interview.session import Attempt, Session, SessionState
from grader.interview.story import clock, practice_story
from grader.interview.terminal_story import story_text
from grader.model import ReportStatus
from grader.portfolio.pages import session_page
from grader.report import Audience
from grader.report.terminal import printed
from grader.report.view import View

BEGAN = dt.datetime(2026, 12, 1, 9, 0, tzinfo=dt.UTC)


def attempt(minutes: float, score: float, status: ReportStatus = ReportStatus.GRADED) -> Attempt:
    """An attempt so many minutes after the beginning."""
    return Attempt(
        at=BEGAN + dt.timedelta(minutes=minutes),
        submission="sha256:0",
        status=status,
        score=score,
        max_score=100.0,
        level="Junior",
        record="01.json",
    )


def session(*attempts: Attempt, minutes: int = 45) -> Session:
    return Session(
        challenge="language/decorators",
        title="Decorators",
        challenge_digest="sha256:1",
        minutes=minutes,
        began=BEGAN,
        attempts=attempts,
    )


def late() -> Session:
    """A session with attempts in time and after it."""
    return session(attempt(7.2, 38), attempt(21, 72), attempt(48, 97))


def after(minutes: float) -> dt.datetime:
    return BEGAN + dt.timedelta(minutes=minutes)


def text(told: Session, now: dt.datetime) -> str:
    look = View(audience=Audience.CANDIDATE, width=80, colour=False, quiet=False, only=(), base="")
    return printed(story_text(practice_story(told, now)), look)


def test_time_ends_at_its_last_minute() -> None:
    """A session runs for its minutes and not a moment longer, and an attempt at the end is too late."""
    told = session(attempt(44.99, 10), attempt(45, 90))
    assert (told.state(after(44.99)), told.state(after(45))) == (SessionState.RUNNING, SessionState.OVER)
    assert told.left(after(44)) == dt.timedelta(minutes=1)
    assert told.left(after(99)) == dt.timedelta()
    assert [told.is_in_time(one) for one in told.attempts] == [True, False]
    assert told.result == told.attempts[0]


def test_the_last_attempt_in_time_is_the_result() -> None:
    """Later work replaces earlier work, even if it earns less; what was not measured or came late replaces nothing."""
    told = session(
        attempt(5, 60),
        attempt(9, 50),
        attempt(12, 0, ReportStatus.INCOMPLETE),
        attempt(14, 0, ReportStatus.REJECTED),
        attempt(50, 99),
    )
    assert told.result == told.attempts[1]
    assert session(attempt(46, 99)).result is None


def test_a_session_that_was_given_up_stays_so() -> None:
    """Whatever the time is."""
    told = msgspec.structs.replace(session(), given_up=after(3))
    assert [told.state(after(minutes)) for minutes in (4, 50)] == [SessionState.GIVEN_UP] * 2


@pytest.mark.parametrize("times", [(5, 3), (-1,), (2, 9, 8)])
def test_a_clock_that_was_set_back_is_told(times: tuple[float, ...]) -> None:
    """An attempt that is older than the one before it, or than the session, is no secret."""
    told = session(*(attempt(minutes, 10) for minutes in times))
    assert told.clock_went_back
    assert "clock was set back" in text(told, after(10))
    assert not session(attempt(1, 10), attempt(1, 20)).clock_went_back


def test_the_story_has_every_event_in_its_place() -> None:
    """Begin, attempts, the end of the time and giving up, in order; what came late or was not measured says so."""
    told = msgspec.structs.replace(
        session(attempt(7.2, 38), attempt(20, 0, ReportStatus.INCOMPLETE), attempt(48, 97)), given_up=after(50)
    )
    events = practice_story(told, after(60)).events
    assert [event.what for event in events] == [
        *("begun", "attempt 1", "attempt 2", "time is up", "attempt 3", "given up"),
    ]
    assert [event.counts for event in events if event.what.startswith("attempt")] == [True, False, False]
    shown = text(told, after(60))
    assert "7:12  attempt 1" in shown
    assert "not everything could be measured" in shown
    assert "97 of 100 points, Junior; after the end" in shown
    assert "Result: 38 of 100 points, Junior (attempt 1, after 7:12 of 45 minutes)." in shown


def test_every_telling_says_that_practice_counts_nowhere() -> None:
    """In the terminal and on the page, with and without attempts."""
    for told in (session(), session(attempt(1, 10))):
        for shown in (text(told, after(2)), session_page(practice_story(told, after(2)))):
            assert "This was practice: it counts for no certificate, no badge and no bar." in shown
            assert "ractice" in shown.splitlines()[0] or "<title>Practice: Decorators</title>" in shown


@given(
    title=st.text(max_size=60),
    made=st.lists(st.tuples(st.floats(-1e4, 1e6), st.floats(-10, 1e6), st.sampled_from(ReportStatus)), max_size=8),
    now=st.floats(-1e4, 1e6),
)
def test_any_session_can_be_told(title: str, made: list[tuple[float, float, ReportStatus]], now: float) -> None:
    """Times before the beginning, absurd marks, hostile titles: every session has a page and a text of 80 columns."""
    attempts = (attempt(minutes, score, status) for minutes, score, status in made)
    told = msgspec.structs.replace(session(*attempts), title=title)
    assert all(len(line) <= 80 for line in text(told, after(now)).splitlines())
    page = session_page(practice_story(told, after(now)))
    assert page.count("<circle") == sum(status is ReportStatus.GRADED for *_, status in made)
    assert "<script" not in page


@pytest.mark.parametrize(("minutes", "shown"), [(0.0, "0:00"), (7.2, "7:12"), (59.999, "60:00"), (-1.5, "-1:30")])
def test_minutes_are_shown_as_on_a_stopwatch(minutes: float, shown: str) -> None:
    """Minutes and seconds, rounded to the second."""
    assert clock(minutes) == shown
