"""The self-rating: anchors for every level, and a file that people may edit by hand."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest

from grader.framework import FRAMEWORK
from grader.model import Level
from grader.portfolio.anchors import anchors
from grader.portfolio.comparison import Agreement, compared
from grader.portfolio.folder import PortfolioFolder
from grader.portfolio.history import histories
from grader.portfolio.leadership import NO_LEADERSHIP
from grader.portfolio.markdown_profile import profile_markdown
from grader.portfolio.profile import (
    ChosenTarget,
    Profile,
    Rating,
    changes,
    checked,
    form,
    read_profile,
    with_news,
    with_person,
    with_ratings,
    with_target,
    write_profile,
)
from grader.portfolio.scanned import SkillTrace, read_scan
from grader.portfolio.strict import PortfolioError
from grader.portfolio.targets import GOALS
from grader.portfolio.terminal_profile import profile_text
from grader.report import View
from grader.report.terminal import printed
from tests.portfolio.conftest import DAY, kept, made

V = "format_version = 1\n"
HERE = Path("profile.toml")
SKILLS = [skill for competency in FRAMEWORK for skill in competency.skills]


def rating(level: int, day: dt.date = DAY) -> Rating:
    return Rating(level=Level(level), date=day)


def test_every_level_of_every_skill_has_an_anchor() -> None:
    """27 skills, four sentences each, in the framework's order, short enough to be read and none of them twice."""
    assert list(anchors()) == SKILLS
    assert {tuple(sentences) for sentences in anchors().values()} == {tuple(Level)}
    sentences = [sentence for levels in anchors().values() for sentence in levels.values()]
    assert len(set(sentences)) == 4 * 27
    assert [text for text in sentences if not (15 < len(text) < 180 and text.endswith("."))] == []


def test_goals_rest_on_skills_of_the_framework() -> None:
    """The persona's targets move steps of the plan: each names skills that there are."""
    assert [skill for goal in GOALS.values() for skill in goal.skills if skill not in SKILLS] == []


def test_the_form_is_a_profile_that_rates_nothing() -> None:
    """What is filled in decodes; with every # removed, every skill is rated."""
    assert checked(form(), HERE).ratings == {}
    filled = re.sub(r'(?m)^# (".*" = \{)', r"\1", form())
    assert list(checked(filled, HERE).ratings) == SKILLS


def test_the_form_keeps_what_is_known() -> None:
    """Who fills it in again finds the earlier ratings in it."""
    profile = Profile(format_version=1, person='A "B"', ratings={"Caching": rating(3)})
    assert checked(form(profile), HERE) == profile


def test_ratings_join_a_file_that_somebody_edited() -> None:
    """Comments, order and everything else stay; a new rating goes to the end of its table."""
    text = (
        '# mine\nformat_version = 1\n\n[ratings] # by heart\n"Caching" = { level = 1, date = 2026-01-01 }  # why\n\n'
        '[[targets]]\nid = "uptime"\n'
    )
    new = with_ratings(text, {"Caching": rating(2), "Async/Await": rating(4)})
    assert new == (
        '# mine\nformat_version = 1\n\n[ratings] # by heart\n"Caching" = { level = 2, date = 2026-11-30 }  # why\n'
        '"Async/Await" = { level = 4, date = 2026-11-30 }\n\n[[targets]]\nid = "uptime"\n'
    )
    assert checked(new, HERE).ratings == {"Caching": rating(2), "Async/Await": rating(4)}


def test_a_profile_grows_from_nothing(folder: PortfolioFolder) -> None:
    """Person, ratings and targets, in any order."""
    target = ChosenTarget(id="coverage", by=dt.date(2027, 2, 28), now="88 %")
    own = ChosenTarget(id="talk", words='A "talk"\\', skills=("Caching",))
    text = with_target(with_target("", target), own)
    profile = write_profile(folder, with_person(with_ratings(text, {"Caching": rating(2)}), "Ada\tL."))
    assert profile == read_profile(folder.profile)
    assert (profile.person, profile.targets) == ("Ada\tL.", (target, own))
    assert own.rests_on == ("Caching",)
    assert target.rests_on == GOALS["coverage"].skills
    assert write_profile(folder, with_person(folder.profile.read_text(), "Bob")).person == "Bob"


def test_a_target_gets_another_day_and_another_figure() -> None:
    """In its own table, whatever stands in the others; what was not there is added."""
    text = with_target(with_target("", ChosenTarget(id="uptime", now="99 %")), ChosenTarget(id="coverage", by=DAY))
    new = with_news(text + "# end\n", 1, by=dt.date(2027, 1, 1), now="90 %")
    assert checked(new, HERE).targets == (
        ChosenTarget(id="uptime", now="99 %"),
        ChosenTarget(id="coverage", by=dt.date(2027, 1, 1), now="90 %"),
    )
    assert new.endswith("# end\n")
    assert with_news(text, 0, by=None, now="") == text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (V + '[ratings]\n"Caching" = { level = 5, date = 2026-01-01 }', r":3: ratings.Caching.level: 5"),
        (V + '[ratings]\n"Cachin" = { level = 3, date = 2026-01-01 }', r":3: .*no skill.* Write Caching"),
        (V + '[ratings]\n"Caching" = { level = 3 }', r":3: ratings.Caching: .*`date`"),
        ("format_version = 2", r":1: format_version: "),
        (V + "person = 3", r":2: person: "),
        (V + "name = 3", r":2: name: there is no such key"),
        (V + "person = '", r":2: it is not valid TOML"),
        (V + '[[targets]]\nid = "uptime"\n[[targets]]\nid = "uptime"', r":5: .*twice"),
        (V + '[[targets]]\nid = "mine"', r":3: .*Add `words`"),
        (V + '[[targets]]\nid = "mine"\nwords = "x"\nskills = ["Cache"]', r":5: .*Write Caching"),
        (V + '[[targets]]\nid = "uptime"\n[[targets]]\nid = "coverage"\nbye = 1', r":6: targets\[1\].bye"),
        ('person = "x"', r"profile.toml: .*`format_version`"),
    ],
)  # fmt: skip
def test_what_is_wrong_has_a_line_and_a_remedy(folder: PortfolioFolder, text: str, says: str) -> None:
    """File, line, what was found, what to do; and such a text is never written."""
    folder.profile.write_text(text)
    with pytest.raises(PortfolioError, match=says) as raised:
        read_profile(folder.profile)
    assert raised.value.problem.remedy
    with pytest.raises(PortfolioError):
        write_profile(folder, text + "\n")
    assert folder.profile.read_text() == text


def test_bytes_that_are_no_text_are_named(folder: PortfolioFolder) -> None:
    """The line is that of the first such byte."""
    folder.profile.write_bytes(b"format_version = 1\n# \xff\n")
    with pytest.raises(PortfolioError, match=r"profile.toml:2: it is not UTF-8"):
        read_profile(folder.profile)


def test_a_rating_is_compared_with_what_was_graded() -> None:
    """Above, below, equal, not graded, not rated."""
    reports = [kept(made("metaclass_orm", 72, 2)), kept(made("descriptors", 90, 3)), kept(made("generators", 20, None))]
    ratings = {"Metaclasses": rating(3), "Descriptors": rating(2), "Caching": rating(1), "Generators": rating(1)}
    found = compared(Profile(format_version=1, ratings=ratings), histories(reports), {})
    assert [found[skill].agreement for skill in ("Metaclasses", "Descriptors", "Caching", "Generators", "Logging")] == [
        Agreement.ABOVE,
        Agreement.BELOW,
        Agreement.UNGRADED,
        Agreement.ABOVE,
        Agreement.UNRATED,
    ]
    even = compared(Profile(format_version=1, ratings={"Metaclasses": rating(2)}), histories(reports), {})
    assert even["Metaclasses"].agreement is Agreement.AGREES


def test_a_scan_stands_beside_a_rating_and_never_in_its_place(folder: PortfolioFolder) -> None:
    """Code that does not show what somebody claims is mentioned; without a rating it says nothing."""
    folder.scan.write_text(
        '{"format_version": 1, "repo": "x", "skills": {"Caching": {"strength": 0, "places": []}, '
        '"Logging": {"strength": 3, "places": [{"file": "a.py", "line": 1}], "more": 1}, '
        '"Sorcery": {"strength": 1}, "Security": {"strength": 2}}}'
    )
    traces = read_scan(folder.scan)
    assert list(traces) == ["Caching", "Logging", "Security"]
    assert traces["Logging"].words == "throughout, 1 place"
    profile = Profile(format_version=1, ratings={"Caching": rating(4), "Logging": rating(1)})
    found = compared(profile, histories(()), traces)
    assert found["Caching"].words == "nothing graded yet; the scanned code does not show the skill"
    assert found["Logging"].words == "nothing graded yet; the scanned code shows more than the rating"
    assert found["Security"].words == "not rated"


def test_a_missing_scan_is_fine_and_a_broken_one_is_not(folder: PortfolioFolder) -> None:
    """Nobody has to scan; who names a file means it."""
    assert read_scan(folder.scan) == {}
    with pytest.raises(PortfolioError, match="No such file"):
        read_scan(folder.scan, required=True)
    folder.scan.write_text('{"format_version": 1, "skills": {"Caching": {"strength": 4}}}')
    with pytest.raises(PortfolioError, match=r"scan.json: it is not a scan.*<= 3"):
        read_scan(folder.scan)


def test_the_comparison_fits_eighty_columns() -> None:
    """Every skill with rating, result, scan and how they relate; a name does nothing to a terminal or to Markdown."""
    ratings = dict.fromkeys(SKILLS, rating(3))
    reports = [kept(made("metaclass_orm", 33.33, 2)), kept(made("solid", 100, 4))]
    traces = {"Event-Driven Architecture": SkillTrace(strength=3)}
    found = compared(Profile(format_version=1, ratings=ratings), histories(reports), traces)
    text = printed(profile_text(found, "A\x1b[31m<b>", NO_LEADERSHIP), View(width=80))
    assert max(map(len, text.splitlines())) <= 80
    assert [skill for skill in SKILLS if skill not in text] == []
    assert "27 of 27 skills are rated; 2 of them were graded." in text
    assert "\x1b" not in text
    assert "…" not in text
    markdown = profile_markdown(found, "A\x1b[31m<b>", NO_LEADERSHIP)
    assert markdown.count("\n| ") == 29 + 7, "the skills, the parts of Leadership, and the heads of both"
    assert "<b>" not in markdown.replace("\\<", "")


def test_changed_ratings_are_named() -> None:
    """Equal ones are not, and neither are new ones."""
    before = Profile(format_version=1, ratings={"Caching": rating(1, dt.date(2026, 1, 2)), "Logging": rating(2)})
    new = {"Caching": rating(3), "Logging": rating(2), "Security": rating(1)}
    assert [*changes(before, new)] == ["Caching: 1 on 2026-01-02, now 3"]
    assert [*changes(None, new)] == []
