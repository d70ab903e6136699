"""Nothing of one entry of a cohort reaches another: neither what was noticed of it, nor its results, nor its review."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from msgspec.structs import replace

from grader.batch.plan import CohortEntry
from grader.errors import UserError
from grader.model import Report
from grader.store import codec

Run = Callable[..., Result]
Hand = Callable[..., Path]
REVIEW = """format_version = 1
reviewer = "Grace Hopper"
date = 2026-11-22
[[mark]]
criterion = "sums"
points = 1
override = true
comment = "It adds, apart from its form."
"""


def report_of(name: str) -> Report:
    report = codec.read(Path("cohort-results/reports") / f"{name}--adder.json").report
    assert isinstance(report, Report)
    return report


def noticed(name: str) -> list[str]:
    return [finding.message for finding in report_of(name).findings if finding.id.startswith("intake.")]


def summary() -> dict[str, dict[str, str]]:
    with Path("cohort-results/summary.csv").open(newline="") as file:
        return {row["entry"]: row for row in csv.DictReader(file)}


@pytest.mark.parametrize("form", ["", "\x0c"])
def test_what_intake_noticed_is_told_to_its_own_entry(quick: Path, run: Run, hand_in: Hand, form: str) -> None:
    """Equal code with other files beside it is graded once, or refused alike, and each is told of its files alone."""
    for name in ("ada", "eve", "zoe"):
        folder = hand_in(name, note=form)
        if name != "zoe":
            (folder / f"{name}.txt").write_text("x")
    for _ in range(2):
        run("batch", "cohort", "--jobs", 1)
        for name, stranger in (("ada", "eve"), ("eve", "ada"), ("zoe", "ada")):
            told = " ".join(noticed(name))
            assert (f"{name}.txt" in told) == (name != "zoe")
            assert f"{stranger}.txt" not in told
    assert not quick.exists() if form else len(quick.read_text().splitlines()) == 1


def test_a_regrade_keeps_what_intake_noticed(quick: Path, run: Run, hand_in: Hand, tmp_path: Path) -> None:
    """The same code found elsewhere, with other files beside it, changes no notice."""
    (hand_in("ada") / "ada.txt").write_text("x")
    (hand_in("eve") / "eve.txt").write_text("x")
    run("batch", "cohort")
    source = tmp_path / "cohort/eve"
    run("regrade", "cohort-results/reports/ada--adder.json", "--submission", source, "--replace")
    run("batch", "cohort")
    told = " ".join(noticed("ada"))
    assert "ada.txt" in told
    assert "eve.txt" not in told


@pytest.mark.parametrize("part", ["submission", "challenge", "harness", "seed"])
def test_a_result_is_believed_for_what_it_says_itself(quick: Path, run: Run, hand_in: Hand, part: str) -> None:
    """A record under the right name that is of another submission, challenge, grader or seed is graded anew."""
    hand_in("ada", adds=False)
    run("batch", "cohort", "--seed", 7)
    (path,) = Path("cohort-results/by-content").iterdir()
    record = codec.read(path).report
    assert isinstance(record, Report)
    forged = replace(record, percent=100.0, score=10.0)
    match part:
        case "submission":
            forged = replace(forged, submission=replace(record.submission, digest="sha256:" + "0" * 64))
        case "challenge":
            forged = replace(forged, challenge=replace(record.challenge, digest="sha256:" + "0" * 64))
        case "harness":
            forged = replace(forged, harness=replace(record.harness, digest="sha256:" + "0" * 64))
        case _:
            forged = replace(forged, seed=8)
    path.write_bytes(codec.encode(forged))
    run("batch", "cohort", "--seed", 7)
    assert report_of("ada").percent == 0.0
    assert len(quick.read_text().splitlines()) == 2


@pytest.mark.parametrize("target", ["cohort", "cohort/results", "cohort/ada/results", "link/results"])
def test_results_never_lie_where_candidates_write(
    quick: Path, run: Run, hand_in: Hand, tmp_path: Path, target: str
) -> None:
    """Whoever could hand in a results folder could hand in results."""
    hand_in("ada")
    (tmp_path / "link").symlink_to("cohort")
    with pytest.raises(UserError, match="is inside the cohort"):
        run("batch", "cohort", "--results", target)
    assert not (tmp_path / target / "by-content").exists()


def test_a_review_of_a_rejected_hand_in_is_about_that_one(quick: Path, run: Run, hand_in: Hand, tmp_path: Path) -> None:
    """A later hand-in that is rejected as well has no review; the first one has it again when it comes back."""
    first = hand_in("ada", note="\x0c")
    text = (first / "adder.py").read_text()
    run("batch", "cohort")
    (tmp_path / "review.toml").write_text(REVIEW)
    run("review", "cohort-results/reports/ada--adder.json", "--from", tmp_path / "review.toml")
    hand_in("ada", adds=False, note="\x0c")
    hand_in("eve", adds=False, note="\x0c")
    run("batch", "cohort")
    assert "earlier hand-in" in summary()["ada"]["notes"]
    assert report_of("ada").reviews == ()
    assert report_of("ada").submission.digest == report_of("eve").submission.digest != ""
    (first / "adder.py").write_text(text)
    run("batch", "cohort")
    assert [review.reviewer for review in report_of("ada").reviews] == ["Grace Hopper"]


@pytest.mark.parametrize("content", [b"rubbish", b"PK\x03\x04"])
def test_archives_that_cannot_be_read_are_told_apart(
    quick: Path, run: Run, hand_in: Hand, tmp_path: Path, content: bytes
) -> None:
    """Each has a digest over what was handed in, so that no review of one lands on the other."""
    (tmp_path / "cohort").mkdir()
    for name in ("ada", "eve"):
        (tmp_path / "cohort" / f"{name}.zip").write_bytes(content + name.encode())
    run("batch", "cohort")
    digests = [report_of(f"{name}.zip").submission.digest for name in ("ada", "eve")]
    assert digests[0] != digests[1]
    assert all(digest.startswith("sha256:") for digest in digests)


def test_names_that_look_alike_when_escaped_are_two(quick: Path, run: Run, hand_in: Hand) -> None:
    """A newline in a name is shown as an escape; a name that holds the escape itself is shown otherwise."""
    names = ["a\nb", "a\\nb", "a\\\\nb"]
    assert len({CohortEntry(name, Path()).title for name in names}) == len(names)
    for name in names:
        hand_in(name, note=name.encode("unicode_escape").decode())
    run("batch", "cohort")
    assert len(summary()) == len(names)


def test_a_revision_that_cannot_be_read_is_named_and_the_rest_counts(
    quick: Path, run: Run, hand_in: Hand, tmp_path: Path
) -> None:
    """A damaged file is nobody's fault but its own: the batch goes on, and what else people did counts."""
    hand_in("ada")
    run("batch", "cohort")
    (tmp_path / "review.toml").write_text(REVIEW)
    run("review", "cohort-results/reports/ada--adder.json", "--from", tmp_path / "review.toml")
    (tmp_path / "cohort-results/revisions/ada--adder/0000.json").write_bytes(b'{"review":' + b"[" * 100_000)
    assert run("batch", "cohort").return_value == 0
    assert summary()["ada"]["verdict"] == "graded"
    assert "revisions/ada--adder/0000.json cannot be read" in summary()["ada"]["notes"]
    assert report_of("ada").reviews[0].reviewer == "Grace Hopper"
    again = REVIEW.replace("points = 1", "points = 2")
    (tmp_path / "review.toml").write_text(again)
    ended = run("review", "cohort-results/reports/ada--adder.json", "--from", tmp_path / "review.toml")
    assert "0000.json cannot be read" in ended.stderr


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@x", ";=1", "a;=1", "＝1", " =1", "a; \u2003-1", "\n=1"])  # noqa: RUF001
def test_no_cell_is_a_formula(quick: Path, run: Run, hand_in: Hand, name: str) -> None:
    """Whichever separator and whichever signs a spreadsheet knows, a name stays a name."""
    hand_in(name)
    run("batch", "cohort")
    (entry,) = summary()
    for cell in entry.split(";"):
        assert not cell.strip().startswith(("=", "+", "-", "@", "＝"))  # noqa: RUF001
    assert all(len(line.split(",")) > 5 for line in Path("cohort-results/summary.csv").read_text().splitlines())


def test_a_new_results_folder_is_its_owners_alone(quick: Path, run: Run, hand_in: Hand, tmp_path: Path) -> None:
    """Hidden tests and seeds are in it. A folder that is there keeps its mode: its owner has decided."""
    hand_in("ada")
    (tmp_path / "shared").mkdir(mode=0o755)
    for target, mode in (("private", 0o700), ("shared", 0o755)):
        run("batch", "cohort", "--results", target)
        assert (tmp_path / target).stat().st_mode & 0o777 == mode


def test_a_candidate_gets_no_source_that_only_integrity_points_at(quick: Path, run: Run, hand_in: Hand) -> None:
    """The text of a file in a report shows that something was said of it."""
    hand_in("ada")
    run("batch", "cohort")
    path = Path("cohort-results/reports/ada--adder.json")
    report = report_of("ada")
    flagged = replace(report.findings[-1], file="adder.py", line=1)
    path.write_bytes(codec.encode(replace(report, findings=(flagged,), sources={"adder.py": "secret = 1"})))
    assert "secret = 1" not in run("report", path, "--format", "json").output
    assert "secret = 1" in run("report", path, "--format", "json", "--audience", "reviewer").output
