"""The story of an issued session: every event in its place, in the terminal and on the page, whatever it contains."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from grader.interview.session import SessionState
from grader.interview.story import Event, StageSpan, Story, begun, in_order, stage_spans
from grader.interview.terminal_story import story_text
from grader.model import SessionKind
from grader.portfolio.pages import session_page
from grader.report import Audience
from grader.report.terminal import printed
from grader.report.view import View

BEGAN = dt.datetime(2026, 12, 1, 9, 0, tzinfo=dt.UTC)
SPANS = (StageSpan("Build it", 0, 30, 30), StageSpan("It changes", 33.2, 53.2, 53.2))


def issued(
    title: str = "Live coding", person: str = "Ada Lovelace", words: str = "it is late", at: float = 51
) -> Story:
    """A session of two stages, with an answer that was refused."""
    events = [
        *begun(SPANS),
        Event(28.5, "answer 1", 92.5, "37 of 40 points"),
        Event(31, "answer refused", words=words, counts=False),
        Event(at, "answer 2", 61.0, "42.7 of 70 points"),
    ]
    return Story(
        kind=SessionKind.ISSUED,
        title=title,
        challenge="interview/live_coding",
        person=person,
        began=BEGAN,
        stages=SPANS,
        state=SessionState.ANSWERED,
        events=in_order(events),
        result="Result: 42.7 of 70 points.",
        notices=("Times are those of the issuer's clock.",),
    )


def text(story: Story) -> str:
    look = View(audience=Audience.CANDIDATE, width=80, colour=False, quiet=False, only=(), base="")
    return printed(story_text(story), look)


def test_stages_and_answers_are_told_in_order() -> None:
    """With the minutes since the session began, and the refusal in its place."""
    told = text(issued())
    places = [told.index(words) for words in ("stage 1", "answer 1", "answer refused", "stage 2", "answer 2")]
    assert places == sorted(places)
    assert "issued to Ada Lovelace" in told
    assert "33:12  stage 2" in told


def test_one_minute_is_told_as_one() -> None:
    """The time of a session is said in words that fit its number."""
    short = issued()._replace(stages=(StageSpan("Build it", 0, 1, 1),))
    assert " 1 minute from" in text(short)
    assert " minutes from" in text(issued())


def test_a_stage_is_left_when_the_next_begins() -> None:
    """Bands of stages do not overlap: one that was answered early ends there, one whose time was up ends before."""
    starts = [BEGAN + dt.timedelta(minutes=minutes) for minutes in (0, 12, 50)]
    spans = stage_spans([("", start, start + dt.timedelta(minutes=30)) for start in starts])
    assert [(span.starts, span.ends, span.left) for span in spans] == [(0, 30, 12), (12, 42, 42), (50, 80, 80)]


def test_the_picture_has_a_band_for_each_stage_and_a_point_for_each_answer() -> None:
    """A refused answer is in the table, and is no point."""
    page = session_page(issued())
    assert page.count('<rect class="stage"') == 2
    assert page.count("<circle") == 2
    assert page.count("<tr") == 6
    assert "Interview: Live coding" in page
    assert "ractice" not in page


@given(
    title=st.text(max_size=40),
    person=st.text(min_size=1, max_size=40),
    words=st.text(max_size=40),
    at=st.floats(-1e3, 1e5),
)
def test_any_story_can_be_told(title: str, person: str, words: str, at: float) -> None:
    """Hostile names and absurd times: 80 columns, and no markup."""
    story = issued(title, person, words, at)
    assert all(len(line) <= 80 for line in text(story).splitlines())
    assert "<script" not in session_page(story)
