"""`profile`, `plan`, `start`, `grade --portfolio`, `due` and `portfolio` as a user runs them, one after the other."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import msgspec
import pytest

from grader.model import Report
from grader.portfolio.folder import FOLDERS
from grader.portfolio.profile import read_profile
from grader.store.sign import new_key, sign
from tests.cli.conftest import GOLD, Gradings, Run


class Terminal(io.StringIO):
    """A person's answers."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def answer(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    monkeypatch.setattr("sys.stdin", Terminal("".join(f"{line}\n" for line in lines)))


def stored(case: str = "partial") -> Report:
    return msgspec.json.decode((GOLD / case / "report.json").read_bytes(), type=Report)


def test_a_new_user_goes_from_nothing_to_a_dashboard(
    grader: Run, gradings: Gradings, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Profile, plan, start, grade, note, dashboard: six commands, each of which names the next."""
    answer(monkeypatch, "2", "0", "q")
    ended = grader("profile", "--person", "Ada")
    assert (ended.status, "1 of 27 skills are rated" in ended.out) == (0, True)
    assert all((here / "portfolio" / name).is_dir() for name in FOLDERS)
    ended = grader("plan")
    assert (ended.status, "grader start metaclass_orm" in ended.out) == (0, True)
    ended = grader("start", "metaclass_orm", "mine")
    (command,) = re.findall(r"grader (grade .*)", ended.out)
    gradings.will_be("partial")
    ended = grader(*command.split())
    assert (ended.status, "grader: kept: portfolio/reports/language-metaclass-orm-" in ended.err) == (0, True)
    ended = grader("plan", "note", "metaclasses", "--learned", "order", "--to-try", "mixins")
    assert "63.33 %, level 2, self-graded" in ended.out
    ended = grader("portfolio", "dashboard")
    assert (ended.status, ended.err) == (0, "")
    assert "Progress of Ada" in ended.out
    assert "63.33 %" in ended.out


def test_the_second_start_shows_what_was_lost(grader: Run, here: Path) -> None:
    """On top of the brief, with the notes on the skill; without a report, the brief stands alone."""
    (here / "portfolio/reports").mkdir(parents=True)
    grader("plan", "note", "Metaclasses", "--to-try", "mixins")
    grader("start", "metaclass_orm", "first")
    assert (here / "first/README.md").read_text(encoding="utf-8").startswith("# A declarative model layer")
    (here / "portfolio/reports/a.json").write_bytes((GOLD / "partial/report.json").read_bytes())
    grader("start", "metaclass_orm", "second")
    text = (here / "second/README.md").read_text(encoding="utf-8")
    assert text.startswith("# What your last report lost")
    assert "to try: mixins" in text
    assert text.index("# A declarative model layer") < text.index("## The API")


def test_ratings_come_from_a_file(grader: Run, here: Path) -> None:
    """The form, filled in; what changes is named, and a file with a mistake changes nothing."""
    form = grader("profile", "--form").out
    (here / "me.toml").write_text(re.sub(r'(?m)^# (".*" = \{)', r"\1", form), encoding="utf-8")
    ended = grader("profile", "--from", "me.toml")
    assert (ended.status, "27 of 27 skills are rated" in ended.out) == (0, True)
    (here / "me.toml").write_text('format_version = 1\n[ratings]\n"Caching" = { level = 3, date = 2026-11-30 }\n')
    assert "Caching: 1 on " in grader("profile", "--from", "me.toml").err
    (here / "me.toml").write_text('format_version = 1\n[ratings]\n"Caching" = { level = 9, date = 2026-11-30 }\n')
    ended = grader("profile", "--from", "me.toml")
    assert (ended.status, "me.toml:3: ratings.Caching.level" in ended.err) == (2, True)
    (here / "me.toml").write_text("format_version = 1\n")
    assert "contains no ratings" in grader("profile", "--from", "me.toml").err
    assert read_profile(here / "portfolio/profile.toml").ratings["Caching"].level == 3
    assert "| Performance | Caching | 3 Senior | - |" in grader("profile", "--format", "markdown").out


def test_only_open_questions_are_asked(grader: Run, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless --again or --skill says otherwise; a known rating is the default answer."""
    answer(monkeypatch, "3", "q")
    assert "27 skills" in grader("profile").out
    answer(monkeypatch, "q")
    assert "Skills to rate: 26" in grader("profile").out
    answer(monkeypatch, "")
    ended = grader("profile", "--skill", "metaclasses")
    assert "Level [3]" in ended.out
    assert (here / "portfolio/profile.toml").read_text().count("level =") == 1
    assert "Write Caching" in grader("profile", "--skill", "cachin").err


def test_an_interrupted_rating_keeps_its_answers(grader: Run, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The end of input ends the command; what was answered before is in the file."""
    answer(monkeypatch, "3", "2")
    assert grader("profile", "--person", "Ada").status == 130
    profile = read_profile(here / "portfolio/profile.toml")
    assert (len(profile.ratings), profile.person) == (2, "Ada")


def test_without_a_terminal_nobody_is_asked(grader: Run, here: Path) -> None:
    """The message names the other way; a note is the same."""
    ended = grader("profile")
    assert (ended.status, "grader profile --form" in ended.err) == (2, True)
    assert not (here / "portfolio").exists()
    assert grader("plan", "note", "Caching").status == 2
    assert grader("due", "record", "monthly").status == 2
    assert grader("plan", "note", "Caching", "--learned", " ").status == 2
    assert "Write Caching" in grader("plan", "note", "Cachin", "--learned", "x").err


def test_notes_and_entries_are_asked_for_in_a_terminal(
    grader: Run, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was learned, what to try; for a month, the questions that `grader due` shows."""
    answer(monkeypatch, "stampedes", "jitter")
    assert "learned: stampedes; to try: jitter" in grader("plan", "note", "Caching").out
    answer(monkeypatch, "all of them", "", "", "more")
    assert grader("due", "record", "monthly").status == 0
    (entry,) = (here / "portfolio/journal").glob("*-monthly.toml")
    assert "all of them" in entry.read_text(encoding="utf-8")


def test_targets_are_listed_and_chosen(grader: Run, here: Path) -> None:
    """The persona's, or one's own; twice is refused with the place to edit."""
    assert "99.9 %" in grader("plan", "target").out
    ended = grader("plan", "target", "coverage", "--by", "2027-02-28", "--now", "88 %")
    assert "by 2027-02-28 (now: 88 %)" in " ".join(ended.out.split())
    assert "already been chosen" in grader("plan", "target", "coverage").err
    ended = grader("plan", "target", "coverage", "--now", "91 %")
    assert "by 2027-02-28 (now: 91 %)" in " ".join(ended.out.split())
    assert "Add --words" in grader("plan", "target", "talk").err
    assert grader("plan", "target", "talk", "--words", "Give a talk", "--skill", "caching").status == 0
    assert "Give a talk" in grader("plan").out
    assert read_profile(here / "portfolio/profile.toml").targets[1].skills == ("Caching",)


def test_plan_and_dashboard_are_pages_and_markdown(grader: Run, here: Path) -> None:
    """By the ending of the file; another ending is refused before anything is written."""
    for command in (["plan"], ["portfolio", "dashboard"]):
        assert grader(*command, "--output", "x.html").status == 0
        assert (here / "x.html").read_text(encoding="utf-8").startswith("<!doctype html>")
        assert grader(*command, "--format", "markdown").out.startswith("# P")
        assert grader(*command, "--output", "x.json").status == 2
    (here / "my own").mkdir()
    assert "grader start solid --portfolio 'my own'" in grader("plan", "--portfolio", "my own").out


def test_a_folder_that_is_none_is_refused(grader: Run, here: Path) -> None:
    """A slip in --portfolio is not an empty portfolio, and a file is no folder."""
    for command in (["plan"], ["due"], ["portfolio", "dashboard"], ["portfolio", "site", "site"]):
        ended = grader(*command, "--portfolio", "typo")
        assert (ended.status, "grader profile --portfolio typo" in ended.err) == (2, True)
    (here / "portfolio").write_text("mine")
    for command in (["plan", "note", "Caching", "--learned", "x"], ["plan", "target", "uptime"]):
        ended = grader(*command)
        assert (ended.status, "Use --portfolio DIR" in ended.err) == (2, True)
    assert (here / "portfolio").read_text() == "mine"
    (here / "other").mkdir()
    (here / "other/reports").write_text("mine")
    ended = grader("plan", "--portfolio", "other")
    assert (ended.status, "other/reports: Not a directory" in ended.err) == (2, True)


def test_one_bad_file_never_hides_the_others(grader: Run, here: Path) -> None:
    """Every command shows what it can, names the rest on stderr, and ends with status 1."""
    (here / "portfolio/reports").mkdir(parents=True)
    (here / "portfolio/profile.toml").write_text("format_version = 1\nperson = 1\n")
    (here / "portfolio/reports/a.json").write_bytes((GOLD / "partial/report.json").read_bytes())
    (here / "portfolio/reports/b.json").write_text("{")
    for command in (["plan"], ["portfolio", "dashboard"], ["portfolio", "site", "site"], ["due"]):
        ended = grader(*command)
        assert ended.status == 1
        assert "portfolio/profile.toml:2: person: " in ended.err
        assert "portfolio/reports/b.json:1: " in ended.err
    assert "63.33 %" in grader("portfolio", "dashboard").out
    assert grader("profile").status == 2, "a profile that cannot be read is not rated over"


def test_signed_reports_are_shown_as_signed(grader: Run, here: Path) -> None:
    """With the key of who signed; the site says the same."""
    private, public = new_key()
    (here / "key.pub").write_bytes(public)
    (here / "x.json").write_bytes(sign((GOLD / "partial/report.json").read_bytes(), private))
    assert grader("portfolio", "add", "x.json").out.startswith("kept: portfolio/reports/")
    assert grader("portfolio", "add", "x.json").out.startswith("already kept")
    assert "(0 signed, 1 self-graded)" in grader("portfolio", "dashboard").out
    assert "(1 signed, 0 self-graded)" in grader("portfolio", "dashboard", "--issuer", "key.pub").out
    assert grader("portfolio", "site", "site", "--issuer", "key.pub").status == 0
    assert "signed by" in (here / "site/index.html").read_text(encoding="utf-8")
    assert grader("portfolio", "dashboard", "--issuer", "x.json").status == 2
    for name, content in {"none.json": None, "bad.json": b"{}", "worse.json": b'{"payloadType": 1}'}.items():
        if content is not None:
            (here / name).write_bytes(content)
        assert grader("portfolio", "add", name).status == 2


def test_due_can_fail_a_job(grader: Run, here: Path) -> None:
    """--fail-on-due is for whoever is reminded by a schedule."""
    assert grader("due", "--fail-on-due").status == 0
    (here / "portfolio/journal").mkdir(parents=True)
    (here / "portfolio/journal/a.toml").write_text(
        'format_version = 1\ndate = 2020-01-01\nskill = "Caching"\nlearned = "x"\n'
    )
    ended = grader("due", "--fail-on-due")
    assert (ended.status, "grader due record monthly" in ended.out) == (1, True)
    assert grader("due", "--output", "due.html").status == 2
    assert grader("due", "--output", "due.md").status == 0
    assert (here / "due.md").read_text(encoding="utf-8").startswith("# Due on ")


def test_what_is_kept_is_signed_with_a_new_key(grader: Run, gradings: Gradings, here: Path) -> None:
    """`--new-key` makes the key, `--key` uses it again; the envelope is the one that `grader sign` makes."""
    gradings.will_be("full", "partial")
    grader("start", "metaclass_orm", "mine")
    words = ("grade", "mine", "--challenge", "metaclass_orm", "--portfolio", "portfolio")
    ended = grader(*words, "--new-key", "org", "--format", "json")
    assert (ended.status, json.loads(ended.out)["status"]) == (0, "graded")
    assert "grader: Wrote the private key to org (keep it secret)" in ended.err
    assert grader(*words, "--key", "org").status == 0
    kept = sorted((here / "portfolio/reports").iterdir())
    assert [path.name.endswith(".signed.json") for path in kept] == [True, True]
    assert all(grader("check", path, "--key", "org.pub").status == 0 for path in kept)
    assert "2 signed, 0 self-graded" in grader("portfolio", "dashboard", "--issuer", "org.pub").out


def test_a_key_that_cannot_sign_is_refused_before_grading(grader: Run, gradings: Gradings, here: Path) -> None:
    """Nothing is graded in vain, and no key is written over another."""
    (here / "org").write_text("mine")
    words = ("grade", here / "metaclass_orm", "--challenge", "metaclass_orm")
    for options, says in (
        (("--key", "org"), "Add --portfolio DIR"),
        (("--new-key", "new"), "Add --portfolio DIR"),
        (("--portfolio", "portfolio", "--key", "org"), "the key cannot be read"),
        (("--portfolio", "portfolio", "--key", "gone"), "gone"),
        (("--portfolio", "portfolio", "--new-key", "org"), "org already exists"),
        (("--portfolio", "portfolio", "--new-key", "new", "--key", "org"), "Use one of the two"),
    ):
        ended = grader(*words, *options)
        assert (ended.status, says in ended.err) == (2, True), ended.err
    assert (gradings.asked, (here / "new").exists()) == ([], False)
