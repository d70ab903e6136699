"""Formats for other programs are what those programs expect, by independent readers."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree as ET

import jsonschema
import msgspec
import pytest
from junitparser import JUnitXml
from markdown_it import MarkdownIt

from grader.model import Finding, MarkStatus, Report, Severity
from grader.report import Audience, View, render
from grader.report.promises import broken
from tests.report.conftest import Stored

HERE = Path(__file__).parent
CASES = sorted(path.parent.name for path in (HERE.parent / "gold").glob("*/report.json"))
REVIEWER = View(audience=Audience.REVIEWER)


@pytest.fixture(scope="module")
def sarif_schema() -> jsonschema.Draft4Validator:
    return jsonschema.Draft4Validator(json.loads((HERE / "schemas/sarif-2.1.0.json").read_text(encoding="utf-8")))


@pytest.mark.parametrize("case", CASES)
def test_sarif_is_valid(stored: Stored, sarif_schema: jsonschema.Draft4Validator, case: str) -> None:
    """Every log is valid against the official schema."""
    sarif_schema.validate(json.loads(render(stored(case), "sarif")))


@pytest.mark.parametrize("case", CASES)
def test_sarif_results_name_their_rules_and_relative_places(stored: Stored, case: str) -> None:
    """Each result has a rule with help, a fingerprint of its own, and a place inside the repository."""
    for run in json.loads(render(stored(case), "sarif"))["runs"]:
        rules = run["tool"]["driver"].get("rules", [])
        prints = [result["partialFingerprints"]["graderFinding/v1"] for result in run.get("results", [])]
        assert len(set(prints)) == len(prints)
        for result in run.get("results", []):
            assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
            assert rules[result["ruleIndex"]]["help"]["text"]
            (location,) = result["locations"]
            address = urlsplit(location["physicalLocation"]["artifactLocation"]["uri"])
            assert (address.scheme, address.netloc) == ("", "")
            assert not unquote(address.path).startswith(("/", "../"))


def test_broken_promises_come_first_and_have_a_place(stored: Stored) -> None:
    """In every format for code: ahead of the analysers' findings, at the module that the brief asks for."""
    report = stored("partial")
    challenge = msgspec.structs.replace(report.challenge, modules=("orm.py",))
    (mark,) = [mark for mark in report.criteria if broken(mark)]
    (promise,) = broken(mark)
    id_ = f"{mark.kind.value}.{mark.id}.{promise.id.removeprefix('test_')}"
    said = Finding(id=id_, severity=Severity.ERROR, message=promise.text)
    marks = (
        *[criterion for criterion in report.criteria if criterion is not mark],
        msgspec.structs.replace(mark, findings=(said,)),
    )
    promises = [promise.text[:30]]
    report = msgspec.structs.replace(report, challenge=challenge, criteria=marks)
    lines = render(report, "github").splitlines()[1:]
    (run,) = json.loads(render(report, "sarif"))["runs"]
    issues = json.loads(render(report, "gitlab"))
    for texts in (
        lines,
        [result["message"]["text"] for result in run["results"]],
        [issue["description"] for issue in issues],
    ):
        assert all(promise in text for promise, text in zip(promises, texts, strict=False))
    assert all(re.match(r"::\w+ file=\S+\.py,line=\d+,", line) for line in lines if not line.startswith("::notice"))
    assert all(issue["location"]["path"].endswith(".py") for issue in issues)


def test_the_same_words_about_many_lines_are_one_annotation(stored: Stored) -> None:
    """GitHub shows ten errors a step: a type checker's favourite sentence takes one of them."""
    report = stored("partial")
    mark = report.criteria[3]
    finding = mark.findings[0]
    again = tuple(msgspec.structs.replace(finding, line=line) for line in range(1, 5))
    marks = (*report.criteria[:3], msgspec.structs.replace(mark, findings=again), *report.criteria[4:])
    text = render(msgspec.structs.replace(report, criteria=marks), "github")
    assert text.count("line=1,") == 1
    assert text.count("(The same applies to 3 more lines.)") == 1


def test_a_fingerprint_outlives_a_move(stored: Stored) -> None:
    """A finding keeps its fingerprint when lines are added above it."""
    report = stored("partial")
    moved_finding = msgspec.structs.replace(report.criteria[3].findings[0], line=15)
    mark = msgspec.structs.replace(report.criteria[3], findings=(moved_finding,))
    sources = {name: f"\n{text}" for name, text in report.sources.items()}
    moved = msgspec.structs.replace(report, criteria=(*report.criteria[:3], mark), sources=sources)

    def fingerprint(each: Report) -> str:
        issues = json.loads(render(each, "gitlab"))
        return next(str(issue["fingerprint"]) for issue in issues if "pickle" in issue["check_name"])

    assert fingerprint(moved) == fingerprint(report)


def test_a_place_is_told_from_the_repository(stored: Stored) -> None:
    """Machines find the file: its path is relative to where the repository is checked out."""
    report = msgspec.structs.replace(
        stored("partial"),
        submission=msgspec.structs.replace(stored("partial").submission, path="/builds/me/answers/orm"),
    )
    issues = json.loads(render(report, "gitlab", View(base="/builds/me")))
    assert issues[0]["location"]["path"] == "answers/orm/orm.py"


def test_junit_has_a_suite_a_criterion_and_a_case_a_promise(stored: Stored) -> None:
    """Points are properties; broken promises fail, kept ones pass."""
    text = render(stored("partial"), "junit")
    suites = ET.fromstring(text.encode())
    assert [suite.get("name", "").partition(": ")[2] for suite in suites] == [
        m.title for m in stored("partial").criteria
    ]
    behaviour = suites[0]
    properties = {element.get("name"): element.get("value") for element in behaviour.iter("property")}
    assert properties == {"points": "60", "earned": "40", "status": "partial"}
    assert [case.find("failure") is None for case in behaviour.iter("testcase")] == [True, True, False]
    assert JUnitXml.fromstring(text.encode()).failures == 3


def test_junit_tells_our_failure_from_the_candidates(stored: Stored) -> None:
    """What the machine could not measure is an error; what a person marks later is skipped; neither fails or passes."""
    suites = JUnitXml.fromstring(render(stored("incomplete"), "junit").encode())
    assert (suites.errors, suites.skipped, suites.failures) == (1, 1, 0)


def test_gradescope_gets_points_for_each_criterion(stored: Stored) -> None:
    """Scores add up to the report's."""
    results = json.loads(render(stored("partial"), "gradescope"))
    assert results["score"] == pytest.approx(stored("partial").score, abs=1e-4)
    assert sum(test["score"] for test in results["tests"]) == pytest.approx(results["score"], abs=1e-3)
    assert sum(test["max_score"] for test in results["tests"]) == stored("partial").max_score
    assert {test["status"] for test in results["tests"]} == {"passed", "failed"}


def test_gradescope_stores_no_points_that_were_not_measured(stored: Stored) -> None:
    """An incomplete report holds neither score nor tests: Gradescope then says that the autograder failed."""
    assert {"score", "tests"} & set(json.loads(render(stored("incomplete"), "gradescope"))) == set()


def test_gradescope_counts_a_rejection_as_the_candidates(stored: Stored) -> None:
    """A rejected submission scores nothing, and is told why."""
    results = json.loads(render(stored("rejected"), "gradescope"))
    assert results["score"] == 0
    assert "symbolic link" in results["output"]


def test_gitlab_issues_have_what_the_widget_needs(stored: Stored) -> None:
    """Description, check, fingerprint, severity, path and line."""
    issues = json.loads(render(stored("partial"), "gitlab"))
    assert issues
    for issue in issues:
        assert set(issue) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert issue["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert issue["location"]["lines"]["begin"] >= 1
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)


@pytest.mark.parametrize("case", CASES)
def test_github_lines_are_commands_and_nothing_else(stored: Stored, case: str) -> None:
    """Each line is one annotation; no text of a submission starts another."""
    for line in render(stored(case), "github").splitlines():
        found = re.fullmatch(r"::(?:error|warning|notice) ([^:]*)::(.*)", line)
        assert found is not None
        command, message = found.groups()
        assert {pair.partition("=")[0] for pair in command.split(",")} <= {"file", "line", "col", "title"}
        assert "\r" not in message


def test_github_shows_the_worst_first(stored: Stored) -> None:
    """GitHub cuts at ten of each kind."""
    commands = [line.split(" ")[0] for line in render(stored("partial"), "github").splitlines()]
    assert commands == ["::notice", "::error", "::warning", "::notice"]


def test_github_shows_what_has_a_line_before_what_has_none(stored: Stored) -> None:
    """Of findings that are equally bad, those that a reviewer sees beside the code come first."""
    report = stored("partial")
    finding = report.criteria[3].findings[0]
    unplaced, placed = (msgspec.structs.replace(finding, file=file) for file in (None, "orm.py"))
    mark = msgspec.structs.replace(report.criteria[3], findings=(unplaced, placed))
    lines = render(msgspec.structs.replace(report, criteria=(mark,)), "github").splitlines()
    assert ["file=" in line for line in lines if not line.startswith("::notice")] == [True, False]


@pytest.mark.parametrize("view", [View(), REVIEWER], ids=["candidate", "reviewer"])
@pytest.mark.parametrize("case", CASES)
def test_markdown_holds_no_link_image_or_html_but_ours(stored: Stored, case: str, view: View) -> None:
    """A CommonMark reader finds headings, tables, lists and code of ours, and nothing of the submission's."""
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    tokens = parser.parse(render(stored(case), "markdown", view))
    inline = [child for token in tokens for child in token.children or []]
    kinds = {token.type for token in [*tokens, *inline]}
    assert kinds & {"link_open", "image", "em_open", "s_open", "code_inline", "code_block", "hr"} == set()
    html = "".join(token.content for token in [*tokens, *inline] if token.type in {"html_block", "html_inline"})
    assert set(re.findall(r"</?([a-z]+)", html)) <= {"details", "summary", "sub"}
    headings = [token for token in tokens if token.type == "heading_open"]
    assert len(headings) == (3 if case == "repository" else 1)


def test_markdown_notifies_nobody(stored: Stored) -> None:
    """Neither `@someone` nor `#1` of a submission reaches anybody's inbox."""
    report = stored("partial")
    finding = msgspec.structs.replace(report.criteria[3].findings[0], message="@team see #1 and x@y.z")
    mark = msgspec.structs.replace(report.criteria[3], findings=(finding,))
    text = render(msgspec.structs.replace(report, criteria=(mark,)), "markdown")
    assert not re.search(r"@\w|#\d", text)
    assert mark.status is MarkStatus.PARTIAL


def test_github_reads_back_what_was_said(stored: Stored) -> None:
    """A runner that undoes the escapes finds the file's whole name: nothing in it ends the property or the command."""
    report = stored("hostile")
    finding = msgspec.structs.replace(report.criteria[1].findings[0], file="a,line=9::b%0A.py", message="100 %0A\n::x")
    mark = msgspec.structs.replace(report.criteria[1], findings=(finding,))
    output = render(msgspec.structs.replace(report, criteria=(mark,)), "github", View(base="/tmp"))
    (line,) = [line for line in output.splitlines() if line.startswith("::error ")]
    properties, _, message = line.removeprefix("::error ").partition("::")

    def undone(text: str) -> str:
        for escape, character in {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ",", "%25": "%"}.items():
            text = text.replace(escape, character)
        return text

    pairs = dict(pair.partition("=")[::2] for pair in properties.split(","))
    assert undone(pairs["file"]).endswith("a,line=9::b%0A.py")
    assert pairs["line"] == "1"
    assert undone(message).startswith("100 %0A ::x")
