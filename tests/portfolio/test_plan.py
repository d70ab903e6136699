"""The plan: what comes next, in which order, and why; the losses that stand above a brief."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec
import pytest

from grader.challenges.challenge import Challenge
from grader.challenges.manifest import Criterion, LevelRule, Manifest
from grader.challenges.prerequisites import in_order
from grader.model import Area, Kind, Level
from grader.portfolio.folder import PortfolioFolder
from grader.portfolio.history import histories
from grader.portfolio.journal import EntryOccasion, JournalEntry, read_journal, write_entry
from grader.portfolio.losses import as_markdown, criteria_lost
from grader.portfolio.markdown_plan import plan_markdown
from grader.portfolio.pages import plan_page
from grader.portfolio.plan import Plan, in_time
from grader.portfolio.profile import ChosenTarget
from grader.portfolio.scanned import SkillTrace
from grader.portfolio.sections import sections, to_read
from grader.portfolio.terminal_plan import plan_text
from grader.report import View
from grader.report.terminal import printed
from tests.portfolio.conftest import DAY, kept, made
from tests.portfolio.samples import CHALLENGES, full, planned


def slugs(found: Plan) -> list[str]:
    return [step.challenge.partition("/")[2] for step in found.steps]


def test_somebody_new_gets_a_plan_of_everything() -> None:
    """Every skill that has a challenge, once; the others are named; every step ends in what starts it."""
    found = planned()
    assert len(found.steps) + len(found.ungradable) == 27
    assert found.unrated == 27
    assert {step.command for step in found.steps} == {f"grader start {slug}" for slug in slugs(found)}
    assert all(step.why and step.read and step.aim and step.minutes for step in found.steps)
    assert found.minutes == sum(challenge.manifest.minutes for challenge in CHALLENGES)


def test_nothing_comes_before_what_it_builds_on() -> None:
    """Whatever is rated lower."""
    order = slugs(planned({"Metaclasses": 1, "Descriptors": 2, "Event-Driven Architecture": 1}))
    for challenge in CHALLENGES:
        for name in challenge.manifest.prerequisites:
            assert order.index(name.partition("/")[2]) < order.index(challenge.slug)


def test_what_is_rated_senior_holds_nobody_back() -> None:
    """Who is good at descriptors may begin with metaclasses, and shows descriptors some time."""
    order = slugs(planned({"Metaclasses": 1, "Descriptors": 3}))
    assert order.index("metaclass_orm") < order.index("descriptors")


def test_what_was_begun_comes_first() -> None:
    """The one that is nearest to the goal before the others."""
    order = slugs(planned(reports=[kept(made("metaclass_orm", 50)), kept(made("generators", 80))]))
    assert order[:2] == ["generators", "metaclass_orm"]


def test_what_reached_the_goal_is_done() -> None:
    """It is named with its day and who vouches for it, and is no step, until the goal rises."""
    reports = [kept(made("metaclass_orm", 90, 3), signer="abc")]
    found = planned(reports=reports)
    assert "metaclass_orm" not in slugs(found)
    (done,) = found.done
    assert (done.skill, done.last) == ("Metaclasses", "2026-11-01: 90 %, level 3, signed by abc")
    assert slugs(planned(reports=reports, goal=Level.EXPERT))[0] == "metaclass_orm"


def test_an_unfinished_challenge_stops_no_plan(tmp_path: Path) -> None:
    """Without a brief and without a level for the goal it is planned all the same; an interview part never is."""
    criterion = Criterion(id="all", kind=Kind.BEHAVIOUR, title="It works", points=100)
    levels = (LevelRule(level=Level.JUNIOR, percent=50),)
    manifest = Manifest(
        format_version=1,
        title="Private",
        summary="A challenge of ours.",
        skill="Metaclasses",
        version="1.0",
        modules=("x.py",),
        criteria=(criterion,),
        levels=levels,
    )
    own = Challenge(slug="metaclass_orm", area=Area.LANGUAGE, folder=tmp_path, manifest=manifest, digest="")
    part = msgspec.structs.replace(own, slug="part", area=Area.INTERVIEW)
    found = planned(reports=[kept(made())], challenges=(part, own))
    assert [(step.challenge, step.read) for step in found.steps] == [("language/metaclass_orm", ())]
    assert "Senior requires more." in found.steps[0].why[0]


def test_a_larger_gap_comes_before_a_smaller_one() -> None:
    """After that, the shorter challenge."""
    everything = dict.fromkeys(histories(()), 3)
    order = slugs(planned(everything | {"Generators": 1, "Type Hints": 2}))
    assert order[:2] == ["generators", "type_hints"]


def test_a_target_moves_its_skills_up() -> None:
    """And the reason says so."""
    target = ChosenTarget(id="coverage", by=dt.date(2027, 2, 28))
    found = planned(targets=[target])
    assert slugs(found)[0] == "unit_testing"
    assert any("Your target" in sentence for sentence in found.steps[0].why)


def test_a_step_says_what_was_lost_and_where_to_read() -> None:
    """The last report, its trend, the version, the largest loss first, the sections that speak of it."""
    reports = [kept(made(percent=50)), kept(made(percent=72, day="2026-11-20"))]
    note = JournalEntry(format_version=1, date=DAY, skill="Metaclasses", learned="order", to_try="mixins")
    (step, *_) = planned({"Metaclasses": 4}, reports, notes={"Metaclasses": [note]}).steps
    assert step.last == "2026-11-20: 72 %, level 2, self-graded"
    assert step.trend == "up 22"
    assert [loss.brief for loss in step.lost] == ["Values are validated (28 points)"]
    assert step.read == ("ValidationError",)
    assert step.note == note
    assert step.command == "grader start metaclass_orm metaclass_orm_3"
    assert "Senior requires 85 %" in step.why[0]
    assert "You rate yourself 4, Expert; the best report reached level 2." in step.why


def test_an_older_version_and_a_scan_are_reasons() -> None:
    """Both in words."""
    traces = {"Descriptors": SkillTrace(strength=2)}
    found = planned(reports=[kept(made("descriptors", 10, None))], traces=traces)
    assert "The last attempt was graded under version 1.3; the current version is 1.2." in found.steps[0].why
    assert "In the scanned code: used." in found.steps[0].why


def test_a_circle_of_prerequisites_still_has_an_order() -> None:
    """`grader verify` reports it; a plan is no place to fail."""
    assert in_order("abc", {"a": ["b"], "b": ["a"], "c": ["a"]}) == ["b", "a", "c"]


@pytest.mark.parametrize(("minutes", "words"), [(90, "90 minutes"), (180, "3 hours"), (1350, "22.5 hours")])
def test_times_are_in_words(minutes: int, words: str) -> None:
    """Minutes, or hours by halves."""
    assert in_time(minutes) == words


@pytest.mark.parametrize("challenge", CHALLENGES, ids=lambda challenge: challenge.slug)
def test_every_brief_has_sections_to_read(challenge: object) -> None:
    """Names of parts of the work, short enough for a line, and never those that all briefs have."""
    brief = challenge.brief  # type: ignore[attr-defined] # a challenge
    found = sections(brief)
    assert found
    assert "How it is judged" not in found
    assert all("`" not in heading for heading in found)
    assert set(to_read(brief, ["Values are validated"])) <= set(found)


def test_a_plan_fits_eighty_columns() -> None:
    """Every line, and every step ends in its command."""
    text = printed(plan_text(full()), View(width=80))
    assert max(map(len, text.splitlines())) <= 80
    assert text.count("grader start ") == len(full().steps)
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_a_plan_is_markdown_and_a_page() -> None:
    """With every command, and nothing that a note could make of either."""
    for text in (plan_markdown(full()), plan_page(full())):
        assert text.count("grader start ") == len(full().steps)
        assert "<img" not in text.replace("\\<", "")
        assert "\u202e" not in text
        assert "Reached: Senior" in text
    assert plan_page(full(), up="index.html").count('<a href="index.html"') == 1


def test_an_empty_plan_says_so() -> None:
    """Nothing is left: no table, no step."""
    done = Plan(
        person="", day=DAY, goal=Level.SENIOR, steps=(), done=(), ungradable=(), targets=(), unrated=0
    )  # fmt: skip
    assert "Nothing is left" in printed(plan_text(done), View(width=80))
    assert "Nothing is left" in plan_markdown(done)
    assert "<h2" not in plan_page(done)


def test_losses_stand_above_a_brief() -> None:
    """Points, what to do, notes; a report without losses and notes adds nothing."""
    note = JournalEntry(format_version=1, date=DAY, skill="Metaclasses", to_try="mixins")
    text = as_markdown(kept(made()), [note])
    assert text.startswith(
        "# What your last report lost\n\n2026-11-01 · 72 of 100 points · 72 %, level 2 · self-graded"
    )
    assert "- **Values are validated: 72 of 100**" in text
    assert "- 2026-11-30 to try: mixins" in text
    assert text.endswith("---\n\n")
    assert as_markdown(kept(made(percent=100.0, level=4))) == ""
    assert criteria_lost(made(percent=100.0)) == ()


def test_a_note_is_kept_as_it_was_written(folder: PortfolioFolder) -> None:
    """Quotes, several lines, control characters; each note in a file of its own, in the order of the days."""
    text = 'He said "no"\\ \x07\nand """more"""\tthen'
    for day in (dt.date(2026, 11, 2), dt.date(2026, 11, 1), dt.date(2026, 11, 2)):
        write_entry(folder, JournalEntry(format_version=1, date=day, skill="Async/Await", learned=text))
    journal = read_journal(folder)
    assert [entry.date.day for entry in journal.about("Async/Await")] == [1, 2, 2]
    assert {entry.learned for entry in journal.entries} == {text}
    assert sorted(path.name for path in folder.journal.iterdir()) == [
        "2026-11-01-async-await.toml",
        "2026-11-02-async-await-2.toml",
        "2026-11-02-async-await.toml",
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('format_version = 1\ndate = 2026-11-30\nskill = "Sorcery"\nlearned = "x"', ":3: .*no skill 'Sorcery'"),
        ('format_version = 1\ndate = 2026-11-30\nkind = "annual"\nskill = "Caching"\nto_try = "x"', ":4: .*Remove"),
        ('format_version = 1\ndate = 2026-11-30\nskill = "Caching"\nlearned = " "', ":4: the entry is empty"),
        ('format_version = 1\ndate = "today"\nskill = "Caching"', ":2: date: "),
        ('format_version = 1\ndate = 2026-11-30\nkind = "weekly"', ":3: kind: 'weekly' is not one of"),
    ],
)
def test_a_bad_note_is_named_and_hides_no_other(folder: PortfolioFolder, text: str, says: str) -> None:
    """With its line and a remedy."""
    (folder.journal / "bad.toml").write_text(text)
    write_entry(folder, JournalEntry(format_version=1, date=DAY, kind=EntryOccasion.MONTHLY, learned="x"))
    journal = read_journal(folder)
    assert [entry.kind for entry in journal.entries] == [EntryOccasion.MONTHLY]
    (problem,) = journal.problems
    with pytest.raises(AssertionError, match=says):
        raise AssertionError(problem)
