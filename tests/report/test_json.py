"""The JSON report keeps its contract: its schema, its fields, its numbers."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import msgspec
import pytest

from grader.model import Kind, Mark, MarkStatus, Report, RepositoryReport
from grader.report import Audience, View, render
from grader.report.schema import PATH, schema
from tests.report.conftest import Stored

GOLD = Path(__file__).parent.parent / "gold"
CASES = sorted(path.parent.name for path in GOLD.glob("*/report.json"))
REVIEWER = View(audience=Audience.REVIEWER)

PROMISED = {
    "format_version", "challenge", "submission", "status", "score", "max_score", "percent", "level", "criteria", "seed",
    "backend", "durations_ms", "tools", "harness",
}  # fmt: skip
PROMISED_CRITERION = {"id", "kind", "title", "points", "earned", "status", "findings"}
PROMISED_FINDING = {"id", "severity", "message", "help", "file", "line", "column"}


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    content = json.loads(PATH.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(content)
    return jsonschema.Draft202012Validator(content)


def test_the_shipped_schema_is_the_one_that_the_model_gives() -> None:
    """The schema in the package describes today's model. Refresh it with `python -m grader.report.schema`."""
    assert PATH.read_text(encoding="utf-8") == schema()


@pytest.mark.parametrize("case", CASES)
def test_output_is_valid_against_the_shipped_schema(
    stored: Stored, validator: jsonschema.Draft202012Validator, case: str
) -> None:
    """Every report is valid."""
    validator.validate(json.loads(render(stored(case), "json")))


@pytest.mark.parametrize("name", sorted(PROMISED))
def test_the_schema_refuses_a_report_without_a_promised_field(
    stored: Stored, validator: jsonschema.Draft202012Validator, name: str
) -> None:
    """The schema would notice a field that went missing."""
    report = json.loads(render(stored("partial"), "json"))
    del report[name]
    assert not validator.is_valid(report)


def test_promised_fields_are_there(stored: Stored) -> None:
    """Readers rely on these fields of a report, a criterion and a finding."""
    report = json.loads(render(stored("partial"), "json"))
    assert set(report) >= PROMISED
    assert all(set(mark) >= PROMISED_CRITERION for mark in report["criteria"])
    findings = [finding for mark in report["criteria"] for finding in mark["findings"]]
    assert findings
    assert all(set(finding) >= PROMISED_FINDING for finding in findings)


def test_a_repository_is_an_object_with_reports(stored: Stored) -> None:
    """One submission is one object; a repository is an object that holds several."""
    repository = json.loads(render(stored("repository"), "json"))
    assert set(repository) == {"format_version", "reports", "skills_with_challenge"}
    assert len(repository["reports"]) == 3


@pytest.mark.parametrize("case", CASES)
def test_a_stored_report_reads_back_the_same(stored: Stored, case: str) -> None:
    """A stored report loses nothing that its reader may see: rendering what was read gives it again."""
    text = render(stored(case), "json", REVIEWER)
    kind: type[Report | RepositoryReport] = RepositoryReport if case == "repository" else Report
    assert render(msgspec.json.decode(text, type=kind), "json", REVIEWER) == text


def test_points_have_at_most_four_places_and_percent_two(stored: Stored) -> None:
    """Numbers are short enough to read, and points still add up."""
    third = Mark(id="a", kind=Kind.SECURITY, title="Third", points=10.0, earned=10 / 3, status=MarkStatus.PARTIAL)
    report = msgspec.structs.replace(stored("full"), criteria=(third,), percent=100 / 3)
    content = json.loads(render(report, "json"))
    assert content["criteria"][0]["earned"] == 3.3333
    assert content["percent"] == 33.33
