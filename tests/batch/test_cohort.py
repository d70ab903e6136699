"""A results folder over its whole life: nothing lost, every name right, and nothing told to the wrong reader."""

from __future__ import annotations

import csv
import json
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from grader.assess.find import Assignments, find
from grader.batch.cohort import BatchOptions, grade_cohort
from grader.batch.plan import CohortEntry, cohort, file_name
from grader.challenges.catalogue import Catalogue, catalogue
from grader.errors import CannotMeasure, UserError
from grader.model import Report
from grader.report import Audience
from grader.store.codec import read
from grader.store.results import Results

OLD = Path(__file__).parents[1] / "fixtures/results-0.1.0"
REVIEW = """format_version = 1
reviewer = "Grace Hopper"
date = 2026-11-22
[[mark]]
criterion = "sums"
points = 1
override = true
comment = "It is a copy."
"""

Run = Callable[..., Result]
Hand = Callable[..., Path]


def report_of(name: str, folder: str = "cohort-results") -> Report:
    report = read(Path(folder) / "reports" / f"{name}--adder.json").report
    assert isinstance(report, Report)
    return report


def summary() -> dict[str, dict[str, str]]:
    with Path("cohort-results/summary.csv").open(newline="") as file:
        return {row["entry"]: row for row in csv.DictReader(file)}


def page_of(name: str) -> str:
    return Path(f"cohort-results/pages/{name}--adder.html").read_text()


@pytest.fixture
def review(tmp_path: Path) -> Path:
    path = tmp_path / "review.toml"
    path.write_text(REVIEW)
    return path


def test_a_record_is_whole_and_a_view_tells_what_its_audience_may_see(quick: Path, run: Run, hand_in: Hand) -> None:
    """Hidden tests, drawn inputs and integrity findings stay in the record; a candidate's page and JSON have none."""
    hand_in("ada", adds=False)
    run("batch", "cohort", "--pages", "candidate")
    record = report_of("ada")
    assert record.criteria[0].promises[0].detail is not None
    assert [finding.id for finding in record.findings] == ["integrity.frames"]
    for page in (page_of("ada"), run("report", "cohort-results/reports/ada--adder.json", "--format", "json").output):
        assert "test_hidden" not in page
        assert "a=0, b=1" not in page
        assert "integrity" not in page
    whole = run("report", "cohort-results/reports/ada--adder.json", "--format", "json", "--audience", "reviewer").output
    assert "test_hidden" in whole
    assert "integrity.frames" in whole


def test_the_reviewers_pages_stay_the_reviewers(quick: Path, run: Run, hand_in: Hand) -> None:
    """The same command twice leaves the same pages, and writes none of them anew."""
    hand_in("ada", adds=False)
    run("batch", "cohort", "--pages", "reviewer")
    first, made = page_of("ada"), Path("cohort-results/pages/ada--adder.html").stat().st_mtime_ns
    assert "test_hidden" in first
    run("batch", "cohort", "--pages", "reviewer")
    assert page_of("ada") == first
    assert Path("cohort-results/pages/ada--adder.html").stat().st_mtime_ns == made
    run("batch", "cohort", "--pages", "candidate")
    assert "test_hidden" not in page_of("ada")


def test_what_people_did_survives_every_later_run(quick: Path, run: Run, hand_in: Hand, review: Path) -> None:
    """Batch twice, review, batch, regrade, batch: nothing lost, every name right, and the summary and pages show it."""
    hand_in("ada")
    hand_in("bob", adds=False)
    for _ in range(2):
        run("batch", "cohort", "--pages", "reviewer")
    seed = report_of("ada").seed
    run("review", "cohort-results/reports/ada--adder.json", "--from", review)
    assert "Grace Hopper" in page_of("ada")
    run("batch", "cohort", "--pages", "reviewer")
    assert (report_of("ada").percent, summary()["ada"]["percent"]) == (50.0, "50.0")
    assert "reviewed by Grace Hopper" in summary()["ada"]["notes"]
    assert "Grace Hopper" in page_of("ada")
    ended = run("regrade", "cohort-results/reports", "--replace", "--seed", 77)
    assert ended.output.splitlines()[-1] == "2 regraded: 2 the same."
    run("batch", "cohort", "--pages", "reviewer")
    ada = report_of("ada")
    assert (ada.seed, ada.percent, ada.criteria[0].reviewer) == (77, 50.0, "Grace Hopper")
    assert ada.reviews[0].marks[0].measured == 6.0
    assert (report_of("bob").seed, report_of("bob").percent) == (77, 0.0)
    assert {name: report_of(name).submission.path for name in ("ada", "bob")} == {
        "ada": "cohort/ada",
        "bob": "cohort/bob",
    }
    assert "regraded; reviewed by Grace Hopper, 2026-11-22" in summary()["ada"]["notes"]
    measured = [read(path).report for path in Path("cohort-results/by-content").glob("*.json")]
    assert sorted(report.seed for report in measured if isinstance(report, Report)) == [seed, seed]


def test_a_review_is_about_one_hand_in(quick: Path, run: Run, hand_in: Hand, review: Path) -> None:
    """A later hand-in under the same name has marks of its own; the review is kept, and counts again for its code."""
    folder = hand_in("ada")
    run("batch", "cohort")
    run("review", "cohort-results/reports/ada--adder.json", "--from", review)
    first = (folder / "adder.py").read_text()
    hand_in("ada", note="better")
    run("batch", "cohort")
    assert report_of("ada").percent == 100.0
    assert "earlier hand-in" in summary()["ada"]["notes"]
    (folder / "adder.py").write_text(first)
    run("batch", "cohort")
    assert report_of("ada").percent == 50.0


def test_identical_submissions_keep_their_own_names(quick: Path, run: Run, hand_in: Hand, tmp_path: Path) -> None:
    """A folder, its copy and its archive are graded once; report and page of each name its own candidate alone."""
    folder = hand_in("ada")
    hand_in("eve")
    shutil.make_archive(str(tmp_path / "cohort/zoe"), "zip", folder)
    for _ in range(2):
        run("batch", "cohort", "--pages", "candidate", "--jobs", 2)
        for name, path in (("ada", "cohort/ada"), ("eve", "cohort/eve"), ("zoe.zip", "cohort/zoe.zip")):
            assert report_of(name).submission.path == path
            others = {"ada", "eve", "zoe"} - {name.removesuffix(".zip")}
            assert not any(f"cohort/{stranger}" in page_of(name) for stranger in others)
    assert len(quick.read_text().splitlines()) == 1


def test_results_have_the_modes_that_users_expect(quick: Path, run: Run, hand_in: Hand, review: Path) -> None:
    """Everything may be read as the umask says, but for the exam's seed; a review changes no mode."""
    hand_in("ada")
    before = os.umask(0o022)
    try:
        run("batch", "cohort", "--pages", "reviewer")
        report = Path("cohort-results/reports/ada--adder.json")
        report.chmod(0o640)
        run("review", report, "--from", review)
    finally:
        os.umask(before)
    modes = {
        path.relative_to("cohort-results").as_posix(): stat.S_IMODE(path.stat().st_mode)
        for path in Path("cohort-results").rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }
    assert modes.pop("reports/ada--adder.json") == 0o640
    (exam,) = (name for name in modes if name.startswith("exams/"))
    assert modes.pop(exam) == 0o600
    assert set(modes.values()) == {0o644}


def test_every_entry_that_is_not_hidden_is_a_row(quick: Path, run: Run, hand_in: Hand, tmp_path: Path) -> None:
    """Formats that are not understood, loose files and links are said; nobody is simply missing."""
    hand_in("ada")
    for name in ("b.rar", "c.7z", "surname_12345_orm.py"):
        (tmp_path / "cohort" / name).write_text("x")
    (tmp_path / "cohort/link").symlink_to("ada")
    (tmp_path / "cohort/.hidden").mkdir()
    assert run("batch", "cohort").return_value == 2
    rows = summary()
    assert set(rows) == {"ada", "b.rar", "c.7z", "surname_12345_orm.py", "link"}
    assert {name for name, row in rows.items() if row["verdict"] == "unreadable"} == set(rows) - {"ada"}
    assert "symbolic link" in rows["link"]["why"]
    assert "neither a folder nor a supported archive" in rows["b.rar"]["why"]
    assert [row["percent"] for name, row in rows.items() if name != "ada"] == [""] * 4


def test_the_one_archive_in_a_folder_is_what_was_handed_in(
    quick: Path, run: Run, hand_in: Hand, tmp_path: Path
) -> None:
    """Learning platforms put a folder around each upload."""
    source = hand_in("source")
    (tmp_path / "cohort/Ada_123").mkdir()
    shutil.make_archive(str(tmp_path / "cohort/Ada_123/upload"), "zip", source)
    run("batch", "cohort")
    assert report_of("Ada_123").percent == 100.0
    assert run("regrade", "cohort-results/reports/Ada_123--adder.json").return_value == 0


@pytest.mark.parametrize("text", ["fault", "raise MemoryError"])
def test_a_fault_of_ours_is_a_row(quick: Path, run: Run, hand_in: Hand, text: str) -> None:
    """What one entry makes us do wrong is not measured, with its trace in a file; the others are graded."""
    hand_in("ada")
    hand_in("eve", note=text)
    assert run("batch", "cohort").return_value == 3
    assert (summary()["ada"]["percent"], summary()["eve"]["verdict"]) == ("100.0", "not measured")
    assert summary()["eve"]["why"].startswith("the grader failed: ")
    assert "in grade" in Path("cohort-results/faults/eve--adder.txt").read_text()


def test_an_unforeseen_exception_of_intake_is_a_row(
    quick: Path, run: Run, hand_in: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MemoryError while an archive is read ends that entry alone."""

    def broken(path: Path, known: Catalogue, *, only: str | None = None) -> Assignments:
        if path.name == "eve":
            raise MemoryError("too much")
        return find(path, known, only=only)

    monkeypatch.setattr("grader.batch.plan.find", broken)
    hand_in("ada")
    hand_in("eve")
    assert run("batch", "cohort").return_value == 3
    assert (summary()["ada"]["verdict"], summary()["eve"]["verdict"]) == ("graded", "not measured")
    assert Path("cohort-results/faults/eve.txt").read_text().endswith("MemoryError: too much\n")


def test_an_integer_without_end_ends_no_cohort(quick: Path, run: Run, hand_in: Hand) -> None:
    """`grader.toml` may hold what Python refuses to convert; that is its author's to fix."""
    hand_in("ada")
    (hand_in("eve") / "grader.toml").write_text(f"x = {'1' * 5000}\n")
    assert run("batch", "cohort").return_value == 2
    assert (summary()["ada"]["verdict"], summary()["eve"]["verdict"]) == ("graded", "unreadable")
    assert "grader.toml" in summary()["eve"]["why"]


@pytest.mark.parametrize("name", ["n" * 245, "ü" * 120, os.fsdecode(b"bad\xff"), "tab\tand\nline", "-rf", 'a&b "% c'])
def test_odd_names_are_results_like_others(quick: Path, run: Run, hand_in: Hand, name: str) -> None:
    """Long, undecodable and odd names get a safe file name of their own, a page, and a row; regrading finds them."""
    hand_in(name)
    hand_in(f"{name[:-1]}x")
    run("batch", "cohort", "--pages", "candidate")
    files = [path.name for path in Path("cohort-results/reports").iterdir()]
    assert len(files) == 2
    for file in files:
        assert len(os.fsencode(file)) <= 255
        assert file.isprintable()
    assert len(summary()) == 2
    assert run("regrade", "cohort-results/reports").output.splitlines()[-1] == "2 regraded: 2 the same."


def test_names_that_were_cut_stay_apart() -> None:
    """Names that differ in what was cut, or in what was replaced, are names of two files."""
    names = ["n" * 200 + "a", "n" * 200 + "b", "a\nb", "a\tb", "a_b"]
    assert len({file_name(name, "adder") for name in names}) == len(names)
    assert file_name("ada", "adder") == "ada--adder"


def test_regrading_finds_archives_and_works_from_anywhere(
    quick: Path, run: Run, hand_in: Hand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A repository in an archive is found again in it, and relative paths are those of the batch, not of the shell."""
    hand_in("repository/adder")
    shutil.move(tmp_path / "cohort/repository", tmp_path / "repository")
    shutil.make_archive(str(tmp_path / "cohort/second"), "zip", tmp_path / "repository")
    (tmp_path / "repository/other").mkdir()
    (tmp_path / "repository/other/orm.py").write_text("x = 1\n")
    run("batch", "cohort")
    (report,) = Path("cohort-results/reports").iterdir()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    ended = run("regrade", tmp_path / "cohort-results/reports")
    assert (ended.return_value, ended.output.splitlines()[-1]) == (0, "1 regraded: 1 the same.")
    moved = shutil.move(tmp_path / "cohort/second.zip", tmp_path / "moved.zip")
    path = tmp_path / "cohort-results/reports" / report.name
    assert run("regrade", path).output.splitlines()[-1] == "1 regraded: 1 not graded again."
    assert run("regrade", path, "--submission", moved).return_value == 0


def test_a_second_batch_waits_for_none(quick: Path, run: Run, hand_in: Hand, tmp_path: Path) -> None:
    """Two batches do not write to one results folder at a time; the second says what to do."""
    hand_in("ada")
    with Results(tmp_path / "cohort-results").held(), pytest.raises(UserError, match="another batch"):
        run("batch", "cohort")


def test_an_unknown_challenge_is_the_callers(quick: Path, run: Run, hand_in: Hand) -> None:
    """`--challenge` with a name that is none ends the call, not each entry."""
    hand_in("ada")
    with pytest.raises(UserError, match="no such challenge"):
        run("grade", "cohort/ada", "--challenge", "addder")
    assert not Path("cohort-results").exists()


def test_a_machine_that_cannot_isolate_keeps_what_was_graded(
    quick: Path, hand_in: Hand, adder: Path, tmp_path: Path
) -> None:
    """The batch stops, says after how many reports, and goes on later."""
    hand_in("ada")

    class Broken:
        def grade(self, *_: object, **__: object) -> Report:
            raise CannotMeasure("no namespaces", remedy="Allow them.")

    entries = cohort(tmp_path / "cohort")
    with pytest.raises(CannotMeasure, match=r"stopped early .* reports \(0\) are kept"):
        grade_cohort(
            tmp_path / "cohort",
            entries,
            catalogue((adder.parent.parent,)),
            tmp_path / "results",
            Broken(),
            options=BatchOptions(only="adder"),
        )


def test_a_comparison_that_did_not_run_is_said(
    quick: Path, run: Run, hand_in: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without copydetect, or when it fails, summaries say that nobody looked for copies; else, if there are none."""
    hand_in("ada")
    monkeypatch.setattr("grader.batch.cohort.is_available", lambda: False)
    run("batch", "cohort")
    for name in ("summary.md", "summary.html"):
        assert "Submissions were not checked for copies" in Path("cohort-results", name).read_text()

    def broken(*_: object, **__: object) -> None:
        raise RecursionError("a lexer")

    monkeypatch.setattr("grader.batch.cohort.is_available", lambda: True)
    monkeypatch.setattr("grader.batch.cohort.similar", broken)
    run("batch", "cohort")
    assert "RecursionError" in Path("cohort-results/summary.md").read_text()
    monkeypatch.setattr("grader.batch.cohort.similar", lambda *_, **__: ())
    hand_in("grace")
    run("batch", "cohort")
    for name in ("summary.md", "summary.html"):
        assert "no two share much of their code" in Path("cohort-results", name).read_text()
    assert summary()["ada"]["percent"] == "100.0"


def test_a_results_folder_of_version_0_1_0_is_read(quick: Path, run: Run, tmp_path: Path, review: Path) -> None:
    """Its reports render, its review and its regrade count after a new run, and one more review joins them."""
    shutil.copytree(OLD / "cohort", tmp_path / "cohort")
    shutil.copytree(OLD / "results", tmp_path / "cohort-results")
    old = {name: report_of(name) for name in ("ada", "bob", "copy")}
    assert "50 %" in run("report", "cohort-results/reports/copy--adder.json").output
    run("batch", "cohort", "--pages", "reviewer")
    assert (report_of("copy").percent, report_of("copy").criteria[0].reviewer) == (50.0, "Grace Hopper")
    assert "Grace Hopper" in page_of("copy")
    revisions = sorted(path.parent.name for path in Path("cohort-results/revisions").rglob("*.json"))
    # 0.1.0 graded the identical ada and copy at once, and kept one of the two: the other is in reports/ alone
    assert revisions == ["ada--adder", "bob--adder", "copy--adder"]
    assert report_of("ada").seed == old["ada"].seed
    assert (report_of("bob").seed, old["bob"].seed) == (5, 5), "a regrade counts as long as the challenge is the same"
    run("review", "cohort-results/reports/ada--adder.json", "--from", review)
    run("batch", "cohort")
    assert report_of("ada").percent == 50.0
    assert len(list(Path("cohort-results/by-content").iterdir())) == 4, "what 0.1.0 measured stays as well"


def test_reviewing_a_folder_of_version_0_1_0_keeps_what_it_holds(run: Run, tmp_path: Path, review: Path) -> None:
    """The first command over such a folder may be a review: the one that is there already stays."""
    shutil.copytree(OLD / "results", tmp_path / "cohort-results")
    review.write_text(REVIEW.replace("Grace Hopper", "Ada Lovelace").replace("points = 1", "points = 2"))
    run("review", "cohort-results/reports/copy--adder.json", "--from", review)
    assert [review.reviewer for review in report_of("copy").reviews] == ["Grace Hopper", "Ada Lovelace"]
    assert report_of("copy").criteria[0].earned == 2.0
    assert [review.marks[0].measured for review in report_of("copy").reviews] == [6.0, 1.0]


def test_pages_and_entries_are_named_alike() -> None:
    """An entry's title is text that every file can hold, whatever its name is."""
    assert CohortEntry(os.fsdecode(b"\xff"), Path()).title.encode() == b"\\udcff"


def test_the_audience_of_a_page_is_in_it(quick: Path, run: Run, hand_in: Hand) -> None:
    """Whoever ends half of a run cannot mix the pages of two audiences: each page tells for whom it was made."""
    hand_in("ada", adds=False)
    run("batch", "cohort", "--pages", "reviewer")
    for audience in (Audience.CANDIDATE, Audience.REVIEWER):
        run("batch", "cohort", "--pages", audience.value)
        assert page_of("ada").rstrip().splitlines()[-1].startswith(f"<!-- {audience.value} ")
        assert json.loads(Path("cohort-results/results.json").read_text())["format_version"] == 2
