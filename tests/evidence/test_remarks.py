"""Reviews of changes: read strictly, compared with what was planted, worth nothing if they are about nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from grader import rubric
from grader.challenges.challenge import Challenge, ChallengeError, load
from grader.challenges.manifest import Criterion
from grader.evidence.documents import collect
from grader.evidence.documents.remarks import MOST_LINES, line_of
from grader.intake import Rejected, take_folder
from grader.model import Evidence, Kind, Mark, Severity, Submission

TALLY = Path(__file__).parents[1] / "fixtures/drawn/interview/tally"


def place(first: int, last: int, what: str, file: str = "service.py") -> dict[str, Any]:
    return {"file": file, "first": first, "last": last, "what": what}


KEY: dict[str, Any] = {
    "format_version": 1,
    "change": "abc123",
    "verdict": "request-changes",
    "files": {"service.py": 100, "test_service.py": 40},
    "kinds": ["race", "injection", "leak", "slow"],
    "planted": [
        {"criterion": "severe", "kinds": ["race"], "severity": "blocker"} | place(10, 14, "a"),
        {"criterion": "severe", "kinds": ["injection"], "severity": "blocker"} | place(30, 31, "b"),
        {"criterion": "others", "kinds": ["slow", "leak"], "severity": "minor"} | place(5, 9, "c", "test_service.py"),
    ],
    "decoys": [place(50, 52, "d")],
}
RIGHT = (
    ("service.py", 10, 12, "race", "blocker"),
    ("service.py", 31, 31, "injection", "major"),
    ("test_service.py", 1, 5, "leak", "nit"),
)
Row = tuple[str, int, int, str, str]


@pytest.fixture
def challenge(tmp_path: Path) -> Challenge:
    """A challenge with two criteria that remarks earn, of 20 and 10 points."""
    folder = tmp_path / "challenge"
    folder.mkdir()
    (folder / "review_key.json").write_text(json.dumps(KEY))
    criteria = tuple(
        Criterion(id=name, kind=Kind.REMARKS, title=f"The {name}", points=points)
        for name, points in (("severe", 20), ("others", 10))
    )
    sound = load(TALLY)
    return msgspec.structs.replace(
        sound, folder=folder, manifest=msgspec.structs.replace(sound.manifest, criteria=criteria, skill_criteria=())
    )


def written(*rows: Row, change: str = "abc123", verdict: str = "request-changes") -> str:
    head = f'format_version = 1\nchange = "{change}"\nverdict = "{verdict}"\n'
    return head + "".join(
        f'\n[[remark]]\nfile = "{file}"\nlines = [{first}, {last}]\nkind = "{kind}"\nseverity = "{severity}"\n'
        'what = "It fails."\nremedy = "Repair it."\n'
        for file, first, last, kind, severity in rows
    )


def submitted(tmp_path: Path, review: str | None) -> Submission:
    folder = tmp_path / "answer"
    folder.mkdir()
    (folder / "service.py").write_text("x = 1\n")
    if review is not None:
        (folder / "review.toml").write_text(review, encoding="utf-8", newline="")
    taken = take_folder(folder)
    assert not isinstance(taken, Rejected)
    return taken


def judged(tmp_path: Path, challenge: Challenge, review: str | None) -> tuple[Evidence, dict[str, Mark]]:
    (evidence,) = collect(submitted(tmp_path, review), challenge, 1)
    return evidence, {mark.id: mark for mark in rubric.mark(challenge, (evidence,))}


def earned(tmp_path: Path, challenge: Challenge, review: str | None) -> tuple[float, float]:
    _, marks = judged(tmp_path, challenge, review)
    return round(marks["severe"].earned, 3), round(marks["others"].earned, 3)


def test_a_review_is_taken_beside_the_code(tmp_path: Path) -> None:
    """It is a document, counts in the digest, and is no Python file."""
    with_review = submitted(tmp_path, "a = 1\n")
    assert [file.path for file in with_review.files] == ["service.py"]
    assert with_review.text("review.toml") == "a = 1\n"
    (tmp_path / "answer/review.toml").write_text("a = 2\n")
    again = take_folder(tmp_path / "answer")
    assert again.digest != with_review.digest


def test_a_right_review_earns_everything(tmp_path: Path, challenge: Challenge) -> None:
    """With any lines that meet the defect's, any of its kinds, and severities one step off."""
    assert earned(tmp_path, challenge, written(*RIGHT)) == (20, 10)


@pytest.mark.parametrize(
    ("rows", "severe", "others"),
    [
        (RIGHT[1:], 12.0, 10.0),  # a defect counts twice as much as the verdict
        (RIGHT[2:], 0.0, 10.0),  # a verdict for no severe reason counts nothing
        ((("service.py", 15, 15, "race", "blocker"), *RIGHT[1:]), 12.0, 10.0),
        ((("service.py", 10, 12, "leak", "blocker"), *RIGHT[1:]), 12.0, 10.0),
        ((("service.py", 10, 12, "race", "minor"), *RIGHT[1:]), 12.0, 10.0),
        ((*RIGHT, RIGHT[0]), 20.0, 10.0),
        ((*RIGHT, ("service.py", 52, 60, "slow", "nit")), 13.333, 6.667),
        ((*RIGHT, *[("service.py", 90, 90, "slow", "nit")] * 3), 20.0, 10.0),
        ((*RIGHT, *[("service.py", 90, 90, "slow", "nit")] * 5), 13.333, 6.667),
        ((*RIGHT, *[("service.py", 90, 90, "slow", "nit")] * 9), 0.0, 0.0),
        ((), 0.0, 0.0),
    ],
)
def test_each_remark_counts_costs_or_goes_to_a_person(
    tmp_path: Path, challenge: Challenge, rows: tuple[Row, ...], severe: float, others: float
) -> None:
    """Missed, beside the place, of the wrong kind, too mild, repeated, on a decoy, on nothing: as the brief says."""
    assert earned(tmp_path, challenge, written(*rows)) == (severe, others)


def test_the_wrong_verdict_loses_its_part(tmp_path: Path, challenge: Challenge) -> None:
    """It is a fifth of the severe defects' points."""
    assert earned(tmp_path, challenge, written(*RIGHT, verdict="approve")) == (16, 10)


def test_a_person_reads_what_nobody_can_judge(tmp_path: Path, challenge: Challenge) -> None:
    """With its number, its place and its words; it neither earns nor costs."""
    evidence, _ = judged(tmp_path, challenge, written(*RIGHT, ("service.py", 90, 91, "slow", "nit")))
    (finding,) = evidence.findings
    assert (finding.severity, finding.file, finding.line) == (Severity.NOTE, "service.py", 90)
    assert "remark 4 (slow, nit): It fails." in finding.message


def test_no_finding_tells_a_candidate_where_a_defect_is(tmp_path: Path, challenge: Challenge) -> None:
    """What was missed and what is a decoy is for reviewers: the next candidate may meet a variant with the same."""
    _, marks = judged(tmp_path, challenge, written(("service.py", 52, 52, "slow", "nit")))
    findings = [finding for mark in marks.values() for finding in mark.findings]
    assert findings
    assert all(finding.file is None and finding.line is None for finding in findings)


LONG = f'what = "{"x" * 2001}"'


@pytest.mark.parametrize(
    ("review", "line", "says", "remedy"),
    [
        (None, None, "there is no review", "starter"),
        ("format_version = ", None, "Invalid value", "brief"),
        (written(*RIGHT, change="other"), 2, "it is a review of 'other'", "'abc123'"),
        (written(verdict="maybe"), 3, "verdict: Invalid enum value 'maybe'", "brief"),
        (written(("service.py", 1, 2, "smell", "nit")), 8, "no kind 'smell'", "race, injection, leak, slow"),
        (written(("other.py", 1, 2, "race", "nit")), 6, "'other.py' is not part", "service.py"),
        (written(("service.py", 1, 2, "race", "huge")), 9, "Invalid enum value 'huge'", "brief"),
        (written(("service.py", 9, 2, "race", "nit")), 7, "line 2 is before line 9", "first line first"),
        (written(("service.py", 99, 101, "race", "nit")), 7, "has 100 lines", "line numbers"),
        (written(("service.py", 1, 1 + MOST_LINES, "race", "nit")), 7, "are 13 lines", "at most 12"),
        (written(("service.py", 0, 2, "race", "nit")), 7, "remark[0].lines[0]", "brief"),
        (written(*RIGHT).replace('what = "It fails."', LONG), 10, "length <= 2000", "brief"),
        (written(*RIGHT) + "more = 1\n", 21, "unknown field `more`", "brief"),
        (written(*RIGHT).replace('remedy = "Repair it."\n', ""), 5, "missing required field `remedy`", "brief"),
        (written(*[RIGHT[0]] * 16), None, "length <= 15", "brief"),
        (written(*RIGHT) + "# " + "x" * 140_000, None, "characters", "Shorten"),
        ("a = " + "[" * 9000, None, "", "brief"),
        ("a = " + "9" * 9000, None, "", "brief"),
        (".".join("a" * 20_000) + " = 1", None, "", "brief"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_line_and_a_remedy(
    tmp_path: Path, challenge: Challenge, review: str | None, line: int | None, says: str, remedy: str
) -> None:
    """And earns nothing: a review is read as a whole or not at all."""
    evidence, marks = judged(tmp_path, challenge, review)
    (finding,) = evidence.findings
    assert (finding.severity, finding.line) == (Severity.ERROR, line)
    assert says in finding.message
    assert remedy in finding.help
    assert not any(mark.earned for mark in marks.values())


def test_a_table_that_is_written_in_another_way_has_no_line() -> None:
    """TOML has several; the key is named in any case."""
    assert line_of("remark = [{kind = 3}]\n", "remark[0].kind") is None


def test_a_wrong_key_is_the_challenge_authors(tmp_path: Path, challenge: Challenge) -> None:
    """Nobody is graded by it."""
    (challenge.folder / "review_key.json").write_text('{"format_version": 1}')
    with pytest.raises(ChallengeError, match=r"review_key\.json: .*missing required field"):
        judged(tmp_path, challenge, written(*RIGHT))
